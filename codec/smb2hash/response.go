package smb2hash

import (
	"encoding/binary"
	"slices"

	"github.com/hostedcache/pchc/pccrc"
)

const responseMessage = "SRV_READ_HASH_RESPONSE"

// Lengths in bytes of what stands before Buffer.
const (
	hashBasedLen = 16
	fileBasedLen = 24
)

// ReadHashResponse is the response to a ReadHashRequest in either form:
// SRV_HASH_RETRIEVE_HASH_BASED (MS-SMB2 2.2.32.4.2) or
// SRV_HASH_RETRIEVE_FILE_BASED (2.2.32.4.3). BufferLength is that of Buffer.
type ReadHashResponse struct {
	HashRetrievalType HashRetrievalType // its form; not on the wire

	// Offset is where Buffer begins in the Content Information File if hash based,
	// and FileDataOffset, where the described range of the content begins, if file
	// based. In bytes.
	Offset uint64
	// FileDataLength is the length of that range in bytes; file based only.
	FileDataLength uint64
	Reserved       uint32 // 0

	Buffer Buffer // to the end of the response
}

// Buffer is what the field of that name holds: the Content Information File or a
// part of it if hash based, Content Information if file based. Its byte strings
// alias the decoded bytes. It holds keys.
//
// A HASH_HEADER is there where Offset is 0; but if file based not where the bytes
// begin like Content Information 2.0: then the Offset of the request was not 0, and
// the segment that covers it begins at 0.
type Buffer struct {
	HasHashHeader bool
	HashHeader    HashHeader // if HasHashHeader
	Gap           []byte     // between HASH_HEADER and Content Information; mostly empty

	// ContentInformation is for pccrc.DecodeV1 or DecodeV2, as
	// HashHeader.HashVersion says; without a HASH_HEADER it is version 2.0. It has
	// been checked unless Partial.
	ContentInformation []byte
	// Partial says that ContentInformation is only a part of one: join it with those
	// of the other responses.
	Partial bool

	Trailing []byte // behind the Content Information
}

// HashBlobOffset returns the field of that name of a HASH_HEADER: where the Content
// Information begins in Buffer, in bytes.
func (b *Buffer) HashBlobOffset() int {
	return HashHeaderLen + len(b.HashHeader.SourceFileName) + len(b.Gap)
}

// EncodedLen returns the length of Buffer in bytes: BufferLength.
func (b *Buffer) EncodedLen() int {
	n := len(b.ContentInformation) + len(b.Trailing)
	if b.HasHashHeader {
		n += b.HashBlobOffset()
	}
	return n
}

// Sniff returns the form of the response b, judged by its bytes: the one whose
// BufferLength is the number of bytes that follow. Where both are, or neither, it
// is file based if what its Buffer would begin with looks like a HASH_HEADER of version 2,
// or like Content Information 2.0, and else hash based.
func Sniff(b []byte) HashRetrievalType {
	fits := func(at, head int) bool {
		return len(b) >= head && uint64(binary.LittleEndian.Uint32(b[at:])) == uint64(len(b)-head)
	}
	hash, file := fits(8, hashBasedLen), fits(16, fileBasedLen)
	switch {
	case hash != file && hash:
		return HashBased
	case hash != file:
		return FileBased
	case len(b) >= fileBasedLen && (beginsLikeV2(b[fileBasedLen:]) || beginsLikeHeader(b[fileBasedLen:])):
		return FileBased
	}
	return HashBased
}

func beginsLikeV2(b []byte) bool { return len(b) >= 2 && b[0] == 0 && b[1] == 2 }
func beginsLikeHeader(b []byte) bool {
	return len(b) >= 8 && string(b[:8]) == "\x01\x00\x00\x00\x02\x00\x00\x00"
}

// DecodeReadHashResponse decodes b, the output buffer of an IOCTL response. form is
// the HashRetrievalType of the request, 0 where it is not known: then [Sniff]
// judges. The byte strings of the result alias b. The error, if any, is an *Error
// for the first format rule that b violates.
func DecodeReadHashResponse(b []byte, form HashRetrievalType) (ReadHashResponse, error) {
	var r ReadHashResponse
	if e, violated := r.decode(b, form); violated {
		return ReadHashResponse{}, failed(e)
	}
	return r, nil
}

// CheckReadHashResponse reports whether b is a well-formed response, and returns
// the first violation of a format rule where it is not. It allocates nothing.
func CheckReadHashResponse(b []byte, form HashRetrievalType) (violation Error, ok bool) {
	var r ReadHashResponse
	violation, violated := r.decode(b, form)
	return violation, !violated
}

// UnmarshalBinary decodes a copy of b into r, as [Sniff] judges.
func (r *ReadHashResponse) UnmarshalBinary(b []byte) error {
	decoded, err := DecodeReadHashResponse(slices.Clone(b), 0)
	if err == nil {
		*r = decoded
	}
	return err
}

// Clone returns a copy of r that shares no bytes with it.
func (r ReadHashResponse) Clone() ReadHashResponse {
	b := &r.Buffer
	for _, p := range []*[]byte{&b.HashHeader.SourceFileName, &b.Gap, &b.ContentInformation, &b.Trailing} {
		*p = slices.Clone(*p)
	}
	return r
}

var (
	hashBasedColumns = []column{{"Offset", 0, 8}, {"BufferLength", 8, 4}, {"Reserved", 12, 4}}
	fileBasedColumns = []column{{"FileDataOffset", 0, 8}, {"FileDataLength", 8, 8}, {"BufferLength", 16, 4}, {"Reserved", 20, 4}}
)

func (r *ReadHashResponse) decode(b []byte, form HashRetrievalType) (violation Error, violated bool) {
	if form == 0 {
		form = Sniff(b)
	}
	head, lengthRule := hashBasedLen, RuleHashBasedLength
	if form == FileBased {
		head, lengthRule = fileBasedLen, RuleFileBasedLength
	}
	switch {
	case len(b) >= head:
	case form == FileBased:
		return cut(RuleFileBasedTruncated, responseMessage, fileBasedColumns, 0, len(b)), true
	default:
		return cut(RuleHashBasedTruncated, responseMessage, hashBasedColumns, 0, len(b)), true
	}
	length := uint64(binary.LittleEndian.Uint32(b[head-8:]))
	if length != uint64(len(b)-head) {
		return pccrc.NewError(pccrc.ErrorFields{Rule: lengthRule, Message: responseMessage, Field: "BufferLength", Offset: head - 8,
			Value: length, Detail: "is %, not the number of bytes in Buffer"}), true
	}
	r.HashRetrievalType, r.Offset = form, binary.LittleEndian.Uint64(b)
	r.Reserved = binary.LittleEndian.Uint32(b[head-4:])
	if form == FileBased {
		r.FileDataLength = binary.LittleEndian.Uint64(b[8:])
	}
	return r.Buffer.decode(b[head:len(b):len(b)], head, form, r.Offset)
}

// decode decodes the Buffer b, at from the start of the response.
func (v *Buffer) decode(b []byte, at int, form HashRetrievalType, offset uint64) (violation Error, violated bool) {
	version := HashVersion2
	switch {
	case form == FileBased && (offset != 0 || beginsLikeV2(b)):
		v.ContentInformation = b
	case offset != 0:
		v.ContentInformation, v.Partial = b, true
		return Error{}, false
	default:
		if e, violated := headerViolation(b, at, form); violated {
			return e, true
		}
		v.HasHashHeader, v.HashHeader = true, headerOf(b)
		version = v.HashHeader.HashVersion
		start := int(binary.LittleEndian.Uint32(b[offBlobOffset:]))
		v.Gap = b[HashHeaderLen+len(v.HashHeader.SourceFileName) : start : start]
		length := uint64(v.HashHeader.HashBlobLength)
		v.ContentInformation = b[start:]
		switch left := uint64(len(b) - start); {
		case length > left:
			v.Partial = true
			return Error{}, false
		case length > 0:
			end := start + int(length)
			v.ContentInformation, v.Trailing = b[start:end:end], b[end:]
		}
		at += start
	}
	return contentViolation(v.ContentInformation, at, version)
}

// contentViolation returns the first violation in whole Content Information b, at
// from the start of the response.
func contentViolation(b []byte, at int, version HashVersion) (violation Error, violated bool) {
	field := "Buffer.CONTENT_INFORMATION_V1"
	e, ok := Error{}, false
	if version == HashVersion2 {
		field = "Buffer.CONTENT_INFORMATION_V2"
		e, ok = pccrc.CheckV2(b)
	} else {
		e, ok = pccrc.CheckV1(b)
	}
	if ok {
		return Error{}, false
	}
	return e.Within(responseMessage, field, at), true
}
