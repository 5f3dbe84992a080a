package http

import (
	"context"
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
