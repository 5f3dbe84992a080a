package conformance

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/spec"
)

// What a [Finding] may have instead of the ID of a requirement as its Rule.
const (
	CaptureProblem = "CAPTURE_PROBLEM" // what a capture lost or hides
	CaptureNote    = "CAPTURE_NOTE"    // what is worth knowing, and no problem
)

// A Finding is a violation of a requirement, or a problem or note, which have no
// Class, Level, Section and Expected.
type Finding struct {
	spec.Violation // Offset and Field are set for format and sender rules
	capture.Place
	Level    spec.Level
	Expected string // the text of the requirement
	Derived  bool   // the text of the specification does not state it
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

// Checker takes the events of one capture, in its order, as [capture.Read] hands
// them out with [capture.Options.Exchanges]. Its memory does not grow with the
// number of findings.
type Checker struct {
	options  Options
	follower spec.Follower
	window   window
	evidence evidence

	live     map[number]*exchange // that wait for their response
	waiting  map[int]int          // likewise, by stream
	recent   []*exchange          // answered, in order of time, from old on: the follower may report them later
	old      int
	known    map[spec.RequestID]*exchange // both
	requests spec.RequestID               // the newest
	spoke1   map[netip.AddrPort]bool      // servers: version 1.0 without TLS was reported
	absent   map[netip.AddrPort]bool      // servers: it was noted that they do not answer for a hosted cache
	start    time.Time                    // of the first event that has a time
	now      time.Duration
}

// number identifies an exchange in a capture.
type number struct{ stream, exchange int }

// exchange is a request and its response.
type exchange struct {
	id        spec.RequestID
	request   capture.Place
	malformed bool
	sent      time.Duration
	response  capture.Place
	answered  time.Duration
}

// NewChecker returns a Checker that calls found for each finding: by frame, as far
// as a thousand findings go, and from there as they come.
func NewChecker(o Options, found func(*Finding) error) *Checker {
	return &Checker{
		options: o, follower: spec.Follower{Windows: o.Windows}, window: window{found: found}, evidence: newEvidence(),
		live: map[number]*exchange{}, waiting: map[int]int{}, known: map[spec.RequestID]*exchange{}, spoke1: map[netip.AddrPort]bool{}, absent: map[netip.AddrPort]bool{},
	}
}

// Event takes the next event. Its error is the first one of found, which then is not
// called any more.
func (c *Checker) Event(e *capture.Event) error {
	c.advance(e.Time)
	switch e.Kind {
	case capture.Request:
		c.request(e)
	case capture.OtherMethod:
		c.otherMethod(e)
	case capture.Response, capture.Failure:
		c.response(e)
	case capture.Unanswered:
		c.unanswered(e)
	case capture.Problem:
		c.window.add(Finding{Violation: spec.Violation{Rule: CaptureProblem, Detail: e.Detail}, Place: e.Place})
		c.evidence.lose(e, c.now)
		if e.Stream >= 0 {
			c.follower.Lost(e.Src.Addr())
			c.follower.Lost(e.Dst.Addr())
		}
	case capture.Note:
		if e.Stream >= 0 {
			c.evidence.encrypt(e)
		} else {
			c.window.add(Finding{Violation: spec.Violation{Rule: CaptureNote, Detail: e.Detail}, Place: e.Place})
		}
	}
	return c.window.err
}

// advance lets the time come.
func (c *Checker) advance(at time.Time) {
	if at.IsZero() {
		return
	}
	if c.start.IsZero() {
		c.start = at
	}
	c.now = max(c.now, at.Sub(c.start))
}

// remember keeps an answered exchange, as the follower may still report it.
func (c *Checker) remember(x *exchange) {
	c.recent = append(c.recent, x)
	if len(c.recent)-c.old <= maxRecent {
		return
	}
	delete(c.known, c.recent[c.old].id)
	c.recent[c.old] = nil
	if c.old++; c.old > len(c.recent)/2 {
		c.recent, c.old = append(c.recent[:0], c.recent[c.old:]...), 0
	}
}

func (c *Checker) request(e *capture.Event) {
	d := spec.Dissect(spec.Request, e.Body)
	c.violations(d, e)
	url := spec.URLVersion(e.Path)
	if url == 1 && !c.options.Decrypted && e.Dst.Port() != spec.PortV1 && !c.spoke1[e.Dst] && len(c.spoke1) < maxServers {
		c.spoke1[e.Dst] = true
		c.report("PCHC-2.1-HTTPS", "version 1.0 is used without TLS", e.Place)
	}
	c.requests++
	x := &exchange{id: c.requests, request: e.Place, malformed: !d.Valid(), sent: c.now}
	c.known[x.id] = x
	c.suspect(c.follower.Request(c.now, x.id, spec.Post{From: e.Src.Addr(), URL: url, Scheme: e.Auth, Connection: uint64(e.Stream)}, e.Body))
	if e.Exchange == 0 { // nobody will know its response
		c.follower.Forget(x.id)
		delete(c.known, x.id)
		return
	}
	c.live[number{e.Stream, e.Exchange}] = x
	c.waiting[e.Stream]++
}

// otherMethod takes a request that is no POST. One that carries nothing and asks
// for nothing is a probe, by a load balancer for instance.
func (c *Checker) otherMethod(e *capture.Event) {
	switch e.Method {
	case "HEAD", "OPTIONS", "TRACE", "CONNECT":
		if len(e.Body) == 0 {
			return
		}
	}
	c.follower.Abort(uint64(e.Stream))
	c.report("PCHC-2.1-POST", "is sent with HTTP "+e.Method+", not with POST", e.Place)
}

func (c *Checker) response(e *capture.Event) {
	x, interested := c.take(e), false
	if len(e.Body) > 0 {
		typ := e.RequestType
		if x != nil && x.malformed && c.waiting[e.Stream] > 0 {
			typ = 0 // it may belong to the next request, if this one was dropped
		}
		d := spec.DissectResponse(e.Body, typ)
		c.violations(d, e)
		interested = d.Valid() && e.Body[4] == spec.CodeInterested
	}
	if x == nil {
		return
	}
	x.response, x.answered = e.Place, c.now
	if reason := spec.Unreached(e.Status); reason != "" && !c.absent[e.Src] && len(c.absent) < maxServers {
		c.absent[e.Src] = true
		c.window.add(Finding{Violation: spec.Violation{Rule: CaptureNote, Detail: "HTTP status " + strconv.Itoa(e.Status) + ": " + reason}, Place: e.Place})
	}
	c.suspect(c.follower.Response(c.now, x.id, answer(e), e.Body))
	if e.Status == 401 || interested {
		c.remember(x)
	} else {
		delete(c.known, x.id)
	}
}

// answer describes an HTTP response.
func answer(e *capture.Event) spec.Answer {
	a := spec.Answer{Status: e.Status, Gone: e.Gone}
	for part := range strings.SplitSeq(e.Auth, ", ") {
		scheme, token, _ := strings.Cut(part, " ")
		if strings.EqualFold(scheme, "Negotiate") {
			a.Negotiate, a.Token = true, a.Token || token != ""
		}
	}
	return a
}

func (c *Checker) unanswered(e *capture.Event) {
	x := c.take(e)
	if x == nil {
		return
	}
	waited := c.now - x.sent
	if !e.Time.IsZero() { // the event may be known late
		waited = e.Time.Sub(c.start) - x.sent
	}
	switch {
	case e.Ending == capture.Closed, (e.Ending == capture.Abandoned || e.Ending == capture.Open) && waited >= hang:
		c.suspect(c.follower.Closed(x.id))
	default:
		c.follower.Forget(x.id)
	}
	delete(c.known, x.id)
}

// take returns the exchange that an event ends, nil where it is not known.
func (c *Checker) take(e *capture.Event) *exchange {
	at := number{e.Stream, e.Exchange}
	x := c.live[at]
	if x == nil {
		return nil
	}
	delete(c.live, at)
	if c.waiting[e.Stream]--; c.waiting[e.Stream] == 0 {
		delete(c.waiting, e.Stream)
	}
	return x
}

// End takes the end of the capture, and the time of its last frame, which may be
// zero. It hands out the remaining findings.
func (c *Checker) End(last time.Time) error {
	c.advance(last)
	c.suspect(c.follower.End(c.now))
	c.resolve(len(c.evidence.suspected))
	if c.follower.Forgetful() || c.evidence.forgetful {
		c.window.add(Finding{Violation: spec.Violation{Rule: CaptureNote,
			Detail: "too many clients and segments at a time to track all: behaviour violations may be missing"}, Place: capture.Place{Stream: -1}})
	}
	c.window.flush(0)
	return c.window.err
}

// suspect keeps the findings of the follower until the capture shows whether they
// are certain.
func (c *Checker) suspect(findings []spec.Finding) {
	for i := range findings {
		f := &findings[i]
		x := c.known[f.Exchange]
		if x == nil {
			continue
		}
		s := suspicion{Violation: f.Violation, request: f.Request, client: x.request.Src.Addr(), server: x.request.Dst.Addr(), answered: x.answered, blind: c.evidence.blind}
		if s.at = x.response; f.Request || s.at.Frame == 0 {
			s.at = x.request
		}
		c.evidence.suspected = append(c.evidence.suspected, s)
	}
	if n := len(c.evidence.suspected); n > maxSuspected {
		c.resolve(n - maxSuspected + maxSuspected/10)
	}
}

// resolve decides about the n oldest suspicions.
func (c *Checker) resolve(n int) {
	all := c.evidence.suspected
	for i := range all[:n] {
		if s := &all[i]; c.evidence.certain(s, c.now) {
			c.report(s.Rule, s.Detail, s.at)
		}
	}
	c.evidence.suspected = append(all[:0], all[n:]...)
}

// violations reports the violations in the bytes of a message.
func (c *Checker) violations(d *spec.Dissection, e *capture.Event) {
	for _, v := range d.Violations {
		c.add(v, e.Place)
		if moves[v.Rule] {
			return
		}
	}
}

// moves are the rules whose violation leaves open where and what the rest of the message
// is: what is wrong there follows from it.
var moves = map[string]bool{
	"PCHC-2.2.1.4-cSegments":        true,
	"PCHC-2.2.1.5-SizeOfContentTag": true,
	"PCHC-2.2.2.1-Size":             true,
	"PCCRC-2.3-cSegments":           true,
	"PCCRC-2.3-dwHashAlgo":          true,
}

// report reports a violation of behaviour.
func (c *Checker) report(rule, detail string, at capture.Place) {
	c.add(spec.Violation{Rule: rule, Detail: detail}, at)
}

func (c *Checker) add(v spec.Violation, at capture.Place) {
	r, _ := spec.RequirementByID(v.Rule)
	v.Class, v.Section = r.Class, r.Section
	c.window.add(Finding{Violation: v, Place: at, Level: r.Level, Expected: r.Text, Derived: r.Derived})
}
