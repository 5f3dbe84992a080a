package pccrc

import (
	"encoding/binary"
	"iter"
	"slices"
)

// Sizes and limits of version 1.0 (MS-PCCRC 2.1, 2.3), in bytes.
const (
	BlockSizeV1      = 65536                          // every block but the last of the content
	MaxSegmentSizeV1 = 32 << 20                       // every segment but the last of the content
	MaxBlocksV1      = MaxSegmentSizeV1 / BlockSizeV1 // blocks in a segment: 512

	v1HeaderLen = 18
	v1Version   = 0x0100
)

// Offsets in the version 1.0 header (MS-PCCRC 2.3) and in its
// SegmentDescription (2.3.1.1). All integers are little-endian.
//
//	0        2            6                        10                          14          18
//	| Version | dwHashAlgo | dwOffsetInFirstSegment | dwReadBytesInLastSegment | cSegments | segments, blocks
const (
	offVersion                  = 0
	offDwHashAlgo               = 2
	offDwOffsetInFirstSegment   = 6
	offDwReadBytesInLastSegment = 10
	offCSegments                = 14

	offUllOffsetInContent = 0
	offCbSegment          = 8
	offCbBlockSize        = 12
	offHashes             = 16 // SegmentHashOfData, SegmentSecret
)

const messageV1 = "CONTENT_INFORMATION_V1"

// ContentInformationV1 is a Content Information Data Structure Version 1.0
// (MS-PCCRC 2.3). All its integers are little-endian on the wire.
//
// A decoded value is a view: its segments, blocks and Padding alias the bytes
// that were decoded, and are valid until those change; Clone and
// UnmarshalBinary make values that can be kept. Appending to a decoded value
// copies first, and never writes to those bytes. NewV1 and Append make a value
// from nothing. As with a slice, a copy shares what the value holds: append to
// one of the two only, or Clone first.
type ContentInformationV1 struct {
	// DwOffsetInFirstSegment is how many bytes into the first segment the
	// content range begins.
	DwOffsetInFirstSegment uint32
	// DwReadBytesInLastSegment is how many bytes of the content range lie in
	// the last segment; 0 stands for all of them, to the segment's end.
	DwReadBytesInLastSegment uint32
	// Padding is what follows the last block list. The specification knows
	// nothing there; decoders keep it so that encoding gives back every byte.
	Padding []byte

	dwHashAlgo HashAlgorithm
	segments   []byte // cSegments SegmentDescriptions
	blocks     []byte // cSegments SegmentContentBlocks
}

// NewV1 returns a Content Information 1.0 without segments, whose hashes are
// made with dwHashAlgo: SHA256, SHA384 or SHA512.
func NewV1(dwHashAlgo HashAlgorithm) ContentInformationV1 {
	return ContentInformationV1{dwHashAlgo: dwHashAlgo}
}

// DwHashAlgo returns the hash algorithm.
func (v ContentInformationV1) DwHashAlgo() HashAlgorithm { return v.dwHashAlgo }

// DecodeV1 decodes b, which must hold one whole Content Information 1.0; bytes
// after its last block list become Padding. The result aliases b.
//
// It reads the header, the count of each block list, and nothing else of the
// segments and block hashes: the cost does not depend on counts that b does not
// back. The error, if any, is an *Error for the first format rule that b
// violates (MS-PCCRC 2.3); its Value never comes from a key.
func DecodeV1(b []byte) (ContentInformationV1, error) {
	var v ContentInformationV1
	var e Error
	if !v.decode(b, &e) {
		return ContentInformationV1{}, failed(e)
	}
	return v, nil
}

// CheckV1 reports whether DecodeV1 accepts b, and returns the first violation
// of a format rule where it does not. It allocates nothing either way.
func CheckV1(b []byte) (violation Error, ok bool) {
	var v ContentInformationV1
	ok = v.decode(b, &violation)
	return violation, ok
}

// UnmarshalBinary decodes a copy of b into v, see [DecodeV1].
func (v *ContentInformationV1) UnmarshalBinary(b []byte) error {
	decoded, err := DecodeV1(slices.Clone(b))
	if err == nil {
		*v = decoded
	}
	return err
}

// Clone returns a copy of v that shares no bytes with it, or with what v was
// decoded from.
func (v ContentInformationV1) Clone() ContentInformationV1 {
	v.segments, v.blocks, v.Padding = slices.Clone(v.segments), slices.Clone(v.blocks), slices.Clone(v.Padding)
	return v
}

// decode sets v to what b holds. Where b violates a format rule, it sets e to
// the first violation and returns false.
func (v *ContentInformationV1) decode(b []byte, e *Error) bool {
	n := v.decodeHeader(b, uint64(len(b)), e)
	if n == 0 {
		return false
	}
	h := v.dwHashAlgo.Size()
	rest := b[v1HeaderLen:]
	end := int(uint64(n) * segmentLenV1(h))
	blocks := rest[end:]
	length := blockListsLen(blocks, int(n), h, v1HeaderLen+end, e)
	if length < 0 {
		return false
	}
	v.segments = rest[:end:end]
	v.blocks = blocks[:length:length]
	if length < len(blocks) {
		v.Padding = blocks[length:len(blocks):len(blocks)]
	}
	return true
}

// decodeHeader sets the fields of the header, and returns cSegments. b is the
// beginning of a structure of size bytes, its header at least where it has one. Where
// the header violates a format rule, decodeHeader sets e to the first violation and
// returns 0.
func (v *ContentInformationV1) decodeHeader(b []byte, size uint64, e *Error) uint32 {
	// Whole fields are judged before the one that is cut.
	switch {
	case len(b) >= offDwHashAlgo && binary.LittleEndian.Uint16(b[offVersion:]) != v1Version:
		*e = errVersion(b)
		return 0
	case len(b) >= offDwOffsetInFirstSegment && hashLenV1(dwHashAlgo(b)) == 0:
		*e = errDwHashAlgo(dwHashAlgo(b))
		return 0
	case len(b) < v1HeaderLen:
		*e = truncated(RuleV1Truncated, messageV1, v1HeaderFields[:], len(b))
		return 0
	}
	n := binary.LittleEndian.Uint32(b[offCSegments:])
	if n == 0 || uint64(n)*segmentLenV1(hashLenV1(dwHashAlgo(b))) > size-v1HeaderLen {
		*e = Error{Rule: RuleCSegments, Message: messageV1, field: "cSegments", Offset: offCSegments, Value: uint64(n), detail: unbacked(uint64(n))}
		return 0
	}
	v.dwHashAlgo = dwHashAlgo(b)
	v.DwOffsetInFirstSegment = binary.LittleEndian.Uint32(b[offDwOffsetInFirstSegment:])
	v.DwReadBytesInLastSegment = binary.LittleEndian.Uint32(b[offDwReadBytesInLastSegment:])
	return n
}

// unbacked says what is wrong with a count.
func unbacked(n uint64) string {
	if n == 0 {
		return "is 0, must be at least 1"
	}
	return "is %, more than the remaining bytes hold"
}

// hashLenV1 returns the length of a's hashes, and 0 where version 1.0 does not
// know a.
func hashLenV1(a HashAlgorithm) int {
	if a == TruncatedSHA512 {
		return 0
	}
	return a.Size()
}

// segmentLenV1 is the length of a SegmentDescription with hashes of h bytes.
// It is a uint64 so that a claimed count times it cannot wrap.
func segmentLenV1(h int) uint64 { return uint64(offHashes + 2*h) }

// blockListsLen checks that b begins with n SegmentContentBlocks (MS-PCCRC
// 2.3.1.2) of hashes of h bytes, and returns the length of all of them. Where
// it does not, it sets e, with offset as b's place in the structure, and
// returns -1.
func blockListsLen(b []byte, n, h, offset int, e *Error) int {
	at := 0
	for i := range n {
		length := blockListLen(b[at:], uint64(len(b)-at), h, i, offset+at, e)
		if length == 0 {
			return -1
		}
		at += int(length)
	}
	return at
}

// blockListLen returns the length of the i-th SegmentContentBlocks, which begins with b
// where left bytes are left: 4 of them at least, if there are so many. Where it violates
// a format rule, blockListLen sets e and returns 0.
func blockListLen(b []byte, left uint64, h, i, offset int, e *Error) uint64 {
	if left < 4 {
		*e = Error{Rule: RuleBlocksTruncated, Message: messageV1, field: "blocks[].cBlocks", index: [2]int{i},
			Offset: offset, Value: left, detail: truncatedDetail(int(left), 4)}
		return 0
	}
	c := binary.LittleEndian.Uint32(b)
	// In 64 bits, since c times h wraps in 32.
	if c == 0 || uint64(c)*uint64(h) > left-4 {
		*e = Error{Rule: RuleCBlocks, Message: messageV1, field: "blocks[].cBlocks", index: [2]int{i},
			Offset: offset, Value: uint64(c), detail: unbacked(uint64(c))}
		return 0
	}
	return 4 + uint64(c)*uint64(h)
}

func dwHashAlgo(b []byte) HashAlgorithm {
	return HashAlgorithm(binary.LittleEndian.Uint32(b[offDwHashAlgo:]))
}

func errVersion(b []byte) Error {
	return Error{Rule: RuleVersion, Message: messageV1, field: "Version", Offset: offVersion,
		Value: uint64(binary.LittleEndian.Uint16(b[offVersion:])), detail: "is #, must be 0x100"}
}

func errDwHashAlgo(a HashAlgorithm) Error {
	return Error{Rule: RuleDwHashAlgo, Message: messageV1, field: "dwHashAlgo", Offset: offDwHashAlgo,
		Value: uint64(a), detail: "is #, must be 0x800C, 0x800D or 0x800E"}
}

// headerField is a field of a header of fixed size.
type headerField struct {
	name string
	end  int // offset of the first byte after it
}

var v1HeaderFields = [...]headerField{
	{"Version", offDwHashAlgo},
	{"dwHashAlgo", offDwOffsetInFirstSegment},
	{"dwOffsetInFirstSegment", offDwReadBytesInLastSegment},
	{"dwReadBytesInLastSegment", offCSegments},
	{"cSegments", v1HeaderLen},
}

// truncated returns the violation at the first of fields that is not wholly
// within length bytes. There must be one.
func truncated(rule Rule, message string, fields []headerField, length int) Error {
	start, i := 0, 0
	for length >= fields[i].end {
		start = fields[i].end
		i++
	}
	return Error{Rule: rule, Message: message, field: fields[i].name, Offset: start,
		Value: uint64(length - start), detail: truncatedDetail(length-start, fields[i].end-start)}
}

// truncatedDetail says of a field of so many bytes that only present are there.
func truncatedDetail(present, size int) string {
	if present == 0 {
		return "missing"
	}
	switch size {
	case 2:
		return "truncated: % of 2 bytes present"
	case 4:
		return "truncated: % of 4 bytes present"
	}
	return "truncated: % of 8 bytes present"
}

// Len returns cSegments, the number of segments.
func (v ContentInformationV1) Len() int {
	return len(v.segments) / int(segmentLenV1(v.dwHashAlgo.Size()))
}

// At returns the SegmentDescription with index i, counted from 0, in constant
// time. It panics where i is not below Len. It aliases the decoded bytes.
func (v ContentInformationV1) At(i int) SegmentDescriptionV1 {
	n := int(segmentLenV1(v.dwHashAlgo.Size()))
	b := v.segments[:len(v.segments):len(v.segments)] // so that it panics beyond them
	return SegmentDescriptionV1{b[i*n : (i+1)*n : (i+1)*n]}
}

// SegmentV1 is a segment of version 1.0 as it is on the wire: its
// SegmentDescription and its block list. It aliases what it was decoded from.
type SegmentV1 struct {
	SegmentDescriptionV1
	Blocks SegmentContentBlocks
}

// All returns an iterator over the segments and their indexes, in order. It
// reads the count of each block list and no block hash.
func (v ContentInformationV1) All() iter.Seq2[int, SegmentV1] {
	return func(yield func(int, SegmentV1) bool) {
		h := v.dwHashAlgo.Size()
		blocks := v.blocks
		for i := range v.Len() {
			end := 4 + int(binary.LittleEndian.Uint32(blocks))*h
			if !yield(i, SegmentV1{v.At(i), SegmentContentBlocks{blocks[4:end:end], h}}) {
				return
			}
			blocks = blocks[end:]
		}
	}
}

// SegmentInformations returns an iterator over the segments and their indexes,
// in order, each with its block list as Content Information of its own, as a
// SEGMENT_INFO_MESSAGE carries it (MS-PCHC 2.2.1.4): DwOffsetInFirstSegment is
// where the content range begins in that segment, DwReadBytesInLastSegment the
// length of the segment. They alias v.
func (v ContentInformationV1) SegmentInformations() iter.Seq2[int, ContentInformationV1] {
	return func(yield func(int, ContentInformationV1) bool) {
		at := 0
		for i, s := range v.All() {
			end := at + 4 + len(s.Blocks.hashes)
			one := ContentInformationV1{DwReadBytesInLastSegment: s.CbSegment(), dwHashAlgo: v.dwHashAlgo,
				segments: s.b, blocks: v.blocks[at:end:end]}
			if i == 0 {
				one.DwOffsetInFirstSegment = v.DwOffsetInFirstSegment
			}
			if !yield(i, one) {
				return
			}
			at = end
		}
	}
}

// SegmentDescriptionV1 is the wire form of a SegmentDescription of version 1.0
// (MS-PCCRC 2.3.1.1): 80, 112 or 144 bytes, as the hash algorithm has it. It
// aliases what it was decoded from. The zero value holds nothing, and its
// methods panic.
type SegmentDescriptionV1 struct{ b []byte }

// Bytes returns the wire form, key included. It aliases the decoded bytes.
func (s SegmentDescriptionV1) Bytes() []byte { return s.b }

// UllOffsetInContent returns where in the content the segment begins, in bytes.
func (s SegmentDescriptionV1) UllOffsetInContent() uint64 {
	return binary.LittleEndian.Uint64(s.b[offUllOffsetInContent:])
}

// CbSegment returns the segment's length in bytes, whatever the content range.
func (s SegmentDescriptionV1) CbSegment() uint32 {
	return binary.LittleEndian.Uint32(s.b[offCbSegment:])
}

// CbBlockSize returns the length in bytes of the segment's blocks.
func (s SegmentDescriptionV1) CbBlockSize() uint32 {
	return binary.LittleEndian.Uint32(s.b[offCbBlockSize:])
}

// SegmentHashOfData returns HoD, the hash of the hashes of all the segment's
// blocks, listed or not. It aliases the decoded bytes.
func (s SegmentDescriptionV1) SegmentHashOfData() []byte {
	end := (len(s.b) + offHashes) / 2
	return s.b[offHashes:end:end]
}

// SegmentSecret returns Kp, a key that must be guarded like the content
// itself. It aliases the decoded bytes.
func (s SegmentDescriptionV1) SegmentSecret() Secret {
	return NewSecret(s.b[(len(s.b)+offHashes)/2:])
}

// SegmentContentBlocks is the list of block hashes of one segment (MS-PCCRC
// 2.3.1.2). It aliases what it was decoded from.
type SegmentContentBlocks struct {
	hashes []byte
	size   int
}

// Len returns cBlocks, the number of block hashes.
func (c SegmentContentBlocks) Len() int {
	if c.size == 0 {
		return 0
	}
	return len(c.hashes) / c.size
}

// At returns the block hash with index i, counted from 0. It panics where i is
// not below Len. It aliases the decoded bytes.
func (c SegmentContentBlocks) At(i int) []byte {
	return c.hashes[i*c.size : (i+1)*c.size : (i+1)*c.size]
}

// All returns an iterator over the block hashes and their indexes, in order.
// They alias the decoded bytes.
func (c SegmentContentBlocks) All() iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		for i := range c.Len() {
			if !yield(i, c.At(i)) {
				return
			}
		}
	}
}

// BlockHashes returns all the block hashes, one after the other. Where they are
// those of the whole segment, HoD is the hash of this.
func (c SegmentContentBlocks) BlockHashes() []byte { return c.hashes }
