package generate

import "encoding/binary"

// This is an encoder that can lie: structures with every count, length and padding
// spelled out, which Append writes unchecked. So they can express whatever a faulty
// or hostile sender writes. Integers of MS-PCHC and of Content Information 2.0 are
// big-endian, those of Content Information 1.0 little-endian.

// Envelope is MESSAGE_HEADER and CONNECTION_INFORMATION, the first 16 bytes of
// every request (MS-PCHC 2.2.1.1, 2.2.1.2).
type Envelope struct {
	MinorVersion, MajorVersion uint8
	Type                       uint16
	HeaderPadding              [4]byte
	Port                       uint16
	ConnectionPadding          [6]byte
}

// Append appends e to dst.
func (e *Envelope) Append(dst []byte) []byte {
	dst = append(dst, e.MinorVersion, e.MajorVersion)
	dst = binary.BigEndian.AppendUint16(dst, e.Type)
	dst = append(dst, e.HeaderPadding[:]...)
	dst = binary.BigEndian.AppendUint16(dst, e.Port)
	return append(dst, e.ConnectionPadding[:]...)
}

// InitialOffer is an INITIAL_OFFER_MESSAGE (MS-PCHC 2.2.1.3).
type InitialOffer struct {
	Envelope
	Hash []byte
}

// Append appends m to dst.
func (m *InitialOffer) Append(dst []byte) []byte {
	return append(m.Envelope.Append(dst), m.Hash...)
}

// SegmentInfo is a SEGMENT_INFO_MESSAGE (MS-PCHC 2.2.1.4).
type SegmentInfo struct {
	Envelope
	ContentTag         []byte
	SegmentInformation ContentV1
}

// Append appends m to dst.
func (m *SegmentInfo) Append(dst []byte) []byte {
	return m.SegmentInformation.Append(append(m.Envelope.Append(dst), m.ContentTag...))
}

// BatchedOffer is a BATCHED_OFFER_MESSAGE (MS-PCHC 2.2.1.5).
type BatchedOffer struct {
	Envelope
	SegmentDescriptors []Descriptor
	Rest               []byte // what follows the last descriptor
}

// Append appends m to dst.
func (m *BatchedOffer) Append(dst []byte) []byte {
	dst = m.Envelope.Append(dst)
	for i := range m.SegmentDescriptors {
		dst = m.SegmentDescriptors[i].Append(dst)
	}
	return append(dst, m.Rest...)
}

// Descriptor is a SegmentDescriptor (MS-PCHC 2.2.1.5).
type Descriptor struct {
	BlockSize, SegmentSize uint32
	SizeOfContentTag       uint16
	ContentTag             []byte
	HashAlgorithm          uint8
	SegmentHoHoDk          []byte
}

// Append appends d to dst.
func (d *Descriptor) Append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, d.BlockSize)
	dst = binary.BigEndian.AppendUint32(dst, d.SegmentSize)
	dst = binary.BigEndian.AppendUint16(dst, d.SizeOfContentTag)
	dst = append(dst, d.ContentTag...)
	return append(append(dst, d.HashAlgorithm), d.SegmentHoHoDk...)
}

// Response is a RESPONSE_MESSAGE (MS-PCHC 2.2.2): a TRANSPORT_HEADER, and what
// should be one byte.
type Response struct {
	Size uint32
	Body []byte // the ResponseCode, and whatever follows
}

// Append appends m to dst.
func (m *Response) Append(dst []byte) []byte {
	return append(binary.BigEndian.AppendUint32(dst, m.Size), m.Body...)
}

// ContentV1 is a Content Information 1.0 (MS-PCCRC 2.3).
type ContentV1 struct {
	Version                  uint16
	DwHashAlgo               uint32
	DwOffsetInFirstSegment   uint32
	DwReadBytesInLastSegment uint32
	CSegments                uint32
	Segments                 []SegmentV1
	Blocks                   []BlocksV1
	Padding                  []byte // what follows the last block list
}

// Append appends v to dst.
func (v *ContentV1) Append(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint16(dst, v.Version)
	dst = binary.LittleEndian.AppendUint32(dst, v.DwHashAlgo)
	dst = binary.LittleEndian.AppendUint32(dst, v.DwOffsetInFirstSegment)
	dst = binary.LittleEndian.AppendUint32(dst, v.DwReadBytesInLastSegment)
	dst = binary.LittleEndian.AppendUint32(dst, v.CSegments)
	for i := range v.Segments {
		dst = v.Segments[i].Append(dst)
	}
	for i := range v.Blocks {
		dst = v.Blocks[i].Append(dst)
	}
	return append(dst, v.Padding...)
}

// SegmentV1 is a SegmentDescription of version 1.0 (MS-PCCRC 2.3.1.1).
type SegmentV1 struct {
	UllOffsetInContent uint64
	CbSegment          uint32
	CbBlockSize        uint32
	SegmentHashOfData  []byte
	SegmentSecret      []byte
}

// Append appends s to dst.
func (s *SegmentV1) Append(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, s.UllOffsetInContent)
	dst = binary.LittleEndian.AppendUint32(dst, s.CbSegment)
	dst = binary.LittleEndian.AppendUint32(dst, s.CbBlockSize)
	return append(append(dst, s.SegmentHashOfData...), s.SegmentSecret...)
}

// BlocksV1 is a SegmentContentBlocks (MS-PCCRC 2.3.1.2).
type BlocksV1 struct {
	CBlocks     uint32
	BlockHashes []byte // one after the other
}

// Append appends b to dst.
func (b *BlocksV1) Append(dst []byte) []byte {
	return append(binary.LittleEndian.AppendUint32(dst, b.CBlocks), b.BlockHashes...)
}

// ContentV2 is a Content Information 2.0 (MS-PCCRC 2.4).
type ContentV2 struct {
	BMinorVersion, BMajorVersion uint8
	BHashAlgo                    uint8
	UllStartInContent            uint64
	UllIndexOfFirstSegment       uint64
	DwOffsetInFirstSegment       uint32
	UllLengthOfRange             uint64
	Chunks                       []Chunk
}

// Append appends v to dst.
func (v *ContentV2) Append(dst []byte) []byte {
	dst = append(dst, v.BMinorVersion, v.BMajorVersion, v.BHashAlgo)
	dst = binary.BigEndian.AppendUint64(dst, v.UllStartInContent)
	dst = binary.BigEndian.AppendUint64(dst, v.UllIndexOfFirstSegment)
	dst = binary.BigEndian.AppendUint32(dst, v.DwOffsetInFirstSegment)
	dst = binary.BigEndian.AppendUint64(dst, v.UllLengthOfRange)
	for i := range v.Chunks {
		dst = v.Chunks[i].Append(dst)
	}
	return dst
}

// Chunk is a ChunkDescription (MS-PCCRC 2.4.1.1).
type Chunk struct {
	BChunkType        uint8
	DwChunkDataLength uint32
	ChunkData         []SegmentV2
	Rest              []byte // what follows the last segment description
}

// Append appends c to dst.
func (c *Chunk) Append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint32(append(dst, c.BChunkType), c.DwChunkDataLength)
	for i := range c.ChunkData {
		dst = c.ChunkData[i].Append(dst)
	}
	return append(dst, c.Rest...)
}

// SegmentV2 is a SegmentDescription of version 2.0 (MS-PCCRC 2.4.1.2).
type SegmentV2 struct {
	CbSegment         uint32
	SegmentHashOfData []byte
	SegmentSecret     []byte
}

// Append appends s to dst.
func (s *SegmentV2) Append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, s.CbSegment)
	return append(append(dst, s.SegmentHashOfData...), s.SegmentSecret...)
}
