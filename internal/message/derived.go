package message

import (
	"iter"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/codec/smb2hash"
	"github.com/hostedcache/pchc/pccrc"
)

// Derived has the values computed from Content Information, which are not on
// the wire.
type Derived struct {
	Range    pccrc.Range
	Segments []pccrc.Segment // views of the message
}

// Derive computes it for a valid message, given by its name and bytes. It returns
// nil for a message without Content Information.
func Derive(message string, body []byte) *Derived {
	switch message {
	case "SEGMENT_INFO_MESSAGE":
		if m, err := codec.DecodeSegmentInfoMessage(body); err == nil {
			return derive(m.SegmentInformation.Range(), m.SegmentInformation.Segments())
		}
	case "CONTENT_INFORMATION_V1":
		if v, err := pccrc.DecodeV1(body); err == nil {
			return derive(v.Range(), v.Segments())
		}
	case "CONTENT_INFORMATION_V2":
		if v, err := pccrc.DecodeV2(body); err == nil {
			return derive(v.Range(), v.Segments())
		}
	case "SRV_READ_HASH_RESPONSE":
		r, err := smb2hash.DecodeReadHashResponse(body, 0)
		switch b := &r.Buffer; {
		case err != nil || b.Partial:
		case b.HasHashHeader && b.HashHeader.HashVersion == smb2hash.HashVersion1:
			return Derive("CONTENT_INFORMATION_V1", b.ContentInformation)
		default:
			return Derive("CONTENT_INFORMATION_V2", b.ContentInformation)
		}
	}
	return nil
}

func derive(r pccrc.Range, segments iter.Seq2[int, pccrc.Segment]) *Derived {
	d := &Derived{Range: r}
	for _, s := range segments {
		d.Segments = append(d.Segments, s)
	}
	return d
}
