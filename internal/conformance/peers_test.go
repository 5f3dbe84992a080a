package conformance

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/internal/capture/capturetest"
	ct "github.com/hostedcache/pchc/internal/conversation/conversationtest"
)

// noted are the requirements whose violation is a note: it is a habit, and right.
var noted = []string{"PCCRR-2.2.3-CryptoWish", "PCCRR-2.2.1-Normalised"}

// notesOf returns the frame and the detail of each note about a capture.
func notesOf(t *testing.T, file []byte, o Options) (notes []string) {
	t.Helper()
	again := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(file)), nil }
	if _, err := Read(bytes.NewReader(file), "x.pcap", again, o, func(f *Finding) error {
		if f.Rule != CaptureNote {
			t.Errorf("%s: %s", f.Rule, f.Detail)
		}
		notes = append(notes, fmt.Sprintf("%s: %s", f.Src.Addr(), f.Detail))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return notes
}

// TestHabits: what is right, and unlike what most do, is noted once of each sender.
func TestHabits(t *testing.T) {
	const (
		wish   = "asks for a block with CryptoAlgoId %s, where 1 (AES-128) is recommended (PCCRR-2.2.3-CryptoWish, noted once of each sender)"
		sorted = "its ranges are not sorted and apart, as Windows writes them: %s (PCCRR-2.2.1-Normalised, noted once of each sender)"
	)
	ranges := func(all ...uint32) (r pccrr.Ranges) {
		for ; len(all) > 0; all = all[2:] {
			r = r.Append(pccrr.Range{Index: all[0], Count: all[1]})
		}
		return r
	}
	get := func(a pccrr.CryptoAlgoId) []byte {
		m := pccrr.NewMsgGetBlks(id1, 1)
		m.CryptoAlgoId = a
		return wire(m)
	}
	list := func(r pccrr.Ranges) []byte { return wire(pccrr.NewMsgGetBlkList(id1, r)) }
	block := blk(one, 1, 1, 16)
	three := wire(pccrr.NewMsgGetSegList(requestID, pccrr.NewSegmentIDs(id1, id2, id1)))
	for _, c := range []struct {
		name           string
		play           func(*ct.Story)
		windows, other []string // what is noted
	}{
		{"AES-128", ask(ct.Peer, get(1), block), nil, nil},
		{"nothing, twice", ask(ct.Peer, get(0), block, get(0), block), []string{"10.0.0.1: " + fmt.Sprintf(wish, "0 (none)")}, []string{"10.0.0.1: " + fmt.Sprintf(wish, "0 (none)")}},
		{"AES-256", ask(ct.Peer, get(3), block), []string{"10.0.0.1: " + fmt.Sprintf(wish, "3 (AES-256)")}, []string{"10.0.0.1: " + fmt.Sprintf(wish, "3 (AES-256)")}},
		{"sorted", ask(ct.Peer, list(ranges(0, 1, 2, 1)), blkList), nil, nil},
		{"unsorted, twice", ask(ct.Peer, list(ranges(1, 1, 0, 1)), blkList, list(ranges(1, 1, 0, 1)), blkList), []string{"10.0.0.1: " + fmt.Sprintf(sorted, "0 behind 1")}, nil},
		{"adjacent, in the response", ask(ct.Peer, getList, wire(pccrr.NewMsgBlkList(id1, ranges(0, 1, 1, 1)))), []string{"10.0.3.1: " + fmt.Sprintf(sorted, "1 behind 0")}, nil},
		{"overlapping segments", ask(ct.Cache, three, wire(pccrr.NewMsgSegList(requestID, ranges(0, 2, 1, 2)))), []string{"10.0.2.1: " + fmt.Sprintf(sorted, "1-2 behind 0-1")}, nil},
		{"both sides", ask(ct.Peer, list(ranges(1, 1, 0, 1)), wire(pccrr.NewMsgBlkList(id1, ranges(1, 1, 0, 1)))),
			[]string{"10.0.0.1: " + fmt.Sprintf(sorted, "0 behind 1"), "10.0.3.1: " + fmt.Sprintf(sorted, "0 behind 1")}, nil},
	} {
		var s ct.Story
		c.play(&s)
		file := s.Encode(capturetest.Format{})
		eitherWay(t, file, Options{Windows: true})
		if diff := cmp.Diff(c.windows, notesOf(t, file, Options{Windows: true})); diff != "" {
			t.Errorf("%s, Windows: %s", c.name, diff)
		}
		if diff := cmp.Diff(c.other, notesOf(t, file, Options{})); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

// TestSegListToPeer: who answers a Probe with its address serves peers, and is no hosted
// cache there.
func TestSegListToPeer(t *testing.T) {
	hex1 := strings.ToUpper(hex.EncodeToString(id1))
	probe := fmt.Sprintf(probeXML, "", "xmlsoap.org/ws/2005/04/discovery/strcmp0", hex1)
	match := fmt.Sprintf(matchXML, "", hex1, "<PeerDist:BlockCount>00000002</PeerDist:BlockCount>")
	client, group := netip.AddrPortFrom(ct.Client, 5000), netip.MustParseAddrPort("239.255.255.250:3702")
	for server, want := range map[string]string{"10.0.3.1:80": "PCCRR-3-SegListHostedOnly", "10.0.3.1:81": "", "10.0.3.2:80": ""} {
		var before, after ct.Story
		before.Information(ct.Client, one)
		after.Conn(ct.Client, netip.MustParseAddrPort(server)).Send(capturetest.Post(pccrr.Path, getSegList)).Reply(capturetest.Answer(200, segList)).Close()
		all := append(frames(t, before.Encode(capturetest.Format{Link: 101})),
			datagram(client, group, probe), datagram(netip.MustParseAddrPort("10.0.3.1:3702"), client, match))
		all = append(all, frames(t, after.Encode(capturetest.Format{Link: 101}))...)
		for _, windows := range []bool{false, true} {
			if got := strings.Join(rulesOf(t, written(all), Options{Windows: windows}), ", "); got != want {
				t.Errorf("%s, Windows %t: %s, want %s", server, windows, got, want)
			}
		}
	}
}
