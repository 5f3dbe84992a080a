package stats

import (
	"net/netip"
	"time"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/conversation"
)

// Counts are the numbers of some exchanges.
type Counts struct {
	Requests    int64  `json:"requests"`
	Hits        int64  `json:"hits"`
	Misses      int64  `json:"misses"` // empty blocks and lists
	Negotiated  int64  `json:"negotiated"`
	Failed      int64  `json:"failed"`      // an HTTP status that is no success
	Unanswered  int64  `json:"unanswered"`  // the connection, or the capture, ended without a response
	NotCaptured int64  `json:"notCaptured"` // no response either, but packets are missing that may have had it
	Malformed   int64  `json:"malformed"`
	Mismatched  int64  `json:"mismatched"`
	Incomplete  int64  `json:"incomplete"` // there is a response, but its body is not whole in the capture, or cannot be read
	Bytes       uint64 `json:"bytes"`      // of bodies of the responses
	Busy        span   `json:"busy"`       // from the ends of requests to those of their responses
	BusyBytes   uint64 `json:"busyBytes"`  // that came in this time
	Violations  int64  `json:"violations"` // in messages of the client, or of the server
	Took        Times  `json:"took"`       // from the end of a request to the beginning of its response
}

// Add adds o.
func (c *Counts) Add(o *Counts) {
	c.Requests += o.Requests
	c.Hits += o.Hits
	c.Misses += o.Misses
	c.Negotiated += o.Negotiated
	c.Failed += o.Failed
	c.Unanswered += o.Unanswered
	c.NotCaptured += o.NotCaptured
	c.Malformed += o.Malformed
	c.Mismatched += o.Mismatched
	c.Incomplete += o.Incomplete
	c.Bytes += o.Bytes
	c.Busy += o.Busy
	c.BusyBytes += o.BusyBytes
	c.Violations += o.Violations
	c.Took.Merge(&o.Took)
}

// Rate returns bytes per second while responses were awaited, 0 where that is not known.
func (c *Counts) Rate() float64 {
	if c.Busy <= 0 {
		return 0
	}
	return float64(c.BusyBytes) / time.Duration(c.Busy).Seconds()
}

// Pair are the exchanges of a client with a server, in one protocol.
type Pair struct {
	Protocol string         `json:"protocol"`
	Client   netip.Addr     `json:"client"`
	Server   netip.AddrPort `json:"server"`
	Counts
	OfClient int64 `json:"violationsOfClient"`
	OfServer int64 `json:"violationsOfServer"`
}

type pairKey struct {
	protocol capture.Protocol
	client   netip.Addr
	server   netip.AddrPort
}

// pair returns that of an exchange, nil if there are too many.
func (s *Stats) pair(protocol capture.Protocol, client, server netip.AddrPort) *Pair {
	key := pairKey{protocol, client.Addr(), server}
	p := s.pairs[key]
	if p == nil && s.room("exchanges of further clients and servers", len(s.pairs), s.limits.Pairs) {
		p = &Pair{Protocol: protocol.String(), Client: key.client, Server: server}
		s.pairs[key] = p
	}
	return p
}

// The names of protocols in a Pair.
var retrieval, discovery = capture.PCCRR.String(), capture.PCCRD.String()

// exchange counts an exchange that is done.
func (s *Stats) exchange(x *conversation.Exchange, bytes uint64) {
	p := s.pair(x.Protocol, x.Client, x.Server)
	ofClient, ofServer := int64(0), int64(0)
	if x.Request != nil && x.Protocol == capture.PCCRR {
		ofClient = s.violation(x.Request.Err, &x.Request.Place)
		if body := x.Retrieval.Asked; ofClient == 0 && body != nil {
			ofClient = s.violation(body.CheckSenderRules(), &x.Request.Place)
		}
	}
	if x.Response != nil {
		ofServer = s.violation(x.Response.Err, &x.Response.Place)
		if x.Retrieval != nil && ofServer == 0 && x.Retrieval.Answer != nil {
			ofServer = s.violation(x.Retrieval.Answer.CheckSenderRules(), &x.Response.Place)
		}
	}
	if p == nil {
		return
	}
	p.OfClient += ofClient
	p.OfServer += ofServer
	p.Violations += ofClient + ofServer
	p.Requests++
	switch x.Result {
	case conversation.Hit:
		p.Hits++
	case conversation.Miss:
		p.Misses++
	case conversation.Negotiated:
		p.Negotiated++
	case conversation.Failed:
		p.Failed++
	case conversation.Unanswered:
		if x.Ending == capture.Unknown {
			p.NotCaptured++
		} else {
			p.Unanswered++
		}
	case conversation.Malformed:
		p.Malformed++
	case conversation.Mismatched:
		p.Mismatched++
	case conversation.Missing:
		p.Incomplete++
	}
	p.Bytes += bytes
	if d, ok := x.Took(); ok {
		p.Took.Add(d)
		if !x.Answered.Time.IsZero() {
			p.Busy += span(max(x.Answered.Time.Sub(x.Asked.Time), 0))
			p.BusyBytes += bytes
		}
	}
}
