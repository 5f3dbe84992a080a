package capture

import (
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// TestPinned: what the reader says of hostile captures is what it said before.
func TestPinned(t *testing.T) {
	capturetest.Pinned(t, "testdata/pinned.txt", 3000, func(seed uint64) string { return newHostile(seed).events() })
}
