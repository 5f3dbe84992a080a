package main

import (
	"bufio"
	"errors"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/hostedcache/pchc/internal/message"
)

// outputFlags are the flags of every command that shows messages.
type outputFlags struct {
	file        string
	json, raw   bool
	showSecrets bool
	color       string
}

func (f *outputFlags) add(cmd *cobra.Command) {
	f.addBasic(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&f.raw, "raw", false, `add the whole message in hex as "raw" to the JSON, keys and all; implies --json`)
	flags.BoolVar(&f.showSecrets, "show-secrets", false, "show segment keys (SegmentSecret) instead of \"redacted\"")
}

// addBasic adds the flags of a command that shows anything.
func (f *outputFlags) addBasic(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.json, "json", false, "write one JSON object a line")
	flags.StringVar(&f.color, "color", "auto", "`WHEN` to use colour: auto (on a terminal, unless NO_COLOR is set), always or never")
	addOutputFile(cmd, &f.file)
	_ = cmd.RegisterFlagCompletionFunc("color", cobra.FixedCompletions([]string{"auto", "always", "never"}, cobra.ShellCompDirectiveNoFileComp))
}

func addOutputFile(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVarP(file, "output", "o", "", "write to this `FILE` instead of standard output")
}

// text returns how text is to be written to out.
func (f *outputFlags) text(out *output) (*message.Text, error) {
	t := &message.Text{ShowSecrets: f.showSecrets}
	colored := false
	switch f.color {
	case "auto":
		colored = out.terminal() != 0 && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	case "always":
		colored = true
	case "never":
	default:
		return nil, usagef("--color is auto, always or never, not %q", f.color)
	}
	if colored {
		t.Style = message.Colours()
	}
	t.Width = out.terminal()
	return t, nil
}

// output is where a command writes: standard output, or a file that is made
// with the first bytes, so that a command that fails leaves an older one alone.
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

// close writes what is buffered. It is to be called once, whatever happened: err
// is how the command ended, and is returned with what goes wrong here. A command
// that ended well without output leaves an empty file.
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

// terminal returns the width of the terminal that o writes to, 0 where it is
// none.
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

// isSame reports whether the output file is the given input, which writing
// would destroy before it is read.
func (o *output) isSame(in *os.File) bool {
	if o.path == "" {
		return false
	}
	a, errA := in.Stat()
	b, errB := os.Stat(o.path)
	return errA == nil && errB == nil && a.Mode().IsRegular() && os.SameFile(a, b)
}
