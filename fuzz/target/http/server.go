package http

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/hostedcache/pchc/fuzz/resource"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/internal/process"
)

// server is the process of a hosted cache that the target runs. The holder of the
// turn uses it.
type server struct {
	command string
	limits  resource.Limits
	process *process.Process // nil: it does not run
	watch   *resource.Watcher
	watched atomic.Pointer[resource.Watcher] // watch, for runDelay
}

// start starts the process. It does not wait for it to answer.
func (s *server) start() (err error) {
	if s.process, err = process.Start(s.command, process.Options{}); err == nil {
		s.watch = resource.Watch(s.process.ID(), s.limits, s.process.Kill)
		s.watched.Store(s.watch)
	}
	return err
}

// runDelay returns for how long the processes of the server, if they run on this machine,
// have waited for a processor. Any goroutine may call it.
func (t *endpoint) runDelay() (time.Duration, bool) {
	if t.o.clock.runDelay != nil {
		return t.o.clock.runDelay()
	}
	if w := t.server.watched.Load(); w != nil {
		return w.RunDelay()
	}
	return t.listening.RunDelay(t.addrs[t.works.Load()])
}

// stop ends the process and its children, if it runs.
func (s *server) stop() {
	if s.process != nil {
		s.process.Kill()
		<-s.process.Done()
		s.watch.Stop()
		s.process = nil
	}
}

// exited waits for the process to exit, and returns its exit summary; "" if it
// still runs, or if the target runs no process.
func (s *server) exited(ctx context.Context, wait time.Duration) string {
	if s.process == nil {
		return ""
	}
	select {
	case <-s.process.Done():
		return s.summary()
	default:
	}
	if wait <= 0 {
		return ""
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-s.process.Done():
		return s.summary()
	case <-timer.C:
	case <-ctx.Done():
	}
	return ""
}

// summary says how the process, which has exited, ended.
func (s *server) summary() string {
	if exceeded := s.watch.Exceeded(); exceeded != "" {
		return overLimit + exceeded
	}
	return s.process.ExitSummary(target.Excerpt)
}

// overLimit begins the exit summary of a server that was ended because it exceeded a limit.
const overLimit = "ended: it "
