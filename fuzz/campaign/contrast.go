package campaign

import (
	"cmp"
	"context"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// Contrast shows what a failure depends on: the message of the finding fails, and its
// nearest neighbour, which differs in one thing, does not.
type Contrast struct {
	Right  fuzz.Message `json:"right"`            // the neighbour, which the target handles as it must
	Answer string       `json:"answer,omitempty"` // to it, as in [fuzz.Difference]; "" if it is not known
	What   string       `json:"what"`             // in what they differ: "SegmentDescriptor[0].SegmentSize", "the length of Hash"
	Field  string       `json:"field"`            // the path of that field or list
	Offset int          `json:"offset"`           // of it, in bytes from the start of both messages
	Values [2]string    `json:"values"`           // in the message that fails, and in Right; "redacted" for keys
	// When is what all messages that fail have in common and no other has, as a clause
	// without indices; "" if it is not known. It was tested with Like messages that meet it,
	// which all failed, and with Unlike others, which all did not.
	When     string `json:"when,omitempty"`
	Boundary string `json:"boundary,omitempty"` // what is right next to it: "right up to 64"; "" if that is no boundary
	Like     int    `json:"like,omitempty"`
	Unlike   int    `json:"unlike,omitempty"`
}

// mostContrast is the number of messages that the contrast of one finding may cost.
const mostContrast = 3000

// reaction is what a target does with another message.
type reaction uint8

const (
	untested reaction = iota
	wrong             // it fails in the same way
	right             // it does not fail
	other             // it fails in another way
)

// observation is a message that was tried.
type observation struct {
	facts *facts
	wrong bool
}

// neighbour is a message that differs from the one that fails in one variable.
type neighbour struct {
	message fuzz.Message
	to      value
}

// change is a variable of the message that fails, at one place, which decides whether
// it does.
type change struct {
	variable
	index        []int
	now          value
	node         *spec.Node
	right        []neighbour
	wrong        []uint64 // numbers
	rightNumbers []uint64
	bounds
	atoms []atom // that agree with what was seen of it
}

// contrast looks for what the failure of the current message depends on.
type contrast struct {
	*reducer
	rng     *rand.Rand
	valid   bool
	first   spec.Violation // if it is not valid
	facts   *facts         // of the current message
	asked   map[string]reaction
	seen    []observation
	changes []*change
	typical map[variable][]value // values in valid messages
	late    bool                 // out of tries or time
	tries   int
}

// contrast sets what the failure depends on, and the neighbour that shows it, and makes
// the message at the boundary the current one. It returns whether it was done: a target
// that is slow is not asked often enough.
func (r *reducer) contrast(ctx context.Context) (done bool) {
	if r.current.Kind == spec.Discovery || r.raw.Fault == fuzz.Hang || r.raw.Fault == fuzz.Slow {
		return false
	}
	s := &contrast{
		reducer: r, rng: rand.New(rand.NewPCG(1, 2)), valid: r.current.Expected.Valid(), asked: map[string]reaction{},
	}
	r.triage.begin()
	s.first, _ = r.current.Expected.First()
	s.facts = factsOf(r.current.Expected)
	if s.ask(ctx, r.current.Message) != wrong {
		return false
	}
	s.draw()
	s.findChanges(ctx)
	if len(s.changes) == 0 && s.valid {
		s.compare(ctx)
	} else {
		s.profile(ctx)
	}
	if len(s.changes) == 0 {
		return !s.late
	}
	c := s.explain(ctx)
	s.keepNearest(ctx, c)
	return !s.late || c != nil
}

// ask tries a message and records what the target does, for messages that are valid if
// the one that fails is.
func (s *contrast) ask(ctx context.Context, m fuzz.Message) reaction {
	if known, ok := s.asked[string(m.Bytes)]; ok {
		return known
	}
	return s.askCase(ctx, target.NewCase(m))
}

func (s *contrast) askCase(ctx context.Context, c target.Case) reaction {
	key := string(c.Bytes)
	if s.valid && !c.Expected.Valid() {
		return untested
	}
	if s.tries++; s.late || s.tries > mostContrast || s.triage.exhausted(ctx) {
		s.late = true
		return untested
	}
	found, tried := s.reaction(ctx, &c)
	if found == wrong && s.raw.Fault == fuzz.Crash { // the previous message may have caused it
		found, tried = s.reaction(ctx, &c)
	}
	if !tried {
		return untested
	}
	s.asked[key] = found
	if found == wrong || found == right {
		s.seen = append(s.seen, observation{factsOf(c.Expected), found == wrong})
	}
	return found
}

// reaction sends a message and returns what the target does. That a target is silent where
// it may be says nothing. One that may drop a message and does so may still be about to end.
func (s *contrast) reaction(ctx context.Context, c *target.Case) (found reaction, tried bool) {
	found = right
	tried = s.triage.try(ctx, append(slices.Clone(s.prefix), *c), func(i int, d *fuzz.Difference) bool {
		switch {
		case i == len(s.prefix) && s.matches(d, c):
			found = wrong
		case found != wrong:
			found = other
		}
		return true
	})
	if found != right || !tried || s.triage.session == nil {
		return found, tried
	}
	if s.raw.Fault == fuzz.Crash {
		if !c.Expected.Valid() && s.triage.endsLate(ctx) {
			found = wrong
		}
	} else if l, ok := s.triage.session.(target.Lenient); ok && l.MayIgnore(c) {
		found = other
	}
	return found, tried
}

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

// profile finds out for each change which values are wrong.
func (s *contrast) profile(ctx context.Context) {
	var all []*change
	for _, c := range s.changes {
		if c.sort == octets {
			if some := s.octets(ctx, c); len(some) > 0 && len(some) <= 3 {
				all = append(all, some...)
				continue
			}
		}
		all = append(all, c)
	}
	slices.SortStableFunc(all, func(a, b *change) int { return cmp.Compare(a.node.Offset, b.node.Offset) })
	s.changes = all
	for _, c := range s.changes {
		if c.sort == octets {
			c.atoms = s.consistentTexts(c)
			continue
		}
		for _, n := range s.numbers(c) {
			s.tryChange(ctx, c, value{n: n, most: c.now.most})
		}
		s.bisect(ctx, c)
		c.atoms = numbersOf(c.variable, c.now, c.bounds, append(c.wrong, c.now.n), c.rightNumbers)
	}
}

// octets returns the bytes of a byte string that decide.
func (s *contrast) octets(ctx context.Context, c *change) (all []*change) {
	if len(c.now.s) > 64 {
		return nil
	}
	for i := range len(c.now.s) {
		b := uint64(c.now.s[i])
		one := &change{variable: variable{c.path, octet, i}, index: c.index, now: value{n: b, most: 255}, node: c.node}
		for _, to := range []uint64{b ^ 0x80, 0, b ^ 1, b + 1, b - 1} {
			if to <= 255 && s.tryChange(ctx, one, value{n: to, most: 255}) == right {
				all = append(all, one)
				break
			}
		}
	}
	return all
}

func (s *contrast) consistentTexts(c *change) []atom {
	return slices.DeleteFunc(textsAbout(c.variable, c.now, c.node.Secret), func(t atom) bool {
		return slices.ContainsFunc(c.right, func(n neighbour) bool { return t.holds(n.to, value{}) })
	})
}

// numbers are values of a number that show which kind of number is wrong.
func (s *contrast) numbers(c *change) (all []uint64) {
	n, width := c.now.n, bits.Len64(c.now.most)
	if c.sort == whole && s.raw.Fault == fuzz.Crash { // each costs time, see endsLate
		return nil
	}
	if c.sort == elements || c.sort == length || c.sort == whole {
		for k := uint64(1); k <= 8; k++ {
			all = append(all, k, n+k, n-k)
		}
		return append(all, 2*n, 3*n, n/2, 16, 32, 48, 63, 64, 65, 100, 127, 128)
	}
	all = []uint64{0, 1, 2, 3, n - 2, n - 1, n + 1, n + 2, 2 * n, 3 * n, n / 2, c.now.most, c.now.most - 1}
	for k := range width {
		bit := uint64(1) << k
		all = append(all, bit, bit-1, bit+1, n^bit, n+bit, n-bit)
	}
	all = append(all, factors...)
	for range 8 {
		all = append(all, s.rng.Uint64()&c.now.most)
	}
	f := s.facts
	for _, v := range f.variables() { // it may depend on them
		if v.sort != octets {
			for _, o := range f.all[v][:min(2, len(f.all[v]))] {
				all = append(all, o.value.n, o.value.n+1, o.value.n-1)
			}
		}
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(n uint64) bool { return n > c.now.most })
}

// bisect finds the numbers around the current one that are wrong.
func (s *contrast) bisect(ctx context.Context, c *change) {
	now := c.now.n
	at := bounds{lo: now, hi: now}
	for _, n := range c.wrong {
		at.lo, at.hi = min(at.lo, n), max(at.hi, n)
	}
	for _, n := range c.rightNumbers {
		if n < now && (!at.under || n > at.below) {
			at.below, at.under = n, true
		}
		if n > now && (!at.over || n < at.above) {
			at.above, at.over = n, true
		}
	}
	if at.under {
		at.lo = now
		for _, n := range c.wrong {
			if n > at.below {
				at.lo = min(at.lo, n)
			}
		}
		at.below, at.lo = s.boundary(ctx, c, at.below, at.lo)
	}
	if at.over {
		at.hi = now
		for _, n := range c.wrong {
			if n < at.above {
				at.hi = max(at.hi, n)
			}
		}
		at.above, at.hi = s.boundary(ctx, c, at.above, at.hi)
	}
	c.bounds = at
}

// boundary returns the last number that is right on the way to one that is wrong, and
// the first that is wrong. What is not valid may lie between them: lengths of a hash.
func (s *contrast) boundary(ctx context.Context, c *change, good, bad uint64) (lastRight, firstWrong uint64) {
	for max(good, bad)-min(good, bad) > 1 {
		middle := min(good, bad) + (max(good, bad)-min(good, bad))/2
		switch s.tryChange(ctx, c, value{n: middle, most: c.now.most}) {
		case right:
			good = middle
		case wrong:
			bad = middle
		default:
			return good, bad
		}
	}
	return good, bad
}

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

// keepNearest keeps the neighbour that shows the condition, if there is one, and the
// message at its boundary. Without a condition it keeps the nearest of any change.
func (s *contrast) keepNearest(ctx context.Context, of *condition) {
	r := s.reducer
	if r.found == nil {
		r.found = &Contrast{}
	}
	c := s.changes[0]
	if of != nil {
		c = s.changeOf(of)
	}
	if c.sort != octets { // to the boundary
		edge := c.now.n
		if c.under && c.below+1 == c.lo {
			edge = c.lo
		} else if c.over && c.above-1 == c.hi {
			edge = c.hi
		}
		if m, ok := set(r.current.Message, c.variable, c.index, value{n: edge, most: c.now.most}); ok && edge != c.now.n && s.ask(ctx, m) == wrong {
			moved := target.NewCase(m)
			if d, at := r.shows(ctx, r.prefix, moved); d != nil && at == len(r.prefix) && (s.valid || s.violates(moved.Expected)) {
				r.raw = r.keep(d)
				r.set(moved)
				c.now.n = edge
			}
		}
	}
	if c.sort == octets {
		s.approach(ctx, c)
	}
	nearest := slices.MinFunc(c.right, func(a, b neighbour) int { return cmp.Compare(distance(c.now, a.to), distance(c.now, b.to)) })
	if m, ok := set(r.current.Message, c.variable, c.index, nearest.to); ok && s.asked[string(m.Bytes)] == right {
		nearest.message = m
	}
	r.found.Right, r.found.Offset = nearest.message, c.node.Offset
	r.found.Field = fullPath(r.current.Expected, c)
	if r.found.What = c.String(); c.path != "" {
		r.found.What = strings.Replace(r.found.What, c.path, r.found.Field, 1)
	}
	if a, ok := r.triage.session.(target.Answerer); ok && len(r.prefix) == 0 {
		r.found.Answer = a.Answer(ctx, target.NewCase(nearest.message))
	}
	r.found.Values = [2]string{shown(c, c.now), shown(c, nearest.to)}
	r.cause = cause{condition: of, named: idOf(c), offset: c.node.Offset}
	if of == nil {
		r.cause.named = ""
	}
	r.contrasted = s.changes
}

// approach looks for a byte string that is right and differs in few bytes.
func (s *contrast) approach(ctx context.Context, c *change) {
	best := slices.MinFunc(c.right, func(a, b neighbour) int { return cmp.Compare(distance(c.now, a.to), distance(c.now, b.to)) })
	b := []byte(best.to.s)
	halve(0, min(len(b), len(c.now.s), 64), 1, func(begin, end int) bool {
		closer := slices.Concat(b[:begin], []byte(c.now.s[begin:end]), b[end:])
		if string(closer) != string(b) && s.tryChange(ctx, c, value{s: string(closer)}) != right {
			return false
		}
		b = closer
		return true
	})
}

// changeOf returns the change that a condition is about: of a field, if it is about one.
func (s *contrast) changeOf(of *condition) *change {
	for _, counted := range []bool{false, true} {
		for i := range of.atoms {
			t := &of.atoms[i]
			for _, c := range s.changes {
				if t.counted() == counted && (t.a == c.variable || t.two && t.b == c.variable) {
					return c
				}
			}
		}
	}
	return s.changes[0]
}

// idOf returns the id of the field or the list of a change.
func idOf(c *change) string {
	if c.sort == elements {
		for _, n := range numbers {
			if rest, ok := strings.CutPrefix(bare(n.path), c.path); ok && (rest == "" || strings.Count(rest, ".") == 1) {
				return n.rule
			}
		}
	}
	return fuzz.FieldID(c.node)
}

// fullPath returns the path of a field with indices.
func fullPath(d *spec.Dissection, c *change) string {
	for path, n := range d.Root.Leaves() {
		if n.Offset == c.node.Offset && n.Name == c.node.Name {
			return path.String()
		}
	}
	return c.path
}

// shown writes a value, unless it may be a key.
func shown(c *change, v value) string {
	switch {
	case c.node.Secret && c.sort != length:
		return "redacted"
	case c.sort == octets:
		return hexOf(v.s)
	}
	return amount(c.variable, v.n)
}

func hexOf(s string) string {
	const digits = "0123456789abcdef"
	b := make([]byte, 0, 2*len(s))
	for i := range len(s) {
		b = append(b, digits[s[i]>>4], digits[s[i]&15])
	}
	return string(b)
}

// distance is small for values that are alike.
func distance(a, b value) (d uint64) {
	if a.s == "" && b.s == "" {
		return max(a.n, b.n) - min(a.n, b.n)
	}
	for i := range min(len(a.s), len(b.s)) {
		d += uint64(bits.OnesCount8(a.s[i] ^ b.s[i]))
	}
	return d
}

// attribute sets the cause: what a contrast confirms, otherwise what [reducer.locate]
// takes for the cause. That names no field of which a contrast shows that it does not
// matter.
func (r *reducer) attribute(ctx context.Context) {
	done := r.contrast(ctx)
	if r.cause.condition != nil && r.current.Expected.Valid() && !slices.Contains(specific, r.raw.Fault) {
		return
	}
	by := r.contrasted
	r.cause = r.locate(ctx)
	if !r.current.Expected.Valid() || slices.Contains(specific, r.raw.Fault) {
		return
	}
	switch r.guessed = !done; {
	case r.cause.rule != "" || r.cause.tested: // with other messages
		r.guessed = false
	case len(by) > 0 && !slices.ContainsFunc(by, func(c *change) bool { return idOf(c) == r.cause.named }):
		r.cause.named, r.cause.offset, r.guessed = idOf(by[0]), by[0].node.Offset, false
	case done && len(by) == 0:
		r.cause.named, r.cause.offset = "", 0
	}
}
