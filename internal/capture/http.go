package capture

import "bytes"

// framer cuts the bytes of one direction into HTTP/1.x messages (RFC 9112) and
// joins the bodies that are wanted.
type framer struct {
	role  role
	phase phase
	head  []byte // a head begun or, while searching, what the next start line may begin in
	seen  int    // bytes of head searched for its end
	body  []byte // of the current message, if it is wanted and came in parts

	left       int64    // remaining bytes of the current body or chunk
	line       int      // chunk size lines and trailers: bytes of the current line
	got        int64    // bytes of body captured so far
	missing    int64    // bytes of body not captured
	missingCut cutFrame // the frame that lacks the first of them, if that was captured
	length     int64    // of the body, -1 if its head does not tell
	want       bool     // the body will be reported
	at         stamp    // the latest frame that a byte of the message came in
	began      stamp    // the frame that its first byte came in

	exchange exchange  // that the message belongs to
	peerDist *PeerDist // of a response with PeerDist encoding, or to a request for it: its header fields
	plain    bool      // that response has no PeerDist encoding: its body is not kept
	refused  string    // of a request that had its response before its end: the schemes of that, see [Event.Auth]
	status   int       // of a response its own; of a request that of its response, if that has come already

	skipped  int64 // captured bytes passed over in search of a message, not yet reported
	lost     int64 // bytes not captured outside bodies of known length, not yet reported
	lostAt   stamp
	lostCut  cutFrame // the frame that lacks the first of them, if that was captured
	lostHead Protocol // of the request, to one of our paths, whose head they hit; 0 for none
}

// role is what a direction carries.
type role uint8

const (
	unknown role = iota
	requests
	responses
)

// phase is what comes next.
type phase uint8

const (
	atHead    phase = iota // a message, or the rest of its head
	inBody                 // left bytes of a body
	inSize                 // the line with the size of a chunk
	inChunk                // left bytes of a chunk
	inGap                  // the end of line after a chunk
	inTrailer              // the lines after the last chunk
	toEnd                  // a body that lasts as long as the connection
	searching              // anything, until a start line is found
	unframed               // data that is not HTTP, until it ends or HTTP begins
)

func (r role) message() string {
	if r == responses {
		return "response"
	}
	return "request"
}

const (
	maxHead   = 64 << 10
	maxBody   = 4 << 20
	maxOrphan = 64      // of a response that may be of MS-PCHC by its bytes alone
	maxLine   = 2 << 10 // of a start line that is looked for
)

// within reports whether a message has begun and not ended, so that more must
// follow.
func (f *framer) within() bool {
	switch f.phase {
	case inBody, inSize, inChunk, inGap:
		return true
	}
	return f.phase == atHead && len(f.head) > 0
}

// roleOf is the role of the message that begins with head.
func (f *framer) roleOf(head []byte) role {
	switch {
	case f.role != unknown:
		return f.role
	case bytes.HasPrefix(head, versionOne[:2]): // no method begins with HT
		return responses
	}
	return requests
}

// keep is append for the buffers of a framer.
func (c *conn) keep(b *[]byte, data []byte) {
	c.r.pool.used -= int64(cap(*b))
	*b = c.r.pool.append(*b, data)
	c.r.pool.used += int64(cap(*b))
}

// detach takes a buffer from its framer; the caller frees it.
func (c *conn) detach(b *[]byte) []byte {
	own := *b
	*b = nil
	c.r.pool.used -= int64(cap(own))
	return own
}

// bytes takes the next bytes of direction i.
func (c *conn) bytes(i int, b []byte, at *stamp) {
	if c.smb != nil {
		c.smbBytes(i, b, at)
		return
	}
	f := &c.halves[i].http
	for len(b) > 0 && !c.ignored {
		if c.mixed && f.phase == atHead && len(f.head) == 0 {
			i = c.sender(b)
			f = &c.halves[i].http
		}
		if c.startsAnew(f, b) {
			if f.phase == toEnd || f.phase == unframed {
				c.finish(i, f.body)
			} else {
				f.clear(c)
			}
		}
		if f.phase == atHead && len(f.head) == 0 {
			f.at, f.began = *at, *at
		} else if at.frame > f.at.frame {
			f.at = *at
		}
		switch f.phase {
		case atHead:
			b = c.head(i, b, at)
		case searching:
			b = c.search(i, b, at)
		default:
			b = c.body(i, b)
		}
	}
}

// startsAnew reports whether b begins another message although the current one
// seems to go on.
func (c *conn) startsAnew(f *framer, b []byte) bool {
	switch {
	case f.phase == inBody && f.status != 0 && f.role == requests:
		// A client that is refused may keep its body to itself. No body of
		// MS-PCHC looks like a request.
		b = bytes.TrimLeft(b, "\r\n") // empty lines may precede it
		return f.got == 0 && f.missing == 0 && (startsRequest(b) || f.exchange.ours && mayStart(b, requests))
	case f.phase == toEnd && f.role == requests:
		return f.got == 0 && f.missing == 0 && startsRequest(bytes.TrimLeft(b, "\r\n"))
	case f.phase == toEnd:
		return len(c.exchanges.waiting) > 0 && startsResponse(b)
	case f.phase == unframed:
		return IsHTTP(b)
	}
	return false
}

// sender is the end that sends the message that b begins with.
func (c *conn) sender(b []byte) int {
	if startsResponse(bytes.TrimLeft(b, "\r\n")) {
		return 1
	}
	return 0
}

// gap takes note that the next n bytes of direction i were not captured. at is
// the frame that shows it, and cut the one that lacks them.
func (c *conn) gap(i int, n int64, at *stamp, cut cutFrame) {
	f := &c.halves[i].http
	if c.smb != nil {
		c.smbGap(i, n, at)
		return
	}
	if c.sealed != nil { // of how much plain data is not known
		f.lost, f.lostAt, f.lostCut = f.lost+n, *at, cut
		return
	}
	for n > 0 && !c.ignored {
		if at.frame > f.at.frame {
			f.at = *at
		}
		switch f.phase {
		case inBody, inChunk:
			k := min(n, f.left)
			f.left -= k
			f.misses(k, cut)
			n -= k
			c.drop(&f.body)
			if f.left == 0 && f.phase == inChunk {
				f.phase = inGap
			} else if f.left == 0 {
				c.finish(i, nil)
			}
			continue
		case toEnd:
			f.misses(n, cut)
			c.drop(&f.body)
			return
		case inTrailer, unframed: // the body was complete, or may have been
			c.finish(i, f.body)
		case inSize, inGap:
			f.misses(n, cut)
			c.finish(i, nil)
		}
		c.lose(i, n, at, cut)
		return
	}
}

// misses counts n bytes of the body that were not captured.
func (f *framer) misses(n int64, cut cutFrame) {
	if f.missing == 0 {
		f.missingCut = cut
	}
	f.missing += n
}

// drop gives a buffer of a framer back.
func (c *conn) drop(b *[]byte) { c.r.pool.free(c.detach(b)) }
