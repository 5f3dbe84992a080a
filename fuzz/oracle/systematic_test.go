package oracle_test

import (
	"testing"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/oracle"
)

// Both readings agree on every message of the systematic sweep.
func TestSystematic(t *testing.T) {
	for _, kind := range fuzz.Kinds() {
		for m := range generate.Systematic(kind) {
			if difference := oracle.Check(m, nil); difference != nil {
				t.Errorf("%#v: %v", m, difference)
			}
		}
	}
}
