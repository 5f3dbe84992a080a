package http

import (
	"context"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
)

// checkOffer asks for what follows from the answer to a message.
func checkOffer(s *session, ctx context.Context, c *target.Case, a *answer) *fuzz.Difference {
	switch c.Expected.Message {
	case "INITIAL_OFFER_MESSAGE":
		return s.offered(ctx, c, a)
	case "SEGMENT_INFO_MESSAGE":
		return s.recall(ctx, c)
	}
	return nil
}

// offered judges the ResponseCode of the answer to an INITIAL_OFFER_MESSAGE, and to
// its repetition.
func (s *session) offered(ctx context.Context, c *target.Case, a *answer) *fuzz.Difference {
	if !a.isOK() {
		b := s.say(ctx, c.Bytes, mustAnswer, false)
		if b.isOK() && !s.twice(ctx, c.Bytes) {
			return &fuzz.Difference{Fault: fuzz.WrongCode, Requirement: requirement(c, "Interested"),
				Detail: "is answered OK the second time, must be INTERESTED: the hosted cache still has no block hashes of the segment"}
		}
		return nil
	}
	if !s.knowsAll(ctx, c) {
		return nil
	}
	return &fuzz.Difference{Fault: fuzz.WrongCode, Requirement: requirement(c, "Interested"),
		Detail: "is answered OK, must be INTERESTED: the hosted cache has no block hashes of the segment"}
}

// twice reports whether the hosted cache answers INTERESTED twice to an offer of a
// new segment.
func (s *session) twice(ctx context.Context, offer []byte) bool {
	offer = unlike(offer)[2]
	for range 2 {
		if a := s.say(ctx, offer, mustAnswer, false); a.isOK() {
			return false
		}
	}
	return true
}

// knowsAll reports whether the hosted cache answers OK to offers of segments that
// it cannot know. If not, it may know the offered segment from before the campaign.
func (s *session) knowsAll(ctx context.Context, c *target.Case) bool {
	for _, offer := range unlike(c.Bytes) {
		if a := s.say(ctx, offer, mustAnswer, false); a.isOK() {
			return true
		}
	}
	return false
}

// recall offers the segment whose block hashes the hosted cache has just received
// and judges the answer, if the hosted cache remembers segments. It may forget a
// segment, but not this one each time while it remembers others.
func (s *session) recall(ctx context.Context, c *target.Case) *fuzz.Difference {
	if s.t.learned.remembers == nil {
		return nil
	}
	if s.believes(ctx, *s.t.learned.remembers) {
		return &fuzz.Difference{Fault: fuzz.WrongCode, Requirement: "PCHC-3.1.5.1-Interested",
			Detail: "the INITIAL_OFFER_MESSAGE for a new segment is answered OK, although the hosted cache lacks a block hash: its SEGMENT_INFO_MESSAGE has a cbSegment without that block, which the HoD disproves"}
	}
	hoHoDk, complete := given(c)
	if !complete {
		return nil
	}
	offer := initialOffer(hoHoDk)
	for range 3 {
		a := s.say(ctx, offer.Bytes, mustAnswer, false)
		a.took = 0
		if d := s.t.judgeAnswer(&offer, &a); d != nil {
			return after(c, d, "the next INITIAL_OFFER_MESSAGE for the segment: ")
		}
		if a.isOK() || !s.remembers(ctx, *s.t.learned.remembers) {
			return nil
		}
		if a := s.say(ctx, c.Bytes, mustAnswer, false); !a.isOK() {
			return nil
		}
	}
	return &fuzz.Difference{Fault: fuzz.WrongCode, Requirement: "PCHC-3.1.5.1-OK",
		Detail: "the next INITIAL_OFFER_MESSAGE for the segment is answered INTERESTED, although the hosted cache has all block hashes"}
}

// believes reports whether a client that conceals a block of a new segment makes the
// hosted cache answer OK to an offer of it.
func (s *session) believes(ctx context.Context, sh shape) bool {
	c, hoHoDk := sh.segmentOf(1)
	return s.complete(ctx, &c, hoHoDk)
}

// remembers reports whether the hosted cache remembers a new segment.
func (s *session) remembers(ctx context.Context, sh shape) bool {
	c, hoHoDk := sh.segment()
	return s.complete(ctx, &c, hoHoDk)
}

// complete reports whether a SEGMENT_INFO_MESSAGE for a new segment makes the hosted
// cache answer OK to an offer of it.
func (s *session) complete(ctx context.Context, c *target.Case, hoHoDk []byte) bool {
	if a := s.say(ctx, c.Bytes, mustAnswer, false); !a.isOK() {
		return false
	}
	offer := initialOffer(hoHoDk)
	a := s.say(ctx, offer.Bytes, mustAnswer, false)
	return a.isOK() && !s.knowsAll(ctx, &offer)
}
