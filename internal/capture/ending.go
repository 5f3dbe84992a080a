package capture

import (
	"fmt"
	"net/netip"
)

// Ending is how a request without a response ended.
type Ending uint8

// The endings.
const (
	Unknown   Ending = iota // something may be missing from the capture, such as one direction
	Closed                  // the server had received it, and ended the connection
	Crossed                 // the server ended the connection, perhaps without having received it (RFC 9112 9.5)
	Abandoned               // the client ended the connection first
	Open                    // the capture ends
	Unread                  // the body of the response was not captured whole, or cannot be read: a Problem before it says why
)

// finish is how one end finishes a connection: its first FIN, or a RST where its next
// byte would have come, unless it sends more data after it.
type finish struct {
	at    stamp // no frame: it has not
	ack   int64 // offset up to which the other end's bytes had arrived, -1 if it does not say
	reset bool
}

// noteFinish takes note of a FIN or RST.
func (c *conn) noteFinish(from int, s *segment) {
	h, peer := &c.halves[from], &c.halves[1-from]
	if h.synced && s.flags&flagRST == 0 {
		h.top = max(h.top, h.offset(s.seq))
	}
	switch {
	case len(s.data) > 0 && h.finish.at.frame > 0 && h.known && h.offset(s.seq)+int64(len(s.data)) > h.next:
		h.finish = finish{} // it was not obeyed, or another's
	case s.flags&flagRST != 0 && !(h.synced && h.offset(s.seq) == h.next): // its numbers may be made up
	case s.flags&(flagFIN|flagRST) != 0 && h.finish.at.frame == 0:
		h.finish = finish{at: c.r.now, ack: -1, reset: s.flags&flagRST != 0}
		if s.flags&flagACK != 0 && peer.known {
			h.finish.ack = peer.offset(s.ack)
		}
	}
}

// forgo gives up waiting for the response to e, of which nothing is known.
func (c *conn) forgo(e exchange) {
	c.emitEmpty(e, 0)
	if c.r.options.follows(&e) {
		c.r.event = Event{Kind: Unanswered, Protocol: e.protocol, Asked: e.asked(), Exchange: e.number}
		c.send(c.requestsFirst()[1], &c.r.now, &e)
	}
}

// unread hands out the end of a request of whose response, the current message of
// direction i, the body cannot be read.
func (c *conn) unread(i int) {
	f := &c.halves[i].http
	if e := &f.exchange; f.role == responses && e.number > 0 && !e.unsure && c.r.options.follows(e) {
		c.r.event = Event{Kind: Unanswered, Protocol: e.protocol, Asked: e.asked(), Exchange: e.number, Ending: Unread, Presumed: c.presumes(e)}
		c.send(i, &f.at, e)
	}
}

// unanswered hands out the end of a request without a response, when the
// connection ends.
func (c *conn) unanswered(e *exchange, why endReason) {
	client, server := c.requestsFirst()[0], c.requestsFirst()[1]
	q, h := &c.halves[client], &c.halves[server]
	at, ending := &c.r.now, Unknown
	switch {
	case h.top > h.next+1: // more was sent before that packet, and one byte may be a FIN
	case !h.seen || h.http.lost > 0 || len(h.queue.list) > 0 || h.fin != noFin && h.fin > h.next || e.missed || e.unsure || e.end == 0 || why == evicted:
	case h.finish.at.frame > 0 && h.finish.ack > q.next && q.finish.at.frame == 0: // it had what the capture has not, perhaps a FIN
	case h.finish.at.frame == 0 && q.acked < e.end: // what the server did not acknowledge may not have reached it
	case q.finish.at.frame > 0 && (h.finish.at.frame == 0 || q.finish.at.frame < h.finish.at.frame):
		at, ending = &q.finish.at, Abandoned
	case h.finish.at.frame == 0:
		if why == captureOver {
			ending = Open
		}
	case h.finish.ack < e.end, h.finish.reset && (e.number > 1 || q.joinedMidStream):
		// A server that resets a connection may do so before it has read what
		// has arrived. A new connection it has no reason to reset.
		at, ending = &h.finish.at, Crossed
	default:
		at, ending = &h.finish.at, Closed
	}
	c.r.event = Event{Kind: Unanswered, Protocol: e.protocol, Asked: e.asked(), Exchange: e.number, Ending: ending, Presumed: c.presumes(e)}
	c.send(server, at, e)
}

// end passes on the rest of a connection and reports missing bytes.
func (r *Reader) end(c *conn, why endReason) {
	if c.list == &r.closed {
		return
	}
	if !c.ignored {
		for more := true; more; more = c.declareLost(true) || c.rescue(0, c.halves[0].next+1) || c.rescue(1, c.halves[1].next+1) {
			c.drain()
		}
		for _, i := range c.requestsFirst() {
			h := &c.halves[i]
			last := h.acked
			if h.fin-h.next <= maxAhead && !c.reset {
				last = h.fin
			}
			if h.seen && last > h.next+1 { // one byte may be a FIN that was not captured
				c.gapTo(i, last, &r.now)
			}
			if !h.ended {
				reason := why
				if why == captureOver && (h.next >= h.fin || c.reset) {
					reason = ended
				}
				c.endOf(i, reason, nil)
			}
		}
		if c.sealed != nil {
			c.endSealed()
		}
		c.endExchanges(why)
		c.endJump()
		c.endDiffer()
	}
	r.unconnected(c)
	c.release()
}

// maxUnconnected bounds the clients and servers in [Summary.Unconnected].
const maxUnconnected = 1024

// unconnected counts a connection that was not opened, when it ends.
func (r *Reader) unconnected(c *conn) {
	if c.opener < 0 || c.fed || c.halves[1-c.opener].known {
		return
	}
	client, server := c.ends.addrPort(int(c.opener)).Addr(), c.ends.addrPort(int(1-c.opener))
	key := unconnectedKey{client, server}
	i, known := r.unopened[key]
	if !known {
		if len(r.unopened) == maxUnconnected {
			return
		}
		if r.unopened == nil {
			r.unopened = make(map[unconnectedKey]int)
		}
		i = len(r.sum.Unconnected)
		r.unopened[key] = i
		r.sum.Unconnected = append(r.sum.Unconnected, Unconnected{Client: client, Server: server, Refused: c.reset, First: Moment{Frame: c.opened.frame, Time: c.opened.time}})
	}
	u := &r.sum.Unconnected[i]
	u.Count++
	if c.opened.frame < u.First.Frame { // connections do not end in the order in which they began
		u.Refused, u.First = c.reset, Moment{Frame: c.opened.frame, Time: c.opened.time}
	}
}

type unconnectedKey struct {
	client netip.Addr
	server netip.AddrPort
}

// endJump reports that what the connection said before another one between its
// ports was found in the middle may be the beginning of that.
func (c *conn) endJump() {
	if c.jump.frame > 0 && c.newest <= c.jump.frame && c.exchanges.ours {
		c.problem(c.requestsFirst()[0], &c.jump, nil, fmt.Sprintf("the sequence numbers of the connection jump at frame %d: earlier data is missing from the capture", c.jump.frame))
	}
}

// unfinished reports whether the end of the connection, if it is the end, has
// something to say of MS-PCHC.
func (c *conn) unfinished() bool {
	x := &c.exchanges
	return x.ours && (c.halves[0].http.within() || c.halves[1].http.within() || len(x.waiting) > 0)
}

// release frees all memory.
func (c *conn) release() {
	c.since = 0
	if c.smb != nil {
		c.smbRelease()
	}
	for i := range c.halves {
		c.halves[i].queue.clear(&c.r.pool)
		c.drop(&c.halves[i].http.head)
		c.drop(&c.halves[i].http.body)
	}
	for len(c.exchanges.waiting) > 0 {
		c.shift()
	}
	c.exchanges.empty = 0
}

func (c *conn) holds() bool {
	if len(c.exchanges.waiting) > 0 || c.smb != nil {
		return true
	}
	for i := range c.halves {
		if h := &c.halves[i]; len(h.queue.list) > 0 || len(h.http.head) > 0 || len(h.http.body) > 0 {
			return true
		}
	}
	return false
}
