package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hostedcache/pchc/fuzz/coverage"
	"github.com/hostedcache/pchc/fuzz/seeds"
	"github.com/hostedcache/pchc/internal/message"
)

// corpusWriter is a run of pchc corpus export, import or minimise.
type corpusWriter struct {
	seedSource
	format  string
	targets []string
	to      string
}

func (w *corpusWriter) add(cmd *cobra.Command) {
	w.seedSource.add(cmd)
	w.addSecrets(cmd)
	flags := cmd.Flags()
	var formats []string
	for _, f := range seeds.Formats() {
		formats = append(formats, string(f))
	}
	flags.StringVar(&w.format, "format", string(seeds.Raw), "write this `FORMAT`: "+strings.Join(formats, ", "))
	flags.StringArrayVar(&w.targets, "target", nil, "write seeds for this fuzz target: `NAME:KIND`, where KIND is request, response, content or answer (repeatable; default: request, response and content)")
	flags.StringVar(&w.to, "to", "", "write to this `FOLDER`")
	_ = cmd.MarkFlagRequired("to")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
}

func (a *app) corpusExportCommand() *cobra.Command {
	w := &corpusWriter{seedSource: seedSource{app: a}}
	cmd := &cobra.Command{
		Use:   "export --to FOLDER [FILE|FOLDER|-]...",
		Short: "Write seeds as a fuzzer wants them",
		Long: `export writes seeds below a folder, for each target:

  raw        TARGET/NAME
  gotest     testdata/fuzz/TARGET/NAME, as go test reads them
  gofuzz     TARGET/corpus/SHA-1, for go-fuzz -workdir=TARGET
  libfuzzer  TARGET/SHA-1, with the dictionary pchc.dict
  afl        TARGET/NAME, with the dictionary pchc.dict
  ossfuzz    TARGET_seed_corpus.zip and TARGET.dict
  lines      TARGET.txt, lines "request HEX", for pchc fuzz

A target of kind answer takes responses with one byte in front, the Type of the
request that is answered, 0 where that is not known.`,
		Example: `  pchc corpus export --format libfuzzer --to fuzz && ./request_fuzzer -dict=fuzz/pchc.dict fuzz/request
  pchc corpus export --format gotest --target FuzzMyOffer:request --to .
  pchc corpus export --format ossfuzz --target parse_content:content --to "$OUT"
  pchc corpus export --format lines --to growth capture.pcapng`,
		RunE: func(_ *cobra.Command, args []string) error {
			all, err := w.read(args)
			if err != nil {
				return err
			}
			return w.write(all)
		},
	}
	w.add(cmd)
	return cmd
}

func (a *app) corpusImportCommand() *cobra.Command {
	w := &corpusWriter{seedSource: seedSource{app: a}}
	cmd := &cobra.Command{
		Use:   "import --to FOLDER FILE|FOLDER|-...",
		Short: "Collect what fuzzers and captures have in a folder of your own",
		Long: `import adds seeds of any format, and the messages of packet captures, to a folder:
the growth set of your campaigns. Files are named by the SHA-1 of their bytes, so
nothing is there twice, and nothing is replaced.

Segment keys (SegmentSecret) in captures are replaced by pseudo-random bytes, as
seeds get shared. A message that is malformed may hold keys anywhere, so all its
longer byte strings are replaced. --keep-secrets leaves everything as it is.

Which request a response answers is kept by targets of kind answer only.`,
		Example: `  pchc corpus import --to ~/growth capture.pcapng
  pchc corpus import --to ~/growth "$(go env GOCACHE)/fuzz/example.com/cache/FuzzOffer" --as request
  pchc corpus import --to ~/growth request_seed_corpus.zip afl-out
  pchc fuzz --seeds ~/growth`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("nothing to import: pchc corpus import --to FOLDER FILE...")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			all, err := w.read(args)
			if err != nil {
				return err
			}
			for i := range all {
				all[i].Name = ""
			}
			return w.write(all)
		},
	}
	w.add(cmd)
	return cmd
}

func (a *app) corpusMinimiseCommand() *cobra.Command {
	w := &corpusWriter{seedSource: seedSource{app: a}}
	cmd := &cobra.Command{
		Use:   "minimise --to FOLDER [FILE|FOLDER|-]...",
		Short: "Write the smallest seeds that cover the same",
		Long: `minimise writes those seeds that cover what all of them do: the smallest first,
each that covers something that no smaller one does.

What is covered are points of the specification: fields with values of different
classes, lengths of lists, violations of rules and their places. So the result
suits any implementation, in any language.`,
		Example: `  pchc corpus minimise --to small ~/growth
  pchc corpus minimise --format afl --to afl-in ~/growth afl-out`,
		RunE: func(_ *cobra.Command, args []string) error {
			all, err := w.read(args)
			if err != nil {
				return err
			}
			least := seeds.Minimise(all)
			var m coverage.Map
			for _, s := range least {
				m.Add(s.Dissect())
			}
			fmt.Fprintf(w.stderr, "pchc: %d of %s cover the same %d points\n", len(least), message.Count(len(all), "seed"), m.Len())
			return w.write(least)
		},
	}
	w.add(cmd)
	return cmd
}

// write writes seeds to the folder, and says what was written.
func (w *corpusWriter) write(all []seeds.Seed) error {
	format := seeds.Format(w.format)
	if !slices.Contains(seeds.Formats(), format) {
		return usagef("there is no format %q; pchc corpus export --help lists them", clip(w.format))
	}
	targets := seeds.Kinds()
	if len(w.targets) > 0 {
		targets = nil
	}
	for _, name := range w.targets {
		t, err := seeds.ParseTarget(name)
		if err != nil {
			return usagef("--target: %s", err)
		}
		targets = append(targets, t)
	}
	written, err := seeds.Write(w.to, format, targets, all)
	for _, t := range written {
		fmt.Fprintf(w.stderr, "pchc: %s: %s\n", t.Target, message.Count(t.Inputs, "seed"))
	}
	return failed(err)
}
