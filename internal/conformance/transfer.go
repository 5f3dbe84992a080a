package conformance

import (
	"net/http"
	"strings"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/conversation"
	"github.com/hostedcache/pchc/spec"
)

// maxField is from which length on package capture may have cut the value of a field.
const maxField = 1 << 10

// transfer takes what a content server was asked, and its response.
func (c *Checker) transfer(e *capture.Event, x *conversation.Exchange) {
	c.seen(x)
	var asked, answered *spec.PeerDist
	if e.Protocol == capture.SMB2 {
		c.retrieval.counts[4]++
		if e.Kind == capture.Content {
			c.violations(spec.Dissect(spec.Content, e.Body), e)
		}
		return
	}
	c.retrieval.counts[3]++
	if f, ok := fieldsOf(e.Asked); ok && x.Request != nil {
		asked = spec.DissectPeerDistRequest(f)
		c.fields(asked, x.Request.Place)
	}
	if f, ok := fieldsOf(e.Answered); ok {
		answered = spec.DissectPeerDistResponse(f)
		c.fields(answered, e.Place)
	}
	if e.Kind != capture.Content {
		return
	}
	d := spec.Dissect(spec.Content, e.Body)
	c.violations(d, e)
	if len(d.Violations) > 0 {
		c.retrieval.doubtful = true
	}
	if x.Transfer.Information == nil || answered == nil {
		return
	}
	if e.Presumed {
		asked = nil
	}
	version, described := 1, x.Transfer.Range
	if strings.HasPrefix(d.Message, "CONTENT_INFORMATION_V2") {
		version = 2
	}
	for _, v := range spec.ComparePeerDist(asked, answered, version, described.Length) {
		if v.Rule == "PCCRTP-3.2.5.1-ContentLength" && (e.Status != http.StatusOK || described.Start > 0) {
			continue // what it is of a range, the text does not say
		}
		c.keep(suspicion{Violation: v, at: e.Place})
	}
}

// fields reports the violations in header fields.
func (c *Checker) fields(p *spec.PeerDist, at capture.Place) {
	for _, v := range p.Violations {
		c.add(v, at)
	}
}

// fieldsOf returns header fields, and false where they are not known, or not whole.
func fieldsOf(p *capture.PeerDist) (spec.HTTPFields, bool) {
	if p == nil || max(len(p.Coding), len(p.XP2PPeerDist), len(p.XP2PEx)) >= maxField {
		return spec.HTTPFields{}, false
	}
	return spec.HTTPFields{Coding: p.Coding, PeerDist: p.XP2PPeerDist, PeerDistEx: p.XP2PEx, Validator: p.Validator}, true
}
