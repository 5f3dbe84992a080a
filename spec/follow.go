package spec

import (
	"crypto/sha256"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Follower watches the exchanges between hosted caches and their clients, as
// captured on a network, and reports where either end violates MS-PCHC section 3.
// It reports only violations of behaviour; use [Dissect] for those in the bytes of
// a message.
//
// An exchange is an HTTP POST with its response. The caller gives each its own
// number, and calls the methods in order of time. The Follower assumes nothing
// about the time before the first exchange, and reports only what nothing can
// excuse:
//
//   - One fault has one culprit. What follows from a malformed message is not
//     reported: not its missing answer, not those of later requests on the
//     connection, and not what the other end makes of it.
//   - A client is an address, and there may be several behind it. It may use several
//     connections, and several addresses of its hosted cache. What it has to send may come
//     from another address, if nothing else explains that.
//   - A request expires between 10 and 15 seconds after it was sent, depending on the
//     phase of a timer that nobody sees (3.2.2). A response that comes earlier
//     must be processed, one that comes later must not; in between both is right.
//   - A client may restart: one that was silent for a second or more before it offers
//     again on a new connection need not know what it had been asked for.
//   - A hosted cache may forget segments, know them from elsewhere, or be several
//     behind one address. So no code of a valid response is a violation.
//
// Its memory is bounded: it remembers the latest 10 000 offers, and likewise
// obligations and malformed connections; and requests without an answer, until the
// caller says how they ended. What is forgotten is not reported, see
// [Follower.Forgetful].
type Follower struct {
	// Windows deviates from the specification as Windows servers do, see
	// [Server.Windows].
	Windows bool

	exchanges map[RequestID]*exchange
	waiting   map[uint64]int       // connections: requests without a response
	held      map[uint64][]Finding // connections: depend on whether all of these get one
	aborted   table[uint64, bool]  // connections with a request that must be dropped
	offers    table[offerKey, *offered]
	owed      obligations
	forgetful bool
	began     time.Duration // at the first request
}

// A Finding is a violation of a behaviour requirement by an exchange. Its Offset is
// 0 and its Field empty.
type Finding struct {
	Exchange RequestID
	Ref      any  // that of the exchange's [Post]
	Request  bool // it is in the request: the client is at fault
	Violation
}

// exchange is a request without a response so far.
type exchange struct {
	Post
	id        RequestID
	typ       uint16
	message   string // digest
	hoHoDk    string // of INITIAL_OFFER_MESSAGE and SEGMENT_INFO_MESSAGE
	sent      time.Duration
	malformed string // the rule it violates
	dropped   bool   // so it must not be answered
	legs      int    // of its authentication, before
	offered   *offered
}

// Request takes a request with its payload, which is not kept.
func (f *Follower) Request(now time.Duration, id RequestID, p Post, message []byte) []Finding {
	if f.exchanges == nil {
		f.began = now
		f.exchanges, f.waiting, f.held = map[RequestID]*exchange{}, map[uint64]int{}, map[uint64][]Finding{}
	}
	findings := f.owed.spill()
	e := &exchange{Post: p, id: id, sent: now}
	if p.URL == 1 { // only there it may have to be sent again
		e.message = digest(message)
	}
	report := func(rule, detail string) { findings = append(findings, e.finding(true, rule, detail)) }
	dissected := message
	if p.WellFormed && layoutOf(Request, message, 0) == &batchedOffer {
		const least = 16 + 59 // what further descriptors say does not matter here
		dissected = message[:min(len(message), least)]
	}
	d := Dissect(Request, dissected)
	if violation, malformed := d.First(); malformed && !p.WellFormed {
		e.malformed, e.dropped = violation.Rule, !(f.Windows && d.WindowsAnswersOK())
	}
	if e.dropped {
		f.aborted.put(p.Connection, true)
	}
	f.exchanges[id] = e
	f.waiting[p.Connection]++

	header := d.Root.find("MessageHeader")
	if typ := header.find("Type"); typ != nil {
		e.typ = uint16(typ.Value)
	}
	if version := typeVersion(e.typ); version != 0 && p.URL != 0 && p.URL != version &&
		header.find("MajorVersion").Value == uint64(version) { // otherwise the message is malformed
		report("PCHC-2.1-Version", "version "+strconv.Itoa(int(version))+".0 message on the URL of version "+strconv.Itoa(int(p.URL))+".0")
	}
	resent := f.authenticated(e, report)
	f.owed.heard(now, e, e.typ == TypeInitialOffer && !resent)
	switch e.typ {
	case TypeInitialOffer:
		if hash := d.Root.find("Hash"); hash != nil {
			e.hoHoDk = string(hash.Raw())
			if f.offers.get(e.key()) == nil {
				f.offers.put(e.key(), &offered{})
			}
			e.offered = f.offers.get(e.key())
			e.offered.open++
		}
	case TypeSegmentInfo:
		if segment, ok := segmentOffered(d); ok {
			e.hoHoDk = segment.hoHoDk
		}
		f.informed(now, e, resent, report)
	default:
		if e.malformed != "" { // perhaps it is meant to be one of the others
			f.owed.pardon(e.From)
		}
	}
	return findings
}

// authenticated checks how a request is authenticated, and reports whether it is
// sent again after a 401.
func (f *Follower) authenticated(e *exchange, report func(rule, detail string)) (resent bool) {
	if e.Scheme == "" || e.URL != 1 {
		return false // in version 2.0 the hosted cache is at fault, which asks for it
	}
	o := f.owed.settle(e.From, "PCHC-3.2.5.3-Resend", e.message)
	if o != nil {
		e.legs = o.legs + 1
	} else {
		f.owed.elsewhere("PCHC-3.2.5.3-Resend", e.message)
	}
	switch negotiates := strings.EqualFold(e.Scheme, negotiate); {
	case !negotiates && o != nil && o.scheme: // the same fault
	case !negotiates && o != nil:
		report("PCHC-3.2.5.3-Resend", "is sent again after HTTP status 401 with "+e.Scheme+" authentication, which is not SPNEGO-based")
	case !negotiates:
		report("PCHC-2.1-SPNEGO", "has "+e.Scheme+" authentication, which is not SPNEGO-based")
	}
	return o != nil
}

// informed checks whether a SEGMENT_INFO_MESSAGE was asked for.
func (f *Follower) informed(now time.Duration, e *exchange, resent bool, report func(rule, detail string)) {
	if e.hoHoDk == "" { // malformed
		f.owed.pardon(e.From)
		return
	}
	asked := f.owed.settle(e.From, "PCHC-3.2.5.1-SegmentInfo", e.hoHoDk) != nil
	e.offered = f.offers.get(e.key())
	switch o := e.offered; {
	case o == nil: // its offer was not seen
		if !asked {
			f.owed.elsewhere("PCHC-3.2.5.1-SegmentInfo", e.hoHoDk)
		}
	case o.asked > 0:
		o.asked--
	case resent, asked, o.open > 0: // an answer may be on its way
	case o.late && !o.interested:
		o.late = false
		report("PCHC-3.2.2-Late", "follows an INTERESTED that arrived after the INITIAL_OFFER_MESSAGE had expired")
	case o.ok && !o.interested && (o.okOn == e.Connection || now-f.began >= surelyExpired): // or another client behind the address was asked before
		report("PCHC-2.2.1.4-Interested", "follows an INITIAL_OFFER_MESSAGE that was answered with OK")
	case o.acknowledged && o.on == e.Connection:
		report("PCHC-2.2.1.4-Interested", "is sent again without another INTERESTED, though the first was answered")
	}
}

// Response takes the HTTP response of an exchange with its payload. It ignores an
// exchange whose request is unknown.
func (f *Follower) Response(now time.Duration, id RequestID, a Answer, message []byte) []Finding {
	findings := f.owed.spill()
	e := f.take(id)
	if e == nil {
		return findings
	}
	if e.typ == TypeInitialOffer && e.offered != nil {
		e.offered.open--
	}
	report := func(rule, detail string) { findings = append(findings, e.finding(false, rule, detail)) }
	switch {
	case a.Status == 401:
		f.unauthorized(now, e, a, report)
	case a.Status == 407, a.Status == 408, a.Status == 411, a.Status == 417:
		// HTTP itself, or a proxy, asks for another form of the request.
	case Unreached(a.Status) != "":
		// No hosted cache has received it.
	case a.Status == 403 && e.Scheme != "":
		// The credentials are good, but not good enough.
	case a.Status/100 != 2 || len(message) == 0:
		findings = append(findings, f.unanswered(e, "is answered with HTTP status "+strconv.Itoa(a.Status)+" without a response message")...)
	default:
		if held := f.held[e.Connection]; e.dropped && len(held) < maxHeld {
			f.held[e.Connection] = append(held, e.finding(false, "PCHC-3.1.5.4-Drop", "answers a request that violates "+e.malformed))
		} else if e.dropped {
			f.forgetful = true
		}
		f.answered(now, e, a, message)
	}
	if f.waiting[e.Connection] == 0 {
		// Each request of the connection had its response, so this one belongs to it.
		findings = append(findings, f.held[e.Connection]...)
		delete(f.held, e.Connection)
	}
	return findings
}

// answered draws the conclusions from a response message.
func (f *Follower) answered(now time.Duration, e *exchange, a Answer, message []byte) {
	o := e.offered
	if o == nil {
		return
	}
	d := DissectResponse(message, e.typ)
	interested := !d.Valid() || uint8(d.Root.find("ResponseCode").Value) == CodeInterested // or the client may read it so
	age := now - e.sent
	switch {
	case e.typ == TypeSegmentInfo:
		if o.asked == 0 && age < surelyAlive && !a.Gone && d.Valid() {
			o.acknowledged, o.on = true, e.Connection
		}
	case !interested:
		o.ok, o.okOn = true, e.Connection
	case age >= surelyExpired && d.Valid():
		o.late = true
	default:
		o.interested, o.acknowledged = true, false
		o.asked++
		if age < surelyAlive && !a.Gone && d.Valid() && e.malformed == "" && e.URL == 1 {
			f.owed.owe(now, e.sent, obligation{owedKey: owedKey{e.From, "PCHC-3.2.5.1-SegmentInfo", e.hoHoDk}, exchange: e, due: now + surelyExpired,
				detail: "INTERESTED is not followed by a SEGMENT_INFO_MESSAGE for the segment"})
		}
	}
}

// unauthorized takes a 401.
func (f *Follower) unauthorized(now time.Duration, e *exchange, a Answer, report func(rule, detail string)) {
	if e.URL != 1 {
		report("PCHC-1.7-Authentication", "asks for authentication with HTTP status 401, which version 2.0 does not have")
		return
	}
	tried := strings.EqualFold(e.Scheme, negotiate)
	if !a.Negotiate && e.Scheme == "" {
		report("PCHC-2.1-SPNEGO", "HTTP status 401 does not ask for SPNEGO-based authentication")
	}
	if now-e.sent >= surelyAlive || a.Gone {
		return
	}
	// A 401 to a request with credentials refuses them, unless it goes on with a token.
	f.owed.owe(now, e.sent, obligation{owedKey: owedKey{e.From, "PCHC-3.2.5.3-Resend", e.message}, exchange: e, due: now + surelyExpired, legs: e.legs, scheme: e.Scheme != "" && !tried,
		excused: !a.Negotiate || e.malformed != "" || e.Scheme != "" && !(tried && a.Token) || e.legs >= MaxLegs,
		detail:  "HTTP status 401 is not followed by the same request with SPNEGO-based authentication"})
}

// Unreached says why an HTTP status shows that no hosted cache has received the request, ""
// if it does not show that.
func Unreached(status int) string {
	switch status {
	case 404:
		return "no hosted cache listens on this URL"
	case 502, 504:
		return "a proxy or load balancer does not reach the hosted cache"
	}
	return ""
}

// Closed takes the end of the connection of an exchange that the hosted cache had
// received and did not answer.
func (f *Follower) Closed(id RequestID) []Finding {
	e := f.take(id)
	if e == nil {
		return nil
	}
	if e.typ == TypeInitialOffer && e.offered != nil {
		e.offered.open--
	}
	delete(f.held, e.Connection)
	if f.aborted.full || f.aborted.get(e.Connection) {
		return nil // dropped with a malformed request before it
	}
	return f.unanswered(e, "is not answered")
}

// Abort takes a request that is no POST, and that the hosted cache has to drop: it may
// answer nothing more on the connection.
func (f *Follower) Abort(connection uint64) { f.aborted.put(connection, true) }

// Forget takes the end of an exchange of which nothing more is known, or which the
// hosted cache has not received.
func (f *Follower) Forget(id RequestID) {
	if e := f.take(id); e != nil {
		delete(f.held, e.Connection)
	}
}

// Lost takes a loss in what was captured of a client: it may have done all that
// it has to do.
func (f *Follower) Lost(client netip.Addr) { f.owed.pardon(client) }

// take removes an exchange that waits for its response.
func (f *Follower) take(id RequestID) *exchange {
	e := f.exchanges[id]
	if e == nil {
		return nil
	}
	delete(f.exchanges, id)
	if f.waiting[e.Connection]--; f.waiting[e.Connection] == 0 {
		delete(f.waiting, e.Connection)
	}
	return e
}

// unanswered reports that a request has no response message, if it must have one.
// Windows need not answer malformed messages.
func (f *Follower) unanswered(e *exchange, detail string) []Finding {
	if e.malformed != "" || e.URL != typeVersion(e.typ) {
		return nil
	}
	return []Finding{e.finding(false, "PCHC-3.1.5."+strconv.Itoa(int(e.typ))+"-Respond", detail)}
}

// typeVersion is the major version of the messages of a type, 0 for an unknown one.
func typeVersion(typ uint16) uint8 {
	switch typ {
	case TypeInitialOffer, TypeSegmentInfo:
		return 1
	case TypeBatchedOffer:
		return 2
	}
	return 0
}

// digest identifies a request without its paddings.
func digest(message []byte) string {
	h := sha256.New()
	for i, b := range message[:min(len(message), 16)] {
		if 4 <= i && i < 8 || 10 <= i {
			b = 0
		}
		h.Write([]byte{b})
	}
	h.Write(message[min(len(message), 16):])
	return string(h.Sum(nil))
}

func (e *exchange) finding(request bool, rule, detail string) Finding {
	r, _ := RequirementByID(rule)
	return Finding{e.id, e.Ref, request, Violation{Rule: rule, Class: Behaviour, Detail: detail, Section: r.Section}}
}
