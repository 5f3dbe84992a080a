package capture

import "net/netip"

// smuggling is the key of what is said once about what an end sends.
type smuggling struct{ from netip.Addr }

// expect sets the framer up for a body of the length that the head declared;
// without any it lasts as long as the connection if open is set, and else there
// is none.
func (c *conn) expect(i int, h fields, open, want bool) {
	f := &c.halves[i].http
	f.length, f.want = -1, want
	if (h.chunked || h.coded) && h.length >= 0 && f.wanted() && !f.orphan() && c.r.once(smuggling{c.ends.addrPort(i).Addr()}) {
		c.note(i, "the header of this HTTP "+f.role.message()+" has Transfer-Encoding and Content-Length, which others may read otherwise (RFC 9112 6.3): request smuggling?")
	}
	switch {
	case h.chunked:
		f.phase, f.left, f.line = inSize, 0, 0
	case h.coded && f.role == requests:
		c.misframed(i, nil, "its Transfer-Encoding does not end in chunked, so the end of its body is not known")
	case h.coded:
		f.phase = toEnd
	case h.length > 0:
		f.phase, f.left, f.length = inBody, h.length, h.length
		f.want = want && h.length <= maxBody && (h.length <= c.maxOrphan() || !f.orphan())
	case h.length < 0 && open:
		f.phase = toEnd
	default:
		c.finish(i, nil)
	}
}

// body takes bytes of a body and returns what follows it.
func (c *conn) body(i int, b []byte) (rest []byte) {
	f := &c.halves[i].http
	switch f.phase {
	case inBody:
		if f.role == requests && f.left == f.length && c.r.options.mayBeOurs(b) != 0 && startsRequest(b) {
			f.clear(c) // the body was refused before it was sent, or was never to be seen
			return b
		}
		n := min(f.left, int64(len(b)))
		part := b[:n]
		f.left -= n
		if n == f.length { // all of it, and all of it here
			if f.plain {
				c.part(i, part)
			}
			f.got = n
			c.finish(i, part)
			return b[n:]
		}
		c.collect(i, part)
		if f.left == 0 {
			c.finish(i, f.body)
		}
		return b[n:]
	case inChunk:
		n := min(f.left, int64(len(b)))
		c.collect(i, b[:n])
		if f.left -= n; f.left == 0 {
			f.phase = inGap
		}
		return b[n:]
	case toEnd, unframed:
		c.collect(i, b)
		return nil
	case inSize:
		return c.chunkSize(i, b)
	case inGap:
		if b[0] == '\n' {
			f.phase, f.left, f.line = inSize, 0, 0
		} else if b[0] != '\r' {
			return c.misframed(i, b, "a chunk is not followed by the end of a line")
		}
		return b[1:]
	}
	return c.trailer(i, b)
}

// collect keeps a part of a body.
func (c *conn) collect(i int, b []byte) {
	f := &c.halves[i].http
	if f.plain {
		c.part(i, b)
	}
	f.got += int64(len(b))
	if !f.want || f.missing > 0 {
		return
	}
	most := maxBody
	if f.orphan() {
		most = int(c.maxOrphan())
	}
	if len(f.body)+len(b) > most || f.orphan() && len(f.body)+len(b) > maxOrphan && !mayBeRetrieval(f.body, b) {
		f.want = false
		c.drop(&f.body)
		return
	}
	c.keep(&f.body, b)
	if f.role == requests {
		c.noteType(f, f.body)
	}
}

// chunkSize reads the line before a chunk: hexadecimal digits, and perhaps
// extensions.
func (c *conn) chunkSize(i int, b []byte) (rest []byte) {
	const inExtension = -1
	f := &c.halves[i].http
	for n, ch := range b {
		digit := hexDigit(ch)
		switch {
		case ch == '\n':
			if f.line == 0 {
				return c.misframed(i, b, "a chunk has no size")
			}
			f.phase = inChunk
			if f.left == 0 {
				f.phase, f.line = inTrailer, 0
			}
			return b[n+1:]
		case f.line == inExtension:
		case digit >= 0 && f.line < 15:
			f.left = f.left<<4 | int64(digit)
			f.line++
		case f.line > 0 && (ch == ';' || ch == ' ' || ch == '\t' || ch == '\r'):
			f.line = inExtension
		default:
			return c.misframed(i, b, "a chunk has an invalid size")
		}
	}
	return nil
}

// hexDigit returns the value of a hexadecimal digit, -1 for other bytes.
func hexDigit(ch byte) int {
	switch {
	case isDigit(ch):
		return int(ch - '0')
	case 'a' <= ch|0x20 && ch|0x20 <= 'f':
		return int(ch|0x20-'a') + 10
	}
	return -1
}

// trailer skips the lines after the last chunk, up to an empty one.
func (c *conn) trailer(i int, b []byte) (rest []byte) {
	f := &c.halves[i].http
	for n, ch := range b {
		switch {
		case ch == '\n' && f.line == 0:
			c.finish(i, f.body)
			return b[n+1:]
		case ch == '\n':
			f.line = 0
		case ch != '\r':
			f.line = 1
		}
	}
	return nil
}

// misframed drops a message with invalid framing.
func (c *conn) misframed(i int, b []byte, why string) (rest []byte) {
	f := &c.halves[i].http
	if f.wanted() && !f.orphan() {
		c.problem(i, &f.at, &f.exchange, "unreadable HTTP "+f.role.message()+": "+why)
		c.unread(i)
	}
	if f.plain {
		c.plainEnd(i, 0)
	}
	f.clear(c)
	f.phase = searching
	return b
}

// finish ends a message. body is that of a message which is wanted and whole.
func (c *conn) finish(i int, body []byte) {
	f := &c.halves[i].http
	if f.plain {
		c.plainEnd(i, 0)
	} else if f.wanted() {
		c.deliver(i, body)
	}
	f.clear(c)
}

// clear makes the framer ready for the next message.
func (f *framer) clear(c *conn) {
	c.drop(&f.body)
	f.phase = atHead
	f.got, f.missing = 0, 0
	f.peerDist, f.plain = nil, false
}
