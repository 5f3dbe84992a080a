package generate

import (
	"encoding/binary"

	"github.com/hostedcache/pchc/fuzz"
)

// any returns a valid request of which the place tells the type.
func (b *bender) any() fuzz.Message {
	return ValidMessage(b.c, requests[b.place%len(requests)])
}

// batch returns a valid batch: of one descriptor, of the most there may be, of
// a few, or of any number.
func (b *bender) batch() BatchedOffer {
	n := b.descriptorCount()
	switch b.place {
	case 0:
		n = 1
	case 1:
		n = maxDescriptors
	case 2:
		n = 3
	}
	return b.batchedOffer(n)
}

// few returns a valid batch of two to six descriptors, seldom of more.
func (b *bender) few() BatchedOffer {
	if oneIn(b.c, 8) {
		return b.batchedOffer(max(2, b.descriptorCount()))
	}
	return b.batchedOffer(2 + int(b.c.Uint64N(5)))
}

func (m *BatchedOffer) message() fuzz.Message { return request(m.Append(nil)) }

// version returns a request of a type in the other version.
func version(message string, major uint64) func(b *bender) fuzz.Message {
	return func(b *bender) fuzz.Message { return set(ValidMessage(b.c, message), 1, major) }
}

var requestBreakers = []breaker{
	{"PCHC-2.2.1.1-Truncated", 8, nil, func(b *bender) fuzz.Message {
		return cut(b.any(), b.way)
	}},
	{"PCHC-2.2.1.1-MinorVersion", wrongWays, nil, func(b *bender) fuzz.Message {
		return set(b.any(), 0, b.wrong(8, []uint64{1, 2, 0xFE}, 0))
	}},
	{"PCHC-2.2.1.1-MajorVersion", wrongWays, nil, func(b *bender) fuzz.Message {
		return set(b.any(), 1, b.wrong(8, []uint64{4, 0xFE}, 1, 2))
	}},
	{"PCHC-2.2.1.1-Type", wrongWays, nil, func(b *bender) fuzz.Message {
		m := b.any()
		binary.BigEndian.PutUint16(m.Bytes[2:], uint16(b.wrong(16, []uint64{0x100, 0x300, 0x101, 0xFEFE}, 1, 2, 3)))
		return m
	}},
	{"PCHC-2.2.1.2-Truncated", 8, nil, func(b *bender) fuzz.Message {
		return cut(b.any(), 8+b.way)
	}},
	{"PCHC-2.2.1.2-Port", 1, nil, func(b *bender) fuzz.Message {
		return set(set(b.any(), 8, 0), 9, 0)
	}},
	{"PCHC-2.2.1.3-Version", 1, nil, version("INITIAL_OFFER_MESSAGE", 2)},
	{"PCHC-2.2.1.3-Hash", 16, nil, func(b *bender) fuzz.Message {
		n := b.oneOf([]int{0, 1, 31, 33, 47, 49, 63, 65, 16, 20, 28, 59, 80, 96, 128}, 0, 300, hashLens...)
		v := InitialOffer{b.envelope(1), b.bytes(n)}
		return request(v.Append(nil))
	}},
	{"PCHC-2.2.1.4-Version", 1, nil, version("SEGMENT_INFO_MESSAGE", 2)},
	{"PCHC-2.2.1.4-Truncated", 16, nil, func(b *bender) fuzz.Message {
		return cut(ValidMessage(b.c, "SEGMENT_INFO_MESSAGE"), 16+b.way)
	}},
	{"PCHC-2.2.1.4-dwReadBytesInLastSegment", 4, nil, readBytesInBetween},
	{"PCHC-2.2.1.4-cSegments", len(otherCounts) + 2, nil, notOneSegment},
	{"PCHC-2.2.1.5-Version", 1, nil, version("BATCHED_OFFER_MESSAGE", 1)},
	{"PCHC-2.2.1.5-MinDescriptors", 1, nil, func(b *bender) fuzz.Message {
		return cut(ValidMessage(b.c, "BATCHED_OFFER_MESSAGE"), 16)
	}},
	{"PCHC-2.2.1.5-MaxDescriptors", 12, []string{"PCHC-2.2.1.5-Truncated"}, func(b *bender) fuzz.Message {
		switch b.way {
		case 10, 11: // the 129th is not whole
			v := b.batchedOffer(maxDescriptors + 1)
			m := v.message()
			return cut(m, len(m.Bytes)-1-57*(b.way-10))
		}
		v := b.batchedOffer(b.oneOf([]int{129, 130, 131, 136, 192, 255, 256, 257, 384}, 129, 1100))
		return v.message()
	}},
	{"PCHC-2.2.1.5-Truncated", 12, nil, func(b *bender) fuzz.Message {
		v := b.batch()
		m := v.message()
		return cut(m, len(m.Bytes)-59+b.oneOf([]int{58, 1, 3, 4, 8, 9, 10, 25, 26, 27, 16}, 1, 58))
	}},
	{"PCHC-2.2.1.5-SizeOfContentTag", 16, nil, sizeOfContentTag},
	{"PCHC-2.2.1.5-HashAlgorithm", wrongWays, nil, func(b *bender) fuzz.Message {
		v := b.few()
		v.SegmentDescriptors[b.at(len(v.SegmentDescriptors))].HashAlgorithm = uint8(b.wrong(8, []uint64{2, 3, 0x0C, 0x0E, 0xFE}, 1, 4))
		return v.message()
	}},
}

// sizeOfContentTag lies about the size of a tag. What follows is shifted
// accordingly, so that nothing else is wrong, or else the tag swallows whole
// descriptors that follow.
func sizeOfContentTag(b *bender) fuzz.Message {
	v := b.few()
	last := len(v.SegmentDescriptors) - 1
	if b.way < 3 {
		i := b.at(last)
		n := 1
		if b.way > 0 {
			n = last - i
		}
		v.SegmentDescriptors[i].SizeOfContentTag = uint16(16 + 59*n)
		return v.message()
	}
	d := &v.SegmentDescriptors[b.at(last+1)]
	b.way -= 3
	n := b.oneOf([]int{0, 15, 17, 1, 32, 12, 20, 8, 255, 256, 272, 4096}, 0, 600, 16)
	d.SizeOfContentTag, d.ContentTag = uint16(n), b.bytes(n)
	return v.message()
}

// readBytesInBetween makes the range run past the segment's end, without its
// length being that of the segment.
func readBytesInBetween(b *bender) fuzz.Message {
	p := plan{segments: 1, last: near(b.c, 3, segmentSize, blockSize), met: true}
	p.offset = max(2, p.last-1-b.c.Uint64N(min(p.last-1, fewBlocks*blockSize)))
	v := SegmentInfo{b.envelope(2), b.contentTag(), b.planned(p)}
	read := p.last - 1
	switch b.way {
	case 1:
		read = p.last - p.offset + 1
	case 2, 3:
		read = within(b.c, p.last-p.offset+1, p.last-1)
	}
	v.SegmentInformation.DwReadBytesInLastSegment = uint32(read)
	return request(v.Append(nil))
}

// otherCounts are numbers of segments that are never there.
var otherCounts = []uint32{0x01000000, 0xFFFFFFFF, 0x80000001, 0x10000001, 0x00010001, 0x00000101, 3, 2}

// notOneSegment makes a SEGMENT_INFO_MESSAGE of more segments, or none.
func notOneSegment(b *bender) fuzz.Message {
	v := SegmentInfo{Envelope: b.envelope(2), ContentTag: b.contentTag()}
	switch b.way {
	case 0: // two, both there
		v.SegmentInformation = b.planned(b.two())
	case 1:
		v.SegmentInformation = b.planned(b.plan(true))
		v.SegmentInformation.CSegments = 0
		v.SegmentInformation.Segments, v.SegmentInformation.Blocks = nil, nil
	default:
		v.SegmentInformation = b.unbacked(otherCounts[b.way-2])
	}
	return request(v.Append(nil))
}
