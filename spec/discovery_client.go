package spec

import (
	"slices"
	"time"
)

// DiscoveryClient is the client of MS-PCCRD 3.1. Call its methods as events happen;
// [Multicast] tells what to send to the groups of section 2.1. Time is as for [Client].
type DiscoveryClient struct {
	// Wait is how long answers to a Probe are waited for; 0 stands for 300 ms, as Windows
	// 7 does. It must not be less than the longest delay of servers (3.1.2).
	Wait time.Duration

	// Local reports whether host:port is on the subnet of the client, which only uses
	// peers there (3.1.4.1). nil stands for any.
	Local func(hostPort string) bool

	probes []outstandingProbe
}

// outstandingProbe is a Probe whose answers are waited for.
type outstandingProbe struct {
	DiscoveryPart
	messageID string
	until     time.Duration
	seen      []string // MessageIDs of answers
	found     []Found
}

const (
	defaultWait = 300 * time.Millisecond

	// MinBackoff and MaxBackoff bound how long a server waits before it answers a Probe
	// (MS-PCCRD 3.2.2).
	MinBackoff = time.Millisecond
	MaxBackoff = 65 * time.Millisecond
)

// maxProbeIDs is how many HoHoDks a Probe of version 2.0 may have, whose count is a byte.
const maxProbeIDs = 255

// Probe asks for peers that have segments of Content Information of that version, 1 or
// 2, which is that of the Probe (2.2.2). messageID is "urn:uuid:" and a UUID that no
// other message has. In version 2.0 there are at most 255 segments, all with HoHoDks of
// the same length; others are dropped.
func (c *DiscoveryClient) Probe(now time.Duration, messageID string, version uint8, hoHoDks ...string) []Action {
	actions := c.Tick(now)
	message := assembleProbe(messageID, version, hoHoDks)
	if _, ok := DecodeDiscovery(message); !ok {
		return append(actions, Drop{Rule: "PCCRD-2.2.3.3-Scopes"})
	}
	wait := c.Wait
	if wait == 0 {
		wait = defaultWait
	}
	c.probes = append(c.probes, outstandingProbe{DiscoveryPart: DiscoveryPart{Version: version, HoHoDks: slices.Clone(hoHoDks)}, messageID: messageID, until: now + max(wait, MaxBackoff)})
	return append(actions, Multicast{string(message)})
}

// Receive takes a datagram (3.1.4.1, 3.1.6). What is malformed, or no answer to a Probe
// whose answers are waited for, is dropped.
func (c *DiscoveryClient) Receive(now time.Duration, message []byte) []Action {
	actions := c.Tick(now)
	d := Dissect(Discovery, message)
	if v, malformed := d.First(); malformed {
		return append(actions, Drop{Rule: v.Rule})
	}
	m, _ := d.Discovery()
	i := slices.IndexFunc(c.probes, func(p outstandingProbe) bool { return m.Probe == nil && p.messageID == m.RelatesTo })
	if i < 0 {
		return append(actions, Drop{Rule: "PCCRD-3.1.4.1-RelatesTo"})
	}
	p := &c.probes[i]
	if m.MessageID != "" && slices.Contains(p.seen, m.MessageID) {
		return append(actions, Drop{Rule: "PCCRD-3.1.4.1-Duplicate"})
	}
	p.seen = append(p.seen, m.MessageID)
	used := len(actions)
	for i := range m.Matches {
		for _, f := range c.matches(p, &m.Matches[i]) {
			if !slices.Contains(p.found, f) {
				p.found, actions = append(p.found, f), append(actions, f)
			}
		}
	}
	if len(actions) == used {
		return append(actions, Drop{Rule: "PCCRD-3.1.4.1-Check"})
	}
	return actions
}

// matches returns what a ProbeMatch has of the segments of a Probe.
func (c *DiscoveryClient) matches(p *outstandingProbe, m *DiscoveryPart) (all []Found) {
	if m.Version != p.Version {
		return nil
	}
	for _, peer := range m.XAddrs {
		if c.Local != nil && !c.Local(peer) {
			continue
		}
		for i, id := range m.HoHoDks {
			if slices.Contains(p.HoHoDks, id) && m.BlockCounts[i] > 0 {
				all = append(all, Found{Probe: p.messageID, HoHoDk: id, Peer: peer, Blocks: m.BlockCounts[i]})
			}
		}
		for i, id := range p.HoHoDks {
			if i < len(m.Availability) && m.Availability[i] >= 2 {
				all = append(all, Found{Probe: p.messageID, HoHoDk: id, Peer: peer, All: m.Availability[i] == 3})
			}
		}
	}
	return all
}

// Tick ends the Probes that have been waited for (3.1.2).
func (c *DiscoveryClient) Tick(now time.Duration) (actions []Action) {
	c.probes = slices.DeleteFunc(c.probes, func(p outstandingProbe) bool {
		if now < p.until {
			return false
		}
		actions = append(actions, Waited{p.messageID})
		return true
	})
	return actions
}

// NextTick returns when the next Probe ends, and whether there is one.
func (c *DiscoveryClient) NextTick() (at time.Duration, running bool) {
	for i := range c.probes {
		if until := c.probes[i].until; !running || until < at {
			at, running = until, true
		}
	}
	return at, running
}
