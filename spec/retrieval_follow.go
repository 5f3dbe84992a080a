package spec

import (
	"net/netip"
	"slices"
	"strconv"
	"time"
)

// RetrievalFollower watches the exchanges of MS-PCCRR between clients and servers, peers
// or hosted caches, as captured on a network, and reports where either end violates
// section 3. It is for MS-PCCRR what [Follower] is for MS-PCHC: it reports only
// violations of behaviour, and only what nothing can excuse. One fault has one culprit:
// a server need not answer a malformed request, nor those behind it on the connection.
//
// An exchange is an HTTP POST with its response. The caller gives each its own number,
// and calls the methods in order of time. [Post.URL], [Post.Scheme] and the fields of
// [Answer] but Status are not looked at.
//
// It remembers requests until the caller says how they ended, and the latest 10 000
// connections with a malformed one.
type RetrievalFollower struct {
	exchanges   map[RequestID]*retrievalExchange
	outstanding map[outstandingID]RequestID // of the RequestIDs of clients
	aborted     table[uint64, bool]         // connections with a request that must be dropped
}

type outstandingID struct {
	client    netip.Addr
	requestID string
}

// retrievalExchange is a request without a response so far.
type retrievalExchange struct {
	Post
	id        RequestID
	sent      time.Duration
	request   *Dissection
	requestID string // of a MSG_GETSEGLIST
}

// Request takes a request with its payload, of which a copy is kept until the exchange
// has ended.
func (f *RetrievalFollower) Request(now time.Duration, id RequestID, p Post, message []byte) []Finding {
	if f.exchanges == nil {
		f.exchanges, f.outstanding = map[RequestID]*retrievalExchange{}, map[outstandingID]RequestID{}
	}
	e := &retrievalExchange{Post: p, id: id, sent: now, request: Dissect(RetrievalRequest, slices.Clone(message))}
	f.exchanges[id] = e
	if !e.request.Valid() {
		f.aborted.put(p.Connection, true)
		return nil
	}
	n := e.request.Root.find("MESSAGE_BODY").find("RequestID")
	if n == nil {
		return nil
	}
	e.requestID = string(n.Raw())
	key := outstandingID{p.From, e.requestID}
	first, used := f.outstanding[key]
	f.outstanding[key] = id
	if used && now-f.exchanges[first].sent < RequestTimeout {
		v := violationAt("PCCRR-3.1.4.4-RequestID", "MESSAGE_BODY.RequestID", "is that of a request without a response so far")
		v.Offset = n.Offset
		return []Finding{e.finding(true, v)}
	}
	return nil
}

// Response takes the HTTP response of an exchange with its payload. It ignores an
// exchange whose request is unknown.
func (f *RetrievalFollower) Response(_ time.Duration, id RequestID, a Answer, message []byte) (findings []Finding) {
	e := f.take(id)
	if e == nil {
		return nil
	}
	switch {
	case a.Status/100 == 2 && len(message) > 0:
		response := Dissect(RetrievalResponse, message)
		if violation, malformed := e.request.First(); malformed && response.Message != "MSG_NEGO_RESP" { // of another version it may be right
			return []Finding{e.finding(false, violationAt("PCCRR-3.2.5.5-Drop", "", "answers a request that violates "+violation.Rule))}
		}
		for _, v := range CompareRetrieval(e.request, response) {
			findings = append(findings, e.finding(false, v))
		}
		return findings
	case a.Status == 401, a.Status == 407, a.Status == 408, a.Status == 411, a.Status == 417, Unreached(a.Status) != "":
		return nil // HTTP itself, a proxy, or no server at all
	}
	return f.unanswered(e, "is answered with HTTP status "+strconv.Itoa(a.Status)+" without a response message")
}

// Closed takes the end of the connection of an exchange that the server had received
// and did not answer.
func (f *RetrievalFollower) Closed(id RequestID) []Finding {
	e := f.take(id)
	if e == nil || f.aborted.full || f.aborted.get(e.Connection) {
		return nil
	}
	return f.unanswered(e, "is not answered")
}

// Abort takes a request that the server has to drop though it is no POST: it may answer
// nothing more on the connection.
func (f *RetrievalFollower) Abort(connection uint64) { f.aborted.put(connection, true) }

// Forget takes the end of an exchange of which nothing more is known, or which the
// server has not received.
func (f *RetrievalFollower) Forget(id RequestID) { f.take(id) }

// Forgetful reports whether violations may be missing from the findings, because
// something had to be forgotten.
func (f *RetrievalFollower) Forgetful() bool { return f.aborted.full }

// take removes an exchange that waits for its response.
func (f *RetrievalFollower) take(id RequestID) *retrievalExchange {
	e := f.exchanges[id]
	if e == nil {
		return nil
	}
	delete(f.exchanges, id)
	if key := (outstandingID{e.From, e.requestID}); f.outstanding[key] == id {
		delete(f.outstanding, key)
	}
	return e
}

// unanswered reports that a well-formed request has no response message.
func (f *RetrievalFollower) unanswered(e *retrievalExchange, detail string) []Finding {
	if !e.request.Valid() {
		return nil
	}
	return []Finding{e.finding(false, violationAt("PCCRR-3.2.5-Answer", "", detail))}
}

func (e *retrievalExchange) finding(request bool, v Violation) Finding {
	return Finding{e.id, e.Ref, request, v}
}

// violationAt returns a violation of a requirement.
func violationAt(rule, field, detail string) Violation {
	r, _ := RequirementByID(rule)
	return Violation{Rule: r.ID, Class: r.Class, Field: field, Detail: detail, Section: r.Section}
}

// What the timers of MS-PCCRR are by default.
const (
	RequestTimeout = 2 * time.Second  // a client waits so long for a response (3.1.2)
	UploadTimeout  = 15 * time.Second // a server takes at most so long for one (3.2.2)
)
