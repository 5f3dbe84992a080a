package contentfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// SpoolLimit is how many bytes of a result are in memory before it is written, because
// what is known only at its end stands at its beginning.
const SpoolLimit = 2 << 20

// A Spool keeps what is written to it until it is read: the first bytes in memory, those
// above its limit in a temporary file, which only the user may read. One goroutine at a
// time may use it. Errors of the temporary file are a [*SpoolError].
type Spool struct {
	memory []byte // up to its capacity
	file   *os.File
	name   string        // of file, where it has one
	buf    *bufio.Writer // to file
	size   int64
	at     int64 // of the next Read
}

// NewSpool returns a Spool. No more of its memory is touched than is used.
func NewSpool(limit int) *Spool { return &Spool{memory: make([]byte, 0, limit)} }

// Size returns how many bytes were written.
func (s *Spool) Size() int64 { return s.size }

// Write keeps b.
func (s *Spool) Write(b []byte) (int, error) {
	n := min(len(b), cap(s.memory)-len(s.memory))
	s.memory = append(s.memory, b[:n]...)
	s.size += int64(n)
	if n == len(b) {
		return n, nil
	}
	if s.file == nil {
		f, err := os.CreateTemp("", "pchc-")
		if err != nil {
			return n, spoolError(err)
		}
		if os.Remove(f.Name()) != nil { // as on Windows; elsewhere it ends with the process
			s.name = f.Name()
		}
		s.file, s.buf = f, bufio.NewWriterSize(f, 64<<10)
	}
	more, err := s.buf.Write(b[n:])
	s.size += int64(more)
	return n + more, spoolError(err)
}

// ReadAt implements io.ReaderAt.
func (s *Spool) ReadAt(b []byte, at int64) (n int, err error) {
	inMemory := int64(len(s.memory))
	if at < inMemory {
		n = copy(b, s.memory[at:])
	}
	switch {
	case n == len(b):
		return n, nil
	case s.file == nil:
		return n, io.EOF
	case s.buf.Buffered() > 0:
		if err := s.buf.Flush(); err != nil {
			return n, spoolError(err)
		}
	}
	more, err := s.file.ReadAt(b[n:], at+int64(n)-inMemory)
	return n + more, spoolError(err)
}

// WriteAt writes over bytes that were written before. It implements io.WriterAt but for
// what would be behind their end, which is io.ErrShortWrite.
func (s *Spool) WriteAt(b []byte, at int64) (n int, err error) {
	if at < 0 || at > s.size || int64(len(b)) > s.size-at {
		return 0, io.ErrShortWrite
	}
	inMemory := int64(len(s.memory))
	if at < inMemory {
		n = copy(s.memory[at:], b)
	}
	if n == len(b) {
		return n, nil
	}
	if err := s.buf.Flush(); err != nil {
		return n, spoolError(err)
	}
	more, err := s.file.WriteAt(b[n:], at+int64(n)-inMemory)
	return n + more, spoolError(err)
}

// Read reads what was not read yet.
func (s *Spool) Read(b []byte) (int, error) {
	n, err := s.ReadAt(b, s.at)
	s.at += int64(n)
	if n > 0 && err == io.EOF {
		err = nil
	}
	return n, err
}

// WriteTo writes what was not read yet.
func (s *Spool) WriteTo(w io.Writer) (int64, error) {
	return io.Copy(w, struct{ io.Reader }{s})
}

// Close removes the temporary file.
func (s *Spool) Close() {
	if s.file != nil {
		_ = s.file.Close() // it was read, or does not matter
	}
	if s.name != "" {
		_ = os.Remove(s.name)
	}
}

// A SpoolError is an error of a temporary file.
type SpoolError struct {
	Path string
	Err  error
}

// Error names the file, and what to do.
func (e *SpoolError) Error() string {
	return fmt.Sprintf("temporary file %s: %v; TMPDIR names another folder for it", e.Path, e.Err)
}

// Unwrap returns what went wrong.
func (e *SpoolError) Unwrap() error { return e.Err }

func spoolError(err error) error {
	var path *fs.PathError
	if !errors.As(err, &path) {
		return err
	}
	return &SpoolError{path.Path, path.Err}
}
