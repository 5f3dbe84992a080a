package oracle

import (
	"github.com/hostedcache/pchc/codec/smb2hash"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// CheckHashRequest compares both readings of b as a SRV_READ_HASH request (MS-SMB2
// 2.2.31.2), and returns a [*fuzz.Difference] if they disagree.
func CheckHashRequest(b []byte) error { return subject{kind: spec.HashRequest, b: b}.check() }

// CheckHashResponse compares both readings of b as the response to a SRV_READ_HASH
// request of that HashRetrievalType, 0 if unknown (MS-SMB2 2.2.32.4), and returns a
// [*fuzz.Difference] if they disagree.
func CheckHashResponse(b []byte, hashRetrievalType uint16) error {
	return subject{spec.HashResponse, b, hashRetrievalType}.check()
}

// CheckHashResponses is [CheckHashResponse] for each HashRetrievalType, and for an
// unknown one.
func CheckHashResponses(b []byte) error {
	for form := range uint16(3) {
		if err := CheckHashResponse(b, form); err != nil {
			return err
		}
	}
	return nil
}

func judgeHashRequest(b []byte, d *spec.Dissection) *fuzz.Difference {
	r, err := smb2hash.DecodeReadHashRequest(b)
	if err != nil {
		return rejected(err, d)
	}
	return accepted(r, b, d, func(f *fields) {
		f.integer("HashType", 4, uint64(r.HashType))
		f.integer("HashVersion", 4, uint64(r.HashVersion))
		f.integer("HashRetrievalType", 4, uint64(r.HashRetrievalType))
		f.integer("Length", 4, uint64(r.Length))
		f.integer("Offset", 8, r.Offset)
		f.some("Trailing", r.Trailing)
	})
}

func judgeHashResponse(s subject, d *spec.Dissection) *fuzz.Difference {
	r, err := smb2hash.DecodeReadHashResponse(s.b, smb2hash.HashRetrievalType(s.request))
	if err != nil {
		return rejected(err, d)
	}
	return accepted(r, s.b, d, func(f *fields) { f.hashResponse(&r) })
}

// some is bytes for a field that is not there if it has none.
func (f *fields) some(name string, value []byte) {
	if len(value) > 0 {
		f.bytes(name, value)
	}
}

func (f *fields) hashResponse(r *smb2hash.ReadHashResponse) {
	b := &r.Buffer
	if r.HashRetrievalType == smb2hash.FileBased {
		f.integer("FileDataOffset", 8, r.Offset)
		f.integer("FileDataLength", 8, r.FileDataLength)
	} else {
		f.integer("Offset", 8, r.Offset)
	}
	f.integer("BufferLength", 4, uint64(b.EncodedLen()))
	f.integer("Reserved", 4, uint64(r.Reserved))
	version := smb2hash.HashVersion2
	if h := &b.HashHeader; b.HasHashHeader {
		version = h.HashVersion
		f.integer("HashType", 4, uint64(h.HashType))
		f.integer("HashVersion", 4, uint64(h.HashVersion))
		f.integer("SourceFileChangeTime", 8, h.SourceFileChangeTime)
		f.integer("SourceFileSize", 8, h.SourceFileSize)
		f.integer("HashBlobLength", 4, uint64(h.HashBlobLength))
		f.integer("HashBlobOffset", 4, uint64(b.HashBlobOffset()))
		f.integer("Dirty", 2, uint64(h.Dirty))
		f.integer("SourceFileNameLength", 2, uint64(len(h.SourceFileName)))
		f.bytes("SourceFileName", h.SourceFileName)
		f.some("Gap", b.Gap)
	}
	f.content(b, version)
	f.some("Trailing", b.Trailing)
}

// content lists the fields of Content Information, or the part of one.
func (f *fields) content(b *smb2hash.Buffer, version smb2hash.HashVersion) {
	switch {
	case b.Partial:
		f.some("ContentInformationPart", b.ContentInformation)
	case version == smb2hash.HashVersion1:
		if v, err := pccrc.DecodeV1(b.ContentInformation); err == nil {
			f.contentV1(&v)
		}
	default:
		if v, err := pccrc.DecodeV2(b.ContentInformation); err == nil {
			f.contentV2(&v)
		}
	}
}
