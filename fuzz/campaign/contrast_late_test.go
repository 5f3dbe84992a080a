package campaign_test

import (
	"context"
	"testing"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// leniently is a target that may ignore long messages.
type leniently struct{ script }

type lenientSession struct{ *scriptSession }

const mostRead = 4096

func (s *leniently) Open(context.Context) (target.Session, error) {
	return lenientSession{&scriptSession{script: &s.script}}, nil
}

func (lenientSession) MayIgnore(c *target.Case) bool { return len(c.Bytes) > mostRead }

// That nothing is wrong with a message that a target may ignore does not show that its
// length matters.
func TestContrastIgnored(t *testing.T) {
	it := &leniently{script{reply: func(c target.Case, _, _ int) *fuzz.Difference {
		if c.Expected.Valid() && number(c, "dwHashAlgo") == 0x800D && len(c.Bytes) <= mostRead {
			return &fuzz.Difference{Fault: fuzz.Unanswered, Requirement: "PCHC-3.1.5.2-Respond"}
		}
		return nil
	}}}
	r := run(t, campaign.Config{Targets: []target.Target{it}, Executions: 4000, RNGSeed: 1, Jobs: 1, TriageTime: time.Minute})
	if len(r.Findings) == 0 {
		t.Fatal("nothing is found")
	}
	f := r.Findings[0]
	if f.Cause != "PCCRC-2.3-dwHashAlgo" || f.Contrast == nil || f.Contrast.When != "dwHashAlgo is exactly 32781" {
		t.Errorf("cause %s, contrast %+v", f.Cause, f.Contrast)
	}
}

// endsLater is a target that ends with messages of less than 16 bytes, with some of them
// only after the next one was sent.
type endsLater struct{ pending bool }

func (*endsLater) Name() string                                   { return "it" }
func (*endsLater) Kinds() []spec.Kind                             { return []spec.Kind{spec.Request} }
func (e *endsLater) Open(context.Context) (target.Session, error) { return e, nil }
func (*endsLater) Restarts() int                                  { return 0 }
func (*endsLater) Close() error                                   { return nil }
func (e *endsLater) Try(_ context.Context, cases []target.Case, report func(int, *fuzz.Difference)) (int, error) {
	end := func(i int, c *target.Case) {
		d := &fuzz.Difference{}
		if c != nil {
			d = c.Difference(fuzz.Crash, "")
		}
		d.Fault, d.Detail, e.pending = fuzz.Crash, "it ends", false
		report(i, d)
	}
	if len(cases) == 0 && e.pending {
		end(-1, nil)
	}
	for i := range cases {
		switch c := &cases[i]; {
		case e.pending:
			end(i, c)
		case len(c.Bytes) < 16:
			if e.pending = len(c.Bytes) >= 4 && len(c.Bytes) < 12; !e.pending {
				end(i, c)
			}
		}
	}
	return len(cases), nil
}

// What ends a target late is not taken for right, nor what comes after it for wrong, and
// the message at the boundary violates the rule of the finding.
func TestContrastLate(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	c, err := campaign.New(campaign.Config{
		Targets: []target.Target{&endsLater{}}, Executions: 2000, RNGSeed: 1, Jobs: 1, TriageTime: time.Minute,
		Found: func(*campaign.Finding) { stop() },
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Findings) == 0 {
		t.Fatal("nothing is found")
	}
	f := r.Findings[0]
	if f.Rule != "PCHC-2.2.1.1-Truncated" || len(f.Message().Bytes) >= 16 {
		t.Errorf("rule %s, %d bytes", f.Rule, len(f.Message().Bytes))
	}
	if by := f.Contrast; by == nil || len(by.Right.Bytes) != 16 || by.What != "the length of the message" {
		t.Errorf("contrast %+v", by)
	}
}
