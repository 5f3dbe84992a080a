package campaign

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// cause is what it is in a message that makes a target go wrong.
type cause struct {
	message string // of this name only; "": of any
	rule    string // a breach of this rule

	// Otherwise, a field with this path: with just these bytes, or in such a
	// number. No path: whatever is in it.
	path   string
	raw    string
	number int

	offset int // of that field, in the message under study
	named  string
}

// shows reports whether a message has the cause in it.
func (c *cause) shows(d *spec.Dissection) bool {
	if c.rule != "" {
		first, malformed := d.First()
		if !malformed {
			return slices.ContainsFunc(d.Breaches, func(b spec.Breach) bool { return b.Rule == c.rule })
		}
		return first.Rule == c.rule
	}
	if !d.Valid() {
		return false
	}
	if c.path == "" {
		return c.message == d.Message
	}
	number := 0
	for _, l := range leaves(d) {
		if bare(l.path) == c.path {
			if number++; c.number == 0 && string(l.node.Raw) == c.raw {
				return true
			}
		}
	}
	return c.number > 0 && number >= c.number
}

// numbers are the rules about how often something is there, by the path of a
// field of each element.
var numbers = []struct{ path, rule string }{
	{"SegmentDescriptor.BlockSize", "PCHC-2.2.1.5-MaxDescriptors"},
	{"segments.ullOffsetInContent", "PCCRC-2.3-cSegments"},
	{"blocks.BlockHashes", "PCCRC-2.3.1.2-cBlocks"},
	{"SegmentInformation.blocks.BlockHashes", "PCCRC-2.3.1.2-cBlocks"},
	{"chunks.bChunkType", "PCCRC-2.4-chunks"},
	{"chunks.chunkData.cbSegment", "PCCRC-2.4.1.1-dwChunkDataLength"},
}

// findCause finds out what in the minimal message it is.
func (s *specimen) findCause(ctx context.Context) {
	d := s.best.Expected
	if first, malformed := d.First(); malformed {
		s.cause = cause{rule: first.Rule, named: first.Rule, offset: first.Offset}
		return
	}
	if slices.Contains(specific, s.raw.Fault) {
		return
	}
	s.lab.tries, s.lab.deadline = 0, time.Now().Add(mostTime) // minimising may have used up all there is
	plain, own := simplest(d.Message), leaves(d)
	s.cause = cause{message: d.Message}
	for _, n := range numbers {
		if plain[n.path] == nil {
			continue
		}
		at, number := count(own, n.path)
		more := func(others []leaf) bool { _, m := count(others, n.path); return m >= number }
		if number > 1 && s.minds(ctx, more) {
			s.cause = cause{path: bare(n.path), number: number, named: n.rule, offset: at.Offset}
			return
		}
	}
	for _, b := range d.Breaches {
		if s.mindsRule(ctx, b.Rule) {
			s.cause = cause{rule: b.Rule, named: b.Rule, offset: b.Offset}
			return
		}
	}
	// The first field that is not as in the simplest message, and makes the
	// difference; or where that cannot be told, as other fields go with it, the
	// first that may.
	for _, l := range integersFirst(own) {
		p, ok := plain[l.path]
		if ok && string(p.Raw) == string(l.node.Raw) {
			continue
		}
		if ok {
			c := target.NewCase(s.with(l.node.Offset, l.node.Offset+len(l.node.Raw), p.Raw))
			if found, tried := s.lab.try(ctx, s.before, c); c.Expected.Valid() && tried && s.same(found, &c) {
				continue
			}
		}
		value := func(o leaf) bool { return o.path == l.path && string(o.node.Raw) == string(l.node.Raw) }
		if !s.minds(ctx, func(others []leaf) bool { return slices.ContainsFunc(others, value) }) {
			continue
		}
		s.cause = cause{path: bare(l.path), raw: string(l.node.Raw), named: fuzz.RuleOf(l.node), offset: l.node.Offset}
		return
	}
	s.findNeighbour(ctx, own)
}

// integersFirst returns the leaves with the integers, on which most depends,
// before the byte strings.
func integersFirst(own []leaf) []leaf {
	own = slices.Clone(own)
	slices.SortStableFunc(own, func(a, b leaf) int { return cmp.Compare(a.node.Form, b.node.Form) })
	return own
}

// asked is how many messages a target is asked about to find out what it minds.
const asked = 6

// mindsRule reports whether other messages that break a sender's rule go wrong
// as well.
func (s *specimen) mindsRule(ctx context.Context, rule string) bool {
	rng := rand.New(rand.NewPCG(1, 2)) // the same messages each time
	wrong := 0
	for range asked {
		c := target.NewCase(generate.BrokenAs(rng, s.best.Kind, rule))
		if d, ok := s.lab.try(ctx, s.before, c); ok && d != nil && d.Fault == s.raw.Fault {
			wrong++
		}
	}
	return 2*wrong > asked
}

// minds reports whether other valid messages of which alike is true go wrong as
// well, as far as there are any.
func (s *specimen) minds(ctx context.Context, alike func([]leaf) bool) bool {
	rng := rand.New(rand.NewPCG(1, 2))
	wrong, tried := 0, 0
	for range 200 {
		c := target.NewCase(generate.ValidMessage(rng, s.best.Expected.Message))
		if tried == asked || s.lab.spent(ctx) || !alike(leaves(c.Expected)) {
			continue
		}
		tried++
		if d, ok := s.lab.try(ctx, s.before, c); ok && d != nil && d.Fault == s.raw.Fault {
			wrong++
		}
	}
	return tried == 0 || 2*wrong > tried
}

// count returns the last leaf of that path, and how many there are.
func count(own []leaf, path string) (last *spec.Node, number int) {
	for _, l := range own {
		if l.path == path {
			number++
			last = l.node
		}
	}
	return last, number
}

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
			has := slices.ContainsFunc(others, func(o leaf) bool { return o.path == l.path && string(o.node.Raw) == string(l.node.Raw) })
			return has != (d != nil)
		})
		first = slices.DeleteFunc(first, func(l leaf) bool {
			i := slices.IndexFunc(others, func(o leaf) bool { return o.path == l.path })
			return (i >= 0 && string(others[i].node.Raw) == string(l.node.Raw)) != (d != nil)
		})
	}
	if suspects := append(anywhere, first...); fine > 0 && len(suspects) > 0 {
		l := suspects[0]
		s.cause = cause{path: bare(l.path), raw: string(l.node.Raw), named: fuzz.RuleOf(l.node), offset: l.node.Offset}
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
					if fuzz.RuleOf(l.node) == first.Rule {
						s.cause.offset = l.node.Offset
					}
				}
				return
			}
		}
	}
}

// guess says what it may be where the target cannot be asked any more: the only
// thing that is not as it is in the simplest message.
func (s *specimen) guess() {
	d := s.best.Expected
	if !d.Valid() || slices.Contains(specific, s.raw.Fault) {
		return
	}
	if len(d.Breaches) == 1 {
		b := &d.Breaches[0]
		s.cause = cause{rule: b.Rule, named: b.Rule, offset: b.Offset}
		return
	}
	strange := slices.DeleteFunc(leaves(d), func(l leaf) bool {
		p, ok := simplest(d.Message)[l.path]
		return ok && string(p.Raw) == string(l.node.Raw)
	})
	if len(strange) == 1 {
		l := strange[0]
		s.cause = cause{path: bare(l.path), raw: string(l.node.Raw), named: fuzz.RuleOf(l.node), offset: l.node.Offset}
	}
}

// exchange looks for a field that makes the difference when it gets the value
// that it has in another valid message.
func (s *specimen) exchange(ctx context.Context, rng *rand.Rand, own []leaf) bool {
	for range neighbours / 4 {
		others := leaves(generate.ValidMessage(rng, s.best.Expected.Message).Dissect())
		for _, l := range own {
			i := slices.IndexFunc(others, func(o leaf) bool { return o.path == l.path })
			if i < 0 || string(others[i].node.Raw) == string(l.node.Raw) {
				continue
			}
			c := target.NewCase(s.with(l.node.Offset, l.node.Offset+len(l.node.Raw), others[i].node.Raw))
			if !c.Expected.Valid() || s.lab.spent(ctx) {
				continue
			}
			if d, ok := s.lab.try(ctx, s.before, c); ok && d == nil {
				s.cause = cause{message: s.best.Expected.Message, named: fuzz.RuleOf(l.node), offset: l.node.Offset}
				return true
			}
		}
	}
	return false
}

// named returns the difference with the rule that it comes from.
func (s *specimen) named() fuzz.Difference {
	d := s.raw
	if slices.Contains(specific, d.Fault) {
		return d
	}
	if s.cause.named != "" {
		d.Rule, d.Offset = s.cause.named, s.cause.offset
		for _, l := range leaves(s.best.Expected) {
			if l.node.Offset == d.Offset && fuzz.RuleOf(l.node) == d.Rule {
				d.Field = l.path
			}
		}
	}
	if d.Rule == "" {
		if first, malformed := s.best.Expected.First(); malformed {
			d.Rule, d.Offset, d.Field = first.Rule, first.Offset, first.Field
		} else if d.Requirement != "" {
			d.Rule = d.Requirement
		} else {
			d.Rule = wholeRules[s.best.Expected.Message]
		}
	}
	return d
}

// wholeRules are what makes a message the one that it is.
var wholeRules = map[string]string{
	"INITIAL_OFFER_MESSAGE":  "PCHC-2.2.1.1-Type",
	"SEGMENT_INFO_MESSAGE":   "PCHC-2.2.1.1-Type",
	"BATCHED_OFFER_MESSAGE":  "PCHC-2.2.1.1-Type",
	"RESPONSE_MESSAGE":       "PCHC-2.2.2.1-Size",
	"CONTENT_INFORMATION_V1": "PCCRC-2.3-Version",
	"CONTENT_INFORMATION_V2": "PCCRC-2.4-bMajorVersion",
}
