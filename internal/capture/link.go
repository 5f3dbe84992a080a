package capture

import (
	"encoding/binary"
	"strconv"

	"github.com/hostedcache/pchc/internal/capture/pcapfile"
)

// Link types, as https://www.tcpdump.org/linktypes.html numbers them for files.
const (
	linkNull     = 0 // BSD loopback: address family 4, in the byte order of the machine
	linkEthernet = 1
	linkRaw      = 101
	linkLinux    = 113 // cooked: packet type 2, device type 2, address length 2, address 8, EtherType 2
	linkRadiotap = 127
	linkExported = 252 // from Wireshark, without IP
	linkLinuxTwo = 276 // cooked, version 2: EtherType 2, reserved 2, interface 4, device type 2, type 1, length 1, address 8
)

// linkTypes are the link types that can be read: what follows a header of a fixed
// length.
var linkTypes = map[uint32]struct {
	header int
	next   layer
}{
	linkNull:     {4, layerIP}, // the address families have other numbers on every system: the version in the IP header tells as much
	linkEthernet: {0, layerEthernet},
	9:            {0, layerPPP},
	12:           {0, layerIP}, // raw, BSD
	14:           {0, layerIP}, // raw, OpenBSD
	50:           {0, layerPPP},
	51:           {0, layerPPPoE},
	100:          {0, layerATM},
	linkRaw:      {0, layerIP},
	104:          {0, layerHDLC},
	105:          {0, layerWifi},
	107:          {0, layerFrameRelay},
	108:          {4, layerIP},  // OpenBSD loopback
	109:          {12, layerIP}, // OpenBSD IPsec: address family, SPI, flags
	linkLinux:    {0, layerCooked},
	117:          {0, layerPFLOG},
	119:          {0, layerPrism},
	linkRadiotap: {0, layerRadiotap},
	163:          {0, layerAVS},
	166:          {2, layerPPP}, // the direction in place of the address
	192:          {0, layerPPI},
	204:          {1, layerPPP}, // the direction first
	205:          {1, layerHDLC},
	206:          {1, layerFrameRelay},
	219:          {0, layerMPLS},
	226:          {24, layerIP}, // Solaris ipnet
	228:          {0, layerIP},
	229:          {0, layerIP},
	239:          {0, layerNFLOG},
	240:          {4, layerEthernet},  // netANALYZER
	241:          {12, layerEthernet}, // with preamble
	274:          {8, layerEthernet},  // with preamble
	linkLinuxTwo: {0, layerCookedTwo},
}

// linkNames are the names of some link types that cannot be read.
var linkNames = map[uint32]string{
	3: "AX.25", 6: "Token Ring", 7: "ARCNET", 8: "SLIP", 10: "FDDI", 99: "Symantec Firewall", 123: "SunATM", 129: "ARCNET",
	138: "IP over FireWire", 141: "SS7 MTP2", 143: "DOCSIS", 144: "IrDA", 177: "LAPD", 187: "Bluetooth HCI", 189: "USB",
	195: "IEEE 802.15.4", 197: "ERF", 201: "Bluetooth HCI", 220: "USB", 225: "IP over Fibre Channel", 227: "SocketCAN",
	230: "IEEE 802.15.4", 231: "D-Bus", 242: "IP over InfiniBand", 247: "InfiniBand", 248: "SCTP", 249: "USBPCAP",
	251: "Bluetooth LE", 253: "Netlink", 254: "Bluetooth monitor", 256: "Bluetooth LE", 265: "IPMB", 266: "USB on macOS",
	271: "VSOCK", 272: "Nordic BLE", 279: "ELEE", 288: "USB 2.0", 289: "ATSC ALP", 290: "Event Tracing for Windows",
}

// linkName names a link type that cannot be read.
func linkName(link uint32) string {
	if link >= pcapfile.SnoopLink {
		return "link type " + strconv.FormatUint(uint64(link-pcapfile.SnoopLink), 10) + " of snoop"
	}
	s := "link type " + strconv.FormatUint(uint64(link), 10)
	name, ok := linkNames[link]
	if !ok && 147 <= link && link <= 162 {
		name, ok = "USER"+strconv.Itoa(int(link-147)), true
	}
	if ok {
		s += " (" + name + ")"
	}
	return s
}

// Hardware types of Linux in cooked frames whose protocol field is no EtherType.
const (
	hardwareWifi     = 801
	hardwarePrism    = 802
	hardwareRadiotap = 803
	hardwareNetlink  = 824
)

// cooked is what a Linux cooked frame carries.
func cooked(hardware, protocol uint16) layer {
	switch {
	case hardware == hardwareWifi:
		return layerWifi
	case hardware == hardwarePrism:
		return layerPrism
	case hardware == hardwareRadiotap:
		return layerRadiotap
	case hardware == hardwareNetlink:
		return ordinary
	case protocol == 1 || protocol == 4: // 802.3 and 802.2 frames
		return layerLLC
	case protocol == 7 || protocol == 8: // PPP
		return layerPPP
	}
	return etherLayer(protocol)
}

func stripCooked(b []byte) (layer, int) {
	if len(b) < 16 {
		return ordinary, tooShort
	}
	return cooked(binary.BigEndian.Uint16(b[2:]), binary.BigEndian.Uint16(b[14:])), 16
}

func stripCookedTwo(b []byte) (layer, int) {
	if len(b) < 20 {
		return ordinary, tooShort
	}
	return cooked(binary.BigEndian.Uint16(b[8:]), binary.BigEndian.Uint16(b)), 20
}

// stripPPI reads Per-Packet Information: version 1, flags 1, length 2, link type 4,
// little-endian, and more.
func stripPPI(b []byte) (layer, int) {
	if len(b) < 8 {
		return ordinary, tooShort
	}
	n := int(binary.LittleEndian.Uint16(b[2:]))
	t := linkTypes[binary.LittleEndian.Uint32(b[4:])]
	if n < 8 {
		return ordinary, n
	}
	return t.next, n + t.header
}

// stripNFLOG reads Linux' netfilter log: address family 1, version 1, resource 2,
// then attributes, each with length 2, type 2, value, padded to 4 bytes. One is the
// packet.
func stripNFLOG(b []byte) (layer, int) {
	const payload = 9
	for n := 4; n+4 <= len(b); {
		length, kind := int(binary.LittleEndian.Uint16(b[n:])), binary.LittleEndian.Uint16(b[n+2:])
		if kind&0xff == 0 { // written by a big-endian machine
			length, kind = int(binary.BigEndian.Uint16(b[n:])), kind>>8
		}
		switch {
		case kind == payload:
			return layerIP, n + 4
		case length < 4:
			return ordinary, 0
		}
		n += (length + 3) &^ 3
	}
	return ordinary, tooShort
}

// stripPFLOG reads OpenBSD's packet filter log, which begins with its length.
func stripPFLOG(b []byte) (layer, int) {
	if len(b) == 0 {
		return ordinary, tooShort
	}
	return layerIP, (int(b[0]) + 3) &^ 3
}
