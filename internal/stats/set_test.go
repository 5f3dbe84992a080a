package stats

import (
	"testing"

	"pgregory.net/rapid"
)

// TestSet holds the set against a map, with keys that begin in few places.
func TestSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 3000).Draw(t, "limit")
		spread := rapid.Uint64Range(1, 5000).Draw(t, "spread")
		hashes := rapid.SliceOfN(rapid.Uint64Range(0, spread), 0, 4000).Draw(t, "hashes")
		var s set
		s.prefetch(hashes, 1)
		there := map[uint64]bool{}
		for i, h := range hashes {
			key := keyOf(h*3<<40, 1)
			known, full := s.add(key, limit)
			if known != there[key] || full != (!there[key] && len(there) >= limit) {
				t.Fatalf("key %d of %d: known %v, full %v; %d are there of %d", i, len(hashes), known, full, len(there), limit)
			}
			if !known && !full {
				there[key] = true
			}
			s.prefetch(hashes, 1)
		}
	})
}

// TestFilter: what was added is there, and few others are.
func TestFilter(t *testing.T) {
	var f filter
	const step = 0x9e3779b97f4a7c15
	for i := range uint64(10000) {
		f.add(i * step)
	}
	wrong := 0
	for i := range uint64(20000) {
		switch has := f.has(i * step); {
		case i < 10000 && !has:
			t.Fatalf("%d is not there", i)
		case i >= 10000 && has:
			wrong++
		}
	}
	if wrong > 1000 {
		t.Errorf("%d of 10000 that were not added seem to be there", wrong)
	}
}
