package conversation

// Items are told in order, but blocks take long: so they are decrypted and hashed
// beside, and what comes after the first one waits in a queue.

const (
	// maxQueued bounds what waits, in bytes of bodies. entryCost is what each has
	// beside.
	maxQueued = 8 << 20
	entryCost = 2 << 10

	// maxSpare bounds the buffers that are kept to be used again.
	maxSpare = 64
)

// entry is an item that waits.
type entry struct {
	item Item
	own  []byte // buffers of the item, to be used again
	bulk int64  // bytes that it holds

	block *encrypted    // nil for none
	done  chan struct{} // closed when the block is verified
}

// queue has the entries in order.
type queue struct {
	list  []*entry
	bytes int64
	work  chan *entry // nil until there is a block
	spare [][]byte
}

// waits reports whether an item has to wait for one before.
func (r *reader) waits() bool { return len(r.queue.list) > 0 }

// put adds an entry, and tells what is ready.
func (r *reader) put(e *entry) error {
	q := &r.queue
	e.bulk += entryCost
	if e.item.Event != nil {
		e.bulk += int64(cap(e.item.Event.Body))
	}
	q.bytes += e.bulk
	q.list = append(q.list, e)
	if e.block != nil {
		if q.work == nil {
			r.start()
		}
		e.done = make(chan struct{})
		q.work <- e
	}
	for len(q.list) > 0 && r.failed == nil && (q.bytes > maxQueued || q.list[0].ready()) {
		r.next()
	}
	return r.failed
}

// ready reports whether the entry can be told.
func (e *entry) ready() bool {
	if e.done == nil {
		return true
	}
	select {
	case <-e.done:
		return true
	default:
		return false
	}
}

// next waits for the first entry and tells it.
func (r *reader) next() {
	q := &r.queue
	e := q.list[0]
	q.list[0] = nil
	if q.list = q.list[1:]; len(q.list) == 0 {
		q.list = nil
	}
	q.bytes -= e.bulk
	if e.done != nil {
		<-e.done
	}
	_ = r.tell(&e.item)
	if e.own != nil {
		r.free(e.own)
	}
	if e.block != nil && e.block.plain != nil {
		r.free(e.block.plain)
	}
}

// start starts the goroutines.
func (r *reader) start() {
	r.queue.work = make(chan *entry, 2*r.options.Workers)
	for range r.options.Workers {
		go func(work <-chan *entry) {
			var buf []byte
			for e := range work {
				buf = e.block.open(buf)
				close(e.done)
			}
		}(r.queue.work)
	}
}

// stop ends them.
func (r *reader) stop() {
	if r.queue.work != nil {
		close(r.queue.work)
		r.queue.work = nil
	}
	for _, e := range r.queue.list { // after an error of the handler
		if e.done != nil {
			<-e.done
		}
	}
	r.queue.list = nil
}

// buffer returns a buffer to be used again.
func (r *reader) buffer() []byte {
	q := &r.queue
	if n := len(q.spare); n > 0 {
		b := q.spare[n-1]
		q.spare = q.spare[:n-1]
		return b
	}
	return nil
}

func (r *reader) free(b []byte) {
	if len(r.queue.spare) < maxSpare {
		r.queue.spare = append(r.queue.spare, b[:0])
	}
}
