package smb2hash

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/hostedcache/pchc/pccrc"
)

// head returns the number of bytes before Buffer.
func (r *ReadHashResponse) head() int {
	if r.HashRetrievalType == FileBased {
		return fileBasedLen
	}
	return hashBasedLen
}

// EncodedLen returns the exact length in bytes of what AppendBinary appends.
func (r ReadHashResponse) EncodedLen() int { return r.head() + r.Buffer.EncodedLen() }

// AppendBinary appends r to dst. It rejects what violates a format or sender rule,
// with an *Error, and then returns dst unchanged.
func (r ReadHashResponse) AppendBinary(dst []byte) ([]byte, error) {
	if e, violated := r.formatViolation(); violated {
		return dst, failed(e)
	}
	if err := r.CheckSenderRules(); err != nil {
		return dst, err
	}
	return r.append(dst), nil
}

// MarshalBinary returns r encoded, see AppendBinary.
func (r ReadHashResponse) MarshalBinary() ([]byte, error) { return r.AppendBinary(nil) }

// AppendLenient is AppendBinary without the sender rules.
func (r ReadHashResponse) AppendLenient(dst []byte) ([]byte, error) {
	if e, violated := r.formatViolation(); violated {
		return dst, failed(e)
	}
	return r.append(dst), nil
}

func (r *ReadHashResponse) append(dst []byte) []byte {
	b := &r.Buffer
	dst = slices.Grow(dst, r.EncodedLen())
	dst = binary.LittleEndian.AppendUint64(dst, r.Offset)
	if r.HashRetrievalType == FileBased {
		dst = binary.LittleEndian.AppendUint64(dst, r.FileDataLength)
	}
	dst = binary.LittleEndian.AppendUint32(dst, uint32(b.EncodedLen()))
	dst = binary.LittleEndian.AppendUint32(dst, r.Reserved)
	if h := &b.HashHeader; b.HasHashHeader {
		dst = binary.LittleEndian.AppendUint32(dst, h.HashType)
		dst = binary.LittleEndian.AppendUint32(dst, uint32(h.HashVersion))
		dst = binary.LittleEndian.AppendUint64(dst, h.SourceFileChangeTime)
		dst = binary.LittleEndian.AppendUint64(dst, h.SourceFileSize)
		dst = binary.LittleEndian.AppendUint32(dst, h.HashBlobLength)
		dst = binary.LittleEndian.AppendUint32(dst, uint32(b.HashBlobOffset()))
		dst = binary.LittleEndian.AppendUint16(dst, h.Dirty)
		dst = binary.LittleEndian.AppendUint16(dst, uint16(len(h.SourceFileName)))
		dst = append(append(dst, h.SourceFileName...), b.Gap...)
	}
	return append(append(dst, b.ContentInformation...), b.Trailing...)
}

// formatViolation returns the first format rule that r violates as a value: bytes
// that decode to r do not exist.
func (r *ReadHashResponse) formatViolation() (violation Error, violated bool) {
	b, h := &r.Buffer, &r.Buffer.HashHeader
	at := r.head()
	e := pccrc.ErrorFields{Message: responseMessage}
	header := r.Offset == 0 && !(r.HashRetrievalType == FileBased && !b.HasHashHeader && beginsLikeV2(b.ContentInformation))
	content := len(b.ContentInformation)
	switch {
	case r.HashRetrievalType != HashBased && r.HashRetrievalType != FileBased:
		e.Rule, e.Field, e.Value, e.Detail = RuleHashRetrievalType, "HashRetrievalType", uint64(r.HashRetrievalType), "is %, must be 1 or 2"
	case uint64(b.EncodedLen()) > math.MaxUint32:
		e.Rule, e.Field, e.Offset, e.Value, e.Detail = r.lengthRule(), "BufferLength", at-8, uint64(b.EncodedLen()), "is %, must be at most 4294967295"
	case b.HasHashHeader != header:
		e.Rule, e.Field, e.Offset, e.Value, e.Detail = RuleHeaderAtStart, "Buffer.HASH_HEADER", at, r.Offset, "is not at the beginning of the file: Offset is %"
		if header {
			e.Detail = "missing"
		}
	case !b.HasHashHeader && (len(b.Gap) > 0 || len(b.Trailing) > 0 || b.Partial != (r.HashRetrievalType == HashBased)):
		e.Rule, e.Field, e.Offset, e.Value, e.Detail = RuleHeaderAtStart, "Buffer.HASH_HEADER", at, r.Offset, "missing, so that Buffer is Content Information (file based) or a part of it"
	case len(h.SourceFileName) > math.MaxUint16:
		e.Rule, e.Field, e.Offset, e.Detail = RuleSourceFileNameLength, "Buffer.HASH_HEADER.SourceFileNameLength", at+offFileNameLength, "is %, must be at most 65535"
		e.Value = uint64(len(h.SourceFileName))
	case b.HasHashHeader && !b.lengthFits(r.HashRetrievalType):
		e.Rule, e.Field, e.Offset, e.Value, e.Detail = RuleHashBlobLength, "Buffer.HASH_HEADER.HashBlobLength", at+offBlobLength, uint64(h.HashBlobLength), "is %, not the length of the Content Information"
	case b.HasHashHeader && h.HashType != HashTypePeerDist:
		e.Rule, e.Field, e.Offset, e.Value, e.Detail = RuleHeaderHashType, "Buffer.HASH_HEADER.HashType", at, uint64(h.HashType), "is %, must be 1"
	case b.HasHashHeader && h.HashVersion != HashVersion1 && h.HashVersion != HashVersion2:
		e.Rule, e.Field, e.Offset, e.Value, e.Detail = RuleHeaderHashVersion, "Buffer.HASH_HEADER.HashVersion", at+offHashVersion, uint64(h.HashVersion), "is %, must be 1 or 2"
	case b.Partial:
		return Error{}, false
	default:
		version := HashVersion2
		if b.HasHashHeader {
			version = h.HashVersion
			at += b.HashBlobOffset()
		}
		return contentViolation(b.ContentInformation[:content:content], at, version)
	}
	return pccrc.NewError(e), true
}

func (r *ReadHashResponse) lengthRule() Rule {
	if r.HashRetrievalType == FileBased {
		return RuleFileBasedLength
	}
	return RuleHashBasedLength
}

// lengthFits reports whether HashBlobLength goes with the bytes that are there.
func (b *Buffer) lengthFits(form HashRetrievalType) bool {
	length, there := uint64(b.HashHeader.HashBlobLength), uint64(len(b.ContentInformation))
	switch {
	case b.Partial:
		return form == HashBased && length > there && len(b.Trailing) == 0
	case length == 0:
		return b.HashHeader.HashVersion == HashVersion2 && len(b.Trailing) == 0
	}
	return length == there
}

// CheckSenderRules returns an *Error for the first sender rule that r violates,
// those of the Content Information included, and nil if it violates none.
func (r ReadHashResponse) CheckSenderRules() error {
	b, h := &r.Buffer, &r.Buffer.HashHeader
	at := r.head()
	e := pccrc.ErrorFields{Sender: true, Message: responseMessage}
	switch {
	case r.Reserved != 0:
		e.Rule, e.Field, e.Offset, e.Value, e.Detail = RuleHashBasedReserved, "Reserved", at-4, uint64(r.Reserved), "is %, must be 0"
		if r.HashRetrievalType == FileBased {
			e.Rule = RuleFileBasedReserved
		}
	case b.HasHashHeader && uint32(h.HashVersion) != uint32(r.HashRetrievalType):
		e.Rule, e.Field, e.Offset, e.Value, e.Detail = RuleResponsePair, "Buffer.HASH_HEADER.HashVersion", at+offHashVersion, uint64(h.HashVersion), "is %, not the version of this form of response"
	case b.HasHashHeader && h.HashVersion == HashVersion2 && h.HashBlobLength != 0:
		e.Rule, e.Field, e.Offset, e.Value, e.Detail = RuleVersion2Length, "Buffer.HASH_HEADER.HashBlobLength", at+offBlobLength, uint64(h.HashBlobLength), "is %, must be 0 in SRV_HASH_VER_2"
	case b.HasHashHeader && h.Dirty != 0:
		e.Rule, e.Field, e.Offset, e.Value, e.Detail = RuleDirty, "Buffer.HASH_HEADER.Dirty", at+offDirty, uint64(h.Dirty), "is %, must be 0"
	default:
		return r.checkContent()
	}
	return failed(pccrc.NewError(e))
}

// checkContent checks the sender rules from the Content Information on.
func (r *ReadHashResponse) checkContent() error {
	b := &r.Buffer
	at := r.head()
	if b.HasHashHeader {
		at += b.HashBlobOffset()
	}
	if !b.Partial {
		if err := b.checkSenderRules(at); err != nil {
			return err
		}
	}
	n := len(b.Trailing)
	if n == 0 {
		return nil
	}
	return failed(pccrc.NewError(pccrc.ErrorFields{Rule: RuleBlobTrailing, Sender: true, Message: responseMessage, Field: "Buffer.Trailing",
		Offset: at + len(b.ContentInformation), Value: uint64(n),
		Detail: counted(n, "% unexpected byte after the Content Information", "% unexpected bytes after the Content Information")}))
}

// checkSenderRules checks those of whole Content Information, at from the start of
// the response.
func (b *Buffer) checkSenderRules(at int) error {
	var err error
	field := "Buffer.CONTENT_INFORMATION_V1"
	if b.HasHashHeader && b.HashHeader.HashVersion == HashVersion1 {
		var v pccrc.ContentInformationV1
		if v, err = pccrc.DecodeV1(b.ContentInformation); err == nil {
			err = v.CheckSenderRules()
		}
	} else {
		field = "Buffer.CONTENT_INFORMATION_V2"
		var v pccrc.ContentInformationV2
		if v, err = pccrc.DecodeV2(b.ContentInformation); err == nil {
			err = v.CheckSenderRules()
		}
	}
	if e, violated := err.(*Error); violated {
		*e = e.Within(responseMessage, field, at)
		return e
	}
	return nil
}
