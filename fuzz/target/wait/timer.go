package wait

import (
	"sync"
	"time"
)

// Most is how many times its limit a wait may take, if nothing gets a processor.
const Most = 20

// often is how often a timer looks whether time was lost.
const often = 50 * time.Millisecond

// Timer limits the wait for an answer. Time does not count in which the target waited for a
// processor, or this program did: a machine that is busy is no fault of the target. What
// sleeps or computes loses no time, so a target that hangs is seen to. A Timer is for one
// wait at a time. Its zero value is not ready to use.
type Timer struct {
	expire func() time.Duration
	delay  func() (time.Duration, bool)

	mu      sync.Mutex // guards the following fields
	timer   *time.Timer
	running bool
	fired   bool
	limit   time.Duration
	begin   time.Time
	account account
	looked  time.Time     // last
	step    time.Duration // until the next look
	before  time.Duration // delay as of the last look
	known   bool          // before is
}

// New returns a timer that calls expire when the time of a wait is up, with a lock held: it
// must not use the timer. If expire returns a time, the wait goes on for so long. It may be
// nil: see Expired. delay returns for how long the target has waited for a processor since
// it began, or false if that is not known; it may be nil, too.
func New(expire func() time.Duration, delay func() (time.Duration, bool)) *Timer {
	t := &Timer{expire: expire, delay: delay}
	t.timer = time.AfterFunc(time.Hour, t.look)
	t.timer.Stop()
	return t
}

// Start begins a wait, and ends one that is not stopped.
func (t *Timer) Start(limit time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begin = time.Now()
	t.running, t.fired, t.known, t.account = true, false, false, account{}
	t.resume(t.begin, limit)
}

// resume waits for limit from now on.
func (t *Timer) resume(now time.Time, limit time.Duration) {
	t.limit, t.looked, t.step = limit, now, min(often, limit)
	t.timer.Reset(t.step)
}

// look counts the time since the last look, and ends the wait if its time is up.
func (t *Timer) look() {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	took := now.Sub(t.looked)
	if !t.running || took < t.step { // it is of a wait before
		return
	}
	var delay time.Duration
	if t.delay != nil {
		if d, ok := t.delay(); ok {
			if t.known {
				delay = d - t.before
			}
			t.before, t.known = d, true
		} else {
			t.known = false
		}
	}
	t.account.add(t.step, took, delay)
	left := t.limit - t.account.counted
	if t.account.took >= Most*t.limit {
		left = 0
	}
	if left > 0 {
		t.looked, t.step = now, min(often, left)
		t.timer.Reset(t.step)
		return
	}
	t.fired = true
	if t.expire != nil {
		if more := t.expire(); more > 0 {
			t.account = account{}
			t.resume(now, more)
			return
		}
	}
	t.running = false
}

// Waited is how long a wait took.
type Waited struct {
	Expired bool          // its time was up
	Took    time.Duration // all of it
	Counted time.Duration // without what was lost for lack of a processor
	Limit   time.Duration // of Counted
}

// Late reports whether the answer came in time only because some of it does not count.
func (w Waited) Late() bool { return !w.Expired && w.Took > w.Limit }

// Expired reports whether the time of the last wait was up.
func (t *Timer) Expired() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.fired
}

// Stop ends a wait. The timer does not expire afterwards.
func (t *Timer) Stop() Waited {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.timer.Stop()
	t.running = false
	took := time.Since(t.begin)
	return Waited{Expired: t.fired, Took: took, Counted: took - (t.account.took - t.account.counted), Limit: t.limit}
}

// account counts time.
type account struct{ took, counted time.Duration }

// add counts a step of which a part was lost: it ended late, since this program waited for
// a processor, or the target's threads waited for one, together for so long.
func (a *account) add(step, took, delay time.Duration) {
	lost := min(max(took-step, delay, 0), took)
	a.took += took
	a.counted += took - lost
}
