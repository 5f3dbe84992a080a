package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/model"
)

// converse plays conversations with a hosted cache that fetches what is offered.
func converse(t *testing.T, p fault, messages int64) (model.Config, *campaign.Result, *hunter) {
	t.Helper()
	ctx, h := newHunter(t)
	address := freeAddress(t)
	config := model.Config{
		URLs:    []string{"http://" + address},
		Start:   fmt.Sprintf("%s -cache %s -fetch -listen %s -state %s", quoted(program(t)), p.name, address, quoted(filepath.Join(t.TempDir(), "state"))),
		RNGSeed: 1, Executions: messages, Timeout: time.Minute, Patience: 1500 * time.Millisecond,
	}
	if p.name == "none" {
		config.Patience = time.Minute // on a machine that has other things to do
	} else {
		config.Found = func(*campaign.Finding) { h.found(all) }
		config.Stop = func(*campaign.Finding) bool { return !all }
	}
	run, err := model.New(config)
	if err != nil {
		t.Fatal(err)
	}
	result, err := run.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return config, result, h
}

// mostSteps is how many steps the conversation of a finding has at most.
const mostSteps = 8

// Conversations find every hosted cache with a fault that only conversations show. Each
// finding says rightly what is wrong, is short, and shows again.
func TestConversationsFound(t *testing.T) {
	found := &table{}
	t.Cleanup(func() { found.log(t) })
	for _, p := range sampled(t, 4, conversations) {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			config, result, h := converse(t, p, 20000)
			if len(result.Findings) == 0 {
				h.over(p, 0, false)
				t.Fatalf("%s: not found with %d messages %s", p.what, result.Targets[0].Executions, result.Targets[0].Error)
			}
			f := result.Findings[0]
			said := strings.Join(f.Conversation, "\n")
			found.add("%-32s %10d %7.2f %7d  %s", p.name, result.Targets[0].Executions, result.Elapsed.Seconds(), steps(&f), f.Difference.Error())
			if !slices.Contains(strings.Fields(p.rules), f.Requirement) || f.Flaky && !p.chance || f.Untried {
				t.Errorf("%s: is named %s, flaky %v, untried %v\n%s", p.what, f.Difference.Error(), f.Flaky, f.Untried, said)
			}
			if n := steps(&f); n > mostSteps || n > f.Steps {
				t.Errorf("%d steps of %d are left\n%s", n, f.Steps, said)
			}
			again, err := model.Replay(t.Context(), config, &f)
			shows := err == nil && len(again) == 1 && slices.Contains(strings.Fields(p.rules), again[0].Requirement)
			h.over(p, len(result.Findings), shows)
			if p.chance && len(again) == 0 {
				return // it need not show each time
			}
			if !shows {
				t.Errorf("it does not show again: %d findings, %v\n%s", len(again), err, said)
			}
		})
	}
}

// steps returns how many steps the conversation of a finding has.
func steps(f *campaign.Finding) (n int) {
	for _, line := range f.Conversation {
		if !strings.HasPrefix(line, "client ") && !strings.HasPrefix(line, "segment ") {
			n++
		}
	}
	return n
}

// Conversations find nothing wrong with a hosted cache that is right.
func TestConversationsRight(t *testing.T) {
	_, result, _ := converse(t, caches[0], right(3000))
	for _, f := range result.Findings {
		t.Errorf("%s\n%s", f.Error(), strings.Join(f.Conversation, "\n"))
	}
	if tried := result.Targets[0]; tried.Error != "" || len(tried.Notes) > 0 {
		t.Error(tried.Error, tried.Notes)
	}
}
