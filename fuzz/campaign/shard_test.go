package campaign_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// Shards share the seeds: each is sent by one of them. What they draw differs, too.
func TestShards(t *testing.T) {
	var seeds []fuzz.Message
	for i := range 99 {
		seeds = append(seeds, fuzz.Message{Kind: spec.Request, Bytes: fmt.Appendf(nil, "seed %2d", i)})
	}
	const shards = 3
	sent := map[string][]int{}  // by shard
	drawn := map[string][]int{} // the long ones
	for shard := range shards {
		seen := map[string]bool{}
		run(t, campaign.Config{RNGSeed: 7, Jobs: 1, Shard: shard, Shards: shards, Executions: 2000, Seeds: seeds, Targets: []target.Target{
			target.InProcess("it", func(c target.Case) *fuzz.Difference {
				seen[string(c.Bytes)] = true
				return nil
			}, spec.Request),
		}})
		for m := range seen {
			if len(m) > 40 {
				drawn[m] = append(drawn[m], shard)
			}
			sent[m] = append(sent[m], shard)
		}
	}
	for i, seed := range seeds {
		if got := sent[string(seed.Bytes)]; !slices.Contains(got, i%shards) {
			t.Errorf("seed %d is sent by shards %v", i, got)
		}
	}
	twice := 0
	for _, by := range drawn {
		if len(by) > 1 {
			twice++
		}
	}
	if len(drawn) < 1000 || twice > len(drawn)/50 {
		t.Errorf("%d of %d messages are sent by more than one shard", twice, len(drawn))
	}
	if _, err := campaign.New(campaign.Config{Shard: 3, Shards: 3, Targets: []target.Target{forgetful{}}}); err == nil {
		t.Error("there is a shard 3 of 3")
	}
}

// A campaign that is to stop at a finding does, and the finding is reduced as ever.
func TestStop(t *testing.T) {
	config := campaign.Config{RNGSeed: 1, Jobs: 1, Executions: 12000, Targets: []target.Target{
		target.InProcess("it", rejects(func(c target.Case) bool { return number(c, "Port") == 0 }), spec.Request),
	}}
	stopped := run(t, config)
	config.Stop = func(f *campaign.Finding) bool { return len(f.Message().Bytes) > 1000 }
	if r := run(t, config); r.Stopped || r.Targets[0].Executions != config.Executions || stopped.Stopped {
		t.Errorf("stopped: %t, %t", r.Stopped, stopped.Stopped)
	}
	config.Stop = func(f *campaign.Finding) bool { return f.Cause == "PCHC-2.2.1.2-Port" }
	r := run(t, config)
	if !r.Stopped || len(r.Findings) != 1 || r.Findings[0].Untried || len(r.Findings[0].Message().Bytes) > 75 || r.Interrupted || r.Targets[0].Executions >= config.Executions || r.Targets[0].Error != "" {
		t.Errorf("%+v", r)
	}
}
