package pccrc

import (
	"encoding/binary"
	"io"
	"iter"
	"math"
	"slices"
	"strconv"
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
// are valid until those change; Clone and UnmarshalBinary make values that can
// be kept. Appending to a decoded value copies first, and never writes to
// those bytes. As with a slice, a copy shares what the value holds: append to
// one of the two only, or Clone first. The zero value has no chunks; AppendChunk
// adds them.
type ContentInformationV2 struct {
	// UllStartInContent is where in the content the first segment begins, in
	// bytes.
	UllStartInContent uint64
	// UllIndexOfFirstSegment is the first segment's index in the content, from
	// 0.
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
	{RuleBMinorVersion, 0, "is %, must be 0"},
	{RuleBMajorVersion, 2, "is %, must be 2"},
	{RuleBHashAlgo, byte(TruncatedSHA512), "is %, must be 4"},
}

// DecodeV2 decodes b, which must hold one whole Content Information 2.0 and
// nothing else. The result aliases b. It reads the headers of b and of its
// chunks, and no segment. The error, if any, is an *Error for the first format
// rule that b violates (MS-PCCRC 2.4).
func DecodeV2(b []byte) (ContentInformationV2, error) {
	var v ContentInformationV2
	var e Error
	if !v.decode(b, &e) {
		return ContentInformationV2{}, failed(e)
	}
	return v, nil
}

// CheckV2 reports whether DecodeV2 accepts b, and returns the first violation
// of a format rule where it does not. It allocates nothing either way.
func CheckV2(b []byte) (violation Error, ok bool) {
	var v ContentInformationV2
	ok = v.decode(b, &violation)
	return violation, ok
}

// UnmarshalBinary decodes a copy of b into v, see [DecodeV2].
func (v *ContentInformationV2) UnmarshalBinary(b []byte) error {
	decoded, err := DecodeV2(slices.Clone(b))
	if err == nil {
		*v = decoded
	}
	return err
}

// Clone returns a copy of v that shares no bytes with it, or with what v was
// decoded from.
func (v ContentInformationV2) Clone() ContentInformationV2 {
	v.chunks = slices.Clone(v.chunks)
	return v
}

// decode sets v to what b holds. Where b violates a format rule, it sets e to
// the first violation and returns false.
func (v *ContentInformationV2) decode(b []byte, e *Error) bool {
	if !v.decodeHeader(b, e) {
		return false
	}
	chunks := b[v2HeaderLen:len(b):len(b)]
	if !checkChunks(chunks, e) {
		return false
	}
	v.chunks = chunks
	return true
}

// decodeHeader sets the fields of the header that b begins with. Where it violates a
// format rule, decodeHeader sets e to the first violation and returns false.
func (v *ContentInformationV2) decodeHeader(b []byte, e *Error) bool {
	for i := range v2Constants[:min(len(v2Constants), len(b))] {
		if c := &v2Constants[i]; b[i] != c.value {
			*e = Error{Rule: c.rule, Message: messageV2, field: v2HeaderFields[i].name, Offset: i, Value: uint64(b[i]), detail: c.detail}
			return false
		}
	}
	if len(b) < v2HeaderLen {
		*e = truncated(RuleV2Truncated, messageV2, v2HeaderFields[:], len(b))
		return false
	}
	v.UllStartInContent = binary.BigEndian.Uint64(b[offUllStartInContent:])
	v.UllIndexOfFirstSegment = binary.BigEndian.Uint64(b[offUllIndexOfFirstSegment:])
	v.DwOffsetInFirstSegment = binary.BigEndian.Uint32(b[offDwOffsetInFirstSegmentV2:])
	v.UllLengthOfRange = binary.BigEndian.Uint64(b[offUllLengthOfRange:])
	return true
}

// checkChunks reports whether b, the bytes after the header, keeps the format
// rules of chunks (MS-PCCRC 2.4.1.1). Where it does not, it sets e to the first
// violation.
func checkChunks(b []byte, e *Error) bool {
	if len(b) == 0 {
		*e = errNoChunks
		return false
	}
	for at, i := 0, 0; at < len(b); i++ {
		n := chunkLen(b[at:], uint64(len(b)-at), i, at, e)
		if n == 0 {
			return false
		}
		at += int(n)
	}
	return true
}

// errNoChunks is an empty list of chunks.
var errNoChunks = Error{Rule: RuleChunks, Message: messageV2, field: "chunks", Offset: v2HeaderLen, detail: "is empty, must have at least 1 element"}

// chunkLen returns the length of the i-th chunk, header included, which begins with b
// where left bytes are left, at bytes after the header of the structure: 5 of them at
// least, if there are so many. Where the chunk violates a format rule, chunkLen sets e
// to the first violation and returns 0.
func chunkLen(b []byte, left uint64, i, at int, e *Error) uint64 {
	if b[offBChunkType] != 0 {
		*e = chunkViolation(RuleBChunkType, "chunks[].bChunkType", i, at, uint64(b[offBChunkType]), "is %, must be 0")
		return 0
	}
	if left < chunkHeaderLen {
		*e = chunkViolation(RuleChunkTruncated, "chunks[].dwChunkDataLength", i, at+offDwChunkDataLength,
			left-offDwChunkDataLength, truncatedDetail(int(left)-offDwChunkDataLength, 4))
		return 0
	}
	n := uint64(binary.BigEndian.Uint32(b[offDwChunkDataLength:]))
	if n == 0 || n%segmentLenV2 != 0 || n > left-chunkHeaderLen {
		detail := "is %, more than the remaining bytes hold"
		if n == 0 || n%segmentLenV2 != 0 {
			detail = "is %, must be a positive multiple of 68"
		}
		*e = chunkViolation(RuleChunkDataLength, "chunks[].dwChunkDataLength", i, at+offDwChunkDataLength, n, detail)
		return 0
	}
	return chunkHeaderLen + n
}

func chunkViolation(rule Rule, field string, index, at int, value uint64, detail string) Error {
	return Error{Rule: rule, Message: messageV2, field: field, index: [2]int{index}, Offset: v2HeaderLen + at, Value: value, detail: detail}
}

// Chunks returns an iterator over the chunks and their indexes, in order. They
// alias the decoded bytes.
func (v ContentInformationV2) Chunks() iter.Seq2[int, ChunkDescription] {
	return func(yield func(int, ChunkDescription) bool) {
		offset, i := v2HeaderLen, 0
		for b := v.chunks; len(b) > 0; i++ {
			end := chunkHeaderLen + int(binary.BigEndian.Uint32(b[offDwChunkDataLength:]))
			if !yield(i, ChunkDescription{b[chunkHeaderLen:end:end], offset}) {
				return
			}
			b = b[end:]
			offset += end
		}
	}
}

// Len returns the number of segments in all chunks. It reads the header of
// each chunk.
func (v ContentInformationV2) Len() int {
	n := 0
	for _, c := range v.Chunks() {
		n += c.Len()
	}
	return n
}

// At returns the segment with index i, counted from 0 over all chunks. It reads
// the headers of all chunks before it: use All to go through them. It panics
// where i is not below Len. It aliases the decoded bytes.
func (v ContentInformationV2) At(i int) SegmentDescriptionV2 {
	n := i
	for _, c := range v.Chunks() {
		if n < c.Len() {
			return c.At(n)
		}
		n -= c.Len()
	}
	panic("pccrc: there is no segment " + strconv.Itoa(i))
}

// All returns an iterator over the segments of all chunks and their indexes in
// v, in order. They alias the decoded bytes.
func (v ContentInformationV2) All() iter.Seq2[int, SegmentDescriptionV2] {
	return func(yield func(int, SegmentDescriptionV2) bool) {
		i := 0
		for b := v.chunks; len(b) > 0; {
			end := chunkHeaderLen + int(binary.BigEndian.Uint32(b[offDwChunkDataLength:]))
			for at := chunkHeaderLen; at < end; at += segmentLenV2 {
				if !yield(i, SegmentDescriptionV2{(*[segmentLenV2]byte)(b[at:])}) {
					return
				}
				i++
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

// At returns the segment with index i in this chunk, counted from 0, in
// constant time. It panics where i is not below Len. It aliases the decoded
// bytes.
func (c ChunkDescription) At(i int) SegmentDescriptionV2 {
	return SegmentDescriptionV2{(*[segmentLenV2]byte)(c.data[i*segmentLenV2:])}
}

// All returns an iterator over the segments and their indexes in this chunk, in
// order. They alias the decoded bytes.
func (c ChunkDescription) All() iter.Seq2[int, SegmentDescriptionV2] {
	return func(yield func(int, SegmentDescriptionV2) bool) {
		for i := range c.Len() {
			if !yield(i, c.At(i)) {
				return
			}
		}
	}
}

// SegmentDescriptionV2 is the wire form of a SegmentDescription of version 2.0
// (MS-PCCRC 2.4.1.2): 68 bytes. It aliases what it was decoded from. The zero
// value holds nothing, and its methods panic.
type SegmentDescriptionV2 struct{ b *[segmentLenV2]byte }

// Bytes returns the wire form, key included. It aliases the decoded bytes.
func (s SegmentDescriptionV2) Bytes() []byte { return s.b[:] }

// CbSegment returns the segment's length in bytes, whatever the content range.
func (s SegmentDescriptionV2) CbSegment() uint32 {
	return binary.BigEndian.Uint32(s.b[offCbSegmentV2:])
}

// SegmentHashOfData returns HoD, the hash of the segment's bytes. It aliases
// the decoded bytes.
func (s SegmentDescriptionV2) SegmentHashOfData() []byte {
	return s.b[offSegmentHashOfDataV2:offSegmentSecretV2:offSegmentSecretV2]
}

// SegmentSecret returns Kp, a key that must be guarded like the content
// itself. It aliases the decoded bytes.
func (s SegmentDescriptionV2) SegmentSecret() Secret {
	return NewSecret(s.b[offSegmentSecretV2:])
}

// SegmentFieldsV2 holds the fields of a SegmentDescription of version 2.0
// (MS-PCCRC 2.4.1.2), for AppendChunk.
type SegmentFieldsV2 struct {
	CbSegment         uint32 // length of the segment in bytes
	SegmentHashOfData []byte // HoD, 32 bytes
	SegmentSecret     Secret // Kp, 32 bytes
}

// AppendChunk adds one chunk with the given segments, which it copies. It
// rejects a chunk without segments, or with more bytes than dwChunkDataLength
// can tell, and a hash or key that has not 32 bytes, and then leaves v
// unchanged.
func (v *ContentInformationV2) AppendChunk(segments ...SegmentFieldsV2) error {
	n := uint64(len(segments)) * segmentLenV2
	if n == 0 || n > math.MaxUint32 {
		chunks := 0
		for range v.Chunks() {
			chunks++
		}
		return failed(chunkViolation(RuleChunkDataLength, "chunks[].dwChunkDataLength", chunks, len(v.chunks)+offDwChunkDataLength,
			n, "is %, must be at least 68 and fit 4 bytes"))
	}
	for i := range segments {
		if len(segments[i].SegmentHashOfData) != 32 || segments[i].SegmentSecret.Len() != 32 {
			return ErrHashLength
		}
	}
	b := slices.Grow(v.chunks, chunkHeaderLen+int(n))
	b = append(b, 0)
	b = binary.BigEndian.AppendUint32(b, uint32(n))
	for i := range segments {
		s := &segments[i]
		b = binary.BigEndian.AppendUint32(b, s.CbSegment)
		b = append(b, s.SegmentHashOfData...)
		b = append(b, s.SegmentSecret.Bytes()...)
	}
	v.chunks = b
	return nil
}

// EncodedLen returns the exact length in bytes of what AppendBinary appends.
func (v ContentInformationV2) EncodedLen() int { return v2HeaderLen + len(v.chunks) }

// AppendBinary appends v's wire form to dst, growing it at most once. It
// rejects a value that violates a format or sender rule, with an *Error for the
// first one, and then returns dst unchanged.
func (v ContentInformationV2) AppendBinary(dst []byte) ([]byte, error) {
	if err := v.check(); err != nil {
		return dst, err
	}
	return v.appendWire(dst), nil
}

// AppendLenient is AppendBinary without the sender rules: it encodes
// whatever DecodeV2 accepts, and gives back the same bytes.
func (v ContentInformationV2) AppendLenient(dst []byte) ([]byte, error) {
	if err := v.checkFormat(); err != nil {
		return dst, err
	}
	return v.appendWire(dst), nil
}

// MarshalBinary implements encoding.BinaryMarshaler by AppendBinary.
func (v ContentInformationV2) MarshalBinary() ([]byte, error) { return v.AppendBinary(nil) }

// WriteTo writes what AppendBinary appends, without making it in memory first. It writes
// nothing if AppendBinary rejects v.
func (v ContentInformationV2) WriteTo(w io.Writer) (int64, error) {
	if err := v.check(); err != nil {
		return 0, err
	}
	header := v.header()
	return writeAll(w, header[:], v.chunks)
}

// check returns the first violation of a format or sender rule.
func (v *ContentInformationV2) check() error {
	if err := v.checkFormat(); err != nil {
		return err
	}
	return v.CheckSenderRules()
}

// checkFormat holds v against the format rules again: the bytes that a decoded
// value aliases may have changed since.
func (v *ContentInformationV2) checkFormat() error {
	var e Error
	if !checkChunks(v.chunks, &e) {
		return failed(e)
	}
	return nil
}

func (v *ContentInformationV2) appendWire(dst []byte) []byte {
	dst = slices.Grow(dst, v.EncodedLen())
	header := v.header()
	return append(append(dst, header[:]...), v.chunks...)
}

func (v *ContentInformationV2) header() (b [v2HeaderLen]byte) {
	b[offBMinorVersion], b[offBMajorVersion], b[offBHashAlgo] = 0, 2, byte(TruncatedSHA512)
	binary.BigEndian.PutUint64(b[offUllStartInContent:], v.UllStartInContent)
	binary.BigEndian.PutUint64(b[offUllIndexOfFirstSegment:], v.UllIndexOfFirstSegment)
	binary.BigEndian.PutUint32(b[offDwOffsetInFirstSegmentV2:], v.DwOffsetInFirstSegment)
	binary.BigEndian.PutUint64(b[offUllLengthOfRange:], v.UllLengthOfRange)
	return b
}
