package campaign

import (
	"context"
	"slices"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
)

// reducer reduces the messages that show a difference while the target still fails
// in the same way.
type reducer struct {
	triage *triage

	raw     fuzz.Difference // as shown by the current messages
	prefix  []target.Case   // sent first
	current target.Case
	size    size // of current

	cause      cause
	found      *Contrast // nil if there is none
	contrasted []*change // what decides, as far as the contrast shows
	guessed    bool      // the cause is a guess

	// earlier says what is wrong at the messages of the prefix, nil for nothing.
	earlier    []string
	needed     []string // see Finding
	afterwards Afterwards
	late       bool // the difference was seen some messages after its cause

	// show returns the difference that the target shows with another message instead of
	// the current one; nil: shows with the prefix.
	show func(ctx context.Context, c target.Case) *fuzz.Difference
}

func newReducer(t *triage, m fuzz.Message, d *fuzz.Difference) *reducer {
	r := &reducer{triage: t, raw: *d}
	r.set(target.NewCase(m))
	return r
}

func (r *reducer) set(c target.Case) { r.current, r.size = c, sizeOf(&c) }

// ends reports whether a fault ends the target. Such a fault may show some messages
// after its cause.
func ends(f fuzz.Fault) bool {
	return f == fuzz.Crash || f == fuzz.Hang || f == fuzz.Unanswered || f == fuzz.Limit
}

// shows sends the prefix and c, and returns the difference if the target fails in
// the same way. at is the index of the message at which it fails: len(prefix) for c.
func (r *reducer) shows(ctx context.Context, prefix []target.Case, c target.Case) (d *fuzz.Difference, at int) {
	r.triage.try(ctx, append(prefix[:len(prefix):len(prefix)], c), func(i int, found *fuzz.Difference) bool {
		if i == len(prefix) && r.matches(found, &c) || i < len(prefix) && ends(r.raw.Fault) && found.Fault == r.raw.Fault {
			d, at = found, i
		}
		return d == nil
	})
	return d, at
}

// confirm sends the messages once more and reports whether the target still fails: it
// may have failed by chance before. What ends a while after its cause may have ended
// during a try of other messages. gone reports that this could not be tried.
func (r *reducer) confirm(ctx context.Context) (confirmed, gone bool) {
	if r.raw.Fault == fuzz.Crash { // first it gets the time to do so
		r.triage.try(ctx, nil, func(int, *fuzz.Difference) bool { return true })
	}
	needed, shown := 1, 0
	if r.raw.Fault == fuzz.Unanswered { // a target that drops some messages may just have dropped one
		needed = 2
	}
	for range 2 * needed { // the second try sees what the first one ends late
		if d, _ := r.shows(ctx, r.prefix, r.current); d == nil {
			shown = 0
		} else if shown++; shown == needed {
			return true, false
		}
		if r.triage.session == nil || ctx.Err() != nil {
			return true, true
		}
	}
	return false, false
}

// keep returns d with the fault and the detail of a crash seen before: a target that
// restarts quickly only seems to close the connection.
func (r *reducer) keep(d *fuzz.Difference) fuzz.Difference {
	kept := *d
	if r.raw.Fault == fuzz.Crash {
		kept.Fault, kept.Detail = r.raw.Fault, r.raw.Detail
	}
	return kept
}

// matches reports whether d, shown by c, is the same failure as that under study.
func (r *reducer) matches(d *fuzz.Difference, c *target.Case) bool {
	switch raw := &r.raw; {
	case d == nil:
		return false
	case raw.ReportedRule != "" && raw.Fault == fuzz.WrongRule:
		// The target may report the same violation in a valid message.
		return d.ReportedRule == raw.ReportedRule && (d.Fault == fuzz.WrongRule || d.Fault == fuzz.Rejected)
	case !sameFault(d.Fault, raw.Fault) || raw.ReportedRule == "" && d.ReportedRule != "":
		return false
	case d.Rule == raw.Rule && place(d) == place(raw):
		return true
	case raw.Fault == fuzz.Accepted || raw.Fault == fuzz.Answered:
		// If several rules are violated, the target may miss any of them.
		return d.Fault == raw.Fault && malformations(c) < malformations(&r.current)
	}
	return !slices.Contains(specific, d.Fault) && d.Requirement == r.raw.Requirement
}

// attempt keeps m if it is simpler than the current message and the target still
// fails in the same way. If not, it tries m with a length that fits.
func (r *reducer) attempt(ctx context.Context, m fuzz.Message) bool {
	if r.attemptExactly(ctx, m) {
		return true
	}
	m, changed := measured(m)
	return changed && r.attemptExactly(ctx, m)
}

func (r *reducer) attemptExactly(ctx context.Context, m fuzz.Message) bool {
	if r.triage.exhausted(ctx) {
		return false
	}
	c := target.NewCase(m)
	c.Route = r.current.Route
	z := sizeOf(&c)
	if z.compare(r.size) >= 0 {
		return false
	}
	show := r.show
	if show == nil {
		show = func(ctx context.Context, c target.Case) *fuzz.Difference { return r.showsLast(ctx, r.prefix, c) }
	}
	d := show(ctx, c)
	if d != nil && d.Fault == fuzz.Crash { // the previous try may have caused it
		d = show(ctx, c)
	}
	if d == nil {
		return false
	}
	r.current, r.size, r.raw = c, z, r.keep(d)
	return true
}

// showsLast returns the difference if the target fails at c, not before.
func (r *reducer) showsLast(ctx context.Context, prefix []target.Case, c target.Case) *fuzz.Difference {
	if d, at := r.shows(ctx, prefix, c); at == len(prefix) {
		return d
	}
	return nil
}
