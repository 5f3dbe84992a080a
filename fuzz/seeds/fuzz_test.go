package seeds

import (
	"bytes"
	"testing"
)

// FuzzReader reads any file, and what it holds again after it was written.
func FuzzReader(f *testing.F) {
	f.Add("request/x", []byte{0, 2, 0, 3})
	f.Add("x", []byte("go test fuzz v1\n[]byte(\"\\x00\")\n"))
	f.Add("x", []byte("# a\nrequest 0102\nresponse 00\n"))
	f.Add("x", []byte(`{"groups":[{"tests":[{"id":"a","kind":"content","hex":"0002"}]}]}`))
	f.Add("request_seed_corpus.zip", []byte("PK\x05\x06\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, name string, b []byte) {
		var r Reader
		if r.ReadFile(name, bytes.NewReader(b)) != nil {
			return
		}
		for _, s := range r.Seeds() {
			if safeName(s.Name) != s.Name {
				t.Errorf("a seed is called %q", s.Name)
			}
			again, err := ParseGoTest(AppendGoTest(nil, s.Bytes))
			if err != nil || !bytes.Equal(again, s.Bytes) {
				t.Errorf("%x becomes %x, %v", s.Bytes, again, err)
			}
			if got := s.WithoutSecrets(); len(got.Bytes) != len(s.Bytes) || s.Name != got.Name {
				t.Errorf("%x becomes %x", s.Bytes, got.Bytes)
			}
		}
	})
}
