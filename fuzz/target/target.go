package target

import (
	"context"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/resource"
	"github.com/hostedcache/pchc/spec"
)

// Target is an implementation under test.
type Target interface {
	// Name identifies the target: a short name, or the user's command or URL.
	Name() string
	// Kinds returns the kinds of messages that the target accepts.
	Kinds() []spec.Kind
	// Open opens a session. A target may have several sessions at the same time;
	// each is for one goroutine at a time.
	Open(ctx context.Context) (Session, error)
}

// Session is a conversation with a target. The target may keep state in it.
type Session interface {
	// Try sends cases in order, and reports each difference with the index of the
	// case at which it was seen. The cause is that case or an earlier one; index -1
	// means a case of an earlier call. After a difference, Try continues with a
	// working target. It returns the number of cases tried: all, unless the context
	// is done or the target stops working. It does not retain the cases. Without
	// cases, Try reports what earlier calls have caused since, if it can.
	Try(ctx context.Context, cases []Case, report func(i int, d *fuzz.Difference)) (tried int, err error)
	// Restarts returns how often the target was restarted.
	Restarts() int
	// Close ends the session and everything that it started.
	Close() error
}

// Varied is a [Session] that can send messages in other ways than one after the other:
// several at the same time, or as few clients do.
type Varied interface {
	// Vary sends some of the cases that Try has just tried again, in other ways, and
	// reports differences as Try does. Their HTTP and Connections say in which way.
	Vary(ctx context.Context, cases []Case, report func(i int, d *fuzz.Difference)) error
	// TryAs sends cases in the way that HTTP and Connections of a difference say. Those
	// over several connections go in no certain order.
	TryAs(ctx context.Context, cases []Case, http string, connections int, report func(i int, d *fuzz.Difference)) error
}

// Answerer is a [Session] that can show what the target answers to a message, as in
// [fuzz.Difference]; "" if it does not answer.
type Answerer interface {
	Answer(ctx context.Context, c Case) string
}

// Lenient is a [Session] of a target that need not answer each valid message. Its silence
// is then no difference, and no sign that it handles the message rightly.
type Lenient interface {
	// MayIgnore reports whether the target may leave a valid message unanswered.
	MayIgnore(c *Case) bool
}

// Conversation is a [Session] that can try cases in a new process that gets nothing else.
type Conversation interface {
	// Converse sends cases in order to a new process, and reports differences as Try
	// does. After an end of the process it sends no more.
	Converse(ctx context.Context, cases []Case, report func(i int, d *fuzz.Difference)) error
	// Probe returns the message that Try sends before the first case and in between.
	Probe() fuzz.Message
}

// Noter is a [Session] that counts what is worth knowing but no finding, such as the
// reasons of restarts. The keys are phrases in the plural.
type Noter interface{ Notes() map[string]int }

// Late is the note of a [Noter] on answers that took longer than their limit, but only
// since there was no processor for the target, or for this program. They are no hangs.
const Late = "answers that came late, since the machine was busy"

// Measured is a [Session] of a target that runs as processes of this machine.
type Measured interface {
	// Usage reads what the processes use now. It fails if they do not run, or if that
	// cannot be read.
	Usage() (resource.Usage, error)
	// Restart ends the processes. The next call of Try has new ones.
	Restart(ctx context.Context) error
}

// Ending is a [Session] that, when Try has no cases, ends the input of its target, which
// ends the target, and reports how that ended.
type Ending interface{ EndsInput() }

// Seeder is a [Target] that has messages of its own to start from.
type Seeder interface{ Seeds() []fuzz.Message }

// FirstFailure is the error of Open if the target answers the first message, a valid
// one, in such a way that no other can be tried. It is a finding.
type FirstFailure struct {
	Case
	*fuzz.Difference
}

func (f *FirstFailure) Error() string {
	return "the first message, a valid " + f.Expected.Message + ", is answered wrongly: " + f.Detail
}

// Case is a message and its dissection, the expected result.
type Case struct {
	fuzz.Message
	Expected *spec.Dissection
	Route    Route // for a session that is [Routed]
}

// NewCase dissects a message.
func NewCase(m fuzz.Message) Case { return Case{Message: m, Expected: m.Dissect()} }

// Route is how a message gets to a server. The zero value leaves that to the session.
type Route struct {
	Connection int `json:"connection,omitempty"` // its number, from 1: cases of one call with the same number share one
	Version    int `json:"version,omitempty"`    // of the URL, in MS-PCHC: 1 or 2; 0: that of the target
}

// Routed is a [Session] whose Try sends cases that have a Route as that says, each after the
// answer to the one before.
type Routed interface {
	// Routes returns over how many connections cases may go, less than 2 if a Route makes
	// no difference, and the version of the target's URL and of another one, 0 if there is
	// none.
	Routes(ctx context.Context) (connections, own, other int)
}

// Difference returns a difference about the first format rule that the message
// violates, or about the whole message if it is valid.
func (c *Case) Difference(fault fuzz.Fault, detail string) *fuzz.Difference {
	d := &fuzz.Difference{Fault: fault, Detail: detail}
	if violation, malformed := c.Expected.First(); malformed {
		d.Rule, d.Offset, d.Field = violation.Rule, violation.Offset, violation.Field
	}
	return d
}

// Limit returns the time limit for the answer to the message: d, plus 1/16 of it
// per KiB.
func (c *Case) Limit(d time.Duration) time.Duration {
	return d + d/16*time.Duration(len(c.Bytes)>>10)
}
