package exec

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
)

// execSession is a conversation with a program.
type execSession struct {
	target *execTarget
	probe  probe
	size   int // cases of a chunk; fewer where answers are so slow that a chunk seems to hang
	starts int

	mu      sync.Mutex // guards setting process, for interrupt
	process *process   // nil: to be started
}

// A chunk is written at once, and two are under way: one to be answered, one to
// be there when the program has done so.
const (
	mostCases = 64
	mostText  = 256 << 10 // bytes from which on a chunk gets no more cases
	underWay  = 2
)

func (s *execSession) Restarts() int { return s.starts - 1 }

// Close ends the program. It may end by itself once its input does.
func (s *execSession) Close() error {
	if p := s.adopt(nil); p != nil {
		p.end(true)
	}
	return nil
}

// end ends the program at once, if it runs.
func (s *execSession) end() {
	if p := s.adopt(nil); p != nil {
		p.end(false)
	}
}

// adopt sets the process, and returns the one before it.
func (s *execSession) adopt(p *process) (before *process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, s.process = s.process, p
	return before
}

// interrupt makes whatever waits for the program go on.
func (s *execSession) interrupt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process != nil {
		s.process.kill()
	}
}

// watch makes whatever waits for the program go on once ctx is done. stop is to
// be called before the next wait.
func (s *execSession) watch(ctx context.Context) (stop func()) {
	done := make(chan struct{})
	unwatch := context.AfterFunc(ctx, func() {
		s.interrupt()
		close(done)
	})
	return func() {
		if !unwatch() {
			<-done
			s.end() // it was killed
		}
	}
}

// trouble is something that goes wrong in a conversation. The process is over.
type trouble struct {
	fuzz.Difference
	at      int  // the case that it seems to be about
	stalled bool // no more than that: an answer took long
	unsure  bool // not even that
}

// Try implements [Session].
func (s *execSession) Try(ctx context.Context, cases []target.Case, report func(int, *fuzz.Difference)) (int, error) {
	defer s.watch(ctx)()
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
		done, said, t, err := s.run(ctx, cases, i, report)
		if err != nil {
			return done, err
		}
		i = done
		if t != nil {
			if i, err = s.sort(ctx, cases, done, said, t, report); err != nil {
				return i, err
			}
		}
	}
	s.size = min(s.size+1, mostCases)
	return len(cases), nil
}

// ready makes sure that the program runs.
func (s *execSession) ready(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.process != nil {
		return nil
	}
	err := s.start(ctx)
	for range 2 { // the machine may be at its limits
		if err == nil || ctx.Err() != nil {
			break
		}
		err = s.start(ctx)
	}
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("%s cannot be started again: %w", s.target.command, err)
	}
	return err
}

// run tells the program the cases from the one with index from on, and reports
// what is wrong with its answers. It returns how far answers are certain, and
// where there was trouble how far the program may have read.
func (s *execSession) run(ctx context.Context, cases []target.Case, from int, report func(int, *fuzz.Difference)) (done, said int, t *trouble, err error) {
	if err := s.ready(ctx); err != nil {
		return from, from, nil, err
	}
	type found struct {
		i int
		d *fuzz.Difference
	}
	patience := min(s.target.options.Slow, s.target.options.Timeout)
	var differences []found
	var ends []int // of the chunks under way
	done, said = from, from
	for {
		for said < len(cases) && len(ends) < underWay {
			end, ok, err := s.tell(cases, said)
			if err != nil {
				return done, said, nil, err
			}
			if !ok {
				return done, said, s.trouble(ctx, &cases[said], said, errUnasked), ctx.Err()
			}
			said = end
			ends = append(ends, end)
		}
		if len(ends) == 0 {
			return done, said, nil, nil
		}
		end := ends[0]
		differences = differences[:0]
		for i := done; i < end; i++ {
			line, err := s.process.readLine(patience, answerLimit(&cases[i]))
			if err != nil {
				return done, said, s.trouble(ctx, &cases[i], i, err), ctx.Err()
			}
			if d := target.Judge(cases[i], line); d != nil {
				differences = append(differences, found{i, d})
			}
		}
		line, err := s.process.readLine(patience, answerLimit(&s.probe.message))
		if err == nil && !s.probe.answered(line) {
			err = &stepError{line}
		}
		if err != nil {
			return done, said, s.trouble(ctx, &cases[end-1], end-1, err), ctx.Err()
		}
		if len(differences) > 0 && !s.probe.unique() {
			s.end() // an answer may be that to another message
			return done, said, &trouble{at: said, unsure: true}, nil
		}
		for _, f := range differences {
			report(f.i, f.d)
		}
		done = end
		ends = append(ends[:0], ends[1:]...)
	}
}

// tell sends a chunk that begins with the case from.
func (s *execSession) tell(cases []target.Case, from int) (end int, ok bool, err error) {
	b := s.process.buffer()
	for end = from; end < min(from+s.size, len(cases)) && len(b) < mostText; end++ {
		if b, err = cases[end].AppendText(b); err != nil {
			return from, false, err
		}
		b = append(b, '\n')
	}
	return end, s.process.send(append(b, s.probe.line...)), nil
}

var errUnasked = errors.New("unasked")

// stepError says that another line came than the answer to the probe.
type stepError struct{ line []byte }

func (e *stepError) Error() string { return target.Excerpt(string(e.line)) }

// trouble ends the program after an error, and tells what happened.
func (s *execSession) trouble(ctx context.Context, c *target.Case, at int, err error) *trouble {
	p := s.process
	t := &trouble{Difference: *c.Difference(fuzz.Hang, ""), at: at}
	partial := target.Excerpt(string(p.partial()))
	whole := json.Valid(p.partial())
	var step *stepError
	if errors.As(err, &step) {
		t.Detail = fmt.Sprintf("it answers by more than one line, or %s wrongly from then on: %s", s.probe.name(), step)
	}
	s.end()
	switch {
	case step != nil:
		t.Fault = fuzz.BadReply
	case err == errUnasked:
		t.Fault, t.Detail = fuzz.BadReply, "it answers more than it is asked"
	case err == errTooLong:
		t.Fault, t.Detail = fuzz.BadReply, fmt.Sprintf("its answer is longer than %d bytes", answerLimit(c))
	case err == errStalled && whole:
		t.Fault, t.Detail, t.stalled = fuzz.BadReply, "its answer has no line end", true
	case err == errStalled:
		t.Detail, t.stalled = fmt.Sprintf("no answer within %v", c.Limit(s.target.options.Timeout)), true
	default:
		t.Fault, t.Detail = fuzz.Crash, "it ended: "+p.obituary()
	}
	if partial != "" && (t.Fault == fuzz.Hang || t.Fault == fuzz.Crash) {
		t.Detail += ", after a part of the answer"
	}
	return t
}

// single tries one case alone.
func (s *execSession) single(ctx context.Context, c *target.Case) (*fuzz.Difference, error) {
	var least time.Duration
	for try := range 3 {
		d, took, t, err := s.ask(ctx, c)
		switch {
		case err != nil:
			return nil, err
		case t != nil:
			return &t.Difference, nil
		case d != nil || took <= c.Limit(s.target.options.Slow):
			return d, nil
		}
		if try == 0 || took < least {
			least = took
		}
	}
	return c.Difference(fuzz.Slow, fmt.Sprintf("an answer takes %v", least.Round(time.Millisecond))), nil
}

// ask tells the program one case and the probe, and returns what is wrong with
// the answer and how long it took.
func (s *execSession) ask(ctx context.Context, c *target.Case) (d *fuzz.Difference, took time.Duration, t *trouble, err error) {
	if err := s.ready(ctx); err != nil {
		return nil, 0, nil, err
	}
	p := s.process
	b, err := c.AppendText(p.buffer())
	if err != nil {
		return nil, 0, nil, err
	}
	begin := time.Now()
	if !p.send(append(append(b, '\n'), s.probe.line...)) {
		return nil, 0, s.trouble(ctx, c, 0, errUnasked), ctx.Err()
	}
	line, err := p.readLine(c.Limit(s.target.options.Timeout), answerLimit(c))
	if err == nil {
		took = time.Since(begin)
		d = target.Judge(*c, line)
		line, err = p.readLine(s.target.options.Timeout, answerLimit(&s.probe.message))
	}
	if err == nil && !s.probe.answered(line) {
		err = &stepError{line}
	}
	if err != nil {
		t := s.trouble(ctx, c, 0, err)
		if t.stalled && d != nil && d.Fault == fuzz.BadReply {
			t.Difference = *d // a line that holds two answers, for one
		}
		return nil, 0, t, ctx.Err()
	}
	return d, took, nil, nil
}

// sort finds out which of the cases from done to said makes trouble, and
// returns which one is to be tried next.
func (s *execSession) sort(ctx context.Context, cases []target.Case, done, said int, t *trouble, report func(int, *fuzz.Difference)) (int, error) {
	for i := done; i < said; i++ {
		d, err := s.single(ctx, &cases[i])
		if err != nil {
			return i, err
		}
		if d == nil {
			continue
		}
		report(i, d)
		if troubles(d) {
			return i + 1, nil
		}
	}
	switch {
	case t.unsure:
		return said, nil
	case t.stalled: // it was only busy, or the machine was
		s.size = max(1, s.size/4)
		return said, nil
	}
	// It takes what was said before.
	s.end()
	for i := range said {
		d, err := s.single(ctx, &cases[i])
		if err != nil {
			return said, err
		}
		if d != nil && troubles(d) {
			report(i, d)
			return said, nil
		}
	}
	report(t.at, &t.Difference)
	return said, nil
}

// troubles reports whether a difference is the program's, not that of one
// answer.
func troubles(d *fuzz.Difference) bool {
	switch d.Fault {
	case fuzz.Crash, fuzz.Hang, fuzz.Slow, fuzz.BadReply:
		return true
	}
	return false
}
