package campaign

import (
	"context"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
)

// inspectEnd looks at how a program ends that was sent the simplest valid messages: they
// are no reason for an exit status other than 0.
func (s *stream) inspectEnd(ctx context.Context, e *experiment) {
	if _, ok := e.session.(target.Ending); !ok {
		return
	}
	if b := e.endings(ctx, simplestOf(s.target.target), nil); b != nil {
		s.addEnding(b)
	}
}

// reportEnd does the triage of what a program did at the end of its input. It returns
// false if that does not show again, or was no end of the input.
func (s *stream) reportEnd(ctx context.Context, messages []fuzz.Message, w seen) bool {
	r := &s.target.resources
	if _, ok := s.session.(target.Ending); !ok || w.index >= 0 || w.difference.Fault != fuzz.Crash {
		return false
	}
	r.alone.Lock()
	defer r.alone.Unlock()
	r.mu.Lock()
	known := r.ending
	r.mu.Unlock()
	if known != nil {
		known.finding.count.Add(1)
		return true
	}
	e := newExperiment(ctx, s.target.target)
	if e == nil {
		return false
	}
	defer e.close()
	cases := make([]target.Case, len(messages))
	for i, m := range messages {
		cases[i] = target.NewCase(m)
	}
	b := e.endings(ctx, cases, w.difference)
	if b == nil {
		return false
	}
	s.addEnding(b)
	return true
}

func (s *stream) addEnding(b *bucket) {
	r := &s.target.resources
	r.mu.Lock()
	known := r.ending
	if known == nil {
		r.ending = b
	}
	r.mu.Unlock()
	if known == nil {
		s.addMeasured(b)
	}
}

// endings returns a finding if a program that was sent some messages ends as d says, or
// badly if that is nil, and halves the messages while it still does.
func (e *experiment) endings(ctx context.Context, cases []target.Case, d *fuzz.Difference) *bucket {
	found := e.ending(ctx, cases)
	if found == nil || d != nil && found.Fault != d.Fault {
		return nil
	}
	for len(cases) > 1 {
		half := len(cases) / 2
		if again := e.ending(ctx, cases[:half]); again != nil && again.Fault == found.Fault {
			found, cases = again, cases[:half]
		} else if again := e.ending(ctx, cases[half:]); again != nil && again.Fault == found.Fault {
			found, cases = again, cases[half:]
		} else {
			break
		}
	}
	f := &finding{Finding: Finding{Difference: *found, Messages: cloned(messagesOf(cases))}}
	if v, malformed := cases[0].Expected.First(); malformed && len(cases) == 1 {
		f.Field, f.Offset = v.Field, v.Offset
	}
	return &bucket{finding: f, raw: *found}
}

// ending returns how a new process ends after some messages, nil if it does so ordinarily.
func (e *experiment) ending(ctx context.Context, cases []target.Case) (d *fuzz.Difference) {
	if !e.restart(ctx) || !e.feed(ctx, cases, len(cases)) {
		return nil
	}
	_, _ = e.session.Try(ctx, nil, func(_ int, found *fuzz.Difference) { d = found })
	return d
}
