package http

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/hostedcache/pchc/fuzz/target"
)

// learned is what is found out of a hosted cache when it is tried first.
type learned struct {
	probe     target.Case // a valid message
	usual     answer      // to it
	remembers *shape      // a sort of segment that it remembers; nil: none
	took      time.Duration
	silences  int // times that it let a malformed message pass without a sign
}

// mostSilences is how often a hosted cache must be silent until that is taken
// for its way to drop messages. From then on they are not waited for.
const mostSilences = 3

// typical takes in how long an answer took.
func (l *learned) typical(took time.Duration) { l.took += (took - l.took) / 8 }

// probing returns the bytes of the probe, with another segment each time: what
// was offered before may be answered otherwise.
func (l *learned) probing() []byte {
	if l.probe.Expected.Message == "INITIAL_OFFER_MESSAGE" {
		return unlike(l.probe.Bytes)[2]
	}
	return l.probe.Bytes
}

// stepWait is how long to wait for an answer that should not come before turning
// to the next message, totalWait how long in all.
func (l *learned) stepWait() time.Duration  { return max(4*l.took, 2*time.Millisecond) }
func (l *learned) totalWait() time.Duration { return max(8*l.took, 25*time.Millisecond) }

// dropWait is how long to wait for a sign that a message is dropped. One that is
// still on its way when others are sent would be taken for their doing.
func (l *learned) dropWait() time.Duration { return 10 * l.totalWait() }

// learn finds out what there is to know of the hosted cache.
func (s *session) learn(ctx context.Context) error {
	t := s.t
	t.learned = &learned{}
	if err := s.learnProbe(ctx); err != nil {
		t.learned = nil
		return err
	}
	s.learnLimit(ctx)
	if t.serves(1) {
		for _, sh := range shapes {
			if s.remembers(ctx, sh) {
				t.learned.remembers = &sh
				break
			}
		}
	}
	if ctx.Err() != nil { // half of it is missing
		t.learned = nil
	}
	return ctx.Err()
}

// learnProbe looks for a valid message that is answered rightly. One that is
// not will do, too, if there is no other: only a change matters.
func (s *session) learnProbe(ctx context.Context) error {
	t := s.t
	var probes []target.Case
	if t.serves(2) {
		probes = append(probes, batchedOffer())
	}
	if t.serves(1) {
		// The answer to an offer depends on what was said before, so it comes last.
		info, _ := shapes[0].segment()
		probes = append(probes, info, initialOffer(random(32)))
	}
	missing := 0
	for i, probe := range probes {
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
		if i == 0 || right {
			t.learned.probe, t.learned.usual, t.learned.took = probe, a, a.took
		}
		if right {
			return nil
		}
	}
	if missing == len(probes) {
		return fmt.Errorf("there is none at %s: HTTP status %d", t.url.RequestURI(), http.StatusNotFound)
	}
	return nil
}

// reach sends a message as soon as the hosted cache can be reached: it may have
// been started just now.
func (s *session) reach(ctx context.Context, message []byte) (answer, error) {
	t := s.t
	wait := t.o.Wait
	if t.server.process != nil {
		wait = t.o.Ready
	}
	for deadline := t.o.clock.now().Add(wait); ; {
		a := s.say(ctx, message, plain, mustAnswer, false)
		if a.ending == answered || t.server.process == nil && !a.unsent {
			return a, nil
		}
		if t.server.process == nil {
			t.o.clock.sleep(ctx, retryAfter)
		} else if exit := t.server.exited(ctx, retryAfter); exit != "" {
			return a, fmt.Errorf("it ended before it answered: %s", exit)
		}
		if hinted := hint(a.err); hinted != a.err || !t.o.clock.now().Before(deadline) || ctx.Err() != nil {
			return a, fmt.Errorf("%w: %w", ErrUnreachable, hinted)
		}
	}
}

// retryAfter is the time between two attempts to reach a hosted cache.
const retryAfter = 20 * time.Millisecond

// learnLimit finds out how many connections it serves at the same time: some
// serve one after the other.
func (s *session) learnLimit(ctx context.Context) {
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
		request, body := t.request(nil, t.learned.probing(), plain)
		a, reusable := conn.say(ctx, request, body, plain, t.o.Timeout, wait)
		if !a.equal(&t.learned.usual) {
			t.limit = max(1, n)
			break
		}
		if !reusable { // they do not last anyway
			t.close(conn)
		}
	}
	t.closeAll()
}

// closeAll closes every connection.
func (t *hostedCache) closeAll() {
	for len(t.conns) > 0 {
		c := t.conns[0]
		if c.done != nil {
			<-c.done
		}
		t.close(c)
	}
}
