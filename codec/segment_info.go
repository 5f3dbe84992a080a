package codec

import (
	"encoding/binary"
	"math"
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
	offSegments  = 18
)

// SegmentInfoMessage is a SEGMENT_INFO_MESSAGE (MS-PCHC 2.2.1.4): the segment
// hash of data, the key and the block hashes of the segment that was offered.
// It exists in version 1.0 only.
type SegmentInfoMessage struct {
	MessageHeader         MessageHeader
	ConnectionInformation ConnectionInformation
	ContentTag            ContentTag
	// SegmentInformation is a Content Information 1.0 of exactly one segment,
	// little-endian within this big-endian message. In a decoded message it
	// aliases the decoded bytes. It holds SegmentSecret, a key.
	SegmentInformation pccrc.ContentInformationV1
}

// NewSegmentInfoMessage returns a message with the given body. The message
// aliases what segmentInformation refers to; its method SegmentInformation
// takes one segment out of Content Information of several.
func NewSegmentInfoMessage(port uint16, tag ContentTag, segmentInformation pccrc.ContentInformationV1) SegmentInfoMessage {
	return SegmentInfoMessage{NewMessageHeader(TypeSegmentInfo), ConnectionInformation{Port: port}, tag, segmentInformation}
}

// DecodeSegmentInfoMessage decodes b, envelope and body. SegmentInformation
// aliases b. The error, if any, is an *Error for the first format rule that b
// violates, with its offset from the start of b.
func DecodeSegmentInfoMessage(b []byte) (SegmentInfoMessage, error) {
	r, err := DecodeRequestMessage(b)
	if err != nil {
		return SegmentInfoMessage{}, err
	}
	return r.DecodeSegmentInfo()
}

// DecodeSegmentInfo decodes the body of r, whose type must be TypeSegmentInfo.
// SegmentInformation aliases r.MessageBody. The error, if any, is an *Error.
func (r *RequestMessage) DecodeSegmentInfo() (SegmentInfoMessage, error) {
	if r.MessageHeader.Type != TypeSegmentInfo {
		return SegmentInfoMessage{}, failed(wrongType(r.MessageHeader.Type, TypeSegmentInfo))
	}
	if len(r.MessageBody) < ContentTagLen {
		return SegmentInfoMessage{}, failed(tagViolation(r.MessageBody))
	}
	b := r.MessageBody[ContentTagLen:len(r.MessageBody):len(r.MessageBody)]
	v, err := pccrc.DecodeV1(b)
	if err != nil {
		e := err.(*Error)
		*e = segmentInformationViolation(b, *e)
		return SegmentInfoMessage{}, e
	}
	if v.Len() != 1 {
		return SegmentInfoMessage{}, failed(segmentInformationViolation(b, Error{Offset: len(b)}))
	}
	return SegmentInfoMessage{
		MessageHeader:         r.MessageHeader,
		ConnectionInformation: r.ConnectionInformation,
		ContentTag:            ContentTag(r.MessageBody),
		SegmentInformation:    v,
	}, nil
}

// UnmarshalBinary decodes a copy of b into m, see [DecodeSegmentInfoMessage].
func (m *SegmentInfoMessage) UnmarshalBinary(b []byte) error {
	decoded, err := DecodeSegmentInfoMessage(slices.Clone(b))
	if err == nil {
		*m = decoded
	}
	return err
}

// Clone returns a copy of m that shares no bytes with it, or with what m was
// decoded from.
func (m SegmentInfoMessage) Clone() SegmentInfoMessage {
	m.SegmentInformation = m.SegmentInformation.Clone()
	return m
}

// segmentInfoViolation returns the first violation in the body of a
// SEGMENT_INFO_MESSAGE, if there is one.
func segmentInfoViolation(body []byte) (violation Error, violated bool) {
	if len(body) < ContentTagLen {
		return tagViolation(body), true
	}
	b := body[ContentTagLen:]
	e, ok := pccrc.CheckV1(b)
	if ok && binary.LittleEndian.Uint32(b[offCSegments:]) == 1 {
		return Error{}, false
	}
	if ok {
		e.Offset = len(b)
	}
	return segmentInformationViolation(b, e), true
}

func tagViolation(body []byte) Error {
	return pccrc.NewError(pccrc.ErrorFields{Rule: RuleContentTagTruncated, Message: TypeSegmentInfo.String(), Field: "ContentTag",
		Offset: contentTagOffset, Value: uint64(len(body)), Detail: truncated(len(body), ContentTagLen)})
}

// segmentInformationViolation returns the first violation in the
// SegmentInformation b, in which package pccrc found e.
func segmentInformationViolation(b []byte, e Error) Error {
	// A wrong number of segments comes before all that follows the count.
	if e.Offset >= offCSegments && len(b) >= offCSegments+4 {
		if n := binary.LittleEndian.Uint32(b[offCSegments:]); n != 1 {
			e = notOneSegment(uint64(n))
		}
	}
	return within(e)
}

func notOneSegment(n uint64) Error {
	return pccrc.NewError(pccrc.ErrorFields{Rule: RuleOneSegment, Field: "cSegments", Offset: offCSegments, Value: n, Detail: "is %, must be 1"})
}

// within makes e, a violation in the SegmentInformation of a message, one of
// that message.
func within(e Error) Error {
	return e.Within(TypeSegmentInfo.String(), "SegmentInformation", segmentInformationOffset)
}

// CheckSenderRules returns an *Error for the first sender rule that m violates,
// and nil if it violates none: Port is not 0, dwReadBytesInLastSegment is the
// length of the segment or 0, there are no more blocks than the segment has, and
// the rules of package pccrc but for those on the same two fields. Whatever part
// of its segment the block list covers, it is a copy (MS-PCHC 2.2.1.4).
func (m SegmentInfoMessage) CheckSenderRules() error {
	if err := m.ConnectionInformation.checkSenderRules(TypeSegmentInfo); err != nil {
		return err
	}
	v := &m.SegmentInformation
	first, _ := v.CheckSenderRulesExcept(pccrc.RuleReadBytes, pccrc.RuleBlockCount).(*Error)
	at := math.MaxInt
	if first != nil {
		at = first.Offset
	}
	for _, s := range v.All() {
		if n, size := v.DwReadBytesInLastSegment, s.CbSegment(); n != 0 && n != size && offReadBytes < at {
			return failed(within(pccrc.NewError(pccrc.ErrorFields{Rule: RuleSegmentInfoReadBytes, Sender: true,
				Field: "dwReadBytesInLastSegment", Offset: offReadBytes, Value: uint64(n), Detail: "is %, must be 0 or cbSegment"})))
		}
		offCBlocks, blocks := offSegments+len(s.Bytes()), (uint64(s.CbSegment())+pccrc.BlockSizeV1-1)/pccrc.BlockSizeV1
		if n := uint64(s.Blocks.Len()); n > blocks && offCBlocks < at {
			return failed(within(pccrc.NewError(pccrc.ErrorFields{Rule: RuleSegmentInfoBlockCount, Sender: true,
				Field: "blocks[].cBlocks", Offset: offCBlocks, Value: n, Detail: "is %, must be at most the number of blocks in cbSegment"})))
		}
	}
	if first == nil {
		return nil
	}
	*first = within(*first)
	return first
}

// EncodedLen returns the exact length in bytes of what AppendBinary appends.
func (m SegmentInfoMessage) EncodedLen() int {
	return segmentInformationOffset + m.SegmentInformation.EncodedLen()
}

// AppendBinary appends m's wire form to dst, growing it at most once. It
// rejects a value that violates a format or sender rule, with an *Error, and
// then returns dst unchanged.
func (m SegmentInfoMessage) AppendBinary(dst []byte) ([]byte, error) {
	return m.append(dst, true)
}

// AppendLenient is AppendBinary without the sender rules: it encodes
// whatever DecodeSegmentInfoMessage accepts, and gives back the same bytes.
func (m SegmentInfoMessage) AppendLenient(dst []byte) ([]byte, error) {
	return m.append(dst, false)
}

// MarshalBinary implements encoding.BinaryMarshaler by AppendBinary.
func (m SegmentInfoMessage) MarshalBinary() ([]byte, error) { return m.AppendBinary(nil) }

func (m *SegmentInfoMessage) append(dst []byte, strict bool) ([]byte, error) {
	if err := m.MessageHeader.check(TypeSegmentInfo); err != nil {
		return dst, err
	}
	if n := m.SegmentInformation.Len(); n != 1 {
		return dst, failed(within(notOneSegment(uint64(n))))
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
		e := err.(*Error)
		*e = within(*e)
		return dst, e
	}
	putEnvelope(out[at:], &m.MessageHeader, &m.ConnectionInformation)
	copy(out[at+contentTagOffset:], m.ContentTag[:])
	return out, nil
}
