package pccrr

import "slices"

// MsgGetSegList is a MSG_GETSEGLIST (MS-PCCRR 2.2.4.4): a client asks
// a hosted cache which segments it has. It exists in version 2.0 only.
type MsgGetSegList struct {
	ProtVer      Version      // 2.0
	CryptoAlgoId CryptoAlgoId // what the client prefers
	RequestID    [16]byte     // of the client's choice, opaque; the answer repeats it
	SegmentIDs   SegmentIDs   // 1 or more. In a decoded message it aliases the decoded bytes.
	// ExtensibleBlob is what DecodeExtensibleBlob decodes: the ages of segments, or
	// nothing. In a decoded message it aliases the decoded bytes.
	ExtensibleBlob []byte
}

// NewMsgGetSegList returns a message that asks for the segments with these
// HoHoDks, which it aliases. requestID differs from those of the requests that
// the client has under way.
func NewMsgGetSegList(requestID [16]byte, segmentIDs SegmentIDs) MsgGetSegList {
	return MsgGetSegList{ProtVer: Version2, RequestID: requestID, SegmentIDs: segmentIDs}
}

// DecodeMsgGetSegList decodes b, the body of an HTTP POST, header and body.
// What it refers to aliases b. The error, if any, is an *Error for the first
// format rule that b violates.
func DecodeMsgGetSegList(b []byte) (MsgGetSegList, error) {
	r, err := DecodeRequestMessage(b)
	if err != nil {
		return MsgGetSegList{}, err
	}
	return r.DecodeGetSegList()
}

// DecodeGetSegList decodes the body of r, whose type must be TypeGetSegList.
// What it refers to aliases r.MessageBody. The error, if any, is an *Error.
func (r *RequestMessage) DecodeGetSegList() (MsgGetSegList, error) {
	m := MsgGetSegList{ProtVer: r.MessageHeader.ProtVer, CryptoAlgoId: r.MessageHeader.CryptoAlgoId}
	c, err := r.MessageHeader.body(TypeGetSegList, r.MessageBody)
	if err != nil {
		return MsgGetSegList{}, err
	}
	m.read(&c)
	if c.violated {
		return MsgGetSegList{}, failed(c.violation)
	}
	return m, nil
}

// UnmarshalBinary decodes a copy of b into m, see [DecodeMsgGetSegList].
func (m *MsgGetSegList) UnmarshalBinary(b []byte) error { return unmarshal(m, b, DecodeMsgGetSegList) }

func (m *MsgGetSegList) read(c *cursor) {
	m.RequestID = c.requestID(RuleGetSegListTruncated)
	m.SegmentIDs = c.segmentIDs()
	m.ExtensibleBlob = c.sized(RuleGetSegListBlob, RuleGetSegListBlob, "MESSAGE_BODY.SizeOfExtensibleBlob")
	c.end()
}

// Clone returns a copy of m that shares no bytes with it, or with what m was
// decoded from.
func (m MsgGetSegList) Clone() MsgGetSegList {
	m.SegmentIDs, m.ExtensibleBlob = m.SegmentIDs.Clone(), slices.Clone(m.ExtensibleBlob)
	return m
}

// CheckSenderRules returns an *Error for the first sender rule that m violates,
// and nil if it violates none: ProtVer, the length of each SegmentID,
// an ExtensibleBlob that no receiver discards.
func (m MsgGetSegList) CheckSenderRules() error {
	s := senderRules(TypeGetSegList, m.ProtVer)
	s.at += len(m.RequestID) + 4
	for i, id := range m.SegmentIDs.All() {
		s.segmentID(RuleGetSegListSegmentIDLen, "MESSAGE_BODY.SegmentIDs[].SizeOfSegmentID", i, id)
	}
	s.blob(m.ExtensibleBlob)
	return s.err()
}

// EncodedLen returns the exact length in bytes of what AppendBinary appends.
func (m MsgGetSegList) EncodedLen() int {
	return headerLen + len(m.RequestID) + 4 + len(m.SegmentIDs.b) + 4 + len(m.ExtensibleBlob)
}

// AppendBinary appends m's wire form to dst, growing it at most once. It
// rejects a value that violates a format or sender rule, with an *Error, and
// then returns dst unchanged.
func (m MsgGetSegList) AppendBinary(dst []byte) ([]byte, error) { return m.append(dst, true) }

// AppendLenient is AppendBinary without the sender rules: it encodes whatever
// DecodeMsgGetSegList accepts, and gives back the same bytes.
func (m MsgGetSegList) AppendLenient(dst []byte) ([]byte, error) { return m.append(dst, false) }

// MarshalBinary implements encoding.BinaryMarshaler by AppendBinary.
func (m MsgGetSegList) MarshalBinary() ([]byte, error) { return m.AppendBinary(nil) }

func (m *MsgGetSegList) append(dst []byte, strict bool) ([]byte, error) {
	j := checkHead(TypeGetSegList, m.CryptoAlgoId, m.EncodedLen())
	if m.SegmentIDs.n == 0 {
		j.fail(RuleCountOfSegmentIDs, "MESSAGE_BODY.CountOfSegmentIDs", 0, offCountOfSegmentIDs, 0, "is %, must be at least 1")
	}
	if j.violated {
		return dst, failed(j.violation)
	}
	if strict {
		if err := m.CheckSenderRules(); err != nil {
			return dst, err
		}
	}
	w := begin(dst, TypeGetSegList, m.ProtVer, m.CryptoAlgoId, m.EncodedLen())
	w = append(w, m.RequestID[:]...)
	w.uint32(uint32(m.SegmentIDs.n))
	w = append(w, m.SegmentIDs.b...)
	w.sized(m.ExtensibleBlob)
	return w, nil
}
