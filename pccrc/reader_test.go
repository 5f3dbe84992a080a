package pccrc_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hostedcache/pchc/corpus"
	"github.com/hostedcache/pchc/pccrc"
)

// problem returns an error as a value that can be compared.
func problem(err error) any {
	var e *pccrc.Error
	if errors.As(err, &e) {
		return *e
	}
	return err
}

// read reads all that a Reader has.
func read(r *pccrc.Reader) (segments []pccrc.Segment, chunks []int, sender any, err error) {
	for s, err := range r.Segments() {
		if err != nil {
			return nil, nil, nil, err
		}
		segments = append(segments, s)
	}
	for n, err := range r.Chunks() {
		if err != nil {
			return nil, nil, nil, err
		}
		chunks = append(chunks, n)
	}
	err = r.CheckSenderRules()
	if sender = problem(err); sender != err {
		err = nil
	}
	return segments, chunks, sender, err
}

// compareReader compares a Reader of b with Decode of b. It returns a difference.
func compareReader(b []byte) string {
	info, want := pccrc.Decode(b)
	r, err := pccrc.NewReader(bytes.NewReader(b), int64(len(b)))
	if problem(err) != problem(want) {
		return "NewReader returns " + cmp.Diff(want, err)
	}
	if err != nil {
		return ""
	}
	var segments []pccrc.Segment
	for _, s := range info.Segments() {
		segments = append(segments, s)
	}
	var chunks []int
	if v, ok := info.(pccrc.ContentInformationV2); ok {
		for _, c := range v.Chunks() {
			chunks = append(chunks, c.Len())
		}
	}
	gotSegments, gotChunks, sender, err := read(r)
	return cmp.Diff(nil, err) +
		cmp.Diff([]any{info.Len(), info.Range(), int64(len(b)), chunks}, []any{r.Len(), r.Range(), r.Size(), gotChunks}) +
		cmp.Diff(segments, gotSegments, cmp.AllowUnexported(pccrc.Segment{}, pccrc.SegmentContentBlocks{}, pccrc.Secret{}), cmp.Comparer(bytes.Equal)) +
		cmp.Diff(problem(info.CheckSenderRules()), sender, cmp.AllowUnexported(pccrc.Error{}))
}

// TestReaderVectors: a Reader gives for each vector, and the beginnings of each, what
// Decode gives.
func TestReaderVectors(t *testing.T) {
	forEach(t, func(t *testing.T, v corpus.Vector) {
		for n := range len(v.Bytes) + 1 {
			if n > 300 && n < len(v.Bytes) && n%97 != 0 {
				continue
			}
			if diff := compareReader(v.Bytes[:n]); diff != "" {
				t.Fatalf("%d bytes: %s", n, diff)
			}
		}
	})
}

// TestReaderProperty: likewise for what is made of vectors by changes.
func TestReaderProperty(t *testing.T) {
	vectors, err := corpus.Vectors()
	if err != nil {
		t.Fatal(err)
	}
	var all [][]byte
	for _, v := range vectors {
		if v.Kind == corpus.Content && len(v.Bytes) > 0 && len(v.Bytes) < 4096 {
			all = append(all, v.Bytes)
		}
	}
	rapid.Check(t, func(r *rapid.T) {
		b := bytes.Clone(rapid.SampledFrom(all).Draw(r, "vector"))
		for range rapid.IntRange(1, 3).Draw(r, "changes") {
			b[rapid.IntRange(0, len(b)-1).Draw(r, "at")] = rapid.Byte().Draw(r, "byte")
		}
		if diff := compareReader(b); diff != "" {
			r.Fatal(diff)
		}
	})
}

// manySegments returns Content Information of both versions that is longer than what a
// Reader reads at a time.
func manySegments(t *testing.T) map[string]pccrc.ContentInformation {
	v1 := must(pccrc.DecodeV1(large(t)))
	content := lcg(100000)
	m := pccrc.Maker{ServerSecret: serverSecret, SegmentSize: 100, SegmentsPerChunk: 300}
	return map[string]pccrc.ContentInformation{"1.0": v1, "2.0": must(m.V2(t.Context(), bytes.NewReader(content)))}
}

func TestReaderLarge(t *testing.T) {
	for version, info := range manySegments(t) {
		if diff := compareReader(must(info.AppendLenient(nil))); diff != "" {
			t.Errorf("version %s: %s", version, diff)
		}
	}
}

// failingAt is an io.ReaderAt that fails after some calls.
type failingAt struct {
	io.ReaderAt
	calls int
	err   error
}

func (f *failingAt) ReadAt(b []byte, at int64) (int, error) {
	if f.calls--; f.calls < 0 {
		return len(b) / 2, f.err
	}
	return f.ReaderAt.ReadAt(b, at)
}

// TestReaderFails: each error of the io.ReaderAt comes out, and less than the size that
// was given is an unexpected end.
func TestReaderFails(t *testing.T) {
	broken := errors.New("the disk is broken")
	for version, info := range manySegments(t) {
		b := must(info.AppendLenient(nil))
		calls, ends := 0, map[string]int{}
		for ; ; calls += 1 + calls/10 {
			from := &failingAt{bytes.NewReader(b), calls, broken}
			where := "NewReader"
			r, err := pccrc.NewReader(from, int64(len(b)))
			if err == nil {
				where = "reading"
				_, _, _, err = read(r)
			}
			if err == nil {
				where = "verifying"
				_, err = new(pccrc.Verifier).Verify(t.Context(), r, plain(nil), 0, nil)
			}
			if err == nil {
				where = "a verifying reader"
				_, err = io.Copy(io.Discard, pccrc.NewVerifyingReader(r, plain(lcg(1))))
				if errors.Is(err, io.ErrUnexpectedEOF) { // of the content
					break
				}
			}
			if !errors.Is(err, broken) {
				t.Fatalf("version %s, after %d calls, %s: %v", version, calls, where, err)
			}
			ends[where]++
		}
		if len(ends) != 4 {
			t.Errorf("version %s: %v", version, ends)
		}
	}
	b := must(manySegments(t)["2.0"].AppendLenient(nil))
	if _, err := pccrc.NewReader(bytes.NewReader(b), int64(len(b))+1); err != io.ErrUnexpectedEOF {
		t.Errorf("one byte less than said: %v", err)
	}
	if _, err := pccrc.NewReader(strings.NewReader(""), -1); problem(err).(pccrc.Error).Rule != pccrc.RuleV1Truncated {
		t.Errorf("negative size: %v", err)
	}
}

// TestReaderChanged: bytes that change between two readings are an error, or other
// segments, and never more than that.
func TestReaderChanged(t *testing.T) {
	for version, info := range manySegments(t) {
		b := must(info.AppendLenient(nil))
		r := must(pccrc.NewReader(bytes.NewReader(b), int64(len(b))))
		failed := 0
		for at, step := 0, 1; at < len(b); at += step {
			if at > 40 {
				step = len(b)/20 - 1
			}
			old := b[at]
			b[at] ^= 0xff
			if _, _, _, err := read(r); err != nil {
				failed++
			}
			b[at] = old
		}
		clear(b)
		if _, _, _, err := read(r); err == nil || failed == 0 && version == "2.0" {
			t.Errorf("version %s: %v, %d errors", version, err, failed)
		}
	}
}

// TestReaderLongList: of block hashes beyond the end of any segment, the first is there
// to be seen.
func TestReaderLongList(t *testing.T) {
	v := pccrc.NewV1(pccrc.SHA256)
	content := lcg(100)
	hash := must(pccrc.SHA256.AppendHash(nil, content))
	err := v.Append(pccrc.SegmentFieldsV1{CbSegment: 100, CbBlockSize: pccrc.BlockSizeV1,
		SegmentHashOfData: must(pccrc.SHA256.AppendHash(nil, hash)), SegmentSecret: secret(0, 32), BlockHashes: bytes.Repeat(hash, 600)})
	if err != nil {
		t.Fatal(err)
	}
	b := must(v.AppendLenient(nil))
	r := must(pccrc.NewReader(bytes.NewReader(b), int64(len(b))))
	segments, _, sender, err := read(r)
	e, _ := sender.(pccrc.Error)
	if err != nil || len(segments) != 1 || segments[0].Blocks().Len() != 513 || e.Rule != pccrc.RuleBlockCount || e.Value != 600 {
		t.Errorf("%v, %v, %v", segments, sender, err)
	}
	if got, found := verify(t, pccrc.Verifier{}, v, content, 0); got.Matched != 100 || found != nil {
		t.Errorf("%+v, %v", got, found)
	}
}

// generated is Content Information 2.0 of any length: one chunk, of which only the
// segments' lengths are not 0.
type generated struct{ segments int }

func (e generated) ReadAt(b []byte, at int64) (int, error) {
	head := binary.BigEndian.AppendUint32(append(append([]byte{0, 2, 4}, make([]byte, 28)...), 0), uint32(68*e.segments))
	for i := range b {
		n := at + int64(i) - int64(len(head))
		switch b[i] = 0; {
		case n < 0:
			b[i] = head[at+int64(i)]
		case n%68 == 1:
			b[i] = 1 // of 65536
		}
	}
	return len(b), nil
}

// TestReaderMemory reads Content Information for 64 GiB, of 68 MiB, and never more than 16
// KiB at a time.
func TestReaderMemory(t *testing.T) {
	const segments = 1 << 20
	size := int64(31 + 5 + 68*segments)
	from := &largest{ReaderAt: generated{segments}}
	r := must(pccrc.NewReader(from, size))
	if r.Len() != segments || r.Range().Length != uint64(segments<<16) {
		t.Errorf("%d segments, %v", r.Len(), r.Range())
	}
	if err := r.CheckSenderRules(); err != nil {
		t.Error(err)
	}
	if from.most > 16<<10 {
		t.Errorf("%d bytes are read at once", from.most)
	}
}

// largest notes how much is read at once.
type largest struct {
	io.ReaderAt
	most int
}

func (l *largest) ReadAt(b []byte, at int64) (int, error) {
	l.most = max(l.most, len(b))
	return l.ReaderAt.ReadAt(b, at)
}
