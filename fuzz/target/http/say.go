package http

import (
	"context"
	"slices"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
)

// pendingReply is a malformed case whose connection still waits for an answer.
type pendingReply struct {
	index  int
	conn   *connection
	reused bool // the connection may have been closed before
}

// say sends a message and waits for the reaction: up to Timeout if it must be
// answered, otherwise a short time.
func (s *session) say(ctx context.Context, message []byte, must expectation, alone bool) answer {
	t := s.t
	timeout := t.timeout(message)
	if t.load.running {
		timeout *= patience
	}
	wait, park := timeout, false
	if must != mustAnswer {
		switch {
		case t.learned.silences < mostSilences:
			wait = t.learned.dropWait()
		case alone || t.limit == 1:
			wait = t.learned.totalWait()
		default:
			wait, park = t.learned.stepWait(), true
		}
		wait = min(wait, timeout)
	}
	closed := false // right after an answer, it seems
	for sent := false; ; sent = true {
		t.pace(ctx)
		reused := s.conn != nil && !s.conn.closed
		if !reused {
			conn, err := t.dial(ctx)
			if err != nil {
				a := answer{ending: unreachable, err: err, unsent: !sent, gaveUp: ctx.Err() != nil}
				if isTimeout(err) {
					a.ending = silent
				}
				return a
			}
			s.conn = conn
			s.current.Store(conn)
		}
		c, begin := s.conn, time.Now()
		s.reused = reused
		s.buf = t.request(s.buf[:0], message)
		a, reusable := c.say(ctx, s.buf, timeout, wait)
		a.gaveUp = a.ending != answered && ctx.Err() != nil && a.took < wait
		if a.late {
			s.late.Add(1)
		}
		t.last = s
		if n := len(t.conns); t.conns[n-1] != c { // keep them by last use
			t.conns = append(slices.DeleteFunc(t.conns, func(o *connection) bool { return o == c }), c)
		}
		if must != mustAnswer && a.ending == silent && !a.began {
			t.learned.silences++
		}
		switch {
		case park && a.ending == silent && !a.began && ctx.Err() == nil:
			c.park(min(t.learned.totalWait(), t.o.Timeout))
			s.pending = append(s.pending, pendingReply{conn: c, reused: reused})
			s.conn = nil
		case !reusable, a.more && must == mustAnswer: // judge reports the surplus
			s.hangUp()
		}
		// The server may close an idle connection at any time. What is dropped on one
		// that was used before is sent again on a new one, which is known to be open.
		stale := a.ending == ended && !a.began || a.status == 408
		if reused && stale && ctx.Err() == nil {
			closed = must == mustAnswer && begin.Sub(c.used) < soon
			continue
		}
		if closed && !stale { // otherwise it drops the message
			s.closings++
		}
		c.used = time.Now()
		return a
	}
}

// soon is the time after an answer within which no server closes a connection for
// being idle.
const soon = time.Second

// collect judges the pending replies.
func (s *session) collect(ctx context.Context, cases []target.Case, report func(int, *fuzz.Difference)) error {
	pending := s.pending
	s.pending = nil
	for _, p := range pending {
		<-p.conn.done
		s.t.close(p.conn)
		c, a := &cases[p.index], p.conn.late
		if p.reused && a.ending == ended && !a.began && ctx.Err() == nil {
			s.hangUp() // as in say
			a = s.say(ctx, c.Bytes, s.t.expectation(c), true)
		}
		if d := s.t.judge(c, &a); d != nil && ctx.Err() == nil {
			report(p.index, d)
		}
	}
	return ctx.Err()
}

// healthCheck sends the probe, whose usual answer is known, and returns the answer.
func (s *session) healthCheck(ctx context.Context) answer {
	return s.say(ctx, s.t.probing(), mustAnswer, false)
}

// again sends a message with a wrong answer again on a new connection: on the old
// one, the answer may belong to an earlier message. It returns the difference.
func (s *session) again(ctx context.Context, c *target.Case, d *fuzz.Difference) *fuzz.Difference {
	old := s.conn
	s.conn = nil
	a := s.say(ctx, c.Bytes, s.t.expectation(c), true)
	if a.gaveUp {
		return nil
	}
	e := s.t.judge(c, &a)
	shifted := e == nil && (old != nil && !old.closed && old.surplus(s.t.learned.totalWait()) || s.shifts)
	if old != nil {
		s.t.close(old)
	}
	switch {
	case e != nil:
		return e
	case shifted:
		return s.surplus()
	}
	d.Detail += ", but not on a new connection"
	return d
}

// surplus returns the difference of an earlier message that got several answers.
func (s *session) surplus() *fuzz.Difference {
	s.stale, s.shifts = true, true
	return &fuzz.Difference{Fault: fuzz.BadReply, Requirement: s.t.protocol.respond(&s.t.learned.probe), Detail: surplusDetail}
}
