package stats

import (
	"encoding/hex"
	"net/netip"
	"slices"

	"github.com/hostedcache/pchc/codec"
)

// What comes before the Content Information of its segments is counted for the segments,
// and when a report is made for the contents that have them.

// earlyOffer is the offer of a segment of which it was not known of which content it is.
type earlyOffer struct {
	offers *Offers
	id     string
}

// early keeps the offer of a segment, up to a limit.
func (s *Stats) early(o *Offers, hohodk []byte) {
	if len(s.earlyOffers) < s.limits.Segments {
		s.earlyOffers = append(s.earlyOffers, earlyOffer{o, string(hohodk)})
	} else {
		s.furtherEarly++
	}
}

// earlyBatch keeps the offers of a batch.
func (s *Stats) earlyBatch(o *Offers, all codec.SegmentDescriptors) {
	if len(s.earlyOffers) >= s.limits.Segments {
		s.furtherEarly += int64(all.Len())
		return
	}
	for _, d := range all.All() {
		s.early(o, d.SegmentHoHoDk()[:])
	}
}

// settle counts for contents what was counted for their segments.
func (s *Stats) settle() {
	if s.secrets.Contents() == 0 {
		return
	}
	s.earlyOffers = slices.DeleteFunc(s.earlyOffers, func(e earlyOffer) bool { return s.offeredIn(e.offers, []byte(e.id)) })
	s.beyond["offers before the Content Information of their segments"] += s.furtherEarly
	s.furtherEarly = 0
	for _, c := range slices.Clone(s.order) {
		if c.Segment && s.settled(c) {
			delete(s.contents, c.Name)
			s.order = slices.DeleteFunc(s.order, func(o *Content) bool { return o == c })
		}
	}
}

// settled counts what was counted for a segment for the contents that have it, and reports
// whether there is one.
func (s *Stats) settled(c *Content) bool {
	id, _ := hex.DecodeString(c.Name) // it is one
	known := false
	for p := range s.secrets.Where(id) {
		known = known || p.Content != nil
	}
	if !known {
		return false
	}
	s.sources -= len(c.sources)
	for i, p := range s.places(id, netip.Addr{}) {
		p.content.Requests += c.Requests
		p.content.Probes += c.Probes
		p.content.Matches += c.Matches
		if before := c.firstProbe; i == 0 && before.Frame > 0 && (p.content.firstProbe.Frame == 0 || before.Frame < p.content.firstProbe.Frame) {
			p.content.firstProbe = before
		}
	}
	for _, f := range c.sources {
		for i, p := range s.places(id, f.Client) {
			to := s.source(p.content, f.Client, f.Server, f.Plain)
			if to == nil {
				continue
			}
			to.Bytes += f.Bytes - f.Ranges.Bytes() // those that came again
			to.overflow += f.overflow
			for _, r := range f.Ranges {
				s.got(to, p.start+r[0], r[1]-r[0])
			}
			if i == 0 {
				to.Unverified += f.Unverified
			}
		}
	}
	for _, w := range c.why {
		seen := map[*Content]bool{}
		for _, p := range s.places(id, w.client) {
			if !seen[p.content] {
				s.alsoBecause(p.content, w)
			}
			seen[p.content] = true
		}
	}
	return true
}

// alsoBecause adds a reason that came before those of c.
func (s *Stats) alsoBecause(c *Content, w *Why) {
	i := slices.IndexFunc(c.why, func(o *Why) bool { return o.Reason == w.Reason && o.Server == w.Server })
	switch {
	case i >= 0:
		first := *w
		first.Count += c.why[i].Count
		if c.why[i].First.Frame <= w.First.Frame {
			first = *c.why[i]
			first.Count += w.Count
		}
		c.why[i] = &first
	case s.room("reasons of contents", len(c.why), s.limits.Reasons):
		one := *w
		c.why = append(c.why, &one)
	}
}
