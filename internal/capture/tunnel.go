package capture

import "encoding/binary"

// udpLayer is what is sent to a UDP port.
func udpLayer(port uint16) layer {
	switch port {
	case 4789, 8472, 4790: // the second is Linux' default, the third that of VXLAN-GPE
		return layerVXLAN
	case 6081:
		return layerGENEVE
	case 2152:
		return layerGTP
	case 1701:
		return layerL2TP
	case 3544:
		return layerTeredo
	case 4500:
		return layerUDPESP
	case 4754:
		return layerGRE
	case 6635:
		return layerMPLS
	case 37008:
		return layerTZSP
	}
	return ordinary
}

// stripUDP reads ports 2+2, length 2, checksum 2. The port alone is weak evidence:
// what it announces is also looked at.
func stripUDP(b []byte) (layer, int) {
	if len(b) < 4 {
		return ordinary, tooShort
	}
	from, to := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	l := udpLayer(to)
	switch reply := udpLayer(from); {
	case l != ordinary || reply == ordinary:
	case reply == layerGTP || reply == layerL2TP || reply == layerTeredo || reply == layerUDPESP:
		l = reply
	}
	if to < 1024 || from < 1024 { // as of DNS
		l = ordinary
	}
	if l == ordinary {
		return ordinary, 0
	}
	return l, 8
}

// stripVXLAN reads flags 1, reserved 3, network 3, reserved 1. With a flag of
// VXLAN-GPE, the last of the first reserved bytes is the next protocol.
func stripVXLAN(b []byte) (layer, int) {
	const hasNetwork, hasProtocol, reserved = 8, 4, 0x42
	switch {
	case len(b) < 8:
		return ordinary, tooShort
	case b[0]&(hasNetwork|reserved) != hasNetwork || b[7] != 0:
		return ordinary, 0
	case b[0]&hasProtocol != 0:
		return nextProtocol(b[3]), 8
	}
	return layerEthernet, 8
}

// stripGENEVE reads version and length of the options in words 1, flags 1,
// EtherType 2, network 3, reserved 1, options.
func stripGENEVE(b []byte) (layer, int) {
	switch {
	case len(b) < 8:
		return ordinary, tooShort
	case b[0]>>6 != 0 || b[7] != 0:
		return ordinary, 0
	}
	return etherLayer(binary.BigEndian.Uint16(b[2:])), 8 + int(b[0]&0x3f)*4
}

// stripTeredo reads perhaps an authentication and an origin indication before IPv6
// (RFC 4380 5.1.1).
func stripTeredo(b []byte) (layer, int) {
	if len(b) < 4 {
		return ordinary, tooShort
	}
	n := 0
	if b[0] == 0 && b[1] == 1 {
		n = 13 + int(b[2]) + int(b[3])
	}
	if len(b) > n && b[n] == 0 {
		n += 8
	}
	switch {
	case len(b) <= n:
		return ordinary, tooShort
	case b[n]>>4 != 6:
		return ordinary, 0
	}
	return layerIP, n
}

// stripGTP reads version and flags 1, type 1, length 2, tunnel 4; with one of three
// flags sequence 2, number 1, type of the next extension 1, and extensions, each
// with its length in words first and the next type last.
func stripGTP(b []byte) (layer, int) {
	const packet, extended = 255, 7
	if len(b) < 8 {
		return ordinary, tooShort
	}
	if b[0]>>4 != 3 || b[1] != packet {
		return ordinary, 0
	}
	n := 8
	if b[0]&extended != 0 {
		n = 12
		for n <= len(b) && b[n-1] != 0 {
			if n == len(b) {
				return ordinary, tooShort
			}
			if b[n] == 0 {
				return ordinary, 0
			}
			n += int(b[n]) * 4
		}
	}
	if n >= len(b) {
		return ordinary, tooShort
	}
	if v := b[n] >> 4; v != 4 && v != 6 {
		return ordinary, n
	}
	return layerIP, n
}

// stripL2TP reads flags and version 2, and as the flags say length 2; tunnel 2,
// session 2; sequence numbers 2+2; offset 2 and so many bytes.
func stripL2TP(b []byte) (layer, int) {
	const control, hasLength, hasSequence, hasOffset = 0x80, 0x40, 8, 2
	if len(b) < 2 {
		return ordinary, tooShort
	}
	n := 6
	switch {
	case b[0]&control != 0:
		return ordinary, 0
	case b[1]&15 == 3:
		return layerL2TPThree, 4
	case b[1]&15 != 2 || b[0]&0x35 != 0:
		return ordinary, 0
	}
	if b[0]&hasLength != 0 {
		n += 2
	}
	if b[0]&hasSequence != 0 {
		n += 4
	}
	if b[0]&hasOffset != 0 {
		if len(b) < n+2 {
			return ordinary, tooShort
		}
		n += 2 + int(binary.BigEndian.Uint16(b[n:]))
	}
	return layerPPP, n
}

// stripL2TPThree reads a session 4, 0 for control messages. What both sides have
// agreed on besides, a cookie and a header of up to 8 and 4 bytes, it does not tell.
func stripL2TPThree(b []byte) (layer, int) {
	if len(b) < 4 {
		return ordinary, tooShort
	}
	if binary.BigEndian.Uint32(b) == 0 {
		return ordinary, 4
	}
	for n := 4; n <= 16 && n <= len(b); n += 4 {
		if likelyEthernet(b[n:]) {
			return layerEthernet, n
		}
	}
	return hiddenL2TP, 4
}

// stripTZSP reads version 1, type 1, encapsulation 2, and tags: type 1, and but for
// padding and the last one length 1, value.
func stripTZSP(b []byte) (layer, int) {
	const padding, last = 0, 1
	if len(b) < 4 {
		return ordinary, tooShort
	}
	if b[0] != 1 || b[1] > 1 {
		return ordinary, 0
	}
	n := 4
	for ; n < len(b) && b[n] != last; n++ {
		if b[n] != padding && n+1 < len(b) {
			n += 1 + int(b[n+1])
		}
	}
	switch binary.BigEndian.Uint16(b[2:]) {
	case 1:
		return layerEthernet, n + 1
	case 18:
		return layerWifi, n + 1
	case 119:
		return layerPrism, n + 1
	case 127:
		return layerAVS, n + 1
	}
	return ordinary, n + 1
}

// stripUDPESP reads ESP in UDP. A key exchange begins with 0, a keep-alive has one
// byte.
func stripUDPESP(b []byte) (layer, int) {
	if len(b) < 8 || binary.BigEndian.Uint32(b) == 0 {
		return ordinary, 0
	}
	return hiddenESP, 0
}

// stripGRE reads flags and version 2, EtherType 2; as the flags say checksum 2 and
// offset 2, key 4, sequence 4, routes; of version 1, which is that of PPTP, length 2
// and call 2 as the key, sequence 4, acknowledgement 4.
func stripGRE(b []byte) (layer, int) {
	const (
		hasChecksum, hasRoutes, hasKey, hasSequence, hasAcknowledgement = 0x80, 0x40, 0x20, 0x10, 0x80

		pptp, erspan, erspanThree, wccp = 0x880b, 0x88be, 0x22eb, 0x883e
	)
	if len(b) < 4 {
		return ordinary, tooShort
	}
	version, kind := b[1]&7, binary.BigEndian.Uint16(b[2:])
	n := 4
	if b[0]&(hasChecksum|hasRoutes) != 0 {
		n += 4
	}
	if b[0]&hasKey != 0 {
		n += 4
	}
	if b[0]&hasSequence != 0 {
		n += 4
	}
	switch {
	case version == 1 && kind == pptp:
		if b[0]&hasSequence == 0 { // no data
			return ordinary, n
		}
		if b[1]&hasAcknowledgement != 0 {
			n += 4
		}
		return layerPPP, n
	case version != 0:
		return ordinary, 0
	}
	if b[0]&hasRoutes != 0 { // address family 2, offset 1, length 1, so many bytes; the last has 0
		for more := true; more; {
			if len(b) < n+4 {
				return ordinary, tooShort
			}
			more = b[n+3] != 0
			n += 4 + int(b[n+3])
		}
	}
	switch {
	case kind == erspan && b[0]&hasSequence == 0: // type I has no header
		return layerEthernet, n
	case kind == erspan:
		return layerERSPANTwo, n
	case kind == erspanThree:
		return layerERSPANThree, n
	case kind == wccp:
		return layerWCCP, n
	}
	return etherLayer(kind), n
}

// stripERSPANThree reads version and VLAN 2, session 2, time 4, group 2, and type of
// the frame 5 bits from bit 10 among others 2, of which the last announces 8 bytes
// more.
func stripERSPANThree(b []byte) (layer, int) {
	if len(b) < 12 {
		return ordinary, tooShort
	}
	rest := binary.BigEndian.Uint16(b[10:])
	n := 12 + int(rest&1)*8
	switch rest >> 10 & 0x1f {
	case 0:
		return layerEthernet, n
	case 2:
		return layerIP, n
	}
	return ordinary, n
}

// stripWCCP reads the redirection header 4 of version 2 of WCCP, which version 1
// does not have.
func stripWCCP(b []byte) (layer, int) {
	if len(b) < 1 {
		return ordinary, tooShort
	}
	if b[0]>>4 == 4 {
		return layerIP, 0
	}
	return layerIP, 4
}

// stripEtherIP reads version 3 and reserved bits 2.
func stripEtherIP(b []byte) (layer, int) {
	if len(b) > 0 && b[0]>>4 != 3 {
		return ordinary, 0
	}
	return layerEthernet, 2
}
