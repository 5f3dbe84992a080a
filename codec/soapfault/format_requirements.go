package soapfault

import "slices"

// FormatRequirements returns the rules of format that both protocols share: those of XML and SOAP.
// Decoders reject what violates one of them.
func FormatRequirements() []Requirement { return slices.Clone(formatRequirements) }

var formatRequirements = []Requirement{
	{ID: RuleXML, Level: Must, Check: Bytes, Text: "A message is XML 1.0 with namespaces in UTF-8, without a document type and without processing instructions, and of a sensible length and depth."},
	{ID: RuleEnvelope, Level: Must, Check: Bytes, Text: "A message is an Envelope of SOAP 1.1 or 1.2 with one Body, perhaps after a Header."},
	{ID: RuleBody, Level: Must, Check: Bytes, Text: "The Body has one element: an operation, or a Fault."},
	{ID: RuleFault, Level: Must, Check: Bytes, Text: "A Fault of SOAP 1.1 has faultcode, faultstring, and perhaps faultactor and detail, each once and without a namespace."},
	{ID: RuleFault12, Level: Must, Check: Bytes, Text: "A Fault of SOAP 1.2 has Code, Reason, and perhaps Node, Role and Detail, each once and in this order."},
	{ID: RuleDateTime, Level: Must, Check: Bytes, Text: "A dateTime is one of XML Schema, with at most seven digits of a fraction of a second."},
	{ID: RuleBase64, Level: Must, Check: Bytes, Text: "base64Binary is base64 with its padding."},
	{ID: RuleBoolean, Level: Must, Check: Bytes, Text: "A boolean is true, false, 1 or 0."},
	{ID: RuleNil, Level: Must, Check: Bytes, Text: "An element with xsi:nil has no content."},
}
