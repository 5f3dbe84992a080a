package input

// pending is a message of which something that comes later may tell what it is.
type pending struct {
	Message
	orphan bool    // a response whose request is not there
	asker  speaker // of an orphan: who asked for it
	other  bool    // bytes that are nothing known
}

// fate is what becomes of a pending message.
type fate uint8

const (
	undecided fate = iota
	taken
	dropped
)

// queue are messages in order, of which some are undecided.
type queue struct {
	list []pending
	size int // bytes of the messages
}

// Bounds of a queue. Beyond them a message is what it looks like by what came before.
const (
	maxPending     = 4096
	maxPendingSize = 1 << 20 // bytes
)

func (q *queue) add(m pending) {
	q.list = append(q.list, m)
	q.size += len(m.Bytes)
}

// full reports whether the oldest must be decided.
func (q *queue) full() bool { return len(q.list) > maxPending || q.size > maxPendingSize }

// decide removes messages from the front of the queue, up to the first undecided one, and
// returns those that are taken, if there are so many.
func (q *queue) decide(least int, of func(*pending) fate) (messages []Message) {
	n, full, size := 0, q.full(), q.size
	for ; n < len(q.list); n++ {
		m := &q.list[n]
		// Half of a full queue is decided at once, so that it is seldom moved.
		forced := full && (len(q.list)-n > maxPending/2 || size > maxPendingSize/2)
		f := of(m)
		if f == undecided && !forced {
			break
		}
		if f != dropped {
			messages = append(messages, m.Message)
		}
		size -= len(m.Bytes)
	}
	if len(messages) < least && !full {
		return nil
	}
	q.remove(n)
	q.size = size
	return messages
}

// remove removes the first n messages.
func (q *queue) remove(n int) {
	rest := copy(q.list, q.list[n:])
	clear(q.list[rest:])
	q.list = q.list[:rest]
}

// recent is a map that forgets what was not put into it for long: all but the last
// maxRecent keys, or up to twice as many.
type recent[K comparable, V any] struct{ young, old map[K]V }

const maxRecent = 1 << 14

func (r *recent[K, V]) put(key K, v V) {
	if len(r.young) >= maxRecent {
		r.young, r.old = nil, r.young
	}
	if r.young == nil {
		r.young = make(map[K]V)
	}
	r.young[key] = v
}

func (r *recent[K, V]) get(key K) (V, bool) {
	v, ok := r.young[key]
	if !ok {
		v, ok = r.old[key]
	}
	return v, ok
}

func (r *recent[K, V]) remove(key K) {
	delete(r.young, key)
	delete(r.old, key)
}
