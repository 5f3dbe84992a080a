package wait

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// starved is a target that waits for a processor in share of 100 parts of the time.
func starved(share int64) func() (time.Duration, bool) {
	begin := time.Now()
	return func() (time.Duration, bool) { return time.Since(begin) * time.Duration(share) / 100, true }
}

// A wait ends when the target had a processor for as long as its limit, or after Most of
// these. Without a lack of processors that is the limit.
func TestExpires(t *testing.T) {
	for name, it := range map[string]struct {
		delay       func() func() (time.Duration, bool)
		least, most time.Duration
	}{
		"not known":    {func() func() (time.Duration, bool) { return nil }, time.Second, time.Second},
		"cannot read":  {func() func() (time.Duration, bool) { return func() (time.Duration, bool) { return 0, false } }, time.Second, time.Second},
		"idle":         {func() func() (time.Duration, bool) { return starved(0) }, time.Second, time.Second},
		"half starved": {func() func() (time.Duration, bool) { return starved(50) }, 1900 * time.Millisecond, 2 * time.Second},
		"9 of 10":      {func() func() (time.Duration, bool) { return starved(90) }, 9 * time.Second, 10 * time.Second},
		"wholly":       {func() func() (time.Duration, bool) { return starved(100) }, Most * time.Second, Most*time.Second + often},
		"many threads": {func() func() (time.Duration, bool) { return starved(700) }, Most * time.Second, Most*time.Second + often},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				expired := make(chan bool, 1)
				timer := New(func() time.Duration { expired <- true; return 0 }, it.delay())
				begin := time.Now()
				timer.Start(time.Second)
				<-expired
				took := time.Since(begin)
				w := timer.Stop()
				if took < it.least || took > it.most || !w.Expired || !timer.Expired() || w.Late() || w.Took != took {
					t.Errorf("expires after %v: %+v", took, w)
				}
			})
		})
	}
}

// An answer that comes later than the limit, but before the target had a processor for so
// long, is late. Of a target that only sleeps there is none.
func TestLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var expired atomic.Bool
		timer := New(func() time.Duration { expired.Store(true); return 0 }, starved(80))
		for _, it := range []struct {
			answer time.Duration
			late   bool
		}{{900 * time.Millisecond, false}, {4 * time.Second, true}, {time.Millisecond, false}} {
			timer.Start(time.Second)
			time.Sleep(it.answer)
			if w := timer.Stop(); timer.Expired() || w.Late() != it.late || w.Expired || expired.Load() || w.Took != it.answer || it.late && w.Counted > w.Took*3/10 {
				t.Errorf("after %v: %+v, expired %t", it.answer, w, expired.Load())
			}
			time.Sleep(time.Minute) // a timer that is stopped does nothing
		}
		if expired.Load() {
			t.Error("it expires after it is stopped")
		}
	})
}

// expire may grant more time, once or more often.
func TestMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		if timer := New(nil, nil); true {
			timer.Start(time.Second)
			time.Sleep(2 * time.Second)
			if !timer.Expired() {
				t.Error("without more, it does not expire")
			}
		}
		timer := New(func() time.Duration { n++; return time.Duration(2-n) * time.Second }, nil)
		timer.Start(time.Second)
		time.Sleep(1500 * time.Millisecond)
		if n != 1 {
			t.Errorf("it expires %d times", n)
		}
		time.Sleep(time.Hour)
		if w := timer.Stop(); n != 2 || !w.Expired {
			t.Errorf("it expires %d times: %+v", n, w)
		}
	})
}

// Time is lost if a step of the wait ends late, for then this program had no processor, or
// if the target waited for one; but no more than there is.
func TestAccount(t *testing.T) {
	const ms = time.Millisecond
	for _, it := range []struct{ step, took, delay, counted time.Duration }{
		{50 * ms, 50 * ms, 0, 50 * ms},
		{50 * ms, 51 * ms, 0, 50 * ms},
		{50 * ms, 400 * ms, 0, 50 * ms},
		{50 * ms, 400 * ms, 390 * ms, 10 * ms},
		{50 * ms, 400 * ms, 900 * ms, 0},
		{50 * ms, 50 * ms, -20 * ms, 50 * ms}, // a thread has ended
	} {
		var a account
		a.add(it.step, it.took, it.delay)
		if a.counted != it.counted || a.took != it.took {
			t.Errorf("of %+v, %v count", it, a.counted)
		}
	}
}
