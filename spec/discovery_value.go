package spec

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// DiscoveryMessage is what a Probe or a ProbeMatches says, decoded from its text. Strings
// of HoHoDks are bytes.
type DiscoveryMessage struct {
	MessageID, RelatesTo string
	Probe                *DiscoveryPart  // nil in a ProbeMatches
	Matches              []DiscoveryPart // of a ProbeMatches
}

// DiscoveryPart is a Probe or a ProbeMatch.
type DiscoveryPart struct {
	Version uint8    // 1 or 2
	HoHoDks []string // of a Probe, and of a ProbeMatch of version 1.0

	// Of a ProbeMatch.
	Address      string
	XAddrs       []string     // host:port
	BlockCounts  []uint32     // version 1.0: of the HoHoDks
	Availability []uint8      // version 2.0: 0 none, 2 some, 3 all; of the segments of the Probe, and up to three more that are none
	Ages         []SegmentAge // version 2.0; SegmentIndex counts the segments of the Probe
}

// DecodeDiscovery returns what b, a message of MS-PCCRD, says, and false if it violates a
// format rule.
func DecodeDiscovery(b []byte) (*DiscoveryMessage, bool) { return Dissect(Discovery, b).Discovery() }

// Discovery returns what the message says, and false if it is none of [Discovery] or
// violates a format rule.
func (d *Dissection) Discovery() (*DiscoveryMessage, bool) {
	header, body := d.Root.Child("Header"), d.Root.Child("Body")
	if d.Message != "Probe" && d.Message != "ProbeMatches" || !d.Valid() {
		return nil, false
	}
	m := &DiscoveryMessage{MessageID: header.text("MessageID"), RelatesTo: header.text("RelatesTo")}
	if d.Message == "Probe" {
		probe := body.Child("Probe").part()
		scopes := body.Child("Probe").Child("Scopes")
		if probe.Version == 2 {
			b := scopes.base64()
			for at := 3; at < len(b); at += int(big(b[:2])) {
				probe.HoHoDks = append(probe.HoHoDks, string(b[at:at+int(big(b[:2]))]))
			}
		}
		m.Probe = &probe
		return m, true
	}
	for _, n := range body.Child("ProbeMatches").Child("ProbeMatch").elements() {
		match := n.part()
		match.Address = n.Child("EndpointReference").text("Address")
		for _, x := range n.Child("XAddrs").elements() {
			match.XAddrs = append(match.XAddrs, x.Meaning)
		}
		data := n.Child("PeerDistData")
		if match.Version == 1 {
			counts, _ := hex.DecodeString(data.text("BlockCount"))
			for at := 0; at < len(counts); at += 4 {
				match.BlockCounts = append(match.BlockCounts, uint32(big(counts[at:at+4])))
			}
		} else {
			b := n.Child("Scopes").base64()
			for i := range 4 * len(b) {
				match.Availability = append(match.Availability, availability(b, i))
			}
			match.Ages, _ = SegmentAges(data.Child("SegmentAges").base64())
		}
		m.Matches = append(m.Matches, match)
	}
	return m, true
}

// part returns what a Probe and a ProbeMatch of version 1.0 have in the same way.
func (n *Node) part() DiscoveryPart {
	if strings.HasSuffix(n.text("Types"), "V2") {
		return DiscoveryPart{Version: 2}
	}
	p := DiscoveryPart{Version: 1}
	for _, scope := range n.Child("Scopes").elements() {
		id, _ := hex.DecodeString(scope.Meaning)
		p.HoHoDks = append(p.HoHoDks, string(id))
	}
	return p
}

// text returns the text of a child, "" if there is none.
func (n *Node) text(name string) string {
	if c := n.Child(name); c != nil {
		return c.Meaning
	}
	return ""
}

// base64 returns what n, which may be nil, holds in base64 that was found to be right.
func (n *Node) base64() []byte {
	if n == nil {
		return nil
	}
	digits := n.Meaning
	for _, c := range n.Children {
		digits += c.Meaning
	}
	b, _ := base64.StdEncoding.DecodeString(strings.Join(strings.FieldsFunc(digits, func(r rune) bool { return r < 256 && isXMLSpace(byte(r)) }), ""))
	return b
}
