package campaign

import (
	"context"
	"math/rand/v2"
	"slices"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/target"
)

// neighbours is how many messages a target is asked about that takes not even
// the simplest one.
const neighbours = 100

// findNeighbour looks for the cause where even the simplest message goes wrong:
// a field that has its value in all messages that go wrong and in none of those
// that do not; or the rule that is broken by a message that is taken instead.
func (s *specimen) findNeighbour(ctx context.Context, own []leaf) {
	rng := rand.New(rand.NewPCG(1, 2)) // the same neighbours each time
	message := s.best.Expected.Message
	// Whether the value is to be looked for in all elements of a list or in the
	// first one depends on where the target stops.
	anywhere, first, fine := slices.Clone(own), slices.Clone(own), 0
	for range neighbours {
		if s.lab.spent(ctx) {
			return
		}
		c := target.NewCase(generate.ValidMessage(rng, message))
		d, ok := s.lab.try(ctx, s.before, c)
		if !ok {
			return
		}
		if d == nil {
			fine++
		}
		others := leaves(c.Expected)
		anywhere = slices.DeleteFunc(anywhere, func(l leaf) bool {
			has := slices.ContainsFunc(others, func(o leaf) bool { return o.path == l.path && string(o.node.Raw()) == string(l.node.Raw()) })
			return has != (d != nil)
		})
		first = slices.DeleteFunc(first, func(l leaf) bool {
			i := slices.IndexFunc(others, func(o leaf) bool { return o.path == l.path })
			return (i >= 0 && string(others[i].node.Raw()) == string(l.node.Raw())) != (d != nil)
		})
	}
	if suspects := append(anywhere, first...); fine > 0 && len(suspects) > 0 {
		l := suspects[0]
		s.cause = cause{path: bare(l.path), raw: string(l.node.Raw()), named: fuzz.FieldID(l.node), offset: l.node.Offset}
		return
	}
	if s.exchange(ctx, rng, own) {
		return
	}
	for _, rule := range generate.Rules() {
		for range 8 {
			if !slices.Contains(generate.Kinds(rule), s.best.Kind) {
				break
			}
			c := target.NewCase(generate.BrokenAs(rng, s.best.Kind, rule))
			first, malformed := c.Expected.First()
			if c.Expected.Message != message || !malformed || s.lab.spent(ctx) {
				break
			}
			d, ok := s.lab.try(ctx, s.before, c)
			if ok && d != nil && (d.Fault == fuzz.Accepted || d.Fault == fuzz.Answered) {
				s.cause.named = first.Rule
				for _, l := range own {
					if fuzz.FieldID(l.node) == first.Rule {
						s.cause.offset = l.node.Offset
					}
				}
				return
			}
		}
	}
}

// exchange looks for a field that makes the difference when it gets the value
// that it has in another valid message.
func (s *specimen) exchange(ctx context.Context, rng *rand.Rand, own []leaf) bool {
	for range neighbours / 4 {
		others := leaves(generate.ValidMessage(rng, s.best.Expected.Message).Dissect())
		for _, l := range own {
			i := slices.IndexFunc(others, func(o leaf) bool { return o.path == l.path })
			if i < 0 || string(others[i].node.Raw()) == string(l.node.Raw()) {
				continue
			}
			c := target.NewCase(s.with(l.node.Offset, l.node.Offset+len(l.node.Raw()), others[i].node.Raw()))
			if !c.Expected.Valid() || s.lab.spent(ctx) {
				continue
			}
			if d, ok := s.lab.try(ctx, s.before, c); ok && d == nil {
				s.cause = cause{message: s.best.Expected.Message, named: fuzz.FieldID(l.node), offset: l.node.Offset}
				return true
			}
		}
	}
	return false
}
