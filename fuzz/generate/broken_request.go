package generate

import (
	"encoding/binary"
	"math"

	"github.com/hostedcache/pchc/fuzz"
)

// any returns a valid request, whose type depends on the place.
func (c *corruptor) any() fuzz.Message {
	return ValidMessage(c.c, requests[c.place%len(requests)])
}

// batch returns a valid batch, by place of one descriptor, of the maximum, of
// three, or of any number.
func (c *corruptor) batch() BatchedOffer {
	n := c.descriptorCount()
	switch c.place {
	case 0:
		n = 1
	case 1:
		n = maxDescriptors
	case 2:
		n = 3
	}
	return c.batchedOffer(n)
}

// smallBatch returns a valid batch of two to six descriptors, seldom of more.
func (c *corruptor) smallBatch() BatchedOffer {
	if oneIn(c.c, 8) {
		return c.batchedOffer(max(2, c.descriptorCount()))
	}
	return c.batchedOffer(2 + int(c.c.Uint64N(5)))
}

func (m *BatchedOffer) message() fuzz.Message { return request(m.Append(nil)) }

// version returns a request of a type in the other version.
func version(message string, major uint64) []variant {
	return []variant{func(c *corruptor) fuzz.Message { return set(ValidMessage(c.c, message), 1, major) }}
}

var requestCorruptions = []corruption{
	{"PCHC-2.2.1.1-Truncated", nil, each(upTo(8), func(c *corruptor, n int) fuzz.Message {
		return truncate(c.any(), n)
	})},
	{"PCHC-2.2.1.1-MinorVersion", nil, each(wrong(8, []uint64{2, 0xFE}, 0), func(c *corruptor, wrong value) fuzz.Message {
		return set(c.any(), 0, wrong(c.c))
	})},
	{"PCHC-2.2.1.1-MajorVersion", nil, each(wrong(8, []uint64{4, 0xFE}, 1, 2), func(c *corruptor, wrong value) fuzz.Message {
		return set(c.any(), 1, wrong(c.c))
	})},
	{"PCHC-2.2.1.1-Type", nil, each(wrong(16, []uint64{0x200, 0x101, 0xFEFE}, 1, 2, 3), func(c *corruptor, wrong value) fuzz.Message {
		m := c.any()
		binary.BigEndian.PutUint16(m.Bytes[2:], uint16(wrong(c.c)))
		return m
	})},
	{"PCHC-2.2.1.2-Truncated", nil, each(upTo(8), func(c *corruptor, n int) fuzz.Message {
		return truncate(c.any(), 8+n)
	})},
	{"PCHC-2.2.1.2-Port", nil, []variant{func(c *corruptor) fuzz.Message {
		return set(set(c.any(), 8, 0), 9, 0)
	}}},
	{"PCHC-2.2.1.3-Version", nil, version("INITIAL_OFFER_MESSAGE", 2)},
	{"PCHC-2.2.1.3-Hash", nil, each(values(0, 300, []uint64{0, 1, 31, 33, 47, 49, 63, 65, 16, 20, 28, 59, 80, 96, 128}, 32, 48, 64),
		func(c *corruptor, n value) fuzz.Message {
			length := int(n(c.c))
			v := InitialOffer{c.envelope(1), c.bytes(length)}
			return request(v.Append(nil))
		})},
	{"PCHC-2.2.1.4-Version", nil, version("SEGMENT_INFO_MESSAGE", 2)},
	{"PCHC-2.2.1.4-Truncated", nil, each(upTo(16), func(c *corruptor, n int) fuzz.Message {
		return truncate(ValidMessage(c.c, "SEGMENT_INFO_MESSAGE"), 16+n)
	})},
	{"PCHC-2.2.1.4-dwReadBytesInLastSegment", nil, notSegmentSize},
	{"PCHC-2.2.1.4-cSegments", nil, notOneSegment},
	{"PCHC-2.2.1.4-BlockCount", nil, each([]func(c *corruptor, blocks uint64) uint64{
		func(_ *corruptor, blocks uint64) uint64 { return blocks + 1 },
		func(_ *corruptor, blocks uint64) uint64 { return 2 * blocks },
		func(*corruptor, uint64) uint64 { return 512 },
		func(c *corruptor, blocks uint64) uint64 { return blocks + within(c.c, 1, 40) },
	}, func(c *corruptor, count func(c *corruptor, blocks uint64) uint64) fuzz.Message {
		p := plan{segments: 1, last: near(c.c, 1, fewBlocks*blockSize, blockSize)}
		p.listed = count(c, uint64(p.blocks(0)))
		v := c.planned(p)
		return c.inRequest(&v)
	})},
	{"PCHC-2.2.1.5-Version", nil, version("BATCHED_OFFER_MESSAGE", 1)},
	{"PCHC-2.2.1.5-MinDescriptors", nil, []variant{func(c *corruptor) fuzz.Message {
		return truncate(ValidMessage(c.c, "BATCHED_OFFER_MESSAGE"), 16)
	}}},
	{"PCHC-2.2.1.5-MaxDescriptors", []string{"PCHC-2.2.1.5-Truncated"}, maxDescriptorsExceeded},
	{"PCHC-2.2.1.5-Truncated", nil, each(values(1, 58, []uint64{58, 1, 3, 4, 8, 9, 10, 25, 26, 27, 16}), func(c *corruptor, n value) fuzz.Message {
		v := c.batch()
		m := v.message()
		return truncate(m, len(m.Bytes)-59+int(n(c.c)))
	})},
	{"PCHC-2.2.1.5-BlockSize", nil, each([]func(c *corruptor, d *Descriptor){
		func(_ *corruptor, d *Descriptor) { d.BlockSize = 0 },
		func(_ *corruptor, d *Descriptor) { d.SegmentSize, d.BlockSize = d.BlockSize, d.SegmentSize },
		func(_ *corruptor, d *Descriptor) { d.BlockSize = d.SegmentSize + 1 },
		func(_ *corruptor, d *Descriptor) { d.BlockSize = uint32(swapped(uint64(d.SegmentSize), 32)) },
		func(_ *corruptor, d *Descriptor) { d.BlockSize, d.SegmentSize, d.HashAlgorithm = blockSize, 1, 4 },
		func(c *corruptor, d *Descriptor) {
			d.BlockSize = uint32(within(c.c, uint64(d.SegmentSize), math.MaxUint32))
		},
	}, func(c *corruptor, corrupt func(c *corruptor, d *Descriptor)) fuzz.Message {
		v := c.smallBatch()
		d := &v.SegmentDescriptors[c.element(len(v.SegmentDescriptors))]
		corrupt(c, d)
		if d.BlockSize != 0 && (d.BlockSize <= d.SegmentSize || d.BlockSize == blockSize && d.HashAlgorithm == 1) {
			d.SegmentSize = uint32(within(c.c, 1, math.MaxUint32-1))
			d.BlockSize = max(d.SegmentSize, blockSize) + 1
		}
		return v.message()
	})},
	{"PCHC-2.2.1.5-SegmentSize", nil, []variant{func(c *corruptor) fuzz.Message {
		v := c.smallBatch()
		v.SegmentDescriptors[c.element(len(v.SegmentDescriptors))].SegmentSize = 0
		return v.message()
	}}},
	{"PCHC-2.2.1.5-SizeOfContentTag", nil, sizeOfContentTag},
	{"PCHC-2.2.1.5-HashAlgorithm", nil, each(wrong(8, []uint64{2, 3, 0x0C, 0x0E, 0xFE}, 1, 4), func(c *corruptor, wrong value) fuzz.Message {
		v := c.smallBatch()
		v.SegmentDescriptors[c.element(len(v.SegmentDescriptors))].HashAlgorithm = uint8(wrong(c.c))
		return v.message()
	})},
}

// maxDescriptorsExceeded has too many descriptors, the 129th whole or not.
var maxDescriptorsExceeded = append(
	each(values(129, 1100, []uint64{129, 130, 131, 136, 192, 255, 256, 257, 384}), func(c *corruptor, n value) fuzz.Message {
		v := c.batchedOffer(int(n(c.c)))
		return v.message()
	}),
	each([]int{58, 1}, func(c *corruptor, n int) fuzz.Message {
		v := c.batchedOffer(maxDescriptors + 1)
		m := v.message()
		return truncate(m, len(m.Bytes)-59+n)
	})...)

// sizeOfContentTag is not 16: the tag swallows whole descriptors that follow, or
// has that size, so that nothing else is wrong.
var sizeOfContentTag = append(
	each([]bool{false, true}, func(c *corruptor, all bool) fuzz.Message {
		v := c.smallBatch()
		last := len(v.SegmentDescriptors) - 1
		i := c.element(last)
		swallowed := 1
		if all {
			swallowed = last - i
		}
		v.SegmentDescriptors[i].SizeOfContentTag = uint16(16 + 59*swallowed)
		return v.message()
	}),
	each(values(0, 600, []uint64{0, 15, 17, 1, 32, 12, 20, 8, 255, 256, 272, 4096}, 16), func(c *corruptor, n value) fuzz.Message {
		v := c.smallBatch()
		d := &v.SegmentDescriptors[c.element(len(v.SegmentDescriptors))]
		size := int(n(c.c))
		d.SizeOfContentTag, d.ContentTag = uint16(size), c.bytes(size)
		return v.message()
	})...)

// notSegmentSize has neither 0 nor the size of the segment where a
// SEGMENT_INFO_MESSAGE must have the latter: the bytes of the range, which is what
// the field means elsewhere, or more than there are.
var notSegmentSize = each([]func(c *corruptor, size, offset uint64) uint64{
	func(*corruptor, uint64, uint64) uint64 { return 1 },
	func(_ *corruptor, size, _ uint64) uint64 { return size - 1 },
	func(_ *corruptor, size, _ uint64) uint64 { return size + 1 },
	func(_ *corruptor, size, offset uint64) uint64 { return size - offset },
	func(_ *corruptor, size, offset uint64) uint64 { return size - offset + 1 },
	func(_ *corruptor, _, offset uint64) uint64 { return offset },
	func(*corruptor, uint64, uint64) uint64 { return blockSize },
	func(*corruptor, uint64, uint64) uint64 { return segmentSize },
	func(*corruptor, uint64, uint64) uint64 { return math.MaxUint32 },
	func(_ *corruptor, size, _ uint64) uint64 { return swapped(size, 32) },
	func(_ *corruptor, size, _ uint64) uint64 { return size ^ 1<<31 },
	func(c *corruptor, size, _ uint64) uint64 { return within(c.c, 1, size-1) },
	func(c *corruptor, size, _ uint64) uint64 { return within(c.c, size+1, math.MaxUint32) },
}, func(c *corruptor, read func(c *corruptor, size, offset uint64) uint64) fuzz.Message {
	p := c.copied()
	p.last = max(p.last, 3)
	v := c.planned(p)
	n := read(c, p.last, p.offset)
	for n == 0 || n == p.last {
		n++
	}
	v.DwReadBytesInLastSegment = uint32(n)
	return c.inRequest(&v)
})

// unbackedCounts are numbers of segments that are never present.
var unbackedCounts = []uint32{0x01000000, 0xFFFFFFFF, 0x80000001, 0x10000001, 0x00010001, 0x00000101, 3, 2}

// notOneSegment is in a SEGMENT_INFO_MESSAGE: two segments, none, or a count
// without segments.
var notOneSegment = append([]variant{
	func(c *corruptor) fuzz.Message {
		v := c.planned(c.twoSegments())
		return c.inRequest(&v)
	},
	func(c *corruptor) fuzz.Message {
		v := c.contentV1(true)
		v.CSegments, v.Segments, v.Blocks = 0, nil, nil
		return c.inRequest(&v)
	},
}, each(unbackedCounts, func(c *corruptor, n uint32) fuzz.Message {
	v := c.unbacked(n)
	return c.inRequest(&v)
})...)

// inRequest returns a SEGMENT_INFO_MESSAGE with that Content Information.
func (c *corruptor) inRequest(v *ContentV1) fuzz.Message {
	m := SegmentInfo{c.envelope(2), c.contentTag(), *v}
	return request(m.Append(nil))
}
