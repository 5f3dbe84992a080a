package capture

import (
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// TestMisframedOfOthers has chunks with a bad size in what nobody wants: that is
// nobody's problem.
func TestMisframedOfOthers(t *testing.T) {
	bad := capturetest.Message("HTTP/1.1 200 OK", []byte("zz\r\n"), "Transfer-Encoding: chunked")
	for name, talk := range map[string]func(c *capturetest.Conn){
		"another path": func(c *capturetest.Conn) { c.Open().Send(get("/")).Reply(bad) },
		"no request":   func(c *capturetest.Conn) { c.Reply(bad) },
		"a request": func(c *capturetest.Conn) {
			c.Open().Send(capturetest.Message("POST /x HTTP/1.1", []byte("zz\r\n"), "Transfer-Encoding: chunked"))
		},
	} {
		if got := eventsOf(Options{}, talk); len(got) > 0 {
			t.Errorf("%s: %d events: %s", name, len(got), got[0].Detail)
		}
	}
}

// TestGapInOrphan loses bytes of a response without a request: what is left is no
// answer, even where it looks like one.
func TestGapInOrphan(t *testing.T) {
	for name, head := range map[string]string{"length": "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n", "to the end": "HTTP/1.0 200 OK\r\n\r\n"} {
		for _, e := range eventsOf(Options{}, func(c *capturetest.Conn) {
			c.Reply([]byte(head + string(ok)))
			c.ServerSeq++
			c.Reply([]byte("xy"))
			c.CloseServer()
		}) {
			if e.Kind == Response {
				t.Errorf("%s: an answer % x", name, e.Body)
			}
		}
	}
}

// TestGapInChunks loses bytes within a chunk, up to its end and beyond: the next message
// is read.
func TestGapInChunks(t *testing.T) {
	post := capturetest.Post(v2, offer)
	chunk := capturetest.Message("POST "+v2+" HTTP/1.1", []byte("14\r\n01234567890123456789\r\n0\r\n\r\n"), "Transfer-Encoding: chunked")
	begin := len(chunk) - len("01234567890123456789\r\n0\r\n\r\n")
	for from := begin; from < begin+20; from++ {
		for to := from + 1; to <= begin+20; to++ {
			var got []string
			for _, e := range eventsOf(Options{}, func(c *capturetest.Conn) {
				c.Open().Send(chunk[:from])
				c.ClientSeq += uint32(to - from)
				c.Send(chunk[to:]).Reply(answer).Send(post).Reply(answer)
			}) {
				if e.Kind == Request || e.Kind == Problem {
					got = append(got, string(e.Body)+e.Detail)
				}
			}
			if len(got) != 2 || !strings.HasPrefix(got[0], "lost the body of an HTTP request: ") || got[1] != string(offer) {
				t.Fatalf("bytes %d to %d lost: %q", from-begin, to-begin, got)
			}
		}
	}
}

// TestBodyLikeRequest sends a body that begins like a request, in a segment of its own,
// before any response: it is a body.
func TestBodyLikeRequest(t *testing.T) {
	body := get("/")
	post := capturetest.Post(v2, body)
	got := eventsOf(Options{}, func(c *capturetest.Conn) {
		c.Open().Send(post[:len(post)-len(body)], body).Reply(answer)
	})
	if len(got) != 2 || string(got[0].Body) != string(body) {
		t.Errorf("%d events", len(got))
	}
}
