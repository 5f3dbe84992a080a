package serve

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/conformance"
	"github.com/hostedcache/pchc/internal/conversation"
	"github.com/hostedcache/pchc/spec"
)

// timers are the request timer of the client (MS-PCHC 3.2.2), and what is allowed for the
// time that messages and processes take.
type timers struct{ tick, tolerance time.Duration }

// expired is when a request has expired for certain, whatever the phase of the timer.
func (t timers) expired() time.Duration { return (spec.TicksToLive+1)*t.tick + t.tolerance }

// alive is until when a request has certainly not expired.
func (t timers) alive() time.Duration { return max(0, spec.TicksToLive*t.tick-t.tolerance) }

// inTime is until when an answer counts as in time.
func (t timers) inTime() time.Duration { return t.tick }

// scaled turns a time of the test into one of the specification, whose ticks take 5 seconds.
func (t timers) scaled(d time.Duration) time.Duration {
	return time.Duration(float64(d) * float64(spec.TickPeriod) / float64(t.tick))
}

// exchange is a request and what became of it.
type exchange struct {
	number     int // of the request, from 1
	connection int
	from, to   netip.AddrPort
	at         time.Duration // when the request was whole, since the begin of the scene
	typ        Type
	kind       spec.Kind
	message    []byte
	method     string
	path       string
	tls        bool
	scheme     string // of its authentication

	hoHoDks []string
	id      spec.RequestID // of the reference
	seen    int            // requests so far, when the server began to wait
}

// name identifies what a request is about, whatever its port and padding.
func (e *exchange) name() string { return string(e.typ) + strings.Join(e.hoHoDks, "") }

// fault is what the client did wrong.
type fault struct {
	fuzz.Difference
	derived bool
	message fuzz.Message
	line    int // of the time line, from 0, with which it was seen
}

// state says whether a SEGMENT_INFO_MESSAGE may follow.
type state uint8

const (
	unknown  state = iota // the segment was not offered
	offered               // there is no answer so far
	failed                // there was none, or none that is whole
	refused               // answered without success
	accepted              // OK
	dropped               // the answer was malformed
	expired               // it came too late
	doubtful              // it came in between: anything goes
	asked                 // INTERESTED
	informed              // the SEGMENT_INFO_MESSAGE is there, and not answered
	done                  // the SEGMENT_INFO_MESSAGE was answered
	again                 // it may come again
)

// segment is what the judge knows of a segment that is offered by version 1.0.
type segment struct {
	state
	rule string // that the answer violates
	did  string // what the server did
	owed spec.RequestID
	by   *exchange // that was answered with INTERESTED
}

// judge follows a run, and knows what a right client does. Its times are since the begin
// of the scene. It is for one goroutine at a time.
type judge struct {
	timers
	clients    [2]spec.Client // the references, of version 1.0 and 2.0
	checker    *conformance.Checker
	segments   map[string]*segment
	offered    map[string]bool      // HoHoDks, of both versions
	tries      map[string]int       // by name: requests since one was answered rightly
	failed     map[string]bool      // by name: the last one was not
	resend     map[string]*exchange // by name: has to be sent again with authentication
	legs       map[string]int       // by name: how often it was
	gaveUp     map[string]bool      // by name: the reference does not authenticate any more
	requests   map[int64]*exchange
	faults     []fault
	line       int
	lost       bool // a request was sent without a whole answer, by no fault of the client
	negotiated bool
	bad        bool      // the last answer was malformed
	last       *exchange // the last offer, or else request
}

func newJudge(t timers) *judge {
	j := &judge{timers: t, segments: map[string]*segment{}, offered: map[string]bool{}, tries: map[string]int{}, failed: map[string]bool{},
		resend: map[string]*exchange{}, legs: map[string]int{}, gaveUp: map[string]bool{}, requests: map[int64]*exchange{}}
	j.clients[0].Version, j.clients[1].Version = 1, 2
	j.checker = conformance.NewChecker(conformance.Options{}, j.checked)
	return j
}

// add adds a fault at a request.
func (j *judge) add(e *exchange, derived bool, d fuzz.Difference) {
	j.faults = append(j.faults, fault{d, derived, fuzz.Message{Kind: e.kind, Bytes: e.message}, j.line})
}

func (j *judge) client(e *exchange) *spec.Client {
	if e.typ == Batch {
		return &j.clients[1]
	}
	return &j.clients[0]
}

// event gives an event to the engine that checks captures.
func (j *judge) event(now time.Duration, kind capture.EventKind, e *exchange, edit func(*capture.Event)) {
	ev := &capture.Event{Kind: kind, Protocol: capture.PCHC, Exchange: e.number, Body: e.message, Auth: e.scheme, Authorized: e.scheme != ""}
	ev.Frame, ev.Time = int64(2*e.number), time.Unix(1, 0).Add(j.scaled(now))
	ev.Src, ev.Dst, ev.Stream, ev.Method, ev.Path, ev.Direction, ev.TLS = e.from, e.to, e.connection, e.method, e.path, "request", e.tls
	if kind != capture.Request && kind != capture.OtherMethod {
		ev.Src, ev.Dst, ev.Direction, ev.Body, ev.Auth = e.to, e.from, "response", nil, ""
		ev.Frame++
	}
	if edit != nil {
		edit(ev)
	}
	j.requests[ev.Frame] = e
	_ = j.checker.Item(&conversation.Item{Event: ev}) // fails only if checked does
}

// checked takes a finding of that engine. What the server did wrong, it did on purpose;
// what has to follow an answer, the reference says.
func (j *judge) checked(f *conformance.Finding) error {
	e := j.requests[f.Frame]
	if e == nil || f.Rule == "PCHC-2.1-HTTPS" && len(e.message) > 1 && e.message[1] != 1 || f.Direction != "request" || f.Level == spec.May || f.Rule == conformance.CaptureNote || f.Rule == conformance.CaptureProblem ||
		strings.HasPrefix(f.Rule, "PCHC-3.") || f.Rule == "PCHC-2.2.1.4-Interested" || f.Rule == "PCHC-2.1-SPNEGO" {
		return nil
	}
	d := fuzz.Difference{Fault: fuzz.Malformed, Rule: f.Rule, Field: f.Field, Offset: f.Offset, Detail: f.Detail}
	if f.Class == spec.Behaviour {
		d.Fault, d.Requirement = fuzz.Unexpected, f.Rule
	}
	j.add(e, false, d)
	return nil
}

// request takes a request of MS-PCHC.
func (j *judge) request(now time.Duration, e *exchange) {
	j.event(now, capture.Request, e, nil)
	if j.last == nil || e.typ != Info {
		j.last = e
	}
	d := spec.Dissect(spec.Request, e.message)
	switch e.typ {
	case Offer:
		if hash := d.Root.Child("Hash"); hash != nil {
			e.hoHoDks = []string{string(hash.Raw())}
		}
	case Info:
		if m, err := codec.DecodeSegmentInfoMessage(e.message); err == nil {
			e.hoHoDks = []string{string(m.SegmentInformation.AppendHoHoDk(nil, 0))}
		}
	case Batch:
		if list := d.Root.Child("SegmentDescriptor"); list != nil {
			for i := range list.Children {
				if id := list.Children[i].Child("SegmentHoHoDk"); id != nil && !id.Truncated() {
					e.hoHoDks = append(e.hoHoDks, string(id.Raw()))
				}
			}
		}
	}
	if e.typ != Info {
		for _, id := range e.hoHoDks {
			j.offered[id] = true
		}
	}
	if e.scheme == "" {
		j.tried(e)
	} else if j.authorized(e) {
		return
	}
	switch {
	case e.typ == Info && len(e.hoHoDks) == 0: // malformed, which the checker says
	case e.typ == Info:
		j.informed(now, e)
	default:
		j.offer(now, e)
	}
}

// mostTries is how often a client may send the same request in a row: as often as a
// request may be authenticated.
const mostTries = spec.MaxLegs

// tried counts requests that are sent again because the last one failed.
func (j *judge) tried(e *exchange) {
	name := e.name()
	if !j.failed[name] {
		j.tries[name] = 0
	}
	if j.tries[name]++; j.tries[name] == mostTries+1 {
		j.add(e, true, fuzz.Difference{Fault: fuzz.Unexpected, Requirement: "PCHC-3.2.4-Offer",
			Detail:   fmt.Sprintf("is sent for the %dth time in a row, though each one before failed", j.tries[name]),
			Required: fmt.Sprintf("A client gives up a request that fails each time. The specification says nothing of sending it again, and gives no limit: that of pchc is %d times in a row.", mostTries)})
	}
	j.failed[name] = true
}

// endless reports whether the client sends one request again and again.
func (j *judge) endless() bool {
	return slices.ContainsFunc(j.faults, func(f fault) bool {
		return f.Requirement == "PCHC-3.2.4-Offer" && f.Fault == fuzz.Unexpected || f.Requirement == "PCHC-3.2.5.3-Resend" && f.Fault == fuzz.Unexpected
	})
}

// authorized takes a request with credentials, and reports whether it is one that had to be
// sent again.
func (j *judge) authorized(e *exchange) bool {
	name := e.name()
	negotiate := strings.EqualFold(e.scheme, "Negotiate")
	switch {
	case e.typ == Batch:
		j.add(e, true, fuzz.Difference{Fault: fuzz.Unexpected, Requirement: "PCHC-1.7-Authentication",
			Detail: "has " + target.Excerpt(e.scheme) + " credentials, and version 2.0 has neither authentication nor TLS to protect them"})
	case !e.tls:
		j.add(e, true, fuzz.Difference{Fault: fuzz.Unexpected, Requirement: "PCHC-2.1-HTTPS", Detail: "has " + target.Excerpt(e.scheme) + " credentials, and is sent without TLS"})
	}
	j.negotiated = j.negotiated || negotiate
	if !negotiate && e.typ != Batch {
		delete(j.resend, name) // one fault is enough
		j.add(e, false, fuzz.Difference{Fault: fuzz.Unexpected, Requirement: "PCHC-2.1-SPNEGO", Detail: "has " + target.Excerpt(e.scheme) + " credentials, which are not SPNEGO-based"})
	}
	if first := j.resend[name]; first != nil && negotiate {
		e.id = first.id
		delete(j.resend, name)
		j.legs[name]++
		j.settle(e, offered, informed, "", "")
		return true
	}
	if j.gaveUp[name] && negotiate {
		delete(j.gaveUp, name) // once
		j.add(e, true, fuzz.Difference{Fault: fuzz.Unexpected, Requirement: "PCHC-3.2.5.3-Resend",
			Detail: "is sent with credentials again, though the server had refused them, or asked for them " + fmt.Sprint(spec.MaxLegs) + " times"})
	}
	return false
}

// offer gives an offer to the reference.
func (j *judge) offer(now time.Duration, e *exchange) {
	var list []spec.Offer
	for _, id := range e.hoHoDks[:min(len(e.hoHoDks), codec.MaxDescriptors)] {
		list = append(list, spec.Offer{HoHoDk: id})
		if s := j.segments[id]; e.typ == Offer && (s == nil || s.state != asked) {
			j.segments[id] = &segment{state: offered}
		}
	}
	if len(list) == 0 {
		return
	}
	for _, a := range j.client(e).Offer(j.scaled(now), list...) {
		if send, ok := a.(spec.Send); ok {
			e.id = send.Request
		}
	}
}

// informed takes a SEGMENT_INFO_MESSAGE.
func (j *judge) informed(_ time.Duration, e *exchange) {
	s := j.segments[e.hoHoDks[0]]
	if s == nil {
		s = &segment{}
		j.segments[e.hoHoDks[0]] = s
	}
	was := *s
	s.state = informed
	d := fuzz.Difference{Fault: fuzz.Unexpected, Requirement: "PCHC-2.2.1.4-Interested"}
	derived := false
	switch was.state {
	case asked:
		e.id = was.owed
		return
	case again, doubtful:
		return
	case unknown:
		derived = true
		d.Detail = "is about a segment that was not offered"
		for _, other := range j.segments {
			if other.state == asked {
				d.Requirement, derived = "PCHC-3.2.5.1-SegmentInfo", false
				d.Detail = "is about another segment than the one that the server is INTERESTED in"
				other.state = doubtful // which was meant
			}
		}
	case offered:
		d.Detail = "is sent before the INITIAL_OFFER_MESSAGE is answered"
	case failed:
		d.Requirement, derived, d.Detail = "PCHC-3.2.5.5-Drop", true, "is sent though the INITIAL_OFFER_MESSAGE had no whole answer: the server "+was.did
	case refused:
		d.Requirement, d.Detail = "PCHC-3.2.5.5-Drop", "is sent though the INITIAL_OFFER_MESSAGE was answered without success: the server "+was.did
	case accepted:
		d.Detail = "is sent though the server " + was.did
	case dropped:
		d.Requirement, d.Rule, d.Detail = "PCHC-3.2.5.5-Drop", was.rule, "is sent though the answer before it is malformed: the server "+was.did
	case expired:
		d.Requirement, d.Detail = "PCHC-3.2.2-Late", "is sent because of an INTERESTED that came after the INITIAL_OFFER_MESSAGE had expired"
	case informed, done:
		d.Detail = "is sent twice for one INTERESTED"
	}
	j.add(e, derived, d)
}

// answered takes an answer to a request of MS-PCHC. It is not delivered if the client had
// ended the connection before.
func (j *judge) answered(now time.Duration, e *exchange, b *Behaviour, a *answer, delivered bool) {
	age := now - e.at
	late := age >= j.expired()
	vague := delivered && a.whole && !late && age >= j.inTime() // whether the request has expired is not certain
	j.lost = j.lost || vague
	did := b.What
	if b.right && b.code != ok && len(a.payload) == 5 {
		did = "answered " + map[byte]string{0: "OK", 1: "INTERESTED"}[a.payload[4]]
	}
	if !delivered || !a.whole {
		j.event(now, capture.Unanswered, e, func(ev *capture.Event) { ev.Ending = capture.Abandoned })
		j.settle(e, failed, again, "", did)
		j.bad = true
		return
	}
	negotiates, token := false, false
	for _, c := range b.challenges() {
		scheme, rest, _ := strings.Cut(c, " ")
		if scheme == "Negotiate" {
			negotiates, token = true, token || rest != ""
		}
	}
	kind := capture.Response
	if a.status != 200 {
		kind = capture.Failure
	}
	j.event(now, kind, e, func(ev *capture.Event) {
		ev.Status, ev.Auth = a.status, strings.Join(b.challenges(), ", ")
		if kind == capture.Response {
			ev.Body, ev.RequestType = a.payload, uint16(map[Type]int{Offer: 1, Info: 2, Batch: 3}[e.typ])
		}
	})
	if a.status == 401 {
		j.unauthorized(now, e, spec.Answer{Status: 401, Negotiate: negotiates, Token: token}, did)
		return
	}
	payload := a.payload
	if a.status != 200 {
		payload = nil
	}
	actions := j.client(e).Receive(j.scaled(now), e.id, payload)
	switch {
	case vague:
		j.settle(e, doubtful, doubtful, "", did)
		return
	case a.status != 200:
		j.settle(e, refused, again, "", did)
		return
	}
	to, rule := accepted, ""
	for _, action := range actions {
		switch action := action.(type) {
		case spec.Drop:
			if to, rule = dropped, action.Rule; late {
				to = expired
			}
		case spec.Send:
			to = asked
			j.segments[e.hoHoDks[0]] = &segment{state: asked, owed: action.Request, by: e, did: did}
		}
	}
	j.bad = to == dropped
	if to == accepted || to == asked {
		j.failed[e.name()] = false
	}
	if to == asked {
		return
	}
	if to == accepted && b.end == change { // what came second answers nothing
		j.client(e).Receive(j.scaled(now), e.id, answerInterested)
	}
	after := to
	switch to {
	case accepted:
		after = done
	case expired:
		after = doubtful
	}
	j.settle(e, to, after, rule, did)
}

// settle sets what is known of the segment of a request: after an offer, and after a
// SEGMENT_INFO_MESSAGE.
func (j *judge) settle(e *exchange, offer, info state, rule, did string) {
	if len(e.hoHoDks) == 0 || e.typ == Batch {
		return
	}
	s := j.segments[e.hoHoDks[0]]
	switch {
	case s == nil:
	case e.typ == Offer && (s.state == offered || offer == offered):
		s.state, s.rule, s.did = offer, rule, did
	case e.typ == Info && (s.state == informed || info == informed):
		s.state, s.rule, s.did = info, rule, did
	}
}

// silent takes that a request is not answered, and will not be.
func (j *judge) silent(now time.Duration, e *exchange, b *Behaviour) {
	j.event(now, capture.Unanswered, e, func(ev *capture.Event) { ev.Ending = capture.Abandoned })
	j.settle(e, failed, again, "", b.What)
}

// unauthorized takes a 401.
func (j *judge) unauthorized(now time.Duration, e *exchange, a spec.Answer, did string) {
	name := e.name()
	for _, action := range j.client(e).Unauthorized(j.scaled(now), e.id, a) {
		switch action.(type) {
		case spec.Send:
			j.resend[name] = e
		case spec.Refuse:
			j.gaveUp[name] = true
		}
	}
	j.settle(e, refused, again, "", did)
}

// hangs takes that a client still waits for an answer to a request that has expired.
func (j *judge) hangs(e *exchange, b *Behaviour, waited time.Duration) {
	j.add(e, true, fuzz.Difference{Fault: fuzz.Hang, Requirement: cmp.Or(map[Type]string{Blocks: "PCCRR-3.1.2-RequestTimer"}[e.typ], "PCHC-3.2.2-Expiry"),
		Detail: fmt.Sprintf("is waited for without end: after %s the client had neither ended the connection nor sent anything else; the server %s", rounded(waited), b.What)})
}

// hurries takes that a client ended the connection of a request that had not expired.
func (j *judge) hurries(e *exchange, b *Behaviour, waited time.Duration) {
	if e.typ != Blocks && waited < j.alive() && b.when != early {
		j.add(e, true, fuzz.Difference{Fault: fuzz.Unexpected, Requirement: "PCHC-3.2.2-Expiry",
			Detail: fmt.Sprintf("is given up after %s, but expires after %s or later; the server %s", rounded(waited), spec.TicksToLive*j.tick, b.What)})
	}
}

// owes reports whether something has to follow.
func (j *judge) owes(authenticates bool) bool {
	for _, s := range j.segments {
		if s.state == asked {
			return true
		}
	}
	for name := range j.resend {
		if authenticates && j.legs[name] < fewLegs {
			return true
		}
	}
	return false
}

// fewLegs is how often a client has to authenticate itself for a request: as often as
// SPNEGO-based authentication takes.
const fewLegs = 3

// over takes the end of the run, and adds what the client has not done.
func (j *judge) over(now time.Duration, authenticates bool) {
	_ = j.checker.End(time.Unix(1, 0).Add(j.scaled(now)))
	for _, id := range slices.Sorted(maps.Keys(j.segments)) {
		if s := j.segments[id]; s.state == asked {
			j.add(s.by, false, fuzz.Difference{Fault: fuzz.Missing, Requirement: "PCHC-3.2.5.1-SegmentInfo",
				Detail: "is answered INTERESTED, and no SEGMENT_INFO_MESSAGE for its segment follows"})
		}
	}
	if !authenticates {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(j.resend)) {
		if e := j.resend[name]; !j.lost && j.legs[name] < fewLegs {
			j.add(e, false, fuzz.Difference{Fault: fuzz.Missing, Requirement: "PCHC-3.2.5.3-Resend",
				Detail: "is answered with HTTP status 401, and not sent again with SPNEGO-based authentication"})
		}
	}
}

// rounded writes a time as people do.
func rounded(d time.Duration) string {
	if d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(10 * time.Millisecond).String()
}
