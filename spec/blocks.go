package spec

import (
	"cmp"
	"slices"
)

// BlockRange is the blocks First to Last of a segment, both included.
type BlockRange struct{ First, Last uint32 }

// blockSet is a set of blocks: ranges in order, with gaps between them.
type blockSet []BlockRange

// firstBlocks returns the set of the blocks 0 to n-1.
func firstBlocks(n uint64) blockSet {
	if n == 0 {
		return nil
	}
	return blockSet{{0, uint32(n - 1)}}
}

// with returns the set with the blocks of r.
func (s blockSet) with(r BlockRange) blockSet {
	all := append(slices.Clone(s), r)
	slices.SortFunc(all, func(a, b BlockRange) int { return cmp.Compare(a.First, b.First) })
	joined := all[:1]
	for _, next := range all[1:] {
		last := &joined[len(joined)-1]
		if uint64(next.First) <= uint64(last.Last)+1 {
			last.Last = max(last.Last, next.Last)
		} else {
			joined = append(joined, next)
		}
	}
	return joined
}

// without returns the set without the blocks of the other.
func (s blockSet) without(other blockSet) blockSet {
	var left blockSet
	for _, r := range s {
		first, last := uint64(r.First), uint64(r.Last)
		for _, hole := range other {
			if uint64(hole.Last) < first || uint64(hole.First) > last {
				continue
			}
			if uint64(hole.First) > first {
				left = append(left, BlockRange{uint32(first), hole.First - 1})
			}
			first = uint64(hole.Last) + 1
		}
		if first <= last {
			left = append(left, BlockRange{uint32(first), uint32(last)})
		}
	}
	return left
}
