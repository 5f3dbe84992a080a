package capture

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"slices"
)

// Protocol numbers, also those of the IPv6 extension headers that may stand
// before TCP.
const (
	protoHopByHop    = 0
	protoTCP         = 6
	protoUDP         = 17
	protoRouting     = 43
	protoFragment    = 44
	protoESP         = 50
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
	if e.version&^plaintext == 0 {
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

// ip takes one IP packet, and returns what it carries: ordinary if that is TCP,
// which it takes too, or not whole yet. wire is its length before the capture cut
// it, with what the link layer may have padded. Checksums are not looked at: the
// capturing machine's own frames often have none yet.
func (r *Reader) ip(b []byte, wire int) (layer, []byte, int) {
	switch {
	case len(b) < 1:
		r.cutHeaders(b, wire)
	case b[0]>>4 == 4:
		return r.ipv4(b, wire)
	case b[0]>>4 == 6:
		return r.ipv6(b, wire)
	}
	return ordinary, nil, 0
}

func (r *Reader) ipv4(b []byte, wire int) (layer, []byte, int) {
	if len(b) < 20 {
		r.cutHeaders(b, wire)
		return ordinary, nil, 0
	}
	header := int(b[0]&15) * 4
	total := int(binary.BigEndian.Uint16(b[2:]))
	if total == 0 { // left to the network card, as is the cutting into segments
		total = wire
	}
	proto := b[9]
	if !carriesIP(proto) || header < 20 || header > total {
		return ordinary, nil, 0
	}
	src, dst := b[12:16], b[16:20]
	payload := b[min(header, len(b)):min(total, len(b))]
	length := total - header
	if fragment := binary.BigEndian.Uint16(b[6:]); fragment&0x3fff != 0 {
		id := fragmentID{id: uint32(binary.BigEndian.Uint16(b[4:])), version: 4, proto: proto}
		payload = r.datagram(&id, src, dst, int(fragment&0x1fff)*8, fragment&0x2000 != 0, payload, length)
		if payload == nil {
			return ordinary, nil, 0
		}
		length = len(payload)
	}
	if proto == protoTCP {
		r.tcp(src, dst, payload, length)
		return ordinary, nil, 0
	}
	return r.extensions(src, dst, proto, payload, length)
}

// carriesIP reports whether a protocol may carry TCP or IP.
func carriesIP(proto byte) bool {
	switch proto {
	case protoTCP, protoAuth, protoESP:
		return true
	}
	return protoLayer(proto) != ordinary
}

// protoLayer is what a protocol number announces, but for TCP and what stands
// before it.
func protoLayer(proto byte) layer {
	switch proto {
	case 4, 41, 94: // IP in IP
		return layerIP
	case protoUDP:
		return layerUDP
	case 47:
		return layerGRE
	case 55:
		return hiddenMinimal
	case 97:
		return layerEtherIP
	case 108:
		return hiddenIPComp
	case 115:
		return layerL2TPThree
	case 137:
		return layerMPLS
	case 143:
		return layerEthernet
	}
	return ordinary
}

func (r *Reader) ipv6(b []byte, wire int) (layer, []byte, int) {
	if len(b) < 40 {
		r.cutHeaders(b, wire)
		return ordinary, nil, 0
	}
	length := int(binary.BigEndian.Uint16(b[4:]))
	if length == 0 { // a jumbogram, or left to the network card
		length = wire - 40
	}
	return r.extensions(b[8:24], b[24:40], b[6], b[40:min(40+length, len(b))], length)
}

// extensions walks the headers between the one of IP and TCP's; next is the
// number of the one that b begins with, length what b had before the capture
// cut it. It returns what the packet carries if that is not TCP.
func (r *Reader) extensions(src, dst []byte, next byte, b []byte, length int) (layer, []byte, int) {
	for next != protoTCP {
		n := 8
		switch next {
		case protoHopByHop, protoRouting, protoDestination, protoMobility, protoAuth, protoFragment:
			if len(b) < 8 {
				r.cutHeaders(b, length)
				return ordinary, nil, 0
			}
		case protoESP:
			if next, b = plainESP(src, dst, b); b == nil {
				return hiddenESP, nil, 0
			}
			length = len(b)
			continue
		default:
			if next == protoUDP && r.options.Retrieval && r.discovery(src, dst, b, length) {
				return ordinary, nil, 0
			}
			return protoLayer(next), b, length
		}
		switch next {
		case protoAuth:
			n = int(b[1])*4 + 8
		case protoFragment:
			field := binary.BigEndian.Uint16(b[2:])
			if field&^6 != 0 { // else it is whole
				id := fragmentID{id: binary.BigEndian.Uint32(b[4:]), version: 6, proto: b[0]}
				next = b[0]
				if b = r.datagram(&id, src, dst, int(field&^7), field&1 != 0, b[8:], length-8); b == nil {
					return ordinary, nil, 0
				}
				length = len(b)
				continue
			}
		default:
			n = int(b[1])*8 + 8
		}
		if n > len(b) {
			r.cutHeaders(b, length)
			return ordinary, nil, 0
		}
		next, b, length = b[0], b[n:], length-n
	}
	r.tcp(src, dst, b, length)
	return ordinary, nil, 0
}

// plainESP looks for what ESP carries without encryption (RFC 2410), as Windows
// sends it in domain isolation: SPI 4, sequence 4, perhaps an IV 8, the data,
// padding 1 2 3 ..., its length 1, the protocol 1, and a checksum of several
// possible lengths. Nothing says so: it must fit, with the checksum of TCP or IP.
// It returns nil if it does not.
func plainESP(src, dst, b []byte) (proto byte, data []byte) {
	for _, trailer := range [...]int{12, 16, 24, 32} {
		for _, header := range [...]int{8, 16} {
			end := len(b) - trailer - 2
			if end <= header || end-int(b[end]) <= header {
				continue
			}
			padding := b[end-int(b[end]) : end]
			for i := range padding {
				if int(padding[i]) != i+1 {
					padding = nil
					break
				}
			}
			if padding == nil {
				continue
			}
			proto, data = b[end+1], b[header:end-len(padding)]
			switch {
			case proto == protoTCP && isTCP(data):
				pseudo := []byte{0, protoTCP, byte(len(data) >> 8), byte(len(data))}
				if sum16(slices.Concat(src, dst, pseudo, data)) == 0xffff {
					return proto, data
				}
			case proto == 4 && len(data) >= 20 && data[0] == 0x45 && sum16(data[:20]) == 0xffff,
				proto == 41 && len(data) >= 40 && data[0]>>4 == 6 && int(binary.BigEndian.Uint16(data[4:])) == len(data)-40:
				return proto, data
			}
		}
	}
	return 0, nil
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
