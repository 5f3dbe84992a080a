package kaitai

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/spec"
)

// A foreign is a message that another implementation made, see the README files of the
// folders of testdata.
type foreign struct {
	ID, Kind, Hex string

	b          []byte
	kind       spec.Kind
	definition string
}

// foreignMessages returns the messages of MS-PCCRR and MS-SMB2.
func foreignMessages(t *testing.T) (all []foreign) {
	t.Helper()
	for _, file := range []string{"../../codec/pccrr/testdata/vectors/pccrr.jsonl", "../testdata/smb2-hash.jsonl"} {
		lines, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(lines) {
			var v foreign
			if err := json.Unmarshal(line, &v); err != nil {
				t.Fatal(err)
			}
			if v.b, err = hex.DecodeString(v.Hex); err != nil {
				t.Fatal(err)
			}
			switch v.Kind {
			case "pccrr-request":
				v.kind, v.definition = spec.RetrievalRequest, "ms_pccrr_request"
			case "pccrr-answer":
				v.kind, v.definition = spec.RetrievalResponse, "ms_pccrr_response"
			case "smb2-read-hash-request":
				v.kind, v.definition = spec.HashRequest, "ms_smb2_read_hash_request"
			default:
				v.kind, v.definition = spec.HashResponse, "ms_smb2_hash_based_response"
				if spec.Dissect(v.kind, v.b).Root.Section == fileBased {
					v.definition = "ms_smb2_file_based_response"
				}
			}
			all = append(all, v)
		}
	}
	if len(all) < 70 {
		t.Fatalf("%d messages", len(all))
	}
	return all
}

// read returns what a parser must read of a valid message: bodies have no structure of
// their own, and empty fields are left out.
func (v *foreign) read() map[string]leaf {
	fields := make(map[string]leaf)
	d := spec.Dissect(v.kind, v.b)
	for i := range d.Root.Children {
		leaves(fields, "", &d.Root.Children[i])
	}
	read := make(map[string]leaf)
	for path, l := range fields {
		if strings.HasPrefix(path, "buffer.") {
			l.Offset = 0
		}
		if l.Length > 0 {
			read[strings.Replace(path, "messageBody", "body", 1)] = l
		}
	}
	return read
}

// TestKaitaiForeign compares the parse of messages of other implementations, whole and
// cut at every length, with what spec says.
func TestKaitaiForeign(t *testing.T) {
	var vectors []foreign
	for _, v := range foreignMessages(t) {
		vectors = append(vectors, v)
		for n := range min(len(v.b), 200) {
			cut := v
			cut.b = v.b[:n]
			vectors = append(vectors, cut)
		}
	}
	var messages []message
	for _, v := range vectors {
		messages = append(messages, message{v.definition, hex.EncodeToString(v.b)})
	}
	valid, refused := 0, 0
	for i, got := range parse(t, messages) {
		v := &vectors[i]
		first, violated := spec.Dissect(v.kind, v.b).First()
		switch {
		case !violated && got.Error != "":
			t.Errorf("%s, %d bytes: %s", v.ID, len(v.b), got.Error)
		case !violated:
			valid++
			for path, l := range got.Fields {
				if strings.HasPrefix(path, "buffer.") {
					l.Offset = 0 // its parser counts from where it begins
					got.Fields[path] = l
				}
			}
			if diff := gocmp.Diff(v.read(), got.Fields); diff != "" {
				t.Errorf("%s: %s", v.ID, diff)
			}
		case got.Error != "":
			refused++
		default:
			t.Errorf("%s, %d bytes: parsed, though it breaks %s", v.ID, len(v.b), first.Rule)
		}
	}
	if valid < 50 || refused < 1000 {
		t.Errorf("%d valid messages and %d refused ones", valid, refused)
	}
	t.Logf("%d valid messages read, %d of %d others refused", valid, refused, len(vectors)-valid)
}
