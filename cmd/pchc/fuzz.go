package main

import (
	"bytes"
	"errors"
	"fmt"
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

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/report"
	"github.com/hostedcache/pchc/fuzz/seeds"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/internal/printable"
	"github.com/hostedcache/pchc/spec"
)

// targetFlags select and configure the targets.
type targetFlags struct {
	exec        []string
	http        []string
	start       string
	exitWait    time.Duration // that the command of --start gets to end after the last message
	allowRemote bool
	header      []string
	insecure    bool
	ca          string
	rate        float64
	connections int
	timeout     time.Duration
	slow        time.Duration
	dialect     string
	kinds       []string
}

const (
	defaultTimeout = time.Second
	defaultSlow    = 200 * time.Millisecond
)

func (f *targetFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&f.exec, "exec", nil, "fuzz a decoder: a `COMMAND` that answers lines \"request HEX\" with JSON (repeatable)")
	flags.StringArrayVar(&f.http, "http", nil, "fuzz the hosted cache at this `URL` (repeatable)")
	flags.StringVar(&f.start, "start", "", "run the hosted cache of --http with this `COMMAND`, restart it when it exits, and report its exit status and output")
	flags.BoolVar(&f.allowRemote, "allow-remote", false, "allow --http on other machines")
	flags.StringArrayVar(&f.header, "header", nil, "send this `HEADER` (Name: value) with each request of --http (repeatable)")
	flags.BoolVar(&f.insecure, "insecure", false, "do not verify the certificates of --http")
	flags.StringVar(&f.ca, "ca", "", "trust the certificates in this PEM `FILE`")
	flags.Float64Var(&f.rate, "rate", 0, "send at most this `NUMBER` of messages per second to each --http (0: no limit)")
	flags.IntVar(&f.connections, "connections", 0, "open at most this `NUMBER` of connections to each --http (0: 16)")
	flags.StringSliceVar(&f.kinds, "kinds", kindNames, "send --exec only these `KINDS` of messages")
	flags.DurationVar(&f.timeout, "timeout", defaultTimeout, "report a hang after `TIME` without a reply (+1/16 per KiB sent)")
	flags.DurationVar(&f.slow, "slow", defaultSlow, "report a target that repeatedly needs more than `TIME` for one message (+1/16 per KiB sent)")
	addDialect(cmd, &f.dialect, "windows", "check --http")
}

// targets returns the targets that the flags select, by default the codec of this
// module.
func (f *targetFlags) targets() ([]target.Target, error) {
	var all []target.Target
	if f.timeout <= 0 || f.slow <= 0 {
		return nil, usagef("--timeout and --slow must be more than 0")
	}
	if err := checkDialect(f.dialect); err != nil {
		return nil, err
	}
	if f.start != "" && len(f.http) != 1 {
		return nil, usagef("--start needs exactly one --http")
	}
	var kinds []spec.Kind
	for _, name := range f.kinds {
		kind := slices.Index(kindNames, name)
		if kind < 0 {
			return nil, usagef("--kinds must be one of %s, not %q", strings.Join(kindNames, ", "), name)
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
			return nil, usagef("--header must be \"Name: value\"") // what is given may be a password
		}
		header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	for _, url := range f.http {
		t, err := httptarget.New(url, httptarget.Options{
			Start: f.start, ExitWait: f.exitWait, Header: header, AllowRemote: f.allowRemote, Concurrency: f.connections, Rate: f.rate,
			Timeout: f.timeout, Slow: f.slow, Insecure: f.insecure, RootCAs: f.ca, Strict: f.dialect == "spec",
		})
		if err != nil {
			return nil, usagef("%s", hinted(err))
		}
		all = append(all, t)
	}
	if len(all) == 0 {
		all = target.Codec()
	}
	return all, nil
}

// hinted adds a flag that may help to an error of a hosted cache.
func hinted(err error) error {
	for _, h := range []struct {
		err  error
		hint string
	}{
		{httptarget.ErrRemote, "--allow-remote"},
		{httptarget.ErrUnauthorized, "--header 'Authorization: ...'"},
		{httptarget.ErrCertificate, "--ca or --insecure"},
	} {
		if errors.Is(err, h.err) {
			return fmt.Errorf("%w (use %s)", err, h.hint)
		}
	}
	return err
}

// arguments returns, for each target, the flags that select it.
func (f *targetFlags) arguments() (all []string) {
	limits := ""
	if f.timeout != defaultTimeout {
		limits += " --timeout " + f.timeout.String()
	}
	if f.slow != defaultSlow {
		limits += " --slow " + f.slow.String()
	}
	for _, command := range f.exec {
		all = append(all, "--exec "+report.Quote(command)+limits)
	}
	for _, url := range f.http {
		words := []string{"--http", report.Quote(url)}
		if f.start != "" {
			words = append(words, "--start", report.Quote(f.start))
		}
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
		if f.dialect == "spec" {
			words = append(words, "--dialect", f.dialect)
		}
		all = append(all, strings.Join(words, " ")+limits)
	}
	return all
}

// fuzzer is a run of pchc fuzz.
type fuzzer struct {
	*app
	flags   outputFlags
	targets targetFlags
	config  campaign.Config
	corpus  []string
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
		Short: "Fuzz a decoder or a hosted cache",
		Long: `fuzz sends messages to implementations of MS-PCHC and MS-PCCRC, in any language,
and checks their reactions against the specification:

  --exec COMMAND  a program that reads lines "request HEX", "response HEX" and
                  "content HEX", and answers each with a JSON object as
                  pchc decode --json prints it
  --http URL      a hosted cache, on this machine unless --allow-remote is given;
                  with --start COMMAND pchc runs it itself
  neither         the codec of pchc itself

Each distinct failure is reported once, with the violated requirement and a
minimised reproducer, and saved in a file for pchc fuzz replay. Ctrl-C ends a
campaign early and keeps its findings.

The exit status is 1 if there are findings, and 3 if there are none but a target
could not be tested to the end.`,
		Example: `  pchc fuzz --exec ./my-decoder --time 60s
  pchc fuzz --exec 'python3 decoder.py' --runs 100000 --junit report.xml
  pchc fuzz --http http://127.0.0.1:8080 --start './my-cache --port 8080' --html report.html
  pchc fuzz --time 10m --corpus capture.pcapng
  pchc fuzz replay --exec ./my-decoder pchc-findings/*.txt`,
		Args: arguments(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	f.flags.addBasic(cmd)
	flags := cmd.Flags()
	f.targets.add(cmd)
	flags.DurationVar(&f.config.Time, "time", 0, "end after this `TIME` (default: 1m, unless --runs is given)")
	flags.Int64Var(&f.config.Executions, "runs", 0, "end after this `NUMBER` of messages")
	flags.Uint64Var(&f.config.RNGSeed, "seed", 0, "seed the random number generator with this `NUMBER`, to repeat a campaign")
	flags.IntVarP(&f.config.Jobs, "jobs", "j", 0, "send this `NUMBER` of messages in parallel (default: one per processor)")
	flags.StringArrayVar(&f.corpus, "corpus", nil, "add the messages in this `FILE` or folder as seeds: files of any fuzzer, or captures (repeatable)")
	flags.StringVar(&f.folder, "findings", "pchc-findings", "save findings in this `FOLDER`")
	flags.StringVar(&f.grow, "grow", "", "save messages that increase coverage in this `FOLDER`")
	flags.StringVar(&f.junit, "junit", "", "also write JUnit XML to `FILE`")
	flags.StringVar(&f.sarif, "sarif", "", "also write SARIF 2.1.0 to `FILE`")
	flags.StringVar(&f.html, "html", "", "also write an HTML page with plots to `FILE`")
	cmd.AddCommand(a.replayCommand())
	return cmd
}

// run runs the campaign and reports its findings.
func (f *fuzzer) run(cmd *cobra.Command) (err error) {
	if err := f.setDefaults(cmd); err != nil {
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
	for _, path := range []string{f.flags.file, f.junit, f.sarif, f.html} {
		if err := writable(path); err != nil {
			return failed(err)
		}
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
	c, err := campaign.New(f.config)
	if err != nil {
		return err
	}
	result, err := f.campaign(c)
	switch {
	case len(result.Findings) > 0:
		f.status, err = statusViolated, nil // the report has the error
	case slices.ContainsFunc(result.Targets, func(t campaign.TargetResult) bool { return t.Error != "" || t.Executions == 0 }):
		f.status = statusFailed
	}
	err = errors.Join(failed(errors.Join(hinted(err), unsaved)), f.save(grown))
	if f.targets.start == "" && slices.ContainsFunc(result.Findings, func(found campaign.Finding) bool {
		return found.Fault == fuzz.Crash && slices.Contains(f.targets.http, found.Target)
	}) {
		fmt.Fprintln(f.stderr, "pchc: a hosted cache stopped accepting connections; with --start COMMAND pchc sees when and why it exits")
	}
	for _, r := range reports {
		err = errors.Join(err, r.output.close(r.write(r.output, f.report(result))))
	}
	if n := len(result.Findings); n > 0 && f.flags.file != "" {
		where := ""
		if unsaved == nil {
			where = ", saved in " + printable.String(f.folder)
		}
		fmt.Fprintf(f.stderr, "pchc: %s%s\n", message.Count(n, "finding"), where)
	}
	return err
}

// report adds to the result of a campaign what only the command knows: how to
// replay a finding.
func (f *fuzzer) report(result *campaign.Result) *report.Report {
	r := &report.Report{Result: result, Version: version(), Caches: f.targets.http}
	arguments := map[string]string{} // by name of the target
	for i, flags := range f.targets.arguments() {
		arguments[result.Targets[i].Name] = flags
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
	for _, name := range []string{"time", "runs"} {
		if flags.Changed(name) && (name == "time" && f.config.Time <= 0 || name == "runs" && f.config.Executions <= 0) {
			return usagef("--%s must be more than 0", name)
		}
	}
	if f.config.Jobs < 0 {
		return usagef("--jobs must not be negative")
	}
	if !flags.Changed("time") && !flags.Changed("runs") {
		f.config.Time = time.Minute
	}
	if !flags.Changed("seed") {
		f.config.RNGSeed = uint64(rand.Uint32())
	}
	return nil
}

// reportFile is a report and its output.
type reportFile struct {
	output *output
	write  func(io.Writer, *report.Report) error
}

// reports returns the reports that the flags ask for.
func (f *fuzzer) reports() ([]reportFile, error) {
	if err := f.flags.reports(f.junit, f.sarif, f.html); err != nil {
		return nil, err
	}
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

// campaign runs c and shows its progress until it ends or the user interrupts it. A
// second interrupt ends the program.
func (f *fuzzer) campaign(c *campaign.Campaign) (*campaign.Result, error) {
	ctx, stop := interruptible()
	defer stop()
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
