package blockstore

import (
	"bytes"
	"container/list"
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/hostedcache/pchc/codec/pccrr"
)

// Store keeps blocks as they came, in memory or in a folder: encrypted, each as the
// MSG_BLK that answers a request for it. It has no keys. What was not asked for longest
// makes room, a segment at a time. The zero value is ready for use, in memory.
//
// In a folder a segment is a file with the name of its HoHoDk in hexadecimal and the
// suffix .blk, which has one MSG_BLK after the other.
type Store struct {
	// MaxBytes limits the memory for blocks, or the length of the files, roughly. 0
	// means 64 MiB in memory, and 1 GiB in a folder.
	MaxBytes int64
	// MaxBytesOfClient limits what of that is from one client, so that no client can put
	// out all that others have offered: beyond it, its own segments make room. 0 means
	// three quarters of MaxBytes. What was in the folder before counts for nobody.
	MaxBytesOfClient int64

	dir      string
	writing  sync.Mutex // held by who changes files, and taken before mu
	mu       sync.Mutex
	segments map[string]*stored // by HoHoDk
	order    list.List          // of their HoHoDks, the one that was asked for last in front
	bytes    int64
	clients  map[netip.Addr]*account // of clients that have something
}

// stored is a segment in a store.
type stored struct {
	since    time.Time
	has      pccrr.BlockSet
	verified pccrr.BlockSet // those whose hash was compared
	places   map[uint32]place
	end      int64 // of the file
	bytes    int64 // what it counts
	element  *list.Element

	client   netip.Addr    // whom the first block is from, or the zero value
	ofClient *list.Element // of account.order
}

// place is where a MSG_BLK is: in memory, or in the file.
type place struct {
	message []byte
	at      int64
	n       int
	client  netip.Addr // whom the block is from, or the zero value
}

// add notes where a block is. The caller holds mu, or is alone.
func (s *Store) add(id string, index uint32, p place, now time.Time, verified bool) {
	st := s.segments[id]
	if st == nil {
		if s.segments == nil {
			s.segments = map[string]*stored{}
		}
		st = &stored{since: now, places: map[uint32]place{}, element: s.order.PushFront(id), client: p.client}
		s.segments[id] = st
		s.count(st, p.client, s.overhead())
		if p.client.IsValid() {
			st.ofClient = s.account(p.client).order.PushFront(id)
		}
	}
	s.touch(st)
	if p.message == nil {
		st.end = p.at + int64(p.n)
	}
	if st.has.Has(index) { // only in a file that somebody else has written
		s.count(st, netip.Addr{}, -int64(st.places[index].n))
	}
	st.places[index] = p
	s.count(st, p.client, int64(p.n))
	st.has.Add(index)
	if verified {
		st.verified.Add(index)
	}
}

// touch notes that a segment was asked for. The caller holds mu, or is alone.
func (s *Store) touch(st *stored) {
	s.order.MoveToFront(st.element)
	if st.ofClient != nil {
		s.clients[st.client].order.MoveToFront(st.ofClient)
	}
}

var errIndex = errors.New("pchc: MSG_BLK: BlockIndex is not less than 512 (MS-PCCRR 2.2.1.1)")

// Put stores a block that is from a client, with its NextBlockIndex, unless it is there.
// The zero Addr is nobody, who has no limit. verified says that the hash of the block was
// compared. The error is ErrFull, ErrClientFull, or that of the folder or of a MSG_BLK
// which has no block, that of no segment, or cannot be encoded.
func (s *Store) Put(m pccrr.MsgBlk, client netip.Addr, verified bool) error {
	switch {
	case m.BlockIndex >= pccrr.MaxBlocks:
		return errIndex
	case len(m.Block) == 0:
		return pccrr.ErrNoBlock
	}
	message, err := m.MarshalBinary()
	if err != nil {
		return err
	}
	id := string(m.SegmentId)
	s.writing.Lock()
	defer s.writing.Unlock()
	var has pccrr.BlockSet
	p := place{message: message, n: len(message), client: client}
	more := int64(p.n)
	s.mu.Lock()
	if st := s.segments[id]; st != nil {
		has, p.at = st.has, st.end
	} else {
		more += s.overhead()
	}
	s.mu.Unlock()
	if has.Has(m.BlockIndex) {
		return nil // another client was faster
	}
	if err := s.evictOf(client, id, more); err != nil {
		return err
	}
	if s.dir != "" {
		p.message = nil
		if err := s.append(id, p.at, message); err != nil {
			return err
		}
	}
	s.mu.Lock()
	s.add(id, m.BlockIndex, p, time.Now(), verified)
	s.mu.Unlock()
	return s.evict(id)
}

// Remove removes a segment, if it is there.
func (s *Store) Remove(hoHoDk []byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.remove(string(hoHoDk))
}

func (s *Store) remove(id string) error {
	s.mu.Lock()
	if st := s.segments[id]; st != nil {
		s.order.Remove(st.element)
		if st.ofClient != nil {
			s.clients[st.client].order.Remove(st.ofClient)
		}
		for _, p := range st.places {
			s.count(st, p.client, -int64(p.n))
		}
		s.count(st, st.client, -st.bytes) // that without blocks is left
		delete(s.segments, id)
	}
	s.mu.Unlock()
	if s.dir == "" {
		return nil
	}
	if err := os.Remove(s.file(id)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Blocks returns which blocks of a segment there are, and which of them are verified.
func (s *Store) Blocks(hoHoDk []byte) (has, verified pccrr.BlockSet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st := s.segments[string(hoHoDk)]; st != nil {
		return st.has, st.verified
	}
	return has, verified
}

// Find returns which blocks of a segment there are, and since when there is one. It counts
// as being asked for the segment.
func (s *Store) Find(hoHoDk []byte) (has pccrr.BlockSet, since time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.segments[string(hoHoDk)]
	if st == nil {
		return has, since
	}
	s.touch(st)
	return st.has, st.since
}

// Block returns a block as it was put, but without NextBlockIndex, and without Block if it
// is not there. It is not to be changed. How the client wishes it to be encrypted does not
// matter: there are no keys.
func (s *Store) Block(hoHoDk []byte, index uint32, _ pccrr.CryptoAlgoId) pccrr.MsgBlk {
	none := pccrr.NewMsgBlk(hoHoDk, index)
	s.mu.Lock()
	st := s.segments[string(hoHoDk)]
	if st == nil || !st.has.Has(index) {
		s.mu.Unlock()
		return none
	}
	p := st.places[index]
	s.mu.Unlock()
	if p.message == nil {
		if p.message = s.readFile(string(hoHoDk), p); p.message == nil {
			return none // just removed, or damaged
		}
	}
	m, err := pccrr.DecodeMsgBlk(p.message)
	if err != nil || !bytes.Equal(m.SegmentId, hoHoDk) || m.BlockIndex != index {
		return none
	}
	return m
}

// SetVerified notes that the hash of a block that is there was compared.
func (s *Store) SetVerified(hoHoDk []byte, index uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st := s.segments[string(hoHoDk)]; st != nil && st.has.Has(index) {
		st.verified.Add(index)
	}
}

// Usage returns how many segments the store has, at least partly, and how many bytes
// that counts against MaxBytes.
func (s *Store) Usage() (segments int, bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.segments), s.bytes
}
