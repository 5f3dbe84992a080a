package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	generator "github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/internal/capture/capturetest"
	"github.com/hostedcache/pchc/internal/testutil"
	"github.com/hostedcache/pchc/spec"
)

// A foreign is a message that another implementation made, see the README files of the
// folders of testdata.
type foreign struct {
	ID, Kind, Hex string

	b []byte
}

// foreignMessages returns the messages of MS-PCCRR and MS-SMB2, by dissector.
func foreignMessages(t *testing.T) map[string][]foreign {
	t.Helper()
	names := map[string]string{
		"pccrr-request": "mspccrr_request", "pccrr-answer": "mspccrr_response",
		"smb2-read-hash-request": "mssmb2hash_request", "smb2-read-hash-answer": "mssmb2hash_response",
	}
	all := make(map[string][]foreign)
	for _, file := range []string{"codec/pccrr/testdata/vectors/pccrr.jsonl", "spec/testdata/smb2-hash.jsonl"} {
		lines, err := os.ReadFile("../../" + file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(lines) {
			var v foreign
			if err := json.Unmarshal(line, &v); err != nil {
				t.Fatal(err)
			}
			name, ok := names[v.Kind]
			if v.b, err = hex.DecodeString(v.Hex); err != nil || !ok {
				t.Fatalf("%s: %v, %s", v.ID, err, v.Kind)
			}
			if len(v.b) > 0 { // tshark shows nothing of an empty body
				all[name] = append(all[name], v)
			}
		}
	}
	return all
}

var kindOf = map[string]spec.Kind{
	"mspccrr_request": spec.RetrievalRequest, "mspccrr_response": spec.RetrievalResponse,
	"mssmb2hash_request": spec.HashRequest, "mssmb2hash_response": spec.HashResponse,
}

func (d *dissected) has(field string) bool {
	return slices.ContainsFunc(d.Fields, func(s shown) bool { return s.Field == field })
}

// TestTsharkForeign runs the dissector over messages of MS-PCCRR and SRV_READ_HASH
// buffers, whole, cut at every length of their structures, and changed.
func TestTsharkForeign(t *testing.T) {
	testutil.Tool(t, "tshark")
	for dissector, vectors := range foreignMessages(t) {
		t.Run(dissector, func(t *testing.T) {
			kind := kindOf[dissector]
			random := rand.New(rand.NewPCG(2, uint64(kind)))
			var messages [][]byte
			for _, rule := range generator.Rules() { // each rule broken, once or more
				if slices.Contains(generator.Kinds(rule), kind) {
					for range 6 {
						if m := generator.BrokenAs(random, kind, rule); len(m.Bytes) > 0 && len(m.Bytes) < 5000 {
							messages = append(messages, m.Bytes)
						}
					}
				}
			}
			for range 40 {
				if m := generator.Valid(random, kind); len(m.Bytes) < 5000 {
					messages = append(messages, m.Bytes)
				}
			}
			generated := len(messages)
			cut := make(map[string]bool) // by section
			for _, v := range vectors {
				messages = append(messages, v.b)
				for range 3 {
					changed := bytes.Clone(v.b)
					for range 1 + random.IntN(3) {
						changed[random.IntN(min(len(changed), 120))] = byte(random.Uint32()) >> random.IntN(8)
					}
					messages = append(messages, changed)
				}
				if name := spec.Dissect(kind, v.b).Root.Section; !cut[name] {
					cut[name] = true
					for n := 1; n < min(len(v.b), 150); n++ {
						messages = append(messages, v.b[:n])
					}
				}
			}
			file, args := bare(t, dissector, messages, 0)
			var want []dissected
			for i, m := range messages {
				want = append(want, expected(int64(i+1), spec.Dissect(kind, m)))
			}
			got := tsharkShows(t, file, args...)
			for i := range min(len(want), len(got)) {
				if want[i].has("mssmb2hash.buffer.contentinformationpart") && got[i].has("mspccrc") {
					got[i].Fields = want[i].Fields // the dissector shows what is in it, and breaks the same rules
				}
			}
			compareShown(t, want, got)
			t.Logf("%d messages, %d of them generated", len(messages), generated)
		})
	}
}

// pdml returns what tshark shows of the packets in a capture.
func pdml(t *testing.T, file []byte, args ...string) (packets []element) {
	t.Helper()
	var all struct {
		Packets []element `xml:"packet"`
	}
	if err := xml.Unmarshal(runTshark(t, file, append([]string{"-T", "pdml"}, args...)...), &all); err != nil {
		t.Fatal(err)
	}
	return all.Packets
}

// bytes puts the bytes of the fields in e where they are in the message.
func (e *element) bytes(body []byte, base int) {
	b, _ := hex.DecodeString(e.Value)
	if generated := e.Name == "mspchc.rule" || e.Name == "mspccrr.plain" || e.Name == "mspccrr.verified"; !generated && len(e.Children) == 0 && e.Pos-base+len(b) <= len(body) {
		copy(body[e.Pos-base:], b)
	}
	for i := range e.Children {
		e.Children[i].bytes(body, base)
	}
}

// find returns the elements of that name.
func (e *element) find(name string) (all []*element) {
	if e.Name == name {
		all = append(all, e)
	}
	for i := range e.Children {
		all = append(all, e.Children[i].find(name)...)
	}
	return all
}

var kindOfProtocol = map[string]func(b []byte, answered bool) spec.Kind{
	"mspchc": func(b []byte, _ bool) spec.Kind {
		if len(b) < 8 {
			return spec.Response
		}
		return spec.Request
	},
	"mspccrc": func([]byte, bool) spec.Kind { return spec.Content },
	"mspccrr": func(_ []byte, answered bool) spec.Kind {
		if answered {
			return spec.RetrievalResponse
		}
		return spec.RetrievalRequest
	},
}

// retrievalCaptures returns the captures of retrieval that other implementations made.
func retrievalCaptures(t *testing.T) map[string][]byte {
	t.Helper()
	all := make(map[string][]byte)
	for _, name := range []string{"ipxe-discovery", "wpts-flow-v1"} {
		f, err := os.Open("../../internal/message/testdata/retrieval/" + name + ".pcap.gz")
		if err != nil {
			t.Fatal(err)
		}
		r, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		if all[name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	return all
}

// TestTsharkRetrieval runs the dissector over captures of retrieval: it shows each
// message that is in them with all its bytes, fields and values, and decrypts and
// verifies each block.
func TestTsharkRetrieval(t *testing.T) {
	testutil.Tool(t, "tshark")
	table, err := os.ReadFile("testdata/retrieval.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range retrievalCaptures(t) {
		t.Run(name, func(t *testing.T) {
			var want, got []string
			for line := range strings.Lines(string(table)) {
				if capture, row, _ := strings.Cut(strings.TrimSpace(line), "\t"); capture == name {
					want = append(want, row)
				}
			}
			for i, packet := range pdml(t, file, append(secretsShown, "-o", "mspccrr.decrypt:TRUE")...) {
				for j := range packet.Children {
					proto := &packet.Children[j]
					if proto.Name == "mspccrd" {
						b, _ := hex.DecodeString(packet.find("udp.payload")[0].Value)
						message := compareDiscovery(t, b, proto)
						got = append(got, fmt.Sprintf("%d\t%s\t%d\t%x\t-", i+1, message, proto.Size, sha256.Sum256(b)))
					}
					kind := kindOfProtocol[proto.Name]
					if kind == nil {
						continue
					}
					body := make([]byte, proto.Size)
					proto.bytes(body, proto.Pos)
					d := spec.Dissect(kind(body, proto.find("mspccrr.transportresponseheader") != nil), body)
					read := dissected{Frame: int64(i + 1)}
					read.read(t, proto, proto.Pos)
					read.sort()
					if diff := gocmp.Diff(expected(int64(i+1), d), read); diff != "" {
						t.Errorf("frame %d: %s", i+1, diff)
					}
					plain := "-"
					for _, e := range proto.find("mspccrr.plain") {
						b, _ := hex.DecodeString(e.Value)
						plain = fmt.Sprintf("%x", sha256.Sum256(b))
					}
					if v := proto.find("mspccrr.verified"); (plain != "-") != (len(v) == 1 && (v[0].Show == "1" || v[0].Show == "True")) {
						t.Errorf("frame %d: %s decrypted, but not verified", i+1, plain)
					}
					message := strings.NewReplacer("CONTENT_INFORMATION_V1", "Content Information 1.0", "CONTENT_INFORMATION_V2", "Content Information 2.0").Replace(d.Message)
					got = append(got, fmt.Sprintf("%d\t%s\t%d\t%x\t%s", i+1, message, len(body), sha256.Sum256(body), plain))
				}
			}
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// smb2 returns an SMB2 message with a request or response of FSCTL_SRV_READ_HASH.
func smb2(response bool, buffer []byte) []byte {
	le := binary.LittleEndian
	b := []byte("\xfeSMB\x40\x00")
	b = append(b, make([]byte, 6)...)
	b = le.AppendUint16(b, 11) // IOCTL
	b = append(b, 1, 0)
	flags, size, fixed := uint32(0), uint16(57), uint32(56)
	if response {
		flags, size, fixed = 1, 49, 48
	}
	b = le.AppendUint32(b, flags)
	b = append(b, make([]byte, 64-20)...)
	b = le.AppendUint16(b, size)
	b = le.AppendUint32(append(b, 0, 0), 0x001441bb)
	b = append(b, make([]byte, 16)...) // FileId
	input, output := uint32(len(buffer)), uint32(0)
	if response {
		input, output = output, input
	}
	b = le.AppendUint32(le.AppendUint32(b, 64+fixed), input)
	if !response {
		b = le.AppendUint32(b, 0)
	}
	b = le.AppendUint32(le.AppendUint32(b, 64+fixed), output)
	if !response {
		b = le.AppendUint32(b, 1<<16)
	}
	b = le.AppendUint32(b, 1) // an FSCTL
	b = le.AppendUint32(b, 0)
	b = append(b, buffer...)
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...)
}

// TestTsharkSMB2 runs the dissector over SRV_READ_HASH buffers in SMB2.
func TestTsharkSMB2(t *testing.T) {
	vectors := foreignMessages(t)
	var all capturetest.Trace
	c := all.Conn(1)
	c.Server = netip.AddrPortFrom(c.Server.Addr(), 445)
	c.Open()
	var want []dissected
	for i, answer := range vectors["mssmb2hash_response"] {
		request := vectors["mssmb2hash_request"][i%len(vectors["mssmb2hash_request"])]
		c.Send(smb2(false, request.b)).Reply(smb2(true, answer.b))
		want = append(want, expected(0, spec.Dissect(spec.HashRequest, request.b)), expected(0, spec.Dissect(spec.HashResponse, answer.b)))
	}
	c.Close()
	got := tsharkShows(t, all.Encode(capturetest.Format{}), secretsShown...)
	for i := range got {
		got[i].Frame = 0
	}
	compareShown(t, want, got)
}
