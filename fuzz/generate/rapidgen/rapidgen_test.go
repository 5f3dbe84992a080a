package rapidgen_test

import (
	"flag"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/generate/rapidgen"
	"github.com/hostedcache/pchc/fuzz/oracle"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

var kinds = []spec.Kind{spec.Request, spec.Response, spec.Content}

// check returns an error if the two readings of the specification disagree.
func check(m fuzz.Message) error {
	switch {
	case m.Kind == spec.Request:
		return oracle.CheckRequest(m.Bytes)
	case m.Kind == spec.Response:
		return oracle.CheckResponse(m.Bytes, 0)
	case len(m.Bytes) > 1 && m.Bytes[1] == 2:
		return oracle.CheckContentV2(m.Bytes)
	}
	return oracle.CheckContentV1(m.Bytes)
}

// What is generated violates no rule, and both readings agree on all of it, also
// where it is cut.
func TestMessage(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		m := rapidgen.Message(rapid.SampledFrom(kinds).Draw(r, "kind")).Draw(r, "m")
		if violations := m.Dissect().Violations; len(violations) != 0 {
			r.Fatal(violations)
		}
		// Every length near the start, where all kinds of field are, then some.
		for n := 0; n < len(m.Bytes); n += 1 + n/300*7 {
			if err := check(fuzz.Message{Kind: m.Kind, Bytes: m.Bytes[:n:n]}); err != nil {
				r.Fatalf("%d bytes: %v", n, err)
			}
		}
		if err := check(m); err != nil {
			r.Fatal(err)
		}
	})
}

// Nearly valid messages break the rule that they are to break.
func TestBroken(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		rule := rapidgen.Rule().Draw(r, "rule")
		m := rapidgen.Broken(rule).Draw(r, "m")
		d := m.Dissect()
		if !slices.ContainsFunc(d.Violations, func(b spec.Violation) bool { return b.Rule == rule }) {
			r.Fatalf("%s is not broken, but %v", rule, d.Violations)
		}
		if err := check(m); err != nil {
			r.Fatal(err)
		}
	})
}

// Both readings agree on what is mutated.
func TestMutated(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		if err := check(rapidgen.Mutated(rapid.SampledFrom(kinds).Draw(r, "kind")).Draw(r, "m")); err != nil {
			r.Fatal(err)
		}
	})
}

// The values reach the ends of what is valid.
func TestRange(t *testing.T) {
	seen := make(map[string]bool)
	for i := range 300 {
		batch := rapidgen.BatchedOfferMessage().Example(i)
		seen[fmt.Sprint(batch.SegmentDescriptors.Len(), " descriptors")] = true
		offer := rapidgen.InitialOfferMessage().Example(i)
		seen[fmt.Sprint(len(offer.Hash), " bytes")] = true
		info := rapidgen.SegmentInfoMessage().Example(i)
		seen[info.SegmentInformation.DwHashAlgo().String()] = true
		v1 := rapidgen.ContentInformationV1().Example(i)
		seen[fmt.Sprint(v1.Len(), " segments")] = true
		for _, s := range v1.All() {
			seen[fmt.Sprint(s.Blocks.Len(), " blocks")] = true
		}
		chunks := 0
		v2 := rapidgen.ContentInformationV2().Example(i)
		for range v2.Chunks() {
			chunks++
		}
		seen[fmt.Sprint(chunks, " chunks")] = true
	}
	for _, want := range []string{
		"1 descriptors", "2 descriptors", "127 descriptors", "128 descriptors", "32 bytes", "48 bytes", "64 bytes",
		"SHA-256", "SHA-384", "SHA-512", "1 segments", "2 segments", "3 segments", "1 blocks", "2 blocks", "512 blocks",
		"1 chunks", "2 chunks", "3 chunks",
	} {
		if !seen[want] {
			t.Errorf("there is none with %s", want)
		}
	}
}

// quiet is a test that nobody hears of.
type quiet struct {
	rapid.TB
	failed bool
}

func (q *quiet) Helper()               {}
func (q *quiet) Name() string          { return "quiet" }
func (q *quiet) Logf(string, ...any)   {}
func (q *quiet) Log(...any)            {}
func (q *quiet) Errorf(string, ...any) { q.failed = true }
func (q *quiet) FailNow()              { q.failed = true }
func (q *quiet) Failed() bool          { return q.failed }

// shrunk returns the simplest message that rapid finds for which wrong holds.
func shrunk(t *testing.T, g *rapid.Generator[fuzz.Message], wrong func(m fuzz.Message) bool) (last fuzz.Message) {
	t.Helper()
	q := &quiet{}
	rapid.Check(q, func(r *rapid.T) {
		if m := g.Draw(r, "m"); wrong(m) {
			last = m
			r.FailNow()
		}
	})
	if !q.failed {
		t.Fatal("no message was found")
	}
	return last
}

// What fails shrinks to the simplest message that does.
func TestShrinking(t *testing.T) {
	// It must be sure to find something to shrink, also in short runs.
	for name, value := range map[string]string{"rapid.nofailfile": "true", "rapid.seed": "1", "rapid.checks": "1000"} {
		was := flag.Lookup(name).Value.String()
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = flag.Set(name, was) })
	}
	for _, test := range []struct {
		name  string
		g     *rapid.Generator[fuzz.Message]
		wrong func(fuzz.Message) bool
		want  func(fuzz.Message) bool
	}{
		{"any", rapidgen.Message(spec.Request), func(fuzz.Message) bool { return true }, func(m fuzz.Message) bool {
			return string(m.Bytes) == string(generate.Simplest("INITIAL_OFFER_MESSAGE").Bytes)
		}},
		{"two descriptors", rapidgen.Message(spec.Request), func(m fuzz.Message) bool {
			v, err := codec.DecodeBatchedOfferMessage(m.Bytes)
			return err == nil && v.SegmentDescriptors.Len() >= 2
		}, func(m fuzz.Message) bool {
			return len(m.Bytes) == 16+2*59 && m.Bytes[9] == 80 && slices.Max(m.Bytes[10:16]) == 0
		}},
		{"two blocks", rapidgen.Message(spec.Content), func(m fuzz.Message) bool {
			v, err := pccrc.DecodeV1(m.Bytes)
			if err != nil {
				return false
			}
			for _, s := range v.All() {
				if s.Blocks.Len() < 2 {
					return false
				}
			}
			return true
		}, func(m fuzz.Message) bool { return len(m.Bytes) <= 18+80+4+3*32 }},
		{"a broken rule", rapidgen.Broken("PCHC-2.2.1.5-HashAlgorithm"), func(fuzz.Message) bool { return true },
			func(m fuzz.Message) bool { return len(m.Bytes) == 16+2*59 }},
	} {
		if m := shrunk(t, test.g, test.wrong); !test.want(m) {
			t.Errorf("%s: shrunk to %x", test.name, m.Bytes)
		}
	}
}

// What a test draws is shown as the line that a replay takes.
func TestGoString(t *testing.T) {
	for m, want := range map[*fuzz.Message]string{
		{Kind: spec.Response, Bytes: []byte{0, 0, 0, 1, 1}}: "response 0000000101",
		{Kind: spec.ContentV2, Bytes: []byte{0}}:            "content-v2 is not a kind of message",
	} {
		if got := fmt.Sprintf("%#v", *m); got != want {
			t.Errorf("shown as %s, want %s", got, want)
		}
	}
}
