package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// spoolLimit is how many bytes of a result are in memory before it is written, because
// what is known only at its end stands at its beginning.
const spoolLimit = 2 << 20

// A spool keeps what is written to it until it is read, once: the first bytes in memory,
// those above its limit in a temporary file, which only the user may read.
type spool struct {
	memory []byte // up to its capacity
	file   *os.File
	name   string        // of file, where it has one
	buf    *bufio.Writer // to file
	reader io.Reader     // of all, after the first Read
}

// newSpool returns a spool. No more of its memory is touched than is used.
func newSpool(limit int) *spool { return &spool{memory: make([]byte, 0, limit)} }

func (s *spool) Write(b []byte) (int, error) {
	n := min(len(b), cap(s.memory)-len(s.memory))
	s.memory = append(s.memory, b[:n]...)
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
	return n + more, spoolError(err)
}

func (s *spool) Read(b []byte) (int, error) {
	if s.reader == nil {
		s.reader = bytes.NewReader(s.memory)
		if s.file != nil {
			err := s.buf.Flush()
			if err == nil {
				_, err = s.file.Seek(0, io.SeekStart)
			}
			if err != nil {
				return 0, spoolError(err)
			}
			s.reader = io.MultiReader(s.reader, bufio.NewReaderSize(s.file, 64<<10))
		}
	}
	n, err := s.reader.Read(b)
	return n, spoolError(err)
}

// WriteTo writes what is left to be read.
func (s *spool) WriteTo(w io.Writer) (int64, error) {
	return io.Copy(w, struct{ io.Reader }{s})
}

// close removes the temporary file.
func (s *spool) close() {
	if s.file != nil {
		_ = s.file.Close() // it was read, or does not matter
	}
	if s.name != "" {
		_ = os.Remove(s.name)
	}
}

// spoolError names the temporary file as the cause, and what to do.
func spoolError(err error) error {
	var path *fs.PathError
	if !errors.As(err, &path) {
		return err
	}
	return &failure{statusFailed, fmt.Errorf("temporary file %s: %w; TMPDIR names another folder for it", path.Path, path.Err)}
}
