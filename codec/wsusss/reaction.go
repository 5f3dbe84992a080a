package wsusss

import "github.com/hostedcache/pchc/codec/soapfault"

// reactions is the table of MS-WSUSSS 2.2.9.3, with the row of DownloadFiles in
// 3.1.4.11 for FileDigestsMissing. (3.1.4.11 also makes a DSS stop after
// InvalidParameters, where 2.2.9.3 allows to try again: this is 2.2.9.3.)
var reactions = []soapfault.Reaction{
	{ErrorCode: "InvalidCookie", Action: soapfault.Restart, Level: soapfault.Must, DropCookie: true},
	{ErrorCode: "InvalidAuthorizationCookie", Action: soapfault.Restart, Level: soapfault.Must, DropCookie: true},
	{ErrorCode: "InternalServerError", Action: soapfault.Stop, Level: soapfault.Must},
	{ErrorCode: "IncompatibleProtocolVersion", Action: soapfault.Stop, Level: soapfault.Must},
	{ErrorCode: "ServerChanged", Action: soapfault.Reset, Level: soapfault.Must},
	{ErrorCode: "InvalidParameters", Action: soapfault.Retry, Level: soapfault.May, OrStop: true},
	{ErrorCode: "ServerBusy", Action: soapfault.Retry, Level: soapfault.May, OrStop: true},
	{ErrorCode: "FileDigestsMissing", Action: soapfault.Restart, Level: soapfault.Must},
	{ErrorCode: "TooManyIds"},
	{ErrorCode: "", Action: soapfault.Stop, Level: soapfault.Must},
}

// React returns what a DSS does after a fault with an ErrorCode, "" for a fault
// without one, and false for a value that MS-WSUSSS does not have. A Restart begins
// with GetAuthConfig. A Reset makes the next GetConfigData, GetRevisionIdList and
// GetDeployments send no anchor. A Retry after InvalidParameters has others.
func React(code string) (soapfault.Reaction, bool) { return soapfault.React(reactions, code) }
