package capture

import (
	"errors"
	"io"
	"sync"
	"time"
)

const (
	// Events that were read ahead are handed over in batches of so many, or so many bytes
	// in their bodies: to wake the other goroutine takes as long as to handle several.
	batchEvents = 256
	batchBytes  = 512 << 10

	// gather is how long fewer events wait for others, and after how long without any
	// the handling goroutine is idle.
	gather = 5 * time.Millisecond
)

// relay hands events from the goroutine that reads a capture to the one that handles them.
type relay struct {
	mu      sync.Mutex
	changed sync.Cond // at most one of the two goroutines waits for it
	filling *batch
	ready   *batch // full, nil for none
	spare   []*batch
	pool    pool // of bodies
	asleep  bool // the handling goroutine waits
	over    bool // nothing more is read
	failed  bool // the handler has
}

type batch struct {
	events []relayed
	bytes  int
}

// relayed is an event and what had been counted then, without Unconnected. Without a kind
// the event is the time of the first frame.
type relayed struct {
	event Event
	sum   Summary
}

var errHandler = errors.New("the handler has failed")

// readAhead is [Read] with [Options.Ahead].
func readAhead(in io.Reader, o Options, handle func(*Event) error) (Summary, error) {
	a := &relay{filling: new(batch), spare: []*batch{new(batch), new(batch)}}
	a.changed.L = &a.mu
	started := o.Started
	if started != nil {
		o.Started = func(t time.Time) { _ = a.put(&Event{Place: Place{Time: t}}, Summary{}) }
	}
	var r *Reader
	r = NewReader(o, func(e *Event) error { return a.put(e, r.sum) })
	var failure error
	go func() {
		failure = r.read(in)
		a.mu.Lock()
		defer a.mu.Unlock()
		a.over = true
		a.changed.Signal()
	}()
	for {
		b, err := a.next(o.Idle)
		if err == nil && b == nil {
			return r.sum, failure
		}
		var sum Summary
		for i := 0; b != nil && i < len(b.events) && err == nil; i++ {
			e := &b.events[i].event
			if e.Kind == 0 {
				started(e.Time)
				continue
			}
			sum, err = b.events[i].sum, handle(e)
		}
		if a.done(b, err); err != nil {
			return sum, err
		}
	}
}

// put takes an event for the handler.
func (a *relay) put(e *Event, sum Summary) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	sum.Unconnected = nil // it still changes
	b := a.filling
	b.events = append(b.events, relayed{*e, sum})
	if own := &b.events[len(b.events)-1].event; e.Body != nil {
		own.Body, own.lent = a.pool.clone(e.Body), true
	}
	b.bytes += len(e.Body)
	full := len(b.events) >= batchEvents || b.bytes >= batchBytes
	for full && a.ready != nil && !a.failed {
		a.changed.Wait()
	}
	switch {
	case a.failed:
		return errHandler
	case full:
		last := len(a.spare) - 1 // of three, two are full or handled at most
		a.ready, a.filling, a.spare = b, a.spare[last], a.spare[:last]
	}
	if a.asleep && (full || len(b.events) == 1) {
		a.changed.Signal()
	}
	return nil
}

// next returns the next events, nil after the last. It calls idle, unless that is nil, if
// they take long to come.
func (a *relay) next(idle func() error) (*batch, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	timed, due := false, false
	for a.ready == nil && !a.over && !(due && len(a.filling.events) > 0) {
		switch {
		case due:
			timed, due = false, false
			f := idle
			idle = nil
			a.mu.Unlock()
			err := f()
			a.mu.Lock()
			if err != nil {
				return nil, err
			}
			continue
		case !timed && (len(a.filling.events) > 0 || idle != nil):
			timed = true
			defer time.AfterFunc(gather, func() {
				a.mu.Lock()
				defer a.mu.Unlock()
				due = true
				a.changed.Signal()
			}).Stop()
		}
		a.asleep = true
		a.changed.Wait()
		a.asleep = false
	}
	b := a.ready
	if a.ready = nil; b != nil {
		a.changed.Signal()
		return b, nil
	}
	if b = a.filling; len(b.events) == 0 {
		return nil, nil
	}
	last := len(a.spare) - 1
	a.filling, a.spare = a.spare[last], a.spare[:last]
	return b, nil
}

// done takes back what was handled, with the error of the handler.
func (a *relay) done(b *batch, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil {
		a.failed = true
		a.changed.Signal()
	}
	if b == nil {
		return
	}
	for i := range b.events {
		e := &b.events[i].event
		body := e.spare
		if e.lent {
			body = e.Body
		}
		if n := cap(body); n&(n-1) == 0 { // else it has come from elsewhere
			a.pool.free(body)
		}
	}
	b.events, b.bytes = b.events[:0], 0
	a.spare = append(a.spare, b)
}
