package stats

import (
	"net/netip"
	"testing"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/capture/capturetest"
	ct "github.com/hostedcache/pchc/internal/conversation/conversationtest"
)

// TestRoles: what a server of MS-PCCRR is, by what was seen of it and of the client.
func TestRoles(t *testing.T) {
	client, cache := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")
	server := netip.MustParseAddrPort("10.0.0.3:80")
	at := func(a netip.Addr, port uint16) netip.AddrPort { return netip.AddrPortFrom(a, port) }
	for _, c := range []struct {
		name   string
		seen   map[netip.AddrPort]*evidence
		probes bool
		client netip.Addr
		server netip.AddrPort
		want   string

		secure, asked bool // the server has TLS to the client, which is asked itself
	}{
		{"nothing", nil, false, client, server, HostedCache, false, false},
		{"Probes", nil, true, client, server, Peer, false, false},
		{"offers to it", map[netip.AddrPort]*evidence{server: {offeredTo: true}}, true, client, server, HostedCache, false, false},
		{"MSG_GETSEGLIST", map[netip.AddrPort]*evidence{server: {listed: true}}, true, client, server, HostedCache, false, false},
		{"offers to another port", map[netip.AddrPort]*evidence{at(server.Addr(), 443): {offeredTo: true}}, true, client, server, HostedCache, false, false},
		{"ProbeMatches", map[netip.AddrPort]*evidence{server: {matched: true}}, false, client, server, Peer, false, false},
		{"ProbeMatches of another port", map[netip.AddrPort]*evidence{at(server.Addr(), 3702): {matched: true}}, false, client, server, Peer, false, false},
		{"a cache asks", map[netip.AddrPort]*evidence{at(cache, 80): {offeredTo: true}}, false, cache, server, Offerer, false, false},
		{"TLS to who asks", nil, false, cache, server, Offerer, true, true},
		{"TLS to who asks, with Probes", nil, true, cache, server, Peer, true, true},
		{"TLS to who asks and is not asked", nil, false, cache, server, HostedCache, true, false},
		{"who asks is asked", nil, false, cache, server, HostedCache, false, true},
		{"all on one machine, the cache", map[netip.AddrPort]*evidence{at(cache, 80): {offeredTo: true}, at(cache, 8282): {offers: true}}, false, cache, at(cache, 80), HostedCache, false, false},
		{"all on one machine, the client", map[netip.AddrPort]*evidence{at(cache, 80): {offeredTo: true}, at(cache, 8282): {offers: true}}, false, cache, at(cache, 8282), Offerer, false, false},
	} {
		s := New(nil, DefaultLimits)
		s.servers = c.seen
		s.probing[c.client] = c.probes
		s.pair(capture.PCCRR, at(c.client, 1), c.server)
		if c.secure {
			s.problem(&capture.Event{Kind: capture.Note, Hidden: true, Place: capture.Place{Src: at(c.server.Addr(), 7), Dst: at(c.client, 443)}})
		}
		if c.asked {
			s.pair(capture.PCCRR, at(client, 1), at(c.client, 80))
		}
		if got, why := s.roles().of(c.client, c.server); got != c.want || why == "" {
			t.Errorf("%s: %s, %s, want %s", c.name, got, why, c.want)
		}
	}
}

// TestSharedSegments: blocks that are in two contents belong to the one that the client
// asked for last.
func TestSharedSegments(t *testing.T) {
	one := ct.NewContent(1, "same", 70000)
	two := *one
	two.Path = "/copy"
	var s ct.Story
	s.Information(ct.Client, one)
	s.Information(ct.Client, &two)
	s.Information(ct.Client, one)
	s.Blocks(ct.Client, ct.Cache, one, ct.All)
	r := report(t, s.Encode(capturetest.Format{}), DefaultLimits)
	for content, want := range map[string]From{one.URL(): {HostedCache: 70000}, two.URL(): {Nobody: 70000}} {
		if got, _ := tell(r, content); got.From != want {
			t.Errorf("%s: %+v, want %+v", content, got.From, want)
		}
	}
}
