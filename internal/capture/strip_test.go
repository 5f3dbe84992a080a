package capture

import (
	"encoding/hex"
	"strings"
	"testing"
)

// TestStrip takes single headers off, at the edges of their flags and lengths.
func TestStrip(t *testing.T) {
	for _, test := range []struct {
		name  string
		strip func([]byte) (layer, int)
		b     string
		layer layer
		n     int
	}{
		{"GRE", stripGRE, "0000 0800 45", layerIP, 4},
		{"GRE, cut", stripGRE, "0000 08", ordinary, tooShort},
		{"GRE, checksum", stripGRE, "8000 0800 00000000 45", layerIP, 8},
		{"GRE, key", stripGRE, "2000 86dd 00000001 60", layerIP, 8},
		{"GRE, sequence", stripGRE, "1000 0800 00000001 45", layerIP, 8},
		{"GRE, all three", stripGRE, "b000 0800 00000000 00000001 00000002 45", layerIP, 16},
		{"GRE, a bit that does not count", stripGRE, "0800 0800 45", layerIP, 4},
		{"GRE, routes", stripGRE, "4000 0800 00000000 00020004 0a000001 00000000 45", layerIP, 20},
		{"GRE, routes cut", stripGRE, "4000 0800 00000000 000200", ordinary, tooShort},
		{"GRE, Ethernet", stripGRE, "0000 6558 02", layerEthernet, 4},
		{"GRE, version 2", stripGRE, "0002 0800 45", ordinary, 0},
		{"PPTP", stripGRE, "3001 880b 00040001 00000001 ff030021", layerPPP, 12},
		{"PPTP, acknowledgement", stripGRE, "3081 880b 00040001 00000001 00000002 ff030021", layerPPP, 16},
		{"PPTP, no data", stripGRE, "2081 880b 00000001 00000002", ordinary, 8},
		{"PPTP of another protocol", stripGRE, "3001 0800 00040001 00000001", ordinary, 0},

		{"GENEVE", stripGENEVE, "0000 6558 00000100", layerEthernet, 8},
		{"GENEVE, options", stripGENEVE, "0200 0800 00000100 0102030405060708", layerIP, 16},
		{"GENEVE, most options", stripGENEVE, "3f00 0800 00000100", layerIP, 8 + 63*4},
		{"GENEVE, version 1", stripGENEVE, "4000 0800 00000100", ordinary, 0},
		{"GENEVE, reserved", stripGENEVE, "0000 0800 00000101", ordinary, 0},
		{"GENEVE, cut", stripGENEVE, "0000 0800 000001", ordinary, tooShort},

		{"EtherType", stripEtherType, "0800", layerIP, 2},
		{"EtherType, cut", stripEtherType, "08", ordinary, tooShort},
	} {
		b, err := hex.DecodeString(strings.ReplaceAll(test.b, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		if l, n := test.strip(b); l != test.layer || n != test.n && (n >= 0 || test.n >= 0) && (test.layer != ordinary || test.n < 0) {
			t.Errorf("%s: layer %d, %d bytes; want %d, %d", test.name, l, n, test.layer, test.n)
		}
	}
}

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
