package pccrc

import (
	"bytes"
	"context"
	"errors"
	"hash"
	"io"
	"math"
	"strconv"
)

// A MismatchKind says what does not match.
type MismatchKind uint8

// The kinds of [Mismatch].
const (
	MismatchContent MismatchKind = iota + 1 // bytes of the content do not have the hash of their block or segment
	MismatchHoD                             // the content's hashes, or the listed ones, do not make SegmentHashOfData
	MismatchSecret                          // SegmentSecret does not come from the server secret
	MismatchMissing                         // the content ends before the content range does
)

var mismatchTexts = [...]string{
	MismatchContent: "does not have its hash",
	MismatchHoD:     "does not have its SegmentHashOfData",
	MismatchSecret:  "has a SegmentSecret of another server secret",
	MismatchMissing: "is missing",
}

// A Mismatch is a place where a content and its Content Information differ.
type Mismatch struct {
	Kind    MismatchKind
	Segment int    // its index in the Content Information
	Block   int    // its index in the segment, from 0; -1 where it is the segment as a whole
	Start   uint64 // of the first byte concerned, in the content
	Length  uint64 // in bytes
}

// Error returns, for instance, "pchc: content at offset 65536, 65536 bytes: block 1
// of segment 0 does not have its hash".
func (m *Mismatch) Error() string {
	what := "segment " + strconv.Itoa(m.Segment)
	if m.Block >= 0 {
		what = "block " + strconv.Itoa(m.Block) + " of " + what
	}
	return "pchc: content at offset " + strconv.FormatUint(m.Start, 10) + ", " + strconv.FormatUint(m.Length, 10) +
		" bytes: " + what + " " + mismatchTexts[m.Kind]
}

// ErrSegments is the error for Content Information that no content can match: its
// segments do not follow each other, or its blocks are not 65536 bytes long.
var ErrSegments = errors.New("pchc: the segments do not follow each other in the content, or have blocks of another size (MS-PCCRC 2.3.1.1)")

// ErrNoHash is the error of a verifying reader where the Content Information has no hash
// for bytes of its content range.
var ErrNoHash = errors.New("pchc: the Content Information has no hash for bytes of its content range (MS-PCCRC 2.3.1.2, 2.4)")

// A Verifier verifies contents against their Content Information. The zero value is
// ready to use.
type Verifier struct {
	ServerSecret Secret             // Ks: check each SegmentSecret with it; none for not
	Progress     func(bytes uint64) // as in a Maker: up to which offset of the content
	Workers      int                // as in a Maker
}

// Verified says how much of a content range was verified.
type Verified struct {
	Range   Range  // the content range
	Matched uint64 // bytes of it whose hashes are right
	Wrong   uint64 // bytes of it whose hashes are wrong
	Missing uint64 // bytes of it that the content does not have
	// Unknown is the bytes of the range for which the Content Information lists no
	// hash, or of which the content has not the whole block or segment.
	Unknown uint64
}

// Verify reads content, whose first byte is at an offset of the whole content, and
// calls found, unless it is nil, for each mismatch, in order. It uses bytes outside of
// the range where it needs them: a hash is that of a whole block or segment.
//
// An error is [ErrSegments], a [*ContentError], the cause of ctx, what found returns, or
// that of a [Reader]. A mismatch is none.
func (v *Verifier) Verify(ctx context.Context, info SegmentList, content io.Reader, offset uint64, found func(*Mismatch) error) (Verified, error) {
	if found == nil {
		found = func(*Mismatch) error { return nil }
	}
	c := &comparison{verifier: v, info: info, found: found, result: Verified{Range: info.Range()}}
	err := c.run(ctx, content, offset)
	return c.result, err
}

// A unit is what has a hash of its own: a block of version 1.0, a segment of
// version 2.0.
type unit struct {
	segment *Segment
	number  int // of the segment
	block   int // in the segment, -1 in version 2.0
	start   uint64
	size    int
	want    []byte // its hash, nil where none is listed
	last    bool   // of its segment

	absent absence
	have   int // bytes of it before the content ends
}

// absence says why a unit cannot be hashed.
type absence uint8

const (
	present absence = iota
	before          // the content begins behind its start
	behind          // the content ends before its end
)

// A unitList hands out the units of all segments in order.
type unitList struct {
	algorithm HashAlgorithm
	segments  segmentCursor
	r         Range
	end       uint64   // of the last segment
	segment   *Segment // at hand, nil for none
	index     int      // of that
	block     int      // the next one of that
}

// units returns the units of info, or an error if their places make no sense.
func units(info SegmentList) (*unitList, error) {
	l := &unitList{r: info.Range(), segments: info.cursor(), index: -1}
	place := uint64(0)
	check := info.cursor()
	for i := 0; ; i++ {
		s, err := check.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		most := uint32(MaxSegmentSizeV2)
		if s.algorithm != TruncatedSHA512 {
			most = MaxSegmentSizeV1
		}
		if i > 0 && s.Start != place || s.Length == 0 || s.Length > most || most == MaxSegmentSizeV1 && s.BlockSize != BlockSizeV1 ||
			s.Start+uint64(s.Length) < s.Start {
			return nil, ErrSegments
		}
		place = s.Start + uint64(s.Length)
		l.algorithm, l.end = s.algorithm, place
	}
	if l.algorithm == 0 { // no segments
		return nil, ErrSegments
	}
	return l, nil
}

// behind returns how many bytes of the content range are behind the last segment: only
// version 2.0 can say so.
func (l *unitList) behind() uint64 { return overlap(l.r, l.end, math.MaxUint64) }

// next returns the next unit, and io.EOF after the last one.
func (l *unitList) next() (unit, error) {
	if l.segment == nil {
		s, err := l.segments.next()
		if err != nil {
			return unit{}, err
		}
		l.segment, l.index, l.block = &s, l.index+1, 0
	}
	s := l.segment
	u := unit{number: l.index, block: -1, start: s.Start, size: int(s.Length), want: s.hod, last: true, segment: s}
	if s.algorithm != TruncatedSHA512 {
		blocks := int((uint64(s.Length) + BlockSizeV1 - 1) / BlockSizeV1)
		u.block, u.start = l.block, s.Start+uint64(l.block)*BlockSizeV1
		u.size = int(min(BlockSizeV1, s.Start+uint64(s.Length)-u.start))
		u.last, u.want = l.block == blocks-1, nil
		if at := l.block - s.firstListed(l.r); 0 <= at && at < s.blocks.Len() {
			u.want = s.blocks.At(at)
		}
		l.block++
	}
	if u.last {
		l.segment = nil
	}
	return u, nil
}

// firstListed returns the index of the first block that is listed: 0, or that of the
// first in the content range where the list has just the blocks that intersect it
// (MS-PCCRC 2.3.1.2).
func (s *Segment) firstListed(r Range) int {
	end := s.Start + uint64(s.Length)
	start := max(s.Start, r.Start)
	end = min(end, addSaturating(r.Start, r.Length))
	if start >= end {
		return 0
	}
	first, all := int((start-s.Start)/BlockSizeV1), int((end-s.Start+BlockSizeV1-1)/BlockSizeV1)
	if n := s.blocks.Len(); n != all && n == all-first {
		return first
	}
	return 0
}

// A comparison is a run of Verify.
type comparison struct {
	verifier *Verifier
	info     SegmentList
	found    func(*Mismatch) error
	deriver  *Deriver // nil: keys are not checked
	result   Verified

	// Of the segment at hand:
	hashes  hash.Hash // of its block hashes, version 1.0
	partial bool      // a block is not in the content
	wrong   bool      // a block is wrong
	unknown uint64    // bytes in the range whose blocks are not listed
	ended   bool      // the content did, and it was told
}

func (c *comparison) run(ctx context.Context, content io.Reader, offset uint64) error {
	all, err := units(c.info)
	if err != nil {
		return err
	}
	c.result.Unknown = all.behind()
	c.hashes = all.algorithm.New()
	if c.verifier.ServerSecret.Len() > 0 {
		c.deriver = all.algorithm.NewDeriver()
	}
	in := newSource(content)
	in.begin(offset)
	return (&pipeline{algorithm: all.algorithm, workers: c.verifier.Workers,
		next: func(p *piece) error { return in.units(p, all) },
		take: c.take,
	}).run(ctx)
}

// take compares the hashes of a piece.
func (c *comparison) take(p *piece) error {
	sums := p.sums
	for i := range p.units {
		u := &p.units[i]
		var sum []byte
		if u.absent == present {
			n := u.segment.algorithm.Size()
			sum, sums = sums[:n], sums[n:]
		}
		if err := c.unit(u, sum); err != nil {
			return err
		}
		if u.last {
			if err := c.segment(u); err != nil {
				return err
			}
		}
		if c.verifier.Progress != nil && u.absent == present {
			c.verifier.Progress(u.start + uint64(u.size))
		}
	}
	return nil
}

// unit compares a unit, and counts its bytes in the range.
func (c *comparison) unit(u *unit, sum []byte) error {
	r := c.result.Range
	inRange := overlap(r, u.start, uint64(u.size))
	switch {
	case u.absent == behind:
		c.partial = true
		missing := overlap(r, u.start+uint64(u.have), uint64(u.size-u.have))
		c.result.Missing += missing
		c.result.Unknown += inRange - missing
		if missing > 0 && !c.ended {
			c.ended = true
			start := max(u.start+uint64(u.have), r.Start)
			return c.found(&Mismatch{MismatchMissing, u.number, u.block, start, r.Start + r.Length - start})
		}
	case u.absent == before:
		c.partial = true
		c.result.Unknown += inRange
	case u.want == nil:
		c.hashes.Write(sum)
		c.unknown += inRange
	case bytes.Equal(sum, u.want):
		c.hashes.Write(sum)
		c.result.Matched += inRange
	default:
		c.wrong = true
		c.result.Wrong += inRange
		return c.found(&Mismatch{MismatchContent, u.number, u.block, u.start, uint64(u.size)})
	}
	return nil
}

// segment checks a segment as a whole, of which u is the last unit.
func (c *comparison) segment(u *unit) error {
	s := u.segment
	whole := Mismatch{MismatchHoD, u.number, -1, s.Start, uint64(s.Length)}
	right := true
	if u.block >= 0 && !c.wrong {
		blocks := s.blocks
		switch {
		case !c.partial:
			right = bytes.Equal(c.hashes.Sum(nil), s.hod)
		case blocks.Len() == u.block+1: // then the list must make it
			c.hashes.Reset()
			for _, b := range blocks.All() {
				c.hashes.Write(b)
			}
			right = bytes.Equal(c.hashes.Sum(nil), s.hod)
		}
	}
	switch known := !c.partial && !c.wrong; {
	case known && right:
		c.result.Matched += c.unknown
	case known:
		c.result.Wrong += c.unknown
	default:
		c.result.Unknown += c.unknown
	}
	c.hashes.Reset()
	c.partial, c.wrong, c.unknown = false, false, 0
	if !right {
		if err := c.found(&whole); err != nil {
			return err
		}
	}
	if c.deriver == nil {
		return nil
	}
	kp, err := c.deriver.AppendSegmentSecret(nil, c.verifier.ServerSecret, s.hod)
	if err == nil && !NewSecret(kp).Equal(s.kp) {
		whole.Kind = MismatchSecret
		err = c.found(&whole)
	}
	return err
}

// overlap returns how many of n bytes from start lie in r.
func overlap(r Range, start, n uint64) uint64 {
	from, to := max(r.Start, start), min(addSaturating(r.Start, r.Length), addSaturating(start, n))
	return to - min(from, to)
}

// NewVerifyingReader returns a reader of the bytes of content that info describes,
// and returns none before its block or segment is verified. content begins with the
// first listed block of info, or with the first segment in version 2.0; the reader ends
// after the last one. Read returns a [*Mismatch] if a hash does not match, and a
// [*ContentError] if content ends early, or with [ErrNoHash] where info lists too few, and what
// reading info returns if that is a [Reader].
func NewVerifyingReader(info SegmentList, content io.Reader) io.Reader {
	r := &verifyingReader{content: content}
	if r.units, r.err = units(info); r.err == nil {
		r.hash = r.units.algorithm.New()
	}
	return r
}

type verifyingReader struct {
	content  io.Reader
	units    *unitList
	hash     hash.Hash
	room     []byte
	verified []byte // not handed out yet
	err      error
}

// Read reads verified bytes.
func (r *verifyingReader) Read(b []byte) (int, error) {
	for len(r.verified) == 0 && r.err == nil && len(b) > 0 {
		r.err = r.unit()
	}
	n := copy(b, r.verified)
	r.verified = r.verified[n:]
	if n == 0 && len(b) > 0 {
		return 0, r.err
	}
	return n, nil
}

// unit reads and verifies the next unit that has a hash.
func (r *verifyingReader) unit() error {
	var u unit
	for u.want == nil {
		var err error
		u, err = r.units.next()
		switch {
		case err == io.EOF && r.units.behind() > 0:
			return &ContentError{r.units.end, ErrNoHash}
		case err != nil:
			return err
		case u.want == nil && overlap(r.units.r, u.start, uint64(u.size)) > 0:
			return &ContentError{u.start, ErrNoHash}
		}
	}
	if cap(r.room) < u.size {
		r.room = make([]byte, max(u.size, BlockSizeV1))
	}
	b := r.room[:u.size]
	if n, err := io.ReadFull(r.content, b); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return &ContentError{u.start + uint64(n), err}
	}
	r.hash.Reset()
	r.hash.Write(b)
	var sum [MaxHashLen]byte
	if !bytes.Equal(r.hash.Sum(sum[:0])[:len(u.want)], u.want) {
		return &Mismatch{MismatchContent, u.number, u.block, u.start, uint64(u.size)}
	}
	r.verified = b
	return nil
}
