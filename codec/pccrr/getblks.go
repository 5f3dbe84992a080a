package pccrr

import "slices"

// MsgGetBlks is a MSG_GETBLKS (MS-PCCRR 2.2.4.3): a client asks for a block
// of a segment.
type MsgGetBlks struct {
	ProtVer      Version      // 1.0
	CryptoAlgoId CryptoAlgoId // what the client prefers
	// SegmentID is the HoHoDk of the segment: 32, 48 or 64 bytes. In a decoded message
	// it aliases the decoded bytes, and may have any length.
	SegmentID      []byte
	ZeroPad        [3]byte // the padding after it: as many bytes as there are, then zeros
	ReqBlockRanges Ranges  // one block; of more a server sends the lowest
	// DataForVrfBlock is empty. In a decoded message it aliases the decoded bytes.
	DataForVrfBlock []byte
}

// NewMsgGetBlks returns a message that asks for the block with this index, from
// 0, of the segment whose HoHoDk is segmentID, which the message aliases. It is
// always 0 in version 2.0 of Content Information, where a segment is one block.
func NewMsgGetBlks(segmentID []byte, index uint32) MsgGetBlks {
	return MsgGetBlks{ProtVer: Version1, CryptoAlgoId: CryptoAES128, SegmentID: segmentID, ReqBlockRanges: NewRanges(Range{index, 1})}
}

// DecodeMsgGetBlks decodes b, the body of an HTTP POST, header and body. What
// it refers to aliases b. The error, if any, is an *Error for the first format
// rule that b violates.
func DecodeMsgGetBlks(b []byte) (MsgGetBlks, error) {
	r, err := DecodeRequestMessage(b)
	if err != nil {
		return MsgGetBlks{}, err
	}
	return r.DecodeGetBlks()
}

// DecodeGetBlks decodes the body of r, whose type must be TypeGetBlks. What it
// refers to aliases r.MessageBody. The error, if any, is an *Error.
func (r *RequestMessage) DecodeGetBlks() (MsgGetBlks, error) {
	m := MsgGetBlks{ProtVer: r.MessageHeader.ProtVer, CryptoAlgoId: r.MessageHeader.CryptoAlgoId}
	c, err := r.MessageHeader.body(TypeGetBlks, r.MessageBody)
	if err != nil {
		return MsgGetBlks{}, err
	}
	m.read(&c)
	if c.violated {
		return MsgGetBlks{}, failed(c.violation)
	}
	return m, nil
}

// UnmarshalBinary decodes a copy of b into m, see [DecodeMsgGetBlks].
func (m *MsgGetBlks) UnmarshalBinary(b []byte) error { return unmarshal(m, b, DecodeMsgGetBlks) }

func (m *MsgGetBlks) read(c *cursor) {
	m.SegmentID = c.sized(RuleGetBlksTruncated, RuleGetBlksSegmentID, "MESSAGE_BODY.SizeOfSegmentID")
	m.ZeroPad = c.pad("MESSAGE_BODY.ZeroPad", len(m.SegmentID))
	m.ReqBlockRanges = c.ranges(RuleGetBlksTruncated, RuleReqBlockRangeCount, "MESSAGE_BODY.ReqBlockRangeCount")
	m.DataForVrfBlock = c.sized(RuleGetBlksTruncated, RuleSizeOfDataForVrfBlock, "MESSAGE_BODY.SizeOfDataForVrfBlock")
	c.end()
}

// Clone returns a copy of m that shares no bytes with it, or with what m was
// decoded from.
func (m MsgGetBlks) Clone() MsgGetBlks {
	m.SegmentID, m.ReqBlockRanges = slices.Clone(m.SegmentID), m.ReqBlockRanges.Clone()
	m.DataForVrfBlock = slices.Clone(m.DataForVrfBlock)
	return m
}

// CheckSenderRules returns an *Error for the first sender rule that m violates,
// and nil if it violates none: ProtVer, the length of SegmentID,
// one range of one block, an empty DataForVrfBlock.
func (m MsgGetBlks) CheckSenderRules() error {
	s := senderRules(TypeGetBlks, m.ProtVer)
	s.segmentID(RuleGetBlksSegmentIDLen, "MESSAGE_BODY.SizeOfSegmentID", 0, m.SegmentID)
	s.rangeCount(RuleGetBlksRanges, "MESSAGE_BODY.ReqBlockRangeCount", m.ReqBlockRanges.Len())
	if n := m.ReqBlockRanges.Len(); n != 1 {
		s.fail(RuleOneBlock, "MESSAGE_BODY.ReqBlockRangeCount", 0, s.at, uint64(n), "is %, must be 1")
	}
	s.at += 4
	at := s.at
	s.blockRanges("MESSAGE_BODY.ReqBlockRanges[].Index", "MESSAGE_BODY.ReqBlockRanges[].Count", m.ReqBlockRanges)
	for i, r := range m.ReqBlockRanges.All() {
		if r.Count != 1 {
			s.fail(RuleOneBlock, "MESSAGE_BODY.ReqBlockRanges[].Count", i, at+i*rangeLen+4, uint64(r.Count), "is %, must be 1")
		}
	}
	s.empty(RuleGetBlksVrf, "MESSAGE_BODY.SizeOfDataForVrfBlock", m.DataForVrfBlock)
	return s.err()
}

// EncodedLen returns the exact length in bytes of what AppendBinary appends.
func (m MsgGetBlks) EncodedLen() int {
	return headerLen + paddedLen(len(m.SegmentID)) + 4 + len(m.ReqBlockRanges.b) + 4 + len(m.DataForVrfBlock)
}

// AppendBinary appends m's wire form to dst, growing it at most once. It
// rejects a value that violates a format or sender rule, with an *Error, and
// then returns dst unchanged.
func (m MsgGetBlks) AppendBinary(dst []byte) ([]byte, error) { return m.append(dst, true) }

// AppendLenient is AppendBinary without the sender rules: it encodes whatever
// DecodeMsgGetBlks accepts, and gives back the same bytes.
func (m MsgGetBlks) AppendLenient(dst []byte) ([]byte, error) { return m.append(dst, false) }

// MarshalBinary implements encoding.BinaryMarshaler by AppendBinary.
func (m MsgGetBlks) MarshalBinary() ([]byte, error) { return m.AppendBinary(nil) }

func (m *MsgGetBlks) append(dst []byte, strict bool) ([]byte, error) {
	j := checkHead(TypeGetBlks, m.CryptoAlgoId, m.EncodedLen())
	if j.violated {
		return dst, failed(j.violation)
	}
	if strict {
		if err := m.CheckSenderRules(); err != nil {
			return dst, err
		}
	}
	w := begin(dst, TypeGetBlks, m.ProtVer, m.CryptoAlgoId, m.EncodedLen())
	w.sized(m.SegmentID)
	w.pad(&m.ZeroPad, len(m.SegmentID))
	w.ranges(m.ReqBlockRanges)
	w.sized(m.DataForVrfBlock)
	return w, nil
}

// First returns the index of the block that a server sends, if it has it: the
// lowest that is asked for (MS-PCCRR 3.2.5.3). ok is false if none is.
func (m MsgGetBlks) First() (index uint32, ok bool) {
	for _, r := range m.ReqBlockRanges.All() {
		if r.Count > 0 && (!ok || r.Index < index) {
			index, ok = r.Index, true
		}
	}
	return index, ok
}
