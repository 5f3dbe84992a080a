package generate

import (
	"slices"

	"github.com/hostedcache/pchc/fuzz"
)

// inInfo reports whether the place is in a SEGMENT_INFO_MESSAGE.
func (c *corruptor) inInfo() bool { return c.place == inSegmentInfo }

// wrap returns v, in a SEGMENT_INFO_MESSAGE if the place is in one.
func (c *corruptor) wrap(v *ContentV1) fuzz.Message {
	if c.inInfo() {
		return c.inRequest(v)
	}
	return content(v.Append(nil))
}

// start returns where Content Information 1.0 begins in what wrap returns.
func (c *corruptor) start() int {
	if c.inInfo() {
		return 32
	}
	return 0
}

// v1 returns a valid Content Information 1.0.
func (c *corruptor) v1() ContentV1 { return c.contentV1(c.inInfo()) }

// fewSegments returns the plan of one segment, or of two where the place allows,
// that are listed to their ends, with few blocks.
func (c *corruptor) fewSegments() plan {
	if c.place >= 2 {
		return c.twoSegments()
	}
	p := plan{segments: 1, last: near(c.c, 1, fewBlocks*blockSize, blockSize)}
	if oneIn(c.c, 2) {
		p.offset, p.rangeOnly = within(c.c, 0, p.last-1), oneIn(c.c, 2)
	}
	return p
}

// twoSegments returns the plan of two segments with few blocks listed.
func (c *corruptor) twoSegments() plan {
	return plan{
		segments: 2, last: near(c.c, 1, fewBlocks*blockSize, blockSize), rangeOnly: true,
		offset: segmentSize - 1 - c.c.Uint64N(fewBlocks*blockSize),
	}
}

// unbacked returns a Content Information 1.0 that claims so many segments: one
// is there, as long as all but the last must be, and then nothing.
func (c *corruptor) unbacked(cSegments uint32) ContentV1 {
	v := c.planned(plan{segments: 1, last: segmentSize, read: 1})
	v.CSegments, v.Blocks = cSegments, nil
	return v
}

var contentV1Corruptions = []corruption{
	{"PCCRC-2.3-Truncated", nil, each(upTo(18), func(c *corruptor, n int) fuzz.Message {
		v := c.v1()
		return truncate(c.wrap(&v), c.start()+n)
	})},
	{"PCCRC-2.3-Version", nil, each(wrong(16, []uint64{0x0200, 0x0300}, 0x0100), func(c *corruptor, wrong value) fuzz.Message {
		v := c.v1()
		v.Version = uint16(wrong(c.c))
		if v.Version>>8 == 2 && !c.inInfo() { // that would be version 2.0
			v.Version += 0x0100
		}
		return c.wrap(&v)
	})},
	{"PCCRC-2.3-dwHashAlgo", nil, each(wrong(32, []uint64{0x8004, 0x8003, 0x0C, 0x0E, 1, 4}, 0x800C, 0x800D, 0x800E),
		func(c *corruptor, wrong value) fuzz.Message {
			v := c.v1()
			v.DwHashAlgo = uint32(wrong(c.c))
			return c.wrap(&v)
		})},
	{"PCCRC-2.3-dwOffsetInFirstSegment", nil, each(aboves, func(c *corruptor, above func(*corruptor, uint64) uint32) fuzz.Message {
		size := near(c.c, 1, fewBlocks*blockSize, blockSize)
		v := c.planned(plan{segments: 1, last: size})
		v.DwOffsetInFirstSegment = above(c, size-1)
		v.DwReadBytesInLastSegment = uint32(pick(c.c, []uint64{0, size}))
		return c.wrap(&v)
	})},
	{"PCCRC-2.3-dwReadBytesInLastSegment", nil, each(aboves, func(c *corruptor, above func(*corruptor, uint64) uint32) fuzz.Message {
		c.place &^= inSegmentInfo // which has a rule of its own
		p := c.fewSegments()
		v := c.planned(p)
		v.DwReadBytesInLastSegment = above(c, p.last)
		return c.wrap(&v)
	})},
	{"PCCRC-2.3-cSegments", nil, unbackedSegments},
	{"PCCRC-2.3-Padding", nil, each(values(1, 200, []uint64{1, 2, 3, 4, 8, 16, 32, 36, 64, 80}), func(c *corruptor, n value) fuzz.Message {
		v := c.v1()
		v.Padding = c.bytes(int(n(c.c)))
		return c.wrap(&v)
	})},
	{"PCCRC-2.3.1.1-ullOffsetInContent", nil, notAdjacent},
	{"PCCRC-2.3.1.1-cbSegment", []string{"PCCRC-2.3-dwOffsetInFirstSegment", "PCCRC-2.3.1.2-BlockCount", "PCHC-2.2.1.4-BlockCount"}, cbSegment},
	{"PCCRC-2.3.1.1-cbBlockSize", nil, each(wrong(32, []uint64{131072, 1, 4096, 32768}, blockSize), func(c *corruptor, wrong value) fuzz.Message {
		v := c.v1()
		v.Segments[c.element(len(v.Segments))].CbBlockSize = uint32(wrong(c.c))
		return c.wrap(&v)
	})},
	{"PCCRC-2.3.1.2-Truncated", nil, each(upTo(4), func(c *corruptor, n int) fuzz.Message {
		v := c.v1()
		m := c.wrap(&v)
		length := 0
		for _, list := range v.Blocks[c.element(len(v.Blocks)):] {
			length += 4 + len(list.BlockHashes)
		}
		return truncate(m, len(m.Bytes)-length+n)
	})},
	{"PCCRC-2.3.1.2-cBlocks", []string{"PCCRC-2.3-Padding", "PCCRC-2.3.1.2-BlockCount", "PCHC-2.2.1.4-BlockCount"}, cBlocks},
	{"PCCRC-2.3.1.2-BlockCount", nil, blockCount},
}

// unbackedSegments are the last segment description truncated, no segments, and
// counts without segments. The latter two keep to Content Information alone: in
// a SEGMENT_INFO_MESSAGE any other number than 1 violates another rule.
var unbackedSegments = slices.Concat(
	each(shorter, func(c *corruptor, keep func(c *corruptor, length, element int) int) fuzz.Message {
		return c.truncatedSegments(keep)
	}),
	[]variant{func(c *corruptor) fuzz.Message {
		if c.inInfo() {
			return c.truncatedSegments(anyShorter)
		}
		v := c.v1()
		v.CSegments, v.Segments, v.Blocks = 0, nil, nil
		return c.wrap(&v)
	}},
	each(unbackedCounts, func(c *corruptor, n uint32) fuzz.Message {
		if c.inInfo() {
			return c.truncatedSegments(anyShorter)
		}
		v := c.unbacked(n)
		return c.wrap(&v)
	}))

// shorter return how many bytes to keep of a list of that length, in bytes, whose
// last element is not to be whole.
var shorter = []func(c *corruptor, length, element int) int{
	func(_ *corruptor, length, _ int) int { return length - 1 },
	func(_ *corruptor, length, element int) int { return length - element },
	func(*corruptor, int, int) int { return 0 },
	anyShorter,
}

func anyShorter(c *corruptor, length, _ int) int { return int(c.c.Uint64N(uint64(length))) }

// truncatedSegments ends in the list of segments.
func (c *corruptor) truncatedSegments(keep func(c *corruptor, length, element int) int) fuzz.Message {
	v := c.v1()
	element := 16 + 2*len(v.Segments[0].SegmentSecret)
	return truncate(c.wrap(&v), c.start()+18+keep(c, len(v.Segments)*element, element))
}

// notAdjacent are segments that begin where the one before does not end. Those
// behind it are adjacent.
var notAdjacent = append(
	each([]func(c *corruptor, end uint64) uint64{
		func(_ *corruptor, end uint64) uint64 { return end + 1 },
		func(_ *corruptor, end uint64) uint64 { return end - 1 },
		func(_ *corruptor, end uint64) uint64 { return end - segmentSize }, // over the one before
		func(_ *corruptor, end uint64) uint64 { return end + segmentSize },
		func(_ *corruptor, end uint64) uint64 { return end ^ 1<<32 },
		func(_ *corruptor, end uint64) uint64 { return end ^ 1<<63 },
		func(_ *corruptor, end uint64) uint64 { return swapped(end, 64) },
		func(*corruptor, uint64) uint64 { return 0 },
		func(c *corruptor, _ uint64) uint64 { return number(c.c, ends64, 1<<64-1) },
	}, func(c *corruptor, offset func(c *corruptor, end uint64) uint64) fuzz.Message {
		v, i := c.severalSegments()
		end := v.Segments[i].UllOffsetInContent
		at := offset(c, end)
		if at == end {
			at++
		}
		v.moveSegments(i, at)
		return c.wrap(&v)
	}),
	// The segment before ends past the largest offset, this one begins at what
	// is left.
	func(c *corruptor) fuzz.Message {
		v, i := c.severalSegments()
		at := c.c.Uint64N(segmentSize)
		v.moveSegments(0, at-uint64(i)*segmentSize)
		return c.wrap(&v)
	})

// severalSegments returns two or three adjacent segments, and the index of the
// one to corrupt, which is not the first.
func (c *corruptor) severalSegments() (v ContentV1, i int) {
	c.place &^= inSegmentInfo // which has but one segment
	p := c.twoSegments()
	if oneIn(c.c, 8) {
		p.segments++
	}
	return c.planned(p), 1 + c.element(p.segments-1)
}

// moveSegments puts the segments from i on at an offset, one after the other, as
// if all had 32 MiB.
func (v *ContentV1) moveSegments(i int, at uint64) {
	for j := range v.Segments[i:] {
		v.Segments[i+j].UllOffsetInContent = at + uint64(j)*segmentSize
	}
}

// tooLong are lengths above that of a segment.
var tooLong = []uint64{segmentSize + 1, 2 * segmentSize, 1 << 31, 1<<32 - 1, 1<<31 + blockSize, segmentSize + blockSize}

// cbSegment is too much, too little for any but the last segment, or 0.
var cbSegment = append(
	each(tooLong, func(c *corruptor, size uint64) fuzz.Message {
		p := plan{segments: 1, last: size, read: near(c.c, 1, fewBlocks*blockSize, blockSize)} // the range is a part of it
		if c.inInfo() {
			p.read, p.listed = pick(c.c, []uint64{0, size}), within(c.c, 1, fewBlocks)
		}
		if c.place >= 2 {
			p = c.twoSegments()
			p.odd = size
			p.offset = size - 1 - c.c.Uint64N(fewBlocks*blockSize)
		}
		v := c.planned(p)
		return c.wrap(&v)
	}),
	emptySegment,
	func(c *corruptor) fuzz.Message { // the segment before the last is too short
		if c.place < 2 {
			return emptySegment(c)
		}
		p := c.twoSegments()
		p.segments += int(c.c.Uint64N(2))
		p.odd = near(c.c, 1, fewBlocks*blockSize, blockSize)
		p.oddAt = p.segments - 2
		if p.oddAt == 0 {
			p.offset = within(c.c, 0, p.odd-1)
		}
		v := c.planned(p)
		return c.wrap(&v)
	})

// emptySegment has a last segment of 0 bytes, although a block must be listed.
func emptySegment(c *corruptor) fuzz.Message {
	p := plan{segments: 1, last: near(c.c, 1, fewBlocks*blockSize, blockSize)}
	if c.place >= 2 {
		p = c.twoSegments()
	}
	v := c.planned(p)
	v.Segments[p.segments-1].CbSegment = 0
	return c.wrap(&v)
}

// cBlocks is 0, or claims more hashes than there are.
var cBlocks = slices.Concat(
	[]variant{func(c *corruptor) fuzz.Message { // an empty list
		v := c.v1()
		if c.place >= 2 {
			v = c.planned(c.twoSegments())
		}
		v.Blocks[c.element(len(v.Blocks))] = BlocksV1{}
		return c.wrap(&v)
	}},
	each(shorter, func(c *corruptor, keep func(c *corruptor, length, element int) int) fuzz.Message {
		v, list, h := c.blockList()
		list.BlockHashes = list.BlockHashes[:keep(c, len(list.BlockHashes), h)]
		return c.wrap(&v)
	}),
	each([]func(c *corruptor, n uint32, h int) uint32{
		func(_ *corruptor, n uint32, _ int) uint32 { return n + 1 },
		func(_ *corruptor, n uint32, h int) uint32 { return n + uint32(1<<32/uint64(h&-h)) }, // the length wraps around
		func(_ *corruptor, n uint32, _ int) uint32 { return uint32(swapped(uint64(n), 32)) },
		func(*corruptor, uint32, int) uint32 { return 0 }, // although some are there
		func(c *corruptor, n uint32, _ int) uint32 {
			return max(n+1, uint32(pick(c.c, []uint64{1 << 31, 1<<32 - 1, 1 << 27, 1 << 26, 1 << 28, 1<<32 - 2})))
		},
	}, func(c *corruptor, claim func(c *corruptor, n uint32, h int) uint32) fuzz.Message {
		v, list, h := c.blockList()
		list.CBlocks = claim(c, list.CBlocks, h)
		return c.wrap(&v)
	}))

// blockList returns a valid Content Information 1.0, its last list, and the
// length of a hash.
func (c *corruptor) blockList() (v ContentV1, list *BlocksV1, h int) {
	v = c.v1()
	return v, &v.Blocks[len(v.Blocks)-1], len(v.Segments[0].SegmentSecret)
}

// blockCount is a wrong number of blocks: neither those up to the end of the range
// nor those in it.
var blockCount = each([]func(c *corruptor, all, inRange int) int{
	func(_ *corruptor, all, _ int) int { return all + 1 },
	func(_ *corruptor, all, _ int) int { return all - 1 },
	func(_ *corruptor, _, inRange int) int { return inRange + 1 },
	func(_ *corruptor, _, inRange int) int { return inRange - 1 },
	func(_ *corruptor, all, _ int) int { return 2 * all },
	func(*corruptor, int, int) int { return 1 },
	func(*corruptor, int, int) int { return 512 },
	func(c *corruptor, _, _ int) int { return int(within(c.c, 1, 40)) },
}, func(c *corruptor, count func(c *corruptor, all, inRange int) int) fuzz.Message {
	c.place &^= inSegmentInfo // which has a rule of its own
	p := c.fewSegments()
	i := c.element(p.segments)
	p.rangeOnly = false
	all := p.blocks(i)
	p.rangeOnly = true
	inRange := p.blocks(i)
	v := c.planned(p)
	n := max(count(c, all, inRange), 1)
	for n == all || n == inRange {
		n++
	}
	v.Blocks[i] = BlocksV1{uint32(n), c.bytes(n * len(v.Segments[0].SegmentSecret))}
	return c.wrap(&v)
})
