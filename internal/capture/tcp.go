package capture

import "bytes"

// halfConn is one direction of a connection: the bytes that one end sends. Its
// bytes are counted by offsets, which do not wrap around.
type halfConn struct {
	seen            bool         // some frame from this end was captured
	awaited         bool         // so that bytes of it which the other end has are expected to come
	known           bool         // base is known
	synced          bool         // next is known
	joinedMidStream bool         // the capture does not have the beginning
	ended           bool         // there is nothing more to pass on
	base            uint32       // sequence number of offset 0
	origin          int64        // offset of the first byte to pass on
	next            int64        // offset of the next byte to pass on
	acked           int64        // offset up to which the other end has received
	top             int64        // the highest offset of a packet, be it without data
	fin             int64        // offset after the last byte, or noFin
	finAt           stamp        // of the frame that ended it
	finish          finish       // how this end finished the connection
	queue           segmentQueue // segments after next; while not synced, all segments
	runs            []run        // the segments passed on last, where MS-PCHC is spoken
	oldest          int          // of them, once there are maxRuns
	http            framer
}

// noFin is an end that is not known: behind every offset.
const noFin = 1 << 62

const (
	// reorderWindow is how many frames of its connection a byte may come too
	// late: after its acknowledgement, or after a response to it.
	reorderWindow = 128

	// What one direction may queue before missing bytes are declared lost.
	maxQueued         = 2 << 20
	maxQueuedSegments = 2048
)

// offset of a sequence number: the one nearest to the next byte.
func (h *halfConn) offset(seq uint32) int64 {
	return h.next + int64(int32(seq-h.base-uint32(h.next)))
}

// know counts from seq, unless it is known what is counted from. No offset
// becomes negative: the sequence numbers before seq have some, too.
func (h *halfConn) know(seq uint32) {
	const middle = 1 << 31
	if !h.known {
		h.known, h.base, h.next = true, seq-middle, middle
	}
}

func (h *halfConn) sync(off int64, joinedMidStream bool) {
	if !h.synced {
		h.synced, h.joinedMidStream, h.origin, h.next, h.acked = true, joinedMidStream, off, off, off
	}
}

// segment takes one segment that the end numbered from sent.
func (r *Reader) segment(e *endpoints, from int, s *segment) {
	for r.closing.n > 0 && r.now.frame-r.closing.front.endedAt > closingFrames {
		r.close(r.closing.front)
	}
	c := r.connection(e, from, s)
	if c == nil {
		return
	}
	h, peer := &c.halves[from], &c.halves[1-from]
	h.seen, h.awaited = true, true
	c.newest = r.now.frame
	c.noteFinish(from, s)
	seq, hasAck := s.seq, s.flags&flagACK != 0
	if s.flags&flagRST != 0 {
		// Its numbers may be made up, and its receiver need not obey it.
		if hasAck && h.known {
			peer.acknowledge(s.ack)
		}
		c.reset = true
		c.flush()
		r.watch(c)
		return
	}
	if s.opens() {
		seq++
		h.know(seq)
		h.sync(h.offset(seq), false)
		c.opener = int8(from)
		if c.opened.frame == 0 {
			c.opened = r.now
		}
		if hasAck {
			c.opener = int8(1 - from)
			peer.know(s.ack)
			peer.sync(peer.offset(s.ack), false)
			peer.awaited = true // its SYN was not captured, or comes late
		}
	}
	h.know(seq)
	if hasAck {
		peer.know(s.ack)
		peer.acknowledge(s.ack)
	}
	var p queuedSegment // field by field, which is faster than a literal
	p.off, p.data, p.cut, p.ack, p.hasAck, p.at = h.offset(seq), s.data, s.cut, s.ack, hasAck, r.now
	p.captured, p.wire = r.captured, r.wire
	end := p.end()
	if end > p.off {
		if end > h.fin && !h.isProbe(&p) {
			c.disobey(h, &p)
		}
		if c.reset && (!h.synced || end > h.next) {
			c.reset = false
		}
		if c.list == &r.closing && !c.reset && (h.fin == noFin || peer.fin == noFin) {
			c.moveTo(&r.live)
		}
		if c.tls {
			c.refusal(from, s.data)
		}
		if !c.ignored {
			c.take(from, &p)
		}
	}
	if s.flags&flagFIN != 0 && (!h.synced || end >= h.next) && end < h.fin && !h.queue.passes(end+1) {
		h.fin, h.finAt = end, r.now
	}
	if len(h.queue.list) > 0 || len(peer.queue.list) > 0 || h.fin != noFin {
		c.flush()
	}
	r.watch(c)
	if r.pool.used > r.options.MaxBuffered {
		r.evict(c)
	}
}

// disobey takes note that bytes come in the place of a FIN or behind it: it was
// somebody else's, or not the end.
func (c *conn) disobey(h *halfConn, p *queuedSegment) {
	if h.next == h.fin && p.off == h.fin+1 {
		h.next++ // FIN counts as a byte
	}
	h.fin, h.ended = noFin, false
}

// acknowledge notes that the other end has everything before seq. It returns
// how much of that has not been passed on.
func (h *halfConn) acknowledge(seq uint32) (missing int64) {
	off := min(h.offset(seq), h.fin) // FIN counts as a byte
	if h.synced && off > h.acked {
		h.acked = off
	}
	return off - h.next
}

// take passes p on if it is next, and otherwise keeps it.
func (c *conn) take(from int, p *queuedSegment) {
	h := &c.halves[from]
	if !h.synced {
		c.join(h, p)
	}
	switch {
	case h.synced && p.end() <= h.next: // has been
		if !h.repeats(p) {
			c.differ(from, &p.at)
		}
	case p.off >= h.fin: // a probe
	case h.synced && len(h.queue.list) == 0 && p.off <= h.next && !c.acksUnseen(from, p):
		c.pass(from, *p)
	default:
		if same := h.queue.insert(&c.r.pool, *p); !same || !h.repeats(p) {
			c.differ(from, &p.at)
		}
	}
}

// join begins with a request where the capture began in the middle of a connection,
// here or with what waits.
func (c *conn) join(h *halfConn, p *queuedSegment) {
	start := bytes.TrimLeft(p.data, "\r\n")
	waiting := h.queue.list
	if !startsRequest(start) || c.r.options.Excerpt && len(waiting) > 0 {
		return
	}
	first := p.off
	if len(waiting) > 0 {
		first = min(first, waiting[0].off)
	}
	if h.next < first-1 && !c.r.options.Excerpt {
		first = h.next // a number that came before shows that there is more; one byte may be a probe
	}
	h.sync(first, true)
	c.within = !c.r.options.Excerpt
	c.presumed = len(start) < len(p.data) // empty lines end the request before: that was answered if the client waits
}

// acksUnseen reports whether p acknowledges bytes of the other end that have
// not been passed on, though that end is captured.
func (c *conn) acksUnseen(from int, p *queuedSegment) bool {
	h, peer := &c.halves[from], &c.halves[1-from]
	if !p.hasAck {
		return false
	}
	if !peer.synced {
		// The sender had everything before this from the other end: what that
		// end sends next is still to come.
		off := peer.offset(p.ack)
		if len(peer.queue.list) > 0 {
			off = min(off, peer.queue.list[0].off)
		}
		peer.sync(off, h.joinedMidStream || c.r.options.Excerpt)
	}
	missing := peer.acknowledge(p.ack)
	if missing > 0 && !peer.awaited && h.http.role == responses && (peer.http.phase != inBody || peer.http.left < missing) {
		c.requestsLost() // or they come later still: this may answer one that has not been seen
	}
	return missing > 0 && peer.awaited
}

// pass passes on the new bytes in p.
func (c *conn) pass(from int, p queuedSegment) {
	h := &c.halves[from]
	if p.off < h.next && !h.repeats(&p) {
		c.differ(from, &p.at)
	}
	p.from(h.next)
	c.fed = true
	h.next = p.end()
	if c.sealed == nil {
		c.bytes(from, p.data, &p.at)
	}
	if c.exchanges.ours && p.cut == 0 {
		h.remember(&p)
	}
	if p.cut > 0 {
		c.cutStart(from)
		c.gap(from, int64(p.cut), &p.at, p.frame())
	}
}

// drain passes on all that is held and whose turn has come.
func (c *conn) drain() (progress bool) {
	for again := true; again; {
		again = false
		for i := range c.halves {
			h := &c.halves[i]
			n := 0
			for ; h.synced && n < len(h.queue.list); n++ {
				p := &h.queue.list[n]
				if p.end() <= h.next {
					if !h.repeats(p) {
						c.differ(i, &p.at)
					}
					continue
				}
				if p.off > h.next || c.acksUnseen(i, p) {
					break
				}
				c.pass(i, *p)
			}
			if n > 0 {
				h.queue.drop(&c.r.pool, n)
				again, progress = true, true
			}
			if h.synced && h.next >= h.fin && !h.ended && !h.http.within() {
				h.ended = true
				at := &c.r.now
				if h.http.role == requests {
					at = &h.finAt // its response has seen it whole
				}
				c.endOf(i, ended, at)
			}
		}
		if !again && c.circle() {
			i := c.requestsFirst()[0]
			if c.halves[i].http.role == unknown && c.opener >= 0 {
				i = int(c.opener)
			}
			h := &c.halves[i]
			c.exchanges.lostAnswered = false // which of the two repeats what was sent before is not known
			c.pass(i, h.queue.list[0])
			h.queue.drop(&c.r.pool, 1)
			again, progress = true, true
		}
	}
	return progress
}

// circle reports whether each direction has bytes ready that acknowledge those of
// the other: a retransmission acknowledges all that its end has by then, also the
// response to the bytes that it repeats.
func (c *conn) circle() bool {
	for i := range c.halves {
		if h := &c.halves[i]; !h.synced || len(h.queue.list) == 0 || h.queue.list[0].off > h.next {
			return false
		}
	}
	return true
}

// flush passes on what a segment has completed, and declares lost what has not
// come in time.
func (c *conn) flush() {
	if c.drain() {
		c.stall = 0
	}
	if i, _ := c.stalled(false); i < 0 {
		c.stall = 0
	} else {
		c.stall++
	}
	for {
		full := c.halves[0].full() || c.halves[1].full()
		if !full && c.stall <= reorderWindow || !c.declareLost(full) {
			break
		}
		if c.drain() {
			c.stall = 0
		}
	}
	if c.ignored {
		c.release()
	}
	a, b := &c.halves[0], &c.halves[1]
	if !c.reset && (a.goesOn() || b.goesOn()) {
		return
	}
	missing := !a.seen || !b.seen || len(a.queue.list) > 0 || len(b.queue.list) > 0 || a.fin > a.next || b.fin > b.next ||
		c.reset || // earlier data may still arrive
		c.unfinished()
	if !missing || c.ignored {
		c.r.close(c)
	} else if c.list == &c.r.live {
		c.endedAt = c.r.now.frame
		c.moveTo(&c.r.closing)
	}
}

// goesOn reports whether more bytes follow than those known to be missing.
func (h *halfConn) goesOn() bool { return h.seen && (h.fin == noFin || !h.synced) }

func (h *halfConn) full() bool {
	return h.queue.cost > maxQueued || len(h.queue.list) > maxQueuedSegments
}

// stalled returns the direction in which bytes hold up others, and the offset
// up to which waiting is useless; -1 if there is none. Without all, only
// those count that the other end has, or before whose beginning the capture
// began.
func (c *conn) stalled(all bool) (which int, to int64) {
	which = -1
	var first int64 // the frame that waits: of two, the earlier
	for i := range c.halves {
		h := &c.halves[i]
		waiting := h.queue.list
		if len(waiting) == 0 {
			waiting = c.halves[1-i].queue.list
		}
		if len(waiting) == 0 || !h.synced && len(h.queue.list) == 0 {
			continue
		}
		off := h.acked
		switch {
		case !h.synced:
			off = h.queue.list[0].off
		case len(h.queue.list) == 0 && !h.awaited:
			continue
		case len(h.queue.list) > 0 && (all || off > h.queue.list[0].off):
			off = h.queue.list[0].off
		}
		off = min(off, h.fin)
		if h.synced && off <= h.next {
			continue
		}
		if at := waiting[0].at.frame; which < 0 || at < first {
			which, to, first = i, off, at
		}
	}
	return which, to
}

// declareLost stops waiting for the bytes that stall the connection.
func (c *conn) declareLost(all bool) bool {
	i, to := c.stalled(all)
	if i < 0 {
		return false
	}
	h, peer := &c.halves[i], &c.halves[1-i]
	switch {
	case c.rescue(i, to):
	case !h.synced:
		h.sync(to, true)
	case len(h.queue.list) == 0:
		h.awaited = false // the other end has what we have not; what comes next will show how much it is
	default:
		if len(peer.queue.list) > 0 {
			// What the other end sent when it had only a part of this comes in
			// between.
			if p := &peer.queue.list[0]; p.hasAck && h.offset(p.ack) > h.next {
				to = min(to, h.offset(p.ack))
			}
		}
		c.gapTo(i, to, &h.queue.list[0].at)
	}
	return true
}

// gapTo declares the bytes before to lost.
func (c *conn) gapTo(i int, to int64, at *stamp) {
	h := &c.halves[i]
	n := to - h.next
	h.next = to
	c.gap(i, n, at, cutFrame{})
}
