package campaign

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// mostTypical is the number of values of a variable that are collected.
const mostTypical = 6

// draw collects values of variables in valid messages.
func (s *contrast) draw() {
	s.typical = map[variable][]value{}
	rng := rand.New(rand.NewPCG(3, 4))
	for range 40 {
		for v, all := range factsOf(generate.ValidMessage(rng, hosts(&s.current)[0]).Dissect()).all {
			seen := s.typical[v]
			if len(seen) < mostTypical && !slices.ContainsFunc(seen, func(o value) bool { return o.n == all[0].value.n && o.s == all[0].value.s }) {
				s.typical[v] = append(seen, all[0].value)
			}
		}
	}
}

// compare looks for the variable that decides among those which cannot have another value
// alone, such as the algorithm of hashes: other valid messages have other values.
func (s *contrast) compare(ctx context.Context) {
	var others []fuzz.Message
	for range 24 {
		m := generate.ValidMessage(s.rng, hosts(&s.current)[0])
		if s.ask(ctx, m) == right {
			others = append(others, m)
		}
	}
	slices.SortStableFunc(others, func(a, b fuzz.Message) int { return cmp.Compare(len(a.Bytes), len(b.Bytes)) })
	f := factsOf(s.current.Expected)
	var all []*change
	for _, v := range f.variables() {
		i := f.all[v][0]
		if v.sort != number || follows(i.node) {
			continue
		}
		c := &change{variable: v, index: i.index, now: i.value, node: i.node, bounds: bounds{lo: i.value.n, hi: i.value.n}}
		c.atoms = []atom{between(v, c.bounds)}
		if !s.consistent(&condition{message: s.current.Expected.Message, atoms: c.atoms}) {
			continue
		}
		for _, m := range others {
			if o, ok := factsOf(m.Dissect(), v.path).at(v, i.index); ok {
				c.right, c.rightNumbers = append(c.right, neighbour{m, o.value}), append(c.rightNumbers, o.value.n)
				break
			}
		}
		if len(c.right) > 0 {
			all = append(all, c)
		}
	}
	s.changes = all[:min(1, len(all))]
}

// mostPlaces is how many elements of a list are looked at.
const mostPlaces = 4

// findChanges finds the variables that decide whether the current message fails.
func (s *contrast) findChanges(ctx context.Context) {
	f := s.facts
	plain := factsOf(generate.Simplest(hosts(&s.current)[0]).Dissect())
	all := f.variables()
	slices.SortStableFunc(all, func(a, b variable) int { return a.sort.order() - b.sort.order() })
	for _, v := range all {
		if v.sort == whole && (s.valid || len(s.changes) > 0) {
			continue
		}
		places := f.all[v]
		if n := len(places); n > mostPlaces {
			places = []instance{places[0], places[1], places[n/2], places[n-1]}
		}
		for _, place := range places {
			if v.sort == octets && len(place.value.s) == 0 || follows(place.node) || s.valid && counting(place.node.Name) {
				continue
			}
			if v.sort == length && !s.variable(place.node, f, v) {
				continue
			}
			c := &change{variable: v, index: place.index, now: place.value, node: place.node}
			var candidates []value
			if v.sort == number || v.sort == octets {
				candidates = slices.Clone(s.typical[v])
			}
			if p, ok := plain.at(v, place.index); ok {
				candidates = append(candidates, p.value)
			}
			for _, to := range append(candidates, s.alternatives(c)...) {
				if s.tryChange(ctx, c, to) == right {
					s.changes = append(s.changes, c)
					break
				}
			}
		}
	}
}

// order is low for what is tried first: how many there are, which is most likely in long
// messages, and the length of a message last.
func (s sort) order() int {
	switch s {
	case elements, length:
		return 0
	case whole:
		return 2
	}
	return 1
}

// variable reports whether the length of a byte string may be another one: it has a size, or
// the message ends with it.
func (s *contrast) variable(n *spec.Node, f *facts, v variable) bool {
	at := strings.LastIndexByte(v.path, '.') + 1
	_, sized := f.all[variable{path: v.path[:at] + "SizeOf" + v.path[at:], sort: number}]
	return sized || n.Offset+len(n.Raw()) == len(s.current.Bytes)
}

// counting reports whether a field is the number or the size of something that follows,
// which is a variable, too.
func counting(name string) bool {
	if strings.HasPrefix(name, "SizeOf") {
		return true
	}
	for _, n := range counts {
		if n == name {
			return true
		}
	}
	return false
}

// alternatives are some other values of a variable.
func (s *contrast) alternatives(c *change) (all []value) {
	if c.sort == octets {
		for _, by := range []func(i int, b byte) byte{
			func(int, byte) byte { return 0 },
			func(int, byte) byte { return 0xFF },
			func(int, byte) byte { return byte(s.rng.Uint32()) },
			func(int, byte) byte { return byte(s.rng.Uint32()) & 0x7F },
			func(_ int, b byte) byte { return b + 1 },
		} {
			b := []byte(c.now.s)
			for i := range b {
				b[i] = by(i, b[i])
			}
			all = append(all, value{s: string(b)})
		}
		return all
	}
	n := c.now.n
	if c.sort == whole { // as much as is missing
		for k := uint64(1); k <= 64; k++ {
			all = append(all, value{n: n + k, most: c.now.most})
		}
	}
	numbers := []uint64{n - 1, n + 1, 0, 1, n ^ 2, n + 16, n / 2, 2 * n, c.now.most, s.rng.Uint64() & c.now.most, s.rng.Uint64() & c.now.most}
	for _, n := range numbers {
		all = append(all, value{n: n, most: c.now.most})
	}
	return all
}

// tryChange tries the current message with another value of a variable, and records what
// that shows of the variable.
func (s *contrast) tryChange(ctx context.Context, c *change, to value) reaction {
	if to.n == c.now.n && to.s == c.now.s || to.n > c.now.most {
		return untested
	}
	m, ok := setIn(s.current.Message, s.current.Expected, s.facts, c.variable, c.index, to)
	if !ok {
		return untested
	}
	found, known := s.asked[string(m.Bytes)]
	if !known {
		changed := target.NewCase(m)
		if !s.valid && !s.violates(changed.Expected) && c.path != s.violated() && c.sort != whole {
			return untested
		}
		if s.valid && changed.Expected.Message != s.current.Expected.Message { // it would be read otherwise
			return untested
		}
		found = s.askCase(ctx, changed)
	}
	switch found {
	case right:
		if !slices.ContainsFunc(c.right, func(n neighbour) bool { return n.to.n == to.n && n.to.s == to.s }) {
			c.right = append(c.right, neighbour{m, to})
			c.rightNumbers = append(c.rightNumbers, to.n)
		}
	case wrong:
		c.wrong = append(c.wrong, to.n)
	}
	return found
}

// violated returns the path of the field that violates a rule first.
func (s *contrast) violated() string { return bare(fuzz.StripIndexes(s.first.Field)) }

// violates reports whether a message violates the same rule first as the current one.
// That another rule is violated before explains nothing.
func (s *contrast) violates(d *spec.Dissection) bool {
	first, malformed := d.First()
	return malformed && first.Rule == s.first.Rule && bare(fuzz.StripIndexes(first.Field)) == s.violated()
}
