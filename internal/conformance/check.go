package conformance

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/spec"
)

// CaptureProblem is the Rule of a [Finding] that says what a capture lost or
// hides.
const CaptureProblem = "CAPTURE_PROBLEM"

// A Finding is a violation of a requirement, or a problem of the capture, which has
// no Class, Level, Section and Expected.
type Finding struct {
	spec.Violation // Offset and Field are set for format and sender rules
	capture.Place
	Level    spec.Level
	Expected string // the text of the requirement
	Derived  bool   // the specification does not state it, see [spec.Requirement]
}

// Options configure a [Checker].
type Options struct {
	// Windows: a hosted cache may answer the malformed requests that Windows
	// servers answer, see [spec.Server].
	Windows bool

	// Decrypted: the capture was decrypted, so version 1.0 without TLS is no
	// violation.
	Decrypted bool
}

// patience is how long a capture must go on before something missing counts: no
// request is outstanding for longer.
const patience = (spec.TicksToLive + 1) * spec.TickPeriod

// Checker takes the events of one capture, in its order, as [capture.Read] hands
// them out with [capture.Options.Exchanges]. The zero Checker lets nothing pass.
type Checker struct {
	Options Options

	findings  []Finding
	suspected []suspicion
	servers   map[netip.AddrPort]*server
	order     []*server
	exchanges map[number]*exchange // that wait for their response
	requests  spec.RequestID
	start     time.Time // of the first event that has a time
	now       time.Duration

	blind   bool                    // something was hidden that may be anything,
	sight   time.Duration           // so this is how far the capture can be relied on
	damaged map[int]bool            // streams
	hidden  map[netip.Addr]bool     // clients
	unsure  map[netip.AddrPort]bool // servers
}

// number identifies an exchange in a capture.
type number struct{ stream, exchange int }

// server is a hosted cache.
type server struct {
	at        netip.AddrPort
	follower  spec.Follower
	clients   map[netip.Addr]*client
	exchanges map[spec.RequestID]*exchange // that the follower may still report
	spoke1    bool                         // version 1.0 was spoken without TLS, and that was reported
}

// client is the state of a client at a server.
type client struct {
	heard   bool        // it got a response
	waiting int         // requests without one
	offers  int         // INITIAL_OFFER_MESSAGEs among the requests that have none
	owing   []*exchange // answered with INTERESTED or 401 when the client waited for nothing else
}

// exchange is a request and its response.
type exchange struct {
	id        spec.RequestID
	server    *server
	client    *client
	offer     bool
	malformed bool
	blindly   bool // it was sent while not all offers of the client were seen answered
	request   capture.Place
	sent      time.Duration
	response  capture.Place
	answered  time.Duration
	closed    bool           // the connection ended instead
	newest    spec.RequestID // the last request seen when it was answered
	passed    bool           // the client has had the answer to another request since
}

// suspicion is a finding of a follower, not yet certain.
type suspicion struct {
	exchange     *exchange
	rule, detail string
	blind        bool // it depends on data after a capture problem
}

// Event takes the next event.
func (c *Checker) Event(e *capture.Event) {
	if c.servers == nil {
		c.servers, c.exchanges = map[netip.AddrPort]*server{}, map[number]*exchange{}
		c.damaged, c.hidden, c.unsure = map[int]bool{}, map[netip.Addr]bool{}, map[netip.AddrPort]bool{}
	}
	if c.start.IsZero() {
		c.start = e.Time
	}
	if !e.Time.IsZero() {
		c.now = max(c.now, e.Time.Sub(c.start))
	}
	switch e.Kind {
	case capture.Request:
		c.request(e)
	case capture.Response, capture.Failure:
		c.response(e)
	case capture.Unanswered:
		if x := c.take(e); x != nil {
			x.closed = true
			c.suspect(x.server, x.server.follower.Closed(x.id))
		}
	case capture.Problem:
		c.findings = append(c.findings, Finding{Violation: spec.Violation{Rule: CaptureProblem, Detail: e.Detail}, Place: e.Place})
		c.hide(e)
	case capture.Note:
		if e.Stream >= 0 {
			c.hide(e)
		}
	}
}

// hide notes that messages may have passed that the capture does not show.
func (c *Checker) hide(e *capture.Event) {
	if e.Stream < 0 {
		if !c.blind {
			c.blind, c.sight = true, c.now
		}
		return
	}
	c.damaged[e.Stream] = true
	for _, end := range []netip.AddrPort{e.Src, e.Dst} {
		c.hidden[end.Addr()], c.unsure[end] = true, true
	}
}

func (c *Checker) request(e *capture.Event) {
	d := spec.Dissect(spec.Request, e.Body)
	c.violations(d, e)
	s := c.servers[e.Dst]
	if s == nil {
		s = &server{at: e.Dst, clients: map[netip.Addr]*client{}, exchanges: map[spec.RequestID]*exchange{}}
		s.follower.Server.Windows = c.Options.Windows
		c.servers[e.Dst] = s
		c.order = append(c.order, s)
	}
	who := s.clients[e.Src.Addr()]
	if who == nil {
		who = &client{}
		s.clients[e.Src.Addr()] = who
	}
	url := spec.URLVersion(e.Path)
	if url == 1 && !c.Options.Decrypted && s.at.Port() != spec.PortV1 && !s.spoke1 {
		s.spoke1 = true
		c.report("PCHC-2.1-HTTPS", "version 1.0 is used without TLS", e.Place)
	}
	c.requests++
	x := &exchange{
		id: c.requests, server: s, client: who, request: e.Place, sent: c.now,
		offer: d.Message == "INITIAL_OFFER_MESSAGE", malformed: !d.Valid(), blindly: who.offers > 0,
	}
	s.exchanges[x.id] = x
	findings := s.follower.Request(c.now, x.id, spec.Post{From: e.Src.Addr(), URL: url, Authorized: e.Authorized}, e.Body)
	c.suspect(s, findings)
	who.waiting++
	if x.offer {
		who.offers++
	}
	if e.Exchange > 0 {
		c.exchanges[number{e.Stream, e.Exchange}] = x
	}
}

func (c *Checker) response(e *capture.Event) {
	interested := false
	if len(e.Body) > 0 {
		d := spec.DissectResponse(e.Body, e.RequestType)
		c.violations(d, e)
		interested = d.Valid() && e.Body[4] == spec.CodeInterested
	}
	x := c.take(e)
	if x == nil {
		return
	}
	x.client.heard = true
	x.response, x.answered = e.Place, c.now
	x.client.owing = slices.DeleteFunc(x.client.owing, func(owed *exchange) bool {
		passed := x.id > owed.newest
		owed.passed = passed && !c.blind
		return passed
	})
	c.suspect(x.server, x.server.follower.Response(c.now, x.id, e.Status, e.Body))
	if !interested && e.Status != 401 {
		delete(x.server.exchanges, x.id)
	} else if x.client.waiting == 0 {
		x.newest = c.requests
		x.client.owing = append(x.client.owing, x)
	}
}

// take returns the exchange that an event ends, nil where it is not known.
func (c *Checker) take(e *capture.Event) *exchange {
	at := number{e.Stream, e.Exchange}
	x := c.exchanges[at]
	if x == nil {
		return nil
	}
	delete(c.exchanges, at)
	x.client.waiting--
	if x.offer && e.Kind != capture.Unanswered {
		x.client.offers--
	}
	return x
}

// End takes the end of the capture and returns all that was found, by frame.
func (c *Checker) End() []Finding {
	for _, s := range c.order {
		c.suspect(s, s.follower.End())
	}
	if !c.blind {
		c.sight = c.now
	}
	for _, f := range c.suspected {
		if !c.certain(&f) {
			continue
		}
		at := f.exchange.response
		if at.Frame == 0 || f.rule == "PCHC-2.1-Version" || f.rule == "PCHC-2.2.1.4-Interested" {
			at = f.exchange.request // the fault is in the request
		}
		c.report(f.rule, f.detail, at)
	}
	slices.SortStableFunc(c.findings, func(a, b Finding) int { return cmp.Compare(a.Frame, b.Frame) })
	return c.findings
}

// violations reports the violations in the bytes of a message.
func (c *Checker) violations(d *spec.Dissection, e *capture.Event) {
	for _, b := range d.Violations {
		r, _ := spec.RequirementByID(b.Rule)
		c.findings = append(c.findings, Finding{Violation: b, Place: e.Place, Level: r.Level, Expected: r.Text, Derived: r.Derived})
	}
}

// report reports a violation of behaviour.
func (c *Checker) report(rule, detail string, at capture.Place) {
	r, _ := spec.RequirementByID(rule)
	c.findings = append(c.findings, Finding{
		Violation: spec.Violation{Rule: rule, Class: r.Class, Detail: detail, Section: r.Section},
		Place:     at, Level: r.Level, Expected: r.Text, Derived: r.Derived,
	})
}

// suspect records the findings of a follower. Only the end of the capture shows
// whether they are certain: a loss may turn up late.
func (c *Checker) suspect(s *server, findings []spec.Finding) {
	for _, f := range findings {
		if x := s.exchanges[f.Exchange]; x != nil {
			c.suspected = append(c.suspected, suspicion{x, f.Rule, f.Detail, c.blind})
		}
	}
}

// certain reports whether nothing outside of the capture can excuse a
// violation, see the package comment.
func (c *Checker) certain(f *suspicion) bool {
	x := f.exchange
	hidden := c.hidden[x.request.Src.Addr()]
	switch f.rule {
	case "PCHC-3.1.5.1-Respond", "PCHC-3.1.5.2-Respond", "PCHC-3.1.5.3-Respond":
		if x.malformed || c.damaged[x.request.Stream] { // Windows need not answer malformed messages
			return false
		}
		return !f.blind && (x.closed || x.response.Frame > 0) || x.client.heard && c.sight-x.sent >= patience
	case "PCHC-3.2.5.1-SegmentInfo", "PCHC-3.2.5.3-Resend":
		return !hidden && (x.passed || c.sight-x.answered >= patience)
	case "PCHC-2.2.1.4-Interested":
		return !hidden && !x.blindly && !f.blind
	case "PCHC-3.2.2-Late":
		return x.answered-x.sent >= patience
	case "PCHC-3.1.5.1-OK":
		return !c.unsure[x.server.at] && !f.blind
	case "PCHC-3.1.5.1-Interested":
		return !c.unsure[x.server.at] && !f.blind && len(x.server.clients) > 1
	}
	return true
}
