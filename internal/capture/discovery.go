package capture

import "encoding/binary"

// WS-Discovery, which MS-PCCRD uses: SOAP in UDP, to a multicast group or to one end.
// What a datagram says, and whether it is of MS-PCCRD, is not looked at.

// discoveryPort is the UDP port.
const discoveryPort = 3702

// isDiscovery reports whether UDP begins with that port as one of its two.
func isDiscovery(b []byte) bool {
	return len(b) >= 4 && (binary.BigEndian.Uint16(b) == discoveryPort || binary.BigEndian.Uint16(b[2:]) == discoveryPort)
}

// discovery hands out a UDP datagram from or to that port, and reports whether b is
// one: ports 2+2, length 2, checksum 2. wire is its length before the capture cut it.
func (r *Reader) discovery(src, dst, b []byte, wire int) bool {
	const header = 8
	if len(b) < header || !isDiscovery(b) {
		return false
	}
	length := int(binary.BigEndian.Uint16(b[4:]))
	if length < header || length > wire { // left to the network card, or wrong
		length = wire
	}
	e, from := between(src, dst, b)
	body := b[header:min(length, len(b))]
	r.event = Event{Kind: Datagram, Protocol: PCCRD, Body: body, Missing: int64(length - header - len(body)),
		Place: Place{Src: e.addrPort(from), Dst: e.addrPort(1 - from), Stream: -1}}
	r.emit(&r.now)
	return true
}
