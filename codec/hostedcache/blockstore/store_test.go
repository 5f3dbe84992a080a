package blockstore

import (
	"bytes"
	"encoding/hex"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/hostedcache/pchc/codec/pccrr"
)

var nobody netip.Addr

// a block of a made-up segment.
func block(segment byte, index uint32, n int) (id string, m pccrr.MsgBlk) {
	id = string(bytes.Repeat([]byte{segment}, 32))
	m = pccrr.NewMsgBlk([]byte(id), index)
	m.CryptoAlgoId, m.Block, m.IVBlock = pccrr.CryptoAES128, bytes.Repeat([]byte{byte(index), segment}, n/2), make([]byte, 16)
	return id, m
}

// stores returns one in memory and one in a folder.
func stores(t *testing.T, maxBytes int64) map[string]*Store {
	t.Helper()
	disk, err := Open(t.TempDir(), maxBytes)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]*Store{"memory": {MaxBytes: maxBytes}, "disk": disk}
}

func files(t *testing.T, s *Store) (n int, length int64) {
	t.Helper()
	if s.dir == "" {
		return 0, 0
	}
	all, err := os.ReadDir(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		length += info.Size()
	}
	return len(all), length
}

// has returns the blocks of made-up segments that can be read.
func has(s *Store, segments int) (all []string) {
	for segment := range segments {
		id, _ := block(byte(segment), 0, 160)
		blocks, _ := s.Blocks([]byte(id))
		for _, r := range blocks.Ranges().All() {
			for i := r.Index; uint64(i) < r.End(); i++ {
				if _, want := block(byte(segment), i, 160); !bytes.Equal(s.Block([]byte(id), i, 0).Block, want.Block) {
					all = append(all, "wrong")
				}
				all = append(all, hex.EncodeToString([]byte{byte(segment), byte(i)}))
			}
		}
	}
	return all
}

// What was asked for last stays; a store never has more than it may.
func TestEviction(t *testing.T) {
	for name, s := range stores(t, 0) {
		id, m := block(0, 0, 160)
		if err := s.Put(m, nobody, true); err != nil {
			t.Fatal(err)
		}
		_, one := s.Usage()
		n := int64(m.EncodedLen())
		s.MaxBytes = 3*one + n // three segments, one of two blocks
		put := func(segment byte, index uint32) {
			t.Helper()
			_, m := block(segment, index, 160)
			for range 2 { // the second time makes no difference
				if err := s.Put(m, nobody, false); err != nil {
					t.Fatal(err)
				}
			}
		}
		put(0, 7)
		put(1, 0)
		put(2, 0)
		if got := len(has(s, 4)); got != 4 {
			t.Fatalf("%s: at the limit it has %d blocks", name, got)
		}
		s.Find([]byte(id)) // now segment 1 is the one that was asked for longest ago
		put(3, 0)
		if got := has(s, 4); len(got) != 4 || got[0] != "0000" || got[1] != "0007" || got[2] != "0200" || got[3] != "0300" {
			t.Errorf("%s: has %v", name, got)
		}
		put(3, 1)
		if got := has(s, 4); len(got) != 4 || got[2] != "0300" {
			t.Errorf("%s: has %v", name, got)
		}
		segments, used := s.Usage()
		if used > s.MaxBytes || segments != 2 || s.order.Len() != 2 {
			t.Errorf("%s: %d segments, %d bytes", name, segments, used)
		}
		if files, length := files(t, s); name == "disk" && (files != 2 || length != 4*n) {
			t.Errorf("%d files, %d bytes", files, length)
		}
		// One that is too long for all is not kept.
		s.MaxBytes = one
		_, m = block(9, 0, 160+2)
		if err := s.Put(m, nobody, true); !errors.Is(err, pccrr.RuleBlock) {
			t.Errorf("%s: a malformed block: %v", name, err)
		}
		id, m = block(9, 0, 160+16)
		if err := s.Put(m, nobody, true); err != ErrFull {
			t.Errorf("%s: %v", name, err)
		}
		if segments, used := s.Usage(); segments != 0 || used != 0 {
			t.Errorf("%s: %d segments, %d bytes", name, segments, used)
		}
		if err := s.Remove([]byte(id)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A store in a folder is there again, but for what is not whole.
func TestRestart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	s, err := Open(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	for segment := range byte(3) {
		for _, i := range []uint32{5, 0, 511} {
			_, m := block(segment, i, 160)
			if err := s.Put(m, nobody, true); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, name := range []string{"notes.txt", "00.blk", hex.EncodeToString(make([]byte, 32))} { // not from here
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(s.file(string(make([]byte, 48))), 0o700); err != nil {
		t.Fatal(err)
	}
	id, m := block(1, 0, 160)
	whole, err := os.ReadFile(s.file(id))
	if err != nil {
		t.Fatal(err)
	}
	n := m.EncodedLen()
	for cut := 0; cut <= len(whole); cut++ {
		if err := os.WriteFile(s.file(id), whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		again, err := Open(dir, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := has(again, 3); len(got) != 6+cut/n || got[0] != "0000" {
			t.Fatalf("cut at %d: %v", cut, got)
		}
		info, err := os.Stat(s.file(id))
		if cut < n != errors.Is(err, os.ErrNotExist) || err == nil && info.Size() != int64(cut/n*n) {
			t.Fatalf("cut at %d: the file: %v %v", cut, info, err)
		}
		_, verified := again.Blocks([]byte(id))
		if verified.Len() != 0 {
			t.Error("a block counts as verified")
		}
		// What is lost can be added again.
		if err := again.Put(m, nobody, true); err != nil || again.Block([]byte(id), 0, 0).Block == nil {
			t.Fatal(err)
		}
	}
	for name, change := range map[string]func(b []byte){
		"a length that goes nowhere": func(b []byte) { b[n] = 0xFF },
		"a length of nothing":        func(b []byte) { copy(b[n:], make([]byte, 4)) },
		"another segment":            func(b []byte) { b[n+30] ^= 1 },
		"an index that none has":     func(b []byte) { b[n+58] = 2 },
	} {
		b := bytes.Clone(whole)
		change(b)
		if err := os.WriteFile(s.file(id), b, 0o600); err != nil {
			t.Fatal(err)
		}
		if again, err := Open(dir, 0); err != nil || len(has(again, 3)) != 7 {
			t.Errorf("%s: %v", name, err)
		}
	}
	// What is damaged inside is not handed out.
	b := bytes.Clone(whole)
	b[n+11]++ // MsgType
	if err := os.WriteFile(s.file(id), b, 0o600); err != nil {
		t.Fatal(err)
	}
	if again, err := Open(dir, 0); err != nil || again.Block([]byte(id), 0, 0).Block != nil && again.Block([]byte(id), 5, 0).Block != nil {
		t.Errorf("%v", err)
	}
	if err := os.Remove(s.file(id)); err != nil {
		t.Fatal(err)
	}
	if s.Block([]byte(id), 0, 0).Block != nil {
		t.Error("a block of a file that is gone")
	}
	// The limit holds for what is found.
	if again, err := Open(dir, 4096+3*int64(n)); err != nil || len(has(again, 3)) != 3 {
		t.Errorf("%v %v", has(again, 3), err)
	}
	if _, err := Open(filepath.Join(dir, "notes.txt"), 0); err == nil {
		t.Error("a file is no folder")
	}
	if got, _ := files(t, s); got != 5 { // one segment, and what is not from here
		t.Errorf("%d files", got)
	}
}

// What is no block of a segment is an error, and not kept.
func TestStoreRefuses(t *testing.T) {
	for name, s := range stores(t, 0) {
		_, m := block(1, 511, 160)
		if err := s.Put(m, client(1), true); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, index := range []uint32{512, 1<<32 - 1} {
			if _, m := block(1, index, 160); s.Put(m, client(1), true) != errIndex {
				t.Errorf("%s: block %d is kept", name, index)
			}
		}
		_, m = block(1, 0, 160)
		m.Block = nil
		if err := s.Put(m, client(1), true); err != pccrr.ErrNoBlock {
			t.Errorf("%s: %v", name, err)
		}
		if got := has(s, 2); len(got) != 1 {
			t.Errorf("%s: has %v", name, got)
		}
	}
}

// A folder that cannot be written to is an error.
func TestStoreFails(t *testing.T) {
	for name, s := range stores(t, 0) {
		if name == "memory" {
			continue
		}
		s.dir = filepath.Join(s.dir, "gone")
		_, m := block(1, 0, 160)
		if err := s.Put(m, nobody, true); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%v", err)
		}
		if n, bytes := s.Usage(); n != 0 || bytes != 0 {
			t.Errorf("%d segments, %d bytes", n, bytes)
		}
	}
}

// Many at once read, write and make room.
func TestStoreConcurrently(t *testing.T) {
	for name, s := range stores(t, 40_000) {
		var all sync.WaitGroup
		for worker := range 8 {
			all.Go(func() {
				for i := range 100 {
					id, m := block(byte(i%17), uint32(worker), 160)
					if err := s.Put(m, client(byte(worker%3)), i%2 == 0); err != nil && err != ErrClientFull {
						t.Errorf("%s: %v", name, err)
					}
					s.Find([]byte(id))
					if got := s.Block([]byte(id), uint32(worker), 0); got.Block != nil && !bytes.Equal(got.Block, m.Block) {
						t.Errorf("%s: another block", name)
					}
					s.SetVerified([]byte(id), uint32(worker))
					if i%31 == 0 {
						if err := s.Remove([]byte(id)); err != nil {
							t.Errorf("%s: %v", name, err)
						}
					}
				}
			})
		}
		all.Wait()
		n, used := s.Usage()
		check(t, s)
		if used > 40_000 {
			t.Errorf("%s: %d segments, %d bytes", name, n, used)
		}
		if got, _ := files(t, s); name == "disk" && got != n {
			t.Errorf("%d files of %d segments", got, n)
		}
	}
}

// After a restart the segment whose file was written first makes room first.
func TestRestartKeepsTheNewest(t *testing.T) {
	s := stores(t, 0)["disk"]
	n := 0
	for segment := range byte(4) {
		id, m := block(segment, 0, 160)
		if err := s.Put(m, nobody, true); err != nil {
			t.Fatal(err)
		}
		n = m.EncodedLen()
		written := time.Unix(1e9+int64(segment^2), 0) // segment 2 first, then 3, 0, 1
		if err := os.Chtimes(s.file(id), written, written); err != nil {
			t.Fatal(err)
		}
	}
	again, err := Open(s.dir, 2*int64(4096+n))
	if err != nil {
		t.Fatal(err)
	}
	if got := has(again, 4); len(got) != 2 || got[0] != "0000" || got[1] != "0100" {
		t.Errorf("has %v", got)
	}
}
