package main

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hostedcache/pchc/fuzz/matrix"
	"github.com/hostedcache/pchc/fuzz/report"
	"github.com/hostedcache/pchc/fuzz/resource"
	"github.com/hostedcache/pchc/fuzz/serve"
	"github.com/hostedcache/pchc/fuzz/target"
	exectarget "github.com/hostedcache/pchc/fuzz/target/exec"
	httptarget "github.com/hostedcache/pchc/fuzz/target/http"
	"github.com/hostedcache/pchc/pccrc"
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
	limits      resource.Limits
	maxMemory   string
	dialect     string
	kinds       []string
	content     []string // files with Content Information
	keeps       int      // segments that the hosted cache remembers, in conversations

	serve       string
	contents    []string // files with the content of content
	certificate string
	tick        time.Duration
	tolerance   time.Duration
}

const (
	defaultTimeout = time.Second
	defaultSlow    = 200 * time.Millisecond
)

func (f *targetFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&f.exec, "exec", nil, "fuzz a decoder: a `COMMAND` that answers lines \"request HEX\" with JSON (repeatable)")
	flags.StringArrayVar(&f.http, "http", nil, "fuzz the hosted cache, or by the path of MS-PCCRR the retrieval server, at this `URL` (repeatable)")
	flags.StringVar(&f.start, "start", "", "run the hosted cache of --http, or the client of --serve, with this `COMMAND`, restart it when it exits, and report its exit status and output")
	flags.BoolVar(&f.allowRemote, "allow-remote", false, "allow --http on other machines, and --serve for clients on them")
	flags.StringArrayVar(&f.header, "header", nil, "send this `HEADER` (Name: value) with each request of --http (repeatable)")
	flags.BoolVar(&f.insecure, "insecure", false, "do not verify the certificates of --http")
	flags.StringVar(&f.ca, "ca", "", "trust the certificates in this PEM `FILE`")
	flags.Float64Var(&f.rate, "rate", 0, "send at most this `NUMBER` of messages per second to each --http (0: no limit)")
	flags.IntVar(&f.connections, "connections", 0, "keep this `NUMBER` of connections to each --http open and busy all the time (1: one message at a time; 0: likewise, but now and then 8)")
	flags.StringSliceVar(&f.kinds, "kinds", kindNames, "send --exec these `KINDS` of messages ("+strings.Join(fuzzedNames, ", ")+")")
	flags.DurationVar(&f.timeout, "timeout", defaultTimeout, "report a hang after `TIME` without a reply (+1/16 per KiB sent)")
	flags.DurationVar(&f.slow, "slow", defaultSlow, "report a target that repeatedly needs more than `TIME` for one message (+1/16 per KiB sent)")
	flags.StringVar(&f.maxMemory, "max-memory", "", "report a target that uses more memory than this `SIZE`, such as 256M, and end it; 0: no limit (default: half of this machine's)")
	flags.IntVar(&f.limits.Files, "max-files", 0, "report a target that has more than this `NUMBER` of open files, and end it (0: no limit)")
	flags.IntVar(&f.limits.Threads, "max-threads", 0, "report a target that has more than this `NUMBER` of threads, and end it (0: no limit)")
	flags.StringArrayVar(&f.content, "content-information", nil, "ask a retrieval server, or the client of --serve, for the content of this `FILE` of Content Information, and verify its blocks (repeatable)")
	flags.StringVar(&f.serve, "serve", "", "test a client: be its hosted cache at this `ADDRESS`, such as 127.0.0.1:0, for HTTP and HTTPS")
	flags.DurationVar(&f.tick, "tick", spec.TickPeriod, "the request timer of the client of --serve ticks once in this `TIME`")
	flags.DurationVar(&f.tolerance, "tolerance", serve.DefaultTolerance, "what the client of --serve may be late or early by: `TIME`")
	flags.StringVar(&f.certificate, "certificate", "", "certificate and key of --serve, from this PEM `FILE` (default: one is made)")
	flags.StringArrayVar(&f.contents, "content", nil, "what --serve has for a client that retrieves: a `FILE` for each --content-information, in order (repeatable)")
	flags.IntVar(&f.keeps, "keeps", 0, "in conversations, expect the hosted cache to remember this `NUMBER` of segments, the last ones (0: 16)")
	addDialect(cmd, &f.dialect, "windows", "check --http")
}

// set sets flags, those of add, from a file.
func (f *targetFlags) set(settings []matrix.Setting) error {
	cmd := &cobra.Command{}
	f.add(cmd)
	for _, s := range settings {
		flag := cmd.Flags().Lookup(s.Key)
		if flag == nil {
			return fmt.Errorf("%s is neither name, build nor a flag of pchc fuzz about a target", s.Key)
		}
		if _, several := flag.Value.(pflag.SliceValue); !several && len(s.Values) != 1 {
			return fmt.Errorf("%s has %d values, must have one", s.Key, len(s.Values))
		}
		for _, value := range s.Values {
			if err := cmd.Flags().Set(s.Key, value); err != nil {
				return fmt.Errorf("%s cannot be %q", s.Key, value)
			}
		}
	}
	return nil
}

// targets returns the targets that the flags select, by default the codec of this
// module.
func (f *targetFlags) targets(a *app, out *output) ([]target.Target, error) {
	var all []target.Target
	if f.timeout <= 0 || f.slow <= 0 {
		return nil, usagef("--timeout and --slow must be more than 0")
	}
	if err := checkDialect(f.dialect); err != nil {
		return nil, err
	}
	if len(f.content) > 0 && len(f.http) == 0 {
		return nil, usagef("--content-information needs --http or --serve")
	}
	for name, set := range map[string]bool{"tick": f.tick != spec.TickPeriod, "tolerance": f.tolerance != serve.DefaultTolerance, "certificate": f.certificate != "", "content": len(f.contents) > 0} {
		if set {
			return nil, usagef("--%s needs --serve", name)
		}
	}
	if f.start != "" && len(f.http) != 1 {
		return nil, usagef("--start needs exactly one --http, or --serve")
	}
	if err := f.setLimits(); err != nil {
		return nil, err
	}
	var kinds []spec.Kind
	for _, name := range f.kinds {
		kind, _ := spec.ParseKind(name)
		if !slices.Contains(fuzzedNames, name) {
			return nil, usagef("--kinds must be one of %s, not %q", strings.Join(fuzzedNames, ", "), name)
		}
		kinds = append(kinds, kind)
	}
	for _, command := range f.exec {
		all = append(all, exectarget.New(command, exectarget.Options{Kinds: kinds, Timeout: f.timeout, Slow: f.slow, Limits: f.limits}))
	}
	header, err := f.headers()
	if err != nil {
		return nil, err
	}
	content, err := f.information(a, out)
	if err != nil {
		return nil, err
	}
	for _, url := range f.http {
		t, err := httptarget.New(url, httptarget.Options{
			Start: f.start, ExitWait: f.exitWait, Header: header, AllowRemote: f.allowRemote, Concurrency: f.connections, Rate: f.rate,
			Timeout: f.timeout, Slow: f.slow, Insecure: f.insecure, RootCAs: f.ca, Strict: f.dialect == "spec", Content: content, Limits: f.limits,
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

// setLimits checks the limits, and sets that of memory.
func (f *targetFlags) setLimits() error {
	if f.limits.Files < 0 || f.limits.Threads < 0 {
		return usagef("--max-files and --max-threads must not be negative")
	}
	given := f.limits != resource.Limits{} || f.maxMemory != ""
	if given && len(f.http) > 0 && f.start == "" {
		return usagef("--max-memory, --max-files and --max-threads of --http need --start")
	}
	if err := resource.Unwatched(); err != nil && given {
		return usagef("--max-memory, --max-files and --max-threads cannot be checked: %v", err)
	}
	if f.maxMemory == "" {
		f.limits.Memory = resource.DefaultMemory()
		return nil
	}
	var err error
	if f.limits.Memory, err = parseSize(f.maxMemory); err != nil {
		return usagef("--max-memory %v", err)
	}
	return nil
}

// information reads the Content Information.
func (f *targetFlags) information(a *app, out *output) (content []pccrc.ContentInformation, err error) {
	for _, file := range f.content {
		if err := a.eachInformation(file, out, func(b []byte) error {
			info, err := pccrc.Decode(b)
			content = append(content, info)
			return err
		}); err != nil {
			return nil, err
		}
	}
	return content, nil
}

// headers returns what --header adds to requests.
func (f *targetFlags) headers() (http.Header, error) {
	header := http.Header{}
	for _, h := range f.header {
		name, value, ok := strings.Cut(h, ":")
		if !ok || strings.TrimSpace(name) == "" {
			return nil, usagef("--header must be \"Name: value\"") // what is given may be a password
		}
		header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	return header, nil
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
	if f.keeps > 0 {
		limits += fmt.Sprintf(" --keeps %d", f.keeps)
	}
	if f.slow != defaultSlow {
		limits += " --slow " + f.slow.String()
	}
	if f.maxMemory != "" {
		limits += " --max-memory " + report.Quote(f.maxMemory)
	}
	if f.limits.Files > 0 {
		limits += fmt.Sprintf(" --max-files %d", f.limits.Files)
	}
	if f.limits.Threads > 0 {
		limits += fmt.Sprintf(" --max-threads %d", f.limits.Threads)
	}
	kinds := ""
	if slices.ContainsFunc(f.kinds, func(name string) bool { return !slices.Contains(kindNames, name) }) {
		kinds = " --kinds " + strings.Join(f.kinds, ",")
	}
	if f.serve != "" {
		return []string{f.serveArguments()}
	}
	for _, command := range f.exec {
		all = append(all, "--exec "+report.Quote(command)+kinds+limits)
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
		if f.connections != 0 {
			words = append(words, "--connections", strconv.Itoa(f.connections))
		}
		if f.insecure {
			words = append(words, "--insecure")
		}
		if f.ca != "" {
			words = append(words, "--ca", report.Quote(f.ca))
		}
		for _, file := range f.content {
			words = append(words, "--content-information", report.Quote(file))
		}
		if f.dialect == "spec" {
			words = append(words, "--dialect", f.dialect)
		}
		all = append(all, strings.Join(words, " ")+limits)
	}
	return all
}
