package capture

// half is what one end of a connection sends. Its bytes are counted by offsets, which do not wrap around.
type half struct {
	seen   bool   // some frame from this end was captured
	known  bool   // base is known
	synced bool   // next is known
	midway bool   // the capture does not have the beginning
	ended  bool   // there is nothing more to pass on
	base   uint32 // sequence number of offset 0
	origin int64  // offset of the first byte to pass on
	next   int64  // offset of the next byte to pass on
	acked  int64  // offset up to which the other end has received
	fin    int64  // offset behind the last byte, -1 unknown
	held   pieces // what lies behind next; while not synced, anything
	http   framer
}

const (
	// patience is how many frames of its connection a byte may come too late: behind its acknowledgement, or behind
	// an answer to it.
	patience = 32

	// What one direction may hold before it gives up waiting.
	maxHeld       = 2 << 20
	maxHeldPieces = 2048

	// maxAhead is how far an acknowledgement may be ahead of what was captured and yet be believed. Frames that
	// straggle in from an earlier connection of the same ports are seldom that near.
	maxAhead = 16 << 20
)

// offset of a sequence number: the one nearest to the next byte.
func (h *half) offset(seq uint32) int64 {
	return h.next + int64(int32(seq-h.base-uint32(h.next)))
}

func (h *half) know(seq uint32) {
	if !h.known {
		h.known, h.base = true, seq
	}
}

func (h *half) sync(off int64, midway bool) {
	if !h.synced {
		h.synced, h.midway, h.origin, h.next, h.acked = true, midway, off, off, off
	}
}

// mayStartAt reports whether a SYN with seq behind it can be that of this direction. fed tells whether the connection
// has passed on any byte.
func (h *half) mayStartAt(seq uint32, fed bool) bool {
	switch {
	case h.synced:
		return h.offset(seq) == h.origin
	case len(h.held.list) > 0:
		before := h.held.list[0].off - h.offset(seq)
		return before >= 0 && before <= maxHeld
	}
	return !fed
}

// segment takes one segment that the end numbered from sent.
func (r *reader) segment(e *endpoints, from int, s *segment) {
	for r.closing.n > 0 && r.now.frame-r.closing.front.endedAt > closingFrames {
		r.close(r.closing.front)
	}
	c := r.connection(e, from, s)
	if c == nil {
		return
	}
	h, peer := &c.half[from], &c.half[1-from]
	h.seen = true
	seq, hasAck := s.seq, s.flags&flagACK != 0
	if s.flags&flagSYN != 0 {
		seq++
		h.know(seq)
		h.sync(h.offset(seq), false)
		c.opener = int8(from)
		if hasAck {
			c.opener = int8(1 - from)
			peer.know(s.ack)
			peer.sync(peer.offset(s.ack), false)
		}
	}
	h.know(seq)
	if hasAck {
		peer.acknowledge(s.ack)
	}
	p := piece{off: h.offset(seq), data: s.data, cut: s.cut, ack: s.ack, hasAck: hasAck, at: r.now}
	end := p.end()
	if s.flags&(flagFIN|flagRST) != 0 && h.fin < 0 && (!h.synced || end >= h.next) {
		h.fin = end
	}
	if s.flags&flagRST != 0 {
		c.reset = true
	}
	if end > p.off && !c.ignored {
		c.take(from, &p)
	}
	if len(h.held.list) > 0 || len(peer.held.list) > 0 || h.fin >= 0 || peer.fin >= 0 || c.reset {
		c.settle()
	}
	if r.pool.used > r.options.MaxBuffered {
		r.relieve(c)
	}
}

// acknowledge notes that the other end has everything before seq.
func (h *half) acknowledge(seq uint32) {
	if off := h.offset(seq); h.synced && off > h.acked && off-h.next <= maxAhead {
		h.acked = off
	}
}

// take passes p on if its turn has come, and else keeps it.
func (c *conn) take(from int, p *piece) {
	h := &c.half[from]
	if !h.synced && startsRequest(p.data) {
		// The capture began in the middle of the connection: reading can begin here.
		if len(h.held.list) > 0 {
			h.http.skipped += max(p.off-h.held.list[0].off, 0)
		}
		h.sync(p.off, true)
	}
	if h.synced && len(h.held.list) == 0 && p.off <= h.next && !c.early(from, p) {
		c.pass(from, *p)
		return
	}
	if p.end() > h.next || !h.synced {
		h.held.insert(&c.r.pool, *p)
	}
}

// early reports whether p acknowledges bytes of the other end that have not been passed on, though that end is captured.
func (c *conn) early(from int, p *piece) bool {
	peer := &c.half[1-from]
	if !p.hasAck || !peer.synced || !peer.seen {
		return false
	}
	peer.acknowledge(p.ack)
	missing := peer.offset(p.ack) - peer.next
	if peer.fin == peer.next {
		missing-- // FIN counts as a byte
	}
	return missing > 0 && missing <= maxAhead
}

// pass hands on what is new in p.
func (c *conn) pass(from int, p piece) {
	h, peer := &c.half[from], &c.half[1-from]
	p.from(h.next)
	if p.end() <= h.next {
		return
	}
	c.fed = true
	if !peer.synced && p.hasAck {
		// The sender had everything before this from the other end: what that end sends next is still to come.
		peer.know(p.ack)
		start := peer.offset(p.ack)
		if len(peer.held.list) > 0 {
			start = min(start, peer.held.list[0].off)
		}
		peer.sync(start, h.midway)
	}
	h.next = p.end()
	c.bytes(from, p.data, &p.at)
	if p.cut > 0 {
		c.gap(from, int64(p.cut), &p.at)
	}
}

// drain passes on all that is held and whose turn has come.
func (c *conn) drain() (progress bool) {
	for again := true; again; {
		again = false
		for i := range c.half {
			h := &c.half[i]
			n := 0
			for h.synced && n < len(h.held.list) && h.held.list[n].off <= h.next && !c.early(i, &h.held.list[n]) {
				c.pass(i, h.held.list[n])
				n++
			}
			if n > 0 {
				h.held.drop(&c.r.pool, n)
				again, progress = true, true
			}
			if h.synced && h.fin >= 0 && h.next >= h.fin && !h.ended {
				h.ended = true
				c.endOf(i, ended, &c.r.now)
			}
		}
	}
	return progress
}

// settle does what a segment has made possible, and gives up waiting for what is overdue.
func (c *conn) settle() {
	if c.drain() {
		c.stall = 0
	}
	if i, _ := c.overdue(false); i < 0 {
		c.stall = 0
	} else {
		c.stall++
	}
	for {
		full := c.half[0].full() || c.half[1].full()
		if !full && c.stall <= patience || !c.giveUp(full) {
			break
		}
		if c.drain() {
			c.stall = 0
		}
	}
	if c.ignored {
		c.release()
	}
	a, b := &c.half[0], &c.half[1]
	if !c.reset && (a.fin < 0 && a.seen || b.fin < 0 && b.seen) {
		return
	}
	missing := len(a.held.list) > 0 || len(b.held.list) > 0 || a.fin > a.next || b.fin > b.next
	if !missing || c.ignored {
		c.r.close(c)
	} else if c.list == &c.r.live {
		c.endedAt = c.r.now.frame
		c.moveTo(&c.r.closing)
	}
}

func (h *half) full() bool { return h.held.cost > maxHeld || len(h.held.list) > maxHeldPieces }

// overdue returns the direction in which bytes hold up others, and the offset up to which waiting for them is vain;
// -1 if there is none. Without all, only bytes count that the other end has acknowledged, or whose beginning is unknown.
func (c *conn) overdue(all bool) (which int, to int64) {
	which = -1
	var first int64 // the frame that waits: of two, the earlier
	for i := range c.half {
		h := &c.half[i]
		waiting := h.held.list
		if len(waiting) == 0 {
			waiting = c.half[1-i].held.list
		}
		var frame, off int64
		if len(waiting) > 0 {
			frame = waiting[0].at.frame
		} else {
			frame = c.r.now.frame
		}
		switch {
		case !h.synced && len(h.held.list) == 0:
			continue
		case !h.synced:
			off = h.held.list[0].off
		case len(h.held.list) > 0 && (all || h.acked >= h.held.list[0].off):
			off = h.held.list[0].off
		case all && h.fin >= 0 && !c.reset:
			off = h.fin
		case len(waiting) > 0:
			off = h.acked
		}
		if h.fin >= 0 {
			off = min(off, h.fin)
		}
		if h.synced && off <= h.next {
			continue
		}
		if which < 0 || frame < first {
			which, to, first = i, off, frame
		}
	}
	return which, to
}

// giveUp stops waiting for what is overdue.
func (c *conn) giveUp(all bool) bool {
	i, to := c.overdue(all)
	if i < 0 {
		return false
	}
	h := &c.half[i]
	missing := to - h.next
	switch {
	case !h.synced:
		h.sync(to, true)
	case missing > maxAhead && to > h.acked && len(h.held.list) < 3:
		h.held.clear(&c.r.pool) // a straggler from another connection
	case missing == 1 && len(h.held.list) == 0:
		h.fin = h.next // FIN counts as a byte: it was that
	default:
		at := &c.r.now
		if len(h.held.list) > 0 {
			at = &h.held.list[0].at
		}
		h.next = to
		c.gap(i, missing, at)
	}
	return true
}

// end passes on what is left of a connection and tells what is missing.
func (r *reader) end(c *conn, why ending) {
	if c.list == &r.closed {
		return
	}
	for !c.ignored {
		c.drain()
		if !c.giveUp(true) {
			break
		}
	}
	if !c.ignored {
		for _, i := range c.requestsFirst() {
			if h := &c.half[i]; !h.ended {
				h.ended = true
				c.endOf(i, why, &r.now)
			}
		}
		c.endExchanges()
	}
	c.release()
}

// release gives back what is held.
func (c *conn) release() {
	for i := range c.half {
		c.half[i].held.clear(&c.r.pool)
		c.drop(&c.half[i].http.head)
		c.drop(&c.half[i].http.body)
	}
	for len(c.http.waiting) > 0 {
		c.shift()
	}
}

func (c *conn) holds() bool {
	for i := range c.half {
		if h := &c.half[i]; len(h.held.list) > 0 || len(h.http.head) > 0 || len(h.http.body) > 0 {
			return true
		}
	}
	return false
}
