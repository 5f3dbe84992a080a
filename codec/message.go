package codec

import (
	"encoding/binary"
	"slices"

	"github.com/hostedcache/pchc/pccrc"
)

// MessageType is the Type field of a MESSAGE_HEADER (MS-PCHC 2.2.1.1).
type MessageType uint16

// The types of request. TypeUnknown is not on the wire. It means bytes that are
// not a request, or a request that is not known.
const (
	TypeUnknown      MessageType = 0
	TypeInitialOffer MessageType = 0x0001 // INITIAL_OFFER_MESSAGE, version 1.0
	TypeSegmentInfo  MessageType = 0x0002 // SEGMENT_INFO_MESSAGE, version 1.0
	TypeBatchedOffer MessageType = 0x0003 // BATCHED_OFFER_MESSAGE, version 2.0
)

// requestTypes says what MS-PCHC 2.2.1.3 to 2.2.1.5 lay down for each type.
var requestTypes = [...]struct {
	name         string
	majorVersion uint8
	versionRule  Rule
	versionMust  string // the detail of a violation
	typeMust     string
}{
	TypeUnknown:      {name: "UNKNOWN"},
	TypeInitialOffer: {"INITIAL_OFFER_MESSAGE", 1, RuleInitialOfferVersion, "is INITIAL_OFFER_MESSAGE (%), not allowed in version 2.0", "is %, must be 1"},
	TypeSegmentInfo:  {"SEGMENT_INFO_MESSAGE", 1, RuleSegmentInfoVersion, "is SEGMENT_INFO_MESSAGE (%), not allowed in version 2.0", "is %, must be 2"},
	TypeBatchedOffer: {"BATCHED_OFFER_MESSAGE", 2, RuleBatchedOfferVersion, "is BATCHED_OFFER_MESSAGE (%), not allowed in version 1.0", "is %, must be 3"},
}

// String returns the specification's name of the message, and "UNKNOWN" for
// any other value.
func (t MessageType) String() string {
	if int(t) < len(requestTypes) {
		return requestTypes[t].name
	}
	return requestTypes[TypeUnknown].name
}

// Offsets in a request (MS-PCHC 2.2.1). All integers are big-endian.
//
//	0              1              2      4         8      10        16
//	| MinorVersion | MajorVersion | Type | Padding | Port | Padding | MessageBody
//	|------------- MESSAGE_HEADER -----------------|- CONNECTION_ --|
//	                                                  INFORMATION
const (
	offMinorVersion  = 0
	offMajorVersion  = 1
	offType          = 2
	offHeaderPadding = 4
	offPort          = 8
	offConnPadding   = 10
	offMessageBody   = 16
)

// MessageHeader is a MESSAGE_HEADER (MS-PCHC 2.2.1.1), 8 bytes.
type MessageHeader struct {
	MinorVersion uint8 // 0
	MajorVersion uint8 // 1, or 2 for a BATCHED_OFFER_MESSAGE
	Type         MessageType
	Padding      [4]byte // any value; ignored
}

// NewMessageHeader returns the header of a message of type t: its version, and
// a Padding of zeros.
func NewMessageHeader(t MessageType) MessageHeader {
	h := MessageHeader{Type: t}
	if int(t) < len(requestTypes) {
		h.MajorVersion = requestTypes[t].majorVersion
	}
	return h
}

// ConnectionInformation is a CONNECTION_INFORMATION (MS-PCHC 2.2.1.2), 8 bytes.
type ConnectionInformation struct {
	Port    uint16  // where the client listens for the retrieval protocol (MS-PCCRR)
	Padding [6]byte // any value; ignored
}

// RequestMessage is the envelope that all requests have (MS-PCHC 2.2.1). It
// decodes even where the body is malformed, so that a server can tell whether
// to drop a request or to answer and ignore it; see WindowsAnswersOK.
type RequestMessage struct {
	MessageHeader         MessageHeader
	ConnectionInformation ConnectionInformation
	// MessageBody is what follows. It aliases the decoded bytes.
	MessageBody []byte
}

// DecodeRequestMessage decodes the envelope of the request b, the body of an
// HTTP POST, and checks the format rules of MS-PCHC 2.2.1.1 and 2.2.1.2: that
// the version and type exist and go together. The result's MessageBody aliases
// b. DecodeInitialOffer, DecodeSegmentInfo and DecodeBatchedOffer decode the
// body, as MessageHeader.Type says, DecodeBody whichever it is. The error, if
// any, is an *Error.
func DecodeRequestMessage(b []byte) (RequestMessage, error) {
	if len(b) < offMessageBody || Sniff(b) == TypeUnknown {
		return RequestMessage{}, failed(envelopeViolation(b))
	}
	return RequestMessage{headerOf(b), connectionOf(b), b[offMessageBody:len(b):len(b)]}, nil
}

// headerOf and connectionOf read the envelope of b, which is there.
func headerOf(b []byte) MessageHeader {
	return MessageHeader{b[offMinorVersion], b[offMajorVersion], typeOf(b), [4]byte(b[offHeaderPadding:])}
}

func connectionOf(b []byte) ConnectionInformation {
	return ConnectionInformation{binary.BigEndian.Uint16(b[offPort:]), [6]byte(b[offConnPadding:])}
}

// Sniff returns the type of the request that b begins with, judged by its first
// four bytes: versions and type that exist and go together. It returns
// TypeUnknown for anything else, and where there are fewer bytes.
func Sniff(b []byte) MessageType {
	if len(b) < offHeaderPadding {
		return TypeUnknown
	}
	// One comparison for all of MinorVersion, MajorVersion and Type.
	switch binary.BigEndian.Uint32(b) {
	case 0x00010001, 0x00010002, 0x00020003:
		return typeOf(b)
	}
	return TypeUnknown
}

// Clone returns a copy of r that shares no bytes with it, or with what r was
// decoded from.
func (r RequestMessage) Clone() RequestMessage {
	r.MessageBody = slices.Clone(r.MessageBody)
	return r
}

// UnmarshalBinary decodes the envelope of a copy of b into r, see
// [DecodeRequestMessage].
func (r *RequestMessage) UnmarshalBinary(b []byte) error {
	decoded, err := DecodeRequestMessage(slices.Clone(b))
	if err == nil {
		*r = decoded
	}
	return err
}

// headerViolation returns the first violation of MESSAGE_HEADER's rules in as
// many whole fields as b has.
func headerViolation(b []byte) (violation Error, violated bool) {
	if len(b) > offMinorVersion && b[offMinorVersion] != 0 {
		return envelopeError(RuleMinorVersion, b, "MessageHeader.MinorVersion", offMinorVersion, uint64(b[offMinorVersion]), "is %, must be 0"), true
	}
	if len(b) > offMajorVersion && b[offMajorVersion] != 1 && b[offMajorVersion] != 2 {
		return envelopeError(RuleMajorVersion, b, "MessageHeader.MajorVersion", offMajorVersion, uint64(b[offMajorVersion]), "is %, must be 1 or 2"), true
	}
	if len(b) < offHeaderPadding {
		return Error{}, false
	}
	t := typeOf(b)
	if t == TypeUnknown || int(t) >= len(requestTypes) {
		return envelopeError(RuleType, b, "MessageHeader.Type", offType, uint64(t), "is %, must be 1, 2 or 3"), true
	}
	if r := &requestTypes[t]; b[offMajorVersion] != r.majorVersion {
		return envelopeError(r.versionRule, b, "MessageHeader.Type", offType, uint64(t), r.versionMust), true
	}
	return Error{}, false
}

// envelopeViolation returns the first violation in an envelope that has one.
func envelopeViolation(b []byte) Error {
	if e, violated := headerViolation(b); violated {
		return e
	}
	// The end of each field, and so the start of the next.
	fields := [...]struct {
		name string
		end  int
		rule Rule
	}{
		{"MessageHeader.MinorVersion", offMajorVersion, RuleHeaderTruncated},
		{"MessageHeader.MajorVersion", offType, RuleHeaderTruncated},
		{"MessageHeader.Type", offHeaderPadding, RuleHeaderTruncated},
		{"MessageHeader.Padding", offPort, RuleHeaderTruncated},
		{"ConnectionInformation.Port", offConnPadding, RuleConnectionTruncated},
		{"ConnectionInformation.Padding", offMessageBody, RuleConnectionTruncated},
	}
	start, i := 0, 0
	for len(b) >= fields[i].end {
		start = fields[i].end
		i++
	}
	return envelopeError(fields[i].rule, b, fields[i].name, start, uint64(len(b)-start), truncated(len(b)-start, fields[i].end-start))
}

func envelopeError(rule Rule, b []byte, field string, offset int, value uint64, detail string) Error {
	t := TypeUnknown
	if len(b) >= offHeaderPadding {
		t = typeOf(b)
	}
	return pccrc.NewError(pccrc.ErrorFields{Rule: rule, Message: t.String(), Field: field, Offset: offset, Value: value, Detail: detail})
}

func typeOf(b []byte) MessageType { return MessageType(binary.BigEndian.Uint16(b[offType:])) }

func wrongType(got, want MessageType) Error {
	return pccrc.NewError(pccrc.ErrorFields{Rule: RuleType, Message: want.String(), Field: "MessageHeader.Type", Offset: offType,
		Value: uint64(got), Detail: requestTypes[want].typeMust})
}

// check holds the header of a message of type t, which is to be encoded,
// against the format rules.
func (h *MessageHeader) check(t MessageType) error {
	if h.MinorVersion == 0 && h.Type == t && h.MajorVersion == requestTypes[t].majorVersion {
		return nil
	}
	var b [offHeaderPadding]byte
	h.put(b[:])
	e, violated := headerViolation(b[:])
	if !violated {
		e = wrongType(h.Type, t)
	}
	e.Message = t.String() // not what its header says
	return failed(e)
}

// put writes the header's first four bytes.
func (h *MessageHeader) put(b []byte) {
	b[offMinorVersion], b[offMajorVersion] = h.MinorVersion, h.MajorVersion
	binary.BigEndian.PutUint16(b[offType:], uint16(h.Type))
}

// putEnvelope writes the first 16 bytes of a request.
func putEnvelope(b []byte, h *MessageHeader, c *ConnectionInformation) {
	e := (*[offMessageBody]byte)(b)
	h.put(e[:])
	*(*[4]byte)(e[offHeaderPadding:]) = h.Padding
	binary.BigEndian.PutUint16(e[offPort:], c.Port)
	*(*[6]byte)(e[offConnPadding:]) = c.Padding
}

// checkSenderRules holds c, of a message of type t, against the sender rules.
func (c *ConnectionInformation) checkSenderRules(t MessageType) error {
	if c.Port == 0 {
		return failed(pccrc.NewError(pccrc.ErrorFields{Rule: RulePort, Sender: true, Message: t.String(),
			Field: "ConnectionInformation.Port", Offset: offPort, Detail: "is 0, must be 1 to 65535"}))
	}
	return nil
}
