package target

import (
	"encoding/json"
	"fmt"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// derived has the values that a decoder computes from Content Information. Missing
// ones are not judged.
type derived struct {
	Range    struct{ Start, Length *number }
	Segments []derivedSegment
}

type derivedSegment struct {
	Index, Start, Length, BlockSize *number
	HoHoDk                          *string
}

// judgeDerived judges the values computed from a valid message.
func judgeDerived(c Case, value []byte) *fuzz.Difference {
	if value == nil {
		return nil
	}
	given := new(derived)
	if err := json.Unmarshal(value, given); err != nil {
		return badReply(&c, "cannot parse \"derived\" in the reply: "+inJSON(err))
	}
	j := derivation{given: given, root: &c.Expected.Root}
	switch c.Expected.Message {
	case "SEGMENT_INFO_MESSAGE":
		m, err := codec.DecodeSegmentInfoMessage(c.Bytes)
		if err != nil {
			return nil // codec and spec differ, which is not the decoder's fault
		}
		j.root, j.path = j.root.Child("SegmentInformation"), "SegmentInformation."
		return j.v1(&m.SegmentInformation)
	case "CONTENT_INFORMATION_V1":
		v, err := pccrc.DecodeV1(c.Bytes)
		if err != nil {
			return nil
		}
		return j.v1(&v)
	case "CONTENT_INFORMATION_V2":
		v, err := pccrc.DecodeV2(c.Bytes)
		if err != nil {
			return nil
		}
		return j.v2(&v)
	}
	return nil
}

// derivation compares the expected computed values with the given ones.
type derivation struct {
	given *derived
	root  *spec.Node // the Content Information
	path  string     // of it
}

func (j *derivation) v1(v *pccrc.ContentInformationV1) *fuzz.Difference {
	if d := j.contentRange(v.Range(), "MS-PCCRC 2.3", "dwOffsetInFirstSegment"); d != nil {
		return d
	}
	segments := j.root.Child("segments")
	for i, s := range v.Segments() {
		path := fmt.Sprintf("%ssegments[%d].", j.path, i)
		if d := j.segment(&segments.Children[i], path, i, s); d != nil {
			return d
		}
	}
	return j.count(v.Len(), segments)
}

func (j *derivation) v2(v *pccrc.ContentInformationV2) *fuzz.Difference {
	if d := j.contentRange(v.Range(), "MS-PCCRC 2.4", "ullStartInContent"); d != nil {
		return d
	}
	chunks := j.root.Child("chunks")
	at, k := 0, 0 // index of the segment's chunk, and of the segment within it
	for i, s := range v.Segments() {
		segments := chunks.Children[at].Child("chunkData")
		path := fmt.Sprintf("%schunks[%d].chunkData[%d].", j.path, at, k)
		if d := j.segment(&segments.Children[k], path, i, s); d != nil {
			return d
		}
		if k++; k == len(segments.Children) {
			at, k = at+1, 0
		}
	}
	return j.count(v.Len(), chunks)
}

// contentRange judges the content range. A difference is located at the field
// called begin.
func (j *derivation) contentRange(r pccrc.Range, section, begin string) *fuzz.Difference {
	detail := unequal("start of the range", r.Start, j.given.Range.Start)
	if detail == "" {
		detail = unequal("length of the range", r.Length, j.given.Range.Length)
	}
	if detail == "" {
		return nil
	}
	n := j.root.Child(begin)
	return &fuzz.Difference{Fault: fuzz.Derived, Rule: fuzz.FieldID(&spec.Node{Section: section, Name: "range"}),
		Offset: n.Offset, Field: j.path + begin, Detail: detail}
}

// segment judges the values computed from segment n.
func (j *derivation) segment(n *spec.Node, path string, i int, want pccrc.Segment) *fuzz.Difference {
	if j.given.Segments == nil {
		return nil
	}
	d := &fuzz.Difference{Fault: fuzz.Derived, Offset: n.Offset, Field: path[:len(path)-1]}
	if i >= len(j.given.Segments) {
		d.Rule, d.Detail = fuzz.FieldID(n), fmt.Sprintf("\"derived\" has only %d segments", i)
		return d
	}
	given := &j.given.Segments[i]
	for _, m := range []struct {
		name, field string
		want        uint64
		given       *number
	}{
		{"index", "", uint64(i), given.Index},
		{"start", "ullOffsetInContent", want.Start, given.Start},
		{"length", "cbSegment", uint64(want.Length), given.Length},
		{"blockSize", "cbBlockSize", uint64(want.BlockSize), given.BlockSize},
	} {
		if d.Detail = unequal(m.name, m.want, m.given); d.Detail != "" {
			d.Rule = fuzz.FieldID(&spec.Node{Section: n.Section, Name: m.name})
			if f := n.Child(m.field); f != nil {
				d.Rule, d.Offset, d.Field = fuzz.FieldID(f), f.Offset, path+f.Name
			}
			return d
		}
	}
	if given.HoHoDk != nil && !sameHex(want.AppendHoHoDk(nil), []byte(*given.HoHoDk)) {
		// It is computed from both SegmentHashOfData and SegmentSecret.
		f := n.Child("SegmentHashOfData")
		d.Rule, d.Offset, d.Field, d.Detail = ruleHoHoDk, f.Offset, path+f.Name, "HoHoDk is wrong"
		return d
	}
	return nil
}

// ruleHoHoDk is not in the catalogue.
const ruleHoHoDk = "PCCRC-2.2-HoHoDk"

func (j *derivation) count(n int, list *spec.Node) *fuzz.Difference {
	if len(j.given.Segments) <= n {
		return nil
	}
	return &fuzz.Difference{Fault: fuzz.Derived, Rule: fuzz.FieldID(list), Offset: list.Offset, Field: j.path + list.Name,
		Detail: fmt.Sprintf("has %d segments, \"derived\" has %d", n, len(j.given.Segments))}
}

// unequal describes the difference of a given number, "" if there is none.
func unequal(name string, want uint64, given *number) string {
	if given == nil || uint64(*given) == want {
		return ""
	}
	return fmt.Sprintf("%s is %d, computed as %d", name, want, *given)
}
