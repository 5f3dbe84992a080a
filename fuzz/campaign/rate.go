package campaign

import (
	"context"
	"slices"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/target"
)

// random returns the bucket of a difference that nothing shows again: that of a failure at
// random, with its rate if there is one.
func (r *reducer) random(ctx context.Context, s *sighting) *bucket {
	for _, b := range s.known {
		if b.finding.Flaky && group(b.finding.Fault) == group(s.difference.Fault) {
			return b
		}
	}
	b := r.bucket(s.difference)
	b.flaky(s.messages, s.difference, s.number)
	if c, rate := r.sample(ctx); rate != nil {
		b.finding.sampled = *rate
		b.finding.Messages = []fuzz.Message{c.Clone()}
		b.finding.rated(rate, b.finding.detail, true)
	}
	return b
}

// rated sets the rate of a finding, and with it the number of messages of a replay. simple
// says that the simplest valid message fails, too.
func (f *Finding) rated(rate *Rate, detail string, simple bool) {
	f.Rate, f.Repeat = rate, max(rate.repeat(), len(f.Messages))
	anywhere(&f.Difference)
	f.Detail = rate.String()
	if simple {
		f.Detail += ", also of the simplest valid one"
	}
	f.Detail += ": " + detail
}

// sample sends the simplest valid message many times, and returns how many of them the
// target fails at, nil if it is none, only one, or not only some.
func (r *reducer) sample(ctx context.Context) (target.Case, *Rate) {
	const enough, most = 8, 1024 * roundSize
	t := r.triage
	t.begin()
	c := target.NewCase(generate.Simplest(hosts(&r.current)[0]))
	chunk := slices.Repeat([]target.Case{c}, roundSize)
	ctx, done := t.bounded(ctx)
	defer done()
	t.close()
	t.fresh, t.direct = false, false
	rate := new(Rate)
	for rate.Messages < most && rate.Failures < enough && !t.exhausted(ctx) {
		if !t.try(ctx, chunk, func(_ int, d *fuzz.Difference) bool {
			if group(d.Fault) == group(r.raw.Fault) {
				rate.Failures++
			}
			return true
		}) {
			break
		}
		rate.Messages += roundSize
	}
	if rate.Failures < 2 || 2*rate.Failures > rate.Messages {
		return c, nil
	}
	return c, rate
}
