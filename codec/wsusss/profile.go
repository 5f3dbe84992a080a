package wsusss

import "github.com/hostedcache/pchc/codec/soapfault"

// The namespaces of the operations (MS-WSUSSS 2.2.1).
const (
	Namespace        = "http://www.microsoft.com/SoftwareDistribution"
	NamespaceDssAuth = "http://www.microsoft.com/SoftwareDistribution/Server/DssAuthWebService"
)

// Where the services are on a server (MS-WSUSSS 2.1). Case does not matter.
const (
	PathServerSync = "/ServerSyncWebService/ServerSyncWebService.asmx"
	PathDssAuth    = "/DssAuthWebService/DssAuthWebService.asmx"
	PathReporting  = "/ReportingWebService/ReportingWebService.asmx"
)

// Error is the first violation of a rule. It is the error type of package soapfault.
type Error = soapfault.Error

// Rule names one rule of the specification. It is the type of package soapfault.
type Rule = soapfault.Rule

// The format rules of MS-WSUSSS. Those of XML and SOAP are in package soapfault.
const (
	RuleErrorCode  Rule = "WSUSSS-2.2.9.3-ErrorCode"     // a value of the table, or of those of one operation
	RuleDetail     Rule = "WSUSSS-2.2.9.1-Detail"        // ErrorCode, Message, ID, without namespace
	RuleDetail12   Rule = "WSUSSS-2.2.9.2-Detail"        // likewise in a Detail without namespace
	RuleID         Rule = "WSUSSS-2.2.9.1-ID"            // a GUID
	RuleOperation  Rule = "WSUSSS-2.1-Operation"         // an operation in a namespace of the protocol
	RuleCookie     Rule = "WSUSSS-2.2.4.8-Cookie"        // Expiration, then EncryptedData, which an issued cookie has
	RuleAuthCookie Rule = "WSUSSS-2.2.4.7-AuthCookie"    // PlugInId and CookieData
	RuleAuthInfo   Rule = "WSUSSS-3.1.4.1-AuthInfo"      // PlugInID, ServiceUrl, Parameter
	RuleVersion    Rule = "WSUSSS-1.7-Version"           // x.y
	RuleAnchor     Rule = "WSUSSS-3.1.4.5-WindowsAnchor" // the form that Windows writes
)

var profile = soapfault.Profile{
	Protocol: "MS-WSUSSS",
	Codes: []string{"InvalidCookie", "InvalidAuthorizationCookie", "InternalServerError", "IncompatibleProtocolVersion", "ServerChanged",
		"InvalidParameters", "ServerBusy", "FileDigestsMissing", "TooManyIds"},
	MessageRequired: true,
	Operations: []soapfault.Operation{
		{Name: "GetAuthConfig", Namespace: Namespace},
		{Name: "GetAuthorizationCookie", Namespace: NamespaceDssAuth},
		{Name: "GetCookie", Namespace: Namespace},
		{Name: "GetConfigData", Namespace: Namespace, Cookie: soapfault.IssuedCookie},
		{Name: "GetRevisionIdList", Namespace: Namespace, Cookie: soapfault.IssuedCookie},
		{Name: "GetUpdateData", Namespace: Namespace, Cookie: soapfault.IssuedCookie},
		{Name: "GetUpdateDecryptionData", Namespace: Namespace, Cookie: soapfault.IssuedCookie},
		{Name: "GetDriverIdList", Namespace: Namespace},
		{Name: "GetDriverSetData", Namespace: Namespace},
		{Name: "GetRelatedRevisionsForUpdates", Namespace: Namespace},
		{Name: "GetDeployments", Namespace: Namespace},
		{Name: "DownloadFiles", Namespace: Namespace},
		{Name: "GetRollupConfiguration", Namespace: Namespace, Cookie: soapfault.ReportingCookie},
		{Name: "RollupDownstreamServers", Namespace: Namespace, Cookie: soapfault.ReportingCookie},
		{Name: "RollupComputers", Namespace: Namespace, Cookie: soapfault.ReportingCookie},
		{Name: "GetOutOfSyncComputers", Namespace: Namespace, Cookie: soapfault.ReportingCookie},
		{Name: "RollupComputerStatus", Namespace: Namespace, Cookie: soapfault.ReportingCookie},
	},
	Rules: soapfault.Rules{Detail: RuleDetail, Detail12: RuleDetail12, ErrorCode: RuleErrorCode, ID: RuleID, Operation: RuleOperation,
		Cookie: RuleCookie, CookieNeeded: RuleMetadataUsesCookie, AuthCookie: RuleAuthCookie, AuthInfo: RuleAuthInfo},
}

// Operations returns the operations that are known.
func Operations() []soapfault.Operation {
	return append([]soapfault.Operation(nil), profile.Operations...)
}

// ErrorCodes returns the values of ErrorCode.
func ErrorCodes() []string { return append([]string(nil), profile.Codes...) }
