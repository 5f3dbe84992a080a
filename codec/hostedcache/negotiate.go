package hostedcache

import (
	"net/http"

	"github.com/hostedcache/pchc/codec/hostedcache/internal/exchange"
)

// Negotiation is one authentication by SPNEGO (RFC 4559), as libraries for Kerberos or NTLM
// do it: it takes the tokens of a client, one after the other, and returns the one that
// goes back, or none. done says that the client is authenticated, err that it is refused.
type Negotiation func(token []byte) (answer []byte, done bool, err error)

// authenticated reports whether a request is to be answered. If not, it has asked the
// client for a token.
func (s *Server) authenticated(w http.ResponseWriter, r *http.Request) bool {
	if s.Negotiate == nil {
		return true
	}
	conn := exchange.OfConn(r)
	var answer []byte
	var done bool
	token, ok := exchange.NegotiateToken(r.Header.Values("Authorization"))
	if ok {
		n, underWay := (*conn).(Negotiation)
		if !underWay {
			n = s.Negotiate(r)
		}
		*conn = n
		var err error
		if answer, done, err = n(token); err != nil {
			answer, done = nil, false // why is nobody's business
		}
	}
	if done || len(answer) == 0 {
		*conn = nil // the next token begins another one
	}
	if !done || len(answer) > 0 {
		w.Header().Set("WWW-Authenticate", exchange.Negotiate(answer))
	}
	if !done {
		w.WriteHeader(http.StatusUnauthorized)
	}
	return done
}
