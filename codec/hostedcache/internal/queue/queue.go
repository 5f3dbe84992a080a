package queue

import (
	"context"
	"errors"
	"net/netip"
	"sync"
)

// ErrTooMany is the error for a segment that is not put into a queue, since so many wait.
var ErrTooMany = errors.New("pchc: too many offered segments wait to be fetched")

// Queue holds the segments that wait to be fetched, by client, with what is known of each.
// Clients take turns, and nothing is fetched twice from one at the same time. The zero
// value is ready for use, by any number of goroutines.
type Queue[T any] struct {
	mu      sync.Mutex
	cond    *sync.Cond                  // nil while nobody takes
	clients map[netip.Addr]map[string]T // by HoHoDk; also those that are being fetched from
	turn    []netip.Addr                // those that have segments and are not being fetched from
	n       int                         // of segments
}

// Put adds a segment, unless there are so many of all clients, or of this one. If the
// client has offered it before, the last offer counts.
func (q *Queue[T]) Put(client netip.Addr, id string, o T, most, mostOfClient int) error {
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
		q.clients = map[netip.Addr]map[string]T{}
	}
	if !known {
		waiting = map[string]T{}
		q.clients[client] = waiting
		q.turn = append(q.turn, client)
		q.signal()
	}
	waiting[id] = o
	q.n++
	return nil
}

// signal wakes one that waits in Take.
func (q *Queue[T]) signal() {
	if q.cond != nil {
		q.cond.Signal()
	}
}

// Take returns any of the segments of the client whose turn it is, and waits for one
// until ctx is done. Release ends the turn.
func (q *Queue[T]) Take(ctx context.Context) (client netip.Addr, id string, o T, ok bool) {
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

// Release ends the turn of a client, which stays in the queue if it has more segments.
// If it is gone, they are dropped; Release returns how many.
func (q *Queue[T]) Release(client netip.Addr, gone bool) (dropped int) {
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
