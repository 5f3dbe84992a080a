package campaign

import (
	"fmt"
	"maps"
	"math/bits"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/coverage"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// targetState is a target and its results.
type targetState struct {
	campaign *Campaign
	target   target.Target
	number   int
	quota    int64 // executions of each job, 0: no limit

	opened chan struct{} // closed when the first job has tried to open a session

	executions, restarts atomic.Int64

	mu       sync.Mutex // guards the following fields
	coverage coverage.Map
	err      error
	buckets  []*bucket
	triaged  map[lookalike]int
	settled  map[fuzz.Fault]int // by group: studied, and found to depend on more than a message
	notes    map[string]int

	resources resources

	samples []Sample // guarded by the campaign's mutex
}

// lookalike identifies differences that look alike.
type lookalike struct {
	fault                fuzz.Fault
	rule, place, message string
}

func newTargetState(c *Campaign, t target.Target, number int, quota int64) *targetState {
	return &targetState{campaign: c, target: t, number: number, quota: quota, opened: make(chan struct{}), triaged: map[lookalike]int{}, settled: map[fuzz.Fault]int{}, notes: map[string]int{}}
}

func (t *targetState) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err == nil {
		t.err = err
	}
}

func (t *targetState) failure() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

// note adds a job's notes since before.
func (t *targetState) note(now, before map[string]int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for name, n := range now {
		t.notes[name] += n - before[name]
	}
}

// grow adds the coverage of a job's messages.
func (t *targetState) grow(m *coverage.Map, messages []fuzz.Message) {
	t.mu.Lock()
	t.coverage.Merge(m)
	t.mu.Unlock()
	if grown := t.campaign.config.Grown; grown != nil {
		for _, m := range messages {
			grown(m)
		}
	}
}

// mostTriaged is the number of unexplained differences that look alike after which
// only some get triage, and mostSettled the number of differences in a group, studied and
// found to depend on more than a message, after which mostTriaged is 1.
const (
	mostTriaged = 8
	mostSettled = 32
)

// explained reports whether a difference needs no triage, and counts it. c is the
// case at which it was seen, one of the suspects its cause, and after the number of
// messages since a start of the target.
func (t *targetState) explained(c target.Case, suspects []target.Case, d *fuzz.Difference, after int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, b := range t.buckets {
		if b.explains(c, d, after) || b.late && slices.ContainsFunc(suspects, func(c target.Case) bool { return b.explains(c, d, after) }) {
			b.finding.count.Add(1)
			return true
		}
	}
	key := lookalike{d.Fault, d.Rule, place(d), c.Expected.Message}
	t.triaged[key]++
	n := t.triaged[key]
	if n <= mostTriaged && t.settled[group(d.Fault)] < mostSettled || n&(n-1) == 0 {
		return false
	}
	if b := t.unsettled(d.Fault); b != nil && !varied(d) {
		b.finding.count.Add(1)
	}
	return true
}

// unsettled returns the first bucket of what depends on more than a message, of a group of
// faults.
func (t *targetState) unsettled(f fuzz.Fault) *bucket {
	for _, b := range t.buckets {
		if !varied(&b.raw) && b.stateful() && group(b.finding.Fault) == group(f) {
			return b
		}
	}
	return nil
}

// stateful returns all such buckets, and whether enough differences of that fault's group
// were studied that nothing shows again.
func (t *targetState) stateful(f fuzz.Fault) (known []*bucket, familiar bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, b := range t.buckets {
		if !b.stateful() || group(b.finding.Fault) != group(f) {
			continue
		}
		known = append(known, b)
		if b.finding.Flaky {
			n := b.finding.count.Load()
			familiar = bits.OnesCount64(uint64(n)) != 1 || bits.TrailingZeros64(uint64(n))%3 != 0 // but for 1, 8, 64
		}
	}
	return known, familiar
}

// again counts a difference that belongs to a bucket, and reports whether that is not new.
func (t *targetState) again(b *bucket) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !slices.Contains(t.buckets, b) {
		return false
	}
	b.finding.count.Add(1)
	t.settled[group(b.finding.Fault)]++
	return true
}

// avoid reports whether to skip a message that would cost a restart for a known
// fault. Some are tried nevertheless.
func (t *targetState) avoid(d *spec.Dissection, rng *rand.Rand) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, b := range t.buckets {
		switch b.raw.Fault {
		case fuzz.Crash, fuzz.Hang, fuzz.Slow:
			if b.cause.matches(d) {
				return rng.IntN(64) != 0
			}
		}
	}
	return false
}

// add adds the result of triage: a new finding, or another bucket of an old one.
func (t *targetState) add(b *bucket) {
	t.mu.Lock()
	f := b.finding
	if old := t.unsettled(f.Fault); !varied(&f.Difference) && (f.Flaky || f.Untried) && old != nil {
		old.finding.count.Add(1)
		t.mu.Unlock()
		return
	}
	for _, old := range t.buckets {
		o := old.finding
		if b.signature != "" && old.signature == b.signature && group(o.Fault) == group(f.Fault) ||
			b.signature == old.signature && sameFault(o.Fault, f.Fault) && o.Rule == f.Rule && o.Cause == f.Cause && o.Requirement == f.Requirement &&
				sameWay(&o.Difference, &f.Difference) && o.resource() == f.resource() && o.Flaky == f.Flaky && o.Untried == f.Untried && (o.Nth == nil) == (f.Nth == nil) && samePlace(&o.Difference, &f.Difference) {
			o.count.Add(1)
			b.finding = o
			t.buckets = append(t.buckets, b)
			t.mu.Unlock()
			return
		}
	}
	// If it does not recur, the machine probably caused the delay.
	if f.Flaky && f.Fault == fuzz.Slow && t.triaged[lookalike{fault: f.Fault}] < 2 {
		t.triaged[lookalike{fault: f.Fault}]++
		t.mu.Unlock()
		return
	}
	t.buckets = append(t.buckets, b)
	t.mu.Unlock()

	c := t.campaign
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.enough && f.Untried {
		return // it was cut short by the finding that ended the campaign
	}
	f.count.Add(1)
	if c.config.Found != nil {
		c.config.Found(&f.Finding)
	}
	c.findings = append(c.findings, f)
	if c.config.Stop != nil && c.config.Stop(&f.Finding) {
		c.enough = true
		c.end()
	}
}

// result returns the result so far.
func (t *targetState) result() TargetResult {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := TargetResult{
		Name:       t.target.Name(),
		Kinds:      t.target.Kinds(),
		Executions: t.executions.Load(),
		Coverage:   t.coverage.Len(),
		Points:     slices.Collect(t.coverage.All()),
		Restarts:   int(t.restarts.Load()),
		Samples:    slices.Clone(t.samples),
		Resources:  t.resources.result(),
	}
	for _, name := range slices.Sorted(maps.Keys(t.notes)) {
		note := fmt.Sprintf("%s: %d", name, t.notes[name])
		if load := t.campaign.load; name == target.Late && load > 0 {
			note += fmt.Sprintf(" (load up to %.1f, processors: %d)", load, runtime.NumCPU())
		}
		r.Notes = append(r.Notes, note)
	}
	if t.err != nil {
		r.Error = t.err.Error()
	}
	return r
}

// sample takes a sample; the campaign is locked.
func (t *targetState) sample(at time.Duration) {
	findings := 0
	for _, f := range t.campaign.findings {
		if f.Target == t.target.Name() {
			findings++
		}
	}
	t.mu.Lock()
	covered := t.coverage.Len()
	t.mu.Unlock()
	t.samples = append(t.samples, Sample{at, t.executions.Load(), covered, findings, t.resources.now()})
}

// thin drops every other sample and keeps the last.
func (t *targetState) thin() {
	kept := t.samples[:0]
	for i := 1; i < len(t.samples); i += 2 {
		kept = append(kept, t.samples[i])
	}
	t.samples = kept
}
