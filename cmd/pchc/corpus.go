package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hostedcache/pchc/fuzz/seeds"
	"github.com/hostedcache/pchc/spec"
)

func (a *app) corpusCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "corpus",
		Short: "List, convert and minimise test vectors and fuzzing seeds",
		Long: `corpus works on seeds: messages to test a decoder with, or to start fuzzing from.
Without a FILE these are the test vectors that pchc ships. A FILE or DIR may contain

  raw messages, one per file, also in an OSS-Fuzz archive (zip)
  seeds of go test (go test fuzz v1), go-fuzz, libFuzzer or AFL
  lines "request HEX", as pchc fuzz saves and replays them
  test vectors (JSON)
  packet captures

The input format is detected automatically. The kind of a raw file comes from the
directory that it is in, if that is named after a target (request, discovery or the like,
or one of pchc's own), or from --as; otherwise pchc guesses it from the first bytes.`,
		Example: `  pchc corpus list --rule PCHC-2.2.1.2-Port
  pchc corpus show batched_offer.128-and-1-byte
  pchc corpus export --format libfuzzer --target my_fuzzer:request --to seeds
  pchc corpus import --to ~/growth capture.pcapng testdata/fuzz
  pchc corpus minimise --to small ~/growth
  pchc corpus stats`,
		Args: cobra.ArbitraryArgs,
		RunE: missingSubcommand,
	}
	cmd.AddCommand(a.corpusListCommand(), a.corpusShowCommand(), a.corpusExportCommand(), a.corpusImportCommand(),
		a.corpusMinimiseCommand(), a.corpusStatsCommand())
	return cmd
}

// seedSource is where a command's seeds come from.
type seedSource struct {
	*app
	as          string
	keepSecrets bool
}

func (s *seedSource) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.as, "as", "", "decode raw messages as this `KIND`: request, response, content, or answer (a response after a byte with the Type of its request)")
	_ = cmd.RegisterFlagCompletionFunc("as", cobra.FixedCompletions([]string{"request", "response", "content", "answer"}, cobra.ShellCompDirectiveNoFileComp))
}

// addSecrets adds the flag of commands that write seeds.
func (s *seedSource) addSecrets(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&s.keepSecrets, "keep-secrets", false, "keep the segment keys (SegmentSecret) of captures, for seeds that you will not share")
}

// read returns the seeds in files and folders, or the shipped ones if there are no
// names.
func (s *seedSource) read(names []string) ([]seeds.Seed, error) {
	if len(names) == 0 {
		if s.as != "" {
			return nil, usagef("--as applies to raw messages in a FILE; none given")
		}
		return seeds.Shipped()
	}
	r := &seeds.Reader{KeepSecrets: s.keepSecrets}
	if s.as != "" {
		t, err := seeds.ParseTarget("as:" + s.as)
		if err != nil {
			return nil, usagef("--as %q: must be request, response, content or answer", clip(s.as))
		}
		r.Target = &t
	}
	for _, name := range names {
		if err := s.readOne(r, name); err != nil {
			return nil, err
		}
	}
	for _, skipped := range r.Skipped {
		s.notef("pchc: skipped %s", skipped)
	}
	return r.Seeds(), nil
}

func (s *seedSource) readOne(r *seeds.Reader, name string) error {
	read := r.Read
	if name == "-" {
		if isTerminal(s.stdin) {
			return usagef("standard input is a terminal; give a FILE, or pipe seeds into it")
		}
		read = func(string) error { return r.ReadFile("standard input", s.stdin) }
	}
	err := read(name)
	var malformed *seeds.FormatError
	if errors.As(err, &malformed) {
		return &failure{statusViolated, err}
	}
	return failed(err)
}

// verdict summarises whether a message is valid.
func verdict(d *spec.Dissection) string {
	if first, broken := d.First(); broken {
		return "INVALID: " + first.Rule + " at " + fmt.Sprint(first.Offset)
	}
	if len(d.Violations) == 0 {
		return "valid"
	}
	var rules []string
	for _, b := range d.Violations {
		if !slices.Contains(rules, b.Rule) {
			rules = append(rules, b.Rule)
		}
	}
	return "valid, but " + strings.Join(rules, ", ")
}
