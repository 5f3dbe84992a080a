package exec

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/resource"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// Options configure a target. The zero value is ready to use.
type Options struct {
	Kinds []spec.Kind // the kinds it decodes; nil: requests, responses and Content Information
	Env   []string    // its environment, as NAME=value; nil: that of this process

	Timeout time.Duration // limit for an answer, see [target.Case.Limit]; 0: 1 s
	Slow    time.Duration // likewise; an answer that takes longer three times is a finding; 0: 200 ms
	Start   time.Duration // limit for the first answer after a start; 0: 10 s

	Limits resource.Limits // of the program and its children; exceeding one is a finding, and ends them

	// runDelay returns for how long a program has waited for a processor; nil: as the system says.
	runDelay func() (time.Duration, bool)
}

// New returns a target that runs command in a shell (sh -c, on Windows cmd /C),
// once per session, and restarts it when it exits.
//
// The program reads messages as [fuzz.Message.AppendText] writes them, one per
// line, and answers each, in order, with a line: a JSON object, see [target.Judge].
// It must answer and flush everything that it has read before it waits for more.
//
// The target sends many messages ahead. If a failure could belong to several of
// them, it sends these again, one at a time, to a new process. It also sends probes,
// messages with a known answer: if that changes, the program did not answer an
// earlier message with exactly one line.
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

// Open starts the program and checks that it answers.
func (t *execTarget) Open(ctx context.Context) (target.Session, error) {
	s := &session{target: t, size: mostCases, notes: map[string]int{}}
	defer s.watch(ctx)()
	var first error
	limit := t.options.Start
	// A faulty program may answer some of these wrongly. The best probe is one that
	// it answers correctly.
	probes := handshakeProbes()
	for i := range 2 * len(probes) {
		c := &probes[i%len(probes)]
		if !slices.Contains(t.options.Kinds, c.Kind) {
			continue
		}
		s.probe = newProbe(c)
		err := s.start(ctx, limit)
		if err == nil && (s.probe.answer == fuzz.Difference{} || i >= len(probes)) {
			s.starts = 1
			clear(s.notes)
			return s, nil
		}
		if first == nil {
			first = err
		}
		if ctx.Err() != nil || err == errBuffered || err == errSilent && limit < t.options.Start {
			break
		}
		if err == errSilent { // it may be silent only about this one, and then it takes no longer to start
			limit = min(patience*t.options.Timeout, t.options.Start-1)
		}
	}
	s.end()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, first
}
