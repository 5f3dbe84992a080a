package capture

import (
	"bytes"
	"encoding/binary"
)

// Wireshark writes decrypted messages as frames of a link type of its own
// ("Export PDUs", OSI layer 7): tags, each with type 2, length 2, value, all
// big-endian, then one whole message of the application.
const (
	tagEnd     = 0
	tagSrcIPv4 = 20
	tagDstIPv4 = 21
	tagSrcIPv6 = 22
	tagDstIPv6 = 23
	tagSrcPort = 25
	tagDstPort = 26
	tagFrame   = 30 // the number of the frame in the original capture
)

// exported is such a frame.
type exported struct {
	src, dst []byte
	ports    [4]byte // as in a segment
	frame    int64   // 0 if it does not say
	data     []byte
}

// exported takes such a frame as the next bytes of its connection.
func (r *Reader) exported(b []byte, wire int) {
	p, ok := parseExported(b)
	if !ok {
		return
	}
	e, from := endpoints{version: plaintext}, 0
	switch {
	case p.src != nil && len(p.src) == len(p.dst):
		e, from = between(p.src, p.dst, p.ports[:])
	case startsResponse(p.data): // without addresses: one connection, as all of them lie in turn
		from = 1
	}
	r.message(&e, from, p.data, wire-len(b))
}

// parseExported reads the tags.
func parseExported(b []byte) (p exported, ok bool) {
	for {
		if len(b) < 4 {
			return p, false
		}
		tag, n := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[2:]))
		if b = b[4:]; tag == tagEnd {
			break
		}
		if n > len(b) {
			return p, false
		}
		value := b[:n]
		b = b[n:]
		switch {
		case (tag == tagSrcIPv4 && n == 4) || (tag == tagSrcIPv6 && n == 16):
			p.src = value
		case (tag == tagDstIPv4 && n == 4) || (tag == tagDstIPv6 && n == 16):
			p.dst = value
		case tag == tagSrcPort && n == 4:
			copy(p.ports[:2], value[2:])
		case tag == tagDstPort && n == 4:
			copy(p.ports[2:], value[2:])
		case tag == tagFrame && n == 4:
			p.frame = int64(binary.BigEndian.Uint32(value))
		}
	}
	p.data = b
	return p, true
}

// message takes a message of the application, reassembled by another program, as
// the next bytes of its connection.
func (r *Reader) message(e *endpoints, from int, b []byte, cut int) {
	c := r.conns[*e]
	if c == nil {
		c = r.newConn(e)
	}
	if c.ignored {
		return
	}
	h := &c.halves[from]
	h.know(0)
	h.sync(h.next, false)
	// Wireshark may export the head of a message alone, and then the whole. So
	// one without a body is held until the next.
	if p := h.queue.list; len(p) == 1 && len(p[0].data) < len(b) && bytes.HasPrefix(b, p[0].data) {
		h.queue.drop(&r.pool, 1)
	}
	c.drain()
	h.queue.insert(&r.pool, queuedSegment{off: h.next, data: b, cut: cut, at: r.now})
	if headEnd(b, 0) < len(b) || cut > 0 {
		c.drain()
	}
	r.watch(c)
	if r.pool.used > r.options.MaxBuffered {
		r.evict(c)
	}
}
