package capture

// Between the same two ports there may be several connections: one after the
// other, one that somebody else's SYN or SYN-ACK seems to open, both sides of a
// device that rewrites sequence numbers. A segment belongs to the one whose
// numbers it continues.

const (
	// maxAhead is how far a number may be from those of its connection. What is
	// farther belongs to another one.
	maxAhead = 16 << 20

	// maxAfterEnd is the same after the end of a connection: its ports may be in
	// use again.
	maxAfterEnd = 1 << 20

	// maxSiblings is how many connections between the same ports are followed.
	maxSiblings = 8
)

// distance is how far seq is from the numbers that this direction is at, -1 if
// too far.
func (h *halfConn) distance(seq uint32) int64 {
	if !h.known {
		return maxAhead
	}
	off := h.offset(seq)
	reached := max(h.next, h.acked)
	if n := len(h.queue.list); n > 0 && h.synced {
		reached = max(reached, h.queue.list[n-1].end())
	}
	d := max(h.next-off, off-reached, 0)
	if d > maxAhead {
		return -1
	}
	return d
}

// distance is how far a segment is from what both directions are at, -1 if it
// cannot belong to the connection.
func (c *conn) distance(from int, s *segment) int64 {
	h := &c.halves[from]
	d := h.distance(s.seq)
	if d >= 0 && s.flags&flagACK != 0 {
		n := c.halves[1-from].distance(s.ack)
		if n < 0 {
			return -1
		}
		d += n
	}
	if d > maxAfterEnd && c.list == &c.r.closed {
		return -1
	}
	return d
}

// outside reports whether a segment is before the beginning of its direction or
// behind its end, so that another connection is the better choice.
func (h *halfConn) outside(seq uint32) bool {
	if !h.synced {
		return false
	}
	off := h.offset(seq)
	return !h.joinedMidStream && off < h.origin-1 || off > h.fin+1
}

// precedes reports whether a segment begins a message before all that the capture
// seemed to begin with: it may be one of the other side of a device.
func (h *halfConn) precedes(s *segment) bool {
	if !h.joinedMidStream || len(s.data) == 0 {
		return false
	}
	return h.offset(s.seq) < h.origin && IsHTTP(s.data)
}

// choose returns the connection that a segment belongs to, one of those between
// its ports or a new one; nil if it belongs to none and says nothing.
func (r *Reader) choose(e *endpoints, from int, s *segment) *conn {
	newest := r.conns[*e]
	var best *conn
	var least int64
	for c := newest; c != nil; c = c.older {
		if s.opens() {
			if c.opens(from, s) {
				return c
			}
			continue
		}
		d := c.distance(from, s)
		if d < 0 || c.halves[from].precedes(s) {
			continue
		}
		if c.halves[from].outside(s.seq) {
			d += 4 * maxAhead
		}
		if best == nil || d < least {
			best, least = c, d
		}
	}
	switch {
	case best != nil:
		return best
	case s.opens():
	case len(s.data)+s.cut == 0 || s.flags&flagRST != 0:
		return nil
	default:
		if h := &newest.halves[from]; newest.older == nil && h.synced && h.offset(s.seq) == h.next && newest.list != &r.closed {
			s.flags &^= flagACK // some programs that write captures do not count acknowledgements
			return newest
		}
		for c := newest; c != nil; c = c.older {
			if c.jump.frame == 0 && c.list == &r.live {
				c.jump = r.now
			}
		}
	}
	return r.newConn(e)
}

// opens reports whether a segment is the first of a direction.
func (s *segment) opens() bool { return s.flags&(flagSYN|flagRST) == flagSYN }

// opens reports whether a SYN of the end numbered from can be the one of this
// connection, perhaps captured late.
func (c *conn) opens(from int, s *segment) bool {
	h, peer := &c.halves[from], &c.halves[1-from]
	off := h.offset(s.seq + 1)
	near := func(first int64) bool { return first >= off && first-off <= maxQueued }
	hasAck := s.flags&flagACK != 0
	switch {
	case h.synced:
		if off != h.origin && !(h.joinedMidStream && near(h.origin)) {
			return false
		}
	case len(h.queue.list) > 0:
		if !near(h.queue.list[0].off) {
			return false
		}
	case c.fed && !(hasAck && peer.synced):
		return false
	}
	if !hasAck || !peer.synced {
		return true
	}
	ack := peer.offset(s.ack)
	return ack >= peer.origin && ack <= max(peer.next, peer.acked) ||
		peer.joinedMidStream && ack < peer.origin && peer.origin-ack <= maxQueued
}

// continues reports whether a segment goes on behind the end of a connection that
// has been closed: what ended it was not obeyed.
func (c *conn) continues(from int, s *segment) bool {
	h := &c.halves[from]
	if c.ignored || s.flags&(flagSYN|flagRST) != 0 || !h.synced {
		return false
	}
	p := queuedSegment{off: h.offset(s.seq), data: s.data, cut: s.cut}
	return p.end() > h.next && !h.isProbe(&p)
}

// isProbe reports a keep-alive probe after the end: one byte in the place of the
// FIN.
func (h *halfConn) isProbe(p *queuedSegment) bool {
	return p.off == h.fin && p.end() == p.off+1
}

// reopen makes a closed connection go on.
func (r *Reader) reopen(c *conn) {
	for i := range c.halves {
		h := &c.halves[i]
		h.joinedMidStream = true
		h.ended = h.fin != noFin
		h.finish = finish{}
	}
	c.moveTo(&r.live)
}

// link makes c the newest connection between its ports. If there are too many
// of them, one that has ended, or said nothing, or else the oldest gives way.
func (r *Reader) link(c *conn) {
	older := r.conns[c.ends]
	r.conns[c.ends] = c
	if older == nil {
		return
	}
	c.older, c.shared = older, true
	var oldest, silent, over *conn
	n := 0
	for x := older; x != nil; x = x.older {
		x.shared = true
		n++
		oldest = x
		if !x.fed {
			silent = x
		}
		if x.list == &r.closed {
			over = x
		}
	}
	if n >= maxSiblings {
		for _, x := range [...]*conn{over, silent, oldest} {
			if x != nil {
				r.end(x, evicted)
				r.remove(x)
				return
			}
		}
	}
}

// unlink is the opposite of link.
func (r *Reader) unlink(c *conn) {
	newest := r.conns[c.ends]
	switch {
	case newest == c && c.older == nil:
		delete(r.conns, c.ends)
	case newest == c:
		r.conns[c.ends] = c.older
	default:
		for x := newest; x != nil; x = x.older {
			if x.older == c {
				x.older = c.older
			}
		}
	}
	c.older = nil
}
