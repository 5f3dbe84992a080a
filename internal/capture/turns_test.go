package capture

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// TestCounted names bytes.
func TestCounted(t *testing.T) {
	for _, test := range []struct {
		n, all int64
		want   string
	}{{0, -1, "0 bytes"}, {1, -1, "1 byte"}, {2, -1, "2 bytes"}, {0, 0, "0 of 0 bytes"}, {1, 1, "1 of 1 bytes"}, {1, 2, "1 of 2 bytes"}} {
		if got := bytesOf(test.n, test.all); got != test.want {
			t.Errorf("%d of %d: %q, want %q", test.n, test.all, got, test.want)
		}
	}
}

// TestIsAnswer tells a RESPONSE_MESSAGE by each of its bytes.
func TestIsAnswer(t *testing.T) {
	for body, want := range map[string]bool{
		"\x00\x00\x00\x01\x00": true, "\x00\x00\x00\x01\x01": true, "\x00\x00\x00\x01\x02": false, "\x00\x00\x00\x01": false, "\x00\x00\x00\x01\x00\x00": false,
		"\x00\x00\x00\x00\x00": false, "\x00\x00\x00\x02\x00": false, "\x01\x00\x00\x01\x00": false, "\x00\x01\x00\x01\x00": false, "\x00\x00\x01\x01\x00": false,
	} {
		if got := isAnswer([]byte(body)); got != want {
			t.Errorf("% x: %v", body, got)
		}
	}
}

// TestTypeNoted: the Type of a request is bytes 2 and 3 of what came first.
func TestTypeNoted(t *testing.T) {
	for body, want := range map[string]uint16{"\x00\x02\x00": 0, "\x00\x02\x00\x03": 3, "\x00\x02\x01\x00": 256, "\x00\x02\xff\xfe\x00": 0xfffe} {
		c := &conn{r: NewReader(Options{}, nil)}
		c.open(exchange{number: 1})
		f := &framer{exchange: exchange{number: 1}}
		c.noteType(f, []byte(body))
		c.noteType(f, []byte("\x00\x00\x00\x09"))
		if want == 0 {
			want = 9
		}
		if f.exchange.kind != want || c.exchanges.waiting[0].kind != want {
			t.Errorf("% x: type %d, and %d of the one that waits; want %d", body, f.exchange.kind, c.exchanges.waiting[0].kind, want)
		}
	}
}

// TestEarlyResponses gives responses before the end of their request: of each status
// the edge, before the body and within it, and then the rest or nothing more.
func TestEarlyResponses(t *testing.T) {
	post := capturetest.Post(v2, offer)
	body := len(post) - len(offer)
	for _, test := range []struct {
		status, sent int // bytes of the body before the response
		goesOn       bool
		want         string
	}{
		{200, 0, false, "Problem, Response"}, {299, 0, false, "Problem, Response"}, {300, 0, false, ""}, {401, 0, false, ""}, {599, 0, false, ""},
		{299, 10, false, "Problem, Response"}, {300, 10, false, "Problem"}, {401, 10, false, "Problem"},
		{200, 0, true, "Request, Response"}, {299, 0, true, "Request, Response"}, {300, 0, true, "Failure, Request"}, {404, 0, true, "Failure, Request"},
		{299, 10, true, "Request, Response"}, {300, 10, true, "Failure, Request"}, {404, 10, true, "Failure, Request"},
	} {
		var trace capturetest.Trace
		c := trace.Conn(0).Open()
		c.FromClient(ACK, post[:body+test.sent])
		c.Reply(capturetest.Answer(test.status, ok))
		if test.goesOn {
			c.Send(post[body+test.sent:])
		}
		c.Close()
		names := map[EventKind]string{Request: "Request", Response: "Response", Problem: "Problem", Failure: "Failure", Unanswered: "Unanswered"}
		var got []string
		for _, e := range readWith(bytes.NewReader(trace.Encode(capturetest.Format{})), Options{Exchanges: true}).events {
			got = append(got, names[e.Kind])
			if e.Kind == Failure && e.Status != test.status {
				t.Errorf("%d, %d bytes sent: the failure has status %d", test.status, test.sent, e.Status)
			}
		}
		if sorted := strings.Join(slices.Sorted(slices.Values(got)), ", "); sorted != test.want {
			t.Errorf("%d after %d bytes, which go on: %v; got %q, want %q", test.status, test.sent, test.goesOn, sorted, test.want)
		}
	}
}

// TestGoneFrom: a client is gone once its FIN came in an earlier frame, be it the first.
func TestGoneFrom(t *testing.T) {
	for _, first := range []bool{true, false} {
		for _, same := range []bool{true, false} {
			var trace capturetest.Trace
			c := trace.Conn(0)
			if !first {
				c.FromServer(ACK, nil)
			}
			if same {
				c.FromClient(ACK, capturetest.Post(v2, offer))
			} else {
				c.FromClient(FIN, capturetest.Post(v2, offer))
			}
			c.FromServer(FIN, answer)
			if same {
				c.FromClient(FIN, nil)
			}
			for _, e := range read(bytes.NewReader(trace.Encode(capturetest.Format{}))).events {
				if e.Kind == Response && e.Gone == same {
					t.Errorf("behind another frame %v, FIN behind the response %v: gone %v", !first, same, e.Gone)
				}
			}
		}
	}
}

// TestClosingFrames: a connection that ended with bytes missing waits for them so many
// frames, and no longer.
func TestClosingFrames(t *testing.T) {
	post := capturetest.Post(v2, offer)
	for _, frames := range []int{closingFrames - 1, closingFrames, closingFrames + 1} {
		for _, others := range []int{0, 1} { // that ended so before it
			var trace capturetest.Trace
			for n := range others + 1 {
				c := trace.Conn(n).Open()
				c.FromClient(ACK, post[:100])
				late := post[100:]
				c.ClientSeq += uint32(len(late))
				c.FromClient(FIN, nil)
				c.FromServer(FIN, nil)
				c.FromClient(ACK, nil)
			}
			other := trace.Conn(9)
			for range frames {
				other.FromServer(ACK, nil)
			}
			said := 0
			r := NewReader(Options{}, func(e *Event) error { said++; return nil })
			all := framesOf(t, &trace, capturetest.Format{})
			for i := range all {
				if err := r.Frame(&all[i], nil); err != nil {
					t.Fatal(err)
				}
			}
			before := said
			r.Close()
			want := others               // they ended some frames earlier
			if frames >= closingFrames { // there is an acknowledgement behind its end
				want++
			}
			if before != want || said != others+1 {
				t.Errorf("%d frames behind the end of %d connections: %d problems, at the end %d; want %d, %d", frames, others+1, before, said, want, others+1)
			}
		}
	}
}

// TestEndReasons: why an incomplete body does not go on, after what follows a reset or
// a FIN: nothing, what was there, more.
func TestEndReasons(t *testing.T) {
	post := capturetest.Post(v2, offer)
	part := post[:len(post)-20]
	const over, file = "the connection ended", "the capture ends"
	for _, test := range []struct {
		name string
		end  func(c *capturetest.Conn)
		want string
	}{
		{"nothing", func(c *capturetest.Conn) {}, file},
		{"RST", func(c *capturetest.Conn) { c.FromClient(capturetest.RST, nil) }, over},
		{"RST, what was there", func(c *capturetest.Conn) {
			c.FromClient(capturetest.RST, nil)
			c.ClientSeq -= 10
			c.FromClient(ACK, part[len(part)-10:])
		}, over},
		{"RST, more", func(c *capturetest.Conn) {
			c.FromClient(capturetest.RST, nil)
			c.FromClient(ACK, post[len(part):len(part)+1])
		}, file},
		{"RST of the server, more", func(c *capturetest.Conn) {
			c.FromServer(capturetest.RST, nil)
			c.FromClient(ACK, post[len(part):len(part)+1])
		}, file},
		{"FIN", func(c *capturetest.Conn) { c.FromClient(FIN, nil) }, over},
		{"FIN of the server", func(c *capturetest.Conn) { c.FromServer(FIN, nil) }, file},
		{"FIN, a probe", func(c *capturetest.Conn) { c.FromClient(FIN, nil); c.ClientSeq--; c.FromClient(ACK, []byte{0}) }, over},
		{"a probe, FIN in its place", func(c *capturetest.Conn) {
			c.ClientSeq--
			c.FromClient(ACK, part[len(part)-1:])
			c.FromClient(FIN, nil)
		}, over},
		{"FIN, more", func(c *capturetest.Conn) { c.FromClient(FIN, nil); c.FromClient(ACK, post[len(part):len(part)+2]) }, file},
	} {
		var trace capturetest.Trace
		c := trace.Conn(0).Open()
		c.Silent = true
		c.Send(part)
		test.end(c)
		got := readTrace(&trace).problems
		if want := "incomplete HTTP request: " + test.want; len(got) != 1 || !strings.HasPrefix(got[0], want) {
			t.Errorf("%s: %q, want %q", test.name, got, want)
		}
	}
}

// TestProbeThenMore: what a probe in the place of a FIN has is not read, also where
// the FIN turns out not to be the end.
func TestProbeThenMore(t *testing.T) {
	post := capturetest.Post(v2, offer)
	for _, probe := range []string{"P", "\x00"} {
		var trace capturetest.Trace
		c := trace.Conn(0).Open()
		c.Send(post).Reply(answer)
		c.FromClient(FIN, nil)
		c.ClientSeq--
		c.FromClient(ACK, []byte(probe))
		c.Send(post).Reply(answer)
		readTrace(&trace).want(t, 0, request(offer), response(1, ok), request(offer), response(1, ok))
	}
}
