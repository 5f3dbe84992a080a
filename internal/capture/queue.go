package capture

import (
	"fmt"
	"slices"
)

// queuedSegment is a run of bytes that came before its turn.
type queuedSegment struct {
	off    int64
	data   []byte
	cut    int    // bytes after data that were on the wire but not captured
	ack    uint32 // acknowledgement number of its segment
	hasAck bool
	at     stamp

	captured, wire int32 // bytes of its frame in the capture, and when it was sent
}

// cutFrame is a frame that the capture does not have whole, 0 for none.
type cutFrame struct {
	frame          int64
	captured, wire int32
}

// frame returns the frame of p if that was cut.
func (p *queuedSegment) frame() cutFrame {
	if p.captured >= p.wire {
		return cutFrame{}
	}
	return cutFrame{p.at.frame, p.captured, p.wire}
}

// reason says, after what is missing, that the frame lacks it.
func (f *cutFrame) reason() string {
	if f.frame == 0 {
		return ""
	}
	return fmt.Sprintf("; frame %d was cut to %d of %d bytes (snap length)", f.frame, f.captured, f.wire)
}

func (p *queuedSegment) end() int64 { return p.off + int64(len(p.data)) + int64(p.cut) }

// from drops the bytes before off.
func (p *queuedSegment) from(off int64) {
	if n := off - p.off; n > 0 {
		k := min(n, int64(len(p.data)))
		p.data = p.data[k:]
		p.cut -= int(n - k)
		p.off = off
	}
}

// until drops the bytes from off on.
func (p *queuedSegment) until(off int64) {
	n := max(off-p.off, 0)
	if k := int64(len(p.data)); n < k {
		p.data, p.cut = p.data[:n], 0
	} else {
		p.cut = int(min(int64(p.cut), n-k))
	}
}

// segmentQueue holds segments in order, without overlap. Each owns its data.
type segmentQueue struct {
	list []queuedSegment
	cost int64 // their memory in bytes, charged to the pool
}

// segmentCost is the memory of a segment in bytes, without its data: list has room
// to grow.
const segmentCost = 160

func (l *segmentQueue) charge(pool *pool, n int) {
	l.cost += int64(n)
	pool.used += int64(n)
}

// insert adds copies of what p has and the list has not: of bytes that come
// twice, the first stay. It reports whether those are the same.
func (l *segmentQueue) insert(pool *pool, p queuedSegment) (same bool) {
	same = true
	i := len(l.list)
	if i > 0 && l.list[i-1].end() > p.off { // otherwise it goes last, as nearly always
		i, _ = slices.BinarySearchFunc(l.list, p.off, func(q queuedSegment, off int64) int {
			if q.end() <= off {
				return -1
			}
			return 1
		})
	}
	for end := p.end(); p.off < end; i++ {
		part := p
		if i < len(l.list) {
			same = same && p.agrees(&l.list[i])
			part.until(l.list[i].off)
			p.from(min(l.list[i].end(), end))
		} else {
			p.off = end
		}
		if part.off < part.end() {
			part.data = pool.clone(part.data)
			l.charge(pool, cap(part.data)+segmentCost)
			l.list = slices.Insert(l.list, i, part)
			i++
		}
	}
	return same
}

// passes reports whether bytes behind off wait: a FIN before them is somebody
// else's, or not the end.
func (l *segmentQueue) passes(off int64) bool {
	n := len(l.list)
	return n > 0 && l.list[n-1].end() > off
}

// drop removes the first n segments.
func (l *segmentQueue) drop(pool *pool, n int) {
	for _, p := range l.list[:n] {
		l.charge(pool, -cap(p.data)-segmentCost)
		pool.free(p.data)
	}
	if len(l.list) > 64 { // moving what remains would take long
		clear(l.list[:n])
		l.list = l.list[n:]
	} else {
		l.list = slices.Delete(l.list, 0, n)
	}
	if len(l.list) == 0 && cap(l.list) > 64 {
		l.list = nil
	}
}

func (l *segmentQueue) clear(pool *pool) { l.drop(pool, len(l.list)) }
