package smb2hash

import (
	"encoding/binary"

	"github.com/hostedcache/pchc/pccrc"
)

// HashHeaderLen is the length in bytes of a HASH_HEADER without its SourceFileName.
const HashHeaderLen = 36

// Offsets in a HASH_HEADER (MS-SMB2 2.2.32.4.1).
const (
	offHashVersion    = 4
	offChangeTime     = 8
	offFileSize       = 16
	offBlobLength     = 24
	offBlobOffset     = 28
	offDirty          = 32
	offFileNameLength = 34
)

var headerColumns = []column{{"Buffer.HASH_HEADER.HashType", 0, 4}, {"Buffer.HASH_HEADER.HashVersion", offHashVersion, 4},
	{"Buffer.HASH_HEADER.SourceFileChangeTime", offChangeTime, 8}, {"Buffer.HASH_HEADER.SourceFileSize", offFileSize, 8},
	{"Buffer.HASH_HEADER.HashBlobLength", offBlobLength, 4}, {"Buffer.HASH_HEADER.HashBlobOffset", offBlobOffset, 4},
	{"Buffer.HASH_HEADER.Dirty", offDirty, 2}, {"Buffer.HASH_HEADER.SourceFileNameLength", offFileNameLength, 2}}

// HashHeader is a HASH_HEADER (MS-SMB2 2.2.32.4.1), with which a Content Information
// File begins. HashBlobOffset and SourceFileNameLength are those of the bytes that
// are there: see [Buffer.HashBlobOffset].
type HashHeader struct {
	HashType             uint32 // HashTypePeerDist
	HashVersion          HashVersion
	SourceFileChangeTime uint64 // FILETIME: in units of 100 ns since 1601, UTC
	SourceFileSize       uint64 // bytes
	// HashBlobLength is the length of the Content Information in bytes, also where
	// only a part of it is there. In version 2 it is 0, and the Content
	// Information extends to the end of Buffer.
	HashBlobLength uint32
	Dirty          uint16 // 0
	SourceFileName []byte // UTF-16LE, without terminator; ignored by Windows. Aliases the decoded bytes
}

// NewHashHeader returns the header of Content Information of that version and
// length, in bytes, for a file of that size and time of change.
func NewHashHeader(v HashVersion, length uint32, size, changeTime uint64) HashHeader {
	if v == HashVersion2 {
		length = 0
	}
	return HashHeader{HashType: HashTypePeerDist, HashVersion: v, SourceFileChangeTime: changeTime, SourceFileSize: size, HashBlobLength: length}
}

// headerViolation returns the first violation in the HASH_HEADER that the Buffer
// b, at from the start of the response, begins with.
func headerViolation(b []byte, at int, form HashRetrievalType) (violation Error, violated bool) {
	e := pccrc.ErrorFields{Message: responseMessage}
	u32 := func(at int) (uint64, bool) { // ok is false where it is not there
		if len(b) < at+4 {
			return 0, false
		}
		return uint64(binary.LittleEndian.Uint32(b[at:])), true
	}
	version, _ := u32(offHashVersion)
	if v, ok := u32(0); ok && v != HashTypePeerDist {
		e.Rule, e.Field, e.Offset, e.Value, e.Detail = RuleHeaderHashType, "Buffer.HASH_HEADER.HashType", at, v, "is %, must be 1"
	} else if v, ok := u32(offHashVersion); ok && v != uint64(HashVersion1) && v != uint64(HashVersion2) {
		e.Rule, e.Field, e.Offset, e.Value, e.Detail = RuleHeaderHashVersion, "Buffer.HASH_HEADER.HashVersion", at+offHashVersion, v, "is %, must be 1 or 2"
	} else if v, ok := u32(offBlobLength); ok && v == 0 && version == uint64(HashVersion1) {
		e.Rule, e.Field, e.Offset, e.Detail = RuleHashBlobLength, "Buffer.HASH_HEADER.HashBlobLength", at+offBlobLength, "is 0, not allowed in SRV_HASH_VER_1"
	} else if len(b) < HashHeaderLen {
		return cut(RuleHeaderTruncated, responseMessage, headerColumns, at, len(b)), true
	} else if !placed(b, at, form, &e) {
		return Error{}, false
	}
	return pccrc.NewError(e), true
}

// placed fills e with the first violation of what the whole header b says about
// places in Buffer, and reports whether there is one.
func placed(b []byte, at int, form HashRetrievalType, e *pccrc.ErrorFields) bool {
	length, offset := uint64(binary.LittleEndian.Uint32(b[offBlobLength:])), uint64(binary.LittleEndian.Uint32(b[offBlobOffset:]))
	name := uint64(binary.LittleEndian.Uint16(b[offFileNameLength:]))
	size := uint64(len(b))
	switch {
	case form == FileBased && offset <= size && length > size-offset:
		e.Rule, e.Field, e.Offset, e.Value, e.Detail = RuleHashBlobLength, "Buffer.HASH_HEADER.HashBlobLength", at+offBlobLength, length, "is %, more than the remaining bytes hold"
	case offset > size:
		e.Rule, e.Field, e.Offset, e.Value, e.Detail = RuleHashBlobOffset, "Buffer.HASH_HEADER.HashBlobOffset", at+offBlobOffset, offset, "is %, behind the end of Buffer"
	case name > size-HashHeaderLen:
		e.Rule, e.Field, e.Offset, e.Value, e.Detail = RuleSourceFileNameLength, "Buffer.HASH_HEADER.SourceFileNameLength", at+offFileNameLength, name, "is %, more than the remaining bytes hold"
	case offset < HashHeaderLen+name:
		e.Rule, e.Field, e.Offset, e.Value, e.Detail = RuleHashBlobOffset, "Buffer.HASH_HEADER.HashBlobOffset", at+offBlobOffset, offset, "is %, before the end of HASH_HEADER"
	default:
		return false
	}
	return true
}

// headerOf reads the HASH_HEADER that b begins with, which is there.
func headerOf(b []byte) HashHeader {
	end := HashHeaderLen + int(binary.LittleEndian.Uint16(b[offFileNameLength:]))
	return HashHeader{
		HashType:             binary.LittleEndian.Uint32(b),
		HashVersion:          HashVersion(binary.LittleEndian.Uint32(b[offHashVersion:])),
		SourceFileChangeTime: binary.LittleEndian.Uint64(b[offChangeTime:]),
		SourceFileSize:       binary.LittleEndian.Uint64(b[offFileSize:]),
		HashBlobLength:       binary.LittleEndian.Uint32(b[offBlobLength:]),
		Dirty:                binary.LittleEndian.Uint16(b[offDirty:]),
		SourceFileName:       b[HashHeaderLen:end:end],
	}
}
