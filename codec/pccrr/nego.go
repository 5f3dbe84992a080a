package pccrr

// MsgNegoReq is a MSG_NEGO_REQ (MS-PCCRR 2.2.4.1): a client asks which
// versions a server speaks, and says which it speaks. Windows sends none, but
// answers it.
type MsgNegoReq struct {
	ProtVer      Version // 1.0
	CryptoAlgoId CryptoAlgoId
	VersionRange
}

// NewMsgNegoReq returns a message of a client that speaks the versions r.
func NewMsgNegoReq(r VersionRange) MsgNegoReq {
	return MsgNegoReq{ProtVer: Version1, VersionRange: r}
}

// DecodeMsgNegoReq decodes b, the body of an HTTP POST, header and body.
// The error, if any, is an *Error for the first format rule that b violates.
func DecodeMsgNegoReq(b []byte) (MsgNegoReq, error) {
	r, err := DecodeRequestMessage(b)
	if err != nil {
		return MsgNegoReq{}, err
	}
	return r.DecodeNegoReq()
}

// DecodeNegoReq decodes the body of r, whose type must be TypeNegoReq.
// The error, if any, is an *Error.
func (r *RequestMessage) DecodeNegoReq() (MsgNegoReq, error) {
	m := MsgNegoReq{ProtVer: r.MessageHeader.ProtVer, CryptoAlgoId: r.MessageHeader.CryptoAlgoId}
	c, err := r.MessageHeader.body(TypeNegoReq, r.MessageBody)
	if err != nil {
		return MsgNegoReq{}, err
	}
	m.read(&c)
	if c.violated {
		return MsgNegoReq{}, failed(c.violation)
	}
	return m, nil
}

// UnmarshalBinary decodes a copy of b into m, see [DecodeMsgNegoReq].
func (m *MsgNegoReq) UnmarshalBinary(b []byte) error { return unmarshal(m, b, DecodeMsgNegoReq) }

func (m *MsgNegoReq) read(c *cursor) { m.VersionRange = c.versions(RuleNegoReqTruncated) }

// CheckSenderRules returns an *Error for the first sender rule that m violates,
// and nil if it violates none.
func (m MsgNegoReq) CheckSenderRules() error {
	s := senderRules(TypeNegoReq, m.ProtVer)
	s.versions(RuleNegoReqRange, m.VersionRange)
	return s.err()
}

// EncodedLen returns the exact length in bytes of what AppendBinary appends.
func (m MsgNegoReq) EncodedLen() int { return headerLen + versionsLen }

// AppendBinary appends m's wire form to dst, growing it at most once. It
// rejects a value that violates a format or sender rule, with an *Error, and
// then returns dst unchanged.
func (m MsgNegoReq) AppendBinary(dst []byte) ([]byte, error) { return m.append(dst, true) }

// AppendLenient is AppendBinary without the sender rules: it encodes whatever
// DecodeMsgNegoReq accepts, and gives back the same bytes.
func (m MsgNegoReq) AppendLenient(dst []byte) ([]byte, error) { return m.append(dst, false) }

// MarshalBinary implements encoding.BinaryMarshaler by AppendBinary.
func (m MsgNegoReq) MarshalBinary() ([]byte, error) { return m.AppendBinary(nil) }

func (m *MsgNegoReq) append(dst []byte, strict bool) ([]byte, error) {
	j := checkHead(TypeNegoReq, m.CryptoAlgoId, m.EncodedLen())
	if j.violated {
		return dst, failed(j.violation)
	}
	if strict {
		if err := m.CheckSenderRules(); err != nil {
			return dst, err
		}
	}
	w := begin(dst, TypeNegoReq, m.ProtVer, m.CryptoAlgoId, m.EncodedLen())
	w.versions(m.VersionRange)
	return w, nil
}

// MsgNegoResp is a MSG_NEGO_RESP (MS-PCCRR 2.2.5.1): a server says which
// versions it speaks, in answer to a MSG_NEGO_REQ or to any request of another
// major version.
type MsgNegoResp struct {
	ProtVer      Version // 1.0
	CryptoAlgoId CryptoAlgoId
	VersionRange
}

// NewMsgNegoResp returns a message of a server that speaks the versions r.
func NewMsgNegoResp(r VersionRange) MsgNegoResp {
	return MsgNegoResp{ProtVer: Version1, VersionRange: r}
}

// DecodeMsgNegoResp decodes b, the body of an HTTP answer, header and body.
// The error, if any, is an *Error for the first format rule that b violates.
func DecodeMsgNegoResp(b []byte) (MsgNegoResp, error) {
	r, err := DecodeResponseMessage(b)
	if err != nil {
		return MsgNegoResp{}, err
	}
	return r.DecodeNegoResp()
}

// DecodeNegoResp decodes the body of r, whose type must be TypeNegoResp.
// The error, if any, is an *Error.
func (r *ResponseMessage) DecodeNegoResp() (MsgNegoResp, error) {
	m := MsgNegoResp{ProtVer: r.MessageHeader.ProtVer, CryptoAlgoId: r.MessageHeader.CryptoAlgoId}
	c, err := r.MessageHeader.body(TypeNegoResp, r.MessageBody)
	if err != nil {
		return MsgNegoResp{}, err
	}
	m.read(&c)
	if c.violated {
		return MsgNegoResp{}, failed(c.violation)
	}
	return m, nil
}

// UnmarshalBinary decodes a copy of b into m, see [DecodeMsgNegoResp].
func (m *MsgNegoResp) UnmarshalBinary(b []byte) error { return unmarshal(m, b, DecodeMsgNegoResp) }

func (m *MsgNegoResp) read(c *cursor) { m.VersionRange = c.versions(RuleNegoRespTruncated) }

// CheckSenderRules returns an *Error for the first sender rule that m violates,
// and nil if it violates none.
func (m MsgNegoResp) CheckSenderRules() error {
	s := senderRules(TypeNegoResp, m.ProtVer)
	s.versions(RuleNegoRespRange, m.VersionRange)
	return s.err()
}

// EncodedLen returns the exact length in bytes of what AppendBinary appends.
func (m MsgNegoResp) EncodedLen() int { return transportLen + headerLen + versionsLen }

// AppendBinary appends m's wire form to dst, with TRANSPORT_RESPONSE_HEADER,
// growing it at most once. It rejects a value that violates a format or sender
// rule, with an *Error, and then returns dst unchanged.
func (m MsgNegoResp) AppendBinary(dst []byte) ([]byte, error) { return m.append(dst, true) }

// AppendLenient is AppendBinary without the sender rules: it encodes whatever
// DecodeMsgNegoResp accepts, and gives back the same bytes.
func (m MsgNegoResp) AppendLenient(dst []byte) ([]byte, error) { return m.append(dst, false) }

// MarshalBinary implements encoding.BinaryMarshaler by AppendBinary.
func (m MsgNegoResp) MarshalBinary() ([]byte, error) { return m.AppendBinary(nil) }

func (m *MsgNegoResp) append(dst []byte, strict bool) ([]byte, error) {
	j := checkHead(TypeNegoResp, m.CryptoAlgoId, m.EncodedLen())
	if j.violated {
		return dst, failed(j.violation)
	}
	if strict {
		if err := m.CheckSenderRules(); err != nil {
			return dst, err
		}
	}
	w := begin(dst, TypeNegoResp, m.ProtVer, m.CryptoAlgoId, m.EncodedLen())
	w.versions(m.VersionRange)
	return w, nil
}

// versionsLen is the length of a VersionRange on the wire.
const versionsLen = 8

func (c *cursor) versions(missing Rule) (r VersionRange) {
	for i, field := range [...]string{"MESSAGE_BODY.MinSupportedProtocolVersion", "MESSAGE_BODY.MaxSupportedProtocolVersion"} {
		n := c.uint32(missing, field)
		v := Version{uint16(n >> 16), uint16(n)}
		if i == 0 {
			r.MinSupportedProtocolVersion = v
		} else {
			r.MaxSupportedProtocolVersion = v
		}
	}
	c.end()
	return r
}

func (s *sender) versions(rule Rule, r VersionRange) {
	low, high := r.MinSupportedProtocolVersion, r.MaxSupportedProtocolVersion
	if low.MajorVersion > high.MajorVersion || low.MajorVersion == high.MajorVersion && low.MinorVersion > high.MinorVersion {
		s.fail(rule, "MESSAGE_BODY.MinSupportedProtocolVersion", 0, s.at, 0, "is above MaxSupportedProtocolVersion")
	}
}

func (w *writer) versions(r VersionRange) {
	*w = r.MaxSupportedProtocolVersion.append(r.MinSupportedProtocolVersion.append(*w))
}
