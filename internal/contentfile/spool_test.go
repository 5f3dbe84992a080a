package contentfile

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"testing"
	"testing/iotest"
)

// TestSpool reads what was written, in any order, around the limit of its memory.
func TestSpool(t *testing.T) {
	for _, size := range []int{0, 1, 99, 100, 101, 300000} {
		want := make([]byte, size)
		for i := range want {
			want[i] = byte(i * 7)
		}
		s := NewSpool(100)
		for b := want; len(b) > 0; b = b[min(len(b), 33):] {
			if n, err := s.Write(b[:min(len(b), 33)]); err != nil || n != min(len(b), 33) {
				t.Fatal(n, err)
			}
		}
		if s.Size() != int64(size) || (s.file != nil) != (size > 100) {
			t.Errorf("%d bytes: size %d, file %v", size, s.Size(), s.file)
		}
		if size <= 101 { // it goes through all offsets
			if err := iotest.TestReader(io.NewSectionReader(s, 0, s.Size()), want); err != nil {
				t.Errorf("%d bytes: %v", size, err)
			}
		}
		var out bytes.Buffer
		if n, err := s.WriteTo(&out); err != nil || n != int64(size) || !bytes.Equal(out.Bytes(), want) {
			t.Errorf("%d bytes: wrote %d, %v", size, n, err)
		}
		if n, err := s.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Errorf("%d bytes, at the end: %d, %v", size, n, err)
		}
		s.Close()
	}
}

// TestSpoolPrivate: others cannot find or read the temporary file.
func TestSpoolPrivate(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	s := NewSpool(0)
	if _, err := s.Write([]byte("key")); err != nil {
		t.Fatal(err)
	}
	info, err := s.file.Stat()
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	s.Close()
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
}

// TestSpoolFull: a temporary file that cannot be written is an error that says so, at the
// latest when it is read.
func TestSpoolFull(t *testing.T) {
	f, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Skip("no /dev/full, a file that cannot be written")
	}
	const want = "temporary file /dev/full: no space left on device; TMPDIR names another folder for it"
	s := NewSpool(10)
	s.file, s.buf = f, bufio.NewWriterSize(f, 100)
	defer s.Close()
	if n, err := s.Write(make([]byte, 20)); n != 20 || err != nil {
		t.Error(n, err)
	}
	_, reading := io.ReadAll(s)
	_, writing := s.Write(make([]byte, 200))
	for _, err := range []error{reading, writing} {
		if spool := new(SpoolError); !errors.As(err, &spool) || err.Error() != want {
			t.Errorf("%v, want: %s", err, want)
		}
	}
	t.Setenv("TMPDIR", "/nowhere")
	if _, err := NewSpool(0).Write([]byte{1}); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}
