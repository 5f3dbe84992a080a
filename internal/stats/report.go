package stats

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/hostedcache/pchc/internal/byterange"
	"github.com/hostedcache/pchc/internal/capture"
)

// Report is what was collected, in order.
type Report struct {
	Captures  []Capture
	Contents  []ContentRow
	Clients   []Endpoint
	Servers   []Endpoint
	Exchanges []Pair
	Offers    []Offers
	Tags      []Tag
	Segments  []Segment
	Blocks    Blocks
	Rules     []Rule
	Problems  []Problem
	Beyond    []Beyond
	Hidden    []netip.AddrPort // servers with TLS
}

// ContentRow is a content: from where its bytes came.
type ContentRow struct {
	Name    string `json:"content"`           // URL, or the HoHoDk of a segment
	Segment bool   `json:"segment,omitempty"` // Name is that of a segment
	Length  uint64 `json:"length"`            // 0 where it is not known
	Clients int    `json:"clients"`

	// From are the bytes that clients got from each, and that they got from nobody; Twice
	// are those of them that a client got from several.
	From  From   `json:"from"`
	Twice uint64 `json:"twice"`

	Offered      uint64 `json:"offered"` // to hosted caches
	OfferedAgain uint64 `json:"offeredAgain"`
	Fetched      uint64 `json:"fetched"` // by hosted caches from clients
	FetchedAgain uint64 `json:"fetchedAgain"`

	Sources []SourceRow `json:"sources"`
	Why     []WhyRow    `json:"why"`

	OfferedRanges byterange.Ranges `json:"offeredRanges"`

	// What the rest follows from, in a report of several captures, too.
	Offers      int64        `json:"offers"`      // segments in offers
	Information int64        `json:"information"` // how often the content server sent Content Information
	Refused     int64        `json:"refused"`     // and content though the client accepts that
	Requests    int64        `json:"requests"`    // of MS-PCCRR
	Probes      int64        `json:"probes"`
	Matches     int64        `json:"matches"`
	AskedBy     []netip.Addr `json:"askedBy"` // clients that asked the content server
	First       [2]At        `json:"first"`   // where that sent it, and where the first Probe was
}

// From are bytes by their source.
type From struct {
	ContentServer uint64 `json:"contentServer"`
	HostedCache   uint64 `json:"hostedCache"`
	Peers         uint64 `json:"peers"`
	Nobody        uint64 `json:"nobody"`
}

func (f *From) sum() uint64 { return f.ContentServer + f.HostedCache + f.Peers + f.Nobody }

func (f *From) add(o *From) {
	f.ContentServer += o.ContentServer
	f.HostedCache += o.HostedCache
	f.Peers += o.Peers
	f.Nobody += o.Nobody
}

// SourceRow is from whom a client got bytes.
type SourceRow struct {
	Client     netip.Addr       `json:"client"`
	Server     netip.AddrPort   `json:"server"`
	Role       string           `json:"role"`
	Because    string           `json:"because,omitempty"` // why that is taken to be its role
	Bytes      uint64           `json:"bytes"`             // verified, or sent by the content server; each once
	Again      uint64           `json:"again"`             // of that, what came repeatedly
	Unverified uint64           `json:"unverified"`        // of blocks that were not verified, as sent
	Unplaced   uint64           `json:"unplaced"`          // it is not known where in the content
	Lost       uint64           `json:"lost"`              // not in the capture
	Ranges     byterange.Ranges `json:"ranges"`
}

// WhyRow is a reason why bytes did not come from a hosted cache or a peer.
type WhyRow struct {
	Reason  string `json:"reason"`
	Count   int64  `json:"count"`
	Server  string `json:"server,omitempty"`
	Role    string `json:"role,omitempty"`
	Segment string `json:"segment,omitempty"`
	Detail  string `json:"detail,omitempty"`
	First   At     `json:"first"`
}

// Endpoint is a client or a server, with what it did in all protocols, or in one.
type Endpoint struct {
	Address  string `json:"address"`
	Role     string `json:"role,omitempty"`    // of a server
	Because  string `json:"because,omitempty"` // why that is taken to be its role
	Protocol string `json:"protocol"`
	Counts
	HitRate     float64 `json:"hitRate"`        // hits of hits and misses, 0 without any, and of MS-PCCRD
	BytesPerSec float64 `json:"bytesPerSecond"` // while it was awaited
}

// Beyond is what was not told apart, for there is too much of it.
type Beyond struct {
	What  string `json:"what"`
	Count int64  `json:"count"`
}

// Report returns what was collected so far.
func (s *Stats) Report() *Report {
	s.stop()
	s.settle()
	roles := s.roles()
	r := &Report{Captures: slices.Clone(s.captures), Blocks: s.blocks, Problems: slices.Clone(s.problems)}
	for _, c := range s.order {
		r.Contents = append(r.Contents, c.row(roles, s.unconnected))
	}
	for _, p := range s.pairs {
		r.Exchanges = append(r.Exchanges, *p)
	}
	for _, o := range s.offers {
		r.Offers = append(r.Offers, *o)
	}
	for _, t := range s.tags {
		r.Tags = append(r.Tags, *t)
	}
	for _, g := range s.segments {
		r.Segments = append(r.Segments, *g)
	}
	for _, rule := range s.rules {
		r.Rules = append(r.Rules, *rule)
	}
	for what, n := range s.beyond {
		if n == 0 {
			continue
		}
		r.Beyond = append(r.Beyond, Beyond{what, n})
	}
	for _, b := range []Beyond{{furtherSegments, s.further}, {untold, s.untold}} {
		if b.Count > 0 {
			r.Beyond = append(r.Beyond, b)
		}
	}
	r.Hidden = slices.SortedFunc(maps.Keys(s.hidden), netip.AddrPort.Compare)
	if n := len(r.Captures); n > 0 {
		r.Captures[n-1].Hidden = r.Hidden
	}
	r.sort()
	r.endpoints(roles)
	return r
}

// What is counted in Beyond last.
const (
	furtherSegments = "offers of further segments"
	untold          = "offers of which it is not known if they are repeats"
)

// sort puts all rows in order but those of contents, clients and servers.
func (r *Report) sort() {
	slices.SortFunc(r.Exchanges, func(a, b Pair) int {
		return cmp.Or(a.Client.Compare(b.Client), a.Server.Compare(b.Server), strings.Compare(a.Protocol, b.Protocol))
	})
	slices.SortFunc(r.Offers, func(a, b Offers) int { return cmp.Or(a.Client.Compare(b.Client), a.Cache.Compare(b.Cache)) })
	slices.SortFunc(r.Tags, func(a, b Tag) int { return cmp.Or(cmp.Compare(b.Offers, a.Offers), strings.Compare(a.Tag, b.Tag)) })
	slices.SortFunc(r.Segments, func(a, b Segment) int {
		return cmp.Or(cmp.Compare(b.Offers, a.Offers), cmp.Compare(a.First.Frame, b.First.Frame), strings.Compare(a.HoHoDk, b.HoHoDk))
	})
	slices.SortFunc(r.Rules, func(a, b Rule) int { return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Rule, b.Rule)) })
	rank := func(b Beyond) int { return strings.Index(furtherSegments+untold, b.What) } // -1 for all others
	slices.SortFunc(r.Beyond, func(a, b Beyond) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a.What, b.What)) })
}

// row returns a content with what follows from roles.
func (c *Content) row(roles *roles, attempts []capture.Unconnected) ContentRow {
	r := ContentRow{Name: c.Name, Segment: c.Segment, Length: c.Length, OfferedRanges: c.Offered, OfferedAgain: c.OfferedBytes,
		Offers: c.Offers, Information: c.Information, Refused: c.Refused, Requests: c.Requests, Probes: c.Probes, Matches: c.Matches,
		First: [2]At{c.firstPlain, c.firstProbe}, Sources: []SourceRow{}, Why: []WhyRow{}, AskedBy: slices.SortedFunc(maps.Keys(c.clients), netip.Addr.Compare)}
	if c.of != nil {
		r.Length = c.of.Length
	}
	for _, f := range c.sources {
		row := SourceRow{Client: f.Client, Server: f.Server, Role: ContentServer, Bytes: f.Ranges.Bytes() + f.overflow, Unverified: f.Unverified, Unplaced: f.Unplaced, Lost: f.Lost, Ranges: f.Ranges}
		row.Again = f.Bytes - row.Bytes
		if !f.Plain {
			row.Role, row.Because = roles.of(f.Client, f.Server)
		}
		r.Sources = append(r.Sources, row)
	}
	for _, w := range c.why {
		row := WhyRow{Reason: w.Reason, Count: w.Count, Server: w.Server.String(), Segment: w.Segment, Detail: w.Detail, First: w.First, Role: ContentServer}
		if !w.plain {
			row.Role, _ = roles.of(w.client, w.Server)
		}
		r.Why = append(r.Why, row)
	}
	r.Why = append(r.Why, c.unfetched(attempts)...)
	r.derive(c.OfferedBytes)
	return r
}

// derive sets what follows from the rest, of which Why has only the reasons of servers.
// offered are the bytes that were offered, with repeats.
func (r *ContentRow) derive(offered uint64) {
	r.Offered = r.OfferedRanges.Bytes()
	r.OfferedAgain = offered - r.Offered
	r.From, r.Twice, r.Fetched, r.FetchedAgain = From{}, 0, 0, 0
	got, further := map[netip.Addr]byterange.Ranges{}, map[netip.Addr]uint64{} // by each client
	for _, client := range r.AskedBy {
		got[client] = nil
	}
	for i := range r.Sources {
		f := &r.Sources[i]
		further[f.Client] += f.Bytes - f.Ranges.Bytes() + f.Unplaced // may be in the holes
		switch f.Role {
		case ContentServer:
			r.From.ContentServer += f.Bytes + f.Unplaced
		case HostedCache:
			r.From.HostedCache += f.Bytes
		case Peer:
			r.From.Peers += f.Bytes
		case Offerer:
			r.Fetched += f.Bytes
			r.FetchedAgain += f.Again
			continue
		}
		all := slices.Clone(got[f.Client])
		before := all.Bytes()
		all.Union(f.Ranges)
		r.Twice += f.Ranges.Bytes() - (all.Bytes() - before)
		got[f.Client] = all
	}
	r.Clients = len(got)
	for client, all := range got {
		missing := all.Holes(r.Length).Bytes()
		r.From.Nobody += missing - min(missing, further[client])
	}
	r.why()
}

// why adds the reasons that follow from the numbers, first what explains most.
func (r *ContentRow) why() {
	all := []WhyRow{}
	fromServer := r.From.ContentServer+r.From.Nobody > 0
	switch {
	case !fromServer:
	case r.Information == 0 && r.Refused == 0 && !r.Segment:
		all = append(all, WhyRow{Reason: "its Content Information is not in the capture", Count: 1, First: r.First[0]})
	case r.Information > 0 && r.Requests == 0 && r.Probes == 0:
		all = append(all, WhyRow{Reason: "nobody asked a hosted cache or a peer for it, and no Probe was sent", Count: 1, First: r.First[0]})
	}
	if r.Probes > 0 && r.Matches == 0 {
		all = append(all, WhyRow{Reason: "no peer answered Probes for it", Count: r.Probes, First: r.First[1]})
	}
	unfetched, told := r.Offered > 0 && r.Fetched == 0, false
	for _, w := range r.Why {
		ofOffer := slices.Contains(ofOffers[:], w.Reason)
		if w.Server != "" && (unfetched || !ofOffer) {
			all = append(all, w)
			told = told || ofOffer
		}
	}
	if unfetched && !told {
		all = append(all, WhyRow{Reason: reasonUnfetched, Count: r.Offers})
	}
	r.Why = all
}

// endpoints sums up the exchanges by client and by server.
func (r *Report) endpoints(roles *roles) {
	clients, servers := map[string]*Endpoint{}, map[string]*Endpoint{}
	of := func(m map[string]*Endpoint, e Endpoint) *Endpoint {
		key := e.Address + " " + e.Protocol + " " + e.Role
		if m[key] == nil {
			m[key] = &e
		}
		return m[key]
	}
	for i := range r.Exchanges {
		p := &r.Exchanges[i]
		c := of(clients, Endpoint{Address: p.Client.String(), Protocol: p.Protocol})
		c.Counts.Add(&p.Counts)
		c.Violations += p.OfClient - p.Violations
		role, because := ContentServer, ""
		switch p.Protocol {
		case retrieval:
			role, because = roles.of(p.Client, p.Server)
		case discovery:
			role = Peer
			if p.Server.Addr().IsMulticast() {
				role = "multicast group"
			}
		}
		v := of(servers, Endpoint{Address: p.Server.String(), Protocol: p.Protocol, Role: role, Because: because})
		v.Counts.Add(&p.Counts)
		v.Violations += p.OfServer - p.Violations
	}
	for _, e := range clients {
		r.Clients = append(r.Clients, *e)
	}
	for _, e := range servers {
		r.Servers = append(r.Servers, *e)
	}
	finish(r.Clients)
	finish(r.Servers)
}

// rated is of how many requests the hits are a rate. Of Probes there is none: those that find
// nothing have no answer, and others have several.
func (e *Endpoint) rated() int64 {
	if e.Protocol == discovery {
		return 0
	}
	return e.Hits + e.Misses
}

// finish sets what follows from the sums, and puts the rows in order.
func finish(all []Endpoint) {
	for i := range all {
		e := &all[i]
		if n := e.rated(); n > 0 {
			e.HitRate = float64(e.Hits) / float64(n)
		}
		e.BytesPerSec = e.Rate()
	}
	slices.SortFunc(all, func(a, b Endpoint) int {
		return cmp.Or(strings.Compare(a.Protocol, b.Protocol), cmp.Compare(b.Requests, a.Requests), strings.Compare(a.Address, b.Address), strings.Compare(a.Role, b.Role))
	})
}

// Faulty reports whether something is missing from the captures, could not be read, or
// did not verify.
func (r *Report) Faulty() bool {
	for _, c := range r.Captures {
		if c.Problems > 0 {
			return true
		}
	}
	return len(r.Blocks.Unverified) > 0 || len(r.Rules) > 0
}

// Empty reports whether there was nothing to count.
func (r *Report) Empty() bool {
	for _, c := range r.Captures {
		if c.Messages > 0 || c.Problems > 0 {
			return false
		}
	}
	return true
}
