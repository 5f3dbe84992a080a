package http

import (
	"context"
	"errors"
	"maps"
	"sync/atomic"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
)

// session is a client of a hosted cache, with its own connection.
type session struct {
	t        *endpoint
	conn     *connection // kept for the next message; nil or closed: none
	varies   bool        // it is one of a campaign, which calls Vary
	restarts int
	reasons  map[string]int // of the restarts
	began    time.Time      // the last call of Try
	ended    string         // exit summary of a hosted cache that ended after the last Try
	late     atomic.Int64   // answers that came in time only without what was lost for lack of a processor
	closings int            // connections that the hosted cache closed without saying so

	pending []pendingReply
	unsent  bool // the last failed message was never sent
	stale   bool // the last difference is about an answer to an earlier message
	shifts  bool // there was such a difference
	reused  bool // the last message was sent on a connection that was used before
	buf     []byte
	current atomic.Pointer[connection] // to be woken when the context is done
}

func (s *session) Restarts() int { return s.restarts }

// fewClosings is how many connections a server may close at the same moment as the
// next message is sent.
const fewClosings = 3

// Notes implements [target.Noter].
func (s *session) Notes() map[string]int {
	notes := maps.Clone(s.reasons)
	if s.closings >= fewClosings {
		notes["connections closed after an answer without \"Connection: close\""] = s.closings
	}
	if n := s.late.Load(); n > 0 {
		notes[target.Late] = int(n)
	}
	return notes
}

// MayIgnore implements [target.Lenient].
func (s *session) MayIgnore(c *target.Case) bool { return s.t.expectation(c) == mayAnswer }

// Reasons of restarts.
const (
	afterExit   = "restarts after an exit"
	afterHang   = "restarts after no correct answer"
	reconnected = "times it was unreachable for a while"
)

// Close closes the connection. The last session also stops the server that the
// target runs.
func (s *session) Close() error {
	if s.t == nil {
		return nil
	}
	t := s.t
	if err := t.take(context.Background()); err != nil {
		return err
	}
	defer t.pass()
	s.t = nil
	for _, p := range s.pending {
		<-p.conn.done
		t.close(p.conn)
	}
	if s.conn != nil {
		t.close(s.conn)
	}
	t.leave()
	return nil
}

// expired reports whether the time of a context is up.
func expired(ctx context.Context) bool { return errors.Is(ctx.Err(), context.DeadlineExceeded) }

// hangUp closes the connection.
func (s *session) hangUp() {
	if s.conn != nil {
		s.t.close(s.conn)
		s.conn = nil
	}
}

// watch ends any wait when the context is canceled, until stop is called. If its time
// is up, an answer still gets its own time: a hang is one also at the very end.
func (s *session) watch(ctx context.Context) (stop func()) {
	unhook := context.AfterFunc(ctx, func() {
		if c := s.current.Load(); c != nil && !expired(ctx) {
			_ = c.SetDeadline(past)
		}
	})
	return func() { unhook() }
}

// Try implements [target.Session]. A health check follows each malformed message, and one
// that is tried alone. Only requests of the protocol are sent.
func (s *session) Try(ctx context.Context, cases []target.Case, report func(int, *fuzz.Difference)) (int, error) {
	if err := s.t.take(ctx); err != nil {
		return 0, err
	}
	defer s.t.pass()
	defer s.watch(ctx)()
	s.began = time.Now()
	if routed(cases) {
		return s.tryRouted(ctx, cases, report)
	}
	if s.varies && len(cases) > 1 {
		s.startLoad(ctx, cases)
	} else {
		s.t.pauseLoad()
	}
	if s.ended != "" {
		report(-1, s.harm(nil, nil, s.ended))
		s.ended = ""
	}
	switch len(cases) {
	case 0:
		return 0, s.lateEnd(ctx, report)
	case 1:
		return s.trySingle(ctx, &cases[0], report)
	}
	for i := range cases {
		err := s.tryNext(ctx, cases, i, report)
		if ctx.Err() != nil {
			s.pending = nil
			return i, ctx.Err()
		}
		if err != nil {
			return i + 1, err
		}
	}
	err := s.collect(ctx, cases, report)
	if err == nil {
		err = s.tryLast(ctx, cases, report)
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return len(cases), err
}

// mostResends is how often an unsent message is sent again.
const mostResends = 3

// tryNext tries case i. If that fails, it waits until the hosted cache is healthy
// again.
func (s *session) tryNext(ctx context.Context, cases []target.Case, i int, report func(int, *fuzz.Difference)) error {
	if cases[i].Kind != s.t.protocol.kind {
		return nil
	}
	for resends := 0; ; resends++ {
		pending, last := len(s.pending), s.t.last
		d := s.step(ctx, &cases[i], false)
		for ; pending < len(s.pending); pending++ {
			s.pending[pending].index = i
		}
		if d == nil {
			s.t.load.passed(i)
			return nil
		}
		if ctx.Err() != nil {
			s.reportLast(ctx, i, d, report)
			return ctx.Err()
		}
		unsent, took := s.unsent, time.Since(s.began)
		connections := s.t.pauseLoad()
		if unsent && i == 0 {
			took = longestExit // it failed before that
		}
		ended, err := s.recover(ctx)
		if ended != "" {
			s.t.endsWithin(took)
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case !unsent || resends == mostResends:
			at := i
			if s.stale && ended == "" {
				at--
			}
			if d = s.harm(&cases[i], d, ended); connections > 0 {
				d, err = s.blame(ctx, &cases[i], d, connections, err)
			}
			if d != nil && ctx.Err() == nil {
				report(at, d)
			}
			return err
		case (ended != "" || err != nil) && last == s: // because of an earlier message
			var c *target.Case
			if i > 0 {
				c = &cases[i-1]
			}
			report(i-1, s.harm(c, nil, ended))
		case ended != "" && last != nil:
			last.ended = ended
		}
		if err != nil {
			return err
		}
	}
}

// reportLast reports a hang that was seen when the time was up. Nothing else is: that
// would need more messages.
func (s *session) reportLast(ctx context.Context, i int, d *fuzz.Difference, report func(int, *fuzz.Difference)) {
	if d != nil && d.Fault == fuzz.Hang && expired(ctx) {
		report(i, d)
		s.t.last = nil // lateEnd would report it again
	}
}

// tryLast does the health check after the last case, which no other case follows.
func (s *session) tryLast(ctx context.Context, cases []target.Case, report func(int, *fuzz.Difference)) error {
	i := len(cases) - 1
	if i < 0 || cases[i].Kind != s.t.protocol.kind {
		return nil
	}
	d := s.aftermath(ctx, &cases[i])
	late := d == nil && s.t.awaitExit(ctx)
	if d == nil && !late {
		return nil
	}
	if ctx.Err() != nil {
		s.reportLast(ctx, i, d, report)
		return ctx.Err()
	}
	took := time.Since(s.began)
	ended, err := s.recover(ctx)
	if ended != "" {
		s.t.endsWithin(took)
	}
	if ctx.Err() == nil {
		report(i, s.harm(&cases[i], d, ended))
	}
	return err
}

// trySingle tries a case by itself. If the server is known to exit late, trySingle waits
// for that.
func (s *session) trySingle(ctx context.Context, c *target.Case, report func(int, *fuzz.Difference)) (int, error) {
	if c.Kind != s.t.protocol.kind {
		return 1, nil
	}
	for resends := 0; ; resends++ {
		s.hangUp()
		last := s.t.last
		d := s.step(ctx, c, true)
		unsent := d != nil && s.unsent
		begin := time.Now()
		if d == nil && !s.t.awaitExit(ctx) {
			if ctx.Err() != nil {
				return 0, ctx.Err()
			}
			return 1, nil
		}
		took := time.Since(begin)
		ended, err := s.recover(ctx)
		switch {
		case ctx.Err() != nil:
			return 0, ctx.Err()
		case ended == "":
		case unsent:
			s.t.endsWithin(longestExit)
		case d != nil: // it exits at once
			s.t.exitWait = s.t.o.ExitWait
		default:
			s.t.endsWithin(4 * took)
		}
		if unsent && err == nil && resends < mostResends { // it had exited before
			switch {
			case ended != "" && last == s:
				report(-1, s.harm(nil, nil, ended))
			case ended != "" && last != nil:
				last.ended = ended
			}
			continue
		}
		report(0, s.harm(c, d, ended))
		return 1, err
	}
}

// step tries a message. If it is malformed or tried alone, a health check follows.
func (s *session) step(ctx context.Context, c *target.Case, alone bool) *fuzz.Difference {
	must := s.t.expectation(c)
	var d *fuzz.Difference
	s.stale = false
	for range 3 { // slow means slow each time
		a := s.say(ctx, c.Bytes, must, alone)
		if a.gaveUp {
			return nil
		}
		if s.unsent = a.unsent; a.unsent {
			return c.Difference(fuzz.Hang, "no connection within "+s.t.o.Timeout.String())
		}
		if alone && must == mustAnswer && a.ending == answered && s.conn != nil && s.conn.surplus(s.t.learned.stepWait()) {
			a.more = true
			s.hangUp()
		}
		d = s.t.judge(c, &a)
		if d != nil && s.reused && a.ending == answered {
			if d = s.again(ctx, c, d); s.stale || ctx.Err() != nil {
				return d
			}
		}
		if d == nil && must == mustAnswer {
			s.t.learned.typical(a.took)
			d = s.t.protocol.check(s, ctx, c, &a)
			if ctx.Err() != nil { // some of the answers did not come
				return nil
			}
		}
		if d == nil || d.Fault != fuzz.Slow {
			break
		}
	}
	if d == nil && (alone || must != mustAnswer) {
		d = s.aftermath(ctx, c)
	}
	return d
}

// aftermath does a health check after a message, over the same connection if it is
// still open, and returns the difference.
func (s *session) aftermath(ctx context.Context, c *target.Case) *fuzz.Difference {
	l := s.t.learned
	a := s.healthCheck(ctx)
	if a.equal(&l.usual) || a.gaveUp {
		return nil
	}
	a.took = 0 // it may be slow
	d := s.t.judgeAnswer(&l.probe, &a)
	if d == nil {
		return nil // the usual answer is wrong, this one is right
	}
	if s.shifts && s.reused && a.ending == answered && s.conn != nil && s.conn.surplus(l.totalWait()) {
		s.hangUp()
		return s.surplus()
	}
	return after(c, d, "the next valid message: ")
}

// after turns a difference seen at a later message into one about c.
func after(c *target.Case, d *fuzz.Difference, subject string) *fuzz.Difference {
	e := c.Difference(d.Fault, subject+d.Detail)
	e.Requirement = d.Requirement
	if d.Fault == fuzz.Crash {
		e.Detail = d.Detail
	}
	return e
}
