package campaign

import (
	"context"
	"fmt"
	"slices"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/target"
)

// numbers sends a message that many times to a new process, and returns at which the
// target fails in a way of the same group, from 1. It stops where the target ends.
func (r *reducer) numbers(ctx context.Context, c target.Case, times int) (numbers []int) {
	t := r.triage
	t.begin()
	ctx, done := t.bounded(ctx)
	defer done()
	ended := false
	yield := func(i int, d *fuzz.Difference) {
		if !ended && group(d.Fault) == group(r.raw.Fault) {
			numbers = append(numbers, i+1)
			ended = ends(d.Fault)
		}
	}
	if t.converses(ctx) {
		t.direct = true
		t.try(ctx, slices.Repeat([]target.Case{c}, times), func(i int, d *fuzz.Difference) bool { yield(i, d); return true })
		return numbers
	}
	t.close()
	fresh := t.fresh
	t.fresh = false
	defer func() { t.fresh = fresh; t.close() }()
	for sent := 0; sent < times && !ended && !t.exhausted(ctx); sent += roundSize {
		chunk := slices.Repeat([]target.Case{c}, min(roundSize, times-sent))
		if !t.try(ctx, chunk, func(i int, d *fuzz.Difference) bool { yield(sent+i, d); return !ended }) {
			break
		}
	}
	return numbers
}

// converses reports whether the target has conversations.
func (t *triage) converses(ctx context.Context) bool {
	if t.session == nil {
		session, err := t.target.Open(ctx)
		if err != nil {
			return false
		}
		t.session = session
	}
	_, ok := t.session.(target.Conversation)
	return ok
}

// shownAt reports whether the target fails at c, which is the message with that number,
// after others.
func (r *reducer) shownAt(ctx context.Context, others, c target.Case, number int) bool {
	r.triage.begin()
	ctx, done := r.triage.bounded(ctx)
	defer done()
	return r.fails(ctx, slices.Repeat([]target.Case{others}, number-1), c)
}

// mostRepeated is how often the same message may come until it is the third one.
const mostRepeated = 3

// nth returns the bucket of a failure that depends on how many messages the process got, nil
// if it does not.
func (r *reducer) nth(ctx context.Context, s *sighting, number int) *bucket {
	most := number + number/4 + 2*roundSize
	first := func(c target.Case, times int) (number int, all []int) {
		if all = r.numbers(ctx, c, times); len(all) > 0 {
			number = all[0]
		}
		return number, all
	}
	valid, malformed := r.fillers(ctx)
	own, _ := first(r.current, most)
	if own == 0 && ends(r.raw.Fault) { // the end may have been seen at another message
		other := malformed
		if !r.current.Expected.Valid() {
			other = valid
		}
		if own, _ = first(other, most); own > 0 {
			r.set(other)
		}
	}
	if own < 2 {
		return nil
	}
	like := func(c target.Case) bool {
		n, _ := first(c, own+own/8+2)
		return n > 0 && max(n, own)-min(n, own) <= own/32
	}
	isValid := r.current.Expected.Valid()
	counts, c := CountsSame, r.current
	switch byValid, byMalformed := like(valid), like(malformed); {
	case byValid && byMalformed:
		counts, c = CountsAll, valid
	case byValid && isValid:
		if counts, c = CountsValid, valid; r.shownAt(ctx, malformed, valid, own) {
			counts = CountsAll // but malformed ones do not show it
		}
	case byMalformed && !isValid:
		if counts, c = CountsMalformed, malformed; r.shownAt(ctx, valid, malformed, own) {
			counts = CountsAll
		}
	default:
		if simple := target.NewCase(generate.Simplest(hosts(&r.current)[0])); simple.Kind == c.Kind && like(simple) {
			c = simple
		}
	}
	if counts != CountsSame && own <= mostRepeated && !r.fails(ctx, []target.Case{valid, malformed}[:own-1], r.current) {
		counts, c = CountsSame, r.current // each counts for itself
	}
	if counts == CountsSame && !like(c) {
		return nil // it was chance
	}
	// Once more. What follows shows only now.
	n, all := first(c, 2*own+2)
	if n == 0 || max(n, own)-min(n, own) > own/32 {
		return nil
	}
	nth := &Nth{Number: n, Exact: n == own, Counts: counts}
	later := all[1:]
	nth.Onward = 2*len(later) > n
	nth.Every = !nth.Onward && len(later) <= 2 && slices.Contains(later, 2*n)
	return r.numbered(s.difference, nth, c)
}

// fillers returns two messages of other names than the current one that the target answers
// rightly, if there are such: a valid one, and a malformed one.
func (r *reducer) fillers(ctx context.Context) (valid, malformed target.Case) {
	var valids, malformeds []target.Case
	for _, kind := range r.triage.target.Kinds() {
		for _, message := range generate.Messages(kind) {
			if c := target.NewCase(generate.Simplest(message)); message != r.current.Expected.Message {
				valids = append(valids, c)
			}
		}
		malformeds = append(malformeds, target.NewCase(fuzz.Message{Kind: kind, Bytes: []byte{0}}), target.NewCase(fuzz.Message{Kind: kind, Bytes: []byte{0xff}}))
	}
	right := func(cases []target.Case) target.Case {
		for _, c := range cases {
			if string(c.Bytes) != string(r.current.Bytes) && !r.fails(ctx, nil, c) {
				return c
			}
		}
		return r.current
	}
	return right(valids), right(malformeds)
}

// numbered returns the bucket of a difference that depends on the number of messages.
func (r *reducer) numbered(d *fuzz.Difference, n *Nth, c target.Case) *bucket {
	b := r.bucket(d)
	f := b.finding
	f.Difference = *d
	b.cause = cause{}
	if n.Counts == CountsSame {
		blameless(&f.Difference)
		f.Number = 0
	} else {
		anywhere(&f.Difference)
	}
	f.Detail = fmt.Sprintf("%s: %s", n, d.Detail)
	f.Cause, f.Messages, f.Repeat, f.Nth = "", []fuzz.Message{c.Clone()}, 2*n.Number+2, n
	return b
}
