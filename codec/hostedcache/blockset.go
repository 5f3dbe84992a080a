package hostedcache

import (
	"math/bits"

	"github.com/hostedcache/pchc/codec/pccrr"
)

// blockSet is a set of blocks of a segment, by their index: bit by bit.
type blockSet [pccrr.MaxBlocks / 64]uint64

func (s *blockSet) has(i uint32) bool { return i < pccrr.MaxBlocks && s[i/64]>>(i%64)&1 != 0 }
func (s *blockSet) add(i uint32)      { s[i/64] |= 1 << (i % 64) }

func (s *blockSet) len() (n int) {
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// firstBlocks is the set of the first n blocks.
func firstBlocks(n int) (s blockSet) {
	for i := range uint32(n) {
		s.add(i)
	}
	return s
}

// and returns what is in both sets.
func (s blockSet) and(other blockSet) blockSet {
	for i := range s {
		s[i] &= other[i]
	}
	return s
}

// without returns what is in s and not in other.
func (s blockSet) without(other blockSet) blockSet {
	for i := range s {
		s[i] &^= other[i]
	}
	return s
}

// after returns the lowest index in s above i, 0 for none.
func (s *blockSet) after(i uint32) uint32 {
	for i = min(i, pccrr.MaxBlocks) + 1; i < pccrr.MaxBlocks; i++ {
		if s.has(i) {
			return i
		}
	}
	return 0
}

// ranges returns s as BLOCK_RANGEs in order, none adjacent to another.
func (s *blockSet) ranges() (r pccrr.Ranges) {
	for i := uint32(0); i < pccrr.MaxBlocks; i++ {
		start := i
		for s.has(i) {
			i++
		}
		if i > start {
			r = r.Append(pccrr.Range{Index: start, Count: i - start})
		}
	}
	return r
}

// setOf returns the blocks in ranges, which may be in any order and go anywhere.
func setOf(ranges pccrr.Ranges) (s blockSet) {
	var change [pccrr.MaxBlocks + 1]int // of how many ranges an index is in
	for _, r := range ranges.All() {
		change[min(uint64(r.Index), pccrr.MaxBlocks)]++
		change[min(r.End(), pccrr.MaxBlocks)]--
	}
	for i, n := uint32(0), 0; i < pccrr.MaxBlocks; i++ {
		if n += change[i]; n > 0 {
			s.add(i)
		}
	}
	return s
}
