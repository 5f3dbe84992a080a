package campaign

import (
	"cmp"
	"context"
	"math/bits"
	"slices"

	"github.com/hostedcache/pchc/fuzz"
)

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
