package capture

import (
	"fmt"
	"slices"
	"time"
)

// Events are handed out by frame. Some become known late: what follows missing
// bytes waits for them. Meanwhile those of other connections are held back, up to
// these limits.
const (
	maxDelayed  = 1 << 20     // bytes
	heldCost    = 1024        // of an event, without its body
	maxWait     = 4096        // frames
	maxWaitTime = time.Minute // of the capture
)

// order holds events back.
type order struct {
	waits []wait  // connections in which something waits, in the order in which that began
	spare []*held // to use again
	held  []*held // by key
	bytes int64   // that held takes
	last  int64   // frame of the event handed out last
}

// wait says that something waits in a connection, while its since is that frame.
type wait struct {
	c     *conn
	since stamp
}

type held struct {
	event Event
	key   int64 // frame by which it is sorted
}

// watch takes note whether something waits in c.
func (r *Reader) watch(c *conn) {
	a, b := &c.halves[0], &c.halves[1]
	waits := len(a.queue.list)+len(b.queue.list) > 0 || c.exchanges.empty > 0 || c.list == &r.closing && c.unfinished() ||
		a.http.phase == toEnd && a.http.wanted() || b.http.phase == toEnd && b.http.wanted()
	switch {
	case !waits:
		c.since = 0
	case c.since == 0:
		c.since = r.now.frame
		r.order.waits = append(r.order.waits, wait{c, r.now})
	}
}

// waiting returns the frame since when something waits.
func (r *Reader) waiting() (since int64, ok bool) {
	o := &r.order
	for n, w := range o.waits {
		if w.c.since == w.since.frame && r.now.frame-w.since.frame <= maxWait && r.now.time.Sub(w.since.time) <= maxWaitTime {
			o.waits = slices.Delete(o.waits, 0, n)
			return w.since.frame, true
		}
	}
	o.waits = o.waits[:0]
	return 0, false
}

// put hands out r.event, or holds it back.
func (r *Reader) put(key int64) {
	o := &r.order
	if len(o.held) == 0 && !r.ending {
		if _, ok := r.waiting(); !ok {
			r.hand(&r.event)
			return
		}
	}
	if e := &r.event; e.Kind == Problem && e.Frame > 0 && key < o.last {
		r.late(e)
		key = e.Frame
	}
	var h *held
	if n := len(o.spare); n > 0 {
		h, o.spare = o.spare[n-1], o.spare[:n-1]
	} else {
		h = new(held)
	}
	*h = held{r.event, key}
	h.event.Body = r.pool.clone(h.event.Body)
	o.bytes += int64(cap(h.event.Body)) + heldCost
	n, _ := slices.BinarySearchFunc(o.held, key, func(h *held, key int64) int {
		if h.key <= key {
			return -1
		}
		return 1
	})
	o.held = slices.Insert(o.held, n, h)
	if o.bytes > 2*maxDelayed { // a frame may complete many
		r.release()
	}
}

// release hands out the events that need not be held any longer.
func (r *Reader) release() {
	o := &r.order
	since, waits := r.waiting()
	n := 0
	for ; n < len(o.held); n++ {
		h := o.held[n]
		if (waits && h.key >= since || r.ending) && o.bytes <= maxDelayed || r.failed != nil {
			break
		}
		r.hand(&h.event)
		o.bytes -= int64(cap(h.event.Body)) + heldCost
		r.pool.free(h.event.Body)
		o.spare = append(o.spare, h)
	}
	o.held = slices.Delete(o.held, 0, n)
}

// late makes a problem that shows late one of the frame that shows it.
func (r *Reader) late(e *Event) {
	e.Detail = fmt.Sprintf("%s (frame %d)", e.Detail, e.Frame)
	e.Frame, e.Time = r.now.frame, r.now.time
}

// hand hands out an event.
func (r *Reader) hand(e *Event) {
	if r.failed != nil {
		return
	}
	if e.Kind == Problem && e.Frame > 0 && e.Frame < r.order.last {
		r.late(e)
	}
	r.order.last = max(r.order.last, e.Frame)
	switch e.Kind {
	case Request:
		if e.Protocol != PCCRR && !e.Protocol.isUpdate() {
			r.sum.Requests++
		}
	case Response:
		if e.Protocol != PCCRR && !e.Protocol.isUpdate() {
			r.sum.Responses++
		}
	case Content:
		r.sum.Contents++
	case Problem:
		r.sum.Problems++
	}
	r.failed = r.handle(e)
}
