package pccrc

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"iter"
	"math"
)

// V1 makes Content Information of version 1.0 with SHA256, SHA384 or SHA512
// (MS-PCCRC 2.3). It lists the blocks of each segment from its first to the last
// one in the content range.
//
// Errors are [ErrHashAlgorithm], [ErrEmpty], [ErrRange], a [*ContentError] with
// what the content's Read or ReadAt returned, and the cause of ctx.
func (m *Maker) V1(ctx context.Context, dwHashAlgo HashAlgorithm, content io.Reader) (ContentInformationV1, error) {
	src, err := m.sourceV1(dwHashAlgo, content)
	if err != nil {
		return ContentInformationV1{}, err
	}
	all := NewV1(dwHashAlgo)
	all.blocks = make([]byte, 0, src.room(MaxSegmentSizeV1, 4)+src.room(BlockSizeV1, dwHashAlgo.Size()))
	v, err := m.eachV1(ctx, dwHashAlgo, src, func(s Segment) error { return all.Append(s.fieldsV1()) })
	if err != nil {
		return ContentInformationV1{}, err
	}
	v.segments, v.blocks = all.segments, all.blocks
	return v, nil
}

// V2 makes Content Information of version 2.0 (MS-PCCRC 2.4) for the segments that
// intersect the content range. Errors are those of V1, and [ErrCut].
func (m *Maker) V2(ctx context.Context, content io.Reader) (ContentInformationV2, error) {
	src, size, err := m.sourceV2(content)
	if err != nil {
		return ContentInformationV2{}, err
	}
	chunks := make([]byte, 0, chunkHeaderLen+src.room(size, segmentLenV2))
	at, n := 0, m.segmentsPerChunk() // where the last chunk begins, and its segments
	v, err := m.eachV2(ctx, src, size, func(s Segment) error {
		if n == m.segmentsPerChunk() {
			at, n = len(chunks), 0
			chunks = append(chunks, make([]byte, chunkHeaderLen)...)
		}
		n++
		putChunkHeader(chunks[at:], n)
		chunks = s.appendV2(chunks)
		return nil
	})
	if err != nil {
		return ContentInformationV2{}, err
	}
	v.chunks = chunks
	return v, nil
}

// SpoolV1 is V1 for a result that is not to be in memory. Of the Content Information it
// writes the SegmentDescriptions to segments and the block lists to blocks, which come
// behind them, but for a header; a bytes.Buffer will do, or a file that is read from its
// beginning. They hold keys. WriteTo of what SpoolV1 returns reads both, once, and writes
// what WriteTo of the result of V1 does. A read or write error is returned as it is.
func (m *Maker) SpoolV1(ctx context.Context, dwHashAlgo HashAlgorithm, content io.Reader, segments, blocks io.ReadWriter) (io.WriterTo, error) {
	one := NewV1(dwHashAlgo)
	var n, length int64 // of the segments, and the bytes of the block lists
	v, err := m.EachV1(ctx, dwHashAlgo, content, func(s Segment) error {
		one.segments, one.blocks = one.segments[:0], one.blocks[:0]
		if err := one.Append(s.fieldsV1()); err != nil {
			return err
		}
		n++
		length += int64(len(one.blocks))
		if uint64(n) > math.MaxUint32 {
			return failed(errCSegments(uint64(n)))
		}
		if _, err := segments.Write(one.segments); err != nil {
			return err
		}
		_, err := blocks.Write(one.blocks)
		return err
	})
	if err != nil {
		return nil, err
	}
	header := v.header()
	binary.LittleEndian.PutUint32(header[offCSegments:], uint32(n))
	return spooled(func(yield func(io.Reader, int64) bool) {
		_ = yield(bytes.NewReader(header[:]), v1HeaderLen) &&
			yield(segments, n*int64(segmentLenV1(dwHashAlgo.Size()))) && yield(blocks, length)
	}), nil
}

// SpoolV2 is SpoolV1 for version 2.0: it writes the SegmentDescriptions to segments.
func (m *Maker) SpoolV2(ctx context.Context, content io.Reader, segments io.ReadWriter) (io.WriterTo, error) {
	var b []byte
	left := uint64(0)
	v, err := m.EachV2(ctx, content, func(s Segment) error {
		b = s.appendV2(b[:0])
		left++
		_, err := segments.Write(b)
		return err
	})
	if err != nil {
		return nil, err
	}
	return spooled(func(yield func(io.Reader, int64) bool) {
		header := v.header()
		more := yield(bytes.NewReader(header[:]), v2HeaderLen)
		for left := left; more && left > 0; {
			n := int(min(left, uint64(m.segmentsPerChunk())))
			var chunk [chunkHeaderLen]byte
			putChunkHeader(chunk[:], n)
			more = yield(bytes.NewReader(chunk[:]), chunkHeaderLen) && yield(segments, int64(n)*segmentLenV2)
			left -= uint64(n)
		}
	}), nil
}

// spooled is Content Information in parts: readers, and how many bytes of each.
type spooled iter.Seq2[io.Reader, int64]

// WriteTo implements io.WriterTo.
func (s spooled) WriteTo(w io.Writer) (all int64, err error) {
	for from, length := range s {
		n, err := io.CopyN(w, from, length)
		all += n
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

// segmentsPerChunk returns how many segments each chunk has but the last one: no more
// than dwChunkDataLength can tell of.
func (m *Maker) segmentsPerChunk() int {
	const most = math.MaxUint32 / segmentLenV2
	if m.SegmentsPerChunk <= 0 {
		return most
	}
	return min(m.SegmentsPerChunk, most)
}

// putChunkHeader sets dwChunkDataLength of a chunk with n segments (MS-PCCRC 2.4.1.1).
// Its type is 0.
func putChunkHeader(chunk []byte, n int) {
	binary.BigEndian.PutUint32(chunk[offDwChunkDataLength:], uint32(n)*segmentLenV2)
}

// fieldsV1 returns what Append needs.
func (s Segment) fieldsV1() SegmentFieldsV1 {
	return SegmentFieldsV1{s.Start, s.Length, s.BlockSize, s.hod, s.kp, s.blocks.hashes}
}

// appendV2 appends the SegmentDescription of version 2.0 (MS-PCCRC 2.4.1.2).
func (s Segment) appendV2(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, s.Length)
	dst = append(dst, s.hod...)
	return append(dst, s.kp.Bytes()...)
}
