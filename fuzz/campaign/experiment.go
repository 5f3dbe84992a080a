package campaign

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/resource"
	"github.com/hostedcache/pchc/fuzz/target"
)

// experiment sends chosen messages to a process that was started for them, and measures
// what it uses. It counts messages and processor time, not seconds, so that a busy machine
// makes no difference.
type experiment struct {
	session  target.Session
	measured target.Measured
	deadline time.Time
	cases    []target.Case
	warm     []target.Case // messages to warm up a new process with; nil: those that are measured
	process  int64
	failed   []fuzz.Difference // ends of the target
}

// experimentTime limits one experiment, which takes some seconds unless the machine is very
// busy.
const experimentTime = time.Minute

// newExperiment opens a session for an experiment; nil if that cannot be.
func newExperiment(ctx context.Context, t target.Target) *experiment {
	session, err := t.Open(ctx)
	if err != nil {
		return nil
	}
	m, ok := session.(target.Measured)
	if !ok {
		_ = session.Close()
		return nil
	}
	e := &experiment{session: session, measured: m}
	e.extend()
	return e
}

// extend begins the time of the experiment anew.
func (e *experiment) extend() { e.deadline = time.Now().Add(experimentTime) }

func (e *experiment) close() { _ = e.session.Close() }

func (e *experiment) over(ctx context.Context) bool {
	return ctx.Err() != nil || time.Now().After(e.deadline)
}

// restart gives the experiment a new process.
func (e *experiment) restart(ctx context.Context) bool {
	e.process, e.failed = 0, nil
	return !e.over(ctx) && e.measured.Restart(ctx) == nil
}

// feed sends n messages, those of the pool one after the other, again and again. It
// returns false if the target ended, or the time.
func (e *experiment) feed(ctx context.Context, pool []target.Case, n int) bool {
	for sent := 0; sent < n; {
		if e.over(ctx) {
			return false
		}
		e.cases = e.cases[:0]
		for len(e.cases) < roundSize && sent < n {
			e.cases = append(e.cases, pool[sent%len(pool)])
			sent++
		}
		_, err := e.session.Try(ctx, e.cases, func(_ int, d *fuzz.Difference) {
			if ends(d.Fault) && d.Fault != fuzz.Unanswered {
				e.failed = append(e.failed, *d)
			}
		})
		if err != nil || len(e.failed) > 0 {
			return false
		}
	}
	return true
}

// usage reads what the process uses. It returns false if it is not the one of before.
func (e *experiment) usage() (resource.Usage, bool) {
	u, err := e.measured.Usage()
	if err != nil || e.process != 0 && u.Process != e.process {
		return u, false
	}
	e.process = u.Process
	return u, true
}

// simplestOf returns the simplest valid message of each name that a target takes.
func simplestOf(t target.Target) (all []target.Case) {
	for _, kind := range t.Kinds() {
		for _, name := range generate.Messages(kind) {
			all = append(all, target.NewCase(generate.Simplest(name)))
		}
	}
	return all
}

// like returns n messages like c, drawn anew: valid ones of its name, or ones that violate
// the same rule.
func like(c *target.Case, n int) (all []target.Case) {
	rng := rand.New(rand.NewPCG(uint64(n), uint64(len(c.Bytes))))
	rule := ""
	if v, malformed := c.Expected.First(); malformed {
		if rule = v.Rule; !slices.Contains(generate.Kinds(rule), c.Kind) || !slices.Contains(generate.Rules(), rule) {
			return nil
		}
	} else if !slices.Contains(generate.Messages(c.Kind), c.Expected.Message) {
		return nil
	}
	for range n {
		if rule != "" {
			all = append(all, target.NewCase(generate.BrokenAs(rng, c.Kind, rule)))
		} else {
			all = append(all, target.NewCase(generate.ValidMessage(rng, c.Expected.Message)))
		}
	}
	return all
}

// Limits of a curve, by number of messages.
const (
	curveMemory = 1 << 14 // memory must grow for so long, since a collector may be late
	curveMost   = 1 << 17
	curveTime   = 3 * time.Second // or for so long, if the target is slow
	curveSlow   = 1 << 11
	muchMemory  = 256 << 20
	muchNumber  = 64
)

// curve sends a pool to a new process again and again, and measures a resource after n,
// 2n, 4n ... messages, until it is certain whether it grows.
func (e *experiment) curve(ctx context.Context, pool []target.Case, kind resource.Kind, least float64) (points []resource.Point, each float64, grows bool) {
	if !e.restart(ctx) || !e.feed(ctx, pool, 16) {
		return nil, 0, false
	}
	begin := time.Now()
	first, ok := e.usage()
	step := 16
	for total, check := 0, 64; ok && total < curveMost; {
		if !e.feed(ctx, pool, step) {
			return points, 0, false
		}
		total += step
		var u resource.Usage
		if u, ok = e.usage(); !ok {
			return points, 0, false
		}
		points = append(points, resource.Point{X: float64(total), Y: kind.Of(u)})
		step = max(step, total/16)
		if total < check {
			continue
		}
		check = 2 * total
		each, grows = resource.Grows(points, least)
		grown := kind.Of(u) - kind.Of(first)
		long := total >= curveMemory || time.Since(begin) > curveTime && total >= curveSlow
		switch {
		case grows && (long || kind == resource.Memory && grown > muchMemory || kind != resource.Memory && grown >= muchNumber):
			return points, each, true
		case !grows && total >= 4*curveMemory, !grows && long && total < curveMemory:
			return points, 0, false
		}
	}
	return points, 0, false
}

// noise is growth of memory that says nothing.
const noise = 1 << 20

// rate sends up to n messages of a pool to a new process, after so many to warm up, and
// reports whether a resource grows in both halves by about as much with each as expected.
func (e *experiment) rate(ctx context.Context, pool []target.Case, kind resource.Kind, warmUp, n int, expected float64) (points []resource.Point, each float64, grows bool) {
	warm := e.warm
	if warm == nil {
		warm = pool
	}
	if len(pool) == 0 || !e.restart(ctx) || !e.feed(ctx, warm, max(16, warmUp)) {
		return nil, 0, false
	}
	const parts = 8
	for part := range parts + 1 {
		u, ok := e.usage()
		if !ok {
			return points, 0, false
		}
		points = append(points, resource.Point{X: float64(part * (n / parts)), Y: kind.Of(u)})
		if part == parts/2 && !grown(points, kind, expected) || part == parts || !e.feed(ctx, pool, n/parts) {
			break
		}
	}
	if len(points) <= parts {
		return points, 0, false
	}
	last := points[parts]
	return points, (last.Y - points[0].Y) / last.X, grown(points[parts/2:], kind, expected)
}

// grown reports whether a resource grows from the first to the last point by about as much
// with each message as expected: by half of that, and by more than what says nothing.
func grown(points []resource.Point, kind resource.Kind, expected float64) bool {
	first, last := points[0], points[len(points)-1]
	least := expected / 2 * (last.X - first.X)
	if kind == resource.Memory {
		least = max(least, noise)
	}
	return last.Y-first.Y >= least
}
