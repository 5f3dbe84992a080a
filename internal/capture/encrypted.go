package capture

import (
	"encoding/binary"
	"fmt"
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
	c.ignored = true
	c.r.sum.Encrypted++
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
	c.r.event = Event{Kind: Problem, Detail: fmt.Sprintf(adviceTLS, to)}
	v := &c.r.event
	v.Src, v.Dst, v.Stream = c.ends.addrPort(1-server), to, c.stream
	if c.r.options.Excerpt { // a view may still contain its data
		c.r.hidden = append(c.r.hidden, hidden{c.ends, *at, c.r.event})
	} else if c.r.once(to) {
		c.r.emit(at)
	}
}

// hidden is a connection that carries TLS, and the problem that it is.
type hidden struct {
	ends  endpoints
	at    stamp
	event Event
}

// reportHidden reports TLS, once for each server, unless the views had what is in
// it.
func (r *Reader) reportHidden() {
	for i := range r.hidden {
		h := &r.hidden[i]
		if !r.decrypted[h.ends] && r.once(h.event.Dst) {
			r.event = h.event
			r.emit(&h.at)
		}
	}
}

const adviceTLS = "traffic with %v is encrypted with TLS (MS-PCHC version 1.0 uses HTTPS), so its messages are not visible; " +
	"given the session keys (SSLKEYLOGFILE) or, for RSA key exchange, the server's private key, " +
	"tshark -r FILE -o tls.keylog_file:KEYS -U 'OSI layer 7' -w OUT writes a decrypted capture; Windows' own TLS does not export session keys"
