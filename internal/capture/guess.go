package capture

import "encoding/binary"

// IsHTTP reports whether b begins with the first line of an HTTP/1.x message.
func IsHTTP(b []byte) bool { return startsRequest(b) || startsResponse(b) }

// IsResponse reports whether b begins with the first line of an HTTP/1.x response.
func IsResponse(b []byte) bool { return startsResponse(b) }

// GuessLink returns the link type of a packet of which only the bytes are known,
// such as one copied from a hex dump: raw IP, or IP after a header of Ethernet,
// Linux cooked or loopback. ok is false where b is no IP packet, or ends before
// its TCP header does. Its lengths must fit b, but for what a link layer appends
// and what a snap length cut off.
func GuessLink(b []byte) (link uint32, ok bool) {
	for _, link := range [...]uint32{linkRaw, linkEthernet, linkLinux, linkLinuxTwo, linkRadiotap, linkNull} {
		if link == linkNull && !isFamily(b) {
			continue
		}
		if at := ipOffset(link, b); at >= 0 && isIP(b[at:]) {
			return link, true
		}
	}
	return 0, false
}

// ipOffset is where in a frame of a link type the outermost IP packet begins, -1 if
// it has none.
func ipOffset(link uint32, b []byte) int {
	t := linkTypes[link]
	at := t.header
	for l, headers := t.next, 0; at <= len(b) && headers < maxHeaders; headers++ {
		if l == layerIP {
			return at
		}
		if strippers[l] == nil {
			break
		}
		next, n := strippers[l](b[at:])
		l, at = next, at+n
	}
	return -1
}

// isFamily reports whether b begins with an address family in either byte order.
func isFamily(b []byte) bool {
	if len(b) < 4 {
		return false
	}
	f := binary.BigEndian.Uint32(b)
	return f > 0 && f <= 30 || f&0xffffff == 0 && f>>24 <= 30
}

// maxTrailer is the maximum length of what a link layer appends: padding, a
// frame check sequence.
const maxTrailer = 64

func isIP(b []byte) bool {
	switch {
	case len(b) >= 20 && b[0]>>4 == 4:
		header, total := int(b[0]&15)*4, int(binary.BigEndian.Uint16(b[2:]))
		if header < 20 || header > len(b) || header > total && total != 0 {
			return false
		}
		if total == 0 || total > len(b) { // left to the network card, or cut: it must at least add up
			noSum := total == 0 && binary.BigEndian.Uint16(b[10:]) == 0 // left to it, too
			return b[9] == protoTCP && (noSum || sum16(b[:header]) == 0xffff) && isTCP(b[header:])
		}
		fragment := binary.BigEndian.Uint16(b[6:])&0x3fff != 0
		return len(b)-total <= maxTrailer && (b[9] != protoTCP || fragment || isTCP(b[header:total]))
	case len(b) >= 40 && b[0]>>4 == 6:
		total := 40 + int(binary.BigEndian.Uint16(b[4:]))
		if total == 40 && b[6] == protoTCP {
			return isTCP(b[40:]) // left to the network card
		}
		return len(b)-total <= maxTrailer && (b[6] != protoTCP && total <= len(b) || b[6] == protoTCP && isTCP(b[40:]))
	}
	return false
}

// isTCP reports whether b begins with a TCP header.
func isTCP(b []byte) bool {
	return len(b) >= 20 && b[12]>>4 >= 5 && int(b[12]>>4)*4 <= len(b)
}

// sum16 is the sum of the Internet checksum (RFC 1071): 0xffff where b includes a
// right one.
func sum16(b []byte) uint16 {
	sum := uint32(0)
	for ; len(b) > 1; b = b[2:] {
		sum += uint32(binary.BigEndian.Uint16(b))
	}
	for sum > 0xffff {
		sum = sum&0xffff + sum>>16
	}
	return uint16(sum)
}
