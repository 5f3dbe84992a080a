package target

import (
	"context"
	"time"

	"github.com/hostedcache/pchc/spec"
)

// A hosted cache may end some time after the message that harmed it, and answer
// others until then: it writes down what went wrong, or another thread ends it.

// lateness is how long a hosted cache is given to end.
const lateness = 25 * time.Millisecond

// guard makes a connection over which nothing is said, so that it is there
// until the hosted cache ends; nil if there is none. It counts among the others.
func (s *httpSession) guard(ctx context.Context) *httpConn {
	t := s.t
	if t.limit < 2 { // it would keep others away
		return nil
	}
	c, err := t.dial(ctx)
	if err != nil {
		return nil
	}
	t.conns = t.conns[:len(t.conns)-1] // nobody else's
	t.limit--
	return c
}

// dismiss closes a guard. It reports whether the hosted cache has ended, or does
// so in a moment.
func (s *httpSession) dismiss(ctx context.Context, guard *httpConn) (ended bool) {
	if guard == nil {
		return false
	}
	s.t.limit++
	_ = guard.SetReadDeadline(time.Now().Add(lateness))
	_, err := guard.r.Peek(1)
	_ = guard.Close()
	return err != nil && !isTimeout(err) && ctx.Err() == nil
}

// ends reports whether the hosted cache ends when it is told some cases. If so it
// waits until it is well again.
func (s *httpSession) ends(ctx context.Context, cases []Case) (bool, error) {
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

// culprit returns the case, case i or one before it, after which the hosted
// cache ends; -1 if there is none that is enough by itself.
func (s *httpSession) culprit(ctx context.Context, cases []Case, i int) (int, error) {
	first, end := i+1, i+1
	for n := 2; ; n *= 8 {
		if first == 0 {
			return -1, nil
		}
		first = max(0, end-n)
		if ended, err := s.ends(ctx, cases[first:end]); err != nil {
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
	if ended, err := s.ends(ctx, cases[first:end]); !ended || err != nil {
		return -1, err
	}
	return first, nil
}
