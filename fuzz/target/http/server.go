package http

import (
	"context"
	"net"
	"strconv"
	"sync"
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

// listeners are the processes of a server that the target does not run.
type listeners struct {
	mu   sync.Mutex // guards the following fields
	pids []int
	read time.Time
}

// listenersFor is how long the processes of a server are taken for the same.
const listenersFor = 10 * time.Second

// runDelay returns for how long the processes of the server, if they run on this machine,
// have waited for a processor. Any goroutine may call it.
func (t *endpoint) runDelay() (time.Duration, bool) {
	if t.o.clock.runDelay != nil {
		return t.o.clock.runDelay()
	}
	if w := t.server.watched.Load(); w != nil {
		return w.RunDelay()
	}
	l := &t.listeners
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.read.IsZero() || time.Since(l.read) > listenersFor {
		l.pids, l.read = nil, time.Now()
		host, port, _ := net.SplitHostPort(t.addrs[t.works.Load()])
		if ip := net.ParseIP(host); ip.IsLoopback() {
			n, _ := strconv.Atoi(port)
			l.pids = resource.Listeners(n)
		}
	}
	return resource.RunDelay(l.pids)
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
