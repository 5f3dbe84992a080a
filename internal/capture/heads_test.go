package capture

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// TestLongHeads: a header that is too long is reported where its message may be of
// MS-PCHC, or have Content Information, whichever of request and response is seen.
func TestLongHeads(t *testing.T) {
	long := "X: " + strings.Repeat("x", 2*maxHead) // its end is not in the segment that makes it too long
	get := capturetest.Message("GET /file HTTP/1.1", nil)
	asks := capturetest.Message("GET /file HTTP/1.1", nil, "Accept-Encoding: peerdist", "X-P2P-PeerDist: Version=1.0")
	const plain, coded = "HTTP/1.1 200 OK", "HTTP/1.1 200 OK\r\nContent-Encoding: peerdist"
	for _, test := range []struct {
		name   string
		before []byte // the request, nil if it is not seen
		line   string
		want   string
	}{
		{"a request of ours", nil, "POST " + v2 + " HTTP/1.1", "request"},
		{"another request", nil, "POST /other HTTP/1.1", ""},
		{"a response to one of ours", capturetest.Post(v2, offer), plain, "response"},
		{"a response to another", get, plain, ""},
		{"peerdist", get, coded, "response"},
		{"peerdist as asked for", asks, coded, "response"},
		{"what was asked to be peerdist", asks, plain, "response"},
		{"peerdist without its request", nil, coded, "response"},
		{"a response without its request", nil, plain, ""},
	} {
		for _, handshake := range []bool{true, false} {
			for _, mss := range []int{1460, 60000} {
				var trace capturetest.Trace
				c := trace.Conn(0)
				if handshake {
					c.Open()
				}
				c.MSS = mss
				say := c.Reply
				if strings.HasPrefix(test.line, "POST") {
					say = c.Send
				}
				if test.before != nil {
					c.Send(test.before)
				}
				say([]byte(test.line + "\r\n" + long + "\r\n\r\n"))
				got := readTrace(&trace)
				want := fmt.Sprintf("unreadable HTTP %s: its header is longer than %d bytes", test.want, maxHead)
				if said := strings.Join(got.problems, "; "); strings.HasPrefix(said, want) != (test.want != "") || test.want == "" && said != "" || len(got.problems) > 1 {
					t.Errorf("%s, handshake %v, segments of %d bytes: problems %q", test.name, handshake, mss, got.problems)
				}
			}
		}
	}
}

// TestCutHeads ends connections within a header: what it was the header of is said
// by what is there, also where only one side is seen.
func TestCutHeads(t *testing.T) {
	for head, want := range map[string]string{
		"HTTP/1.1 200 OK\r\nServer: x\r\n":  "response",
		"HTTP/1.1 2":                        "response",
		"HT":                                "response",
		"POST " + v2 + " HTTP/1.1\r\nHost:": "request",
		"POST " + v2[:9]:                    "request",
		"GET /":                             "request",
	} {
		for from := range 2 {
			var problems []string
			r := NewReader(Options{}, func(e *Event) error { problems = append(problems, e.Detail); return nil })
			r.Payload(1, from, []byte(head))
			r.Close()
			if said := "incomplete HTTP " + want + ": the input ends within its header"; len(problems) != 1 || problems[0] != said {
				t.Errorf("%q from end %d: problems %q, want %q", head, from, problems, said)
			}
		}
	}
	for _, test := range []struct{ request, head, want string }{
		{"", "HTTP/1.1 200 OK\r\nContent-Encoding: peerdist\r\nContent-Le", "response"},
		{"", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Le", ""},
		{"GET / HTTP/1.1\r\nAccept-Encoding: peerdist\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Le", "response"},
		{"GET / HTTP/1.1\r\nAccept-Encoding: gzip\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Le", ""},
		{string(capturetest.Post(v2, offer)), "HTTP/1.1 200 OK\r\nContent-Le", "response"},
	} {
		var trace capturetest.Trace
		c := trace.Conn(0).Open()
		if test.request != "" {
			c.Send([]byte(test.request))
		}
		c.Reply([]byte(test.head)).Close()
		problems := read(bytes.NewReader(trace.Encode(capturetest.Format{}))).problems
		if want := "incomplete HTTP " + test.want + ": the connection ended within its header"; test.want == "" && len(problems) > 0 || test.want != "" && (len(problems) != 1 || problems[0] != want) {
			t.Errorf("%q, then %q: problems %q", test.request, test.head, problems)
		}
	}
}
