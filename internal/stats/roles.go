package stats

import (
	"net/netip"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/conversation"
)

// evidence is what an address was seen to do, from which its role follows at the end:
// a hosted cache may have been asked before the first offer.
type evidence struct {
	offeredTo bool // it was sent an offer
	listed    bool // it was sent a MSG_GETSEGLIST, which only hosted caches are
	offers    bool // an offer names it as where to fetch from
	matched   bool // a ProbeMatches names it
}

// Roles of servers.
const (
	ContentServer = "content server"
	HostedCache   = "hosted cache"
	Peer          = "peer"
	Offerer       = "offering client" // what a hosted cache fetches from
)

// evidenceOf returns that of an address, to be changed; one that is not kept if there are
// too many.
func (s *Stats) evidenceOf(a netip.AddrPort) *evidence {
	e := s.servers[a]
	if e == nil {
		e = new(evidence)
		if s.room("roles of servers", len(s.servers), s.limits.Servers) {
			s.servers[a] = e
		}
	}
	return e
}

// roles tells the roles of servers.
type roles struct {
	servers map[netip.AddrPort]*evidence
	caches  map[netip.Addr]bool // of which some port was offered to, or asked for segments
	peers   map[netip.Addr]bool
	probing map[netip.Addr]bool
	secure  map[[2]netip.Addr]bool // clients with TLS to servers
	asked   map[netip.Addr]bool    // servers of MS-PCCRR
}

func (s *Stats) roles() *roles {
	r := &roles{servers: s.servers, caches: map[netip.Addr]bool{}, peers: map[netip.Addr]bool{}, probing: s.probing, secure: s.secure, asked: map[netip.Addr]bool{}}
	for a, e := range s.servers {
		if e.offeredTo || e.listed {
			r.caches[a.Addr()] = true
		}
		if e.matched {
			r.peers[a.Addr()] = true
		}
	}
	for k := range s.pairs {
		if k.protocol == capture.PCCRR {
			r.asked[k.server.Addr()] = true
		}
	}
	return r
}

// of returns the role of a server of MS-PCCRR towards a client, and why.
func (r *roles) of(client netip.Addr, server netip.AddrPort) (role, why string) {
	e := r.servers[server]
	if e == nil {
		e = new(evidence)
	}
	switch {
	case e.offeredTo:
		return HostedCache, "it was sent offers"
	case e.listed:
		return HostedCache, "it was sent MSG_GETSEGLIST"
	case r.caches[client] && e.offers:
		return Offerer, "its offer names this port"
	case e.matched:
		return Peer, "its ProbeMatches names this port"
	case r.caches[client]:
		return Offerer, "a hosted cache asks it"
	case r.caches[server.Addr()]:
		return HostedCache, "another port of it was sent offers"
	case r.peers[server.Addr()]:
		return Peer, "it sent a ProbeMatches"
	case r.probing[client]:
		return Peer, "the client sends Probes"
	case r.secure[[2]netip.Addr{server.Addr(), client}] && r.asked[client]: // as when an offer of version 1.0 is in TLS
		return Offerer, "presumed: who asks it is asked for blocks itself, and it has TLS to that"
	}
	return HostedCache, "presumed: there is no Probe of the client"
}

// discovery takes a Probe or ProbeMatches.
func (s *Stats) discovery(x *conversation.Exchange) {
	s.exchange(x, 0)
	d := x.Discovery
	switch {
	case d.Matches != nil:
		if p := s.pairs[pairKey{x.Protocol, x.Client.Addr(), x.Server}]; p != nil {
			p.Requests-- // the Probe has been counted
		}
		for i := range d.Matches.ProbeMatch {
			m := &d.Matches.ProbeMatch[i]
			for _, address := range m.XAddrs {
				if a, err := netip.ParseAddrPort(address); err == nil {
					s.evidenceOf(netip.AddrPortFrom(a.Addr().Unmap(), a.Port())).matched = true
				}
			}
		}
		s.evidenceOf(x.Server).matched = true
		if d.Probe != nil {
			for _, id := range d.Probe.HoHoDk {
				for _, p := range s.places(id, x.Client.Addr()) {
					p.content.Matches++
				}
			}
		}
	case d.Probe != nil:
		if s.room("clients that send Probes", len(s.probing), s.limits.Pairs) {
			s.probing[x.Client.Addr()] = true
		}
		for _, id := range d.Probe.HoHoDk {
			for _, p := range s.places(id, x.Client.Addr()) {
				c := p.content
				if c.Probes++; c.firstProbe.Frame == 0 {
					c.firstProbe = at(&x.Request.Place)
				}
			}
		}
	}
}
