package campaign_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// A target that ends some messages after the one that is the cause, reported where
// it is seen: the finding is about that one alone.
func TestLateEnd(t *testing.T) {
	for _, kept := range []int{2, 5, 300} {
		r := run(t, campaign.Config{RNGSeed: 3, Jobs: 1, Executions: 3000, Targets: []target.Target{&mortal{after: kept}}})
		if len(r.Findings) != 1 {
			t.Fatalf("after %d messages: found %+v", kept, r.Findings)
		}
		if f := r.Findings[0]; f.Flaky || len(f.Messages) != 1 || f.Rule != "PCHC-2.2.1.5-SizeOfContentTag" {
			t.Errorf("after %d messages: found %+v", kept, f)
		}
	}
}

// A crash that ceases during its triage is not called reproducible: another
// message may have been its cause.
func TestCeases(t *testing.T) {
	for _, left := range []int{2, 3, 10} {
		r := run(t, campaign.Config{RNGSeed: 3, Jobs: 1, Executions: 500, Targets: []target.Target{&ceasing{left: left}}})
		if len(r.Findings) != 1 || !r.Findings[0].Flaky {
			t.Errorf("after %d tries: found %+v", left, r.Findings)
		}
	}
}

// ceasing is a target that ends once in a campaign, and then at some of the next
// messages that come alone.
type ceasing struct {
	seen bool
	left int
}

// A campaign ends when its context does, and has what it found until then.
func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var n atomic.Int64
	c, err := campaign.New(campaign.Config{Targets: []target.Target{target.InProcess("it", func(c target.Case) *fuzz.Difference {
		if n.Add(1) == 5000 {
			cancel()
		}
		return rejects(func(c target.Case) bool { return number(c, "Port") == 0 })(c)
	}, spec.Request)}, RNGSeed: 1})
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Run(ctx)
	if err != nil || !r.Interrupted || len(r.Findings) == 0 || r.Targets[0].Executions < 1000 {
		t.Errorf("%v: %+v", err, r)
	}
}

// A target that cannot be opened is an error, others go on without it.
func TestTargetGone(t *testing.T) {
	gone := broken{errors.New("no such thing")}
	c, err := campaign.New(campaign.Config{Targets: []target.Target{gone, target.Codec()[0]}, Executions: 1000})
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Run(t.Context())
	if !errors.Is(err, gone.err) || r.Targets[0].Error == "" || r.Targets[1].Executions != 500 {
		t.Errorf("%v: %+v", err, r.Targets)
	}
}

func TestEndAfterTheLastRound(t *testing.T) {
	r := run(t, campaign.Config{Targets: []target.Target{&slowEnd{}}, Executions: 100, Jobs: 1})
	if len(r.Findings) != 1 || r.Findings[0].Detail != "ends, at or before this message" || len(r.Findings[0].Messages) == 0 {
		t.Errorf("%v", r.Findings)
	}
}
