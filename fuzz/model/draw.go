package model

import (
	"math/rand/v2"
	"slices"

	"github.com/hostedcache/pchc/pccrc"
)

// Offered says what a hosted cache has, and so what conversations with it can have.
type Offered struct {
	V1, V2    bool // the versions of MS-PCHC
	Retrieval bool // MS-PCCRR
	Restart   bool // it can be restarted
}

// Draw returns a random conversation: of one to four clients, one to six segments and up
// to 30 steps. At its end all segments are retrieved.
func Draw(rng *rand.Rand, o Offered) *Conversation {
	c := new(Conversation)
	for i := range 1 + rng.IntN(4) {
		c.Clients = append(c.Clients, Client{Shared: i > 0 && rng.IntN(4) == 0})
	}
	for range 1 + rng.IntN(6) {
		c.Segments = append(c.Segments, drawSegment(rng, o))
	}
	steps := 2 + rng.IntN(1+rng.IntN(28))
	for len(c.Steps) < steps {
		s := drawStep(rng, o, c)
		if c.checkStep(&s) == nil {
			c.Steps = append(c.Steps, s)
		}
	}
	if !o.Retrieval {
		return c
	}
	var all []int
	for i, s := range c.Segments {
		if s.takes(Retrieve) {
			all = append(all, i)
		}
	}
	last := rng.IntN(len(c.Clients))
	if len(all) > 0 {
		c.Steps = append(c.Steps, Step{Op: Retrieve, Client: last, Segments: all})
	}
	c.Steps = append(c.Steps, Step{Op: List, Client: last})
	return c
}

func drawSegment(rng *rand.Rand, o Offered) Segment {
	s := Segment{pccrc.SHA256, 1 + rng.IntN(4000)}
	switch n := rng.IntN(12); {
	case !o.V1 && n < 10, o.V2 && n < 5:
		s.Algorithm = pccrc.TruncatedSHA512
	case o.V1 && n == 10:
		s.Algorithm = pccrc.SHA384
	case o.V1 && n == 11:
		s.Algorithm = pccrc.SHA512
	}
	if rng.IntN(3) == 0 {
		s.Length += (1 + rng.IntN(2)) * pccrc.BlockSizeV1
		s.Length = min(s.Length, s.most())
	}
	return s
}

// frequencies are those of the steps, out of 100.
var frequencies = []struct {
	op Op
	n  int
}{{Offer, 28}, {Describe, 8}, {Begin, 5}, {Finish, 3}, {Batch, 20}, {Leave, 5}, {Spoil, 4}, {Return, 3}, {Move, 3}, {Retrieve, 13}, {List, 4}, {Restart, 2}, {Others, 2}}

// drawStep returns a step, which may be one that c cannot have: often one that was before,
// of the same client or another.
func drawStep(rng *rand.Rand, o Offered, c *Conversation) (s Step) {
	if len(c.Steps) > 0 && rng.IntN(5) == 0 {
		s = c.Steps[rng.IntN(len(c.Steps))]
		s.Segments = slices.Clone(s.Segments)
		if s.Loss = None; s.Op.ofClient() && rng.IntN(2) == 0 {
			s.Client = rng.IntN(len(c.Clients))
		}
		return s
	}
	n := rng.IntN(100)
	if last := len(c.Steps) - 1; last >= 0 && c.Steps[last].Op == Begin && rng.IntN(2) == 0 { // what becomes of the rest?
		n = rng.IntN(frequencies[0].n + frequencies[1].n + frequencies[2].n + frequencies[3].n)
	}
	for _, f := range frequencies {
		if n -= f.n; n < 0 {
			s.Op = f.op
			break
		}
	}
	switch {
	case !o.V1 && s.Op <= Finish, !o.V2 && s.Op == Batch, !o.Retrieval && (s.Op == Retrieve || s.Op == List), !o.Restart && s.Op == Restart:
		return Step{Op: Retrieve} // of nothing: not to be had
	}
	if s.Op.ofClient() {
		s.Client = rng.IntN(len(c.Clients))
	}
	p := phrases[s.Op]
	switch most := p.segments; {
	case most == 1:
		s.Segments = []int{rng.IntN(len(c.Segments))}
		if s.Op == Begin || s.Op == Finish { // of several blocks, if there is one
			for range c.Segments {
				if c.Segments[s.Segments[0]].blocks() < 2 {
					s.Segments[0] = rng.IntN(len(c.Segments))
				}
			}
		}
		if last := len(c.Steps) - 1; last >= 0 && len(c.Steps[last].Segments) > 0 && rng.IntN(2) == 0 { // what was the last one about?
			s.Segments[0] = c.Steps[last].Segments[0]
		}
	case most > 1:
		for _, i := range rng.Perm(len(c.Segments))[:1+rng.IntN(len(c.Segments))] {
			if c.Segments[i].takes(s.Op) {
				s.Segments = append(s.Segments, i)
			}
		}
	}
	if p.sends && rng.IntN(6) == 0 {
		s.Loss = Loss(1 + rng.IntN(int(losses)-1))
	}
	if s.Op == Others {
		s.Count = 1 << rng.IntN(6)
	}
	return s
}
