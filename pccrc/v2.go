package pccrc

import (
	"encoding/binary"
	"iter"
	"math"
	"slices"
)

// MaxSegmentSizeV2 is the length in bytes of the largest segment of version
// 2.0 (MS-PCCRC 2.4.1.2).
const MaxSegmentSizeV2 = 131072

// Offsets in the version 2.0 header (MS-PCCRC 2.4), in a ChunkDescription
// (2.4.1.1) and in its SegmentDescription (2.4.1.2). All integers are
// big-endian.
//
//	0               1               2           3                   11                       19                       27                 31
//	| bMinorVersion | bMajorVersion | bHashAlgo | ullStartInContent | ullIndexOfFirstSegment | dwOffsetInFirstSegment | ullLengthOfRange | chunks
const (
	offBMinorVersion            = 0
	offBMajorVersion            = 1
	offBHashAlgo                = 2
	offUllStartInContent        = 3
	offUllIndexOfFirstSegment   = 11
	offDwOffsetInFirstSegmentV2 = 19
	offUllLengthOfRange         = 23
	v2HeaderLen                 = 31

	offBChunkType        = 0
	offDwChunkDataLength = 1
	chunkHeaderLen       = 5

	offCbSegmentV2         = 0
	offSegmentHashOfDataV2 = 4
	offSegmentSecretV2     = 36
	segmentLenV2           = 68
)

const messageV2 = "CONTENT_INFORMATION_V2"

// ContentInformationV2 is a Content Information Data Structure Version 2.0
// (MS-PCCRC 2.4). All its integers are big-endian on the wire; its hash
// algorithm is always TruncatedSHA512.
//
// A decoded value is a view: its chunks alias the bytes that were decoded, and
// are valid until those change. Appending to a decoded value copies first, and
// never writes to those bytes. The zero value has no chunks; AppendChunk adds
// them.
type ContentInformationV2 struct {
	// UllStartInContent is where in the content the first segment begins, in bytes.
	UllStartInContent uint64
	// UllIndexOfFirstSegment is the first segment's index in the content, from 0.
	UllIndexOfFirstSegment uint64
	// DwOffsetInFirstSegment is how many bytes into the first segment the
	// content range begins.
	DwOffsetInFirstSegment uint32
	// UllLengthOfRange is the length of the content range in bytes, and 0 where
	// the structure reflects the entire resource.
	UllLengthOfRange uint64

	chunks []byte // ChunkDescriptions
}

var v2HeaderFields = [...]headerField{
	{"bMinorVersion", offBMajorVersion},
	{"bMajorVersion", offBHashAlgo},
	{"bHashAlgo", offUllStartInContent},
	{"ullStartInContent", offUllIndexOfFirstSegment},
	{"ullIndexOfFirstSegment", offDwOffsetInFirstSegmentV2},
	{"dwOffsetInFirstSegment", offUllLengthOfRange},
	{"ullLengthOfRange", v2HeaderLen},
}

// v2Constants are the header's fields of one byte that have but one value.
var v2Constants = [...]struct {
	rule   Rule
	value  byte
	detail string
}{
	{RuleBMinor, 0, "is %, must be 0"},
	{RuleBMajor, 2, "is %, must be 2"},
	{RuleBHashAlgo, byte(TruncatedSHA512), "is %, must be 4"},
}

// DecodeV2 decodes b, which must hold one whole Content Information 2.0 and
// nothing else. The result aliases b. It reads the headers of b and of its
// chunks, and no segment. The error, if any, is an *Error of the first format
// rule that b violates.
func DecodeV2(b []byte) (ContentInformationV2, error) {
	var v ContentInformationV2
	for i, c := range v2Constants[:min(len(v2Constants), len(b))] {
		if b[i] != c.value {
			return v, &Error{Rule: c.rule, Message: messageV2, Field: v2HeaderFields[i].name, Offset: i,
				Value: uint64(b[i]), Detail: c.detail}
		}
	}
	if len(b) < v2HeaderLen {
		return v, truncated(RuleV2Truncated, messageV2, v2HeaderFields[:], len(b))
	}
	chunks := b[v2HeaderLen:len(b):len(b)]
	if err := checkChunks(chunks); err != nil {
		return v, err
	}
	v.UllStartInContent = binary.BigEndian.Uint64(b[offUllStartInContent:])
	v.UllIndexOfFirstSegment = binary.BigEndian.Uint64(b[offUllIndexOfFirstSegment:])
	v.DwOffsetInFirstSegment = binary.BigEndian.Uint32(b[offDwOffsetInFirstSegmentV2:])
	v.UllLengthOfRange = binary.BigEndian.Uint64(b[offUllLengthOfRange:])
	v.chunks = chunks
	return v, nil
}

// checkChunks holds b, the bytes after the header, against the format rules of
// chunks (MS-PCCRC 2.4.1.1).
func checkChunks(b []byte) error {
	if len(b) == 0 {
		return &Error{Rule: RuleChunks, Message: messageV2, Field: "chunks", Offset: v2HeaderLen,
			Detail: "has no chunk, must have at least 1"}
	}
	for at, i := 0, 0; at < len(b); i++ {
		if b[at+offBChunkType] != 0 {
			return chunkViolation(RuleBChunkType, "chunks[].bChunkType", i, at, uint64(b[at]), "is %, must be 0")
		}
		left := len(b) - at - chunkHeaderLen
		if left < 0 {
			return chunkViolation(RuleChunkShort, "chunks[].dwChunkDataLength", i, at+offDwChunkDataLength,
				uint64(4+left), "is cut short after % bytes")
		}
		n := uint64(binary.BigEndian.Uint32(b[at+offDwChunkDataLength:]))
		if n == 0 || n%segmentLenV2 != 0 || n > uint64(left) {
			return chunkViolation(RuleChunkLength, "chunks[].dwChunkDataLength", i, at+offDwChunkDataLength,
				n, "is %, must be a positive multiple of 68 that the bytes hold")
		}
		at += chunkHeaderLen + int(n)
	}
	return nil
}

func chunkViolation(rule Rule, field string, index, at int, value uint64, detail string) error {
	return &Error{Rule: rule, Message: messageV2, Field: field, Index: [2]int{index}, Offset: v2HeaderLen + at, Value: value, Detail: detail}
}

// Chunks returns an iterator over the chunks in order.
func (v *ContentInformationV2) Chunks() iter.Seq[ChunkDescription] {
	return func(yield func(ChunkDescription) bool) {
		offset := v2HeaderLen
		for b := v.chunks; len(b) > 0; {
			end := chunkHeaderLen + int(binary.BigEndian.Uint32(b[offDwChunkDataLength:]))
			if !yield(ChunkDescription{b[chunkHeaderLen:end:end], offset}) {
				return
			}
			b = b[end:]
			offset += end
		}
	}
}

// Segments returns an iterator over the segments of all chunks in order.
func (v *ContentInformationV2) Segments() iter.Seq[*SegmentDescriptionV2] {
	return func(yield func(*SegmentDescriptionV2) bool) {
		for b := v.chunks; len(b) > 0; {
			end := chunkHeaderLen + int(binary.BigEndian.Uint32(b[offDwChunkDataLength:]))
			for at := chunkHeaderLen; at < end; at += segmentLenV2 {
				if !yield((*SegmentDescriptionV2)(b[at:])) {
					return
				}
			}
			b = b[end:]
		}
	}
}

// ChunkDescription is one chunk: a list of segments (MS-PCCRC 2.4.1.1). It
// aliases what it was decoded from.
type ChunkDescription struct {
	data   []byte
	offset int
}

// Len returns the number of segments, which is at least 1.
func (c ChunkDescription) Len() int { return len(c.data) / segmentLenV2 }

// At returns the segment with index i in this chunk, counted from 0. It panics
// where i is not below Len. It aliases the decoded bytes.
func (c ChunkDescription) At(i int) *SegmentDescriptionV2 {
	return (*SegmentDescriptionV2)(c.data[i*segmentLenV2:])
}

// SegmentDescriptionV2 is the wire form of a SegmentDescription of version 2.0
// (MS-PCCRC 2.4.1.2). A pointer to it that a decoder hands out aliases the
// decoded bytes: copy the array to keep it, and do not write to it.
type SegmentDescriptionV2 [segmentLenV2]byte

// CbSegment returns the segment's length in bytes, whatever the content range.
func (s *SegmentDescriptionV2) CbSegment() uint32 {
	return binary.BigEndian.Uint32(s[offCbSegmentV2:])
}

// SegmentHashOfData returns HoD, the hash of the segment's bytes. It aliases s.
func (s *SegmentDescriptionV2) SegmentHashOfData() *[32]byte {
	return (*[32]byte)(s[offSegmentHashOfDataV2:])
}

// SegmentSecret returns Kp, a key that must be guarded like the content
// itself. It aliases s.
func (s *SegmentDescriptionV2) SegmentSecret() *[32]byte {
	return (*[32]byte)(s[offSegmentSecretV2:])
}

// NewSegmentDescriptionV2 returns the wire form of a segment of cbSegment bytes.
func NewSegmentDescriptionV2(cbSegment uint32, segmentHashOfData, segmentSecret *[32]byte) SegmentDescriptionV2 {
	var s SegmentDescriptionV2
	binary.BigEndian.PutUint32(s[offCbSegmentV2:], cbSegment)
	copy(s[offSegmentHashOfDataV2:], segmentHashOfData[:])
	copy(s[offSegmentSecretV2:], segmentSecret[:])
	return s
}

// AppendChunk adds one chunk with the given segments, which it copies. It
// refuses a chunk without segments, or with more bytes than dwChunkDataLength
// can tell, and then leaves v as it was.
func (v *ContentInformationV2) AppendChunk(segments ...SegmentDescriptionV2) error {
	n := uint64(len(segments)) * segmentLenV2
	if n == 0 || n > math.MaxUint32 {
		return chunkViolation(RuleChunkLength, "dwChunkDataLength", 0, len(v.chunks)+offDwChunkDataLength,
			n, "is %, must be at least 68 and fit 4 bytes")
	}
	b := slices.Grow(v.chunks, chunkHeaderLen+int(n))
	b = append(b, 0)
	b = binary.BigEndian.AppendUint32(b, uint32(n))
	for i := range segments {
		b = append(b, segments[i][:]...)
	}
	v.chunks = b
	return nil
}

// EncodedLen returns the exact length in bytes of what AppendBinary appends.
func (v *ContentInformationV2) EncodedLen() int { return v2HeaderLen + len(v.chunks) }

// AppendBinary appends v's wire form to dst, growing it at most once. It
// refuses what violates a format or sender rule, with an *Error of the first
// one, and then returns dst as it was.
func (v *ContentInformationV2) AppendBinary(dst []byte) ([]byte, error) {
	if err := checkChunks(v.chunks); err != nil {
		return dst, err
	}
	if err := v.CheckSenderRules(); err != nil {
		return dst, err
	}
	return v.appendWire(dst), nil
}

// AppendLenient is AppendBinary without the sender rules: it encodes
// whatever DecodeV2 accepts, and gives back the same bytes.
func (v *ContentInformationV2) AppendLenient(dst []byte) ([]byte, error) {
	if err := checkChunks(v.chunks); err != nil {
		return dst, err
	}
	return v.appendWire(dst), nil
}

// MarshalBinary is AppendBinary(nil).
func (v *ContentInformationV2) MarshalBinary() ([]byte, error) { return v.AppendBinary(nil) }

func (v *ContentInformationV2) appendWire(dst []byte) []byte {
	at := len(dst)
	dst = slices.Grow(dst, v.EncodedLen())[:at+v.EncodedLen()]
	b := dst[at:]
	b[offBMinorVersion], b[offBMajorVersion], b[offBHashAlgo] = 0, 2, byte(TruncatedSHA512)
	binary.BigEndian.PutUint64(b[offUllStartInContent:], v.UllStartInContent)
	binary.BigEndian.PutUint64(b[offUllIndexOfFirstSegment:], v.UllIndexOfFirstSegment)
	binary.BigEndian.PutUint32(b[offDwOffsetInFirstSegmentV2:], v.DwOffsetInFirstSegment)
	binary.BigEndian.PutUint64(b[offUllLengthOfRange:], v.UllLengthOfRange)
	copy(b[v2HeaderLen:], v.chunks)
	return dst
}
