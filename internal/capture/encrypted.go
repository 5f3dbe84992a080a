package capture

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
)

// Content types of TLS records (RFC 8446 5.1), and messages of its handshake.
const (
	tlsChangeCipher = 20
	tlsHandshake    = 22
	tlsData         = 23

	tlsHeader = 5

	tlsClientHello = 1
	tlsServerHello = 2
)

// mayBeTLS reports whether b, as far as it goes, is the header of a TLS record:
// content type 1, version 2, length 2.
func mayBeTLS(b []byte) bool {
	return b[0] >= tlsChangeCipher && b[0] <= tlsData && (len(b) < 2 || b[1] == 3) && (len(b) < 3 || b[2] <= 4)
}

// isTLS reports whether b begins with a TLS record.
func isTLS(b []byte) bool {
	if len(b) < tlsHeader || !mayBeTLS(b) {
		return false
	}
	n := binary.BigEndian.Uint16(b[3:])
	return n > 0 && n <= 1<<14+2048
}

// encrypted stops reading a connection that carries TLS.
func (c *conn) encrypted(i int, b []byte, at *stamp) {
	c.r.sum.Encrypted++
	c.tls = true
	server := 1 - i
	hello := byte(0)
	if b[0] == tlsHandshake && len(b) > 5 {
		hello = b[5]
	}
	switch {
	case hello == tlsClientHello:
	case hello == tlsServerHello:
		server = i
	case c.opener >= 0:
		server = 1 - int(c.opener)
	case c.ends.addrPort(i).Port() < c.ends.addrPort(1-i).Port():
		server = i
	}
	to := c.ends.addrPort(server)
	place := Place{Src: c.ends.addrPort(1 - server), Dst: to, Stream: c.stream}
	switch {
	case c.r.decryption.pdus != nil:
		c.seal(place)
		return
	case c.r.options.Excerpt: // a view may still contain its data
		if len(c.r.hidden) == maxServers {
			c.r.noteHidden()
		}
		c.r.hidden = append(c.r.hidden, hidden{c.ends, *at, place})
	default:
		c.r.noteTLS(&place, at, hiddenTLS)
	}
	c.ignored = true
}

// hidden is a connection that carries TLS.
type hidden struct {
	ends  endpoints
	at    stamp
	place Place
}

// servers are those that speak TLS.
type servers struct {
	seen  map[netip.AddrPort]bool
	later []string // the first of them, but for the very first
}

const (
	maxServers = 4096 // only a capture made to annoy gets there
	maxNamed   = 4
)

// noteTLS notes a connection that carries TLS. Unless all exchanges are asked for,
// it does so for the first one only: a capture of anything has many.
func (r *Reader) noteTLS(place *Place, at *stamp, detail string) {
	if s := &r.servers; !r.options.Exchanges {
		if s.seen[place.Dst] || len(s.seen) == maxServers {
			return
		}
		if s.seen == nil {
			s.seen = make(map[netip.AddrPort]bool)
		}
		if s.seen[place.Dst] = true; len(s.seen) > 1 {
			if len(s.later) < maxNamed {
				s.later = append(s.later, place.Dst.String())
			}
			return
		}
	}
	if detail == hiddenTLS && r.options.Keys != "" {
		detail += "; " + r.options.Keys
	}
	r.event = Event{Kind: Note, Place: *place, Detail: detail, Hidden: true}
	r.emit(at)
}

const hiddenTLS = "encrypted with TLS (version 1.0 uses HTTPS): its messages are not visible"

// noteHidden notes the connections whose messages no view had, at the end, or when there
// are many.
func (r *Reader) noteHidden() {
	for i := range r.hidden {
		if h := &r.hidden[i]; !r.decrypted[h.ends] { // else the views had what is in it
			r.noteTLS(&h.place, &h.at, hiddenTLS)
		}
	}
	r.hidden, r.decrypted = r.hidden[:0], nil
}

// noteServers notes at the end which other servers speak TLS.
func (r *Reader) noteServers() {
	r.noteHidden()
	s := &r.servers
	if len(s.later) == 0 {
		return
	}
	names := strings.Join(s.later, ", ")
	switch more := len(s.seen) - 1 - len(s.later); {
	case len(s.seen) == maxServers:
		names += " and thousands more"
	case more > 0:
		names += fmt.Sprintf(" and %d more", more)
	}
	r.event = Event{Kind: Note, Place: Place{Stream: -1}, Detail: "also encrypted with TLS: traffic with " + names}
	r.emit(&stamp{})
}
