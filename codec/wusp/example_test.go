package wusp_test

import (
	"fmt"

	"github.com/hostedcache/pchc/codec/soapfault"
	"github.com/hostedcache/pchc/codec/wusp"
)

// A client reads a fault and learns which calls come next.
func Example() {
	f, err := wusp.DecodeFault([]byte(`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>
	  <faultcode>s:Client</faultcode><faultstring>Fault occurred</faultstring>
	  <detail><ErrorCode>CookieExpired</ErrorCode><Message/><ID>0f0e0d0c-0b0a-4908-8706-050403020100</ID></detail>
	</s:Fault></s:Body></s:Envelope>`))
	if err != nil {
		fmt.Println(err)
		return
	}
	r, _ := wusp.React(f.ErrorCode())
	fmt.Println(r.ErrorCode, r.Action, r.Calls, r.Level)

	_, err = wusp.DecodeFault([]byte("<fault/>"))
	fmt.Println(err)
	// Output:
	// CookieExpired calls [GetAuthorizationCookie GetCookie] MUST
	// pchc: Envelope is " fault", not an Envelope of SOAP 1.1 or 1.2 (offset 0, SOAP 1.1 4)
}

// The calls of a client are held against MS-WUSP 3.2.5.
func ExampleMachine() {
	m := wusp.NewMachine(wusp.Context{CachedConfig: true, CachedCookie: &soapfault.GivenCookie{ID: "c0"}, Registered: true})
	for _, e := range []soapfault.Event{
		{Op: "SyncUpdates", Cookie: "c0", Out: "fault", Fault: "CookieExpired"},
		{Op: "SyncUpdates", Cookie: "c0", Out: "ok"},
	} {
		m.Event(e)
	}
	for _, b := range m.Breaks() {
		fmt.Println(b.Rule, b.Level, b.At, b.Detail)
	}
	// Output: WUSP-3.2.5-RecoverySteps MUST 1 after CookieExpired GetAuthorizationCookie is due, not SyncUpdates
}
