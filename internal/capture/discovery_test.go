package capture

import (
	"testing"
)

// TestDatagramLengths: what a datagram of discovery says of its own length, and what of
// it the capture has.
func TestDatagramLengths(t *testing.T) {
	src, dst := []byte{10, 0, 0, 1}, []byte{10, 0, 0, 2}
	for _, test := range []struct {
		length, have, wire int
		body, missing      int // body -1: none at all
	}{
		{13, 13, 13, 5, 0}, {13, 13, 20, 5, 0}, {13, 20, 20, 5, 0}, {8, 20, 20, 0, 0}, {7, 20, 20, 12, 0}, {0, 20, 20, 12, 0}, {20, 20, 20, 12, 0}, {21, 20, 20, 12, 0},
		{300, 20, 300, 12, 280}, {200, 20, 300, 12, 180}, {20, 12, 20, 4, 8}, {20, 8, 20, 0, 12}, {20, 7, 20, -1, 0},
	} {
		body, missing := -1, int64(0)
		r := NewReader(Options{Retrieval: true}, func(e *Event) error {
			body, missing = len(e.Body), e.Missing
			if e.Src.Port() != 50000 || e.Dst.Port() != discoveryPort || e.Src.Addr().String() != "10.0.0.1" || e.Stream != -1 {
				t.Errorf("%+v: %v to %v, stream %d", test, e.Src, e.Dst, e.Stream)
			}
			return nil
		})
		b := make([]byte, test.have, 400)
		copy(b, []byte{50000 >> 8, 50000 & 0xff, discoveryPort >> 8, discoveryPort & 0xff, byte(test.length >> 8), byte(test.length)})
		if took := r.discovery(src, dst, b, test.wire); took != (test.body >= 0) || body != test.body || missing != int64(test.missing) {
			t.Errorf("%+v: %d bytes, %d missing", test, body, missing)
		}
	}
}
