package pccrd

import (
	"encoding"
	"slices"
)

// The transport (MS-PCCRD 2.1): SOAP over UDP. A Probe goes to a multicast group,
// the answer to the address and port that the Probe came from.
const (
	Port          = 3702
	MulticastIPv4 = "239.255.255.250"
	MulticastIPv6 = "FF02::C"
)

// The namespaces (MS-PCCRD 2.2.1).
const (
	NamespaceSOAP       = "http://www.w3.org/2003/05/soap-envelope"
	NamespaceAddressing = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
	NamespaceDiscovery  = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
	NamespacePeerDist   = "http://schemas.microsoft.com/p2p/2007/09/PeerDistributionDiscovery"
)

// What WS-Discovery lays down for To and Action.
const (
	ToProbe            = "urn:schemas-xmlsoap-org:ws:2005:04:discovery"
	ToProbeMatches     = "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"
	ActionProbe        = NamespaceDiscovery + "/Probe"
	ActionProbeMatches = NamespaceDiscovery + "/ProbeMatches"
)

// The matching rules of a Probe, MatchBy (MS-PCCRD 2.2.2.1).
const (
	MatchByV1 = NamespaceDiscovery + "/strcmp0"
	MatchByV2 = "http://schemas.microsoft.com/p2p/2010/05/PeerDistV2MatchingRule"
)

// Version is the version of the protocol that a message has by its Types: that of
// the Content Information that it is about (MS-PCCRD 2.2.2). iPXE uses version 1.0
// for both.
type Version uint8

// The versions.
const (
	Version1 Version = 1 // PeerDistData
	Version2 Version = 2 // PeerDistDataV2
)

// typeName returns the type that a version has in Types, "" if there is none.
func (v Version) typeName() string {
	switch v {
	case Version1:
		return "PeerDistData"
	case Version2:
		return "PeerDistDataV2"
	}
	return ""
}

func (v Version) matchBy() string {
	if v == Version2 {
		return MatchByV2
	}
	return MatchByV1
}

// Header is what this protocol needs of a SOAP header. Elements that are not there
// are empty.
type Header struct {
	To        string
	Action    string
	MessageID string // "urn:uuid:" and a UUID
	RelatesTo string // in an answer the MessageID of the Probe
	// AppSequence orders the answers of one peer; nil if it is not there, or its
	// InstanceId or MessageNumber is no number.
	AppSequence *AppSequence `json:",omitempty"`
}

// AppSequence has the attributes of the wsd:AppSequence of an answer (MS-PCCRD
// 2.2.3.6, 2.2.3.7).
type AppSequence struct {
	InstanceId    uint32 // grows when the peer restarts
	MessageNumber uint32 // grows with each message
}

// Probe is a Probe message (MS-PCCRD 2.2.2.1): a client asks which peers have
// segments.
type Probe struct {
	Header
	Version Version
	MatchBy string   // the matching rule
	HoHoDk  []HoHoDk // of the segments; in version 2.0 all of the same length
}

// ProbeMatches is a ProbeMatches message (MS-PCCRD 2.2.2.2): a peer has segments
// of a Probe.
type ProbeMatches struct {
	Header
	ProbeMatch []ProbeMatch // one, from any sender that is known
}

// ProbeMatch is one answer in a ProbeMatches.
type ProbeMatch struct {
	Address string // of the EndpointReference: which peer it is
	Version Version
	// HoHoDk is, in version 1.0, which of the segments the peer has, and BlockCount
	// how many blocks of each, in the same order.
	HoHoDk     []HoHoDk `json:",omitempty"`
	BlockCount []uint32 `json:",omitempty"`
	// Availability is, in version 2.0, how much of each segment of the Probe the peer
	// has, in the order of the Probe. The message does not say how many there are:
	// up to three of the last are none.
	Availability []Availability `json:",omitempty"`
	// SegmentAges is, in version 2.0, an extensible blob, see
	// DecodeExtensibleBlob of package pccrr; nil for none. SegmentIndex counts from 0
	// in the list of the Probe.
	SegmentAges     Bytes    `json:",omitempty"`
	XAddrs          []string // where MS-PCCRR is served: host:port
	MetadataVersion uint32   // 1 or 2, as Version; 0 if it is not there, or no number
}

// Availability says how much of a segment a peer has.
type Availability uint8

// The values. 1 contradicts itself.
const (
	AvailableNone Availability = 0
	AvailableSome Availability = 2
	AvailableAll  Availability = 3
)

// HoHoDk is the identifier of a segment: 32, 48 or 64 bytes.
type HoHoDk = Bytes

// Bytes are bytes that print in hexadecimal.
type Bytes []byte

// Message is a Probe or a ProbeMatches, always a value.
type Message interface {
	encoding.BinaryAppender
	encoding.BinaryMarshaler
	// EncodedLen returns the exact length in bytes of what AppendBinary appends.
	EncodedLen() int
	// AppendLenient is AppendBinary without the sender rules.
	AppendLenient(dst []byte) ([]byte, error)
	// CheckSenderRules returns an *Error for the first sender rule that is
	// violated, and nil where none is.
	CheckSenderRules() error
}

var (
	_ Message = Probe{}
	_ Message = ProbeMatches{}

	_ encoding.BinaryUnmarshaler = (*Probe)(nil)
	_ encoding.BinaryUnmarshaler = (*ProbeMatches)(nil)
)

// NewProbe returns a Probe that asks for segments. It aliases hohodk. messageID is
// "urn:uuid:" and a new UUID.
func NewProbe(messageID string, v Version, hohodk ...HoHoDk) Probe {
	return Probe{Header{To: ToProbe, Action: ActionProbe, MessageID: messageID}, v, v.matchBy(), hohodk}
}

// NewProbeMatches returns an answer to the Probe whose MessageID is relatesTo. It
// aliases matches. messageID is "urn:uuid:" and a new UUID.
func NewProbeMatches(messageID, relatesTo string, sequence AppSequence, matches ...ProbeMatch) ProbeMatches {
	return ProbeMatches{Header{ToProbeMatches, ActionProbeMatches, messageID, relatesTo, &sequence}, matches}
}

// NewProbeMatchV1 returns a ProbeMatch of version 1.0, without segments. Add puts
// them in. address is "urn:uuid:" and a UUID, xaddrs are host:port.
func NewProbeMatchV1(address string, xaddrs ...string) ProbeMatch {
	return ProbeMatch{Address: address, Version: Version1, XAddrs: xaddrs, MetadataVersion: 1}
}

// Add adds a segment to a ProbeMatch of version 1.0. It aliases hohodk.
func (m *ProbeMatch) Add(hohodk HoHoDk, blockCount uint32) {
	m.HoHoDk, m.BlockCount = append(m.HoHoDk, hohodk), append(m.BlockCount, blockCount)
}

// NewProbeMatchV2 returns a ProbeMatch of version 2.0 that says how much of each
// segment of the Probe there is. address is "urn:uuid:" and a UUID, xaddrs are
// host:port.
func NewProbeMatchV2(address string, available []Availability, xaddrs ...string) ProbeMatch {
	// To a multiple of four, as decoders see it.
	all := append(slices.Clone(available), make([]Availability, -len(available)&3)...)
	return ProbeMatch{Address: address, Version: Version2, Availability: all, XAddrs: xaddrs, MetadataVersion: 2}
}
