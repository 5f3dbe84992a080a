package smb2hash_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hostedcache/pchc/codec/smb2hash"
	"github.com/hostedcache/pchc/internal/testutil"
	"github.com/hostedcache/pchc/pccrc"
)

// contentV1 and contentV2 are Content Information of one segment, with a key that
// testutil.Redacted looks for.
func contentV1(t testing.TB) []byte {
	v := pccrc.NewV1(pccrc.SHA256)
	if err := v.Append(pccrc.SegmentFieldsV1{CbSegment: 9, CbBlockSize: pccrc.BlockSizeV1, SegmentHashOfData: make([]byte, 32),
		SegmentSecret: pccrc.NewSecret(testutil.Key[:32]), BlockHashes: make([]byte, 32)}); err != nil {
		t.Fatal(err)
	}
	return marshal(t, v)
}

func contentV2(t testing.TB) []byte {
	var v pccrc.ContentInformationV2
	if err := v.AppendChunk(pccrc.SegmentFieldsV2{CbSegment: 9, SegmentHashOfData: make([]byte, 32), SegmentSecret: pccrc.NewSecret(testutil.Key[:32])}); err != nil {
		t.Fatal(err)
	}
	return marshal(t, v)
}

func marshal(t testing.TB, v interface{ MarshalBinary() ([]byte, error) }) []byte {
	t.Helper()
	b, err := v.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// whole returns a response with a HASH_HEADER and whole Content Information.
func whole(t testing.TB, v smb2hash.HashVersion) smb2hash.ReadHashResponse {
	content := contentV1(t)
	if v == smb2hash.HashVersion2 {
		content = contentV2(t)
	}
	h := smb2hash.NewHashHeader(v, uint32(len(content)), 9, 130e15)
	h.SourceFileName = []byte("f\x00")
	return smb2hash.ReadHashResponse{HashRetrievalType: smb2hash.HashRetrievalType(v),
		Buffer: smb2hash.Buffer{HasHashHeader: true, HashHeader: h, Gap: []byte{}, ContentInformation: content}}
}

// responses are one of each shape.
func responses(t testing.TB) map[string]smb2hash.ReadHashResponse {
	v1, v2 := whole(t, 1), whole(t, 2)
	first := v1.Clone()
	first.Buffer.Partial, first.Buffer.ContentInformation = true, first.Buffer.ContentInformation[:50]
	next := smb2hash.ReadHashResponse{HashRetrievalType: smb2hash.HashBased, Offset: 88,
		Buffer: smb2hash.Buffer{Partial: true, ContentInformation: contentV1(t)[50:]}}
	later := smb2hash.ReadHashResponse{HashRetrievalType: smb2hash.FileBased, Offset: 1000, FileDataLength: 9,
		Buffer: smb2hash.Buffer{ContentInformation: contentV2(t)}}
	covering := later.Clone()
	covering.Offset = 0
	gap := v1.Clone()
	gap.Buffer.Gap = []byte{1, 2, 3}
	return map[string]smb2hash.ReadHashResponse{"v1": v1, "v2": v2, "first": first, "next": next, "later": later, "covering": covering, "gap": gap}
}

func TestRoundTrip(t *testing.T) {
	for name, want := range responses(t) {
		t.Run(name, func(t *testing.T) {
			b := marshal(t, want)
			if len(b) != want.EncodedLen() {
				t.Errorf("%d bytes, EncodedLen is %d", len(b), want.EncodedLen())
			}
			testutil.Append(t, b, want.AppendBinary)
			testutil.Append(t, b, want.AppendLenient)
			if form := smb2hash.Sniff(b); form != want.HashRetrievalType {
				t.Errorf("looks %v, is %v", form, want.HashRetrievalType)
			}
			for _, form := range []smb2hash.HashRetrievalType{0, want.HashRetrievalType} {
				got, err := smb2hash.DecodeReadHashResponse(b, form)
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(want, got, cmp.Comparer(bytes.Equal)); d != "" {
					t.Error(d)
				}
			}
			var u smb2hash.ReadHashResponse
			if err := u.UnmarshalBinary(b); err != nil {
				t.Fatal(err)
			}
			again := marshal(t, u)
			clear(b)
			if c := u.Clone(); !bytes.Equal(again, marshal(t, c)) {
				t.Error("UnmarshalBinary or Clone does not copy")
			}
		})
	}
}

// Every prefix of a response is rejected, at a place that the prefix has.
func TestTruncated(t *testing.T) {
	for name, r := range responses(t) {
		b := marshal(t, r)
		for n := range len(b) {
			_, err := smb2hash.DecodeReadHashResponse(b[:n:n], r.HashRetrievalType)
			var e smb2hash.Error
			if !errors.As(err, &e) || e.Sender || e.Offset > n {
				t.Errorf("%s: the first %d bytes: %v", name, n, err)
			}
			// A Buffer that says how long it is, cut and with its length put right.
			head := 8 * int(r.HashRetrievalType+1)
			if n < head {
				continue
			}
			cut := bytes.Clone(b[:n])
			binary.LittleEndian.PutUint32(cut[head-8:], uint32(n-head))
			got, err := smb2hash.DecodeReadHashResponse(cut, r.HashRetrievalType)
			if err == nil {
				if again := marshalLenient(t, got); !bytes.Equal(again, cut) || !got.Buffer.Partial {
					t.Errorf("%s: Buffer of %d bytes becomes %+v", name, n-head, got)
				}
			} else if !errors.As(err, &e) || e.Offset > n {
				t.Errorf("%s: Buffer of %d bytes: %v", name, n-head, err)
			}
		}
	}
	request := marshal(t, smb2hash.NewReadHashRequest(2, 5, 7))
	for n := range len(request) {
		if _, err := smb2hash.DecodeReadHashRequest(request[:n:n]); !errors.Is(err, smb2hash.RuleRequestTruncated) {
			t.Errorf("the first %d bytes of a request: %v", n, err)
		}
	}
}

func marshalLenient(t testing.TB, v interface{ AppendLenient([]byte) ([]byte, error) }) []byte {
	t.Helper()
	b, err := v.AppendLenient([]byte("before"))
	if err != nil || !bytes.HasPrefix(b, []byte("before")) {
		t.Fatalf("%x (%v)", b, err)
	}
	return b[len("before"):]
}

// Each violation, with rule, offset and value.
func TestViolations(t *testing.T) {
	type edit func(b []byte) []byte
	set := func(at, size int, v uint64) edit {
		return func(b []byte) []byte {
			for i := range size {
				b[at+i] = byte(v >> (8 * i))
			}
			return b
		}
	}
	more := func(b []byte) []byte { return append(b, 1, 2) }
	for _, c := range []struct {
		of     string
		edit   edit
		rule   smb2hash.Rule
		sender bool
		want   string // path, offset, value
	}{
		{"v1", set(8, 4, 1<<31), smb2hash.RuleHashBasedLength, false, "BufferLength 8 2147483648"},
		{"v2", set(16, 4, 1<<31), smb2hash.RuleFileBasedLength, false, "BufferLength 16 2147483648"},
		{"v1", set(12, 4, 7), smb2hash.RuleHashBasedReserved, true, "Reserved 12 7"},
		{"v2", set(20, 4, 7), smb2hash.RuleFileBasedReserved, true, "Reserved 20 7"},
		{"v1", more, smb2hash.RuleHashBasedLength, false, "BufferLength 8 172"},
		{"v2", more, smb2hash.RuleFileBasedLength, false, "BufferLength 16 142"},
		{"v1", func(b []byte) []byte { b[8] += 2; return more(b) }, smb2hash.RuleBlobTrailing, true, "Buffer.Trailing 188 2"},
		{"v1", set(16, 4, 2), smb2hash.RuleHeaderHashType, false, "Buffer.HASH_HEADER.HashType 16 2"},
		{"v2", set(24, 4, 2), smb2hash.RuleHeaderHashType, false, "Buffer.HASH_HEADER.HashType 24 2"},
		{"v1", set(20, 4, 3), smb2hash.RuleHeaderHashVersion, false, "Buffer.HASH_HEADER.HashVersion 20 3"},
		{"v1", set(40, 4, 0), smb2hash.RuleHashBlobLength, false, "Buffer.HASH_HEADER.HashBlobLength 40 0"},
		{"v2", set(48, 4, 1<<20), smb2hash.RuleHashBlobLength, false, "Buffer.HASH_HEADER.HashBlobLength 48 1048576"},
		{"v2", set(48, 4, 104), smb2hash.RuleVersion2Length, true, "Buffer.HASH_HEADER.HashBlobLength 48 104"},
		{"v1", set(44, 4, 37), smb2hash.RuleHashBlobOffset, false, "Buffer.HASH_HEADER.HashBlobOffset 44 37"},
		{"v1", set(44, 4, 173), smb2hash.RuleHashBlobOffset, false, "Buffer.HASH_HEADER.HashBlobOffset 44 173"},
		{"v1", set(48, 2, 1), smb2hash.RuleDirty, true, "Buffer.HASH_HEADER.Dirty 48 1"},
		{"v1", set(50, 2, 137), smb2hash.RuleSourceFileNameLength, false, "Buffer.HASH_HEADER.SourceFileNameLength 50 137"},
		{"v1", set(54, 2, 0x200), pccrc.RuleVersion, false, "Buffer.CONTENT_INFORMATION_V1.Version 54 512"},
		{"v1", set(84, 4, 0), pccrc.RuleCbBlockSize, true, "Buffer.CONTENT_INFORMATION_V1.segments[0].cbBlockSize 84 0"},
		{"later", set(26, 1, 5), pccrc.RuleBHashAlgo, false, "Buffer.CONTENT_INFORMATION_V2.bHashAlgo 26 5"},
	} {
		b := c.edit(marshal(t, responses(t)[c.of]))
		r, err := smb2hash.DecodeReadHashResponse(b, responses(t)[c.of].HashRetrievalType)
		if c.sender && err == nil {
			if again := marshalLenient(t, r); !bytes.Equal(again, b) {
				t.Errorf("%s: encoded as\n%x, want\n%x", c.rule, again, b)
			}
			if _, refused := r.AppendBinary(nil); refused == nil {
				t.Errorf("%s: AppendBinary accepts it", c.rule)
			}
			err = r.CheckSenderRules()
		}
		var e smb2hash.Error
		if !errors.As(err, &e) || e.Rule != c.rule || e.Sender != c.sender {
			t.Errorf("%s of %s: %v", c.rule, c.of, err)
		} else if got := fmt.Sprint(e.Path(), " ", e.Offset, " ", e.Value); got != c.want || e.Message != "SRV_READ_HASH_RESPONSE" {
			t.Errorf("%s: %s (%s), want %s", c.rule, got, err, c.want)
		} else if e.Rule.Section() == "" || strings.ContainsAny(e.Detail(), "%#") {
			t.Errorf("%v", e)
		}
	}
}

// A response of a form has the version of that form.
func TestResponsePair(t *testing.T) {
	r := whole(t, 2)
	r.HashRetrievalType = smb2hash.HashBased
	b := marshalLenient(t, r)
	got, err := smb2hash.DecodeReadHashResponse(b, smb2hash.HashBased)
	if err != nil || !errors.Is(got.CheckSenderRules(), smb2hash.RuleResponsePair) {
		t.Errorf("version 2 hash based: %v, %v", err, got.CheckSenderRules())
	}
}

// What cannot be written as a value is refused, and dst is left alone.
func TestUnencodable(t *testing.T) {
	for name, change := range map[smb2hash.Rule]func(r *smb2hash.ReadHashResponse){
		smb2hash.RuleHashRetrievalType:    func(r *smb2hash.ReadHashResponse) { r.HashRetrievalType = 3 },
		smb2hash.RuleHeaderAtStart:        func(r *smb2hash.ReadHashResponse) { r.Offset = 1 },
		smb2hash.RuleSourceFileNameLength: func(r *smb2hash.ReadHashResponse) { r.Buffer.HashHeader.SourceFileName = make([]byte, 1<<16) },
		smb2hash.RuleHashBlobLength:       func(r *smb2hash.ReadHashResponse) { r.Buffer.HashHeader.HashBlobLength++ },
		smb2hash.RuleHeaderHashType:       func(r *smb2hash.ReadHashResponse) { r.Buffer.HashHeader.HashType = 2 },
		smb2hash.RuleHeaderHashVersion:    func(r *smb2hash.ReadHashResponse) { r.Buffer.HashHeader.HashVersion = 3 },
		pccrc.RuleDwHashAlgo:              func(r *smb2hash.ReadHashResponse) { r.Buffer.ContentInformation[2] = 9 },
	} {
		r := whole(t, 1)
		change(&r)
		if err := testutil.AppendFails(t, r.AppendLenient); !errors.Is(err, name) {
			t.Errorf("%s: %v", name, err)
		}
		testutil.AppendFails(t, r.AppendBinary)
	}
	for name, change := range map[string]func(r *smb2hash.ReadHashResponse){
		"no header":          func(r *smb2hash.ReadHashResponse) { r.Buffer.HasHashHeader = false },
		"part with trailing": func(r *smb2hash.ReadHashResponse) { r.Buffer.Partial, r.Buffer.Trailing = true, []byte{1} },
		"whole called part":  func(r *smb2hash.ReadHashResponse) { r.Buffer.Partial = true },
	} {
		r := whole(t, 1)
		change(&r)
		if _, err := r.AppendLenient(nil); err == nil {
			t.Error(name, "is accepted")
		}
	}
}

func TestImports(t *testing.T) { testutil.Imports(t, "github.com/hostedcache/pchc/pccrc") }

func TestRequestRules(t *testing.T) {
	for _, c := range []struct {
		r    smb2hash.ReadHashRequest
		want smb2hash.Rule
		path string
	}{
		{smb2hash.NewReadHashRequest(1, 0, 10), "", ""},
		{smb2hash.NewReadHashRequest(2, 0, 10), "", ""},
		{smb2hash.ReadHashRequest{HashType: 2, HashVersion: 1, HashRetrievalType: 1}, smb2hash.RuleHashType, "HashType 0 2"},
		{smb2hash.NewReadHashRequest(3, 0, 10), smb2hash.RuleHashVersion, "HashVersion 4 3"},
		{smb2hash.ReadHashRequest{HashType: 1, HashVersion: 1, HashRetrievalType: 3}, smb2hash.RuleHashRetrievalType, "HashRetrievalType 8 3"},
		{smb2hash.ReadHashRequest{HashType: 1, HashVersion: 1, HashRetrievalType: 2}, smb2hash.RuleRequestPair, "HashRetrievalType 8 2"},
		{smb2hash.ReadHashRequest{HashType: 1, HashVersion: 2, HashRetrievalType: 1}, smb2hash.RuleRequestPair, "HashRetrievalType 8 1"},
		{smb2hash.ReadHashRequest{HashType: 1, HashVersion: 2, HashRetrievalType: 2, Trailing: []byte{1}}, smb2hash.RuleRequestTrailing, "Trailing 24 1"},
	} {
		b := marshalLenient(t, c.r)
		got, err := smb2hash.DecodeReadHashRequest(b)
		if err != nil || len(b) != c.r.EncodedLen() || !cmp.Equal(got, c.r) {
			t.Errorf("%+v becomes %+v (%v)", c.r, got, err)
		}
		err = got.CheckSenderRules()
		_, refused := got.AppendBinary(nil)
		if c.want == "" {
			if err != nil || refused != nil {
				t.Error(err, refused)
			}
			continue
		}
		var e smb2hash.Error
		if !errors.As(err, &e) || e.Rule != c.want || !e.Sender || fmt.Sprint(e.Path(), " ", e.Offset, " ", e.Value) != c.path || refused == nil {
			t.Errorf("%+v: %v, %v", c.r, err, refused)
		}
	}
}

// hexBytes are bytes that JSON has as hex.
type hexBytes []byte

func (h *hexBytes) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

// The vectors of the test suite.
func TestVectors(t *testing.T) {
	n := 0
	lines, err := os.ReadFile("testdata/smb2-hash.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(lines) {
		var v struct {
			ID, Kind   string
			Hex        hexBytes
			WellFormed bool     `json:"well_formed"`
			Sender     []string `json:"sender_breaches"`
			Input      struct{ Retrieval string }
			Fields     struct {
				HashType          uint32   `json:"hash_type"`
				HashVersion       uint32   `json:"hash_version"`
				HashRetrievalType uint32   `json:"hash_retrieval_type"`
				Length            uint32   `json:"length"`
				Offset            uint64   `json:"offset"`
				FileDataOffset    uint64   `json:"file_data_offset"`
				FileDataLength    uint64   `json:"file_data_length"`
				BufferLength      int      `json:"buffer_length"`
				ChangeTime        uint64   `json:"source_file_change_time"`
				FileSize          uint64   `json:"source_file_size"`
				BlobLength        uint32   `json:"hash_blob_length"`
				BlobOffset        int      `json:"hash_blob_offset"`
				Dirty             uint16   `json:"dirty"`
				Name              hexBytes `json:"source_file_name"`
				Gap               hexBytes `json:"gap"`
				Content           hexBytes `json:"content_information"`
				Part              hexBytes `json:"content_information_part"`
				After             hexBytes `json:"after"`
			}
		}
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatal(err)
		}
		n++
		f := &v.Fields
		if v.Kind == "smb2-read-hash-request" {
			r, err := smb2hash.DecodeReadHashRequest(v.Hex)
			want := smb2hash.ReadHashRequest{HashType: f.HashType, HashVersion: smb2hash.HashVersion(f.HashVersion),
				HashRetrievalType: smb2hash.HashRetrievalType(f.HashRetrievalType), Length: f.Length, Offset: f.Offset}
			if (err == nil) != v.WellFormed || !cmp.Equal(r, want) || (r.CheckSenderRules() != nil) != (len(v.Sender) > 0) {
				t.Errorf("%s: %+v, %v, %v", v.ID, r, err, r.CheckSenderRules())
			}
			continue
		}
		form := smb2hash.HashBased
		if v.Input.Retrieval == "file" {
			form, f.Offset = smb2hash.FileBased, f.FileDataOffset
		}
		if got := smb2hash.Sniff(v.Hex); got != form {
			t.Errorf("%s looks %v, is %v", v.ID, got, form)
		}
		r, err := smb2hash.DecodeReadHashResponse(v.Hex, form)
		if (err == nil) != v.WellFormed {
			t.Errorf("%s: %v", v.ID, err)
			continue
		}
		want := smb2hash.ReadHashResponse{HashRetrievalType: form, Offset: f.Offset, FileDataLength: f.FileDataLength,
			Buffer: smb2hash.Buffer{ContentInformation: slices.Concat(f.Content, f.Part), Gap: f.Gap, Trailing: f.After}}
		if f.HashType != 0 {
			want.Buffer.HasHashHeader = true
			want.Buffer.HashHeader = smb2hash.HashHeader{HashType: f.HashType, HashVersion: smb2hash.HashVersion(f.HashVersion),
				SourceFileChangeTime: f.ChangeTime, SourceFileSize: f.FileSize, HashBlobLength: f.BlobLength, Dirty: f.Dirty, SourceFileName: f.Name}
			if got := r.Buffer.HashBlobOffset(); got != f.BlobOffset {
				t.Errorf("%s: HashBlobOffset is %d, want %d", v.ID, got, f.BlobOffset)
			}
		}
		if d := cmp.Diff(want, r, cmp.Comparer(bytes.Equal)); d != "" || r.Buffer.EncodedLen() != f.BufferLength {
			t.Errorf("%s: %d bytes of Buffer, %s", v.ID, r.Buffer.EncodedLen(), d)
		}
		if again := marshalLenient(t, r); !bytes.Equal(again, v.Hex) {
			t.Errorf("%s is encoded as\n%x, want\n%x", v.ID, again, []byte(v.Hex))
		}
	}
	if n != 6 {
		t.Errorf("%d vectors", n)
	}
}

// Whatever the bytes, nothing panics, and what is accepted comes back.
func TestAnyBytes(t *testing.T) {
	var seeds [][]byte
	for _, r := range responses(t) {
		seeds = append(seeds, marshal(t, r))
	}
	rapid.Check(t, func(r *rapid.T) {
		b := bytes.Clone(rapid.SampledFrom(seeds).Draw(r, "seed"))
		for range rapid.IntRange(0, 4).Draw(r, "changes") {
			at := rapid.IntRange(0, min(len(b)-1, 60)).Draw(r, "at")
			b[at] = rapid.SampledFrom([]byte{0, 1, 2, 36, 38, 0x80, 0xFF}).Draw(r, "byte")
		}
		b = b[:len(b)-rapid.IntRange(0, 3).Draw(r, "cut")]
		form := smb2hash.HashRetrievalType(rapid.IntRange(0, 2).Draw(r, "form"))
		v, err := smb2hash.DecodeReadHashResponse(b, form)
		violation, ok := smb2hash.CheckReadHashResponse(b, form)
		if ok != (err == nil) {
			r.Fatalf("decoding: %v, checking: %v", err, violation)
		}
		var e smb2hash.Error
		switch {
		case err == nil:
			again, err := v.AppendLenient(nil)
			if err != nil || !bytes.Equal(again, b) {
				r.Fatalf("encoded %x (%v), want %x", again, err, b)
			}
			if _, err := v.AppendBinary(nil); (err == nil) != (v.CheckSenderRules() == nil) {
				r.Fatalf("AppendBinary: %v, CheckSenderRules: %v", err, v.CheckSenderRules())
			}
		case !errors.As(err, &e) || e.Offset > len(b) || e.Sender:
			r.Fatalf("%v", err)
		}
	})
}

func TestRedacted(t *testing.T) {
	for _, r := range responses(t) {
		testutil.Redacted(t, r)
		testutil.Redacted(t, r.Buffer)
		got, err := json.Marshal(r)
		if err != nil || !json.Valid(got) || !strings.Contains(string(got), "redacted") {
			t.Errorf("%s (%v)", got, err)
		}
	}
	r := whole(t, 1)
	if got, want := fmt.Sprint(r), "SRV_READ_HASH_RESPONSE, SRV_HASH_RETRIEVE_HASH_BASED, offset 0, SRV_HASH_VER_1, Content Information of 134 bytes redacted"; got != want {
		t.Errorf("it prints as %s", got)
	}
	if got, want := fmt.Sprint(smb2hash.NewReadHashRequest(2, 5, 7)), "SRV_READ_HASH_REQUEST, version 2, SRV_HASH_RETRIEVE_FILE_BASED, 7 bytes from 5"; got != want {
		t.Errorf("it prints as %s", got)
	}
}
