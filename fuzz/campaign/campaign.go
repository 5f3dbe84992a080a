package campaign

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
)

// Config says what a campaign is to do.
type Config struct {
	Targets []target.Target

	// Seeds are messages to begin with, beside those that the campaign makes.
	Seeds []fuzz.Message
	// RNGSeed seeds the random number generator. With the same RNGSeed, Seeds,
	// Targets and Jobs each target gets the same messages in the same order.
	RNGSeed uint64
	// Jobs is how many messages are tried at the same time, each job with a
	// session of its own to each target; 0 is one for each processor. The time
	// of a job is shared evenly between the targets.
	Jobs int

	// Time and Executions end the campaign: when it has run for so long, or
	// tried so many messages, evenly shared between the targets. 0 is no limit.
	Time       time.Duration
	Executions int64

	// Found is called with each finding after its triage, one at a time. It
	// may save it, and set File; nil does nothing.
	Found func(*Finding)
	// Grown is called with each message that increases coverage. It may
	// be called by several goroutines at once; nil does nothing.
	Grown func(fuzz.Message)
}

// Campaign is a campaign that runs, or has run.
type Campaign struct {
	config  Config
	start   time.Time
	targets []*targetState

	mu       sync.Mutex // guards what follows, and Found
	elapsed  time.Duration
	stopped  bool
	findings []*finding
	every    time.Duration // between two samples
}

// New returns a campaign that Run can run, once.
func New(config Config) (*Campaign, error) {
	if len(config.Targets) == 0 {
		return nil, errors.New("a campaign needs a target")
	}
	if config.Jobs <= 0 {
		config.Jobs = runtime.GOMAXPROCS(0)
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

// Run runs the campaign until its budget is used up, no target can be tried any
// more, or ctx is done, and returns what came of it. Everything that it started
// has ended then. An error is that of a target that could not be tried at all.
func (c *Campaign) Run(ctx context.Context) (*Result, error) {
	c.mu.Lock()
	c.start = time.Now()
	c.mu.Unlock()
	budget, cancel := ctx, context.CancelFunc(func() {})
	if c.config.Time > 0 {
		budget, cancel = context.WithTimeout(ctx, c.config.Time)
	}
	defer cancel()
	sampling := make(chan struct{})
	sampled := make(chan struct{})
	go func() {
		defer close(sampled)
		c.sample(sampling)
	}()
	var jobs sync.WaitGroup
	for j := range c.config.Jobs {
		jobs.Go(func() { c.job(budget, j) })
	}
	jobs.Wait()
	close(sampling)
	<-sampled
	c.mu.Lock()
	c.stopped = true
	c.elapsed = time.Since(c.start)
	c.mu.Unlock()
	r := c.Result()
	r.Interrupted = ctx.Err() != nil
	var failed []error
	for _, t := range c.targets {
		if t.executions.Load() == 0 && t.failure() != nil {
			failed = append(failed, t.failure())
		}
	}
	return r, errors.Join(failed...)
}

// job tries the targets in turn: always the one that had the least time.
func (c *Campaign) job(ctx context.Context, number int) {
	var streams []*stream
	for _, t := range c.targets {
		s := newStream(t, number)
		defer s.close()
		streams = append(streams, s)
	}
	for ctx.Err() == nil {
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
		next.round(ctx)
		next.spent += time.Since(begin)
	}
}

// Result returns what is known so far. It may be called at any time.
func (c *Campaign) Result() *Result {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := &Result{RNGSeed: c.config.RNGSeed, Start: c.start, Elapsed: c.elapsed}
	if !c.stopped {
		r.Elapsed = time.Since(c.start)
	}
	for _, t := range c.targets {
		r.Targets = append(r.Targets, t.result())
	}
	for _, f := range c.findings {
		found := f.Finding
		found.Count = f.count.Load()
		r.Findings = append(r.Findings, found)
	}
	return r
}

const (
	firstSample = 100 * time.Millisecond
	mostSamples = 400
)

// sample takes samples until stop is closed, and one at the end. When there are
// too many it drops every other one, and takes half as many from then on.
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
