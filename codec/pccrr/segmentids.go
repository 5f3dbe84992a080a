package pccrr

import (
	"encoding/binary"
	"iter"
	"slices"
)

// offCountOfSegmentIDs is where in a MSG_GETSEGLIST CountOfSegmentIDs is, and
// offSegmentIDs where the list begins.
const (
	offCountOfSegmentIDs = headerLen + 16
	offSegmentIDs        = offCountOfSegmentIDs + 4
)

// SegmentIDs is the list of segments in a MSG_GETSEGLIST in its wire form: for
// each SizeOfSegmentID, SegmentID and ZeroPad. The zero value is empty. As with
// a slice, a copy shares what it holds: append to one of the two only, or Clone
// first.
type SegmentIDs struct {
	b      []byte
	n      int
	stride int // the length of every element, 0 where they differ
}

// NewSegmentIDs returns a list of these HoHoDks.
func NewSegmentIDs(all ...[]byte) SegmentIDs {
	var s SegmentIDs
	for _, id := range all {
		s = s.Append(id)
	}
	return s
}

// Len returns the number of segments.
func (s SegmentIDs) Len() int { return s.n }

// At returns the SegmentID with index i, counted from 0. It panics where i is
// not below Len. It takes constant time where all have the same length, as they
// nearly always have. The result aliases s.
func (s SegmentIDs) At(i int) []byte {
	if i >= 0 && i < s.n && s.stride > 0 {
		return elementID(s.b[i*s.stride:])
	}
	for j, id := range s.All() {
		if j == i {
			return id
		}
	}
	panic("pccrr: SegmentIDs.At: no such index")
}

// elementID returns the SegmentID of the element at the start of b, which is
// there.
func elementID(b []byte) []byte {
	n := 4 + int(binary.BigEndian.Uint32(b))
	return b[4:n:n]
}

// All returns an iterator over the SegmentIDs and their indexes, in order. They
// alias s.
func (s SegmentIDs) All() iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		b := s.b
		for i := range s.n {
			id := elementID(b)
			if !yield(i, id) {
				return
			}
			b = b[paddedLen(len(id)):]
		}
	}
}

// zeroPad returns the padding after id, an element that begins at offset at in
// the message.
func (s SegmentIDs) zeroPad(at int, id []byte) []byte {
	start := at - offSegmentIDs
	return s.b[start+4+len(id) : start+paddedLen(len(id))]
}

// Append returns s with the segment whose HoHoDk is id at its end. Appending to
// a decoded message copies.
func (s SegmentIDs) Append(id []byte) SegmentIDs {
	n := paddedLen(len(id))
	s.count(n)
	w := writer(slices.Grow(s.b, n))
	w.sized(id)
	w.pad(&[3]byte{}, len(id))
	s.b = w
	return s
}

// count adds an element of so many bytes to n and stride.
func (s *SegmentIDs) count(size int) {
	if s.n == 0 {
		s.stride = size
	} else if s.stride != size {
		s.stride = 0
	}
	s.n++
}

// Clone returns a copy of s that shares no bytes with it.
func (s SegmentIDs) Clone() SegmentIDs {
	s.b = slices.Clone(s.b)
	return s
}

// segmentIDs reads CountOfSegmentIDs and the list.
func (c *cursor) segmentIDs() (s SegmentIDs) {
	// An element has 4 bytes at least.
	n := c.count(RuleGetSegListTruncated, RuleCountOfSegmentIDs, "MESSAGE_BODY.CountOfSegmentIDs", 4)
	if n == 0 {
		c.fail(RuleCountOfSegmentIDs, "MESSAGE_BODY.CountOfSegmentIDs", 0, c.at-4, 0, "is %, must be at least 1")
		return SegmentIDs{}
	}
	list := c.b
	for i := range n {
		at := c.at
		if !c.has(RuleGetSegListTruncated, "MESSAGE_BODY.SegmentIDs[].SizeOfSegmentID", i, 4) {
			return SegmentIDs{}
		}
		size := binary.BigEndian.Uint32(c.take(4))
		if uint64(size) > uint64(len(c.b)) {
			c.fail(RuleGetSegListSegmentID, "MESSAGE_BODY.SegmentIDs[].SizeOfSegmentID", i, at, uint64(size), tooMany)
			return SegmentIDs{}
		}
		c.take(int(size))
		if !c.has(RuleAlignment, "MESSAGE_BODY.SegmentIDs[].ZeroPad", i, padding(int(size))) {
			return SegmentIDs{}
		}
		c.take(padding(int(size)))
		s.count(c.at - at)
	}
	used := len(list) - len(c.b)
	s.b = list[:used:used]
	return s
}
