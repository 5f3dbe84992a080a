package capturetest

import (
	"encoding/binary"
	"hash/crc32"
	"slices"
)

// A Wrapper puts a header, or several, before an IP packet.
type Wrapper func(ip []byte) []byte

// Tunnels make IP packets of IP packets.
var Tunnels = map[string]Wrapper{
	"IP in IPv4":      func(ip []byte) []byte { return outer4(protocolOf(ip), ip) },
	"IP in IPv6":      func(ip []byte) []byte { return outer6(protocolOf(ip), ip) },
	"IPsec AH":        func(ip []byte) []byte { return outer4(51, join(authentication(protocolOf(ip)), ip)) },
	"IPsec ESP plain": func(ip []byte) []byte { return outer4(50, plainESP(protocolOf(ip), ip)) },
	"GRE":             func(ip []byte) []byte { return outer4(47, join(gre(0, etherOf(ip)), ip)) },
	"GRE over IPv6":   func(ip []byte) []byte { return outer6(47, join(gre(0, etherOf(ip)), ip)) },
	"GRE checksum":    func(ip []byte) []byte { return outer4(47, join(gre(0x8000, etherOf(ip)), make([]byte, 4), ip)) },
	"GRE key":         func(ip []byte) []byte { return outer4(47, join(gre(0x2000, etherOf(ip)), make([]byte, 4), ip)) },
	"GRE all":         func(ip []byte) []byte { return outer4(47, join(gre(0xb000, etherOf(ip)), make([]byte, 12), ip)) },
	"GRE routes":      func(ip []byte) []byte { return outer4(47, join(gre(0x4000, etherOf(ip)), greRoutes, ip)) },
	"GRE, MPLS":       func(ip []byte) []byte { return outer4(47, join(gre(0, 0x8847), labels, ip)) },
	"GRE, Ethernet":   func(ip []byte) []byte { return outer4(47, join(gre(0, 0x6558), inEthernet(ip))) },
	"NVGRE": func(ip []byte) []byte {
		return outer4(47, join(gre(0x2000, 0x6558), []byte{0, 1, 2, 3}, inEthernet(ip)))
	},
	"GRE, NSH":   func(ip []byte) []byte { return outer4(47, join(gre(0, 0x894f), nsh, inEthernet(ip))) },
	"GRE in UDP": func(ip []byte) []byte { return overUDP(4754, join(gre(0, etherOf(ip)), ip)) },
	"PPTP":       func(ip []byte) []byte { return outer4(47, join(gre(0x3001, 0x880b), make([]byte, 8), ppp(ip))) },
	"PPTP, ack":  func(ip []byte) []byte { return outer4(47, join(gre(0x3081, 0x880b), make([]byte, 12), ppp(ip))) },
	"WCCP 1":     func(ip []byte) []byte { return outer4(47, join(gre(0, 0x883e), only4(ip))) },
	"WCCP 2":     func(ip []byte) []byte { return outer4(47, join(gre(0, 0x883e), make([]byte, 4), ip)) },
	"ERSPAN I":   func(ip []byte) []byte { return outer4(47, join(gre(0, 0x88be), inEthernet(ip))) },
	"ERSPAN II": func(ip []byte) []byte {
		return outer4(47, join(gre(0x1000, 0x88be), make([]byte, 4), erspan2, inEthernet(ip)))
	},
	"ERSPAN III": func(ip []byte) []byte {
		return outer4(47, join(gre(0x1000, 0x22eb), make([]byte, 4), erspan3(0, 0), inEthernet(ip)))
	},
	"ERSPAN III, more": func(ip []byte) []byte {
		return outer4(47, join(gre(0x1000, 0x22eb), make([]byte, 4), erspan3(0, 1), make([]byte, 8), inEthernet(ip)))
	},
	"ERSPAN III, IP": func(ip []byte) []byte {
		return outer4(47, join(gre(0x1000, 0x22eb), make([]byte, 4), erspan3(2, 0), ip))
	},
	"VXLAN": func(ip []byte) []byte { return overUDP(4789, join([]byte{8, 0, 0, 0, 0, 1, 2, 0}, inEthernet(ip))) },
	"VXLAN, tag": func(ip []byte) []byte {
		return overUDP(4789, join([]byte{8, 0, 0, 0, 0, 1, 2, 0}, inEthernet(ip, 0x8100)))
	},
	"VXLAN, policy":  func(ip []byte) []byte { return overUDP(4789, join([]byte{0x88, 0, 0, 7, 0, 1, 2, 0}, inEthernet(ip))) },
	"VXLAN on Linux": func(ip []byte) []byte { return overUDP(8472, join([]byte{8, 0, 0, 0, 0, 1, 2, 0}, inEthernet(ip))) },
	"VXLAN over IPv6": func(ip []byte) []byte {
		return outer6(17, udp(4789, join([]byte{8, 0, 0, 0, 0, 1, 2, 0}, inEthernet(ip))))
	},
	"VXLAN-GPE":     func(ip []byte) []byte { return overUDP(4790, join([]byte{0x0c, 0, 0, 3, 0, 1, 2, 0}, inEthernet(ip))) },
	"VXLAN-GPE, IP": func(ip []byte) []byte { return overUDP(4790, join([]byte{0x0c, 0, 0, 1, 0, 1, 2, 0}, ip)) },
	"VXLAN-GPE, NSH": func(ip []byte) []byte {
		return overUDP(4790, join([]byte{0x0c, 0, 0, 4, 0, 1, 2, 0}, nsh, inEthernet(ip)))
	},
	"GENEVE": func(ip []byte) []byte {
		return overUDP(6081, join([]byte{0, 0, 0x65, 0x58, 0, 1, 2, 0}, inEthernet(ip)))
	},
	"GENEVE, options": func(ip []byte) []byte {
		return overUDP(6081, join([]byte{3, 0, 0x65, 0x58, 0, 1, 2, 0}, make([]byte, 12), inEthernet(ip)))
	},
	"GENEVE, IP": func(ip []byte) []byte {
		return overUDP(6081, join([]byte{0, 0, byte(etherOf(ip) >> 8), byte(etherOf(ip)), 0, 1, 2, 0}, ip))
	},
	"MPLS in IP":     func(ip []byte) []byte { return outer4(137, join(labels, ip)) },
	"MPLS in UDP":    func(ip []byte) []byte { return overUDP(6635, join(labels, ip)) },
	"EtherIP":        func(ip []byte) []byte { return outer4(97, join([]byte{0x30, 0}, inEthernet(ip))) },
	"SRv6, Ethernet": func(ip []byte) []byte { return outer6(143, inEthernet(ip)) },
	"L2TP":           func(ip []byte) []byte { return overUDP(1701, join([]byte{0, 2, 0, 1, 0, 2, 0xff, 3}, ppp(ip))) },
	"L2TP, all": func(ip []byte) []byte {
		return overUDP(1701, join([]byte{0x4a, 2}, length(19+len(ip)), []byte{0, 1, 0, 2, 0, 0, 0, 0, 0, 3, 9, 9, 9}, ppp(ip)))
	},
	"L2TP 3":         func(ip []byte) []byte { return outer4(115, join([]byte{0, 0, 0, 9}, inEthernet(ip))) },
	"L2TP 3, cookie": func(ip []byte) []byte { return outer4(115, join([]byte{0, 0, 0, 9}, make([]byte, 12), inEthernet(ip))) },
	"L2TP 3 in UDP":  func(ip []byte) []byte { return overUDP(1701, join([]byte{0, 3, 0, 0, 0, 0, 0, 9}, inEthernet(ip))) },
	"Teredo":         func(ip []byte) []byte { return overUDP(3544, outer6(protocolOf(ip), ip)) },
	"Teredo, all": func(ip []byte) []byte {
		return overUDP(3544, join([]byte{0, 1, 1, 2, 7, 8, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0}, make([]byte, 8), outer6(protocolOf(ip), ip)))
	},
	"GTP": func(ip []byte) []byte { return gtp(0x30, nil, ip) },
	"GTP, sequence": func(ip []byte) []byte {
		return gtp(0x32, []byte{0, 1, 0, 0}, ip)
	},
	"GTP, extensions": func(ip []byte) []byte {
		return gtp(0x34, []byte{0, 1, 0, 0x85, 1, 0, 0, 0xc0, 1, 0, 0, 0}, ip)
	},
	"TZSP": func(ip []byte) []byte {
		return overUDP(37008, join([]byte{1, 0, 0, 1, 0, 10, 2, 1, 1, 1}, inEthernet(ip)))
	},
	"TZSP, 802.11": func(ip []byte) []byte { return overUDP(37008, join([]byte{1, 0, 0, 18, 1}, wifi(ip))) },
}

// A LinkWrapper makes frames of a link type.
type LinkWrapper struct {
	Link uint32
	Wrap Wrapper
}

// LinkWrappers make frames of IP packets, beside those that Format knows.
var LinkWrappers = map[string]LinkWrapper{
	"MPLS":               {Ethernet, func(ip []byte) []byte { return join(macs, []byte{0x88, 0x47}, labels, ip) }},
	"MPLS, Ethernet":     {Ethernet, func(ip []byte) []byte { return join(macs, []byte{0x88, 0x47}, labels, inEthernet(ip)) }},
	"MPLS, control word": {Ethernet, func(ip []byte) []byte { return join(macs, []byte{0x88, 0x48}, labels, make([]byte, 4), inEthernet(ip)) }},
	"MPLS, PPP":          {Ethernet, func(ip []byte) []byte { return join(macs, []byte{0x88, 0x47}, labels, ppp(ip)) }},
	"MPLS, HDLC":         {Ethernet, func(ip []byte) []byte { return join(macs, []byte{0x88, 0x47}, labels, hdlc(ip)) }},
	"PPPoE":              {Ethernet, func(ip []byte) []byte { return join(macs, pppoe(ip)) }},
	"PPPoE, tags":        {Ethernet, func(ip []byte) []byte { return join(macs, []byte{0x88, 0xa8, 0, 1, 0x81, 0, 0, 2}, pppoe(ip)) }},
	"802.1ah": {Ethernet, func(ip []byte) []byte {
		return join(macs, []byte{0x88, 0xa8, 0, 1, 0x88, 0xe7, 0, 0, 0, 1}, inEthernet(ip))
	}},
	"802.1BR":        {Ethernet, func(ip []byte) []byte { return join(macs, []byte{0x89, 0x3f, 0, 1, 0, 1, 0, 1}, etherBytes(ip), ip) }},
	"VN-Tag":         {Ethernet, func(ip []byte) []byte { return join(macs, []byte{0x89, 0x26, 0, 1, 0, 1}, etherBytes(ip), ip) }},
	"Cisco metadata": {Ethernet, func(ip []byte) []byte { return join(macs, []byte{0x89, 0x09, 1, 1, 0, 1, 0, 9}, etherBytes(ip), ip) }},
	"802.1CB":        {Ethernet, func(ip []byte) []byte { return join(macs, []byte{0xf1, 0xc1, 0, 0, 0, 9}, etherBytes(ip), ip) }},
	"TRILL": {Ethernet, func(ip []byte) []byte {
		return join(macs, []byte{0x22, 0xf3, 0, 0x41, 0, 1, 0, 2, 0, 0, 0, 0}, inEthernet(ip))
	}},
	"FabricPath": {Ethernet, func(ip []byte) []byte { return join(macs, []byte{0x89, 0x03, 0, 1}, inEthernet(ip)) }},
	"ISL":        {Ethernet, func(ip []byte) []byte { return join(isl, inEthernet(ip)) }},
	"MACsec, not encrypted": {Ethernet, func(ip []byte) []byte {
		return join(macs, []byte{0x88, 0xe5, 0x20, 0, 0, 0, 0, 1}, make([]byte, 8), etherBytes(ip), ip, make([]byte, 16))
	}},
	"MACsec, no channel": {Ethernet, func(ip []byte) []byte {
		return join(macs, []byte{0x88, 0xe5, 0, 0, 0, 0, 0, 1}, etherBytes(ip), ip, make([]byte, 16))
	}},
	"LLC, SNAP":             {Ethernet, func(ip []byte) []byte { return join(macs, length(8+len(ip)), snap(ip), ip) }},
	"LLC":                   {Ethernet, func(ip []byte) []byte { return join(macs, length(3+len(ip)), []byte{6, 6, 3}, ip) }},
	"LLC, long":             {Ethernet, func(ip []byte) []byte { return join(macs, []byte{0x88, 0x70}, snap(ip), ip) }},
	"LLC behind a tag":      {Ethernet, func(ip []byte) []byte { return join(macs, []byte{0x81, 0, 0, 1}, length(8+len(ip)), snap(ip), ip) }},
	"PPP":                   {9, func(ip []byte) []byte { return ppp(ip) }},
	"PPP, short":            {9, func(ip []byte) []byte { return join(ppp(ip)[1:]) }},
	"PPP, HDLC framing":     {50, func(ip []byte) []byte { return join([]byte{0xff, 3}, ppp(ip)) }},
	"PPP, Cisco's HDLC":     {50, hdlc},
	"PPP, MPLS":             {9, func(ip []byte) []byte { return join([]byte{2, 0x81}, labels, ip) }},
	"PPP, multilink":        {9, func(ip []byte) []byte { return join([]byte{0, 0x3d, 0xc0, 0, 0, 1}, ppp(ip)) }},
	"PPP, bridged":          {9, func(ip []byte) []byte { return join([]byte{0, 0x31, 0, 1}, inEthernet(ip)) }},
	"PPP, direction":        {204, func(ip []byte) []byte { return join([]byte{1, 0xff, 3}, ppp(ip)) }},
	"pppd":                  {166, func(ip []byte) []byte { return join([]byte{0, 3}, ppp(ip)) }},
	"PPPoE alone":           {51, func(ip []byte) []byte { return pppoe(ip)[2:] }},
	"Cisco HDLC":            {104, hdlc},
	"Cisco HDLC, direction": {205, func(ip []byte) []byte { return join([]byte{1}, hdlc(ip)) }},
	"Frame Relay":           {107, func(ip []byte) []byte { return join([]byte{0x18, 0x41, 3, nlpid(ip)}, ip) }},
	"Frame Relay, SNAP":     {107, func(ip []byte) []byte { return join([]byte{0x18, 0x41, 3, 0, 0x80}, snap(ip)[3:], ip) }},
	"Frame Relay, bridged": {107, func(ip []byte) []byte {
		return join([]byte{0x18, 0x41, 3, 0, 0x80, 0, 0x80, 0xc2, 0, 7}, inEthernet(ip))
	}},
	"Frame Relay, PPP":    {107, func(ip []byte) []byte { return join([]byte{0x18, 0x41, 3, 0xcf}, ppp(ip)) }},
	"Frame Relay, Cisco":  {206, func(ip []byte) []byte { return join([]byte{1, 0x18, 0x40, 0x10, 0x41}, etherBytes(ip), ip) }},
	"ATM, LLC":            {100, func(ip []byte) []byte { return join(snap(ip), ip) }},
	"ATM":                 {100, func(ip []byte) []byte { return ip }},
	"ATM, PPP":            {100, func(ip []byte) []byte { return join([]byte{0xfe, 0xfe, 3, 0xcf}, ppp(ip)) }},
	"ATM, PPP alone":      {100, ppp},
	"802.11":              {105, wifi},
	"802.11, 4 addresses": {105, func(ip []byte) []byte { return join([]byte{8, 3}, make([]byte, 28), snap(ip), ip) }},
	"802.11, QoS":         {105, func(ip []byte) []byte { return join([]byte{0x88, 1}, make([]byte, 24), snap(ip), ip) }},
	"802.11, QoS, HT":     {105, func(ip []byte) []byte { return join([]byte{0x88, 0x81}, make([]byte, 28), snap(ip), ip) }},
	"802.11, A-MSDU":      {105, aggregated},
	"radiotap":            {127, func(ip []byte) []byte { return join([]byte{0, 0, 8, 0, 0, 0, 0, 0}, wifi(ip)) }},
	"radiotap, padded": {127, func(ip []byte) []byte {
		return join([]byte{0, 0, 28, 0, 3, 0, 0, 0x80, 0, 0, 0, 0}, make([]byte, 4), make([]byte, 8), []byte{0x20}, make([]byte, 3), []byte{0x88, 1}, make([]byte, 26), snap(ip), ip)
	}},
	"Prism":             {119, func(ip []byte) []byte { return join([]byte{0x44, 0, 0, 0, 0x90, 0, 0, 0}, make([]byte, 136), wifi(ip)) }},
	"Prism, big-endian": {119, func(ip []byte) []byte { return join([]byte{0, 0, 0, 0x44, 0, 0, 0, 0x90}, make([]byte, 136), wifi(ip)) }},
	"AVS":               {163, func(ip []byte) []byte { return join(avs, wifi(ip)) }},
	"AVS as Prism":      {119, func(ip []byte) []byte { return join(avs, wifi(ip)) }},
	"PPI":               {192, func(ip []byte) []byte { return join([]byte{0, 0, 12, 0, 105, 0, 0, 0, 0, 0, 0, 0}, wifi(ip)) }},
	"PPI, Ethernet":     {192, func(ip []byte) []byte { return join([]byte{0, 0, 8, 0, 1, 0, 0, 0}, inEthernet(ip)) }},
	"NFLOG": {239, func(ip []byte) []byte {
		return join([]byte{2, 0, 0, 1, 5, 0, 10, 0, 'x', 0, 0, 0}, []byte{byte(len(ip) + 4), byte((len(ip) + 4) >> 8), 9, 0}, ip)
	}},
	"NFLOG, big-endian": {239, func(ip []byte) []byte {
		return join([]byte{2, 0, 0, 1, 0, 5, 0, 10, 'x', 0, 0, 0}, []byte{byte((len(ip) + 4) >> 8), byte(len(ip) + 4), 0, 9}, ip)
	}},
	"PFLOG":              {117, func(ip []byte) []byte { return join([]byte{61}, make([]byte, 63), ip) }},
	"OpenBSD IPsec":      {109, func(ip []byte) []byte { return join(make([]byte, 12), ip) }},
	"ipnet":              {226, func(ip []byte) []byte { return join(make([]byte, 24), ip) }},
	"MPLS alone":         {219, func(ip []byte) []byte { return join(labels, ip) }},
	"netANALYZER":        {240, func(ip []byte) []byte { return join(make([]byte, 4), inEthernet(ip)) }},
	"netANALYZER, whole": {241, func(ip []byte) []byte { return join(make([]byte, 12), inEthernet(ip)) }},
	"mPackets":           {274, func(ip []byte) []byte { return join(make([]byte, 8), inEthernet(ip)) }},
	"cooked, LLC": {Linux, func(ip []byte) []byte {
		return join([]byte{0, 0, 0, 1, 0, 6}, make([]byte, 8), []byte{0, 4}, snap(ip), ip)
	}},
	"cooked, radiotap": {Linux, func(ip []byte) []byte {
		return join([]byte{0, 0, 3, 0x23, 0, 6}, make([]byte, 10), []byte{0, 0, 8, 0, 0, 0, 0, 0}, wifi(ip))
	}},
	"cooked 2, PPP": {LinuxTwo, func(ip []byte) []byte { return join([]byte{0, 8}, make([]byte, 18), ppp(ip)) }},
}

var (
	macs      = []byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1}
	labels    = []byte{0, 1, 0x10, 64, 0, 2, 0x21, 64} // two
	greRoutes = []byte{0, 0, 0, 0, 8, 0, 0, 4, 10, 0, 0, 1, 0, 0, 0, 0}
	nsh       = []byte{0, 6, 1, 3, 0, 0, 1, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	erspan2   = []byte{0x10, 1, 0, 1, 0, 0, 0, 0}
	isl       = []byte{1, 0, 0x0c, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0, 60, 0xaa, 0xaa, 3, 0, 0, 0x0c, 0, 2, 0, 0, 0, 0}
	avs       = join([]byte{0x80, 0x21, 0x10, 1, 0, 0, 0, 64}, make([]byte, 56))
)

func join(parts ...[]byte) []byte { return slices.Concat(parts...) }

func etherOf(ip []byte) uint16 {
	if ip[0]>>4 == 6 {
		return etherIPv6
	}
	return etherIPv4
}

func etherBytes(ip []byte) []byte { return binary.BigEndian.AppendUint16(nil, etherOf(ip)) }

func protocolOf(ip []byte) byte {
	if ip[0]>>4 == 6 {
		return 41
	}
	return 4
}

func nlpid(ip []byte) byte {
	if ip[0]>>4 == 6 {
		return 0x8e
	}
	return 0xcc
}

// only4 puts IPv6 into IPv4: WCCP version 1 knows nothing else.
func only4(ip []byte) []byte {
	if ip[0]>>4 == 6 {
		return outer4(41, ip)
	}
	return ip
}

func outer4(proto byte, payload []byte) []byte {
	b := []byte{0x45, 0, 0, 0, 0, 0, 0, 0, 64, proto, 0, 0, 172, 16, 0, 1, 172, 16, 0, 2}
	binary.BigEndian.PutUint16(b[2:], uint16(20+len(payload)))
	binary.BigEndian.PutUint16(b[4:], uint16(crc32.ChecksumIEEE(payload)))
	binary.BigEndian.PutUint16(b[10:], checksum(b, 0))
	return append(b, payload...)
}

func outer6(proto byte, payload []byte) []byte {
	b := make([]byte, 40)
	b[0], b[6], b[7], b[8], b[23], b[24], b[39] = 0x60, proto, 64, 0xfd, 1, 0xfd, 2
	binary.BigEndian.PutUint16(b[4:], uint16(len(payload)))
	return append(b, payload...)
}

func udp(port uint16, payload []byte) []byte {
	b := binary.BigEndian.AppendUint16([]byte{0xc0, 1}, port)
	b = binary.BigEndian.AppendUint16(b, uint16(8+len(payload)))
	return join(b, []byte{0, 0}, payload)
}

func overUDP(port uint16, payload []byte) []byte { return outer4(17, udp(port, payload)) }

func inEthernet(ip []byte, tags ...uint16) []byte {
	f := Format{Tags: tags}
	return f.linkFrame(ip)
}

func gre(flags, kind uint16) []byte {
	return binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, flags), kind)
}

func ppp(ip []byte) []byte {
	if ip[0]>>4 == 6 {
		return join([]byte{0, 0x57}, ip)
	}
	return join([]byte{0, 0x21}, ip)
}

func pppoe(ip []byte) []byte {
	return join([]byte{0x88, 0x64, 0x11, 0, 0, 1}, length(len(ip)+2), ppp(ip))
}

// gtp is a header with the given flags and more behind it.
func gtp(flags byte, more, ip []byte) []byte {
	return overUDP(2152, join([]byte{flags, 255}, length(len(more)+len(ip)), []byte{0, 0, 0, 1}, more, ip))
}

func hdlc(ip []byte) []byte { return join([]byte{0x0f, 0}, etherBytes(ip), ip) }

func length(n int) []byte { return binary.BigEndian.AppendUint16(nil, uint16(n)) }

func snap(ip []byte) []byte { return join([]byte{0xaa, 0xaa, 3, 0, 0, 0}, etherBytes(ip)) }

func erspan3(kind, more uint16) []byte {
	return binary.BigEndian.AppendUint16([]byte{0x20, 1, 0, 1, 0, 0, 0, 0, 0, 0}, kind<<10|more)
}

func authentication(next byte) []byte { return join([]byte{next, 4}, make([]byte, 22)) }

// plainESP is ESP without encryption.
func plainESP(next byte, data []byte) []byte {
	b := join([]byte{0, 0, 0, 9, 0, 0, 0, 1}, data)
	n := byte(0)
	for ; len(b)%4 != 2; b = append(b, n) {
		n++
	}
	return join(b, []byte{n, next}, make([]byte, 12))
}

// wifi is a data frame to an access point.
func wifi(ip []byte) []byte { return join([]byte{8, 1}, make([]byte, 22), snap(ip), ip) }

// aggregated is an A-MSDU with ARP, the packet, and something else that IP does not
// know.
func aggregated(ip []byte) []byte {
	b := join([]byte{0x88, 1}, make([]byte, 22), []byte{0x80, 0})
	for _, part := range [][]byte{join([]byte{0xaa, 0xaa, 3, 0, 0, 0, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1}, make([]byte, 20)), join(snap(ip), ip), {0x42, 0x42, 3}} {
		for (len(b)-26)%4 != 0 {
			b = append(b, 0)
		}
		b = join(b, macs, length(len(part)), part)
	}
	return b
}

// SplitIPv4 cuts an IPv4 packet into fragments with at most size bytes of payload, a
// multiple of 8.
func SplitIPv4(ip []byte, size int) (all [][]byte) {
	for off := 20; off < len(ip); off += size {
		end := min(off+size, len(ip))
		part := join(ip[:20], ip[off:end])
		field := uint16(off-20) / 8
		if end < len(ip) {
			field |= 0x2000
		}
		binary.BigEndian.PutUint16(part[2:], uint16(len(part)))
		binary.BigEndian.PutUint16(part[6:], field)
		all = append(all, part)
	}
	return all
}
