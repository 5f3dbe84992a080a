package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
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
	noPager     bool
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

// addPager adds --no-pager, for commands whose output may be long.
func (f *outputFlags) addPager(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.noPager, "no-pager", false, "do not show what is longer than the terminal with a pager: PCHC_PAGER, PAGER or less")
}

func addOutputFile(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVarP(file, "output", "o", "", "write to `FILE` when done, instead of to standard output")
}

// printer returns a printer of messages for out.
func (f *outputFlags) printer(out *output) (*message.Printer, error) {
	p := &message.Printer{Raw: f.raw}
	p.ShowSecrets, p.Width = f.showSecrets, out.terminal()
	out.keys = f.raw || f.showSecrets
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

// standard is the name of standard input and output among the arguments.
const standard = "-"

// reports prepares for reports that go to these files, "" for none. One of them may
// go to standard output; then the text or JSON goes only where --output says.
func (f *outputFlags) reports(files ...string) error {
	taken, paths := 0, []string(nil)
	for _, file := range append(files, f.file) {
		switch path := filepath.Clean(file); {
		case file == "":
		case file == standard:
			taken++
		case slices.Contains(paths, path) && file != os.DevNull:
			return usagef("two outputs cannot go to the same file (%s)", file)
		default:
			paths = append(paths, path)
		}
	}
	for _, path := range paths {
		if err := checkOutput(path); err != nil {
			return err
		}
	}
	switch {
	case taken > 1:
		return usagef("only one report can go to standard output (-)")
	case taken == 1 && f.file == "":
		f.file = os.DevNull
	}
	return nil
}

// checkOutput finds out before the work, not after it, that a file cannot be written.
func checkOutput(path string) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return failed(fmt.Errorf("%s is a directory: name a file in it", path))
	}
	if _, err := os.Stat(filepath.Dir(path)); errors.Is(err, fs.ErrNotExist) {
		return failed(fmt.Errorf("%s: there is no folder %s", path, filepath.Dir(path)))
	}
	return nil
}

// output is where a command writes: standard output, or a file. A file is written
// aside and replaces an older one when the command ends without an error, so nobody
// reads half of it.
type output struct {
	app  *app
	keys bool   // it may hold keys, so that only the user may read the file
	path string // "" for standard output
	file *os.File
	temp string // name of file until it is renamed, "" if it is written in place
	buf  *bufio.Writer
}

// output returns an output to the named file, standard output for "" and "-".
func (a *app) output(path string) *output {
	if path == standard {
		path = ""
	}
	o := &output{app: a, path: path}
	o.buf = bufio.NewWriterSize(writerFunc(o.write), 64<<10)
	return o
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

func (o *output) write(b []byte) (int, error) {
	if o.path == "" {
		if o.app.pager != nil {
			return o.app.pager.Write(b)
		}
		return o.app.stdout.Write(b)
	}
	if o.file == nil {
		if err := o.create(); err != nil {
			return 0, err
		}
	}
	n, err := o.file.Write(b)
	if path := new(fs.PathError); errors.As(err, &path) {
		path.Path = o.path // not that of the file aside
	}
	return n, err
}

// create creates the file. It writes in place what cannot be replaced: a device or
// a pipe, a link, a file in a folder that may not be written to.
func (o *output) create() (err error) {
	mode := os.FileMode(0o666)
	if o.keys {
		mode = 0o600
	}
	info, missing := os.Lstat(o.path)
	if missing != nil || info.Mode().IsRegular() {
		perm := mode
		if missing == nil {
			perm = info.Mode().Perm()
			if o.keys {
				perm &= mode
			}
		}
		temp := fmt.Sprintf("%s.%d.tmp", o.path, os.Getpid())
		if o.file, err = os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm); err == nil {
			o.temp = temp
			return nil
		}
	}
	o.file, err = os.OpenFile(o.path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil || !o.keys {
		return err
	}
	if info, err = o.file.Stat(); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&^mode != 0 {
		err = o.file.Chmod(info.Mode().Perm() & mode)
	}
	return err
}

// Write writes b, buffered.
func (o *output) Write(b []byte) (int, error) {
	n, err := o.buf.Write(b)
	return n, failed(err)
}

func (o *output) flush() error {
	return failed(o.buf.Flush())
}

// close writes what is buffered. A command calls it once, with its own error, and
// returns the result. Without an error, a command without output leaves an empty
// file; with one, an older file stays as it was.
func (o *output) close(err error) error {
	if err == nil || o.path == "" {
		err = cmp.Or(err, o.flush())
	}
	if err == nil && o.path != "" && o.file == nil {
		_, err = o.write(nil)
	}
	if o.file == nil {
		return failed(err)
	}
	if closed := o.file.Close(); err == nil {
		err = closed
	}
	switch {
	case o.temp == "":
	case err == nil:
		err = os.Rename(o.temp, o.path)
	default:
		_ = os.Remove(o.temp) // the other error matters more
	}
	return failed(err)
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
	info, err := in.Stat()
	return err == nil && o.path != "" && isFile(o.path, info)
}

// isFile reports whether path is the regular file that info describes.
func isFile(path string, info os.FileInfo) bool {
	other, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && os.SameFile(info, other)
}
