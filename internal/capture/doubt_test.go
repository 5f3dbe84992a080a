package capture

import (
	"bytes"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// TestDoubt begins captures within connections, at a request: where others may have
// waited for their responses before it, a note says that pairs are presumed.
func TestDoubt(t *testing.T) {
	post := capturetest.Post(v2, offer)
	ours := func(m message) bool { return m.Path == v2 }
	for _, test := range []struct {
		name    string
		talk    func(c *capturetest.Conn)
		found   int // messages on our paths
		problem string
	}{
		{"one after the other", func(c *capturetest.Conn) { c.Send(post).Reply(answer).Send(post).Reply(answer) }, 4, ""},
		{"two wait", func(c *capturetest.Conn) { c.Send(post, post).Reply(answer, answer) }, 4, "several requests wait for responses"},
		{"two wait later", func(c *capturetest.Conn) { c.Send(post).Reply(answer).Send(post, post).Reply(answer, answer) }, 6, ""},
		{"two wait, with a handshake", func(c *capturetest.Conn) { c.Open().Send(post, post).Reply(answer, answer) }, 4, ""},
		{"two wait, of others", func(c *capturetest.Conn) {
			get := []byte("GET / HTTP/1.1\r\n\r\n")
			c.Send(get, get).Reply(answer, answer)
		}, 0, ""},
		{"a response too many", func(c *capturetest.Conn) { c.Send(post).Reply(answer, answer) }, 2, "more responses than requests"},
		{"two responses too many", func(c *capturetest.Conn) { c.Send(post).Reply(answer, answer, answer) }, 2, "more responses than requests"},
		{"a response too many, with a handshake", func(c *capturetest.Conn) { c.Open().Send(post).Reply(answer, answer) }, 2, ""},
		{"a timeout at the end", func(c *capturetest.Conn) { c.Send(post).Reply(answer, capturetest.Answer(408, nil)) }, 2, ""},
		{"a response before", func(c *capturetest.Conn) { c.Reply(answer).Send(post).Reply(answer) }, 2, ""},
	} {
		var trace capturetest.Trace
		test.talk(trace.Conn(0))
		got := readTrace(&trace)
		found := 0
		for _, m := range got.messages {
			if ours(m) {
				found++
			}
		}
		want := 0
		if test.problem != "" {
			want = 1
		}
		if found != test.found || len(got.problems) > 0 || len(got.notes) != want || want == 1 && !strings.HasPrefix(got.notes[0].Detail, test.problem+", and the capture begins within the connection") {
			t.Errorf("%s: %d messages, notes %v, problems %q; want %d, %q", test.name, found, got.notes, got.problems, test.found, test.problem)
		}
	}
}

// TestManyWaiting lets as many requests wait as are kept, and one more.
func TestManyWaiting(t *testing.T) {
	for _, more := range []int{0, 1} {
		n := maxWaiting + more
		var trace capturetest.Trace
		c := trace.Conn(0).Open()
		c.MSS = 60000
		c.Send(bytes.Repeat(capturetest.Post(v2, offer[:10]), n))
		c.Reply(bytes.Repeat(answer, n))
		got := readTrace(&trace)
		paired := 0
		for _, e := range got.events {
			if e.Kind == Response && e.Exchange > 0 {
				if paired++; e.Exchange != paired {
					t.Fatalf("%d wait: response %d is given to request %d", n, paired, e.Exchange)
				}
			}
		}
		if want := maxWaiting * (1 - more); paired != want || len(got.problems) != more || len(got.messages) != 2*n {
			t.Errorf("%d wait: %d messages, %d responses with their requests, want %d; problems %q", n, len(got.messages), paired, want, got.problems)
		}
	}
}

// TestJump leaves out what both ends say for so long that their numbers belong to
// another connection, without a SYN.
func TestJump(t *testing.T) {
	for _, far := range []uint32{maxAhead - 1000, maxAhead + 1000, 1 << 30} {
		var trace capturetest.Trace
		c := trace.Conn(0).Open()
		messages := talk(c, 2, 3)
		c.ClientSeq, c.ServerSeq = c.ClientSeq+far, c.ServerSeq+far
		after := talk(c, 2, 4)
		got := readTrace(&trace)
		stream := 0
		if far > maxAhead {
			stream = 1
		}
		for _, m := range after {
			messages = append(messages, m.stream(stream))
		}
		if stream == 0 { // what the first response after it answers is open
			if len(got.messages) != len(messages) || len(got.problems) == 0 {
				t.Errorf("a jump by %d: %d messages, problems %q", far, len(got.messages), got.problems)
			}
			continue
		}
		got.want(t, 1, messages...)
		if got.sum.Connections != 2 || !strings.Contains(got.problems[0], "the sequence numbers of the connection jump at frame") {
			t.Errorf("a jump by %d: %d connections, problems %q", far, got.sum.Connections, got.problems)
		}
	}
}

// TestMethodSaid words what begins within a method.
func TestMethodSaid(t *testing.T) {
	for start, want := range map[string]string{"T": "(...T)", "ET": "(...ET)", "GET": "GET request", "LOCK": "LOCK request"} {
		var trace capturetest.Trace
		c := trace.Conn(0)
		if start == "LOCK" {
			c.Open()
		}
		c.Send(capturetest.Message(start+" "+v2+" HTTP/1.1", offer, "Content-Length: 48"))
		got := readTrace(&trace)
		said := strings.Join(got.problems, "")
		for _, e := range got.notes {
			said += e.Detail
		}
		if !strings.Contains(said, want) || len(got.messages) > 0 {
			t.Errorf("%s: %q, want %q; %d messages", start, said, want, len(got.messages))
		}
	}
}
