package campaign_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// fickle is a target that fails only if messages are sent in another way.
type fickle struct {
	wrong fuzz.Difference
	least int            // bytes of a message at which it fails
	again int            // how often it fails
	gone  bool           // nothing can be tried after it has failed
	asked map[string]int // ways in which messages were sent again
}

func (*fickle) Name() string                                   { return "fickle" }
func (*fickle) Kinds() []spec.Kind                             { return []spec.Kind{spec.Request} }
func (f *fickle) Open(context.Context) (target.Session, error) { return f, nil }
func (*fickle) Restarts() int                                  { return 0 }
func (*fickle) Close() error                                   { return nil }
func (*fickle) Try(_ context.Context, cases []target.Case, _ func(int, *fuzz.Difference)) (int, error) {
	return len(cases), nil
}

func (f *fickle) fail(cases []target.Case, report func(int, *fuzz.Difference)) error {
	for i, c := range cases {
		if f.again > 0 && c.Expected.Valid() && len(c.Bytes) >= f.least {
			f.again--
			d := f.wrong
			report(i, &d)
			if f.gone {
				return errors.New("it is gone")
			}
			break
		}
	}
	return nil
}

func (f *fickle) Vary(_ context.Context, cases []target.Case, report func(int, *fuzz.Difference)) error {
	return f.fail(cases, report)
}

func (f *fickle) TryAs(_ context.Context, cases []target.Case, http string, connections int, report func(int, *fuzz.Difference)) error {
	f.asked[fmt.Sprint(http, " ", connections)]++
	return f.fail(cases, report)
}

// What depends on the way in which messages are sent is one finding, tried again in that
// way: with the simplest message, if that fails too. So does a replay.
func TestVaried(t *testing.T) {
	simplest := len(generate.Simplest("INITIAL_OFFER_MESSAGE").Bytes)
	chunked := fuzz.Difference{Fault: fuzz.Unanswered, Requirement: "RFC9112-7.1-Chunked", Detail: "it", HTTP: "chunked", Wire: "sent:\n  POST"}
	crowded := fuzz.Difference{Fault: fuzz.Hang, Requirement: "PCHC-3.1.5.3-Respond", Detail: "it", Connections: 8}
	for name, c := range map[string]struct {
		fickle
		flaky, untried bool
		messages       int // -1: many
		asked          string
	}{
		"chunked":         {fickle: fickle{wrong: chunked, again: 1000}, messages: 1, asked: "chunked 0"},
		"chunked, long":   {fickle: fickle{wrong: chunked, again: 1000, least: 300}, messages: 1, asked: "chunked 0"},
		"chunked, once":   {fickle: fickle{wrong: chunked, again: 1}, flaky: true, messages: 1, asked: "chunked 0"},
		"chunked, gone":   {fickle: fickle{wrong: chunked, again: 1000, gone: true}, untried: true, messages: 1},
		"crowded":         {fickle: fickle{wrong: crowded, again: 1000}, messages: 16, asked: " 8"},
		"crowded, at all": {fickle: fickle{wrong: crowded, again: 1000, least: 300}, messages: -1, asked: " 8"},
	} {
		t.Run(name, func(t *testing.T) {
			it := &c.fickle
			it.asked = map[string]int{}
			dir := t.TempDir()
			r := run(t, campaign.Config{Targets: []target.Target{it}, RNGSeed: 1, Jobs: 1, Executions: 1000, Found: func(f *campaign.Finding) {
				if err := campaign.Save(dir, f, 1); err != nil {
					t.Error(err)
				}
			}})
			if len(r.Findings) != 1 {
				t.Fatalf("found %+v", r.Findings)
			}
			f := r.Findings[0]
			if f.HTTP != it.wrong.HTTP || f.Connections != it.wrong.Connections || f.Wire != it.wrong.Wire || f.Flaky != c.flaky || f.Untried != c.untried || len(f.Messages) != c.messages && (c.messages >= 0 || len(f.Messages) <= 16) || f.Cause != "" {
				t.Errorf("found %+v with %d messages", f.Difference, len(f.Messages))
			}
			if it.least == 0 && !c.flaky && !c.untried && len(f.Message().Bytes) > 200 || len(f.Message().Bytes) < min(it.least, simplest) {
				t.Errorf("the message has %d bytes", len(f.Message().Bytes))
			}
			if len(it.asked) > 1 || c.asked != "" && it.asked[c.asked] == 0 {
				t.Errorf("asked %v", it.asked)
			}
			clear(it.asked)
			it.again, it.gone = 1, false
			again := replay(t, it, f.File)
			if len(again) != 1 || again[0].HTTP != f.HTTP || again[0].Connections != f.Connections || it.asked[fmt.Sprint(f.HTTP, " ", f.Connections)] == 0 {
				t.Errorf("the replay finds %+v, asked %v", again, it.asked)
			}
		})
	}
}
