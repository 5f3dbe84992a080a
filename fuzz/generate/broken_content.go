package generate

import "github.com/hostedcache/pchc/fuzz"

// info reports whether the place is in a SEGMENT_INFO_MESSAGE.
func (b *bender) info() bool { return b.place == inInfo }

// wrap returns v, as the body of a SEGMENT_INFO_MESSAGE where the place is in one.
func (b *bender) wrap(v *ContentV1) fuzz.Message {
	if b.info() {
		m := SegmentInfo{b.envelope(2), b.contentTag(), *v}
		return request(m.Append(nil))
	}
	return content(v.Append(nil))
}

// start returns where Content Information 1.0 begins in what wrap returns.
func (b *bender) start() int {
	if b.info() {
		return 32
	}
	return 0
}

// v1 returns a valid Content Information 1.0.
func (b *bender) v1() ContentV1 { return b.contentV1(b.info()) }

// short returns the plan of one segment, or of two where the place allows, that
// are listed to their ends, with few blocks.
func (b *bender) short() plan {
	p := plan{segments: 1, last: near(b.c, 1, fewBlocks*blockSize, blockSize)}
	if b.place >= 2 {
		p = b.two()
	} else if oneIn(b.c, 2) {
		p.offset, p.met = within(b.c, 0, p.last-1), oneIn(b.c, 2)
	}
	return p
}

// two returns the plan of two segments with few blocks listed.
func (b *bender) two() plan {
	return plan{
		segments: 2, last: near(b.c, 1, fewBlocks*blockSize, blockSize), met: true,
		offset: segmentSize - 1 - b.c.Uint64N(fewBlocks*blockSize),
	}
}

// unbacked returns a Content Information 1.0 that claims so many segments: one
// is there, as long as all but the last must be, and then nothing.
func (b *bender) unbacked(cSegments uint32) ContentV1 {
	v := b.planned(plan{segments: 1, last: segmentSize, read: 1})
	v.CSegments, v.Blocks = cSegments, nil
	return v
}

// above returns a number above low of 32 bits, by the way: of five.
func (b *bender) above(low uint64) uint32 {
	const most = 1<<32 - 1
	switch b.way {
	case 0:
		return uint32(low + 1)
	case 1:
		return most
	case 2:
		return uint32(max(low+1, 1<<31))
	case 3:
		return uint32(min(max(low+1, low<<8), most))
	}
	return uint32(within(b.c, low+1, most))
}

const aboveWays = 5

var contentV1Breakers = []breaker{
	{"PCCRC-2.3-Truncated", 18, nil, func(b *bender) fuzz.Message {
		v := b.v1()
		return cut(b.wrap(&v), b.start()+b.way)
	}},
	{"PCCRC-2.3-Version", wrongWays, nil, func(b *bender) fuzz.Message {
		v := b.v1()
		v.Version = uint16(b.wrong(16, []uint64{0x0101, 0x0200, 0x0300}, 0x0100))
		if v.Version>>8 == 2 && !b.info() { // that would be version 2.0
			v.Version += 0x0100
		}
		return b.wrap(&v)
	}},
	{"PCCRC-2.3-dwHashAlgo", wrongWays, nil, func(b *bender) fuzz.Message {
		v := b.v1()
		v.DwHashAlgo = uint32(b.wrong(32, []uint64{0x8004, 0x8003, 0x0C, 0x0E, 1, 4}, 0x800C, 0x800D, 0x800E))
		return b.wrap(&v)
	}},
	{"PCCRC-2.3-dwOffsetInFirstSegment", aboveWays, nil, func(b *bender) fuzz.Message {
		size := near(b.c, 1, fewBlocks*blockSize, blockSize)
		v := b.planned(plan{segments: 1, last: size})
		v.DwOffsetInFirstSegment = b.above(size - 1)
		v.DwReadBytesInLastSegment = uint32(pick(b.c, []uint64{0, size, 1}))
		return b.wrap(&v)
	}},
	{"PCCRC-2.3-dwReadBytesInLastSegment", aboveWays, nil, func(b *bender) fuzz.Message {
		p := b.short()
		v := b.planned(p)
		v.DwReadBytesInLastSegment = b.above(p.last)
		return b.wrap(&v)
	}},
	{"PCCRC-2.3-cSegments", len(otherCounts) + 6, nil, cSegments},
	{"PCCRC-2.3-Padding", 11, nil, func(b *bender) fuzz.Message {
		v := b.v1()
		v.Padding = b.bytes(b.oneOf([]int{1, 2, 3, 4, 8, 16, 32, 36, 64, 80}, 1, 200))
		return b.wrap(&v)
	}},
	{"PCCRC-2.3.1.1-ullOffsetInContent", 10, nil, ullOffsetInContent},
	{"PCCRC-2.3.1.1-cbSegment", len(otherSizes) + 2, []string{"PCCRC-2.3-dwOffsetInFirstSegment", "PCCRC-2.3.1.2-BlockCount"}, cbSegment},
	{"PCCRC-2.3.1.1-cbBlockSize", wrongWays, nil, func(b *bender) fuzz.Message {
		v := b.v1()
		v.Segments[b.at(len(v.Segments))].CbBlockSize = uint32(b.wrong(32, []uint64{131072, 1, 4096, 32768}, blockSize))
		return b.wrap(&v)
	}},
	{"PCCRC-2.3.1.2-Truncated", 4, nil, func(b *bender) fuzz.Message {
		v := b.v1()
		m := b.wrap(&v)
		n := 0
		for _, list := range v.Blocks[b.at(len(v.Blocks)):] {
			n += 4 + len(list.BlockHashes)
		}
		return cut(m, len(m.Bytes)-n+b.way)
	}},
	{"PCCRC-2.3.1.2-cBlocks", 10, []string{"PCCRC-2.3-Padding", "PCCRC-2.3.1.2-BlockCount"}, cBlocks},
	{"PCCRC-2.3.1.2-BlockCount", 8, nil, blockCount},
}

// cSegments claims no segments, more than there are, or the last of them is cut
// short.
func cSegments(b *bender) fuzz.Message {
	v := b.v1()
	if b.info() { // where any other number than 1 is against another rule
		b.way %= 4
	}
	switch b.way {
	case 0, 1, 2, 3: // one byte too few, none of the last segment, anything
		h := len(v.Segments[0].SegmentSecret)
		n := b.oneOf([]int{len(v.Segments)*(16+2*h) - 1, (len(v.Segments) - 1) * (16 + 2*h)}, 0, len(v.Segments)*(16+2*h)-1)
		m := b.wrap(&v)
		return cut(m, b.start()+18+n)
	}
	if b.way < 6 {
		v.CSegments, v.Segments, v.Blocks = 0, nil, nil
	} else {
		v = b.unbacked(otherCounts[b.way-6])
	}
	return b.wrap(&v)
}

// ullOffsetInContent puts a segment elsewhere, and those behind it in order.
func ullOffsetInContent(b *bender) fuzz.Message {
	b.place &^= 1 // SEGMENT_INFO_MESSAGE has but one segment
	p := b.two()
	if oneIn(b.c, 8) {
		p.segments++
	}
	v := b.planned(p)
	i := 1 + b.at(p.segments-1)
	right := v.Segments[i].UllOffsetInContent
	at := right
	switch b.way {
	case 0:
		at++
	case 1:
		at--
	case 2:
		at -= segmentSize // over the one before
	case 3:
		at += segmentSize
	case 4:
		at ^= 1 << 32
	case 5:
		at ^= 1 << 63
	case 6:
		at = swapped(at, 64)
	case 7:
		at = 0
	case 8: // the one before ends past the largest offset, this one begins at what is left
		at = b.c.Uint64N(segmentSize)
		right = at - 1
		for j := range v.Segments[:i] {
			v.Segments[j].UllOffsetInContent = at - uint64(i-j)*segmentSize
		}
	default:
		at = number(b.c, ends64, 1<<64-1)
	}
	if at == right {
		at++
	}
	for j := range v.Segments[i:] {
		v.Segments[i+j].UllOffsetInContent = at + uint64(j)*segmentSize
	}
	return b.wrap(&v)
}

// otherSizes are lengths that no segment has that is not the last one, and that
// are too much for any.
var otherSizes = []uint64{segmentSize + 1, 2 * segmentSize, 1 << 31, 1<<32 - 1, 1<<31 + blockSize, segmentSize + blockSize}

// cbSegment makes a segment too long, too short for not being the last, or empty.
func cbSegment(b *bender) fuzz.Message {
	p := plan{segments: 1, last: near(b.c, 1, fewBlocks*blockSize, blockSize)}
	if b.place >= 2 {
		p.segments = 2 + int(b.c.Uint64N(2))
	}
	switch way := b.way - len(otherSizes); {
	case way < 0 && p.segments == 1: // too long: the range is a part of it
		p.last, p.read = otherSizes[b.way], near(b.c, 1, fewBlocks*blockSize, blockSize)
	case way < 0: // the first is too long
		p.odd = otherSizes[b.way]
		p.segments = 2
		p.offset, p.met = p.odd-1-b.c.Uint64N(fewBlocks*blockSize), true
	case p.segments == 1: // empty; a block must be listed
		v := b.planned(p)
		v.Segments[0].CbSegment = 0
		return b.wrap(&v)
	case way == 0: // the one before the last is too short
		p.odd = near(b.c, 1, fewBlocks*blockSize, blockSize)
		p.oddAt = p.segments - 2
		if p.oddAt == 0 {
			p.offset = within(b.c, 0, p.odd-1)
		} else {
			p.offset = segmentSize - 1 - b.c.Uint64N(fewBlocks*blockSize)
		}
		p.met = true
	default: // the last of two is empty
		v := b.planned(b.two())
		v.Segments[1].CbSegment = 0
		return b.wrap(&v)
	}
	v := b.planned(p)
	return b.wrap(&v)
}

// cBlocks claims no block hashes, or more than there are.
func cBlocks(b *bender) fuzz.Message {
	v := b.v1()
	last := len(v.Blocks) - 1
	list := &v.Blocks[last]
	h := len(v.Segments[0].SegmentSecret)
	switch b.way {
	case 0: // there are none
		if b.place >= 2 {
			v = b.planned(b.two())
			last = 1
			list = &v.Blocks[last]
		}
		if i := b.at(last + 1); i < last {
			list = &v.Blocks[i]
		}
		list.CBlocks, list.BlockHashes = 0, nil
	case 1, 2, 3, 4: // one byte too few, one hash too few, none at all, anything
		n := b.oneOf([]int{0, len(list.BlockHashes) - 1, len(list.BlockHashes) - h}, 0, len(list.BlockHashes)-1)
		list.BlockHashes = list.BlockHashes[:n]
	case 5: // one too many
		list.CBlocks++
	case 6: // as many bytes more as 32 bits do not show
		list.CBlocks += uint32(1 << 32 / uint64(h&-h))
	case 7:
		list.CBlocks = uint32(swapped(uint64(list.CBlocks), 32))
	case 8: // none is claimed, but some are there
		list.CBlocks = 0
	default:
		list.CBlocks = max(list.CBlocks+1, uint32(pick(b.c, []uint64{1 << 31, 1<<32 - 1, 1 << 27, 1 << 26, 1 << 28, 1<<32 - 2})))
	}
	return b.wrap(&v)
}

// blockCount lists a wrong number of blocks.
func blockCount(b *bender) fuzz.Message {
	p := b.short()
	i := b.at(p.segments)
	p.met = true
	met := p.blocks(i)
	p.met = false
	all := p.blocks(i)
	p.met = true
	v := b.planned(p)
	h := len(v.Segments[0].SegmentSecret)
	n := b.oneOf([]int{all + 1, all - 1, met + 1, met - 1, 2 * all, 1, 512}, 1, 40)
	for n = max(n, 1); n == met || n == all; n++ {
	}
	v.Blocks[i] = BlocksV1{uint32(n), b.bytes(n * h)}
	return b.wrap(&v)
}

// v2 returns a valid Content Information 2.0, and the indexes of a chunk and of
// a segment in it.
func (b *bender) v2() (v ContentV2, chunk, segment int) {
	counts := b.chunkCounts()
	if b.place >= 2 && len(counts) == 1 {
		counts = append(counts, 2, 1)
	}
	v = b.chunked(counts)
	chunk = b.at(len(counts))
	return v, chunk, b.at(counts[chunk])
}

func (v *ContentV2) message() fuzz.Message { return content(v.Append(nil)) }

var contentV2Breakers = []breaker{
	{"PCCRC-2.4-Truncated", 29, nil, func(b *bender) fuzz.Message {
		v, _, _ := b.v2()
		return cut(v.message(), 2+b.way)
	}},
	{"PCCRC-2.4-bMinorVersion", wrongWays, nil, func(b *bender) fuzz.Message {
		v, _, _ := b.v2()
		v.BMinorVersion = uint8(b.wrong(8, []uint64{1, 2}, 0))
		return v.message()
	}},
	{"PCCRC-2.4-bHashAlgo", wrongWays, nil, func(b *bender) fuzz.Message {
		v, _, _ := b.v2()
		v.BHashAlgo = uint8(b.wrong(8, []uint64{1, 2, 0x0C, 0x0D, 0x0E}, 4))
		return v.message()
	}},
	{"PCCRC-2.4-dwOffsetInFirstSegment", aboveWays, nil, func(b *bender) fuzz.Message {
		v, _, _ := b.v2()
		v.DwOffsetInFirstSegment = b.above(uint64(v.Chunks[0].ChunkData[0].CbSegment) - 1)
		return v.message()
	}},
	{"PCCRC-2.4-chunks", 1, nil, func(b *bender) fuzz.Message {
		v, _, _ := b.v2()
		return cut(v.message(), 31)
	}},
	{"PCCRC-2.4.1.1-Truncated", 4, nil, func(b *bender) fuzz.Message {
		v, i, _ := b.v2()
		v.Chunks = v.Chunks[:i]
		m := v.message()
		last := Chunk{DwChunkDataLength: 68}
		m.Bytes = append(m.Bytes, last.Append(nil)[:1+b.way]...)
		return m
	}},
	{"PCCRC-2.4.1.1-bChunkType", wrongWays, nil, func(b *bender) fuzz.Message {
		v, i, _ := b.v2()
		v.Chunks[i].BChunkType = uint8(b.wrong(8, []uint64{1, 2, 4, 68}, 0))
		return v.message()
	}},
	{"PCCRC-2.4.1.1-dwChunkDataLength", 15, nil, dwChunkDataLength},
	{"PCCRC-2.4.1.2-cbSegment", aboveWays + 1, []string{"PCCRC-2.4-dwOffsetInFirstSegment"}, func(b *bender) fuzz.Message {
		v, i, j := b.v2()
		if s := &v.Chunks[i].ChunkData[j]; b.way == aboveWays {
			s.CbSegment = 0
		} else {
			s.CbSegment = b.above(maxSegmentSizeV2)
		}
		return v.message()
	}},
}

// dwChunkDataLength gives a chunk data that is no number of whole segments, or
// claims more than there are.
func dwChunkDataLength(b *bender) fuzz.Message {
	v, i, _ := b.v2()
	v.DwOffsetInFirstSegment = 0
	if lengths := []int{0, 1, 67, 69, 135, 137, 64, 32, 204 - 4}; b.way < len(lengths) {
		n := lengths[b.way]
		c := Chunk{DwChunkDataLength: uint32(n)}
		for ; n >= 68; n -= 68 {
			c.ChunkData = append(c.ChunkData, v.Chunks[i].ChunkData[0])
		}
		c.Rest = b.bytes(n)
		v.Chunks[i] = c
		return v.message()
	}
	last := &v.Chunks[len(v.Chunks)-1]
	switch n := last.DwChunkDataLength; b.way {
	case 9:
		last.DwChunkDataLength = n + 68
	case 10: // as a signed number it leads back
		last.DwChunkDataLength = 1<<32 - 52
	case 11:
		last.DwChunkDataLength = 1<<32 - 5
	case 12:
		last.DwChunkDataLength = uint32(swapped(uint64(n), 32))
	case 13: // the bytes of the last segment are cut short
		m := v.message()
		return cut(m, len(m.Bytes)-1-int(b.c.Uint64N(68)))
	default:
		last.DwChunkDataLength = n | 1<<31
	}
	return v.message()
}
