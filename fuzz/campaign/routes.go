package campaign

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// Every routeEvery-th round, a server gets some messages over several connections and, if it
// has another URL, to that, too. mostRouted differences of these are studied.
const (
	routeEvery = 4
	fewRouted  = 48
	mostRouted = 8
)

// tryRoutes sends some of the cases of a round again, over connections and to URLs at random:
// a server may mix up what belongs to one of them. A difference that its message shows alone,
// or that shows without that, too, is found otherwise.
func (s *stream) tryRoutes(ctx context.Context) {
	s.rounds++
	it, ok := s.session.(target.Routed)
	if !ok || s.rounds%routeEvery != 1 || s.studied >= mostRouted || len(s.cases) == 0 {
		return
	}
	connections, own, other := it.Routes(ctx)
	if connections < 2 {
		return
	}
	rng := rand.New(rand.NewPCG(s.target.campaign.config.RNGSeed, uint64(s.rounds)))
	cases := make([]target.Case, min(fewRouted, len(s.cases)))
	for i := range cases {
		c := s.cases[rng.IntN(len(s.cases))]
		c.Message = c.Clone()
		c.Route.Connection = 1 + rng.IntN(connections)
		if version := versionOf(&c); other != 0 && (version == own || version == other) {
			c.Route.Version = version
		}
		cases[i] = c
	}
	var first *seen
	tried, err := s.session.Try(ctx, cases, func(i int, d *fuzz.Difference) {
		if first == nil && i >= 0 {
			first = &seen{index: i, difference: d, at: time.Since(s.target.campaign.start)}
		}
	})
	s.target.executions.Add(int64(tried))
	if err != nil {
		if ctx.Err() == nil {
			s.fail(err)
		}
		return
	}
	if first != nil {
		s.studied++
		if b := s.studyRoutes(ctx, cases[:first.index+1], first.difference); b != nil {
			s.add(b, len(cases[first.index].Bytes), first.at)
		}
	}
}

// versionOf returns the MajorVersion of a request of MS-PCHC, 0 of other messages.
func versionOf(c *target.Case) int {
	if c.Kind != spec.Request || len(c.Bytes) < 2 {
		return 0
	}
	return int(c.Bytes[1])
}

// studyRoutes returns the bucket of a difference that the last of some cases shows only
// because of the connections or URLs of all of them; nil if it does not show again, or shows
// otherwise, too.
func (s *stream) studyRoutes(ctx context.Context, cases []target.Case, d *fuzz.Difference) *bucket {
	t := s.triage
	t.begin()
	t.fresh, t.direct = true, false
	before, last := cases[:len(cases)-1], cases[len(cases)-1]
	r := newReducer(t, last.Message, d)
	r.set(last)
	if shown, gone := r.alone(ctx); shown || gone {
		return nil
	}
	for n := 1; len(r.prefix) == 0; n *= 2 {
		n = min(n, len(before))
		few := before[len(before)-n:]
		if d, at := r.shows(ctx, few, last); d != nil && at == n {
			r.take(d, append(slices.Clone(few), last))
		} else if n == len(before) || t.exhausted(ctx) {
			return nil
		}
	}
	plain := slices.Clone(r.prefix)
	for i := range plain {
		plain[i].Route = target.Route{}
	}
	unrouted := last
	unrouted.Route = target.Route{}
	if r.showsLast(ctx, plain, unrouted) != nil {
		return nil
	}
	known, _ := s.target.stateful(d.Fault)
	return r.sequence(ctx, &sighting{difference: d, messages: messagesOf(cases), known: known})
}

// afterOther looks for messages of a history that show the difference if the current one goes
// over another connection than they. It keeps those that are needed.
func (r *reducer) afterOther(ctx context.Context, history []fuzz.Message) bool {
	it, ok := r.triage.session.(target.Routed)
	if !ok || len(history) == 0 {
		return false
	}
	if connections, _, _ := it.Routes(ctx); connections < 2 {
		return false
	}
	last := r.current
	last.Route.Connection = 2
	for n := 1; ; n *= 2 {
		n = min(n, len(history), nearMost)
		prefix := casesOf(history[len(history)-n:])
		for i := range prefix {
			prefix[i].Route.Connection = 1
		}
		if d := r.showsLast(ctx, prefix, last); d != nil {
			r.take(d, append(prefix, last))
			return true
		}
		if n == min(len(history), nearMost) || r.triage.exhausted(ctx) {
			return false
		}
	}
}

// routed reports whether the messages have routes.
func (r *reducer) routed() bool { return r.routes() != nil }

// routes returns the routes of the messages, nil if they have none.
func (r *reducer) routes() (all []target.Route) {
	any := r.current.Route != target.Route{}
	for i := range r.prefix {
		all = append(all, r.prefix[i].Route)
		any = any || r.prefix[i].Route != target.Route{}
	}
	if !any {
		return nil
	}
	return append(all, r.current.Route)
}

// settleRoutes finds out whether the messages fail over one connection, over a connection for
// each, or both, and keeps of their routes what they need.
func (r *reducer) settleRoutes(ctx context.Context) {
	it, ok := r.triage.session.(target.Routed)
	if !ok || len(r.prefix) == 0 || len(r.prefix) > nearMost || ends(r.raw.Fault) {
		return
	}
	connections, own, _ := it.Routes(ctx)
	if connections < 2 {
		return
	}
	over := func(connection func(i int) int) (prefix []target.Case, current target.Case, shows bool) {
		prefix, current = slices.Clone(r.prefix), r.current
		for i := range prefix {
			prefix[i].Route.Connection = connection(i)
		}
		current.Route.Connection = connection(len(prefix))
		return prefix, current, r.showsLast(ctx, prefix, current) != nil
	}
	samePrefix, sameCurrent, same := over(func(int) int { return 1 })
	prefix, current, apart := over(func(i int) int { return 1 + i })
	switch {
	case same && apart: // any will do
		for i := range prefix {
			prefix[i].Route.Connection = 0
		}
		current.Route.Connection = 0
		r.prefix, r.current = prefix, current
	case same:
		r.prefix, r.current = samePrefix, sameCurrent
	case apart:
		r.prefix, r.current = prefix, current
	}
	if !slices.ContainsFunc(r.routes(), func(route target.Route) bool { return route.Version != 0 && route.Version != own }) {
		for i := range r.prefix {
			r.prefix[i].Route.Version = 0
		}
		r.current.Route.Version = 0
	}
}

// apart says how the routes of messages differ: " over another connection", "" if they do not
// matter.
func apart(routes []target.Route) (s string) {
	if len(routes) < 2 {
		return ""
	}
	last := routes[len(routes)-1]
	differs := func(f func(target.Route) int) bool {
		return slices.ContainsFunc(routes, func(r target.Route) bool { return f(r) != f(last) })
	}
	switch {
	case differs(func(r target.Route) int { return r.Connection }):
		s = " over another connection"
	case last.Connection != 0:
		s = " over the same connection"
	}
	if differs(func(r target.Route) int { return r.Version }) {
		s += " to the URL of the other version"
	}
	return s
}
