package pccrr

import (
	"encoding/binary"
	"slices"
	"strconv"

	"github.com/hostedcache/pchc/pccrc"
)

// MsgType is the MsgType field of a MESSAGE_HEADER (MS-PCCRR 2.2.3).
type MsgType uint32

// The types of message.
const (
	TypeNegoReq    MsgType = 0 // MSG_NEGO_REQ, a request
	TypeNegoResp   MsgType = 1 // MSG_NEGO_RESP, an answer
	TypeGetBlkList MsgType = 2 // MSG_GETBLKLIST, a request
	TypeGetBlks    MsgType = 3 // MSG_GETBLKS, a request
	TypeBlkList    MsgType = 4 // MSG_BLKLIST, an answer
	TypeBlk        MsgType = 5 // MSG_BLK, an answer
	TypeGetSegList MsgType = 6 // MSG_GETSEGLIST, a request
	TypeSegList    MsgType = 7 // MSG_SEGLIST, an answer
)

// msgTypes says what MS-PCCRR 2.2.3 lays down for each type.
var msgTypes = [...]struct {
	name     string
	version  Version
	answers  MsgType // the request that it answers; itself for a request
	typeMust string  // the detail of a violation
}{
	TypeNegoReq:    {"MSG_NEGO_REQ", Version1, TypeNegoReq, "is %, must be 0"},
	TypeNegoResp:   {"MSG_NEGO_RESP", Version1, TypeNegoReq, "is %, must be 1"},
	TypeGetBlkList: {"MSG_GETBLKLIST", Version1, TypeGetBlkList, "is %, must be 2"},
	TypeGetBlks:    {"MSG_GETBLKS", Version1, TypeGetBlks, "is %, must be 3"},
	TypeBlkList:    {"MSG_BLKLIST", Version1, TypeGetBlkList, "is %, must be 4"},
	TypeBlk:        {"MSG_BLK", Version1, TypeGetBlks, "is %, must be 5"},
	TypeGetSegList: {"MSG_GETSEGLIST", Version2, TypeGetSegList, "is %, must be 6"},
	TypeSegList:    {"MSG_SEGLIST", Version2, TypeGetSegList, "is %, must be 7"},
}

func (t MsgType) known() bool { return uint64(t) < uint64(len(msgTypes)) }

// String returns the specification's name of the message, and "UNKNOWN" for any
// other value.
func (t MsgType) String() string {
	if !t.known() {
		return "UNKNOWN"
	}
	return msgTypes[t].name
}

// IsRequest reports whether t is the type of a request.
func (t MsgType) IsRequest() bool { return t.known() && msgTypes[t].answers == t }

// IsResponse reports whether t is the type of an answer.
func (t MsgType) IsResponse() bool { return t.known() && msgTypes[t].answers != t }

// Answers reports whether a message of type t may answer a request of that
// type: the one that belongs to it, or MSG_NEGO_RESP where the server does not
// have the request's version (MS-PCCRR 3.2.5).
func (t MsgType) Answers(request MsgType) bool {
	return t.IsResponse() && request.IsRequest() && (t == TypeNegoResp || msgTypes[t].answers == request)
}

// CryptoAlgoId is the CryptoAlgoId field of a MESSAGE_HEADER (MS-PCCRR 2.2.3):
// in a request which encryption the client prefers, in MSG_BLK how Block is
// encrypted. In other answers it says nothing.
type CryptoAlgoId uint32

// The algorithms, all of them AES in CBC mode.
const (
	CryptoNone   CryptoAlgoId = 0 // no encryption
	CryptoAES128 CryptoAlgoId = 1 // AES with a key of 16 bytes
	CryptoAES192 CryptoAlgoId = 2 // AES with a key of 24 bytes
	CryptoAES256 CryptoAlgoId = 3 // AES with a key of 32 bytes
)

// KeyLen returns the length of the algorithm's key in bytes; 0 for CryptoNone
// and unknown values.
func (a CryptoAlgoId) KeyLen() int {
	if a == CryptoNone || a > CryptoAES256 {
		return 0
	}
	return 8 + 8*int(a)
}

// String returns the algorithm's usual name.
func (a CryptoAlgoId) String() string {
	switch a {
	case CryptoNone:
		return "none"
	case CryptoAES128:
		return "AES-128"
	case CryptoAES192:
		return "AES-192"
	case CryptoAES256:
		return "AES-256"
	}
	return "unknown"
}

// Offsets in a MESSAGE_HEADER (MS-PCCRR 2.2.3), and its length. All integers
// are big-endian.
//
//	0         4         8         12             16
//	| ProtVer | MsgType | MsgSize | CryptoAlgoId | MESSAGE_BODY
const (
	offMsgType      = 4
	offMsgSize      = 8
	offCryptoAlgoId = 12
	headerLen       = 16

	transportLen = 4 // TRANSPORT_RESPONSE_HEADER, in front of answers
)

// MessageHeader is a MESSAGE_HEADER (MS-PCCRR 2.2.3), 16 bytes.
type MessageHeader struct {
	ProtVer      Version // that of the type, not of the sender
	MsgType      MsgType
	MsgSize      uint32 // length of the message with this header, in bytes
	CryptoAlgoId CryptoAlgoId
}

// RequestMessage is what all requests have in common (MS-PCCRR 2.2.1).
type RequestMessage struct {
	MessageHeader MessageHeader
	// MessageBody is what follows. It aliases the decoded bytes.
	MessageBody []byte
}

// ResponseMessage is what all answers have in common (MS-PCCRR 2.2.2).
type ResponseMessage struct {
	Size          uint32 // of TRANSPORT_RESPONSE_HEADER: the number of bytes behind it
	MessageHeader MessageHeader
	// MessageBody is what follows. It aliases the decoded bytes.
	MessageBody []byte
}

// DecodeRequestMessage decodes the header of b, the body of an HTTP POST, and
// checks its format rules. The methods of the result decode the body. The
// error, if any, is an *Error.
//
// The result is complete in spite of an error if that is about MsgSize or
// CryptoAlgoId, and MessageBody is then what is there. There are programs that
// accept such messages.
func DecodeRequestMessage(b []byte) (RequestMessage, error) {
	h, body := readHeader(b)
	e, violated := envelopeViolation(b, false)
	if !violated {
		return RequestMessage{h, body}, nil
	}
	if body == nil || !h.MsgType.IsRequest() {
		return RequestMessage{}, failed(e)
	}
	return RequestMessage{h, body}, failed(e)
}

// DecodeResponseMessage decodes the headers of b, the body of an HTTP answer,
// and checks their format rules. The methods of the result decode the body. The
// error, if any, is an *Error.
//
// The result is complete in spite of an error if that is about Size, MsgSize or
// CryptoAlgoId, and MessageBody is then what is there. There are programs that
// accept such messages.
func DecodeResponseMessage(b []byte) (ResponseMessage, error) {
	e, violated := envelopeViolation(b, true)
	if len(b) < transportLen {
		return ResponseMessage{}, failed(e)
	}
	h, body := readHeader(b[transportLen:])
	r := ResponseMessage{binary.BigEndian.Uint32(b), h, body}
	if !violated {
		return r, nil
	}
	if body == nil || !h.MsgType.IsResponse() {
		r = ResponseMessage{}
	}
	return r, failed(e)
}

// readHeader reads a MESSAGE_HEADER. The body is nil if b is too short.
func readHeader(b []byte) (h MessageHeader, body []byte) {
	if len(b) < headerLen {
		return h, nil
	}
	return MessageHeader{versionOf(b), MsgType(binary.BigEndian.Uint32(b[offMsgType:])), binary.BigEndian.Uint32(b[offMsgSize:]),
		CryptoAlgoId(binary.BigEndian.Uint32(b[offCryptoAlgoId:]))}, b[headerLen:len(b):len(b)]
}

// envelopeViolation returns the first violation in the headers of b, if there
// is one.
func envelopeViolation(b []byte, response bool) (violation Error, violated bool) {
	c := cursor{b: b, judge: judge{typ: typeUnknown}}
	limit := uint64(MaxRequestSize)
	if response {
		limit = MaxResponseSize
		at := c.at
		n := uint64(c.uint32(RuleTransportTruncated, "TRANSPORT_RESPONSE_HEADER.Size"))
		c.typ = typeIn(c.b, response)
		if n != uint64(len(c.b)) {
			c.fail(RuleSize, "TRANSPORT_RESPONSE_HEADER.Size", 0, at, n, "is %, must be the number of bytes that follow")
		} else if n > limit {
			c.fail(RuleSize, "TRANSPORT_RESPONSE_HEADER.Size", 0, at, n, "is %, must be at most 393216")
		}
	}
	start, size := c.at, uint64(len(c.b))
	c.typ = typeIn(c.b, response)
	c.uint32(RuleHeaderTruncated, "MESSAGE_HEADER.ProtVer")
	t := MsgType(c.uint32(RuleHeaderTruncated, "MESSAGE_HEADER.MsgType"))
	switch {
	case !t.known():
		c.fail(RuleMsgType, "MESSAGE_HEADER.MsgType", 0, start+offMsgType, uint64(t), "is %, must be 0 to 7")
	case t.IsRequest() && response:
		c.fail(RuleDirection, "MESSAGE_HEADER.MsgType", 0, start+offMsgType, uint64(t), "is %, a request, must be 1, 4, 5 or 7")
	case t.IsResponse() && !response:
		c.fail(RuleDirection, "MESSAGE_HEADER.MsgType", 0, start+offMsgType, uint64(t), "is %, an answer, must be 0, 2, 3 or 6")
	}
	n := uint64(c.uint32(RuleHeaderTruncated, "MESSAGE_HEADER.MsgSize"))
	if n != size {
		c.fail(RuleMsgSize, "MESSAGE_HEADER.MsgSize", 0, start+offMsgSize, n, "is %, must be the length of the message")
	} else if n > limit {
		c.fail(RuleMsgSizeLimit, "MESSAGE_HEADER.MsgSize", 0, start+offMsgSize, n, "is %, must be at most 98304")
	}
	if a := CryptoAlgoId(c.uint32(RuleHeaderTruncated, "MESSAGE_HEADER.CryptoAlgoId")); a > CryptoAES256 {
		c.fail(RuleCryptoAlgoId, "MESSAGE_HEADER.CryptoAlgoId", 0, start+offCryptoAlgoId, uint64(a), unknownCrypto)
	}
	return c.violation, c.violated
}

// typeUnknown is the type of a message that has none.
const typeUnknown = ^MsgType(0)

// typeIn returns the type that the MESSAGE_HEADER at the beginning of b has, if it
// is one of its direction.
func typeIn(b []byte, response bool) MsgType {
	if len(b) < offMsgSize {
		return typeUnknown
	}
	if t := MsgType(binary.BigEndian.Uint32(b[offMsgType:])); t.known() && t.IsResponse() == response {
		return t
	}
	return typeUnknown
}

const unknownCrypto = "is %, must be 0 to 3"

// Clone returns a copy of r that shares no bytes with it, or with what r was
// decoded from.
func (r RequestMessage) Clone() RequestMessage {
	r.MessageBody = slices.Clone(r.MessageBody)
	return r
}

// Clone returns a copy of r that shares no bytes with it, or with what r was
// decoded from.
func (r ResponseMessage) Clone() ResponseMessage {
	r.MessageBody = slices.Clone(r.MessageBody)
	return r
}

// UnmarshalBinary decodes the header of a copy of b into r, see
// [DecodeRequestMessage].
func (r *RequestMessage) UnmarshalBinary(b []byte) error {
	return unmarshal(r, b, DecodeRequestMessage)
}

// UnmarshalBinary decodes the headers of a copy of b into r, see
// [DecodeResponseMessage].
func (r *ResponseMessage) UnmarshalBinary(b []byte) error {
	return unmarshal(r, b, DecodeResponseMessage)
}

// unmarshal decodes a copy of b into m, which stays as it is if that fails.
func unmarshal[M any](m *M, b []byte, decode func([]byte) (M, error)) error {
	decoded, err := decode(slices.Clone(b))
	if err == nil {
		*m = decoded
	}
	return err
}

// Version is a protocol version: 4 bytes, of which the minor number comes
// first.
type Version struct {
	MinorVersion, MajorVersion uint16
}

// The versions that there are.
var (
	Version1 = Version{0, 1} // all messages but two
	Version2 = Version{0, 2} // MSG_GETSEGLIST and MSG_SEGLIST
)

func versionOf(b []byte) Version {
	return Version{binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])}
}

func (v Version) append(b []byte) []byte {
	return binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, v.MinorVersion), v.MajorVersion)
}

// String returns the version as major.minor, such as "1.0".
func (v Version) String() string {
	b := strconv.AppendUint(nil, uint64(v.MajorVersion), 10)
	return string(strconv.AppendUint(append(b, '.'), uint64(v.MinorVersion), 10))
}

// VersionRange is the range of versions that one side speaks, as MSG_NEGO_REQ
// and MSG_NEGO_RESP have it.
type VersionRange struct {
	MinSupportedProtocolVersion Version
	MaxSupportedProtocolVersion Version
}

// Supports reports whether r has the major version of v: minor versions are
// compatible (MS-PCCRR 3.1.5.1). A server answers a request of another major
// version with MSG_NEGO_RESP.
func (r VersionRange) Supports(v Version) bool {
	return r.MinSupportedProtocolVersion.MajorVersion <= v.MajorVersion && v.MajorVersion <= r.MaxSupportedProtocolVersion.MajorVersion
}

// Common returns the version that a side with range r uses with a peer that has
// the range peer: the highest major version of both, with r's own minor version
// (MS-PCCRR 3.1.5.1). ok is false if they have none in common.
func (r VersionRange) Common(peer VersionRange) (v Version, ok bool) {
	v = r.MaxSupportedProtocolVersion
	if m := peer.MaxSupportedProtocolVersion.MajorVersion; m < v.MajorVersion {
		v = Version{MajorVersion: m}
		if r.MinSupportedProtocolVersion.MajorVersion == m {
			v = r.MinSupportedProtocolVersion
		}
	}
	return v, r.Supports(v) && peer.Supports(v)
}

// newError returns a violation in a message of type t.
func newError(t MsgType, rule Rule, field string, offset int, value uint64, detail string) Error {
	return pccrc.NewError(pccrc.ErrorFields{Rule: rule, Message: t.String(), Field: field, Offset: offset, Value: value, Detail: detail})
}
