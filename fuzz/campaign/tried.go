package campaign

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/coverage"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// tried is a target, and what is known of it.
type tried struct {
	campaign *Campaign
	target   target.Target
	number   int
	quota    int64 // executions of each job, 0: no limit

	executions, restarts atomic.Int64

	mu       sync.Mutex // guards what follows
	coverage coverage.Map
	err      error
	known    []*known
	studied  map[studyKey]int

	samples []Sample // guarded by the campaign's mutex
}

// known is a cause of differences that has been found out.
type known struct {
	record *record
	raw    fuzz.Difference // as it was first seen
	claim  string          // the rule that it says is broken and is not
	cause  cause
}

// record is a finding, and how often it was seen. The finding does not change
// once it is among those of the campaign.
type record struct {
	Finding
	count atomic.Int64
}

type studyKey struct {
	fault                fuzz.Fault
	rule, place, message string
}

func newTried(c *Campaign, t target.Target, number int, quota int64) *tried {
	return &tried{campaign: c, target: t, number: number, quota: quota, studied: map[studyKey]int{}}
}

func (t *tried) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err == nil {
		t.err = err
	}
}

func (t *tried) failure() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

// grow notes what a job's messages cover.
func (t *tried) grow(m *coverage.Map, messages []fuzz.Message) {
	t.mu.Lock()
	t.coverage.Merge(m)
	t.mu.Unlock()
	if grown := t.campaign.config.Grown; grown != nil {
		for _, m := range messages {
			grown(m)
		}
	}
}

// specific are the faults that tell by their Rule and Field what is wrong. Of
// the others the cause has to be found out by trying.
var specific = []fuzz.Fault{
	fuzz.Accepted, fuzz.WrongRule, fuzz.WrongField, fuzz.Derived, fuzz.Sender, fuzz.Answered, fuzz.WrongName,
}

// sameFault reports whether two faults may come from the same mistake: who
// does not see a violation may take a message with another violation behind it for
// one that begins there, and who is soon there again after a crash only hangs up.
func sameFault(a, b fuzz.Fault) bool {
	violation := func(f fuzz.Fault) bool { return f == fuzz.Accepted || f == fuzz.WrongRule }
	end := func(f fuzz.Fault) bool { return f == fuzz.Crash || f == fuzz.Unanswered }
	return a == b || violation(a) && violation(b) || end(a) && end(b)
}

// place is where in a message a difference is. Content Information is the same
// alone and in a SEGMENT_INFO_MESSAGE, elements of a list are alike, and so are
// the fields at which a structure may be cut short.
func place(d *fuzz.Difference) string {
	if strings.HasSuffix(d.Rule, "-Truncated") {
		return ""
	}
	return bare(fuzz.StripIndexes(d.Field))
}

// samePlace reports whether two differences may be at the same place, as far as
// they tell.
func samePlace(a, b *fuzz.Difference) bool {
	x, y := place(a), place(b)
	return x == y || x == "" || y == ""
}

// bare returns a path as it is in Content Information that stands alone.
func bare(path string) string { return strings.TrimPrefix(path, "SegmentInformation.") }

// explains reports whether a case goes wrong for a reason that is known.
func (k *known) explains(c target.Case, d *fuzz.Difference) bool {
	switch {
	case d.ReportedRule != "" && k.claim == d.ReportedRule && d.Fault == fuzz.WrongRule:
		return true
	case !sameFault(k.raw.Fault, d.Fault):
		return false
	case slices.Contains(specific, d.Fault):
		return k.raw.Rule == d.Rule && place(&k.raw) == place(d)
	}
	return k.cause.shows(c.Expected)
}

// mostStudies is how often differences that look alike are studied one by one,
// hoping for another cause; after that only now and then.
const mostStudies = 8

// explained reports whether a difference needs no study, and counts it.
func (t *tried) explained(c target.Case, d *fuzz.Difference) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, k := range t.known {
		if k.explains(c, d) {
			k.record.count.Add(1)
			return true
		}
	}
	key := studyKey{d.Fault, d.Rule, place(d), c.Expected.Message}
	t.studied[key]++
	n := t.studied[key]
	return n > mostStudies && n&(n-1) != 0
}

// avoid reports whether a message had better not be tried: it would cost the
// target a restart, for a fault that is known. Some are tried all the same.
func (t *tried) avoid(d *spec.Dissection, rng *rand.Rand) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, k := range t.known {
		switch k.raw.Fault {
		case fuzz.Crash, fuzz.Hang, fuzz.Slow:
			if k.cause.shows(d) {
				return rng.IntN(64) != 0
			}
		}
	}
	return false
}

// add takes what a study found: a new finding, or another way to an old one.
func (t *tried) add(k *known) {
	t.mu.Lock()
	f := k.record
	for _, old := range t.known {
		o := old.record
		if sameFault(o.Fault, f.Fault) && o.Rule == f.Rule && o.Requirement == f.Requirement && samePlace(&o.Difference, &f.Difference) {
			o.count.Add(1)
			k.record = o
			t.known = append(t.known, k)
			t.mu.Unlock()
			return
		}
	}
	// A pause that does not come again is the machine's more likely than the
	// target's.
	if f.Flaky && (f.Fault == fuzz.Hang || f.Fault == fuzz.Slow) && t.studied[studyKey{fault: f.Fault}] < 2 {
		t.studied[studyKey{fault: f.Fault}]++
		t.mu.Unlock()
		return
	}
	t.known = append(t.known, k)
	t.mu.Unlock()

	c := t.campaign
	c.mu.Lock()
	defer c.mu.Unlock()
	f.count.Add(1)
	if c.config.Found != nil {
		c.config.Found(&f.Finding)
	}
	c.findings = append(c.findings, f)
}

// result returns what was done, with the samples so far.
func (t *tried) result() TargetResult {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := TargetResult{
		Name:       t.target.Name(),
		Kinds:      t.target.Kinds(),
		Executions: t.executions.Load(),
		Coverage:   t.coverage.Len(),
		Restarts:   int(t.restarts.Load()),
		Samples:    slices.Clone(t.samples),
	}
	if t.err != nil {
		r.Error = t.err.Error()
	}
	return r
}

// sample takes one; the campaign is locked.
func (t *tried) sample(at time.Duration) {
	findings := 0
	for _, f := range t.campaign.findings {
		if f.Target == t.target.Name() {
			findings++
		}
	}
	t.mu.Lock()
	covered := t.coverage.Len()
	t.mu.Unlock()
	t.samples = append(t.samples, Sample{at, t.executions.Load(), covered, findings})
}

// thin drops every other sample but the last.
func (t *tried) thin() {
	kept := t.samples[:0]
	for i := 1; i < len(t.samples); i += 2 {
		kept = append(kept, t.samples[i])
	}
	t.samples = kept
}
