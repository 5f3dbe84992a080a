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
// A client is an IP address and the port where it serves blocks; there may be several at
// one address. Addresses take turns, and nothing is fetched twice from one at the same
// time. The zero value is ready for use, by any number of goroutines.
type Queue[T any] struct {
	mu    sync.Mutex
	cond  *sync.Cond              // nil while nobody takes
	hosts map[netip.Addr]*host[T] // also those that are being fetched from
	turn  []netip.Addr            // those that have segments and are not being fetched from
	n     int                     // of segments
}

// host has the segments of the clients at one address.
type host[T any] struct {
	clients map[uint16]map[string]T // by port and HoHoDk; no port is without segments
	n       int                     // of segments
}

// Put adds a segment, unless there are so many of all clients, or of those at this one's
// address. If the client has offered it before, the last offer counts.
func (q *Queue[T]) Put(client netip.AddrPort, id string, o T, most, mostOfAddress int) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	h, known := q.hosts[client.Addr()]
	if !known {
		h = &host[T]{clients: map[uint16]map[string]T{}}
	}
	waiting := h.clients[client.Port()]
	if _, again := waiting[id]; again {
		waiting[id] = o
		return nil
	}
	if q.n >= most || h.n >= mostOfAddress {
		return ErrTooMany
	}
	if q.hosts == nil {
		q.hosts = map[netip.Addr]*host[T]{}
	}
	if !known {
		q.hosts[client.Addr()] = h
		q.turn = append(q.turn, client.Addr())
		q.signal()
	}
	if waiting == nil {
		waiting = map[string]T{}
		h.clients[client.Port()] = waiting
	}
	waiting[id] = o
	h.n++
	q.n++
	return nil
}

// signal wakes one that waits in Take.
func (q *Queue[T]) signal() {
	if q.cond != nil {
		q.cond.Signal()
	}
}

// Take returns any of the segments of any client at the address whose turn it is, and
// waits for one until ctx is done. Release ends the turn.
func (q *Queue[T]) Take(ctx context.Context) (client netip.AddrPort, id string, o T, ok bool) {
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
	address := q.turn[0]
	q.turn = q.turn[1:]
	h := q.hosts[address]
	for port, waiting := range h.clients {
		client = netip.AddrPortFrom(address, port)
		for id, o = range waiting { // any, so that two who offer the same are of use to each other
			break
		}
		if delete(waiting, id); len(waiting) == 0 {
			delete(h.clients, port)
		}
		break
	}
	h.n--
	q.n--
	return client, id, o, true
}

// Release ends the turn of a client's address, which stays in the queue if it has more
// segments. If the client is gone, its own are dropped; Release returns how many.
func (q *Queue[T]) Release(client netip.AddrPort, gone bool) (dropped int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	h := q.hosts[client.Addr()]
	if gone {
		dropped = len(h.clients[client.Port()])
		delete(h.clients, client.Port())
		h.n -= dropped
		q.n -= dropped
	}
	if h.n == 0 {
		delete(q.hosts, client.Addr())
		return dropped
	}
	q.turn = append(q.turn, client.Addr())
	q.signal()
	return dropped
}
