package spec_test

import (
	"slices"
	"testing"

	"github.com/hostedcache/pchc/corpus"
	"github.com/hostedcache/pchc/spec"
)

// unbreakable are rules that no bytes can break which are read as the corpus has them
// read, or none that are not too long, with the dissection of bytes that do.
var unbreakable = map[string]func() *spec.Dissection{
	"PCCRC-2.4-bMajorVersion": func() *spec.Dissection {
		return spec.Dissect(spec.ContentV2, append([]byte{0, 1, 4}, make([]byte, 28)...))
	},
	"SMB2-2.2.32.4.3-Truncated": func() *spec.Dissection { return spec.DissectHashResponse(make([]byte, 23), 2) },
	"PCCRR-2.2.3-MsgSizeLimit": func() *spec.Dissection {
		b := make([]byte, 98305)
		b[3], b[9], b[10], b[11] = 1, 1, 0x80, 1
		return spec.Dissect(spec.RetrievalRequest, b)
	},
}

// TestCorpus: the violations of every vector are those that it tells, at its
// offsets, and every rule that Dissect checks is broken by one.
func TestCorpus(t *testing.T) {
	vectors, err := corpus.Vectors()
	if err != nil {
		t.Fatal(err)
	}
	broken := map[string]bool{}
	for _, v := range vectors {
		kind, known := spec.ParseKind(string(v.Kind))
		if !known {
			t.Fatalf("%s: unknown kind %s", v.ID, v.Kind)
		}
		d := spec.Dissect(kind, v.Bytes)
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
	for rule, dissected := range unbreakable {
		if first, _ := dissected().First(); first.Rule != rule {
			t.Errorf("%s is broken, not %s", first.Rule, rule)
		}
	}
	for _, r := range spec.Requirements() {
		if _, not := unbreakable[r.ID]; r.CheckedBy.Dissected() && broken[r.ID] == not {
			t.Errorf("%s: broken by a vector: %t", r.ID, broken[r.ID])
		}
	}
}
