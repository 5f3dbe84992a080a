package pccrc_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/pccrc"
)

// verify compares a content with Content Information, from each kind of reader of both,
// and returns what all find.
func verify(t *testing.T, v pccrc.Verifier, info pccrc.ContentInformation, content []byte, offset uint64) (pccrc.Verified, []pccrc.Mismatch) {
	t.Helper()
	wire := must(info.AppendLenient(nil))
	lists := []pccrc.SegmentList{info, must(pccrc.NewReader(bytes.NewReader(wire), int64(len(wire))))}
	var verified []pccrc.Verified
	var all [][]pccrc.Mismatch
	for _, list := range lists {
		for _, r := range []io.Reader{plain(content), section(content), bytes.NewReader(content)} {
			var found []pccrc.Mismatch
			one, err := v.Verify(t.Context(), list, r, offset, func(m *pccrc.Mismatch) error {
				found = append(found, *m)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			verified, all = append(verified, one), append(all, found)
		}
	}
	for i := range verified {
		if diff := cmp.Diff(verified[0], verified[i]) + cmp.Diff(all[0], all[i]); diff != "" {
			t.Fatalf("kinds of reader differ: %s", diff)
		}
	}
	r := verified[0]
	if r.Matched+r.Wrong+r.Missing+r.Unknown != r.Range.Length {
		t.Fatalf("%+v: not every byte is counted once", r)
	}
	return r, all[0]
}

// TestVerifyFindsBits turns one bit of a content, and it is found in its block.
func TestVerifyFindsBits(t *testing.T) {
	content := lcg(32<<20 + 100000)
	m := pccrc.Maker{ServerSecret: serverSecret}
	v1 := must(m.V1(t.Context(), pccrc.SHA256, bytes.NewReader(content)))
	v2 := must(m.V2(t.Context(), bytes.NewReader(content)))
	if r, found := verify(t, pccrc.Verifier{ServerSecret: serverSecret}, v1, content, 0); found != nil || r.Matched != uint64(len(content)) {
		t.Fatalf("%+v, %v", r, found)
	}
	for _, at := range []int{0, 65535, 65536, 32<<20 - 1, 32 << 20, len(content) - 1} {
		content[at] ^= 4
		start := at / 65536 * 65536
		size := min(65536, len(content)-start)
		segment, block := at>>25, at>>16&511
		want := pccrc.Mismatch{Kind: pccrc.MismatchContent, Segment: segment, Block: block, Start: uint64(start), Length: uint64(size)}
		r, found := verify(t, pccrc.Verifier{}, v1, content, 0)
		if diff := cmp.Diff([]pccrc.Mismatch{want}, found); diff != "" || r.Wrong != uint64(size) || r.Unknown != 0 {
			t.Errorf("version 1.0, byte %d: %+v, %s", at, r, diff)
		}
		want.Segment, want.Block = at>>16, -1
		r, found = verify(t, pccrc.Verifier{}, v2, content, 0)
		if diff := cmp.Diff([]pccrc.Mismatch{want}, found); diff != "" || r.Wrong != uint64(size) {
			t.Errorf("version 2.0, byte %d: %+v, %s", at, r, diff)
		}
		_, err := io.Copy(io.Discard, pccrc.NewVerifyingReader(v1, plain(content)))
		var wrong *pccrc.Mismatch
		if !errors.As(err, &wrong) || wrong.Start != uint64(start) {
			t.Errorf("reader, byte %d: %v", at, err)
		}
		content[at] ^= 4
	}
}

// TestVerifyParts gives parts of a content, and Content Information for ranges.
func TestVerifyParts(t *testing.T) {
	content := lcg(300000)
	whole := pccrc.Maker{ServerSecret: serverSecret}
	part := pccrc.Maker{ServerSecret: serverSecret, Range: pccrc.Range{Start: 70000, Length: 70000}}
	whole.SegmentsPerChunk = 2
	v1, v2 := must(whole.V1(t.Context(), pccrc.SHA512, plain(content))), must(whole.V2(t.Context(), plain(content)))
	part1, part2 := must(part.V1(t.Context(), pccrc.SHA512, plain(content))), must(part.V2(t.Context(), plain(content)))
	for _, c := range []struct {
		name     string
		info     pccrc.ContentInformation
		from, to int
		want     pccrc.Verified
		missing  int // offset of a MismatchMissing, or 0
	}{
		{"whole, 1.0", v1, 0, 300000, pccrc.Verified{Range: pccrc.Range{Length: 300000}, Matched: 300000}, 0},
		{"whole, 2.0", v2, 0, 300000, pccrc.Verified{Range: pccrc.Range{Length: 300000}, Matched: 300000}, 0},
		{"cut, 1.0", v1, 0, 131073, pccrc.Verified{Range: pccrc.Range{Length: 300000}, Matched: 131072, Unknown: 1, Missing: 168927}, 131073},
		{"cut, 2.0", v2, 0, 131073, pccrc.Verified{Range: pccrc.Range{Length: 300000}, Matched: 131072, Unknown: 1, Missing: 168927}, 131073},
		{"end, 1.0", v1, 70000, 300000, pccrc.Verified{Range: pccrc.Range{Length: 300000}, Matched: 168928, Unknown: 131072}, 0},
		{"end, 2.0", v2, 70000, 300000, pccrc.Verified{Range: pccrc.Range{Length: 300000}, Matched: 168928, Unknown: 131072}, 0},
		{"range in the whole, 1.0", part1, 0, 300000, pccrc.Verified{Range: part.Range, Matched: 70000}, 0},
		{"range in the whole, 2.0", part2, 0, 300000, pccrc.Verified{Range: part.Range, Matched: 70000}, 0},
		{"range alone, 1.0", part1, 70000, 140000, pccrc.Verified{Range: part.Range, Unknown: 70000}, 0},
		{"range alone, 2.0", part2, 70000, 140000, pccrc.Verified{Range: part.Range, Unknown: 70000}, 0},
		{"blocks of the range, 1.0", part1, 65536, 196608, pccrc.Verified{Range: part.Range, Matched: 70000}, 0},
		{"blocks of the range, 2.0", part2, 65536, 196608, pccrc.Verified{Range: part.Range, Matched: 70000}, 0},
		{"empty", v1, 0, 0, pccrc.Verified{Range: pccrc.Range{Length: 300000}, Missing: 300000}, -1},
		{"elsewhere", part2, 300000, 300000, pccrc.Verified{Range: part.Range, Unknown: 70000}, 0},
	} {
		got, found := verify(t, pccrc.Verifier{ServerSecret: serverSecret}, c.info, content[c.from:c.to], uint64(c.from))
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		found = slices.DeleteFunc(found, func(m pccrc.Mismatch) bool {
			return c.missing != 0 && m.Kind == pccrc.MismatchMissing && m.Start == uint64(max(c.missing, 0)) && m.Length == c.want.Missing
		})
		if len(found) > 0 {
			t.Errorf("%s: %v", c.name, found)
		}
	}
}

// TestVerifyInformation finds what is wrong in Content Information itself.
func TestVerifyInformation(t *testing.T) {
	content := lcg(200000)
	m := pccrc.Maker{ServerSecret: serverSecret}
	wire := must(must(m.V1(t.Context(), pccrc.SHA256, plain(content))).AppendBinary(nil))
	const hod, kp, cbSegment, cbBlockSize = 18 + 16, 18 + 48, 18 + 8, 18 + 12
	for _, c := range []struct {
		at   int
		want pccrc.MismatchKind
	}{{hod, pccrc.MismatchHoD}, {kp, pccrc.MismatchSecret}} {
		b := bytes.Clone(wire)
		b[c.at] ^= 1
		_, found := verify(t, pccrc.Verifier{ServerSecret: serverSecret}, must(pccrc.DecodeV1(b)), content, 0)
		if len(found) == 0 || found[0].Kind != c.want || found[0].Length != 200000 || found[0].Block != -1 {
			t.Errorf("byte %d: %v", c.at, found)
		}
		// The list alone contradicts HoD; no content is needed.
		_, found = verify(t, pccrc.Verifier{ServerSecret: serverSecret}, must(pccrc.DecodeV1(b)), nil, 0)
		if !slices.ContainsFunc(found, func(m pccrc.Mismatch) bool { return m.Kind == c.want }) {
			t.Errorf("byte %d, without content: %v", c.at, found)
		}
	}
	if _, found := verify(t, pccrc.Verifier{}, must(pccrc.DecodeV1(wire)), content, 0); found != nil {
		t.Error(found)
	}
	for _, at := range []int{cbSegment + 3, cbBlockSize} {
		b := bytes.Clone(wire)
		b[at] ^= 4
		if _, err := new(pccrc.Verifier).Verify(t.Context(), must(pccrc.DecodeV1(b)), plain(content), 0, nil); !errors.Is(err, pccrc.ErrSegments) {
			t.Errorf("byte %d: %v", at, err)
		}
		if _, err := pccrc.NewVerifyingReader(must(pccrc.DecodeV1(b)), plain(content)).Read(make([]byte, 1)); !errors.Is(err, pccrc.ErrSegments) {
			t.Errorf("reader, byte %d: %v", at, err)
		}
	}
}

// TestVerifyFar: content is missing at an offset that no reader gets to.
func TestVerifyFar(t *testing.T) {
	v := pccrc.NewV1(pccrc.SHA256)
	if err := v.Append(pccrc.SegmentFieldsV1{UllOffsetInContent: 1 << 63, CbSegment: 5, CbBlockSize: pccrc.BlockSizeV1,
		SegmentHashOfData: make([]byte, 32), SegmentSecret: pccrc.NewSecret(make([]byte, 32)), BlockHashes: make([]byte, 32)}); err != nil {
		t.Fatal(err)
	}
	if r, _ := verify(t, pccrc.Verifier{}, v, lcg(100), 0); r.Missing != 5 {
		t.Errorf("%+v", r)
	}
}

// TestVerifyingReader hands out verified bytes only.
func TestVerifyingReader(t *testing.T) {
	content := lcg(300000)
	m := pccrc.Maker{ServerSecret: serverSecret}
	v1, v2 := must(m.V1(t.Context(), pccrc.SHA384, plain(content))), must(m.V2(t.Context(), plain(content)))
	for name, info := range map[string]pccrc.ContentInformation{"1.0": v1, "2.0": v2} {
		if err := iotest.TestReader(pccrc.NewVerifyingReader(info, plain(content)), content); err != nil {
			t.Errorf("version %s: %v", name, err)
		}
		got, err := io.ReadAll(pccrc.NewVerifyingReader(info, bytes.NewReader(content[:100000])))
		var at *pccrc.ContentError
		if !bytes.Equal(got, content[:65536]) || !errors.As(err, &at) || at.Offset != 100000 || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("version %s, cut: %d bytes, %v", name, len(got), err)
		}
		wrong := bytes.Clone(content)
		wrong[150000]++
		got, err = io.ReadAll(pccrc.NewVerifyingReader(info, bytes.NewReader(wrong)))
		var mismatch *pccrc.Mismatch
		if !bytes.Equal(got, content[:131072]) || !errors.As(err, &mismatch) || mismatch.Start != 131072 {
			t.Errorf("version %s, damaged: %d bytes, %v", name, len(got), err)
		}
	}
}

// Bytes of the range for which there is no hash are not passed over in silence.
func TestNoHash(t *testing.T) {
	content := lcg(300000)
	m := pccrc.Maker{ServerSecret: serverSecret}
	whole := must(m.V1(t.Context(), pccrc.SHA256, plain(content)))
	m.Range = pccrc.Range{Length: 131072}
	v1, v2 := must(m.V1(t.Context(), pccrc.SHA256, plain(content))), must(m.V2(t.Context(), plain(content)))
	v1.DwReadBytesInLastSegment, v2.UllLengthOfRange = whole.DwReadBytesInLastSegment, 300000
	for name, info := range map[string]pccrc.ContentInformation{"1.0": v1, "2.0": v2} {
		got, err := io.ReadAll(pccrc.NewVerifyingReader(info, plain(content)))
		var at *pccrc.ContentError
		if !bytes.Equal(got, content[:131072]) || !errors.Is(err, pccrc.ErrNoHash) || !errors.As(err, &at) || at.Offset != 131072 {
			t.Errorf("version %s: %d bytes, %v", name, len(got), err)
		}
	}
	want := pccrc.Verified{Range: pccrc.Range{Length: 300000}, Matched: 131072, Unknown: 168928}
	got, err := new(pccrc.Verifier).Verify(t.Context(), v2, plain(content), 0, nil)
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestMismatchText(t *testing.T) {
	for _, c := range []struct {
		m    pccrc.Mismatch
		want string
	}{
		{pccrc.Mismatch{Kind: pccrc.MismatchContent, Segment: 1, Block: 2, Start: 3, Length: 4},
			"pchc: content at offset 3, 4 bytes: block 2 of segment 1 does not have its hash"},
		{pccrc.Mismatch{Kind: pccrc.MismatchHoD, Segment: 1, Block: -1, Start: 3, Length: 4},
			"pchc: content at offset 3, 4 bytes: segment 1 does not have its SegmentHashOfData"},
	} {
		if got := c.m.Error(); got != c.want {
			t.Error(got)
		}
	}
}
