package main

import (
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
	flags.StringVar(&w.format, "format", string(seeds.Raw), "write in this `FORMAT`: "+strings.Join(formats, ", "))
	flags.StringArrayVar(&w.targets, "target", nil, "write seeds for this fuzz target: `NAME:KIND`, where KIND is request, response, content or answer (repeatable; default request, response and content)")
	flags.StringVar(&w.to, "to", "", "write to this `DIR`")
	_ = cmd.MarkFlagRequired("to")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
}

func (a *app) corpusExportCommand() *cobra.Command {
	w := &corpusWriter{seedSource: seedSource{app: a}}
	cmd := &cobra.Command{
		Use:   "export --to DIR [FILE|DIR|-]...",
		Short: "Convert seeds to the format of a fuzzer",
		Long: `export writes the seeds of each target to DIR:

  raw        TARGET/NAME
  gotest     testdata/fuzz/TARGET/NAME, as go test reads them
  gofuzz     TARGET/corpus/SHA-1, for go-fuzz -workdir=TARGET
  libfuzzer  TARGET/SHA-1, with the dictionary pchc.dict
  afl        TARGET/NAME, with the dictionary pchc.dict
  ossfuzz    TARGET_seed_corpus.zip and TARGET.dict
  lines      TARGET.txt, lines "request HEX", for pchc fuzz

Inputs of targets of kind answer are a byte with the Type of the request (0 if
unknown), followed by the response.`,
		Example: `  pchc corpus export --format libfuzzer --to seeds && ./request_fuzzer -dict=seeds/pchc.dict seeds/request
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
		Use:   "import --to DIR FILE|DIR|-...",
		Short: "Collect seeds of fuzzers and captures in one directory",
		Long: `import adds seeds in any format, and the messages of packet captures, to DIR. It
names files by the SHA-1 of their bytes, so it neither duplicates nor overwrites
anything.

Since people share seeds, import replaces segment keys (SegmentSecret) in captures by
pseudo-random bytes. A malformed message may contain keys anywhere, so all its longer
byte strings are replaced. --keep-secrets keeps everything.

Only targets of kind answer record the Type of the request to which a response belongs.`,
		Example: `  pchc corpus import --to ~/growth capture.pcapng
  pchc corpus import --to ~/growth "$(go env GOCACHE)/fuzz/example.com/cache/FuzzOffer" --as request
  pchc corpus import --to ~/growth request_seed_corpus.zip afl-out
  pchc fuzz --corpus ~/growth`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("missing FILE: pchc corpus import --to DIR FILE...")
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
		Use:   "minimise --to DIR [FILE|DIR|-]...",
		Short: "Reduce seeds without losing coverage",
		Long: `minimise writes a subset of the seeds with the same coverage to DIR. It prefers small
seeds.

Coverage counts points of the specification: fields with values of different
classes, lengths of lists, violations of rules and where they occur. So the result
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
			w.notef("pchc: kept %d of %s, covering the same %d points", len(least), message.Count(len(all), "seed"), m.Len())
			return w.write(least)
		},
	}
	w.add(cmd)
	return cmd
}

// write writes seeds, and reports what was written.
func (w *corpusWriter) write(all []seeds.Seed) error {
	format := seeds.Format(w.format)
	if !slices.Contains(seeds.Formats(), format) {
		return usagef("--format %q: unknown format (see pchc corpus export --help)", clip(w.format))
	}
	var targets []seeds.Target
	if len(w.targets) == 0 { // the kinds that there are
		targets = slices.DeleteFunc(seeds.Kinds(), func(t seeds.Target) bool {
			return !slices.ContainsFunc(all, func(s seeds.Seed) bool { return s.Kind == t.Kind })
		})
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
		w.notef("pchc: %s: %s", t.Target, message.Count(t.Inputs, "seed"))
	}
	return failed(err)
}
