package spec

import "slices"

// The namespaces of MS-PCCRD 2.2.1.
const (
	namespaceSOAP       = "http://www.w3.org/2003/05/soap-envelope"
	namespaceAddressing = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
	namespaceDiscovery  = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
	namespacePeerDist   = "http://schemas.microsoft.com/p2p/2007/09/PeerDistributionDiscovery"
)

// DiscoveryElement is an element, or an attribute of one, of the messages of MS-PCCRD.
// They are XML, not structures of bytes, and so have a table of their own.
type DiscoveryElement struct {
	Name      string
	In        string // the element that it is in, or an attribute of; "" for the root
	Prefix    string // the customary one of its namespace: iPXE knows no other; "" for an attribute
	Namespace string // "" for an attribute
	Form      Form   // Structure, Text, Integer, or List of words with white space between them
	Repeated  bool   // there may be several in one element
	Section   string // "MS-PCCRD 2.2.3.3"
	Text      string // what it holds, one sentence
	Rules     []string
}

// DiscoveryElements returns the table of the elements, each behind what it is in.
func DiscoveryElements() []DiscoveryElement { return slices.Clone(discoveryElements) }

func soap(name, in, text string, form Form, rules ...string) DiscoveryElement {
	return DiscoveryElement{Name: name, In: in, Prefix: "soap", Namespace: namespaceSOAP, Form: form, Section: "MS-PCCRD 2.2.1", Text: text, Rules: rules}
}

func addressing(name, in, section, text string, form Form, rules ...string) DiscoveryElement {
	return DiscoveryElement{Name: name, In: in, Prefix: "wsa", Namespace: namespaceAddressing, Form: form, Section: "MS-PCCRD " + section, Text: text, Rules: rules}
}

func discovery(name, in, section, text string, form Form, rules ...string) DiscoveryElement {
	return DiscoveryElement{Name: name, In: in, Prefix: "wsd", Namespace: namespaceDiscovery, Form: form, Section: "MS-PCCRD " + section, Text: text, Rules: rules}
}

func peerDist(name, in, text string, form Form, rules ...string) DiscoveryElement {
	return DiscoveryElement{Name: name, In: in, Prefix: "PeerDist", Namespace: namespacePeerDist, Form: form, Section: "MS-PCCRD 2.2.3.9", Text: text, Rules: rules}
}

func attributeOf(name, in, section, text string, form Form, rules ...string) DiscoveryElement {
	return DiscoveryElement{Name: name, In: in, Form: form, Section: "MS-PCCRD " + section, Text: text, Rules: rules}
}

var discoveryElements = []DiscoveryElement{
	soap("Envelope", "", "The message.", Structure, "PCCRD-2.1-XML", "PCCRD-2.2.1-Envelope"),
	soap("Header", "Envelope", "What WS-Addressing and WS-Discovery have about any message.", Structure),
	addressing("To", "Header", "2.2.1", "Where the message goes to.", Text, "PCCRD-2.2.1-To"),
	addressing("Action", "Header", "2.2.1", "What the message is.", Text, "PCCRD-2.2.1-Action"),
	addressing("MessageID", "Header", "2.2.1", `Identifier of the message: "urn:uuid:" and a UUID.`, Text, "PCCRD-2.2.1-MessageID"),
	addressing("RelatesTo", "Header", "2.2.1", "In a ProbeMatches the MessageID of the Probe that it answers.", Text, "PCCRD-2.2.1-RelatesTo"),
	discovery("AppSequence", "Header", "2.2.3.6", "Order of the messages of one peer.", Structure, "PCCRD-2.2.3.6-AppSequence"),
	attributeOf("InstanceId", "AppSequence", "2.2.3.6", "Number that grows when the peer starts again.", Integer),
	attributeOf("MessageNumber", "AppSequence", "2.2.3.7", "Number that grows with each message.", Integer),
	soap("Body", "Envelope", "One Probe or one ProbeMatches.", Structure),

	discovery("Probe", "Body", "2.2.2.1", "A client asks which peers have segments.", Structure),
	discovery("Types", "Probe", "2.2.3.1", "Version of the protocol: PeerDistData is version 1.0, PeerDistDataV2 version 2.0, both with a prefix of the namespace of MS-PCCRD.", Text, "PCCRD-2.2.3.1-Types"),
	discovery("Scopes", "Probe", "2.2.3.3", "The segments that are asked for: HoHoDks in upper-case hexadecimal, or in version 2.0 base64 of SegmentHashSize (2 bytes), their count (1 byte) and HoHoDks of that size.", List,
		"PCCRD-2.2.3.3-Scopes", "PCCRD-2.2.3.3-ScopesV2", "PCCRD-2.2.3.3-HoHoDkLength"),
	attributeOf("MatchBy", "Scopes", "2.2.2.1", "Matching rule of the version.", Text, "PCCRD-2.2.2.1-MatchBy"),

	discovery("ProbeMatches", "Body", "2.2.2.2", "A peer has segments of a Probe.", Structure),
	{Name: "ProbeMatch", In: "ProbeMatches", Prefix: "wsd", Namespace: namespaceDiscovery, Form: Structure, Repeated: true, Section: "MS-PCCRD 2.2.2.2", Text: "What one peer has."},
	addressing("EndpointReference", "ProbeMatch", "2.2.3.4", "Which peer it is.", Structure),
	addressing("Address", "EndpointReference", "2.2.3.4", `"urn:uuid:" and a UUID of the peer.`, Text, "PCCRD-2.2.3.4-Address"),
	discovery("Types", "ProbeMatch", "2.2.3.1", "As in the Probe.", Text, "PCCRD-2.2.3.1-Types"),
	discovery("Scopes", "ProbeMatch", "2.2.3.3", "Those of the segments that the peer has, or in version 2.0 base64 of two bits for each segment of the Probe: 00 for none of its blocks, 10 for some, 11 for all.", List,
		"PCCRD-2.2.3.3-Scopes", "PCCRD-2.2.3.3-ScopesV2", "PCCRD-2.2.3.3-HoHoDkLength", "PCCRD-2.2.3.3-Availability"),
	discovery("XAddrs", "ProbeMatch", "2.2.3.8", "Where the peer serves MS-PCCRR: host:port, IPv6 addresses in brackets.", List, "PCCRD-2.2.3.8-XAddrs"),
	discovery("MetadataVersion", "ProbeMatch", "2.2.3.5", "1 in version 1.0, 2 in version 2.0; later versions of Windows write 2 in both.", Integer, "PCCRD-2.2.3.5-MetadataVersion"),
	peerDist("PeerDistData", "ProbeMatch", "What the peer has of the segments.", Structure),
	peerDist("BlockCount", "PeerDistData", "Version 1.0: number of blocks of each segment in Scopes, 8 hexadecimal digits each.", Text, "PCCRD-2.2.3.9-BlockCount"),
	peerDist("SegmentAges", "PeerDistData", "Version 2.0: base64 of an extensible blob (MS-PCCRR 2.2.6), perhaps none.", Text, "PCCRD-2.2.3.9-SegmentAges"),
}

// discoveryElement returns the row of an element in the one that a row describes, nil if
// there is none.
func discoveryElement(in, uri, local string) *DiscoveryElement {
	for i := range discoveryElements {
		if e := &discoveryElements[i]; e.In == in && e.Namespace == uri && e.Name == local && e.Prefix != "" {
			return e
		}
	}
	return nil
}
