package pccrc

import "math"

// Range is a content range: Length bytes of the content from byte Start.
type Range struct {
	Start, Length uint64
}

// Range returns the content range that v describes (MS-PCCRC 2.3). It ends with
// the last segment at the latest, whatever DwReadBytesInLastSegment says; a
// Start that does not fit 64 bits is given as the largest one that does.
func (v ContentInformationV1) Range() Range {
	var r Range
	n := v.Len()
	for i := range n {
		s := v.At(i)
		start, end := v.rangeInSegment(i, n, s)
		if i == 0 {
			r.Start = addSaturating(s.UllOffsetInContent(), uint64(v.DwOffsetInFirstSegment))
		}
		r.Length += end - start
	}
	return r
}

// rangeInSegment returns which bytes of segment s, the i-th of n, lie in the
// content range: those from start up to, but not including, end.
func (v *ContentInformationV1) rangeInSegment(i, n int, s SegmentDescriptionV1) (start, end uint64) {
	size := uint64(s.CbSegment())
	if i == 0 {
		start = min(uint64(v.DwOffsetInFirstSegment), size)
	}
	if i < n-1 || v.DwReadBytesInLastSegment == 0 {
		return start, size
	}
	return start, min(start+uint64(v.DwReadBytesInLastSegment), size)
}

// Range returns the content range that v describes (MS-PCCRC 2.4): Length is
// UllLengthOfRange, or reaches to the end of the last segment where that is 0.
// A Start that does not fit 64 bits is given as the largest one that does.
func (v ContentInformationV2) Range() Range {
	all := uint64(0)
	if v.UllLengthOfRange == 0 {
		for _, s := range v.All() {
			all += uint64(s.CbSegment())
		}
	}
	return v.rangeOf(all)
}

// rangeOf returns the content range, for segments of so many bytes in all.
func (v *ContentInformationV2) rangeOf(all uint64) Range {
	r := Range{addSaturating(v.UllStartInContent, uint64(v.DwOffsetInFirstSegment)), v.UllLengthOfRange}
	if r.Length == 0 {
		r.Length = all - min(all, uint64(v.DwOffsetInFirstSegment))
	}
	return r
}

func addSaturating(a, b uint64) uint64 {
	if a > math.MaxUint64-b {
		return math.MaxUint64
	}
	return a + b
}
