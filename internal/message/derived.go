package message

import (
	"iter"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/pccrc"
)

// Derived is what follows from Content Information without being in it.
type Derived struct {
	Range    pccrc.Range
	Segments []pccrc.Segment // views of the message
}

// Derive returns what follows from a valid message of that name, nil where that
// is nothing.
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
