package mutate

import (
	"encoding/binary"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

// A field is an integer of size bytes at an offset, in a structure or message.
type field struct{ at, size int }

// Integers of the structures (MS-PCHC 2.2, MS-PCCRC 2.3, 2.4).
var (
	envelopeInts   = []field{{0, 1}, {1, 1}, {2, 2}, {8, 2}}
	descriptorInts = []field{{0, 4}, {4, 4}, {8, 2}, {26, 1}}
	responseInts   = []field{{0, 4}, {4, 1}}
	v1Ints         = []field{{0, 2}, {2, 4}, {6, 4}, {10, 4}, {14, 4}}
	segmentV1Ints  = []field{{0, 8}, {8, 4}, {12, 4}}
	v2Ints         = []field{{0, 1}, {1, 1}, {2, 1}, {3, 8}, {11, 8}, {19, 4}, {23, 8}}
	segmentV2Ints  = []field{{0, 4}}
)

// Lengths in bytes.
const (
	envelopeLen   = 16
	descriptorLen = 59
	contentTagLen = 16
	v1Len         = 18
	v2Len         = 31
	chunkLen      = 5
	segmentV2Len  = 68
)

// A list is a run of elements of one size, all of them present.
type list struct {
	from     int // offset of the list, including a count that belongs to it alone
	at       int // offset of the first element
	size, n  int // of each element in bytes; number of elements
	count    field
	unit     int // what an element adds to the count; 0: it has none
	little   bool
	elements []field // integers of each element
}

func (l *list) end() int          { return l.at + l.n*l.size }
func (l *list) element(i int) int { return l.at + i*l.size }

// maxLists is the maximum in a shape; further lists are plain bytes.
const maxLists = 8

// A shape is where the parts of a message are, as far as they are present.
type shape struct {
	heads [4]head // of fixed parts
	nHead int
	lists [maxLists]list
	n     int
}

// A head is a structure of fixed size.
type head struct {
	at     int
	ints   []field
	little bool
}

// scan finds the shape of b. It trusts no count.
func (s *shape) scan(kind spec.Kind, b []byte) {
	s.nHead, s.n = 0, 0
	switch kind {
	case spec.Request:
		s.head(0, envelopeInts)
		if len(b) < envelopeLen {
			return
		}
		switch binary.BigEndian.Uint16(b[2:]) {
		case 2:
			if len(b) >= envelopeLen+contentTagLen {
				s.v1(b, envelopeLen+contentTagLen)
			}
		case 3:
			s.add(list{from: envelopeLen, at: envelopeLen, size: descriptorLen, n: (len(b) - envelopeLen) / descriptorLen, elements: descriptorInts})
		}
	case spec.Response:
		s.head(0, responseInts)
	case spec.Content:
		if len(b) > 1 && b[1] == 2 {
			s.v2(b, 0)
		} else {
			s.v1(b, 0)
		}
	case spec.HashRequest:
		s.littleHead(0, hashRequestInts)
	case spec.HashResponse:
		s.hashResponse(b)
	case spec.RetrievalRequest:
		s.retrieval(b, 0)
	case spec.RetrievalResponse:
		s.retrieval(b, 4)
	}
}

func (s *shape) head(at int, ints []field) {
	s.heads[s.nHead] = head{at, ints, false}
	s.nHead++
}

func (s *shape) littleHead(at int, ints []field) {
	s.head(at, ints)
	s.heads[s.nHead-1].little = true
}

func (s *shape) add(l list) {
	s.lists[s.n] = l
	s.n++
}

// v1 scans Content Information 1.0, which begins at an offset.
func (s *shape) v1(b []byte, at int) {
	s.littleHead(at, v1Ints)
	if len(b) < at+v1Len {
		return
	}
	h := 32
	switch binary.LittleEndian.Uint32(b[at+2:]) {
	case 0x800D:
		h = 48
	case 0x800E:
		h = 64
	}
	segments := list{
		from: at + v1Len, at: at + v1Len, size: 16 + 2*h, count: field{at + 14, 4}, unit: 1, little: true, elements: segmentV1Ints,
	}
	segments.n = atMost(binary.LittleEndian.Uint32(b[at+14:]), (len(b)-segments.at)/segments.size)
	s.add(segments)
	for at, left := segments.end(), segments.n; left > 0 && s.n < maxLists && at+4 <= len(b); left-- {
		l := list{from: at, at: at + 4, size: h, count: field{at, 4}, unit: 1, little: true}
		l.n = atMost(binary.LittleEndian.Uint32(b[at:]), (len(b)-l.at)/h)
		s.add(l)
		at = l.end()
	}
}

// v2 scans Content Information 2.0, which begins at an offset.
func (s *shape) v2(b []byte, at int) {
	s.head(at, v2Ints)
	for at += v2Len; s.n < maxLists && at+chunkLen <= len(b); {
		l := list{
			from: at, at: at + chunkLen, size: segmentV2Len, count: field{at + 1, 4}, unit: segmentV2Len, elements: segmentV2Ints,
		}
		left := len(b) - l.at
		length := atMost(binary.BigEndian.Uint32(b[at+1:]), left)
		l.n = length / segmentV2Len
		s.add(l)
		at = l.at + length
	}
}

// atMost returns a count from the wire, or limit if that is less.
func atMost(claimed uint32, limit int) int {
	return int(min(uint64(claimed), uint64(max(limit, 0))))
}

// of scans a message and returns s.
func (s *shape) of(m fuzz.Message) *shape {
	s.scan(m.Kind, m.Bytes)
	return s
}
