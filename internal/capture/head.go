package capture

import "bytes"

// The paths of MS-PCHC 2.1 and MS-PCCRR 2.1.1, all of one length. Letter case does not
// matter. A server of MS-PCCRR has all that is under its path, too.
var ourPaths = [...]struct {
	path     []byte
	protocol Protocol
}{
	{[]byte("/C574AC30-5794-4AEE-B1BB-6651C5315029"), PCHC}, // version 1.0
	{[]byte("/0131501b-d67f-491b-9a40-c4bf27bcb4d4"), PCHC}, // version 2.0
	{[]byte("/116B50EB-ECE2-41ac-8429-9F9E963361B7"), PCCRR},
}

const ourPathLen = 37

var (
	contentLength    = []byte("Content-Length")
	transferEncoding = []byte("Transfer-Encoding")
	chunked          = []byte("chunked")
	identity         = []byte("identity") // means nothing (RFC 2616)
	authorization    = []byte("Authorization")
	authenticate     = []byte("WWW-Authenticate")
	negotiate        = []byte("Negotiate")
)

// head takes bytes of the head of a message and returns what follows it.
func (c *conn) head(i int, b []byte, at *stamp) (rest []byte) {
	f := &c.halves[i].http
	if len(f.head) > 0 {
		c.keep(&f.head, b)
		b = f.head
	}
	if f.role == unknown {
		if rest, done := c.skipPreface(i, b, at); done {
			return rest
		}
	}
	if f.role == unknown && c.readsSMB() && isSMB(b) {
		if len(b) >= netBIOS+len(smbProtocol) {
			c.speaksSMB(i, b, at)
		} else if len(f.head) == 0 {
			c.keep(&f.head, b)
		}
		return nil
	}
	if len(f.head) == 0 {
		if b = bytes.TrimLeft(b, "\r\n"); len(b) == 0 { // robust readers allow empty lines before a message
			return nil
		}
	}
	if !mayStart(b, f.role) {
		return c.stray(i, b, at)
	}
	end := headEnd(b, f.seen)
	if end < 0 {
		if len(b) > maxHead {
			return c.stray(i, b, at)
		}
		f.seen = max(len(b)-2, 0)
		if len(f.head) == 0 {
			c.keep(&f.head, b)
		}
		return nil
	}
	f.seen = 0
	own := c.detach(&f.head)
	c.begin(i, b[:end])
	if own == nil {
		return b[end:]
	}
	c.bytes(i, b[end:], at)
	c.r.pool.free(own)
	return nil
}

// begin reads a whole head and sets the framer up for its body.
func (c *conn) begin(i int, head []byte) {
	line, rest := cutLine(head)
	f, peer := &c.halves[i].http, &c.halves[1-i].http
	if status, ok := statusLine(line); ok && f.role != requests {
		f.role, peer.role = responses, requests
		c.beginResponse(i, status, readFields(rest))
		return
	}
	method, target, _ := requestLine(line) // it is one: mayStart has seen to it
	f.role, peer.role = requests, responses
	c.beginRequest(i, method, target, readFields(rest))
}

// headEnd is the length of the head that b begins with, its empty line
// included; -1 if b does not have all of it. The first from bytes are known not
// to have its end.
func headEnd(b []byte, from int) int {
	for {
		n := bytes.IndexByte(b[from:], '\n')
		if n < 0 {
			return -1
		}
		from += n + 1
		switch {
		case from < len(b) && b[from] == '\n':
			return from + 1
		case from+1 < len(b) && b[from] == '\r' && b[from+1] == '\n':
			return from + 2
		}
	}
}

// cutLine splits off the first line, without its end.
func cutLine(b []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(b, []byte{'\n'})
	return bytes.TrimSuffix(line, []byte{'\r'}), rest
}

// requestLine reads METHOD SP target SP HTTP/1.x.
func requestLine(line []byte) (method, target []byte, ok bool) {
	n := methodLength(line)
	v := len(line) - len(" HTTP/1.x")
	if n == 0 || n >= v || string(line[v:v+8]) != " HTTP/1." || !isDigit(line[v+8]) {
		return nil, nil, false
	}
	target = bytes.TrimSpace(line[n:v])
	return line[:n], target, len(target) > 0
}

// methodLength is the length of the method that b begins with, 0 if there is
// none. The method may be all of b.
func methodLength(b []byte) int {
	const longest = 24
	for n, ch := range b {
		switch {
		case ch == ' ':
			return n
		case n == longest || !isMethod(ch):
			return 0
		}
	}
	return len(b)
}

func isMethod(ch byte) bool { return 'A' <= ch && ch <= 'Z' || ch == '-' || ch == '_' }
func isDigit(ch byte) bool  { return '0' <= ch && ch <= '9' }

// statusLine reads HTTP/1.x SP ddd, and perhaps SP reason.
func statusLine(line []byte) (status int, ok bool) {
	const n = len("HTTP/1.x ddd")
	if len(line) < n || string(line[:7]) != "HTTP/1." || !isDigit(line[7]) || line[8] != ' ' || len(line) > n && line[n] != ' ' {
		return 0, false
	}
	for _, ch := range line[9:n] {
		if !isDigit(ch) {
			return 0, false
		}
		status = status*10 + int(ch-'0')
	}
	return status, true
}

func startsRequest(b []byte) bool {
	if methodLength(b) == 0 {
		return false
	}
	line, _, whole := bytes.Cut(b, []byte{'\n'})
	_, _, ok := requestLine(bytes.TrimSuffix(line, []byte{'\r'}))
	return ok && whole
}

func startsResponse(b []byte) bool {
	line, _ := cutLine(b[:min(len(b), len("HTTP/1.x ddd "))])
	_, ok := statusLine(line)
	return ok
}

// mayStart reports whether b can be the beginning of a message of the role.
// Once a whole line is there, it decides.
func mayStart(b []byte, role role) bool {
	if role == unknown && len(b) < tlsHeader && mayBeTLS(b) {
		return true
	}
	line, _, whole := bytes.Cut(b, []byte{'\n'})
	line = bytes.TrimSuffix(line, []byte{'\r'})
	if role != requests {
		const s = "HTTP/1."
		if n := min(len(line), len(s)); string(line[:n]) == s[:n] && !whole {
			return true
		}
		if _, ok := statusLine(line); ok {
			return true
		}
	}
	if role != responses {
		if whole {
			_, _, ok := requestLine(line)
			return ok
		}
		return methodLength(line) > 0
	}
	return false
}

// fields are those header fields that say how a body is framed, whether it is
// authorized, and whether it has PeerDist encoding. A body is handed out as it was
// sent.
type fields struct {
	length  int64  // Content-Length, -1 if there is none
	invalid bool   // Content-Length is not a number, or there are several
	chunked bool   // chunked is the last Transfer-Encoding
	coded   bool   // another one is
	packed  []byte // Transfer-Encoding, if it has more than chunked
	allowed bool   // there is an Authorization
	auth    []byte // its scheme, or the schemes of all WWW-Authenticate

	encoding         []byte // Content-Encoding
	accepted         []byte // Accept-Encoding, if it lists peerdist
	peerDist, peerEx []byte // X-P2P-PeerDist, X-P2P-PeerDistEx
	validator        bool   // ETag or Last-Modified
	host             []byte // Host
	action           []byte // SOAPAction
	span             []byte // Range or Content-Range
}

// readFields reads the lines of a head after the first. Names have any case,
// lines end in CRLF or LF, and a line that begins with white space goes on with
// the field before.
func readFields(b []byte) fields {
	f := fields{length: -1}
	for len(b) > 0 {
		n := 0
		for { // one field, with the lines that continue it
			k := bytes.IndexByte(b[n:], '\n')
			if k < 0 {
				n = len(b)
				break
			}
			n += k + 1
			if n >= len(b) || b[n] != ' ' && b[n] != '\t' {
				break
			}
		}
		field := b[:n]
		b = b[n:]
		name, value, _ := bytes.Cut(field, []byte{':'})
		name = bytes.TrimSpace(name)
		is := func(field []byte) bool { return len(name) == len(field) && bytes.EqualFold(name, field) } // most are others
		switch {
		case is(contentLength):
			f.setLength(bytes.TrimSpace(value))
		case is(transferEncoding):
			value = bytes.TrimSpace(value)
			last := bytes.TrimSpace(value[bytes.LastIndexByte(value, ',')+1:])
			f.coded = (f.chunked || f.coded || !bytes.EqualFold(value, identity)) && !bytes.EqualFold(last, chunked)
			f.chunked = bytes.EqualFold(last, chunked)
			if !bytes.EqualFold(value, last) || !f.chunked && f.coded {
				f.packed = value
			}
		case is(authorization):
			value = bytes.TrimSpace(value)
			f.allowed = len(value) > 0
			f.auth = scheme(value)
		case is(authenticate):
			f.addSchemes(bytes.TrimSpace(value))
		case is(contentEncoding):
			addValue(&f.encoding, bytes.TrimSpace(value))
		case is(acceptEncoding):
			if listsPeerDist(value) {
				addValue(&f.accepted, bytes.TrimSpace(value))
			}
		case is(xPeerDist):
			addValue(&f.peerDist, bytes.TrimSpace(value))
		case is(xPeerDistEx):
			addValue(&f.peerEx, bytes.TrimSpace(value))
		case is(etag), is(lastModified):
			f.validator = true
		case is(hostField):
			f.host = bytes.TrimSpace(value)
		case is(soapAction):
			f.action = bytes.TrimSpace(value)
		case is(rangeField), is(contentRange):
			f.span = bytes.TrimSpace(value)
		}
	}
	return f
}

// scheme is the first word of credentials or of a challenge; nothing where that is
// no token of a sensible length.
func scheme(value []byte) []byte {
	const longest = 32
	word, _, _ := bytes.Cut(value, []byte{' '})
	for _, ch := range word {
		if letter := ch | 0x20; !(letter >= 'a' && letter <= 'z' || isDigit(ch) || ch == '-' || ch == '_') {
			return nil
		}
	}
	if len(word) > longest {
		return nil
	}
	return word
}

// addSchemes adds those in the value of a WWW-Authenticate: a list of challenges,
// each a scheme, perhaps followed by a token or by a list of parameters.
func (f *fields) addSchemes(value []byte) {
	const most = 128
	for part := range bytes.SplitSeq(value, []byte{','}) {
		part = bytes.TrimSpace(part)
		if word := scheme(part); len(word) > 0 && len(f.auth) < most {
			if len(f.auth) > 0 {
				f.auth = append(f.auth[:len(f.auth):len(f.auth)], ", "...)
			}
			f.auth = append(f.auth[:len(f.auth):len(f.auth)], word...)
			if bytes.EqualFold(word, negotiate) && len(word) < len(part) {
				f.auth = append(f.auth, " ..."...)
			}
		}
	}
}

// setLength reads the value of a Content-Length; one that is repeated must stay
// the same.
func (f *fields) setLength(value []byte) {
	for part := range bytes.SplitSeq(value, []byte{','}) {
		part = bytes.TrimSpace(part)
		n := int64(0)
		for _, ch := range part {
			if !isDigit(ch) || n > 1<<55 {
				f.invalid = true
				return
			}
			n = n*10 + int64(ch-'0')
		}
		if len(part) == 0 || f.length >= 0 && f.length != n {
			f.invalid = true
			return
		}
		f.length = n
	}
}

// pathOf is the path in a request target: without scheme and host, query and
// fragment.
func pathOf(target []byte) []byte {
	if n := bytes.Index(target, []byte("://")); n > 0 && target[0] != '/' {
		target = target[n+3:]
		n = bytes.IndexByte(target, '/')
		if n < 0 {
			return nil
		}
		target = target[n:]
	}
	if n := bytes.IndexAny(target, "?#"); n >= 0 {
		target = target[:n]
	}
	return target
}

// protocolOf returns the protocol that path belongs to, 0 for none that is asked for.
func (o *Options) protocolOf(path []byte) Protocol {
	if len(path) < ourPathLen {
		return 0
	}
	for i := range ourPaths {
		p := &ourPaths[i]
		switch rest := path[ourPathLen:]; {
		case !bytes.EqualFold(path[:ourPathLen], p.path) || p.protocol == PCCRR && !o.Retrieval:
		case len(rest) == 0 || rest[0] == '/' && (len(rest) == 1 || p.protocol == PCCRR):
			return p.protocol
		}
	}
	return 0
}

// mayBeOurs returns the protocol that the beginning of a head belongs to if it looks
// like that of a POST to one of our paths, as far as it goes; else 0.
func (o *Options) mayBeOurs(head []byte) Protocol {
	target, ok := bytes.CutPrefix(head, []byte("POST "))
	if !ok {
		return 0
	}
	target, _, whole := bytes.Cut(target, []byte{' '})
	path := pathOf(target)
	if whole || len(path) >= ourPathLen {
		return o.protocolOf(path)
	}
	for i := range ourPaths {
		p := &ourPaths[i]
		if n := len(path); n > 1 && bytes.EqualFold(path, p.path[:n]) && (p.protocol != PCCRR || o.Retrieval) {
			return p.protocol
		}
	}
	return 0
}
