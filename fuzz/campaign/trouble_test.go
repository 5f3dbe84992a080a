package campaign_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// script is a target of requests. Each of its sessions is a new process, which gets
// messages one at a time: n is the number of the message in the process, from 1,
// and all its number in all processes.
type script struct {
	open  func(ctx context.Context) error
	reply func(c target.Case, n, all int) *fuzz.Difference
	all   int
}

func (*script) Name() string       { return "script" }
func (*script) Kinds() []spec.Kind { return []spec.Kind{spec.Request} }
func (s *script) Open(ctx context.Context) (target.Session, error) {
	if s.open != nil {
		if err := s.open(ctx); err != nil {
			return nil, err
		}
	}
	return &scriptSession{script: s}, nil
}

type scriptSession struct {
	*script
	n, restarts int
}

func (s *scriptSession) Restarts() int { return s.restarts }
func (s *scriptSession) Close() error  { return nil }
func (s *scriptSession) Try(ctx context.Context, cases []target.Case, report func(int, *fuzz.Difference)) (int, error) {
	for i, c := range cases {
		if ctx.Err() != nil {
			return i, ctx.Err()
		}
		s.n++
		s.all++
		if d := s.reply(c, s.n, s.all); d != nil {
			report(i, d)
			if d.Fault == fuzz.Crash || d.Fault == fuzz.Hang {
				s.n, s.restarts = 0, s.restarts+1
			}
		}
	}
	return len(cases), nil
}

// What prevents the first message is an error of the target, whatever the budget.
func TestNothingTried(t *testing.T) {
	takes := func(d time.Duration, err error) func(context.Context) error {
		return func(ctx context.Context) error {
			select {
			case <-time.After(d):
				return err
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	first := target.NewCase(generate.Simplest("BATCHED_OFFER_MESSAGE"))
	for _, c := range []struct {
		name     string
		open     func(context.Context) error
		config   campaign.Config
		findings int
		want     string // in the error of the target
	}{
		{"refused", takes(time.Second, context.DeadlineExceeded), campaign.Config{Time: time.Millisecond}, 0, context.DeadlineExceeded.Error()},
		{"starts slowly", takes(time.Second, nil), campaign.Config{Time: time.Millisecond}, 0, "the time limit of 1ms was used up before the first message"},
		{"answers wrongly", takes(0, &target.FirstFailure{Case: first, Difference: &fuzz.Difference{Fault: fuzz.Hang, Detail: "half an answer"}}),
			campaign.Config{Executions: 500}, 1, "answered wrongly: half an answer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c.config.Targets, c.config.Jobs = []target.Target{&script{open: c.open}}, 2
				all, err := campaign.New(c.config)
				if err != nil {
					t.Fatal(err)
				}
				r, err := all.Run(t.Context())
				if (err == nil) != (c.findings > 0) || len(r.Findings) != c.findings || !strings.Contains(r.Targets[0].Error, c.want) {
					t.Errorf("%v, %d findings, target: %s", err, len(r.Findings), r.Targets[0].Error)
				}
			})
		})
	}
}

// A target that needs long for each message does not prolong the triage of what it did
// once, even if many messages would have to be sent to see it again.
func TestSlowTriage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const failing = 5000 // late enough that its number may be the reason
		seen := time.Time{}
		all, err := campaign.New(campaign.Config{Executions: failing, Jobs: 1, Targets: []target.Target{&script{
			reply: func(c target.Case, n, all int) *fuzz.Difference {
				switch {
				case all == failing:
					seen = time.Now()
					return c.Difference(fuzz.Unanswered, "")
				case all > failing:
					time.Sleep(time.Second)
				}
				return nil
			},
		}}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := all.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		// Four limits of 4 s.
		if took := time.Since(seen); seen.IsZero() || took > 30*time.Second {
			t.Errorf("the campaign went on for %v", took)
		}
	})
}

// A target that stops answering ends a campaign that is limited by messages.
func TestStalls(t *testing.T) {
	hangs := func(c target.Case, n, all int) *fuzz.Difference {
		if all <= 100 {
			return nil
		}
		return c.Difference(fuzz.Hang, "no answer within 1s")
	}
	c, err := campaign.New(campaign.Config{Targets: []target.Target{&script{reply: hangs}}, RNGSeed: 1, Jobs: 1, Executions: 100000})
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Run(t.Context())
	if err != nil || r.Targets[0].Executions > 1000 || !strings.Contains(r.Targets[0].Error, "stalled: no answer to 16 messages in a row") {
		t.Errorf("%v: %+v", err, r.Targets[0])
	}
	if len(r.Findings) != 1 || r.Findings[0].Fault != fuzz.Hang {
		t.Errorf("found %+v", r.Findings)
	}
}

// What does not show again is one finding without a rule, however many messages show
// it, and a replay of it is not certain.
func TestFlaky(t *testing.T) {
	const every = 3001
	for name, fault := range map[string]func(c target.Case, all int) *fuzz.Difference{
		"wrong": func(c target.Case, all int) *fuzz.Difference {
			if first, malformed := c.Expected.First(); malformed {
				return &fuzz.Difference{Fault: fuzz.Accepted, Rule: first.Rule, Field: first.Field, Offset: first.Offset}
			}
			return &fuzz.Difference{Fault: fuzz.Rejected, Detail: "the message is valid"}
		},
		"hangs": func(c target.Case, all int) *fuzz.Difference { return c.Difference(fuzz.Hang, "no reply within 1s") },
		"ends":  func(c target.Case, all int) *fuzz.Difference { return c.Difference(fuzz.Crash, "exited") },
	} {
		it := &script{reply: func(c target.Case, n, all int) *fuzz.Difference {
			if all%every == 0 {
				return fault(c, all)
			}
			return nil
		}}
		var file string
		r := run(t, campaign.Config{Targets: []target.Target{it}, RNGSeed: 1, Jobs: 1, Executions: 40000, Found: func(f *campaign.Finding) {
			if err := campaign.Save(t.TempDir(), f, 1); err != nil {
				t.Error(err)
			}
			file = f.File
		}})
		if len(r.Findings) != 1 {
			t.Errorf("%s: %d findings", name, len(r.Findings))
			continue
		}
		f := r.Findings[0]
		if !f.Flaky || f.Count < 3 || f.Rule != "" || f.Cause != "" || f.Field != "" || f.Rate == nil || len(f.Messages) != 1 {
			t.Errorf("%s: %s, %d times after %d messages", name, f.Error(), f.Count, len(f.Messages))
			continue
		}
		if least, most := f.Rate.Interval(); least > every || most < every || f.Repeat < 4*every {
			t.Errorf("%s: %v, replayed with %d messages", name, f.Rate, f.Repeat)
		}
		it.reply = func(target.Case, int, int) *fuzz.Difference { return nil }
		saved := read(t, file)
		if findings, err := campaign.Replay(t.Context(), it, &saved); err != nil || len(findings) > 0 || !saved.Uncertain() {
			t.Errorf("%s: the replay finds %v, %v, uncertain: %v", name, findings, err, saved.Uncertain())
		}
	}
}

// A target that drops some messages is one finding, with how often, and no rule that
// the messages happen to violate.
func TestDropsSome(t *testing.T) {
	for every, runs := range map[int]int64{7: 100, 300: 1500} {
		it := &script{reply: func(c target.Case, n, all int) *fuzz.Difference {
			if all%every == 0 {
				d := c.Difference(fuzz.Unanswered, "the connection closes without an answer")
				d.Requirement = "PCHC-3.1.5.3-Respond"
				return d
			}
			return nil
		}}
		r := run(t, campaign.Config{Targets: []target.Target{it}, Jobs: 1, Executions: runs})
		if len(r.Findings) != 1 {
			for _, f := range r.Findings {
				t.Logf("%s, %d messages, %+v", f.Error(), len(f.Messages), f.Nth)
			}
			t.Fatalf("every %d: %d findings", every, len(r.Findings))
		}
		f, n := &r.Findings[0], 0
		_, rate, _ := strings.Cut(f.Detail, "about once in ")
		if _, err := fmt.Sscan(rate, &n); err != nil || n < every/2 || n > 2*every || !f.Flaky || f.Rule != "" || f.Cause != "" || f.Field != "" {
			t.Errorf("every %d: %s", every, f.Error())
		}
	}
}

// A target that ends after so many messages is one finding with one message, which a
// replay sends as often.
func TestEndures(t *testing.T) {
	const most = 3000
	it := &script{reply: func(c target.Case, n, all int) *fuzz.Difference {
		if n == most {
			return c.Difference(fuzz.Crash, "exited with status 3")
		}
		return nil
	}}
	var file string
	r := run(t, campaign.Config{Targets: []target.Target{it}, RNGSeed: 1, Jobs: 1, Executions: 20000, Found: func(f *campaign.Finding) {
		if err := campaign.Save(t.TempDir(), f, 1); err != nil {
			t.Error(err)
		}
		file = f.File
	}})
	if len(r.Findings) != 1 {
		t.Fatalf("%d findings", len(r.Findings))
	}
	f := r.Findings[0]
	if f.Flaky || f.Count < 4 || len(f.Messages) != 1 || f.Rule != "" || f.Detail != "at message no. 3000 of the process, whatever the messages are: exited with status 3" {
		t.Errorf("%+v", f)
	}
	saved := read(t, file)
	if findings, err := campaign.Replay(t.Context(), it, &saved); err != nil || len(findings) != 1 || findings[0].Fault != fuzz.Crash {
		t.Errorf("the replay finds %v, %v", findings, err)
	}
}

// A replay names a failure as the campaign did.
func TestReplayNames(t *testing.T) {
	it := target.InProcess("it", rejects(func(c target.Case) bool { return number(c, "HashAlgorithm") == 4 }), spec.Request)
	r := run(t, campaign.Config{Targets: []target.Target{it}, RNGSeed: 1, Jobs: 1, Executions: 5000, Found: func(f *campaign.Finding) {
		if err := campaign.Save(t.TempDir(), f, 1); err != nil {
			t.Error(err)
			return
		}
		saved := read(t, f.File)
		again, err := campaign.Replay(t.Context(), it, &saved)
		if err != nil || len(again) != 1 || again[0].Error() != f.Error() || again[0].Cause != f.Cause {
			t.Errorf("%s, then %v, %v", f.Error(), again, err)
		}
	}})
	if len(r.Findings) == 0 {
		t.Error("nothing found")
	}
}

// The messages before the last are reduced, too.
func TestReducesPrefix(t *testing.T) {
	sticks := false // after a malformed batch, in the same process
	it := &script{reply: func(c target.Case, n, all int) *fuzz.Difference {
		sticks = sticks && n > 1
		d := c.Expected
		if d.Valid() && sticks && d.Message == "BATCHED_OFFER_MESSAGE" {
			return &fuzz.Difference{Fault: fuzz.Rejected, Detail: "the message is valid"}
		}
		first, malformed := d.First()
		sticks = malformed && first.Rule == "PCHC-2.2.1.5-HashAlgorithm"
		return nil
	}}
	r := run(t, campaign.Config{Targets: []target.Target{it}, RNGSeed: 1, Jobs: 1, Executions: 20000})
	if len(r.Findings) != 1 {
		t.Fatalf("%d findings", len(r.Findings))
	}
	f := r.Findings[0]
	if f.Flaky || len(f.Messages) != 2 || len(f.Messages[0].Bytes) > 75 || len(f.Messages[1].Bytes) > 75 {
		t.Errorf("%s, flaky: %v, %d messages, the first has %d bytes", f.Error(), f.Flaky, len(f.Messages), len(f.Messages[0].Bytes))
	}
}

// What could not be tried again before the time was up is not blamed on a rule if the
// target ended. When it does not show in a replay, it counts as mended only if its
// message decides, or if the file has all messages before it.
func TestUntried(t *testing.T) {
	for _, test := range []struct {
		fault           fuzz.Fault
		after           int
		blamed, certain bool
	}{
		{fuzz.Crash, 300, false, false},
		{fuzz.Hang, 300, false, false},
		{fuzz.Hang, 100, false, true},
		{fuzz.Accepted, 300, true, true},
	} {
		fault, blamed := test.fault, test.blamed
		synctest.Test(t, func(t *testing.T) {
			dir := t.TempDir()
			it := &script{reply: func(c target.Case, n, all int) *fuzz.Difference {
				if n < test.after || c.Expected.Valid() {
					return nil
				}
				time.Sleep(time.Hour) // the time is up
				return c.Difference(fault, "now")
			}}
			c, err := campaign.New(campaign.Config{
				Targets: []target.Target{it}, Jobs: 1, Time: time.Minute,
				Found: func(f *campaign.Finding) {
					if err := campaign.Save(dir, f, 1); err != nil {
						t.Error(err)
					}
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			it.open = func(ctx context.Context) error { return ctx.Err() }
			result, err := c.Run(t.Context())
			if err != nil || len(result.Findings) != 1 {
				t.Fatal(err, result.Findings)
			}
			f := result.Findings[0]
			if !f.Untried || (f.Rule != "") != blamed {
				t.Errorf("%s: %v, untried %t", fault, &f.Difference, f.Untried)
			}
			right := &script{reply: func(target.Case, int, int) *fuzz.Difference { return nil }}
			saved := read(t, f.File)
			if found, err := campaign.Replay(t.Context(), right, &saved); err != nil || len(found) > 0 || saved.Uncertain() == test.certain {
				t.Errorf("%s: replayed: %v, %v, %+v", fault, found, err, saved)
			}
		})
	}
}

// The failure that prevents a session is confirmed by a replay.
func TestReplayFirstFailure(t *testing.T) {
	c := target.NewCase(generate.Simplest("BATCHED_OFFER_MESSAGE"))
	it := &script{open: func(context.Context) error {
		return &target.FirstFailure{Case: c, Difference: c.Difference(fuzz.Hang, "it does not end")}
	}}
	for fault, want := range map[fuzz.Fault]int{fuzz.Hang: 1, fuzz.Crash: 0} {
		f := campaign.Finding{Difference: fuzz.Difference{Fault: fault}, Messages: []fuzz.Message{c.Message}}
		found, err := campaign.Replay(t.Context(), it, &f)
		if len(found) != want || (err != nil) != (want == 0) {
			t.Errorf("%s: %v, %v", fault, found, err)
		}
	}
}
