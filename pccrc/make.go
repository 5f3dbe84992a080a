package pccrc

import (
	"context"
	"errors"
	"io"
)

// What a [Maker] rejects a content for.
var (
	ErrEmpty = errors.New("pchc: an empty content has no segments, and so no Content Information (MS-PCCRC 2.3, 2.4)")
	ErrRange = errors.New("pchc: the content range is not in the content (MS-PCCRC 2.3, 2.4)")
	ErrCut   = errors.New("pchc: a segment of version 2.0 must have 1 to 131072 bytes (MS-PCCRC 2.4.1.2)")
)

// A Maker makes Content Information for contents. It reads a content once, in
// order, and hashes it on all cores; its memory does not depend on the size of the
// content, but for the result of V1 and V2: 32 to 64 bytes for each block of version
// 1.0, 68 for each segment of version 2.0. SpoolV1 and SpoolV2 keep the result
// elsewhere, EachV1 and EachV2 do not keep it.
//
// A content with the methods ReadAt and Size, such as an [io.SectionReader] or a
// bytes.Reader, is read from its first byte by several goroutines at once. Wrap an
// os.File in an io.SectionReader for that. The bytes of a bytes.Reader are not copied.
// Any other io.Reader is read to the end of the last segment that is needed, or to its
// end.
type Maker struct {
	// ServerSecret is Ks, from [HashAlgorithm.ServerSecret]: usually that of the
	// algorithm of the Content Information, but any key will do (MS-PCCRC 2.5). Without
	// one, or with that of an empty key, whoever has the hashes can derive the keys of
	// the segments: that is for tests.
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

// EachV1 makes Content Information of version 1.0 with SHA256, SHA384 or SHA512
// (MS-PCCRC 2.3) and keeps none of it: it hands each segment to f when it is hashed,
// in order, with the blocks from its first to the last one in the content range. The
// segment is valid until f returns. What EachV1 returns has no segments; its fields are
// those of the header.
//
// Errors are [ErrHashAlgorithm], [ErrEmpty], [ErrRange], a [*ContentError] with
// what the content's Read or ReadAt returned, what f returned, and the cause of ctx.
// Whether the content has the range may be known only after the last segment.
func (m *Maker) EachV1(ctx context.Context, dwHashAlgo HashAlgorithm, content io.Reader, f func(Segment) error) (ContentInformationV1, error) {
	src, err := m.sourceV1(dwHashAlgo, content)
	if err != nil {
		return ContentInformationV1{}, err
	}
	return m.eachV1(ctx, dwHashAlgo, src, f)
}

// sourceV1 returns the segments of a content that the range needs.
func (m *Maker) sourceV1(dwHashAlgo HashAlgorithm, content io.Reader) (*source, error) {
	if hashLenV1(dwHashAlgo) == 0 {
		return nil, ErrHashAlgorithm
	}
	src := newSource(content)
	if err := src.skip(m.Range.Start / MaxSegmentSizeV1 * MaxSegmentSizeV1); err != nil {
		return nil, err
	}
	if end, limited := m.end(); limited { // to the end of its last segment
		src.stop(addSaturating((end-1)/MaxSegmentSizeV1*MaxSegmentSizeV1, MaxSegmentSizeV1))
	}
	return src, nil
}

func (m *Maker) eachV1(ctx context.Context, dwHashAlgo HashAlgorithm, src *source, f func(Segment) error) (ContentInformationV1, error) {
	v, deriver, h := NewV1(dwHashAlgo), dwHashAlgo.NewDeriver(), dwHashAlgo.Size()
	end, limited := m.end() // of the range
	first, read, last := src.at, src.at, src.at
	var hashes, kp []byte
	s := Segment{Start: first, BlockSize: BlockSizeV1, algorithm: dwHashAlgo}
	add := func() error {
		var err error
		if s.hod, err = dwHashAlgo.AppendHash(s.hod[:0], hashes); err != nil {
			return err
		}
		if kp, err = deriver.AppendSegmentSecret(kp[:0], m.ServerSecret, s.hod); err != nil {
			return err
		}
		s.kp = NewSecret(kp)
		if limited && end < s.Start+uint64(s.Length) {
			blocks := (end - s.Start + BlockSizeV1 - 1) / BlockSizeV1
			hashes = hashes[:blocks*uint64(h)]
		}
		s.blocks = SegmentContentBlocks{hashes, h}
		err = f(s)
		last = s.Start
		s.Start += uint64(s.Length)
		s.Length, hashes = 0, hashes[:0]
		return err
	}
	err := (&pipeline{algorithm: dwHashAlgo, workers: m.Workers,
		next: func(p *piece) error { return src.next(p, BlockSizeV1) },
		take: func(p *piece) error {
			for i, n := range p.sizes {
				hashes = append(hashes, p.sums[i*h:(i+1)*h]...)
				s.Length += uint32(n)
				read += uint64(n)
			}
			m.progress(read)
			if s.Length == MaxSegmentSizeV1 {
				return add()
			}
			return nil
		},
	}).run(ctx)
	if err == nil && s.Length > 0 {
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
	if !m.OpenEnded {
		v.DwReadBytesInLastSegment = uint32(r.Start + r.Length - max(last, r.Start))
	}
	return v, nil
}

// EachV2 is EachV1 for version 2.0 (MS-PCCRC 2.4): it hands the segments that intersect
// the content range to f. What it returns has no chunks. Errors are those of EachV1,
// and [ErrCut].
func (m *Maker) EachV2(ctx context.Context, content io.Reader, f func(Segment) error) (ContentInformationV2, error) {
	src, size, err := m.sourceV2(content)
	if err != nil {
		return ContentInformationV2{}, err
	}
	return m.eachV2(ctx, src, size, f)
}

// sourceV2 returns what of a content the range needs, as far as it is known, and the
// number of bytes of each segment, where Cut is nil.
func (m *Maker) sourceV2(content io.Reader) (src *source, size uint64, err error) {
	size = 65536
	if m.SegmentSize != 0 {
		size = uint64(m.SegmentSize)
	}
	if m.SegmentSize < 0 || size > MaxSegmentSizeV2 {
		return nil, 0, ErrCut
	}
	src = newSource(content)
	if m.Cut != nil {
		return src, size, nil
	}
	if err := src.skip(m.Range.Start / size * size); err != nil {
		return nil, 0, err
	}
	if end, limited := m.end(); limited {
		src.stop(addSaturating(end, size-1) / size * size)
	}
	return src, size, nil
}

func (m *Maker) eachV2(ctx context.Context, src *source, size uint64, f func(Segment) error) (ContentInformationV2, error) {
	var v ContentInformationV2
	end, limited := m.end()
	next := func(p *piece) error { return src.cut(p, m.Cut) }
	if m.Cut == nil {
		v.UllIndexOfFirstSegment = src.at / size
		next = func(p *piece) error { return src.next(p, int(size)) }
	}
	start, found := src.at, false // of the next segment
	deriver := TruncatedSHA512.NewDeriver()
	var kp []byte
	err := (&pipeline{algorithm: TruncatedSHA512, workers: m.Workers, next: next,
		take: func(p *piece) (err error) {
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
				hod := p.sums[i*32 : (i+1)*32]
				if kp, err = deriver.AppendSegmentSecret(kp[:0], m.ServerSecret, hod); err != nil {
					return err
				}
				if err := f(Segment{Start: from, Length: uint32(n), BlockSize: uint32(n), algorithm: TruncatedSHA512, hod: hod, kp: NewSecret(kp)}); err != nil {
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
