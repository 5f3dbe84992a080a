package seeds

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hostedcache/pchc/fuzz/coverage"
	"github.com/hostedcache/pchc/spec"
)

// points returns the points that seeds cover.
func points(seeds []Seed) (all []coverage.Point) {
	var m coverage.Map
	for _, s := range seeds {
		m.Add(s.Dissect())
	}
	for p := range m.All() {
		all = append(all, p)
	}
	return all
}

// keys returns the secrets in n that are not made up of one byte.
func keys(all [][]byte, n *spec.Node) [][]byte {
	if n.Name == "SegmentSecret" && !uniform(n.Raw()) {
		all = append(all, n.Raw())
	}
	for i := range n.Children {
		all = keys(all, &n.Children[i])
	}
	return all
}

// TestWithoutSecrets looks for the keys of the vectors, and of the same messages
// damaged at any place.
func TestWithoutSecrets(t *testing.T) {
	found := 0
	for _, s := range shipped(t) {
		d := s.Dissect()
		before := bytes.Clone(s.Bytes)
		secret := keys(nil, &d.Root)
		got := s.WithoutSecrets()
		if !bytes.Equal(before, s.Bytes) {
			t.Fatalf("%s: it was written to", s.Name)
		}
		if d.Root.Child("Buffer").Child("ContentInformationPart") != nil {
			continue // it may hold keys, and is replaced as a whole
		}
		if len(secret) == 0 && len(d.Violations) == 0 || s.Kind >= spec.RetrievalRequest {
			if !bytes.Equal(got.Bytes, s.Bytes) {
				t.Errorf("%s: changed, and has no keys", s.Name)
			}
			continue
		}
		found += len(secret)
		after := got.Dissect()
		if diff := cmp.Diff(d.Violations, after.Violations, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: violations of it (-) and without keys (+):\n%s", s.Name, diff)
		}
		if again := got.WithoutSecrets(); len(d.Violations) == 0 && len(again.Bytes) != len(got.Bytes) {
			t.Errorf("%s: the length changes", s.Name)
		}
		if again := s.WithoutSecrets(); !bytes.Equal(again.Bytes, got.Bytes) {
			t.Errorf("%s: another message each time", s.Name)
		}
		leaks(t, s.Name, secret, got.Bytes)
		if len(d.Violations) > 0 || len(s.Bytes) > 400 || len(secret) == 0 {
			continue
		}
		for at := range s.Bytes {
			for _, b := range []byte{0, 1, 0xFF} {
				damaged := s
				damaged.Message = s.Clone()
				damaged.Bytes[at] = b
				leaks(t, fmt.Sprintf("%s, %d at %d", s.Name, b, at), secret, damaged.WithoutSecrets().Bytes)
			}
			damaged := s
			damaged.Bytes = s.Bytes[:at]
			leaks(t, s.Name+", cut", secret, damaged.WithoutSecrets().Bytes)
		}
	}
	if found == 0 {
		t.Error("no vector has a key")
	}
}

// leaks looks for 9 bytes in a row of a key: up to 8 may have been taken for an
// integer.
func leaks(t *testing.T, name string, secrets [][]byte, b []byte) {
	t.Helper()
	for _, key := range secrets {
		for i := 0; i+9 <= len(key); i++ {
			if part := key[i : i+9]; !uniform(part) && bytes.Contains(b, part) {
				t.Errorf("%s: has bytes %d to %d of a key", name, i, i+9)
				return
			}
		}
	}
}
