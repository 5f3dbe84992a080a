package codec

import (
	"encoding/binary"
	"slices"
)

// ResponseCode is the answer of a hosted cache (MS-PCHC 2.2.2.2).
type ResponseCode uint8

const (
	ResponseOK         ResponseCode = 0 // the server has what it needs to retrieve content from the client
	ResponseInterested ResponseCode = 1 // INTERESTED: the server needs the block hashes of the segment first
)

// String returns the specification's name of the code.
func (c ResponseCode) String() string {
	switch c {
	case ResponseOK:
		return "OK"
	case ResponseInterested:
		return "INTERESTED"
	}
	return "unknown"
}

// ResponseMessageLen is the length in bytes of every valid response.
const ResponseMessageLen = 5

const (
	offSize         = 0
	offResponseCode = 4

	responseSize    = ResponseMessageLen - offResponseCode
	responseMessage = "RESPONSE_MESSAGE"
)

// DecodeResponseMessage decodes b, the body of an HTTP answer (MS-PCHC 2.2.2):
// a big-endian Size of 1, then the response code. request is the type of the
// request that it answers, since only an INITIAL_OFFER_MESSAGE may be answered
// with INTERESTED; with UnknownType either code will do. The error, if any, is
// an *Error of the first format rule that b violates.
func DecodeResponseMessage(b []byte, request MessageType) (ResponseCode, error) {
	if len(b) < offResponseCode {
		return 0, responseError(RuleTransportTruncated, "TransportHeader.Size", offSize, uint64(len(b)), "is cut short after % bytes")
	}
	if n := binary.BigEndian.Uint32(b); n != responseSize {
		return 0, responseError(RuleSize, "TransportHeader.Size", offSize, uint64(n), "is %, must be 1")
	}
	if len(b) == offResponseCode {
		return 0, responseError(RuleResponseCodeTruncated, "ResponseCode", offResponseCode, 0, "is absent")
	}
	code := ResponseCode(b[offResponseCode])
	if err := code.check(request); err != nil {
		return 0, err
	}
	if len(b) > ResponseMessageLen {
		return 0, responseError(RuleTrailing, "Trailing", ResponseMessageLen, uint64(len(b)-ResponseMessageLen), "has % bytes, must be absent")
	}
	return code, nil
}

func (c ResponseCode) check(request MessageType) error {
	if c > ResponseInterested {
		return responseError(RuleResponseCode, "ResponseCode", offResponseCode, uint64(c), "is %, must be 0 or 1")
	}
	if c == ResponseInterested && request != TypeInitialOffer && request != TypeUnknown {
		return responseError(RuleInterested, "ResponseCode", offResponseCode, uint64(c), "is %, must be 0 in answer to anything but INITIAL_OFFER_MESSAGE")
	}
	return nil
}

// AppendResponseMessage appends the response code with its transport header to
// dst: 5 bytes. request is the type of the request that it answers, or
// UnknownType. It refuses a code that violates a format rule, with an *Error,
// and then returns dst as it was.
func AppendResponseMessage(dst []byte, code ResponseCode, request MessageType) ([]byte, error) {
	if err := code.check(request); err != nil {
		return dst, err
	}
	dst = slices.Grow(dst, ResponseMessageLen)
	dst = binary.BigEndian.AppendUint32(dst, responseSize)
	return append(dst, byte(code)), nil
}

func responseError(rule Rule, field string, offset int, value uint64, detail string) error {
	return &Error{Rule: rule, Message: responseMessage, Field: field, Offset: offset, Value: value, Detail: detail}
}
