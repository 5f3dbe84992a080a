package capture

import "encoding/binary"

// Wireshark writes decrypted messages as frames of a link type of its own ("Export PDUs", OSI layer 7): tags, each with type 2,
// length 2, value, all big-endian, then one whole message of the application.
const (
	tagEnd     = 0
	tagSrcIPv4 = 20
	tagDstIPv4 = 21
	tagSrcIPv6 = 22
	tagDstIPv6 = 23
	tagSrcPort = 25
	tagDstPort = 26
)

// exported takes such a frame as the next bytes of its connection.
func (r *reader) exported(b []byte, wire int) {
	var src, dst []byte
	var ports [4]byte
	cut := wire - len(b)
	for {
		if len(b) < 4 {
			return
		}
		tag, n := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[2:]))
		if b = b[4:]; tag == tagEnd {
			break
		}
		if n > len(b) {
			return
		}
		value := b[:n]
		b = b[n:]
		switch {
		case (tag == tagSrcIPv4 && n == 4) || (tag == tagSrcIPv6 && n == 16):
			src = value
		case (tag == tagDstIPv4 && n == 4) || (tag == tagDstIPv6 && n == 16):
			dst = value
		case tag == tagSrcPort && n == 4:
			copy(ports[:2], value[2:])
		case tag == tagDstPort && n == 4:
			copy(ports[2:], value[2:])
		}
	}
	if src == nil || len(src) != len(dst) || len(b)+cut == 0 {
		return
	}
	e, from := between(src, dst, ports[:])
	if c := r.connection(&e, from, &segment{}); c != nil && !c.ignored {
		h := &c.half[from]
		h.know(0)
		h.sync(h.next, false)
		c.pass(from, piece{off: h.next, data: b, cut: cut, at: r.now})
	}
}
