package campaign

import (
	"context"
	"slices"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
)

// What a study may take. A minimal message is worth a little waiting; a target
// that hangs each time is not worth much.
const (
	mostTries = 4000
	mostTime  = 4 * time.Second
)

// lab tries messages one at a time, in sessions apart from those of the
// campaign, to find out what makes a target go wrong.
type lab struct {
	target  target.Target
	session target.Session
	fresh   bool // each try needs a target that was told nothing before

	tries    int
	deadline time.Time
}

func (l *lab) close() {
	if l.session != nil {
		_ = l.session.Close()
		l.session = nil
	}
}

// spent reports whether a study has to come to its end.
func (l *lab) spent(ctx context.Context) bool {
	return l.tries >= mostTries || time.Now().After(l.deadline) || ctx.Err() != nil
}

// try tells the target the messages, and returns what goes wrong with the last.
// ok is false if that could not be found out.
func (l *lab) try(ctx context.Context, before []fuzz.Message, c target.Case) (d *fuzz.Difference, ok bool) {
	l.tries++
	if l.fresh {
		l.close()
	}
	if l.session == nil {
		session, err := l.target.Open(ctx)
		if err != nil {
			return nil, false
		}
		l.session = session
	}
	var cases []target.Case
	for _, m := range before {
		cases = append(cases, target.NewCase(m))
	}
	last := len(cases)
	_, err := l.session.Try(ctx, append(cases, c), func(i int, found *fuzz.Difference) {
		if i == last {
			d = found
		}
	})
	if err != nil {
		l.close()
	}
	return d, d != nil || err == nil
}

// study finds out the least that shows a difference, and what it comes from.
func (l *lab) study(ctx context.Context, history []fuzz.Message, c target.Case, d *fuzz.Difference) *known {
	l.tries, l.deadline, l.fresh = 0, time.Now().Add(mostTime), true
	s := &specimen{lab: l, raw: *d, best: c}
	s.measure()
	flaky := s.reproduce(ctx, history)
	if s.sure {
		s.minimise(ctx)
		s.findCause(ctx)
	}
	return s.known(d, flaky)
}

// known returns what came of the study of d.
func (s *specimen) known(d *fuzz.Difference, flaky bool) *known {
	if !s.sure {
		s.guess()
	}
	f := Finding{Difference: s.named(), Messages: append(cloned(s.before), s.best.Clone()), Flaky: flaky}
	k := &known{record: &record{Finding: f}, raw: *d, claim: s.raw.ReportedRule, cause: s.cause}
	if s.raw.Fault == fuzz.Rejected {
		k.raw = s.raw // whatever it was seen with
	}
	return k
}

func cloned(messages []fuzz.Message) []fuzz.Message {
	messages = slices.Clone(messages)
	for i := range messages {
		messages[i] = messages[i].Clone()
	}
	return messages
}

// reproduce looks for the messages that it takes: none but the one that went
// wrong, or else as few as possible of those before it. It reports whether none
// make it go wrong again.
func (s *specimen) reproduce(ctx context.Context, history []fuzz.Message) (flaky bool) {
	for range 2 {
		d, ok := s.lab.try(ctx, nil, s.best)
		if !ok {
			return false // the target is gone: nothing can be said
		}
		if s.same(d, &s.best) {
			s.sure, s.lab.fresh = true, false
			return false
		}
	}
	for n := 1; ; n *= 2 {
		n = min(n, len(history))
		before := history[len(history)-n:]
		d, ok := s.lab.try(ctx, before, s.best)
		if !ok {
			return false
		}
		if s.same(d, &s.best) {
			s.sure, s.before = true, before
			return false
		}
		if n == len(history) || s.lab.spent(ctx) {
			return ctx.Err() == nil
		}
	}
}
