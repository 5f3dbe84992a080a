package conversation

import (
	"iter"
	"slices"

	"github.com/hostedcache/pchc/pccrc"
)

// Where returns in which contents the segment with this HoHoDk is, and what is known of
// it. Content is nil where it is known, but not of which content it is. The same segment
// may be in several contents, and in one several times.
func (s *Secrets) Where(hohodk []byte) iter.Seq[SegmentPosition] {
	return func(yield func(SegmentPosition) bool) {
		if len(s.all) == 0 {
			return
		}
		s.complete()
		for seg := s.head(hohodk); seg != nil; seg = seg.next {
			p := SegmentPosition{Position: Position{Start: seg.start}, Version: seg.version()}
			p.Length, p.BlockSize = seg.length()
			if len(seg.information.content) == 0 && !yield(p) {
				return
			}
			for _, p.Content = range seg.information.content {
				if !yield(p) {
					return
				}
			}
		}
	}
}

// SegmentPosition is where in a content a segment begins, with its length and that of
// its blocks, in bytes, and the version of the Content Information, 1 or 2.
type SegmentPosition struct {
	Position
	Version           int
	Length, BlockSize uint32
}

// BlockPosition is where in a content a block is, with its length in bytes and its hash.
type BlockPosition struct {
	Start         uint64
	Length        int
	HashAlgorithm pccrc.HashAlgorithm
	Hash          []byte
}

// Blocks returns the blocks of a content whose hashes are known, in the order in which
// the Content Information came.
func (s *Secrets) Blocks(c *Content) iter.Seq[BlockPosition] {
	return func(yield func(BlockPosition) bool) {
		s.complete()
		for _, i := range s.all {
			if !slices.Contains(i.content, c) {
				continue
			}
			for k := range i.list {
				seg := &i.list[k]
				_, size := seg.length()
				for index := range uint32(seg.count()) {
					info, fault := seg.info(index)
					if fault == NoFault && !yield(BlockPosition{seg.start + uint64(index)*uint64(size), info.Length, info.HashAlgorithm, info.Hash}) {
						return
					}
				}
			}
		}
	}
}
