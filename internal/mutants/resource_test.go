package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/resource"
	"github.com/hostedcache/pchc/fuzz/target"
	exectarget "github.com/hostedcache/pchc/fuzz/target/exec"
	"github.com/hostedcache/pchc/spec"
)

// answering are the faults that show in answers.
func answering(all []fault) []fault {
	return slices.DeleteFunc(slices.Clone(all), func(p fault) bool { return p.uses != "" })
}

// dependsOn is what a finding must say, beside its fault and resource.
var dependsOn = map[string]string{
	"leak-message": "whatever it is", "leak-refused": "each message that it refuses", "leak-batch": "each BATCHED_OFFER_MESSAGE",
	"leak-sha384": "each message like this", "leak-file": "whatever it is", "leak-thread": "each message that it refuses",
	"quadratic-descriptors": "number of descriptors", "quadratic-hash": "number of bytes", "ages": "slows down with age",
	"spins": "without a message", "status-at-end": "status 1, after valid messages only",
	"leak-connection": "open files", "leak-dropped": "each message that it refuses", "leak-waiter": "INITIAL_OFFER_MESSAGE", "cache-quadratic": "number of descriptors",
}

// A campaign finds what uses more than it should, says rightly because of what, and a
// replay confirms it. What is right is not found. Messages are counted, and processor time
// is measured, so that a busy machine makes no difference.
func TestResourcesFound(t *testing.T) {
	if err := resource.Unwatched(); err != nil {
		t.Skip(err)
	}
	path := program(t)
	found := &table{}
	t.Cleanup(func() { found.log(t) })
	for _, p := range sampled(t, 4, slices.Concat(resourceFaults, resourceCaches)) {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			var one target.Target
			executions := int64(enough)
			if p.started {
				one, executions = startedCache(t, path, p), enoughCache
			} else {
				o := exectarget.Options{Timeout: 5 * time.Second, Slow: 2 * time.Second}
				switch p.name { // the more of those that it is about, the sooner
				case "leak-batch":
					o.Kinds = []spec.Kind{spec.Request}
				case "leak-sha384":
					o.Kinds = []spec.Kind{spec.Content}
				}
				one = exectarget.New(quoted(path)+" -decoder "+p.name, o)
			}
			if p.uses == "nothing" {
				executions = 30000
			}
			ctx, h := newHunter(t)
			r := huntUntil(t, ctx, p, executions, func() { h.found(true) }, one)
			shows := found.checkUse(t, p, r, one)
			if p.uses != "nothing" {
				h.over(p, len(r.Findings), shows)
			}
		})
	}
}

// checkUse judges what was found of p, and reports whether a replay shows it again.
func (l *table) checkUse(t *testing.T, p fault, r *campaign.Result, one target.Target) (shows bool) {
	t.Helper()
	tried := r.Targets[0].Executions
	if len(r.Findings) == 0 {
		l.add("%-32s %10d %7.2f %7s  nothing found %s %v", p.name, tried, r.Elapsed.Seconds(), "", r.Targets[0].Error, r.Targets[0].Resources.Untried)
		if p.uses != "nothing" || r.Targets[0].Error != "" {
			t.Errorf("%s: not found with %d messages %s", p.what, tried, r.Targets[0].Error)
		}
		return false
	}
	f := &r.Findings[0]
	use := string(f.Fault)
	if f.Measured != nil {
		use += " " + string(f.Measured.Resource)
	}
	l.add("%-32s %10d %7.2f %7d  %s", p.name, tried, r.Elapsed.Seconds(), len(f.Message().Bytes), f.Difference.Error())
	if use != p.uses || !strings.Contains(f.Detail, dependsOn[p.name]) || f.Flaky || f.Untried {
		t.Errorf("%s: found %q: %s", p.what, use, f.Difference.Error())
	}
	if len(r.Findings) > 2 {
		t.Errorf("%s: %d findings", p.what, len(r.Findings))
	}
	again, err := campaign.Replay(t.Context(), one, f)
	if shows = err == nil && len(again) > 0 && again[0].Fault == f.Fault; !shows {
		t.Errorf("%s: the replay finds %s, %v", p.what, fmt.Sprint(again), err)
	}
	return shows
}
