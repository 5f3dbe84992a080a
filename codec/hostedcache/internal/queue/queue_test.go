package queue

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func addr(n int) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, 2, byte(n)}) }

// taken takes what is there, without waiting, as client and segment, and releases it.
func taken(q *Queue[uint16], gone bool) (all []string) {
	for {
		q.mu.Lock()
		n := len(q.turn)
		q.mu.Unlock()
		if n == 0 {
			return all
		}
		client, id, o, _ := q.Take(context.Background())
		all = append(all, fmt.Sprint(client.As4()[3], id, o))
		if n := q.Release(client, gone); n > 0 {
			all = append(all, fmt.Sprint("dropped ", n))
		}
	}
}

func TestQueueLimits(t *testing.T) {
	var q Queue[uint16]
	put := func(client int, id string, port uint16, want error) {
		t.Helper()
		if err := q.Put(addr(client), id, port, 5, 3); err != want {
			t.Errorf("client %d, segment %s: %v, want %v", client, id, err, want)
		}
	}
	for _, id := range []string{"a", "b", "c"} {
		put(1, id, 1, nil)
	}
	put(1, "d", 1, ErrTooMany) // of this client
	put(1, "c", 2, nil)        // again, by another port
	put(2, "c", 1, nil)        // of another client
	put(2, "d", 1, nil)
	put(3, "d", 1, ErrTooMany) // of all
	put(2, "d", 3, nil)
	if len(q.clients) != 2 || q.n != 5 {
		t.Errorf("%d clients, %d segments", len(q.clients), q.n)
	}
	got := taken(&q, false)
	if order := strings.Join([]string{got[0][:1], got[1][:1], got[2][:1], got[3][:1], got[4][:1]}, ""); order != "12121" {
		t.Errorf("clients do not take turns: %v", got)
	}
	slices.Sort(got)
	if want := []string{"1a1", "1b1", "1c2", "2c1", "2d3"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	put(3, "x", 1, nil) // there is room again
	put(3, "y", 1, nil)
	put(3, "z", 1, nil)
	if got := taken(&q, true); len(got) != 2 || got[1] != "dropped 2" {
		t.Errorf("%v", got)
	}
	if len(q.clients) != 0 || q.n != 0 || len(q.turn) != 0 {
		t.Errorf("%d clients, %d segments, %d turns are left", len(q.clients), q.n, len(q.turn))
	}
}

// While a client is being fetched from, nobody else does, and it can offer more.
func TestQueueTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var q Queue[uint16]
		var all sync.WaitGroup
		var mu sync.Mutex
		busy, seen := map[netip.Addr]bool{}, 0
		for range 4 {
			all.Go(func() {
				for {
					client, _, _, ok := q.Take(ctx)
					if !ok {
						return
					}
					mu.Lock()
					if busy[client] {
						t.Errorf("%v is fetched from twice", client)
					}
					busy[client] = true
					mu.Unlock()
					time.Sleep(time.Second) // of the bubble
					mu.Lock()
					busy[client] = false
					seen++
					mu.Unlock()
					q.Release(client, false)
				}
			})
		}
		for i := range 300 {
			if err := q.Put(addr(i%3), fmt.Sprint(i), 0, 1000, 1000); err != nil {
				t.Error(err)
			}
			if i%50 == 0 {
				synctest.Wait()
			}
		}
		time.Sleep(time.Hour) // of the bubble: until all wait
		synctest.Wait()
		if seen != 300 || q.n != 0 {
			t.Errorf("%d are taken, %d left", seen, q.n)
		}
		cancel()
		all.Wait()
	})
}
