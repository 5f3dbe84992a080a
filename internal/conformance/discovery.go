package conformance

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/hostedcache/pchc/codec/pccrd"
	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/conversation"
	"github.com/hostedcache/pchc/spec"
)

// discovery takes a Probe, or a ProbeMatches.
func (c *Checker) discovery(e *capture.Event, x *conversation.Exchange) {
	c.retrieval.counts[2]++
	c.violations(spec.Dissect(spec.Discovery, e.Body), e)
	if x.Discovery.Matches != nil {
		c.matches(e, x.Discovery)
		c.matched(e, x)
	}
	switch x.Result {
	case conversation.Asked:
		c.probed(e)
		c.form(e, x)
	case conversation.Mismatched:
		c.blame("PCCRD-3.2.4.1-Match", x.Reason, e.Place)
	}
}

// groups are where a Probe goes.
var groups = [...]netip.AddrPort{
	netip.AddrPortFrom(netip.AddrFrom4([4]byte{239, 255, 255, 250}), pccrd.Port),
	netip.AddrPortFrom(netip.MustParseAddr("ff02::c"), pccrd.Port),
}

// probed: a Probe goes to a group.
func (c *Checker) probed(e *capture.Event) {
	if !slices.Contains(groups[:], e.Dst) {
		c.add(spec.Violation{Rule: "PCCRD-2.1-Transport", Detail: fmt.Sprintf("a Probe went to %s, must go to %s or %s", e.Dst, groups[0], groups[1])}, e.Place)
	}
}

// minBackoff is the time that a server waits at least. That it waits too long nothing
// shows: the time of an answer has that on the way, too.
const minBackoff = time.Millisecond

// matched: a ProbeMatches goes to one end, and not at once. A capture whose frames have
// one time, or none, does not show when.
func (c *Checker) matched(e *capture.Event, x *conversation.Exchange) {
	if e.Dst.Addr().IsMulticast() {
		c.add(spec.Violation{Rule: "PCCRD-2.1-Transport", Detail: fmt.Sprintf("a ProbeMatches went to the group %s, must go to where its Probe came from", e.Dst)}, e.Place)
	}
	if waited := e.Time.Sub(x.Asked.Time); !x.Asked.Time.IsZero() && waited > 0 && waited < minBackoff {
		c.blame("PCCRD-3.2.2-Backoff", fmt.Sprintf("answered %s after the Probe in frame %d, must wait for 1 to 65 ms", waited, x.Asked.Frame), e.Place)
	}
}

// form: the version of a Probe is that of the Content Information.
func (c *Checker) form(e *capture.Event, x *conversation.Exchange) {
	p := x.Discovery.Probe
	for _, id := range p.HoHoDk {
		for at := range c.retrieval.secrets.Where(id) {
			if at.Version != int(p.Version) {
				r, _ := spec.RequirementByID("PCCRD-2.2.2-Form")
				c.add(spec.Violation{Rule: r.ID, Field: "Types",
					Detail: fmt.Sprintf("is of version %d.0, for Content Information %d.0", p.Version, at.Version)}, e.Place)
				return
			}
		}
	}
}
