package conversation

import "iter"

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
			p := SegmentPosition{Position: Position{Start: seg.start}}
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
// its blocks, in bytes.
type SegmentPosition struct {
	Position
	Length, BlockSize uint32
}
