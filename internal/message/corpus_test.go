package message

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/corpus"
	"github.com/hostedcache/pchc/spec"
)

// TestCorpus writes every vector in every form, reads its JSON, and assembles it
// again.
func TestCorpus(t *testing.T) {
	vectors, err := corpus.Vectors()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range vectors {
		t.Run(v.ID, func(t *testing.T) {
			kind, known := spec.ParseKind(string(v.Kind))
			if !known {
				t.Fatal(v.Kind)
			}
			it := Item{Kind: kind, Body: v.Bytes, Request: v.RequestType}
			want := Valid
			switch {
			case !v.Valid:
				want = Invalid
			case len(v.SenderViolations) > 0:
				want = SenderInvalid
			}
			text := make(map[Form]string)
			for _, form := range []Form{FormTree, FormLine, FormJSON} {
				b, verdict := (&Printer{Form: form, Raw: true, Text: Text{ShowSecrets: true}}).Message(nil, &it)
				if text[form] = string(b); verdict != want {
					t.Errorf("form %d: verdict %d, want %d", form, verdict, want)
				}
			}
			if !strings.HasPrefix(text[FormTree], v.Message+", ") || strings.Count(text[FormLine], "\n") != 1 {
				t.Errorf("%.99s\n%s", text[FormTree], text[FormLine])
			}
			if _, name, ok := new(Printer).Summary(nil, kind, v.Bytes, v.RequestType); ok != (want == Valid) || ok && name != v.Message {
				t.Errorf("Summary: %v, %s", ok, name)
			}
			checkJSON(t, &v, text[FormJSON])
			checkAssemble(t, kind, &v, text[FormJSON], want)
		})
	}
}

// checkJSON compares the JSON form of a vector with what the corpus has of it.
func checkJSON(t *testing.T, v *corpus.Vector, line string) {
	var got struct {
		Message         string
		Length          int
		Valid           bool
		Fields, Derived any
		Violations      []struct {
			Rule, Class string
			Offset      int
		}
		Raw string
	}
	unmarshal(t, []byte(line), &got)
	if got.Message != v.Message || got.Length != len(v.Bytes) || got.Valid != v.Valid || got.Raw != hex.EncodeToString(v.Bytes) {
		t.Errorf("%s", line)
	}
	for name, pair := range map[string][2]any{"fields": {[]byte(v.Fields), got.Fields}, "derived": {[]byte(v.Derived), got.Derived}} {
		if text := pair[0].([]byte); len(text) > 0 {
			var want any
			unmarshal(t, text, &want)
			if diff := cmp.Diff(want, pair[1]); diff != "" {
				t.Errorf("%s (-corpus +JSON):\n%s", name, diff)
			}
		}
	}
	var sender []corpus.Violation
	for _, b := range got.Violations {
		if b.Class == "sender" {
			sender = append(sender, corpus.Violation{Rule: b.Rule, Offset: b.Offset})
		} else if !v.Valid && b.Offset == v.Offset && b.Rule == v.Rule {
			v.Rule = ""
		}
	}
	if diff := cmp.Diff(v.SenderViolations, sender); v.Valid && len(sender)+len(v.SenderViolations) > 0 && diff != "" {
		t.Errorf("violations (-corpus +JSON):\n%s", diff)
	}
	if v.Rule != "" {
		t.Errorf("JSON has no violation of %s", v.Rule)
	}
}

func unmarshal(t *testing.T, b []byte, v any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber() // exact
	if err := d.Decode(v); err != nil {
		t.Fatalf("%v in %s", err, b)
	}
}

// checkAssemble reads the JSON form of a message, and assembles its bytes where
// every integer is there.
func checkAssemble(t *testing.T, kind spec.Kind, v *corpus.Vector, line string, verdict Verdict) {
	if kind == spec.Discovery && !v.Valid { // elements may be there twice, and so members
		return
	}
	r := NewReader(strings.NewReader(line))
	o, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(); err != io.EOF {
		t.Errorf("after the object: %v", err)
	}
	if cutInteger(&spec.Dissect(kind, v.Bytes).Root) {
		return
	}
	if kind == spec.Discovery { // XML may be written in many ways
		b, err := o.Assemble(true)
		if diff := cmp.Diff(spec.Dissect(kind, v.Bytes).Fields(), spec.Dissect(kind, b).Fields()); err != nil || diff != "" {
			t.Errorf("assembled: %v %s", err, diff)
		}
		return
	}
	if b, err := o.Assemble(true); err != nil || !bytes.Equal(b, v.Bytes) {
		t.Errorf("assembled %x, %v", b, err)
	}
	if v.RequestType == 0 { // otherwise a rule for the response to it may be violated, of which the object knows nothing
		if b, err := o.Assemble(false); (verdict == Valid) != (err == nil) || err == nil && !bytes.Equal(b, v.Bytes) || err != nil && !errors.Is(err, ErrViolation) {
			t.Errorf("assembled with the rules: %x, %v", b, err)
		}
	}
}

// cutInteger reports whether an integer is cut short, which JSON cannot tell.
func cutInteger(n *spec.Node) bool {
	for i := range n.Children {
		if c := &n.Children[i]; c.Form == spec.Integer && c.Truncated() || cutInteger(c) {
			return true
		}
	}
	return false
}
