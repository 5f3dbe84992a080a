package pccrr

import "slices"

// MsgGetBlkList is a MSG_GETBLKLIST (MS-PCCRR 2.2.4.2): a client asks
// which blocks of a segment a server has.
type MsgGetBlkList struct {
	ProtVer      Version      // 1.0
	CryptoAlgoId CryptoAlgoId // what the client prefers
	// SegmentID is the HoHoDk of the segment: 32, 48 or 64 bytes. In a decoded message
	// it aliases the decoded bytes, and may have any length.
	SegmentID         []byte
	ZeroPad           [3]byte // the padding after it: as many bytes as there are, then zeros
	NeededBlockRanges Ranges  // of blocks, 1 to MaxBlockRanges
}

// NewMsgGetBlkList returns a message that asks for these blocks of the segment
// whose HoHoDk is segmentID. The message aliases both.
func NewMsgGetBlkList(segmentID []byte, needed Ranges) MsgGetBlkList {
	return MsgGetBlkList{ProtVer: Version1, CryptoAlgoId: CryptoAES128, SegmentID: segmentID, NeededBlockRanges: needed}
}

// DecodeMsgGetBlkList decodes b, the body of an HTTP POST, header and body.
// SegmentID and NeededBlockRanges aliases b. The error, if any, is an *Error
// for the first format rule that b violates.
func DecodeMsgGetBlkList(b []byte) (MsgGetBlkList, error) {
	r, err := DecodeRequestMessage(b)
	if err != nil {
		return MsgGetBlkList{}, err
	}
	return r.DecodeGetBlkList()
}

// DecodeGetBlkList decodes the body of r, whose type must be TypeGetBlkList.
// SegmentID and NeededBlockRanges aliases r.MessageBody. The error, if any, is
// an *Error.
func (r *RequestMessage) DecodeGetBlkList() (MsgGetBlkList, error) {
	m := MsgGetBlkList{ProtVer: r.MessageHeader.ProtVer, CryptoAlgoId: r.MessageHeader.CryptoAlgoId}
	c, err := r.MessageHeader.body(TypeGetBlkList, r.MessageBody)
	if err != nil {
		return MsgGetBlkList{}, err
	}
	m.read(&c)
	if c.violated {
		return MsgGetBlkList{}, failed(c.violation)
	}
	return m, nil
}

// UnmarshalBinary decodes a copy of b into m, see [DecodeMsgGetBlkList].
func (m *MsgGetBlkList) UnmarshalBinary(b []byte) error { return unmarshal(m, b, DecodeMsgGetBlkList) }

func (m *MsgGetBlkList) read(c *cursor) {
	m.SegmentID = c.sized(RuleGetBlkListTruncated, RuleGetBlkListSegmentID, "MESSAGE_BODY.SizeOfSegmentID")
	m.ZeroPad = c.pad("MESSAGE_BODY.ZeroPad", len(m.SegmentID))
	m.NeededBlockRanges = c.ranges(RuleGetBlkListTruncated, RuleNeededBlocksRangeCount, "MESSAGE_BODY.NeededBlocksRangeCount")
	c.end()
}

// Clone returns a copy of m that shares no bytes with it, or with what m was
// decoded from.
func (m MsgGetBlkList) Clone() MsgGetBlkList {
	m.SegmentID, m.NeededBlockRanges = slices.Clone(m.SegmentID), m.NeededBlockRanges.Clone()
	return m
}

// CheckSenderRules returns an *Error for the first sender rule that m violates,
// and nil if it violates none: ProtVer, the length of SegmentID,
// the number of ranges and what they say.
func (m MsgGetBlkList) CheckSenderRules() error {
	s := senderRules(TypeGetBlkList, m.ProtVer)
	s.segmentID(RuleGetBlkListSegmentIDLen, "MESSAGE_BODY.SizeOfSegmentID", 0, m.SegmentID)
	s.rangeCount(RuleGetBlkListRanges, "MESSAGE_BODY.NeededBlocksRangeCount", m.NeededBlockRanges.Len())
	s.at += 4
	s.blockRanges("MESSAGE_BODY.NeededBlockRanges[].Index", "MESSAGE_BODY.NeededBlockRanges[].Count", m.NeededBlockRanges)
	return s.err()
}

// EncodedLen returns the exact length in bytes of what AppendBinary appends.
func (m MsgGetBlkList) EncodedLen() int {
	return headerLen + paddedLen(len(m.SegmentID)) + 4 + len(m.NeededBlockRanges.b)
}

// AppendBinary appends m's wire form to dst, growing it at most once. It
// rejects a value that violates a format or sender rule, with an *Error, and
// then returns dst unchanged.
func (m MsgGetBlkList) AppendBinary(dst []byte) ([]byte, error) { return m.append(dst, true) }

// AppendLenient is AppendBinary without the sender rules: it encodes whatever
// DecodeMsgGetBlkList accepts, and gives back the same bytes.
func (m MsgGetBlkList) AppendLenient(dst []byte) ([]byte, error) { return m.append(dst, false) }

// MarshalBinary implements encoding.BinaryMarshaler by AppendBinary.
func (m MsgGetBlkList) MarshalBinary() ([]byte, error) { return m.AppendBinary(nil) }

func (m *MsgGetBlkList) append(dst []byte, strict bool) ([]byte, error) {
	j := checkHead(TypeGetBlkList, m.CryptoAlgoId, m.EncodedLen())
	if j.violated {
		return dst, failed(j.violation)
	}
	if strict {
		if err := m.CheckSenderRules(); err != nil {
			return dst, err
		}
	}
	w := begin(dst, TypeGetBlkList, m.ProtVer, m.CryptoAlgoId, m.EncodedLen())
	w.sized(m.SegmentID)
	w.pad(&m.ZeroPad, len(m.SegmentID))
	w.ranges(m.NeededBlockRanges)
	return w, nil
}
