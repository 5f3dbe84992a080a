package coverage

import (
	"math/rand/v2"
	"testing"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/spec"
)

// TestEveryGeneratedViolation: each violation in generated messages of all kinds
// covers a point, and messages of all names cover some.
func TestEveryGeneratedViolation(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	check := func(d *spec.Dissection) {
		t.Helper()
		root := theTable().messages[message{d.Message, d.Root.Section}]
		if root == nil {
			t.Fatalf("%s of %s is not in the table", d.Message, d.Root.Section)
		}
		for _, v := range d.Violations {
			f, at := root.find(v.Field, &d.Root)
			if f.rule(theTable(), v.Rule) < 0 || at >= f.places() {
				t.Errorf("%s of %s is no point", v.Rule, v.Field)
			}
		}
	}
	for _, rule := range generate.Rules() {
		for _, kind := range generate.Kinds(rule) {
			for range 30 {
				check(generate.BrokenAs(r, kind, rule).Dissect())
			}
		}
	}
	for _, kind := range fuzz.Kinds() {
		check(fuzz.Message{Kind: kind}.Dissect())
		for _, name := range generate.Messages(kind) {
			var m Map
			if d := generate.Simplest(name).Dissect(); m.Add(d) < 2 {
				t.Errorf("%s covers %d points", name, m.Len())
			}
		}
	}
}
