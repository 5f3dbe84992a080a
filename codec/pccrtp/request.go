package pccrtp

import "github.com/hostedcache/pchc/pccrc"

// Coding is the name of the content coding, to be compared without regard to case.
const Coding = "peerdist"

const requestName = "HTTP request"

// RequestHeader has the values of the fields of a request, "" for one that is not
// there.
type RequestHeader struct{ AcceptEncoding, PeerDist, PeerDistEx string }

// Request is what the fields of a request say.
type Request struct {
	Accepts    bool // Accept-Encoding lists peerdist
	PeerDist   PeerDist
	PeerDistEx PeerDistEx
}

// NewRequest returns a request for Content Information up to that version, 1.0 or
// 2.0. It is of version 1.1 of the encoding.
func NewRequest(highest Version) Request {
	return Request{true, PeerDist{Version: Version11}, PeerDistEx{MinContentInformation: Version10, MaxContentInformation: highest}}
}

// DecodeRequest reads the fields of a request. The error, if any, is an *Error for
// the first format rule that they violate.
func DecodeRequest(h RequestHeader) (Request, error) {
	var format finding
	r := h.read(&format, nil)
	if format.found {
		return Request{}, format.err(requestName, false)
	}
	return r, nil
}

// CheckSenderRules returns an *Error for the first sender rule that the fields
// violate, and nil if they violate none.
func (h RequestHeader) CheckSenderRules() error {
	var format, sender finding
	h.read(&format, &sender)
	return sender.err(requestName, true)
}

// read reads the fields, and looks for violations of sender rules if sender is not
// nil.
func (h *RequestHeader) read(format, sender *finding) Request {
	var first, second reading
	first.read(h.PeerDist, fieldPeerDist, peerDistParameters[:], false, format, sender)
	second.read(h.PeerDistEx, fieldPeerDistEx, peerDistExParameters[:], false, format, sender)
	r := Request{accepts(h.AcceptEncoding), first.peerDist(), second.peerDistEx()}
	if sender == nil {
		return r
	}
	for i := range 2 {
		v := second.version[i]
		if v == (Version{}) || v == Version10 || v == Version20 && i == 1 {
			continue
		}
		sender.add(fieldPeerDistEx, pccrc.ErrorFields{Rule: RuleMinMax, Field: peerDistExParameters[i].path, Offset: second.at[i],
			Detail: [2]string{"is not 1.0", "is neither 1.0 nor 2.0"}[i]})
	}
	if !r.Accepts {
		return r
	}
	if first.flag[2] == True {
		sender.add(fieldPeerDist, pccrc.ErrorFields{Rule: RuleMissing, Field: peerDistParameters[2].path, Offset: first.at[2],
			Detail: "is used with peerdist in Accept-Encoding"})
	}
	if first.at[0] < 0 {
		sender.add(fieldPeerDist, absent(RuleParams, "X-P2P-PeerDist", peerDistParameters[0].path, h.PeerDist))
	}
	for i := range 2 {
		if r.PeerDist.Version == Version11 && second.at[i] < 0 {
			sender.add(fieldPeerDistEx, absent(RuleParams, "X-P2P-PeerDistEx", peerDistExParameters[i].path, h.PeerDistEx))
		}
	}
	return r
}

// absent returns the violation of a rule by a parameter that is not in a field, or
// by a field that is not there.
func absent(rule Rule, field, parameter, value string) pccrc.ErrorFields {
	e := pccrc.ErrorFields{Rule: rule, Field: parameter, Offset: len(value), Detail: "missing"}
	if value == "" {
		e.Field = field
	}
	return e
}

// ContentVersions returns the versions of Content Information that the client
// reads: 1.0 alone where it does not say (MS-PCCRTP 3.2.5.1).
func (r Request) ContentVersions() (lowest, highest Version) {
	lowest, highest = r.PeerDistEx.MinContentInformation, r.PeerDistEx.MaxContentInformation
	if lowest == (Version{}) {
		lowest = Version10
	}
	if highest == (Version{}) {
		highest = Version10
	}
	return lowest, highest
}

// Negotiate returns what a server that supports both versions of each answers
// with: the Version of the response, and the version of the Content Information. ok is
// false where it must send the content in another coding: peerdist is not accepted,
// or nothing that it asks for exists (MS-PCCRTP 3.2.5.1).
func (r Request) Negotiate() (encoding, content Version, ok bool) {
	lowest, highest := r.ContentVersions()
	if !r.Accepts || r.PeerDist.Version.Compare(Version10) < 0 || lowest != Version10 || highest != Version10 && highest != Version20 {
		return Version{}, Version{}, false
	}
	encoding = Version11
	if r.PeerDist.Version.Compare(encoding) < 0 {
		encoding = Version10
	}
	return encoding, highest, true
}

// CheckContent returns an *Error that violates [RuleRange] if Content Information
// of that version answers a request that does not ask for it, and nil if it may.
func (r Request) CheckContent(v Version) error {
	lowest, highest := r.ContentVersions()
	e := pccrc.ErrorFields{Rule: RuleRange, Sender: true, Message: responseName, Field: "Content Information", Value: uint64(v.Major)}
	switch {
	case v.Compare(highest) > 0:
		e.Detail = "has version %.0, higher than the request asks for"
	case v.Compare(lowest) < 0:
		e.Detail = "has version %.0, lower than the request asks for"
	default:
		return nil
	}
	return failed(pccrc.NewError(e))
}
