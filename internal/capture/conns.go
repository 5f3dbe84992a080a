package capture

import (
	"cmp"
	"fmt"
	"slices"
)

// conn is one TCP connection.
type conn struct {
	r      *Reader
	ends   endpoints
	halves [2]halfConn // what end 0 sends, what end 1 sends
	stream int

	stall   int     // frames since the last progress, while the connection is stalled
	fed     bool    // some bytes have been passed on
	opener  int8    // the end that opened it, -1 unknown
	opened  stamp   // its first SYN
	reset   bool    // RST seen, and nothing after it
	ignored bool    // does not carry HTTP: its bytes are not looked at
	tls     bool    // it carries TLS
	sealed  *sealed // it carries TLS that is decrypted elsewhere
	smb     *smb    // it carries SMB2
	proxied bool    // a proxy has accepted a CONNECT: what follows is said to somebody else
	bare    bool    // HTTP without packets
	mixed   bool    // and without directions: the messages of both ends in turn
	endedAt int64   // frame
	newest  int64   // frame of the newest segment
	latest  int64   // frame of the latest event
	since   int64   // frame since when something waits, 0 if nothing does

	differs   bool  // it is reported that segments repeat bytes with other content
	differed  stamp // the first that does, while it is not known whether MS-PCHC is spoken
	differing int   // its direction

	jump stamp // the first frame of a connection between the same ports of which the beginning is missing

	older  *conn // between the same ports
	shared bool  // there are, or were, others between the same ports

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
// late packets after the end, and for those of no connection that say nothing.
func (r *Reader) connection(e *endpoints, from int, s *segment) *conn {
	c := r.last
	if c == nil || c.ends != *e {
		c = r.conns[*e]
	}
	switch {
	case c == nil:
		c = r.newConn(e)
	case c.shared || s.opens() || c.distance(from, s) < 0 || c.halves[from].precedes(s):
		c = r.choose(e, from, s)
	}
	if c == nil {
		return nil
	}
	switch c.list {
	case &r.closed:
		if !c.continues(from, s) {
			return nil
		}
		r.reopen(c)
	case &r.live:
		c.moveTo(&r.live)
	}
	r.last = c
	return c
}

func (r *Reader) newConn(e *endpoints) *conn {
	if r.live.n+r.closing.n >= r.options.MaxConnections {
		c := r.closing.front
		if c == nil {
			c = r.live.front
		}
		if c.exchanges.ours && !c.holds() { // otherwise its end says what is lost
			r.gaveWay++
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
	r.link(c)
	r.live.push(c)
	return c
}

func (c *conn) init(r *Reader, e *endpoints) {
	runs := [2][]run{c.halves[0].runs, c.halves[1].runs}
	*c = conn{r: r, ends: *e, opener: -1}
	for i := range c.halves {
		c.halves[i].fin, c.halves[i].runs = noFin, runs[i][:0]
	}
}

// remove forgets a connection that has ended.
func (r *Reader) remove(c *conn) {
	r.unlink(c)
	r.decryption.forget(c)
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
				r.decryption.forget(c)
				old := *c
				c.init(r, &old.ends)
				c.stream, c.list, c.prev, c.next, c.older, c.shared = old.stream, old.list, old.prev, old.next, old.older, old.shared
			}
		}
	}
}

// finish ends all connections, in the order of their numbers, and the notes.
func (r *Reader) finish() {
	r.ending = true // so that what the connections end with comes by frame
	r.beginRescued()
	var all []*conn
	for _, l := range [...]*connList{&r.closing, &r.live} {
		for c := l.front; c != nil; c = c.next {
			all = append(all, c)
		}
	}
	r.noteRefusals()
	slices.SortFunc(all, func(a, b *conn) int { return a.stream - b.stream })
	for _, c := range all {
		why := captureOver
		if c.bare {
			why = inputOver
		}
		r.end(c, why)
	}
	slices.SortFunc(r.sum.Unconnected, func(a, b Unconnected) int { return cmp.Compare(a.First.Frame, b.First.Frame) })
	r.reportSkipped()
	r.reportIncomplete()
	r.reportGaveWay()
	r.noteServers()
}

// reportGaveWay tells at the end of connections that gave way between two messages.
// What they said after that was read as of new connections.
func (r *Reader) reportGaveWay() {
	if r.gaveWay == 0 {
		return
	}
	r.event = Event{Kind: Problem, Place: Place{Stream: -1}, Detail: fmt.Sprintf(
		"more than %d connections at a time: %d of MS-PCHC, idle longest, were given up between two messages, and what followed on them is read as of other connections",
		r.options.MaxConnections, r.gaveWay)}
	r.emit(&stamp{})
}
