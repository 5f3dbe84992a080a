package campaign

import (
	"bytes"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/hostedcache/pchc/spec"
)

// atom is a statement about a variable of a message, or about two.
type atom struct {
	a, b  variable // b only if two is set
	two   bool
	near  bool // of the element before, if a and b are the same variable; otherwise of any other
	text  string
	right string // what is right next to it, "" if that is no single value
	holds func(a, b value) bool
	hints func(rng *rand.Rand, b value) []uint64 // numbers for which it may hold, or just not
}

// counted reports whether the atom is about elements, not about a field.
func (t *atom) counted() bool {
	return t.a.sort == position || t.a.sort == siblings || t.a.sort == elements
}

// in reports whether the atom holds for the field at an index.
func (t *atom) in(f *facts, around []string, at []int) bool {
	for _, a := range f.instances(t.a, around, at) {
		if slices.ContainsFunc(t.partners(f, a, around, at), func(b instance) bool { return t.holds(a.value, b.value) }) {
			return true
		}
	}
	return false
}

// partners returns the instances of b that belong to one of a.
func (t *atom) partners(f *facts, a instance, around []string, at []int) (all []instance) {
	switch {
	case !t.two:
		return []instance{{}}
	case t.a != t.b:
		return f.instances(t.b, around, at)
	}
	for _, b := range f.all[t.b] {
		last := len(a.index) - 1
		before := last >= 0 && slices.Equal(a.index[:last], b.index[:last]) && b.index[last] == a.index[last]-1
		if before || !t.near && !slices.Equal(a.index, b.index) {
			all = append(all, b)
		}
	}
	return all
}

// pick returns a value of a for which the atom holds, or does not.
func (t *atom) pick(rng *rand.Rand, want bool, now, b value) (value, bool) {
	var all []value
	if t.a.sort == octets {
		for range 4 {
			s := []byte(now.s)
			for i := range s {
				s[i] = byte(rng.Uint32())
			}
			all = append(all, value{s: string(s)})
		}
		all = append(all, now, value{s: strings.Repeat("\x00", len(now.s))}, b)
	} else {
		numbers := []uint64{now.n, now.n + 1, now.n - 1, 0, now.most, rng.Uint64() & now.most, rng.Uint64N(100)}
		if t.hints != nil {
			numbers = append(numbers, t.hints(rng, b)...)
		}
		for _, n := range numbers {
			all = append(all, value{n: n, most: now.most})
		}
	}
	all = slices.DeleteFunc(all, func(v value) bool {
		return t.holds(v, b) != want || v.n > v.most || t.a.sort == octets && len(v.s) != len(now.s)
	})
	if len(all) == 0 {
		return value{}, false
	}
	return all[rng.IntN(len(all))], true
}

// condition is what the messages have in common at which a target fails.
type condition struct {
	message string // the name of these messages, "" for any
	only    string // the same, if other messages have these fields, too, and do not fail
	valid   bool   // only of messages that violate no format rule
	atoms   []atom // all must hold, for one field and what belongs to it
}

// String returns the condition as a clause.
func (c *condition) String() string {
	var all []string
	for _, counted := range []bool{false, true} { // the fields first
		for i := range c.atoms {
			if t := &c.atoms[i]; t.counted() == counted {
				all = append(all, t.text)
			}
		}
	}
	if c.only != "" {
		all[len(all)-1] += ", only in " + c.only
	}
	return strings.Join(all, " and ")
}

// paths returns the paths of the fields that it is about.
func (c *condition) paths() (all []string) {
	for i := range c.atoms {
		all = append(all, c.atoms[i].a.path)
		if c.atoms[i].two {
			all = append(all, c.atoms[i].b.path)
		}
	}
	return all
}

// first returns the variable that decides which element of a list the condition is about,
// and its instances.
func (c *condition) first(f *facts) (of variable, all []instance) {
	best := -1
	for i := range c.atoms {
		v := c.atoms[i].a
		if v.sort == position || v.sort == siblings {
			continue
		}
		if n := len(f.lists(v)); n > best {
			best, of = n, v
		}
	}
	if of.sort == octet {
		of = variable{path: of.path, sort: octets}
	}
	return of, f.all[of]
}

// holds reports whether a message meets the condition, and for which field.
func (c *condition) holds(f *facts) (at []int, holds bool) {
	of, all := c.first(f)
	around := f.lists(of)
	for _, i := range all {
		if !slices.ContainsFunc(c.atoms, func(t atom) bool { return !t.in(f, around, i.index) }) {
			return i.index, true
		}
	}
	return nil, false
}

// matches reports whether a message meets the condition.
func (c *condition) matches(d *spec.Dissection) bool {
	if c.message != "" && c.message != d.Message || c.valid && !d.Valid() {
		return false
	}
	_, holds := c.holds(factsOf(d, c.paths()...))
	return holds
}

// amount writes a number so that its kind is seen.
func amount(v variable, n uint64) string {
	switch {
	case v.sort == octet:
		return fmt.Sprintf("0x%02x", n)
	case v.sort == position || n < 1024:
		return fmt.Sprint(n)
	case bits.OnesCount64(n) == 1:
		return fmt.Sprintf("%d (2^%d)", n, bits.Len64(n)-1)
	case n&(n+1) == 0:
		return fmt.Sprintf("%d (2^%d - 1)", n, bits.Len64(n))
	case n > 0xFFFF:
		return fmt.Sprintf("%d (0x%x)", n, n)
	}
	return fmt.Sprint(n)
}

// bounds are the numbers around one that fails: from lo to hi all that were tried fail.
// below and above are the nearest that do not, if there are any.
type bounds struct {
	lo, hi       uint64
	below, above uint64
	under, over  bool
}

// between returns the atom that a number is within bounds.
func between(v variable, at bounds) atom {
	lo, hi := at.lo, at.hi
	t := atom{a: v, holds: func(a, _ value) bool { return (lo <= a.n || !at.under) && (a.n <= hi || !at.over) }}
	t.hints = func(rng *rand.Rand, _ value) []uint64 {
		return []uint64{lo, hi, lo - 1, hi + 1, at.below, at.above, lo + rng.Uint64N(max(hi-lo, 1)), lo + rng.Uint64N(max(min(hi-lo, 1000), 1))}
	}
	below, above := amount(v, at.below), amount(v, at.above)
	if at.below+1 != lo { // what lies between is not valid, or was not tried
		below = "at " + below
	} else if lo != hi {
		below = "up to " + below
	}
	if above = "from " + above + " on"; at.above != hi+1 || lo == hi {
		above = "at " + amount(v, at.above)
	}
	switch {
	case lo == hi:
		t.holds = func(a, _ value) bool { return a.n == lo }
		t.text = fmt.Sprintf("%s is exactly %s", v, amount(v, lo))
		below = "at " + strings.TrimPrefix(below, "at ")
	case at.under && at.over:
		t.text = fmt.Sprintf("%s is from %s to %s", v, amount(v, lo), amount(v, hi))
	case at.under:
		t.text = fmt.Sprintf("%s is %s or more", v, amount(v, lo))
	case at.over:
		t.text = fmt.Sprintf("%s is %s or less", v, amount(v, hi))
	}
	switch {
	case at.under && at.over:
		t.right = "right " + below + " and " + strings.TrimPrefix(above, "at ")
	case at.under:
		t.right = "right " + below
	case at.over:
		t.right = "right " + above
	}
	return t
}

// factors are those of which a number may be a multiple, besides powers of two.
var factors = []uint64{3, 5, 6, 7, 9, 10, 12, 20, 24, 48, 59, 60, 68, 100, 1000, 1500, 10000}

// numbersOf returns what may be said of a number that fails, the more special statement
// first.
func numbersOf(v variable, now value, around bounds, wrong, right []uint64) (all []atom) {
	all = append(all, between(v, around))
	if len(right) == 1 {
		c := right[0]
		all = append(all, atom{a: v, text: fmt.Sprintf("%s is anything but %s", v, amount(v, c)),
			holds: func(a, _ value) bool { return a.n != c }, hints: func(*rand.Rand, value) []uint64 { return []uint64{c} }})
	}
	if t, ok := except(v, around, wrong, right); ok {
		all = append(all, t)
	}
	width := bits.Len64(now.most)
	var multiples []uint64
	for k := width - 1; k > 0; k-- {
		multiples = append(multiples, 1<<k)
	}
	multiples = append(multiples, factors...)
	if now.n > 1 {
		multiples = append([]uint64{now.n}, multiples...)
	}
	for _, m := range multiples {
		if now.n%m != 0 {
			continue
		}
		hints := func(rng *rand.Rand, _ value) []uint64 {
			k := rng.Uint64N(min(now.most/m, 1<<12) + 1)
			return []uint64{m, 2 * m, k * m, k*m + 1, k*m + m/2, rng.Uint64N(now.most/m+1) * m}
		}
		all = append(all,
			atom{a: v, text: fmt.Sprintf("%s is a multiple of %s", v, amount(v, m)), holds: func(a, _ value) bool { return a.n%m == 0 }, hints: hints},
			atom{a: v, text: fmt.Sprintf("%s is a multiple of %s, but not 0", v, amount(v, m)), holds: func(a, _ value) bool { return a.n%m == 0 && a.n > 0 }, hints: hints})
	}
	for k := min(width-1, 16); k > 0; k-- {
		mask := uint64(1)<<k - 1
		low := now.n & mask
		if low == 0 {
			continue // a multiple
		}
		s := fmt.Sprintf("the low %d bits of %s are 0x%x", k, v, low)
		if k == 1 {
			s = fmt.Sprintf("%s is odd", v)
		}
		all = append(all, atom{a: v, text: s, holds: func(a, _ value) bool { return a.n&mask == low }, hints: func(rng *rand.Rand, _ value) []uint64 {
			return []uint64{low, rng.Uint64()&now.most&^mask | low, rng.Uint64N(1<<min(16, width))&^mask | low}
		}})
	}
	for k := range width {
		bit := uint64(1) << k
		is, s := now.n&bit, "set"
		if is == 0 {
			s = "not set"
		}
		all = append(all, atom{a: v, text: fmt.Sprintf("bit %d of %s is %s", k, v, s), holds: func(a, _ value) bool { return a.n&bit == is }, hints: func(rng *rand.Rand, _ value) []uint64 {
			return []uint64{bit, rng.Uint64() & now.most &^ bit, rng.Uint64()&now.most | bit}
		}})
	}
	return slices.DeleteFunc(all, func(t atom) bool { return !agrees(&t, wrong, right) })
}

// Limits of exceptions: of how many numbers, and out of how many.
const (
	mostExceptions = 3
	mostExcepted   = 1024
)

// except returns the atom that a number is within what is wrong, with exceptions: lengths
// from 33 to 63, but not 48.
func except(v variable, around bounds, wrong, right []uint64) (t atom, ok bool) {
	all := bounds{lo: slices.Min(wrong), hi: slices.Max(wrong)}
	var not []uint64
	for _, n := range right {
		switch {
		case n < all.lo:
			all.below, all.under = max(all.below, n), true
		case n > all.hi:
			if !all.over || n < all.above {
				all.above, all.over = n, true
			}
		case !slices.Contains(not, n):
			not = append(not, n)
		}
	}
	if len(not) == 0 || len(not) > mostExceptions || all.hi-all.lo > mostExcepted || all.lo == around.lo && all.hi == around.hi {
		return t, false
	}
	slices.Sort(not)
	t = between(v, all)
	within := t.holds
	t.holds = func(a, b value) bool { return within(a, b) && !slices.Contains(not, a.n) }
	for i, n := range not {
		if i == 0 && t.text == "" {
			t.text = v.String() + " is anything but "
		} else if i == 0 {
			t.text += ", but not "
		} else {
			t.text += " or "
		}
		t.text += amount(v, n)
	}
	return t, true
}

// agrees reports whether an atom holds for all numbers that are wrong and no other.
func agrees(t *atom, wrong, right []uint64) bool {
	holds := func(n uint64) bool { return t.holds(value{n: n}, value{}) }
	return !slices.ContainsFunc(right, holds) && !slices.ContainsFunc(wrong, func(n uint64) bool { return !holds(n) })
}

// strings are the statements about a byte string.
var textRules = []struct {
	text  string
	holds func(s string) bool
}{
	{"%s is all zero", func(s string) bool { return len(strings.Trim(s, "\x00")) == 0 }},
	{"%s is not all zero", func(s string) bool { return len(strings.Trim(s, "\x00")) > 0 }},
	{"%s has a zero byte", func(s string) bool { return strings.Contains(s, "\x00") }},
	{"%s has no zero byte", func(s string) bool { return !strings.Contains(s, "\x00") }},
	{"%s has a byte of 0x80 or more", func(s string) bool { return strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 }) }},
	{"%s has only bytes below 0x80", func(s string) bool { return !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 }) }},
	{"%s is not text in ASCII", func(s string) bool { return !printableASCII(s) }},
	{"%s has equal bytes only", func(s string) bool { return len(s) > 0 && len(bytes.Trim([]byte(s), s[:1])) == 0 }},
}

func printableASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

// textsAbout returns what may be said of a byte string.
func textsAbout(v variable, now value, secret bool) (all []atom) {
	exactly := fmt.Sprintf("%s is exactly %x", v, now.s)
	if secret {
		exactly = fmt.Sprintf("%s has exactly this value", v)
	}
	all = append(all, atom{a: v, text: exactly, holds: func(a, _ value) bool { return a.s == now.s }})
	for _, rule := range textRules {
		if rule.holds(now.s) {
			all = append(all, atom{a: v, text: fmt.Sprintf(rule.text, v), holds: func(a, _ value) bool { return rule.holds(a.s) }})
		}
	}
	return all
}

// relations are the statements about two numbers, in the order in which they are tried.
var relations = []struct {
	text  string // of a and b
	holds func(a, b value) bool
	hint  func(b value, most uint64) uint64 // a number that a may be
	wider bool                              // only if b has more bits than a
}{
	{"%s equals %s", func(a, b value) bool { return a.n == b.n }, func(b value, _ uint64) uint64 { return b.n }, false},
	{"%s equals the low half of %s", func(a, b value) bool { return a.n == b.n&a.most }, func(b value, most uint64) uint64 { return b.n & most }, true},
	{"%s equals the high half of %s", func(a, b value) bool { return a.n == high(b, a.most) }, func(b value, most uint64) uint64 { return high(b, most) }, true},
	{"%s is more than %s", func(a, b value) bool { return a.n > b.n }, func(b value, _ uint64) uint64 { return b.n + 1 }, false},
	{"%s is at least %s", func(a, b value) bool { return a.n >= b.n }, func(b value, _ uint64) uint64 { return b.n }, false},
	{"%s is less than %s", func(a, b value) bool { return a.n < b.n }, func(b value, _ uint64) uint64 { return b.n - 1 }, false},
	{"%s is at most %s", func(a, b value) bool { return a.n <= b.n }, func(b value, _ uint64) uint64 { return b.n }, false},
	{"%s is not %s", func(a, b value) bool { return a.n != b.n }, func(b value, _ uint64) uint64 { return b.n }, false},
	{"%s is a multiple of %s", func(a, b value) bool { return b.n > 0 && a.n%b.n == 0 }, func(b value, _ uint64) uint64 { return 2 * b.n }, false},
	{"%s is no multiple of %s", func(a, b value) bool { return b.n > 0 && a.n%b.n != 0 }, func(b value, _ uint64) uint64 { return 2*b.n + 1 }, false},
}

func high(v value, most uint64) uint64 {
	return v.n >> max(0, bits.Len64(v.most)-bits.Len64(most))
}

// related returns the statements about two variables.
func related(a, b variable, am, bm value) (all []atom) {
	if a.sort == octets || b.sort == octets {
		if a.sort != b.sort {
			return nil
		}
		s := fmt.Sprintf("%s equals %s", a, b)
		if a == b {
			s = fmt.Sprintf("%s equals that of another element", a)
		}
		return []atom{{a: a, b: b, two: true, text: s, holds: func(a, b value) bool { return a.s == b.s && a.s != "" }}}
	}
	for _, r := range relations {
		if r.wider && bits.Len64(bm.most) <= bits.Len64(am.most) {
			continue
		}
		t := atom{a: a, b: b, two: true, holds: r.holds, text: fmt.Sprintf(r.text, a, b)}
		t.hints = func(rng *rand.Rand, b value) []uint64 {
			n := r.hint(b, am.most)
			return []uint64{n, n + 1, n - 1, b.n, b.n + 1, b.n - 1, rng.Uint64N(min(b.n, 1<<62) + 1)}
		}
		if a == b {
			t.near, t.text = true, fmt.Sprintf(r.text, a, "that of the element before")
		}
		all = append(all, t)
		if a == b && r.text == "%s equals %s" {
			any := t
			any.near, any.text = false, fmt.Sprintf("%s equals that of another element", a)
			all = append(all, any)
		}
	}
	return all
}
