package pccrc

import (
	"encoding/binary"
	"io"
	"iter"
)

// Segment is one segment of a content as Content Information of either version
// describes it, with what follows from the description. It aliases the bytes
// that were decoded.
type Segment struct {
	Start     uint64 // where in the content the segment begins, in bytes
	Length    uint32 // of the whole segment in bytes, whatever the content range
	BlockSize uint32 // length of its blocks in bytes; that of the segment in version 2.0, which has no blocks

	algorithm HashAlgorithm
	hod       []byte
	kp        Secret
	blocks    SegmentContentBlocks
}

// HashAlgorithm returns the algorithm of all hashes of the segment.
func (s Segment) HashAlgorithm() HashAlgorithm { return s.algorithm }

// SegmentHashOfData returns HoD (MS-PCCRC 2.2).
func (s Segment) SegmentHashOfData() []byte { return s.hod }

// SegmentSecret returns Kp, a key (MS-PCCRC 2.2).
func (s Segment) SegmentSecret() Secret { return s.kp }

// Blocks returns the block hashes that are listed for the segment; none in
// version 2.0.
func (s Segment) Blocks() SegmentContentBlocks { return s.blocks }

// AppendHoHoDk appends the public identifier of the segment to dst (MS-PCCRC
// 2.2): 32, 48 or 64 bytes, as the hash algorithm has it.
func (s Segment) AppendHoHoDk(dst []byte) []byte {
	dst, _ = s.algorithm.AppendHoHoDk(dst, s.kp, s.hod) // lengths are right: it was decoded
	return dst
}

// Segments returns an iterator over the segments of v and their indexes, in
// order.
func (v ContentInformationV1) Segments() iter.Seq2[int, Segment] {
	return func(yield func(int, Segment) bool) {
		for i, s := range v.All() {
			if !yield(i, v.segment(s)) {
				return
			}
		}
	}
}

func (v *ContentInformationV1) segment(s SegmentV1) Segment {
	return Segment{s.UllOffsetInContent(), s.CbSegment(), s.CbBlockSize(),
		v.dwHashAlgo, s.SegmentHashOfData(), s.SegmentSecret(), s.Blocks}
}

// AppendHoHoDk appends the public identifier of the segment with index i to dst
// (MS-PCCRC 2.2): 32, 48 or 64 bytes, as the hash algorithm has it. It panics
// where i is not below Len.
func (v ContentInformationV1) AppendHoHoDk(dst []byte, i int) []byte {
	return v.segment(SegmentV1{SegmentDescriptionV1: v.At(i)}).AppendHoHoDk(dst)
}

// Segments returns an iterator over the segments of all chunks and their
// indexes in v, in order. The first one begins at UllStartInContent.
func (v ContentInformationV2) Segments() iter.Seq2[int, Segment] {
	return func(yield func(int, Segment) bool) {
		start := v.UllStartInContent
		for i, s := range v.All() {
			if !yield(i, s.segment(start)) {
				return
			}
			start += uint64(s.CbSegment())
		}
	}
}

func (s SegmentDescriptionV2) segment(start uint64) Segment {
	return Segment{Start: start, Length: s.CbSegment(), BlockSize: s.CbSegment(),
		algorithm: TruncatedSHA512, hod: s.SegmentHashOfData(), kp: s.SegmentSecret()}
}

// AppendHoHoDk appends the public identifier of the segment with index i to dst
// (MS-PCCRC 2.2): 32 bytes. It panics where i is not below Len.
func (v ContentInformationV2) AppendHoHoDk(dst []byte, i int) []byte {
	return v.At(i).segment(0).AppendHoHoDk(dst)
}

// A segmentCursor hands out segments one by one, where an iterator would have to be
// stopped.
type segmentCursor interface {
	// next returns the next segment, and io.EOF after the last one.
	next() (Segment, error)
}

// memoryCursor is the segmentCursor of Content Information in memory.
type memoryCursor struct {
	v1    *ContentInformationV1 // nil for version 2.0
	index int                   // of the next segment, in version 1.0
	start uint64                // of the next segment, in version 2.0
	rest  []byte                // block lists that were not handed out, or chunks
	chunk int                   // bytes left of the chunk at hand
}

func (v ContentInformationV1) cursor() segmentCursor { return &memoryCursor{v1: &v, rest: v.blocks} }

func (v ContentInformationV2) cursor() segmentCursor {
	return &memoryCursor{start: v.UllStartInContent, rest: v.chunks}
}

func (c *memoryCursor) next() (Segment, error) {
	if len(c.rest) == 0 {
		return Segment{}, io.EOF
	}
	if c.v1 != nil {
		h := c.v1.dwHashAlgo.Size()
		end := 4 + int(binary.LittleEndian.Uint32(c.rest))*h
		s := c.v1.segment(SegmentV1{c.v1.At(c.index), SegmentContentBlocks{c.rest[4:end:end], h}})
		c.index, c.rest = c.index+1, c.rest[end:]
		return s, nil
	}
	if c.chunk == 0 {
		c.chunk = int(binary.BigEndian.Uint32(c.rest[offDwChunkDataLength:]))
		c.rest = c.rest[chunkHeaderLen:]
	}
	s := SegmentDescriptionV2{(*[segmentLenV2]byte)(c.rest)}.segment(c.start)
	c.start, c.rest, c.chunk = c.start+uint64(s.Length), c.rest[segmentLenV2:], c.chunk-segmentLenV2
	return s, nil
}
