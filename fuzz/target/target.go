package target

import (
	"context"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

// Target is an implementation that messages can be tried on.
type Target interface {
	// Name says which one it is, in a word or as its user gave it.
	Name() string
	// Kinds are the kinds of messages that it takes.
	Kinds() []spec.Kind
	// Open makes a session. Sessions of a target can be used at the same time;
	// one session is used by one goroutine at a time.
	Open(ctx context.Context) (Session, error)
}

// Session is a conversation with a target, which remembers what was said.
type Session interface {
	// Try tries cases in order, and reports what goes wrong with the index of
	// the case at which it was seen. That case or one before it is the cause; -1
	// is one of an earlier call. Later cases start from a target that works
	// again. Try returns how many were tried: all, unless the context is done or
	// the target cannot be tried any more. It keeps nothing of the cases.
	Try(ctx context.Context, cases []Case, report func(i int, d *fuzz.Difference)) (tried int, err error)
	// Restarts is how often the target had to be started anew.
	Restarts() int
	// Close ends the session and all that it started.
	Close() error
}

// Case is a message, and what must be made of it.
type Case struct {
	fuzz.Message
	Expected *spec.Dissection
}

// NewCase dissects a message.
func NewCase(m fuzz.Message) Case { return Case{m, m.Dissect()} }

// Difference returns a difference about the first format rule that the message
// violates, or about the whole message if it is valid.
func (c *Case) Difference(fault fuzz.Fault, detail string) *fuzz.Difference {
	d := &fuzz.Difference{Fault: fault, Detail: detail}
	if violation, malformed := c.Expected.First(); malformed {
		d.Rule, d.Offset, d.Field = violation.Rule, violation.Offset, violation.Field
	}
	return d
}

// Limit returns how long the answer to the message may take: d, and a sixteenth
// of it for each KiB.
func (c *Case) Limit(d time.Duration) time.Duration {
	return d + d/16*time.Duration(len(c.Bytes)>>10)
}
