package generate_test

import (
	"testing"

	"github.com/hostedcache/pchc/fuzz/generate"
)

func TestSystematicSize(t *testing.T) {
	for _, kind := range kinds {
		n, total, small := 0, 0, 0
		for m := range generate.Systematic(kind) {
			n++
			total += len(m.Bytes)
			if len(m.Bytes) < 300 {
				small++
			}
		}
		t.Logf("kind %d: %d messages, %d bytes, %d small", kind, n, total, small)
	}
}
