package pccrr

import (
	"encoding/hex"
	"fmt"
	"strconv"
)

// Messages print as one line: Format is for fmt, MarshalText for log/slog and
// encoding/xml, MarshalJSON for encoding/json. MarshalJSON has the
// specification's names, bytes in hexadecimal, padding where there is any.

// Format writes MarshalText, for any verb.
func (m MsgNegoReq) Format(f fmt.State, _ rune) { _, _ = f.Write(m.summary(TypeNegoReq)) }

// MarshalText returns one line about m.
func (m MsgNegoReq) MarshalText() ([]byte, error) { return m.summary(TypeNegoReq), nil }

// MarshalJSON returns m as an object with the specification's names.
func (m MsgNegoReq) MarshalJSON() ([]byte, error) {
	return m.VersionRange.json(header(TypeNegoReq, m.ProtVer, m.CryptoAlgoId, m.EncodedLen())), nil
}

// Format writes MarshalText, for any verb.
func (m MsgNegoResp) Format(f fmt.State, _ rune) { _, _ = f.Write(m.summary(TypeNegoResp)) }

// MarshalText returns one line about m.
func (m MsgNegoResp) MarshalText() ([]byte, error) { return m.summary(TypeNegoResp), nil }

// MarshalJSON returns m as an object with the specification's names.
func (m MsgNegoResp) MarshalJSON() ([]byte, error) {
	return m.VersionRange.json(header(TypeNegoResp, m.ProtVer, m.CryptoAlgoId, m.EncodedLen())), nil
}

func (r VersionRange) summary(t MsgType) []byte {
	return fmt.Appendf(nil, "%s, versions %s to %s", t, r.MinSupportedProtocolVersion, r.MaxSupportedProtocolVersion)
}

func (r VersionRange) json(o object) []byte {
	o.version("MinSupportedProtocolVersion", r.MinSupportedProtocolVersion)
	o.version("MaxSupportedProtocolVersion", r.MaxSupportedProtocolVersion)
	return o.end()
}

// Format writes MarshalText, for any verb.
func (m MsgGetBlkList) Format(f fmt.State, _ rune) { _, _ = f.Write(m.summary()) }

// MarshalText returns one line about m.
func (m MsgGetBlkList) MarshalText() ([]byte, error) { return m.summary(), nil }

func (m *MsgGetBlkList) summary() []byte {
	return m.NeededBlockRanges.append(fmt.Appendf(nil, "MSG_GETBLKLIST, segment %x, blocks ", m.SegmentID))
}

// MarshalJSON returns m as an object with the specification's names.
func (m MsgGetBlkList) MarshalJSON() ([]byte, error) {
	o := header(TypeGetBlkList, m.ProtVer, m.CryptoAlgoId, m.EncodedLen())
	o.padded("SegmentID", m.SegmentID, "ZeroPad", m.ZeroPad)
	o.ranges("NeededBlocksRangeCount", "NeededBlockRanges", m.NeededBlockRanges)
	return o.end(), nil
}

// Format writes MarshalText, for any verb.
func (m MsgGetBlks) Format(f fmt.State, _ rune) { _, _ = f.Write(m.summary()) }

// MarshalText returns one line about m.
func (m MsgGetBlks) MarshalText() ([]byte, error) { return m.summary(), nil }

func (m *MsgGetBlks) summary() []byte {
	return m.ReqBlockRanges.append(fmt.Appendf(nil, "MSG_GETBLKS, segment %x, blocks ", m.SegmentID))
}

// MarshalJSON returns m as an object with the specification's names.
func (m MsgGetBlks) MarshalJSON() ([]byte, error) {
	o := header(TypeGetBlks, m.ProtVer, m.CryptoAlgoId, m.EncodedLen())
	o.padded("SegmentID", m.SegmentID, "ZeroPad", m.ZeroPad)
	o.ranges("ReqBlockRangeCount", "ReqBlockRanges", m.ReqBlockRanges)
	o.sized("DataForVrfBlock", m.DataForVrfBlock)
	return o.end(), nil
}

// Format writes MarshalText, for any verb.
func (m MsgBlkList) Format(f fmt.State, _ rune) { _, _ = f.Write(m.summary()) }

// MarshalText returns one line about m.
func (m MsgBlkList) MarshalText() ([]byte, error) { return m.summary(), nil }

func (m *MsgBlkList) summary() []byte {
	return m.BlockRanges.append(fmt.Appendf(nil, "MSG_BLKLIST, segment %x, blocks ", m.SegmentId))
}

// MarshalJSON returns m as an object with the specification's names.
func (m MsgBlkList) MarshalJSON() ([]byte, error) {
	o := header(TypeBlkList, m.ProtVer, m.CryptoAlgoId, m.EncodedLen())
	o.padded("SegmentId", m.SegmentId, "ZeroPad", m.ZeroPad)
	o.ranges("BlockRangeCount", "BlockRanges", m.BlockRanges)
	o.number("NextBlockIndex", uint64(m.NextBlockIndex))
	return o.end(), nil
}

// Format writes MarshalText, for any verb.
func (m MsgBlk) Format(f fmt.State, _ rune) { _, _ = f.Write(m.summary()) }

// MarshalText returns one line about m, without the block.
func (m MsgBlk) MarshalText() ([]byte, error) { return m.summary(), nil }

func (m *MsgBlk) summary() []byte {
	if len(m.Block) == 0 {
		return fmt.Appendf(nil, "MSG_BLK, segment %x, no block", m.SegmentId)
	}
	return fmt.Appendf(nil, "MSG_BLK, segment %x, block %d, next %d, %d bytes, encryption %s",
		m.SegmentId, m.BlockIndex, m.NextBlockIndex, len(m.Block), m.CryptoAlgoId)
}

// MarshalJSON returns m as an object with the specification's names.
func (m MsgBlk) MarshalJSON() ([]byte, error) {
	o := header(TypeBlk, m.ProtVer, m.CryptoAlgoId, m.EncodedLen())
	o.padded("SegmentId", m.SegmentId, "ZeroPad", m.ZeroPad)
	o.number("BlockIndex", uint64(m.BlockIndex))
	o.number("NextBlockIndex", uint64(m.NextBlockIndex))
	o.padded("Block", m.Block, "ZeroPad_2", m.ZeroPad2)
	o.padded("VrfBlock", m.VrfBlock, "ZeroPad_3", m.ZeroPad3)
	o.sized("IVBlock", m.IVBlock)
	return o.end(), nil
}

// Format writes MarshalText, for any verb.
func (m MsgGetSegList) Format(f fmt.State, _ rune) { _, _ = f.Write(m.summary()) }

// MarshalText returns one line about m.
func (m MsgGetSegList) MarshalText() ([]byte, error) { return m.summary(), nil }

func (m *MsgGetSegList) summary() []byte {
	return fmt.Appendf(nil, "MSG_GETSEGLIST, request %x, %d segments", m.RequestID, m.SegmentIDs.Len())
}

// MarshalJSON returns m as an object with the specification's names.
func (m MsgGetSegList) MarshalJSON() ([]byte, error) {
	o := header(TypeGetSegList, m.ProtVer, m.CryptoAlgoId, m.EncodedLen())
	o.bytes("RequestID", m.RequestID[:])
	o.number("CountOfSegmentIDs", uint64(m.SegmentIDs.Len()))
	o.name("SegmentIDs")
	o.b = append(o.b, '[')
	at := offSegmentIDs
	for _, id := range m.SegmentIDs.All() {
		var pad [3]byte
		copy(pad[:], m.SegmentIDs.zeroPad(at, id))
		o.open()
		o.padded("SegmentID", id, "ZeroPad", pad)
		o.close()
		at += paddedLen(len(id))
	}
	o.b = append(o.b, ']')
	o.sized("ExtensibleBlob", m.ExtensibleBlob)
	return o.end(), nil
}

// Format writes MarshalText, for any verb.
func (m MsgSegList) Format(f fmt.State, _ rune) { _, _ = f.Write(m.summary()) }

// MarshalText returns one line about m.
func (m MsgSegList) MarshalText() ([]byte, error) { return m.summary(), nil }

func (m *MsgSegList) summary() []byte {
	return m.SegmentRanges.append(fmt.Appendf(nil, "MSG_SEGLIST, request %x, segments ", m.RequestID))
}

// MarshalJSON returns m as an object with the specification's names.
func (m MsgSegList) MarshalJSON() ([]byte, error) {
	o := header(TypeSegList, m.ProtVer, m.CryptoAlgoId, m.EncodedLen())
	o.bytes("RequestID", m.RequestID[:])
	o.ranges("SegmentRangeCount", "SegmentRanges", m.SegmentRanges)
	o.sized("ExtensibleBlob", m.ExtensibleBlob)
	return o.end(), nil
}

// String returns the ranges as "0-7, 9"; "none" if there are none.
func (r Ranges) String() string { return string(r.append(nil)) }

func (r Ranges) append(b []byte) []byte {
	for i, one := range r.All() {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = strconv.AppendUint(b, uint64(one.Index), 10)
		switch one.Count {
		case 1:
		case 0:
			b = append(b, " (0)"...)
		default:
			b = strconv.AppendUint(append(b, '-'), one.End()-1, 10)
		}
	}
	if r.Len() == 0 {
		b = append(b, "none"...)
	}
	return b
}

// MarshalJSON returns r as a list of objects.
func (r Ranges) MarshalJSON() ([]byte, error) { return r.appendJSON(nil), nil }

func (r Ranges) appendJSON(b []byte) []byte {
	b = append(b, '[')
	for _, one := range r.All() {
		o := object{b}
		o.open()
		o.number("Index", uint64(one.Index))
		o.number("Count", uint64(one.Count))
		o.close()
		b = o.b
	}
	return append(b, ']')
}

// object is a JSON object that is being written.
type object struct{ b []byte }

// header begins the object of a message of n bytes, up to the fields of its body.
func header(t MsgType, v Version, a CryptoAlgoId, n int) object {
	var o object
	o.open()
	if t.IsResponse() {
		n -= transportLen
		o.transport(uint32(n))
	}
	o.header(&MessageHeader{v, t, uint32(n), a})
	o.name("MESSAGE_BODY")
	o.open()
	return o
}

func (o *object) transport(size uint32) {
	o.name("TRANSPORT_RESPONSE_HEADER")
	o.open()
	o.number("Size", uint64(size))
	o.close()
}

func (o *object) header(h *MessageHeader) {
	o.name("MESSAGE_HEADER")
	o.open()
	o.version("ProtVer", h.ProtVer)
	o.number("MsgType", uint64(h.MsgType))
	o.number("MsgSize", uint64(h.MsgSize))
	o.number("CryptoAlgoId", uint64(h.CryptoAlgoId))
	o.close()
}

// end closes what header began.
func (o *object) end() []byte { return append(o.b, "}}"...) }

func (o *object) comma() {
	if n := len(o.b); n > 0 && o.b[n-1] != '{' && o.b[n-1] != '[' && o.b[n-1] != ':' {
		o.b = append(o.b, ',')
	}
}

func (o *object) open() {
	o.comma()
	o.b = append(o.b, '{')
}

func (o *object) close() { o.b = append(o.b, '}') }

func (o *object) name(name string) {
	o.comma()
	o.b = append(append(append(o.b, '"'), name...), `":`...)
}

func (o *object) number(name string, n uint64) {
	o.name(name)
	o.b = strconv.AppendUint(o.b, n, 10)
}

func (o *object) version(name string, v Version) {
	o.name(name)
	o.open()
	o.number("MinorVersion", uint64(v.MinorVersion))
	o.number("MajorVersion", uint64(v.MajorVersion))
	o.close()
}

func (o *object) bytes(name string, b []byte) {
	o.name(name)
	o.b = append(hex.AppendEncode(append(o.b, '"'), b), '"')
}

// sized writes a size and the bytes that it counts.
func (o *object) sized(name string, b []byte) {
	o.number("SizeOf"+name, uint64(len(b)))
	o.bytes(name, b)
}

// padded is sized with the padding after it, where there is any.
func (o *object) padded(name string, b []byte, padName string, pad [3]byte) {
	o.sized(name, b)
	if n := padding(len(b)); n > 0 {
		o.bytes(padName, pad[:n])
	}
}

func (o *object) ranges(countName, name string, r Ranges) {
	o.number(countName, uint64(r.Len()))
	o.name(name)
	o.b = r.appendJSON(o.b)
}

// MarshalJSON returns the header as an object with the specification's names,
// and the body as it is.
func (r RequestMessage) MarshalJSON() ([]byte, error) {
	var o object
	o.open()
	o.envelope(&r.MessageHeader, r.MessageBody)
	return o.b, nil
}

// MarshalJSON returns the headers as objects with the specification's names, and
// the body as it is.
func (r ResponseMessage) MarshalJSON() ([]byte, error) {
	var o object
	o.open()
	o.transport(r.Size)
	o.envelope(&r.MessageHeader, r.MessageBody)
	return o.b, nil
}

func (o *object) envelope(h *MessageHeader, body []byte) {
	o.header(h)
	o.bytes("MESSAGE_BODY", body)
	o.close()
}

// Format writes MarshalText, for any verb.
func (r RequestMessage) Format(f fmt.State, _ rune) {
	_, _ = f.Write(r.MessageHeader.summary(r.MessageBody))
}

// MarshalText returns one line about r, without its body.
func (r RequestMessage) MarshalText() ([]byte, error) {
	return r.MessageHeader.summary(r.MessageBody), nil
}

// Format writes MarshalText, for any verb.
func (r ResponseMessage) Format(f fmt.State, _ rune) {
	_, _ = f.Write(r.MessageHeader.summary(r.MessageBody))
}

// MarshalText returns one line about r, without its body.
func (r ResponseMessage) MarshalText() ([]byte, error) {
	return r.MessageHeader.summary(r.MessageBody), nil
}

func (h *MessageHeader) summary(body []byte) []byte {
	return fmt.Appendf(nil, "%s, version %s, MESSAGE_BODY of %d bytes", h.MsgType, h.ProtVer, len(body))
}
