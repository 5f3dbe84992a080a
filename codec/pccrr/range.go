package pccrr

import (
	"encoding/binary"
	"iter"
	"slices"
)

// Range is a BLOCK_RANGE (MS-PCCRR 2.2.1.1), blocks of a segment, or a
// SEGMENT_RANGE (MS-PCCRR 2.2.1.2), segments of the list in a MSG_GETSEGLIST.
type Range struct {
	Index uint32 // of the first one, from 0
	Count uint32 // how many; not 0
}

// End returns the index behind the last one of r.
func (r Range) End() uint64 { return uint64(r.Index) + uint64(r.Count) }

// Contains reports whether r has the index i.
func (r Range) Contains(i uint32) bool { return i >= r.Index && uint64(i) < r.End() }

// rangeLen is the length of the wire form of a range in bytes: Index and Count,
// 4 bytes each, big-endian.
const rangeLen = 8

// Ranges is a list of ranges in their wire form, one after the other, whatever
// order they are in. The zero value is empty. As with a slice, a copy shares
// what it holds: append to one of the two only, or Clone first.
type Ranges struct{ b []byte }

// NewRanges returns a list of these ranges.
func NewRanges(all ...Range) Ranges {
	var r Ranges
	for _, one := range all {
		r = r.Append(one)
	}
	return r
}

// Len returns the number of ranges.
func (r Ranges) Len() int { return len(r.b) / rangeLen }

// At returns the range with index i, counted from 0. It panics where i is not
// below Len.
func (r Ranges) At(i int) Range {
	b := r.b[i*rangeLen:]
	return Range{binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])}
}

// All returns an iterator over the ranges and their indexes, in order.
func (r Ranges) All() iter.Seq2[int, Range] {
	return func(yield func(int, Range) bool) {
		for i := range r.Len() {
			if !yield(i, r.At(i)) {
				return
			}
		}
	}
}

// Contains reports whether one of the ranges has the index i.
func (r Ranges) Contains(i uint32) bool {
	for _, one := range r.All() {
		if one.Contains(i) {
			return true
		}
	}
	return false
}

// Append returns r with one range more at its end. Appending to a decoded
// message copies.
func (r Ranges) Append(one Range) Ranges {
	b := binary.BigEndian.AppendUint32(slices.Grow(r.b, rangeLen), one.Index)
	return Ranges{binary.BigEndian.AppendUint32(b, one.Count)}
}

// Clone returns a copy of r that shares no bytes with it.
func (r Ranges) Clone() Ranges { return Ranges{slices.Clone(r.b)} }
