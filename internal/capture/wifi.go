package capture

import "encoding/binary"

// stripRadiotap reads version 1, padding 1, length 2, bits of the fields present
// 4, little-endian, and the fields. One of them says that the 802.11 header is
// padded.
func stripRadiotap(b []byte) (layer, int) {
	const (
		more                     = 1 << 31 // further bits of fields follow
		timestamp, flags, padded = 1 << 0, 1 << 1, 0x20
	)
	if len(b) < 8 {
		return ordinary, tooShort
	}
	length, present := int(binary.LittleEndian.Uint16(b[2:])), binary.LittleEndian.Uint32(b[4:])
	if length < 8 || length > len(b) {
		return ordinary, length
	}
	field := 8
	for bits := present; bits&more != 0 && field+4 <= length; field += 4 {
		bits = binary.LittleEndian.Uint32(b[field:])
	}
	if present&timestamp != 0 {
		field = (field+7)&^7 + 8
	}
	if present&flags != 0 && field < length && b[field]&padded != 0 {
		return wifi(b[length:], length, true)
	}
	return layerWifi, length
}

// stripPrism reads a message code 4, a length 4 in the byte order of the machine,
// and more; or an AVS header, which some drivers put in its place.
func stripPrism(b []byte) (layer, int) {
	if len(b) < 8 {
		return ordinary, tooShort
	}
	if binary.BigEndian.Uint32(b)>>12 == 0x80211 {
		return layerAVS, 0
	}
	return layerWifi, int(min(binary.LittleEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[4:]), 1<<16))
}

// stripAVS reads version 4, length 4, and more.
func stripAVS(b []byte) (layer, int) {
	if len(b) < 8 {
		return ordinary, tooShort
	}
	return layerWifi, int(min(binary.BigEndian.Uint32(b[4:]), 1<<16))
}

// stripWifi reads an 802.11 header: control 2, duration 2, addresses 6+6+6,
// sequence 2, and in some frames a fourth address 6, quality of service 2 and
// HT control 4.
func stripWifi(b []byte) (layer, int) { return wifi(b, 0, false) }

// wifi is stripWifi for a header that lies behind n other bytes, and is padded to
// a multiple of 4 or not.
func wifi(b []byte, n int, padded bool) (layer, int) {
	const (
		data, withoutData, quality                              = 2, 0x40, 0x80 // of the first byte
		toAccess, fromAccess, moreFragments, protected, control = 1, 2, 4, 0x40, 0x80
		aggregate                                               = 0x80 // in quality of service
	)
	if len(b) < 2 {
		return ordinary, tooShort
	}
	kind, flags := b[0], b[1]
	if kind>>2&3 != data || kind&3 != 0 || kind&withoutData != 0 {
		return ordinary, n
	}
	if flags&protected != 0 {
		return hiddenWifi, n
	}
	length := 24
	if flags&toAccess != 0 && flags&fromAccess != 0 {
		length += 6
	}
	next := layerLLC
	if kind&quality != 0 {
		if len(b) < length+2 {
			return ordinary, tooShort
		}
		if b[length]&aggregate != 0 {
			next = layerSubframes
		}
		if length += 2; flags&control != 0 {
			length += 4
		}
	}
	if len(b) < length {
		return ordinary, tooShort
	}
	if flags&moreFragments != 0 || b[22]&15 != 0 {
		return hiddenWifiFragments, n
	}
	if padded {
		length = (length + 3) &^ 3
	}
	return next, n + length
}

// subframes takes the frames of an A-MSDU: each has addresses 6+6, length 2, and
// is padded to a multiple of 4.
func (r *Reader) subframes(b []byte, wire, headers int) {
	for len(b) >= 14 {
		length := 14 + int(binary.BigEndian.Uint16(b[12:]))
		part := b[:min(length, len(b))]
		r.unwrap(layerLLC, part[14:], length-14, headers+1)
		next := (length + 3) &^ 3
		b, wire = b[min(next, len(b)):], wire-next
	}
	if wire > len(b) {
		r.cutHeaders(b, wire)
	}
}
