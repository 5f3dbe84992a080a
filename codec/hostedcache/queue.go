package hostedcache

import (
	"context"
	"errors"
	"net/netip"
	"sync"
)

// ErrTooMany is the error of a Fetch that never began, since too many segments wait.
var ErrTooMany = errors.New("pchc: too many offered segments wait to be fetched")

// An offered segment waits to be fetched.
type offered struct {
	port        uint16 // of the client
	batched     bool   // in a BATCHED_OFFER_MESSAGE, which has the sizes
	size, block uint32 // of the segment and its blocks in bytes; 0 if the block list says it
}

// queue holds the segments that wait to be fetched, by client. Clients take turns, and
// nothing is fetched twice from one at the same time.
type queue struct {
	mu      sync.Mutex
	cond    *sync.Cond                        // nil while nobody takes
	clients map[netip.Addr]map[string]offered // by HoHoDk; also those that are being fetched from
	turn    []netip.Addr                      // those that have segments and are not being fetched from
	n       int                               // of segments
}

// put adds a segment, unless there are so many of all clients, or of this one. If the
// client has offered it before, the last offer counts.
func (q *queue) put(client netip.Addr, id string, o offered, most, mostOfClient int) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	waiting, known := q.clients[client]
	if _, again := waiting[id]; again {
		waiting[id] = o
		return nil
	}
	if q.n >= most || len(waiting) >= mostOfClient {
		return ErrTooMany
	}
	if q.clients == nil {
		q.clients = map[netip.Addr]map[string]offered{}
	}
	if !known {
		waiting = map[string]offered{}
		q.clients[client] = waiting
		q.turn = append(q.turn, client)
		q.signal()
	}
	waiting[id] = o
	q.n++
	return nil
}

// signal wakes one that waits in take.
func (q *queue) signal() {
	if q.cond != nil {
		q.cond.Signal()
	}
}

// take returns any of the segments of the client whose turn it is, and waits for one
// until ctx is done. release ends the turn.
func (q *queue) take(ctx context.Context) (client netip.Addr, id string, o offered, ok bool) {
	woken := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(woken)
		q.mu.Lock()
		defer q.mu.Unlock()
		if q.cond != nil {
			q.cond.Broadcast()
		}
	})
	defer func() {
		if !stop() {
			<-woken // no goroutine is left when Run returns
		}
	}()
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.cond == nil {
		q.cond = sync.NewCond(&q.mu)
	}
	for ctx.Err() == nil && len(q.turn) == 0 {
		q.cond.Wait()
	}
	if ctx.Err() != nil {
		q.signal() // for another: it may have been its turn
		return client, "", o, false
	}
	client, q.turn = q.turn[0], q.turn[1:]
	for id, o = range q.clients[client] { // any, so that two who offer the same are of use to each other
		break
	}
	delete(q.clients[client], id)
	q.n--
	return client, id, o, true
}

// release ends the turn of a client, which stays in the queue if it has more segments.
// If it is gone, they are dropped; release returns how many.
func (q *queue) release(client netip.Addr, gone bool) (dropped int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	waiting := q.clients[client]
	if gone || len(waiting) == 0 {
		q.n -= len(waiting)
		delete(q.clients, client)
		return len(waiting)
	}
	q.turn = append(q.turn, client)
	q.signal()
	return 0
}
