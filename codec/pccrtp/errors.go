package pccrtp

import "github.com/hostedcache/pchc/pccrc"

// Error is the first violation of a rule. Its Message is "HTTP request" or "HTTP
// response", and its path the name of a header field, with that of a parameter:
// X-P2P-PeerDist.Version. It is the error type of package pccrc.
type Error = pccrc.Error

// Rule names one rule of the specification. It is the type of package pccrc.
type Rule = pccrc.Rule

// The format rules.
const (
	RuleContentEncoding Rule = "PCCRTP-2.2-ContentEncoding" // peerdist is the only coding of its body
	RulePeerDist        Rule = "PCCRTP-2.2-PeerDist"        // X-P2P-PeerDist can be read
	RulePeerDistEx      Rule = "PCCRTP-2.2-PeerDistEx"      // X-P2P-PeerDistEx can be read
)

// The sender rules.
const (
	RuleParameters    Rule = "PCCRTP-2.2-Parameters"        // known parameters in their direction; flags are true
	RuleMinMax        Rule = "PCCRTP-2.2-MinMax"            // 1.0, and 1.0 or 2.0
	RuleMissing       Rule = "PCCRTP-2.2-Missing"           // MissingDataRequest is not used with peerdist in Accept-Encoding
	RuleParams        Rule = "PCCRTP-3.1.4-Params"          // peerdist needs Version, Version 1.1 needs both ContentInformation
	RuleContentLength Rule = "PCCRTP-3.2.5.1-ContentLength" // a peerdist response has Version, and ContentLength of the content range
	RuleValidator     Rule = "PCCRTP-3.2-Validator"         // a peerdist response has ETag or Last-Modified
	RuleRange         Rule = "PCCRTP-3.2.5.1-Range"         // Content Information has a version that was asked for
	RuleVersion       Rule = "PCCRTP-1.7-Version"           // a response has no higher Version than its request
)

// failed returns a copy of e that may be kept: the one allocation of whoever
// rejects something. It is not inlined, so that no function that accepts has one.
//
//go:noinline
func failed(e Error) error { return &e }

// A finding is a violation with the position of its field in the message.
type finding struct {
	found bool
	field int
	e     pccrc.ErrorFields
}

// add keeps e if it comes before what was found.
func (f *finding) add(field int, e pccrc.ErrorFields) {
	if !f.found || field < f.field || field == f.field && e.Offset < f.e.Offset {
		*f = finding{true, field, e}
	}
}

// err returns what was found as an error of the message of that name.
func (f *finding) err(name string, sender bool) error {
	if !f.found {
		return nil
	}
	f.e.Message, f.e.Sender = name, sender
	return failed(pccrc.NewError(f.e))
}
