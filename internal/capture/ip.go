package capture

import (
	"cmp"
	"encoding/binary"
	"net/netip"
)

// Protocol numbers, also those of the IPv6 extension headers that may stand
// before TCP.
const (
	protoHopByHop    = 0
	protoTCP         = 6
	protoRouting     = 43
	protoFragment    = 44
	protoAuth        = 51
	protoDestination = 60
	protoMobility    = 135
)

// endpoints identify a TCP connection, whichever way a segment goes: end 0 is
// the lower address and port, end 1 the higher. Addresses are two words each,
// those of IPv4 mapped into IPv6. No padding, so that it hashes as one run of
// bytes.
type endpoints struct {
	high0, low0 uint64
	high1, low1 uint64
	port0       uint16
	port1       uint16
	version     uint32 // of IP, 0 where there are no addresses; plus plaintext
}

// between returns the endpoints of a segment and the number of the end that
// sent it.
func between(src, dst, ports []byte) (e endpoints, from int) {
	if len(src) == 4 {
		const mapped = 0xffff << 32
		e.version = 4
		e.low0 = mapped | uint64(binary.BigEndian.Uint32(src))
		e.low1 = mapped | uint64(binary.BigEndian.Uint32(dst))
	} else {
		e.version = 6
		e.high0, e.low0 = binary.BigEndian.Uint64(src), binary.BigEndian.Uint64(src[8:])
		e.high1, e.low1 = binary.BigEndian.Uint64(dst), binary.BigEndian.Uint64(dst[8:])
	}
	e.port0, e.port1 = binary.BigEndian.Uint16(ports), binary.BigEndian.Uint16(ports[2:])
	if cmp.Or(cmp.Compare(e.high0, e.high1), cmp.Compare(e.low0, e.low1), cmp.Compare(e.port0, e.port1)) > 0 {
		e.high0, e.high1 = e.high1, e.high0
		e.low0, e.low1 = e.low1, e.low0
		e.port0, e.port1 = e.port1, e.port0
		from = 1
	}
	return e, from
}

// plaintext tells the connection of decrypted messages from the one that carries
// their TLS.
const plaintext = 1 << 8

func (e *endpoints) addrPort(i int) netip.AddrPort {
	if e.version == 0 {
		return netip.AddrPort{}
	}
	high, low, port := e.high0, e.low0, e.port0
	if i == 1 {
		high, low, port = e.high1, e.low1, e.port1
	}
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], high)
	binary.BigEndian.PutUint64(b[8:], low)
	ip := netip.AddrFrom16(b)
	if e.version&^plaintext == 4 {
		ip = ip.Unmap()
	}
	return netip.AddrPortFrom(ip, port)
}

// ip takes one IP packet. wire is its length before the capture cut it, with
// what the link layer may have padded. Checksums are not looked at: the
// capturing machine's own frames often have none yet.
func (r *Reader) ip(b []byte, wire int) {
	if len(b) < 1 {
		return
	}
	switch b[0] >> 4 {
	case 4:
		r.ipv4(b, wire)
	case 6:
		r.ipv6(b, wire)
	}
}

func (r *Reader) ipv4(b []byte, wire int) {
	if len(b) < 20 {
		r.cutHeaders(b, wire)
		return
	}
	header := int(b[0]&15) * 4
	total := int(binary.BigEndian.Uint16(b[2:]))
	if total == 0 { // left to the network card, as is the cutting into segments
		total = wire
	}
	if b[9] != protoTCP || header < 20 || header > total {
		return
	}
	src, dst := b[12:16], b[16:20]
	payload := b[min(header, len(b)):min(total, len(b))]
	fragment := binary.BigEndian.Uint16(b[6:])
	if fragment&0x3fff == 0 {
		r.tcp(src, dst, payload, total-header)
		return
	}
	if r.views != nil && r.views.IP != nil {
		r.tcp(src, dst, r.views.IP, len(r.views.IP))
		return
	}
	id := fragmentID{id: uint32(binary.BigEndian.Uint16(b[4:])), version: 4}
	copy(id.src[:], src)
	copy(id.dst[:], dst)
	if whole := r.fragment(&id, int(fragment&0x1fff)*8, fragment&0x2000 != 0, payload, total-header); whole != nil {
		r.tcp(src, dst, whole, len(whole))
	}
}

func (r *Reader) ipv6(b []byte, wire int) {
	if len(b) < 40 {
		r.cutHeaders(b, wire)
		return
	}
	length := int(binary.BigEndian.Uint16(b[4:]))
	if length == 0 { // a jumbogram, or left to the network card
		length = wire - 40
	}
	r.extensions(b[8:24], b[24:40], b[6], b[40:min(40+length, len(b))], length)
}

// extensions walks the headers between the one of IPv6 and TCP's; next is the
// number of the one that b begins with, length what b had before the capture
// cut it.
func (r *Reader) extensions(src, dst []byte, next byte, b []byte, length int) {
	for next != protoTCP {
		if len(b) < 8 {
			r.cutHeaders(b, length)
			return
		}
		n := int(b[1])*8 + 8
		switch next {
		case protoHopByHop, protoRouting, protoDestination, protoMobility:
		case protoAuth:
			n = int(b[1])*4 + 8
		case protoFragment:
			field := binary.BigEndian.Uint16(b[2:])
			if field&^6 != 0 { // else it is whole
				if r.views != nil && r.views.IP != nil {
					r.extensions(src, dst, b[0], r.views.IP, len(r.views.IP))
					return
				}
				id := fragmentID{id: binary.BigEndian.Uint32(b[4:]), version: 6}
				copy(id.src[:], src)
				copy(id.dst[:], dst)
				if whole := r.fragment(&id, int(field&^7), field&1 != 0, b[8:], length-8); whole != nil {
					r.extensions(src, dst, b[0], whole, len(whole))
				}
				return
			}
			n = 8
		default:
			return
		}
		if n > len(b) {
			r.cutHeaders(b, length)
			return
		}
		next, b, length = b[0], b[n:], length-n
	}
	r.tcp(src, dst, b, length)
}

// segment is one TCP segment.
type segment struct {
	seq, ack uint32
	flags    byte
	data     []byte // the payload as far as it was captured
	cut      int    // bytes of it that the capture cut off
}

// Flags of TCP.
const (
	flagFIN = 1 << iota
	flagSYN
	flagRST
	_
	flagACK
)

func (r *Reader) tcp(src, dst, b []byte, wire int) {
	if len(b) < 20 {
		r.cutHeaders(b, wire)
		return
	}
	header := int(b[12]>>4) * 4
	if header < 20 || header > wire {
		return
	}
	s := segment{
		seq:   binary.BigEndian.Uint32(b[4:]),
		ack:   binary.BigEndian.Uint32(b[8:]),
		flags: b[13],
		data:  b[min(header, len(b)):],
	}
	s.cut = wire - header - len(s.data)
	e, from := between(src, dst, b)
	if r.views != nil && r.view(&e, from, &s) {
		return
	}
	r.segment(&e, from, &s)
}
