package campaign

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/resource"
	"github.com/hostedcache/pchc/fuzz/target"
)

// inspect tries once what random messages hardly show: long messages, no messages, and the
// end of the input after valid messages.
func (s *stream) inspect(ctx context.Context) {
	r := &s.target.resources
	r.alone.Lock()
	defer r.alone.Unlock()
	e := newExperiment(ctx, s.target.target)
	if e == nil {
		r.leave(nil, "long messages")
		return
	}
	defer e.close()
	s.inspectEnd(ctx, e)
	if s.inspectIdle(ctx, e) {
		r.leave(nil, "long messages, since the time for them cannot be told from that without any")
		return
	}
	limit := inspectTime
	if whole := s.target.campaign.config.Time; whole > 0 {
		limit = min(limit, whole/inspectShare)
	}
	until := time.Now().Add(limit)
	tried, all := 0, 0
	for _, kind := range s.target.target.Kinds() {
		for _, scale := range generate.Scales(kind) {
			if all++; ctx.Err() != nil || time.Now().After(until) {
				continue
			}
			e.extend()
			s.inspectScale(ctx, e, &scale)
			tried++
		}
	}
	if tried < all {
		r.leave(nil, fmt.Sprintf("long values in %d of %d fields that can be long", all-tried, all))
	}
}

// Limits of the time for long messages: of a campaign that is limited by time, a share.
const (
	inspectTime  = 15 * time.Second
	inspectShare = 8
)

// How processor time by size is measured.
const (
	costRepeats    = 4                      // of a message at once, and the least of so many times
	costLeast      = 20 * time.Millisecond  // of the longest message: less is not worth a finding
	costMuch       = 200 * time.Millisecond // longer messages are not needed
	costExponent   = 1.6                    // n log n has 1.1
	costFirst      = 32                     // the smallest size
	costSuspicious = 1.2                    // is measured again
	costProcesses  = 3                      // in which it is
	costEnough     = 200 * time.Millisecond // measured of one size
	costAlone      = 5 * time.Millisecond   // a message that needs more is sent alone
)

// cost is the processor time that the process needs for a message: the least of some. A
// message that probably needs long is sent alone, lest those after it are late.
func (e *experiment) cost(ctx context.Context, c target.Case, probably time.Duration) (time.Duration, bool) {
	var least, all time.Duration
	pool := []target.Case{c}
	repeats, tries := costRepeats, costRepeats
	if probably > costAlone {
		repeats, tries = 1, 2*costRepeats
	}
	for try := range tries {
		before, ok := e.usage()
		if !ok || !e.feed(ctx, pool, repeats) {
			return 0, false
		}
		after, ok := e.usage()
		if !ok {
			return 0, false
		}
		used := after.CPU - before.CPU
		if took := used / time.Duration(repeats); try == 0 || took < least {
			least = took
		}
		if all += used; all > costEnough {
			break
		}
	}
	return least, true
}

// costs measures messages of doubling size, until their time shows how it grows.
func (e *experiment) costs(ctx context.Context, scale *generate.Scale, from, to int) (points []resource.Point, exponent float64) {
	warm := target.NewCase(scale.Message(costFirst))
	if !e.restart(ctx) || !e.feed(ctx, []target.Case{warm}, roundSize) {
		return nil, 0
	}
	var took time.Duration
	for n := from; n <= to; n *= 2 {
		var ok bool
		took, ok = e.cost(ctx, target.NewCase(scale.Message(n)), took)
		if !ok {
			break
		}
		points = append(points, resource.Point{X: float64(n), Y: float64(took)})
		if exponent = superlinear(points, costLeast); exponent > 0 || took >= costMuch {
			break
		}
	}
	return points, superlinear(points, costLeast)
}

// superlinear returns the exponent with which time grows, 0 unless it is certainly above 1:
// the last of four sizes needs at least that much time, most of it more than half the size
// does, and all four lie on one curve. A short time says nothing: a garbage collector or
// cold memory can double it.
func superlinear(points []resource.Point, least time.Duration) float64 {
	n := len(points)
	if n < 4 || points[n-1].Y < float64(least) {
		return 0
	}
	p := points[n-4:]
	first, second, third := p[1].Y-p[0].Y, p[2].Y-p[1].Y, p[3].Y-p[2].Y
	exponent := resource.Exponent(p)
	if exponent < costExponent || third < float64(least)/2 || first <= 0 || math.Log2(second/first) < costExponent-0.3 {
		return 0
	}
	return exponent
}

// inspectScale looks for time that grows faster than the messages of a scale. What it
// finds is measured again in other processes.
func (s *stream) inspectScale(ctx context.Context, e *experiment, scale *generate.Scale) {
	var points []resource.Point
	exponent := 0.0
	for range costProcesses { // on a busy machine an answer may be late, which ends a process
		if points, exponent = e.costs(ctx, scale, costFirst, scale.Most); exponent > 0 {
			break
		}
		if n := len(points); n > 0 && (2*int(points[n-1].X) > scale.Most || points[n-1].Y >= float64(costMuch)) {
			break
		}
		if len(e.failed) > 0 {
			s.studyLong(ctx, e)
			break
		}
	}
	n := len(points)
	if n < 4 || points[n-1].Y < float64(costLeast) || exponent == 0 && math.Log2(points[n-1].Y/points[n-4].Y)/3 < costSuspicious {
		return
	}
	last := int(points[n-1].X)
	var again []resource.Point // the least of several processes: others can only add to it
	confirmed := 0
	for try := 0; try < 2*costProcesses && confirmed < costProcesses; try++ {
		now, _ := e.costs(ctx, scale, last/8, last)
		if len(now) < 4 {
			continue
		}
		confirmed++
		for i := range again {
			now[i].Y = min(now[i].Y, again[i].Y)
		}
		again = now
	}
	if confirmed < costProcesses {
		return
	}
	if exponent = superlinear(again, costLeast); exponent == 0 {
		return
	}
	var messages []fuzz.Message
	for n := last / 8; n <= last; n *= 2 {
		messages = append(messages, scale.Message(n))
	}
	half, whole := again[len(again)-2], again[len(again)-1]
	d := fuzz.Difference{Fault: fuzz.Complexity, Field: scale.Field, Detail: fmt.Sprintf("time grows faster than the message, with about the power %.1f of the number of %s: %s for %.0f, %s for %.0f",
		exponent, scale.Unit, resource.Time.Amount(half.Y), half.X, resource.Time.Amount(whole.Y), whole.X)}
	m := &Measurement{Resource: resource.Time, X: scale.Unit, Y: "nanoseconds", Points: points, Exponent: exponent}
	s.addMeasured(measuredBucket(d, messages, m))
}

// studyLong does the triage of the end of the target because of a long message.
func (s *stream) studyLong(ctx context.Context, e *experiment) {
	d, c := e.failed[0], e.cases[0]
	if s.target.explained(c, nil, &d, 0) {
		return
	}
	s.addMeasured(s.triage.study(ctx, &sighting{difference: &d, messages: []fuzz.Message{c.Message.Clone()}}))
}

// How long a target must be idle, and how much of that it may be busy.
const (
	idleFirst   = 200 * time.Millisecond
	idleAll     = 2 * time.Second
	idleParts   = 8
	idleLeast   = 2 * time.Millisecond   // in idleFirst: else nothing runs
	idleBusy    = 100 * time.Millisecond // in idleAll
	idleSending = roundSize
)

// inspectIdle looks for processor time that is used without a message, and reports whether
// there is any.
func (s *stream) inspectIdle(ctx context.Context, e *experiment) bool {
	simple := simplestOf(s.target.target)
	var points []resource.Point
	used, seen := 0.0, 0
	for tries := 0; seen < 2; tries++ { // a second process confirms it
		if tries-seen > 1 || !e.restart(ctx) || !e.feed(ctx, simple, idleSending) {
			return false
		}
		idle := e.idle(ctx)
		if n, busy := busyIdle(idle); busy {
			used, points = n, idle
			seen++
		}
	}
	last := points[len(points)-1]
	d := fuzz.Difference{Fault: fuzz.Idle, Detail: fmt.Sprintf("uses the processor without a message: %s in %.1f s", resource.Time.Amount(used), last.X)}
	m := &Measurement{Resource: resource.Time, X: "seconds", Y: "nanoseconds", Points: points}
	s.addMeasured(measuredBucket(d, []fuzz.Message{simple[0].Message}, m))
	return true
}

// idle measures processor time, by seconds, while no message is sent.
func (e *experiment) idle(ctx context.Context) (points []resource.Point) {
	begin := time.Now()
	first, ok := e.usage()
	pause := idleFirst
	for ok && ctx.Err() == nil {
		var u resource.Usage
		if u, ok = e.usage(); ok {
			points = append(points, resource.Point{X: time.Since(begin).Seconds(), Y: float64(u.CPU - first.CPU)})
		}
		if len(points) == 2 && points[1].Y < float64(idleLeast) || len(points) > idleParts {
			break
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
		pause = (idleAll - idleFirst) / (idleParts - 1)
	}
	return points
}

// busyIdle reports whether an idle process goes on using the processor, which a collector
// or compiler that finishes its work does not. Other processes may take most of the time.
func busyIdle(points []resource.Point) (used float64, busy bool) {
	n := len(points)
	if n <= idleParts {
		return 0, false
	}
	used = points[n-1].Y
	early, late := points[n/2].Y-points[1].Y, points[n-1].Y-points[n/2].Y
	return used, used > float64(idleBusy) && late > early/8
}

// How the age of a process is measured.
const (
	ageFirst  = 1 << 8 // messages between the first two measurements
	ageLook   = 1 << 12
	ageMost   = 1 << 14
	ageLeast  = 50 * time.Microsecond // by which a message must take longer,
	ageFactor = 3                     // and how often as long
)

// studyAge sends messages to a new process, and measures the time for the same messages
// after n, 2n, 4n ... of them.
func (s *stream) studyAge(ctx context.Context) {
	r := &s.target.resources
	r.alone.Lock()
	defer r.alone.Unlock()
	if !r.open(resource.Time) {
		return
	}
	e := newExperiment(ctx, s.target.target)
	if e == nil {
		return
	}
	defer e.close()
	var found *bucket
	for _, c := range simplestOf(s.target.target) {
		for _, drawn := range []bool{false, true} {
			if found == nil {
				found = e.studyAgeWith(ctx, c, drawn)
			}
		}
	}
	if ctx.Err() != nil {
		return
	}
	r.settle(resource.Time, found != nil)
	if found != nil {
		s.addMeasured(found)
	} else {
		r.leave(nil, NotKnown+"why messages became slower towards the end: many of the simplest messages did not slow a new process down")
	}
}

// studyAgeWith returns a finding if a process needs more and more time for a message c,
// when it gets that again and again, or else others like it; nil if it does not.
func (e *experiment) studyAgeWith(ctx context.Context, c target.Case, drawn bool) *bucket {
	var points []resource.Point
	for range 2 { // the second process confirms it
		var ages bool
		if points, ages = e.age(ctx, c, drawn); !ages {
			return nil
		}
	}
	first, last := points[0], points[len(points)-1]
	how := "of it"
	if drawn {
		how = "like it, all different"
	}
	d := fuzz.Difference{Fault: fuzz.Aging, Detail: fmt.Sprintf("slows down with age: the same %s takes %s of processor time after %.0f messages %s, at first %s",
		c.Expected.Message, resource.Time.Amount(last.Y), last.X, how, resource.Time.Amount(first.Y))}
	m := &Measurement{Resource: resource.Time, X: "messages", Y: "nanoseconds", Points: points, Drawn: drawn, Each: resource.Slope(points)}
	return measuredBucket(d, []fuzz.Message{c.Message}, m)
}

// age measures the time for a message c after more and more messages.
func (e *experiment) age(ctx context.Context, c target.Case, drawn bool) (points []resource.Point, ages bool) {
	const probes = 32
	pool := []target.Case{c}
	if !e.restart(ctx) || !e.feed(ctx, pool, roundSize) {
		return nil, false
	}
	sent := roundSize
	for n := ageFirst; n <= ageMost; n *= 2 {
		feed := pool
		if drawn {
			if feed = like(&c, n-sent); feed == nil {
				return nil, false
			}
		}
		if !e.feed(ctx, feed, n-sent) {
			return points, false
		}
		sent = n
		var times []time.Duration
		for range 5 {
			before, ok := e.usage()
			if !ok || !e.feed(ctx, pool, probes) {
				return points, false
			}
			after, ok := e.usage()
			if !ok {
				return points, false
			}
			times = append(times, (after.CPU-before.CPU)/probes)
		}
		points = append(points, resource.Point{X: float64(n), Y: float64(slices.Min(times))})
		now, before := points[len(points)-1].Y, points[0].Y
		_, grows := resource.Grows(points, before/2)
		switch {
		case grows && len(points) >= 5 && now > ageFactor*before && now-before > float64(ageLeast):
			return points, true
		case n == ageLook && now < 1.2*before: // with age it would have grown by now
			return points, false
		}
	}
	return points, false
}
