package target

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/oracle"
	"github.com/hostedcache/pchc/spec"
)

// stuckAfter is how long a function may take for one message before it counts as
// hung. It cannot be stopped.
const stuckAfter = 10 * time.Second

// InProcess returns a target that calls check in this process. check returns the
// difference that it finds in a case, or nil; a panic is a [fuzz.Crash]. It must be
// safe for concurrent use.
func InProcess(name string, check func(Case) *fuzz.Difference, kinds ...spec.Kind) Target {
	return &inProcess{name, check, kinds}
}

// Codec returns the decoders of this module as targets, one for each kind of message,
// checked by [oracle.Check].
func Codec() []Target {
	check := func(c Case) *fuzz.Difference { return oracle.Check(c.Message, c.Expected) }
	return []Target{
		InProcess("codec: requests", check, spec.Request),
		InProcess("codec: responses", check, spec.Response),
		InProcess("pccrc: Content Information", check, spec.Content),
		InProcess("smb2hash: requests", check, spec.HashRequest),
		InProcess("smb2hash: responses", check, spec.HashResponse),
		InProcess("pccrr: requests", check, spec.RetrievalRequest),
		InProcess("pccrr: responses", check, spec.RetrievalResponse),
		InProcess("pccrd: messages", check, spec.Discovery),
	}
}

type inProcess struct {
	name  string
	check func(Case) *fuzz.Difference
	kinds []spec.Kind
}

func (t *inProcess) Name() string       { return t.name }
func (t *inProcess) Kinds() []spec.Kind { return t.kinds }
func (t *inProcess) Open(context.Context) (Session, error) {
	return &inProcessSession{check: t.check}, nil
}

type inProcessSession struct {
	check func(Case) *fuzz.Difference
	stuck bool
}

func (s *inProcessSession) Restarts() int { return 0 }
func (s *inProcessSession) Close() error  { return nil }

// Try tries the cases in another goroutine, to detect one that hangs.
func (s *inProcessSession) Try(ctx context.Context, cases []Case, report func(int, *fuzz.Difference)) (int, error) {
	if s.stuck {
		return 0, fmt.Errorf("a call never returned")
	}
	var done atomic.Int64
	found := make(chan attributed)
	go func() {
		defer close(found)
		for i, c := range cases {
			if ctx.Err() != nil {
				return
			}
			if d := recovered(s.check, c); d != nil {
				found <- attributed{i, d}
			}
			done.Store(int64(i + 1))
		}
	}()
	watch := time.NewTimer(stuckAfter)
	defer watch.Stop()
	seen := int64(0)
	for {
		select {
		case f, open := <-found:
			if !open {
				return int(done.Load()), ctx.Err()
			}
			report(f.index, f.difference)
		case <-watch.C:
			if now := done.Load(); now != seen {
				seen = now
				watch.Reset(stuckAfter)
				continue
			}
			s.stuck = true
			report(int(seen), &fuzz.Difference{Fault: fuzz.Hang, Detail: fmt.Sprintf("does not return within %v", stuckAfter)})
			return int(seen), fmt.Errorf("a call never returned")
		}
	}
}

// attributed is a difference and the case that it belongs to.
type attributed struct {
	index      int
	difference *fuzz.Difference
}

// recovered calls check, and turns a panic into a difference.
func recovered(check func(Case) *fuzz.Difference, c Case) (d *fuzz.Difference) {
	defer func() {
		if r := recover(); r != nil {
			d = &fuzz.Difference{Fault: fuzz.Crash, Detail: fmt.Sprintf("panics: %v, %s", r, panicked(string(debug.Stack())))}
		}
	}()
	return check(c)
}

// panicked returns the place of a panic: the frame below the call of panic in a
// stack trace.
func panicked(stack string) string {
	lines := strings.Split(stack, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "panic(") && i+3 < len(lines) {
			place, _, _ := strings.Cut(strings.TrimSpace(lines[i+3]), " ")
			return "in " + lines[i+2][strings.LastIndexByte(lines[i+2], '/')+1:] + " " + place[strings.LastIndexByte(place, '/')+1:]
		}
	}
	return "at an unknown place"
}
