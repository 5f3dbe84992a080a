package campaign

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/resource"
	"github.com/hostedcache/pchc/fuzz/target"
)

// nouns name what grows.
var nouns = map[resource.Kind]string{
	resource.Memory:  "memory",
	resource.Files:   "the number of open files",
	resource.Threads: "the number of threads",
}

// studyLeak sends the last messages to a new process, again and again. If that keeps more
// and more of a resource, it finds out because of which messages.
func (s *stream) studyLeak(ctx context.Context, kind resource.Kind) {
	r := &s.target.resources
	r.alone.Lock()
	defer r.alone.Unlock()
	if !r.open(kind) {
		return
	}
	e := newExperiment(ctx, s.target.target)
	if e == nil {
		return
	}
	defer e.close()
	var pool []target.Case
	for _, c := range slices.Concat(s.before, s.cases) {
		pool = append(pool, target.NewCase(c.Message.Clone()))
	}
	_, each, grows := e.curve(ctx, pool, kind, leastOf(kind))
	l := &leak{experiment: e, kind: kind, each: each}
	if grows {
		if kind == resource.Memory { // simple messages alone would fill a heap slowly
			e.warm = pool
		}
		l.attribute(ctx, pool, simplestOf(s.target.target))
		if l.culprit == nil { // is it certain?
			e.extend()
			l.messages = messagesOf(pool)
			l.points, l.each, grows = e.curve(ctx, pool, kind, leastOf(kind))
		}
	}
	if ctx.Err() != nil {
		return
	}
	r.settle(kind, grows)
	if !grows {
		if w := &s.watch; kind == resource.Memory && w.points[len(w.points)-1].Memory > w.first.Memory+suspicious {
			r.leave(nil, "why memory grew: the last messages, sent again, did not make it grow")
		}
		return
	}
	s.addMeasured(l.bucket())
}

// leastMemory is growth of memory that is certainly none of a garbage collector, which may
// keep some MiB more or less.
const leastMemory = 4 << 20

// leastOf is by how much a resource must grow in an experiment.
func leastOf(kind resource.Kind) float64 {
	if kind == resource.Memory {
		return leastMemory
	}
	return 16
}

func messagesOf(cases []target.Case) (all []fuzz.Message) {
	for i := range cases {
		all = append(all, cases[i].Message)
	}
	return all
}

// leak is the search for the messages because of which a target keeps something.
type leak struct {
	*experiment
	kind resource.Kind
	each float64 // with each of the messages, on average

	culprit  *target.Case // one message that is enough; nil: not known
	messages []fuzz.Message
	which    string // the messages because of which
	points   []resource.Point
	other    string // a message because of which it does not
	beside   []resource.Point
	rule     string // that all the messages violate
}

// sendings is how often a message is sent to see whether a target keeps something of it.
func (l *leak) sendings() int {
	if l.kind == resource.Memory {
		return min(max(int(8<<20/l.each), 1<<9), 1<<15)
	}
	return min(max(int(64/l.each), 64), 1<<12)
}

// shows reports whether the resource grows with messages of a pool.
func (l *leak) shows(ctx context.Context, pool []target.Case, expected float64) (points []resource.Point, each float64, grows bool) {
	return l.showsAfter(ctx, pool, l.sendings(), expected)
}

// toBeSure is how many times as many messages tell one because of which a target keeps
// memory from one that fills the heap until a collector comes.
const toBeSure = 4

// surely reports whether the resource, which seems to grow with one message, does.
func (l *leak) surely(ctx context.Context, c target.Case) bool {
	if l.kind != resource.Memory {
		return true
	}
	_, _, grows := l.showsAfter(ctx, []target.Case{c}, toBeSure*l.sendings(), l.each/2)
	return grows
}

// showsAfter sends n messages. It tries again if the target ends meanwhile, as one does that
// is late on a busy machine.
func (l *leak) showsAfter(ctx context.Context, pool []target.Case, n int, expected float64) (points []resource.Point, each float64, grows bool) {
	for range 3 {
		points, each, grows = l.rate(ctx, pool, l.kind, l.sendings()/2, n, expected)
		if len(l.failed) == 0 || l.over(ctx) {
			break
		}
	}
	return points, each, grows
}

// fewBytes is growth with each message below which only many of them show it.
const fewBytes = 64

// attribute finds out which messages it is: all, some that can be named, or one.
func (l *leak) attribute(ctx context.Context, pool, simplest []target.Case) {
	type growth struct {
		*target.Case
		points []resource.Point
		each   float64
	}
	var grown []growth
	for i := range simplest {
		c := &simplest[i]
		points, each, grows := l.shows(ctx, simplest[i:i+1], l.each/2)
		switch {
		case grows:
			grown = append(grown, growth{c, points, each})
		case len(points) > 0 && l.beside == nil:
			l.other, l.beside = "a valid "+c.Expected.Message, points
		}
	}
	if len(grown) < len(simplest) {
		grown = slices.DeleteFunc(grown, func(g growth) bool { return !l.surely(ctx, *g.Case) })
	}
	var names []string
	for _, g := range grown {
		names = append(names, g.Expected.Message)
	}
	if len(grown) > 0 {
		l.culprit, l.points, l.each = grown[0].Case, grown[0].points, grown[0].each
	}
	refused := l.refused(ctx, pool)
	switch {
	case len(names) == len(simplest) && refused != nil:
		l.which = "each message, whatever it is"
	case len(names) == len(simplest):
		l.which = "each valid message"
	case len(names) > 0 && refused != nil:
		l.which = "each " + strings.Join(names, ", ") + " and each message that it refuses"
	case len(names) > 0:
		l.which = "each " + strings.Join(names, ", ")
	case refused != nil:
		l.culprit = refused
	case l.kind != resource.Memory || l.each >= fewBytes: // then one message is soon found
		l.single(ctx, pool)
	}
	if l.culprit != nil {
		l.messages = []fuzz.Message{l.culprit.Message}
	}
}

// refused finds an invalid message with which the resource grows, and says whether it
// grows with those that violate other rules, too; nil if there is none.
func (l *leak) refused(ctx context.Context, pool []target.Case) *target.Case {
	byRule := map[string]*target.Case{} // the shortest
	all := slices.Clone(pool)
	for i := range all {
		v, malformed := all[i].Expected.First()
		if old := byRule[v.Rule]; malformed && (old == nil || len(all[i].Bytes) < len(old.Bytes)) {
			byRule[v.Rule] = &all[i]
		}
	}
	var candidates []*target.Case
	for _, c := range byRule {
		candidates = append(candidates, c)
	}
	slices.SortFunc(candidates, func(a, b *target.Case) int {
		return cmp.Or(len(a.Bytes)-len(b.Bytes), strings.Compare(string(a.Bytes), string(b.Bytes)))
	})
	var together []target.Case
	for _, c := range candidates {
		together = append(together, *c)
	}
	if len(together) == 0 {
		return nil
	}
	one := together[:1] // often it is each of them
	points, each, grows := l.shows(ctx, one, l.each/2)
	if grows = grows && l.surely(ctx, one[0]); !grows {
		if _, _, grows := l.shows(ctx, together, l.each/2); !grows {
			return nil
		}
		one = l.halve(ctx, together)
		if points, each, grows = l.shows(ctx, one, l.each/2); !grows {
			return nil
		}
	}
	c := one[0]
	if l.culprit != nil {
		return &c
	}
	l.points, l.each = points, each
	own, _ := c.Expected.First()
	var few []target.Case
	for _, other := range together {
		if v, _ := other.Expected.First(); v.Rule != own.Rule && len(few) < 3 {
			few = append(few, other)
		}
	}
	others := 0
	if _, each, grows := l.shows(ctx, few, l.each); grows && each > 0.75*l.each {
		others = len(few)
	} else {
		for i := range few {
			if _, _, grows := l.shows(ctx, few[i:i+1], l.each/2); grows {
				others++
			}
		}
	}
	switch {
	case len(few) > 0 && others == len(few):
		l.which = "each message that it refuses"
	case others > 0:
		l.which = "some messages that it refuses"
	default:
		l.which, l.rule = "each message like this", own.Rule
	}
	return &c
}

// halve halves messages, with some of which the resource grows, until one is left. If it
// grows only with several of them together, that is an innocent one.
func (l *leak) halve(ctx context.Context, some []target.Case) []target.Case {
	for len(some) > 1 {
		half := some[:len(some)/2]
		if _, _, grows := l.shows(ctx, half, l.each/2); !grows {
			half = some[len(half):]
		}
		some = half
	}
	return some
}

// screened is how many messages are tried one after the other in one process.
const screened = 32

// screen sends some messages of the pool to one process, each of them many times, and
// returns those after which the resource had grown most, best first. It is a hint only.
func (l *leak) screen(ctx context.Context, pool []target.Case) (best []target.Case) {
	const most = 3
	if !l.restart(ctx) || !l.feed(ctx, pool, len(pool)) {
		return nil
	}
	type growth struct {
		index int
		by    float64
	}
	var all []growth
	times := max(16, l.sendings()/screened)
	before, ok := l.usage()
	for i := 0; ok && i < min(screened, len(pool)); i++ {
		index := i * len(pool) / min(screened, len(pool))
		if !l.feed(ctx, pool[index:index+1], times) {
			break
		}
		var now resource.Usage
		if now, ok = l.usage(); ok {
			all = append(all, growth{index, l.kind.Of(now) - l.kind.Of(before)})
			before = now
		}
	}
	slices.SortStableFunc(all, func(a, b growth) int { return cmp.Compare(b.by, a.by) })
	for _, g := range all[:min(most, len(all))] {
		if g.by > 0 {
			best = append(best, pool[g.index])
		}
	}
	return best
}

// single looks for one message with which the resource grows: among those that a screening
// finds, or else by halving the pool. Fewer messages have more of those with which it does.
func (l *leak) single(ctx context.Context, pool []target.Case) {
	l.messages = messagesOf(pool)
	try := func(some []target.Case) bool {
		points, each, grows := l.shows(ctx, some, l.each/2)
		if grows {
			pool, l.points, l.each, l.messages = some, points, each, messagesOf(some)
		}
		return grows
	}
	for _, c := range l.screen(ctx, pool) {
		if len(pool) > 1 {
			try([]target.Case{c})
		}
	}
	for len(pool) > 1 {
		half := len(pool) / 2
		if !try(pool[:half]) && !try(pool[half:]) {
			return
		}
	}
	c := pool[0]
	l.culprit, l.which = &c, "each message like this"
}

// bucket returns the finding.
func (l *leak) bucket() *bucket {
	amount := l.kind.Amount(l.each)
	which := l.which
	if which == "" {
		which = "each of these messages, on average"
	}
	d := fuzz.Difference{Fault: fuzz.Leak, Rule: l.rule, Detail: fmt.Sprintf("%s grows by about %s with %s", nouns[l.kind], amount, which)}
	if l.other != "" {
		d.Detail += ", but not with " + l.other
	}
	m := &Measurement{Resource: l.kind, X: "messages", Y: unitOf(l.kind), Points: l.points, Other: l.other, Beside: l.beside, Each: l.each}
	return measuredBucket(d, l.messages, m)
}

func unitOf(kind resource.Kind) string {
	switch kind {
	case resource.Memory:
		return "bytes"
	case resource.Files:
		return "open files"
	case resource.Threads:
		return "threads"
	}
	return "nanoseconds"
}
