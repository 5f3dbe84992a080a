package pccrd

import "github.com/hostedcache/pchc/pccrc"

// Error is the first violation of a rule in a message. It is the error type of
// package pccrc. Its Offset is that of the element at fault in the datagram, or, of
// RuleXML, that of the byte; a violation in a value that is to be encoded has
// offset 0.
type Error = pccrc.Error

// Rule names one rule of the specification. It is the type of package pccrc.
type Rule = pccrc.Rule

// The format rules of MS-PCCRD. Bytes that violate one of them are not a message
// of this protocol: decoders reject them, encoders never write them.
const (
	RuleXML         Rule = "PCCRD-2.1-XML"             // XML 1.0 with namespaces in UTF-8, without a document type, MaxLen at most
	RuleEnvelope    Rule = "PCCRD-2.2.1-Envelope"      // a SOAP envelope around one wsd:Probe or one wsd:ProbeMatches
	RuleTypes       Rule = "PCCRD-2.2.3.1-Types"       // PeerDistData or PeerDistDataV2
	RuleScopes      Rule = "PCCRD-2.2.3.3-Scopes"      // version 1.0: HoHoDks in hexadecimal, at least one
	RuleScopesV2    Rule = "PCCRD-2.2.3.3-ScopesV2"    // version 2.0: base64 of HoHoDks, or of two bits for each
	RuleBlockCount  Rule = "PCCRD-2.2.3.9-BlockCount"  // version 1.0: 8 hexadecimal digits for each scope
	RuleSegmentAges Rule = "PCCRD-2.2.3.9-SegmentAges" // version 2.0: base64, if it is there
)

// The sender rules of MS-PCCRD. They bind the sender: AppendBinary and
// CheckSenderRules report a violation, decoders accept it.
const (
	RuleTo              Rule = "PCCRD-2.2.1-To"                // the address that WS-Discovery has for the message
	RuleAction          Rule = "PCCRD-2.2.1-Action"            // that of the message
	RuleMessageID       Rule = "PCCRD-2.2.1-MessageID"         // a URI
	RuleRelatesTo       Rule = "PCCRD-2.2.1-RelatesTo"         // an answer has the MessageID of its Probe
	RuleMatchBy         Rule = "PCCRD-2.2.2.1-MatchBy"         // the matching rule of the version
	RuleHoHoDkLength    Rule = "PCCRD-2.2.3.3-HoHoDkLength"    // 32, 48 or 64 bytes
	RuleAvailability    Rule = "PCCRD-2.2.3.3-Availability"    // no segment that is not there, but with all blocks
	RuleAddress         Rule = "PCCRD-2.2.3.4-Address"         // a URI
	RuleMetadataVersion Rule = "PCCRD-2.2.3.5-MetadataVersion" // 1 in version 1.0, 2 in version 2.0
	RuleAppSequence     Rule = "PCCRD-2.2.3.6-AppSequence"     // an answer has InstanceId and MessageNumber
	RuleXAddrs          Rule = "PCCRD-2.2.3.8-XAddrs"          // at least one host:port
)

// failed returns a copy of e that may be kept. It is not inlined, so that no
// function that accepts has one.
//
//go:noinline
func failed(e Error) error { return &e }

// newError returns a violation of a format rule before it is known which message
// it is in.
func newError(rule Rule, field string, offset int, value uint64, detail string) Error {
	return pccrc.NewError(pccrc.ErrorFields{Rule: rule, Message: "UNKNOWN", Field: field, Offset: offset, Value: value, Detail: detail})
}
