package campaign

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/resource"
	"github.com/hostedcache/pchc/fuzz/target"
)

// Resources are watched between the rounds of a stream: a sample after a round tells
// nothing yet, but starts an experiment in a new process (experiment.go), whose result is
// the finding: leak.go for what a target keeps, cost.go for processor time.

// resources is what is known of the resources of a target.
type resources struct {
	// alone is held for a measurement, during which nothing else is sent; rounds share it.
	alone sync.RWMutex

	mu        sync.Mutex // guards the following fields
	latest    map[*stream]resource.Usage
	ended     time.Duration // processor time of processes that have ended
	most      resource.Usage
	unwatched string
	untried   []string
	known     map[resource.Kind]bool // a finding has it
	refuted   map[resource.Kind]int  // experiments that did not show what a campaign seemed to
	inspected bool
	ending    *bucket // what happens at the end of the input of a program, if it is a finding
}

// suspicious is growth of memory that is mentioned even if nothing shows why.
const suspicious = 32 << 20

// mostRefuted is the number of experiments in vain after which growth of a resource is no
// longer looked into.
const mostRefuted = 3

func (r *resources) result() Resources {
	r.mu.Lock()
	defer r.mu.Unlock()
	most := r.most
	most.CPU = r.sum().CPU
	return Resources{Unwatched: r.unwatched, Most: most, Untried: slices.Clone(r.untried)}
}

func (r *resources) now() resource.Usage {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sum()
}

// sum is the use of all processes.
func (r *resources) sum() (all resource.Usage) {
	seen := map[int64]bool{} // sessions may share a process
	for _, u := range r.latest {
		if seen[u.Process] {
			continue
		}
		seen[u.Process] = true
		all.Processes += u.Processes
		all.Memory += u.Memory
		all.Files += u.Files
		all.Threads += u.Threads
		all.CPU += u.CPU
	}
	all.CPU += r.ended
	return all
}

func (r *resources) add(s *stream, u resource.Usage) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.latest == nil {
		r.latest = map[*stream]resource.Usage{}
	}
	if before := r.latest[s]; before.Process != u.Process {
		shared := false
		for other, now := range r.latest {
			shared = shared || other != s && now.Process == before.Process
		}
		if !shared {
			r.ended += before.CPU
		}
	}
	r.latest[s] = u
	r.most.Processes = max(r.most.Processes, u.Processes)
	r.most.Memory = max(r.most.Memory, u.Memory)
	r.most.Files = max(r.most.Files, u.Files)
	r.most.Threads = max(r.most.Threads, u.Threads)
}

// leave notes why something was not watched or tried.
func (r *resources) leave(err error, untried ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil && r.most.Processes == 0 {
		r.unwatched = err.Error()
	}
	for _, what := range untried {
		if !slices.Contains(r.untried, what) {
			r.untried = append(r.untried, what)
		}
	}
}

// open reports whether a resource is still of interest.
func (r *resources) open(kind resource.Kind) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.known[kind] && r.refuted[kind] < mostRefuted
}

// settle records the result of an experiment.
func (r *resources) settle(kind resource.Kind, found bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil {
		r.known, r.refuted = map[resource.Kind]bool{}, map[resource.Kind]int{}
	}
	if found {
		r.known[kind] = true
	} else {
		r.refuted[kind]++
	}
}

func (r *resources) found(kind resource.Kind) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.known[kind]
}

// watch is what one stream has seen of the process of its session.
type watch struct {
	first    resource.Usage
	messages int // to this process, since first
	total    int
	read     time.Time
	points   []reading
	next     int // number of messages at which to look for growth
	nextAge  int // likewise for age
}

type reading struct {
	messages int
	resource.Usage
}

const (
	readEvery    = 20 * time.Millisecond // at most, after the first readings
	readAll      = 16                    // rounds
	mostReadings = 256
	firstLook    = 4 * roundSize
	inspectAfter = 16 * roundSize
)

// kept are the resources that a target may keep, and by how much they must at least grow.
var kept = []struct {
	kind  resource.Kind
	least float64
}{{resource.Memory, 1 << 20}, {resource.Files, 16}, {resource.Threads, 16}}

var errInside = errors.New("it runs in pchc itself")

// watchRound reads the resources after a round, and looks into what grows.
func (s *stream) watchRound(ctx context.Context) {
	r, w := &s.target.resources, &s.watch
	m, ok := s.session.(target.Measured)
	if !ok {
		r.leave(errInside)
		return
	}
	w.messages += len(s.cases)
	w.total += len(s.cases)
	defer func() {
		if w.total >= inspectAfter && r.claimInspection() {
			s.inspect(ctx)
		}
	}()
	if w.messages > readAll*roundSize && time.Since(w.read) < readEvery {
		return
	}
	w.read = time.Now()
	u, err := m.Usage()
	if err != nil {
		if !errors.Is(err, resource.ErrEnded) {
			r.leave(err)
		}
		return
	}
	r.add(s, u)
	if u.Process != w.first.Process {
		*w = watch{first: u, total: w.total, next: firstLook}
	}
	if w.points = append(w.points, reading{w.messages, u}); len(w.points) > mostReadings {
		few := w.points[:0]
		for i := 1; i < len(w.points); i += 2 {
			few = append(few, w.points[i])
		}
		w.points = few
	}
	if u.Shadowed {
		r.leave(nil, "growth of memory, since a sanitizer is linked in, which keeps freed memory")
	}
	s.look(ctx)
	s.relieve(ctx, m, u)
}

func (r *resources) claimInspection() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	claimed := !r.inspected
	r.inspected = true
	return claimed
}

// look starts an experiment about each resource that seems to grow.
func (s *stream) look(ctx context.Context) {
	w, r := &s.watch, &s.target.resources
	due := w.messages >= w.next || s.done
	if due {
		w.next = 2 * w.messages
	}
	for _, k := range kept {
		if !r.open(k.kind) || k.kind == resource.Memory && w.first.Shadowed {
			continue
		}
		points := w.of(k.kind)
		_, grows := resource.Grows(points, k.least)
		if due && grows || k.kind != resource.Memory && len(points) < readAll && rises(points) {
			s.studyLeak(ctx, k.kind)
		}
	}
	if w.messages >= w.nextAge && r.open(resource.Time) {
		w.nextAge = w.messages * 5 / 4
		if w.ages() {
			s.studyAge(ctx)
		}
	}
}

// rises reports whether a number has grown so fast from the start that the process may
// soon reach a limit.
func rises(points []resource.Point) bool {
	if len(points) < 3 {
		return false
	}
	p := points[len(points)-3:]
	return p[2].Y-p[1].Y >= 16 && p[1].Y-p[0].Y >= 16 && p[2].Y-points[0].Y >= 64
}

func (w *watch) of(kind resource.Kind) []resource.Point {
	points := make([]resource.Point, len(w.points))
	for i, p := range w.points {
		points[i] = resource.Point{X: float64(p.messages), Y: kind.Of(p.Usage)}
	}
	return points
}

// ages reports whether the messages of the last half, and those of its end, needed more
// time than the ones before: that may be the messages, too.
func (w *watch) ages() bool {
	points := w.of(resource.Time)
	if len(points) < 16 || w.messages < 16*roundSize {
		return false
	}
	each := func(from, to float64) float64 {
		a, b := points[int(from*float64(len(points)-1))], points[int(to*float64(len(points)-1))]
		return (b.Y - a.Y) / max(1, b.X-a.X)
	}
	return each(0.5, 0.75) > 1.2*each(0.2, 0.5) && each(0.75, 1) > 1.2*each(0.5, 0.75)
}

// What a target that is known to keep something may keep before it is restarted.
const (
	reliefMemory  = 64 << 20
	reliefNumber  = 256
	reliefSlowing = 3
)

// relieve restarts a process that keeps what it was found to keep, before that has other
// effects.
func (s *stream) relieve(ctx context.Context, m target.Measured, u resource.Usage) {
	w, r := &s.watch, &s.target.resources
	slower := false
	if n := len(w.points); n > 16 && r.found(resource.Time) {
		early, late := w.points[4], w.points[n-4]
		first := float64(early.CPU-w.points[0].CPU) / float64(max(1, early.messages-w.points[0].messages))
		slower = float64(u.CPU-late.CPU)/float64(max(1, w.messages-late.messages)) > reliefSlowing*first
	}
	if slower || r.found(resource.Memory) && u.Memory > w.first.Memory+reliefMemory ||
		r.found(resource.Files) && u.Files > w.first.Files+reliefNumber ||
		r.found(resource.Threads) && u.Threads > w.first.Threads+reliefNumber {
		if err := m.Restart(ctx); err != nil && ctx.Err() == nil {
			s.fail(err)
		}
	}
}

// measured returns the bucket of a finding about resources.
func measuredBucket(d fuzz.Difference, messages []fuzz.Message, m *Measurement) *bucket {
	m.Points, m.Beside = resource.Thin(m.Points, mostPoints), resource.Thin(m.Beside, mostPoints)
	f := &finding{Finding: Finding{Difference: d, Messages: cloned(messages), Measured: m}}
	return &bucket{finding: f, raw: d}
}

// mostPoints limits the points of a finding.
const mostPoints = 48

// resource returns what a finding is about; "" for most.
func (f *Finding) resource() resource.Kind {
	if f.Measured == nil {
		return ""
	}
	return f.Measured.Resource
}

// addMeasured adds a finding about resources.
func (s *stream) addMeasured(b *bucket) {
	s.add(b, len(b.finding.Message().Bytes), time.Since(s.target.campaign.start))
}
