package capture

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/pcapfile"
)

// TestStrip takes single headers off, at the edges of their flags and lengths, and
// cuts each before every byte: fewer than `need` bytes are too few, unless that is
// negative, where what is left of it may look like something else.
func TestStrip(t *testing.T) {
	const mac = "020000000002020000000001"
	for _, test := range []struct {
		name  string
		strip stripper
		need  int
		b     string
		layer layer
		n     int
	}{
		{"GRE", stripGRE, 4, "0000 0800 45", layerIP, 4},
		{"GRE, checksum", stripGRE, 4, "8000 0800 00000000 45", layerIP, 8},
		{"GRE, key", stripGRE, 4, "2000 86dd 00000001 60", layerIP, 8},
		{"GRE, sequence", stripGRE, 4, "1000 0800 00000001 45", layerIP, 8},
		{"GRE, all three", stripGRE, 4, "b000 0800 00000000 00000001 00000002 45", layerIP, 16},
		{"GRE, a bit that does not count", stripGRE, 4, "0800 0800 45", layerIP, 4},
		{"GRE, all bits that do not count", stripGRE, 4, "0f78 0800 45", layerIP, 4},
		{"GRE, routes", stripGRE, 20, "4000 0800 00000000 00020004 0a000001 00000000 45", layerIP, 20},
		{"GRE, no routes", stripGRE, 12, "4000 0800 00000000 00000000 45", layerIP, 12},
		{"GRE, Ethernet", stripGRE, 4, "0000 6558 02", layerEthernet, 4},
		{"GRE, version 2", stripGRE, 4, "0002 0800 45", ordinary, 0},
		{"GRE, bits beside the version", stripGRE, 4, "0078 0800 45", layerIP, 4},
		{"GRE, ERSPAN I", stripGRE, 4, "0000 88be 02", layerEthernet, 4},
		{"GRE, ERSPAN I, key", stripGRE, 4, "2000 88be 00000001 02", layerEthernet, 8},
		{"GRE, ERSPAN II", stripGRE, 4, "1000 88be 00000001 02", layerERSPANTwo, 8},
		{"GRE, ERSPAN III", stripGRE, 4, "1000 22eb 00000001 02", layerERSPANThree, 8},
		{"GRE, WCCP", stripGRE, 4, "0000 883e 02", layerWCCP, 4},
		{"PPTP", stripGRE, 4, "3001 880b 00040001 00000001 ff030021", layerPPP, 12},
		{"PPTP, acknowledgement", stripGRE, 4, "3081 880b 00040001 00000001 00000002 ff030021", layerPPP, 16},
		{"PPTP, no data", stripGRE, 4, "2081 880b 00000001 00000002", ordinary, 8},
		{"PPTP of another protocol", stripGRE, 4, "3001 0800 00040001 00000001", ordinary, 0},

		{"ERSPAN II", strippers[layerERSPANTwo], 0, "1000000000000000", layerEthernet, 8},
		{"ERSPAN III", stripERSPANThree, 12, "20000000 00000000 0000 0000", layerEthernet, 12},
		{"ERSPAN III, more", stripERSPANThree, 12, "20000000 00000000 0000 0001", layerEthernet, 20},
		{"ERSPAN III, IP", stripERSPANThree, 12, "20000000 00000000 0000 0800", layerIP, 12},
		{"ERSPAN III, IP, more", stripERSPANThree, 12, "20000000 00000000 0000 8bff", layerIP, 20},
		{"ERSPAN III, another type", stripERSPANThree, 12, "20000000 00000000 0000 0400", ordinary, 12},
		{"ERSPAN III, type 18", stripERSPANThree, 12, "20000000 00000000 0000 4800", ordinary, 12},

		{"GENEVE", stripGENEVE, 8, "0000 6558 00000100", layerEthernet, 8},
		{"GENEVE, options", stripGENEVE, 8, "0200 0800 00000100 0102030405060708", layerIP, 16},
		{"GENEVE, most options", stripGENEVE, 8, "3f00 0800 00000100", layerIP, 8 + 63*4},
		{"GENEVE, version 1", stripGENEVE, 8, "4000 0800 00000100", ordinary, 0},
		{"GENEVE, version 2", stripGENEVE, 8, "8000 0800 00000100", ordinary, 0},
		{"GENEVE, reserved", stripGENEVE, 8, "0000 0800 00000101", ordinary, 0},

		{"VXLAN", stripVXLAN, 8, "08000000 00000100", layerEthernet, 8},
		{"VXLAN, a bit that does not count", stripVXLAN, 8, "18000000 00000100", layerEthernet, 8},
		{"VXLAN, maintenance bit", stripVXLAN, 8, "09000000 00000100", layerEthernet, 8},
		{"VXLAN, no network", stripVXLAN, 8, "00000000 00000100", ordinary, 0},
		{"VXLAN, reserved", stripVXLAN, 8, "48000000 00000100", ordinary, 0},
		{"VXLAN, reserved too", stripVXLAN, 8, "0a000000 00000100", ordinary, 0},
		{"VXLAN, reserved at the end", stripVXLAN, 8, "08000000 00000101", ordinary, 0},
		{"VXLAN-GPE", stripVXLAN, 8, "0c000001 00000100", layerIP, 8},
		{"VXLAN-GPE, NSH", stripVXLAN, 8, "0c000004 00000100", layerNSH, 8},

		{"Teredo", stripTeredo, 4, "60000000", layerIP, 0},
		{"Teredo, not IPv6", stripTeredo, 4, "40000000", ordinary, 0},
		{"Teredo, origin", stripTeredo, 9, "0000 0102 01020304 60", layerIP, 8},
		{"Teredo, authentication", stripTeredo, 19, "0001 0203 0a0b 010203 0102030405060708 00 6000", layerIP, 18},
		{"Teredo, both", stripTeredo, 27, "0001 0203 0a0b 010203 0102030405060708 00 0000 0102 01020304 60", layerIP, 26},
		{"Teredo, then not IPv6", stripTeredo, 9, "0000 0102 01020304 45", ordinary, 0},
		{"Teredo, type 2", stripTeredo, 9, "0002 0102 01020304 60", layerIP, 8},

		{"GTP", stripGTP, 9, "30ff 0000 00000001 45", layerIP, 8},
		{"GTP, IPv6", stripGTP, 9, "30ff 0000 00000001 60", layerIP, 8},
		{"GTP, neither", stripGTP, 9, "30ff 0000 00000001 50", ordinary, 8},
		{"GTP, version 2", stripGTP, 8, "40ff 0000 00000001 45", ordinary, 0},
		{"GTP, echo", stripGTP, 8, "3001 0000 00000001 45", ordinary, 0},
		{"GTP, a bit that does not count", stripGTP, 9, "38ff 0000 00000001 45", layerIP, 8},
		{"GTP, number", stripGTP, 13, "31ff 0000 00000001 00000000 45", layerIP, 12},
		{"GTP, sequence", stripGTP, 13, "32ff 0000 00000001 00000000 45", layerIP, 12},
		{"GTP, extension", stripGTP, 17, "34ff 0000 00000001 00000085 01000000 45", layerIP, 16},
		{"GTP, long extension", stripGTP, 21, "34ff 0000 00000001 00000085 0200000000000000 60", layerIP, 20},
		{"GTP, extensions", stripGTP, 21, "34ff 0000 00000001 00000085 01000085 01000000 45", layerIP, 20},
		{"GTP, an extension without length", stripGTP, 13, "34ff 0000 00000001 00000085 00000000 45", ordinary, 0},

		{"L2TP", stripL2TP, 2, "0002 0001 0002", layerPPP, 6},
		{"L2TP, length", stripL2TP, 2, "4002 0010 0001 0002", layerPPP, 8},
		{"L2TP, sequence", stripL2TP, 2, "0802 0001 0002 0000 0001", layerPPP, 10},
		{"L2TP, offset", stripL2TP, 8, "0202 0001 0002 0103", layerPPP, 8 + 0x103},
		{"L2TP, all", stripL2TP, 14, "4af2 0010 0001 0002 0000 0001 0003 09", layerPPP, 17},
		{"L2TP, control", stripL2TP, 2, "c802 0010", ordinary, 0},
		{"L2TP, version 1", stripL2TP, 2, "0001 0010", ordinary, 0},
		{"L2TP, version 18", stripL2TP, 2, "0012 0001", layerPPP, 6},
		{"L2TP, reserved", stripL2TP, 2, "1002 0010", ordinary, 0},
		{"L2TP, reserved bit", stripL2TP, 2, "2002 0010", ordinary, 0},
		{"L2TP, reserved bit 5", stripL2TP, 2, "0402 0010", ordinary, 0},
		{"L2TP, priority", stripL2TP, 2, "0102 0010", ordinary, 0},
		{"L2TP, version 3", stripL2TP, 2, "0003 0000", layerL2TPThree, 4},
		{"L2TP, version 3 with reserved bits", stripL2TP, 2, "3513 0000", layerL2TPThree, 4},

		{"L2TP 3", stripL2TPThree, -1, "00000009" + mac + "08004500", layerEthernet, 4},
		{"L2TP 3, header", stripL2TPThree, -1, "00000009 00000000" + mac + "08004500", layerEthernet, 8},
		{"L2TP 3, cookie", stripL2TPThree, -1, "00000009 0000000000000000" + mac + "08004500", layerEthernet, 12},
		{"L2TP 3, cookie and header", stripL2TPThree, -1, "00000009 000000000000000000000000" + mac + "08004500", layerEthernet, 16},
		{"L2TP 3, more than that", stripL2TPThree, 4, "00000009 00000000000000000000000000000000" + mac + "08004500", hiddenL2TP, 4},
		{"L2TP 3, not aligned", stripL2TPThree, 4, "00000009 0000" + mac + "08004500", hiddenL2TP, 4},
		{"L2TP 3, control", stripL2TPThree, 4, "00000000" + mac + "08004500", ordinary, 4},

		{"TZSP", stripTZSP, 4, "01000001 01", layerEthernet, 5},
		{"TZSP, transmit", stripTZSP, 4, "01010001 01", layerEthernet, 5},
		{"TZSP, padding and tags", stripTZSP, -1, "01000012 00 0a020101 00 0b00 01", layerWifi, 13},
		{"TZSP, Prism", stripTZSP, 4, "01000077 01", layerPrism, 5},
		{"TZSP, AVS", stripTZSP, 4, "0100007f 01", layerAVS, 5},
		{"TZSP, unknown", stripTZSP, 4, "01000002 01", ordinary, 5},
		{"TZSP, encapsulation 257", stripTZSP, 4, "01000101 01", ordinary, 5},
		{"TZSP, keep-alive", stripTZSP, 4, "01040001 01", ordinary, 0},
		{"TZSP, type 2", stripTZSP, 4, "01020001 01", ordinary, 0},
		{"TZSP, version 2", stripTZSP, 4, "02000001 01", ordinary, 0},

		{"UDP", stripUDP, 4, "c000 12b5 0000 0000", layerVXLAN, 8},
		{"UDP, reply of VXLAN", stripUDP, 4, "12b5 c000", ordinary, 0},
		{"UDP, both VXLAN and GTP", stripUDP, 4, "0868 12b5", layerVXLAN, 8},
		{"UDP, reply of GTP", stripUDP, 4, "0868 c000", layerGTP, 8},
		{"UDP, reply of L2TP", stripUDP, 4, "06a5 c000", layerL2TP, 8},
		{"UDP, reply of Teredo", stripUDP, 4, "0dd8 c000", layerTeredo, 8},
		{"UDP, reply of ESP", stripUDP, 4, "1194 c000", layerUDPESP, 8},
		{"UDP, reply of TZSP", stripUDP, 4, "9090 c000", ordinary, 0},
		{"UDP, from port 1023", stripUDP, 4, "03ff 12b5", ordinary, 0},
		{"UDP, from port 1024", stripUDP, 4, "0400 12b5", layerVXLAN, 8},
		{"UDP, to port 1023", stripUDP, 4, "0868 03ff", ordinary, 0},
		{"UDP, to port 1024", stripUDP, 4, "0868 0400", layerGTP, 8},
		{"UDP, neither", stripUDP, 4, "c000 c001", ordinary, 0},

		{"ESP in UDP", stripUDPESP, -1, "0000000100000001", hiddenESP, 0},
		{"key exchange", stripUDPESP, -1, "0000000000000001", ordinary, 0},
		{"keep-alive", stripUDPESP, -1, "ffffffffffffff", ordinary, 0},

		{"WCCP", stripWCCP, 1, "00000000", layerIP, 4},
		{"WCCP, version 1", stripWCCP, 1, "45000000", layerIP, 0},
		{"EtherIP", stripEtherIP, -1, "3000", layerEthernet, 2},
		{"EtherIP, version 4", stripEtherIP, -1, "4000", ordinary, 0},

		{"EtherType", stripEtherType, 2, "0800", layerIP, 2},
		{"Ethernet", stripEthernet, 14, mac + "0800", layerIP, 14},
		{"Ethernet, length", stripEthernet, 14, mac + "05dc", layerLLC, 14},
		{"Ethernet, not a length", stripEthernet, 14, mac + "05dd", ordinary, 14},
		{"ISL", stripEthernet, -1, "01000c0000" + "00020000000001" + "0040" + "aaaa0300", layerEthernet, 26},
		{"ISL, the other address", stripEthernet, -1, "03000c0000" + "00020000000001" + "0040" + "aaaa0300", layerEthernet, 26},
		{"ISL, and no more", stripEthernet, -1, "03000c0000" + "00020000000001" + "0040" + "aaaa", layerEthernet, 26},
		{"like ISL 0", stripEthernet, 14, "02000c0000" + "00020000000001" + "0040" + "aaaa0300", layerLLC, 14},
		{"like ISL 1", stripEthernet, 14, "01010c0000" + "00020000000001" + "0040" + "aaaa0300", layerLLC, 14},
		{"like ISL 2", stripEthernet, 14, "01000d0000" + "00020000000001" + "0040" + "aaaa0300", layerLLC, 14},
		{"like ISL 3", stripEthernet, 14, "01000c0100" + "00020000000001" + "0040" + "aaaa0300", layerLLC, 14},
		{"like ISL 4", stripEthernet, 14, "01000c0001" + "00020000000001" + "0040" + "aaaa0300", layerLLC, 14},
		{"like ISL 14", stripEthernet, 14, "01000c0000" + "00020000000001" + "0040" + "abaa0300", layerLLC, 14},
		{"like ISL 15", stripEthernet, 14, "01000c0000" + "00020000000001" + "0040" + "aaab0300", layerLLC, 14},

		{"LLC", stripLLC, 3, "060603", layerIP, 3},
		{"LLC, 0", stripLLC, 3, "070603", ordinary, 3},
		{"LLC, 1", stripLLC, 3, "060703", ordinary, 3},
		{"LLC, 2", stripLLC, 3, "060604", ordinary, 3},
		{"SNAP", stripLLC, 8, "aaaa03 000000 0800", layerIP, 8},
		{"SNAP, 802.1H", stripLLC, 8, "aaaa03 0000f8 86dd", layerIP, 8},
		{"SNAP, Cisco", stripLLC, 8, "aaaa03 00000c 0800", ordinary, 8},
		{"SNAP, organisation 0", stripLLC, 8, "aaaa03 010000 0800", ordinary, 8},
		{"SNAP, organisation 1", stripLLC, 8, "aaaa03 000100 0800", ordinary, 8},
		{"SNAP, organisation like a bridge's", stripLLC, 8, "aaaa03 0100c2 0007", ordinary, 8},
		{"SNAP, bridged", stripLLC, 8, "aaaa03 0080c2 0007", layerEthernet, 10},
		{"SNAP, bridged with checksum", stripLLC, 8, "aaaa03 0080c2 0001", layerEthernet, 10},
		{"SNAP, bridged token ring", stripLLC, 8, "aaaa03 0080c2 0003", ordinary, 8},
		{"SNAP, 0", stripLLC, 3, "abaa03 000000 0800", ordinary, 3},
		{"SNAP, 1", stripLLC, 3, "aaab03 000000 0800", ordinary, 3},
		{"SNAP, 2", stripLLC, 3, "aaaa04 000000 0800", ordinary, 3},

		{"VLAN", strippers[layerVLAN], 4, "0001 0800", layerIP, 4},
		{"VLAN, length", strippers[layerVLAN], 4, "0001 05dc", layerLLC, 4},
		{"VLAN, not a length", strippers[layerVLAN], 4, "0001 05dd", ordinary, 4},
		{"VN-Tag", strippers[layerVNTag], 6, "00000001 0800", layerIP, 6},
		{"E-Tag", strippers[layerETag], 8, "000000000001 0800", layerIP, 8},
		{"CMD", strippers[layerCMD], 8, "000000000001 0800", layerIP, 8},
		{"R-Tag", strippers[layerRedundancy], 6, "00000001 0800", layerIP, 6},
		{"802.1ah", strippers[layerBackbone], 0, "00000001", layerEthernet, 4},
		{"FabricPath", strippers[layerFabricPath], 0, "0001", layerEthernet, 2},

		{"MACsec", stripMACsec, 1, "00", layerEtherType, 6},
		{"MACsec, channel", stripMACsec, 1, "20", layerEtherType, 14},
		{"MACsec, bits that do not count", stripMACsec, 1, "d3", layerEtherType, 6},
		{"MACsec, encrypted", stripMACsec, 1, "28", hiddenMACsec, 0},
		{"MACsec, changed", stripMACsec, 1, "24", hiddenMACsec, 0},

		{"TRILL", stripTRILL, 6, "0001 0001 0002", layerEthernet, 6},
		{"TRILL, options", stripTRILL, 6, "0041 0001 0002", layerEthernet, 10},
		{"TRILL, most options", stripTRILL, 6, "ffff 0001 0002", layerEthernet, 6 + 31*4},
		{"TRILL, 16 words", stripTRILL, 6, "0400 0001 0002", layerEthernet, 6 + 16*4},
		{"TRILL, bits around the options", stripTRILL, 6, "f83f 0001 0002", layerEthernet, 6},

		{"PPPoE", stripPPPoE, 6, "1100 0001 0002", layerPPP, 6},
		{"PPPoE, discovery", stripPPPoE, 6, "1109 0001 0002", ordinary, 0},
		{"NSH", stripNSH, 4, "0006 0103", layerEthernet, 24},
		{"NSH, longest", stripNSH, 4, "00ff 0101", layerIP, 252},

		{"MPLS, IPv6", stripMPLS, 5, "00000101 60", layerIP, 4},
		{"MPLS, two labels", stripMPLS, 9, "00000001 00000101 60", layerIP, 8},
		{"MPLS, maintenance", stripMPLS, 5, "00000101 10", ordinary, 4},
		{"MPLS, PPP", stripMPLS, -1, "00000101 002145", layerPPP, 4},
		{"MPLS, PPP, IPv6", stripMPLS, -1, "00000101 005760", layerPPP, 4},
		{"MPLS, PPP with address", stripMPLS, -1, "00000101 ff03", layerPPP, 4},
		{"MPLS, HDLC", stripMPLS, -1, "00000101 0f00", layerHDLC, 4},
		{"MPLS, HDLC multicast", stripMPLS, -1, "00000101 8f00", layerHDLC, 4},
		{"MPLS, unknown", stripMPLS, 5, "00000101 ff04", hiddenMPLS, 4},
		{"MPLS, unknown 8f", stripMPLS, 5, "00000101 8f01", hiddenMPLS, 4},
		{"MPLS, unknown 20", stripMPLS, 5, "00000101 2003", hiddenMPLS, 4},
		{"MPLS, unknown 0022", stripMPLS, 5, "00000101 0022", hiddenMPLS, 4},
		{"MPLS, unknown 01", stripMPLS, 5, "00000101 0121", hiddenMPLS, 4},
		{"MPLS, Ethernet", stripMPLS, -1, "00000101" + mac + "08004500", layerEthernet, 4},
		{"MPLS, control word", stripMPLS, -1, "00000101 00000000" + mac + "08004500", layerEthernet, 8},

		{"PPP", stripPPP, 2, "0021", layerIP, 2},
		{"PPP, short", stripPPP, 2, "2145", layerIP, 1},
		{"PPP, address", stripPPP, 4, "ff03 0057", layerIP, 4},
		{"PPP, address, short", stripPPP, 3, "ff03 21", layerIP, 3},
		{"PPP, not the address", stripPPP, 2, "ff04 0021", ordinary, 1},
		{"PPP, HDLC", stripPPP, 2, "0f00 0800", layerHDLC, 0},
		{"PPP, HDLC multicast", stripPPP, 2, "8f00 0800", layerHDLC, 0},
		{"PPP, not HDLC", stripPPP, 2, "8f01 0800", ordinary, 1},
		{"PPP, MPLS", stripPPP, 2, "0281 0800", layerMPLS, 2},
		{"multilink", stripMultilink, 1, "c0000001", layerPPP, 4},
		{"multilink, begin", stripMultilink, 1, "80000001", hiddenPPP, 0},
		{"multilink, end", stripMultilink, 1, "40000001", hiddenPPP, 0},
		{"bridged PPP", stripBridgedPPP, -1, "0001", layerEthernet, 2},
		{"bridged PPP, token ring", stripBridgedPPP, -1, "0002", ordinary, 2},
		{"HDLC", stripHDLC, 4, "0f00 0800", layerIP, 4},
		{"HDLC, PPP", stripHDLC, 4, "ff03 0021", layerPPP, 0},
		{"HDLC, not PPP", stripHDLC, 4, "ff04 0800", layerIP, 4},
		{"HDLC, address fe", stripHDLC, 4, "fe03 0800", layerIP, 4},

		{"Frame Relay", stripFrameRelay, 5, "1841 03 cc 45", layerIP, 4},
		{"Frame Relay, IPv6", stripFrameRelay, 5, "1841 03 8e 60", layerIP, 4},
		{"Frame Relay, short address", stripFrameRelay, 4, "19 03 cc 45", layerIP, 3},
		{"Frame Relay, long address", stripFrameRelay, 7, "18401041 03 cc 45", layerIP, 6},
		{"Frame Relay, padding", stripFrameRelay, 5, "1841 03 00 cc 45", layerIP, 5},
		{"Frame Relay, PPP", stripFrameRelay, 5, "1841 03 cf 0021", layerPPP, 4},
		{"Frame Relay, SNAP", stripFrameRelay, 10, "1841 03 00 80 000000 0800 45", layerIP, 10},
		{"Frame Relay, bridged", stripFrameRelay, 10, "1841 03 00 80 0080c2 0007 02", layerEthernet, 10},
		{"Frame Relay, management", stripFrameRelay, 5, "1841 03 09 00", ordinary, 3},
		{"Frame Relay, Cisco", stripFrameRelay, 5, "1841 0800 45", layerIP, 4},
		{"Frame Relay, address without end", stripFrameRelay, 9, "1840404040404040", ordinary, tooShort},

		{"ATM", stripATM, 4, "aaaa0300", layerLLC, 0},
		{"ATM, PPP in LLC", stripATM, 4, "fefe03cf", layerPPP, 4},
		{"ATM, PPP", stripATM, 4, "00210000", layerPPP, 0},
		{"ATM, PPP, IPv6", stripATM, 4, "00570000", layerPPP, 0},
		{"ATM, PPP with address", stripATM, 4, "ff030021", layerPPP, 0},
		{"ATM, IPv4", stripATM, 4, "45000000", layerIP, 0},
		{"ATM, IPv6", stripATM, 4, "60000000", layerIP, 0},
		{"ATM, 5", stripATM, 4, "50000000", layerLLC, 0},
		{"ATM, like PPP 0", stripATM, 4, "fffe03cf", layerLLC, 0},
		{"ATM, like PPP 1", stripATM, 4, "feff03cf", layerLLC, 0},
		{"ATM, like PPP 2", stripATM, 4, "fefe04cf", layerLLC, 0},
		{"ATM, like PPP 3", stripATM, 4, "fefe03ce", layerLLC, 0},
		{"ATM, like PPP 4", stripATM, 4, "00220000", layerLLC, 0},
		{"ATM, like PPP 5", stripATM, 4, "01210000", layerLLC, 0},
		{"ATM, like PPP 6", stripATM, 4, "ff040021", layerLLC, 0},

		{"cooked", stripCooked, 16, "0000 0001 0006 0000000000000000 0800", layerIP, 16},
		{"cooked, 802.11", stripCooked, 16, "0000 0321 0006 0000000000000000 0004", layerWifi, 16},
		{"cooked 2", stripCookedTwo, 20, "0800 0000 00000001 0001 00 06 0000000000000000", layerIP, 20},
		{"cooked 2, radiotap", stripCookedTwo, 20, "0800 0000 00000001 0323 00 06 0000000000000000", layerRadiotap, 20},
		{"PPI", stripPPI, 8, "0000 0800 01000000", layerEthernet, 8},
		{"PPI, fields", stripPPI, 8, "0000 0c01 69000000", layerWifi, 0x10c},
		{"PPI, null", stripPPI, 8, "0000 0800 00000000", layerIP, 12},
		{"PPI, unknown", stripPPI, 8, "0000 0800 01000001", ordinary, 8},
		{"PPI, too short a length", stripPPI, 8, "0000 0700 01000000", ordinary, 7},
		{"NFLOG", stripNFLOG, 8, "02000001 0400 0900 45", layerIP, 8},
		{"NFLOG, big-endian", stripNFLOG, 8, "02000001 0004 0009 45", layerIP, 8},
		{"NFLOG, before it", stripNFLOG, 20, "02000001 0500 0a00 78000000 0400 0b00 0400 0900", layerIP, 20},
		{"NFLOG, before it, whole words", stripNFLOG, 16, "02000001 0800 0a00 78000000 0400 0900", layerIP, 16},
		{"NFLOG, an attribute shorter than its header", stripNFLOG, 8, "02000001 0300 0a00 78000000 0400 0900", ordinary, 0},
		{"NFLOG, no packet", stripNFLOG, 9, "02000001 0400 0a00", ordinary, tooShort},
		{"PFLOG", stripPFLOG, 1, "3d", layerIP, 64},
		{"PFLOG, whole words", stripPFLOG, 1, "40", layerIP, 64},
		{"PFLOG, one more", stripPFLOG, 1, "41", layerIP, 68},

		{"radiotap", stripRadiotap, 8, "0000 0800 00000000", layerWifi, 8},
		{"radiotap, too short a length", stripRadiotap, 8, "0000 0700 00000000", ordinary, 7},
		{"radiotap, fields", stripRadiotap, -1, "0000 0900 02000000 00", layerWifi, 9},
		{"Prism", stripPrism, 8, "44000000 90000000", layerWifi, 0x90},
		{"Prism, big-endian", stripPrism, 8, "00000044 00000090", layerWifi, 0x90},
		{"Prism, too long", stripPrism, 8, "00000044 00010001", layerWifi, 1 << 16},
		{"Prism, AVS", stripPrism, 8, "80211001 00000040", layerAVS, 0},
		{"Prism, AVS 2", stripPrism, 8, "80211fff 00000040", layerAVS, 0},
		{"Prism, like AVS", stripPrism, 8, "80210001 00000040", layerWifi, 0x40},
		{"AVS", stripAVS, 8, "80211001 00000040", layerWifi, 64},
		{"AVS, too long", stripAVS, 8, "80211001 00020000", layerWifi, 1 << 16},

		{"802.11", stripWifi, 24, "0801" + zeros(22), layerLLC, 24},
		{"802.11, from the access point", stripWifi, 24, "0802" + zeros(22), layerLLC, 24},
		{"802.11, 4 addresses", stripWifi, 30, "0803" + zeros(28), layerLLC, 30},
		{"802.11, QoS", stripWifi, 26, "8801" + zeros(24), layerLLC, 26},
		{"802.11, QoS, 4 addresses", stripWifi, 32, "8803" + zeros(30), layerLLC, 32},
		{"802.11, QoS, HT", stripWifi, 30, "8881" + zeros(28), layerLLC, 30},
		{"802.11, HT without QoS", stripWifi, 24, "0881" + zeros(22), layerLLC, 24},
		{"802.11, A-MSDU", stripWifi, 26, "8801" + zeros(22) + "8000", layerSubframes, 26},
		{"802.11, QoS of another kind", stripWifi, 26, "8801" + zeros(22) + "7fff", layerLLC, 26},
		{"802.11, with an acknowledgement", stripWifi, 24, "1801" + zeros(22), layerLLC, 24},
		{"802.11, management", stripWifi, 2, "0001", ordinary, 0},
		{"802.11, control", stripWifi, 2, "0401", ordinary, 0},
		{"802.11, extension", stripWifi, 2, "0c01", ordinary, 0},
		{"802.11, version 1", stripWifi, 2, "0901", ordinary, 0},
		{"802.11, version 2", stripWifi, 2, "0a01", ordinary, 0},
		{"802.11, no data", stripWifi, 2, "4801", ordinary, 0},
		{"802.11, encrypted", stripWifi, 2, "0841", hiddenWifi, 0},
		{"802.11, more fragments", stripWifi, 24, "0805" + zeros(22), hiddenWifiFragments, 0},
		{"802.11, fragment 1", stripWifi, 24, "0801" + zeros(20) + "0100", hiddenWifiFragments, 0},
		{"802.11, fragment 8", stripWifi, 24, "0801" + zeros(20) + "0800", hiddenWifiFragments, 0},
		{"802.11, sequence number", stripWifi, 24, "0801" + zeros(20) + "f0ff", layerLLC, 24},
		{"802.11, retry", stripWifi, 24, "0839" + zeros(22), layerLLC, 24},
	} {
		b, err := hex.DecodeString(strings.ReplaceAll(test.b, " ", ""))
		if err != nil {
			t.Fatal(test.name, err)
		}
		if l, n := test.strip(b); l != test.layer || n != test.n {
			t.Errorf("%s: layer %d, %d bytes; want %d, %d", test.name, l, n, test.layer, test.n)
		}
		for n := range min(max(test.need, 0), len(b)) {
			if l, n := test.strip(b[:n:n]); l != ordinary || n != tooShort {
				t.Errorf("%s, cut to %d bytes: layer %d, %d bytes", test.name, n, l, n)
			}
		}
		if test.need >= 0 && test.need < len(b) {
			if l, n := test.strip(b[:test.need:test.need]); l != test.layer || n != test.n {
				t.Errorf("%s, cut to the %d bytes that it needs: layer %d, %d bytes", test.name, test.need, l, n)
			}
		}
	}
}

// zeros are n zero bytes in hexadecimal.
func zeros(n int) string { return strings.Repeat("00", n) }

// TestProtocols: which numbers of protocols carry TCP or IP.
func TestProtocols(t *testing.T) {
	layers := map[int]layer{
		4: layerIP, 17: layerUDP, 41: layerIP, 47: layerGRE, 55: hiddenMinimal, 94: layerIP, 97: layerEtherIP, 108: hiddenIPComp,
		115: layerL2TPThree, 137: layerMPLS, 143: layerEthernet,
	}
	for n := range 256 {
		if got := protoLayer(byte(n)); got != layers[n] {
			t.Errorf("protocol %d: layer %d, want %d", n, got, layers[n])
		}
		_, carries := layers[n]
		if got, want := carriesIP(byte(n)), carries || n == protoTCP || n == protoAuth || n == protoESP; got != want {
			t.Errorf("protocol %d: %v", n, got)
		}
	}
}

// TestNumbers: what each number of a kind announces.
func TestNumbers(t *testing.T) {
	for _, test := range []struct {
		name   string
		of     func(uint16) layer
		layers map[uint16]layer
	}{
		{"EtherType", etherLayer, map[uint16]layer{
			0x0800: layerIP, 0x86dd: layerIP, 0x8100: layerVLAN, 0x88a8: layerVLAN, 0x9100: layerVLAN, 0x9200: layerVLAN, 0x9300: layerVLAN,
			0x22f3: layerTRILL, 0x6558: layerEthernet, 0x8870: layerLLC, 0x880b: layerPPP, 0x8847: layerMPLS, 0x8848: layerMPLS, 0x8864: layerPPPoE,
			0x8903: layerFabricPath, 0x8909: layerCMD, 0x8926: layerVNTag, 0x893f: layerETag, 0x894f: layerNSH, 0x88e5: layerMACsec,
			0x88e7: layerBackbone, 0xf1c1: layerRedundancy,
		}},
		{"PPP protocol", pppLayer, map[uint16]layer{
			0x21: layerIP, 0x57: layerIP, 0x31: layerBridgedPPP, 0x3d: layerMultilink, 0x281: layerMPLS, 0x283: layerMPLS,
			0x03: hiddenPPP, 0x2d: hiddenPPP, 0x2f: hiddenPPP, 0x61: hiddenPPP, 0x63: hiddenPPP, 0x65: hiddenPPP, 0x67: hiddenPPP, 0x69: hiddenPPP,
			0x2061: hiddenPPP, 0x2063: hiddenPPP, 0x2065: hiddenPPP, 0x2067: hiddenPPP, 0x2069: hiddenPPP,
			0xfb: hiddenPPP, 0xfd: hiddenPPP, 0x53: hiddenPPP, 0x55: hiddenPPP,
		}},
		{"UDP port", udpLayer, map[uint16]layer{
			4789: layerVXLAN, 8472: layerVXLAN, 4790: layerVXLAN, 6081: layerGENEVE, 2152: layerGTP, 1701: layerL2TP, 3544: layerTeredo,
			4500: layerUDPESP, 4754: layerGRE, 6635: layerMPLS, 37008: layerTZSP,
		}},
		{"next protocol", func(n uint16) layer { return nextProtocol(byte(n)) }, map[uint16]layer{
			1: layerIP, 2: layerIP, 3: layerEthernet, 4: layerNSH, 5: layerMPLS,
		}},
		{"hardware in cooked frames", func(n uint16) layer { return cooked(n, 0x8100) }, map[uint16]layer{
			801: layerWifi, 802: layerPrism, 803: layerRadiotap, 824: ordinary,
		}},
		{"protocol in cooked frames", func(n uint16) layer { return cooked(1, n) }, map[uint16]layer{
			1: layerLLC, 4: layerLLC, 7: layerPPP, 8: layerPPP, 0x0800: layerIP, 0x88e5: layerMACsec,
		}},
	} {
		numbers := 1 << 16
		switch test.name {
		case "next protocol":
			numbers = 1 << 8
		case "protocol in cooked frames":
			numbers = 0x0801
		}
		for n := range numbers {
			want, ok := test.layers[uint16(n)]
			if !ok && test.name[0] == 'h' {
				want = layerVLAN
			}
			if got := test.of(uint16(n)); got != want {
				t.Errorf("%s %#x: layer %d, want %d", test.name, n, got, want)
			}
		}
	}
}

// TestLinkNames: how link types that cannot be read are called.
func TestLinkNames(t *testing.T) {
	names := map[uint32]string{}
	for line := range strings.Lines(`
		3 AX.25
		6 Token Ring
		7 ARCNET
		8 SLIP
		10 FDDI
		99 Symantec Firewall
		123 SunATM
		129 ARCNET
		138 IP over FireWire
		141 SS7 MTP2
		143 DOCSIS
		144 IrDA
		177 LAPD
		187 Bluetooth HCI
		189 USB
		195 IEEE 802.15.4
		197 ERF
		201 Bluetooth HCI
		220 USB
		225 IP over Fibre Channel
		227 SocketCAN
		230 IEEE 802.15.4
		231 D-Bus
		242 IP over InfiniBand
		247 InfiniBand
		248 SCTP
		249 USBPCAP
		251 Bluetooth LE
		253 Netlink
		254 Bluetooth monitor
		256 Bluetooth LE
		265 IPMB
		266 USB on macOS
		271 VSOCK
		272 Nordic BLE
		279 ELEE
		288 USB 2.0
		289 ATSC ALP
		290 Event Tracing for Windows
	`) {
		if number, name, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			n, err := strconv.ParseUint(number, 10, 32)
			if err != nil {
				t.Fatal(err)
			}
			names[uint32(n)] = " (" + name + ")"
		}
	}
	for n := range uint32(16) {
		names[147+n] = fmt.Sprintf(" (USER%d)", n)
	}
	for link := range uint32(1000) {
		if got, want := linkName(link), fmt.Sprintf("link type %d%s", link, names[link]); got != want {
			t.Errorf("%d: %q, want %q", link, got, want)
		}
	}
	for link, want := range map[uint32]string{
		pcapfile.SnoopLink - 1: "link type 16777215", pcapfile.SnoopLink: "link type 0 of snoop", pcapfile.SnoopLink + 18: "link type 18 of snoop",
	} {
		if got := linkName(link); got != want {
			t.Errorf("%d: %q, want %q", link, got, want)
		}
	}
}

// TestLinkTypes: which link types can be read, and where in them.
func TestLinkTypes(t *testing.T) {
	type begin struct {
		header int
		next   layer
	}
	want := map[uint32]begin{
		0: {4, layerIP}, 1: {0, layerEthernet}, 9: {0, layerPPP}, 12: {0, layerIP}, 14: {0, layerIP}, 50: {0, layerPPP}, 51: {0, layerPPPoE},
		100: {0, layerATM}, 101: {0, layerIP}, 104: {0, layerHDLC}, 105: {0, layerWifi}, 107: {0, layerFrameRelay}, 108: {4, layerIP},
		109: {12, layerIP}, 113: {0, layerCooked}, 117: {0, layerPFLOG}, 119: {0, layerPrism}, 127: {0, layerRadiotap}, 163: {0, layerAVS},
		166: {2, layerPPP}, 192: {0, layerPPI}, 204: {1, layerPPP}, 205: {1, layerHDLC}, 206: {1, layerFrameRelay}, 219: {0, layerMPLS},
		226: {24, layerIP}, 228: {0, layerIP}, 229: {0, layerIP}, 239: {0, layerNFLOG}, 240: {4, layerEthernet}, 241: {12, layerEthernet},
		274: {8, layerEthernet}, 276: {0, layerCookedTwo},
	}
	for link := range uint32(1000) {
		got, ok := linkTypes[link]
		if expected, known := want[link]; ok != known || begin(got) != expected {
			t.Errorf("link type %d: %+v, want %+v", link, got, expected)
		}
	}
}

// TestRadiotap: where the flags are, behind fields whose bits come first, and that
// they may say that the 802.11 header is padded.
func TestRadiotap(t *testing.T) {
	qos := "8801" + zeros(24) // 26 bytes, padded 28
	for _, test := range []struct {
		name, b string
		layer   layer
		n       int
	}{
		{"no flags", "0000 0900 00000000 20" + qos, layerLLC, 9 + 26},
		{"other flags", "0000 0900 02000000 df" + qos, layerLLC, 9 + 26},
		{"padded", "0000 0900 02000000 20" + qos + "0000", layerLLC, 9 + 28},
		{"padded to its length", "0000 0900 02000000 20" + "0801" + zeros(22), layerLLC, 9 + 24},
		{"padded, encrypted", "0000 0900 02000000 20" + "0841" + zeros(22), hiddenWifi, 9},
		{"behind a time", "0000 1100 03000000" + zeros(8) + "20" + qos + "0000", layerLLC, 17 + 28},
		{"behind a time, others", "0000 1100 03000000" + "2020202020202020" + "00" + qos, layerLLC, 17 + 26},
		{"behind more bits", "0000 0d00 02000080 00000000 20" + qos + "0000", layerLLC, 13 + 28},
		{"behind more bits twice", "0000 1100 02000080 00000080 00000000 20" + qos + "0000", layerLLC, 17 + 28},
		{"behind more bits and a time", "0000 1900 03000080 00000000 00000000" + zeros(8) + "20" + qos + "0000", layerLLC, 25 + 28},
		{"behind more bits twice and a time", "0000 1900 03000080 00000080 00000000" + zeros(8) + "20" + qos + "0000", layerLLC, 25 + 28},
		{"behind bits without end", "0000 0c00 02000080 00000080 20" + zeros(30), ordinary, 0},
		{"flags behind the end", "0000 0800 02000000 20" + qos, ordinary, 0},
	} {
		b, err := hex.DecodeString(strings.ReplaceAll(test.b, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		l, n := stripRadiotap(b)
		if l == layerWifi {
			k := n
			l, n = stripWifi(b[n:])
			n += k
		}
		if l != test.layer || n != test.n && l != ordinary {
			t.Errorf("%s: layer %d, %d bytes; want %d, %d", test.name, l, n, test.layer, test.n)
		}
	}
	long, _ := hex.DecodeString("0000090002000000")
	if l, n := stripRadiotap(long); l != ordinary || n != 9 {
		t.Errorf("longer than the frame: layer %d, %d bytes", l, n)
	}
}

// TestLikelyEthernet changes each byte by which a frame looks like Ethernet.
func TestLikelyEthernet(t *testing.T) {
	for rest, want := range map[string]bool{
		"0800 4500": true, "0800 4600": true, "0800 4400": false, "0800 5500": false, "0800 6500": false,
		"86dd 6000": true, "86dd 4000": false, "86dd 7000": false,
		"0010 aaaa": true, "0010 aa42": false, "0010 42aa": false, "0010 4242": true, "0010 aaab": false, "0010 4243": false,
		"05dc aaaa": true, "05dd aaaa": false,
		"0806 0001": true, "88cc 0000": true, "8902 0000": true, "9000 0000": true, "8100 0001": true, "0807 0000": false, "1234 0000": false,
	} {
		b, err := hex.DecodeString("020000000002" + "020000000001" + strings.ReplaceAll(rest, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		if got := likelyEthernet(b); got != want {
			t.Errorf("%s: %v", rest, got)
		}
		if likelyEthernet(b[:15]) {
			t.Errorf("%s, cut: true", rest)
		}
		b[6] |= 1 // sent by a group
		if likelyEthernet(b) {
			t.Errorf("%s from a group: true", rest)
		}
	}
}
