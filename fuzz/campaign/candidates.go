package campaign

import (
	"iter"
	"slices"
	"strings"
)

// candidates yields the conditions that may explain what was seen, simple ones first.
func (s *contrast) candidates() iter.Seq[*condition] {
	return func(yield func(*condition) bool) {
		give := func(atoms []atom) bool {
			return yield(&condition{message: s.current.Expected.Message, valid: s.valid, atoms: slices.Clone(atoms)})
		}
		between := s.relations()
		if len(s.distinct()) == 1 && !s.product(s.distinct(), nil, give) {
			return
		}
		for _, t := range between { // which explains everything
			if !give([]atom{t}) {
				return
			}
		}
		for _, drop := range []bool{true, false} {
			for _, extra := range s.extras(drop) {
				if !s.product(s.distinct(), extra, give) {
					return
				}
			}
		}
		for _, t := range between {
			rest := slices.DeleteFunc(s.distinct(), func(c *change) bool { return c.variable == t.a || c.variable == t.b })
			for _, extra := range append([][]atom{{t}}, withAtom(s.extras(false), t)...) {
				if len(rest)+len(extra) > 1 && !s.product(rest, extra, give) {
					return
				}
			}
		}
	}
}

func withAtom(all [][]atom, t atom) (with [][]atom) {
	for _, extra := range all {
		with = append(with, append([]atom{t}, extra...))
	}
	return with
}

// distinct returns the changes, one of each variable.
func (s *contrast) distinct() (all []*change) {
	for _, c := range s.changes {
		if len(all) < mostChanges && !slices.ContainsFunc(all, func(o *change) bool { return o.variable == c.variable }) {
			all = append(all, c)
		}
	}
	return all
}

// mostAtoms is the number of statements about one variable that are combined with others.
const mostAtoms = 6

// product yields all combinations of a statement about each of the changes, together with
// extra ones.
func (s *contrast) product(changes []*change, extra []atom, yield func([]atom) bool) bool {
	if len(changes) == 0 {
		return len(extra) == 0 || yield(extra)
	}
	for i, t := range changes[0].atoms {
		if i == mostAtoms && len(changes)+len(extra) > 1 {
			break
		}
		if !s.product(changes[1:], append(slices.Clip(extra), t), yield) {
			return false
		}
	}
	return true
}

// mostPairs is the number of elements up to which all are compared with each other.
const mostPairs = 128

// relations returns the statements about two variables that hold for the message that
// fails, one of which decides.
func (s *contrast) relations() (all []atom) {
	f := s.facts
	for _, c := range s.distinct() {
		if c.sort == octet {
			continue
		}
		for _, v := range f.variables() {
			instances := f.all[v]
			if !comparable(c.variable, v) || s.constant(v) || v == c.variable && (len(instances) < 2 || len(instances) > mostPairs) || follows(instances[0].node) {
				continue
			}
			for _, t := range related(c.variable, v, c.now, instances[0].value) {
				if t.in(f, f.lists(c.variable), c.index) && s.decides(&condition{atoms: []atom{t}}) {
					all = append(all, t)
				}
			}
		}
	}
	// Those that explain more of the changes first.
	explained := func(t atom) int {
		n := 0
		for _, c := range s.distinct() {
			if c.variable == t.a || c.variable == t.b {
				n++
			}
		}
		return n
	}
	slices.SortStableFunc(all, func(a, b atom) int { return explained(b) - explained(a) })
	return all
}

// decides reports whether a condition does not hold for some message that does not fail.
func (s *contrast) decides(c *condition) bool {
	return slices.ContainsFunc(s.seen, func(o observation) bool {
		if o.wrong {
			return false
		}
		_, holds := c.holds(o.facts)
		return !holds
	})
}

// comparable reports whether a decoder may compare two variables: a number with any number
// but the length of a byte string, which mostly is fixed.
func comparable(a, b variable) bool {
	switch {
	case a.sort == octets || b.sort == octets:
		return a.sort == b.sort
	case a.sort == length || b.sort == length || a.sort == whole:
		return false
	}
	return a.sort == number || b.sort == number
}

// constant reports whether a variable has one value in all valid messages, or counts what
// is a variable itself. To compare with that explains nothing.
func (s *contrast) constant(v variable) bool {
	if v.sort != number {
		return v.sort == whole && len(s.typical[v]) < 2
	}
	if counting(v.path[strings.LastIndexByte(v.path, '.')+1:]) {
		return true
	}
	i := s.facts.all[v][0]
	for _, n := range []uint64{0, 1, 2, 3, 4, i.value.n + 1, i.value.most} {
		m, ok := setIn(s.current.Message, s.current.Expected, s.facts, v, i.index, value{n: n})
		if !ok {
			continue
		}
		if d := m.Dissect(); d.Message == s.current.Expected.Message && (!s.valid || d.Valid()) {
			return false
		}
	}
	return true
}

// extras returns what else may have to hold, besides what the changes show: which
// element of a list it is, and how many it has.
func (s *contrast) extras(none bool) (all [][]atom) {
	if none {
		return [][]atom{nil}
	}
	f := s.facts
	for _, c := range s.distinct() {
		for depth, path := range f.lists(c.variable) {
			if depth >= len(c.index) {
				continue
			}
			at := uint64(c.index[depth])
			var n uint64
			for _, list := range f.all[variable{path: path, sort: elements}] {
				if slices.Equal(list.index, c.index[:depth]) {
					n = list.value.n
				}
			}
			which := variable{path: path, sort: position}
			many := variable{path: path, sort: siblings}
			is := atom{a: which, text: "it is " + ordinal(at) + " of " + path, holds: func(a, _ value) bool { return a.n == at }}
			exactly := between(many, bounds{lo: n, hi: n})
			least := between(many, bounds{lo: n, hi: mostElementsTried, below: n - 1, under: true})
			all = append(all, []atom{is})
			if at+1 == n {
				all = append(all, []atom{{a: which, b: many, two: true, text: "it is the last of " + path, holds: func(a, b value) bool { return a.n+1 == b.n }}})
			}
			all = append(all, []atom{exactly}, []atom{is, exactly}, []atom{is, least})
		}
	}
	return all
}

func ordinal(n uint64) string {
	names := []string{"the first", "the second", "the third", "the fourth", "the fifth"}
	if n < uint64(len(names)) {
		return names[n]
	}
	return "number " + amount(variable{}, n+1)
}
