package campaign

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
)

// roundSize is how many messages are tried before a job turns to the next
// target. It must not depend on time: findings decide what is tried in later
// rounds, and campaigns are to be repeatable.
const roundSize = 256

// stream is what one job does with one target.
type stream struct {
	tried  *tried
	source *source
	rng    *rand.Rand

	session target.Session
	lab     *lab
	spent   time.Duration
	left    int64 // executions of its quota
	limited bool
	done    bool

	cases  []target.Case
	before []target.Case // of the last round: what a target may remember
}

func newStream(t *tried, job int) *stream {
	rng := rand.New(rand.NewPCG(t.campaign.config.Seed, uint64(t.number)<<32|uint64(job)))
	return &stream{
		tried:   t,
		rng:     rng,
		source:  newSource(t.target.Kinds(), rng, t.campaign.config.Seeds, job, t.campaign.config.Jobs),
		lab:     &lab{target: t.target},
		left:    t.quota,
		limited: t.quota > 0,
	}
}

func (s *stream) close() {
	s.source.close()
	s.lab.close()
	if s.session != nil {
		_ = s.session.Close()
	}
}

// fail ends the stream.
func (s *stream) fail(err error) {
	s.done = true
	s.tried.fail(err)
}

// round makes some messages, tries them, and looks into what went wrong.
func (s *stream) round(ctx context.Context) {
	if s.session == nil {
		session, err := s.tried.target.Open(ctx)
		if err != nil {
			if ctx.Err() == nil {
				s.fail(err)
			}
			return
		}
		s.session = session
	}
	n := roundSize
	if s.limited && s.left < roundSize {
		n = int(s.left)
	}
	s.cases, s.before = s.before[:0], s.cases
	for len(s.cases) < n {
		c := s.source.next()
		if s.tried.avoid(c.Expected, s.rng) {
			continue
		}
		s.cases = append(s.cases, c)
	}
	if grown := s.source.grown(); len(grown) > 0 {
		s.tried.grow(s.source.coverage, grown)
	}

	type seen struct {
		index      int
		difference *fuzz.Difference
		at         time.Duration
	}
	var wrong []seen
	restarts := s.session.Restarts()
	tried, err := s.session.Try(ctx, s.cases, func(i int, d *fuzz.Difference) {
		wrong = append(wrong, seen{i, d, time.Since(s.tried.campaign.start)})
	})
	s.tried.executions.Add(int64(tried))
	s.tried.restarts.Add(int64(s.session.Restarts() - restarts))
	gone := err != nil && ctx.Err() == nil
	for _, w := range wrong {
		if c := s.cases[w.index]; !s.tried.explained(c, w.difference) {
			k := s.study(ctx, w.index, w.difference, gone)
			k.record.Target, k.record.Original, k.record.At = s.tried.target.Name(), len(c.Bytes), w.at
			s.tried.add(k)
		}
	}
	if gone {
		s.fail(err)
		return
	}
	if s.left -= int64(n); s.limited && s.left <= 0 {
		s.done = true
	}
}

// study looks into a difference, unless its target is gone.
func (s *stream) study(ctx context.Context, i int, d *fuzz.Difference, gone bool) *known {
	if gone {
		return (&specimen{raw: *d, best: s.cases[i]}).known(d, false)
	}
	return s.lab.study(ctx, s.history(i), s.cases[i], d)
}

// history returns what the target was told before case i, oldest first.
func (s *stream) history(i int) []fuzz.Message {
	var h []fuzz.Message
	for _, c := range s.before {
		h = append(h, c.Message)
	}
	for _, c := range s.cases[:i] {
		h = append(h, c.Message)
	}
	return h
}
