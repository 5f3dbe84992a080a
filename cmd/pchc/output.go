package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/hostedcache/pchc/internal/message"
)

// outputFlags are the flags of commands that write messages.
type outputFlags struct {
	file        string
	json, raw   bool
	showSecrets bool
	color       string
}

// whens are the values of --color.
var whens = []string{"auto", "always", "never"}

func (f *outputFlags) add(cmd *cobra.Command) {
	f.addBasic(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&f.raw, "raw", false, `like --json, with the bytes of each message as "raw", keys included`)
	flags.BoolVar(&f.showSecrets, "show-secrets", false, "show keys (SegmentSecret) instead of \"redacted\"")
}

// addBasic adds the flags that do not depend on messages.
func (f *outputFlags) addBasic(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.json, "json", false, "write JSON, one object per line")
	flags.StringVar(&f.color, "color", "auto", "use colour `WHEN`: always, never, or auto, on a terminal unless NO_COLOR is set")
	addOutputFile(cmd, &f.file)
	_ = cmd.RegisterFlagCompletionFunc("color", cobra.FixedCompletions(whens, cobra.ShellCompDirectiveNoFileComp))
}

func addOutputFile(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVarP(file, "output", "o", "", "write to `FILE` instead of standard output")
}

// printer returns a printer of messages for out.
func (f *outputFlags) printer(out *output) (*message.Printer, error) {
	p := &message.Printer{Raw: f.raw}
	p.ShowSecrets, p.Width = f.showSecrets, out.terminal()
	if f.json || f.raw {
		p.Form = message.FormJSON
	}
	switch {
	case !slices.Contains(whens, f.color):
		return nil, usagef("--color must be auto, always or never, not %q", f.color)
	case f.color == "always", f.color == "auto" && p.Width != 0 && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb":
		p.Style = message.Colours()
	}
	return p, nil
}

// output is where a command writes: standard output, or a file. The first bytes
// create the file, so a command that fails earlier does not touch an older one.
type output struct {
	app  *app
	path string
	file *os.File
	buf  *bufio.Writer
}

func (a *app) output(path string) *output {
	o := &output{app: a, path: path}
	o.buf = bufio.NewWriterSize(writerFunc(o.write), 64<<10)
	return o
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

func (o *output) write(b []byte) (int, error) {
	if o.path == "" {
		return o.app.stdout.Write(b)
	}
	if o.file == nil {
		f, err := os.Create(o.path)
		if err != nil {
			return 0, err
		}
		o.file = f
	}
	return o.file.Write(b)
}

// Write writes b, buffered.
func (o *output) Write(b []byte) (int, error) {
	n, err := o.buf.Write(b)
	return n, failed(err)
}

func (o *output) flush() error { return failed(o.buf.Flush()) }

// close writes buffered output. A command calls it once, with its own error, and
// returns the result. A command that succeeds without output creates an empty
// file.
func (o *output) close(err error) error {
	flushed := o.buf.Flush()
	if err == nil && flushed == nil && o.path != "" && o.file == nil {
		_, flushed = o.write(nil)
	}
	if o.file != nil {
		flushed = errors.Join(flushed, o.file.Close())
	}
	return errors.Join(err, failed(flushed))
}

// terminal returns the width of the terminal that o writes to, 0 without one.
func (o *output) terminal() int {
	if o.path != "" {
		return 0
	}
	return terminalWidth(o.app.stdout)
}

// isTerminal reports whether a reader or writer is a terminal.
func isTerminal(v any) bool {
	f, ok := v.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func terminalWidth(w io.Writer) int {
	if !isTerminal(w) {
		return 0
	}
	width, _, err := term.GetSize(int(w.(*os.File).Fd()))
	if err != nil || width <= 0 {
		return 80
	}
	return width
}

// isSame reports whether the output file is the input in, which writing would
// destroy.
func (o *output) isSame(in *os.File) bool {
	if o.path == "" {
		return false
	}
	a, errA := in.Stat()
	b, errB := os.Stat(o.path)
	return errA == nil && errB == nil && a.Mode().IsRegular() && os.SameFile(a, b)
}
