package codec

import (
	"slices"

	"github.com/hostedcache/pchc/pccrc"
)

// InitialOfferMessage is an INITIAL_OFFER_MESSAGE (MS-PCHC 2.2.1.3): a client
// has new content of one segment. It exists in version 1.0 only.
type InitialOfferMessage struct {
	MessageHeader         MessageHeader
	ConnectionInformation ConnectionInformation
	// Hash is the HoHoDk of the segment: 32, 48 or 64 bytes, as the hash
	// algorithm of its Content Information has it. In a decoded message it
	// aliases the decoded bytes.
	Hash []byte
}

// NewInitialOfferMessage returns a message that offers the segment whose HoHoDk
// is hash. The message aliases hash.
func NewInitialOfferMessage(port uint16, hash []byte) InitialOfferMessage {
	return InitialOfferMessage{NewMessageHeader(TypeInitialOffer), ConnectionInformation{Port: port}, hash}
}

// DecodeInitialOfferMessage decodes b, envelope and body. Hash aliases b. The
// error, if any, is an *Error for the first format rule that b violates.
func DecodeInitialOfferMessage(b []byte) (InitialOfferMessage, error) {
	r, err := DecodeRequestMessage(b)
	if err != nil {
		return InitialOfferMessage{}, err
	}
	return r.DecodeInitialOffer()
}

// DecodeInitialOffer decodes the body of r, whose type must be
// TypeInitialOffer. Hash aliases r.MessageBody. The error, if any, is an
// *Error.
func (r *RequestMessage) DecodeInitialOffer() (InitialOfferMessage, error) {
	if r.MessageHeader.Type != TypeInitialOffer {
		return InitialOfferMessage{}, failed(wrongType(r.MessageHeader.Type, TypeInitialOffer))
	}
	if !validHash(r.MessageBody) {
		return InitialOfferMessage{}, failed(hashViolation(r.MessageBody))
	}
	return InitialOfferMessage{r.MessageHeader, r.ConnectionInformation, r.MessageBody[:len(r.MessageBody):len(r.MessageBody)]}, nil
}

// UnmarshalBinary decodes a copy of b into m, see [DecodeInitialOfferMessage].
func (m *InitialOfferMessage) UnmarshalBinary(b []byte) error {
	decoded, err := DecodeInitialOfferMessage(slices.Clone(b))
	if err == nil {
		*m = decoded
	}
	return err
}

// Clone returns a copy of m that shares no bytes with it, or with what m was
// decoded from.
func (m InitialOfferMessage) Clone() InitialOfferMessage {
	m.Hash = slices.Clone(m.Hash)
	return m
}

func validHash(hash []byte) bool { return len(hash) == 32 || len(hash) == 48 || len(hash) == 64 }

func hashViolation(hash []byte) Error {
	return pccrc.NewError(pccrc.ErrorFields{Rule: RuleHash, Message: TypeInitialOffer.String(), Field: "Hash", Offset: offMessageBody,
		Value: uint64(len(hash)), Detail: hashDetail(len(hash))})
}

func hashDetail(n int) string {
	if n == 1 {
		return "has % byte, must have 32, 48 or 64"
	}
	return "has % bytes, must have 32, 48 or 64"
}

// CheckSenderRules returns an *Error for the first sender rule that m violates,
// and nil if it violates none: Port is not 0.
func (m InitialOfferMessage) CheckSenderRules() error {
	return m.ConnectionInformation.checkSenderRules(TypeInitialOffer)
}

// EncodedLen returns the exact length in bytes of what AppendBinary appends.
func (m InitialOfferMessage) EncodedLen() int { return offMessageBody + len(m.Hash) }

// AppendBinary appends m's wire form to dst, growing it at most once. It
// rejects a value that violates a format or sender rule, with an *Error, and
// then returns dst unchanged.
func (m InitialOfferMessage) AppendBinary(dst []byte) ([]byte, error) { return m.append(dst, true) }

// AppendLenient is AppendBinary without the sender rules: it encodes whatever
// DecodeInitialOfferMessage accepts, and gives back the same bytes.
func (m InitialOfferMessage) AppendLenient(dst []byte) ([]byte, error) { return m.append(dst, false) }

// MarshalBinary implements encoding.BinaryMarshaler by AppendBinary.
func (m InitialOfferMessage) MarshalBinary() ([]byte, error) { return m.AppendBinary(nil) }

func (m InitialOfferMessage) append(dst []byte, strict bool) ([]byte, error) {
	if err := m.MessageHeader.check(TypeInitialOffer); err != nil {
		return dst, err
	}
	if strict {
		if err := m.CheckSenderRules(); err != nil {
			return dst, err
		}
	}
	if !validHash(m.Hash) {
		return dst, failed(hashViolation(m.Hash))
	}
	at := len(dst)
	dst = slices.Grow(dst, m.EncodedLen())[:at+m.EncodedLen()]
	putEnvelope(dst[at:], &m.MessageHeader, &m.ConnectionInformation)
	copy(dst[at+offMessageBody:], m.Hash)
	return dst, nil
}
