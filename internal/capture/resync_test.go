package capture

import (
	"testing"
)

// TestFindResponse: where in other bytes the first status line is that is surely one.
func TestFindResponse(t *testing.T) {
	for b, want := range map[string]int{
		"HTTP/1.1 200 OK\r\n": 0, "xHTTP/1.0 404\r\n": 1, "HTTP/1.1 200": -1, "HTTP/1.1 200\n": 0, "HTTP/1.1 2000": -1, "HTTP/1.HTTP/1.1 200 ": 7,
		"HTTP/1.1 20x HTTP/1.1 201 OK": 13, "": -1, "HTTP/1.": -1, "POST / HTTP/1.1\r\nHTTP/1.1 200 OK": 17,
	} {
		if got := findResponse([]byte(b)); got != want {
			t.Errorf("%q: %d, want %d", b, got, want)
		}
	}
	for b, want := range map[string]int{
		"POST / HTTP/1.1\r\n": 0, "xGET / HTTP/1.0\n": 1, "POST  HTTP/1.1\r\n": -1, "POST / HTTP/1.1": -1, "POST /\x7f HTTP/1.1\n": -1, "POST / HTTP/1.1x\n": -1, "/ HTTP/1.1\n": -1,
		"BREW / HTTP/1.1\n": -1, "HTTP/1.1\nPUT /a HTTP/1.1\n": 9,
	} {
		if got := findRequest([]byte(b)); got != want {
			t.Errorf("%q: %d, want %d", b, got, want)
		}
	}
}
