package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/hostedcache/pchc/codec/hostedcache/internal/exchange"
)

// Negotiation makes the tokens of a client for one authentication by SPNEGO (RFC 4559), as
// libraries for Kerberos or NTLM do, from those of the hosted cache. The first one is
// empty. The last one may come with the response, if the hosted cache authenticates
// itself, too; then the result is not used unless it is an error.
type Negotiation func(ctx context.Context, challenge []byte) (token []byte, err error)

// ErrUnauthorized is the error for HTTP status 401 that nothing can be done about.
var ErrUnauthorized = errors.New("pchc: the hosted cache answers with HTTP status 401")

// maxLegs is how many tokens a client sends for one request. Kerberos needs one, NTLM two.
const maxLegs = 5

// authenticated posts a message, and again with tokens as long as the hosted cache asks
// for them (MS-PCHC 3.2.5.3). Each time it has the whole timeout. Credentials go nowhere
// but to the HTTPS URL of version 1.0: version 2.0 has no authentication (MS-PCHC 1.7).
func (c *Client) authenticated(ctx context.Context, a *exchange.Asker, to string, v1 bool, message []byte, most int64) ([]byte, error) {
	answer, challenges, err := a.PostAs(ctx, to, "", message, most)
	if err != exchange.StatusError(http.StatusUnauthorized) {
		return answer, err
	}
	why := func(text string) error { return fmt.Errorf("%w: %s", ErrUnauthorized, text) }
	u, err := url.Parse(to)
	switch {
	case err != nil:
		return nil, err
	case !v1:
		return nil, why("version 2.0 has no authentication (MS-PCHC 1.7), no credentials are sent")
	case u.Scheme != "https":
		return nil, why("authentication needs HTTPS (MS-PCHC 2.1), no credentials are sent")
	case c.Negotiate == nil:
		return nil, why("it demands authentication (MS-PCHC 2.1), and the client has no Negotiate")
	}
	challenge, ok := exchange.NegotiateToken(challenges)
	if !ok {
		return nil, why("it demands another authentication than Negotiate (RFC 4559)")
	}
	next, err := c.Negotiate(ctx, u.Hostname())
	if err != nil {
		return nil, err
	}
	for range maxLegs {
		token, err := next(ctx, challenge)
		if err != nil {
			return nil, err
		}
		answer, challenges, err = a.PostAs(ctx, to, exchange.Negotiate(token), message, most)
		challenge, ok = exchange.NegotiateToken(challenges)
		switch {
		case err == nil && ok && len(challenge) > 0:
			_, err = next(ctx, challenge) // is it the one whom the client trusts?
			return answer, err
		case err != exchange.StatusError(http.StatusUnauthorized):
			return answer, err
		case !ok || len(challenge) == 0: // no further token is asked for (RFC 4559 5)
			return nil, why("it refuses the credentials")
		}
	}
	return nil, why(fmt.Sprintf("it asks for more than %d tokens", maxLegs))
}
