package http

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// httpSession is a client of a hosted cache, with a connection of its own.
type httpSession struct {
	t        *httpTarget
	conn     *httpConn // kept for the next message; nil or closed: there is none
	nth      int       // messages of cases said, which tells their style
	tries    int       // calls of Try
	from     style     // the styles in which a single case is tried,
	upTo     style     // without this one
	restarts int
	loose    int // times that it did not answer, and did when asked again

	parked  []parkedCase
	unsent  bool // the last message that went wrong never left
	since   int  // the first case that was tried over conn, as far as known
	buf     []byte
	current atomic.Pointer[httpConn] // to be woken when the context is done
}

// parkedCase is a case whose connection waits for an answer that should not
// come.
type parkedCase struct {
	index int
	conn  *httpConn
}

// mostLoose is how often a hosted cache may fail to answer what it answers when
// it is asked again: it may have had other things to do.
const mostLoose = 3

func (s *httpSession) Restarts() int { return s.restarts }

func (s *httpSession) Close() error {
	if err := s.t.take(context.Background()); err != nil {
		return err
	}
	defer s.t.pass()
	s.hangUp()
	for _, p := range s.parked {
		<-p.conn.done
		s.t.close(p.conn)
	}
	s.parked = nil
	return nil
}

// hangUp closes the connection.
func (s *httpSession) hangUp() {
	if s.conn != nil {
		s.t.close(s.conn)
		s.conn = nil
	}
}

// watch ends whatever is going on when the context is done, until the function
// that it returns is called.
func (s *httpSession) watch(ctx context.Context) (stop func()) {
	unhook := context.AfterFunc(ctx, func() {
		if c := s.current.Load(); c != nil {
			_ = c.SetDeadline(past)
		}
	})
	return func() { unhook() }
}

// Try implements [Session]. Each message that is malformed is followed by a
// valid one, which must be answered as rightly as ever. What goes wrong is
// tried again alone, over a new connection, to be sure that it was that
// message; else it may be the one before it, or all that were said over the
// connection. A single case is tried in every style of HTTP, or, if one went
// wrong before, in the style of that: so a study of it is soon done. What is no
// request is left out.
func (s *httpSession) Try(ctx context.Context, cases []target.Case, report func(int, *fuzz.Difference)) (int, error) {
	defer s.watch(ctx)()
	s.tries++
	s.since = 0
	if len(cases) == 1 {
		return s.trySingle(ctx, &cases[0], report)
	}
	turn := false
	defer func() {
		if turn {
			s.t.pass()
		}
	}()
	for i := range cases {
		if !turn {
			if err := s.t.take(ctx); err != nil {
				return i, err
			}
		}
		err := s.tryNext(ctx, cases, i, report)
		if turn = s.t.late; !turn { // else it might end while another session has its turn
			s.t.pass()
		}
		if ctx.Err() != nil {
			s.parked = nil
			return i, ctx.Err()
		}
		if err != nil {
			return i + 1, err
		}
	}
	if !turn {
		if err := s.t.take(ctx); err != nil {
			return len(cases), err
		}
		turn = true
	}
	err := s.collect(ctx, cases, report)
	if err == nil {
		err = s.tryLast(ctx, cases, report)
	}
	if err == nil && s.tries%crowdEvery == 1 {
		err = s.crowd(ctx, cases, report)
	}
	if err == nil {
		err = s.tryLate(ctx, cases, report)
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return len(cases), err
}

// tryNext tries case i, and looks into what goes wrong.
func (s *httpSession) tryNext(ctx context.Context, cases []target.Case, i int, report func(int, *fuzz.Difference)) error {
	if cases[i].Kind != spec.Request {
		return nil
	}
	for {
		st := styleOf(s.nth)
		s.nth++
		parked, conn := len(s.parked), s.conn
		d := s.step(ctx, &cases[i], st, false)
		for ; parked < len(s.parked); parked++ {
			s.parked[parked].index = i
		}
		if d == nil || ctx.Err() != nil {
			if s.conn != conn {
				s.since = i
			}
			return nil
		}
		if !s.unsent {
			return s.investigate(ctx, cases, i, st, d, report)
		}
		// It never left: what was said before did the harm.
		own := s.t.last == s
		gone, err := s.well(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case !own || i == 0:
		case err != nil:
			report(i-1, s.lost(&cases[i-1], gone))
		default:
			var found bool
			found, err = s.blame(ctx, cases, i-1, plain, true, report)
			if !found && gone && err == nil {
				d := s.lost(&cases[i-1], gone)
				d.Detail += untraced
				report(i-1, d)
			}
		}
		if err != nil {
			return err
		}
	}
}

const (
	unreachableDetail = "the hosted cache can no longer be reached"
	untraced          = ", once, perhaps because of an earlier message"
)

// lost makes a difference about a message after which the hosted cache could
// not be reached, or did not answer any more.
func (s *httpSession) lost(c *target.Case, gone bool) *fuzz.Difference {
	d := &fuzz.Difference{Fault: fuzz.Hang, Detail: "after it the hosted cache no longer answers as it did"}
	if gone {
		d = &fuzz.Difference{Fault: fuzz.Crash, Detail: unreachableDetail}
	}
	d.Requirement = requirement(&s.t.learned.probe, "Respond")
	return suspect(c, d)
}

// tryLast sees to it that the last case has done no harm, which the next one
// would have shown.
func (s *httpSession) tryLast(ctx context.Context, cases []target.Case, report func(int, *fuzz.Difference)) error {
	i := len(cases) - 1
	if i < 0 || cases[i].Kind != spec.Request || s.t.last != s {
		return nil
	}
	if d := s.aftermath(ctx, &cases[i]); d != nil && ctx.Err() == nil {
		return s.investigate(ctx, cases, i, plain, d, report)
	}
	return nil
}

// trySingle tries a case by itself.
func (s *httpSession) trySingle(ctx context.Context, c *target.Case, report func(int, *fuzz.Difference)) (int, error) {
	if err := s.t.take(ctx); err != nil {
		return 0, err
	}
	defer s.t.pass()
	var guard *httpConn
	if s.t.late {
		guard = s.guard(ctx)
	}
	d, err := s.inStyles(ctx, c)
	if s.dismiss(ctx, guard) && d == nil {
		d = s.lost(c, true)
	}
	switch {
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case err != nil:
		return 0, err
	case d == nil:
		return 1, nil
	}
	report(0, d)
	_, err = s.well(ctx)
	return 1, err
}

// inStyles tries a case by itself in the styles of HTTP, until it goes wrong.
func (s *httpSession) inStyles(ctx context.Context, c *target.Case) (*fuzz.Difference, error) {
	for st := s.from; st < s.upTo; st++ {
		if c.Kind != spec.Request || ctx.Err() != nil || st > s.from && s.t.late {
			break
		}
		d := s.alone(ctx, c, st)
		switch {
		case d == nil:
		case !s.unsent:
			s.from, s.upTo = st, st+1
			return d, nil
		case st > s.from: // it has ended after the style before
			return s.lost(c, true), nil
		default: // it had ended before: nothing could be said
			own := s.t.last == s
			gone, err := s.well(ctx)
			if err != nil {
				return nil, err
			}
			if own && gone && !s.t.late {
				s.t.late, s.t.lateness = true, longer
			}
		}
	}
	return nil, nil
}

// step tries a message, and a valid one after it if it is malformed or tried
// alone. It returns what goes wrong.
func (s *httpSession) step(ctx context.Context, c *target.Case, st style, alone bool) *fuzz.Difference {
	must := s.t.duty(c)
	a := s.say(ctx, c.Bytes, st, must, alone)
	if s.unsent = a.unsent; a.unsent {
		return c.Difference(fuzz.Crash, unreachableDetail)
	}
	d := s.t.judge(c, &a)
	if d == nil && must == mustAnswer {
		s.t.learned.typical(a.took)
		switch c.Expected.Message {
		case "INITIAL_OFFER_MESSAGE":
			d = s.offered(ctx, c, &a)
		case "SEGMENT_INFO_MESSAGE":
			d = s.recall(ctx, c)
		}
	}
	if d == nil && (alone || must != mustAnswer) {
		d = s.aftermath(ctx, c)
	}
	if d != nil && st != plain {
		d.Detail += ", sent " + styleNames[st]
	}
	return d
}

// say sends a message and waits for what comes of it: for a valid one as long
// as it may take, for another one shortly.
func (s *httpSession) say(ctx context.Context, message []byte, st style, must duty, alone bool) answer {
	t := s.t
	patience, park := t.o.Timeout, false
	if must != mustAnswer {
		switch {
		case t.learned.silences < mostSilences:
			patience = t.learned.sign()
		case alone || t.limit == 1:
			patience = t.learned.quiet()
		default:
			patience, park = t.learned.grace(), true
		}
		patience = min(patience, t.o.Timeout)
	}
	for sent := false; ; sent = true {
		t.pace(ctx)
		reused := s.conn != nil && !s.conn.closed
		if !reused {
			conn, err := t.dial(ctx)
			if err != nil {
				a := answer{ending: unreachable, err: err, unsent: !sent}
				if isTimeout(err) {
					a.ending = silent
				}
				return a
			}
			s.conn = conn
			s.current.Store(conn)
		}
		c := s.conn
		var body int
		s.buf, body = t.request(s.buf[:0], message, st)
		a, reusable := c.say(ctx, s.buf, body, st, t.o.Timeout, patience)
		t.last = s
		if n := len(t.conns); t.conns[n-1] != c { // it is the one used last
			t.conns = append(slices.DeleteFunc(t.conns, func(o *httpConn) bool { return o == c }), c)
		}
		if must != mustAnswer && a.ending == silent && !a.began {
			t.learned.silences++
		}
		switch {
		case park && a.ending == silent && !a.began && ctx.Err() == nil:
			c.park(min(t.learned.quiet(), t.o.Timeout))
			s.parked = append(s.parked, parkedCase{conn: c})
			s.conn = nil
		case !reusable:
			s.hangUp()
		}
		// A kept connection may be closed at any time, also now.
		stale := a.ending == ended && !a.began || a.status == 408
		if reused && stale && must == mustAnswer && ctx.Err() == nil {
			continue
		}
		return a
	}
}

// aftermath returns what a message did to the hosted cache: whether it still
// answers a valid message as it should, over the same connection if that is
// still there.
func (s *httpSession) aftermath(ctx context.Context, c *target.Case) *fuzz.Difference {
	l := s.t.learned
	a := s.say(ctx, l.probing(), plain, mustAnswer, false)
	if a.equal(&l.usual) {
		return nil
	}
	a.took = 0 // it may be slow
	d := s.t.judgeAnswer(&l.probe, &a)
	if d == nil {
		return nil // it did not answer rightly before: who could say why it does now
	}
	return after(c, d, "a valid message after it ")
}

// after makes a difference about c of one that showed later.
func after(c *target.Case, d *fuzz.Difference, who string) *fuzz.Difference {
	e := c.Difference(d.Fault, who+d.Detail)
	e.Requirement = d.Requirement
	if d.Fault == fuzz.Crash {
		e.Detail = unreachableDetail
	}
	return e
}

// offered returns what is wrong with the code of the answer to an
// INITIAL_OFFER_MESSAGE, or to the same one once more.
func (s *httpSession) offered(ctx context.Context, c *target.Case, a *answer) *fuzz.Difference {
	if !a.isOK() {
		b := s.say(ctx, c.Bytes, plain, mustAnswer, false)
		if b.isOK() && !s.twice(ctx, c.Bytes) {
			return &fuzz.Difference{Fault: fuzz.WrongCode, Requirement: requirement(c, "Interested"),
				Detail: "is answered OK the second time, must be INTERESTED: the hosted cache still has no block hashes of the segment"}
		}
		return nil
	}
	if !s.knowsAll(ctx, c) {
		return nil
	}
	return &fuzz.Difference{Fault: fuzz.WrongCode, Requirement: requirement(c, "Interested"),
		Detail: "is answered OK, must be INTERESTED: the hosted cache has no block hashes of the segment"}
}

// twice reports whether the hosted cache is interested both times in an offer
// like the one given, but of a segment that nobody else has.
func (s *httpSession) twice(ctx context.Context, offer []byte) bool {
	offer = unlike(offer)[2]
	for range 2 {
		if a := s.say(ctx, offer, plain, mustAnswer, false); a.isOK() {
			return false
		}
	}
	return true
}

// knowsAll reports whether the hosted cache answers OK not only to this offer
// but to others that it cannot know. One that does not may know the segment,
// from before the campaign for instance.
func (s *httpSession) knowsAll(ctx context.Context, c *target.Case) bool {
	for _, offer := range unlike(c.Bytes) {
		if a := s.say(ctx, offer, plain, mustAnswer, false); a.isOK() {
			return true
		}
	}
	return false
}

// recallRequirement is broken by a hosted cache that forgets at once.
const recallRequirement = "PCHC-3.1.5.1-OK"

// recall returns what is wrong with the answer to an offer of the segment whose
// block hashes the hosted cache has just got, if it is one that remembers.
func (s *httpSession) recall(ctx context.Context, c *target.Case) *fuzz.Difference {
	if s.t.learned.remembers == nil {
		return nil
	}
	hoHoDk, complete := given(c)
	if !complete {
		return nil
	}
	offer := initialOffer(hoHoDk)
	a := s.say(ctx, offer.Bytes, plain, mustAnswer, false)
	a.took = 0
	if d := s.t.judgeAnswer(&offer, &a); d != nil {
		return after(c, d, "an INITIAL_OFFER_MESSAGE for the segment right after it ")
	}
	if a.isOK() {
		return nil
	}
	return &fuzz.Difference{Fault: fuzz.WrongCode, Requirement: recallRequirement,
		Detail: "an INITIAL_OFFER_MESSAGE for the segment right after it is answered INTERESTED, although it gave all block hashes"}
}

// remembers reports whether the hosted cache remembers a new segment.
func (s *httpSession) remembers(ctx context.Context, sh shape) bool {
	c, hoHoDk := sh.segment()
	if a := s.say(ctx, c.Bytes, plain, mustAnswer, false); !a.isOK() {
		return false
	}
	offer := initialOffer(hoHoDk)
	a := s.say(ctx, offer.Bytes, plain, mustAnswer, false)
	return a.isOK() && !s.knowsAll(ctx, &offer)
}
