package main

import (
	"testing"
	"time"

	exectarget "github.com/hostedcache/pchc/fuzz/target/exec"
)

// A campaign names the condition under which a decoder fails, and finds its boundary.
func TestConditionsNamed(t *testing.T) {
	path := program(t)
	found := &table{}
	t.Cleanup(func() { found.log(t) })
	for _, p := range sampled(t, 4, conditionFaults) {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			p.triage = time.Minute // a busy machine needs it
			r := hunt(t, p, enough, exectarget.New(quoted(path)+" -decoder "+p.name, exectarget.Options{}))
			found.check(t, p, r)
			if len(r.Findings) == 0 {
				return
			}
			f := r.Findings[0]
			if f.Contrast == nil {
				t.Fatalf("%s: no contrast", p.what)
			}
			c := f.Contrast
			t.Logf("%s %q %q: %d like it, %d unlike it; %s", c.What, c.Values, c.When, c.Like, c.Unlike, c.Boundary)
			if c.When != p.when || c.Boundary != p.boundary {
				t.Errorf("%s: goes wrong when %q; %q\nwant %q; %q", p.what, c.When, c.Boundary, p.when, p.boundary)
			}
		})
	}
}
