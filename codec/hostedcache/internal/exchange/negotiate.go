package exchange

import (
	"encoding/base64"
	"strings"
)

const negotiate = "Negotiate" // RFC 4559 4.1

// Negotiate returns the value of an Authorization or WWW-Authenticate header field with a
// token of SPNEGO, or without one if it is empty.
func Negotiate(token []byte) string {
	return strings.TrimSpace(negotiate + " " + base64.StdEncoding.EncodeToString(token))
}

// NegotiateToken returns the token in the one of these header fields that is for SPNEGO,
// which may be empty. ok is false if there is none, or its token is not in base64.
func NegotiateToken(fields []string) (token []byte, ok bool) {
	for _, field := range fields {
		for one := range strings.SplitSeq(field, ",") { // "Negotiate, NTLM"
			scheme, token, _ := strings.Cut(strings.TrimSpace(one), " ")
			if strings.EqualFold(scheme, negotiate) {
				b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(token))
				return b, err == nil
			}
		}
	}
	return nil, false
}
