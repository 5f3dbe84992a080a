package campaign

import (
	"context"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
)

// mostChanges is the number of variables on which a condition may depend.
const mostChanges = 4

// mostCandidates is the number of conditions that are tested.
const mostCandidates = 64

// explain returns the condition that the tests confirm, nil if there is none.
func (s *contrast) explain(ctx context.Context) *condition {
	tested := 0
	for c := range s.candidates() {
		if s.late = s.late || s.triage.exhausted(ctx); s.late || tested == mostCandidates {
			break
		}
		if !s.consistent(c) {
			continue
		}
		tested++
		if like, unlike, ok := s.test(ctx, c); ok {
			s.widen(ctx, c)
			r := s.reducer
			r.found = &Contrast{When: c.String(), Like: like, Unlike: unlike}
			if len(c.atoms) == 1 {
				r.found.Boundary = c.atoms[0].right
			}
			return c
		}
	}
	return nil
}

// consistent reports whether a condition agrees with all that was seen.
func (s *contrast) consistent(c *condition) bool {
	for i := range s.seen {
		o := &s.seen[i]
		if o.facts.message != c.message && c.message != "" {
			continue
		}
		if _, holds := c.holds(o.facts); holds != o.wrong {
			return false
		}
	}
	return true
}

// mostHost is the length of messages that are changed to meet a condition, unless that
// of the finding is as long.
const mostHost = 8 << 10

// Numbers of messages with which a condition is tested.
const (
	mostTested  = 16 // of those that meet it, and of others
	leastTested = 4
)

// test tries messages that meet a condition, and others that nearly do. ok reports that
// the first failed and the others did not.
func (s *contrast) test(ctx context.Context, c *condition) (like, unlike int, ok bool) {
	counted := map[string]bool{}
	for try := 0; try < 12*mostTested && (like < mostTested || unlike < mostTested) && !s.late; try++ {
		if try == 4*mostTested && (like == 0 || unlike == 0) { // they cannot be made
			break
		}
		want := try%2 == 0
		if want && like >= mostTested || !want && unlike >= mostTested {
			continue
		}
		m, made := s.make(c, want, try)
		if !made {
			continue
		}
		found := s.ask(ctx, m)
		switch {
		case counted[string(m.Bytes)]:
		case found == wrong && want:
			like++
		case found == right && !want:
			unlike++
		case found == wrong || found == right:
			return like, unlike, false
		}
		counted[string(m.Bytes)] = true
	}
	least := leastTested * len(c.atoms) // what says more needs more
	return like, unlike, like >= least && unlike >= least
}

// make makes a message that meets a condition, or does not in one respect.
func (s *contrast) make(c *condition, want bool, try int) (fuzz.Message, bool) {
	m := s.current.Message
	if host := generate.ValidMessage(s.rng, hosts(&s.current)[0]); try%8 != 0 && len(host.Bytes) < max(mostHost, 2*len(m.Bytes)) {
		m = host
	}
	for i := range c.atoms { // how many there are, before what they are
		if t := &c.atoms[i]; t.a.sort == siblings || t.a.sort == elements {
			m = s.plant(m, c, t, want || s.rng.IntN(2) == 0)
		}
	}
	for i := range c.atoms {
		if t := &c.atoms[i]; t.two && t.a == t.b { // it needs two elements
			f := factsOf(m.Dissect(), c.paths()...)
			if around := f.lists(t.a); len(around) > 0 && len(f.all[t.a]) < 2 {
				m, _ = set(m, variable{path: around[len(around)-1], sort: elements}, nil, value{n: 2 + s.rng.Uint64N(3), most: mostElementsTried})
			}
		}
	}
	f := factsOf(m.Dissect(), c.paths()...)
	of, all := c.first(f)
	if len(all) == 0 && want { // such as Padding, which few messages have
		m = s.current.Message
		f = factsOf(m.Dissect(), c.paths()...)
		of, all = c.first(f)
	}
	if len(all) == 0 {
		d := m.Dissect()
		return m, !want && (d.Valid() || !s.valid) && d.Message == s.current.Expected.Message
	}
	at := all[s.rng.IntN(len(all))].index
	for i := range c.atoms { // the element that must be, if it must be a certain one
		if t := &c.atoms[i]; t.a.sort == position {
			for _, one := range all {
				if t.in(f, f.lists(of), one.index) == want {
					at = one.index
					break
				}
			}
		}
	}
	missed := s.rng.IntN(len(c.atoms))
	for i := range c.atoms {
		t := &c.atoms[i]
		if t.a.sort == position || t.a.sort == siblings || t.a.sort == elements {
			continue
		}
		m = s.plantAt(m, c, t, want || i != missed, at)
	}
	d := m.Dissect()
	if s.valid && !d.Valid() || d.Message != s.current.Expected.Message {
		return m, false
	}
	if want && !s.valid && !s.violates(d) {
		return m, false
	}
	_, holds := c.holds(factsOf(d, c.paths()...))
	return m, holds == want
}

// plant sets the number of elements of a list so that an atom holds, or does not.
func (s *contrast) plant(m fuzz.Message, c *condition, t *atom, want bool) fuzz.Message {
	v := variable{path: t.a.path, sort: elements}
	f := factsOf(m.Dissect(), append(c.paths(), v.path)...)
	if len(f.all[v]) == 0 {
		return m
	}
	list := f.all[v][s.rng.IntN(len(f.all[v]))]
	if want && t.holds(list.value, value{}) && t.a.sort != position {
		return m
	}
	if n, ok := t.pick(s.rng, want, list.value, value{}); ok && n.n > 0 {
		if set, ok := set(m, v, list.index, n); ok {
			return set
		}
	}
	return m
}

// plantAt sets a field at an index likewise.
func (s *contrast) plantAt(m fuzz.Message, c *condition, t *atom, want bool, at []int) fuzz.Message {
	f := factsOf(m.Dissect(), c.paths()...)
	of, _ := c.first(f)
	around := f.lists(of)
	own := f.instances(t.a, around, at)
	if len(own) == 0 {
		return m
	}
	a := own[s.rng.IntN(len(own))]
	var b instance
	if t.two {
		others := t.partners(f, a, around, at)
		if len(others) == 0 {
			return m
		}
		b = others[s.rng.IntN(len(others))]
	}
	if want && t.holds(a.value, b.value) && s.rng.IntN(2) == 0 {
		return m // it is in no relation that other fields may need
	}
	to, ok := t.pick(s.rng, want, a.value, b.value)
	if !ok {
		return m
	}
	if changed, ok := set(m, t.a, a.index, to); ok {
		return changed
	}
	return m
}

// widen drops the name of the message from a condition if it holds in others, too.
func (s *contrast) widen(ctx context.Context, c *condition) {
	if !s.valid {
		c.message = ""
		return
	}
	own, elsewhere := s.current.Expected.Message, false
	for _, name := range generate.Messages(s.current.Kind) {
		if name == own {
			continue
		}
		for range 4 {
			m := generate.ValidMessage(s.rng, name)
			for i := range c.atoms {
				f := factsOf(m.Dissect(), c.paths()...)
				if _, all := c.first(f); len(all) > 0 {
					m = s.plantAt(m, c, &c.atoms[i], true, all[0].index)
				}
			}
			if _, holds := c.holds(factsOf(m.Dissect(), c.paths()...)); holds && m.Dissect().Valid() && s.ask(ctx, m) != wrong {
				elsewhere = true
			}
		}
	}
	if elsewhere { // the same fields are right in other messages
		c.only = own
		return
	}
	c.message = ""
}
