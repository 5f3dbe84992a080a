package pccrc

import (
	"encoding"
	"io"
	"iter"
)

// ContentInformation is a ContentInformationV1 or a ContentInformationV2, for
// code that takes either version. It is always a value, never a pointer.
type ContentInformation interface {
	encoding.BinaryAppender
	encoding.BinaryMarshaler
	io.WriterTo
	// EncodedLen returns the exact length in bytes of what AppendBinary appends.
	EncodedLen() int
	// AppendLenient is AppendBinary without the sender rules.
	AppendLenient(dst []byte) ([]byte, error)
	// CheckSenderRules returns an *Error for the first sender rule that is
	// violated, and nil if none is.
	CheckSenderRules() error
	// Len returns the number of segments.
	Len() int
	// Range returns the content range.
	Range() Range
	// Segments returns an iterator over the segments and their indexes, in
	// order.
	Segments() iter.Seq2[int, Segment]
	// AppendHoHoDk appends the public identifier of the segment with index i.
	AppendHoHoDk(dst []byte, i int) []byte

	cursor() segmentCursor
}

var (
	_ ContentInformation = ContentInformationV1{}
	_ ContentInformation = ContentInformationV2{}

	_ encoding.BinaryUnmarshaler = (*ContentInformationV1)(nil)
	_ encoding.BinaryUnmarshaler = (*ContentInformationV2)(nil)
)

// writeAll writes parts one after the other, and returns how many bytes it wrote.
func writeAll(w io.Writer, parts ...[]byte) (all int64, err error) {
	for _, part := range parts {
		n, err := w.Write(part)
		all += int64(n)
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

// Sniff returns the major version of the Content Information that b begins
// with, judged by its first two bytes: 1 for 00 01, 2 for 00 02. It returns 0
// for anything else, and where there are fewer bytes.
func Sniff(b []byte) (version int) {
	if len(b) < 2 || b[0] != 0 || b[1] != 1 && b[1] != 2 {
		return 0
	}
	return int(b[1])
}

// Decode decodes b, Content Information of either version, told by its second
// byte: 2 is version 2.0, anything else is decoded as version 1.0. The result
// aliases b. It costs one allocation, which [DecodeV1] and [DecodeV2] do
// without. The error, if any, is an *Error for the first format rule that b
// violates.
func Decode(b []byte) (ContentInformation, error) {
	if len(b) > 1 && b[1] == 2 {
		v, err := DecodeV2(b)
		if err != nil {
			return nil, err
		}
		return v, nil
	}
	v, err := DecodeV1(b)
	if err != nil {
		return nil, err
	}
	return v, nil
}
