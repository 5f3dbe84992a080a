package pccrc_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/testutil"
	"github.com/hostedcache/pchc/pccrc"
)

// withKey makes Content Information of both versions whose segments have
// testutil.Key as their secret.
func withKey(t *testing.T) (pccrc.ContentInformationV1, pccrc.ContentInformationV2) {
	t.Helper()
	v1 := pccrc.NewV1(pccrc.SHA512)
	if err := v1.Append(pccrc.SegmentFieldsV1{CbSegment: 9, CbBlockSize: pccrc.BlockSizeV1, SegmentHashOfData: make([]byte, 64),
		SegmentSecret: pccrc.NewSecret(testutil.Key), BlockHashes: make([]byte, 64)}); err != nil {
		t.Fatal(err)
	}
	var v2 pccrc.ContentInformationV2
	if err := v2.AppendChunk(pccrc.SegmentFieldsV2{CbSegment: 9, SegmentHashOfData: make([]byte, 32),
		SegmentSecret: pccrc.NewSecret(testutil.Key[:32])}); err != nil {
		t.Fatal(err)
	}
	return v1, v2
}

// No type that can hold a key prints it.
func TestRedacted(t *testing.T) {
	v1, v2 := withKey(t)
	v1.Padding = testutil.Key // as a wrong count makes of the keys behind it
	all := []any{
		v1, v2, v1.At(0), v2.At(0), pccrc.NewSecret(testutil.Key),
		pccrc.SegmentFieldsV1{SegmentSecret: pccrc.NewSecret(testutil.Key)}, pccrc.SegmentFieldsV2{SegmentSecret: pccrc.NewSecret(testutil.Key)},
	}
	for _, s := range v1.All() {
		all = append(all, s, s.Blocks)
	}
	for _, s := range v1.Segments() {
		all = append(all, s)
	}
	for _, s := range v2.Segments() {
		all = append(all, s)
	}
	for _, c := range v2.Chunks() {
		all = append(all, c)
	}
	for _, v := range all {
		testutil.Redacted(t, v)
	}
}

// Printing survives that the decoded bytes changed.
func TestPrintChanged(t *testing.T) {
	v1, v2 := withKey(t)
	for _, v := range []pccrc.ContentInformation{v1, v2} {
		b, err := v.AppendLenient(nil)
		if err != nil {
			t.Fatal(err)
		}
		v, err := pccrc.Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		for i := range b {
			b[i] = 0xFE
		}
		if text := fmt.Sprint(v); text == "" {
			t.Error("it prints as nothing")
		}
		if b, err := json.Marshal(v); err == nil {
			t.Errorf("JSON is %s", b)
		}
	}
}

// JSON has the specification's names; nothing is left out.
func TestJSON(t *testing.T) {
	v1, v2 := withKey(t)
	zeros := strings.Repeat("00", 64)
	for v, want := range map[any]string{
		&v1: `{"Version":256,"dwHashAlgo":32782,"dwOffsetInFirstSegment":0,"dwReadBytesInLastSegment":0,"cSegments":1,` +
			`"segments":[{"ullOffsetInContent":0,"cbSegment":9,"cbBlockSize":65536,"SegmentHashOfData":"` + zeros + `","SegmentSecret":"redacted"}],` +
			`"blocks":[{"cBlocks":1,"BlockHashes":["` + zeros + `"]}]}`,
		&v2: `{"bMinorVersion":0,"bMajorVersion":2,"bHashAlgo":4,"ullStartInContent":0,"ullIndexOfFirstSegment":0,"dwOffsetInFirstSegment":0,` +
			`"ullLengthOfRange":0,"chunks":[{"bChunkType":0,"dwChunkDataLength":68,"chunkData":[` +
			`{"cbSegment":9,"SegmentHashOfData":"` + zeros[:64] + `","SegmentSecret":"redacted"}]}]}`,
	} {
		got, err := json.Marshal(v)
		if err != nil || string(got) != want {
			t.Errorf("JSON is\n%s (%v), want\n%s", got, err, want)
		}
	}
	s := pccrc.NewSecret(testutil.Key)
	if !bytes.Equal(s.Bytes(), testutil.Key) || s.Len() != 64 || !s.Equal(pccrc.NewSecret(bytes.Clone(testutil.Key))) || s.Equal(pccrc.Secret{}) {
		t.Errorf("the Secret is %x", s.Bytes())
	}
	if got, want := fmt.Sprint(v1), "CONTENT_INFORMATION_V1, 1 segment, SHA-512, 9 bytes from 0, SegmentSecret redacted"; got != want {
		t.Errorf("it prints as\n%s, want\n%s", got, want)
	}
}
