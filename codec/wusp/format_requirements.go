package wusp

import (
	"slices"

	"github.com/hostedcache/pchc/codec/soapfault"
)

// FormatRequirements returns the rules of format of MS-WUSP; those of XML and SOAP are in package soapfault.
// Decoders reject what violates one of them.
func FormatRequirements() []soapfault.Requirement { return slices.Clone(formatRequirements) }

var formatRequirements = []soapfault.Requirement{
	{ID: RuleErrorCode, Level: soapfault.Must, Check: soapfault.Bytes, Text: "ErrorCode has one of the values of the table."},
	{ID: RuleDetail, Level: soapfault.Must, Check: soapfault.Bytes, Text: "The detail of a fault has ErrorCode, perhaps Message, ID, and perhaps Method, in this order and without a namespace."},
	{ID: RuleID, Level: soapfault.Must, Check: soapfault.Bytes, Text: "The ID of a fault is a GUID."},
	{ID: RuleOperation, Level: soapfault.Must, Check: soapfault.Bytes, Text: "The Body has an operation of the protocol, in its namespace."},
	{ID: RuleCookie, Level: soapfault.Must, Check: soapfault.Bytes, Text: "A cookie has one Expiration, then EncryptedData, which is not empty in one that a server issued."},
	{ID: RuleAuthCookie, Level: soapfault.Must, Check: soapfault.Bytes, Text: "There is one AuthorizationCookie, with PlugInId and CookieData."},
	{ID: RuleAuthInfo, Level: soapfault.Must, Check: soapfault.Bytes, Text: "AuthInfo has one AuthPlugInInfo, with PlugInID, ServiceUrl and Parameter."},
}
