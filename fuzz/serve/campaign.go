package serve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/spec"
)

// ErrNoClient is the error if no client came.
var ErrNoClient = errors.New("no client came")

// Run runs the client through each behaviour for each type of request that it sends, and
// then through several at random, until the limits of the configuration or the end of ctx.
// It returns an error if no client came. What was not tried is the Error of the result.
func (s *Server) Run(ctx context.Context) (*campaign.Result, error) {
	s.mu.Lock()
	s.start = time.Now()
	s.result = campaign.Result{RNGSeed: s.config.RNGSeed, Shards: 1, Start: s.start,
		Targets: []campaign.TargetResult{{Name: s.Name(), Kinds: []spec.Kind{spec.Request}, Client: true}}}
	s.mu.Unlock()
	budget := ctx
	if s.config.Time > 0 {
		var cancel context.CancelFunc
		budget, cancel = context.WithTimeout(ctx, s.config.Time)
		defer cancel()
	}
	err := s.all(budget)
	s.mu.Lock()
	s.result.Elapsed = time.Since(s.start)
	s.result.Interrupted = ctx.Err() != nil
	t := &s.result.Targets[0]
	switch {
	case !s.came && ctx.Err() == nil && (err == nil || budget.Err() != nil):
		err = ErrNoClient
		if s.lastOutput != "" {
			err = fmt.Errorf("%w: %s", err, s.lastOutput)
		}
		t.Error = err.Error()
	case err != nil && budget.Err() == nil:
		t.Error = err.Error()
	default:
		err = nil
		if !s.result.Stopped {
			t.Error = s.untried()
			t.Unfinished = t.Error != ""
		}
	}
	t.Notes, t.Behaviour = s.notes(), s.tested()
	s.mu.Unlock()
	if err != nil {
		err = fmt.Errorf("%s: %w", s.Name(), err)
	}
	return s.Result(), err
}

// Result returns the result so far. It may be called at any time.
func (s *Server) Result() *campaign.Result {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.result
	r.Targets = slices.Clone(r.Targets)
	if r.Elapsed == 0 && !s.start.IsZero() {
		r.Elapsed = time.Since(s.start)
	}
	for _, f := range s.findings {
		if !f.ready {
			continue
		}
		finding := f.Finding
		finding.Count = f.count
		for _, name := range f.same {
			if name != f.Scenario {
				finding.Same = append(finding.Same, name)
			}
		}
		r.Findings = append(r.Findings, finding)
	}
	return &r
}

// all runs all scenarios.
func (s *Server) all(ctx context.Context) error {
	if err := s.try(ctx, s.stages[0], nil); err != nil || s.enough(ctx) {
		return err
	}
	queued := map[Type]bool{}
	for {
		var batch []Scenario
		for _, t := range s.known() { // a behaviour may show another type of request
			if !queued[t] {
				queued[t] = true
				batch = append(batch, s.systematic(t)...)
			}
		}
		if len(batch) == 0 {
			break
		}
		if err := s.each(ctx, slices.Values(batch)); err != nil || s.enough(ctx) {
			return err
		}
	}
	seen := s.known()
	if len(seen) == 0 {
		return nil
	}
	rng := rand.New(rand.NewPCG(s.config.RNGSeed, 0))
	return s.each(ctx, func(yield func(Scenario) bool) {
		for n := 0; s.config.Time > 0 || s.config.Runs > 0 || n < DefaultRandom; n++ {
			if !yield(drawn(rng, seen)) {
				return
			}
		}
	})
}

// systematic returns the scenarios of one behaviour for a type, and what needs two of them.
func (s *Server) systematic(t Type) []Scenario {
	all := systematic(t)
	s.mu.Lock()
	defer s.mu.Unlock()
	if t == Offer && len(s.offered) > 1 { // nothing may be left of an offer that was answered INTERESTED
		right, _ := behaviourOf("right")
		accepted, _ := behaviourOf("ok")
		all = append(all, Scenario{{t, right}, {t, accepted}})
	}
	return all
}

// known returns the types of requests that the client has sent.
func (s *Server) known() []Type {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.types)
}

// take reports whether another run belongs to the campaign, and counts it.
func (s *Server) take(ctx context.Context) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ends(ctx) {
		return false
	}
	s.runs++
	return true
}

// enough reports whether the campaign is to end.
func (s *Server) enough(ctx context.Context) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ends(ctx)
}

func (s *Server) ends(ctx context.Context) bool {
	return ctx.Err() != nil || s.config.Runs > 0 && s.runs >= s.config.Runs || s.result.Stopped
}

// each tries scenarios, as many at a time as there are stages.
func (s *Server) each(ctx context.Context, scenarios iter.Seq[Scenario]) error {
	next := make(chan Scenario)
	failed := make(chan error, len(s.stages))
	var jobs sync.WaitGroup
	for _, at := range s.stages {
		jobs.Go(func() {
			for scenario := range next {
				if err := s.try(ctx, at, scenario); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	var err error
	for scenario := range scenarios {
		if s.enough(ctx) {
			break
		}
		select {
		case next <- scenario:
		case err = <-failed:
		}
		if err != nil {
			break
		}
	}
	close(next)
	jobs.Wait()
	if err == nil && len(failed) > 0 {
		err = <-failed
	}
	return err
}

// mostTrials is how often a scenario is tried until the server was quick enough to be
// certain about what it showed.
const mostTrials = 3

// try runs a scenario, and handles what it shows.
func (s *Server) try(ctx context.Context, at *stage, scenario Scenario) error {
	var o *outcome
	for range mostTrials {
		if !s.take(ctx) {
			break
		}
		var err error
		if o, err = s.run(ctx, at, scenario, s.fetches(scenario)); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		if !o.vague && !(o.untried && len(scenario) == 1 && s.config.Start != "") {
			break
		}
	}
	if o == nil {
		return nil
	}
	s.mu.Lock()
	if len(scenario) == 0 && s.offered == nil && len(o.faults) == 0 && s.config.Start != "" {
		s.offered = o.offered
	}
	s.mu.Unlock()
	s.outstanding(o)
	for _, f := range o.faults {
		s.handle(ctx, at, o, f)
	}
	return nil
}

// fetches reports whether blocks are fetched in a scenario: where only that can go wrong, or
// where anything goes.
func (s *Server) fetches(scenario Scenario) bool { return len(scenario) != 1 }

// key tells findings apart.
func (f *fault) key() string {
	key := string(f.Fault) + " " + f.Requirement + " " + f.Rule + " " + fuzz.StripIndexes(f.Field)
	switch f.Fault {
	case fuzz.Crash:
		key += " " + strings.Map(func(r rune) rune {
			if '0' <= r && r <= '9' {
				return -1
			}
			return r
		}, strings.SplitN(f.Detail, "; before", 2)[0])
	case fuzz.Transport:
		key += f.Detail
	}
	return key
}

// handle adds a fault to the findings, or counts it as one of them.
func (s *Server) handle(ctx context.Context, at *stage, o *outcome, f fault) {
	finding := &found{key: f.key(), count: 1}
	finding.set(s.Name(), o, f)
	finding.Untried = true
	s.mu.Lock()
	for _, known := range s.findings {
		if known.key == finding.key {
			known.count++
			if name := o.scenario.String(); len(o.scenario) == 1 && !slices.Contains(known.same, name) {
				known.same = append(known.same, name)
			}
			s.mu.Unlock()
			return
		}
	}
	finding.At = time.Since(s.start)
	s.findings = append(s.findings, finding)
	s.mu.Unlock()
	if s.config.Start != "" {
		s.reduce(ctx, at, finding, o)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.config.Found != nil {
		s.config.Found(&finding.Finding)
	}
	finding.ready = true
	if s.config.Stop != nil && s.config.Stop(&finding.Finding) {
		s.result.Stopped = true
	}
}

// set makes the finding one of a run.
func (f *found) set(target string, o *outcome, of fault) {
	f.Target, f.Difference, f.Derived = target, of.Difference, of.derived
	f.Messages = []fuzz.Message{withoutKeys(of.message)}
	f.Original = len(of.message.Bytes)
	f.Scenario, f.Behaviour = o.scenario.String(), o.scenario.describe()
	f.Exchange = slices.Clone(o.lines)
	if of.line >= 0 && of.line < len(f.Exchange) {
		f.Exchange = f.Exchange[:min(len(f.Exchange), of.line+1)]
	}
}

// withoutKeys returns a message with zeros where it has keys, or may have some.
func withoutKeys(m fuzz.Message) fuzz.Message {
	m = m.Clone()
	for _, n := range m.Dissect().Root.Leaves() {
		if n.Secret {
			clear(m.Bytes[n.Offset : n.Offset+len(n.Raw())])
		}
	}
	return m
}

// reduce looks for the smallest scenario that shows a finding again.
func (s *Server) reduce(ctx context.Context, at *stage, f *found, o *outcome) {
	scenario := o.scenario
	shows := func(smaller Scenario) bool {
		again, err := s.run(ctx, at, smaller, s.fetches(smaller) || len(o.scenario) != 1)
		if err != nil {
			return false
		}
		s.outstanding(again)
		for _, one := range again.faults {
			if one.key() == f.key {
				f.set(s.Name(), again, one)
				return true
			}
		}
		return false
	}
	certain := false
	for i := len(scenario) - 1; i >= 0 && len(scenario) > 1; i-- {
		if smaller := scenario.without(i); shows(smaller) {
			scenario, certain = smaller, true
		}
	}
	for range mostTrials - 1 {
		if certain || ctx.Err() != nil {
			break
		}
		certain = shows(scenario)
	}
	f.Untried = !certain && ctx.Err() != nil
	f.Flaky = !certain && !f.Untried
}

// untried says what was not tried, "" for nothing. The caller holds mu.
func (s *Server) untried() string {
	var missing []string
	total := 0
	for _, t := range s.types {
		for _, scenario := range systematic(t) {
			total++
			if name := scenario.String(); !s.tried[name] {
				missing = append(missing, name)
			}
		}
	}
	if len(missing) == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d behaviours were not tried: %s", len(missing), total, strings.Join(missing, ", "))
}

// tested returns the requirements of behaviour that the client was tested against. The
// caller holds mu.
func (s *Server) tested() (ids []string) {
	if !s.came {
		return nil
	}
	ids = []string{"PCHC-2.1-POST", "PCHC-2.1-URL", "PCHC-2.1-Version"}
	v1 := slices.Contains(s.types, Offer)
	for _, of := range []struct {
		id     string
		tested bool
	}{
		{"PCHC-2.1-HTTPS", v1},
		{"PCHC-2.1-SPNEGO", s.tried["offer:401-basic"]},
		{"PCHC-1.7-Authentication", s.tried["batch:401-negotiate"]},
		{"PCHC-1.5-Blocks", s.retrieved.blocks > 0},
		{"PCHC-1.5-Peer", s.retrieved.segments > 0},
		{"PCHC-2.2.1.4-Interested", s.tried["offer:ok"]},
		{"PCHC-3.2.2-Expiry", s.tried["offer:silent"] || s.tried["batch:silent"]},
		{"PCHC-3.2.2-Late", s.tried["offer:late"]},
		{"PCHC-3.2.4-Offer", s.tried["offer:reset-always"] || s.tried["batch:reset-always"]},
		{"PCHC-3.2.5.1-SegmentInfo", v1},
		{"PCHC-3.2.5.1-Discard", s.tried["offer:ok-then-interested"]},
		{"PCHC-3.2.5.3-Resend", s.authenticates},
		{"PCHC-3.2.5.5-Drop", s.tried["offer:size-0"] || s.tried["batch:size-0"]},
	} {
		if of.tested {
			ids = append(ids, of.id)
		}
	}
	return ids
}

// ran says how often the client was run, and with how many behaviours. Each is one of those
// of which untried says how many there are. The caller holds mu.
func (s *Server) ran() string {
	tried := 0
	for _, t := range s.types {
		for _, scenario := range systematic(t) {
			if s.tried[scenario.String()] {
				tried++
			}
		}
	}
	return fmt.Sprintf("%s of the client, with %s of the server besides right answers", count(int(s.runs), "run"), count(tried, "behaviour"))
}

// notes says what was tried and what the client did not show. The caller holds mu.
func (s *Server) notes() (all []string) {
	if !s.came {
		return nil
	}
	all = append(all, s.ran())
	for _, t := range types {
		if !slices.Contains(s.types, t.Type) {
			all = append(all, "the client sent no "+t.message+": what it does after one was not tested")
		}
	}
	offers := slices.Contains(s.types, Info) || slices.Contains(s.types, Batch)
	switch r := s.retrieved; {
	case r.blocks > 0:
		all = append(all, fmt.Sprintf("blocks fetched from the client: %d, %d of them verified by their hash", r.blocks, r.verified))
	case offers:
		all = append(all, "no block was fetched from the client")
	}
	if slices.Contains(s.types, Offer) && !s.authenticates {
		all = append(all, "the client never authenticated after HTTP status 401: PCHC-3.2.5.3-Resend was not tested, since it may have no credentials")
	}
	if s.timers.alive() == 0 {
		all = append(all, fmt.Sprintf("the tolerance of %v is more than a request lives: whether the client gives up too early was not tested", s.timers.tolerance))
	}
	if s.unsteady {
		all = append(all, "the client offers other segments each time: whether it goes on with others after a failure was not tested")
	}
	return all
}

// Replay runs the client through the scenario of a saved finding, and returns the finding if
// it shows again.
func (s *Server) Replay(ctx context.Context, f *campaign.Finding) ([]campaign.Finding, error) {
	scenario, err := ParseScenario(f.Scenario)
	if err != nil {
		return nil, err
	}
	if s.start.IsZero() {
		s.start = time.Now()
		s.result.Targets = []campaign.TargetResult{{Name: s.Name(), Client: true}}
	}
	if s.offered == nil && s.config.Start != "" && f.Fault == fuzz.Missing { // what it offers otherwise
		o, err := s.run(ctx, s.stages[0], nil, false)
		if err != nil {
			return nil, err
		}
		s.offered = o.offered
	}
	want := fault{Difference: f.Difference}
	s.authenticates = s.authenticates || f.Fault == fuzz.Missing && f.Requirement == "PCHC-3.2.5.3-Resend" // it did, elsewhere
	for range mostTrials {
		o, err := s.run(ctx, s.stages[0], scenario, s.fetches(scenario))
		if err != nil {
			return nil, err
		}
		if o.requests == 0 && len(o.faults) == 0 {
			return nil, fmt.Errorf("%w: %s", ErrNoClient, cmp.Or(o.summary, "nothing was sent"))
		}
		s.outstanding(o)
		for _, one := range o.faults {
			if one.key() == want.key() {
				var again found
				again.set(s.Name(), o, one)
				again.Count = 1
				return []campaign.Finding{again.Finding}, nil
			}
		}
	}
	return nil, nil
}

// lastMessage returns the last offer, or else the last request.
func (o *outcome) lastMessage() fuzz.Message {
	return cmp.Or(o.last, &fuzz.Message{Kind: spec.Request}).Clone()
}
