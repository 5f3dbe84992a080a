package http

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
)

// harm returns the difference to report for case c: a crash if the hosted cache
// ended, otherwise d, or a hang if d is nil. c may be nil.
func (s *session) harm(c *target.Case, d *fuzz.Difference, ended string) *fuzz.Difference {
	switch {
	case ended != "":
		d = &fuzz.Difference{}
		if c != nil {
			d = c.Difference(fuzz.Crash, "")
		}
		d.Fault, d.Detail, d.Requirement = fuzz.Crash, ended, s.t.protocol.respond(&s.t.learned.probe)
		if exceeded, ok := strings.CutPrefix(ended, overLimit); ok {
			d.Fault, d.Detail, d.Requirement = fuzz.Limit, exceeded, ""
		}
	case d == nil:
		d = &fuzz.Difference{}
		if c != nil {
			d = c.Difference(fuzz.Hang, "")
		}
		d.Fault, d.Detail, d.Requirement = fuzz.Hang, "the next valid message is not answered as before", s.t.protocol.respond(&s.t.learned.probe)
	}
	return d
}

// refused is the exit summary of a hosted cache that the target does not run.
const refused = "connection refused"

// recover waits until the hosted cache passes the health check over a new and only
// connection. If the target runs the hosted cache, recover restarts it if it has
// exited or does not pass in time. It returns the exit summary, "" if it did not
// exit.
func (s *session) recover(ctx context.Context) (ended string, err error) {
	t := s.t
	t.pauseLoad()
	unreached, restarted := false, false
	deadline := t.o.clock.now().Add(t.o.Wait)
	pause := retryAfter // before the next restart
	restart := func(reason string) error {
		if !restarted {
			restarted = true
			s.restarts++
			s.reasons[reason]++
			deadline = t.o.clock.now().Add(t.o.Ready)
		} else {
			t.o.clock.sleep(ctx, pause)
			pause = min(2*pause, time.Second)
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
		t.server.stop()
		return t.server.start()
	}
	for {
		t.closeAll()
		if exit := t.server.exited(ctx, 0); exit != "" {
			if restarted && !t.o.clock.now().Before(deadline) {
				return ended, fmt.Errorf("restart failed: %s", exit)
			}
			if ended == "" {
				ended = exit
			}
			if err := restart(afterExit); err != nil {
				return ended, err
			}
		}
		a := s.healthCheck(ctx)
		if a.equal(&t.learned.usual) {
			if ended == "" && unreached && !restarted {
				ended = refused
				s.restarts++
				s.reasons[reconnected]++
			}
			return ended, nil
		}
		unreached = unreached || a.ending == unreachable && !restarted
		if t.server.process == nil {
			t.o.clock.sleep(ctx, retryAfter)
		} else if t.server.exited(ctx, retryAfter) != "" {
			continue
		}
		switch {
		case ctx.Err() != nil:
			return ended, ctx.Err()
		case t.o.clock.now().Before(deadline):
		case t.server.process != nil && !restarted: // it hangs
			if err := restart(afterHang); err != nil {
				return ended, err
			}
		case a.ending == unreachable:
			if ended == "" {
				ended = refused
			}
			return ended, cannotConnect(a.err)
		default:
			return ended, errors.New("it no longer answers as at the start")
		}
	}
}

// lateEnd reports an exit of the server that an earlier call of Try caused, or that it
// hangs since. It waits for that.
func (s *session) lateEnd(ctx context.Context, report func(int, *fuzz.Difference)) error {
	if s.t.last != s {
		return nil
	}
	if s.t.server.exited(ctx, max(s.t.exitWait, longestExit)) == "" {
		if a := s.healthCheck(ctx); a.ending == silent && !a.gaveUp && s.t.learned.usual.ending == answered {
			report(-1, s.harm(nil, nil, ""))
		}
		return nil
	}
	ended, err := s.recover(ctx)
	report(-1, s.harm(nil, nil, ended))
	return err
}

// A server may exit some time after the message that caused it, and answer others
// until then, for instance if it writes a log first.
const (
	longestExit  = 500 * time.Millisecond
	shortestWait = 100 * time.Millisecond
)

// endsWithin records that the server has exited at most d after a message. From
// then on sessions wait twice as long for it to exit.
func (t *endpoint) endsWithin(d time.Duration) {
	if t.server.process != nil {
		t.exitWait = max(min(max(2*d, shortestWait), longestExit), t.o.ExitWait)
	}
}

// awaitExit waits exitWait for the server to exit, and reports whether it did.
func (t *endpoint) awaitExit(ctx context.Context) bool {
	return t.exitWait > 0 && t.server.exited(ctx, t.exitWait) != ""
}
