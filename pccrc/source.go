package pccrc

import (
	"bytes"
	"io"
	"math"
)

// A source hands out a content piece by piece.
type source struct {
	r      io.Reader
	from   io.ReaderAt // instead of r, with size bytes
	memory []byte      // all bytes of from, where they need not be copied
	size   uint64
	start  uint64 // of the first byte of r or from in the content
	at     uint64 // how much of the content was handed out
	end    uint64 // where to stop; the content may end before that
	done   bool   // it did

	rest []byte // read, but not handed out yet
}

// sized is a content of known size that several goroutines can read at once.
type sized interface {
	io.ReaderAt
	Size() int64
}

func newSource(content io.Reader) *source {
	s := &source{r: content, end: math.MaxUint64}
	if at, ok := content.(sized); ok {
		s.from, s.size = at, uint64(max(at.Size(), 0))
		s.stop(s.size)
	}
	if m, ok := content.(*bytes.Reader); ok {
		// It writes the bytes that it has, not a copy. They are hashed where they are,
		// for copying takes an eighth of the time of SHA-256.
		whole, b := *m, view{}
		_, _ = whole.Seek(0, io.SeekStart)
		if n, err := whole.WriteTo(&b); err == nil && n == int64(len(b)) && uint64(n) == s.size {
			s.memory = b
		}
	}
	return s
}

// A view is what was written to it last.
type view []byte

func (v *view) Write(b []byte) (int, error) {
	*v = b
	return len(b), nil
}

// begin says where in the content the first byte of a new source is.
func (s *source) begin(offset uint64) {
	s.start, s.at = offset, offset
	if s.from != nil {
		s.end = addSaturating(offset, s.size)
	}
}

// give sets how p gets n bytes from where it starts: they are in memory, or to be read.
func (s *source) give(p *piece, n int) {
	if s.memory != nil {
		at := p.start - s.start
		p.bytes = s.memory[at : at+uint64(n)]
		return
	}
	p.from, p.offset = s.from, int64(p.start-s.start)
}

// stop ends the content at an offset.
func (s *source) stop(end uint64) { s.end = min(s.end, end) }

// room returns how many bytes to make room for, so that a list need not grow: each for
// every part of size bytes of the rest of the content, within reason. It returns 0 where
// the size of the content is not known.
func (s *source) room(size uint64, each int) int {
	if s.from == nil || s.at >= s.end {
		return 0
	}
	return int(min((s.end-s.at-1)/size+1, 1<<20)) * each
}

// skip leaves out the bytes before an offset.
func (s *source) skip(offset uint64) error {
	if s.from != nil {
		s.at = offset
		return nil
	}
	switch err := s.discard(offset); err {
	case nil:
		return nil
	case io.EOF:
		return ErrRange
	default:
		return &ContentError{s.at, err}
	}
}

// discard reads up to an offset, which may be above all that an io.Reader can have. It
// returns io.EOF if the content ends before that.
func (s *source) discard(offset uint64) error {
	for s.at < offset {
		n, err := io.CopyN(io.Discard, s.r, int64(min(offset-s.at, math.MaxInt64)))
		s.at += uint64(n)
		if err != nil {
			return err
		}
	}
	return nil
}

// next fills p with parts of a size each, the last of the content may be shorter.
func (s *source) next(p *piece, size int) error {
	if s.done || s.at >= s.end {
		return nil
	}
	n := pieceLen
	if s.memory != nil { // no room is needed for it
		n *= 2
	}
	n = min(max(n/size, 1), pieceParts) * size
	n = int(min(uint64(n), s.end-s.at))
	p.start = s.at
	if s.from != nil {
		s.give(p, n)
	} else {
		read, err := io.ReadFull(s.r, p.room()[:n])
		s.done = err == io.EOF || err == io.ErrUnexpectedEOF
		if err != nil && !s.done {
			return &ContentError{s.at + uint64(read), err}
		}
		n = read
		p.bytes = p.room()[:n]
	}
	s.at += uint64(n)
	for ; n > 0; n -= min(n, size) {
		p.sizes = append(p.sizes, min(n, size))
	}
	return nil
}

// cut fills p with parts as cut ends them.
func (s *source) cut(p *piece, cut func([]byte) int) error {
	p.start = s.at
	var all []byte
	if s.memory != nil {
		all = s.memory[s.at:]
		all, s.done = all[:min(len(all), pieceLen)], len(all) <= pieceLen
	} else {
		all = p.room()
		have := copy(all, s.rest)
		if !s.done {
			read, err := s.fill(all[have:])
			have += read
			s.done = err == io.EOF
			if err != nil && !s.done {
				return &ContentError{s.at + uint64(have), err}
			}
		}
		all = all[:have]
	}
	b := all
	for len(p.sizes) < pieceParts && (len(b) >= MaxSegmentSizeV2 || s.done && len(b) > 0) {
		limit := min(len(b), MaxSegmentSizeV2)
		n := cut(b[:limit:limit])
		if n < 1 || n > limit {
			return &ContentError{s.at, ErrCut}
		}
		p.sizes = append(p.sizes, n)
		s.at += uint64(n)
		b = b[n:]
	}
	p.bytes = all[:len(all)-len(b)]
	if s.memory == nil {
		s.rest = append(s.rest[:0], b...)
	}
	return nil
}

// fill reads until b is full or the content ends, which is io.EOF.
func (s *source) fill(b []byte) (n int, err error) {
	if s.from != nil {
		off := s.at + uint64(len(s.rest))
		left := s.size - min(off, s.size)
		b = b[:min(uint64(len(b)), left)]
		if n, err = s.from.ReadAt(b, int64(off)); n < len(b) {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return n, err
		}
		if uint64(n) == left {
			return n, io.EOF
		}
		return n, nil
	}
	n, err = io.ReadFull(s.r, b)
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	return n, err
}

// units fills p with consecutive units, and those between them that the content has
// not.
func (s *source) units(p *piece, all *unitList) error {
	total := 0
	for total+MaxSegmentSizeV2 <= pieceLen && len(p.units) < pieceLen/BlockSizeV1 {
		u, err := all.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		switch end := u.start + uint64(u.size); {
		case u.start < s.at: // else units follow each other
			u.absent = before
		case s.done || s.from != nil && end > s.end:
			u.absent, u.have = behind, int(max(s.end, u.start)-u.start)
		case s.from == nil:
			n, err := s.readUnit(p.room()[total:total+u.size], u.start)
			if err != nil {
				return err
			}
			if n < u.size {
				u.absent, u.have = behind, n
				s.done, s.end = true, s.at
			}
		}
		if u.absent == present {
			if total == 0 {
				p.start = u.start
			}
			s.at = u.start + uint64(u.size)
			total += u.size
			p.sizes = append(p.sizes, u.size)
		}
		p.units = append(p.units, u)
	}
	switch {
	case total == 0:
	case s.from != nil:
		s.give(p, total)
	default:
		p.bytes = p.room()[:total]
	}
	return nil
}

// readUnit reads a unit at its offset; less of it only where the content ends.
func (s *source) readUnit(b []byte, start uint64) (int, error) {
	switch err := s.discard(start); err {
	case nil:
	case io.EOF:
		return 0, nil
	default:
		return 0, &ContentError{s.at, err}
	}
	n, err := io.ReadFull(s.r, b)
	s.at = start + uint64(n)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return n, &ContentError{s.at, err}
	}
	return n, nil
}
