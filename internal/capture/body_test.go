package capture

import (
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
