package smb2hash

import (
	"encoding/binary"
	"slices"
	"strconv"

	"github.com/hostedcache/pchc/pccrc"
)

// FSCTLSrvReadHash is the CtlCode of the SMB2 IOCTL that carries these buffers.
const FSCTLSrvReadHash = 0x001441BB

// HashTypePeerDist is the only HashType (SRV_HASH_TYPE_PEER_DIST).
const HashTypePeerDist = 1

// HashVersion is the version of the Content Information.
type HashVersion uint32

// The versions.
const (
	HashVersion1 HashVersion = 1 // SRV_HASH_VER_1: Content Information 1.0
	HashVersion2 HashVersion = 2 // SRV_HASH_VER_2: Content Information 2.0, SMB 3.x only
)

// String returns the specification's name of the version.
func (v HashVersion) String() string {
	switch v {
	case HashVersion1:
		return "SRV_HASH_VER_1"
	case HashVersion2:
		return "SRV_HASH_VER_2"
	}
	return "unknown"
}

// HashRetrievalType says what the Offset of a request counts, and so which form
// the response has.
type HashRetrievalType uint32

// The forms.
const (
	HashBased HashRetrievalType = 1 // SRV_HASH_RETRIEVE_HASH_BASED: Offset in the Content Information File
	FileBased HashRetrievalType = 2 // SRV_HASH_RETRIEVE_FILE_BASED: Offset in the content, SMB 3.x only
)

// String returns the specification's name of the form.
func (t HashRetrievalType) String() string {
	switch t {
	case HashBased:
		return "SRV_HASH_RETRIEVE_HASH_BASED"
	case FileBased:
		return "SRV_HASH_RETRIEVE_FILE_BASED"
	}
	return "unknown"
}

// ReadHashRequestLen is the length of a request in bytes.
const ReadHashRequestLen = 24

const requestMessage = "SRV_READ_HASH_REQUEST"

// ReadHashRequest is a SRV_READ_HASH request (MS-SMB2 2.2.31.2).
type ReadHashRequest struct {
	HashType          uint32 // HashTypePeerDist
	HashVersion       HashVersion
	HashRetrievalType HashRetrievalType
	// Length is how many bytes are asked for: of the Content Information File
	// if hash based, of the content if file based.
	Length uint32
	// Offset is where they begin, in bytes, in the same.
	Offset uint64
	// Trailing is what follows, which servers ignore. In a decoded request it
	// aliases the decoded bytes.
	Trailing []byte
}

// NewReadHashRequest returns a request for Content Information of the version, in
// the form that goes with it.
func NewReadHashRequest(v HashVersion, offset uint64, length uint32) ReadHashRequest {
	return ReadHashRequest{HashTypePeerDist, v, HashRetrievalType(v), length, offset, nil}
}

var requestColumns = []column{{"HashType", 0, 4}, {"HashVersion", 4, 4}, {"HashRetrievalType", 8, 4}, {"Length", 12, 4}, {"Offset", 16, 8}}

// DecodeReadHashRequest decodes b, the input buffer of an IOCTL request. Its one
// format rule is that all fields are there; unknown values are for
// CheckSenderRules, since a server answers them with STATUS_INVALID_PARAMETER.
// Trailing aliases b. The error, if any, is an *Error.
func DecodeReadHashRequest(b []byte) (ReadHashRequest, error) {
	if e, ok := CheckReadHashRequest(b); !ok {
		return ReadHashRequest{}, failed(e)
	}
	r := ReadHashRequest{
		HashType:          binary.LittleEndian.Uint32(b),
		HashVersion:       HashVersion(binary.LittleEndian.Uint32(b[4:])),
		HashRetrievalType: HashRetrievalType(binary.LittleEndian.Uint32(b[8:])),
		Length:            binary.LittleEndian.Uint32(b[12:]),
		Offset:            binary.LittleEndian.Uint64(b[16:]),
	}
	if len(b) > ReadHashRequestLen {
		r.Trailing = b[ReadHashRequestLen:len(b):len(b)]
	}
	return r, nil
}

// CheckReadHashRequest reports whether b is a well-formed request, and returns the
// first violation of a format rule where it is not. It allocates nothing.
func CheckReadHashRequest(b []byte) (violation Error, ok bool) {
	if len(b) >= ReadHashRequestLen {
		return Error{}, true
	}
	return cut(RuleRequestTruncated, requestMessage, requestColumns, 0, len(b)), false
}

// UnmarshalBinary decodes a copy of b into r, see [DecodeReadHashRequest].
func (r *ReadHashRequest) UnmarshalBinary(b []byte) error {
	decoded, err := DecodeReadHashRequest(slices.Clone(b))
	if err == nil {
		*r = decoded
	}
	return err
}

// Clone returns a copy of r that shares no bytes with it.
func (r ReadHashRequest) Clone() ReadHashRequest {
	r.Trailing = slices.Clone(r.Trailing)
	return r
}

// CheckSenderRules returns an *Error for the first sender rule that r violates,
// and nil if it violates none.
func (r ReadHashRequest) CheckSenderRules() error {
	e := pccrc.ErrorFields{Sender: true, Message: requestMessage}
	switch {
	case r.HashType != HashTypePeerDist:
		e.Rule, e.Field, e.Value, e.Detail = RuleHashType, "HashType", uint64(r.HashType), "is %, must be 1"
	case r.HashVersion != HashVersion1 && r.HashVersion != HashVersion2:
		e.Rule, e.Field, e.Offset, e.Value, e.Detail = RuleHashVersion, "HashVersion", 4, uint64(r.HashVersion), "is %, must be 1 or 2"
	case r.HashRetrievalType != HashBased && r.HashRetrievalType != FileBased:
		e.Rule, e.Field, e.Offset, e.Value, e.Detail = RuleHashRetrievalType, "HashRetrievalType", 8, uint64(r.HashRetrievalType), "is %, must be 1 or 2"
	case uint32(r.HashRetrievalType) != uint32(r.HashVersion):
		e.Rule, e.Field, e.Offset, e.Value = RuleRequestPair, "HashRetrievalType", 8, uint64(r.HashRetrievalType)
		if e.Detail = "is SRV_HASH_RETRIEVE_FILE_BASED (%), not allowed in SRV_HASH_VER_1"; r.HashVersion == HashVersion2 {
			e.Detail = "is SRV_HASH_RETRIEVE_HASH_BASED (%), not allowed in SRV_HASH_VER_2"
		}
	case len(r.Trailing) > 0:
		e.Rule, e.Field, e.Offset, e.Value = RuleRequestTrailing, "Trailing", ReadHashRequestLen, uint64(len(r.Trailing))
		e.Detail = counted(len(r.Trailing), "% unexpected byte after Offset", "% unexpected bytes after Offset")
	default:
		return nil
	}
	return failed(pccrc.NewError(e))
}

// counted returns the detail about n bytes.
func counted(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return more
}

// EncodedLen returns the exact length in bytes of what AppendBinary appends.
func (r ReadHashRequest) EncodedLen() int { return ReadHashRequestLen + len(r.Trailing) }

// AppendBinary appends r to dst. It rejects what violates a sender rule, with an
// *Error, and then returns dst unchanged.
func (r ReadHashRequest) AppendBinary(dst []byte) ([]byte, error) {
	if err := r.CheckSenderRules(); err != nil {
		return dst, err
	}
	return r.AppendLenient(dst)
}

// MarshalBinary returns r encoded, see AppendBinary.
func (r ReadHashRequest) MarshalBinary() ([]byte, error) { return r.AppendBinary(nil) }

// AppendLenient is AppendBinary without the sender rules. It never fails.
func (r ReadHashRequest) AppendLenient(dst []byte) ([]byte, error) {
	dst = slices.Grow(dst, r.EncodedLen())
	dst = binary.LittleEndian.AppendUint32(dst, r.HashType)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(r.HashVersion))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(r.HashRetrievalType))
	dst = binary.LittleEndian.AppendUint32(dst, r.Length)
	dst = binary.LittleEndian.AppendUint64(dst, r.Offset)
	return append(dst, r.Trailing...), nil
}

// String returns one line about r.
func (r ReadHashRequest) String() string {
	b := append([]byte(requestMessage), ", version "...)
	b = append(strconv.AppendUint(b, uint64(r.HashVersion), 10), ", "...)
	b = append(append(b, r.HashRetrievalType.String()...), ", "...)
	b = append(strconv.AppendUint(b, uint64(r.Length), 10), " bytes from "...)
	return string(strconv.AppendUint(b, r.Offset, 10))
}
