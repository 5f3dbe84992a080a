package pccrc

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
)

// What a [Maker] rejects a content for.
var (
	ErrEmpty = errors.New("pchc: an empty content has no segments, and so no Content Information (MS-PCCRC 2.3, 2.4)")
	ErrRange = errors.New("pchc: the content range is not in the content (MS-PCCRC 2.3, 2.4)")
	ErrCut   = errors.New("pchc: a segment of version 2.0 must have 1 to 131072 bytes (MS-PCCRC 2.4.1.2)")
)

// A Maker makes Content Information for contents. It reads a content once, in
// order, and hashes it on all cores; its memory does not depend on the size of the
// content, but for the result: 32 to 64 bytes for each block of version 1.0, 68 for
// each segment of version 2.0.
//
// A content with the methods ReadAt and Size, such as an [io.SectionReader] or a
// bytes.Reader, is read from its first byte by several goroutines at once. Wrap an
// os.File in an io.SectionReader for that. The bytes of a bytes.Reader are not copied.
// Any other io.Reader is read to the end of the last segment that is needed, or to its
// end.
type Maker struct {
	// ServerSecret is Ks, from [HashAlgorithm.ServerSecret]: usually that of the
	// algorithm of the Content Information, but any key will do (MS-PCCRC 2.5).
	ServerSecret Secret

	// Range is the content range to describe. Its Length is in bytes; 0 stands for
	// the rest of the content.
	Range Range

	// OpenEnded writes 0 where a length of the range would be, as Windows servers
	// do for a range that ends with the content: dwReadBytesInLastSegment or
	// ullLengthOfRange. A range that ends earlier is then [ErrRange].
	OpenEnded bool

	// Cut ends a segment of version 2.0: it returns how many of the next bytes of
	// the content belong to it, from 1 to len(b). b has [MaxSegmentSizeV2] bytes, or
	// all that are left. It is called once for each segment, in order, and must not
	// keep b. Nil stands for segments of SegmentSize bytes.
	Cut func(b []byte) int

	// SegmentSize is the number of bytes of each segment of version 2.0 but the
	// last, where Cut is nil: 1 to [MaxSegmentSizeV2], or 0 for 65536.
	SegmentSize int

	// SegmentsPerChunk is the most segments in a chunk of version 2.0; 0 stands for
	// one chunk with all of them.
	SegmentsPerChunk int

	// Progress, if any, is called from time to time with the number of bytes of the
	// content that are read and hashed. Calls do not overlap.
	Progress func(bytes uint64)

	// Workers is how many goroutines hash; 0 stands for one a core.
	Workers int
}

// V1 makes Content Information of version 1.0 with SHA256, SHA384 or SHA512
// (MS-PCCRC 2.3). It lists the blocks of each segment from its first to the last
// one in the content range.
//
// Errors are [ErrHashAlgorithm], [ErrEmpty], [ErrRange], a [*ContentError] with
// what the content's Read or ReadAt returned, and the cause of ctx.
func (m *Maker) V1(ctx context.Context, dwHashAlgo HashAlgorithm, content io.Reader) (ContentInformationV1, error) {
	h := hashLenV1(dwHashAlgo)
	if h == 0 {
		return ContentInformationV1{}, ErrHashAlgorithm
	}
	src := newSource(content)
	first := m.Range.Start / MaxSegmentSizeV1 * MaxSegmentSizeV1
	if err := src.skip(first); err != nil {
		return ContentInformationV1{}, err
	}
	end, limited := m.end() // of the range
	if limited {            // to the end of its last segment
		src.stop(addSaturating((end-1)/MaxSegmentSizeV1*MaxSegmentSizeV1, MaxSegmentSizeV1))
	}
	v, deriver := NewV1(dwHashAlgo), dwHashAlgo.NewDeriver()
	v.blocks = make([]byte, 0, src.room(MaxSegmentSizeV1, 4)+src.room(BlockSizeV1, h))
	var kp []byte
	s := SegmentFieldsV1{UllOffsetInContent: first, CbBlockSize: BlockSizeV1}
	add := func() error {
		var err error
		if s.SegmentHashOfData, err = dwHashAlgo.AppendHash(s.SegmentHashOfData[:0], s.BlockHashes); err != nil {
			return err
		}
		if kp, err = deriver.AppendSegmentSecret(kp[:0], m.ServerSecret, s.SegmentHashOfData); err != nil {
			return err
		}
		s.SegmentSecret = NewSecret(kp)
		if limited && end < s.UllOffsetInContent+uint64(s.CbSegment) {
			blocks := (end - s.UllOffsetInContent + BlockSizeV1 - 1) / BlockSizeV1
			s.BlockHashes = s.BlockHashes[:blocks*uint64(h)]
		}
		err = v.Append(s)
		s.UllOffsetInContent += uint64(s.CbSegment)
		s.CbSegment, s.BlockHashes = 0, s.BlockHashes[:0]
		return err
	}
	read := first
	err := (&pipeline{algorithm: dwHashAlgo, workers: m.Workers,
		next: func(p *piece) error { return src.next(p, BlockSizeV1) },
		take: func(p *piece) error {
			for i, n := range p.sizes {
				s.BlockHashes = append(s.BlockHashes, p.sums[i*h:(i+1)*h]...)
				s.CbSegment += uint32(n)
				read += uint64(n)
			}
			m.progress(read)
			if s.CbSegment == MaxSegmentSizeV1 {
				return add()
			}
			return nil
		},
	}).run(ctx)
	if err == nil && s.CbSegment > 0 {
		err = add()
	}
	if err != nil {
		return ContentInformationV1{}, err
	}
	r, err := m.rangeTo(read)
	if err != nil {
		return ContentInformationV1{}, err
	}
	v.DwOffsetInFirstSegment = uint32(r.Start - first)
	if last := v.At(v.Len() - 1); !m.OpenEnded {
		v.DwReadBytesInLastSegment = uint32(r.Start + r.Length - max(last.UllOffsetInContent(), r.Start))
	}
	return v, nil
}

// V2 makes Content Information of version 2.0 (MS-PCCRC 2.4) for the segments that
// intersect the content range. Errors are those of V1, and [ErrCut].
func (m *Maker) V2(ctx context.Context, content io.Reader) (ContentInformationV2, error) {
	src := newSource(content)
	size := m.SegmentSize
	if size == 0 {
		size = 65536
	}
	if size < 0 || size > MaxSegmentSizeV2 {
		return ContentInformationV2{}, ErrCut
	}
	var v ContentInformationV2
	end, limited := m.end()
	next := func(p *piece) error { return src.cut(p, m.Cut) }
	if m.Cut == nil {
		v.UllIndexOfFirstSegment = m.Range.Start / uint64(size)
		if err := src.skip(v.UllIndexOfFirstSegment * uint64(size)); err != nil {
			return ContentInformationV2{}, err
		}
		if limited {
			src.stop(addSaturating(end, uint64(size)-1) / uint64(size) * uint64(size))
		}
		next = func(p *piece) error { return src.next(p, size) }
	}
	v.chunks = make([]byte, 0, chunkHeaderLen+src.room(uint64(size), segmentLenV2))
	start, found := src.at, false // of the next segment
	deriver := TruncatedSHA512.NewDeriver()
	chunk := v.beginChunk()
	err := (&pipeline{algorithm: TruncatedSHA512, workers: m.Workers, next: next,
		take: func(p *piece) error {
			for i, n := range p.sizes {
				if limited && start >= end {
					return errStopped
				}
				from := start
				start += uint64(n)
				if start <= m.Range.Start { // before the range
					v.UllIndexOfFirstSegment++
					continue
				}
				if !found {
					found, v.UllStartInContent = true, from
				}
				if m.SegmentsPerChunk > 0 && chunk.len() == m.SegmentsPerChunk || chunk.full() {
					chunk.end()
					chunk = v.beginChunk()
				}
				if err := chunk.add(uint32(n), p.sums[i*32:(i+1)*32], m.ServerSecret, deriver); err != nil {
					return err
				}
			}
			m.progress(start)
			return nil
		},
	}).run(ctx)
	if err != nil {
		return ContentInformationV2{}, err
	}
	chunk.end()
	r, err := m.rangeTo(start)
	if err != nil {
		return ContentInformationV2{}, err
	}
	v.DwOffsetInFirstSegment = uint32(r.Start - v.UllStartInContent)
	if !m.OpenEnded {
		v.UllLengthOfRange = r.Length
	}
	return v, nil
}

// A chunkMaker appends a ChunkDescription to a Content Information of version 2.0
// (MS-PCCRC 2.4.1.1).
type chunkMaker struct {
	v  *ContentInformationV2
	at int // of the chunk in v.chunks
}

func (v *ContentInformationV2) beginChunk() chunkMaker {
	c := chunkMaker{v, len(v.chunks)}
	v.chunks = append(v.chunks, make([]byte, chunkHeaderLen)...) // its type is 0
	return c
}

// len returns the number of segments so far.
func (c chunkMaker) len() int { return (len(c.v.chunks) - c.at - chunkHeaderLen) / segmentLenV2 }

// full reports whether dwChunkDataLength cannot tell of more.
func (c chunkMaker) full() bool { return uint64(c.len()) >= math.MaxUint32/segmentLenV2 }

func (c chunkMaker) add(size uint32, hod []byte, serverSecret Secret, d *Deriver) (err error) {
	b := binary.BigEndian.AppendUint32(c.v.chunks, size)
	b = append(b, hod...)
	c.v.chunks, err = d.AppendSegmentSecret(b, serverSecret, hod)
	return err
}

func (c chunkMaker) end() {
	length := len(c.v.chunks) - c.at - chunkHeaderLen
	binary.BigEndian.PutUint32(c.v.chunks[c.at+offDwChunkDataLength:], uint32(length))
}

// end returns the end of the range, if one is given.
func (m *Maker) end() (end uint64, limited bool) {
	return addSaturating(m.Range.Start, m.Range.Length), m.Range.Length != 0
}

// rangeTo returns the range in a content that was read up to an offset: to its end,
// or to the end of the last segment that is needed.
func (m *Maker) rangeTo(read uint64) (Range, error) {
	r := m.Range
	switch end, limited := m.end(); {
	case read == 0 && r.Start == 0:
		return r, ErrEmpty
	case r.Start >= read, limited && end > read, m.OpenEnded && limited && end != read:
		return r, ErrRange
	case !limited:
		r.Length = read - r.Start
	}
	return r, nil
}

func (m *Maker) progress(bytes uint64) {
	if m.Progress != nil {
		m.Progress(bytes)
	}
}
