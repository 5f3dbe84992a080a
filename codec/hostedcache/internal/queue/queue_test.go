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

func at(n int, port uint16) netip.AddrPort { return netip.AddrPortFrom(addr(n), port) }

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
		all = append(all, fmt.Sprint(client.Addr().As4()[3], id, o))
		if n := q.Release(client, gone); n > 0 {
			all = append(all, fmt.Sprint("dropped ", n))
		}
	}
}

func TestQueueLimits(t *testing.T) {
	var q Queue[uint16]
	put := func(client int, id string, o uint16, want error) {
		t.Helper()
		if err := q.Put(at(client, 80), id, o, 5, 3); err != want {
			t.Errorf("client %d, segment %s: %v, want %v", client, id, err, want)
		}
	}
	for _, id := range []string{"a", "b", "c"} {
		put(1, id, 1, nil)
	}
	put(1, "d", 1, ErrTooMany) // of this client
	put(1, "c", 2, nil)        // again, otherwise
	put(2, "c", 1, nil)        // of another client
	put(2, "d", 1, nil)
	put(3, "d", 1, ErrTooMany) // of all
	put(2, "d", 3, nil)
	if len(q.hosts) != 2 || q.n != 5 {
		t.Errorf("%d clients, %d segments", len(q.hosts), q.n)
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
	if len(q.hosts) != 0 || q.n != 0 || len(q.turn) != 0 {
		t.Errorf("%d clients, %d segments, %d turns are left", len(q.hosts), q.n, len(q.turn))
	}
}

// Clients at one address share its turn and its limit; what one offers is not lost with
// another.
func TestQueueOfOneAddress(t *testing.T) {
	var q Queue[uint16]
	for port := range uint16(3) {
		for _, id := range []string{"a", "b"} {
			if err := q.Put(at(1, port), id, port, 99, 6); err != nil {
				t.Error(err)
			}
		}
	}
	if err := q.Put(at(1, 3), "a", 3, 99, 6); err != ErrTooMany {
		t.Errorf("a seventh segment of an address: %v", err)
	}
	if err := q.Put(at(2, 0), "a", 0, 99, 6); err != nil {
		t.Error(err)
	}
	gone, got, order := -1, map[string]int{}, ""
	for i := range 6 {
		if len(q.turn) == 0 {
			t.Fatalf("after %v, %d segments and no turn are left", got, q.n)
		}
		client, id, o, _ := q.Take(t.Context())
		if client.Port() != o || got[client.String()+id] > 0 || int(o) == gone && client.Addr() == addr(1) {
			t.Errorf("%v, %s, %d", client, id, o)
		}
		got[client.String()+id]++
		order += fmt.Sprint(client.Addr().As4()[3])
		want := 0
		if i == 0 {
			gone, want = int(o), 1
		}
		if n := q.Release(client, i == 0); n != want {
			t.Errorf("%d segments are dropped, want %d", n, want)
		}
	}
	if order != "121111" || len(got) != 6 || q.n != 0 || len(q.hosts) != 0 || len(q.turn) != 0 {
		t.Errorf("%s, %v, %d segments, %d addresses, %d turns are left", order, got, q.n, len(q.hosts), len(q.turn))
	}
}

// While an address is being fetched from, nobody else does, and it can offer more.
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
					if busy[client.Addr()] {
						t.Errorf("%v is fetched from twice", client)
					}
					busy[client.Addr()] = true
					mu.Unlock()
					time.Sleep(time.Second) // of the bubble
					mu.Lock()
					busy[client.Addr()] = false
					seen++
					mu.Unlock()
					q.Release(client, false)
				}
			})
		}
		for i := range 300 {
			if err := q.Put(at(i%3, uint16(i%7)), fmt.Sprint(i), 0, 1000, 1000); err != nil {
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
