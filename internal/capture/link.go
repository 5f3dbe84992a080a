package capture

import (
	"encoding/binary"
	"fmt"

	"github.com/hostedcache/pchc/internal/capture/pcapfile"
)

// Link types, as https://www.tcpdump.org/linktypes.html numbers them for files.
const (
	linkNull      = 0 // BSD loopback: address family 4, in the byte order of the machine
	linkEthernet  = 1
	linkRawBSD    = 12
	linkRawOpen   = 14 // OpenBSD
	linkRaw       = 101
	linkLoop      = 108 // OpenBSD loopback: address family 4, big-endian
	linkLinux     = 113 // cooked: packet type 2, device 2, address length 2, address 8, EtherType 2
	linkIPv4      = 228
	linkIPv6      = 229
	linkExported  = 252 // from Wireshark, without IP
	linkLinuxTwo  = 276 // cooked, version 2: EtherType 2, reserved 2, interface 4, device 2, type 1, length 1, address 8
	etherIPv4     = 0x0800
	etherIPv6     = 0x86dd
	etherTag      = 0x8100 // 802.1Q
	etherOuterTag = 0x88a8 // 802.1ad
)

// Results of ipOffset for frames without an IP packet.
const (
	notIP = -1 - iota
	truncated
	unsupported
)

// ipOffset is where in a frame the IP packet begins.
func ipOffset(link uint32, b []byte) int {
	skip := 0  // length of the header
	ether := 0 // where the EtherType is in it
	switch link {
	case linkEthernet:
		skip, ether = 14, 12
	case linkLinux:
		skip, ether = 16, 14
	case linkLinuxTwo:
		skip = 20
	case linkNull, linkLoop:
		// The address families have other numbers on every system, and the byte
		// order is the capturing machine's: the version in the IP header tells
		// as much.
		skip, ether = 4, -1
	case linkRaw, linkRawBSD, linkRawOpen, linkIPv4, linkIPv6:
		ether = -1
	default:
		return unsupported
	}
	if len(b) < skip {
		return truncated
	}
	if ether >= 0 {
		kind := binary.BigEndian.Uint16(b[ether:])
		for isTag(kind) {
			if len(b) < skip+4 {
				return truncated
			}
			kind = binary.BigEndian.Uint16(b[skip+2:])
			skip += 4
		}
		if kind != etherIPv4 && kind != etherIPv6 {
			return notIP
		}
	}
	return skip
}

// frame takes one frame apart down to IP.
func (r *Reader) frame(f *pcapfile.Frame) {
	if f.Link == linkExported {
		r.exported(f.Data, f.Wire)
		return
	}
	switch at := ipOffset(f.Link, f.Data); at {
	case notIP:
	case truncated:
		r.cutHeaders(f.Data, f.Wire)
	case unsupported:
		r.problem(fmt.Sprintf("frames of link type %d are not supported and were skipped (supported: Ethernet, Linux cooked, loopback, raw IP)", f.Link), f.Link)
	default:
		r.ip(f.Data[at:], f.Wire-at)
	}
}

// isTag reports the EtherType of a VLAN tag, which precedes the next
// EtherType: 802.1Q, 802.1ad, and two numbers that were in use before the
// latter.
func isTag(kind uint16) bool {
	return kind == etherTag || kind == etherOuterTag || kind == 0x9100 || kind == 0x9200
}

// cutHeaders reports, once, that frames are cut before their TCP payload
// begins, if b was longer on the wire.
func (r *Reader) cutHeaders(b []byte, wire int) {
	const detail = "the snap length truncates frames within their headers, so their content is unknown: capture whole frames (tcpdump -s 0)"
	if len(b) < wire {
		r.problem(detail, detail)
	}
}
