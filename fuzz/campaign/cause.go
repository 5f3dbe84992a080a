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
	rule    string // a violation of this rule

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
			return slices.ContainsFunc(d.Violations, func(b spec.Violation) bool { return b.Rule == c.rule })
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
			if number++; c.number == 0 && string(l.node.Raw()) == c.raw {
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
	for _, b := range d.Violations {
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
		if ok && string(p.Raw()) == string(l.node.Raw()) {
			continue
		}
		if ok {
			c := target.NewCase(s.with(l.node.Offset, l.node.Offset+len(l.node.Raw()), p.Raw()))
			if c.Expected.Valid() {
				if found, tried := s.lab.try(ctx, s.before, c); tried && s.same(found, &c) {
					continue
				}
			}
		}
		value := func(o leaf) bool { return o.path == l.path && string(o.node.Raw()) == string(l.node.Raw()) }
		if !s.minds(ctx, func(others []leaf) bool { return slices.ContainsFunc(others, value) }) {
			continue
		}
		s.cause = cause{path: bare(l.path), raw: string(l.node.Raw()), named: fuzz.FieldID(l.node), offset: l.node.Offset}
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
		if d, ok := s.lab.try(ctx, s.before, c); ok && d != nil && sameFault(d.Fault, s.raw.Fault) {
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
		if d, ok := s.lab.try(ctx, s.before, c); ok && d != nil && sameFault(d.Fault, s.raw.Fault) {
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

// guess says what it may be where the target cannot be asked any more: the only
// thing that is not as it is in the simplest message.
func (s *specimen) guess() {
	d := s.best.Expected
	if !d.Valid() || slices.Contains(specific, s.raw.Fault) {
		return
	}
	if len(d.Violations) == 1 {
		b := &d.Violations[0]
		s.cause = cause{rule: b.Rule, named: b.Rule, offset: b.Offset}
		return
	}
	strange := slices.DeleteFunc(leaves(d), func(l leaf) bool {
		p, ok := simplest(d.Message)[l.path]
		return ok && string(p.Raw()) == string(l.node.Raw())
	})
	if len(strange) == 1 {
		l := strange[0]
		s.cause = cause{path: bare(l.path), raw: string(l.node.Raw()), named: fuzz.FieldID(l.node), offset: l.node.Offset}
	}
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
			if l.node.Offset == d.Offset && fuzz.FieldID(l.node) == d.Rule {
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
