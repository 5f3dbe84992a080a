package pccrd_test

import (
	"fmt"

	"github.com/hostedcache/pchc/codec/pccrd"
)

// A peer answers a Probe for segments that it has.
func Example() {
	segment := pccrd.HoHoDk("the HoHoDk of a segment, 32 byte")
	probe, err := pccrd.NewProbe("urn:uuid:0fae97c3-6a3a-4d10-a18a-f1d0ba44a6b8", pccrd.Version1, segment).MarshalBinary()
	if err != nil {
		fmt.Println(err)
		return
	}

	// At the peer.
	m, err := pccrd.Decode(probe)
	if err != nil {
		return // dropped: of another protocol, or malformed
	}
	p, ok := m.(pccrd.Probe)
	if !ok {
		return
	}
	match := pccrd.NewProbeMatchV1("urn:uuid:87a89944-0230-43a5-ac4e-fab1386c8e2c", "192.0.2.7:80")
	for _, h := range p.HoHoDk {
		match.Add(h, 512) // blocks
	}
	answer, err := pccrd.NewProbeMatches("urn:uuid:7f4b09a3-96c9-4170-9eb3-1c805a52f444", p.MessageID,
		pccrd.AppSequence{InstanceId: 1, MessageNumber: 1}, match).MarshalBinary()
	if err != nil {
		fmt.Println(err)
		return
	}

	// At the client.
	matches, err := pccrd.DecodeProbeMatches(answer)
	if err != nil {
		return
	}
	fmt.Println(matches)
	fmt.Println(matches.RelatesTo == p.MessageID)
	// Output:
	// ProbeMatches, version 1.0 at 192.0.2.7:80: segment 74686520486F486F446B206F662061207365676D656E742C2033322062797465 with 512 blocks
	// true
}
