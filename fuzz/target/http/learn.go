package http

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/hostedcache/pchc/fuzz/target"
)

// learned has what the first session finds out about a hosted cache.
type learned struct {
	probe      target.Case   // a valid message
	usual      answer        // to the probe
	remembers  *shape        // a kind of segment that a hosted cache remembers; nil: none
	versions   [2]uint64     // the major versions of a retrieval server; 0: unknown
	took       time.Duration // typical time of an answer
	other      bool          // the URL of the other version is served, too
	triedOther bool          // that is known
	silences   int           // number of malformed messages without any reaction
}

// mostSilences is the number of malformed messages without any reaction after which
// silence counts as the hosted cache's way to drop messages. From then on nothing
// waits for a reaction.
const mostSilences = 3

// typical updates the typical time of an answer.
func (l *learned) typical(took time.Duration) { l.took += (took - l.took) / 8 }

// probing returns the bytes of the probe, with a new segment each time, if the answer for
// a known segment may differ.
func (t *endpoint) probing() []byte { return t.protocol.fresh(&t.learned.probe) }

// stepWait is how long to wait for an answer to a malformed message before sending
// the next message, totalWait how long in all.
func (l *learned) stepWait() time.Duration  { return max(4*l.took, 2*time.Millisecond) }
func (l *learned) totalWait() time.Duration { return max(8*l.took, 25*time.Millisecond) }

// dropWait is how long to wait for a sign that a message is dropped. A later sign
// would be attributed to a later message.
func (l *learned) dropWait() time.Duration { return 10 * l.totalWait() }

// learn finds out how the hosted cache behaves.
func (s *session) learn(ctx context.Context) error {
	t := s.t
	t.learned = &learned{}
	if err := s.learnProbe(ctx); err != nil {
		t.learned = nil
		return err
	}
	if err := s.learnLimit(ctx); err != nil {
		t.learned = nil
		return err
	}
	t.protocol.learn(s, ctx)
	if ctx.Err() != nil { // incomplete
		t.learned = nil
	}
	return ctx.Err()
}

// learnMemory finds out which segments the hosted cache remembers.
func learnMemory(s *session, ctx context.Context) {
	if !s.t.serves(1) {
		return
	}
	for _, sh := range shapes {
		if s.remembers(ctx, sh) {
			s.t.learned.remembers = &sh
			return
		}
	}
}

// learnProbe looks for a valid message that is answered correctly. If there is
// none, it uses one that is answered wrongly: only a change matters. It fails if none
// is answered to the end.
func (s *session) learnProbe(ctx context.Context) error {
	t := s.t
	probes, others := t.protocol.probes(t)
	missing := 0
	var best struct {
		target.Case
		answer
	}
	for i, probe := range probes {
		if i >= len(probes)-others && (best.completeness() > 0 || best.ending == silent) {
			break
		}
		a, err := s.reach(ctx, probe.Bytes)
		if err != nil {
			return err
		}
		if err := a.refusal(); err != nil {
			return err
		}
		if a.status == http.StatusNotFound {
			missing++
		}
		right := t.judgeAnswer(&probe, &a) == nil
		if i == 0 || right || a.completeness() > best.completeness() {
			best.Case, best.answer = probe, a
		}
		if right {
			break
		}
	}
	if t.tls == nil && t.judgeAnswer(&best.Case, &best.answer) != nil && t.speaksTLS(ctx) {
		return errors.New("it speaks TLS: is it https, not http?")
	}
	t.learned.probe, t.learned.usual, t.learned.took = best.Case, best.answer, best.took
	switch best.completeness() {
	case 0:
		return fmt.Errorf("%w: %s", ErrSilent, t.judgeAnswer(&best.Case, &best.answer).Detail)
	case 1:
		return &target.FirstFailure{Case: best.Case, Difference: t.judgeAnswer(&best.Case, &best.answer)}
	}
	if missing == len(probes)-others {
		return fmt.Errorf("no %s at %s: HTTP status %d", t.protocol.server, t.url.RequestURI(), http.StatusNotFound)
	}
	return nil
}

// speaksTLS reports whether what listens at the address is a TLS server.
func (t *endpoint) speaksTLS(ctx context.Context) bool {
	_, conn, err := t.connect(ctx, t.addrs[t.works.Load()])
	if err != nil {
		return false
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(ctx, t.o.Timeout)
	defer cancel()
	return tls.Client(conn, &tls.Config{InsecureSkipVerify: true}).HandshakeContext(ctx) == nil
}

// reach sends a message as soon as the hosted cache is reachable: it may be
// starting.
func (s *session) reach(ctx context.Context, message []byte) (answer, error) {
	t := s.t
	wait := min(t.o.Wait, firstWait)
	if t.server.process != nil {
		wait = t.o.Ready
	}
	for deadline := t.o.clock.now().Add(wait); ; {
		a := s.say(ctx, message, mustAnswer, false)
		if a.completeness() > 0 || t.server.process == nil && !a.unsent {
			return a, nil
		}
		if t.server.process == nil {
			t.o.clock.sleep(ctx, retryAfter)
		} else if exit := t.server.exited(ctx, retryAfter); exit != "" {
			return a, fmt.Errorf("no answer: %s", exit)
		}
		hinted := hint(a.err)
		switch {
		case hinted == a.err && t.o.clock.now().Before(deadline) && ctx.Err() == nil:
		case !a.unsent: // learnProbe judges it
			return a, ctx.Err()
		default:
			return a, cannotConnect(hinted)
		}
	}
}

// firstWait is how long a hosted cache that others run may refuse the first
// connection: it may be starting.
const firstWait = time.Second

// retryAfter is the time between two attempts to reach a hosted cache.
const retryAfter = 20 * time.Millisecond

// learnLimit finds out how many connections the hosted cache serves at the same
// time: some only one. It fails if the server answers nothing any more after that.
func (s *session) learnLimit(ctx context.Context) error {
	t := s.t
	wait := min(max(8*t.learned.took, 250*time.Millisecond), t.o.Timeout)
	most := t.limit
	for n := 0; n < most; n++ {
		conn, err := t.dial(ctx)
		if err != nil {
			t.limit = max(1, n)
			break
		}
		s.current.Store(conn)
		t.pace(ctx)
		request := t.request(nil, t.probing())
		a, reusable := conn.say(ctx, request, t.o.Timeout, wait)
		if !a.equal(&t.learned.usual) {
			t.limit = max(1, n)
			break
		}
		if !reusable { // it closes connections itself
			t.close(conn)
		}
	}
	t.closeAll()
	if t.limit == most || ctx.Err() != nil {
		return nil
	}
	a := s.healthCheck(ctx)
	if d := t.judgeAnswer(&t.learned.probe, &a); d != nil && a.ending == silent && !a.gaveUp && t.learned.usual.ending == answered {
		d.Connections = t.limit + 1
		d.Detail += fmt.Sprintf(", since %d connections were open at the same time; before, messages over %d were answered", t.limit+1, t.limit)
		return &target.FirstFailure{Case: t.learned.probe, Difference: d}
	}
	return nil
}

// closeAll closes every connection.
func (t *endpoint) closeAll() {
	for len(t.conns) > 0 {
		c := t.conns[0]
		if c.done != nil {
			<-c.done
		}
		t.close(c)
	}
}
