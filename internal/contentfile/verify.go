package contentfile

import (
	"context"
	"fmt"
	"io"
	"math"

	"github.com/hostedcache/pchc/pccrc"
)

// An Extent is what Content Information says of its segments as a whole.
type Extent struct {
	Algorithm  pccrc.HashAlgorithm
	Start, End uint64 // in the content, in bytes
	Last       bool   // the content ends with the last segment
}

// ExtentOf reads the extent of Content Information.
func ExtentOf(info *pccrc.Reader) (e Extent, err error) {
	first := true
	for s, err := range info.Segments() {
		if err != nil {
			return e, err
		}
		if first {
			e.Algorithm, e.Start, first = s.HashAlgorithm(), s.Start, false
		}
		e.End = s.Start + uint64(s.Length)
		e.Last = e.Algorithm != pccrc.TruncatedSHA512 && s.Length < pccrc.MaxSegmentSizeV1
	}
	// A range from the beginning to the end of the last segment is that of the whole content.
	switch v2, ok := info.Header().(pccrc.ContentInformationV2); {
	case ok && v2.UllLengthOfRange == 0:
		e.Last = true
	case info.Range() == pccrc.Range{Length: e.End}:
		e.Last = true
	}
	return e, nil
}

// A Fault is a place where a file and its Content Information differ. Its JSON form is for
// programs.
type Fault struct {
	Message string `json:"message"` // CONTENT_FAULT
	Valid   bool   `json:"valid"`
	Kind    string `json:"kind"`              // content, HoD, secret, missing, surplus, information
	Segment *int   `json:"segment,omitempty"` // index in the Content Information
	Block   *int   `json:"block,omitempty"`   // index in the segment
	Start   uint64 `json:"start"`             // in the content
	Length  uint64 `json:"length"`
	Detail  string `json:"detail"`
}

func newFault(kind string, start, length uint64, detail string) Fault {
	return Fault{Message: "CONTENT_FAULT", Kind: kind, Start: start, Length: length, Detail: detail}
}

// InformationFault is a fault of the Content Information itself.
func InformationFault(detail string) Fault { return newFault("information", 0, 0, detail) }

// mismatchFault returns a mismatch as a fault.
func mismatchFault(m *pccrc.Mismatch) Fault {
	what := fmt.Sprintf("segment %d", m.Segment)
	if m.Block >= 0 {
		what = fmt.Sprintf("block %d of segment %d", m.Block, m.Segment)
	}
	f := newFault("missing", m.Start, m.Length, "missing, from "+what+" on")
	switch m.Kind {
	case pccrc.MismatchContent:
		f.Kind, f.Detail = "content", what+" is damaged: it does not have its hash"
	case pccrc.MismatchHoD:
		f.Kind, f.Detail = "HoD", what+" does not have its SegmentHashOfData"
	case pccrc.MismatchSecret:
		f.Kind, f.Detail = "secret", what+" has a SegmentSecret of another server secret"
	}
	f.Segment = &m.Segment
	if m.Block >= 0 {
		f.Block = &m.Block
	}
	return f
}

// A Verdict is what verifying a file found in all. Its JSON form is for programs.
type Verdict struct {
	Message string `json:"message"` // CONTENT_VERDICT
	Valid   bool   `json:"valid"`   // there was no fault, and every byte of the range has its hash
	File    string `json:"file"`
	Length  uint64 `json:"length"` // of the file
	Range   Range  `json:"range"`
	Matched uint64 `json:"matched"` // bytes of the range
	Wrong   uint64 `json:"wrong"`
	Missing uint64 `json:"missing"`
	Unknown uint64 `json:"unknown"`
	Surplus uint64 `json:"surplus"` // bytes of the file behind all segments
	Secrets bool   `json:"secrets"` // SegmentSecrets were checked
}

// A Range is a content range in JSON.
type Range struct {
	Start  uint64 `json:"start"`
	Length uint64 `json:"length"`
}

// A Verifier verifies a file against Content Information.
type Verifier struct {
	Information *pccrc.Reader
	Extent      Extent // of Information
	pccrc.Verifier
	Offset uint64            // the file is a part of the content that begins here
	Found  func(Fault) error // is called for each fault, in order
}

// Verify reads a file, of size bytes or of unknown size, -1, to its end. Errors are those
// of [pccrc.Verifier.Verify], and what Found returns.
func (v *Verifier) Verify(ctx context.Context, content io.Reader, size int64) (Verdict, error) {
	valid := true
	found := func(f Fault) error {
		valid = false
		return v.Found(f)
	}
	counted := &counter{r: content}
	reader := io.Reader(counted)
	if size >= 0 {
		reader = content // in parallel
	}
	r, err := v.Verifier.Verify(ctx, v.Information, reader, v.Offset, func(m *pccrc.Mismatch) error { return found(mismatchFault(m)) })
	if err == nil && size < 0 {
		if _, err = io.Copy(io.Discard, counted); err != nil {
			err = &pccrc.ContentError{Offset: v.Offset + counted.n, Err: err}
		}
	}
	if err != nil {
		return Verdict{}, err
	}
	length := counted.n
	if size >= 0 {
		length = uint64(size)
	}
	all := Verdict{Message: "CONTENT_VERDICT", Length: length, Range: Range{r.Range.Start, r.Range.Length},
		Matched: r.Matched, Wrong: r.Wrong, Missing: r.Missing, Unknown: r.Unknown, Secrets: v.ServerSecret.Len() > 0}
	end, segments := v.Offset+min(length, math.MaxUint64-v.Offset), v.Extent // end of the file in the content
	if end > segments.End {
		all.Surplus = end - max(segments.End, v.Offset)
	}
	switch {
	case all.Surplus > 0 && segments.Last:
		err = found(newFault("surplus", max(segments.End, v.Offset), all.Surplus, "surplus: by the Content Information, the content ends before"))
	case end < segments.End && v.Offset == 0 && r.Missing == 0:
		err = found(newFault("missing", end, segments.End-end, "missing, behind the content range; the last segment has these bytes"))
	}
	all.Valid = valid && r.Unknown == 0
	return all, err
}

// counter counts what it reads.
type counter struct {
	r io.Reader
	n uint64
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += uint64(n)
	return n, err
}

// CheckHashes calls wrong for each segment whose block hashes contradict its HoD, which
// needs no content where all of them are listed.
func CheckHashes(info *pccrc.Reader, wrong func(segment int)) error {
	i := 0
	var hod []byte
	for s, err := range info.Segments() {
		if err != nil {
			return err
		}
		list := s.Blocks()
		if size := uint64(s.BlockSize); size != 0 && uint64(list.Len()) == (uint64(s.Length)+size-1)/size {
			hod, err = s.HashAlgorithm().AppendHash(hod[:0], list.BlockHashes())
			if err == nil && string(hod) != string(s.SegmentHashOfData()) {
				wrong(i)
			}
		}
		i++
	}
	return nil
}
