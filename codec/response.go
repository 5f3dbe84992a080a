package codec

import (
	"encoding/binary"
	"slices"

	"github.com/hostedcache/pchc/pccrc"
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
// with INTERESTED; with TypeUnknown either code will do. The error, if any, is
// an *Error for the first format rule that b violates.
func DecodeResponseMessage(b []byte, request MessageType) (ResponseCode, error) {
	if e, violated := responseViolation(b, request); violated {
		return 0, failed(e)
	}
	return ResponseCode(b[offResponseCode]), nil
}

// responseViolation returns the first violation in a response, if there is one.
func responseViolation(b []byte, request MessageType) (violation Error, violated bool) {
	if len(b) == ResponseMessageLen && binary.BigEndian.Uint32(b) == responseSize && ResponseCode(b[offResponseCode]).allowed(request) {
		return Error{}, false
	}
	if len(b) < offResponseCode {
		return responseError(RuleTransportTruncated, "TransportHeader.Size", offSize, uint64(len(b)), truncated(len(b), 4)), true
	}
	if n := binary.BigEndian.Uint32(b); n != responseSize {
		return responseError(RuleSize, "TransportHeader.Size", offSize, uint64(n), "is %, must be 1"), true
	}
	if len(b) == offResponseCode {
		return responseError(RuleResponseCodeTruncated, "ResponseCode", offResponseCode, 0, "missing"), true
	}
	if code := ResponseCode(b[offResponseCode]); !code.allowed(request) {
		return code.violation(), true
	}
	trailing := len(b) - ResponseMessageLen
	detail := "% unexpected bytes after ResponseCode"
	if trailing == 1 {
		detail = "% unexpected byte after ResponseCode"
	}
	return responseError(RuleTrailing, "Trailing", ResponseMessageLen, uint64(trailing), detail), true
}

// allowed reports whether c may answer a request of that type.
func (c ResponseCode) allowed(request MessageType) bool {
	return c == ResponseOK || c == ResponseInterested && (request == TypeInitialOffer || request == TypeUnknown)
}

// violation returns what is wrong with a code that is not allowed.
func (c ResponseCode) violation() Error {
	if c > ResponseInterested {
		return responseError(RuleResponseCode, "ResponseCode", offResponseCode, uint64(c), "is %, must be 0 or 1")
	}
	return responseError(RuleInterested, "ResponseCode", offResponseCode, uint64(c), "is INTERESTED (%), allowed only in reply to INITIAL_OFFER_MESSAGE")
}

// AppendResponseMessage appends the response code with its transport header to
// dst: 5 bytes. request is the type of the request that it answers, or
// TypeUnknown. It rejects a code that violates a format rule, with an *Error,
// and then returns dst unchanged.
func AppendResponseMessage(dst []byte, code ResponseCode, request MessageType) ([]byte, error) {
	if !code.allowed(request) {
		return dst, failed(code.violation())
	}
	dst = slices.Grow(dst, ResponseMessageLen)
	dst = binary.BigEndian.AppendUint32(dst, responseSize)
	return append(dst, byte(code)), nil
}

func responseError(rule Rule, field string, offset int, value uint64, detail string) Error {
	return pccrc.NewError(pccrc.ErrorFields{Rule: rule, Message: responseMessage, Field: field, Offset: offset, Value: value, Detail: detail})
}
