package wsusss

import (
	"slices"

	"github.com/hostedcache/pchc/codec/soapfault"
)

// FormatRequirements returns the rules of format of MS-WSUSSS; those of XML and SOAP are in package soapfault.
// Decoders reject what violates one of them.
func FormatRequirements() []soapfault.Requirement { return slices.Clone(formatRequirements) }

var formatRequirements = []soapfault.Requirement{
	{ID: RuleErrorCode, Level: soapfault.Must, Check: soapfault.Bytes, Text: "ErrorCode has one of the values of the table, or of those of one operation."},
	{ID: RuleDetail, Level: soapfault.Must, Check: soapfault.Bytes, Text: "The detail of a fault with an ErrorCode has Message and ID, too, all once and without a namespace."},
	{ID: RuleDetail12, Level: soapfault.Must, Check: soapfault.Bytes, Text: "In SOAP 1.2 they are in a Detail without a namespace."},
	{ID: RuleID, Level: soapfault.Must, Check: soapfault.Bytes, Text: "The ID of a fault is a GUID."},
	{ID: RuleOperation, Level: soapfault.Must, Check: soapfault.Bytes, Text: "The Body has an operation of the protocol, in its namespace."},
	{ID: RuleCookie, Level: soapfault.Must, Check: soapfault.Bytes, Text: "A cookie has one Expiration, then EncryptedData, which is not empty in one that a server issued."},
	{ID: RuleAuthCookie, Level: soapfault.Must, Check: soapfault.Bytes, Text: "An AuthorizationCookie has PlugInId and CookieData."},
	{ID: RuleAuthInfo, Level: soapfault.Must, Check: soapfault.Bytes, Text: "AuthPlugInInfo has PlugInID, ServiceUrl and Parameter."},
	{ID: RuleVersion, Level: soapfault.Must, Check: soapfault.Bytes, Text: "A version is two numbers with a dot between them."},
	{ID: RuleAnchor, Level: soapfault.Must, Check: soapfault.Bytes, Text: "An anchor of Windows is a number from 1 to 2147483647, a comma, and a time to the millisecond."},
}
