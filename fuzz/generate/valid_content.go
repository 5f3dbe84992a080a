package generate

import (
	"math"

	"github.com/hostedcache/pchc/pccrc"
)

// Sizes of MS-PCCRC, in bytes.
const (
	blockSize        = 64 << 10  // version 1.0, section 2.1
	segmentSize      = 32 << 20  // version 1.0, section 2.3.1.1
	maxSegmentSizeV2 = 128 << 10 // section 2.4.1.2
)

// fewBlocks is the number of blocks in most lists of Content Information 1.0.
const fewBlocks = 4

// A plan is the shape of a Content Information 1.0.
type plan struct {
	segments     int    // all but the last have 32 MiB
	last         uint64 // cbSegment of the last
	offset, read uint64 // dwOffsetInFirstSegment, dwReadBytesInLastSegment
	rangeOnly    bool   // only the blocks in the content range are listed
	listed       uint64 // of the one segment so many blocks are listed; 0: those of the content range

	odd   uint64 // cbSegment of segment oddAt; 0: none differs
	oddAt int
}

// size returns cbSegment of segment i.
func (p *plan) size(i int) uint64 {
	switch {
	case i == p.segments-1:
		return p.last
	case i == p.oddAt && p.odd != 0:
		return p.odd
	}
	return segmentSize
}

// blocks returns how many blocks segment i lists.
func (p *plan) blocks(i int) int {
	if p.listed != 0 {
		return int(p.listed)
	}
	end, start := p.size(i), uint64(0)
	if i == 0 {
		start = p.offset
	}
	if i == p.segments-1 && p.read != 0 {
		end = min(start+p.read, end)
	}
	n := (end + blockSize - 1) / blockSize
	if p.rangeOnly {
		n -= start / blockSize
	}
	return int(n)
}

// copied chooses the shape of the copy in a SEGMENT_INFO_MESSAGE: of one segment,
// whose size is dwReadBytesInLastSegment whatever blocks are listed.
func (m *maker) copied() plan {
	c := m.c
	p := plan{segments: 1, last: near(c, 1, segmentSize, blockSize)}
	if oneIn(c, 2) {
		p.offset = near(c, 0, p.last-1, blockSize)
	}
	if c.Uint64N(3) > 0 {
		p.read = p.last
	}
	most := (p.last + blockSize - 1) / blockSize
	if !oneIn(c, 16) {
		most = min(most, 2*fewBlocks)
	}
	if p.listed = most; oneIn(c, 2) {
		p.listed = within(c, 1, most)
	}
	return p
}

// plan chooses a shape of any number of segments that violates no rule.
func (m *maker) plan() plan {
	c := m.c
	p := plan{segments: 1}
	big := oneIn(c, 16)
	if p.segments = 1 + max(2, int(c.Uint64N(5))) - 2; big {
		p.segments += int(c.Uint64N(2))
	}
	p.last = near(c, 1, segmentSize, blockSize)
	if oneIn(c, 2) {
		p.offset = near(c, 0, p.size(0)-1, blockSize)
	}
	most := p.last // bytes that the range can have in the last segment
	if p.segments == 1 {
		most -= p.offset
	}
	switch c.Uint64N(6) {
	case 0, 1:
	case 2:
		p.read = most
	case 3:
		p.read = p.last // more than most, where there is an offset
	case 4:
		p.read = near(c, 1, most, blockSize)
	default:
		p.read = within(c, 0, p.last)
	}
	p.rangeOnly = oneIn(c, 2)
	if !big {
		p.shrink()
	}
	return p
}

// shrink makes the lists short. Where possible it keeps the lengths of segments,
// and makes the content range a part of them.
func (p *plan) shrink() {
	// Segments in the middle have all their blocks listed.
	p.segments = min(p.segments, 2)
	if p.segments == 2 && p.blocks(0) > fewBlocks {
		p.offset = segmentSize - 1 - p.offset%(fewBlocks*blockSize)
		p.rangeOnly = true
	}
	if i := p.segments - 1; p.blocks(i) > 2*fewBlocks {
		p.read = 1 + p.read%((fewBlocks-1)*blockSize)
		if i == 0 {
			p.read = min(p.read, p.last-p.offset)
			p.rangeOnly = true
		}
	}
}

func (m *maker) contentV1(copied bool) ContentV1 {
	if copied {
		return m.planned(m.copied())
	}
	return m.planned(m.plan())
}

// planned makes a Content Information 1.0 of that shape.
func (m *maker) planned(p plan) ContentV1 {
	algorithm := m.c.Uint64N(3)
	h := hashLens[algorithm]
	v := ContentV1{
		Version:                  0x0100,
		DwHashAlgo:               hashValues[algorithm],
		DwOffsetInFirstSegment:   uint32(p.offset),
		DwReadBytesInLastSegment: uint32(p.read),
		CSegments:                uint32(p.segments),
		Segments:                 make([]SegmentV1, p.segments),
		Blocks:                   make([]BlocksV1, p.segments),
	}
	length := uint64(0)
	for i := range p.segments {
		length += p.size(i)
	}
	at := m.offset(length)
	keyed := oneIn(m.c, 8)
	for i := range v.Segments {
		size, n := p.size(i), p.blocks(i)
		v.Blocks[i] = BlocksV1{uint32(n), m.bytes(n * h)}
		v.Segments[i] = SegmentV1{at, uint32(size), blockSize, m.bytes(h), m.bytes(h)}
		if keyed {
			v.key(i)
		}
		at += size
	}
	return v
}

// offset returns an offset in a content, with room for length bytes after it.
func (m *maker) offset(length uint64) uint64 {
	high := uint64(math.MaxUint64) - length
	if oneIn(m.c, 2) {
		return number(m.c, ends64, high)
	}
	return m.c.Uint64N(1<<12) * segmentSize // where a segment can begin
}

// key computes SegmentHashOfData of segment i from its block hashes, if all are
// listed, and SegmentSecret from that (MS-PCCRC 2.2). The previous SegmentSecret
// serves as the server secret.
func (v *ContentV1) key(i int) {
	s, a := &v.Segments[i], pccrc.HashAlgorithm(v.DwHashAlgo)
	// The algorithm is known and all lengths are right, so nothing can fail.
	if uint64(v.Blocks[i].CBlocks) == (uint64(s.CbSegment)+blockSize-1)/blockSize {
		s.SegmentHashOfData, _ = a.AppendHash(s.SegmentHashOfData[:0], v.Blocks[i].BlockHashes)
	}
	kp, _ := a.SegmentSecret(pccrc.NewSecret(s.SegmentSecret), s.SegmentHashOfData)
	s.SegmentSecret = kp.Bytes()
}

// size returns the length of v in bytes.
func (v *ContentV1) size() int {
	n := 18 + len(v.Padding)
	for i := range v.Segments {
		n += 16 + len(v.Segments[i].SegmentHashOfData) + len(v.Segments[i].SegmentSecret)
	}
	for i := range v.Blocks {
		n += 4 + len(v.Blocks[i].BlockHashes)
	}
	return n
}

// chunkCounts returns numbers of segments for each chunk.
func (m *maker) chunkCounts() []int {
	n, most := 1+max(3, m.c.Uint64N(6))-3, uint64(4)
	if oneIn(m.c, 32) {
		n, most = 1+m.c.Uint64N(20), 1+m.c.Uint64N(200)/n
	}
	counts := make([]int, n)
	for i := range counts {
		counts[i] = 1 + int(m.c.Uint64N(most))
	}
	return counts
}

func (m *maker) contentV2() ContentV2 {
	return m.chunked(m.chunkCounts())
}

// chunked makes a Content Information 2.0; counts are the segments of each chunk.
func (m *maker) chunked(counts []int) ContentV2 {
	v := ContentV2{
		BMajorVersion:          2,
		BHashAlgo:              4,
		UllStartInContent:      m.offset(1 << 32),
		UllIndexOfFirstSegment: number(m.c, ends64, math.MaxUint64-1<<16),
		Chunks:                 make([]Chunk, len(counts)),
	}
	made, total := 0, uint64(0)
	for i, n := range counts {
		v.Chunks[i] = Chunk{DwChunkDataLength: uint32(68 * n), ChunkData: make([]SegmentV2, n)}
		for j := range v.Chunks[i].ChunkData {
			if made == individual {
				defer m.useStream()()
			}
			s := SegmentV2{uint32(near(m.c, 1, maxSegmentSizeV2, 4096)), m.bytes(32), m.bytes(32)}
			v.Chunks[i].ChunkData[j] = s
			made++
			total += uint64(s.CbSegment)
		}
	}
	if first := uint64(v.Chunks[0].ChunkData[0].CbSegment); oneIn(m.c, 2) {
		v.DwOffsetInFirstSegment = uint32(near(m.c, 0, first-1, 4096))
	}
	switch m.c.Uint64N(4) {
	case 0, 1: // 0 is for the whole content
	case 2:
		v.UllLengthOfRange = near(m.c, 1, total-uint64(v.DwOffsetInFirstSegment), 4096)
	default:
		v.UllLengthOfRange = number(m.c, ends64, math.MaxUint64)
	}
	return v
}

// size returns the length of v in bytes.
func (v *ContentV2) size() int {
	n := 31
	for i := range v.Chunks {
		n += 5 + 68*len(v.Chunks[i].ChunkData) + len(v.Chunks[i].Rest)
	}
	return n
}
