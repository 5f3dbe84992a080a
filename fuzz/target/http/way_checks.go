package http

import (
	"context"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// check checks what is due after the right answer to a message that was sent in a way.
type check func(s *session, ctx context.Context, c *target.Case, x *exchange, conn *connection) *fuzz.Difference

// closesAfter checks that the server closes the connection, and that a client of HTTP/1.0
// can read the answer.
func closesAfter(rule string) check {
	return func(s *session, ctx context.Context, _ *target.Case, x *exchange, conn *connection) *fuzz.Difference {
		if rule == "RFC9112-9.3-HTTP10" && x.answers[0].coded {
			return &fuzz.Difference{Fault: fuzz.BadReply, Requirement: "RFC9112-6.1-HTTP10", Detail: "the answer has Transfer-Encoding"}
		}
		if conn.closes(s.t.o.Timeout) || ctx.Err() != nil {
			return nil
		}
		x.note("the connection is still open after %v", s.t.o.Timeout)
		return &fuzz.Difference{Fault: fuzz.Hang, Requirement: rule, Detail: "the connection stays open after the answer"}
	}
}

// continued checks that the server asked for the body.
func continued(s *session, _ context.Context, _ *target.Case, x *exchange, _ *connection) *fuzz.Difference {
	if x.continued {
		return nil
	}
	return &fuzz.Difference{Fault: fuzz.Hang, Requirement: "RFC9110-10.1.1-Continue",
		Detail: "neither 100 (Continue) nor a final status within " + s.t.o.Timeout.String()}
}

// answersNext checks that another request on the same connection is answered, unless the
// server closes it.
func answersNext(s *session, ctx context.Context, c *target.Case, x *exchange, conn *connection) *fuzz.Difference {
	if x.answers[0].closes {
		return nil
	}
	if conn.surplus(s.t.learned.stepWait()) { // else it would be the answer to the next request, or end the connection
		return &fuzz.Difference{Fault: fuzz.BadReply, Requirement: "RFC9112-7.1.2-Trailers", Detail: surplusDetail}
	}
	next := s.t.second(c.Bytes)
	request := s.t.newRequest(next.Bytes).whole()
	x.note("sent, as the next request:")
	for _, line := range lines(request) {
		x.note("  %s", line)
	}
	s.t.pace(ctx)
	a, _ := conn.say(ctx, joined(request), s.t.timeout(next.Bytes), s.t.timeout(next.Bytes))
	if a.ending == ended && !a.began || a.gaveUp {
		return nil
	}
	d := s.t.judgeAnswer(&next, &a)
	if d != nil {
		d.Requirement, d.Detail = "RFC9112-7.1.2-Trailers", "the next request on the connection: "+d.Detail
		x.note("received: %s", d.Answer)
	}
	return d
}

// inOrder checks the answer to the second of two pipelined requests. The server may close
// the connection instead.
func inOrder(s *session, _ context.Context, c *target.Case, x *exchange, _ *connection) *fuzz.Difference {
	if len(x.answers) < 2 || x.answers[1].ending == ended || x.answers[1].gaveUp {
		return nil
	}
	second := s.t.second(c.Bytes)
	a := &x.answers[1]
	a.took = 0
	d := s.t.judgeAnswer(&second, a)
	if d == nil && s.t.protocol.judgeFresh != nil {
		d = s.t.protocol.judgeFresh(&second, a)
	}
	if d != nil {
		d.Requirement, d.Detail = "RFC9112-9.3.2-Order", "the second request: "+d.Detail
	}
	return d
}

// second returns another message, the right answer to which is not that to a message of
// version 1.0.
func (t *endpoint) second(message []byte) target.Case {
	if t.protocol == &offers && message[1] == 1 {
		if uint16(message[3]) == spec.TypeInitialOffer {
			c, _ := shapes[0].segment()
			return c
		}
		return initialOffer(random(32))
	}
	return target.NewCase(fuzz.Message{Kind: t.protocol.kind, Bytes: t.probing()})
}

// other returns a message for the URL of the other version.
func (t *endpoint) other() target.Case {
	if t.version == 1 {
		return batchedOffer()
	}
	return initialOffer(random(32))
}

// toOther returns the request with a message to the URL of the other version.
func (t *endpoint) toOther(message []byte) *request {
	r := t.newRequest(message)
	r.target = t.otherPath()
	return r
}

// learnOther finds out whether the hosted cache serves the URL of the other version, too.
func (s *session) learnOther(ctx context.Context) {
	t := s.t
	if t.protocol != &offers || t.version == 0 || t.learned.triedOther {
		return
	}
	t.learned.triedOther = true
	s.hangUp()
	c := t.other()
	x, conn := s.perform(ctx, []step{send(t.toOther(c.Bytes).whole()...)}, 1, t.o.Timeout)
	if conn != nil {
		t.close(conn)
	}
	t.learned.other = t.judgeAnswer(&c, x.last()) == nil
}

// otherFirst checks that an offer to one URL is no knowledge at the other: the hosted
// cache has no block hashes of the segment.
func otherFirst(s *session, ctx context.Context, c *target.Case, x *exchange, conn *connection) *fuzz.Difference {
	t := s.t
	batch := batchedOffer()
	hash := batch.Bytes[len(batch.Bytes)-32:]
	offer := initialOffer(hash)
	toBatch, toOffer := t.toOther(batch.Bytes), t.newRequest(offer.Bytes)
	if t.version == 2 {
		toBatch, toOffer = t.newRequest(batch.Bytes), t.toOther(offer.Bytes)
	}
	t.close(conn)
	y, conn := s.perform(ctx, []step{send(toBatch.whole()...), {act: receive}, send(toOffer.whole()...)}, 1, t.timeout(offer.Bytes))
	if conn != nil {
		t.close(conn)
	}
	if y.stopped || !y.last().isOK() || s.knowsOther(ctx, t.version) {
		return nil
	}
	x.log = y.log
	return &fuzz.Difference{Fault: fuzz.WrongCode, Requirement: "PCHC-3.1.5.1-Interested",
		Detail: "the INITIAL_OFFER_MESSAGE for a segment that was offered to the URL of version 2.0 only is answered OK: no client has sent its block hashes"}
}

// keepsOpen reports whether the server answers two requests to the same URL on a
// connection, one after the other.
func (s *session) keepsOpen(ctx context.Context, c *target.Case) bool {
	r := s.t.newRequest(s.t.protocol.fresh(c))
	x, conn := s.perform(ctx, []step{send(r.whole()...), {act: receive}, send(r.whole()...)}, 1, s.t.timeout(c.Bytes))
	if conn != nil {
		s.t.close(conn)
	}
	return !x.stopped && x.last().ending == answered
}

// knowsOther reports whether the hosted cache answers OK to an offer of a segment that it
// cannot know.
func (s *session) knowsOther(ctx context.Context, version uint8) bool {
	t := s.t
	offer := initialOffer(random(32))
	r := t.newRequest(offer.Bytes)
	if version == 2 {
		r = t.toOther(offer.Bytes)
	}
	x, conn := s.perform(ctx, []step{send(r.whole()...)}, 1, t.timeout(offer.Bytes))
	if conn != nil {
		t.close(conn)
	}
	return x.last().isOK()
}

// processed checks that a request that is no whole one, or not of the protocol, has no
// effect: a segment whose block hashes it gives must not become known.
func (s *session) processed(ctx context.Context, w *way, x *exchange) *fuzz.Difference {
	t := s.t
	if t.protocol != &offers || !t.serves(1) || t.learned.remembers == nil || ctx.Err() != nil {
		return nil
	}
	info, hoHoDk := t.learned.remembers.segment()
	y, conn := s.perform(ctx, w.script(t, t.newRequest(info.Bytes)), w.answers(), s.waitFor(&info, w))
	if conn != nil {
		t.close(conn)
	}
	offer := initialOffer(hoHoDk)
	a := s.say(ctx, offer.Bytes, mustAnswer, false)
	if !a.isOK() || s.knowsAll(ctx, &offer) {
		return nil
	}
	x.log = append(y.log, "sent: an INITIAL_OFFER_MESSAGE for the segment", "received: OK")
	rule := w.rule
	if rule == "" {
		rule = "RFC9112-6.3-Incomplete"
	}
	return &fuzz.Difference{Fault: fuzz.Answered, Requirement: rule,
		Detail: "a SEGMENT_INFO_MESSAGE is processed: an offer of its segment is answered OK"}
}
