package main

import (
	"os"
	"strings"
	"syscall"
	"testing"
)

// TestWiden: a pipe holds more, and what is none is left alone.
func TestWiden(t *testing.T) {
	widen(strings.NewReader("no file"))
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	size := func() uintptr {
		const getPipeSize = 1032 // F_GETPIPE_SZ
		n, _, errno := syscall.Syscall(syscall.SYS_FCNTL, w.Fd(), getPipeSize, 0)
		if errno != 0 {
			t.Fatal(errno)
		}
		return n
	}
	before := size()
	if widen(r); size() <= before && before < 1<<20 {
		t.Errorf("the pipe holds %d bytes, as before", before)
	}
	closed, other, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	defer other.Close()
	widen(closed)
}
