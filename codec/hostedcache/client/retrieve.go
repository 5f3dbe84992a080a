package client

import (
	"context"
	"errors"
	"io"
	"math"

	"github.com/hostedcache/pchc/codec/hostedcache/internal/exchange"
	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/pccrc"
)

// Retrieved says what came of Retrieve.
type Retrieved struct {
	Bytes uint64 // of the content range that were written
	// Wrong is how many bytes of the range came in blocks without the right length or
	// hash. They are missing, too.
	Wrong uint64
	// Missing is what of the content range is to be had from the content server, in
	// order.
	Missing []pccrc.Range
}

// Retrieve retrieves the content range that info describes from the hosted cache, and
// writes what it verified to w, at its offset in the content. What the hosted cache does
// not have is no error. After an error, all the rest is missing; it is pccrc.ErrSegments
// for Content Information that no content can match. The block lists of version 1.0 must
// begin with the first block of the segment.
func (c *Client) Retrieve(ctx context.Context, info pccrc.ContentInformation, w io.WriterAt) (Retrieved, error) {
	a, done := c.asker(c.Timeout)
	defer done()
	r := retrieving{Asker: a, ctx: ctx, url: c.HTTP + pccrr.Path, w: w, whole: info.Range()}
	end, ok := endOf(info)
	if !ok {
		return Retrieved{Missing: []pccrc.Range{r.whole}}, pccrc.ErrSegments
	}
	var batch []pccrc.Segment
	for i, s := range info.Segments() {
		const most = 128 // segments that are asked for at once
		if batch = append(batch, s); len(batch) == most || i == info.Len()-1 {
			for i, there := range r.segments(batch) {
				r.segment(batch[i], there)
			}
			batch = batch[:0]
		}
	}
	if whole := r.whole.Start + r.whole.Length; whole > end { // no segment has that
		r.missing(pccrc.Range{Start: max(end, r.whole.Start), Length: whole - max(end, r.whole.Start)})
	}
	return r.result, r.err
}

// endOf returns where the last segment ends. ok is false unless they follow each other
// and have no more blocks than segments have.
func endOf(info pccrc.ContentInformation) (end uint64, ok bool) {
	for i, s := range info.Segments() {
		if i > 0 && s.Start != end || s.Start > math.MaxInt64-uint64(s.Length) || s.Length == 0 || s.BlockSize == 0 ||
			(uint64(s.Length)-1)/uint64(s.BlockSize) >= pccrr.MaxBlocks {
			return 0, false
		}
		end = s.Start + uint64(s.Length)
	}
	r := info.Range()
	return end, r.Length <= math.MaxInt64 && r.Start <= math.MaxInt64-r.Length
}

// retrieving is a Retrieve under way.
type retrieving struct {
	*exchange.Asker
	ctx    context.Context
	url    string
	w      io.WriterAt
	whole  pccrc.Range
	result Retrieved
	err    error // after which nothing is asked for
	plain  []byte
}

// segments returns which segments the hosted cache has. Of version 1.0 the block lists
// will tell.
func (r *retrieving) segments(all []pccrc.Segment) []bool {
	there := make([]bool, len(all))
	if all[0].HashAlgorithm() != pccrc.TruncatedSHA512 {
		for i := range there {
			there[i] = true
		}
	} else if r.err == nil {
		ids := make([][]byte, len(all))
		for i, s := range all {
			ids[i] = s.AppendHoHoDk(nil)
		}
		var has []bool
		if has, r.err = r.GetSegments(r.ctx, r.url, ids); r.err == nil {
			there = has
		}
	}
	return there
}

// segment retrieves those blocks of a segment that are in the content range.
func (r *retrieving) segment(s pccrc.Segment, there bool) {
	n := (uint64(s.Length) + uint64(s.BlockSize) - 1) / uint64(s.BlockSize)
	var needed, has pccrr.BlockSet
	for i := range uint32(n) {
		if _, hashed := pccrr.InfoOf(s, i); hashed && r.block(s, i).Length > 0 {
			needed.Add(i)
		}
	}
	id := s.AppendHoHoDk(nil)
	if there && r.err == nil {
		has, r.err = r.Available(r.ctx, r.url, id, needed)
	}
	for i := range uint32(n) {
		if part := r.block(s, i); part.Length > 0 && !(r.err == nil && has.Has(i) && r.get(s, id, i, part)) {
			r.missing(part)
		}
	}
}

// block returns which part of the content range is in a block.
func (r *retrieving) block(s pccrc.Segment, index uint32) pccrc.Range {
	at := uint64(index) * uint64(s.BlockSize)
	start := max(s.Start+at, r.whole.Start)
	end := min(s.Start+min(at+uint64(s.BlockSize), uint64(s.Length)), r.whole.Start+r.whole.Length)
	return pccrc.Range{Start: start, Length: max(end, start) - start}
}

// get retrieves one block, and writes the part of it that is in the content range.
func (r *retrieving) get(s pccrc.Segment, id []byte, index uint32, part pccrc.Range) bool {
	m, err := r.GetBlock(r.ctx, r.url, id, index)
	if err != nil {
		if !errors.Is(err, pccrr.ErrNoBlock) {
			r.err = err
		}
		return false
	}
	info, _ := pccrr.InfoOf(s, index)
	if r.plain, err = m.AppendVerified(r.plain[:0], info); err != nil {
		r.result.Wrong += part.Length
		return false
	}
	skip := part.Start - (s.Start + uint64(index)*uint64(s.BlockSize))
	if _, r.err = r.w.WriteAt(r.plain[skip:skip+part.Length], int64(part.Start)); r.err != nil {
		return false
	}
	r.result.Bytes += part.Length
	return true
}

// missing notes what was not retrieved.
func (r *retrieving) missing(part pccrc.Range) {
	if last := len(r.result.Missing) - 1; last >= 0 && r.result.Missing[last].Start+r.result.Missing[last].Length == part.Start {
		r.result.Missing[last].Length += part.Length
	} else if part.Length > 0 {
		r.result.Missing = append(r.result.Missing, part)
	}
}
