package campaign

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/resource"
	"github.com/hostedcache/pchc/fuzz/target"
)

// Config configures a campaign.
type Config struct {
	Targets []target.Target

	// Seeds are messages to start from, in addition to generated ones.
	Seeds []fuzz.Message
	// RNGSeed seeds the random number generator. With the same RNGSeed, Seeds,
	// Targets and Jobs each target gets the same messages in the same order.
	RNGSeed uint64
	// Jobs is the number of messages sent in parallel; 0 means one per processor.
	// Each job has its own session with each target, and divides its time evenly
	// between the targets.
	Jobs int
	// Shard and Shards divide one campaign among several runs, on any machines: the
	// runs 0 to Shards-1 with the same RNGSeed, Seeds, Targets and Jobs share the sweep
	// and the Seeds, and draw different random messages. 0 Shards means one run.
	Shard, Shards int

	// Time and Executions limit the campaign. Executions is the number of messages,
	// divided evenly between the targets. 0 means no limit. A campaign ends before its
	// limit if its targets stop answering. It may last longer than Time by what the last
	// message needs: up to three times the limit of its answer, if that does not come.
	Time       time.Duration
	Executions int64
	// TriageTime limits the time to find the cause of one difference, and of each step of
	// that; 0 means 4s. What is then not known of a cause depends on the speed of the
	// target and the machine.
	TriageTime time.Duration
	// Found, if not nil, is called with each finding after its triage, one at a
	// time. It may save the finding, and set File.
	Found func(*Finding)
	// Changed, if not nil, is called at the end, before Run returns, with each finding of
	// which more is known than when Found got it: the rate of a failure at random.
	Changed func(*Finding)
	// Stop, if not nil, is called after Found: the campaign ends if it returns true.
	// Failures that could then not be tried again are no findings.
	Stop func(*Finding) bool
	// Grown, if not nil, is called with each message that increases coverage. It
	// must be safe for concurrent use.
	Grown func(fuzz.Message)
}

// Campaign is a campaign: new, running, or finished.
type Campaign struct {
	config  Config
	start   time.Time
	targets []*targetState

	mu       sync.Mutex // guards the following fields, and Found
	elapsed  time.Duration
	stopped  bool
	end      context.CancelFunc
	enough   bool // Stop ended it
	findings []*finding
	every    time.Duration // time between two samples
	load     float64       // of the machine, at most, as of the samples
}

// New returns a new campaign, which can run once.
func New(config Config) (*Campaign, error) {
	if len(config.Targets) == 0 {
		return nil, errors.New("a campaign needs a target")
	}
	if config.Jobs <= 0 {
		config.Jobs = runtime.GOMAXPROCS(0)
	}
	config.Shards = max(1, config.Shards)
	if config.Shard < 0 || config.Shard >= config.Shards {
		return nil, fmt.Errorf("there is no shard %d of %d: they count from 0", config.Shard, config.Shards)
	}
	c := &Campaign{config: config, start: time.Now(), every: firstSample}
	for i, t := range config.Targets {
		quota := int64(0)
		if n := int64(len(config.Targets) * config.Jobs); config.Executions > 0 {
			quota = (config.Executions + n - 1) / n
		}
		c.targets = append(c.targets, newTargetState(c, t, i, quota))
	}
	return c, nil
}

// Run runs the campaign until its budget is used up, all targets have failed, or ctx
// is done. Before it returns it ends everything that it started. It returns an error
// if a target could not be tried at all.
func (c *Campaign) Run(ctx context.Context) (*Result, error) {
	budget, cancel := context.WithCancel(ctx)
	if c.config.Time > 0 {
		cancel()
		budget, cancel = context.WithTimeout(ctx, c.config.Time)
	}
	defer cancel()
	c.mu.Lock()
	c.start, c.end = time.Now(), cancel
	c.mu.Unlock()
	sampling := make(chan struct{})
	sampled := make(chan struct{})
	go func() {
		defer close(sampled)
		c.sample(sampling)
	}()
	var jobs sync.WaitGroup
	for j := range c.config.Jobs {
		jobs.Go(func() { c.job(ctx, budget, j) })
	}
	jobs.Wait()
	for _, t := range c.targets {
		if t.executions.Load() == 0 && ctx.Err() == nil {
			t.fail(fmt.Errorf("the time limit of %v was used up before the first message", c.config.Time))
		}
	}
	close(sampling)
	<-sampled
	c.mu.Lock()
	c.stopped = true
	c.elapsed = time.Since(c.start)
	c.mu.Unlock()
	c.changed()
	r := c.Result()
	r.Interrupted = ctx.Err() != nil
	var failed []error
	for _, t := range c.targets {
		if t.executions.Load() == 0 && t.failure() != nil {
			failed = append(failed, fmt.Errorf("%s: %w", t.target.Name(), t.failure()))
		}
	}
	return r, errors.Join(failed...)
}

// job always tries the target that has had the least time. The budget does not limit
// the start of a target, so that whatever prevents that is seen.
func (c *Campaign) job(ctx, budget context.Context, number int) {
	var streams []*stream
	for _, t := range c.targets {
		s := newStream(t, number)
		defer s.close()
		streams = append(streams, s)
	}
	for _, s := range streams {
		if number > 0 {
			<-s.target.opened // if it cannot be opened, one job waits for that
		}
		s.open(ctx)
		if number == 0 {
			close(s.target.opened)
		}
	}
	for budget.Err() == nil {
		var next *stream
		for _, s := range streams {
			if !s.done && (next == nil || s.spent < next.spent) {
				next = s
			}
		}
		if next == nil {
			return
		}
		begin := time.Now()
		next.round(budget)
		next.spent += time.Since(begin)
	}
}

// Result returns the result so far. It may be called at any time.
func (c *Campaign) Result() *Result {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := &Result{RNGSeed: c.config.RNGSeed, Shard: c.config.Shard, Shards: c.config.Shards, Start: c.start, Elapsed: c.elapsed, Stopped: c.enough}
	if !c.stopped {
		r.Elapsed = time.Since(c.start)
	}
	for _, t := range c.targets {
		r.Targets = append(r.Targets, t.result())
	}
	for _, f := range c.findings {
		r.Findings = append(r.Findings, f.now())
	}
	return r
}

// changed calls Found again for findings of which the campaign knows more than when they
// were found.
func (c *Campaign) changed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range c.findings {
		if now := f.now(); c.config.Changed != nil && now.Rate != nil && (f.Rate == nil || *now.Rate != *f.Rate) {
			c.config.Changed(&now)
			f.File = now.File
		}
	}
}

const (
	firstSample = 100 * time.Millisecond
	mostSamples = 400
)

// sample takes samples until stop is closed, and one at the end. When it has too
// many, it drops every other one and halves the rate.
func (c *Campaign) sample(stop <-chan struct{}) {
	for ended := false; !ended; {
		timer := time.NewTimer(c.every)
		select {
		case <-timer.C:
		case <-stop:
			timer.Stop()
			ended = true
		}
		c.mu.Lock()
		c.load = max(c.load, resource.Load())
		at := time.Since(c.start)
		for _, t := range c.targets {
			t.sample(at)
		}
		if len(c.targets[0].samples) >= mostSamples {
			c.every *= 2
			for _, t := range c.targets {
				t.thin()
			}
		}
		c.mu.Unlock()
	}
}
