package pccrc_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/corpus"
	"github.com/hostedcache/pchc/internal/testutil"
	"github.com/hostedcache/pchc/pccrc"
)

// decode decodes Content Information of the version that its second byte tells.
func decode(b []byte) (pccrc.ContentInformation, error) { return pccrc.Decode(b) }

// forEach runs f for every vector of Content Information.
func forEach(t *testing.T, f func(t *testing.T, v corpus.Vector)) {
	t.Helper()
	files, err := corpus.Load()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, file := range files {
		for _, g := range file.Groups {
			for _, v := range g.Tests {
				if v.Kind == corpus.Content {
					n++
					t.Run(v.ID, func(t *testing.T) { f(t, v) })
				}
			}
		}
	}
	if n == 0 {
		t.Fatal("the corpus has no Content Information")
	}
}

func TestVectors(t *testing.T) {
	forEach(t, func(t *testing.T, v corpus.Vector) {
		got, err := decode(v.Bytes)
		check := pccrc.CheckV1
		if len(v.Bytes) > 1 && v.Bytes[1] == 2 {
			check = pccrc.CheckV2
		}
		if e, ok := check(v.Bytes); ok != (err == nil) || !ok && e != *err.(*pccrc.Error) {
			t.Errorf("Check gives %v, decoding %v", &e, err)
		}
		if !v.Valid {
			checkError(t, err, v.Rule, v.Offset, false)
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		testutil.Append(t, v.Bytes, got.AppendLenient)
		if got.EncodedLen() != len(v.Bytes) {
			t.Errorf("EncodedLen is %d, want %d", got.EncodedLen(), len(v.Bytes))
		}
		if len(v.SenderViolations) > 0 {
			first := v.SenderViolations[0]
			checkError(t, got.CheckSenderRules(), first.Rule, first.Offset, true)
			checkError(t, testutil.AppendFails(t, got.AppendBinary), first.Rule, first.Offset, true)
		} else {
			testutil.Append(t, v.Bytes, got.AppendBinary)
		}
		checkFields(t, v, got)
		checkDerived(t, v, got)
	})
}

func checkError(t *testing.T, err error, rule string, offset int, sender bool) {
	t.Helper()
	var e *pccrc.Error
	if !errors.As(err, &e) {
		t.Fatalf("error is %v, want a violation of %s", err, rule)
	}
	if string(e.Rule) != rule || e.Offset != offset || e.Sender != sender || !errors.Is(err, pccrc.Rule(rule)) {
		t.Errorf("violation is %s at %d (sender %t), want %s at %d (sender %t)", e.Rule, e.Offset, e.Sender, rule, offset, sender)
	}
}

// The JSON objects of a vector, as far as this package has to say to them.
type (
	segmentFields struct {
		UllOffsetInContent               uint64
		CbSegment, CbBlockSize           uint32
		SegmentHashOfData, SegmentSecret corpus.Hex
	}
	blocksFields struct {
		CBlocks     int
		BlockHashes []corpus.Hex
	}
	chunkFields struct {
		DwChunkDataLength int
		ChunkData         []segmentFields
	}
	contentFields struct {
		DwHashAlgo               pccrc.HashAlgorithm
		DwOffsetInFirstSegment   uint32
		DwReadBytesInLastSegment uint32
		CSegments                int
		Segments                 []segmentFields
		Blocks                   []blocksFields
		Padding                  corpus.Hex
		UllStartInContent        uint64
		UllIndexOfFirstSegment   uint64
		UllLengthOfRange         uint64
		Chunks                   []chunkFields
	}
)

func checkFields(t *testing.T, v corpus.Vector, c pccrc.ContentInformation) {
	if v.Fields == nil {
		return
	}
	var want, got contentFields
	if err := json.Unmarshal(v.Fields, &want); err != nil {
		t.Fatal(err)
	}
	switch c := c.(type) {
	case pccrc.ContentInformationV1:
		got = contentFields{DwHashAlgo: c.DwHashAlgo(), DwOffsetInFirstSegment: c.DwOffsetInFirstSegment,
			DwReadBytesInLastSegment: c.DwReadBytesInLastSegment, CSegments: c.Len(), Padding: c.Padding}
		for _, s := range c.All() {
			got.Segments = append(got.Segments, segmentFields{s.UllOffsetInContent(), s.CbSegment(), s.CbBlockSize(), s.SegmentHashOfData(), s.SegmentSecret().Bytes()})
			b := blocksFields{CBlocks: s.Blocks.Len()}
			for _, hash := range s.Blocks.All() {
				b.BlockHashes = append(b.BlockHashes, hash)
			}
			got.Blocks = append(got.Blocks, b)
		}
	case pccrc.ContentInformationV2:
		got = contentFields{DwOffsetInFirstSegment: c.DwOffsetInFirstSegment, UllStartInContent: c.UllStartInContent,
			UllIndexOfFirstSegment: c.UllIndexOfFirstSegment, UllLengthOfRange: c.UllLengthOfRange}
		for _, chunk := range c.Chunks() {
			f := chunkFields{DwChunkDataLength: chunk.Len() * 68}
			for _, s := range chunk.All() {
				f.ChunkData = append(f.ChunkData, segmentFields{CbSegment: s.CbSegment(), SegmentHashOfData: s.SegmentHashOfData(), SegmentSecret: s.SegmentSecret().Bytes()})
			}
			got.Chunks = append(got.Chunks, f)
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("fields differ (-want +got):\n%s", d)
	}
}

func checkDerived(t *testing.T, v corpus.Vector, c pccrc.ContentInformation) {
	if v.Derived == nil {
		return
	}
	type segment struct {
		Index             int
		Start             uint64
		Length, BlockSize uint32
		HoHoDk            corpus.Hex
	}
	var want, got struct {
		Range    pccrc.Range
		Segments []segment
	}
	if err := json.Unmarshal(v.Derived, &want); err != nil {
		t.Fatal(err)
	}
	got.Range = c.Range()
	for i, s := range c.Segments() {
		id := s.AppendHoHoDk(nil)
		if !bytes.Equal(c.AppendHoHoDk([]byte("x"), i)[1:], id) {
			t.Errorf("AppendHoHoDk of segment %d is not that of Segments", i)
		}
		got.Segments = append(got.Segments, segment{i, s.Start, s.Length, s.BlockSize, id})
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("derived values differ (-want +got):\n%s", d)
	}
}

// TestKeys derives Ks, Kp and HoD of the vectors that tell what they were made
// from, and compares.
func TestKeys(t *testing.T) {
	algorithms := map[string]pccrc.HashAlgorithm{
		"SHA-256": pccrc.SHA256, "SHA-384": pccrc.SHA384, "SHA-512": pccrc.SHA512, "SHA-512 truncated to 32 bytes": pccrc.TruncatedSHA512,
	}
	n := 0
	forEach(t, func(t *testing.T, v corpus.Vector) {
		if v.Recipe == nil || !v.Valid {
			return
		}
		a, ok := algorithms[v.Recipe.KsAlgorithm]
		if !ok {
			t.Fatalf("unknown algorithm %q", v.Recipe.KsAlgorithm)
		}
		ks, err := a.ServerSecret(v.Recipe.Secret)
		if err != nil || !bytes.Equal(ks.Bytes(), v.Recipe.Ks) {
			t.Errorf("Ks is %x (%v), want %x", ks.Bytes(), err, v.Recipe.Ks)
		}
		c, err := decode(v.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		check := func(a pccrc.HashAlgorithm, hod []byte, kp pccrc.Secret) {
			n++
			got, err := a.SegmentSecret(ks, hod)
			if err != nil || !got.Equal(kp) {
				t.Errorf("Kp is %x (%v), want %x", got.Bytes(), err, kp.Bytes())
			}
		}
		switch c := c.(type) {
		case pccrc.ContentInformationV1:
			for _, s := range c.All() {
				hod, err := c.DwHashAlgo().AppendHash([]byte("x"), s.Blocks.BlockHashes())
				if err != nil {
					t.Fatal(err)
				}
				whole := s.Blocks.Len() == int(s.CbSegment()+pccrc.BlockSizeV1-1)/pccrc.BlockSizeV1
				if whole && !bytes.Equal(hod[1:], s.SegmentHashOfData()) {
					t.Errorf("HoD is %x, want %x", hod[1:], s.SegmentHashOfData())
				}
				check(c.DwHashAlgo(), s.SegmentHashOfData(), s.SegmentSecret())
			}
		case pccrc.ContentInformationV2:
			for _, s := range c.All() {
				check(pccrc.TruncatedSHA512, s.SegmentHashOfData(), s.SegmentSecret())
			}
		}
	})
	if n == 0 {
		t.Error("no Kp was compared")
	}
}
