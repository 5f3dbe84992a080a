package pccrr

import (
	"encoding"
	"slices"
)

// Body is one of the eight messages, for a type switch over all of them. It is
// always a value, never a pointer.
type Body interface {
	encoding.BinaryAppender
	encoding.BinaryMarshaler
	// EncodedLen returns the exact length in bytes of what AppendBinary appends.
	EncodedLen() int
	// AppendLenient is AppendBinary without the sender rules.
	AppendLenient(dst []byte) ([]byte, error)
	// CheckSenderRules returns an *Error for the first sender rule that is
	// violated, and nil where none is.
	CheckSenderRules() error
	// MsgType returns the type of the message.
	MsgType() MsgType
}

var (
	_ Body = MsgNegoReq{}
	_ Body = MsgNegoResp{}
	_ Body = MsgGetBlkList{}
	_ Body = MsgGetBlks{}
	_ Body = MsgBlkList{}
	_ Body = MsgBlk{}
	_ Body = MsgGetSegList{}
	_ Body = MsgSegList{}

	_ encoding.BinaryUnmarshaler = (*MsgNegoReq)(nil)
	_ encoding.BinaryUnmarshaler = (*MsgNegoResp)(nil)
	_ encoding.BinaryUnmarshaler = (*MsgGetBlkList)(nil)
	_ encoding.BinaryUnmarshaler = (*MsgGetBlks)(nil)
	_ encoding.BinaryUnmarshaler = (*MsgBlkList)(nil)
	_ encoding.BinaryUnmarshaler = (*MsgBlk)(nil)
	_ encoding.BinaryUnmarshaler = (*MsgGetSegList)(nil)
	_ encoding.BinaryUnmarshaler = (*MsgSegList)(nil)
	_ encoding.BinaryUnmarshaler = (*RequestMessage)(nil)
	_ encoding.BinaryUnmarshaler = (*ResponseMessage)(nil)
)

// MsgType returns TypeNegoReq.
func (MsgNegoReq) MsgType() MsgType { return TypeNegoReq }

// MsgType returns TypeNegoResp.
func (MsgNegoResp) MsgType() MsgType { return TypeNegoResp }

// MsgType returns TypeGetBlkList.
func (MsgGetBlkList) MsgType() MsgType { return TypeGetBlkList }

// MsgType returns TypeGetBlks.
func (MsgGetBlks) MsgType() MsgType { return TypeGetBlks }

// MsgType returns TypeBlkList.
func (MsgBlkList) MsgType() MsgType { return TypeBlkList }

// MsgType returns TypeBlk.
func (MsgBlk) MsgType() MsgType { return TypeBlk }

// MsgType returns TypeGetSegList.
func (MsgGetSegList) MsgType() MsgType { return TypeGetSegList }

// MsgType returns TypeSegList.
func (MsgSegList) MsgType() MsgType { return TypeSegList }

// DecodeBody decodes the body of r, whatever its type. The result is a
// MsgNegoReq, MsgGetBlkList, MsgGetBlks or MsgGetSegList, which aliases
// r.MessageBody. It costs one allocation, which the decoders of one type do
// without. The error, if any, is an *Error.
func (r *RequestMessage) DecodeBody() (Body, error) {
	switch r.MessageHeader.MsgType {
	case TypeGetBlkList:
		return bodyOrError(r.DecodeGetBlkList())
	case TypeGetBlks:
		return bodyOrError(r.DecodeGetBlks())
	case TypeGetSegList:
		return bodyOrError(r.DecodeGetSegList())
	}
	return bodyOrError(r.DecodeNegoReq())
}

// DecodeBody decodes the body of r, whatever its type. The result is a
// MsgNegoResp, MsgBlkList, MsgBlk or MsgSegList, which aliases r.MessageBody.
// It costs one allocation, which the decoders of one type do without. The
// error, if any, is an *Error.
func (r *ResponseMessage) DecodeBody() (Body, error) {
	switch r.MessageHeader.MsgType {
	case TypeBlkList:
		return bodyOrError(r.DecodeBlkList())
	case TypeBlk:
		return bodyOrError(r.DecodeBlk())
	case TypeSegList:
		return bodyOrError(r.DecodeSegList())
	}
	return bodyOrError(r.DecodeNegoResp())
}

func bodyOrError[B Body](b B, err error) (Body, error) {
	if err != nil {
		return nil, err
	}
	return b, nil
}

// body returns a cursor on the body b behind the header h, which must be that
// of a message of type t.
func (h *MessageHeader) body(t MsgType, b []byte) (cursor, error) {
	if h.MsgType != t {
		return cursor{}, failed(newError(t, RuleMsgType, "MESSAGE_HEADER.MsgType", t.bodyOffset()-headerLen+offMsgType,
			uint64(h.MsgType), msgTypes[t].typeMust))
	}
	return bodyCursor(t, b), nil
}

// CheckRequest reports whether b, the body of an HTTP POST, is a well-formed
// request, header and body, and returns the first violation of a format rule
// where it is not. It allocates nothing either way: use it for counters under
// flood.
func CheckRequest(b []byte) (violation Error, ok bool) {
	if e, violated := envelopeViolation(b, false); violated {
		return e, false
	}
	return checkBody(b)
}

// CheckResponse is to answers what [CheckRequest] is to requests.
func CheckResponse(b []byte) (violation Error, ok bool) {
	if e, violated := envelopeViolation(b, true); violated {
		return e, false
	}
	return checkBody(b[transportLen:])
}

// checkBody checks the body of the message b, whose header is right.
func checkBody(b []byte) (violation Error, ok bool) {
	h, rest := readHeader(b)
	c := bodyCursor(h.MsgType, rest)
	switch h.MsgType {
	case TypeNegoReq:
		new(MsgNegoReq).read(&c)
	case TypeNegoResp:
		new(MsgNegoResp).read(&c)
	case TypeGetBlkList:
		new(MsgGetBlkList).read(&c)
	case TypeGetBlks:
		new(MsgGetBlks).read(&c)
	case TypeBlkList:
		new(MsgBlkList).read(&c)
	case TypeBlk:
		m := MsgBlk{CryptoAlgoId: h.CryptoAlgoId}
		m.read(&c)
	case TypeGetSegList:
		new(MsgGetSegList).read(&c)
	case TypeSegList:
		new(MsgSegList).read(&c)
	}
	return c.violation, !c.violated
}

// checkHead holds what the header of a message that is to be encoded will say
// against the format rules. n is the length of the HTTP body.
func checkHead(t MsgType, a CryptoAlgoId, n int) judge {
	j := judge{typ: t}
	start := t.bodyOffset() - headerLen
	if size := n - start; start > 0 && size > MaxResponseSize {
		j.fail(RuleSize, "TRANSPORT_RESPONSE_HEADER.Size", 0, 0, uint64(size), "is %, must be at most 393216")
	} else if start == 0 && size > MaxRequestSize {
		j.fail(RuleMsgSizeLimit, "MESSAGE_HEADER.MsgSize", 0, offMsgSize, uint64(size), "is %, must be at most 98304")
	}
	if a > CryptoAES256 {
		j.fail(RuleCryptoAlgoId, "MESSAGE_HEADER.CryptoAlgoId", 0, start+offCryptoAlgoId, uint64(a), unknownCrypto)
	}
	return j
}

// begin makes room for a message of n bytes at the end of dst, and writes its
// header.
func begin(dst []byte, t MsgType, v Version, a CryptoAlgoId, n int) writer {
	w := writer(slices.Grow(dst, n))
	size := uint32(n)
	if t.IsResponse() {
		size -= transportLen
		w.uint32(size)
	}
	w = v.append(w)
	w.uint32(uint32(t))
	w.uint32(size)
	w.uint32(uint32(a))
	return w
}
