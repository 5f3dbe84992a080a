package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/seeds"
)

// few is how many messages are enough to find a fault that depends on how they are sent:
// two rounds.
const few = 512

// A campaign finds every hosted cache that fails only if messages are sent over HTTP in
// another way than most clients do, or at the same time. It says in which, as one or two
// findings, and each shows again in a replay.
func TestTransportFaultsFound(t *testing.T) {
	path := program(t)
	found := &table{}
	t.Cleanup(func() { found.log(t) })
	for _, p := range sampled(t, 4, slices.Concat(overHTTP, atTheSameTime)) {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			ctx, h := newHunter(t)
			targets := cacheTargets(t, path, p)[:1] // the other URL shows the same
			c, err := campaign.New(campaign.Config{
				Targets: targets, RNGSeed: 1, Jobs: 1, Executions: few * int64(len(targets)),
				Found: func(f *campaign.Finding) {
					h.found(false)
					if err := campaign.Save(dir, f, 1); err != nil {
						t.Error(err)
					}
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			r, err := c.Run(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for i := range r.Findings {
				f := &r.Findings[i]
				found.add("%-32s %10d %7.2f %7d  %s", p.name, r.Targets[0].Executions, f.At.Seconds(), len(f.Message().Bytes), f.Difference.Error())
				checkTransport(t, p, f)
			}
			shows := len(r.Findings) > 0
			for _, one := range targets {
				own := slices.DeleteFunc(slices.Clone(r.Findings), func(f campaign.Finding) bool { return f.Target != one.Name() })
				if len(own) > 2 {
					t.Errorf("%s: %d findings at %s", p.what, len(own), one.Name())
				}
				for i := range own {
					text, err := os.ReadFile(own[i].File)
					if err != nil {
						t.Fatal(err)
					}
					saved := campaign.Saved(text)
					all, err := seeds.ParseLines(text)
					if err != nil {
						t.Fatal(err)
					}
					for _, s := range all {
						saved.Messages = append(saved.Messages, s.Message)
					}
					again, err := campaign.Replay(t.Context(), one, &saved)
					if err != nil || len(again) == 0 || again[0].HTTP != own[i].HTTP || (again[0].Connections > 0) != (own[i].Connections > 0) {
						shows = false
						t.Errorf("%s: the replay finds %v, %v", own[i].Error(), again, err)
					}
				}
			}
			h.over(p, len(r.Findings), shows)
			if len(r.Findings) == 0 {
				found.add("%-32s %10d %7.2f %7s  NOT FOUND %s", p.name, r.Targets[0].Executions, r.Elapsed.Seconds(), "", r.Targets[0].Error)
				t.Errorf("%s: not found, %q", p.what, r.Targets[0].Error)
			}
		})
	}
}

// checkTransport checks what a finding says of a fault.
func checkTransport(t *testing.T, p fault, f *campaign.Finding) {
	t.Helper()
	if !slices.Contains(strings.Fields(p.rules), f.Requirement) {
		t.Errorf("%s: is named %s", p.what, f.Error())
	}
	if f.Flaky || f.Untried {
		t.Errorf("%s: is not confirmed: %s", p.what, f.Error())
	}
	if _, ok := fuzz.RequirementByID(f.Requirement); !ok {
		t.Errorf("there is no %s", f.Requirement)
	}
	switch {
	case p.http != "" && (!slices.Contains(strings.Split(p.http, ","), f.HTTP) || f.Connections != 0 || f.Wire == ""):
		t.Errorf("%s: depends on %q and %d connections: %s\n%s", p.what, f.HTTP, f.Connections, f.Error(), f.Wire)
	case p.http == "" && (f.HTTP != "" || f.Connections < 2):
		t.Errorf("%s: depends on %q and %d connections: %s\n%s", p.what, f.HTTP, f.Connections, f.Error(), f.Wire)
	}
}
