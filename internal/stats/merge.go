package stats

import (
	"net/netip"
	"slices"
	"strings"
)

// Merge adds the report of further captures, such that the result is that of all
// captures. What o has is not changed, but may be shared.
//
// Each capture is counted by itself, so a conversation, a repeated offer, Content
// Information and the role of a server are told within their capture. Rows beyond limits
// are counted in Beyond.
func (r *Report) Merge(o *Report, limits Limits) {
	beyond := slices.Clone(o.Beyond)
	drop := func(what string, n int64) {
		if n > 0 {
			beyond = append(beyond, Beyond{what, n})
		}
	}
	r.Captures = append(r.Captures, o.Captures...)
	if r.Blocks.Unverified == nil {
		r.Blocks.Unverified = []Unverified{}
	}
	drop("contents", mergeRows(&r.Contents, o.Contents, limits.Contents, func(c *ContentRow) string { return c.Name }, (*ContentRow).add, one[ContentRow]))
	type role struct{ address, protocol, role string }
	byRole := func(e *Endpoint) role { return role{e.Address, e.Protocol, e.Role} }
	for _, of := range []struct{ to, from *[]Endpoint }{{&r.Clients, &o.Clients}, {&r.Servers, &o.Servers}} {
		mergeRows(of.to, *of.from, 2*limits.Pairs, byRole, (*Endpoint).add, one[Endpoint])
		finish(*of.to)
	}
	type pair struct {
		protocol string
		client   netip.Addr
		server   netip.AddrPort
	}
	drop("exchanges of further clients and servers", mergeRows(&r.Exchanges, o.Exchanges, limits.Pairs, func(p *Pair) pair { return pair{p.Protocol, p.Client, p.Server} }, func(to, from *Pair) {
		to.Add(&from.Counts)
		to.OfClient += from.OfClient
		to.OfServer += from.OfServer
	}, func(p *Pair) int64 { return p.Requests }))
	drop("offers of further clients and caches", mergeRows(&r.Offers, o.Offers, limits.Pairs, func(f *Offers) offerKey { return offerKey{f.Client, f.Cache} }, (*Offers).add, func(f *Offers) int64 { return f.Messages }))
	drop("content tags", mergeRows(&r.Tags, o.Tags, limits.Tags, func(t *Tag) string { return t.Tag }, func(to, from *Tag) {
		to.Offers += from.Offers
		to.Bytes += from.Bytes
	}, func(t *Tag) int64 { return t.Offers }))
	drop(furtherSegments, mergeRows(&r.Segments, o.Segments, limits.Segments, func(s *Segment) string { return s.HoHoDk }, func(to, from *Segment) {
		to.Offers += from.Offers
		to.Repeats += from.Repeats
		to.Size = max(to.Size, from.Size)
	}, func(s *Segment) int64 { return s.Offers }))
	mergeRows(&r.Rules, o.Rules, len(r.Rules)+len(o.Rules), func(u *Rule) string { return u.Rule }, func(to, from *Rule) { to.Count += from.Count }, one[Rule])
	r.Blocks.Verified += o.Blocks.Verified
	r.Blocks.Bytes += o.Blocks.Bytes
	r.Blocks.Unverified = slices.Clone(r.Blocks.Unverified)
	mergeRows(&r.Blocks.Unverified, o.Blocks.Unverified, len(faultNames), func(u *Unverified) string { return u.Fault }, func(to, from *Unverified) {
		to.Blocks += from.Blocks
		to.Bytes += from.Bytes
	}, one[Unverified])
	for _, p := range o.Problems {
		switch {
		case p.Note && slices.ContainsFunc(r.Problems, func(q Problem) bool { return q.Note && q.Place.Dst == p.Place.Dst && q.Detail == p.Detail }):
		case len(r.Problems) < limits.Problems:
			r.Problems = append(r.Problems, p)
		default:
			drop("problems and notes", 1)
		}
	}
	mergeRows(&r.Beyond, beyond, len(r.Beyond)+len(beyond), func(b *Beyond) string { return b.What }, func(to, from *Beyond) { to.Count += from.Count }, one[Beyond])
	r.Hidden = append(slices.Clone(r.Hidden), o.Hidden...)
	slices.SortFunc(r.Hidden, netip.AddrPort.Compare)
	r.Hidden = slices.Compact(r.Hidden)
	r.sort()
}

func one[T any](*T) int64 { return 1 }

// mergeRows adds rows to those with the same key, or behind all up to the limit. It
// returns how many, as counted by size, are beyond it.
func mergeRows[T any, K comparable](to *[]T, from []T, limit int, key func(*T) K, add func(to, from *T), size func(*T) int64) (beyond int64) {
	known := make(map[K]int, len(*to)+len(from))
	for i := range *to {
		known[key(&(*to)[i])] = i
	}
	all := slices.Clip(*to)
	for i := range from {
		k := key(&from[i])
		at, ok := known[k]
		switch {
		case ok:
			add(&all[at], &from[i])
		case len(all) < limit:
			known[k] = len(all)
			all = append(all, from[i])
		default:
			beyond += size(&from[i])
		}
	}
	*to = all
	return beyond
}

func (e *Endpoint) add(o *Endpoint) {
	e.Counts.Add(&o.Counts)
	if presumed(e.Because) && o.Because != "" {
		e.Because = o.Because
	}
}

// presumed reports whether that is the reason for a role.
func presumed(because string) bool { return strings.HasPrefix(because, "presumed") }

func (f *Offers) add(o *Offers) {
	f.Messages += o.Messages
	f.Offers += o.Offers
	f.Repeats += o.Repeats
	f.Bytes += o.Bytes
	f.OK += o.OK
	f.Interested += o.Interested
	f.Failed += o.Failed
	f.Unanswered += o.Unanswered
	f.NotCaptured += o.NotCaptured
	f.Malformed += o.Malformed
	f.Violations += o.Violations
	f.Took.Merge(&o.Took)
}

func (r *ContentRow) add(o *ContentRow) {
	offered := r.Offered + r.OfferedAgain + o.Offered + o.OfferedAgain
	r.Length = max(r.Length, o.Length)
	r.OfferedRanges = slices.Clone(r.OfferedRanges)
	r.OfferedRanges.Union(o.OfferedRanges)
	r.Offers += o.Offers
	r.Information += o.Information
	r.Refused += o.Refused
	r.Requests += o.Requests
	r.Probes += o.Probes
	r.Matches += o.Matches
	for i := range r.First {
		if r.First[i] == (At{}) {
			r.First[i] = o.First[i]
		}
	}
	r.AskedBy = append(slices.Clone(r.AskedBy), o.AskedBy...)
	slices.SortFunc(r.AskedBy, netip.Addr.Compare)
	r.AskedBy = slices.Compact(r.AskedBy)
	type source struct {
		client netip.Addr
		server netip.AddrPort
		role   string
	}
	r.Sources = slices.Clone(r.Sources)
	mergeRows(&r.Sources, o.Sources, len(r.Sources)+len(o.Sources), func(s *SourceRow) source { return source{s.Client, s.Server, s.Role} }, (*SourceRow).add, one[SourceRow])
	type why struct{ reason, server, role string }
	r.Why = slices.Clone(r.Why)
	mergeRows(&r.Why, o.Why, len(r.Why)+len(o.Why), func(w *WhyRow) why { return why{w.Reason, w.Server, w.Role} }, func(to, from *WhyRow) { to.Count += from.Count }, one[WhyRow])
	r.derive(offered)
}

func (s *SourceRow) add(o *SourceRow) {
	further := s.Bytes - s.Ranges.Bytes() + o.Bytes - o.Ranges.Bytes() // not in ranges
	total := s.Bytes + s.Again + o.Bytes + o.Again
	s.Ranges = slices.Clone(s.Ranges)
	s.Ranges.Union(o.Ranges)
	s.Bytes = s.Ranges.Bytes() + further
	s.Again = total - s.Bytes
	s.Unverified += o.Unverified
	s.Unplaced += o.Unplaced
	s.Lost += o.Lost
	if presumed(s.Because) && o.Because != "" {
		s.Because = o.Because
	}
}
