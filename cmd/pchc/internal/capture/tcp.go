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

// opens reports whether a SYN of the end numbered from can be the one of this connection.
func (c *conn) opens(from int, s *segment) bool {
	h, peer := &c.half[from], &c.half[1-from]
	off := h.offset(s.seq + 1)
	switch {
	case h.synced:
		return off == h.origin
	case len(h.held.list) > 0:
		before := h.held.list[0].off - off
		return before >= 0 && before <= maxHeld
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
		c.reset, c.resetAck = true, hasAck
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
		start := peer.offset(p.ack)
		if len(peer.held.list) > 0 {
			start = min(start, peer.held.list[0].off)
		}
		peer.sync(start, h.midway)
	}
	missing := peer.acknowledge(p.ack)
	if peer.fin == peer.next {
		missing-- // FIN counts as a byte
	}
	return missing > 0 && peer.seen
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
	if !c.reset && (a.fin < 0 && a.seen || b.fin < 0 && b.seen) {
		return
	}
	missing := len(a.held.list) > 0 || len(b.held.list) > 0 || a.fin > a.next || b.fin > b.next ||
		c.reset && (!c.resetAck || a.acked > a.next || b.acked > b.next)
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
		case len(waiting) > 0 && h.seen:
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
	h, peer := &c.half[i], &c.half[1-i]
	if len(peer.held.list) > 0 && h.synced {
		// What the other end sent when it had only a part of this comes in between.
		if p := &peer.held.list[0]; p.hasAck && h.offset(p.ack) > h.next {
			to = min(to, h.offset(p.ack))
		}
	}
	missing := to - h.next
	switch {
	case !h.synced:
		h.sync(to, true)
	case missing > maxAhead && to > h.acked && len(h.held.list) < few:
		h.held.clear(&c.r.pool) // stragglers from another connection
		h.fin = -1
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
