package generate

import (
	"encoding/binary"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

// All integers of the buffers of MS-SMB2 are little-endian.

// ReadHashRequest is a SRV_READ_HASH request (MS-SMB2 2.2.31.2).
type ReadHashRequest struct {
	HashType, HashVersion, HashRetrievalType, Length uint32
	Offset                                           uint64
	Trailing                                         []byte
}

// Append appends r to dst.
func (r *ReadHashRequest) Append(dst []byte) []byte {
	for _, v := range []uint32{r.HashType, r.HashVersion, r.HashRetrievalType, r.Length} {
		dst = binary.LittleEndian.AppendUint32(dst, v)
	}
	return append(binary.LittleEndian.AppendUint64(dst, r.Offset), r.Trailing...)
}

func (r *ReadHashRequest) message() fuzz.Message {
	return fuzz.Message{Kind: spec.HashRequest, Bytes: r.Append(make([]byte, 0, 24+len(r.Trailing)))}
}

// ReadHashResponse is a SRV_READ_HASH response (MS-SMB2 2.2.32.4.2, 2.2.32.4.3), with
// the Content Information File or a part of it.
type ReadHashResponse struct {
	FileBased      bool // it has a FileDataLength
	Offset         uint64
	FileDataLength uint64
	BufferLength   uint32
	Reserved       uint32
	HashHeader     *HashHeader // nil: there is none
	Gap            []byte      // before the Content Information
	Content        []byte
	Trailing       []byte
}

// HashHeader is a HASH_HEADER (MS-SMB2 2.2.32.4.1).
type HashHeader struct {
	HashType, HashVersion                uint32
	SourceFileChangeTime, SourceFileSize uint64
	HashBlobLength, HashBlobOffset       uint32
	Dirty, SourceFileNameLength          uint16
	SourceFileName                       []byte
}

// Append appends h to dst.
func (h *HashHeader) Append(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, h.HashType)
	dst = binary.LittleEndian.AppendUint32(dst, h.HashVersion)
	dst = binary.LittleEndian.AppendUint64(dst, h.SourceFileChangeTime)
	dst = binary.LittleEndian.AppendUint64(dst, h.SourceFileSize)
	dst = binary.LittleEndian.AppendUint32(dst, h.HashBlobLength)
	dst = binary.LittleEndian.AppendUint32(dst, h.HashBlobOffset)
	dst = binary.LittleEndian.AppendUint16(dst, h.Dirty)
	dst = binary.LittleEndian.AppendUint16(dst, h.SourceFileNameLength)
	return append(dst, h.SourceFileName...)
}

// Append appends r to dst.
func (r *ReadHashResponse) Append(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, r.Offset)
	if r.FileBased {
		dst = binary.LittleEndian.AppendUint64(dst, r.FileDataLength)
	}
	dst = binary.LittleEndian.AppendUint32(dst, r.BufferLength)
	dst = binary.LittleEndian.AppendUint32(dst, r.Reserved)
	if r.HashHeader != nil {
		dst = r.HashHeader.Append(dst)
	}
	return append(append(append(dst, r.Gap...), r.Content...), r.Trailing...)
}

// size returns the length of Buffer in bytes.
func (r *ReadHashResponse) size() int {
	n := len(r.Gap) + len(r.Content) + len(r.Trailing)
	if r.HashHeader != nil {
		n += hashHeaderLen + len(r.HashHeader.SourceFileName)
	}
	return n
}

func (r *ReadHashResponse) message() fuzz.Message {
	return fuzz.Message{Kind: spec.HashResponse, Bytes: r.Append(make([]byte, 0, 24+r.size()))}
}
