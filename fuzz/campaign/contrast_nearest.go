package campaign

import (
	"cmp"
	"context"
	"math/bits"
	"slices"
	"strings"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

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
