package capture

// half is what one end of a connection sends. Its bytes are counted by offsets, which do not wrap around.
type half struct {
	seen    bool   // some frame from this end was captured
	awaited bool   // so that bytes of it which the other end has are expected to come
	known   bool   // base is known
	synced  bool   // next is known
	midway  bool   // the capture does not have the beginning
	ended   bool   // there is nothing more to pass on
	base    uint32 // sequence number of offset 0
	origin  int64  // offset of the first byte to pass on
	next    int64  // offset of the next byte to pass on
	acked   int64  // offset up to which the other end has received
	fin     int64  // offset behind the last byte, -1 unknown
	held    pieces // what lies behind next; while not synced, anything
	http    framer
}

const (
	// patience is how many frames of its connection a byte may come too late: behind its acknowledgement, or behind
	// an answer to it.
	patience = 128

	// What one direction may hold before it gives up waiting.
	maxHeld       = 2 << 20
	maxHeldPieces = 2048

	// Frames may straggle in from an earlier connection between the same ports. What is ahead of the bytes captured
	// by more than maxAhead is believed only if there are a few of the kind.
	maxAhead = 16 << 20
	few      = 3
)

// offset of a sequence number: the one nearest to the next byte.
func (h *half) offset(seq uint32) int64 {
	return h.next + int64(int32(seq-h.base-uint32(h.next)))
}

// know counts from seq, unless it is known what is counted from. No offset becomes negative: the sequence numbers
// before seq have some, too.
func (h *half) know(seq uint32) {
	const middle = 1 << 31
	if !h.known {
		h.known, h.base, h.next = true, seq-middle, middle
	}
}

func (h *half) sync(off int64, midway bool) {
	if !h.synced {
		h.synced, h.midway, h.origin, h.next, h.acked = true, midway, off, off, off
	}
}

// opens reports whether a SYN of the end numbered from can be the one of this connection, perhaps captured late.
func (c *conn) opens(from int, s *segment) bool {
	h, peer := &c.half[from], &c.half[1-from]
	off := h.offset(s.seq + 1)
	near := func(first int64) bool { return first >= off && first-off <= maxHeld }
	switch {
	case h.synced:
		return off == h.origin || h.midway && near(h.origin)
	case len(h.held.list) > 0:
		return near(h.held.list[0].off)
	}
	ack := peer.offset(s.ack)
	return !c.fed || s.flags&flagACK != 0 && peer.synced && ack >= peer.origin && ack <= peer.next
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
	h.seen, h.awaited = true, true
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
			peer.awaited = true // its SYN was not captured, or comes late
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

// acknowledge notes that the other end has everything before seq. It returns how much of that has not been passed on.
func (h *half) acknowledge(seq uint32) (missing int64) {
	off := h.offset(seq)
	if n := len(h.held.list); off-h.next > maxAhead && (n < few || off > h.held.list[n-1].end()+maxAhead) {
		return 0 // not to be believed
	}
	if h.fin >= 0 {
		off = min(off, h.fin) // FIN counts as a byte
	}
	if h.synced && off > h.acked {
		h.acked = off
	}
	return off - h.next
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
	switch {
	case h.synced && p.end() <= h.next: // has been
	case h.fin >= 0 && p.off >= h.fin: // cannot be
	case h.synced && len(h.held.list) == 0 && p.off <= h.next && !c.early(from, p):
		c.pass(from, *p)
	default:
		h.held.insert(&c.r.pool, *p)
	}
}

// early reports whether p acknowledges bytes of the other end that have not been passed on, though that end is captured.
func (c *conn) early(from int, p *piece) bool {
	h, peer := &c.half[from], &c.half[1-from]
	if !p.hasAck {
		return false
	}
	if !peer.synced {
		// The sender had everything before this from the other end: what that end sends next is still to come.
		peer.know(p.ack)
		peer.sync(peer.offset(p.ack), h.midway)
	}
	missing := peer.acknowledge(p.ack)
	if missing > 0 && !peer.awaited && h.http.role == responses && (peer.http.phase != inBody || peer.http.left < missing) {
		c.requestsLost() // or they come later still: this may answer one that has not been seen
	}
	return missing > 0 && peer.awaited
}

// pass hands on what is new in p.
func (c *conn) pass(from int, p piece) {
	h := &c.half[from]
	p.from(h.next)
	c.fed = true
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
			for ; h.synced && n < len(h.held.list); n++ {
				p := &h.held.list[n]
				if p.end() <= h.next {
					continue
				}
				if p.off > h.next || c.early(i, p) {
					break
				}
				c.pass(i, *p)
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
	if !c.reset && (a.goesOn() || b.goesOn()) {
		return
	}
	missing := !a.seen || !b.seen || len(a.held.list) > 0 || len(b.held.list) > 0 || a.fin > a.next || b.fin > b.next ||
		c.reset // what was sent before may still come
	if !missing || c.ignored {
		c.r.close(c)
	} else if c.list == &c.r.live {
		c.endedAt = c.r.now.frame
		c.moveTo(&c.r.closing)
	}
}

// goesOn reports whether more is to come than what is known to be missing.
func (h *half) goesOn() bool { return h.seen && (h.fin < 0 || !h.synced) }

func (h *half) full() bool { return h.held.cost > maxHeld || len(h.held.list) > maxHeldPieces }

// overdue returns the direction in which bytes hold up others, and the offset up to which waiting for them is vain;
// -1 if there is none. Without all, only those count that the other end has, or before whose beginning the capture began.
func (c *conn) overdue(all bool) (which int, to int64) {
	which = -1
	var first int64 // the frame that waits: of two, the earlier
	for i := range c.half {
		h := &c.half[i]
		waiting := h.held.list
		if len(waiting) == 0 {
			waiting = c.half[1-i].held.list
		}
		if len(waiting) == 0 || !h.synced && len(h.held.list) == 0 {
			continue
		}
		off := h.acked
		switch {
		case !h.synced:
			off = h.held.list[0].off
		case len(h.held.list) == 0 && !h.awaited:
			continue
		case len(h.held.list) > 0 && (all || off > h.held.list[0].off):
			off = h.held.list[0].off
		}
		if h.fin >= 0 {
			off = min(off, h.fin)
		}
		if h.synced && off <= h.next {
			continue
		}
		if at := waiting[0].at.frame; which < 0 || at < first {
			which, to, first = i, off, at
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
	h, peer := &c.half[i], &c.half[1-i]
	switch {
	case !h.synced:
		h.sync(to, true)
	case len(h.held.list) == 0:
		h.awaited = false // the other end has what we have not; what comes next will show how much it is
	case to > h.acked && to-h.next > maxAhead && len(h.held.list) < few:
		h.held.clear(&c.r.pool) // stragglers from another connection
	default:
		if len(peer.held.list) > 0 {
			// What the other end sent when it had only a part of this comes in between.
			if p := &peer.held.list[0]; p.hasAck && h.offset(p.ack) > h.next {
				to = min(to, h.offset(p.ack))
			}
		}
		c.miss(i, to, &h.held.list[0].at)
	}
	return true
}

// miss declares lost what lies before to.
func (c *conn) miss(i int, to int64, at *stamp) {
	h := &c.half[i]
	n := to - h.next
	h.next = to
	c.gap(i, n, at)
}

// end passes on what is left of a connection and tells what is missing.
func (r *reader) end(c *conn, why ending) {
	if c.list == &r.closed {
		return
	}
	if !c.ignored {
		for more := true; more; more = c.giveUp(true) {
			c.drain()
		}
		for _, i := range c.requestsFirst() {
			h := &c.half[i]
			last := h.acked
			if h.fin >= 0 && (h.acked >= h.fin || h.fin-h.next <= maxAhead) && !c.reset {
				last = h.fin
			}
			if h.seen && last > h.next+1 { // one byte may be a FIN that was not captured
				c.miss(i, last, &r.now)
			}
			if !h.ended {
				h.ended = true
				c.endOf(i, why, nil)
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
	for len(c.exchanges.waiting) > 0 {
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
