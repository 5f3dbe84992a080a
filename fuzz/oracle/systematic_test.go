package oracle_test

import (
	"testing"

	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/oracle"
	"github.com/hostedcache/pchc/spec"
)

// Both readings agree on every message of the systematic sweep.
func TestSystematic(t *testing.T) {
	for _, kind := range []spec.Kind{spec.Request, spec.Response, spec.Content} {
		for m := range generate.Systematic(kind) {
			if difference := oracle.Check(m, nil); difference != nil {
				t.Errorf("%#v: %v", m, difference)
			}
		}
	}
}
