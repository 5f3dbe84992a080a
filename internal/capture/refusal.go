package capture

import (
	"crypto/tls"
	"fmt"
	"net/netip"
	"strings"
)

// refusals are the fatal alerts that ended handshakes of TLS, in plain. They are of
// interest only for addresses that serve offers or blocks as well: why clients do not
// reach a hosted cache by version 1.0.
type refusals struct {
	servers map[netip.Addr]bool // of MS-PCHC and MS-PCCRR
	list    []refusal
}

type refusal struct {
	place Place // from who sent the alert
	at    stamp
	alert byte
	noted bool
}

// maxRefusals bounds the ends and alerts that are told apart.
const maxRefusals = 64

// serves takes note that MS-PCHC or MS-PCCRR is spoken to an address.
func (r *refusals) serves(server netip.Addr) {
	const most = 4096
	if r.servers == nil {
		r.servers = make(map[netip.Addr]bool)
	}
	if len(r.servers) < most {
		r.servers[server] = true
	}
}

// refusal takes a segment of a connection with TLS. A fatal alert that is not encrypted
// has two bytes: level and description (RFC 8446 6).
func (c *conn) refusal(from int, b []byte) {
	const alert, fatal = 21, 2
	if len(b) < tlsHeader+2 || b[0] != alert || b[1] != 3 || b[3] != 0 || b[4] != 2 || b[5] != fatal {
		return
	}
	src, dst := c.ends.addrPort(from), c.ends.addrPort(1-from)
	all := &c.r.refusals
	for i := range all.list {
		if old := &all.list[i]; old.alert == b[6] && old.place.Src.Addr() == src.Addr() && old.place.Dst.Addr() == dst.Addr() {
			return
		}
	}
	if len(all.list) < maxRefusals {
		all.list = append(all.list, refusal{place: Place{Src: src, Dst: dst, Stream: c.stream}, at: c.r.now, alert: b[6]})
		c.r.noteRefusal(&all.list[len(all.list)-1])
	}
}

// noteRefusal notes that a handshake failed, if it is known that the server is one of
// MS-PCHC or MS-PCCRR.
func (r *Reader) noteRefusal(f *refusal) {
	if f.noted || !r.refusals.servers[f.place.Src.Addr()] && !r.refusals.servers[f.place.Dst.Addr()] {
		return
	}
	f.noted = true
	r.event = Event{Kind: Note, Place: f.place, Detail: fmt.Sprintf("TLS handshake refused with alert %d (%s)",
		f.alert, strings.TrimPrefix(tls.AlertError(f.alert).Error(), "tls: "))}
	r.emit(&f.at)
}

// noteRefusals notes at the end those of which that was not known at the time.
func (r *Reader) noteRefusals() {
	for i := range r.refusals.list {
		r.noteRefusal(&r.refusals.list[i])
	}
}
