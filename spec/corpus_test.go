package spec_test

import (
	"slices"
	"testing"

	"github.com/hostedcache/pchc/corpus"
	"github.com/hostedcache/pchc/spec"
)

// unbreakable are rules that no bytes can break which are read as the corpus
// has them read, with bytes that do if they are taken for version 2.0.
var unbreakable = map[string][]byte{"PCCRC-2.4-bMajorVersion": append([]byte{0, 1, 4}, make([]byte, 28)...)}

// TestCorpus: the violations of every vector are those that it tells, at its
// offsets, and every rule that Dissect checks is broken by one.
func TestCorpus(t *testing.T) {
	vectors, err := corpus.Vectors()
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[corpus.Kind]spec.Kind{corpus.Request: spec.Request, corpus.Response: spec.Response, corpus.Content: spec.Content}
	broken := map[string]bool{}
	for _, v := range vectors {
		d := spec.Dissect(kinds[v.Kind], v.Bytes)
		if v.Kind == corpus.Response {
			d = spec.DissectResponse(v.Bytes, v.RequestType)
		}
		if !v.Valid {
			if first, _ := d.First(); first.Rule != v.Rule || first.Offset != v.Offset || first.Class != spec.Format {
				t.Errorf("%s: %+v, want %s at %d", v.ID, first, v.Rule, v.Offset)
			}
			broken[v.Rule] = true
			continue
		}
		var got []corpus.Violation
		for _, b := range d.Violations {
			if b.Class != spec.Sender {
				t.Errorf("%s: %+v", v.ID, b)
			}
			got = append(got, corpus.Violation{Rule: b.Rule, Offset: b.Offset})
			broken[b.Rule] = true
		}
		if !slices.Equal(got, v.SenderViolations) {
			t.Errorf("%s: %v, want %v", v.ID, got, v.SenderViolations)
		}
	}
	for rule, b := range unbreakable {
		if first, _ := spec.Dissect(spec.ContentV2, b).First(); first.Rule != rule {
			t.Errorf("%x breaks %s", b, first.Rule)
		}
	}
	for _, r := range spec.Requirements() {
		if _, not := unbreakable[r.ID]; r.CheckedBy.Dissected() && broken[r.ID] == not {
			t.Errorf("%s: broken by a vector: %t", r.ID, broken[r.ID])
		}
	}
}
