package exec

import (
	"context"
	"errors"
	"time"

	"github.com/hostedcache/pchc/fuzz/target/wait"
)

// interrupt ends any wait for these programs.
func (s *session) interrupt(children ...**child) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range children {
		if *c != nil {
			s.cut.Store(true)
			(*c).Kill()
		}
	}
}

// runDelay returns for how long the program has waited for a processor.
func (s *session) runDelay() (time.Duration, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.child == nil {
		return 0, false
	}
	return s.child.runDelay()
}

// watch ends any wait for the program when ctx is done. At a deadline the program may
// first answer what it was asked: what it does then, and when its input ends, counts.
// Call stop before the next wait.
func (s *session) watch(ctx context.Context) (stop func()) {
	s.cut.Store(false)
	stopped, done := make(chan struct{}), make(chan struct{})
	unwatch := context.AfterFunc(ctx, func() {
		defer close(done)
		if !expired(ctx) {
			s.interrupt(&s.child, &s.aside)
			return
		}
		limit := wait.New(func() time.Duration {
			s.interrupt(&s.child) // the wait for the one put aside has its own limit
			return 0
		}, s.runDelay)
		limit.Start(s.target.options.Timeout)
		<-stopped
		limit.Stop()
	})
	return func() {
		close(stopped)
		if unwatch() {
			return
		}
		if <-done; s.cut.Load() {
			s.end()
		}
	}
}

// interrupted returns the error of ctx if the program was killed because of it.
func (s *session) interrupted(ctx context.Context) error {
	if s.cut.Load() {
		return ctx.Err()
	}
	return nil
}

// expired reports whether ctx is done because of its deadline.
func expired(ctx context.Context) bool { return errors.Is(ctx.Err(), context.DeadlineExceeded) }
