package http

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// well waits until the hosted cache does with a valid message what it always
// did, over a new connection and without any other. gone tells whether it
// could not be reached in the meantime.
func (s *httpSession) well(ctx context.Context) (gone bool, err error) {
	t := s.t
	for deadline := t.o.clock.now().Add(t.o.Wait); ; {
		t.closeAll()
		a := s.say(ctx, t.learned.probing(), plain, mustAnswer, false)
		if a.equal(&t.learned.usual) {
			if gone {
				s.restarts++
			}
			return gone, nil
		}
		gone = gone || a.ending == unreachable
		switch {
		case ctx.Err() != nil:
			return gone, ctx.Err()
		case t.o.clock.now().Before(deadline):
			t.o.clock.sleep(ctx, retryAfter)
		case a.ending == unreachable:
			return gone, fmt.Errorf("it can no longer be reached: %w (see to it that it is started again when it ends)", a.err)
		default:
			return gone, errors.New("it no longer answers as it did at first")
		}
	}
}

// alone tries a case by itself, over a new connection.
func (s *httpSession) alone(ctx context.Context, c *target.Case, st style) *fuzz.Difference {
	s.hangUp()
	d := s.step(ctx, c, st, true)
	if d == nil {
		return nil
	}
	again := func() bool {
		e := s.step(ctx, c, st, true)
		same := e != nil && e.Fault == d.Fault
		if same && e.Detail < d.Detail && len(e.Detail) <= len(d.Detail) { // the faster one
			d = e
		}
		return same
	}
	switch {
	case d.Fault == fuzz.Slow:
		for range 2 {
			if !again() {
				return nil
			}
		}
	case d.Requirement == recallRequirement:
		// It may have forgotten the segment for a good reason. That it does so
		// each time, but not with others, is none.
		for range 2 {
			if !s.remembers(ctx, *s.t.learned.remembers) || !again() {
				return nil
			}
		}
	}
	return d
}

// investigate finds out what a difference seen at case i comes from, reports
// it, and sees to it that the hosted cache is well again.
func (s *httpSession) investigate(ctx context.Context, cases []target.Case, i int, st style, d *fuzz.Difference, report func(int, *fuzz.Difference)) error {
	others := len(s.t.conns) > 1
	since := max(s.since, i-mostReplayed)
	s.since = i + 1 // from here on there are new connections
	gone, err := s.well(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	switch {
	case d.Fault == fuzz.Crash:
		gone = true // and was soon there again
	case gone:
		e := cases[i].Difference(fuzz.Crash, unreachableDetail)
		e.Requirement = d.Requirement
		d = e
	}
	if err != nil {
		report(i, suspect(&cases[i], d))
		return err
	}
	found, err := s.blame(ctx, cases, i, st, gone, report)
	if !found && err == nil && !gone && d.Fault == fuzz.Unanswered {
		// It may have ended, and be there again already. If not, that is no reason
		// to wait for late ends.
		late := s.t.late
		found, err = s.blame(ctx, cases, i, st, true, report)
		s.t.late = late || found && s.t.late
	}
	if found || err != nil {
		return err
	}
	// Then it takes more than one message.
	s.hangUp()
	for k := since; k < i && ctx.Err() == nil; k++ {
		_ = s.step(ctx, &cases[k], plain, false)
	}
	e := s.step(ctx, &cases[i], st, false)
	s.dropParked()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case d.Requirement == recallRequirement: // it may well forget
	case e != nil && !s.unsent:
		e.Detail += ", but only after other messages"
		report(i, e)
	case d.Fault == fuzz.Slow:
	case d.Fault == fuzz.Hang, d.Fault == fuzz.Unanswered:
		if others && !gone { // perhaps it serves fewer at a time
			s.t.limit = max(1, s.t.limit/2)
			break
		}
		if s.loose++; s.loose >= mostLoose {
			d.Detail += ", now and then"
			report(i, d)
		}
	case gone:
		d.Detail += untraced
		report(i, d)
	default:
		d.Detail += ", once"
		report(i, d)
	}
	_, err = s.well(ctx)
	return err
}

// blame reports the case that does harm by itself: case i, or the one before
// it. If the hosted cache is gone it may also be one that was said earlier.
func (s *httpSession) blame(ctx context.Context, cases []target.Case, i int, st style, gone bool, report func(int, *fuzz.Difference)) (found bool, err error) {
	suspects := []int{i, i - 1}
	if gone {
		k, err := s.culprit(ctx, cases, i)
		if err != nil {
			return false, err
		}
		if gone = k >= 0; gone {
			suspects = []int{k}
		}
	}
	for _, k := range suspects {
		if k < 0 || cases[k].Kind != spec.Request {
			continue
		}
		var guard *httpConn
		if gone {
			guard = s.guard(ctx)
		}
		d := s.alone(ctx, &cases[k], st)
		s.dismiss(ctx, guard) // else it would end during the next case
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		if gone {
			s.t.late = s.t.late || d == nil || s.unsent
			d, s.unsent = s.lost(&cases[k], true), false
		}
		if d != nil && !s.unsent {
			report(k, d)
			_, err := s.well(ctx)
			return true, err
		}
	}
	return false, nil
}

// mostReplayed is how many messages are said again to see whether it takes them
// all.
const mostReplayed = 64

// dropParked forgets what waits for answers.
func (s *httpSession) dropParked() {
	for _, p := range s.parked {
		<-p.conn.done
		s.t.close(p.conn)
	}
	s.parked = nil
}

// collect looks at what has come over parked connections.
func (s *httpSession) collect(ctx context.Context, cases []target.Case, report func(int, *fuzz.Difference)) error {
	parked := s.parked
	s.parked = nil
	for _, p := range parked {
		<-p.conn.done
		s.t.close(p.conn)
		if ctx.Err() != nil {
			continue
		}
		if d := s.t.judge(&cases[p.index], &p.conn.late); d != nil {
			s.since = p.index
			if err := s.investigate(ctx, cases, p.index, plain, d, report); err != nil {
				return err
			}
		}
	}
	return nil
}

// A crowd is several clients at the same time, in every crowdEvery-th call of
// Try, with at most mostCrowd messages over mostClients connections.
const (
	crowdEvery  = 8
	mostCrowd   = 64
	mostClients = 8
)

// crowd says valid messages again, which were answered rightly one by one, over
// several connections at the same time. Only a wrong answer counts: nobody has
// to serve so many at once.
func (s *httpSession) crowd(ctx context.Context, cases []target.Case, report func(int, *fuzz.Difference)) error {
	t := s.t
	clients := min(t.limit, mostClients)
	said := make([][]byte, 0, mostCrowd)
	index := make([]int, 0, mostCrowd)
	for i := range cases {
		if len(said) == mostCrowd {
			break
		}
		if cases[i].Kind != spec.Request || t.duty(&cases[i]) != mustAnswer {
			continue
		}
		b := cases[i].Bytes
		if cases[i].Expected.Message == "INITIAL_OFFER_MESSAGE" {
			// Of a segment that it cannot know, so that there is one right answer.
			b = unlike(b)[2]
		}
		said, index = append(said, b), append(index, i)
	}
	if clients < 2 || len(said) < 2 {
		return nil
	}
	t.closeAll()
	var conns []*httpConn
	for range clients {
		c, err := t.dial(ctx)
		if err != nil {
			break
		}
		conns = append(conns, c)
	}
	defer context.AfterFunc(ctx, t.interrupt(conns))()
	wrong := make([]*fuzz.Difference, len(said))
	var wg sync.WaitGroup
	for n, c := range conns {
		wg.Go(func() {
			for k := n; k < len(said) && ctx.Err() == nil; k += len(conns) {
				t.pace(ctx)
				request, body := t.request(nil, said[k], plain)
				a, reusable := c.say(ctx, request, body, plain, t.o.Timeout, t.o.Timeout)
				if a.ending == answered {
					wrong[k] = t.judgeCrowd(&cases[index[k]], &a)
				}
				if !reusable {
					return
				}
			}
		})
	}
	wg.Wait()
	t.last = s
	gone, err := s.well(ctx)
	if gone && err == nil { // perhaps of one that was said before
		found, err := s.blame(ctx, cases, len(cases)-1, plain, true, report)
		if found || err != nil {
			return err
		}
	}
	if k := len(said) - 1; (gone || err != nil) && wrong[k] == nil {
		wrong[k] = s.lost(&cases[index[k]], gone)
	}
	for k, d := range wrong {
		if d != nil && ctx.Err() == nil {
			d.Detail += ", while other messages come at the same time"
			report(index[k], d)
		}
	}
	return err
}

// interrupt returns a function that wakes whoever waits for the connections.
func (t *httpTarget) interrupt(conns []*httpConn) func() {
	return func() {
		for _, c := range conns {
			_ = c.SetDeadline(past)
		}
	}
}

// judgeCrowd judges an answer given to one of many.
func (t *httpTarget) judgeCrowd(c *target.Case, a *answer) *fuzz.Difference {
	a.took = 0 // no wonder
	d := t.judgeAnswer(c, a)
	if d == nil && a.isOK() && c.Expected.Message == "INITIAL_OFFER_MESSAGE" {
		return &fuzz.Difference{Fault: fuzz.WrongCode, Requirement: requirement(c, "Interested"), Detail: "is answered OK, must be INTERESTED"}
	}
	if d == nil || d.Fault == fuzz.Unanswered {
		return nil
	}
	return d
}
