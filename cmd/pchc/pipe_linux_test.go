package main

import (
	"bytes"
	"io"
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
	before := pipeSize(t, r)
	if widen(r); pipeSize(t, r) <= before && before < 1<<20 {
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

// TestWidened: the commands do that with what they read.
func TestWidened(t *testing.T) {
	t.Setenv("PCHC_SECRET", "secret")
	capture, err := os.ReadFile("testdata/offers.pcap")
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"pcap"}, {"check"}, {"stats"}, {"content", "make", "-"}} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		before := pipeSize(t, r)
		_, err = w.Write(capture) // it has room
		_ = w.Close()
		var stderr bytes.Buffer
		status := run(args, r, io.Discard, &stderr)
		if after := pipeSize(t, r); err != nil || status != 0 || after <= before && before < 1<<20 {
			t.Errorf("%q: exit status %d, a pipe of %d bytes, %v: %s", args, status, after, err, &stderr)
		}
		_ = r.Close()
	}
}

func pipeSize(t *testing.T, pipe *os.File) uintptr {
	t.Helper()
	const getPipeSize = 1032 // F_GETPIPE_SZ
	n, _, errno := syscall.Syscall(syscall.SYS_FCNTL, pipe.Fd(), getPipeSize, 0)
	if errno != 0 {
		t.Fatal(errno)
	}
	return n
}
