package wusp

import "github.com/hostedcache/pchc/codec/soapfault"

// DecodeFault decodes b, a whole SOAP envelope with a fault (MS-WUSP 2.2.2.4). The
// result has no bytes of b. The error, if any, is an *Error for the first rule that b
// violates.
func DecodeFault(b []byte) (soapfault.Fault, error) { return profile.DecodeFault(b) }

// DecodeRequest decodes b, a whole SOAP envelope with a request to the client,
// authorization or reporting service. The result has no bytes of b. The error, if any,
// is an *Error for the first rule that b violates.
func DecodeRequest(b []byte) (soapfault.Call, error) { return profile.DecodeRequest(b) }

// DecodeResponse is DecodeRequest for a response that is no fault.
func DecodeResponse(b []byte) (soapfault.Call, error) { return profile.DecodeResponse(b) }
