package input

import (
	"encoding/binary"
)

// packet is what parsePacket found in the bytes of a packet.
type packet struct {
	flow    string // addresses and ports of one direction of a connection
	seq     uint32
	payload []byte // of TCP; nil where the packet carries something else
}

const (
	etherIPv4 = 0x0800
	etherIPv6 = 0x86dd
	etherVLAN = 0x8100
	etherQinQ = 0x88a8
	protoTCP  = 6
)

// parsePacket reads b as a packet: from its IP header, or from an Ethernet,
// Linux cooked or loopback header before that.
func parsePacket(b []byte) (packet, bool) {
	be := binary.BigEndian
	if p, ok := parseIP(b); ok {
		return p, true
	}
	if len(b) >= 14 { // Ethernet, with VLAN tags
		for at := 12; at+2 <= len(b); at += 4 {
			switch be.Uint16(b[at:]) {
			case etherIPv4, etherIPv6:
				if p, ok := parseIP(b[at+2:]); ok {
					return p, true
				}
			case etherVLAN, etherQinQ:
				continue
			}
			break
		}
	}
	// Header length, and where the protocol stands in it: Linux cooked 1 and 2.
	for _, link := range [][2]int{{16, 14}, {20, 0}} {
		if len(b) > link[0] {
			if t := be.Uint16(b[link[1]:]); t == etherIPv4 || t == etherIPv6 {
				if p, ok := parseIP(b[link[0]:]); ok {
					return p, true
				}
			}
		}
	}
	if len(b) > 4 { // null and loopback: an address family, in either byte order
		if f := be.Uint32(b); f > 0 && f <= 30 || f&0xffffff == 0 && f>>24 <= 30 {
			return parseIP(b[4:])
		}
	}
	return packet{}, false
}

// parseIP reads b as an IPv4 or IPv6 packet. It must agree with its own length
// fields, but for the few bytes that a link layer adds.
func parseIP(b []byte) (packet, bool) {
	be := binary.BigEndian
	switch {
	case len(b) >= 20 && b[0]>>4 == 4:
		head, total := int(b[0]&15)*4, int(be.Uint16(b[2:]))
		if head < 20 || head > total || total > len(b) || len(b)-total > 64 {
			return packet{}, false
		}
		if b[9] != protoTCP || be.Uint16(b[6:])&0x1fff != 0 {
			return packet{}, true // something else, or a later fragment
		}
		return parseTCP(string(b[12:20]), b[head:total])
	case len(b) >= 40 && b[0]>>4 == 6:
		total := 40 + int(be.Uint16(b[4:]))
		if total > len(b) || len(b)-total > 64 {
			return packet{}, false
		}
		next, at := b[6], 40
		for next == 0 || next == 43 || next == 60 { // hop-by-hop, routing, destination options
			if at+8 > total {
				return packet{}, false
			}
			next, at = b[at], at+8+8*int(b[at+1])
		}
		if next != protoTCP || at > total {
			return packet{}, at <= total
		}
		return parseTCP(string(b[8:40]), b[at:total])
	}
	return packet{}, false
}

func parseTCP(addresses string, b []byte) (packet, bool) {
	if len(b) < 20 {
		return packet{}, false
	}
	head := int(b[12]>>4) * 4
	if head < 20 || head > len(b) {
		return packet{}, false
	}
	return packet{addresses + string(b[:4]), binary.BigEndian.Uint32(b[4:]), b[head:]}, true
}
