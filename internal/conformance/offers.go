package conformance

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/spec"
)

// A hosted cache fetches what it was offered, unless it has it. The text has no time for
// that, so that it does not is a note, and no violation.

// pair is a hosted cache and a client.
type pair struct{ cache, client netip.Addr }

// acceptance is an offer that was accepted.
type acceptance struct {
	answer capture.Place
	at     time.Duration
}

// offered takes the response to an offer.
func (c *Checker) offered(e *capture.Event, x *exchange) {
	r := &c.retrieval
	if e.Kind != capture.Response || x.malformed {
		return
	}
	p := pair{e.Src.Addr(), e.Dst.Addr()}
	r.caches.first(p.cache)
	r.acceptors.first(p.cache)
	if r.offers == nil {
		r.offers = map[pair]*acceptance{}
	}
	if r.offers[p] == nil && len(r.offers) < maxServers {
		r.offers[p] = &acceptance{e.Place, c.now}
	}
}

// fetch takes a request for blocks.
func (r *retrieval) fetch(from, to netip.Addr) {
	r.fetchers.first(from)
	delete(r.offers, pair{from, to})
}

// remarkOffers adds which offers nothing came of, where the capture would show it: it goes
// on for long enough, and has other retrieval by both.
func (c *Checker) remarkOffers() {
	r := &c.retrieval
	var idle []*acceptance
	for p, o := range r.offers {
		if c.now-o.at >= hang && r.fetchers.seen[p.cache] && r.seen.seen[p.client] && !c.evidence.blind &&
			!c.evidence.lostAny(p.cache) && !c.evidence.lostAny(p.client) && !c.evidence.hidden[[2]netip.Addr{p.cache, p.client}] {
			idle = append(idle, o)
		}
	}
	slices.SortFunc(idle, func(a, b *acceptance) int { return cmp.Compare(a.answer.Frame, b.answer.Frame) })
	for _, o := range idle {
		c.window.add(Finding{Place: o.answer, Violation: spec.Violation{Rule: CaptureNote,
			Detail: "accepts an offer, but fetches nothing from the client in the rest of the capture; it may have had it"}})
	}
}

func (v *evidence) lostAny(a netip.Addr) bool {
	_, lost := v.lost[a]
	return lost
}
