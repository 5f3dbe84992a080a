package exec

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
)

// finish ends the program's input and reports how the program ends, unless that is an
// ordinary exit: a sanitizer reports leaks only then. Status 1 is ordinary if a message
// was refused.
func (s *session) finish(report func(int, *fuzz.Difference)) {
	c := s.adopt(nil)
	if c == nil {
		return
	}
	exited := c.end(flushTime)
	if exceeded := c.watch.Exceeded(); exceeded != "" {
		report(-1, &fuzz.Difference{Fault: fuzz.Limit, Detail: exceeded})
	} else if exited && (!c.EndedOrdinarily() || c.ExitStatus() == 1 && !c.refused) {
		detail := atEnd + c.ExitSummary(target.Excerpt)
		if !c.refused {
			detail += ", after valid messages only"
		}
		report(-1, &fuzz.Difference{Fault: fuzz.Crash, Detail: detail, Report: c.report()})
	}
	s.reason = afterExit
}

const atEnd = "at the end of its input: "

var (
	errBuffered = errors.New("output is buffered: flush after every reply")
	errSilent   = errors.New("no reply to the first message")
)

// start starts the program and waits until it answers the probe. No case is in
// flight yet, so this may take longer, up to limit.
func (s *session) start(ctx context.Context, limit time.Duration) error {
	s.end()
	c, err := startChild(s.target.command, &s.target.options)
	if err != nil {
		return err
	}
	s.adopt(c)
	s.starts++
	if s.starts > 1 {
		s.notes[s.reason]++
	}
	s.reason = afterFailure // unless it succeeds
	if err := ctx.Err(); err != nil {
		return err
	}
	c.send(append(c.buffer(), s.probe.line...))
	c.graceful.Store(true) // to see whether it answers at the end of its input
	line, err := c.readLine(limit, answerLimit(&s.probe.message))
	buffered := c.timedOut.Load()
	c.graceful.Store(false)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil && buffered:
		s.end()
		return errBuffered
	case err == nil:
		answer := s.probe.judge(line)
		if answer.Fault == fuzz.BadReply {
			return fmt.Errorf("cannot parse the first reply, to %s: %s", s.probe.name(), answer.Detail)
		}
		if s.probe.known && answer != s.probe.answer {
			return fmt.Errorf("the reply to %s changed after a restart", s.probe.name())
		}
		s.probe.answer, s.probe.known = answer, true
		c.refused = answer != fuzz.Difference{} || !s.probe.message.Expected.Valid()
		s.reason = afterExit
		return nil
	}
	partial := c.partial()
	s.end()
	switch {
	case err == errTooLong:
		return errors.New("the first reply is " + err.Error())
	case len(partial) > 0:
		return errors.New("the first reply has no line end: " + target.Excerpt(string(partial)))
	case buffered:
		return errSilent
	}
	if exceeded := c.watch.Exceeded(); exceeded != "" {
		return errors.New("no reply: it " + exceeded)
	}
	return errors.New("no reply: " + c.ExitSummary(target.Excerpt))
}

// ready ensures that the program runs.
func (s *session) ready(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.child != nil {
		return nil
	}
	err := s.start(ctx, s.target.options.Start)
	for range 2 { // the machine may be overloaded
		if err == nil || ctx.Err() != nil {
			break
		}
		err = s.start(ctx, s.target.options.Start)
	}
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("restart failed: %w", err)
	}
	return err
}
