package pccrc

import (
	"errors"
	"io"
	"iter"
	"math"
)

// A SegmentList is what a [Verifier] reads of Content Information: a
// ContentInformationV1, a ContentInformationV2 or a [*Reader].
type SegmentList interface {
	// Range returns the content range.
	Range() Range

	cursor() segmentCursor
}

// ErrTooLong is the error for Content Information whose length in bytes no int has.
var ErrTooLong = errors.New("pchc: Content Information is longer than this program can address")

// A Reader reads Content Information of either version that is not to be in memory. It
// keeps the header. It reads segments each time when they are asked for, with one block
// list in memory at most.
//
// Errors are those of ReadAt as they are, [io.ErrUnexpectedEOF] where there is less than
// the size given, or an *Error, also where the bytes have changed since NewReader has
// read them. Several goroutines may use a Reader at the same time, if they may use its
// io.ReaderAt.
type Reader struct {
	from   io.ReaderAt
	size   int64
	v1     ContentInformationV1 // the header, if dwHashAlgo is not 0
	v2     ContentInformationV2 // the header otherwise
	n      int                  // segments
	span   Range
	blocks int64 // in version 1.0, where the block lists begin
	end    int64 // in version 1.0, where they end
}

// NewReader returns a Reader of Content Information in the first size bytes of from,
// whose version its second byte tells, as for [Decode]. It reads all headers and counts,
// and the lengths of segments, but no hashes. Where [Decode] rejects the bytes, NewReader
// returns the same error.
func NewReader(from io.ReaderAt, size int64) (*Reader, error) {
	if size > math.MaxInt {
		return nil, ErrTooLong
	}
	r := &Reader{from: from, size: max(size, 0)}
	w := r.window()
	head, err := w.bytes(0, int(min(r.size, v2HeaderLen)))
	if err != nil {
		return nil, err
	}
	read := r.readV1
	if len(head) > 1 && head[1] == 2 {
		read = r.readV2
	}
	if err := read(head, &w); err != nil {
		return nil, err
	}
	return r, nil
}

// readV1 reads what NewReader needs of version 1.0, which begins with head.
func (r *Reader) readV1(head []byte, lists *window) error {
	var e Error
	r.n = int(r.v1.decodeHeader(head, uint64(r.size), &e))
	if r.n == 0 {
		return failed(e)
	}
	r.blocks = v1HeaderLen + int64(r.n)*int64(segmentLenV1(r.v1.dwHashAlgo.Size()))
	r.end = r.blocks
	for i := range r.n {
		length, err := r.blockListLen(lists, i, r.end)
		if err != nil {
			return err
		}
		r.end += length
	}
	segments := r.window()
	for i := range r.n {
		s, err := r.description(&segments, i)
		if err != nil {
			return err
		}
		if i == 0 {
			r.span.Start = addSaturating(s.UllOffsetInContent(), uint64(r.v1.DwOffsetInFirstSegment))
		}
		start, end := r.v1.rangeInSegment(i, r.n, s)
		r.span.Length += end - start
	}
	return nil
}

// readV2 reads what NewReader needs of version 2.0, which begins with head.
func (r *Reader) readV2(head []byte, chunks *window) error {
	var e Error
	if !r.v2.decodeHeader(head, &e) {
		return failed(e)
	}
	if r.size == v2HeaderLen {
		return failed(errNoChunks)
	}
	segments, all := r.window(), uint64(0)
	at := int64(v2HeaderLen)
	for i := 0; at < r.size; i++ {
		length, err := r.chunkLen(chunks, i, at)
		if err != nil {
			return err
		}
		r.n += int((length - chunkHeaderLen) / segmentLenV2)
		if r.v2.UllLengthOfRange == 0 {
			for s := at + chunkHeaderLen; s < at+length; s += segmentLenV2 {
				b, err := segments.bytes(s, segmentLenV2)
				if err != nil {
					return err
				}
				all += uint64(SegmentDescriptionV2{(*[segmentLenV2]byte)(b)}.CbSegment())
			}
		}
		at += length
	}
	r.span = r.v2.rangeOf(all)
	return nil
}

// Header returns the Content Information without its segments.
func (r *Reader) Header() ContentInformation {
	if r.isV1() {
		return r.v1
	}
	return r.v2
}

func (r *Reader) isV1() bool { return r.v1.dwHashAlgo != 0 }

// Size returns the length of the Content Information in bytes.
func (r *Reader) Size() int64 { return r.size }

// Len returns the number of segments.
func (r *Reader) Len() int { return r.n }

// Range returns the content range, as Range of the Content Information does.
func (r *Reader) Range() Range { return r.span }

// Segments returns an iterator over the segments, in order, which ends with the first
// error. A segment may be kept. Of a list of more than 512 block hashes, which no
// segment has, it holds the first 513.
func (r *Reader) Segments() iter.Seq2[Segment, error] {
	return func(yield func(Segment, error) bool) {
		for c := r.cursor(); ; {
			s, err := c.next()
			if err == io.EOF || !yield(s, err) || err != nil {
				return
			}
		}
	}
}

// Chunks returns an iterator over the number of segments of each chunk, which ends with
// the first error. Version 1.0 has no chunks.
func (r *Reader) Chunks() iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		w, at := r.window(), int64(v2HeaderLen)
		for i := 0; !r.isV1() && at < r.size; i++ {
			length, err := r.chunkLen(&w, i, at)
			if !yield(int(length-chunkHeaderLen)/segmentLenV2, err) || err != nil {
				return
			}
			at += length
		}
	}
}

// CheckSenderRules returns an *Error for the first sender rule that is violated, as
// CheckSenderRules of the Content Information does, and nil if none is.
func (r *Reader) CheckSenderRules() error {
	if r.isV1() {
		return r.checkV1()
	}
	i, chunks, segments := 0, r.window(), r.window()
	for at := int64(v2HeaderLen); at < r.size; i++ {
		length, err := r.chunkLen(&chunks, i, at)
		if err != nil {
			return err
		}
		for j := range int(length-chunkHeaderLen) / segmentLenV2 {
			offset := at + chunkHeaderLen + int64(j)*segmentLenV2
			b, err := segments.bytes(offset, segmentLenV2)
			if err == nil {
				err = r.v2.checkSegment(i, j, SegmentDescriptionV2{(*[segmentLenV2]byte)(b)}, int(offset))
			}
			if err != nil {
				return err
			}
		}
		at += length
	}
	return nil
}

func (r *Reader) checkV1() error {
	segments, lists := r.window(), r.window()
	first, err := r.description(&segments, 0)
	if err != nil {
		return err
	}
	last, err := r.description(&segments, r.n-1)
	if err == nil {
		err = r.v1.checkHeader(first, last, nil)
	}
	previous := first
	for i := 0; i < r.n && err == nil; i++ {
		var s SegmentDescriptionV1
		if s, err = r.description(&segments, i); err == nil {
			err = checkSegmentV1(i, r.n, previous, s)
		}
		previous = s
	}
	at := r.blocks
	for i := 0; i < r.n && err == nil; i++ {
		var s SegmentDescriptionV1
		var length int64
		if s, err = r.description(&segments, i); err != nil {
			break
		}
		if length, err = r.blockListLen(&lists, i, at); err == nil {
			err = r.v1.checkBlocks(i, r.n, s, int(length-4)/r.v1.dwHashAlgo.Size(), int(at), nil)
		}
		at += length
	}
	if err != nil {
		return err
	}
	return checkPadding(int(r.end), int(r.size-r.end))
}

// description returns the SegmentDescription of version 1.0 with index i.
func (r *Reader) description(w *window, i int) (SegmentDescriptionV1, error) {
	n := segmentLenV1(r.v1.dwHashAlgo.Size())
	b, err := w.bytes(v1HeaderLen+int64(i)*int64(n), int(n))
	return SegmentDescriptionV1{b}, err
}

// blockListLen returns the length of the i-th block list, which begins at an offset.
func (r *Reader) blockListLen(w *window, i int, at int64) (int64, error) {
	b, err := w.bytes(at, int(min(4, r.size-at)))
	if err != nil {
		return 0, err
	}
	var e Error
	length := blockListLen(b, uint64(r.size-at), r.v1.dwHashAlgo.Size(), i, int(at), &e)
	if length == 0 {
		return 0, failed(e)
	}
	return int64(length), nil
}

// chunkLen returns the length of the i-th chunk, which begins at an offset, with its
// header.
func (r *Reader) chunkLen(w *window, i int, at int64) (int64, error) {
	b, err := w.bytes(at, int(min(chunkHeaderLen, r.size-at)))
	if err != nil {
		return 0, err
	}
	var e Error
	length := chunkLen(b, uint64(r.size-at), i, int(at-v2HeaderLen), &e)
	if length == 0 {
		return 0, failed(e)
	}
	return int64(length), nil
}

// readerCursor is the segmentCursor of a Reader.
type readerCursor struct {
	*Reader
	segments, lists window // lists: block lists or headers of chunks
	index           int    // of the next segment
	at              int64  // of the next block list or segment of version 2.0
	chunk           int    // index of the next chunk
	chunkEnd        int64  // of the chunk at hand
	start           uint64 // of the next segment, in version 2.0
}

func (r *Reader) cursor() segmentCursor {
	c := &readerCursor{Reader: r, segments: r.window(), lists: r.window(), at: r.blocks}
	if !r.isV1() {
		c.at, c.chunkEnd, c.start = v2HeaderLen, v2HeaderLen, r.v2.UllStartInContent
	}
	return c
}

func (c *readerCursor) next() (Segment, error) {
	if c.index == c.n {
		return Segment{}, io.EOF
	}
	c.index++
	if c.isV1() {
		return c.nextV1()
	}
	if c.at == c.chunkEnd {
		length, err := c.chunkLen(&c.lists, c.chunk, c.at)
		if err != nil {
			return Segment{}, err
		}
		c.chunk, c.chunkEnd, c.at = c.chunk+1, c.at+length, c.at+chunkHeaderLen
	}
	b, err := c.segments.bytes(c.at, segmentLenV2)
	if err != nil {
		return Segment{}, err
	}
	s := SegmentDescriptionV2{(*[segmentLenV2]byte)(b)}.segment(c.start)
	c.at, c.start = c.at+segmentLenV2, c.start+uint64(s.Length)
	return s, nil
}

func (c *readerCursor) nextV1() (Segment, error) {
	s, err := c.description(&c.segments, c.index-1)
	if err != nil {
		return Segment{}, err
	}
	length, err := c.blockListLen(&c.lists, c.index-1, c.at)
	if err != nil {
		return Segment{}, err
	}
	h := c.v1.dwHashAlgo.Size()
	b, err := c.lists.bytes(c.at+4, int(min(length-4, (MaxBlocksV1+1)*int64(h))))
	if err != nil {
		return Segment{}, err
	}
	c.at += length
	return c.v1.segment(SegmentV1{s, SegmentContentBlocks{b, h}}), nil
}

// A window reads short parts of Content Information that follow each other closely.
type window struct {
	from io.ReaderAt
	size int64
	at   int64  // where b begins
	b    []byte // what was read last; it is never written again, for others keep parts of it
}

func (r *Reader) window() window { return window{from: r.from, size: r.size} }

// bytes returns n bytes at an offset.
func (w *window) bytes(at int64, n int) ([]byte, error) {
	const least = 16 << 10
	if at+int64(n) > w.size {
		return nil, io.ErrUnexpectedEOF
	}
	if at < w.at || at+int64(n) > w.at+int64(len(w.b)) {
		b := make([]byte, min(int64(max(n, least)), w.size-at))
		if read, err := w.from.ReadAt(b, at); read < len(b) {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		w.at, w.b = at, b
	}
	from := int(at - w.at)
	return w.b[from : from+n : from+n], nil
}
