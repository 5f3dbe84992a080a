package blockstore

import (
	"container/list"
	"errors"
	"net/netip"
)

// maxSegments is how many there may be, each of which needs memory, also if its blocks are
// in a folder.
const maxSegments = 1 << 20

// Errors of Put.
var (
	// ErrFull is that for a segment that alone is over MaxBytes. All of it is dropped.
	ErrFull = errors.New("pchc: the segment is longer than all that the store may keep")
	// ErrClientFull is that for a block beyond MaxBytesOfClient, where the client has no
	// other segment that could make room. It is not stored.
	ErrClientFull = errors.New("pchc: the store may not keep more from this client")
)

// account is what is from one client.
type account struct {
	order list.List // as that of Store, of the segments whose first block is from the client
	bytes int64     // of these segments without blocks, and of the client's blocks in any
}

// overhead returns what a segment needs beside its blocks, roughly.
func (s *Store) overhead() int64 {
	if s.dir == "" {
		return 512
	}
	return 4096
}

// count adds to what the store has, and to what is from a client. The caller holds mu, or
// is alone.
func (s *Store) count(st *stored, client netip.Addr, n int64) {
	st.bytes += n
	s.bytes += n
	if !client.IsValid() {
		return
	}
	if a := s.account(client); a.bytes+n > 0 {
		a.bytes += n
	} else {
		delete(s.clients, client)
	}
}

// account returns that of a client, which is new if it has nothing.
func (s *Store) account(client netip.Addr) *account {
	a := s.clients[client]
	if a == nil {
		if s.clients == nil {
			s.clients = map[netip.Addr]*account{}
		}
		a = &account{}
		s.clients[client] = a
	}
	return a
}

// limit returns MaxBytes, or what 0 stands for.
func (s *Store) limit() int64 {
	switch {
	case s.MaxBytes > 0:
		return s.MaxBytes
	case s.dir == "":
		return 64 << 20
	}
	return 1 << 30
}

// evictOf drops segments of a client, but for one, until there is room for more bytes of
// this client. The caller holds writing.
func (s *Store) evictOf(client netip.Addr, id string, more int64) error {
	if !client.IsValid() {
		return nil
	}
	most := s.MaxBytesOfClient
	if most <= 0 {
		most = s.limit() - s.limit()/4
	}
	for {
		s.mu.Lock()
		var used int64
		var last *list.Element
		if a := s.clients[client]; a != nil {
			used, last = a.bytes, a.order.Back()
			if last != nil && last.Value == id {
				last = last.Prev()
			}
		}
		s.mu.Unlock()
		if used+more <= most {
			return nil
		}
		if last == nil {
			return ErrClientFull
		}
		if err := s.remove(last.Value.(string)); err != nil {
			return err
		}
	}
}

// evict drops segments until the rest is within the limits: that with the HoHoDk id
// last, which is an error. The caller holds writing, or is alone.
func (s *Store) evict(id string) error {
	for {
		s.mu.Lock()
		last := s.order.Back()
		over := last != nil && (s.bytes > s.limit() || len(s.segments) > maxSegments)
		s.mu.Unlock()
		if !over {
			return nil
		}
		if err := s.remove(last.Value.(string)); err != nil {
			return err
		}
		if last.Value == id {
			return ErrFull
		}
	}
}
