package campaign

import (
	"context"
	"math/rand/v2"
	"slices"

	"github.com/hostedcache/pchc/fuzz"
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
