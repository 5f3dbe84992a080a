package conformance

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/conversation"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/spec"
)

// retrieval is what is known of MS-PCCRR and of the contents.
type retrieval struct {
	follower spec.RetrievalFollower
	secrets  *conversation.Secrets
	lists    map[list]*exchange // the latest MSG_GETSEGLIST with each RequestID

	caches           once[netip.Addr] // hosted caches
	acceptors        once[netip.Addr] // those of them that took offers
	peers            peers
	wishes, unsorted once[netip.Addr]     // of whom habits were noted
	doubtful         bool                 // some Content Information violates a rule
	unknown          int                  // blocks that were not verified
	offers           map[pair]*acceptance // the first that was accepted, and nothing was fetched since
	fetchers         once[netip.Addr]     // who asked somebody for a block
	seen             once[netip.Addr]     // who took part in retrieval or a transfer
	counts           [5]int               // see Summary
}

// list is a client and a RequestID.
type list struct {
	client netip.Addr
	id     [16]byte
}

// timerTolerance is how many times the default of a timer must have gone by: Windows has
// it in the registry, and the ends see other times than the capture.
const timerTolerance = 2

// retrieve takes a message of MS-PCCRR, or the lack of one.
func (c *Checker) retrieve(e *capture.Event, x *conversation.Exchange) {
	c.seen(x)
	switch e.Kind {
	case capture.Request:
		c.asked(e, x)
	case capture.Unanswered:
		c.unanswered(e)
	default:
		c.answered(e, x)
	}
}

// asked takes a request.
func (c *Checker) asked(e *capture.Event, x *conversation.Exchange) {
	r := &c.retrieval
	r.counts[0]++
	r.fetch(x.Client.Addr(), x.Server.Addr())
	malformed := false
	if !c.isSoundRetrieval(x.Request, x.Retrieval.Asked) {
		d := spec.Dissect(spec.RetrievalRequest, e.Body)
		c.violations(d, e)
		malformed = !d.Valid()
	}
	c.requests++
	y := &exchange{id: c.requests, request: e.Place, malformed: malformed, sent: c.now}
	if m, ok := x.Retrieval.Asked.(pccrr.MsgGetSegList); ok && !malformed {
		c.listed(e, x.Server)
		y.earlier = r.list(list{e.Src.Addr(), m.RequestID}, y)
	}
	if !malformed {
		c.habits(x.Retrieval.Asked, e.Place)
	}
	c.suspect(r.follower.Request(c.now, y.id, spec.Post{From: e.Src.Addr(), Connection: uint64(e.Stream), Ref: y}, e.Body))
	if e.Exchange == 0 {
		r.follower.Forget(y.id)
		return
	}
	c.live[number{e.Stream, e.Exchange}] = y
	c.waiting[e.Stream]++
}

// list returns the earlier request with the same RequestID.
func (r *retrieval) list(l list, y *exchange) *exchange {
	if r.lists == nil || len(r.lists) >= maxServers {
		r.lists = map[list]*exchange{}
	}
	earlier := r.lists[l]
	r.lists[l] = y
	return earlier
}

// answered takes a response.
func (c *Checker) answered(e *capture.Event, x *conversation.Exchange) {
	r := &c.retrieval
	y := c.take(e)
	if len(e.Body) > 0 {
		r.counts[1]++
		if !c.isSoundRetrieval(x.Response, x.Retrieval.Answer) {
			c.violations(spec.Dissect(spec.RetrievalResponse, e.Body), e)
		}
	}
	if y == nil {
		return
	}
	if e.Presumed {
		r.follower.Forget(y.id)
		return
	}
	y.response, y.answered = e.Place, c.now
	c.suspect(r.follower.Response(c.now, y.id, answer(e), e.Body))
	if e.Kind == capture.Response {
		c.habits(x.Retrieval.Answer, e.Place)
		c.timers(e, x, y)
		c.block(e, x)
	}
}

// timers: a client does not wait for long, and a server does not take long.
func (c *Checker) timers(e *capture.Event, x *conversation.Exchange, y *exchange) {
	if c.options.Windows {
		return // what its registry says
	}
	if took, ok := x.Took(); ok && took > timerTolerance*spec.RequestTimeout && !e.Gone {
		c.blame("PCCRR-3.1.2-RequestTimer", fmt.Sprintf("waits %v for the response", took.Round(time.Millisecond)), y.request)
	}
	if x.Began.Time.IsZero() || x.Answered.Time.IsZero() {
		return
	}
	if took := x.Answered.Time.Sub(x.Began.Time); took > timerTolerance*spec.UploadTimeout {
		c.blame("PCCRR-3.2.2-UploadTimer", fmt.Sprintf("takes %v from its beginning to its end", took.Round(time.Millisecond)), e.Place)
	}
}

// block reports a block that is not what was asked for.
func (c *Checker) block(e *capture.Event, x *conversation.Exchange) {
	r, b := &c.retrieval, x.Retrieval.Block
	if b == nil || x.Result != conversation.Hit {
		return
	}
	if b.Verified {
		c.padding(e, x)
		return
	}
	rule := "PCCRR-2.2.5.3-BlockHash"
	switch b.Fault {
	case conversation.NoSecret, conversation.NoHash:
		r.unknown++
		return
	case conversation.WrongKey:
		rule = "PCCRR-2.2.5.3-Ke"
	}
	if b.Hash == nil || r.doubtful { // nothing certain to compare it with
		r.unknown++
		return
	}
	if b.Version == 2 && r.caches.has(x.Server.Addr()) {
		c.window.add(Finding{Place: e.Place, Violation: spec.Violation{Rule: CaptureNote,
			Detail: "a block of version 2.0 from a hosted cache, which cannot verify what it keeps: " + b.Reason}})
		return
	}
	c.blame(rule, b.Reason, e.Place)
}

// blame reports a violation if the capture hides nothing on the connection.
func (c *Checker) blame(rule, detail string, at capture.Place) {
	c.keep(suspicion{Violation: spec.Violation{Rule: rule, Detail: detail}, at: at})
}

// seen takes note of who takes part.
func (c *Checker) seen(x *conversation.Exchange) {
	c.retrieval.seen.first(x.Client.Addr())
	c.retrieval.seen.first(x.Server.Addr())
}

// remarkRetrieval adds what is to be known of the retrieval.
func (c *Checker) remarkRetrieval() {
	if n := c.retrieval.unknown; n > 0 {
		c.remark(message.Count(n, "block") + " not verified: the capture has no Content Information with their hashes, or some that violates a rule")
	}
	c.remarkOffers()
}

// Secrets are those of the capture, for [conversation.Options].
func (c *Checker) Secrets() *conversation.Secrets { return c.retrieval.secrets }
