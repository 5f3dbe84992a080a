package capture

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// state is a connection at some frame: its ends, and the next number of each.
type state struct {
	client, server       capturetest.Packet // Src, Dst, Seq, Ack of a segment without data
	clientISN, serverISN uint32
}

// from is a segment of one end, its numbers shifted.
func (s *state) from(end *capturetest.Packet, flags byte, seq, ack uint32, data string) capturetest.Packet {
	p := *end
	p.Flags, p.Seq, p.Ack, p.Data = flags, p.Seq+seq, p.Ack+ack, []byte(data)
	if flags&capturetest.ACK == 0 {
		p.Ack = 0
	}
	return p
}

// at is the state before packet n.
func at(trace *capturetest.Trace, n int) *state {
	first, second := trace.Packets[0], trace.Packets[1]
	s := state{clientISN: first.Seq, serverISN: second.Seq}
	s.client = capturetest.Packet{Src: first.Src, Dst: first.Dst, Seq: first.Seq, Ack: second.Seq}
	s.server = capturetest.Packet{Src: first.Dst, Dst: first.Src, Seq: second.Seq, Ack: first.Seq}
	for _, p := range trace.Packets[:n] {
		next := p.Seq + uint32(len(p.Data)) + uint32(p.Flags&capturetest.SYN/capturetest.SYN) + uint32(p.Flags&capturetest.FIN)
		from, to := &s.client, &s.server
		if p.Src == s.server.Src {
			from, to = to, from
		}
		if int32(next-from.Seq) > 0 {
			from.Seq, to.Ack = next, next
		}
	}
	return &s
}

const (
	rst     = capturetest.RST
	fin     = capturetest.FIN
	ack     = capturetest.ACK
	syn     = capturetest.SYN
	urgent  = 0x20
	far     = 99_000_000
	inFront = 5000
)

// disturbances are segments that neither end of a connection obeys, or that change
// nothing.
var disturbances = map[string]func(s *state) []capturetest.Packet{
	"RST of the client":          func(s *state) []capturetest.Packet { return one(s.from(&s.client, rst, 0, 0, "")) },
	"RST of the server":          func(s *state) []capturetest.Packet { return one(s.from(&s.server, rst, 0, 0, "")) },
	"RST with ACK of the client": func(s *state) []capturetest.Packet { return one(s.from(&s.client, rst|ack, 0, 0, "")) },
	"RST with ACK of the server": func(s *state) []capturetest.Packet { return one(s.from(&s.server, rst|ack, 0, 0, "")) },
	"RST in the window":          func(s *state) []capturetest.Packet { return one(s.from(&s.server, rst, inFront, 0, "")) },
	"RST with a reason":          func(s *state) []capturetest.Packet { return one(s.from(&s.client, rst, 0, 0, "go away")) },
	"RST of both, thrice": func(s *state) []capturetest.Packet {
		return slices.Repeat([]capturetest.Packet{s.from(&s.client, rst, 0, 0, ""), s.from(&s.server, rst, 0, 0, "")}, 3)
	},
	"RST from elsewhere": func(s *state) []capturetest.Packet { return one(s.from(&s.client, rst, far, 0, "")) },
	"RST numbered 0":     func(s *state) []capturetest.Packet { return one(s.from(&s.server, rst|ack, -s.server.Seq, 0, "")) },
	"FIN of the client":  func(s *state) []capturetest.Packet { return one(s.from(&s.client, fin|ack, 0, 0, "")) },
	"FIN of the server":  func(s *state) []capturetest.Packet { return one(s.from(&s.server, fin|ack, 0, 0, "")) },
	"FIN of both": func(s *state) []capturetest.Packet {
		return []capturetest.Packet{s.from(&s.client, fin|ack, 0, 0, ""), s.from(&s.server, fin|ack, 0, 1, ""), s.from(&s.client, ack, 1, 1, "")}
	},
	"FIN in front":       func(s *state) []capturetest.Packet { return one(s.from(&s.client, fin|ack, 40, 0, "")) },
	"FIN behind":         func(s *state) []capturetest.Packet { return one(s.from(&s.server, fin|ack, 1<<32-1, 0, "")) },
	"FIN from elsewhere": func(s *state) []capturetest.Packet { return one(s.from(&s.server, fin|ack, far, 0, "")) },
	"SYN of the client": func(s *state) []capturetest.Packet {
		return []capturetest.Packet{s.from(&s.client, syn, far, 0, ""), s.from(&s.server, ack, 0, 0, "")}
	},
	"SYN in the window": func(s *state) []capturetest.Packet {
		return []capturetest.Packet{s.from(&s.client, syn, inFront, 0, ""), s.from(&s.server, ack, 0, 0, "")}
	},
	"SYN where the client is": func(s *state) []capturetest.Packet {
		return []capturetest.Packet{s.from(&s.client, syn, 0, 0, ""), s.from(&s.server, ack, 0, 0, "")}
	},
	"SYN of the server": func(s *state) []capturetest.Packet { return one(s.from(&s.server, syn, far, 0, "")) },
	"SYN-ACK":           func(s *state) []capturetest.Packet { return one(s.from(&s.server, syn|ack, far, 0, "")) },
	"SYN-ACK to the SYN": func(s *state) []capturetest.Packet {
		return one(s.from(&s.server, syn|ack, far, s.clientISN+1-s.server.Ack, ""))
	},
	"SYN-ACK in the window": func(s *state) []capturetest.Packet {
		return one(s.from(&s.server, syn|ack, inFront, s.clientISN+1-s.server.Ack, ""))
	},
	"SYN-ACK and RST": func(s *state) []capturetest.Packet {
		return []capturetest.Packet{s.from(&s.server, syn|ack, far, 0, ""), s.from(&s.client, rst, 0, 0, "")}
	},
	"the same SYN": func(s *state) []capturetest.Packet {
		return one(s.from(&s.client, syn, s.clientISN-s.client.Seq, 0, ""))
	},
	"the same SYN-ACK": func(s *state) []capturetest.Packet {
		return one(s.from(&s.server, syn|ack, s.serverISN-s.server.Seq, s.clientISN+1-s.server.Ack, ""))
	},
	"ACK of what was never sent": func(s *state) []capturetest.Packet { return one(s.from(&s.server, ack, 0, far, "")) },
	"keep-alive probes": func(s *state) []capturetest.Packet {
		return slices.Repeat([]capturetest.Packet{s.from(&s.client, ack, 1<<32-1, 0, "\x00"), s.from(&s.server, ack, 1<<32-1, 0, "\x00")}, 3)
	},
	"keep-alive probes without data": func(s *state) []capturetest.Packet { return one(s.from(&s.client, ack, 1<<32-1, 0, "")) },
	"urgent pointer":                 func(s *state) []capturetest.Packet { return one(s.from(&s.client, ack|urgent, 0, 0, "")) },
	"SYN flood": func(s *state) (all []capturetest.Packet) {
		for i := range uint32(40) {
			all = append(all, s.from(&s.client, syn, far*(i+1), 0, ""))
		}
		return all
	},
}

func one(p capturetest.Packet) []capturetest.Packet { return []capturetest.Packet{p} }

// TestDisturbed puts each disturbance before each frame of a connection: all that
// is said on it is found, and nothing else.
func TestDisturbed(t *testing.T) {
	var trace capturetest.Trace
	c := trace.Conn(0).Open()
	messages := talk(c, 3, 30)
	c.Close()
	for name, disturb := range disturbances {
		t.Run(name, func(t *testing.T) {
			for n := 1; n <= len(trace.Packets); n++ {
				packets := slices.Insert(slices.Clone(trace.Packets), n, disturb(at(&trace, n))...)
				got := readTrace(&capturetest.Trace{Packets: packets})
				for i, first := len(got.messages)-1, 0; i >= 0; i-- {
					if s := &got.messages[i].Stream; *s == got.messages[first].Stream {
						*s = 0 // the disturbance may come first
					}
				}
				got.want(t, 0, messages...)
				asked := readWith(bytes.NewReader((&capturetest.Trace{Packets: packets}).Encode(capturetest.Format{})), Options{Exchanges: true})
				for _, e := range asked.events {
					if e.Kind != Request && e.Kind != Response {
						t.Errorf("%+v", e)
					}
				}
				if t.Failed() {
					t.Fatalf("before frame %d of %d", n+1, len(trace.Packets))
				}
			}
		})
	}
}

// rewritten is a trace as the other side of a device that rewrites numbers has
// it.
func rewritten(trace *capturetest.Trace, client, server uint32) *capturetest.Trace {
	var other capturetest.Trace
	for _, p := range trace.Packets {
		seq, ack := client, server
		if p.Src != trace.Packets[0].Src {
			seq, ack = ack, seq
		}
		p.Seq += seq
		if p.Flags&capturetest.ACK != 0 {
			p.Ack += ack
		}
		other.Packets = append(other.Packets, p)
	}
	return &other
}

// TestRewritten captures both sides of a device that rewrites sequence numbers:
// each is a connection of its own.
func TestRewritten(t *testing.T) {
	shifts := map[string][2]uint32{
		"both":        {far, 2 * far},
		"client":      {far, 0},
		"server":      {0, far},
		"by little":   {70_000, 0},
		"server, too": {70_000, 40_000},
		"by a part":   {500, 300},
		"server's":    {0, 300},
		"wraps":       {1<<32 - far, 1<<32 - 2*far},
	}
	for name, shift := range shifts {
		for _, from := range []int{0, 3} { // 3: without the handshake
			for _, swap := range []bool{false, true} {
				var trace capturetest.Trace
				c := trace.Conn(0).Open()
				messages := talk(c, 4, 30)
				c.Close()
				inner := &capturetest.Trace{Packets: trace.Packets[from:]}
				outer := rewritten(inner, shift[0], shift[1])
				if swap {
					inner, outer = outer, inner
				}
				got := readTrace(capturetest.Merge(inner, outer))
				if from > 0 && max(shift[0], shift[1]) < 1<<20 {
					// It may look as if a part was missing. One request of both sides may have the
					// same numbers.
					if n := len(got.messages); n < 2*len(messages)-1 && len(got.problems) == 0 || n > 2*len(messages) {
						t.Errorf("%s, swapped %v: %d messages, want %d or problems", name, swap, n, 2*len(messages))
					}
					continue
				}
				var sides [2][]message
				for _, m := range got.messages {
					if m.Stream > 1 {
						t.Fatalf("%s from frame %d: %d connections", name, from, got.sum.Connections)
					}
					sides[m.Stream] = append(sides[m.Stream], m.stream(0))
				}
				for n, side := range sides {
					side := outcome{messages: side}
					side.want(t, 0, messages...)
					if t.Failed() || len(got.problems) > 0 {
						t.Fatalf("%s from frame %d, swapped %v: side %d; problems %q", name, from+1, swap, n, got.problems)
					}
				}
			}
		}
	}
}

// TestPortReuseAtOnce opens the next connection with numbers just behind those of
// the one before, of which segments still arrive.
func TestPortReuseAtOnce(t *testing.T) {
	for _, open := range []int{0, 1} { // how many frames of the handshake are missing
		for late := range 8 {
			var trace capturetest.Trace
			c := trace.Conn(0).Open()
			messages := talk(c, 2, 30)
			c.Close()
			old := slices.Clone(trace.Packets[3 : len(trace.Packets)-3])
			next := trace.Conn(0)
			next.ClientSeq, next.ServerSeq = c.ClientSeq+500, c.ServerSeq+200
			first := len(trace.Packets)
			next.Open()
			for _, m := range talk(next, 2, 31) {
				messages = append(messages, m.stream(1))
			}
			trace.Packets = slices.Delete(trace.Packets, first, first+open)
			for n, p := range old {
				trace.Packets = slices.Insert(trace.Packets, min(first+2+late+2*n, len(trace.Packets)), p)
			}
			got := readTrace(&trace)
			got.want(t, 0, messages...)
			if t.Failed() {
				t.Fatalf("late by %d, %d frames of the handshake missing", late, open)
			}
		}
	}
}

// TestMiddleboxFiles reads captures of the kind that were made by others.
func TestMiddleboxFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/middlebox/*.pcap")
	if err != nil || len(files) != 3 {
		t.Fatalf("%q, %v; want 3 files", files, err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got := read(bytes.NewReader(b))
		kinds := ""
		for _, m := range got.messages {
			kinds += m.Kind + strconv.Itoa(len(m.Body)) + " "
		}
		if want := strings.Repeat("request75 response5 ", 3); kinds != want || len(got.problems) > 0 {
			t.Errorf("%s: %s, problems %q; want %s", name, kinds, got.problems, want)
		}
	}
}
