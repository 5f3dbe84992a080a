package capture

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// TestOneDirection captures what only one end sends.
func TestOneDirection(t *testing.T) {
	var trace capturetest.Trace
	c := trace.Conn(0).Open()
	messages := talk(c, 400, 2)
	c.Close()
	only := func(src string) *capturetest.Trace {
		var one capturetest.Trace
		for _, p := range trace.Packets {
			if p.Src.String() == src {
				one.Packets = append(one.Packets, p)
			}
		}
		return &one
	}
	var requests []message
	for _, m := range messages {
		if m.Kind == "request" {
			requests = append(requests, m)
		}
	}
	readTrace(only(c.Client.String())).want(t, 0, requests...)
	responses := slices.Repeat([]message{orphan(capturetest.OK)}, 400)
	readTrace(only(c.Server.String())).want(t, 0, responses...)

	// A loss shows in the end, if nobody acknowledges; what follows it is found
	// all the same.
	lossy := only(c.Client.String())
	lossy.Packets = slices.Delete(lossy.Packets, 20, 21)
	got := readTrace(lossy)
	if len(got.messages) != len(requests)-1 || len(got.problems) != 1 {
		t.Errorf("%d messages and problems %q, want %d and one", len(got.messages), got.problems, len(requests)-1)
	}
}

// TestMidStream begins the capture at every frame of a connection.
func TestMidStream(t *testing.T) {
	var trace capturetest.Trace
	c := trace.Conn(0).Open()
	messages := talk(c, 5, 30)
	c.Close()
	number, answered := 0, 0
	for from, p := range trace.Packets {
		// What can be found from here: the exchanges that begin later, and the
		// response to one that began before.
		want := messages[min(2*number, len(messages)):]
		if answered < number {
			want = append([]message{orphan(capturetest.OK)}, want...)
		}
		got := readTrace(&capturetest.Trace{Packets: trace.Packets[from:]})
		if diff := cmp.Diff(append([]message{}, want...), append([]message{}, got.messages...)); diff != "" {
			t.Fatalf("from frame %d (-want +got):\n%s", from, diff)
		}
		if isData(c, &p) && string(p.Data[:5]) == "POST " {
			number++
		} else if !isData(c, &p) && len(p.Data) > 0 {
			answered++
		}
	}
}

// TestMidMessage begins the capture at every frame of a connection whose frames do
// not begin where messages do: each message that is there as a whole is found, and
// none is matched to another request than its own.
func TestMidMessage(t *testing.T) {
	for _, flight := range []int{1, 3, 12} {
		for _, mss := range []int{90, 333, 1460} {
			var trace capturetest.Trace
			c := trace.Conn(0).Open()
			c.MSS = mss
			type whole struct{ first, last int } // packets with its bytes
			var requests, responses []whole
			for n := 0; n < 12; n += flight {
				var ask, answer []byte
				var asks, answers []int // where each ends
				for i := range flight {
					body := binary.BigEndian.AppendUint16([]byte{0, 2}, uint16(n+i+1))
					ask = append(ask, capturetest.Post(v2, append(body, capturetest.Batch(uint64(i), 3)...))...)
					asks = append(asks, len(ask))
					answer = append(answer, capturetest.Answer(200, ok)...)
					answers = append(answers, len(answer))
				}
				send := func(data []byte, ends []int, say func(...[]byte) *capturetest.Conn, all *[]whole) {
					begin := len(trace.Packets)
					say(data)
					var at []int // the packet that has each byte
					for i, p := range trace.Packets[begin:] {
						for range p.Data {
							at = append(at, begin+i)
						}
					}
					from := 0
					for _, to := range ends {
						*all = append(*all, whole{at[from], at[to-1]})
						from = to
					}
				}
				send(ask, asks, c.Send, &requests)
				send(answer, answers, c.Reply, &responses)
			}
			for from := range trace.Packets {
				got := readTrace(&capturetest.Trace{Packets: trace.Packets[from:]})
				found := map[string]int{}
				for _, m := range got.messages {
					found[m.Kind]++
				}
				for _, e := range got.events {
					if e.Kind == Response && e.Exchange > 0 {
						// The first request found is number 1 of the reader.
						n := int(e.RequestType)
						if want := responses[n-1].last - from + 1; int(e.Frame) != want {
							t.Fatalf("flights of %d, segments of %d bytes, from packet %d: the response in frame %d is matched to request %d, whose response is in frame %d", flight, mss, from, e.Frame, n, want)
						}
					}
				}
				for kind, all := range map[string][]whole{"request": requests, "response": responses} {
					want := 0
					for _, w := range all {
						if w.first >= from {
							want++
						}
					}
					if found[kind] < want {
						t.Fatalf("flights of %d, segments of %d bytes, from packet %d: %d %ss, want %d; problems %q", flight, mss, from, found[kind], kind, want, got.problems)
					}
				}
			}
		}
	}
}

// TestMidStreamReordered begins in the middle, with a response captured before
// its request and a tail of another.
func TestMidStreamReordered(t *testing.T) {
	var trace capturetest.Trace
	c := trace.Conn(0)
	body := capturetest.Batch(1, 2)
	c.Silent = true
	c.Send(capturetest.Post(capturetest.PathV2, body))
	c.Reply(capturetest.Answer(200, capturetest.OK))
	trace.Packets[0], trace.Packets[1] = trace.Packets[1], trace.Packets[0]
	readTrace(&trace).want(t, 0, request(body), response(3, capturetest.OK))
}

// TestPortReuse opens connections between the same ports again, after a close,
// a reset, and nothing at all.
func TestPortReuse(t *testing.T) {
	ends := map[string]func(c *capturetest.Conn){
		"FIN":     func(c *capturetest.Conn) { c.Close() },
		"RST":     func(c *capturetest.Conn) { c.FromServer(capturetest.RST|capturetest.ACK, nil) },
		"nothing": func(*capturetest.Conn) {},
	}
	for name, end := range ends {
		for _, open := range []string{"SYN", "SYN|ACK", "none"} {
			t.Run(name+", "+open, func(t *testing.T) {
				if open == "none" && name == "nothing" {
					t.Skip("one connection, as far as anyone can tell")
				}
				var trace capturetest.Trace
				var messages []message
				for i := range 3 {
					c := trace.Conn(0)
					c.ClientSeq += uint32(i) * 100_000_000
					c.ServerSeq += uint32(i) * 300_000_000
					first := len(trace.Packets)
					c.Open()
					switch open {
					case "SYN|ACK":
						trace.Packets = slices.Delete(trace.Packets, first, first+1)
					case "none":
						trace.Packets = trace.Packets[:first]
					}
					for _, m := range talk(c, 2, 10) {
						messages = append(messages, m.stream(i))
					}
					end(c)
				}
				got := readTrace(&trace)
				got.want(t, 0, messages...)
				if got.sum.Connections != 3 {
					t.Errorf("%d connections, want 3", got.sum.Connections)
				}
			})
		}
	}
}

// TestHandshake opens a connection in odd ways.
func TestHandshake(t *testing.T) {
	body := capturetest.Batch(1, 10)
	post := capturetest.Post(capturetest.PathV2, body)
	answer := capturetest.Answer(200, capturetest.OK)
	for name, open := range map[string]func(c *capturetest.Conn, trace *capturetest.Trace){
		"data in SYN": func(c *capturetest.Conn, _ *capturetest.Trace) {
			c.FromClient(capturetest.SYN, post[:100])
			c.FromServer(capturetest.SYN|capturetest.ACK, nil)
			c.Send(post[100:])
		},
		"SYN repeated": func(c *capturetest.Conn, trace *capturetest.Trace) {
			c.Open()
			trace.Packets = append(trace.Packets, trace.Packets...)
			c.Send(post)
		},
		"SYN|ACK first": func(c *capturetest.Conn, trace *capturetest.Trace) {
			c.Open()
			trace.Packets[0], trace.Packets[1] = trace.Packets[1], trace.Packets[0]
			c.Send(post)
		},
		"data before SYN": func(c *capturetest.Conn, trace *capturetest.Trace) {
			c.Open()
			c.Send(post)
			p := trace.Packets
			p[0], p[3] = p[3], p[0]
		},
		"SYN far behind": func(c *capturetest.Conn, trace *capturetest.Trace) {
			c.Open()
			c.ClientSeq += 5000 // what lies between was not captured
			c.Send(post)
			trace.Packets = append(trace.Packets[3:], trace.Packets[:3]...)
		},
		"no SYN|ACK": func(c *capturetest.Conn, trace *capturetest.Trace) {
			c.Open()
			trace.Packets = slices.Delete(trace.Packets, 1, 2)
			c.Send(post)
		},
	} {
		t.Run(name, func(t *testing.T) {
			var trace capturetest.Trace
			c := trace.Conn(0)
			open(c, &trace)
			c.Reply(answer)
			got := readTrace(&trace)
			got.want(t, 0, request(body), response(3, capturetest.OK))
			if got.sum.Connections != 1 {
				t.Errorf("%d connections, want 1", got.sum.Connections)
			}
		})
	}
}

// TestStragglers repeats frames of connections that have ended: they are no new
// ones.
func TestStragglers(t *testing.T) {
	var trace capturetest.Trace
	c := trace.Conn(0).Open()
	messages := talk(c, 3, 20)
	c.Close()
	trace.Packets = append(trace.Packets, trace.Packets...)
	got := readTrace(&trace)
	got.want(t, 0, messages...)
	if got.sum.Connections != 1 {
		t.Errorf("%d connections, want 1", got.sum.Connections)
	}
}

// TestForeignAcks acknowledges what was never sent: nothing may be lost for it.
func TestForeignAcks(t *testing.T) {
	for _, ahead := range []uint32{1 << 25, 1 << 30, 1<<31 + 5, 1<<32 - 1<<20} {
		var trace capturetest.Trace
		c := trace.Conn(0).Open()
		messages := talk(c, 3, 30)
		stray := capturetest.Packet{Src: c.Server, Dst: c.Client, Seq: c.ServerSeq, Ack: c.ClientSeq + ahead, Flags: capturetest.ACK}
		for range reorderWindow + 1 {
			trace.Packets = append(trace.Packets, stray)
		}
		messages = append(messages, talk(c, 3, 30)...)
		readTrace(&trace).want(t, 0, messages...)
	}
}

// TestForeignSegment has segments from far away, as of an earlier connection.
func TestForeignSegment(t *testing.T) {
	for _, far := range []uint32{1 << 26, 1 << 30, 3 << 30} {
		for _, n := range []int{1, 5} {
			var trace capturetest.Trace
			c := trace.Conn(0).Open()
			messages := talk(c, 2, 30)
			for i := range n {
				trace.Packets = append(trace.Packets, capturetest.Packet{Src: c.Client, Dst: c.Server, Seq: c.ClientSeq + far + uint32(i*100), Ack: c.ServerSeq, Flags: capturetest.ACK, Data: []byte("stray")})
			}
			messages = append(messages, talk(c, 40, 3)...)
			if n == 1 { // so few are not believed, whether the connection ends or not
				readTrace(&trace).want(t, 0, messages...)
			}
			c.Close()
			readTrace(&trace).want(t, 0, messages...)
		}
	}
}

// TestPaused leaves out so much that sequence numbers jump far.
func TestPaused(t *testing.T) {
	for _, jump := range []uint32{1 << 20, 100 << 20, 1 << 30} {
		var trace capturetest.Trace
		c := trace.Conn(0).Open()
		before := talk(c, 3, 30)
		c.ClientSeq += jump
		c.ServerSeq += jump / 100
		after := talk(c, 400, 100)
		got := readTrace(&trace)
		if n := len(got.messages); n < len(before)+len(after)-2 {
			t.Errorf("jump of %d: %d messages, want %d", jump, n, len(before)+len(after))
		}
	}
}

// TestResponseFirst begins the capture within an exchange, at its response: the next
// request is answered by the next response.
func TestResponseFirst(t *testing.T) {
	var trace capturetest.Trace
	c := trace.Conn(0)
	c.Silent, c.MSS = true, 1000
	c.Reply(capturetest.Answer(200, make([]byte, 200*1000))) // more frames than one waits for the other end
	c.Send(capturetest.Ask("/f", capturetest.WantsInformation...)).Reply(capturetest.Answer(200, make([]byte, 100)))
	var plain []Event
	for _, e := range readWith(bytes.NewReader(trace.Encode(capturetest.Format{})), Options{Retrieval: true}).events {
		if e.Kind == Plain {
			plain = append(plain, e)
		}
	}
	if len(plain) != 1 || plain[0].Exchange != 1 || plain[0].Asked == nil {
		t.Errorf("%d responses with plain content, want one of exchange 1: %+v", len(plain), plain)
	}
}
