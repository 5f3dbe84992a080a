package campaign

import (
	"iter"
	"math/rand/v2"
	"slices"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/coverage"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/mutate"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// weights are the relative numbers of messages of each kind.
var weights = map[spec.Kind]int{spec.Request: 6, spec.Content: 5, spec.Response: 1,
	spec.HashRequest: 1, spec.HashResponse: 4, spec.RetrievalRequest: 5, spec.RetrievalResponse: 6, spec.Discovery: 5}

// longest is the maximum length of a message kept for mutation, mostKept their
// maximum number. Short messages find as much, faster.
const (
	longest  = 8 << 10
	mostKept = 1 << 12
)

// source makes the messages of a stream: the seeds and the systematic sweep, then
// random messages and mutations of those that increased coverage.
type source struct {
	rng      *rand.Rand
	kinds    []spec.Kind // each as often as its weight
	rules    map[spec.Kind][]string
	sweeps   []*sweep
	pool     map[spec.Kind][]fuzz.Message
	coverage *coverage.Map
	news     []fuzz.Message // that increased coverage in this round
	buffer   []byte
}

// sweep is one job's share of a sequence of messages.
type sweep struct {
	next func() (fuzz.Message, bool)
	stop func()
}

func newSource(kinds []spec.Kind, rng *rand.Rand, seeds []fuzz.Message, job, jobs int) *source {
	s := &source{
		rng:      rng,
		rules:    map[spec.Kind][]string{},
		pool:     map[spec.Kind][]fuzz.Message{},
		coverage: &coverage.Map{},
	}
	var systematic []iter.Seq[fuzz.Message]
	for _, kind := range kinds {
		s.kinds = append(s.kinds, slices.Repeat([]spec.Kind{kind}, weights[kind])...)
		systematic = append(systematic, generate.Systematic(kind))
		s.pool[kind] = []fuzz.Message{generate.Valid(rng, kind)} // never empty
	}
	for _, rule := range generate.Rules() {
		for _, kind := range generate.Kinds(rule) {
			if slices.Contains(kinds, kind) {
				s.rules[kind] = append(s.rules[kind], rule)
			}
		}
	}
	own := slices.DeleteFunc(slices.Clone(seeds), func(m fuzz.Message) bool { return !slices.Contains(kinds, m.Kind) })
	for _, seq := range append(systematic, slices.Values(own)) {
		next, stop := iter.Pull(share(seq, job, jobs))
		s.sweeps = append(s.sweeps, &sweep{next, stop})
	}
	return s
}

// share yields the share of one of several jobs in seq.
func share(seq iter.Seq[fuzz.Message], job, jobs int) iter.Seq[fuzz.Message] {
	return func(yield func(fuzz.Message) bool) {
		i := 0
		for m := range seq {
			if i%jobs == job && !yield(m) {
				return
			}
			i++
		}
	}
}

func (s *source) close() {
	for _, w := range s.sweeps {
		w.stop()
	}
}

// next returns a new message, dissected. The caller owns its bytes.
func (s *source) next() target.Case {
	c := target.NewCase(s.message())
	if s.coverage.Add(c.Expected) > 0 {
		s.news = append(s.news, c.Message)
		if pool := s.pool[c.Kind]; len(c.Bytes) <= longest && len(pool) < mostKept {
			s.pool[c.Kind] = append(pool, c.Message)
		}
	}
	return c
}

// grown returns the messages since the last call that increased coverage.
func (s *source) grown() []fuzz.Message {
	news := s.news
	s.news = nil
	return news
}

func (s *source) message() fuzz.Message {
	// The sweeps alternate with each other and with random messages, so that easy
	// findings need not wait for the end of a sweep.
	for len(s.sweeps) > 0 && s.rng.IntN(4) != 0 {
		w := s.sweeps[0]
		m, ok := w.next()
		if !ok {
			s.sweeps = s.sweeps[1:]
			continue
		}
		s.sweeps = append(s.sweeps[1:], w)
		return m.Clone()
	}
	kind := s.kinds[s.rng.IntN(len(s.kinds))]
	switch n := s.rng.IntN(20); {
	case n < 3:
		return generate.Valid(s.rng, kind)
	case n < 8:
		rules := s.rules[kind]
		return generate.BrokenAs(s.rng, kind, rules[s.rng.IntN(len(rules))])
	}
	s.buffer = mutate.Append(s.buffer[:0], s.rng, s.picked(kind), s.picked(kind))
	return fuzz.Message{Kind: kind, Bytes: slices.Clone(s.buffer)}
}

// picked returns a message to mutate: often one of the last in the pool, sometimes a
// new one, and rarely a long one, which takes more time.
func (s *source) picked(kind spec.Kind) fuzz.Message {
	m := s.any(kind)
	if len(m.Bytes) > long && s.rng.IntN(8) != 0 {
		m = s.any(kind)
	}
	return m
}

const long = 1 << 10

func (s *source) any(kind spec.Kind) fuzz.Message {
	pool := s.pool[kind]
	switch s.rng.IntN(8) {
	case 0:
		return generate.Valid(s.rng, kind)
	case 1, 2, 3:
		young := max(1, len(pool)/8)
		return pool[len(pool)-1-s.rng.IntN(young)]
	}
	return pool[s.rng.IntN(len(pool))]
}
