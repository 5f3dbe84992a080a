package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/report"
	"github.com/hostedcache/pchc/fuzz/target"
)

// routeTests say what a campaign must find of routeCaches: which words the report has, with |
// between them.
var routeTests = map[string]string{
	"connections-mixed":    "over another connection|Message 1, over connection 1|Message 2, over connection 2",
	"urls-mixed":           "to the URL of the other version|to the URL of version 1.0, a valid INITIAL_OFFER_MESSAGE|to the URL of version 2.0, a valid BATCHED_OFFER_MESSAGE",
	"connection-remembers": "over the same connection|Message 1, over connection 1|Message 2, over connection 1",
}

// A campaign finds every hosted cache that mixes up connections or URLs, as a sequence whose
// steps say over which connection, and to which URL. A replay confirms it, and finds nothing
// wrong with a right hosted cache.
func TestRoutesFound(t *testing.T) {
	path := program(t)
	found := &table{}
	t.Cleanup(func() { found.log(t) })
	for _, p := range sampled(t, 1, routeCaches) {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			one := oneOf(t, cacheTargets(t, path, p), p.path)
			ctx, h := newHunter(t)
			c, err := campaign.New(campaign.Config{Targets: []target.Target{one}, RNGSeed: 1, Jobs: 1, Executions: enoughCache, TriageTime: time.Minute, Found: func(f *campaign.Finding) {
				h.found(f.Routes != nil)
			}})
			if err != nil {
				t.Fatal(err)
			}
			r, err := c.Run(ctx)
			if err != nil {
				t.Fatal(err)
			}
			// That it fails over several connections at the same time is true, too, as is that of URLs.
			r.Findings = slices.DeleteFunc(r.Findings, func(f campaign.Finding) bool { return f.Connections > 0 || f.HTTP == "both URLs" })
			shows := false
			defer func() { h.over(p, len(r.Findings), shows) }()
			if len(r.Findings) != 1 {
				for i := range r.Findings {
					t.Errorf("%s: %s", p.what, r.Findings[i].Error())
				}
				t.Fatalf("%s: %d findings with %d messages %s", p.what, len(r.Findings), r.Targets[0].Executions, r.Targets[0].Error)
			}
			f := &r.Findings[0]
			found.add("%-32s %10d %7.2f %7d  %s", p.name, r.Targets[0].Executions, f.At.Seconds(), size(f.Messages), f.Error())
			var text strings.Builder
			if err := report.Text(&text, &report.Report{Result: r}, plainText()); err != nil {
				t.Fatal(err)
			}
			for words := range strings.SplitSeq(routeTests[p.name], "|") {
				if !strings.Contains(text.String(), words) {
					t.Errorf("it does not say %q:\n%s", words, &text)
				}
			}
			if !strings.HasPrefix(report.Name(f), "fuzz-sequence ") || len(f.Messages) != 2 || len(f.Routes) != 2 || size(f.Messages) > 400 {
				t.Errorf("%s: %d messages of %d bytes, over %v", report.Name(f), len(f.Messages), size(f.Messages), f.Routes)
			}
			saved := replayable(t, f)
			again, err := campaign.Replay(t.Context(), one, saved)
			if shows = err == nil && len(again) == 1 && again[0].Fault == f.Fault; !shows {
				t.Errorf("a replay finds %v, %v", again, err)
			}
			right := oneOf(t, cacheTargets(t, path, caches[0]), p.path)
			if again, err := campaign.Replay(t.Context(), right, saved); err != nil || len(again) > 0 {
				t.Errorf("a replay with the right cache finds %v, %v", again, err)
			}
		})
	}
}
