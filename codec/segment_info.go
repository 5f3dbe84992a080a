package codec

import (
	"encoding/binary"
	"slices"

	"github.com/hostedcache/pchc/pccrc"
)

// Offsets in a SEGMENT_INFO_MESSAGE (MS-PCHC 2.2.1.4), and in its
// SegmentInformation (MS-PCCRC 2.3).
const (
	contentTagOffset         = offMessageBody
	segmentInformationOffset = contentTagOffset + ContentTagLen

	offReadBytes = 10 // dwReadBytesInLastSegment
	offCSegments = 14
)

// SegmentInfoMessage is a SEGMENT_INFO_MESSAGE (MS-PCHC 2.2.1.4): the segment
// hash of data, the key and the block hashes of the segment that was offered.
// It exists in version 1.0 only.
type SegmentInfoMessage struct {
	MessageHeader         MessageHeader
	ConnectionInformation ConnectionInformation
	ContentTag            ContentTag
	// SegmentInformation is a Content Information 1.0 of exactly one segment,
	// little-endian within this big-endian message. Where the message was
	// decoded it aliases the decoded bytes. It holds SegmentSecret, a key.
	SegmentInformation pccrc.ContentInformationV1
}

// NewSegmentInfoMessage returns a message with the given body. It keeps what
// segmentInformation refers to.
func NewSegmentInfoMessage(port uint16, tag ContentTag, segmentInformation pccrc.ContentInformationV1) SegmentInfoMessage {
	return SegmentInfoMessage{NewMessageHeader(TypeSegmentInfo), ConnectionInformation{Port: port}, tag, segmentInformation}
}

// DecodeSegmentInfoMessage decodes b, envelope and body. SegmentInformation
// aliases b. The error, if any, is an *Error of the first format rule that b
// violates, with its offset from the start of b.
func DecodeSegmentInfoMessage(b []byte) (SegmentInfoMessage, error) {
	r, err := DecodeRequestMessage(b)
	if err != nil {
		return SegmentInfoMessage{}, err
	}
	return r.DecodeSegmentInfo()
}

// DecodeSegmentInfo decodes the body of r, whose type must be SegmentInfo.
// SegmentInformation aliases r.MessageBody. The error, if any, is an *Error.
func (r *RequestMessage) DecodeSegmentInfo() (SegmentInfoMessage, error) {
	if err := r.expect(TypeSegmentInfo); err != nil {
		return SegmentInfoMessage{}, err
	}
	if len(r.MessageBody) < ContentTagLen {
		return SegmentInfoMessage{}, &Error{Rule: RuleContentTagTruncated, Message: TypeSegmentInfo.String(), Field: "ContentTag",
			Offset: contentTagOffset, Value: uint64(len(r.MessageBody)), Detail: "is cut short after % bytes"}
	}
	b := r.MessageBody[ContentTagLen:]
	v, err := pccrc.DecodeV1(b)
	if err != nil || v.CSegments() != 1 {
		return SegmentInfoMessage{}, segmentInformationError(b, err)
	}
	return SegmentInfoMessage{
		MessageHeader:         r.MessageHeader,
		ConnectionInformation: r.ConnectionInformation,
		ContentTag:            ContentTag(r.MessageBody),
		SegmentInformation:    v,
	}, nil
}

// segmentInformationError returns the first violation in the SegmentInformation
// b, which package pccrc refused with err, or which has not one segment.
func segmentInformationError(b []byte, err error) error {
	e, ok := err.(*Error)
	if !ok {
		e = &Error{Offset: len(b)}
	}
	// A wrong number of segments comes before all that follows the count.
	if e.Offset >= offCSegments && len(b) >= offCSegments+4 {
		if n := binary.LittleEndian.Uint32(b[offCSegments:]); n != 1 {
			*e = Error{Rule: RuleOneSegment, Field: "cSegments", Offset: offCSegments, Value: uint64(n), Detail: "is %, must be 1"}
		}
	}
	return within(e)
}

// within makes e, a violation in the SegmentInformation of a message, one of that
// message.
func within(e *Error) *Error {
	e.Message = TypeSegmentInfo.String()
	e.Parent = "SegmentInformation"
	e.Offset += segmentInformationOffset
	return e
}

// CheckSenderRules returns an *Error of the first sender rule that m violates, and
// nil where it violates none: Port is not 0, dwReadBytesInLastSegment is 0, the
// segment's length, or inside the segment, and the rules of package pccrc.
func (m *SegmentInfoMessage) CheckSenderRules() error {
	if err := m.ConnectionInformation.checkSender(TypeSegmentInfo); err != nil {
		return err
	}
	v := &m.SegmentInformation
	e, _ := v.CheckSenderRules().(*Error)
	if (e == nil || e.Offset > offReadBytes) && v.CSegments() == 1 {
		size, n := v.Segment(0).CbSegment(), v.DwReadBytesInLastSegment
		// MS-PCHC wants the segment's length, MS-PCCRC a number of bytes from
		// dwOffsetInFirstSegment on; in between is neither.
		if n < size && n > size-v.DwOffsetInFirstSegment {
			e = &Error{Rule: RuleReadBytes, Sender: true, Field: "dwReadBytesInLastSegment", Offset: offReadBytes,
				Value: uint64(n), Detail: "is %, neither the segment's length nor inside the segment"}
		}
	}
	if e == nil {
		return nil
	}
	return within(e)
}

// EncodedLen returns the exact length in bytes of what AppendBinary appends.
func (m *SegmentInfoMessage) EncodedLen() int {
	return segmentInformationOffset + m.SegmentInformation.EncodedLen()
}

// AppendBinary appends m's wire form to dst, growing it at most once. It
// refuses what violates a format or sender rule, with an *Error, and then
// returns dst as it was.
func (m *SegmentInfoMessage) AppendBinary(dst []byte) ([]byte, error) {
	return m.append(dst, true)
}

// AppendLenient is AppendBinary without the sender rules: it encodes
// whatever DecodeSegmentInfoMessage accepts, and gives back the same bytes.
func (m *SegmentInfoMessage) AppendLenient(dst []byte) ([]byte, error) {
	return m.append(dst, false)
}

// MarshalBinary is AppendBinary(nil).
func (m *SegmentInfoMessage) MarshalBinary() ([]byte, error) { return m.AppendBinary(nil) }

func (m *SegmentInfoMessage) append(dst []byte, strict bool) ([]byte, error) {
	if err := m.MessageHeader.check(TypeSegmentInfo); err != nil {
		return dst, err
	}
	if n := m.SegmentInformation.CSegments(); n != 1 {
		return dst, within(&Error{Rule: RuleOneSegment, Field: "cSegments", Offset: offCSegments, Value: uint64(n), Detail: "is %, must be 1"})
	}
	if strict {
		if err := m.CheckSenderRules(); err != nil {
			return dst, err
		}
	}
	at := len(dst)
	out := slices.Grow(dst, m.EncodedLen())[:at+segmentInformationOffset]
	// The sender rules have been judged, if at all, with those of the message.
	out, err := m.SegmentInformation.AppendLenient(out)
	if err != nil {
		return dst, within(err.(*Error))
	}
	putEnvelope(out[at:], &m.MessageHeader, &m.ConnectionInformation)
	copy(out[at+contentTagOffset:], m.ContentTag[:])
	return out, nil
}
