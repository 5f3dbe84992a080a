package capture

import "encoding/binary"

// etherLayer is what an EtherType announces.
func etherLayer(kind uint16) layer {
	switch kind {
	case 0x0800, 0x86dd:
		return layerIP
	case 0x8100, 0x88a8, 0x9100, 0x9200, 0x9300: // 802.1Q, 802.1ad, and numbers in use before that
		return layerVLAN
	case 0x22f3:
		return layerTRILL
	case 0x6558: // in GRE
		return layerEthernet
	case 0x8870: // too long for the field of a length
		return layerLLC
	case 0x880b:
		return layerPPP
	case 0x8847, 0x8848:
		return layerMPLS
	case 0x8864:
		return layerPPPoE
	case 0x8903:
		return layerFabricPath
	case 0x8909:
		return layerCMD
	case 0x8926:
		return layerVNTag
	case 0x893f:
		return layerETag
	case 0x894f:
		return layerNSH
	case 0x88e5:
		return layerMACsec
	case 0x88e7:
		return layerBackbone
	case 0xf1c1:
		return layerRedundancy
	}
	return ordinary
}

func stripEtherType(b []byte) (layer, int) {
	if len(b) < 2 {
		return ordinary, tooShort
	}
	return etherLayer(binary.BigEndian.Uint16(b)), 2
}

// stripEthernet reads addresses 6+6, EtherType 2 or length 2. Cisco's ISL puts 26
// bytes before all that.
func stripEthernet(b []byte) (layer, int) {
	if len(b) < 14 {
		return ordinary, tooShort
	}
	kind := binary.BigEndian.Uint16(b[12:])
	if kind > 1500 {
		return etherLayer(kind), 14
	}
	if (b[0] == 1 || b[0] == 3) && b[1] == 0 && b[2] == 0x0c && b[3] == 0 && b[4] == 0 && len(b) > 15 && b[14] == 0xaa && b[15] == 0xaa {
		return layerEthernet, 26
	}
	return layerLLC, 14
}

// stripLLC reads LLC, 3 bytes, and SNAP: organisation 3, type 2.
func stripLLC(b []byte) (layer, int) {
	if len(b) < 3 {
		return ordinary, tooShort
	}
	switch {
	case b[0] == 6 && b[1] == 6 && b[2] == 3:
		return layerIP, 3
	case b[0] != 0xaa || b[1] != 0xaa || b[2] != 3:
		return ordinary, 3
	}
	return snap(b[3:], 3, 2)
}

// snap reads SNAP that lies behind n other bytes, with padding before an Ethernet
// frame.
func snap(b []byte, n, padding int) (layer, int) {
	if len(b) < 5 {
		return ordinary, tooShort
	}
	kind := binary.BigEndian.Uint16(b[3:])
	switch organisation := uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2]); {
	case organisation == 0 || organisation == 0xf8: // RFC 1042, 802.1H
		return etherLayer(kind), n + 5
	case organisation == 0x80c2 && (kind == 1 || kind == 7): // bridged Ethernet
		return layerEthernet, n + 5 + padding
	}
	return ordinary, n + 5
}

// tag is the stripper of a tag of n bytes before the next EtherType.
func tag(n int) stripper {
	return func(b []byte) (layer, int) {
		if len(b) < n+2 {
			return ordinary, tooShort
		}
		kind := binary.BigEndian.Uint16(b[n:])
		if kind <= 1500 {
			return layerLLC, n + 2
		}
		return etherLayer(kind), n + 2
	}
}

// stripMACsec reads flags 1, short length 1, packet number 4, perhaps a channel 8.
// Frames may be authenticated only.
func stripMACsec(b []byte) (layer, int) {
	const channel, encrypted, changed = 0x20, 8, 4
	switch {
	case len(b) < 1:
		return ordinary, tooShort
	case b[0]&(encrypted|changed) != 0:
		return hiddenMACsec, 0
	case b[0]&channel != 0:
		return layerEtherType, 14
	}
	return layerEtherType, 6
}

// stripTRILL reads version, multicast, length of the options in words (5 bits from
// bit 6), hop count, and two nicknames.
func stripTRILL(b []byte) (layer, int) {
	if len(b) < 6 {
		return ordinary, tooShort
	}
	return layerEthernet, 6 + int(binary.BigEndian.Uint16(b)>>6&0x1f)*4
}

// stripPPPoE reads version and type 1, code 1, session 2, length 2.
func stripPPPoE(b []byte) (layer, int) {
	switch {
	case len(b) < 6:
		return ordinary, tooShort
	case b[1] != 0: // discovery
		return ordinary, 0
	}
	return layerPPP, 6
}

// stripNSH reads version and length 2, type 1, next protocol 1 and more.
func stripNSH(b []byte) (layer, int) {
	if len(b) < 4 {
		return ordinary, tooShort
	}
	return nextProtocol(b[3]), int(b[1]&0x3f) * 4
}

// nextProtocol is that of NSH and VXLAN-GPE.
func nextProtocol(n byte) layer {
	switch n {
	case 1, 2:
		return layerIP
	case 3:
		return layerEthernet
	case 4:
		return layerNSH
	case 5:
		return layerMPLS
	}
	return ordinary
}

// stripMPLS reads labels of 4 bytes up to the one with the bottom bit. What they
// are put before, they do not tell.
func stripMPLS(b []byte) (layer, int) {
	n := 4
	for ; n <= len(b) && b[n-2]&1 == 0; n += 4 {
	}
	if n >= len(b) {
		return ordinary, tooShort
	}
	b = b[n:]
	version := b[0] >> 4
	switch {
	case version == 4 && len(b) >= 20 && sum16(b[:min(int(b[0]&15)*4, len(b))]) == 0xffff:
		return layerIP, n
	case version == 0 && likelyEthernet(b[min(4, len(b)):]): // behind a control word
		return layerEthernet, n + 4
	case likelyEthernet(b):
		return layerEthernet, n
	case version == 4 || version == 6:
		return layerIP, n
	case version == 1: // operation and maintenance
		return ordinary, n
	case b[0] == 0 && len(b) > 2 && (b[1] == 0x21 || b[1] == 0x57), b[0] == 0xff && len(b) > 1 && b[1] == 3:
		return layerPPP, n
	case (b[0] == 0x0f || b[0] == 0x8f) && len(b) > 1 && b[1] == 0:
		return layerHDLC, n
	}
	return hiddenMPLS, n
}

// likelyEthernet reports whether b looks like an Ethernet frame, where nothing
// says that it is one.
func likelyEthernet(b []byte) bool {
	if len(b) < 16 || b[6]&1 != 0 {
		return false
	}
	kind, next := binary.BigEndian.Uint16(b[12:]), b[14]
	switch {
	case kind == 0x0800:
		return next>>4 == 4 && next&15 >= 5
	case kind == 0x86dd:
		return next>>4 == 6
	case kind <= 1500:
		return next == 0xaa && b[15] == 0xaa || next == 0x42 && b[15] == 0x42
	}
	return kind == 0x0806 || kind == 0x88cc || kind == 0x8902 || kind == 0x9000 || etherLayer(kind) != ordinary
}
