package pccrr

import "slices"

// MsgBlkList is a MSG_BLKLIST (MS-PCCRR 2.2.5.2): a server says which of
// the blocks that were asked for it has.
type MsgBlkList struct {
	ProtVer      Version      // 1.0
	CryptoAlgoId CryptoAlgoId // says nothing
	// SegmentId is the HoHoDk of the segment: 32, 48 or 64 bytes. In a decoded message
	// it aliases the decoded bytes, and may have any length.
	SegmentId      []byte
	ZeroPad        [3]byte // the padding after it: as many bytes as there are, then zeros
	BlockRanges    Ranges  // of blocks, within those that were asked for; may be empty
	NextBlockIndex uint32  // 0; says nothing
}

// NewMsgBlkList returns a message that says which blocks a server has of the
// segment whose HoHoDk is segmentId. The message aliases both.
func NewMsgBlkList(segmentId []byte, has Ranges) MsgBlkList {
	return MsgBlkList{ProtVer: Version1, SegmentId: segmentId, BlockRanges: has}
}

// DecodeMsgBlkList decodes b, the body of an HTTP answer, header and body.
// SegmentId and BlockRanges aliases b. The error, if any, is an *Error for the
// first format rule that b violates.
func DecodeMsgBlkList(b []byte) (MsgBlkList, error) {
	r, err := DecodeResponseMessage(b)
	if err != nil {
		return MsgBlkList{}, err
	}
	return r.DecodeBlkList()
}

// DecodeBlkList decodes the body of r, whose type must be TypeBlkList.
// SegmentId and BlockRanges aliases r.MessageBody. The error, if any, is an
// *Error.
func (r *ResponseMessage) DecodeBlkList() (MsgBlkList, error) {
	m := MsgBlkList{ProtVer: r.MessageHeader.ProtVer, CryptoAlgoId: r.MessageHeader.CryptoAlgoId}
	c, err := r.MessageHeader.body(TypeBlkList, r.MessageBody)
	if err != nil {
		return MsgBlkList{}, err
	}
	m.read(&c)
	if c.violated {
		return MsgBlkList{}, failed(c.violation)
	}
	return m, nil
}

// UnmarshalBinary decodes a copy of b into m, see [DecodeMsgBlkList].
func (m *MsgBlkList) UnmarshalBinary(b []byte) error { return unmarshal(m, b, DecodeMsgBlkList) }

func (m *MsgBlkList) read(c *cursor) {
	m.SegmentId = c.sized(RuleBlkListTruncated, RuleBlkListSegmentId, "MESSAGE_BODY.SizeOfSegmentId")
	m.ZeroPad = c.pad("MESSAGE_BODY.ZeroPad", len(m.SegmentId))
	m.BlockRanges = c.ranges(RuleBlkListTruncated, RuleBlockRangeCount, "MESSAGE_BODY.BlockRangeCount")
	m.NextBlockIndex = c.uint32(RuleBlkListNextBlockIndex, "MESSAGE_BODY.NextBlockIndex")
	c.end()
}

// Clone returns a copy of m that shares no bytes with it, or with what m was
// decoded from.
func (m MsgBlkList) Clone() MsgBlkList {
	m.SegmentId, m.BlockRanges = slices.Clone(m.SegmentId), m.BlockRanges.Clone()
	return m
}

// CheckSenderRules returns an *Error for the first sender rule that m violates,
// and nil if it violates none: ProtVer, the length of SegmentId,
// what the ranges say.
func (m MsgBlkList) CheckSenderRules() error {
	s := senderRules(TypeBlkList, m.ProtVer)
	s.segmentID(RuleBlkListSegmentIdLen, "MESSAGE_BODY.SizeOfSegmentId", 0, m.SegmentId)
	s.at += 4
	s.blockRanges("MESSAGE_BODY.BlockRanges[].Index", "MESSAGE_BODY.BlockRanges[].Count", m.BlockRanges)
	return s.err()
}

// EncodedLen returns the exact length in bytes of what AppendBinary appends.
func (m MsgBlkList) EncodedLen() int {
	return transportLen + headerLen + paddedLen(len(m.SegmentId)) + 4 + len(m.BlockRanges.b) + 4
}

// AppendBinary appends m's wire form to dst, with TRANSPORT_RESPONSE_HEADER,
// growing it at most once. It rejects a value that violates a format or sender
// rule, with an *Error, and then returns dst unchanged.
func (m MsgBlkList) AppendBinary(dst []byte) ([]byte, error) { return m.append(dst, true) }

// AppendLenient is AppendBinary without the sender rules: it encodes whatever
// DecodeMsgBlkList accepts, and gives back the same bytes.
func (m MsgBlkList) AppendLenient(dst []byte) ([]byte, error) { return m.append(dst, false) }

// MarshalBinary implements encoding.BinaryMarshaler by AppendBinary.
func (m MsgBlkList) MarshalBinary() ([]byte, error) { return m.AppendBinary(nil) }

func (m *MsgBlkList) append(dst []byte, strict bool) ([]byte, error) {
	j := checkHead(TypeBlkList, m.CryptoAlgoId, m.EncodedLen())
	if j.violated {
		return dst, failed(j.violation)
	}
	if strict {
		if err := m.CheckSenderRules(); err != nil {
			return dst, err
		}
	}
	w := begin(dst, TypeBlkList, m.ProtVer, m.CryptoAlgoId, m.EncodedLen())
	w.sized(m.SegmentId)
	w.pad(&m.ZeroPad, len(m.SegmentId))
	w.ranges(m.BlockRanges)
	w.uint32(m.NextBlockIndex)
	return w, nil
}
