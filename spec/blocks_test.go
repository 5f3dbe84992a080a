package spec

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// setOf is the set of the blocks whose bits are set.
func setOf(bits uint) (s blockSet) {
	for block := uint32(0); bits>>block != 0; block++ {
		if bits>>block&1 == 0 {
			continue
		}
		if n := len(s); n > 0 && s[n-1].Last == block-1 {
			s[n-1].Last = block
		} else {
			s = append(s, BlockRange{block, block})
		}
	}
	return s
}

// TestBlockSet holds every set of six blocks against bits.
func TestBlockSet(t *testing.T) {
	const all = 1 << 6
	for a := range uint(all) {
		for b := range uint(all) {
			if diff := cmp.Diff(setOf(a&^b), setOf(a).without(setOf(b))); diff != "" {
				t.Fatalf("%b without %b (-want +got):\n%s", a, b, diff)
			}
		}
		for first := range uint32(6) {
			for last := first; last < 6; last++ {
				added := uint(1)<<(last+1) - 1<<first
				s := setOf(a)
				if diff := cmp.Diff(setOf(a|added), s.with(BlockRange{first, last})); diff != "" {
					t.Fatalf("%b with %d to %d (-want +got):\n%s", a, first, last, diff)
				}
				if diff := cmp.Diff(setOf(a), s); diff != "" {
					t.Fatalf("the set was changed (-want +got):\n%s", diff)
				}
			}
		}
	}
}

func TestBlockSetEnds(t *testing.T) {
	const end = math.MaxUint32
	whole := firstBlocks(1 << 32)
	if diff := cmp.Diff(blockSet{{0, end}}, whole); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(blockSet{{0, end - 1}}, whole.without(blockSet{{end, end}})); diff != "" {
		t.Error(diff)
	}
	if left := whole.without(whole); left != nil {
		t.Error(left)
	}
	if diff := cmp.Diff(whole, firstBlocks(end).with(BlockRange{end, end})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(whole, whole.with(BlockRange{0, 0})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(blockSet{{0, 0}}, firstBlocks(1)); diff != "" || firstBlocks(0) != nil {
		t.Error(diff, firstBlocks(0))
	}
}
