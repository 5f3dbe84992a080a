package blockstore

import (
	"bytes"
	"container/list"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
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

	dir      string
	writing  sync.Mutex // held by who changes files, and taken before mu
	mu       sync.Mutex
	segments map[string]*stored // by HoHoDk
	order    list.List          // of their HoHoDks, the one that was asked for last in front
	bytes    int64
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
}

// place is where a MSG_BLK is: in memory, or in the file.
type place struct {
	message []byte
	at      int64
	n       int
}

const (
	suffix      = ".blk"
	maxSegments = 1 << 20 // each of which needs memory, also if its blocks are in a folder
)

// Open returns a store of what is in a folder, which it makes if it is not there,
// and which nobody else may write to. A block that was cut off when it was written is
// lost, and what is over maxBytes.
func Open(dir string, maxBytes int64) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	s := &Store{MaxBytes: maxBytes, dir: dir}
	for _, e := range entries {
		name, ours := strings.CutSuffix(e.Name(), suffix)
		id, err := hex.DecodeString(name)
		if !ours || err != nil || !isHoHoDk(id) || s.file(string(id)) != filepath.Join(dir, e.Name()) || !e.Type().IsRegular() {
			continue // not from here
		}
		if err := s.load(string(id)); err != nil {
			return nil, err
		}
	}
	all := make([]string, 0, len(s.segments))
	for id := range s.segments {
		all = append(all, id)
	}
	slices.SortFunc(all, func(a, b string) int { return s.segments[a].since.Compare(s.segments[b].since) })
	for _, id := range all {
		s.order.MoveToFront(s.segments[id].element)
	}
	return s, s.evict("")
}

// isHoHoDk reports whether id has the length of one.
func isHoHoDk(id []byte) bool { return len(id) == 32 || len(id) == 48 || len(id) == 64 }

func (s *Store) file(id string) string {
	return filepath.Join(s.dir, hex.EncodeToString([]byte(id))+suffix)
}

// load finds the blocks in the file of a segment, and cuts off what is none.
func (s *Store) load(id string) error {
	f, err := os.OpenFile(s.file(id), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	at := int64(0)
	head := make([]byte, 24+len(id)+4) // up to BlockIndex (MS-PCCRR 2.2.5.3)
	for {
		if _, err := f.ReadAt(head, at); err != nil {
			break
		}
		n := 4 + int64(binary.BigEndian.Uint32(head))
		index := binary.BigEndian.Uint32(head[24+len(id):])
		if n < int64(len(head)) || n > info.Size()-at || string(head[24:24+len(id)]) != id || index >= pccrr.MaxBlocks {
			break
		}
		s.add(id, index, place{at: at, n: int(n)}, info.ModTime(), false)
		at += n
	}
	if at == 0 {
		return os.Remove(f.Name())
	}
	return f.Truncate(at)
}

// add notes where a block is. The caller holds mu, or is alone.
func (s *Store) add(id string, index uint32, p place, now time.Time, verified bool) {
	const memory, file = 512, 4096 // what a segment needs beside its blocks, roughly
	st := s.segments[id]
	if st == nil {
		if s.segments == nil {
			s.segments = map[string]*stored{}
		}
		st = &stored{since: now, places: map[uint32]place{}, element: s.order.PushFront(id), bytes: memory}
		if s.dir != "" {
			st.bytes = file
		}
		s.bytes += st.bytes
		s.segments[id] = st
	}
	s.order.MoveToFront(st.element)
	if p.message == nil {
		st.end = p.at + int64(p.n)
	}
	if st.has.Has(index) { // only in a file that somebody else has written
		st.bytes, s.bytes = st.bytes-int64(st.places[index].n), s.bytes-int64(st.places[index].n)
	}
	st.places[index] = p
	st.bytes, s.bytes = st.bytes+int64(p.n), s.bytes+int64(p.n)
	st.has.Add(index)
	if verified {
		st.verified.Add(index)
	}
}

// Put stores a block, with its NextBlockIndex, unless it is there. verified says that its
// hash was compared. The error is ErrFull, or that of a MSG_BLK which cannot be encoded, or
// of the folder.
func (s *Store) Put(m pccrr.MsgBlk, verified bool) error {
	message, err := m.MarshalBinary()
	if err != nil {
		return err
	}
	id := string(m.SegmentId)
	s.writing.Lock()
	defer s.writing.Unlock()
	var has pccrr.BlockSet
	p := place{message: message, n: len(message)}
	s.mu.Lock()
	if st := s.segments[id]; st != nil {
		has, p.at = st.has, st.end
	}
	s.mu.Unlock()
	if has.Has(m.BlockIndex) {
		return nil // another client was faster
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

// append writes a message behind the end of a segment's file.
func (s *Store) append(id string, end int64, message []byte) error {
	f, err := os.OpenFile(s.file(id), os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(message, end)
	return errors.Join(err, f.Close())
}

// ErrFull is the error for a segment that alone is over the limit.
var ErrFull = errors.New("pchc: the segment is longer than all that the store may keep")

// evict drops segments until the rest is within the limits: that with the HoHoDk id
// last, which is an error. The caller holds writing, or is alone.
func (s *Store) evict(id string) error {
	most := s.MaxBytes
	switch {
	case most > 0:
	case s.dir == "":
		most = 64 << 20
	default:
		most = 1 << 30
	}
	for {
		s.mu.Lock()
		last := s.order.Back()
		over := last != nil && (s.bytes > most || len(s.segments) > maxSegments)
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
		s.bytes -= st.bytes
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
	s.order.MoveToFront(st.element)
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

func (s *Store) readFile(id string, p place) []byte {
	f, err := os.Open(s.file(id))
	if err != nil {
		return nil
	}
	defer f.Close()
	b := make([]byte, p.n)
	if _, err := f.ReadAt(b, p.at); err != nil {
		return nil
	}
	return b
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
