package exec

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// Options say how a program is to be tried. The zero value will do.
type Options struct {
	Kinds []spec.Kind // what it decodes; nil: requests, responses and Content Information
	Env   []string    // of the program, as NAME=value; nil: that of this process

	Timeout time.Duration // for an answer; 0: 1 s
	Slow    time.Duration // an answer that always takes longer is a finding, a sixteenth more for each KiB; 0: 200 ms
	Start   time.Duration // for the first answer of a program just started; 0: 10 s
}

// New returns a decoder that is a program: command is run by the shell (sh -c,
// on Windows cmd /C), once for each session and again whenever it has ended.
//
// It gets messages as [fuzz.Message.AppendText] writes them, one a line, and
// answers each, in order, with one line: a JSON object that [target.Judge] judges. What
// it has read it has to answer, and flush, before it waits for more.
//
// Many messages are under way at a time. Where something goes wrong and it is not
// clear with which, they are sent to a new process one at a time. After
// some of them goes a message whose answer is known; if that answer changes,
// something before it was not answered by one line.
func New(command string, o Options) target.Target {
	if o.Kinds == nil {
		o.Kinds = []spec.Kind{spec.Request, spec.Response, spec.Content}
	}
	o.Timeout = cmp.Or(max(0, o.Timeout), time.Second)
	o.Slow = cmp.Or(max(0, o.Slow), 200*time.Millisecond)
	o.Start = cmp.Or(max(0, o.Start), 10*time.Second)
	return &execTarget{command, o}
}

type execTarget struct {
	command string
	options Options
}

func (t *execTarget) Name() string       { return t.command }
func (t *execTarget) Kinds() []spec.Kind { return t.options.Kinds }

// Open starts the program and makes sure that it answers.
func (t *execTarget) Open(ctx context.Context) (target.Session, error) {
	s := &session{target: t, size: mostCases}
	defer s.watch(ctx)()
	var first error
	silent := 0
	// A program may well be wrong about one message, but not about all. One
	// that it is right about is the best probe.
	for i := range 2 * len(handshakeProbes) {
		c := &handshakeProbes[i%len(handshakeProbes)]
		if !slices.Contains(t.options.Kinds, c.Kind) {
			continue
		}
		s.probe = newProbe(c)
		err := s.start(ctx)
		if err == nil && (s.probe.answer == fuzz.Difference{} || i >= len(handshakeProbes)) {
			s.starts = 1
			return s, nil
		}
		if err == errSilent {
			silent++
		}
		if first == nil {
			first = err
		}
		if ctx.Err() != nil || err == errBuffered || silent == 2 {
			break
		}
	}
	s.end()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, fmt.Errorf("%s: %w", t.command, first)
}
