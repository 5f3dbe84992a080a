package capture

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
)

// A segment may repeat bytes with other content: the first ones are read, but the
// receiver may have had the others. So of the newest segments of a connection with
// MS-PCHC a checksum is kept.

// maxRuns is how many segments of a direction are remembered.
const maxRuns = 32

// run is a segment that was passed on.
type run struct {
	off int64
	n   uint32
	sum uint32
}

var runSeed = maphash.MakeSeed()

// sumOf is a checksum of short segments and of a part of the bytes of long ones: all
// would take a tenth of the time in which a capture is read. A change of 32 bytes in a
// row, or of the first or last 8, is seen in any.
func sumOf(b []byte) uint32 {
	const whole, word, stride = 256, 8, 32
	if len(b) <= whole {
		return uint32(maphash.Bytes(runSeed, b))
	}
	sum := binary.LittleEndian.Uint64(b[len(b)-word:])
	for at := 0; at+word <= len(b); at += stride {
		sum += binary.LittleEndian.Uint64(b[at:]) * (0x9e3779b97f4a7c15 + uint64(at)) // odd, so that nothing is lost
	}
	return uint32(sum ^ sum>>32)
}

// remember keeps the checksum of a segment that is passed on.
func (h *halfConn) remember(p *queuedSegment) {
	if h.runs == nil {
		h.runs = make([]run, 0, maxRuns)
	}
	r := run{p.off, uint32(len(p.data)), sumOf(p.data)}
	if len(h.runs) < maxRuns {
		h.runs = append(h.runs, r)
		return
	}
	h.runs[h.oldest] = r
	h.oldest = (h.oldest + 1) % maxRuns
}

// repeats reports whether p agrees with the remembered segments that lie in it. A
// single byte is a keep-alive probe, whose content does not count.
func (h *halfConn) repeats(p *queuedSegment) bool {
	if len(p.data) < 2 {
		return true
	}
	for _, r := range h.runs {
		at := r.off - p.off
		if at >= 0 && at+int64(r.n) <= int64(len(p.data)) && sumOf(p.data[at:at+int64(r.n)]) != r.sum {
			return false
		}
	}
	return true
}

// agrees reports whether p has the same bytes as q where both have some.
func (p *queuedSegment) agrees(q *queuedSegment) bool {
	if len(p.data) < 2 || len(q.data) < 2 {
		return true
	}
	from := max(p.off, q.off)
	to := min(p.off+int64(len(p.data)), q.off+int64(len(q.data)))
	return from >= to || bytes.Equal(p.data[from-p.off:to-p.off], q.data[from-q.off:to-q.off])
}

// differ takes note that a segment of direction i repeats bytes with other content. It
// is reported once it is known that the connection carries MS-PCHC.
func (c *conn) differ(i int, at *stamp) {
	if !c.differs && c.exchanges.ours {
		c.problem(i, at, nil, "a segment repeats bytes that were captured before, with other content: the first are read, the receiver may have had the others")
	} else if !c.differs {
		c.differed, c.differing = *at, i
	}
	c.differs = c.differs || c.exchanges.ours
}

// endDiffer tells it at the end.
func (c *conn) endDiffer() {
	if c.differed.frame > 0 && c.exchanges.ours {
		c.differ(c.differing, &c.differed)
	}
}
