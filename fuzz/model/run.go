package model

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/coverage"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/fuzz/target/wait"
	"github.com/hostedcache/pchc/spec"
)

// Config configures a run.
type Config struct {
	// URLs are those of one hosted cache. One without a path stands for all that the hosted
	// cache has there: version 1.0 for https, version 2.0 and MS-PCCRR for http, and version
	// 1.0, too, if there is no https.
	URLs []string
	// Start is a shell command that runs the hosted cache; "": it runs already. Restart, if
	// not nil, restarts it instead: it returns when the hosted cache listens. Without either
	// there are no restarts in conversations.
	Start   string
	Restart func(ctx context.Context) error
	Ready   time.Duration // limit for a start; 0: 10 s
	Wait    time.Duration // for an unreachable hosted cache to come back; 0: 3 s

	Header      http.Header // sent with every message
	AllowRemote bool        // allow a hosted cache on another machine
	RootCAs     string      // file with PEM certificates to trust, instead of the system's
	Insecure    bool        // trust any certificate

	// Timeout is the limit for an answer; 0: 1 s.
	Timeout  time.Duration
	runDelay func() (time.Duration, bool) // of the hosted cache; nil: as the system says
	// Patience is how long it may take to retrieve what it must; 0: five times Timeout.
	Patience time.Duration
	// Keeps is how many segments the hosted cache must remember, the last ones that it was
	// told of; 0: 16. Of others it may forget block hashes and blocks.
	Keeps int

	// RNGSeed seeds the random number generator: the same one gives the same
	// conversations. Of several Shards, each draws its own.
	RNGSeed       uint64
	Shard, Shards int
	// Time and Executions limit the run: Executions is the number of messages. 0 means no
	// limit. What was begun is ended.
	Time       time.Duration
	Executions int64
	// Found, if not nil, is called with each finding. It may save it, and set File. The run
	// ends if Stop, called after it, returns true.
	Found func(*campaign.Finding)
	Stop  func(*campaign.Finding) bool
}

// Run plays conversations with a hosted cache.
type Run struct {
	config Config
	tester *tester
	before []*Conversation // the last ones, since a start of the hosted cache

	mu     sync.Mutex
	result campaign.Result
	over   bool
	known  []*campaign.Finding
}

// New returns a run, which can be run once.
func New(config Config) (*Run, error) {
	if config.Shards = max(1, config.Shards); config.Shard < 0 || config.Shard >= config.Shards {
		return nil, fmt.Errorf("there is no shard %d of %d: they count from 0", config.Shard, config.Shards)
	}
	t, err := newTester(&config)
	if err != nil {
		return nil, err
	}
	r := &Run{config: config, tester: t}
	r.result = campaign.Result{RNGSeed: config.RNGSeed, Shard: config.Shard, Shards: config.Shards, Start: time.Now(), Targets: []campaign.TargetResult{{
		Name: t.cache.name, Kinds: []spec.Kind{spec.Request, spec.RetrievalRequest},
	}}}
	return r, nil
}

// Run draws conversations and plays them, until the limits are reached or ctx is done.
// It returns an error if the hosted cache could not be tried at all. Before it returns, it
// ends everything that it started.
func (r *Run) Run(ctx context.Context) (*campaign.Result, error) {
	defer r.tester.close()
	budget, cancel := context.WithCancel(ctx)
	if r.config.Time > 0 {
		cancel()
		budget, cancel = context.WithTimeout(ctx, r.config.Time)
	}
	defer cancel()
	r.mu.Lock()
	r.result.Start = time.Now()
	r.mu.Unlock()
	err := r.tester.open(ctx)
	if err == nil {
		err = r.loop(ctx, budget)
	}
	r.update(func(result *campaign.Result, t *campaign.TargetResult) {
		r.over, result.Elapsed = true, time.Since(result.Start)
		result.Interrupted = ctx.Err() != nil
		r.sample(t)
		if err != nil && ctx.Err() == nil {
			t.Error = err.Error()
		}
	})
	result := r.Result()
	if result.Targets[0].Executions > 0 {
		err = nil // the result has it
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", r.tester.cache.name, err)
	}
	return result, err
}

// loop plays conversations.
func (r *Run) loop(ctx, budget context.Context) error {
	rng := rand.New(rand.NewPCG(r.config.RNGSeed, uint64(r.config.Shard)))
	for budget.Err() == nil && !r.enough() {
		c := Draw(rng, r.tester.cache.offered())
		f, err := r.tester.play(budget, c, r.tester.patience())
		if budget.Err() != nil && f == nil {
			return nil // it was cut short
		}
		r.update(func(_ *campaign.Result, t *campaign.TargetResult) {
			t.Conversations++
			if last := len(t.Samples) - 1; last < 0 || time.Since(r.result.Start)-t.Samples[last].At > time.Since(r.result.Start)/mostSamples {
				r.sample(t)
			}
		})
		if err != nil {
			return err
		}
		if f == nil {
			r.before = append(r.before[max(0, len(r.before)-mostBefore+1):], c)
			continue
		}
		if err := r.study(ctx, c, f); err != nil {
			return err
		}
	}
	return nil
}

// mostBefore is how many conversations are played before one to see its failure again.
const mostBefore = 16

// mostSamples is about how many samples there are.
const mostSamples = 200

func (r *Run) sample(t *campaign.TargetResult) {
	r.count(t)
	t.Samples = append(t.Samples, campaign.Sample{At: time.Since(r.result.Start), Executions: t.Executions, Coverage: t.Coverage, Findings: len(r.known)})
}

func (r *Run) count(t *campaign.TargetResult) {
	t.Executions, t.Restarts, t.Notes = r.tester.executions.Load(), int(r.tester.restarts.Load()), r.tester.notes()
	t.Points = r.tester.covered()
	t.Coverage = len(t.Points)
}

// enough reports whether a limit or a finding ends the run.
func (r *Run) enough() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.result.Stopped || r.config.Executions > 0 && r.tester.executions.Load() >= r.config.Executions
}

func (r *Run) update(f func(*campaign.Result, *campaign.TargetResult)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f(&r.result, &r.result.Targets[0])
}

// Result returns the result so far. It may be called at any time.
func (r *Run) Result() *campaign.Result {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.over {
		r.result.Elapsed = time.Since(r.result.Start)
	}
	result := r.result
	result.Targets = slices.Clone(r.result.Targets)
	r.count(&result.Targets[0])
	result.Targets[0].Samples = slices.Clone(result.Targets[0].Samples)
	for _, k := range r.known {
		result.Findings = append(result.Findings, *k)
	}
	return &result
}

// study reduces a conversation that fails, and adds a finding, unless it is one of those
// that are known.
func (r *Run) study(ctx context.Context, c *Conversation, f *failure) error {
	at := time.Since(r.result.Start)
	c = c.clone()
	c.Steps = c.Steps[:f.step+1]
	if err := r.tester.healthy(ctx, f); err != nil {
		r.add(f, c, &campaign.Finding{At: at, Untried: true, Steps: len(c.Steps)})
		return err
	}
	if r.explained(f) {
		return nil
	}
	s := &shrinker{tester: r.tester, best: c, failure: f, most: mostTime}
	if r.config.Time > 0 {
		s.most = max(leastTime, min(s.most, r.config.Time/2, r.config.Time-at))
	}
	s.begin()
	confirmed, err := s.shrink(ctx, r.before)
	r.before = nil
	if ctx.Err() != nil {
		return nil
	}
	if !confirmed {
		s.best, s.failure, s.variants = c, f, nil
	}
	r.add(s.failure, s.best, &campaign.Finding{At: at, Flaky: !confirmed || s.flaky, Steps: len(c.Steps), Unreduced: confirmed && !s.done, Variants: s.variants})
	return err
}

// explained reports whether a failure is of a kind of which there is a finding, and counts
// it. One that did not show again may do so now.
func (r *Run) explained(f *failure) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, k := range r.known {
		if like(&k.Difference, &f.Difference) && (!k.Flaky || k.Count >= mostFlaky) {
			k.Count++
			return true
		}
	}
	return false
}

// mostFlaky is how often a failure that did not show again is studied.
const mostFlaky = 3

// add adds a finding, unless it is one of those that are known.
func (r *Run) add(f *failure, c *Conversation, n *campaign.Finding) {
	n.Target, n.Difference, n.Messages, n.Conversation, n.Count = r.tester.cache.name, f.Difference, f.messages, c.timeline(f.outcomes), 1
	n.Original = len(n.Message().Bytes)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, k := range r.known {
		if like(&k.Difference, &n.Difference) && (k.Flaky == n.Flaky || n.Flaky) {
			k.Count++
			return
		}
	}
	if r.config.Found != nil {
		r.config.Found(n)
	}
	r.known = append(r.known, n)
	r.result.Stopped = r.result.Stopped || r.config.Stop != nil && r.config.Stop(n)
}

// like reports whether two differences are of the same kind.
func like(a, b *fuzz.Difference) bool {
	return a.Fault == b.Fault && a.Requirement == b.Requirement && a.Rule == b.Rule
}

// tester has what all conversations with a hosted cache share.
type tester struct {
	config   *Config
	cache    *cache
	speakers map[place]*speaker

	executions, restarts atomic.Int64

	mu       sync.Mutex
	coverage coverage.Map
	longest  time.Duration // that the hosted cache took to retrieve
}

// place says where a client is.
type place struct {
	client int
	shared bool
}

func newTester(config *Config) (*tester, error) {
	or := func(d *time.Duration, zero time.Duration) {
		if *d <= 0 {
			*d = zero
		}
	}
	or(&config.Ready, 10*time.Second)
	or(&config.Wait, 3*time.Second)
	or(&config.Timeout, time.Second)
	or(&config.Patience, 5*config.Timeout)
	if config.Keeps <= 0 {
		config.Keeps = 16
	}
	c, err := newCache(config)
	return &tester{config: config, cache: c, speakers: map[place]*speaker{}}, err
}

// open starts the hosted cache if necessary, and finds out what it has.
func (t *tester) open(ctx context.Context) error {
	if err := t.cache.start(ctx); err != nil {
		return err
	}
	s, err := t.speaker(stranger, false)
	if err != nil {
		return err
	}
	if err := t.cache.learn(ctx, s); err != nil {
		return err
	}
	return t.fresh(ctx) // it has learned, too
}

// Clients that are not those of a conversation: one that finds out what the hosted cache
// has, and one that offers what others do.
const (
	otherClient = mostClients + iota
	stranger
)

// close ends everything.
func (t *tester) close() {
	t.cache.stop()
	t.idle()
	for _, s := range t.speakers {
		s.servers.close()
	}
	t.speakers = map[place]*speaker{}
}

// idle ends the connections of all clients.
func (t *tester) idle() {
	for _, s := range t.speakers {
		s.transport.CloseIdleConnections()
	}
}

// speaker returns a client, which has the same address and ports in all conversations.
// Clients have different IP addresses if the hosted cache is on this machine and the
// machine has them: those from 127.0.0.2 on.
func (t *tester) speaker(client int, shared bool) (*speaker, error) {
	at := place{client, shared}
	if s := t.speakers[at]; s != nil {
		return s, nil
	}
	if shared {
		client = 0
	}
	local := t.cache.host
	switch {
	case !local.IsLoopback():
		var err error
		if local, err = towards(t.cache.address); err != nil {
			return nil, err
		}
	case local.Is4():
		own := netip.AddrFrom4([4]byte{127, 0, 0, byte(2 + client)})
		if l, err := net.Listen("tcp", netip.AddrPortFrom(own, 0).String()); err == nil {
			_ = l.Close()
			local = own
		}
	}
	s := newSpeaker(t.config, t.cache.tls, local)
	var err error
	if s.servers, err = newServers(local); err != nil {
		return nil, err
	}
	s.begin(at.client)
	t.speakers[at] = s
	return s, nil
}

// towards returns the address of this machine in connections to another one.
func towards(address string) (netip.Addr, error) {
	conn, err := net.Dial("udp", address)
	if err != nil {
		return netip.Addr{}, err
	}
	defer conn.Close()
	local, err := netip.ParseAddrPort(conn.LocalAddr().String())
	return local.Addr().Unmap(), err
}

// add counts a message.
func (t *tester) add(m fuzz.Message, p *player) {
	p.messages = append(p.messages, m)
	t.executions.Add(1)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.coverage.Add(target.NewCase(m).Expected)
}

func (t *tester) covered() []coverage.Point {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Collect(t.coverage.All())
}

func (t *tester) notes() []string { return t.cache.notes }

// patience is how long the hosted cache may take to retrieve what it must.
func (t *tester) patience() time.Duration { return t.config.Patience }

// limit begins a wait for what the hosted cache does after a message of a client. Time in
// which it has no processor does not count.
func (t *tester) limit(who *speaker, most time.Duration) *wait.Timer {
	timer := wait.New(nil, func() (time.Duration, bool) { return who.runDelay(t.cache.address) })
	timer.Start(most)
	return timer
}

// took notes how long it took.
func (t *tester) took(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.longest = max(t.longest, d)
}

// fresh restarts the hosted cache, if that is possible, so that it knows nothing of other
// conversations.
func (t *tester) fresh(ctx context.Context) error {
	if !t.cache.restarts() {
		return nil
	}
	t.idle()
	return t.cache.restart(ctx)
}

// attempt is how long to wait for a request that the hosted cache may have reasons not to
// send.
func (t *tester) attempt() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return min(t.patience()/4, max(50*time.Millisecond, 4*t.longest))
}

// quick is how long it may take while a conversation is reduced: much longer than ever.
func (t *tester) quick() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return min(t.patience(), max(150*time.Millisecond, 10*t.longest))
}

// healthy makes the hosted cache work again after a failure, if it has ended or hangs.
func (t *tester) healthy(ctx context.Context, f *failure) error {
	if f.Fault != fuzz.Crash && f.Fault != fuzz.Hang && f.Fault != fuzz.Unanswered {
		return nil
	}
	t.restarts.Add(1)
	t.idle()
	if err := t.cache.recover(ctx); err != nil {
		return errors.Join(errors.New("the hosted cache does not work any more"), err)
	}
	return nil
}
