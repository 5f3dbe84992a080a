package decrypt

import (
	"errors"
	"io"
	"os"
	"sync"
)

// spool is a temporary file that is read twice while it is written.
type spool struct {
	main, whole tap // for the reader of the capture; for tshark, with the bytes before the file

	file  *os.File
	mu    sync.Mutex
	more  *sync.Cond
	head  []byte // before the file
	begun bool   // head is known
	size  int64
	err   error // of the end
}

// tap reads a spool.
type tap struct {
	s      *spool
	head   bool // reads the head, too
	off    int64
	closed bool
}

var errClosed = errors.New("closed")

func newSpool() (*spool, error) {
	f, err := os.CreateTemp("", "pchc-*.capture")
	if err != nil {
		return nil, err
	}
	s := &spool{file: f}
	s.more = sync.NewCond(&s.mu)
	s.main.s, s.whole = s, tap{s: s, head: true}
	return s, nil
}

// fill writes in to the file, which head precedes.
func (s *spool) fill(head []byte, in io.Reader) {
	s.mu.Lock()
	s.head, s.begun = head, true
	s.more.Broadcast()
	s.mu.Unlock()
	b := make([]byte, 64<<10)
	for err := error(nil); err == nil; {
		var n int
		n, err = in.Read(b)
		if n > 0 {
			if _, failed := s.file.Write(b[:n]); failed != nil {
				n, err = 0, failed
			}
		}
		s.mu.Lock()
		s.size += int64(n)
		if s.err == nil {
			s.err = err
		}
		err = s.err
		s.more.Broadcast()
		s.mu.Unlock()
	}
}

// close removes the file, and ends all reading and writing.
func (s *spool) close() {
	s.mu.Lock()
	if s.err == nil || s.err == io.EOF {
		s.err = errClosed
	}
	s.size = 0
	s.more.Broadcast()
	s.mu.Unlock()
	_, _ = s.file.Close(), os.Remove(s.file.Name())
}

func (t *tap) Read(p []byte) (int, error) {
	s := t.s
	s.mu.Lock()
	for (!s.begun || t.off >= s.size && !t.head) && s.err == nil && !t.closed {
		s.more.Wait()
	}
	if t.head && s.begun && !t.closed {
		n := copy(p, s.head)
		s.head = s.head[n:]
		t.head = len(s.head) > 0
		s.mu.Unlock()
		return n, nil
	}
	have, err := s.size-t.off, s.err
	if t.closed {
		have, err = 0, errClosed
	}
	s.mu.Unlock()
	if have <= 0 {
		return 0, err
	}
	n, err := s.file.ReadAt(p[:min(int64(len(p)), have)], t.off)
	t.off += int64(n)
	return n, err
}

// Close ends a Read that waits.
func (t *tap) Close() error {
	t.s.mu.Lock()
	t.closed = true
	t.s.more.Broadcast()
	t.s.mu.Unlock()
	return nil
}
