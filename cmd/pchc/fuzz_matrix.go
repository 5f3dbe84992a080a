package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/matrix"
	"github.com/hostedcache/pchc/fuzz/serve"
	"github.com/hostedcache/pchc/internal/printable"
	"github.com/hostedcache/pchc/internal/process"
)

// matrixMaker is a run of pchc fuzz matrix.
type matrixMaker struct {
	*app
	flags  outputFlags
	html   string
	folder string
	config campaign.Config // of each implementation, without targets
}

func (a *app) matrixCommand() *cobra.Command {
	m := &matrixMaker{app: a}
	cmd := &cobra.Command{
		Use:   "matrix FILE.toml|-",
		Short: "Compare implementations by features of the specification",
		Long: `matrix runs a campaign for each implementation in a TOML file, one after the other,
and prints a table: a row for each implementation, a column for each structure and
role of the specifications.

  time = "30s"            # for each implementation; or runs = 100000
  seed = 7

  [[implementation]]
  name = "my decoder"
  build = "make decoder"  # run before, if there is one
  exec = "./decoder"      # this and all other keys: a flag of pchc fuzz
  kinds = ["request", "response"]

An implementation with serve, such as "127.0.0.1:0", and start is a client: it is run for each
behaviour of its hosted cache, once for each 1000 runs. One without exec, http and serve is the codec of pchc itself.
Commands run in the current folder; in http and start {port} is a free port. The flags --time,
--runs and --seed go before those of the file.

The exit status is 1 if there are findings. Otherwise it is 3 if an implementation
could not be tested to the end.`,
		Example: `  pchc fuzz matrix fuzz/examples/matrix.toml
  pchc fuzz matrix --time 5m --html matrix.html implementations.toml`,
		Args: arguments(1, 1, "FILE"),
		RunE: func(cmd *cobra.Command, args []string) error { return m.run(cmd, args[0]) },
	}
	m.flags.addBasic(cmd)
	flags := cmd.Flags()
	flags.StringVar(&m.html, "html", "", "also write an HTML page to `FILE`")
	flags.StringVar(&m.folder, "findings", "pchc-findings", "save findings in a folder for each implementation below this `FOLDER`")
	addBudget(cmd, &m.config, "for each implementation (default: 30s, unless --runs is given)")
	cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return []string{"toml"}, cobra.ShellCompDirectiveFilterFileExt
	}
	return cmd
}

// run tries all implementations and writes the table.
func (m *matrixMaker) run(cmd *cobra.Command, name string) error {
	if err := m.flags.reports(m.html); err != nil {
		return err
	}
	file, err := m.read(name)
	if err != nil {
		return err
	}
	if err := m.budget(cmd, file); err != nil {
		return err
	}
	out, page := m.output(m.flags.file), m.output(m.html)
	// All mistakes in the file come before the first campaign.
	fuzzers := make([]*fuzzer, len(file.Implementations))
	for i := range file.Implementations {
		one := &file.Implementations[i]
		f := &fuzzer{app: m.app, config: m.config, folder: filepath.Join(m.folder, slug(one.Name, i))}
		if err := withPort(one.Settings); err != nil {
			return failed(err)
		}
		if err := f.targets.set(one.Settings); err != nil {
			return usagef("%s: implementation %s: %v", name, one.Name, err)
		}
		if f.targets.serve != "" {
			err = f.client(one.Settings, out)
		} else {
			f.config.Targets, err = f.targets.targets(m.app, out)
		}
		if err != nil {
			return fmt.Errorf("%s: implementation %s: %w", name, one.Name, err)
		}
		fuzzers[i] = f
	}
	for _, path := range []string{m.flags.file, m.html} {
		if err := writable(path); err != nil {
			return failed(err)
		}
	}
	ctx, stop := interruptible()
	defer stop()
	var results []matrix.Result
	var unsaved error
	for i, f := range fuzzers {
		one := &file.Implementations[i]
		m.notef("%d/%d %s", i+1, len(fuzzers), one.Name)
		r := matrix.Result{Name: one.Name}
		switch err := prepare(ctx, one.Build); {
		case ctx.Err() != nil:
			r.Error = "interrupted"
		case err != nil:
			r.Error = err.Error()
		default:
			var lost error
			r, lost = f.compare(ctx, one.Name)
			unsaved = errors.Join(unsaved, lost)
		}
		results = append(results, r)
	}
	table := matrix.New(version(), results)
	m.status = matrixStatus(results)
	write := func(w io.Writer) error { return matrix.Text(w, table, out.terminal()) }
	if m.flags.json {
		write = func(w io.Writer) error { return matrix.JSON(w, table) }
	}
	err = errors.Join(unsaved, out.close(write(out)))
	if m.html != "" {
		err = errors.Join(err, page.close(matrix.HTML(page, table)))
	}
	return failed(err)
}

func matrixStatus(results []matrix.Result) int {
	status := statusFine
	for _, r := range results {
		switch {
		case r.Report != nil && len(r.Report.Findings) > 0:
			return statusViolated
		case r.Error != "":
			status = statusFailed
		}
	}
	return status
}

func (m *matrixMaker) read(name string) (*matrix.File, error) {
	text, err := func() ([]byte, error) {
		if name == standard {
			return io.ReadAll(m.stdin)
		}
		return os.ReadFile(name)
	}()
	if err != nil {
		return nil, failed(err)
	}
	file, err := matrix.Parse(text)
	if err != nil {
		return nil, usagef("%s: %v", name, err)
	}
	return file, nil
}

// budget takes what the flags do not say from the file.
func (m *matrixMaker) budget(cmd *cobra.Command, file *matrix.File) error {
	flags := cmd.Flags()
	if !flags.Changed("time") && !flags.Changed("runs") {
		m.config.Time, m.config.Executions = file.Time, file.Runs
		if file.Time == 0 && file.Runs == 0 {
			m.config.Time = 30 * time.Second
		}
	}
	if err := checkBudget(cmd, &m.config); err != nil {
		return err
	}
	switch {
	case flags.Changed("seed"):
	case file.Seeded:
		m.config.RNGSeed = file.Seed
	default:
		m.config.RNGSeed = uint64(rand.Uint32())
	}
	return nil
}

// compare runs the campaign of one implementation. The second error is that of saving.
func (f *fuzzer) compare(ctx context.Context, name string) (r matrix.Result, unsaved error) {
	r.Name = name
	var err error
	if f.config.Seeds, err = f.readSeeds(); err == nil {
		err = writableFolder(f.folder)
	}
	if err != nil {
		return r, err
	}
	f.config.Found = func(found *campaign.Finding) {
		unsaved = errors.Join(unsaved, campaign.Save(f.folder, found, f.config.RNGSeed))
	}
	var c runner
	if f.targets.serve != "" {
		var s *serve.Server
		if s, err = f.targets.server(f.app, f.output(""), f.scenarios()); err != nil {
			r.Error = err.Error()
			return r, nil
		}
		defer func() { _ = s.Close() }()
		c = s
	} else {
		c, err = campaign.New(f.config)
	}
	if err != nil {
		return r, err
	}
	result, err := f.campaign(ctx, c)
	r.Report = f.report(result)
	if err != nil {
		r.Error = hinted(err).Error()
	}
	for i := range result.Targets {
		switch t := &result.Targets[i]; {
		case t.Error == "" || r.Error != "":
		case t.Client && err == nil:
			r.Untried = t.Error
		default:
			r.Error = t.Error
		}
	}
	if result.Interrupted && r.Error == "" {
		r.Error = "interrupted"
	}
	return r, unsaved
}

// scenarioRuns is the number of messages to others that take about as long as one scenario
// of a client, and matrixClients how many of these run at the same time: there is half a
// minute for what takes minutes.
const (
	scenarioRuns  = 1000
	matrixClients = 16
)

// scenarios returns the limits of the campaign of a client.
func (f *fuzzer) scenarios() serve.Config {
	c := serve.Config{RNGSeed: f.config.RNGSeed, Time: f.config.Time, Runs: (f.config.Executions + scenarioRuns - 1) / scenarioRuns, Found: f.config.Found}
	if strings.HasSuffix(f.targets.serve, ":0") {
		c.Jobs = matrixClients
	}
	return c
}

// client checks the settings of a client.
func (f *fuzzer) client(settings []matrix.Setting, out *output) error {
	for _, s := range settings {
		if slices.Contains(notOfClients, s.Key) {
			return usagef("%s cannot be combined with serve", s.Key)
		}
	}
	if f.targets.start == "" {
		return usagef("serve needs start: nobody else runs the client")
	}
	without := f.targets // files that build may have to make
	without.content, without.contents = nil, nil
	s, err := without.server(f.app, out, f.scenarios())
	if err != nil {
		return err
	}
	return s.Close() // until it is its turn
}

// withPort replaces {port} in the settings of an implementation by a port that is free.
func withPort(settings []matrix.Setting) error {
	const placeholder = "{port}"
	if !slices.ContainsFunc(settings, func(s matrix.Setting) bool { return strings.Contains(strings.Join(s.Values, "\n"), placeholder) }) {
		return nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	_ = l.Close()
	for _, s := range settings {
		for i := range s.Values {
			s.Values[i] = strings.ReplaceAll(s.Values[i], placeholder, port)
		}
	}
	return nil
}

// prepare runs the command of build, until ctx is done.
func prepare(ctx context.Context, command string) error {
	if command == "" {
		return nil
	}
	p, err := process.Start(command, process.Options{})
	if err != nil {
		return err
	}
	select {
	case <-p.Done():
	case <-ctx.Done():
		p.Kill()
		<-p.Done()
	}
	if !p.Succeeded() {
		return fmt.Errorf("%s: %s", command, p.ExitSummary(printable.String))
	}
	return nil
}

// slug returns the name of a folder for an implementation.
func slug(name string, i int) string {
	s := strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return unicode.ToLower(r)
		}
		return '-'
	}, name)
	return fmt.Sprintf("%d-%s", i+1, s[:min(len(s), 40)])
}
