package wusp

import (
	"slices"

	"github.com/hostedcache/pchc/codec/soapfault"
)

// reactions is the table of MS-WUSP 2.2.2.4. A row that is MUST there is so here,
// although the section opens with SHOULD for all: MS-WUSP 3.2.5 makes the recovery a
// MUST.
var reactions = []soapfault.Reaction{
	{ErrorCode: "InvalidCookie", Action: soapfault.Calls, Level: soapfault.Must, DropCookie: true,
		Calls: []string{"GetConfig", "GetAuthorizationCookie", "GetCookie", "RefreshCache"}},
	{ErrorCode: "ServerChanged", Action: soapfault.Calls, Level: soapfault.Must, DropCookie: true,
		Calls: []string{"GetConfig", "GetAuthorizationCookie", "GetCookie", "RefreshCache"}},
	{ErrorCode: "ConfigChanged", Action: soapfault.Calls, Level: soapfault.Must,
		Calls: []string{"GetConfig", "GetAuthorizationCookie", "GetCookie"}},
	{ErrorCode: "CookieExpired", Action: soapfault.Calls, Level: soapfault.Must, DropCookie: true,
		Calls: []string{"GetAuthorizationCookie", "GetCookie"}},
	{ErrorCode: "RegistrationRequired", Action: soapfault.Calls, Level: soapfault.Should,
		Calls: []string{"RegisterComputer", "SyncUpdates"}},
	{ErrorCode: "FileLocationChanged", Action: soapfault.Calls, Level: soapfault.Should,
		Calls: []string{"GetFileLocations"}},
	{ErrorCode: "InternalServerError", Action: soapfault.Retry, Level: soapfault.Should},
	{ErrorCode: "ServerBusy", Action: soapfault.Retry, Level: soapfault.Should},
	{ErrorCode: "InvalidParameters"},
	{ErrorCode: "InvalidAuthorizationCookie"},
	{ErrorCode: "RegistrationNotRequired"},
	{ErrorCode: ""},
}

// React returns what a client does after a fault with an ErrorCode, "" for a fault
// without one, and false for a value that MS-WUSP does not have. The result is the
// caller's.
func React(code string) (soapfault.Reaction, bool) {
	r, ok := soapfault.React(reactions, code)
	r.Calls = slices.Clone(r.Calls)
	return r, ok
}
