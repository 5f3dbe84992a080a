package conformance

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/internal/capture/capturetest"
	ct "github.com/hostedcache/pchc/internal/conversation/conversationtest"
	"github.com/hostedcache/pchc/spec"
)

// until gives the packets without a time that one.
func until(s *ct.Story, at time.Duration) {
	for i := range s.Packets {
		if s.Packets[i].Time.IsZero() {
			s.Packets[i].Time = capturetest.Start.Add(at)
		}
	}
}

// lossy loses the second segment of a server's first message from packet n on.
func lossy(s *ct.Story, n int) {
	data := 0
	s.Drop(func(i int, p *capturetest.Packet) bool {
		if i >= n && len(p.Data) > 0 && p.Src.Port() == 80 {
			data++
			return data == 2
		}
		return false
	})
}

// within is a connection of which the beginning was not captured.
func within(s *ct.Story, server netip.AddrPort, request, response []byte) {
	c := s.Trace.Conn(900)
	c.Client, c.Server = netip.AddrPortFrom(ct.Client, 50900), server
	c.Send(request).Reply(response).Close()
}

// offers is a client that offers, another of which the cache fetches, and what then comes.
func offers(then func(*ct.Story), last time.Duration) func(*ct.Story) {
	return func(s *ct.Story) {
		s.Information(ct.Client, two)
		s.Offer(ct.Client, two)
		until(s, 0)
		then(s)
		until(s, last)
	}
}

// excused are conversations in which somebody may have broken a rule, and may not.
var excused = []struct {
	name string
	play func(*ct.Story)
	want string
}{
	{"the client had gone", func(s *ct.Story) {
		c := s.Conn(ct.Client, ct.Peer).Send(capturetest.Post(pccrr.Path, getList))
		until(s, 0)
		c.FromClient(capturetest.FIN|capturetest.ACK, nil)
		until(s, spec.RequestTimeout)
		c.Reply(capturetest.Answer(200, blkList)).CloseServer()
		until(s, 5*spec.RequestTimeout)
	}, ""},
	{"Content Information that violates a rule", func(s *ct.Story) {
		get(wants, 206, append(bytes.Clone(one.Wire), 0), coding, has, etag)(s)
		ask(ct.Peer, getBlks, flipped(blk(one, 1, 1, 16), 100))(s)
	}, CaptureNote + ", PCCRC-2.3-Padding"},
	{"the response may be to an earlier request", func(s *ct.Story) {
		within(s, ct.Peer, capturetest.Post(pccrr.Path, getBlks), capturetest.Answer(200, blkList))
	}, ""},
	{"Content Information may be for an earlier request", func(s *ct.Story) {
		within(s, ct.Server, capturetest.Message("GET /x HTTP/1.1", nil, "Host: x", wants[0], "X-P2P-PeerDist: Version=1.0"),
			capturetest.Answer(200, two.Wire, coding, "X-P2P-PeerDist: Version=1.0, ContentLength=20000", etag))
	}, ""},
	{"Content Information of a part", func(s *ct.Story) {
		part := bytes.Clone(two.Wire)
		part[10] = 1 // ullStartInContent
		get(wants, 200, part, coding, "X-P2P-PeerDist: Version=1.1, ContentLength=20001", etag)(s)
	}, ""},
	{"a field that was not read whole", get(changes(wants, 1, "X-P2P-PeerDist: "+strings.Repeat(",", 1100)+"Version=1.1"), 200, nil), CaptureNote},
	{"a loss on the connection", func(s *ct.Story) {
		ask(ct.Peer, getBlks, blk(one, 1, 1, 16), getBlks, blkList)(s)
		for i, p := range s.Packets {
			if p.Src == ct.Peer {
				lossy(s, i)
				break
			}
		}
	}, CaptureProblem},
	{"a RequestID, and a loss of the client's", func(s *ct.Story) {
		ask(ct.Peer, getBlks, blk(one, 1, 1, 16))(s)
		for i, p := range s.Packets {
			if p.Src == ct.Peer {
				lossy(s, i)
				break
			}
		}
		a, b := s.Conn(ct.Client, ct.Cache), s.Conn(ct.Client, ct.Cache)
		a.Send(capturetest.Post(pccrr.Path, getSegList))
		b.Send(capturetest.Post(pccrr.Path, getSegList)).Reply(capturetest.Answer(200, segList)).Close()
		a.Reply(capturetest.Answer(200, segList)).Close()
	}, CaptureProblem},
	{"behind a request that is dropped", func(s *ct.Story) {
		s.Conn(ct.Client, ct.Peer).Send(capturetest.Message("GET "+pccrr.Path+" HTTP/1.1", nil), capturetest.Post(pccrr.Path, getBlks)).CloseServer()
	}, "PCCRR-2.1.1-Method"},
	{"an offer that nothing comes of", offers(func(s *ct.Story) { s.Fetch(ct.Other, two) }, time.Minute), CaptureNote},
	{"an offer of late", offers(func(s *ct.Story) { s.Fetch(ct.Other, two) }, time.Second), ""},
	{"an offer to a cache that fetches nothing that one sees", offers(func(s *ct.Story) { s.Information(ct.Client, two) }, time.Minute), ""},
	{"an offer that is fetched", offers(func(s *ct.Story) { s.Fetch(ct.Client, two) }, time.Minute), ""},
}

func TestExcused(t *testing.T) {
	for _, c := range excused {
		var s ct.Story
		c.play(&s)
		if got := strings.Join(rulesOf(t, s.Encode(capturetest.Format{}), Options{}), ", "); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// TestCutDatagram: what is missing from one hides nothing else.
func TestCutDatagram(t *testing.T) {
	var s ct.Story
	ask(ct.Peer, getBlks, blkList)(&s)
	cut := datagram(netip.AddrPortFrom(ct.Client, 5000), netip.MustParseAddrPort("239.255.255.250:3702"), strings.Repeat("PeerDist", 20))
	cut.Data = cut.Data[:100]
	all := append(frames(t, written(nil)), cut)
	all = append(all, frames(t, s.Encode(capturetest.Format{Link: 101}))...)
	got := strings.Join(rulesOf(t, written(all), Options{}), ", ")
	if !strings.HasPrefix(got, CaptureProblem) || !strings.HasSuffix(got, "PCCRR-3-Pair") {
		t.Error(got)
	}
}
