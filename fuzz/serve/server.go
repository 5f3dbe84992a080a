package serve

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hostedcache/pchc/codec/hostedcache/client"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/resource"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/internal/process"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// Defaults of Config.
const (
	DefaultTolerance = 2 * time.Second
	DefaultSettle    = 500 * time.Millisecond
	DefaultRandom    = 16
)

// Content is a content that the server has for a client that retrieves.
type Content struct {
	Information pccrc.ContentInformation
	io.ReaderAt // nil: only its hashes are known
}

// Config configures a campaign against a client.
type Config struct {
	// Address is where to listen, such as "127.0.0.1:0". HTTP and HTTPS have the same port:
	// what begins with a TLS handshake is HTTPS.
	Address string
	// Start is a shell command that runs the client once. In it {url} and {https} stand for
	// the URLs of the server without a path, {address} for its address, and {ca} for a PEM
	// file of its certificate. "" waits for a client to come by itself.
	Start string
	// Certificate is for HTTPS. Nil makes one.
	Certificate *tls.Certificate
	// Tick is the period of the client's request timer, 0 for 5 seconds (MS-PCHC 3.2.2).
	// Tolerance is what it may be late or early by, 0 for [DefaultTolerance].
	Tick, Tolerance time.Duration
	// Settle is how long a client is watched after the last thing that it has to do, 0 for
	// [DefaultSettle].
	Settle time.Duration
	// Contents are known to the server.
	Contents []Content

	// Jobs is how many clients run at the same time; 0 means one. More need Start, and
	// port 0 in Address, since each has a port of its own.
	Jobs int
	// RNGSeed seeds the scenarios that follow the systematic ones.
	RNGSeed uint64
	// Time and Runs limit the campaign; Runs is the number of scenarios. Without either,
	// [DefaultRandom] scenarios at random follow the systematic ones.
	Time time.Duration
	Runs int64
	// Found and Stop are as in [campaign.Config].
	Found func(*campaign.Finding)
	Stop  func(*campaign.Finding) bool
}

// Server is a hosted cache that tests clients.
type Server struct {
	config Config
	timers timers
	stages []*stage
	tls    *tls.Config
	folder string // with the certificate
	peer   client.Peer
	hashes hashes

	mu       sync.Mutex // guards what follows
	start    time.Time
	result   campaign.Result
	findings []*found

	// What is known of the client.
	types         []Type
	offered       map[string]bool // by a run that was answered rightly
	unsteady      bool            // it offers something else each time
	authenticates bool
	tried         map[string]bool // steps
	runs          int64
	retrieved     fetched
	came          bool
	lastOutput    string
}

// found is a finding and what distinguishes it from others.
type found struct {
	campaign.Finding
	key   string
	count int64    // how often it was seen
	same  []string // other scenarios with the same fault
	ready bool     // it was tried again
}

// New listens at the address of the configuration. The caller has to close the Server.
func New(c Config) (*Server, error) {
	s := &Server{config: c, timers: timers{cmp.Or(c.Tick, spec.TickPeriod), cmp.Or(c.Tolerance, DefaultTolerance)}, tried: map[string]bool{}, hashes: hashes{}}
	s.config.Settle = cmp.Or(c.Settle, DefaultSettle)
	for _, one := range c.Contents {
		for _, segment := range one.Information.Segments() {
			s.hashes[string(segment.AppendHoHoDk(nil))] = segment
		}
		if one.ReaderAt != nil {
			s.peer.Add(one.Information, one.ReaderAt)
		}
	}
	for range max(1, c.Jobs) {
		stage, err := newStage(c.Address, c.Start == "")
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		s.stages = append(s.stages, stage)
	}
	if err := s.secure(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// secure prepares HTTPS.
func (s *Server) secure() error {
	certificate := s.config.Certificate
	if certificate == nil {
		made, text, err := NewCertificate(s.stages[0].address().IP)
		if err != nil {
			return err
		}
		certificate = made
		if s.folder, err = os.MkdirTemp("", "pchc-serve"); err != nil {
			return err
		}
		if err := os.WriteFile(s.CertificateFile(), text, 0o600); err != nil {
			return errors.Join(err, os.RemoveAll(s.folder))
		}
	}
	s.tls = &tls.Config{Certificates: []tls.Certificate{*certificate}}
	return nil
}

// URL returns the URL of the server without a path, for HTTP.
func (s *Server) URL() string { return "http://" + s.stages[0].address().String() }

// CertificateFile returns the name of a PEM file with the certificate that was made, ""
// if one was given. The file is there until the Server is closed.
func (s *Server) CertificateFile() string {
	if s.folder == "" {
		return ""
	}
	return filepath.Join(s.folder, "ca.pem")
}

// Close ends the Server.
func (s *Server) Close() (err error) {
	for _, stage := range s.stages {
		err = errors.Join(err, stage.listener.Close())
	}
	if s.folder != "" {
		err = errors.Join(err, os.RemoveAll(s.folder))
	}
	return err
}

// Name returns what the client under test is called in reports.
func (s *Server) Name() string { return cmp.Or(s.config.Start, "client of "+s.URL()) }

// outcome is what came of a run.
type outcome struct {
	scenario Scenario
	faults   []fault
	lines    []string
	requests int
	seen     map[Type]int
	offered  map[string]bool
	vague    bool // the server was too slow for certainty
	untried  bool // a step did not come to its turn
	exited   bool
	summary  string        // how it ended
	last     *fuzz.Message // offer, or else request
}

// run runs the client through a scenario once. fetch says that the blocks are fetched.
func (s *Server) run(ctx context.Context, at *stage, scenario Scenario, fetch bool) (*outcome, error) {
	scene := newScene(s.timers, s.config.Settle, scenario, s.tls)
	scene.fetch, scene.hashes, scene.peer = fetch, s.hashes, &s.peer
	var watcher atomic.Pointer[resource.Watcher]
	scene.delay = func() (time.Duration, bool) {
		if w := watcher.Load(); w != nil {
			return w.RunDelay()
		}
		return 0, false
	}
	at.enter(scene)
	defer at.enter(nil)
	var p *process.Process
	var exited <-chan struct{}
	if s.config.Start != "" {
		var err error
		address := at.address().String()
		command := strings.NewReplacer("{url}", "http://"+address, "{https}", "https://"+address, "{address}", address, "{ca}", s.CertificateFile()).Replace(s.config.Start)
		if p, err = process.Start(command, process.Options{}); err != nil {
			scene.close()
			return nil, err
		}
		exited = p.Done()
		w := resource.Watch(p.ID(), resource.Limits{}, p.Kill)
		defer w.Stop()
		watcher.Store(w)
	} else if !scene.comes(ctx) {
		scene.close()
		return &outcome{scenario: scenario, untried: true}, ctx.Err()
	}
	expected, authenticates := s.expected()
	scene.wait(ctx, exited, expected, authenticates)
	o := &outcome{scenario: scenario}
	crashed := false
	if p != nil {
		select {
		case <-p.Done():
			o.exited, crashed = true, p.Crashed()
		default:
			p.Kill()
			<-p.Done()
		}
		o.summary = p.ExitSummary(target.Excerpt)
	}
	scene.close()
	scene.mu.Lock()
	defer scene.mu.Unlock()
	if !crashed && ctx.Err() == nil {
		scene.judge.over(scene.now(), authenticates || scene.judge.negotiated)
	}
	j := scene.judge
	if crashed && j.last != nil {
		j.faults = slices.DeleteFunc(j.faults, func(f fault) bool { return f.Fault == fuzz.Unexpected && f.Requirement == "PCHC-3.2.2-Expiry" })
		scene.note("client", 0, "%s", o.summary)
		requirement := ""
		if j.bad {
			requirement = "PCHC-3.2.5.5-Drop"
		}
		j.add(j.last, false, fuzz.Difference{Fault: fuzz.Crash, Requirement: requirement, Detail: o.summary + prefixed("; before, the server, ", scenario.describe())})
	}
	o.faults, o.lines, o.requests, o.seen, o.offered, o.vague = j.faults, scene.lines, scene.sent, scene.seen, j.offered, j.lost
	if j.last != nil {
		o.last = &fuzz.Message{Kind: j.last.kind, Bytes: j.last.message}
	}
	for i := range scenario {
		o.untried = o.untried || !scene.tried[i]
	}
	s.learn(o, scene)
	return o, ctx.Err()
}

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}

// comes waits until a client comes.
func (s *scene) comes(ctx context.Context) bool {
	tick := time.NewTicker(s.settle / 10)
	defer tick.Stop()
	for {
		s.mu.Lock()
		n := s.sent
		s.mu.Unlock()
		if n > 0 {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
}

// expected returns which segments the client will offer, nil if that is not known, and
// whether it authenticates itself.
func (s *Server) expected() (offers map[string]bool, authenticates bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.config.Start == "": // it comes again when it likes
		return map[string]bool{}, s.authenticates
	case s.unsteady:
		return nil, s.authenticates
	}
	return s.offered, s.authenticates
}

// learn takes what a run shows of the client.
func (s *Server) learn(o *outcome, scene *scene) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.result.Targets[0].Executions += int64(o.requests)
	if o.requests > 0 || len(o.faults) > 0 {
		s.came = true
	} else {
		s.lastOutput = o.summary
	}
	s.authenticates = s.authenticates || scene.judge.negotiated
	for _, t := range types {
		if o.seen[t.Type] > 0 && !slices.Contains(s.types, t.Type) {
			s.types = append(s.types, t.Type)
		}
	}
	s.retrieved.segments += scene.blocks.segments
	s.retrieved.blocks += scene.blocks.blocks
	s.retrieved.verified += scene.blocks.verified
	s.retrieved.unknown += scene.blocks.unknown
	for i, step := range scene.scenario {
		if scene.tried[i] {
			s.tried[step.String()] = true
		}
	}
	for id := range o.offered {
		if s.offered != nil && !s.offered[id] {
			s.unsteady = true
		}
	}
}

// outstanding adds that a client did not offer all that it offers otherwise.
func (s *Server) outstanding(o *outcome) {
	expected, _ := s.expected()
	if s.config.Start == "" || expected == nil || len(o.scenario) == 0 || o.requests == 0 ||
		slices.ContainsFunc(o.scenario, func(step Step) bool { return step.always }) {
		return
	}
	missing := 0
	for id := range expected {
		if !o.offered[id] {
			missing++
		}
	}
	if missing == 0 || slices.ContainsFunc(o.faults, func(f fault) bool { return f.Fault == fuzz.Crash || f.Fault == fuzz.Hang }) {
		return
	}
	o.faults = append(o.faults, fault{fuzz.Difference{Fault: fuzz.Missing, Requirement: "PCHC-3.2.4-Offer",
		Detail: fmt.Sprintf("is the last offer: %d of %d segments are not offered after one that failed", missing, len(expected))},
		true, o.lastMessage(), len(o.lines) - 1})
}
