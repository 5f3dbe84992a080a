package http

import (
	"context"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// A hosted cache may end some time after the message that harmed it, and answer
// others until then: it writes down what went wrong, or another thread ends it.

// shortly is how long a hosted cache is given to end, and longer how long if it
// does not do so shortly.
const (
	shortly = 25 * time.Millisecond
	longer  = 10 * shortly
)

// guard makes a connection over which nothing is said, so that it is there
// until the hosted cache ends; nil if there is none. It counts among the others.
func (s *httpSession) guard(ctx context.Context) *httpConn {
	t := s.t
	if t.limit < 2 { // it would keep others away
		return nil
	}
	c, err := t.dial(ctx)
	if err != nil { // it has ended meanwhile
		if _, err = s.well(ctx); err == nil {
			c, err = t.dial(ctx)
		}
	}
	if err != nil {
		return nil
	}
	t.conns = t.conns[:len(t.conns)-1] // nobody else's
	t.limit--
	return c
}

// dismiss closes a guard. It reports whether the hosted cache has ended, or does
// so within the time that it is given.
func (s *httpSession) dismiss(ctx context.Context, guard *httpConn) (ended bool) {
	if guard == nil {
		return false
	}
	s.t.limit++
	_ = guard.SetReadDeadline(time.Now().Add(s.t.lateness))
	_, err := guard.r.Peek(1)
	_ = guard.Close()
	return err != nil && !isTimeout(err) && ctx.Err() == nil
}

// tryLate sees to it that the hosted cache does not end because of what it was
// told, if it is known to be late with that.
func (s *httpSession) tryLate(ctx context.Context, cases []target.Case, report func(int, *fuzz.Difference)) error {
	i := len(cases) - 1
	if i < 0 || !s.t.late || !s.dismiss(ctx, s.guard(ctx)) {
		return nil
	}
	return s.investigate(ctx, cases, i, plain, s.lost(&cases[i], true), report)
}

// ends reports whether the hosted cache ends when it is told some cases. If so it
// waits until it is well again.
func (s *httpSession) ends(ctx context.Context, cases []target.Case) (bool, error) {
	s.hangUp()
	guard := s.guard(ctx)
	for i := range cases {
		if cases[i].Kind != spec.Request {
			continue
		}
		if d := s.step(ctx, &cases[i], plain, false); d != nil || ctx.Err() != nil {
			break
		}
	}
	s.dropParked()
	if !s.dismiss(ctx, guard) {
		return false, ctx.Err()
	}
	_, err := s.well(ctx)
	return true, err
}

// settle waits until the hosted cache does not end any more, unless it goes on
// to do so by itself. It reports whether it ended because of what was said before.
func (s *httpSession) settle(ctx context.Context) (ended bool, err error) {
	lateness := s.t.lateness
	s.t.lateness = longer
	defer func() { s.t.lateness = lateness }()
	for range 4 {
		again, err := s.ends(ctx, nil)
		if !again || err != nil {
			return ended, err
		}
		ended = true
	}
	return ended, nil
}

// culprit returns the case, case i or one before it, after which the hosted
// cache ends; -1 if there is none that is enough by itself. From then on the
// hosted cache is given the time that it took.
func (s *httpSession) culprit(ctx context.Context, cases []target.Case, i int) (int, error) {
	for _, s.t.lateness = range []time.Duration{shortly, longer} {
		k, err := s.search(ctx, cases[:i+1])
		if err != nil {
			return -1, err
		}
		// What ended in the meantime may have done so because of an earlier try.
		later, err := s.settle(ctx)
		if err != nil {
			return -1, err
		}
		if k < 0 && !later {
			// It is not due to any of these, but perhaps to one that was said long
			// before. If so, it will not be the next time.
			s.t.late = !s.t.late
			break
		}
		if k >= 0 {
			if ended, err := s.ends(ctx, cases[k:k+1]); ended || err != nil {
				return k, err
			}
			if _, err := s.settle(ctx); err != nil {
				return -1, err
			}
		}
	}
	s.t.lateness = longer
	return -1, nil
}

// search looks for the culprit among more and more of the last cases, and then
// halves them; -1 if all of them do not end it.
func (s *httpSession) search(ctx context.Context, cases []target.Case) (int, error) {
	first, end := len(cases), len(cases)
	for n := 2; ; n *= 8 {
		if first == 0 {
			return -1, nil
		}
		first = max(0, end-n)
		if ended, err := s.ends(ctx, cases[first:]); err != nil {
			return -1, err
		} else if ended {
			break
		}
	}
	for end-first > 1 {
		middle := first + (end-first)/2
		ended, err := s.ends(ctx, cases[middle:end])
		switch {
		case err != nil:
			return -1, err
		case ended:
			first = middle
		default:
			end = middle
		}
	}
	return first, nil
}
