package blockstore

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"
)

func client(n byte) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, 2, n}) }

// check compares what the store counts with what it has.
func check(t *testing.T, s *Store) {
	t.Helper()
	all, of, segments := int64(0), map[netip.Addr]int64{}, map[netip.Addr]int{}
	for id, st := range s.segments {
		n := s.overhead()
		of[st.client] += n
		for _, p := range st.places {
			of[p.client] += int64(p.n)
			n += int64(p.n)
		}
		if all += n; n != st.bytes || st.has.Len() != len(st.places) {
			t.Errorf("segment %x has %d bytes, counted are %d", id[:1], n, st.bytes)
		}
		if st.client.IsValid() {
			segments[st.client]++
		}
	}
	delete(of, nobody)
	if all != s.bytes || s.order.Len() != len(s.segments) || len(of) != len(s.clients) {
		t.Errorf("%d segments with %d bytes of %d clients; counted are %d, %d, %d", len(s.segments), all, len(of), s.order.Len(), s.bytes, len(s.clients))
	}
	for c, n := range of {
		if a := s.clients[c]; a == nil || a.bytes != n || a.order.Len() != segments[c] {
			t.Errorf("of %v are %d segments and %d bytes, counted is %+v", c, segments[c], n, a)
		}
	}
}

// Whatever one client offers, what is from others stays, unless it is within its limit.
func TestLimitOfClient(t *testing.T) {
	_, m := block(0, 0, 160)
	n := int64(m.EncodedLen())
	for name, s := range stores(t, 1<<20) {
		one := s.overhead() + n // what a segment of one block counts
		s.MaxBytesOfClient = 3 * one
		put := func(c byte, segment byte, index uint32, want error) {
			t.Helper()
			_, m := block(segment, index, 160)
			if err := s.Put(m, client(c), false); err != want {
				t.Errorf("%s: segment %d, block %d: %v, want %v", name, segment, index, err, want)
			}
			check(t, s)
		}
		there := func(want ...string) {
			t.Helper()
			if got := has(s, 200); !slices.Equal(got, want) {
				t.Errorf("%s: has %v, want %v", name, got, want)
			}
		}
		put(2, 100, 0, nil)
		for segment := range byte(3) {
			put(1, segment, 0, nil)
		}
		there("0000", "0100", "0200", "6400")
		put(1, 3, 0, nil) // the fourth: its oldest one goes, not that of the other client
		there("0100", "0200", "0300", "6400")
		id, _ := block(1, 0, 160)
		s.Find([]byte(id))
		put(1, 4, 0, nil) // not the one that was asked for
		there("0100", "0300", "0400", "6400")
		for i := range uint32(60) { // a segment that needs the place of the others, and more
			want := ErrClientFull
			if s.overhead()+int64(i+1)*n <= 3*one {
				want = nil
			}
			put(1, 5, i, want)
		}
		got := has(s, 200)
		if got[0] != "0500" || int64(len(got)-1) != (3*one-s.overhead())/n {
			t.Errorf("%s: has %v", name, got)
		}
		put(1, 6, 0, nil) // a segment is not to be had in addition: the long one goes
		there("0600", "6400")

		// Blocks that it adds to what is from others count for it.
		for i := uint32(1); int64(i) <= (3*one-one)/n; i++ {
			put(1, 100, i, nil)
		}
		count := len(has(s, 200))
		put(1, 100, 400, nil) // its own segment makes room
		if got := has(s, 200); len(got) != count || slices.Contains(got, "0600") {
			t.Errorf("%s: has %v", name, got)
		}
		for i := uint32(401); s.clients[client(1)].bytes+n <= 3*one; i++ {
			put(1, 100, i, nil)
		}
		put(1, 100, 511, ErrClientFull)
		put(2, 100, 511, nil) // whose own limit it is
		put(1, 7, 0, ErrClientFull)
		id, _ = block(100, 0, 160)
		if err := s.Remove([]byte(id)); err != nil {
			t.Error(err)
		}
		check(t, s)
		if len(s.clients) != 0 {
			t.Errorf("%s: %d clients are left", name, len(s.clients))
		}
		put(1, 7, 0, nil)

		// Nobody has no limit but that of all.
		for segment := range byte(10) {
			_, m := block(10+segment, 0, 160)
			if err := s.Put(m, nobody, false); err != nil {
				t.Error(err)
			}
		}
		check(t, s)
		if got := has(s, 200); len(got) != 11 {
			t.Errorf("%s: has %v", name, got)
		}
	}
}

// Without another limit, a quarter is left to others.
func TestDefaultLimitOfClient(t *testing.T) {
	_, m := block(0, 0, 160)
	for name, s := range stores(t, 0) {
		one := s.overhead() + int64(m.EncodedLen())
		for max, want := range map[int64]int{8 * one: 6, 4*one - 1: 3, 4*one - 2: 2} {
			s.MaxBytes = max
			for segment := range byte(20) {
				_, m := block(segment, 0, 160)
				if err := s.Put(m, client(1), true); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
			if got := has(s, 20); len(got) != want {
				t.Errorf("%s: of %d bytes it has %v, want %d blocks", name, max, got, want)
			}
			check(t, s)
		}
		// What is in a folder is from nobody, and only counts for all.
		if name == "disk" {
			again, err := Open(s.dir, 0)
			if err != nil {
				t.Fatal(err)
			}
			check(t, again)
			if len(again.clients) != 0 || len(again.segments) == 0 {
				t.Errorf("%d clients, %d segments", len(again.clients), len(again.segments))
			}
		}
		for limit, want := range map[int64]int64{0: map[string]int64{"memory": 64 << 20, "disk": 1 << 30}[name], 5: 5} {
			if s.MaxBytes = limit; s.limit() != want {
				t.Errorf("%s: %d stands for %d", name, limit, s.limit())
			}
		}
	}
}

// A file that cannot be removed is an error, and nothing is stored.
func TestEvictionFails(t *testing.T) {
	s := stores(t, 0)["disk"]
	_, m := block(1, 0, 160)
	s.MaxBytesOfClient = s.overhead() + int64(m.EncodedLen())
	if err := s.Put(m, client(1), true); err != nil {
		t.Fatal(err)
	}
	s.dir += "\x00" // no name of a folder
	_, m = block(2, 0, 160)
	err := s.Put(m, client(1), true)
	if err == nil || errors.Is(err, ErrClientFull) {
		t.Error(err)
	}
	if n, _ := s.Usage(); n != 0 {
		t.Error(fmt.Sprint(n, " segments"))
	}
}
