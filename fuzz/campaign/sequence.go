package campaign

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/target"
)

// alone reports whether the last message alone shows the difference. gone reports that the
// target can no longer be tried.
func (r *reducer) alone(ctx context.Context) (reproduced, gone bool) {
	for range 2 {
		d, _ := r.shows(ctx, nil, r.current)
		if d != nil {
			r.raw, r.triage.fresh = r.keep(d), false
			return true, false
		}
		if r.triage.session == nil {
			return false, true
		}
	}
	return false, false
}

// after looks for the messages that show the difference, the last one with at least
// least and at most most of those before it. It keeps those that are needed.
func (r *reducer) after(ctx context.Context, history []fuzz.Message, least, most int) (reproduced, gone bool) {
	if len(history) < least {
		return false, false
	}
	t := r.triage
	probe, converses := t.probe(ctx)
	ctx, done := t.bounded(ctx)
	defer done()
	try := func(prefix []target.Case) bool {
		d, at := r.shows(ctx, prefix, r.current)
		for range sureAfter {
			if d != nil && len(prefix) >= leastToCount { // it may be chance
				d, at = r.shows(ctx, prefix, r.current)
			}
		}
		if d == nil {
			return false
		}
		r.take(d, append(prefix, r.current)[:at+1])
		return true
	}
	most = min(most, len(history))
	for n := least; ; n = min(2*n, most) {
		prefix := casesOf(history[len(history)-n:])
		if converses { // the process had that, too
			t.direct = true
			if n == 1 && try([]target.Case{probe}) || try(append([]target.Case{probe}, prefix...)) {
				return true, false
			}
			t.direct = false
		}
		if try(prefix) {
			return true, false
		}
		if t.session == nil {
			return false, true
		}
		if n == most || t.exhausted(ctx) {
			return false, false
		}
	}
}

func casesOf(messages []fuzz.Message) []target.Case {
	cases := make([]target.Case, len(messages))
	for i, m := range messages {
		cases[i] = target.NewCase(m)
	}
	return cases
}

// take makes cases the current ones, which show d.
func (r *reducer) take(d *fuzz.Difference, cases []target.Case) {
	last := len(cases) - 1
	r.late = r.late || !bytes.Equal(cases[last].Bytes, r.current.Bytes)
	r.raw, r.prefix = r.keep(d), cases[:last]
	r.set(cases[last])
}

// dropPrefix drops messages that are not needed. If the fault ends the target, it may
// drop the last message, too.
func (r *reducer) dropPrefix(ctx context.Context) {
	all := append(slices.Clone(r.prefix), r.current)
	for n := (len(all) + 1) / 2; n > 0 && len(all) > 1; n /= 2 {
		for end := len(all); end > 0 && len(all) > 1 && !r.triage.exhausted(ctx); {
			begin := max(0, end-n)
			if end == len(all) && !ends(r.raw.Fault) {
				end--
				continue
			}
			less := slices.Delete(slices.Clone(all), begin, end)
			if len(less) == 0 {
				end = begin
				continue
			}
			last := len(less) - 1
			if d, at := r.shows(ctx, less[:last], less[last]); d != nil {
				all = less[:at+1]
				r.take(d, all)
			}
			end = min(begin, len(all))
		}
	}
	if len(r.prefix) == 0 {
		r.triage.fresh = false
	}
}

// mostReductions limits how often the messages of a sequence are reduced in turn: what is
// left of one may depend on another.
const mostReductions = 3

// reduceSequence reduces the messages of a sequence, and drops those that are then no
// longer needed.
func (r *reducer) reduceSequence(ctx context.Context) {
	r.graftPair(ctx)
	for range mostReductions {
		before := r.size
		lengths := r.lengths()
		r.reducePrefix(ctx)
		r.triage.begin()
		r.reduce(ctx)
		r.triage.begin()
		r.dropPrefix(ctx)
		if before == r.size && slices.Equal(lengths, r.lengths()) || len(r.prefix) == 0 {
			return
		}
	}
}

func (r *reducer) lengths() (all []int) {
	for i := range r.prefix {
		all = append(all, len(r.prefix[i].Bytes))
	}
	return all
}

// reducePrefix reduces each message of the prefix as the last one.
func (r *reducer) reducePrefix(ctx context.Context) {
	for i := range r.prefix {
		one := newReducer(r.triage, r.prefix[i].Message, &r.raw)
		one.set(r.prefix[i])
		one.show = func(ctx context.Context, c target.Case) *fuzz.Difference {
			prefix := slices.Clone(r.prefix)
			prefix[i] = c
			return r.showsLast(ctx, prefix, r.current)
		}
		r.triage.begin()
		one.reduce(ctx)
		r.prefix[i] = one.current
	}
}

// graftPair replaces two messages of which neither can be reduced without the other, as
// where they must be of equal length: by the simplest message, and the simplest message
// with one field of the last one.
func (r *reducer) graftPair(ctx context.Context) {
	if len(r.prefix) != 1 || !r.current.Expected.Valid() {
		return
	}
	message := r.current.Expected.Message
	host := target.NewCase(generate.Simplest(message))
	host.Route = r.prefix[0].Route
	if len(r.current.Bytes)+len(r.prefix[0].Bytes) <= 2*len(host.Bytes) {
		return
	}
	r.triage.begin()
	for _, l := range leaves(r.current.Expected) {
		p, ok := simplest(message)[l.path]
		if !ok || string(p.Raw()) == string(l.node.Raw()) || r.triage.exhausted(ctx) {
			continue
		}
		b := slices.Concat(host.Bytes[:p.Offset], l.node.Raw(), host.Bytes[p.Offset+len(p.Raw()):])
		c := target.NewCase(fuzz.Message{Kind: r.current.Kind, Bytes: b})
		c.Route = r.current.Route
		if d := r.showsLast(ctx, []target.Case{host}, c); d != nil {
			r.raw, r.prefix = r.keep(d), []target.Case{host}
			r.set(c)
			return
		}
	}
}

// fails sends the prefix and c to a new session, and reports whether the target fails at c
// in any way of the same group.
func (r *reducer) fails(ctx context.Context, prefix []target.Case, c target.Case) (failed bool) {
	fresh := r.triage.fresh
	r.triage.fresh = true
	defer func() { r.triage.fresh = fresh }()
	r.triage.try(ctx, append(slices.Clone(prefix), c), func(i int, d *fuzz.Difference) bool {
		failed = group(d.Fault) == group(r.raw.Fault) && (i == len(prefix) || ends(d.Fault))
		return !failed
	})
	return failed
}

// belongs returns the known bucket of a difference that its message alone does not show,
// nil if there is none. number is that of the message in its process.
func (r *reducer) belongs(ctx context.Context, known []*bucket, number int) *bucket {
	direct := r.triage.direct
	r.triage.direct = r.triage.converses(ctx)
	defer func() { r.triage.direct = direct }()
	for _, b := range known {
		f := &b.finding.Finding
		switch {
		case group(f.Fault) != group(r.raw.Fault):
		case f.Nth != nil:
			if f.Nth.includes(number) {
				return b
			}
		case b.signature != "" && b.signature == signature(r.prefix, &r.current, &r.raw):
			return b
		case f.Sequence():
			if r.fails(ctx, b.prefix, r.current) || r.fails(ctx, r.prefix, b.last) {
				return b
			}
		}
	}
	return nil
}

// probe returns the message that a session sends besides the cases, false if there is none.
func (t *triage) probe(ctx context.Context) (c target.Case, ok bool) {
	if !t.converses(ctx) {
		return c, false
	}
	return target.NewCase(t.session.(target.Conversation).Probe()), true
}

// needsProbe reports whether a difference that a message alone shows needs a message that
// the target sent before or after it. Then that becomes one of the sequence.
func (r *reducer) needsProbe(ctx context.Context) bool {
	t := r.triage
	probe, ok := t.probe(ctx)
	if !ok {
		return false
	}
	t.direct = true
	fresh := t.fresh
	if r.fails(ctx, nil, r.current) {
		t.direct, t.fresh = false, fresh
		return false
	}
	t.fresh = true
	try := func(cases ...target.Case) bool {
		last := len(cases) - 1
		at := -1
		var first *fuzz.Difference
		t.try(ctx, cases, func(i int, d *fuzz.Difference) bool {
			if first == nil {
				first, at = d, i
			}
			return first == nil
		})
		if first == nil || at != last {
			return false
		}
		r.raw, r.prefix = *first, cases[:last]
		r.set(cases[last])
		return true
	}
	c := r.current
	if try(probe, c) || try(c, probe) || try(probe, probe) || try(probe, c, probe) {
		return true
	}
	t.direct, t.fresh = false, fresh
	return false
}

// Phases of the search for earlier messages: nearMost are the last ones, of which the
// search tries few before it counts messages.
const (
	nearMost     = 8
	leastToCount = 16
	sureAfter    = 2 // repetitions of what showed after more messages
)

// state returns the bucket of a difference that needs more than its message, nil if
// nothing is found that shows it.
func (r *reducer) state(ctx context.Context, s *sighting) *bucket {
	if len(r.prefix) > 0 { // known to need it
		return r.sequence(ctx, s)
	}
	if b := r.belongs(ctx, s.known, s.number); b != nil {
		return b
	}
	history := s.messages[:len(s.messages)-1]
	found := func(least, most int) *bucket {
		reproduced, gone := r.after(ctx, history, least, most)
		switch {
		case gone:
			b := r.bucket(s.difference)
			b.untried(s.messages, s.difference, s.number)
			return b
		case reproduced:
			return r.sequence(ctx, s)
		}
		return nil
	}
	if b := found(1, nearMost); b != nil || s.familiar {
		return b
	}
	if r.afterOther(ctx, history) {
		return r.sequence(ctx, s)
	}
	if s.number >= leastToCount {
		if b := r.nth(ctx, s, s.number); b != nil {
			return b
		}
	}
	r.triage.begin()
	return found(2*nearMost, len(history))
}

// sequence reduces the current messages, which show the difference, and returns its bucket;
// nil if they do not show it again.
func (r *reducer) sequence(ctx context.Context, s *sighting) *bucket {
	t := r.triage
	t.begin()
	r.dropPrefix(ctx)
	if n := len(r.prefix) + 1; n > 1 {
		direct, fresh := t.direct, t.fresh
		if r.settleRoutes(ctx); !r.routed() {
			if b := r.nth(ctx, s, n); b != nil {
				return b
			}
		}
		t.direct, t.fresh = direct, fresh
		t.begin()
		if b := r.belongs(ctx, s.known, 0); b != nil {
			return b
		}
		r.reduceSequence(ctx)
	}
	if len(r.prefix) == 0 { // that of a failure that shows late
		t.begin()
		r.reduce(ctx)
		r.attribute(ctx)
	}
	t.begin()
	reproduced, gone := r.confirm(ctx)
	if !reproduced {
		return nil
	}
	if len(r.prefix) > 0 {
		if b := r.belongs(ctx, s.known, 0); b != nil {
			return b
		}
	}
	r.settleRoutes(ctx)
	r.judgePrefix(ctx)
	r.judgeNeeds(ctx)
	b := r.bucket(s.difference)
	b.finding.Untried = gone
	return b
}

// judgePrefix finds out what is wrong at the messages of the prefix.
func (r *reducer) judgePrefix(ctx context.Context) {
	r.triage.try(ctx, r.prefix, func(i int, d *fuzz.Difference) bool {
		if r.earlier == nil {
			r.earlier = make([]string, len(r.prefix))
		}
		r.earlier[i] = cmp.Or(d.Detail, string(d.Fault))
		return true
	})
}
