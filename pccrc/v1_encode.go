package pccrc

import (
	"encoding/binary"
	"io"
	"math"
	"slices"
)

// SegmentFieldsV1 holds the fields of a SegmentDescription of version 1.0
// (MS-PCCRC 2.3.1.1) and the BlockHashes of its SegmentContentBlocks
// (2.3.1.2), for Append.
type SegmentFieldsV1 struct {
	UllOffsetInContent uint64 // where in the content the segment begins, in bytes
	CbSegment          uint32 // length of the segment in bytes
	CbBlockSize        uint32 // length of a block in bytes: BlockSizeV1
	SegmentHashOfData  []byte // HoD, as long as the algorithm's hashes
	SegmentSecret      Secret // Kp, as long as the algorithm's hashes
	BlockHashes        []byte // one block hash after the other, at least one
}

// Append adds a segment with its block list. It copies what s holds. Where the
// algorithm is unknown to version 1.0, a hash does not have its length, or
// there is no block hash, it returns an error and leaves v unchanged.
func (v *ContentInformationV1) Append(s SegmentFieldsV1) error {
	h := hashLenV1(v.dwHashAlgo)
	if h == 0 {
		return failed(errDwHashAlgo(v.dwHashAlgo))
	}
	if len(s.SegmentHashOfData) != h || s.SegmentSecret.Len() != h || len(s.BlockHashes)%h != 0 {
		return ErrHashLength
	}
	n := len(s.BlockHashes) / h
	if n == 0 || uint64(n) > math.MaxUint32 {
		return failed(Error{Rule: RuleCBlocks, Message: messageV1, field: "blocks[].cBlocks", index: [2]int{v.Len()},
			Offset: v1HeaderLen + len(v.segments) + int(segmentLenV1(h)) + len(v.blocks), Value: uint64(n),
			detail: "is %, must be at least 1 and fit 4 bytes"})
	}
	b := v.segments
	b = binary.LittleEndian.AppendUint64(b, s.UllOffsetInContent)
	b = binary.LittleEndian.AppendUint32(b, s.CbSegment)
	b = binary.LittleEndian.AppendUint32(b, s.CbBlockSize)
	b = append(b, s.SegmentHashOfData...)
	v.segments = append(b, s.SegmentSecret.Bytes()...)
	v.blocks = binary.LittleEndian.AppendUint32(v.blocks, uint32(n))
	v.blocks = append(v.blocks, s.BlockHashes...)
	return nil
}

// EncodedLen returns the exact length in bytes of what AppendBinary appends.
func (v ContentInformationV1) EncodedLen() int {
	return v1HeaderLen + len(v.segments) + len(v.blocks) + len(v.Padding)
}

// AppendBinary appends v's wire form to dst, growing it at most once. It
// rejects a value that violates a format or sender rule, with an *Error for the
// first one, and then returns dst unchanged.
func (v ContentInformationV1) AppendBinary(dst []byte) ([]byte, error) {
	if err := v.check(); err != nil {
		return dst, err
	}
	return v.appendWire(dst), nil
}

// AppendLenient is AppendBinary without the sender rules: it encodes
// whatever DecodeV1 accepts, and gives back the same bytes.
func (v ContentInformationV1) AppendLenient(dst []byte) ([]byte, error) {
	if err := v.checkFormat(); err != nil {
		return dst, err
	}
	return v.appendWire(dst), nil
}

// MarshalBinary implements encoding.BinaryMarshaler by AppendBinary.
func (v ContentInformationV1) MarshalBinary() ([]byte, error) { return v.AppendBinary(nil) }

// WriteTo writes what AppendBinary appends, without making it in memory first. It writes
// nothing if AppendBinary rejects v.
func (v ContentInformationV1) WriteTo(w io.Writer) (int64, error) {
	if err := v.check(); err != nil {
		return 0, err
	}
	header := v.header()
	return writeAll(w, header[:], v.segments, v.blocks, v.Padding)
}

// check returns the first violation of a format or sender rule.
func (v *ContentInformationV1) check() error {
	if err := v.checkFormat(); err != nil {
		return err
	}
	return v.CheckSenderRules()
}

// checkFormat holds v against the format rules again: the bytes that a decoded
// value aliases may have changed since.
func (v *ContentInformationV1) checkFormat() error {
	h := hashLenV1(v.dwHashAlgo)
	if h == 0 {
		return failed(errDwHashAlgo(v.dwHashAlgo))
	}
	n := len(v.segments) / int(segmentLenV1(h))
	if n == 0 || len(v.segments)%int(segmentLenV1(h)) != 0 || uint64(n) > math.MaxUint32 {
		return failed(errCSegments(uint64(n)))
	}
	var e Error
	switch length := blockListsLen(v.blocks, n, h, v1HeaderLen+len(v.segments), &e); {
	case length < 0:
		return failed(e)
	case length != len(v.blocks):
		return failed(Error{Rule: RuleCBlocks, Message: messageV1, field: "blocks", Offset: v1HeaderLen + len(v.segments) + length,
			Value: uint64(len(v.blocks) - length), detail: "% unexpected bytes after the last list"})
	}
	return nil
}

func errCSegments(n uint64) Error {
	return Error{Rule: RuleCSegments, Message: messageV1, field: "cSegments", Offset: offCSegments,
		Value: n, detail: "is %, must be at least 1 and fit the segments' length"}
}

func (v *ContentInformationV1) appendWire(dst []byte) []byte {
	dst = slices.Grow(dst, v.EncodedLen())
	header := v.header()
	dst = append(append(dst, header[:]...), v.segments...)
	return append(append(dst, v.blocks...), v.Padding...)
}

func (v *ContentInformationV1) header() (b [v1HeaderLen]byte) {
	binary.LittleEndian.PutUint16(b[offVersion:], v1Version)
	binary.LittleEndian.PutUint32(b[offDwHashAlgo:], uint32(v.dwHashAlgo))
	binary.LittleEndian.PutUint32(b[offDwOffsetInFirstSegment:], v.DwOffsetInFirstSegment)
	binary.LittleEndian.PutUint32(b[offDwReadBytesInLastSegment:], v.DwReadBytesInLastSegment)
	binary.LittleEndian.PutUint32(b[offCSegments:], uint32(v.Len()))
	return b
}
