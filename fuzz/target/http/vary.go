package http

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
)

// After the first call of Vary, every wayEvery-th tries one way of HTTP: with its
// connections and pauses, one takes as long as many messages.
const wayEvery = 4

// Vary implements [target.Varied]. The first call tries all ways of HTTP, each with one of
// the cases. A way that fails is not tried again.
func (s *session) Vary(ctx context.Context, cases []target.Case, report func(int, *fuzz.Difference)) error {
	t := s.t
	if err := t.take(ctx); err != nil {
		return err
	}
	defer t.pass()
	defer s.watch(ctx)()
	s.began = time.Now()
	s.varies = true
	if t.varied++; t.busy {
		if err := s.loadWrong(ctx, cases, report); err != nil || t.varied%replayEvery != 1 {
			return err
		}
	}
	t.pauseLoad()
	var usable []int
	for i := range cases {
		if cases[i].Kind == t.protocol.kind && t.expectation(&cases[i]) == mustAnswer {
			usable = append(usable, i)
		}
	}
	if len(usable) == 0 {
		return nil
	}
	n := 0
	switch {
	case t.nextWay == 0:
		n = len(ways)
		s.learnOther(ctx)
	case t.varied%wayEvery == 1:
		n = 1
	}
	for range n {
		w := &ways[t.nextWay%len(ways)]
		i := usable[(t.varied+t.nextWay)%len(usable)]
		t.nextWay++
		if reason := t.untried(w); reason != "" {
			s.remark("ways of HTTP not tried, since "+reason, w.name, 1)
			continue
		}
		d, err := s.tryWay(ctx, &cases[i], w)
		if d != nil {
			t.failed[w.name] = true
			report(i, d)
		}
		if err != nil {
			return err
		}
	}
	if t.varied%replayEvery == 1 {
		clients := mostClients
		if t.busy {
			clients = t.o.Concurrency
		}
		if t.limit < clients {
			s.remark(fmt.Sprintf("connections that the server answers at the same time, of %d", clients), "", t.limit)
		}
		return s.concurrentReplay(ctx, cases, clients, report)
	}
	return nil
}

// untried returns why a way is not tried, "" if it is.
func (t *endpoint) untried(w *way) string {
	switch {
	case t.failed[w.name]:
		return "they failed before"
	case t.failed[w.base]:
		return "a simpler one failed"
	case t.judgeAnswer(&t.learned.probe, &t.learned.usual) != nil:
		return "a simple message is answered wrongly"
	case w.since > t.learned.usual.minor:
		return "the server answers in HTTP/1.0"
	case w.not != nil:
		return w.not(t)
	}
	return ""
}

// remark notes something worth knowing, of a way if that has a name, once for all sessions.
func (s *session) remark(what, way string, n int) {
	if key := what + way; !s.t.remarked[key] {
		s.t.remarked[key] = true
		s.reasons[what] += n
	}
}

// TryAs implements [target.Varied].
func (s *session) TryAs(ctx context.Context, cases []target.Case, http string, connections int, report func(int, *fuzz.Difference)) error {
	w := wayOf(http)
	if w == nil && http != "" {
		return fmt.Errorf("no way to send messages over HTTP is called %q", http)
	}
	if err := s.t.take(ctx); err != nil {
		return err
	}
	defer s.t.pass()
	defer s.watch(ctx)()
	s.t.pauseLoad()
	s.began = time.Now()
	if w == nil {
		return s.concurrentReplay(ctx, cases, connections, report)
	}
	s.learnOther(ctx)
	for i := range cases {
		if cases[i].Kind != s.t.protocol.kind || s.t.expectation(&cases[i]) != mustAnswer || w.not != nil && w.not(s.t) != "" {
			continue
		}
		d, err := s.tryWay(ctx, &cases[i], w)
		if d != nil {
			report(i, d)
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// tryWay sends a message in a way, and returns the difference if the server does not do
// what is due, but does if it gets the message as usual.
func (s *session) tryWay(ctx context.Context, c *target.Case, w *way) (*fuzz.Difference, error) {
	t := s.t
	s.hangUp()
	if w.name == "pipelined" { // two messages
		t.pace(ctx)
	}
	message := t.protocol.fresh(c)
	x, conn := s.perform(ctx, w.script(t, t.newRequest(message)), w.answers(), s.waitFor(c, w))
	d := s.judgeWay(ctx, c, w, x, conn)
	if conn != nil {
		t.close(conn)
	}
	if d == nil && w.due >= refuse && !w.whole {
		d = s.processed(ctx, w, x)
	}
	var err error
	if d != nil || w.due != take {
		s.hangUp()
		if w.due == leave { // the server may still be busy with it
			t.o.clock.sleep(ctx, t.learned.stepWait()+slowly/4)
		}
		h := s.aftermath(ctx, c)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if h != nil || t.server.exited(ctx, 0) != "" {
			took := time.Since(s.began)
			var ended string
			if ended, err = s.recover(ctx); ended != "" {
				t.endsWithin(took)
			}
			if d == nil {
				d = h
			}
			d = s.harm(c, d, ended)
			x.note("a new connection: %s", d.Detail)
		}
	}
	if d == nil || ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if w.due == usual {
		s.remark("not answered, which no specification requires, when sent "+w.phrase, w.name, 1)
		return nil, err
	}
	if w.due <= either && d.Fault == fuzz.WrongCode && err == nil && !s.failsAgain(ctx, c, w) { // it may be because of the message before
		return nil, ctx.Err()
	}
	if w.due == take && err == nil {
		if a := s.say(ctx, t.protocol.fresh(c), mustAnswer, true); t.judge(c, &a) != nil {
			return nil, ctx.Err() // it fails as usual, too
		}
		d.Detail += "; sent as usual, it is answered rightly"
	}
	d.Detail = "sent " + w.phrase + ": " + d.Detail
	d.HTTP, d.Wire, d.Rule, d.Field, d.Offset = w.name, strings.Join(x.log, "\n"), "", "", 0
	return d, err
}

// failsAgain reports whether the server fails again, after the probe, at a message that is
// sent in a way.
func (s *session) failsAgain(ctx context.Context, c *target.Case, w *way) bool {
	s.healthCheck(ctx)
	s.hangUp()
	x, conn := s.perform(ctx, w.script(s.t, s.t.newRequest(s.t.protocol.fresh(c))), w.answers(), s.waitFor(c, w))
	d := s.judgeWay(ctx, c, w, x, conn)
	if conn != nil {
		s.t.close(conn)
	}
	s.hangUp()
	return d != nil && ctx.Err() == nil
}

// answers is how many answers may come.
func (w *way) answers() int {
	switch {
	case w.due == leave:
		return 0
	case w.name == "pipelined", w.name == "request in a chunk":
		return 2
	}
	return 1
}

// waitFor is how long to wait for an answer.
func (s *session) waitFor(c *target.Case, w *way) time.Duration {
	l := s.t.learned
	switch {
	case w.due != refuse:
		return s.t.timeout(c.Bytes)
	case l.silences < mostSilences:
		return l.dropWait()
	}
	return l.totalWait()
}

// judgeWay judges what came of a script.
func (s *session) judgeWay(ctx context.Context, c *target.Case, w *way, x *exchange, conn *connection) *fuzz.Difference {
	t := s.t
	if len(x.answers) == 0 || x.stopped {
		return nil
	}
	a := &x.answers[0]
	a.took = 0 // it may be slow
	if a.gaveUp || w.name == "both URLs" && a.ending == ended && !a.began && !s.keepsOpen(ctx, c) {
		return nil
	}
	if w.due == refuse {
		if a.ending == silent {
			s.t.learned.silences++
		}
		for i := range x.answers {
			if a := &x.answers[i]; t.isMessage(a) {
				return a.quoted(&fuzz.Difference{Fault: fuzz.Answered, Requirement: w.rule,
					Detail: fmt.Sprintf("is answered with HTTP status %d and %s", a.status, t.protocol.inWords(a.body))})
			}
		}
		return nil
	}
	refused := a.ending == ended || a.ending == answered && a.status/100 != 2
	if refused && (w.due == either || w.name == "chunked" && a.status == http.StatusLengthRequired || w.name == "Expect" && a.status == http.StatusExpectationFailed) {
		if w.due != either {
			t.failed[w.name] = true // the rest of its kind, too
			s.remark(fmt.Sprintf("refused with HTTP status %d, as RFC 9110 allows: requests %s", a.status, w.phrase), w.name, 1)
		}
		return nil
	}
	d := t.judgeAnswer(c, a)
	if d == nil && t.protocol.judgeFresh != nil {
		d = t.protocol.judgeFresh(c, a)
	}
	switch {
	case d != nil:
		if w.rule != "" {
			d.Requirement = w.rule
		}
	case x.early:
		d = a.quoted(&fuzz.Difference{Fault: fuzz.BadReply, Requirement: "RFC9112-6.3-Length", Detail: "the answer comes before the body has been sent"})
	case w.check != nil:
		d = w.check(s, ctx, c, x, conn)
	}
	return d
}

// isMessage reports whether an answer is one to a message.
func (t *endpoint) isMessage(a *answer) bool {
	return a.hasBody() && !strings.HasSuffix(t.protocol.inWords(a.body), "bytes")
}
