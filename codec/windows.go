package codec

import (
	"encoding/binary"
	"slices"

	"github.com/hostedcache/pchc/pccrc"
)

// WindowsAnswersOK reports whether a Windows hosted cache answers OK to the
// malformed request b, and then ignores it, where MS-PCHC 3.1.5.4 says that it
// is dropped. Only this was seen: a BATCHED_OFFER_MESSAGE whose one fault is an
// unknown HashAlgorithm, and a SEGMENT_INFO_MESSAGE whose SegmentInformation
// has a wrong Version, an unknown dwHashAlgo, no segments, or two. With a second
// fault beside one of these, or bytes missing, b is dropped. It reports false for a well-formed
// request.
func WindowsAnswersOK(b []byte) bool {
	r, err := DecodeRequestMessage(b)
	if err != nil {
		return false
	}
	switch r.MessageHeader.Type {
	case TypeBatchedOffer:
		s := SegmentDescriptors{r.MessageBody}
		if len(s.b) == 0 || len(s.b)%SegmentDescriptorLen != 0 || s.Len() > MaxDescriptors {
			return false
		}
		unknown := 0
		for _, d := range s.All() {
			if d.SizeOfContentTag() != ContentTagLen {
				return false
			}
			if !d.wellFormed() {
				unknown++
			}
		}
		return unknown == 1
	case TypeSegmentInfo:
		return len(r.MessageBody) >= ContentTagLen && windowsIgnores(r.MessageBody[ContentTagLen:])
	}
	return false
}

// windowsIgnores reports whether the SegmentInformation b has exactly one of
// the faults that a Windows hosted cache does not look for.
func windowsIgnores(b []byte) bool {
	if len(b) < offCSegments+4 {
		return false
	}
	segments := binary.LittleEndian.Uint32(b[offCSegments:])
	e, ok := pccrc.CheckV1(b)
	switch {
	case ok:
		return segments == 2
	case e.Rule == pccrc.RuleVersion:
		b = slices.Clone(b)
		binary.LittleEndian.PutUint16(b, 0x0100)
		_, ok = pccrc.CheckV1(b)
		return ok && segments == 1
	case e.Rule == pccrc.RuleDwHashAlgo:
		// What follows has no known length. It is whole if it is so with the hashes
		// of one of the algorithms that there are.
		b = slices.Clone(b)
		for _, a := range [...]pccrc.HashAlgorithm{pccrc.SHA256, pccrc.SHA384, pccrc.SHA512} {
			binary.LittleEndian.PutUint32(b[2:], uint32(a))
			if _, ok = pccrc.CheckV1(b); ok && segments == 1 {
				return true
			}
		}
		return false
	}
	return segments == 0
}
