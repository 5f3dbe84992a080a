package http

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hostedcache/pchc/fuzz/target/internal/process"
)

// server is the process of a hosted cache that the target runs itself. Who has
// the turn uses it.
type server struct {
	command string
	process *process.Process // nil: it does not run
}

// start starts the process. Whether it answers is to be seen.
func (s *server) start() (err error) {
	s.process, err = process.Start(s.command, process.Options{})
	return err
}

// stop ends the process, if it runs, with all that it started.
func (s *server) stop() {
	if s.process != nil {
		s.process.Kill()
		<-s.process.Done()
		s.process = nil
	}
}

// exited returns how the process has ended, "" if it runs or is none of ours. It
// waits for so long.
func (s *server) exited(ctx context.Context, wait time.Duration) string {
	if s.process == nil {
		return ""
	}
	select {
	case <-s.process.Done():
		return s.process.ExitSummary()
	default:
	}
	if wait <= 0 {
		return ""
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-s.process.Done():
		return s.process.ExitSummary()
	case <-timer.C:
	case <-ctx.Done():
	}
	return ""
}

// launch starts the server of a target for its first session. Nothing may
// listen at its address yet, or it would be taken for the server.
func (t *hostedCache) launch(ctx context.Context) (launched bool, err error) {
	if t.server.command == "" || t.server.process != nil {
		return false, nil
	}
	if conn, err := t.dial(ctx); err == nil {
		t.close(conn)
		return false, errors.New("another server already listens there")
	}
	return true, t.server.start()
}

// A server may end some time after the message that made it end, and answer
// others until then: it writes a log, or another thread ends it.
const (
	longestExit  = 250 * time.Millisecond // that is waited for
	shortestWait = 25 * time.Millisecond
)

// mayEndLate takes in that the server has ended, but not after which message.
// From then on it gets time to do so before a session returns.
func (t *hostedCache) mayEndLate() {
	if t.server.process != nil {
		t.exitWait = longestExit
	}
}

// awaitExit reports whether the server ends in the time that it gets after a
// message.
func (t *hostedCache) awaitExit(ctx context.Context) bool {
	return t.exitWait > 0 && t.server.exited(ctx, t.exitWait) != ""
}

// refused is how a hosted cache ended that the target does not run.
const refused = "connection refused"

// recover waits until the hosted cache passes the health check over a new
// connection and without any other. If it is the target's own it is started
// again where it has ended, or does not pass in time. recover returns how it
// ended, "" if it did not.
func (s *session) recover(ctx context.Context) (ended string, err error) {
	t := s.t
	unreached, restarted := false, false
	deadline := t.o.clock.now().Add(t.o.Wait)
	restart := func() error {
		s.restarts++
		if !restarted {
			restarted = true
			deadline = t.o.clock.now().Add(t.o.Ready)
		}
		t.server.stop()
		return t.server.start()
	}
	for {
		t.closeAll()
		if exit := t.server.exited(ctx, 0); exit != "" {
			if restarted && !t.o.clock.now().Before(deadline) {
				return ended, fmt.Errorf("it does not restart: %s", exit)
			}
			if ended == "" {
				ended = exit
			}
			if err := restart(); err != nil {
				return ended, err
			}
		}
		a := s.healthCheck(ctx)
		if a.equal(&t.learned.usual) {
			if ended == "" && unreached && !restarted {
				ended = refused
				s.restarts++
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
			if err := restart(); err != nil {
				return ended, err
			}
		case a.ending == unreachable:
			if ended == "" {
				ended = refused
			}
			return ended, fmt.Errorf("%w: %w", ErrUnreachable, a.err)
		default:
			return ended, errors.New("it no longer answers as it did at first")
		}
	}
}
