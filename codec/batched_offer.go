package codec

import (
	"iter"
	"slices"
)

// BatchedOfferMessage is a BATCHED_OFFER_MESSAGE (MS-PCHC 2.2.1.5): a client
// has new content of up to 128 segments. It exists in version 2.0 only.
type BatchedOfferMessage struct {
	MessageHeader         MessageHeader
	ConnectionInformation ConnectionInformation
	// SegmentDescriptors holds 1 to MaxDescriptors descriptors. In a decoded
	// message it aliases the decoded bytes.
	SegmentDescriptors SegmentDescriptors
}

// NewBatchedOfferMessage returns a message without descriptors. Append adds
// them; [SplitDescriptors] makes messages of any number of descriptors.
func NewBatchedOfferMessage(port uint16) BatchedOfferMessage {
	return BatchedOfferMessage{MessageHeader: NewMessageHeader(TypeBatchedOffer), ConnectionInformation: ConnectionInformation{Port: port}}
}

// DecodeBatchedOfferMessage decodes b, envelope and body. SegmentDescriptors
// aliases b. The error, if any, is an *Error for the first format rule that b
// violates.
func DecodeBatchedOfferMessage(b []byte) (BatchedOfferMessage, error) {
	// What the two stages do, without copying the envelope.
	if len(b) >= offMessageBody && Sniff(b) == TypeBatchedOffer {
		s := SegmentDescriptors{b[offMessageBody:len(b):len(b)]}
		if n := s.valid(MaxDescriptors); n != len(s.b) || n == 0 {
			return BatchedOfferMessage{}, failed(s.violation(n, MaxDescriptors))
		}
		return BatchedOfferMessage{headerOf(b), connectionOf(b), s}, nil
	}
	r, err := DecodeRequestMessage(b)
	if err != nil {
		return BatchedOfferMessage{}, err
	}
	return r.DecodeBatchedOffer()
}

// DecodeBatchedOffer decodes the body of r, whose type must be
// TypeBatchedOffer. SegmentDescriptors aliases r.MessageBody. The error, if
// any, is an *Error.
func (r *RequestMessage) DecodeBatchedOffer() (BatchedOfferMessage, error) {
	if r.MessageHeader.Type != TypeBatchedOffer {
		return BatchedOfferMessage{}, failed(wrongType(r.MessageHeader.Type, TypeBatchedOffer))
	}
	s := SegmentDescriptors{r.MessageBody[:len(r.MessageBody):len(r.MessageBody)]}
	if n := s.valid(MaxDescriptors); n != len(s.b) || n == 0 {
		return BatchedOfferMessage{}, failed(s.violation(n, MaxDescriptors))
	}
	return BatchedOfferMessage{r.MessageHeader, r.ConnectionInformation, s}, nil
}

// UnmarshalBinary decodes a copy of b into m, see [DecodeBatchedOfferMessage].
func (m *BatchedOfferMessage) UnmarshalBinary(b []byte) error {
	decoded, err := DecodeBatchedOfferMessage(slices.Clone(b))
	if err == nil {
		*m = decoded
	}
	return err
}

// Clone returns a copy of m that shares no bytes with it, or with what m was
// decoded from.
func (m BatchedOfferMessage) Clone() BatchedOfferMessage {
	m.SegmentDescriptors = m.SegmentDescriptors.Clone()
	return m
}

// Append adds a descriptor with these fields. It rejects a 129th descriptor and
// an unknown HashAlgorithm, with an *Error, and then leaves m unchanged. Adding
// to a decoded message copies, and never writes to the decoded bytes.
func (m *BatchedOfferMessage) Append(f SegmentDescriptorFields) error {
	if m.SegmentDescriptors.Len() >= MaxDescriptors {
		return failed(tooMany())
	}
	s, err := m.SegmentDescriptors.Append(f)
	if err == nil {
		m.SegmentDescriptors = s
	}
	return err
}

// CheckSenderRules returns an *Error for the first sender rule that m violates,
// and nil if it violates none: Port is not 0, no BlockSize or SegmentSize is 0,
// and no block is larger than its segment.
func (m BatchedOfferMessage) CheckSenderRules() error {
	if err := m.ConnectionInformation.checkSenderRules(TypeBatchedOffer); err != nil {
		return err
	}
	for i, d := range m.SegmentDescriptors.All() {
		if d.BlockSize()-1 < d.SegmentSize() {
			continue // neither is 0, and the block fits: as nearly always
		}
		if e, violated := d.senderViolation(i); violated {
			return failed(e)
		}
	}
	return nil
}

// EncodedLen returns the exact length in bytes of what AppendBinary appends.
func (m BatchedOfferMessage) EncodedLen() int { return offMessageBody + len(m.SegmentDescriptors.b) }

// AppendBinary appends m's wire form to dst, growing it at most once. It
// rejects a value that violates a format or sender rule, with an *Error, and
// then returns dst unchanged.
func (m BatchedOfferMessage) AppendBinary(dst []byte) ([]byte, error) { return m.append(dst, true) }

// AppendLenient is AppendBinary without the sender rules: it encodes whatever
// DecodeBatchedOfferMessage accepts, and gives back the same bytes.
func (m BatchedOfferMessage) AppendLenient(dst []byte) ([]byte, error) { return m.append(dst, false) }

// MarshalBinary implements encoding.BinaryMarshaler by AppendBinary.
func (m BatchedOfferMessage) MarshalBinary() ([]byte, error) { return m.AppendBinary(nil) }

func (m *BatchedOfferMessage) append(dst []byte, strict bool) ([]byte, error) {
	if err := m.MessageHeader.check(TypeBatchedOffer); err != nil {
		return dst, err
	}
	s := m.SegmentDescriptors
	if n := s.valid(MaxDescriptors); n != len(s.b) || n == 0 {
		return dst, failed(s.violation(n, MaxDescriptors))
	}
	if strict {
		if err := m.CheckSenderRules(); err != nil {
			return dst, err
		}
	}
	at, n := len(dst), offMessageBody+len(s.b)
	dst = slices.Grow(dst, n)[:at+n]
	putEnvelope(dst[at:], &m.MessageHeader, &m.ConnectionInformation)
	copy(dst[at+offMessageBody:], s.b)
	return dst, nil
}

// SplitDescriptors returns an iterator over the messages that offer all
// descriptors, in order: as few as possible, each but the last with
// MaxDescriptors of them; none where all is empty. The messages alias all. Every
// one of them can be encoded if port is not 0 and each descriptor has its sizes.
func SplitDescriptors(port uint16, all SegmentDescriptors) iter.Seq[BatchedOfferMessage] {
	return func(yield func(BatchedOfferMessage) bool) {
		for i, n := 0, all.Len(); i < n; i += MaxDescriptors {
			m := NewBatchedOfferMessage(port)
			m.SegmentDescriptors = all.Slice(i, min(i+MaxDescriptors, n))
			if !yield(m) {
				return
			}
		}
	}
}
