package spec_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/spec"
	"github.com/hostedcache/pchc/spec/internal/invariant"
)

// A hashVector is a buffer made by the Windows Protocol Test Suites.
type hashVector struct {
	ID, Kind   string
	Hex        string
	WellFormed bool     `json:"well_formed"`
	Sender     []string `json:"sender_breaches"`
	Input      struct{ Retrieval string }
	Fields     map[string]any
}

func (v *hashVector) bytes() []byte {
	b, _ := hex.DecodeString(v.Hex)
	return b
}

func (v *hashVector) kind() spec.Kind {
	if v.Kind == "smb2-read-hash-request" {
		return spec.HashRequest
	}
	return spec.HashResponse
}

func hashVectors(t *testing.T) map[string]*hashVector {
	t.Helper()
	lines, err := os.ReadFile("testdata/smb2-hash.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*hashVector{}
	for line := range bytes.Lines(lines) {
		v := new(hashVector)
		if err := json.Unmarshal(line, v); err != nil {
			t.Fatal(err)
		}
		all[v.ID] = v
	}
	if len(all) != 6 {
		t.Fatalf("%d vectors", len(all))
	}
	return all
}

// Every field of the vectors, by name.
func TestHashVectors(t *testing.T) {
	names := map[string]string{"content_information": "CONTENT_INFORMATION", "content_information_part": "CONTENT_INFORMATION", "gap": "Gap", "after": "Trailing",
		"file_data_offset": "FileDataOffset", "file_data_length": "FileDataLength"}
	for _, v := range hashVectors(t) {
		b := v.bytes()
		d := spec.Dissect(v.kind(), b)
		if d.Valid() != v.WellFormed || v.kind() == spec.HashRequest && len(d.Violations) != len(v.Sender) {
			t.Errorf("%s: %+v", v.ID, d.Violations)
		}
		if got := spec.Guess(b); got != v.kind() && v.ID != "read-hash-request.bad-version" {
			t.Errorf("%s is guessed to be %s", v.ID, got)
		}
		found := map[string]*spec.Node{}
		var walk func(n *spec.Node)
		walk = func(n *spec.Node) {
			name := strings.TrimRight(n.Name, "12V_")
			if found[name] == nil {
				found[name] = n
			}
			for i := range n.Children {
				walk(&n.Children[i])
			}
		}
		walk(&d.Root)
		for name, want := range v.Fields {
			camel := names[name]
			if camel == "" {
				for part := range strings.SplitSeq(name, "_") {
					camel += strings.ToUpper(part[:1]) + part[1:]
				}
			}
			n := found[camel]
			switch want := want.(type) {
			case float64:
				if n == nil || n.Value != uint64(want) {
					t.Errorf("%s: %s is %+v, want %v", v.ID, camel, n, want)
				}
			case string:
				if n == nil && want != "" || n != nil && hex.EncodeToString(n.Raw()) != want {
					t.Errorf("%s: %s differs", v.ID, camel)
				}
			}
		}
	}
}

// edited returns a vector with size bytes at a place set to v, little-endian.
func (v *hashVector) edited(at, size int, value uint64) []byte {
	b := v.bytes()
	for i := range size {
		b[at+i] = byte(value >> (8 * i))
	}
	return b
}

// One violation of each rule, with its place.
func TestHashViolations(t *testing.T) {
	all := hashVectors(t)
	request, hash, file, part := all["read-hash-request.v2.file-based"], all["read-hash-answer.v1.hash.longer"], all["read-hash-answer.v2.file.length0"], all["read-hash-answer.v2.file.offset"]
	const trailing = "SMB2-2.2.32.4.1-Trailing Buffer.Trailing 256, "
	cut := func(v *hashVector, n, at int) []byte { // BufferLength is put right
		b := v.edited(at, 4, uint64(n-at-8))
		return b[:n]
	}
	cases := []struct {
		b    []byte
		form uint16
		want string
	}{
		{request.bytes(), 0, ""},
		{request.bytes()[:10], 0, "SMB2-2.2.31.2-Truncated HashRetrievalType 8"},
		{append(request.bytes(), 1), 0, "SMB2-2.2.31.2-Trailing Trailing 24"},
		{request.edited(0, 4, 2), 0, "SMB2-2.2.31.2-HashType HashType 0"},
		{request.edited(4, 4, 3), 0, "SMB2-2.2.31.2-HashVersion HashVersion 4"},
		{request.edited(4, 4, 1), 0, "SMB2-3.3.5.15.7-HashRetrievalType HashRetrievalType 8"},
		{request.edited(8, 4, 1), 0, "SMB2-3.3.5.15.7-HashRetrievalType HashRetrievalType 8"},
		{request.edited(8, 4, 3), 0, "SMB2-2.2.31.2-HashRetrievalType HashRetrievalType 8"},
		{hash.bytes()[:9], 1, "SMB2-2.2.32.4.2-Truncated BufferLength 8"},
		{file.bytes()[:9], 2, "SMB2-2.2.32.4.3-Truncated FileDataLength 8"},
		{hash.edited(8, 4, 9), 1, "SMB2-2.2.32.4.2-BufferLength BufferLength 8, " + trailing},
		{file.edited(16, 4, 1<<30), 2, "SMB2-2.2.32.4.3-BufferLength BufferLength 16"},
		{hash.edited(12, 4, 1), 1, "SMB2-2.2.32.4.2-Reserved Reserved 12, " + trailing},
		{file.edited(20, 4, 1), 2, "SMB2-2.2.32.4.3-Reserved Reserved 20"},
		{hash.edited(16, 4, 7), 1, "SMB2-2.2.32.4.1-HashType Buffer.HASH_HEADER.HashType 16, " + trailing},
		{hash.edited(20, 4, 3), 1, "SMB2-2.2.32.4.1-HashVersion Buffer.HASH_HEADER.HashVersion 20, " + trailing},
		{hash.edited(40, 4, 0), 1, "SMB2-2.2.32.4.1-HashBlobLength Buffer.HASH_HEADER.HashBlobLength 40, PCCRC-2.3-Padding Buffer.CONTENT_INFORMATION_V1.Padding 256"},
		{hash.edited(40, 4, 172), 1, ""}, // a part
		{file.edited(48, 4, 241), 2, "SMB2-2.2.32.4.1-HashBlobLength Buffer.HASH_HEADER.HashBlobLength 48"},
		{file.edited(48, 4, 240), 2, "SMB2-3.3.5.15.7-HashBlobLength Buffer.HASH_HEADER.HashBlobLength 48"},
		{file.edited(44, 2, 1), 2, ""},
		{hash.edited(48, 2, 1), 1, "SMB2-2.2.32.4.1-Dirty Buffer.HASH_HEADER.Dirty 48, " + trailing},
		{hash.edited(44, 4, 1<<30), 1, "SMB2-2.2.32.4.1-HashBlobOffset Buffer.HASH_HEADER.HashBlobOffset 44"},
		{hash.edited(44, 4, 73), 1, "SMB2-2.2.32.4.1-HashBlobOffset Buffer.HASH_HEADER.HashBlobOffset 44, " + trailing},
		{hash.edited(50, 2, 0xFFFF), 1, "SMB2-2.2.32.4.1-SourceFileNameLength Buffer.HASH_HEADER.SourceFileNameLength 50, SMB2-2.2.32.4.1-Truncated Buffer.HASH_HEADER.SourceFileName 52"},
		{cut(hash, 49, 8), 1, "SMB2-2.2.32.4.1-Truncated Buffer.HASH_HEADER.Dirty 48"},
		{cut(hash, 16, 8), 1, "SMB2-2.2.32.4.1-Truncated Buffer.HASH_HEADER.HashType 16"},
		{cut(file, 200, 16), 2, "PCCRC-2.4.1.1-dwChunkDataLength Buffer.CONTENT_INFORMATION_V2.chunks[0].dwChunkDataLength 130"},
		{cut(hash, 200, 8), 1, ""},
		{hash.edited(90, 2, 0x0200), 1, "PCCRC-2.3-Version Buffer.CONTENT_INFORMATION_V1.Version 90, " + trailing},
		{hash.edited(40, 4, 165), 1, "PCCRC-2.3.1.2-cBlocks Buffer.CONTENT_INFORMATION_V1.blocks[0].cBlocks 188, SMB2-2.2.32.4.1-Trailing Buffer.Trailing 255, "},
		{hash.edited(100, 4, 1<<30), 1, "PCCRC-2.3-dwReadBytesInLastSegment Buffer.CONTENT_INFORMATION_V1.dwReadBytesInLastSegment 100, " + trailing},
		{part.edited(24, 1, 1), 2, "PCCRC-2.4-bMinorVersion Buffer.CONTENT_INFORMATION_V2.bMinorVersion 24"},
		{part.edited(0, 8, 0), 2, ""},
	}
	reported := map[string]bool{}
	for i, c := range cases {
		d := spec.Dissect(spec.HashRequest, c.b)
		if c.form != 0 {
			d = spec.DissectHashResponse(c.b, c.form)
		}
		var got []string
		for _, v := range d.Violations {
			got = append(got, fmt.Sprint(v.Rule, " ", v.Field, " ", v.Offset))
			reported[v.Rule] = true
		}
		if text := strings.Join(got, ", "); text != strings.TrimSuffix(c.want, ", ") {
			t.Errorf("%d: %s, want %s", i, text, c.want)
		}
	}
	version2 := file.bytes()
	version2 = slices.Concat(make([]byte, 8), []byte{byte(len(version2) - 24), byte((len(version2) - 24) >> 8), 0, 0}, make([]byte, 4), version2[24:])
	for _, v := range spec.DissectHashResponse(version2, 1).Violations {
		reported[v.Rule] = true
	}
	for _, r := range spec.Requirements() {
		if r.CheckedBy == spec.HashBytes && !reported[r.ID] {
			t.Errorf("%s is not reported", r.ID)
		}
	}
}

// What holds for any bytes holds for each prefix of the vectors and each changed
// byte.
func TestHashInvariants(t *testing.T) {
	for _, v := range hashVectors(t) {
		b := v.bytes()
		for n := range len(b) + 1 {
			for form := range uint16(3) {
				if err := invariant.Check(v.kind(), form, b[:n]); err != nil {
					t.Errorf("%s, %d bytes, form %d: %v", v.ID, n, form, err)
				}
			}
		}
		for at := range b {
			for _, change := range []byte{1, 2, 3, 0x80, 0xFF} {
				changed := bytes.Clone(b)
				changed[at] ^= change
				if err := invariant.Check(v.kind(), 0, changed); err != nil {
					t.Errorf("%s, byte %d ^ %d: %v", v.ID, at, change, err)
				}
			}
		}
	}
}

// No key shows in what is not marked as secret, whatever is wrong around it.
func TestHashSecrets(t *testing.T) {
	v := hashVectors(t)["read-hash-answer.v1.hash.longer"]
	b := v.bytes()
	key := b[90+18+16+32 : 90+18+16+64]
	shown := func(b []byte, form uint16) string {
		var out strings.Builder
		for path, n := range spec.DissectHashResponse(b, form).Root.Leaves() {
			if !n.Secret && n.Form != spec.Integer {
				fmt.Fprintf(&out, "%s %x\n", path, n.Raw())
			}
		}
		return out.String()
	}
	for at := range 90 {
		for change := range 255 {
			changed := bytes.Clone(b)
			changed[at] ^= byte(change + 1)
			for form := range uint16(3) {
				if s := shown(changed, form); strings.Contains(s, hex.EncodeToString(key[:4])) || strings.Contains(s, hex.EncodeToString(key[8:12])) {
					t.Fatalf("byte %d ^ %d: %s", at, change+1, s)
				}
			}
		}
	}
}

// What Assemble may compute.
func TestAssembleHash(t *testing.T) {
	request := spec.Fields{"HashType": uint64(1), "HashVersion": uint64(1), "HashRetrievalType": uint64(1), "Length": uint64(9), "Offset": uint64(0)}
	got, err := spec.Assemble("SRV_READ_HASH_REQUEST", request)
	if want := "010000000100000001000000090000000000000000000000"; err != nil || hex.EncodeToString(got) != want {
		t.Errorf("%x (%v)", got, err)
	}
	for _, v := range hashVectors(t) {
		d := spec.Dissect(v.kind(), v.bytes())
		fields := d.Fields()
		delete(fields, "BufferLength")
		delete(fields, "Reserved")
		if buffer, ok := fields["Buffer"].(spec.Fields); ok {
			if header, ok := buffer["HASH_HEADER"].(spec.Fields); ok {
				delete(header, "SourceFileNameLength")
			}
		}
		got, err := spec.Assemble(d.Message, fields)
		if err != nil || !cmp.Equal(got, v.bytes()) {
			t.Errorf("%s is assembled as %x (%v)", v.ID, got, err)
		}
	}
}
