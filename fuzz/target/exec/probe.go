package exec

import (
	"context"
	"errors"
	"fmt"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// handshakeProbes are messages of which even a faulty decoder understands one.
// The first have answers that no other message has.
var handshakeProbes = []target.Case{
	handshakeProbe(spec.Request, "\x00\x01\x00\x01\x00\x00\x00\x00\x9C\x3D\x00\x00\x00\x00\x00\x00"+"is it in step with what it reads"),
	handshakeProbe(spec.Content, "\x00\x02\x04"+"a start "+"an index"+"\x00\x00\x00\x00"+"a length"+"\x00\x00\x00\x00\x44"+
		"\x00\x00\x30\x39"+"is it in step with what it reads"+"is it in step with what it reads"),
	handshakeProbe(spec.Response, "\x00\x00\x00\x01\x00"),
	handshakeProbe(spec.Request, "\x00"),
	handshakeProbe(spec.Content, "\x00"),
	handshakeProbe(spec.Response, "\x00"),
}

func handshakeProbe(kind spec.Kind, bytes string) target.Case {
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
	errBuffered = errors.New("output is buffered: flush after every reply")
	errSilent   = errors.New("no reply to the first message")
)

// start starts the program and waits until it answers the probe. No message of
// a test is under way then, so that this may take its time.
func (s *session) start(ctx context.Context) error {
	s.end()
	c, err := startChild(s.target.command, s.target.options.Env)
	if err != nil {
		return err
	}
	s.adopt(c)
	s.starts++
	if err := ctx.Err(); err != nil {
		return err
	}
	c.send(append(c.buffer(), s.probe.line...))
	c.graceful.Store(true) // see whether it answers once its input ends
	line, err := c.readLine(s.target.options.Start, answerLimit(&s.probe.message))
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
			return fmt.Errorf("after a restart the reply to %s is different", s.probe.name())
		}
		s.probe.answer, s.probe.known = answer, true
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
	return errors.New("no reply: " + c.ExitSummary())
}
