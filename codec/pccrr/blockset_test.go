package pccrr_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/hostedcache/pchc/codec/pccrr"
)

// A peer has some blocks of a segment, and a client needs some.
func ExampleBlockSet() {
	has := pccrr.NewRanges(pccrr.Range{Index: 8, Count: 4}, pccrr.Range{Index: 0, Count: 3}, pccrr.Range{Index: 3, Count: 1}).BlockSet()
	asked := pccrr.NewRanges(pccrr.Range{Index: 2, Count: 7}).BlockSet()
	both := has.And(asked)
	fmt.Println(both.Ranges(), "of", has.Ranges())
	fmt.Println(both.Len(), "blocks, behind block 3 the next one is", has.After(3))
	fmt.Println("missing:", asked.Without(has).Ranges())
	// Output:
	// 2-3, 8 of 0-3, 8-11
	// 3 blocks, behind block 3 the next one is 8
	// missing: 4-7
}

// TestBlockSet compares it with the ranges that it is from, block by block.
func TestBlockSet(t *testing.T) {
	index := rapid.OneOf(rapid.Uint32Range(0, 8), rapid.Uint32Range(500, 520), rapid.Uint32())
	ranges := rapid.Custom(func(t *rapid.T) (r pccrr.Ranges) {
		for range rapid.IntRange(0, 6).Draw(t, "ranges") {
			r = r.Append(pccrr.Range{Index: index.Draw(t, "Index"), Count: index.Draw(t, "Count")})
		}
		return r
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := ranges.Draw(t, "a"), ranges.Draw(t, "b")
		s, other := a.BlockSet(), b.BlockSet()
		normal, next, n := s.Ranges(), uint32(0), 0
		for i := uint32(520); i > 0; {
			i--
			in, inB := i < pccrr.MaxBlocks && a.Contains(i), i < pccrr.MaxBlocks && b.Contains(i)
			if s.Has(i) != in || normal.Contains(i) != in || s.And(other).Has(i) != (in && inB) || s.Without(other).Has(i) != (in && !inB) {
				t.Fatalf("block %d of %v", i, a)
			}
			if got := s.After(i); got != next {
				t.Fatalf("behind block %d of %v is %d, not %d", i, a, got, next)
			}
			if in {
				next, n = i, n+1
			}
		}
		if s.Len() != n {
			t.Fatalf("%v has %d blocks, not %d", a, s.Len(), n)
		}
		for i := 1; i < normal.Len(); i++ {
			if uint64(normal.At(i).Index) <= normal.At(i-1).End() {
				t.Fatalf("%v is not normalised", normal)
			}
		}
	})
	for n, want := range map[int]int{-1: 0, 0: 0, 1: 1, 64: 64, 65: 65, pccrr.MaxBlocks: 512, 513: 512} {
		s := pccrr.FirstBlocks(n)
		if s.Len() != want || want > 0 && s.Ranges().At(0) != (pccrr.Range{Count: uint32(want)}) {
			t.Errorf("the first %d are %v", n, s.Ranges())
		}
	}
	if s := pccrr.FirstBlocks(512); s.After(511) != 0 || s.After(1<<32-1) != 0 || s.Has(1<<32-1) {
		t.Error("behind the last block is another one")
	}
}
