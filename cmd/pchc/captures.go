package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/decrypt"
)

// unread is the error of an input that could not be read. Others still can.
type unread struct{ error }

func (u unread) Unwrap() error { return u.error }

// readCaptures calls read for each of the named captures, for standard input without
// a name. One that cannot be read does not keep it from the others. read gets the
// name and what errors and reports call it; missed is called for a capture that
// could not be read.
func (a *app) readCaptures(cmd *cobra.Command, names []string, read func(name, label string, in io.Reader) error, missed func(label string, err error), outputs ...*output) error {
	if len(names) == 0 {
		names = []string{"-"}
	}
	if err := a.checkKeyLog(outputs); err != nil {
		return err
	}
	for _, name := range names {
		err := a.readCapture(cmd, name, func(label string, in io.Reader) error { return read(name, label, in) }, outputs...)
		var u unread
		if errors.As(err, &u) {
			label := name
			if name == "-" {
				label = "standard input"
			}
			missed(label, err)
			if len(names) > 1 {
				a.status = max(a.status, a.complain(cmd, err))
				continue
			}
		}
		if errors.Is(err, errEnough) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readCapture opens the named capture, or standard input for -, and calls read. It
// turns the errors of capture.Read into those of the command.
func (a *app) readCapture(cmd *cobra.Command, name string, read func(name string, in io.Reader) error, outputs ...*output) error {
	checked := func(name string, in *live, tls *decrypt.Input) error {
		defer in.close()
		head := &prefix{live: in, tls: tls}
		err := read(name, head)
		_ = tls.Close() // it has said what failed
		if missing := tls.Missing(); missing != nil && err == nil {
			a.notef("pchc: %s: the capture has keys of TLS, which are not used: %s", name, missing)
		}
		var f *failure
		switch {
		case err == nil, errors.Is(err, errQuiet), errors.Is(err, errEnough), errors.As(err, &f):
			return err
		case errors.Is(err, capture.ErrNotCapture):
			return unread{notCapture(cmd, name, head.b, err)}
		}
		return unread{failed(fmt.Errorf("%s: %w", name, err))}
	}
	if name == "-" {
		if isTerminal(a.stdin) {
			return usagef("no capture: %s FILE, or tcpdump -U -w - | %[1]s", cmd.CommandPath())
		}
		return a.readLive("standard input", a.stdin, nil, checked)
	}
	f, err := os.Open(name)
	if err != nil {
		return unread{failed(err)}
	}
	defer f.Close() // only read
	info, err := f.Stat()
	switch {
	case err != nil:
		return unread{failed(err)}
	case info.IsDir():
		return unread{failed(fmt.Errorf("%s is a directory", name))}
	}
	for _, out := range outputs {
		if out.isSame(f) {
			return usagef("%s is both input and output", name)
		}
	}
	switch {
	case info.Mode().IsRegular() && a.follow:
		open := func() (io.ReadCloser, error) {
			f, err := os.Open(name)
			return struct {
				growing
				io.Closer
			}{growing{f}, f}, err
		}
		return a.readLive(name, growing{f}, open, checked)
	case info.Mode().IsRegular():
		tls := decrypt.File(f, func() (io.ReadCloser, error) { return os.Open(name) }, decrypt.Options{KeyLog: a.keylog})
		return checked(name, newLive(tls, nil), tls)
	}
	return a.readLive(name, f, nil, checked)
}

// ahead are the options to read a capture, unless it is one of many, a little ahead of what
// is done with it: what the user can have seen is flushed when it has to be waited for.
func (a *app) ahead(o capture.Options, out *output) capture.Options {
	o.Ahead, o.Idle = !a.parallel, out.flush
	return o
}

// readLive reads a capture that may be growing, until it ends or the user
// interrupts it. A second interrupt ends the program. open opens it once more, nil if
// that cannot be done.
func (a *app) readLive(name string, in io.Reader, open func() (io.ReadCloser, error), read func(name string, in *live, tls *decrypt.Input) error) error {
	ctx, stop := interruptible()
	defer stop()
	widen(in)
	o := decrypt.Options{KeyLog: a.keylog}
	tls := decrypt.Pipe(in, o)
	if open != nil {
		tls = decrypt.File(in, open, o)
	}
	defer context.AfterFunc(ctx, tls.Stop)()
	return read(name, newLive(tls, ctx.Done()), tls)
}

// prefix keeps the first bytes read.
type prefix struct {
	*live
	tls *decrypt.Input
	b   []byte
}

// Decrypt is that of [capture.Decrypter].
func (p *prefix) Decrypt(keys bool) (io.Reader, error) { return p.tls.Decrypt(keys) }

// Fill is that of [pcapfile.Filler].
func (p *prefix) Fill(rest []byte, n int) ([]byte, error) {
	b, err := p.live.Fill(rest, n)
	if room := 512 - len(p.b); room > 0 {
		read := b[len(rest):]
		p.b = append(p.b, read[:min(len(read), room)]...)
	}
	return b, err
}

// notCapture suggests what to do with an input that is not a capture, as err says,
// and begins with b.
func notCapture(cmd *cobra.Command, name string, b []byte, err error) error {
	var foreign *capture.ForeignError
	_, detail, _ := strings.Cut(err.Error(), ": ")
	switch {
	case len(bytes.TrimSpace(b)) == 0:
		return &failure{statusViolated, fmt.Errorf("%s is empty", name)}
	case errors.As(err, &foreign):
		help := strings.ReplaceAll(foreign.Help, "FILE", dash(name))
		if strings.HasPrefix(help, "decompress") {
			help += " | " + cmd.CommandPath()
		}
		return failed(fmt.Errorf("%s looks like %s; %s", name, foreign.What, help))
	case strings.EqualFold(filepath.Ext(name), ".etl"):
		return failed(fmt.Errorf("%s is not a packet capture; if it is a Windows event trace, convert it: etl2pcapng %[1]s OUT.pcapng", name))
	case isText(b):
		return failed(fmt.Errorf("%s is text, not a packet capture; to read hex or a hex dump: pchc decode %s", name, dash(name)))
	case !strings.HasPrefix(detail, "it begins with"):
		return failed(fmt.Errorf("%s is not a packet capture: %s", name, detail))
	}
	return failed(fmt.Errorf("%s is not a packet capture (pcap, pcapng or snoop); to read a message: pchc decode %s", name, dash(name)))
}

// isText reports whether the first bytes of an input are text. The last character may
// be cut.
func isText(b []byte) bool {
	if bytes.IndexByte(b, 0) >= 0 {
		return false
	}
	for n := range min(len(b), utf8.UTFMax) {
		if tail := b[len(b)-n:]; (n == 0 || !utf8.FullRune(tail)) && utf8.Valid(b[:len(b)-n]) {
			return true
		}
	}
	return false
}
