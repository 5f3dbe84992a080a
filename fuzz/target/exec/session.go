package exec

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/resource"
	"github.com/hostedcache/pchc/fuzz/target"
)

// session is a conversation with a program.
type session struct {
	target *execTarget
	probe  probe
	size   int // cases per chunk; fewer if the program is slow and a chunk seems to hang
	starts int
	reason string         // of the next start
	notes  map[string]int // the reasons of the restarts
	keep   bool           // the next answer, in kept
	kept   string
	late   int         // answers that took longer than their limit, but not without what was lost for lack of a processor
	cut    atomic.Bool // interrupt killed the program in this call

	mu    sync.Mutex // guards setting child and aside, for interrupt
	child *child     // nil: to be started
	aside *child     // one that did not reply in time, while others are asked the same
}

// A chunk is written at once. Two are in flight, so that the program need not wait
// for the second.
const (
	mostCases = 64
	mostText  = 256 << 10 // length in bytes above which a chunk gets no more cases
	underWay  = 2
)

func (s *session) Restarts() int { return s.starts - 1 }

// Notes implements [target.Noter].
func (s *session) Notes() map[string]int {
	notes := maps.Clone(s.notes)
	if s.late > 0 {
		notes[target.Late] = s.late
	}
	return notes
}

// Reasons of restarts.
const (
	afterExit    = "restarts after an exit"
	afterTimeout = "restarts after no reply in time"
	afterReply   = "restarts to match a wrong reply with its message"
	afterFailure = "starts that failed"
	afterWish    = "restarts to free what the target keeps"
)

// Close ends the input of the program, and then the program.
func (s *session) Close() error {
	if c := s.adopt(nil); c != nil {
		c.end(exitTime)
	}
	return nil
}

// Usage implements [target.Measured].
func (s *session) Usage() (resource.Usage, error) {
	if s.child == nil {
		return resource.Usage{}, resource.ErrEnded
	}
	return s.child.watch.Usage()
}

// Restart implements [target.Measured].
func (s *session) Restart(context.Context) error {
	s.end()
	s.reason = afterWish
	return nil
}

// EndsInput implements [target.Ending].
func (s *session) EndsInput() {}

// end kills the program, if it runs.
func (s *session) end() {
	if c := s.adopt(nil); c != nil {
		c.end(0)
	}
}

// adopt sets the child, and returns the one before it.
func (s *session) adopt(c *child) (before *child) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c != nil {
		c.late = &s.late
	}
	before, s.child = s.child, c
	return before
}

// putAside puts the child aside.
func (s *session) putAside() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.aside, s.child = s.child, nil
}

// endAside kills the program that was put aside, if there is one.
func (s *session) endAside() {
	s.mu.Lock()
	c := s.aside
	s.aside = nil
	s.mu.Unlock()
	if c != nil {
		c.end(0)
	}
}

// failure is a failure of the program, not of one answer. The program has ended.
type failure struct {
	fuzz.Difference
	at      int       // the case at which it was seen; that or an earlier one is the cause
	timeout bool      // the only symptom is a timeout
	asked   time.Time // since when a reply was awaited
	unsure  bool      // the only symptom is wrong answers
}

// Try implements [target.Session]. After a failure it sends the unanswered cases
// again, one at a time, to a new process. If none fails, it reports the failure at
// the case at which it was seen.
func (s *session) Try(ctx context.Context, cases []target.Case, report func(int, *fuzz.Difference)) (int, error) {
	defer s.watch(ctx)()
	if len(cases) == 0 {
		s.finish(report)
	}
	for i := 0; i < len(cases); {
		if s.size == 1 || len(cases) == 1 {
			d, err := s.single(ctx, &cases[i])
			if err != nil {
				return i, err
			}
			if d != nil {
				report(i, d)
			}
			i++
			continue
		}
		done, sent, f, err := s.run(ctx, cases, i, report)
		if err != nil {
			return done, err
		}
		i = done
		if f != nil {
			if i, err = s.resend(ctx, cases, done, sent, f, report); err != nil {
				return i, err
			}
		}
	}
	s.size = min(s.size+1, mostCases)
	return len(cases), nil
}

// run sends the program the cases from index from on, and reports differences in
// its answers. The answers to the cases before done are certain. After a failure
// the program may have read the cases before sent.
func (s *session) run(ctx context.Context, cases []target.Case, from int, report func(int, *fuzz.Difference)) (done, sent int, f *failure, err error) {
	if err := s.ready(ctx); err != nil {
		return from, from, nil, err
	}
	type found struct {
		i int
		d *fuzz.Difference
	}
	limit := min(s.target.options.Slow, s.target.options.Timeout)
	var differences []found
	var ends []int // of the chunks in flight
	done, sent = from, from
	s.child.spare.Store(true)
	for {
		for sent < len(cases) && len(ends) < underWay && ctx.Err() == nil {
			end, ok, err := s.send(cases, sent)
			if err != nil {
				return done, sent, nil, err
			}
			if !ok {
				return done, sent, s.fail(&cases[sent], sent, errUnasked), s.interrupted(ctx)
			}
			sent = end
			ends = append(ends, end)
		}
		if len(ends) == 0 {
			return done, sent, nil, ctx.Err()
		}
		end := ends[0]
		differences = differences[:0]
		for i := done; i < end; i++ {
			asked := time.Now()
			line, err := s.child.readLine(limit, answerLimit(&cases[i]))
			if err != nil {
				f := s.fail(&cases[i], i, err)
				f.asked = asked
				return done, sent, f, s.interrupted(ctx)
			}
			d := target.Judge(cases[i], line)
			if d != nil {
				d.Number = s.child.read
				differences = append(differences, found{i, d})
			}
			s.child.refused = s.child.refused || d != nil || len(cases[i].Expected.Violations) > 0
		}
		asked := time.Now()
		line, err := s.child.readLine(limit, answerLimit(&s.probe.message))
		if err == nil && !s.probe.answered(line) {
			err = &stepError{line}
		}
		if err != nil {
			f := s.fail(&cases[end-1], end-1, err)
			f.asked = asked
			return done, sent, f, s.interrupted(ctx)
		}
		if len(differences) > 0 && !s.probe.unique() {
			s.end() // an answer may belong to another message
			s.reason = afterReply
			return done, sent, &failure{at: sent, unsure: true}, ctx.Err()
		}
		for _, f := range differences {
			report(f.i, f.d)
		}
		done = end
		ends = append(ends[:0], ends[1:]...)
	}
}

// send sends a chunk that begins with the case from.
func (s *session) send(cases []target.Case, from int) (end int, ok bool, err error) {
	b := s.child.buffer()
	for end = from; end < min(from+s.size, len(cases)) && len(b) < mostText; end++ {
		if b, err = cases[end].AppendText(b); err != nil {
			return from, false, err
		}
		b = append(b, '\n')
	}
	return end, s.child.send(append(b, s.probe.line...)), nil
}

var errUnasked = errors.New("unasked")

// stepError reports a line other than the answer to the probe.
type stepError struct{ line []byte }

func (e *stepError) Error() string { return target.Excerpt(string(e.line)) }

// fail ends the program after an error, and describes the failure.
func (s *session) fail(c *target.Case, at int, err error) *failure {
	p := s.child
	f := &failure{Difference: *c.Difference(fuzz.Hang, ""), at: at}
	f.Number = p.read + 1
	partial := target.Excerpt(string(p.partial()))
	whole := json.Valid(p.partial())
	var step *stepError
	if errors.As(err, &step) {
		f.Number = p.read // it was read, and is wrong
		f.Detail = fmt.Sprintf("more than one line per reply, or then a wrong reply to %s: %s", s.probe.name(), step)
		if d := s.probe.judge(step.line); s.probe.unique() && d.Fault == fuzz.WrongField && d.Detail != "missing" { // it is one, but for a value
			f.Detail = fmt.Sprintf("after it, %s is decoded wrongly: %s %s", s.probe.name(), d.Field, d.Detail)
		}
	}
	if err == errTimeout && p.spare.Load() && partial == "" {
		s.putAside()
	} else {
		s.end()
	}
	s.reason = afterReply
	switch {
	case step != nil:
		f.Fault = fuzz.BadReply
	case err == errUnasked:
		f.Fault, f.Detail = fuzz.BadReply, "more replies than messages"
	case err == errTooLong:
		f.Fault, f.Detail = fuzz.BadReply, fmt.Sprintf("the reply is longer than %d bytes", answerLimit(c))
	case err == errTimeout && whole:
		f.Fault, f.Detail, f.timeout = fuzz.BadReply, "the reply has no line end", true
	case err == errTimeout:
		f.Detail, f.timeout = fmt.Sprintf("no reply within %v", c.Limit(s.target.options.Timeout)), true
		s.reason = afterTimeout
	case p.watch.Exceeded() != "":
		s.reason = afterExit
		f.Fault, f.Detail = fuzz.Limit, p.watch.Exceeded()
	default:
		s.reason = afterExit
		f.Fault, f.Detail, f.Report = fuzz.Crash, p.ExitSummary(target.Excerpt), p.report()
	}
	if partial != "" && (f.Fault == fuzz.Hang || f.Fault == fuzz.Crash) {
		f.Detail += ", after part of the reply"
	}
	return f
}

// single tries one case by itself.
func (s *session) single(ctx context.Context, c *target.Case) (*fuzz.Difference, error) {
	var fastest time.Duration
	for try := range 3 {
		d, took, f, err := s.ask(ctx, c)
		switch {
		case err != nil:
			return nil, err
		case f != nil:
			return &f.Difference, nil
		case d != nil || took <= c.Limit(s.target.options.Slow):
			return d, nil
		}
		if try == 0 || took < fastest {
			fastest = took
		}
	}
	return c.Difference(fuzz.Slow, fmt.Sprintf("replies after %v", fastest.Round(time.Millisecond))), nil
}

// Answer implements [target.Answerer].
func (s *session) Answer(ctx context.Context, c target.Case) string {
	s.keep, s.kept = true, ""
	_, _, _, _ = s.ask(ctx, &c) // a failure has no answer
	s.keep = false
	return s.kept
}

// ask sends the program one case and the probe, and returns the difference in the
// answer and the time it took.
func (s *session) ask(ctx context.Context, c *target.Case) (d *fuzz.Difference, took time.Duration, f *failure, err error) {
	if err := s.ready(ctx); err != nil {
		return nil, 0, nil, err
	}
	p := s.child
	b, err := c.AppendText(p.buffer())
	if err != nil {
		return nil, 0, nil, err
	}
	p.spare.Store(false)
	if !p.send(append(append(b, '\n'), s.probe.line...)) {
		return nil, 0, s.fail(c, 0, errUnasked), s.interrupted(ctx)
	}
	line, err := p.readLine(c.Limit(s.target.options.Timeout), answerLimit(c))
	if err == nil {
		took = p.took
		if d = target.Judge(*c, line); d != nil {
			d.Number = p.read
		}
		if s.keep {
			s.kept = target.Answer(bytes.TrimSpace(line))
		}
		p.refused = p.refused || d != nil || len(c.Expected.Violations) > 0
		line, err = p.readLine(s.target.options.Timeout, answerLimit(&s.probe.message))
	}
	if err == nil && !s.probe.answered(line) {
		err = &stepError{line}
	}
	if err != nil {
		f := s.fail(c, 0, err)
		if f.timeout && d != nil && d.Fault == fuzz.BadReply {
			f.Difference = *d // such as a line with two answers
		}
		return nil, 0, f, s.interrupted(ctx)
	}
	return d, took, nil, nil
}

// patience is how much longer than usual a program gets if it replies in time when it is
// asked again.
const patience = 3

// resend sends the cases from done to sent again, one at a time, until one fails.
// If none does, it reports the failure f where it was seen, unless the program was only
// late. It returns the index of the next case.
func (s *session) resend(ctx context.Context, cases []target.Case, done, sent int, f *failure, report func(int, *fuzz.Difference)) (int, error) {
	defer s.endAside()
	for i := done; i < sent; i++ {
		d, err := s.single(ctx, &cases[i])
		if err != nil {
			if !s.cut.Load() && !f.unsure && (!f.timeout || s.stillHangs(cases, f)) && (ctx.Err() == nil || expired(ctx)) {
				report(f.at, &f.Difference) // it will not be seen again
			}
			return i, err
		}
		if d == nil {
			continue
		}
		report(i, d)
		switch d.Fault {
		case fuzz.Crash, fuzz.Hang, fuzz.Slow, fuzz.BadReply:
			return i + 1, nil
		}
	}
	switch {
	case f.unsure:
	case f.timeout:
		if s.stillHangs(cases, f) && (ctx.Err() == nil || expired(ctx)) {
			report(f.at, &f.Difference)
			break
		}
		s.size = max(1, s.size/4) // the program or the machine was only busy
	default:
		report(f.at, &f.Difference)
	}
	return sent, nil
}

// stillHangs reports whether the program that did not reply in time was put aside, and
// does not reply for a while either, or has ended.
func (s *session) stillHangs(cases []target.Case, f *failure) bool {
	limit := patience * cases[f.at].Limit(s.target.options.Timeout)
	if s.aside == nil {
		return false
	}
	hangs, ended := s.aside.hangs(max(s.target.options.Timeout, limit-time.Since(f.asked)))
	if !hangs {
		return false
	}
	if ended {
		s.mu.Lock()
		c := s.aside
		s.aside = nil
		s.mu.Unlock()
		c.end(exitTime)
		f.Fault, f.Detail, f.Report = fuzz.Crash, c.ExitSummary(target.Excerpt), c.report()
		if exceeded := c.watch.Exceeded(); exceeded != "" {
			f.Fault, f.Detail = fuzz.Limit, exceeded
		}
		return true
	}
	f.Detail = fmt.Sprintf("no reply within %v", limit)
	return true
}
