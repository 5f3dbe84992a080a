package campaign

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
)

// Limits for each step of the triage of a difference.
const (
	mostTries = 4000
	mostTime  = 4 * time.Second
)

// triage tries messages in separate sessions, to find the cause of a failure.
type triage struct {
	target  target.Target
	session target.Session
	// fresh makes each try open a new session. That is a new process of a decoder,
	// but not of a hosted cache: its sessions share one server, which remembers.
	fresh bool
	// direct makes each try a conversation of its own, if the target has these.
	direct bool

	tries    int
	most     time.Duration // for one difference
	deadline time.Time
}

func (t *triage) close() {
	if t.session != nil {
		_ = t.session.Close()
		t.session = nil
	}
}

// begin resets the limits.
func (t *triage) begin() { t.tries, t.deadline = 0, time.Now().Add(cmp.Or(t.most, mostTime)) }

// exhausted reports whether triage has reached a limit.
func (t *triage) exhausted(ctx context.Context) bool {
	return t.tries >= mostTries || time.Now().After(t.deadline) || ctx.Err() != nil
}

// bounded returns a context that ends with the time of triage, too: a target that is
// slow with each message would need minutes for those of one try.
func (t *triage) bounded(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	timer := time.AfterFunc(time.Until(t.deadline), cancel)
	return ctx, func() { timer.Stop(); cancel() }
}

// try sends messages to the target in order, and yields each difference until yield
// returns false. It returns false if the target could not be tried.
func (t *triage) try(ctx context.Context, messages []target.Case, yield func(i int, d *fuzz.Difference) bool) bool {
	t.tries++
	if _, ok := t.session.(target.Conversation); t.fresh && !(ok && t.direct) {
		t.close()
	}
	if t.session == nil {
		session, err := t.target.Open(ctx)
		if err != nil {
			return false
		}
		t.session = session
	}
	more := true
	report := func(i int, d *fuzz.Difference) {
		more = more && (i < 0 || yield(i, d))
	}
	var err error
	if c, ok := t.session.(target.Conversation); ok && t.direct {
		err = c.Converse(ctx, messages, report)
	} else {
		_, err = t.session.Try(ctx, messages, report)
	}
	if err != nil {
		t.close()
	}
	return err == nil || !more
}

// endsLate waits for the target to end of the messages of the last try, and reports whether
// it does.
func (t *triage) endsLate(ctx context.Context) (late bool) {
	_, err := t.session.Try(ctx, nil, func(_ int, d *fuzz.Difference) { late = late || d.Fault == fuzz.Crash })
	if err != nil {
		t.close()
	}
	return late
}

// sighting is a difference and what is known of it before triage.
type sighting struct {
	difference *fuzz.Difference
	messages   []fuzz.Message // up to the one at which it was seen, as far as they are kept
	number     int            // of that message in its process, about
	known      []*bucket      // of what depends on more than a message
	// familiar says that enough such differences were studied as one at random: this one
	// gets the cheap tries only.
	familiar bool
}

// study reproduces a difference, reduces its messages and locates its cause, which is in
// the last message, in one before it, in their number, or chance. It returns one of the
// known buckets if that explains it.
func (t *triage) study(ctx context.Context, s *sighting) *bucket {
	t.begin()
	t.fresh, t.direct = true, false
	defer func() { t.direct = false }()
	r := newReducer(t, s.messages[len(s.messages)-1], s.difference)
	reproduced, gone := r.alone(ctx)
	switch {
	case gone:
		r.cause = r.guess()
		b := r.bucket(s.difference)
		b.untried(s.messages, s.difference, s.number)
		return b
	case reproduced && !r.needsProbe(ctx):
		r.reduce(ctx)
		r.attribute(ctx)
		if reproduced, gone = r.confirm(ctx); reproduced {
			b := r.bucket(s.difference)
			b.finding.Untried = gone // not often enough
			return b
		}
	default:
		if b := r.state(ctx, s); b != nil {
			return b
		}
	}
	return r.random(ctx, s)
}

// lastOf returns the last messages, as context of a difference that did not show again.
func lastOf(messages []fuzz.Message) []fuzz.Message {
	const (
		most  = 256
		bytes = 64 << 10
	)
	i, size := len(messages)-1, len(messages[len(messages)-1].Bytes)
	for i > 0 && len(messages)-i < most && size+len(messages[i-1].Bytes) <= bytes {
		i--
		size += len(messages[i].Bytes)
	}
	return messages[i:]
}

// mostUncertain is the maximum number of messages in a finding without a known
// cause.
const mostUncertain = 16

// sinceAnswered returns the last message and those before it, back to the last valid
// one, which was answered.
func sinceAnswered(messages []fuzz.Message) []fuzz.Message {
	i := len(messages) - 1
	for i > 0 && len(messages)-i < mostUncertain && !messages[i-1].Dissect().Valid() {
		i--
	}
	return messages[i:]
}

func cloned(messages []fuzz.Message) []fuzz.Message {
	messages = slices.Clone(messages)
	for i := range messages {
		messages[i] = messages[i].Clone()
	}
	return messages
}
