package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/report"
	"github.com/hostedcache/pchc/fuzz/serve"
	"github.com/hostedcache/pchc/spec"
)

// notOfClients are flags of targets that --serve has no use for.
var notOfClients = []string{"kinds", "header", "rate", "connections", "timeout", "slow", "insecure", "ca", "dialect"}

// manyClients is how many clients are run at the same time by default: most of the time
// they wait.
const manyClients = 4

// server returns the hosted cache that tests clients. The caller has to close it, and what
// it has.
func (f *targetFlags) server(a *app, out *output, c serve.Config) (*serve.Server, error) {
	switch {
	case len(f.exec) > 0 || len(f.http) > 0:
		return nil, usagef("--serve cannot be combined with --exec or --http")
	case f.tick <= 0 || f.tolerance <= 0:
		return nil, usagef("--tick and --tolerance must be more than 0")
	case len(f.contents) > len(f.content):
		return nil, usagef("each --content needs a --content-information")
	case c.Jobs > 1 && (f.start == "" || !strings.HasSuffix(f.serve, ":0")):
		return nil, usagef("--jobs with --serve needs --start and port 0, since each client has a hosted cache of its own")
	}
	at, err := netip.ParseAddrPort(f.serve)
	switch {
	case err != nil:
		return nil, usagef("--serve must be an IP address and a port, such as 127.0.0.1:8080 or [::1]:0")
	case !at.Addr().IsLoopback() && !f.allowRemote:
		return nil, usagef("--serve %s is open to other machines (use --allow-remote)", at)
	case c.Jobs == 0 && f.start != "" && at.Port() == 0:
		c.Jobs = manyClients
	}
	c.Address, c.Start, c.Tick, c.Tolerance = f.serve, f.start, f.tick, f.tolerance
	if f.certificate != "" {
		certificate, err := tls.LoadX509KeyPair(f.certificate, f.certificate)
		if err != nil {
			return nil, failed(fmt.Errorf("%s: %w", f.certificate, err))
		}
		c.Certificate = &certificate
	}
	information, err := f.information(a, out)
	if err != nil {
		return nil, err
	}
	for i, info := range information {
		one := serve.Content{Information: info}
		if i < len(f.contents) {
			file, err := os.Open(f.contents[i]) // until the program ends
			if err != nil {
				return nil, failed(err)
			}
			one.ReaderAt = file
		}
		c.Contents = append(c.Contents, one)
	}
	s, err := serve.New(c)
	return s, failed(err)
}

// waiting says where a client is waited for, if pchc does not start it.
func (f *targetFlags) waiting(a *app, s *serve.Server) {
	if f.start != "" {
		return
	}
	trust := ""
	if file := s.CertificateFile(); file != "" {
		trust = ", whose certificate is in " + file
	}
	fmt.Fprintf(a.stderr, "pchc: waiting for a client at %s and %s%s\n", s.URL(), strings.Replace(s.URL(), "http:", "https:", 1), trust)
}

// serveArguments returns the flags that select the client.
func (f *targetFlags) serveArguments() string {
	words := []string{"--serve", f.serve}
	if f.start != "" {
		words = append(words, "--start", report.Quote(f.start))
	}
	if f.allowRemote {
		words = append(words, "--allow-remote")
	}
	if f.tick != spec.TickPeriod {
		words = append(words, "--tick", f.tick.String())
	}
	if f.tolerance != serve.DefaultTolerance {
		words = append(words, "--tolerance", f.tolerance.String())
	}
	for _, flag := range []struct {
		name   string
		values []string
	}{{"--certificate", []string{f.certificate}}, {"--content-information", f.content}, {"--content", f.contents}} {
		for _, value := range flag.values {
			if value != "" {
				words = append(words, flag.name, report.Quote(value))
			}
		}
	}
	return strings.Join(words, " ")
}

// server returns the hosted cache of the campaign, which tests a client.
func (f *fuzzer) server(cmd *cobra.Command) (*serve.Server, error) {
	flags := cmd.Flags()
	for _, name := range slices.Concat([]string{"corpus", "grow", "shard"}, notOfClients) {
		if flags.Changed(name) {
			return nil, usagef("--%s cannot be combined with --serve", name)
		}
	}
	c := serve.Config{Jobs: f.config.Jobs, RNGSeed: f.config.RNGSeed, Time: f.config.Time, Runs: f.config.Executions, Stop: f.config.Stop, Found: f.config.Found}
	if !flags.Changed("time") {
		c.Time = 0 // each behaviour, and some more
	}
	f.config.Time, f.config.Executions = c.Time, 0 // as progress shows them: a behaviour is no message
	s, err := f.targets.server(f.app, f.output(f.reports.file), c)
	if err == nil {
		f.targets.waiting(f.app, s)
	}
	return s, err
}

// subject is what findings are replayed on: a target, or a client.
type subject struct {
	name   string
	takes  func(*campaign.Finding) bool // it may leave out messages that do not concern it
	replay func(context.Context, *campaign.Finding) ([]campaign.Finding, error)
}

// subjects returns what the flags select, and what ends it.
func (f *targetFlags) subjects(a *app, out *output) (all []subject, end func(), err error) {
	if f.serve != "" {
		s, err := f.server(a, out, serve.Config{Jobs: 1})
		if err != nil {
			return nil, nil, err
		}
		f.waiting(a, s)
		client := subject{s.Name(), func(saved *campaign.Finding) bool { return saved.Scenario != "" }, s.Replay}
		return []subject{client}, func() { _ = s.Close() }, nil
	}
	targets, err := f.targets(a, out)
	for _, t := range targets {
		all = append(all, subject{
			name: t.Name(),
			takes: func(saved *campaign.Finding) bool {
				saved.Messages = slices.DeleteFunc(slices.Clone(saved.Messages), func(m fuzz.Message) bool { return !slices.Contains(t.Kinds(), m.Kind) })
				return len(saved.Messages) > 0 && saved.Scenario == "" && saved.Conversation == nil
			},
			replay: func(ctx context.Context, saved *campaign.Finding) ([]campaign.Finding, error) {
				return campaign.Replay(ctx, t, saved)
			},
		})
	}
	if err == nil && len(f.http) > 0 {
		var with subject
		with, err = f.conversations()
		all = append(all, with)
	}
	return all, func() {}, err
}
