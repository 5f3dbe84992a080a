package pccrc

import (
	"encoding/binary"
	"iter"
)

// Sizes and limits of version 1.0 (MS-PCCRC 2.1, 2.3), in bytes.
const (
	BlockSize      = 65536                      // every block but the last of the content
	MaxSegmentSize = 32 << 20                   // every segment but the last of the content
	MaxBlocks      = MaxSegmentSize / BlockSize // blocks in a segment: 512

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
// that were decoded, and are valid until those change. Appending to a decoded
// value copies first, and never writes to those bytes. NewV1 and AppendSegment
// make a value from nothing.
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
func (v *ContentInformationV1) DwHashAlgo() HashAlgorithm { return v.dwHashAlgo }

// DecodeV1 decodes b, which must hold one whole Content Information 1.0; bytes
// after its last block list become Padding. The result aliases b.
//
// It reads the header, the count of each block list, and nothing else of the
// segments and block hashes: the cost does not depend on counts that b does
// not back. The error, if any, is an *Error of the first format rule that b
// violates; its Value never comes from a key.
func DecodeV1(b []byte) (ContentInformationV1, error) {
	var v ContentInformationV1
	if len(b) < v1HeaderLen {
		// Whole fields are judged before the one that is cut.
		if len(b) >= offDwHashAlgo && binary.LittleEndian.Uint16(b[offVersion:]) != v1Version {
			return v, errVersion(b)
		}
		if len(b) >= offDwOffsetInFirstSegment && hashLenV1(dwHashAlgo(b)) == 0 {
			return v, errDwHashAlgo(dwHashAlgo(b))
		}
		return v, truncated(RuleV1Truncated, messageV1, v1HeaderFields[:], len(b))
	}
	if binary.LittleEndian.Uint16(b[offVersion:]) != v1Version {
		return v, errVersion(b)
	}
	h := hashLenV1(dwHashAlgo(b))
	if h == 0 {
		return v, errDwHashAlgo(dwHashAlgo(b))
	}
	n := uint64(binary.LittleEndian.Uint32(b[offCSegments:]))
	rest := b[v1HeaderLen:]
	if n == 0 {
		return v, &Error{Rule: RuleCSegments, Message: messageV1, Field: "cSegments", Offset: offCSegments,
			Detail: "is 0, must be at least 1"}
	}
	if n*segmentLenV1(h) > uint64(len(rest)) {
		return v, &Error{Rule: RuleCSegments, Message: messageV1, Field: "cSegments", Offset: offCSegments,
			Value: n, Detail: "is %, more than the bytes hold"}
	}
	end := int(n * segmentLenV1(h))
	blocks := rest[end:]
	length, err := blockListsLen(blocks, int(n), h, v1HeaderLen+end)
	if err != nil {
		return v, err
	}
	v.dwHashAlgo = dwHashAlgo(b)
	v.DwOffsetInFirstSegment = binary.LittleEndian.Uint32(b[offDwOffsetInFirstSegment:])
	v.DwReadBytesInLastSegment = binary.LittleEndian.Uint32(b[offDwReadBytesInLastSegment:])
	v.segments = rest[:end:end]
	v.blocks = blocks[:length:length]
	if length < len(blocks) {
		v.Padding = blocks[length:len(blocks):len(blocks)]
	}
	return v, nil
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
// 2.3.1.2) of hashes of h bytes, and returns the length of all of them. offset
// is b's place in the structure, for the error.
func blockListsLen(b []byte, n, h, offset int) (int, error) {
	at := 0
	for i := range n {
		left := len(b) - at
		if left < 4 {
			return 0, &Error{Rule: RuleBlocksShort, Message: messageV1, Field: "blocks[].cBlocks", Index: [2]int{i},
				Offset: offset + at, Value: uint64(left), Detail: "has % of its 4 bytes"}
		}
		c := binary.LittleEndian.Uint32(b[at:])
		if c == 0 {
			return 0, &Error{Rule: RuleCBlocks, Message: messageV1, Field: "blocks[].cBlocks", Index: [2]int{i},
				Offset: offset + at, Detail: "is 0, must be at least 1"}
		}
		// In 64 bits, since c times h wraps in 32.
		if uint64(c)*uint64(h) > uint64(left-4) {
			return 0, &Error{Rule: RuleCBlocks, Message: messageV1, Field: "blocks[].cBlocks", Index: [2]int{i},
				Offset: offset + at, Value: uint64(c), Detail: "is %, more than the bytes hold"}
		}
		at += 4 + int(c)*h
	}
	return at, nil
}

func dwHashAlgo(b []byte) HashAlgorithm {
	return HashAlgorithm(binary.LittleEndian.Uint32(b[offDwHashAlgo:]))
}

func errVersion(b []byte) error {
	return &Error{Rule: RuleVersion, Message: messageV1, Field: "Version", Offset: offVersion,
		Value: uint64(binary.LittleEndian.Uint16(b[offVersion:])), Detail: "is #, must be 0x100"}
}

func errDwHashAlgo(a HashAlgorithm) error {
	return &Error{Rule: RuleDwHashAlgo, Message: messageV1, Field: "dwHashAlgo", Offset: offDwHashAlgo,
		Value: uint64(a), Detail: "is #, must be 0x800c, 0x800d or 0x800e"}
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

// truncated reports the first of fields that is not wholly within length bytes.
func truncated(rule Rule, message string, fields []headerField, length int) error {
	start := 0
	for _, f := range fields {
		if length < f.end {
			return &Error{Rule: rule, Message: message, Field: f.name, Offset: start,
				Value: uint64(length - start), Detail: "is cut short after % bytes"}
		}
		start = f.end
	}
	return nil
}

// CSegments returns the number of segments.
func (v *ContentInformationV1) CSegments() int {
	return len(v.segments) / int(segmentLenV1(v.dwHashAlgo.Size()))
}

// Segment returns the SegmentDescription with index i, counted from 0. It
// panics where i is not below CSegments, as indexing a slice does.
func (v *ContentInformationV1) Segment(i int) SegmentDescriptionV1 {
	n := int(segmentLenV1(v.dwHashAlgo.Size()))
	return SegmentDescriptionV1(v.segments[i*n : (i+1)*n : (i+1)*n])
}

// All returns an iterator over the segments, each with its block list, in
// order. It reads each block list's count and no block hash.
func (v *ContentInformationV1) All() iter.Seq2[SegmentDescriptionV1, SegmentContentBlocks] {
	return func(yield func(SegmentDescriptionV1, SegmentContentBlocks) bool) {
		h := v.dwHashAlgo.Size()
		blocks := v.blocks
		for i := range v.CSegments() {
			end := 4 + int(binary.LittleEndian.Uint32(blocks))*h
			if !yield(v.Segment(i), SegmentContentBlocks{blocks[4:end:end], h}) {
				return
			}
			blocks = blocks[end:]
		}
	}
}

// SegmentDescriptionV1 is the wire form of a SegmentDescription of version 1.0
// (MS-PCCRC 2.3.1.1): 80, 112 or 144 bytes, as the hash algorithm has it. It
// aliases what it was decoded from.
type SegmentDescriptionV1 []byte

// UllOffsetInContent returns where in the content the segment begins, in bytes.
func (s SegmentDescriptionV1) UllOffsetInContent() uint64 {
	return binary.LittleEndian.Uint64(s[offUllOffsetInContent:])
}

// CbSegment returns the segment's length in bytes, whatever the content range.
func (s SegmentDescriptionV1) CbSegment() uint32 {
	return binary.LittleEndian.Uint32(s[offCbSegment:])
}

// CbBlockSize returns the length in bytes of the segment's blocks.
func (s SegmentDescriptionV1) CbBlockSize() uint32 {
	return binary.LittleEndian.Uint32(s[offCbBlockSize:])
}

// SegmentHashOfData returns HoD, the hash of the hashes of all the segment's
// blocks, listed or not. It aliases s.
func (s SegmentDescriptionV1) SegmentHashOfData() []byte {
	end := (len(s) + offHashes) / 2
	return s[offHashes:end:end]
}

// SegmentSecret returns Kp, a key that must be guarded like the content
// itself. It aliases s.
func (s SegmentDescriptionV1) SegmentSecret() []byte {
	return s[(len(s)+offHashes)/2 : len(s) : len(s)]
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

// BlockHashes returns all the block hashes, one after the other. Where they are
// those of the whole segment, HoD is the hash of this.
func (c SegmentContentBlocks) BlockHashes() []byte { return c.hashes }
