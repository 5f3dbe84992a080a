package wusp

import "github.com/hostedcache/pchc/codec/soapfault"

// The namespaces of the operations (MS-WUSP 2.2.1).
const (
	NamespaceClient    = "http://www.microsoft.com/SoftwareDistribution/Server/ClientWebService"
	NamespaceAuth      = "http://www.microsoft.com/SoftwareDistribution/Server/SimpleAuthWebService"
	NamespaceReporting = "http://www.microsoft.com/SoftwareDistribution"
)

// Where the services are on a server (MS-WUSP 2.1). Case does not matter.
const (
	PathClient    = "/ClientWebService/Client.asmx"
	PathAuth      = "/SimpleAuthWebService/SimpleAuth.asmx"
	PathReporting = "/ReportingWebService/ReportingWebService.asmx"
)

// Error is the first violation of a rule. It is the error type of package soapfault.
type Error = soapfault.Error

// Rule names one rule of the specification. It is the type of package soapfault.
type Rule = soapfault.Rule

// The format rules of MS-WUSP. Those of XML and SOAP are in package soapfault.
const (
	RuleErrorCode  Rule = "WUSP-2.2.2.4-ErrorCode"  // a value of the table
	RuleDetail     Rule = "WUSP-2.2.2.4-Detail"     // ErrorCode, Message, ID, Method in this order, without namespace
	RuleID         Rule = "WUSP-2.2.2.4-ID"         // a GUID
	RuleOperation  Rule = "WUSP-2.1-Operation"      // an operation in a namespace of the protocol
	RuleCookie     Rule = "WUSP-2.2.3.5-Cookie"     // Expiration, then EncryptedData, which an issued cookie has
	RuleAuthCookie Rule = "WUSP-3.1.5.4-AuthCookie" // one AuthorizationCookie with PlugInId and CookieData
	RuleAuthInfo   Rule = "WUSP-3.1.5.2-AuthInfo"   // one AuthPlugInInfo with PlugInID, ServiceUrl, Parameter
)

var profile = soapfault.Profile{
	Protocol: "MS-WUSP",
	Codes: []string{"InvalidCookie", "ServerChanged", "ConfigChanged", "CookieExpired", "RegistrationRequired", "FileLocationChanged",
		"InternalServerError", "ServerBusy", "InvalidParameters", "InvalidAuthorizationCookie", "RegistrationNotRequired"},
	Misspelt: map[string]string{
		"FileLocationsChanged": "section 3.1.5.10 spells FileLocationChanged so",
		"InvalidParameter":     "one table spells InvalidParameters so",
	},
	Ordered:       true,
	OneAuthPlugIn: true,
	Operations: []soapfault.Operation{
		{Name: "GetConfig", Namespace: NamespaceClient},
		{Name: "GetConfig2", Namespace: NamespaceClient},
		{Name: "GetCookie", Namespace: NamespaceClient},
		{Name: "RegisterComputer", Namespace: NamespaceClient},
		{Name: "StartCategoryScan", Namespace: NamespaceClient},
		{Name: "SyncUpdates", Namespace: NamespaceClient},
		{Name: "SyncPrinterCatalog", Namespace: NamespaceClient},
		{Name: "RefreshCache", Namespace: NamespaceClient},
		{Name: "GetExtendedUpdateInfo", Namespace: NamespaceClient},
		{Name: "GetExtendedUpdateInfo2", Namespace: NamespaceClient},
		{Name: "GetFileLocations", Namespace: NamespaceClient},
		{Name: "GetAuthorizationCookie", Namespace: NamespaceAuth},
		{Name: "ReportEventBatch", Namespace: NamespaceReporting, Cookie: soapfault.ReportingCookie},
	},
	Rules: soapfault.Rules{Detail: RuleDetail, Detail12: RuleDetail, ErrorCode: RuleErrorCode, ID: RuleID, Operation: RuleOperation,
		Cookie: RuleCookie, AuthCookie: RuleAuthCookie, AuthInfo: RuleAuthInfo},
}

// Operations returns the operations that are known.
func Operations() []soapfault.Operation {
	return append([]soapfault.Operation(nil), profile.Operations...)
}

// ErrorCodes returns the values of ErrorCode.
func ErrorCodes() []string { return append([]string(nil), profile.Codes...) }
