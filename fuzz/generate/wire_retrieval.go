package generate

import (
	"encoding/binary"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

// All integers of MS-PCCRR are big-endian.

// RetrievalHeader is the TRANSPORT_RESPONSE_HEADER of a response and MESSAGE_HEADER
// (MS-PCCRR 2.2.2, 2.2.3).
type RetrievalHeader struct {
	Response                   bool // it has a Size
	Size                       uint32
	MinorVersion, MajorVersion uint16
	MsgType                    uint32
	MsgSize                    uint32
	CryptoAlgoId               uint32
}

// Append appends h to dst.
func (h *RetrievalHeader) Append(dst []byte) []byte {
	if h.Response {
		dst = binary.BigEndian.AppendUint32(dst, h.Size)
	}
	dst = binary.BigEndian.AppendUint16(dst, h.MinorVersion)
	dst = binary.BigEndian.AppendUint16(dst, h.MajorVersion)
	dst = binary.BigEndian.AppendUint32(dst, h.MsgType)
	dst = binary.BigEndian.AppendUint32(dst, h.MsgSize)
	return binary.BigEndian.AppendUint32(dst, h.CryptoAlgoId)
}

// Sized is a byte string with its size before it and its padding behind it.
type Sized struct {
	Size    uint32
	Bytes   []byte
	Padding []byte
}

// Append appends s to dst.
func (s *Sized) Append(dst []byte) []byte {
	return append(append(binary.BigEndian.AppendUint32(dst, s.Size), s.Bytes...), s.Padding...)
}

// sized returns b with its size; padded also with padding up to a multiple of 4.
func sized(b []byte) Sized  { return Sized{Size: uint32(len(b)), Bytes: b} }
func padded(b []byte) Sized { return Sized{uint32(len(b)), b, make([]byte, -len(b)&3)} }

// Range is a BLOCK_RANGE or a SEGMENT_RANGE (MS-PCCRR 2.2.1.1, 2.2.1.2).
type Range struct{ Index, Count uint32 }

// Ranges is a list of ranges with its count before it.
type Ranges struct {
	Count  uint32
	Ranges []Range
}

// Append appends r to dst.
func (r *Ranges) Append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, r.Count)
	for _, one := range r.Ranges {
		dst = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(dst, one.Index), one.Count)
	}
	return dst
}

func counted(r []Range) Ranges { return Ranges{uint32(len(r)), r} }

// MsgNego is a MSG_NEGO_REQ or MSG_NEGO_RESP (MS-PCCRR 2.2.4.1, 2.2.5.1). A version
// has its minor number in the upper half.
type MsgNego struct {
	RetrievalHeader
	MinSupportedProtocolVersion, MaxSupportedProtocolVersion uint32
}

// Append appends m to dst.
func (m *MsgNego) Append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint32(m.RetrievalHeader.Append(dst), m.MinSupportedProtocolVersion)
	return binary.BigEndian.AppendUint32(dst, m.MaxSupportedProtocolVersion)
}

// MsgGetBlkList is a MSG_GETBLKLIST (MS-PCCRR 2.2.4.2).
type MsgGetBlkList struct {
	RetrievalHeader
	SegmentID         Sized
	NeededBlockRanges Ranges
}

// Append appends m to dst.
func (m *MsgGetBlkList) Append(dst []byte) []byte {
	return m.NeededBlockRanges.Append(m.SegmentID.Append(m.RetrievalHeader.Append(dst)))
}

// MsgGetBlks is a MSG_GETBLKS (MS-PCCRR 2.2.4.3).
type MsgGetBlks struct {
	RetrievalHeader
	SegmentID       Sized
	ReqBlockRanges  Ranges
	DataForVrfBlock Sized
}

// Append appends m to dst.
func (m *MsgGetBlks) Append(dst []byte) []byte {
	return m.DataForVrfBlock.Append(m.ReqBlockRanges.Append(m.SegmentID.Append(m.RetrievalHeader.Append(dst))))
}

// MsgGetSegList is a MSG_GETSEGLIST (MS-PCCRR 2.2.4.4).
type MsgGetSegList struct {
	RetrievalHeader
	RequestID         []byte
	CountOfSegmentIDs uint32
	SegmentIDs        []Sized
	ExtensibleBlob    Sized
}

// Append appends m to dst.
func (m *MsgGetSegList) Append(dst []byte) []byte {
	dst = append(m.RetrievalHeader.Append(dst), m.RequestID...)
	dst = binary.BigEndian.AppendUint32(dst, m.CountOfSegmentIDs)
	for i := range m.SegmentIDs {
		dst = m.SegmentIDs[i].Append(dst)
	}
	return m.ExtensibleBlob.Append(dst)
}

// MsgBlkList is a MSG_BLKLIST (MS-PCCRR 2.2.5.2).
type MsgBlkList struct {
	RetrievalHeader
	SegmentId      Sized
	BlockRanges    Ranges
	NextBlockIndex uint32
}

// Append appends m to dst.
func (m *MsgBlkList) Append(dst []byte) []byte {
	dst = m.BlockRanges.Append(m.SegmentId.Append(m.RetrievalHeader.Append(dst)))
	return binary.BigEndian.AppendUint32(dst, m.NextBlockIndex)
}

// MsgBlk is a MSG_BLK (MS-PCCRR 2.2.5.3).
type MsgBlk struct {
	RetrievalHeader
	SegmentId                  Sized
	BlockIndex, NextBlockIndex uint32
	Block, VrfBlock, IVBlock   Sized
}

// Append appends m to dst.
func (m *MsgBlk) Append(dst []byte) []byte {
	dst = m.SegmentId.Append(m.RetrievalHeader.Append(dst))
	dst = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(dst, m.BlockIndex), m.NextBlockIndex)
	return m.IVBlock.Append(m.VrfBlock.Append(m.Block.Append(dst)))
}

// MsgSegList is a MSG_SEGLIST (MS-PCCRR 2.2.5.4).
type MsgSegList struct {
	RetrievalHeader
	RequestID      []byte
	SegmentRanges  Ranges
	ExtensibleBlob Sized
}

// Append appends m to dst.
func (m *MsgSegList) Append(dst []byte) []byte {
	return m.ExtensibleBlob.Append(m.SegmentRanges.Append(append(m.RetrievalHeader.Append(dst), m.RequestID...)))
}

// retrieval is a message of MS-PCCRR.
type retrieval interface {
	Append(dst []byte) []byte
	header() *RetrievalHeader
}

func (h *RetrievalHeader) header() *RetrievalHeader { return h }

// measured returns m with the right Size and MsgSize.
func measured(m retrieval) fuzz.Message {
	h := m.header()
	b := m.Append(make([]byte, 0, 128))
	h.MsgSize = uint32(len(b))
	kind := spec.RetrievalRequest
	if h.Response {
		kind = spec.RetrievalResponse
		h.MsgSize -= 4
		h.Size = h.MsgSize
	}
	h.Append(b[:0])
	return fuzz.Message{Kind: kind, Bytes: b}
}

// measure writes the right Size and MsgSize to m, as far as they are there: after
// its length was changed.
func measure(m fuzz.Message) fuzz.Message {
	b := m.Bytes
	if m.Kind == spec.RetrievalResponse {
		if len(b) < 4 {
			return m
		}
		binary.BigEndian.PutUint32(b, uint32(len(b)-4))
		b = b[4:]
	}
	if len(b) >= 12 {
		binary.BigEndian.PutUint32(b[8:], uint32(len(b)))
	}
	return m
}
