package generate

import (
	"iter"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

// Systematic is a sweep through the messages of a kind, the same at each time.
func Systematic(kind spec.Kind) iter.Seq[fuzz.Message] {
	return func(yield func(fuzz.Message) bool) {
		for _, name := range Messages(kind) {
			if !yield(Simplest(name)) {
				return
			}
		}
		for i := range breakers {
			r := &breakers[i]
			for way := range uint64(r.ways) {
				for place := range uint64(places) {
					m := r.bend(&steered{answers: []uint64{way, place}})
					if m.Kind == kind && !yield(m) {
						return
					}
				}
			}
		}
	}
}

// steered gives the answers in turn, then 0.
type steered struct{ answers []uint64 }

func (s *steered) Uint64N(n uint64) uint64 {
	if len(s.answers) == 0 {
		return 0
	}
	a := s.answers[0]
	s.answers = s.answers[1:]
	return min(a, n-1)
}
