package pccrr

import "slices"

// MsgSegList is a MSG_SEGLIST (MS-PCCRR 2.2.5.4): a hosted cache says which of
// the segments that were asked for it has, at least partly. It exists in
// version 2.0 only.
type MsgSegList struct {
	ProtVer      Version      // 2.0
	CryptoAlgoId CryptoAlgoId // says nothing
	RequestID    [16]byte     // that of the request
	// SegmentRanges counts segments by their place in the request, from 0.
	SegmentRanges Ranges
	// ExtensibleBlob is what DecodeExtensibleBlob decodes: the ages of segments, or
	// nothing. In a decoded message it aliases the decoded bytes.
	ExtensibleBlob []byte
}

// NewMsgSegList returns an answer to the request with this RequestID. The
// message aliases has.
func NewMsgSegList(requestID [16]byte, has Ranges) MsgSegList {
	return MsgSegList{ProtVer: Version2, RequestID: requestID, SegmentRanges: has}
}

// DecodeMsgSegList decodes b, the body of an HTTP answer, header and body. What
// it refers to aliases b. The error, if any, is an *Error for the first format
// rule that b violates.
func DecodeMsgSegList(b []byte) (MsgSegList, error) {
	r, err := DecodeResponseMessage(b)
	if err != nil {
		return MsgSegList{}, err
	}
	return r.DecodeSegList()
}

// DecodeSegList decodes the body of r, whose type must be TypeSegList. What it
// refers to aliases r.MessageBody. The error, if any, is an *Error.
func (r *ResponseMessage) DecodeSegList() (MsgSegList, error) {
	m := MsgSegList{ProtVer: r.MessageHeader.ProtVer, CryptoAlgoId: r.MessageHeader.CryptoAlgoId}
	c, err := r.MessageHeader.body(TypeSegList, r.MessageBody)
	if err != nil {
		return MsgSegList{}, err
	}
	m.read(&c)
	if c.violated {
		return MsgSegList{}, failed(c.violation)
	}
	return m, nil
}

// UnmarshalBinary decodes a copy of b into m, see [DecodeMsgSegList].
func (m *MsgSegList) UnmarshalBinary(b []byte) error { return unmarshal(m, b, DecodeMsgSegList) }

func (m *MsgSegList) read(c *cursor) {
	m.RequestID = c.requestID(RuleSegListTruncated)
	m.SegmentRanges = c.ranges(RuleSegListTruncated, RuleSegmentRangeCount, "MESSAGE_BODY.SegmentRangeCount")
	m.ExtensibleBlob = c.sized(RuleSegListBlob, RuleSegListBlob, "MESSAGE_BODY.SizeOfExtensibleBlob")
	c.end()
}

// Clone returns a copy of m that shares no bytes with it, or with what m was
// decoded from.
func (m MsgSegList) Clone() MsgSegList {
	m.SegmentRanges, m.ExtensibleBlob = m.SegmentRanges.Clone(), slices.Clone(m.ExtensibleBlob)
	return m
}

// CheckSenderRules returns an *Error for the first sender rule that m violates,
// and nil if it violates none: ProtVer, ranges that are not empty, an
// ExtensibleBlob that no receiver discards.
func (m MsgSegList) CheckSenderRules() error {
	s := senderRules(TypeSegList, m.ProtVer)
	s.at += len(m.RequestID) + 4
	for i, r := range m.SegmentRanges.All() {
		if r.Count == 0 {
			s.fail(RuleSegmentCount, "MESSAGE_BODY.SegmentRanges[].Count", i, s.at+4, 0, "is %, must be at least 1")
		}
		s.at += rangeLen
	}
	s.blob(m.ExtensibleBlob)
	return s.err()
}

// EncodedLen returns the exact length in bytes of what AppendBinary appends.
func (m MsgSegList) EncodedLen() int {
	return transportLen + headerLen + len(m.RequestID) + 4 + len(m.SegmentRanges.b) + 4 + len(m.ExtensibleBlob)
}

// AppendBinary appends m's wire form to dst, with TRANSPORT_RESPONSE_HEADER,
// growing it at most once. It rejects a value that violates a format or sender
// rule, with an *Error, and then returns dst unchanged.
func (m MsgSegList) AppendBinary(dst []byte) ([]byte, error) { return m.append(dst, true) }

// AppendLenient is AppendBinary without the sender rules: it encodes whatever
// DecodeMsgSegList accepts, and gives back the same bytes.
func (m MsgSegList) AppendLenient(dst []byte) ([]byte, error) { return m.append(dst, false) }

// MarshalBinary implements encoding.BinaryMarshaler by AppendBinary.
func (m MsgSegList) MarshalBinary() ([]byte, error) { return m.AppendBinary(nil) }

func (m *MsgSegList) append(dst []byte, strict bool) ([]byte, error) {
	j := checkHead(TypeSegList, m.CryptoAlgoId, m.EncodedLen())
	if j.violated {
		return dst, failed(j.violation)
	}
	if strict {
		if err := m.CheckSenderRules(); err != nil {
			return dst, err
		}
	}
	w := begin(dst, TypeSegList, m.ProtVer, m.CryptoAlgoId, m.EncodedLen())
	w = append(w, m.RequestID[:]...)
	w.ranges(m.SegmentRanges)
	w.sized(m.ExtensibleBlob)
	return w, nil
}
