package resource

import (
	"sync"
	"time"
)

// Watcher watches a process and its children. Its methods are safe for concurrent use.
type Watcher struct {
	mu       sync.Mutex // guards the following fields
	reader   reader
	stopped  bool
	timer    *time.Timer
	limits   Limits
	kill     func()
	exceeded string
}

// interval is how often limits are checked.
const interval = 100 * time.Millisecond

// Watch watches the process group pid until Stop. It calls kill if the group exceeds a
// limit.
func Watch(pid int, limits Limits, kill func()) *Watcher {
	w := &Watcher{reader: newReader(pid), limits: limits, kill: kill}
	if limits != (Limits{}) {
		w.mu.Lock()
		w.timer = time.AfterFunc(interval, w.check)
		w.mu.Unlock()
	}
	return w
}

// check checks the limits once.
func (w *Watcher) check() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return
	}
	u, err := w.reader.read()
	if err != nil {
		return // it has ended, or cannot be read, ever
	}
	if w.exceeded = w.limits.Exceeded(u); w.exceeded != "" {
		w.kill()
		return
	}
	w.timer.Reset(interval)
}

// Usage reads what the processes use now. It fails if they have ended, or if this system
// does not say.
func (w *Watcher) Usage() (Usage, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return Usage{}, ErrEnded
	}
	return w.reader.read()
}

// RunDelay returns for how long the threads of the processes have waited for a processor
// since they began, together; false if that cannot be read.
func (w *Watcher) RunDelay() (time.Duration, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return 0, false
	}
	return RunDelay(w.reader.processes())
}

// Exceeded says which limit the processes exceeded; "" if none.
func (w *Watcher) Exceeded() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.exceeded
}

// Stop ends the watch. The id of the process may then be another's.
func (w *Watcher) Stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	if w.timer != nil {
		w.timer.Stop()
	}
}
