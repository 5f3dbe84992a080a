package pccrr

import "math/bits"

// BlockSet is a set of blocks of a segment, by their index, such as those that a peer has
// or needs. The zero value is empty. It has only what may be an index, 0 to MaxBlocks-1
// (MS-PCCRR 2.2.1.1).
type BlockSet [MaxBlocks / 64]uint64 // bit by bit

// FirstBlocks returns the set of the first n blocks, or of all.
func FirstBlocks(n int) (s BlockSet) {
	for i := range uint32(max(0, min(n, MaxBlocks))) {
		s.Add(i)
	}
	return s
}

// BlockSet returns the blocks in the ranges, which may be in any order, overlap, and go
// further than a segment does.
func (r Ranges) BlockSet() (s BlockSet) {
	var change [MaxBlocks + 1]int // of how many ranges an index is in
	for _, one := range r.All() {
		change[min(uint64(one.Index), MaxBlocks)]++
		change[min(one.End(), MaxBlocks)]--
	}
	for i, n := uint32(0), 0; i < MaxBlocks; i++ {
		if n += change[i]; n > 0 {
			s.Add(i)
		}
	}
	return s
}

// Has reports whether block i is in s.
func (s BlockSet) Has(i uint32) bool { return i < MaxBlocks && s[i/64]>>(i%64)&1 != 0 }

// Add adds block i, which must be less than MaxBlocks.
func (s *BlockSet) Add(i uint32) { s[i/64] |= 1 << (i % 64) }

// Len returns the number of blocks.
func (s BlockSet) Len() (n int) {
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// And returns what is in both sets.
func (s BlockSet) And(other BlockSet) BlockSet {
	for i := range s {
		s[i] &= other[i]
	}
	return s
}

// Without returns what is in s and not in other.
func (s BlockSet) Without(other BlockSet) BlockSet {
	for i := range s {
		s[i] &^= other[i]
	}
	return s
}

// After returns the lowest index in s above i, 0 for none: NextBlockIndex of the MSG_BLK
// with block i (MS-PCCRR 2.2.5.3).
func (s BlockSet) After(i uint32) uint32 {
	for i = min(i, MaxBlocks) + 1; i < MaxBlocks; i++ {
		if s.Has(i) {
			return i
		}
	}
	return 0
}

// Ranges returns s as BLOCK_RANGEs in order, none adjacent to another.
func (s BlockSet) Ranges() (r Ranges) {
	for i := uint32(0); i < MaxBlocks; i++ {
		start := i
		for s.Has(i) {
			i++
		}
		if i > start {
			r = r.Append(Range{start, i - start})
		}
	}
	return r
}
