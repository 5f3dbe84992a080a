package spec_test

import (
	"encoding/hex"
	"fmt"

	"github.com/hostedcache/pchc/spec"
)

// A batch whose second descriptor has a hash algorithm that there is not.
var offer, _ = hex.DecodeString("0002000300000000" + "1f90000000000000" +
	"00010000" + "00018000" + "0010" + "424954532d342e300000000000000000" + "04" +
	"7fb5b438c4424e7e35e679e7060d1a259c1eff80fc8e2bc70c85a104ebb6e6a0" +
	"00010000" + "00010000" + "0010" + "57696e494e4554000000000000000000" + "02" +
	"fc847ccc2f6ef5dcfcf58d8e13b2bb81514b6d0963e86f3b65ba0ad0e0f6aa52")

func Example() {
	d := spec.Dissect(spec.Guess(offer), offer)
	fmt.Println(d.Message, len(offer), "bytes, valid:", d.Valid())
	for _, b := range d.Violations {
		fmt.Printf("%s %s (offset %d, %s)\n", b.Field, b.Detail, b.Offset, b.Section)
		if req, ok := spec.RequirementByID(b.Rule); ok {
			fmt.Printf("%s, %s, %s: %s\n", req.ID, req.Level, req.Class, req.Text)
		}
	}
	// Output:
	// BATCHED_OFFER_MESSAGE 134 bytes, valid: false
	// SegmentDescriptor[1].HashAlgorithm is 2, must be 1 or 4 (offset 101, MS-PCHC 2.2.1.5)
	// PCHC-2.2.1.5-HashAlgorithm, MUST, format: HashAlgorithm of a SegmentDescriptor MUST be 0x01 (SHA-256) or 0x04 (the first 256 bits of SHA-512).
}

func ExampleDissect() {
	var show func(n *spec.Node, indent string)
	show = func(n *spec.Node, indent string) {
		fmt.Printf("%s%d %s", indent, n.Offset, n.Name)
		if n.Form == spec.Integer && !n.Truncated() {
			fmt.Printf(" %d", n.Value)
		}
		if n.Meaning != "" {
			fmt.Printf(" (%s)", n.Meaning)
		}
		fmt.Println()
		for i := range n.Children {
			show(&n.Children[i], indent+"  ")
		}
	}
	show(&spec.Dissect(spec.Response, []byte{0, 0, 0, 1, 1}).Root, "")
	// Output:
	// 0 RESPONSE_MESSAGE
	//   0 TransportHeader
	//     0 Size 1
	//   4 ResponseCode 1 (INTERESTED)
}

func ExampleNode_Leaves() {
	d := spec.Dissect(spec.Request, offer)
	for path, n := range d.Root.Leaves() {
		if n.Name == "SegmentSize" {
			fmt.Printf("%s at %d: %s\n", path, n.Offset, n.Meaning)
		}
	}
	// Output:
	// SegmentDescriptor[0].SegmentSize at 20: 96 KiB
	// SegmentDescriptor[1].SegmentSize at 79: 64 KiB
}

func ExampleDissector() {
	x := spec.Dissector{OncePerRule: true}
	for n := len(offer) - 2; n <= len(offer); n++ {
		d := x.Dissect(spec.Request, offer[:n])
		for _, b := range d.Violations {
			fmt.Println(n, b.Offset, b.Field, b.Detail)
		}
	}
	// Output:
	// 132 101 SegmentDescriptor[1].HashAlgorithm is 2, must be 1 or 4
	// 132 102 SegmentDescriptor[1].SegmentHoHoDk truncated: 30 of 32 bytes present
	// 133 101 SegmentDescriptor[1].HashAlgorithm is 2, must be 1 or 4
	// 133 102 SegmentDescriptor[1].SegmentHoHoDk truncated: 31 of 32 bytes present
	// 134 101 SegmentDescriptor[1].HashAlgorithm is 2, must be 1 or 4
}

func ExampleAssemble() {
	fields := spec.Dissect(spec.Request, offer).Fields()
	second := fields["SegmentDescriptor"].([]any)[1].(spec.Fields)
	second["HashAlgorithm"] = uint64(4)

	repaired, err := spec.Assemble("BATCHED_OFFER_MESSAGE", fields)
	fmt.Println(spec.Dissect(spec.Request, repaired).Valid(), err)
	// Output: true <nil>
}
