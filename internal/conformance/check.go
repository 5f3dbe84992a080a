package conformance

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/conversation"
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

	// Capture are the options for package capture; File, Exchanges and Updates are set here.
	// Watch, if not nil, is called with every item before it is checked. Only [Read] uses
	// them.
	Capture capture.Options
	Watch   func(*conversation.Item)

	thorough bool // dissect every message, for tests
}

// Checker takes the conversations of one capture, in its order, as [conversation.Read]
// hands them out with [capture.Options.Exchanges]. Its memory does not grow with the
// number of findings.
type Checker struct {
	options   Options
	follower  spec.Follower
	window    window
	evidence  evidence
	retrieval retrieval
	updates   updates

	live     map[number]*exchange // that wait for their response
	waiting  map[int]int          // likewise, by stream
	requests spec.RequestID       // the newest
	spoke1   once[netip.AddrPort] // servers: version 1.0 without TLS was reported
	absent   once[netip.AddrPort] // servers: it was noted that they do not answer for a hosted cache
	hidden   once[string]         // what hides messages, and was noted
	start    time.Time            // of the first event that has a time
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
	earlier   *exchange // with the same RequestID
	response  capture.Place
	answered  time.Duration
}

// NewChecker returns a Checker that calls found for each finding: by frame, as far
// as a thousand findings go, and from there as they come.
func NewChecker(o Options, found func(*Finding) error) *Checker {
	return &Checker{
		options: o, follower: spec.Follower{Windows: o.Windows}, window: window{found: found}, evidence: newEvidence(),
		live: map[number]*exchange{}, waiting: map[int]int{}, retrieval: retrieval{secrets: conversation.NewSecrets()},
	}
}

// Item takes the next step of a conversation. Its error is the first one of found, which
// then is not called any more.
func (c *Checker) Item(it *conversation.Item) error {
	x := it.Exchange
	if x == nil {
		return c.event(it.Event)
	}
	if x.Protocol == capture.PCHC {
		if x.Result == conversation.Parted { // which is no event of the capture
			return c.window.err
		}
		return c.event(it.Event)
	}
	c.advance(it.Event.Time)
	switch x.Protocol {
	case capture.PCCRR:
		c.retrieve(it.Event, x)
	case capture.PCCRTP, capture.SMB2:
		c.transfer(it.Event, x)
	case capture.PCCRD:
		c.discovery(it.Event, x)
	}
	return c.window.err
}

// event takes what is part of no retrieval.
func (c *Checker) event(e *capture.Event) error {
	c.advance(e.Time)
	switch {
	case e.Kind == capture.Problem:
		c.updates.lose(e)
	case isUpdate(e.Protocol) && e.Kind != capture.Note:
		c.update(e)
		return c.window.err
	}
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
		if e.Protocol == capture.PCCRD && e.Stream < 0 { // of this datagram alone
			break
		}
		c.evidence.lose(e, c.now)
		if e.Stream >= 0 {
			c.follower.Lost(e.Src.Addr())
			c.follower.Lost(e.Dst.Addr())
		}
	case capture.Note:
		c.note(e)
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

// note takes a note of the capture. What hides messages is reported once of each kind.
func (c *Checker) note(e *capture.Event) {
	detail := e.Detail
	if e.Hidden {
		c.evidence.hide(e)
		if !c.hidden.first(e.Detail) {
			return
		}
		detail += "; nothing in it is checked, neither of version 1.0 nor of 2.0"
	}
	c.window.add(Finding{Violation: spec.Violation{Rule: CaptureNote, Detail: detail}, Place: e.Place})
}

func (c *Checker) request(e *capture.Event) {
	sound := c.isSoundRequest(e.Body)
	malformed := false
	if !sound {
		d := spec.Dissect(spec.Request, e.Body)
		c.violations(d, e)
		malformed = !d.Valid()
	}
	if !malformed {
		c.offers(e)
	}
	url := spec.URLVersion(e.Path)
	if url == 1 && !c.options.Decrypted && !e.TLS && e.Dst.Port() != spec.PortV1 && c.spoke1.first(e.Dst) {
		c.report("PCHC-2.1-HTTPS", "version 1.0 is used without TLS", e.Place)
	}
	c.requests++
	x := &exchange{id: c.requests, request: e.Place, malformed: malformed, sent: c.now}
	c.suspect(c.follower.Request(c.now, x.id, spec.Post{From: e.Src.Addr(), URL: url, Scheme: e.Auth, Connection: uint64(e.Stream), Ref: x, WellFormed: sound}, e.Body))
	if e.Exchange == 0 { // nobody will know its response
		c.follower.Forget(x.id)
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
	rule := "PCHC-2.1-POST"
	if e.Protocol == capture.PCCRR {
		rule = "PCCRR-2.1.1-Method"
	}
	c.follower.Abort(uint64(e.Stream))
	c.retrieval.follower.Abort(uint64(e.Stream))
	c.report(rule, "is sent with HTTP "+e.Method+", not with POST", e.Place)
}

func (c *Checker) response(e *capture.Event) {
	x := c.take(e)
	if len(e.Body) > 0 {
		typ := e.RequestType
		if e.Presumed || x != nil && x.malformed && c.waiting[e.Stream] > 0 {
			typ = 0 // it may belong to another request: the next one, if this one was dropped
		}
		if !c.isSoundResponse(e.Body, typ) {
			c.violations(spec.DissectResponse(e.Body, typ), e)
		}
	}
	if x == nil {
		return
	}
	if e.Presumed {
		c.follower.Forget(x.id)
		return
	}
	x.response, x.answered = e.Place, c.now
	if reason := spec.Unreached(e.Status); reason != "" && c.absent.first(e.Src) {
		c.window.add(Finding{Violation: spec.Violation{Rule: CaptureNote, Detail: "HTTP status " + strconv.Itoa(e.Status) + ": " + reason}, Place: e.Place})
	}
	c.offered(e, x)
	c.suspect(c.follower.Response(c.now, x.id, answer(e), e.Body))
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
	slow := (e.Ending == capture.Abandoned || e.Ending == capture.Open) && waited >= hang
	if (e.Ending == capture.Closed || slow) && !e.Presumed {
		c.suspect(c.closed(e, x.id))
	}
	c.follower.Forget(x.id)
	c.retrieval.follower.Forget(x.id)
}

// closed takes the end of the connection of a request without a response.
func (c *Checker) closed(e *capture.Event, id spec.RequestID) []spec.Finding {
	if e.Protocol == capture.PCCRR {
		return c.retrieval.follower.Closed(id)
	}
	return c.follower.Closed(id)
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
	c.remarkRetrieval()
	if c.follower.Forgetful() || c.evidence.forgetful || c.retrieval.follower.Forgetful() {
		c.remark("too many clients and segments at a time to track all: behaviour violations may be missing")
	}
	if c.spoke1.full || c.absent.full {
		c.remark("too many servers to name all: more of them may use version 1.0 without TLS, or not answer for a hosted cache")
	}
	c.window.flush(0)
	return c.window.err
}

// remark adds a note about the capture as a whole.
func (c *Checker) remark(detail string) {
	c.window.add(Finding{Violation: spec.Violation{Rule: CaptureNote, Detail: detail}, Place: capture.Place{Stream: -1}})
}

// suspect keeps the findings of the follower until the capture shows whether they
// are certain.
func (c *Checker) suspect(findings []spec.Finding) {
	for i := range findings {
		f := &findings[i]
		x := f.Ref.(*exchange)
		s := suspicion{Violation: f.Violation, request: f.Request, client: x.request.Src.Addr(), server: x.request.Dst.Addr(), answered: x.answered, earlier: x.earlier}
		if s.at = x.response; f.Request || s.at.Frame == 0 {
			s.at = x.request
		}
		c.keep(s)
	}
}

// keep adds a suspicion.
func (c *Checker) keep(s suspicion) {
	s.blind = c.evidence.blind
	c.evidence.suspected = append(c.evidence.suspected, s)
	if len(c.evidence.suspected) >= 2*maxSuspected {
		c.resolve(maxSuspected)
	}
}

// resolve decides about the n oldest suspicions.
func (c *Checker) resolve(n int) {
	all := c.evidence.suspected
	for i := range all[:n] {
		if s := &all[i]; c.evidence.certain(s, c.now) {
			c.add(s.Violation, s.at)
		}
	}
	c.evidence.suspected = append(all[:0], all[n:]...)
}

// violations reports the violations in the bytes of a message.
func (c *Checker) violations(d *spec.Dissection, e *capture.Event) {
	for _, v := range d.Violations {
		if c.options.Windows && v.Rule == "PCCRR-2.2.3-ProtVer" && v.Value == 2 && strings.HasSuffix(v.Field, "MajorVersion") {
			continue
		}
		c.add(v, e.Place)
		if slices.Contains(moves, v.Rule) {
			return
		}
	}
}

// moves are the rules whose violation leaves open where and what the rest of the message
// is: what is wrong there follows from it.
var moves = []string{"PCHC-2.2.1.4-cSegments", "PCHC-2.2.1.5-SizeOfContentTag", "PCHC-2.2.2.1-Size", "PCCRC-2.3-cSegments", "PCCRC-2.3-dwHashAlgo"}

// report reports a violation of behaviour.
func (c *Checker) report(rule, detail string, at capture.Place) {
	c.add(spec.Violation{Rule: rule, Detail: detail}, at)
}

func (c *Checker) add(v spec.Violation, at capture.Place) {
	r, _ := spec.RequirementByID(v.Rule)
	v.Class, v.Section = r.Class, r.Section
	c.window.add(Finding{Violation: v, Place: at, Level: r.Level, Expected: r.Text, Derived: r.Derived})
}
