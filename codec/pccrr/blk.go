package pccrr

import "slices"

// MsgBlk is a MSG_BLK (MS-PCCRR 2.2.5.3): a server sends a block, or
// none.
type MsgBlk struct {
	ProtVer      Version      // 1.0
	CryptoAlgoId CryptoAlgoId // how Block is encrypted
	// SegmentId is the HoHoDk of the segment: 32, 48 or 64 bytes. In a decoded message
	// it aliases the decoded bytes, and may have any length.
	SegmentId      []byte
	ZeroPad        [3]byte // the padding after it: as many bytes as there are, then zeros
	BlockIndex     uint32  // from 0; not defined if Block is empty
	NextBlockIndex uint32  // of the next block that the server has; 0 for none
	// Block is empty if the server does not have the block or is busy. Else it is
	// what CryptoAlgoId says, cipher text with its padding or the block itself;
	// AppendPlain decrypts it. In a decoded message it aliases the decoded bytes.
	Block    []byte
	ZeroPad2 [3]byte // ZeroPad_2, the padding after Block
	VrfBlock []byte  // empty. In a decoded message it aliases the decoded bytes.
	ZeroPad3 [3]byte // ZeroPad_3, the padding after VrfBlock
	// IVBlock is the initialization vector, 16 bytes, if Block is encrypted. In a
	// decoded message it aliases the decoded bytes.
	IVBlock []byte
}

// NewMsgBlk returns a message for the block with this index of the segment
// whose HoHoDk is segmentId, without a Block: the server does not have it.
// Encrypt puts one in. The message aliases segmentId.
func NewMsgBlk(segmentId []byte, index uint32) MsgBlk {
	return MsgBlk{ProtVer: Version1, SegmentId: segmentId, BlockIndex: index}
}

// DecodeMsgBlk decodes b, the body of an HTTP answer, header and body. What it
// refers to aliases b. The error, if any, is an *Error for the first format
// rule that b violates.
func DecodeMsgBlk(b []byte) (MsgBlk, error) {
	r, err := DecodeResponseMessage(b)
	if err != nil {
		return MsgBlk{}, err
	}
	return r.DecodeBlk()
}

// DecodeBlk decodes the body of r, whose type must be TypeBlk. What it refers
// to aliases r.MessageBody. The error, if any, is an *Error.
func (r *ResponseMessage) DecodeBlk() (MsgBlk, error) {
	m := MsgBlk{ProtVer: r.MessageHeader.ProtVer, CryptoAlgoId: r.MessageHeader.CryptoAlgoId}
	c, err := r.MessageHeader.body(TypeBlk, r.MessageBody)
	if err != nil {
		return MsgBlk{}, err
	}
	m.read(&c)
	if c.violated {
		return MsgBlk{}, failed(c.violation)
	}
	return m, nil
}

// UnmarshalBinary decodes a copy of b into m, see [DecodeMsgBlk].
func (m *MsgBlk) UnmarshalBinary(b []byte) error { return unmarshal(m, b, DecodeMsgBlk) }

func (m *MsgBlk) read(c *cursor) {
	m.SegmentId = c.sized(RuleBlkTruncated, RuleBlkSegmentId, "MESSAGE_BODY.SizeOfSegmentId")
	m.ZeroPad = c.pad("MESSAGE_BODY.ZeroPad", len(m.SegmentId))
	m.BlockIndex = c.uint32(RuleBlkTruncated, "MESSAGE_BODY.BlockIndex")
	m.NextBlockIndex = c.uint32(RuleBlkTruncated, "MESSAGE_BODY.NextBlockIndex")
	at := c.at
	m.Block = c.sized(RuleBlkTruncated, RuleSizeOfBlock, "MESSAGE_BODY.SizeOfBlock")
	m.checkBlock(&c.judge, at)
	m.ZeroPad2 = c.pad("MESSAGE_BODY.ZeroPad_2", len(m.Block))
	m.VrfBlock = c.sized(RuleBlkTruncated, RuleSizeOfVrfBlock, "MESSAGE_BODY.SizeOfVrfBlock")
	m.ZeroPad3 = c.pad("MESSAGE_BODY.ZeroPad_3", len(m.VrfBlock))
	at = c.at
	m.IVBlock = c.sized(RuleBlkTruncated, RuleSizeOfIVBlock, "MESSAGE_BODY.SizeOfIVBlock")
	m.checkIVBlock(&c.judge, at)
	c.end()
}

// Clone returns a copy of m that shares no bytes with it, or with what m was
// decoded from.
func (m MsgBlk) Clone() MsgBlk {
	m.SegmentId, m.Block = slices.Clone(m.SegmentId), slices.Clone(m.Block)
	m.VrfBlock, m.IVBlock = slices.Clone(m.VrfBlock), slices.Clone(m.IVBlock)
	return m
}

// CheckSenderRules returns an *Error for the first sender rule that m violates,
// and nil if it violates none: ProtVer, the length of SegmentId, NextBlockIndex,
// the padding after Block, an empty VrfBlock. Whether Block has the length and the
// content that it should, AppendVerified tells.
func (m MsgBlk) CheckSenderRules() error {
	s := senderRules(TypeBlk, m.ProtVer)
	s.segmentID(RuleBlkSegmentIdLen, "MESSAGE_BODY.SizeOfSegmentId", 0, m.SegmentId)
	if m.NextBlockIndex != 0 && m.NextBlockIndex <= m.BlockIndex {
		s.fail(RuleBlkNextBlockIndex, "MESSAGE_BODY.NextBlockIndex", 0, s.at+4, uint64(m.NextBlockIndex), "is %, must be 0 or more than BlockIndex")
	}
	s.at += 8 + 4 + len(m.Block)
	s.pad("MESSAGE_BODY.ZeroPad_2", m.ZeroPad2[:padding(len(m.Block))])
	s.empty(RuleBlkVrf, "MESSAGE_BODY.SizeOfVrfBlock", m.VrfBlock)
	return s.err()
}

// EncodedLen returns the exact length in bytes of what AppendBinary appends.
func (m MsgBlk) EncodedLen() int {
	return m.offIVBlock() + 4 + len(m.IVBlock)
}

// AppendBinary appends m's wire form to dst, with TRANSPORT_RESPONSE_HEADER,
// growing it at most once. It rejects a value that violates a format or sender
// rule, with an *Error, and then returns dst unchanged.
func (m MsgBlk) AppendBinary(dst []byte) ([]byte, error) { return m.append(dst, true) }

// AppendLenient is AppendBinary without the sender rules: it encodes whatever
// DecodeMsgBlk accepts, and gives back the same bytes.
func (m MsgBlk) AppendLenient(dst []byte) ([]byte, error) { return m.append(dst, false) }

// MarshalBinary implements encoding.BinaryMarshaler by AppendBinary.
func (m MsgBlk) MarshalBinary() ([]byte, error) { return m.AppendBinary(nil) }

func (m *MsgBlk) append(dst []byte, strict bool) ([]byte, error) {
	j := checkHead(TypeBlk, m.CryptoAlgoId, m.EncodedLen())
	m.checkBlock(&j, m.offBlock())
	m.checkIVBlock(&j, m.offIVBlock())
	if j.violated {
		return dst, failed(j.violation)
	}
	if strict {
		if err := m.CheckSenderRules(); err != nil {
			return dst, err
		}
	}
	w := begin(dst, TypeBlk, m.ProtVer, m.CryptoAlgoId, m.EncodedLen())
	w.sized(m.SegmentId)
	w.pad(&m.ZeroPad, len(m.SegmentId))
	w.uint32(m.BlockIndex)
	w.uint32(m.NextBlockIndex)
	w.sized(m.Block)
	w.pad(&m.ZeroPad2, len(m.Block))
	w.sized(m.VrfBlock)
	w.pad(&m.ZeroPad3, len(m.VrfBlock))
	w.sized(m.IVBlock)
	return w, nil
}

// offBlock and offIVBlock return where in the HTTP body SizeOfBlock and
// SizeOfIVBlock are.
func (m *MsgBlk) offBlock() int { return transportLen + headerLen + paddedLen(len(m.SegmentId)) + 8 }

func (m *MsgBlk) offIVBlock() int {
	return m.offBlock() + paddedLen(len(m.Block)) + paddedLen(len(m.VrfBlock))
}

// checkBlock and checkIVBlock check what encryption asks for; at is where the
// size of the field is. An unknown algorithm asks for nothing.
func (m *MsgBlk) checkBlock(j *judge, at int) {
	if n := len(m.Block); n%cipherBlockLen != 0 && m.CryptoAlgoId.KeyLen() > 0 {
		j.fail(RuleBlock, "MESSAGE_BODY.SizeOfBlock", 0, at, uint64(n), "is %, must be a multiple of 16 with AES")
	}
}

func (m *MsgBlk) checkIVBlock(j *judge, at int) {
	if n := len(m.IVBlock); n != cipherBlockLen && len(m.Block) > 0 && m.CryptoAlgoId.KeyLen() > 0 {
		j.fail(RuleIVBlock, "MESSAGE_BODY.SizeOfIVBlock", 0, at, uint64(n), "is %, must be 16 with AES")
	}
}
