package mutate

import (
	"encoding/binary"

	"github.com/hostedcache/pchc/spec"
)

// Integers of MS-PCCRR 2.2, of which all are big-endian, and of MS-SMB2 2.2.31.2 and
// 2.2.32.4, of which all are little-endian.
var (
	sizeInts          = []field{{0, 4}}
	retrievalInts     = []field{{0, 2}, {2, 2}, {4, 4}, {8, 4}, {12, 4}}
	versionsInts      = []field{{0, 2}, {2, 2}, {4, 2}, {6, 2}}
	blkInts           = []field{{0, 4}, {4, 4}}
	countOfIDsInts    = []field{{16, 4}}
	rangeInts         = []field{{0, 4}, {4, 4}}
	hashRequestInts   = []field{{0, 4}, {4, 4}, {8, 4}, {12, 4}, {16, 8}}
	hashBasedInts     = []field{{0, 8}, {8, 4}, {12, 4}}
	fileBasedInts     = []field{{0, 8}, {8, 8}, {16, 4}, {20, 4}}
	hashHeaderInts    = []field{{0, 4}, {4, 4}, {8, 8}, {16, 8}, {24, 4}, {28, 4}, {32, 2}, {34, 2}}
	offBufferLength   = map[bool]int{false: 8, true: 16} // by whether the response is file based
	offHashBlobOffset = 28
)

// Lengths in bytes.
const (
	retrievalHeaderLen = 16
	rangeLen           = 8
	requestIDLen       = 16
	hashHeaderLen      = 36
)

// retrieval scans a message of MS-PCCRR, whose MESSAGE_HEADER is at an offset.
func (s *shape) retrieval(b []byte, at int) {
	s.head(at, retrievalInts)
	if at > 0 {
		s.head(0, sizeInts)
	}
	if len(b) < at+retrievalHeaderLen {
		return
	}
	body := at + retrievalHeaderLen
	switch binary.BigEndian.Uint32(b[at+4:]) {
	case 0, 1:
		s.head(body, versionsInts)
	case 2:
		s.ranges(b, s.text(b, body))
	case 3:
		s.text(b, s.ranges(b, s.text(b, body)))
	case 4:
		s.head(s.ranges(b, s.text(b, body)), sizeInts)
	case 5:
		next := s.text(b, body)
		s.head(next, blkInts)
		s.text(b, s.text(b, s.text(b, next+8)))
	case 6:
		s.head(body, countOfIDsInts)
		if len(b) < body+requestIDLen+4 {
			return
		}
		next := body + requestIDLen + 4
		for n := binary.BigEndian.Uint32(b[next-4:]); n > 0 && next+4 <= len(b) && s.n < maxLists-1; n-- {
			next = s.text(b, next)
		}
		s.text(b, next)
	case 7:
		s.text(b, s.ranges(b, body+requestIDLen))
	}
}

// text scans a byte string that begins with its size, as a list of bytes. It returns
// the offset behind its padding.
func (s *shape) text(b []byte, at int) int {
	if at+4 > len(b) {
		return at
	}
	l := list{from: at, at: at + 4, size: 1, count: field{at, 4}, unit: 1}
	l.n = atMost(binary.BigEndian.Uint32(b[at:]), len(b)-l.at)
	s.add(l)
	return l.end() + (-l.n & 3)
}

// ranges scans a list of ranges that begins with its count, and returns the offset
// behind it.
func (s *shape) ranges(b []byte, at int) int {
	if at+4 > len(b) {
		return at
	}
	l := list{from: at, at: at + 4, size: rangeLen, count: field{at, 4}, unit: 1, elements: rangeInts}
	l.n = atMost(binary.BigEndian.Uint32(b[at:]), (len(b)-l.at)/rangeLen)
	s.add(l)
	return l.end()
}

// hashResponse scans a SRV_READ_HASH response.
func (s *shape) hashResponse(b []byte) {
	head, ints := 16, hashBasedInts
	if isFileBased(b) {
		head, ints = 24, fileBasedInts
	}
	s.littleHead(0, ints)
	if len(b) < head+2 {
		return
	}
	if b[head+1] == 2 { // no HASH_HEADER
		s.v2(b, head)
		return
	}
	s.littleHead(head, hashHeaderInts)
	if len(b) < head+hashHeaderLen {
		return
	}
	at := head + hashHeaderLen
	name := list{from: at, at: at, size: 1, count: field{at - 2, 2}, unit: 1, little: true}
	name.n = atMost(uint32(binary.LittleEndian.Uint16(b[at-2:])), len(b)-at)
	s.add(name)
	content := head + atMost(binary.LittleEndian.Uint32(b[head+offHashBlobOffset:]), len(b)-head)
	switch {
	case content+2 > len(b):
	case b[content+1] == 2:
		s.v2(b, content)
	default:
		s.v1(b, content)
	}
}

// isFileBased reports whether a SRV_READ_HASH response is file based: whether its
// BufferLength would be right.
func isFileBased(b []byte) bool {
	at := offBufferLength[true]
	return len(b) >= at+8 && binary.LittleEndian.Uint32(b[at:]) == uint32(len(b)-at-8)
}

// settle writes to a message of MS-PCCRR, and a SRV_READ_HASH response, the lengths
// that it has now, most of the time: otherwise nothing behind them would matter.
func (t *mutation) settle() {
	b := t.bytes()
	switch t.m.Kind {
	case spec.RetrievalRequest, spec.RetrievalResponse:
		if t.oneIn(8) {
			return
		}
		if t.m.Kind == spec.RetrievalResponse && len(b) >= 4 {
			t.put(field{0, 4}, false, uint64(len(b)-4))
			b = b[4:]
		}
		if len(b) >= 12 {
			t.put(field{len(t.bytes()) - len(b) + 8, 4}, false, uint64(len(b)))
		}
	case spec.HashResponse:
		at := offBufferLength[isFileBased(t.m.Bytes)]
		if len(b) >= at+8 && !t.oneIn(8) {
			t.put(field{at, 4}, true, uint64(len(b)-at-8))
		}
	}
}
