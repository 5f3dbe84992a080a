package http

import (
	"context"
	"net/url"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// protocol is what differs between the protocols that a server at a URL may speak. All
// else is the same for each: HTTP, turns, health checks, recovery.
type protocol struct {
	server     string    // what a server of it is called
	kind       spec.Kind // of its requests
	mostAnswer int       // bytes of an answer that are read
	drop       string    // the requirement to drop malformed requests

	// respond returns the requirement to answer a message.
	respond func(c *target.Case) string
	// expectation returns what the server must do with a valid message.
	expectation func(t *endpoint, c *target.Case) expectation
	// judge judges the body of an answer to a valid message by itself and by the request.
	judge func(t *endpoint, c *target.Case, a *answer) *fuzz.Difference
	// inWords describes the body of an answer.
	inWords func(body []byte) string
	// tolerated reports whether an answer to a malformed message may be right, or is usual
	// and the target not strict.
	tolerated func(t *endpoint, c *target.Case, body []byte) bool
	// check asks the server more after an answer that judge finds right.
	check func(s *session, ctx context.Context, c *target.Case, a *answer) *fuzz.Difference
	// probes returns valid messages, one of which becomes the health check, best first. The
	// last others of them are for a server that answers none of the rest.
	probes func(t *endpoint) (all []target.Case, others int)
	// learn finds out more about a server whose probe is known.
	learn func(s *session, ctx context.Context)
	// fresh returns a message like c, so that only one answer is right whatever the server
	// knows. judgeFresh judges that beyond judge; nil: there is nothing to add.
	fresh      func(c *target.Case) []byte
	judgeFresh func(c *target.Case, a *answer) *fuzz.Difference
}

// offers is MS-PCHC, which hosted caches speak.
var offers = protocol{
	server:      "hosted cache",
	kind:        spec.Request,
	mostAnswer:  4096,
	drop:        "PCHC-3.1.5.4-Drop",
	respond:     func(c *target.Case) string { return requirement(c, "Respond") },
	expectation: offerExpectation,
	judge:       judgeOffer,
	inWords:     offerInWords,
	tolerated: func(t *endpoint, c *target.Case, body []byte) bool {
		return !t.o.Strict && offerInWords(body) == "OK" && c.Expected.WindowsAnswersOK()
	},
	check:      checkOffer,
	probes:     offerProbes,
	learn:      learnMemory,
	fresh:      freshOffer,
	judgeFresh: judgeFreshOffer,
}

// retrieval is MS-PCCRR, which peers and hosted caches speak.
var retrieval = protocol{
	server:      "retrieval server",
	kind:        spec.RetrievalRequest,
	mostAnswer:  pccrr.MaxResponseSize + 4, // with TRANSPORT_RESPONSE_HEADER
	drop:        "PCCRR-3.2.5.5-Drop",
	respond:     func(*target.Case) string { return answerRequirement },
	expectation: retrievalExpectation,
	judge:       judgeRetrieval,
	inWords:     retrievalInWords,
	tolerated: func(t *endpoint, c *target.Case, body []byte) bool {
		return !t.o.Strict && lacksBlob(c) || t.lacksVersion(c) && retrievalInWords(body) == "MSG_NEGO_RESP"
	},
	check:  checkRetrieval,
	probes: retrievalProbes,
	learn:  learnVersions,
	fresh:  func(c *target.Case) []byte { return c.Bytes },
}

// protocolOf returns the protocol that belongs to a URL.
func protocolOf(u *url.URL) *protocol {
	if pccrr.IsPath(u.Path) {
		return &retrieval
	}
	return &offers
}

// offerExpectation returns what a hosted cache must do with a valid message.
func offerExpectation(t *endpoint, c *target.Case) expectation {
	serves := t.serves(c.Bytes[1])
	if c.Route.Version != 0 {
		serves = c.Route.Version == int(c.Bytes[1])
	}
	if serves && len(c.Bytes) <= codec.MaxRequestLen { // that is its MajorVersion
		return mustAnswer
	}
	return mayAnswer
}
