package exec

import (
	"context"
	"errors"
	"fmt"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// greetings are messages of which even a faulty decoder understands one. The
// first have answers that no other message has.
var greetings = []target.Case{
	greeting(spec.Request, "\x00\x01\x00\x01\x00\x00\x00\x00\x9C\x3D\x00\x00\x00\x00\x00\x00"+"is it in step with what it reads"),
	greeting(spec.Content, "\x00\x02\x04"+"a start "+"an index"+"\x00\x00\x00\x00"+"a length"+"\x00\x00\x00\x00\x44"+
		"\x00\x00\x30\x39"+"is it in step with what it reads"+"is it in step with what it reads"),
	greeting(spec.Response, "\x00\x00\x00\x01\x00"),
	greeting(spec.Request, "\x00"),
	greeting(spec.Content, "\x00"),
	greeting(spec.Response, "\x00"),
}

func greeting(kind spec.Kind, bytes string) target.Case {
	return target.NewCase(fuzz.Message{Kind: kind, Bytes: []byte(bytes)})
}

// probe is a message whose answer is known.
type probe struct {
	message target.Case
	line    []byte // as the program is asked
	known   bool
	answer  fuzz.Difference // what target.Judge says of the answer, the zero value if nothing
}

func newProbe(c *target.Case) probe {
	line, _ := c.AppendText(nil) // of the kinds that there are
	return probe{message: *c, line: append(line, '\n')}
}

// name names the message in a detail.
func (p *probe) name() string { return p.message.Expected.Message }

// judge returns what target.Judge says of an answer.
func (p *probe) judge(answer []byte) fuzz.Difference {
	if d := target.Judge(p.message, answer); d != nil {
		return *d
	}
	return fuzz.Difference{}
}

// answered reports whether a line is the answer to the probe.
func (p *probe) answered(line []byte) bool { return p.judge(line) == p.answer }

// unique reports whether no other message has the answer of the probe.
func (p *probe) unique() bool {
	return p.answer == fuzz.Difference{} && p.message.Expected.Valid() && p.message.Kind != spec.Response
}

var (
	errBuffered = errors.New("it keeps its answers back until its input ends: it must flush its output after each answer")
	errSilent   = errors.New("it does not answer")
)

// start starts the program and waits until it answers the probe. No message of
// a test is under way then, so that this may take its time.
func (s *execSession) start(ctx context.Context) error {
	s.end()
	p, err := startProcess(s.target.command, s.target.options.Env)
	if err != nil {
		return err
	}
	s.adopt(p)
	s.starts++
	if err := ctx.Err(); err != nil {
		return err
	}
	p.send(append(p.buffer(), s.probe.line...))
	p.mercy.Store(true) // see whether it answers once its input ends
	line, err := p.readLine(s.target.options.Start, answerLimit(&s.probe.message))
	buffered := p.stalled.Load()
	p.mercy.Store(false)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil && buffered:
		s.end()
		return errBuffered
	case err == nil:
		answer := s.probe.judge(line)
		if answer.Fault == fuzz.BadReply {
			return fmt.Errorf("its first answer, to %s, cannot be understood: %s", s.probe.name(), answer.Detail)
		}
		if s.probe.known && answer != s.probe.answer {
			return fmt.Errorf("once restarted, it answers %s otherwise", s.probe.name())
		}
		s.probe.answer, s.probe.known = answer, true
		return nil
	}
	partial := p.partial()
	s.end()
	switch {
	case err == errTooLong:
		return errors.New("its first answer is " + err.Error())
	case len(partial) > 0:
		return errors.New("its first answer has no line end: " + target.Excerpt(string(partial)))
	case buffered:
		return errSilent
	}
	return errors.New("it ended before it answered: " + p.obituary())
}
