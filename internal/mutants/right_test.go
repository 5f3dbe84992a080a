package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/corpus"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// answered is what the decoder says of a message.
type answered struct {
	Message         string
	Length          int
	Valid           bool
	Fields, Derived any
	Violations      []struct {
		Rule   string
		Class  string
		Offset int
	}
}

func vectors(t testing.TB) []corpus.Vector {
	t.Helper()
	all, err := corpus.Vectors()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// parsed keeps all digits of numbers, and hides keys as the decoder does.
func parsed(t *testing.T, text []byte) any {
	t.Helper()
	if len(text) == 0 {
		return nil
	}
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	hide(v)
	return v
}

func hide(v any) {
	switch v := v.(type) {
	case map[string]any:
		if _, ok := v["SegmentSecret"]; ok {
			v["SegmentSecret"] = "redacted"
		}
		for _, e := range v {
			hide(e)
		}
	case []any:
		for _, e := range v {
			hide(e)
		}
	}
}

// The right decoder says of each vector what the corpus does.
func TestCorpus(t *testing.T) {
	d := &decoder{fault: "none"}
	for _, v := range vectors(t) {
		if v.Rule == "PCHC-2.2.2.2-Interested" {
			continue // which request is answered is not told
		}
		if kind, _ := spec.ParseKind(string(v.Kind)); !slices.Contains(kinds, kind) {
			continue
		}
		line, err := d.line(fmt.Sprintf("%s %x\n", v.Kind, []byte(v.Bytes)))
		if err != nil {
			t.Fatal(err)
		}
		var got answered
		var raw struct{ Fields, Derived json.RawMessage }
		if err := json.Unmarshal(line, &raw); err != nil {
			t.Fatalf("%s: %v", v.ID, err)
		}
		if err := json.Unmarshal(line, &got); err != nil {
			t.Fatal(err)
		}
		if v.Kind == corpus.Discovery { // parsers of XML say less of what is not well formed, and nothing of other elements
			if difference := target.Judge(target.NewCase(fuzz.Message{Kind: spec.Discovery, Bytes: v.Bytes}), line); difference != nil || got.Valid != v.Valid {
				t.Errorf("%s: valid %v, %v", v.ID, got.Valid, difference)
			}
			continue
		}
		if got.Message != v.Message || got.Valid != v.Valid || got.Length != len(v.Bytes) {
			t.Errorf("%s: %s of %d bytes, valid %v", v.ID, got.Message, got.Length, got.Valid)
		}
		if !v.Valid {
			if len(got.Violations) != 1 || got.Violations[0].Rule != v.Rule || got.Violations[0].Offset != v.Offset || got.Violations[0].Class != "format" {
				t.Errorf("%s: %v, not %s at %d", v.ID, got.Violations, v.Rule, v.Offset)
			}
			continue
		}
		if diff := cmp.Diff(parsed(t, v.Fields), parsed(t, raw.Fields)); diff != "" {
			t.Errorf("%s: fields (-corpus +decoder)\n%s", v.ID, diff)
		}
		if v.Derived != nil {
			if diff := cmp.Diff(parsed(t, v.Derived), parsed(t, raw.Derived)); diff != "" {
				t.Errorf("%s: derived (-corpus +decoder)\n%s", v.ID, diff)
			}
		}
	}
}

// The right decoder and packages spec and pccrc are of one mind.
func TestJudged(t *testing.T) {
	d := &decoder{fault: "none"}
	for m := range messages() {
		line, err := d.line(text(t, m))
		if err != nil {
			t.Fatal(err)
		}
		if difference := target.Judge(target.NewCase(m), line); difference != nil {
			t.Fatalf("%v\n%s%s", difference, text(t, m), line)
		}
	}
}

// kinds are those that the decoder knows.
var kinds = []spec.Kind{spec.Request, spec.Response, spec.Content, spec.HashRequest, spec.HashResponse, spec.RetrievalRequest, spec.RetrievalResponse, spec.Discovery}

// messages yields the sweep of all kinds, and some more at random.
func messages() func(func(fuzz.Message) bool) {
	rules := slices.DeleteFunc(generate.Rules(), func(rule string) bool { return !slices.Contains(kinds, generate.Kinds(rule)[0]) })
	return func(yield func(fuzz.Message) bool) {
		for _, kind := range kinds {
			for m := range generate.Systematic(kind) {
				if !yield(m) {
					return
				}
			}
		}
		rng := rand.New(rand.NewPCG(1, 1))
		for range 2000 {
			for _, kind := range kinds {
				if !yield(generate.Valid(rng, kind)) {
					return
				}
			}
			if !yield(generate.Broken(rng, rules[rng.IntN(len(rules))])) {
				return
			}
		}
	}
}

func text(t testing.TB, m fuzz.Message) string {
	t.Helper()
	b, err := m.AppendText(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(b) + "\n"
}

// The program answers each line with a line, also the last one without an end.
func TestLines(t *testing.T) {
	var out strings.Builder
	err := answerLines(&decoder{fault: "none"}, strings.NewReader("response 0000000101\r\nresponse 00000001\nresponse \nresponse 0000000100"), &out)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "\n"); n != 4 {
		t.Errorf("%d lines:\n%s", n, &out)
	}
	for _, bad := range []string{"answer 00\n", "response 0\n", "response x\n", "\n"} {
		if err := answerLines(&decoder{fault: "none"}, strings.NewReader(bad), &out); err == nil {
			t.Errorf("%q is read as a line", bad)
		}
	}
}

func BenchmarkLine(b *testing.B) {
	d := &decoder{fault: "none"}
	lines := []string{
		text(b, generate.Simplest("INITIAL_OFFER_MESSAGE")), text(b, generate.Simplest("BATCHED_OFFER_MESSAGE")),
		text(b, generate.Simplest("SEGMENT_INFO_MESSAGE")), text(b, generate.Simplest("CONTENT_INFORMATION_V2")),
	}
	i := 0
	for b.Loop() {
		if _, err := d.line(lines[i%len(lines)]); err != nil {
			b.Fatal(err)
		}
		i++
	}
}
