package capture

import (
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
	readTrace(only(c.Server.String())).want(t, 0)

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
	number := 0
	for from, p := range trace.Packets {
		// What can be found from here: the exchanges that begin later.
		want := messages[min(2*number, len(messages)):]
		got := readTrace(&capturetest.Trace{Packets: trace.Packets[from:]})
		if diff := cmp.Diff(append([]message{}, want...), append([]message{}, got.messages...)); diff != "" {
			t.Fatalf("from frame %d (-want +got):\n%s", from, diff)
		}
		if isData(c, &p) && string(p.Data[:5]) == "POST " {
			number++
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
