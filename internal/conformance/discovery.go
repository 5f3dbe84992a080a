package conformance

import (
	"fmt"

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
	}
	switch x.Result {
	case conversation.Asked:
		c.form(e, x)
	case conversation.Mismatched:
		c.blame("PCCRD-3.2.4.1-Match", x.Reason, e.Place)
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
