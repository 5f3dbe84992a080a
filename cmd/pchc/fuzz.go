package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/model"
	"github.com/hostedcache/pchc/fuzz/report"
	"github.com/hostedcache/pchc/fuzz/seeds"
	"github.com/hostedcache/pchc/internal/printable"
)

// fuzzer is a run of pchc fuzz.
type fuzzer struct {
	*app
	reports reportFlags
	targets targetFlags
	config  campaign.Config
	corpus  []string
	folder  string
	grow    string
	shard   string
	fast    bool
	model   bool
	talk    model.Config // with model
}

func (a *app) fuzzCommand() *cobra.Command {
	f := &fuzzer{app: a}
	cmd := &cobra.Command{
		Use:   "fuzz",
		Short: "Fuzz a decoder, a hosted cache or a client",
		Long: `fuzz sends messages to implementations of MS-PCHC, MS-PCCRC, MS-PCCRR and MS-PCCRD,
in any language, and checks their reactions against the specification:

  --exec COMMAND  a program that reads lines "request HEX", "response HEX" and
                  "content HEX", and answers each with a JSON object as
                  pchc decode --json prints it
  --http URL      a hosted cache, on this machine unless --allow-remote is given;
                  with --start COMMAND pchc runs it itself. With the path of MS-PCCRR
                  (/116B50EB-ECE2-41ac-8429-9F9E963361B7/) a retrieval server, a peer
                  or a hosted cache, whose blocks --content-information verifies
  --serve ADDRESS a client: pchc is its hosted cache, and answers it rightly, wrongly,
                  late, twice or not at all. With --start COMMAND pchc runs the client
                  itself, once for each behaviour; in COMMAND {url} and {https} are the
                  URLs of the hosted cache for version 2.0 and 1.0, without a path, and
                  {ca} a PEM file of its certificate. --tick is for clients whose
                  request timer can be set; --runs counts behaviours
  none of these   the decoders of pchc itself: MS-PCHC, MS-PCCRC, MS-PCCRR, MS-PCCRD,
                  and the buffers of FSCTL_SRV_READ_HASH

With --model, pchc has whole conversations with a hosted cache instead: several clients
offer segments, serve their blocks or stop to do so, lose messages, retrieve, and with
--start the hosted cache restarts. All --http are then URLs of one hosted cache. A
finding is the shortest conversation that shows it.

Each distinct failure is reported once, with the violated requirement and a
minimised reproducer, and saved in a file for pchc fuzz replay. Ctrl-C ends a
campaign early and keeps its findings.

With --baseline only new findings count, and known ones that are no longer found.

The exit status is 1 if there are findings. Otherwise it is 3 if a target could not
be tested to the end, or a client did not meet each behaviour.`,
		Example: `  pchc fuzz --exec ./my-decoder --time 60s
  pchc fuzz --exec 'python3 decoder.py' --runs 100000 --junit report.xml
  pchc fuzz --http http://127.0.0.1:8080 --start './my-cache --port 8080' --html report.html
  pchc fuzz --http http://127.0.0.1:8080 --start './my-cache --port 8080' --model
  pchc fuzz --serve 127.0.0.1:0 --start './my-client offer --cache {url} --cache-v1 {https} --ca {ca}'
  pchc fuzz --time 10m --corpus capture.pcapng
  pchc fuzz --exec ./my-decoder --runs 100000 --seed 7 --shard 1/4 --json -o 1.json
  pchc fuzz merge --html report.html 1.json 2.json 3.json 4.json
  pchc fuzz replay --exec ./my-decoder pchc-findings/*.txt`,
		Args: arguments(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	f.reports.add(cmd)
	flags := cmd.Flags()
	f.targets.add(cmd)
	addBudget(cmd, &f.config, "(default: 1m, unless --runs is given)")
	flags.StringArrayVar(&f.corpus, "corpus", nil, "add the messages in this `FILE` or folder as seeds: files of any fuzzer, or captures (repeatable)")
	flags.StringVar(&f.folder, "findings", "pchc-findings", "save findings in this `FOLDER`")
	flags.StringVar(&f.grow, "grow", "", "save messages that increase coverage in this `FOLDER`")
	flags.BoolVar(&f.model, "model", false, "have conversations with the hosted cache of --http, as the state machines of the specification allow them")
	flags.BoolVar(&f.fast, "fail-fast", false, "end at the first finding that is not in --baseline")
	flags.StringVar(&f.shard, "shard", "", "run only this part of the campaign, such as `1/4`; each part needs the same --seed, --corpus and --jobs")
	cmd.AddCommand(a.replayCommand(), a.mergeCommand(), a.matrixCommand())
	return cmd
}

// addBudget adds the flags of how long a campaign is, and what it depends on.
func addBudget(cmd *cobra.Command, c *campaign.Config, otherwise string) {
	flags := cmd.Flags()
	flags.DurationVar(&c.Time, "time", 0, "end after this `TIME` "+otherwise)
	flags.Int64Var(&c.Executions, "runs", 0, "end after this `NUMBER` of messages")
	flags.Uint64Var(&c.RNGSeed, "seed", 0, "seed the random number generator with this `NUMBER`, to repeat a campaign")
	flags.IntVarP(&c.Jobs, "jobs", "j", 0, "send this `NUMBER` of messages in parallel (default: one per processor)")
}

// checkBudget checks the values of those flags.
func checkBudget(cmd *cobra.Command, c *campaign.Config) error {
	flags := cmd.Flags()
	for _, name := range []string{"time", "runs"} {
		if flags.Changed(name) && (name == "time" && c.Time <= 0 || name == "runs" && c.Executions <= 0) {
			return usagef("--%s must be more than 0", name)
		}
	}
	if c.Jobs < 0 {
		return usagef("--jobs must not be negative")
	}
	return nil
}

// run runs the campaign and reports its findings.
func (f *fuzzer) run(cmd *cobra.Command) (err error) {
	if err := f.setDefaults(cmd); err != nil {
		return err
	}
	if err := f.prepare(cmd); err != nil {
		return err
	}
	if err := f.reports.open(f.app); err != nil {
		return err
	}
	for _, folder := range []string{f.folder, f.grow} {
		if err := writableFolder(folder); err != nil {
			return failed(err)
		}
	}
	var grown []seeds.Seed
	if f.grow != "" {
		var mu sync.Mutex
		f.config.Grown = func(m fuzz.Message) {
			mu.Lock()
			defer mu.Unlock()
			grown = append(grown, seeds.Seed{Message: m})
		}
	}
	var unsaved error
	f.config.Found = func(found *campaign.Finding) {
		unsaved = errors.Join(unsaved, campaign.Save(f.folder, found, f.config.RNGSeed))
	}
	f.config.Changed = func(changed *campaign.Finding) {
		old := changed.File
		unsaved = errors.Join(unsaved, campaign.Save(f.folder, changed, f.config.RNGSeed))
		if changed.File != old {
			unsaved = errors.Join(unsaved, os.Remove(old))
		}
	}
	if f.fast {
		f.config.Stop = func(found *campaign.Finding) bool { return !f.reports.known.Has(found) }
	}
	var c runner
	if f.targets.serve != "" {
		s, err := f.server(cmd)
		if err != nil {
			return err
		}
		defer func() { _ = s.Close() }()
		c = s
	} else if c, err = f.runner(); err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	result, err := f.campaign(ctx, c)
	r := f.report(result)
	if f.status = f.reports.status(r); f.status == statusViolated {
		err = nil // the report has the error
	}
	err = errors.Join(failed(errors.Join(hinted(err), unsaved)), f.save(grown))
	if f.targets.start == "" && slices.ContainsFunc(result.Findings, func(found campaign.Finding) bool {
		return found.Fault == fuzz.Crash && slices.Contains(f.targets.http, found.Target)
	}) {
		fmt.Fprintln(f.stderr, "pchc: a hosted cache stopped accepting connections; with --start COMMAND pchc sees when and why it exits")
	}
	where := ""
	if unsaved == nil {
		where = ", saved in " + printable.String(f.folder)
	}
	return errors.Join(err, f.reports.write(r, where))
}

// report adds to the result of a campaign what only the command knows: how to
// replay a finding.
func (f *fuzzer) report(result *campaign.Result) *report.Report {
	r := &report.Report{Result: result, Version: version(), Caches: f.targets.http}
	arguments := map[string]string{} // by name of the target
	flags := f.targets.arguments()
	if f.model {
		flags = []string{strings.Join(flags, " ")}
	}
	for i := range flags {
		arguments[result.Targets[i].Name] = flags[i]
	}
	r.Replay = func(found *campaign.Finding) string {
		words := []string{"pchc", "fuzz", "replay", arguments[found.Target], report.Quote(found.File)}
		return strings.Join(slices.DeleteFunc(words, func(word string) bool { return word == "" }), " ")
	}
	return r
}

// readSeeds returns the shipped messages and those of --corpus, without the keys of
// captures, since findings are shown and shared.
func (f *fuzzer) readSeeds() ([]fuzz.Message, error) {
	shipped, err := seeds.Shipped()
	if err != nil {
		return nil, err
	}
	r := new(seeds.Reader)
	if err := r.Add(shipped...); err != nil {
		return nil, err
	}
	for _, name := range f.corpus {
		if err := (&seedSource{app: f.app}).readOne(r, name); err != nil {
			return nil, err
		}
	}
	var messages []fuzz.Message
	for _, s := range r.Seeds() {
		messages = append(messages, s.Message)
	}
	return messages, nil
}

// save writes the messages that increased coverage, minimised.
func (f *fuzzer) save(grown []seeds.Seed) error {
	if len(grown) == 0 {
		return nil
	}
	// The order depends on time; the file must not.
	slices.SortFunc(grown, func(a, b seeds.Seed) int { return bytes.Compare(a.Bytes, b.Bytes) })
	_, err := seeds.Write(f.grow, seeds.Lines, seeds.Kinds(), seeds.Minimise(grown))
	return failed(err)
}

// setDefaults sets defaults that depend on other flags.
func (f *fuzzer) setDefaults(cmd *cobra.Command) error {
	flags := cmd.Flags()
	if err := checkBudget(cmd, &f.config); err != nil {
		return err
	}
	if f.shard != "" {
		var err error
		if f.config.Shard, f.config.Shards, err = report.ParseShard(f.shard); err != nil {
			return usagef("--shard: %v", err)
		}
		if !flags.Changed("seed") {
			return usagef("--shard needs --seed, the same for all parts")
		}
	}
	if !flags.Changed("time") && !flags.Changed("runs") {
		f.config.Time = time.Minute
	}
	if !flags.Changed("seed") {
		f.config.RNGSeed = uint64(rand.Uint32())
	}
	return nil
}

// runner is a campaign, or a run of conversations.
type runner interface {
	Run(context.Context) (*campaign.Result, error)
	Result() *campaign.Result
}

// campaign runs c and shows its progress until it ends or ctx is done.
func (f *fuzzer) campaign(ctx context.Context, c runner) (*campaign.Result, error) {
	progress := report.NewProgress(f.stderr, terminalWidth(f.stderr), report.Budget{Time: f.config.Time, Executions: f.config.Executions})
	ended := make(chan struct{})
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				progress.Update(c.Result())
			case <-ended:
				progress.Close()
				return
			}
		}
	}()
	result, err := c.Run(ctx)
	close(ended)
	<-closed
	return result, err
}
