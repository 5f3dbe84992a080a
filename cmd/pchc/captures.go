package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/hostedcache/pchc/internal/capture"
)

// readCapture opens the named capture, or standard input for -, and calls read. It
// turns the errors of capture.Read into those of the command, and flushes the first
// of the outputs whenever it has to wait for more of the capture.
func (a *app) readCapture(cmd *cobra.Command, name string, read func(name string, in io.Reader) error, outputs ...*output) error {
	checked := func(name string, in io.Reader) error {
		head := &prefix{r: in}
		err := read(name, head)
		var f *failure
		switch {
		case err == nil, errors.Is(err, errQuiet), errors.As(err, &f):
			return err
		case errors.Is(err, capture.ErrNotCapture):
			return notCapture(name, head.b)
		}
		return failed(fmt.Errorf("%s: %w", name, err))
	}
	if name == "-" {
		if isTerminal(a.stdin) {
			return usagef("no capture: %s FILE, or tcpdump -U -w - | %[1]s", cmd.CommandPath())
		}
		return readLive("standard input", a.stdin, checked, outputs[0])
	}
	f, err := os.Open(name)
	if err != nil {
		return failed(err)
	}
	defer f.Close() // only read
	info, err := f.Stat()
	switch {
	case err != nil:
		return failed(err)
	case info.IsDir():
		return failed(fmt.Errorf("%s is a directory", name))
	}
	for _, out := range outputs {
		if out.isSame(f) {
			return usagef("%s is both input and output", name)
		}
	}
	if info.Mode().IsRegular() {
		return checked(name, f)
	}
	return readLive(name, f, checked, outputs[0])
}

// readLive reads a capture that may be growing, until it ends or the user
// interrupts it. A second interrupt ends the program.
func readLive(name string, in io.Reader, read func(name string, in io.Reader) error, out *output) error {
	ctx, stop := interruptible()
	defer stop()
	l := newLive(in, out.flush, ctx.Done())
	defer l.close()
	return read(name, l)
}

// prefix keeps the first bytes read.
type prefix struct {
	r io.Reader
	b []byte
}

func (p *prefix) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	if room := 512 - len(p.b); room > 0 {
		p.b = append(p.b, b[:min(n, room)]...)
	}
	return n, err
}

// notCapture suggests what to do with an input that is not a capture and begins
// with b.
func notCapture(name string, b []byte) error {
	switch {
	case len(bytes.TrimSpace(b)) == 0:
		return &failure{statusViolated, fmt.Errorf("%s is empty", name)}
	case utf8.Valid(b[:max(0, len(b)-utf8.UTFMax)]) && strings.IndexByte(string(b), 0) < 0:
		return usagef("%s is text, not a packet capture; to read hex or a hex dump: pchc decode %s", name, dash(name))
	}
	return usagef("%s is not a packet capture (pcap or pcapng); to read a message: pchc decode %s", name, dash(name))
}
