package capture

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// readFrames gives the frames of a trace to a new Reader, and does not close it.
func readFrames(t *testing.T, trace *capturetest.Trace, o Options) (*Reader, *[]Event) {
	t.Helper()
	var events []Event
	r := NewReader(o, func(e *Event) error {
		events = append(events, *e)
		return nil
	})
	for _, f := range framesOf(t, trace, capturetest.Format{}) {
		if err := r.Frame(&f, nil); err != nil {
			t.Fatal(err)
		}
	}
	return r, &events
}

// TestEnded: which packets end a connection, at once or once all that is missing may
// have come, and which show that it has not ended.
func TestEnded(t *testing.T) {
	const live, closing, closed = "live", "closing", "closed"
	rst := byte(capturetest.RST | capturetest.ACK)
	post := capturetest.Post(v2, offer)
	for _, test := range []struct {
		name string
		talk func(c *capturetest.Conn) // behind the handshake and an exchange
		want string
	}{
		{"nothing", func(c *capturetest.Conn) {}, live},
		{"one FIN", func(c *capturetest.Conn) { c.FromClient(FIN, nil) }, live},
		{"both", func(c *capturetest.Conn) { c.Close() }, closed},
		{"both, the server's first", func(c *capturetest.Conn) { c.CloseServer() }, closed},
		{"both, a byte missing", func(c *capturetest.Conn) { c.ClientSeq++; c.Close() }, closing},
		{"both, a byte of the server missing", func(c *capturetest.Conn) { c.ServerSeq++; c.Close() }, closing},
		{"both, and then the byte", func(c *capturetest.Conn) {
			c.ClientSeq++
			c.Close()
			c.ClientSeq -= 2
			c.FromClient(ACK, []byte("x"))
		}, closed},
		{"both, and more behind what is missing", func(c *capturetest.Conn) {
			c.ClientSeq++
			c.Close()
			c.FromClient(ACK, []byte("xy"))
		}, live},
		{"both, and the last bytes again", func(c *capturetest.Conn) {
			c.FromClient(FIN, nil)
			c.ClientSeq -= 3
			c.FromClient(ACK, post[len(post)-2:])
			c.ClientSeq++
			c.FromServer(FIN, nil)
		}, closed},
		{"both, and a probe", func(c *capturetest.Conn) {
			c.FromClient(FIN, nil)
			c.ClientSeq--
			c.FromClient(ACK, []byte{0})
			c.FromServer(FIN, nil)
		}, closed},
		{"both, and a byte behind it", func(c *capturetest.Conn) {
			c.FromClient(FIN, nil)
			c.FromClient(ACK, []byte{0})
			c.FromServer(FIN, nil)
		}, live},
		{"both, a FIN that has been passed", func(c *capturetest.Conn) {
			c.ClientSeq--
			c.FromClient(FIN, nil)
			c.FromServer(FIN, nil)
		}, live},
		{"both, a FIN farther off first", func(c *capturetest.Conn) {
			c.ClientSeq += 9
			c.FromClient(FIN, nil)
			c.ClientSeq -= 10
			c.Close()
		}, closed},
		{"both, a FIN farther off behind it", func(c *capturetest.Conn) {
			c.Close()
			c.ClientSeq += 9
			c.FromClient(FIN, nil)
		}, closed},
		{"both, a FIN before bytes that wait", func(c *capturetest.Conn) {
			c.ClientSeq++
			c.FromClient(ACK, []byte("xy"))
			c.ClientSeq -= 3
			c.Close()
		}, live},
		{"both, a FIN in the place of a byte that waits", func(c *capturetest.Conn) {
			c.ClientSeq++
			c.FromClient(ACK, []byte("x"))
			c.ClientSeq--
			c.Close()
		}, closing},
		{"both, a request without a response", func(c *capturetest.Conn) { c.Send(post).Close() }, closing},
		{"both, within a request", func(c *capturetest.Conn) { c.Send(post[:len(post)-1]).Close() }, closing},
		{"both, within a response", func(c *capturetest.Conn) { c.Send(post).Reply(answer[:len(answer)-1]).Close() }, closing},
		{"RST", func(c *capturetest.Conn) { c.FromClient(rst, nil) }, closing},
		{"RST of the server", func(c *capturetest.Conn) { c.FromServer(rst, nil) }, closing},
		{"RST, then the last bytes again", func(c *capturetest.Conn) {
			c.FromServer(rst, nil)
			c.ClientSeq -= 2
			c.FromClient(ACK, post[len(post)-2:])
		}, closing},
		{"RST, then more", func(c *capturetest.Conn) { c.FromServer(rst, nil); c.FromClient(ACK, []byte("x")) }, live},
		{"RST, then an acknowledgement", func(c *capturetest.Conn) { c.FromServer(rst, nil); c.FromClient(ACK, nil) }, closing},
	} {
		var trace capturetest.Trace
		c := trace.Conn(0).Open()
		c.Silent = true
		c.Send(post).Reply(answer)
		test.talk(c)
		r, _ := readFrames(t, &trace, Options{})
		var got []string
		for name, l := range map[string]*connList{live: &r.live, closing: &r.closing, closed: &r.closed} {
			for c := l.front; c != nil; c = c.next {
				got = append(got, name)
			}
		}
		if len(got) != 1 || got[0] != test.want {
			t.Errorf("%s: %v, want %s", test.name, got, test.want)
		}
	}
}

// TestOneEnd sees one end only: it ends the connection alone.
func TestOneEnd(t *testing.T) {
	var trace capturetest.Trace
	c := trace.Conn(0)
	c.FromClient(SYN, nil)
	c.FromClient(ACK, capturetest.Post(v2, offer))
	c.FromClient(FIN, nil)
	if r, _ := readFrames(t, &trace, Options{}); r.closing.n != 1 {
		t.Errorf("%d connections have ended", r.closing.n)
	}
}

// TestForgedReset: a RST may have any numbers. Only one with an acknowledgement says what
// has arrived.
func TestForgedReset(t *testing.T) {
	post := capturetest.Post(v2, offer)
	for flags, want := range map[byte]int{capturetest.RST: 0, capturetest.RST | capturetest.ACK: 1} {
		var trace capturetest.Trace
		c := trace.Conn(0).Open()
		c.Send(post).Reply(answer)
		c.FromServer(flags, nil)
		p := &trace.Packets[len(trace.Packets)-1]
		p.Ack = c.ClientSeq + 500
		if got := readTrace(&trace); len(got.problems) != want {
			t.Errorf("flags %#x: problems %q, want %d", flags, got.problems, want)
		}
	}
}

// TestEvictEdges holds segments up to the byte: nothing gives way before too much is
// held, and then as few as make a quarter of it free.
func TestEvictEdges(t *testing.T) {
	const conns, cost = 8, 64 + segmentCost
	for _, free := range []int64{0, -1} {
		r := NewReader(Options{MaxBuffered: conns*cost + free}, func(*Event) error { return nil })
		var trace capturetest.Trace
		for n := range conns {
			c := trace.Conn(n).Open()
			c.ClientSeq += 10
			c.FromClient(ACK, []byte("waits"))
		}
		for i, f := range framesOf(t, &trace, capturetest.Format{}) {
			if err := r.Frame(&f, nil); err != nil {
				t.Fatal(err)
			}
			if held := int64(i/4+i%4/3) * cost; i < 4*conns-1 && r.pool.used != held {
				t.Fatalf("%d bytes are held after frame %d, want %d", r.pool.used, i+1, held)
			}
		}
		want := int64(conns)
		if free < 0 {
			want = conns/4*3 - 1 // a byte less than three quarters are allowed
		}
		if r.pool.used != want*cost {
			t.Errorf("%d bytes more: %d of %d are held", free, r.pool.used, conns*cost)
		}
	}
}

// TestManyEnding counts connections that have ended and wait for missing bytes among
// those that are followed.
func TestManyEnding(t *testing.T) {
	const most = 4
	var trace capturetest.Trace
	for n := range 3 * most {
		c := trace.Conn(n).Open()
		if n%2 == 0 {
			c.ClientSeq++
			c.Close()
		}
	}
	r := NewReader(Options{MaxConnections: most}, func(*Event) error { return nil })
	for i, f := range framesOf(t, &trace, capturetest.Format{}) {
		if err := r.Frame(&f, nil); err != nil {
			t.Fatal(err)
		}
		if n := r.live.n + r.closing.n; n > most {
			t.Fatalf("%d connections after frame %d", n, i+1)
		}
	}
}

// TestGaveWay counts connections that gave way between two messages, if they spoke
// MS-PCHC.
func TestGaveWay(t *testing.T) {
	post := capturetest.Post(v2, offer)
	for name, test := range map[string]struct {
		talk func(c *capturetest.Conn)
		want bool
	}{
		"between messages": {func(c *capturetest.Conn) { c.Send(post).Reply(answer) }, true},
		"within one":       {func(c *capturetest.Conn) { c.Send(post[:100]) }, false},
		"of others":        {func(c *capturetest.Conn) { c.Send(get("/")).Reply(capturetest.Answer(200, nil)) }, false},
		"within others":    {func(c *capturetest.Conn) { c.Send(get("/")[:20]) }, false},
	} {
		var trace capturetest.Trace
		test.talk(trace.Conn(0).Open())
		trace.Conn(1).Open()
		got := readWith(bytes.NewReader(trace.Encode(capturetest.Format{})), Options{MaxConnections: 1})
		said := slices.ContainsFunc(got.problems, func(s string) bool {
			return strings.HasPrefix(s, "more than 1 connections at a time: 1 of MS-PCHC")
		})
		if said != test.want {
			t.Errorf("%s: problems %q", name, got.problems)
		}
	}
}

// TestEndOrder ends connections in the order of their numbers, whichever was used last.
func TestEndOrder(t *testing.T) {
	const n = 15
	var trace capturetest.Trace
	var conns []*capturetest.Conn
	for i := range n {
		conns = append(conns, trace.Conn(i).Open())
	}
	slices.Reverse(conns)
	for _, c := range conns {
		c.Send(capturetest.Post(v2, offer))
	}
	want := 0
	for _, e := range readWith(bytes.NewReader(trace.Encode(capturetest.Format{})), Options{Exchanges: true}).events {
		if e.Kind == Unanswered {
			if e.Stream != want {
				t.Errorf("stream %d ends in the place of %d", e.Stream, want)
			}
			want++
		}
	}
	if want != n {
		t.Errorf("%d ends", want)
	}
}

// TestExcerptAtOnce hands out a request of an excerpt when its frame comes.
func TestExcerptAtOnce(t *testing.T) {
	var trace capturetest.Trace
	trace.Conn(0).FromClient(ACK, capturetest.Post("/x", offer))
	if _, events := readFrames(t, &trace, Options{Excerpt: true}); len(*events) != 1 {
		t.Errorf("%d events before the end", len(*events))
	}
}

// TestSkippedBegin counts what comes before the first request, in one segment or more;
// one byte may be a probe.
func TestSkippedBegin(t *testing.T) {
	post := capturetest.Post(v2, offer)
	for before, want := range map[string]string{"": "", "x": "", "xy": "skipped 2 bytes", "xyz,and more": "skipped 11 bytes"} {
		var trace capturetest.Trace
		c := trace.Conn(0)
		for part := range strings.SplitSeq(before, ",") {
			if part != "" {
				c.FromClient(ACK, []byte(part))
			}
		}
		c.Send(post).Reply(answer)
		got := readTrace(&trace)
		if said := fmt.Sprintf("%.18s", strings.Join(got.problems, "; ")); !strings.HasPrefix(said, want) || want == "" && said != "" || len(got.messages) != 2 {
			t.Errorf("%q: %d messages, problems %q", before, len(got.messages), got.problems)
		}
	}
}
