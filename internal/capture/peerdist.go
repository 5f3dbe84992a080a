package capture

import (
	"bytes"
	"fmt"
)

// Content Information in HTTP responses (MS-PCCRTP): any path has it, so what tells
// is the header. The fields of the request are kept until its response has come.

var (
	contentEncoding = []byte("Content-Encoding")
	acceptEncoding  = []byte("Accept-Encoding")
	xPeerDist       = []byte("X-P2P-PeerDist")
	xPeerDistEx     = []byte("X-P2P-PeerDistEx")
	hostField       = []byte("Host")
	rangeField      = []byte("Range")
	contentRange    = []byte("Content-Range")
	etag            = []byte("ETag")
	lastModified    = []byte("Last-Modified")
	peerDistCoding  = []byte("peerdist")
)

// maxField is how much of the value of a header field is kept.
const maxField = 1 << 10

// addValue adds the value of a field, which may be repeated.
func addValue(to *[]byte, value []byte) {
	switch {
	case len(value) == 0:
	case *to == nil:
		*to = value
	case len(*to) <= maxField: // more is cut anyway
		*to = append(append((*to)[:len(*to):len(*to)], ", "...), value...)
	}
}

// listsPeerDist reports whether peerdist is in a list of codings, in any case.
func listsPeerDist(value []byte) bool {
	for n := 0; n+len(peerDistCoding) <= len(value); n++ {
		if value[n]|0x20 == 'p' && bytes.EqualFold(value[n:n+len(peerDistCoding)], peerDistCoding) {
			return true
		}
	}
	return false
}

// newPeerDist keeps the fields of the message that direction i begins.
func (c *conn) newPeerDist(i int, h *fields, coding []byte) *PeerDist {
	keep := func(value []byte) string {
		if len(value) > maxField {
			if c.r.once(maxField) {
				c.note(i, fmt.Sprintf("a header field of PeerDist encoding has more than %d bytes: the rest is not read", maxField))
			}
			value = value[:maxField]
		}
		if bytes.IndexByte(value, '\n') >= 0 { // it goes on in another line (RFC 9112 5.2)
			value = bytes.ReplaceAll(bytes.ReplaceAll(value, []byte("\r\n"), []byte("  ")), []byte("\n"), []byte(" "))
		}
		return c.r.path(value)
	}
	return &PeerDist{Coding: keep(coding), XP2PPeerDist: keep(h.peerDist), XP2PEx: keep(h.peerEx), Range: keep(h.span), Validator: h.validator}
}

// contentOf returns the fields of a response whose body is Content Information, nil
// for another one.
func (c *conn) contentOf(i int, h *fields, e *exchange) *PeerDist {
	f := &c.halves[i].http
	if h.encoding == nil || !listsPeerDist(h.encoding) || e.ours && e.number != 0 || f.status/100 != 2 {
		return nil
	}
	listed := false
	for coding := range bytes.SplitSeq(h.encoding, []byte{','}) {
		coding = bytes.TrimSpace(coding)
		switch {
		case bytes.EqualFold(coding, peerDistCoding) && !listed:
			listed = true
		case len(coding) > 0 && !bytes.EqualFold(coding, identity):
			c.problem(i, &f.at, nil, fmt.Sprintf("the body of this HTTP response is not read: it has Content-Encoding %.100q, and MS-PCCRTP has peerdist alone", h.encoding))
			return nil
		}
	}
	if !listed {
		return nil
	}
	if h.packed != nil {
		c.problem(i, &f.at, nil, fmt.Sprintf("the body of this HTTP response is not read: it has Transfer-Encoding %.100q", h.packed))
		return nil
	}
	return c.newPeerDist(i, h, h.encoding)
}

// content hands out Content Information.
func (c *conn) content(i int, body []byte) {
	f := &c.halves[i].http
	e := f.exchange
	c.r.event = Event{Kind: Content, Body: body}
	c.answer(i, &e)
}

// answer hands out r.event, which is about a response with header fields of PeerDist
// encoding, or to a request that has some.
func (c *conn) answer(i int, e *exchange) {
	f, v := &c.halves[i].http, &c.r.event
	v.Protocol, v.Exchange, v.Answered = PCCRTP, e.number, f.peerDist
	v.Direction, v.Status = "response", f.status
	if e.unsure {
		v.Exchange = 0
	} else {
		v.Asked, v.Presumed = e.peerDist, v.Kind != Part && c.presumes(e)
	}
	c.send(i, &f.at, e)
}

// asked is the header fields of a request of MS-PCCRTP.
func (e *exchange) asked() *PeerDist {
	if e.protocol != PCCRTP {
		return nil
	}
	return e.peerDist
}

// part hands out a piece of a plain body.
func (c *conn) part(i int, b []byte) {
	if f := &c.halves[i].http; c.r.options.Parts {
		c.r.event = Event{Kind: Part, Body: b, Offset: f.got + f.missing}
		c.answer(i, &f.exchange)
	}
}

// plainEnd hands out the end of a plain body, of which so many bytes did not come.
func (c *conn) plainEnd(i int, rest int64) {
	f := &c.halves[i].http
	c.r.event = Event{Kind: Plain, Length: f.got, Missing: f.missing + rest}
	c.answer(i, &f.exchange)
	f.plain = false
}

// urlOf is the URL that a request is about: its target, with the Host field where that
// has no host (RFC 9112 3.3).
func urlOf(target, host []byte) string {
	if target[0] == '/' && len(host) > 0 {
		return "http://" + string(host[:min(len(host), maxField)]) + string(target[:min(len(target), maxField)])
	}
	return string(target[:min(len(target), maxField)])
}
