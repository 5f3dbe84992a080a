package capture

import "encoding/binary"

// pppLayer is what a PPP protocol number announces.
func pppLayer(protocol uint16) layer {
	switch protocol {
	case 0x21, 0x57:
		return layerIP
	case 0x31:
		return layerBridgedPPP
	case 0x3d:
		return layerMultilink
	case 0x281, 0x283:
		return layerMPLS
	case 0x03, 0x2d, 0x2f, 0x61, 0x63, 0x65, 0x67, 0x69, 0x2061, 0x2063, 0x2065, 0x2067, 0x2069, // compressed headers
		0xfb, 0xfd, // compressed, also by Microsoft's encryption
		0x53, 0x55: // encrypted
		return hiddenPPP
	}
	return ordinary
}

// stripPPP reads perhaps address 1 and control 1, then the protocol: 2 bytes, or 1
// if that is odd. Cisco puts HDLC on the same links.
func stripPPP(b []byte) (layer, int) {
	if len(b) < 2 {
		return ordinary, tooShort
	}
	n := 0
	if b[0] == 0xff && b[1] == 3 {
		n = 2
	}
	switch {
	case (b[0] == 0x0f || b[0] == 0x8f) && b[1] == 0:
		return layerHDLC, 0
	case n == len(b):
		return ordinary, tooShort
	case b[n]&1 != 0:
		return pppLayer(uint16(b[n])), n + 1
	case n+2 > len(b):
		return ordinary, tooShort
	}
	return pppLayer(binary.BigEndian.Uint16(b[n:])), n + 2
}

// stripMultilink reads begin and end 2 bits, sequence number 30 bits, of a packet
// that is in one piece.
func stripMultilink(b []byte) (layer, int) {
	switch {
	case len(b) < 1:
		return ordinary, tooShort
	case b[0]&0xc0 != 0xc0:
		return hiddenPPP, 0
	}
	return layerPPP, 4
}

// stripBridgedPPP reads flags 1 and type 1, of which 1 is Ethernet (RFC 3518).
func stripBridgedPPP(b []byte) (layer, int) {
	if len(b) > 1 && b[1] == 1 {
		return layerEthernet, 2
	}
	return ordinary, 2
}

// stripHDLC reads Cisco's address 1, control 1, EtherType 2.
func stripHDLC(b []byte) (layer, int) {
	switch {
	case len(b) < 4:
		return ordinary, tooShort
	case b[0] == 0xff && b[1] == 3:
		return layerPPP, 0
	}
	return etherLayer(binary.BigEndian.Uint16(b[2:])), 4
}

// stripFrameRelay reads an address of 2 to 4 bytes, whose last one has the lowest
// bit, then control 1 and protocol 1 (RFC 2427), or Cisco's EtherType.
func stripFrameRelay(b []byte) (layer, int) {
	n := 0
	for n < len(b) && b[n]&1 == 0 {
		n++
	}
	if n++; n+3 > len(b) {
		return ordinary, tooShort
	}
	if b[n] != 3 {
		return etherLayer(binary.BigEndian.Uint16(b[n:])), n + 2
	}
	n++
	if b[n] == 0 { // padding
		n++
	}
	switch b[n] { // there, for n was at least 2 less
	case 0xcc, 0x8e:
		return layerIP, n + 1
	case 0xcf:
		return layerPPP, n + 1
	case 0x80:
		return snap(b[n+1:], n+1, 0)
	}
	return ordinary, n
}

// stripATM reads LLC, or PPP over ATM, or nothing (RFC 2684, RFC 2364).
func stripATM(b []byte) (layer, int) {
	switch {
	case len(b) < 4:
		return ordinary, tooShort
	case b[0] == 0xfe && b[1] == 0xfe && b[2] == 3 && b[3] == 0xcf:
		return layerPPP, 4
	case b[0]>>4 == 4 || b[0]>>4 == 6:
		return layerIP, 0
	case b[0] == 0 && (b[1] == 0x21 || b[1] == 0x57) || b[0] == 0xff && b[1] == 3:
		return layerPPP, 0
	}
	return layerLLC, 0
}
