package wsusss

import "github.com/hostedcache/pchc/codec/soapfault"

// DecodeFault decodes b, a whole SOAP envelope with a fault (MS-WSUSSS 2.2.9). The
// result has no bytes of b. The error, if any, is an *Error for the first rule that b
// violates.
func DecodeFault(b []byte) (soapfault.Fault, error) {
	f, err := profile.DecodeFault(b)
	if app := f.Application; app != nil && app.ErrorCode.Value == "InvalidParameters" && app.Message.Value == "" {
		f.Notes = append(f.Notes, soapfault.Note{Field: "Fault.detail.Message", Detail: "is empty, must name the parameter that is not valid"})
	}
	return f, err
}

// DecodeRequest decodes b, a whole SOAP envelope with a request to the
// synchronisation, authorization or reporting service. The result has no bytes of b.
// The error, if any, is an *Error for the first rule that b violates.
func DecodeRequest(b []byte) (soapfault.Call, error) { return profile.DecodeRequest(b) }

// DecodeResponse is DecodeRequest for a response that is no fault.
func DecodeResponse(b []byte) (soapfault.Call, error) { return profile.DecodeResponse(b) }
