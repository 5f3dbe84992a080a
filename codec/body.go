package codec

import "encoding"

// Body is one of InitialOfferMessage, SegmentInfoMessage and
// BatchedOfferMessage, for a type switch over all messages. It is
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

	body()
}

var (
	_ Body = InitialOfferMessage{}
	_ Body = SegmentInfoMessage{}
	_ Body = BatchedOfferMessage{}

	_ encoding.BinaryUnmarshaler = (*InitialOfferMessage)(nil)
	_ encoding.BinaryUnmarshaler = (*SegmentInfoMessage)(nil)
	_ encoding.BinaryUnmarshaler = (*BatchedOfferMessage)(nil)
	_ encoding.BinaryUnmarshaler = (*RequestMessage)(nil)
)

func (InitialOfferMessage) body() {}
func (SegmentInfoMessage) body()  {}
func (BatchedOfferMessage) body() {}

// DecodeBody decodes the body of r, whatever its type. The result is an
// InitialOfferMessage, a SegmentInfoMessage or a BatchedOfferMessage, which
// aliases r.MessageBody. It costs one allocation, which DecodeInitialOffer,
// DecodeSegmentInfo and DecodeBatchedOffer do without. The error, if any, is an
// *Error.
func (r *RequestMessage) DecodeBody() (Body, error) {
	switch r.MessageHeader.Type {
	case TypeInitialOffer:
		return bodyOrError(r.DecodeInitialOffer())
	case TypeSegmentInfo:
		return bodyOrError(r.DecodeSegmentInfo())
	case TypeBatchedOffer:
		return bodyOrError(r.DecodeBatchedOffer())
	}
	e := wrongType(r.MessageHeader.Type, TypeInitialOffer)
	return nil, failed(e)
}

func bodyOrError[B Body](b B, err error) (Body, error) {
	if err != nil {
		return nil, err
	}
	return b, nil
}
