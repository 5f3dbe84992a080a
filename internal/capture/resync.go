package capture

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// lose takes note that n bytes are missing of which nothing is known, and has
// the framer look for the next message.
func (c *conn) lose(i int, n int64, at *stamp, cut cutFrame) {
	f := &c.halves[i].http
	if len(f.head) > 0 {
		if f.role != responses && f.lostHead == 0 {
			f.lostHead = c.r.options.mayBeOurs(f.head)
		}
		f.skipped += int64(len(f.head))
		f.seen = 0
		c.drop(&f.head)
	}
	f.phase = searching
	if f.role == unknown && c.r.options.Excerpt && c.halves[i].joinedMidStream {
		f.phase = atHead // HTTP or not
	}
	if f.lost == 0 {
		f.lostAt, f.lostCut = *at, cut
	}
	f.lost += n
	if f.role == responses {
		c.exchanges.responsesLost()
	} else {
		c.exchanges.requestsLost()
	}
}

// cutStart reports, once, that frames are cut so early in a message that nothing shows
// whether it is one of MS-PCHC.
func (c *conn) cutStart(i int) {
	const start, detail = "POST /", "the snap length truncates frames at the beginning of messages, so their content is unknown: capture whole frames (tcpdump -s 0)"
	f := &c.halves[i].http
	if !c.ignored && c.smb == nil && f.role != responses && f.phase == atHead && strings.HasPrefix(start, string(f.head)) {
		c.r.problem(detail, detail)
	}
}

// prefaceTwo begins a connection of HTTP/2 (RFC 9113 3.4).
var prefaceTwo = []byte("PRI * HTTP/2.0\r\n")

// stray deals with bytes where a message should begin but none does, or one
// whose head does not end.
func (c *conn) stray(i int, b []byte, at *stamp) (rest []byte) {
	h := &c.halves[i]
	f := &h.http
	own := c.detach(&f.head)
	f.seen = 0
	switch {
	case f.role == unknown && isTLS(b):
		c.encrypted(i, b, at)
	case f.role == unknown && bytes.HasPrefix(b, prefaceTwo):
		c.ignored = true
		f.exchange = exchange{}
		const detail = "HTTP/2, which is not read: MS-PCHC uses HTTP/1.1"
		if c.r.caches[c.ends.addrPort(1-i)] {
			c.problem(i, at, nil, detail)
		} else if c.r.once(detail) || c.r.options.Exchanges {
			c.r.event = Event{Kind: Note, Detail: detail, Hidden: true}
			c.send(i, at, nil)
		}
	case mayStart(b, f.role):
		if c.matters(f, b) {
			c.problem(i, at, nil, fmt.Sprintf("unreadable HTTP %s: its header is longer than %d bytes", f.roleOf(b).message(), maxHead))
		}
		c.lose(i, 0, at, cutFrame{})
	case f.role == unknown && !h.joinedMidStream:
		c.ignored = true
	default:
		f.phase = searching
		if f.role == unknown && c.r.options.Excerpt {
			f.phase, f.want, f.exchange = unframed, true, exchange{}
		}
		if own == nil {
			return b
		}
		c.bytes(i, b, at)
	}
	c.r.pool.free(own)
	return nil
}

// search looks for a start line in a direction that has lost its place.
func (c *conn) search(i int, b []byte, at *stamp) (rest []byte) {
	f := &c.halves[i].http
	if f.role == unknown && isTLS(b) {
		c.encrypted(i, b, at)
		return nil
	}
	if f.role == unknown && c.readsSMB() && len(b) >= netBIOS+len(smbProtocol) && isSMB(b) {
		c.speaksSMB(i, b, at)
		return nil
	}
	if len(f.head) > 0 {
		c.keep(&f.head, b)
		b = f.head
	}
	n := findStart(b, f.role)
	if n < 0 {
		// The line may have begun in the last bytes.
		n = max(len(b)-maxLine, 0)
		f.skipped += int64(n)
		if len(f.head) == 0 {
			c.keep(&f.head, b[n:])
		} else {
			f.head = append(f.head[:0], b[n:]...)
		}
		return nil
	}
	f.skipped += int64(n)
	f.phase = atHead
	f.at = *at
	own := c.detach(&f.head)
	if own == nil {
		return b[n:]
	}
	c.bytes(i, b[n:], at)
	c.r.pool.free(own)
	return nil
}

// findStart is where the first start line of the role is in b, -1 if there is
// none. What it finds is not rejected by mayStart, so that the search goes on.
func findStart(b []byte, role role) int {
	first := -1
	if role != responses {
		first = findRequest(b)
	}
	if role != requests {
		if first >= 0 {
			b = b[:first]
		}
		if n := findResponse(b); n >= 0 {
			first = n
		}
	}
	return first
}

var (
	versionOne = []byte("HTTP/1.")

	// The methods to look for; the data before them need not end in
	// a line end.
	methods = [...][]byte{[]byte("POST"), []byte("GET"), []byte("HEAD"), []byte("PUT"), []byte("OPTIONS"), []byte("DELETE"), []byte("CONNECT"), []byte("PROPFIND")}
)

// isKnown reports whether a method is one of them.
func isKnown(method []byte) bool {
	return slices.ContainsFunc(methods[:], func(m []byte) bool { return bytes.Equal(m, method) })
}

func findRequest(b []byte) int {
	for from := 0; ; {
		n := bytes.Index(b[from:], versionOne)
		if n < 0 {
			return -1
		}
		version := from + n
		from = version + len(versionOne)
		line, _, whole := bytes.Cut(b[version:], []byte{'\n'})
		line = bytes.TrimSuffix(line, []byte{'\r'})
		if !whole || len(line) != len("HTTP/1.x") || version == 0 || b[version-1] != ' ' {
			continue
		}
		before := b[max(0, version-maxLine) : version-1]
		space := bytes.LastIndexByte(before, ' ')
		if space < 0 || bytes.IndexFunc(before[space+1:], isControl) >= 0 {
			continue
		}
		for _, m := range methods {
			start := version - 1 - len(before) + space - len(m)
			if bytes.HasSuffix(before[:space], m) && mayStart(b[start:], requests) {
				return start
			}
		}
	}
}

func isControl(ch rune) bool { return ch < ' ' || ch == 0x7f }

func findResponse(b []byte) int {
	for from := 0; ; {
		n := bytes.Index(b[from:], versionOne)
		if n < 0 {
			return -1
		}
		from += n
		if len(b)-from > len("HTTP/1.x ddd") && startsResponse(b[from:]) && mayStart(b[from:], responses) {
			return from
		}
		from += len(versionOne)
	}
}
