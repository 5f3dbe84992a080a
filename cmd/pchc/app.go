package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/internal/printable"
	"github.com/hostedcache/pchc/internal/process"
	"github.com/hostedcache/pchc/spec"
)

// Exit statuses.
const (
	statusFine     = 0
	statusViolated = 1 // violations found, a file damaged, or a capture incomplete or unreadable
	statusUsage    = 2
	statusFailed   = 3 // input or output failed, or a target could not be tested
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// app is one run of the command.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	status         int    // exit status of a run without an error
	follow         bool   // wait at the end of a capture
	parallel       bool   // others read other captures at the same time
	keylog         string // file with keys of TLS, "" for none
	pager          *pager // of standard output, nil for none
	help           remembering
}

// run runs the command line args and returns the exit status. It prints usage
// errors with the path of the subcommand, others with the name of the program.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr, help: remembering{Writer: stdout}}
	root := a.rootCommand(args)
	root.SetArgs(args)
	cmd, err := root.ExecuteC()
	a.pager.close()
	if a.help.err != nil {
		err = failed(a.help.err)
	}
	if err == nil || errors.Is(err, errQuiet) {
		return a.status
	}
	return a.complain(cmd, err)
}

// remembering is where the help goes, whose errors cobra does not look at.
type remembering struct {
	io.Writer
	err error // the first
}

func (r *remembering) Write(b []byte) (int, error) {
	n, err := r.Writer.Write(b)
	r.err = cmp.Or(r.err, err)
	return n, err
}

// complain prints an error of a command, and returns the exit status.
func (a *app) complain(cmd *cobra.Command, err error) int {
	status, by := statusUsage, cmd.CommandPath()
	var f *failure
	if errors.As(err, &f) && f.status != statusUsage {
		status, by = f.status, cmd.Root().Name()
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		a.notef("%s: %s", by, line)
	}
	return status
}

// notef prints a line to standard error. It may quote anything: control characters
// are escaped, and a long line loses its middle.
func (a *app) notef(format string, args ...any) {
	const most = 1000
	line := printable.String(fmt.Sprintf(format, args...))
	if len(line) > most {
		line = strings.ToValidUTF8(line[:most/2]+" ... "+line[len(line)-most/2:], "")
	}
	fmt.Fprintln(a.stderr, line)
}

// failure is an error that decides the exit status.
type failure struct {
	status int
	err    error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

func usagef(format string, args ...any) error {
	return &failure{statusUsage, fmt.Errorf(format, args...)}
}

// failed turns an error of reading or writing into one with statusFailed, unless it
// has a status. A closed output pipe, as after head, is not an error.
func failed(err error) error {
	var f *failure
	if err == nil || errors.Is(err, errQuiet) || errors.As(err, &f) {
		return err
	}
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) {
		return errQuiet
	}
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		err = fmt.Errorf("%s: %w", path.Path, path.Err)
	case errors.As(err, &link):
		err = fmt.Errorf("%s: %w", link.New, link.Err)
	}
	return &failure{statusFailed, err}
}

// errQuiet ends a run early without a message.
var errQuiet = errors.New("the reader of the output went away")

// interruptible returns a context that a signal to end cancels. A second signal
// kills the child processes and ends the program. stop ends that.
func interruptible() (ctx context.Context, stop context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as under nohup
		signal.Notify(signals, syscall.SIGHUP)
	}
	stopped := make(chan struct{})
	go func() {
		for count := 1; ; count++ {
			select {
			case s := <-signals:
				cancel()
				if count == 2 {
					process.KillAll()
					os.Exit(128 + int(s.(syscall.Signal))) // as shells report it
				}
			case <-stopped:
				return
			}
		}
	}()
	return ctx, sync.OnceFunc(func() {
		signal.Stop(signals)
		cancel()
		close(stopped)
	})
}

var dialects = []string{"spec", "windows"} // values of --dialect

// addDialect adds --dialect. what says what is checked against it.
func addDialect(cmd *cobra.Command, value *string, otherwise, what string) {
	cmd.Flags().StringVar(value, "dialect", otherwise, what+" against this `DIALECT`: spec, or windows, which allows what Windows servers do")
	_ = cmd.RegisterFlagCompletionFunc("dialect", cobra.FixedCompletions(dialects, cobra.ShellCompDirectiveNoFileComp))
}

func checkDialect(value string) error {
	if !slices.Contains(dialects, value) {
		return usagef("--dialect must be %s, not %q", strings.Join(dialects, " or "), clip(value))
	}
	return nil
}

var kindNames = []string{"request", "response", "content"} // by spec.Kind, from 1

// fuzzedNames are the kinds of messages that pchc fuzz knows.
var fuzzedNames = func() (names []string) {
	for _, kind := range fuzz.Kinds() {
		names = append(names, kind.String())
	}
	return names
}()

// decodedNames are the kinds that pchc decode knows: those, buffers of SMB2, and
// messages of MS-PCCRR and MS-PCCRD.
var decodedNames = append(kindNames[:3:3], spec.HashRequest.String(), spec.HashResponse.String(),
	spec.RetrievalRequest.String(), spec.RetrievalResponse.String(), spec.Discovery.String())

// clip shortens an argument for an error.
func clip(s string) string {
	if len(s) > 24 {
		return s[:24] + "..."
	}
	return s
}

// nearest returns the name with the smallest edit distance to word, ignoring case,
// or "" if that is not below limit.
func nearest(word string, names []string, limit int) string {
	best := ""
	for _, name := range names {
		if d := editDistance(strings.ToLower(word), strings.ToLower(name)); d < limit {
			best, limit = name, d
		}
	}
	return best
}

// editDistance returns the Levenshtein distance of a and b.
func editDistance(a, b string) int {
	above := make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := range len(a) {
		left, diagonal := i+1, i
		for j := range len(b) {
			here := min(left, above[j+1]) + 1
			if a[i] == b[j] {
				here = min(here, diagonal)
			} else {
				here = min(here, diagonal+1)
			}
			diagonal, above[j+1], left = above[j+1], here, here
		}
		above[0] = i + 1
	}
	return above[len(b)]
}

// writeJSON writes v on a line.
func writeJSON(out *output, v any) error { return json.NewEncoder(printable.JSON(out)).Encode(v) }
