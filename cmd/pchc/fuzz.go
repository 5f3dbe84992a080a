package main

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	exectarget "github.com/hostedcache/pchc/fuzz/target/exec"
	httptarget "github.com/hostedcache/pchc/fuzz/target/http"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/report"
	"github.com/hostedcache/pchc/fuzz/seeds"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// targetFlags say what is to be tried.
type targetFlags struct {
	exec        []string
	http        []string
	allowRemote bool
	header      []string
	insecure    bool
	ca          string
	rate        float64
	connections int
	timeout     time.Duration
	slow        time.Duration
	strict      bool
	kinds       []string
}

func (f *targetFlags) add(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.exec, "exec", nil, "try a decoder: a `COMMAND` that answers lines \"request HEX\" with JSON (repeatable)")
	flags.StringArrayVar(&f.http, "http", nil, "try a hosted cache that runs at this `URL` (repeatable)")
	flags.BoolVar(&f.allowRemote, "allow-remote", false, "let --http go to other machines than this one")
	flags.StringArrayVar(&f.header, "header", nil, "send this `HEADER` (Name: value) with each request of --http (repeatable)")
	flags.BoolVar(&f.insecure, "insecure", false, "do not verify the certificates of --http")
	flags.StringVar(&f.ca, "ca", "", "trust the certificates in this PEM `FILE`")
	flags.Float64Var(&f.rate, "rate", 0, "send at most this `NUMBER` of messages a second to each --http (0: no limit)")
	flags.IntVar(&f.connections, "connections", 0, "keep this `NUMBER` of connections to each --http (0: a few)")
	flags.StringSliceVar(&f.kinds, "kinds", kindNames, "try --exec with these `KINDS` of messages only")
	flags.DurationVar(&f.timeout, "timeout", time.Second, "who does not answer for this `TIME` hangs (a sixteenth more for each KiB)")
	flags.DurationVar(&f.slow, "slow", 200*time.Millisecond, "who takes this `TIME` for one message again and again is slow")
	flags.BoolVar(&f.strict, "strict", false, "hold --http to the text of MS-PCHC where Windows servers differ from it")
}

// targets returns what the flags name; the codec of this module if that is
// nothing.
func (f *targetFlags) targets() ([]target.Target, error) {
	var all []target.Target
	if f.timeout <= 0 || f.slow <= 0 {
		return nil, usagef("--timeout and --slow are more than 0")
	}
	var kinds []spec.Kind
	for _, name := range f.kinds {
		kind := slices.Index(kindNames, name)
		if kind < 0 {
			return nil, usagef("--kinds is %s, not %q", strings.Join(kindNames, ", "), name)
		}
		kinds = append(kinds, spec.Kind(1+kind))
	}
	for _, command := range f.exec {
		all = append(all, exectarget.New(command, exectarget.Options{Kinds: kinds, Timeout: f.timeout, Slow: f.slow}))
	}
	header := http.Header{}
	for _, h := range f.header {
		name, value, ok := strings.Cut(h, ":")
		if !ok || strings.TrimSpace(name) == "" {
			return nil, usagef("--header is \"Name: value\", not %q", clip(h))
		}
		header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	for _, url := range f.http {
		t, err := httptarget.New(url, httptarget.Options{
			Header: header, AllowRemote: f.allowRemote, Concurrency: f.connections, Rate: f.rate,
			Timeout: f.timeout, Slow: f.slow, Insecure: f.insecure, RootCAs: f.ca, Strict: f.strict,
		})
		if err != nil {
			return nil, usagef("%s", err)
		}
		all = append(all, t)
	}
	if len(all) == 0 {
		all = target.Codec()
	}
	return all, nil
}

// replay returns the flags that name a target again, and whether it is a hosted
// cache.
func (f *targetFlags) replay(i int) (flags string, cache bool) {
	if i < len(f.exec) {
		return "--exec " + report.Quote(f.exec[i]), false
	}
	if i -= len(f.exec); i >= len(f.http) {
		return "", false
	}
	words := []string{"--http", report.Quote(f.http[i])}
	for _, h := range f.header {
		name, _, _ := strings.Cut(h, ":")
		words = append(words, "--header", report.Quote(name+": ...")) // it may be a password
	}
	if f.allowRemote {
		words = append(words, "--allow-remote")
	}
	if f.insecure {
		words = append(words, "--insecure")
	}
	if f.ca != "" {
		words = append(words, "--ca", report.Quote(f.ca))
	}
	if f.strict {
		words = append(words, "--strict")
	}
	return strings.Join(words, " "), true
}

// fuzzer is a run of pchc fuzz.
type fuzzer struct {
	*app
	flags   outputFlags
	targets targetFlags
	config  campaign.Config
	seeds   []string
	folder  string
	grow    string
	junit   string
	sarif   string
	html    string
}

func (a *app) fuzzCommand() *cobra.Command {
	f := &fuzzer{app: a}
	cmd := &cobra.Command{
		Use:   "fuzz",
		Short: "Find what a decoder or a hosted cache does wrong",
		Long: `fuzz tries messages on implementations of MS-PCHC and MS-PCCRC in any language,
and judges what they do by the specification:

  --exec COMMAND  a program that reads lines "request HEX", "response HEX" and
                  "content HEX", and answers each with a JSON object as
                  pchc decode --json prints it
  --http URL      a hosted cache that runs, on this machine unless
                  --allow-remote is given
  neither         the codec that pchc itself is made of

Each thing that goes wrong is told once, with the requirement that it is about
and the least message that shows it, and is saved in a file for
pchc fuzz replay. Ctrl-C ends a campaign early, with all that it found.

The exit status is 1 if anything was found.`,
		Example: `  pchc fuzz --exec ./my-decoder --time 60s
  pchc fuzz --exec 'python3 decoder.py' --execs 100000 --junit report.xml
  pchc fuzz --http http://127.0.0.1:8080 --html report.html
  pchc fuzz --time 10m --seeds capture.pcapng
  pchc fuzz replay --exec ./my-decoder pchc-findings/*.txt`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	f.flags.addBasic(cmd)
	flags := cmd.Flags()
	f.targets.add(flags)
	flags.DurationVar(&f.config.Time, "time", 0, "end after this `TIME` (one minute if --execs is not given either)")
	flags.Int64Var(&f.config.Executions, "execs", 0, "end after this `NUMBER` of messages")
	flags.Uint64Var(&f.config.Seed, "seed", 0, "begin with this `NUMBER`, to repeat a campaign (default: a random one)")
	flags.IntVarP(&f.config.Jobs, "jobs", "j", 0, "try this `NUMBER` of messages at a time (default: one for each processor)")
	flags.StringArrayVar(&f.seeds, "seeds", nil, "begin with the messages in this `FILE` or folder, too: seeds of any fuzzer, or captures (repeatable)")
	flags.StringVar(&f.folder, "findings", "pchc-findings", "save findings in this `FOLDER`")
	flags.StringVar(&f.grow, "grow", "", "save messages that cover something new in this `FOLDER`")
	flags.StringVar(&f.junit, "junit", "", "write JUnit XML to this `FILE`, too")
	flags.StringVar(&f.sarif, "sarif", "", "write SARIF 2.1.0 to this `FILE`, too")
	flags.StringVar(&f.html, "html", "", "write a page with plots to this `FILE`, too")
	cmd.AddCommand(a.replayCommand())
	return cmd
}

// run runs the campaign and tells what came of it.
func (f *fuzzer) run(cmd *cobra.Command) (err error) {
	if err := f.settle(cmd); err != nil {
		return err
	}
	if f.config.Targets, err = f.targets.targets(); err != nil {
		return err
	}
	if f.config.Seeds, err = f.readSeeds(); err != nil {
		return err
	}
	reports, err := f.reports()
	if err != nil {
		return err
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
		unsaved = errors.Join(unsaved, campaign.Save(f.folder, found, f.config.Seed))
	}
	c, err := campaign.New(f.config)
	if err != nil {
		return err
	}
	result, err := f.campaign(c)
	err = errors.Join(failed(errors.Join(err, unsaved)), f.save(grown))
	if len(result.Findings) > 0 {
		f.status = statusViolated
	}
	for _, r := range reports {
		err = errors.Join(err, r.output.close(r.write(r.output, f.report(result))))
	}
	return err
}

// report adds to the result of a campaign what only the command knows.
func (f *fuzzer) report(result *campaign.Result) *report.Report {
	r := &report.Report{Result: result, Version: version()}
	arguments := map[string]string{} // that name a target
	for i := range result.Targets {
		name := result.Targets[i].Name
		flags, cache := f.targets.replay(i)
		if cache {
			r.Caches = append(r.Caches, name)
		}
		arguments[name] = flags
	}
	r.Replay = func(found *campaign.Finding) string {
		words := []string{"pchc", "fuzz", "replay", arguments[found.Target], report.Quote(found.File)}
		return strings.Join(slices.DeleteFunc(words, func(word string) bool { return word == "" }), " ")
	}
	return r
}

// readSeeds returns the shipped messages, and those that --seeds names, without
// the keys of captures: what is found is shown and shared.
func (f *fuzzer) readSeeds() ([]fuzz.Message, error) {
	shipped, err := seeds.Shipped()
	if err != nil {
		return nil, err
	}
	r := new(seeds.Reader)
	if err := r.Add(shipped...); err != nil {
		return nil, err
	}
	for _, name := range f.seeds {
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

// save writes what covered something new, as few of it as cover all that.
func (f *fuzzer) save(grown []seeds.Seed) error {
	if len(grown) == 0 {
		return nil
	}
	// The targets take turns as time goes; the file is the same all the same.
	slices.SortFunc(grown, func(a, b seeds.Seed) int { return bytes.Compare(a.Bytes, b.Bytes) })
	_, err := seeds.Write(f.grow, seeds.Lines, seeds.Kinds(), seeds.Minimise(grown))
	return failed(err)
}

// settle fills in what the flags leave open.
func (f *fuzzer) settle(cmd *cobra.Command) error {
	flags := cmd.Flags()
	if f.config.Time < 0 || f.config.Executions < 0 || f.config.Jobs < 0 {
		return usagef("--time, --execs and --jobs are not negative")
	}
	if !flags.Changed("time") && !flags.Changed("execs") {
		f.config.Time = time.Minute
	}
	if !flags.Changed("seed") {
		f.config.Seed = uint64(rand.Uint32())
	}
	return nil
}

// reportFile is a report, and where it goes.
type reportFile struct {
	output *output
	write  func(io.Writer, *report.Report) error
}

// reports returns the reports that the flags ask for.
func (f *fuzzer) reports() ([]reportFile, error) {
	out := f.output(f.flags.file)
	printer, err := f.flags.printer(out)
	if err != nil {
		return nil, err
	}
	first := reportFile{out, func(w io.Writer, r *report.Report) error { return report.Text(w, r, &printer.Text) }}
	if f.flags.json {
		first.write = report.JSON
	}
	all := []reportFile{first}
	for _, r := range []struct {
		path  string
		write func(io.Writer, *report.Report) error
	}{
		{f.junit, report.JUnit},
		{f.sarif, report.SARIF},
		{f.html, report.HTML},
	} {
		if r.path != "" {
			all = append(all, reportFile{f.output(r.path), r.write})
		}
	}
	return all, nil
}

// campaign runs c and tells how far it is, until it ends or the user interrupts
// it. A second interrupt ends the program.
func (f *fuzzer) campaign(c *campaign.Campaign) (*campaign.Result, error) {
	ctx, stop := interruptible()
	defer stop()
	progress := report.NewProgress(f.stderr, terminalWidth(f.stderr), report.Budget{Time: f.config.Time, Executions: f.config.Executions})
	ended := make(chan struct{})
	told := make(chan struct{})
	go func() {
		defer close(told)
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
	<-told
	return result, err
}
