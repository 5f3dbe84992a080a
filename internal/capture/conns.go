package capture

import "slices"

// conn is one TCP connection.
type conn struct {
	r      *Reader
	ends   endpoints
	halves [2]halfConn // what end 0 sends, what end 1 sends
	stream int

	stall   int   // frames since the last progress, while the connection is stalled
	fed     bool  // some bytes have been passed on
	opener  int8  // the end that opened it, -1 unknown
	reset   bool  // RST seen
	ignored bool  // does not carry HTTP: its bytes are not looked at
	bare    bool  // HTTP without packets
	mixed   bool  // and without directions: the messages of both ends in turn
	endedAt int64 // frame

	exchanges

	list       *connList
	prev, next *conn
}

// connList is a doubly linked list of connections. A connection is in one list
// at a time.
type connList struct {
	front, back *conn
	n           int
}

func (l *connList) push(c *conn) {
	c.list, c.prev, c.next = l, l.back, nil
	if l.back != nil {
		l.back.next = c
	} else {
		l.front = c
	}
	l.back = c
	l.n++
}

func (c *conn) unlink() {
	l := c.list
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		l.front = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	} else {
		l.back = c.prev
	}
	c.list, c.prev, c.next = nil, nil, nil
	l.n--
}

func (c *conn) moveTo(l *connList) {
	if l.back == c {
		return
	}
	c.unlink()
	l.push(c)
}

const (
	// maxClosed is how many closed connections are remembered at most, so that
	// retransmissions that come late do not count as new connections.
	maxClosed = 4096

	// closingFrames is for how many frames, of any connection, one that ended
	// with bytes missing waits for them.
	closingFrames = 4096
)

// connection finds the connection of a segment, or makes it. It returns nil for
// late packets after the end.
func (r *Reader) connection(e *endpoints, from int, s *segment) *conn {
	c := r.last
	if c == nil || c.ends != *e {
		c = r.conns[*e]
	}
	if c != nil && c.reused(from, s) {
		r.end(c, ended)
		r.remove(c)
		c = nil
	}
	switch {
	case c == nil:
		c = r.newConn(e)
	case c.list == &r.closed:
		return nil
	case c.list == &r.live:
		c.moveTo(&r.live)
	}
	r.last = c
	return c
}

// reused reports whether s begins another connection between the same ports
// than c.
func (c *conn) reused(from int, s *segment) bool {
	h := &c.halves[from]
	if s.flags&flagSYN != 0 {
		return !c.opens(from, s)
	}
	// Data far from where a connection ended: the opening of another was not
	// captured.
	far := h.next - h.offset(s.seq)
	return (c.list == &c.r.closed || c.reset) && len(s.data) > 0 && s.flags&flagRST == 0 && (far > 1<<20 || far < -1<<20)
}

func (r *Reader) newConn(e *endpoints) *conn {
	if r.live.n+r.closing.n >= r.options.MaxConnections {
		c := r.closing.front
		if c == nil {
			c = r.live.front
		}
		r.end(c, evicted)
		r.remove(c)
	}
	var c *conn
	if n := len(r.spare); n > 0 {
		c = r.spare[n-1]
		r.spare = r.spare[:n-1]
	} else {
		c = new(conn)
	}
	c.init(r, e)
	c.stream = r.sum.Connections
	r.sum.Connections++
	r.conns[*e] = c
	r.live.push(c)
	return c
}

func (c *conn) init(r *Reader, e *endpoints) {
	*c = conn{r: r, ends: *e, opener: -1, exchanges: exchanges{waiting: c.waiting[:0]}}
	for i := range c.halves {
		c.halves[i].fin = -1
	}
}

// remove forgets a connection that has ended.
func (r *Reader) remove(c *conn) {
	if r.conns[c.ends] == c {
		delete(r.conns, c.ends)
	}
	if r.last == c {
		r.last = nil
	}
	c.unlink()
	if len(r.spare) < maxClosed {
		r.spare = append(r.spare, c)
	}
}

// close ends a connection whose frames have all come.
func (r *Reader) close(c *conn) {
	r.end(c, ended)
	c.moveTo(&r.closed)
	if r.closed.n > min(maxClosed, r.options.MaxConnections) {
		r.remove(r.closed.front)
	}
}

// evict makes connections release what they hold, the one idle longest first,
// until a quarter of what is allowed is free again; keep is in use. They go on
// as if their beginning had not been captured.
func (r *Reader) evict(keep *conn) {
	for _, l := range [...]*connList{&r.closing, &r.live} {
		for c := l.front; c != nil && r.pool.used > r.options.MaxBuffered/4*3; c = c.next {
			if c != keep && c.holds() {
				r.end(c, evicted)
				stream, list, prev, next := c.stream, c.list, c.prev, c.next
				c.init(r, &c.ends)
				c.stream, c.list, c.prev, c.next = stream, list, prev, next
			}
		}
	}
}

// finish ends all connections, in the order of their numbers, and the notes.
func (r *Reader) finish() {
	var all []*conn
	for _, l := range [...]*connList{&r.closing, &r.live} {
		for c := l.front; c != nil; c = c.next {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b *conn) int { return a.stream - b.stream })
	for _, c := range all {
		why := captureOver
		if c.bare {
			why = inputOver
		}
		r.end(c, why)
	}
	r.noteServers()
}
