package capture

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// TestProxyProtocol finds requests behind headers of the PROXY protocol, whole and in
// pieces, and what only looks like one.
func TestProxyProtocol(t *testing.T) {
	const signature = "\r\n\r\n\x00\r\nQUIT\n"
	for name, test := range map[string]struct {
		header string
		found  bool
	}{
		"version 1":              {"PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n", true},
		"version 1, IPv6":        {"PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n", true},
		"version 1, unknown":     {"PROXY UNKNOWN\r\n", true},
		"version 2":              {signature + "\x21\x11\x00\x0c" + "addressesab", false}, // a byte short: the request's first one is taken
		"version 2, right":       {signature + "\x21\x11\x00\x0c" + "addressesabc", true},
		"version 2, values":      {signature + "\x21\x21\x01\x00" + fmt.Sprintf("%0256d", 0), true},
		"version 2, local":       {signature + "\x20\x00\x00\x00", true},
		"version 2 of Unix":      {signature + "\x21\x31\x00\xd8" + fmt.Sprintf("%0216d", 0), true},
		"empty lines":            {"\r\n\r\n", true},
		"an empty line":          {"\r\n", true},
		"no header":              {"", true},
		"method of another kind": {"PROXYING / HTTP/1.1\r\n\r\n", true},
	} {
		for _, mss := range []int{1460, len(test.header), 1, 7} {
			if mss == 0 {
				continue
			}
			var trace capturetest.Trace
			c := trace.Conn(0).Open()
			c.MSS = mss
			body := capturetest.Batch(1, 1)
			c.Send(bytes.Join([][]byte{[]byte(test.header), capturetest.Post(v2, body)}, nil))
			if name == "method of another kind" {
				c.Reply(capturetest.Answer(200, nil))
			}
			c.Reply(answer)
			want := []message{request(body), response(3, ok)}
			got := readTrace(&trace)
			if !test.found {
				if len(got.messages) > 1 || len(got.messages) == 1 && got.messages[0].Kind == "request" {
					t.Errorf("%s in segments of %d bytes: %+v", name, mss, got.messages)
				}
				continue
			}
			t.Run(fmt.Sprint(name, mss), func(t *testing.T) { got.want(t, 0, want...) })
		}
	}
}

// TestPrefaceEdges cuts a PROXY line that never ends.
func TestPrefaceEdges(t *testing.T) {
	for b, want := range map[string]bool{
		"P": true, "PROXY ": true, "PROXY XX": true, "PROXY XXX": false, "PROXY TCP": true, "PROXY UNK": true, "PROXY UNX": false, "PROXX": false,
		"PROXY TCP4 " + strings.Repeat("1", 95): true, "PROXY TCP4 " + strings.Repeat("1", 96): false,
	} {
		if n, more := preface([]byte(b)); n != 0 || more != want {
			t.Errorf("%q: %d, %v, want 0, %v", b, n, more, want)
		}
	}
}
