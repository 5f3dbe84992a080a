package blockstore

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hostedcache/pchc/codec/pccrr"
)

const suffix = ".blk"

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

// append writes a message behind the end of a segment's file.
func (s *Store) append(id string, end int64, message []byte) error {
	f, err := os.OpenFile(s.file(id), os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(message, end)
	return errors.Join(err, f.Close())
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
