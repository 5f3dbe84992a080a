package message

import (
	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/pccrc"
)

// Derived is what follows from Content Information without being in it.
type Derived struct {
	Range    pccrc.Range
	Segments []Segment
}

// Segment is a segment that Content Information describes.
type Segment struct {
	Start, Length uint64 // of the whole segment, in the content
	BlockSize     uint32 // of a segment 2.0, which has no blocks, its length
	HoHoDk        []byte // its public identifier (MS-PCCRC 2.2)
}

// Derive returns what follows from a valid message of that name, nil where that
// is nothing.
func Derive(message string, body []byte) *Derived {
	switch message {
	case "SEGMENT_INFO_MESSAGE":
		if m, err := codec.DecodeSegmentInfoMessage(body); err == nil {
			return deriveV1(&m.SegmentInformation)
		}
	case "CONTENT_INFORMATION_V1":
		if v, err := pccrc.DecodeV1(body); err == nil {
			return deriveV1(&v)
		}
	case "CONTENT_INFORMATION_V2":
		if v, err := pccrc.DecodeV2(body); err == nil {
			return deriveV2(&v)
		}
	}
	return nil
}

func deriveV1(v *pccrc.ContentInformationV1) *Derived {
	d := &Derived{Range: v.Range()}
	for s := range v.All() {
		id, _ := v.DwHashAlgo().AppendHoHoDk(nil, s.SegmentSecret(), s.SegmentHashOfData())
		d.Segments = append(d.Segments, Segment{s.UllOffsetInContent(), uint64(s.CbSegment()), s.CbBlockSize(), id})
	}
	return d
}

func deriveV2(v *pccrc.ContentInformationV2) *Derived {
	d := &Derived{Range: v.Range()}
	start := v.UllStartInContent
	for s := range v.Segments() {
		id, _ := pccrc.TruncatedSHA512.AppendHoHoDk(nil, s.SegmentSecret()[:], s.SegmentHashOfData()[:])
		d.Segments = append(d.Segments, Segment{start, uint64(s.CbSegment()), s.CbSegment(), id})
		start += uint64(s.CbSegment())
	}
	return d
}
