package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Exit statuses.
const (
	statusFine     = 0
	statusViolated = 1 // something was malformed, or broke a rule
	statusUsage    = 2
	statusFailed   = 3 // input or output failed
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// app is one run of the command.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	status         int // of a run without an error
}

// run runs the command line args and returns the exit status.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr}
	root := a.rootCommand()
	root.SetArgs(args)
	err := root.Execute()
	if err == nil || errors.Is(err, errQuiet) {
		return a.status
	}
	fmt.Fprintf(stderr, "pchc: %s\n", err)
	var f *failure
	if errors.As(err, &f) {
		return f.status
	}
	return statusUsage // cobra's own complaints are about the command line
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

// failed makes an error of reading or writing one that exits with statusFailed.
// A reader that went away, as head does, is no failure.
func failed(err error) error {
	if err == nil || errors.Is(err, errQuiet) {
		return err
	}
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) {
		return errQuiet
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		err = fmt.Errorf("%s: %w", path.Path, path.Err)
	}
	return &failure{statusFailed, err}
}

// errQuiet ends a run early without a word.
var errQuiet = errors.New("nobody reads the output")

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "pchc",
		Short: "Decode, encode and capture messages of the BranchCache hosted cache protocol",
		Long: `pchc reads and writes the messages of the BranchCache hosted cache protocol,
MS-PCHC, and the Content Information of MS-PCCRC.

Exit status: 0 fine; 1 something was malformed or broke a rule, or a capture
lost or hides something; 2 wrong command line; 3 reading or writing failed.`,
		Example: `  pchc pcap capture.pcapng            what clients offered to their hosted cache
  pchc pcap -v capture.pcapng         every field of it
  tcpdump -i eth0 -U -w - tcp | pchc pcap
  pchc decode 0000000101              explain a message given as hex
  xxd message.bin | pchc decode       or as nearly anything else
  pchc decode --json message.bin | jq .fields
  pchc decode --json message.bin | pchc encode --hex
  pchc fuzz --exec ./my-decoder       find what your own decoder does wrong`,
		DisableFlagsInUseLine: true,
		SilenceErrors:         true,
		SilenceUsage:          true,
		Args:                  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				a.status = statusUsage
				cmd.SetOut(a.stderr)
				return cmd.Help()
			}
			return unknownCommand(cmd, args[0])
		},
	}
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(a.decodeCommand(), a.encodeCommand(), a.pcapCommand(), a.checkCommand(), a.specCommand(), a.versionCommand(), a.fuzzCommand(), a.corpusCommand())
	root.InitDefaultHelpCmd()
	for _, c := range root.Commands() {
		if c.Name() == "help" {
			c.Args = func(_ *cobra.Command, args []string) error {
				if found, _, err := root.Find(args); err != nil || found == root && len(args) > 0 {
					return unknownCommand(root, args[0])
				}
				return nil
			}
		}
	}
	return root
}

// unknownCommand says what may have been meant by a word that is no command.
func unknownCommand(root *cobra.Command, word string) error {
	if near := root.SuggestionsFor(word); len(near) > 0 {
		return usagef("there is no command %q; did you mean %s?", word, strings.Join(near, " or "))
	}
	if _, err := os.Stat(word); err == nil {
		return usagef("there is no command %q; to read the file of that name: pchc decode %s, or pchc pcap %[2]s if it is a capture", word, word)
	}
	if strings.Trim(word, "0123456789abcdefABCDEFxX") == "" {
		return usagef("there is no command %q; to decode hex: pchc decode %s", word, word)
	}
	return usagef("there is no command %q; pchc help lists them all", word)
}

// flagError adds the flag that may have been meant to cobra's complaint.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) && len(unknown.GetSpecifiedName()) > 1 {
		best, distance := "", 3
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if d := editDistance(unknown.GetSpecifiedName(), f.Name); d < distance {
				best, distance = f.Name, d
			}
		})
		if best != "" {
			return usagef("%s has no flag --%s; did you mean --%s?", cmd.CommandPath(), unknown.GetSpecifiedName(), best)
		}
	}
	return usagef("%s (%s --help lists the flags)", err, cmd.CommandPath())
}

// editDistance returns how many letters must be put in, left out or replaced to
// make b of a.
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
