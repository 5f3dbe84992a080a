package campaign

import (
	"context"
	"slices"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
)

// Limits for the triage of one difference.
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

	tries    int
	deadline time.Time
}

func (t *triage) close() {
	if t.session != nil {
		_ = t.session.Close()
		t.session = nil
	}
}

// begin resets the limits.
func (t *triage) begin() { t.tries, t.deadline = 0, time.Now().Add(mostTime) }

// exhausted reports whether triage has reached a limit.
func (t *triage) exhausted(ctx context.Context) bool {
	return t.tries >= mostTries || time.Now().After(t.deadline) || ctx.Err() != nil
}

// try sends messages to the target in order, and yields each difference until yield
// returns false. It returns false if the target could not be tried.
func (t *triage) try(ctx context.Context, messages []target.Case, yield func(i int, d *fuzz.Difference) bool) bool {
	t.tries++
	if t.fresh {
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
	_, err := t.session.Try(ctx, messages, func(i int, d *fuzz.Difference) {
		more = more && (i < 0 || yield(i, d))
	})
	if err != nil {
		t.close()
	}
	return err == nil || !more
}

// study reproduces a difference, reduces its messages and locates its cause, which
// is in the last message or in one before it.
func (t *triage) study(ctx context.Context, messages []fuzz.Message, d *fuzz.Difference) *bucket {
	t.begin()
	t.fresh = true
	r := newReducer(t, messages[len(messages)-1], d)
	reproduced, gone := r.reproduce(ctx, messages[:len(messages)-1])
	if reproduced {
		r.reduce(ctx)
		r.cause = r.locate(ctx)
		reproduced = d.Fault != fuzz.Crash || r.confirm(ctx)
	} else {
		r.cause = r.guess()
	}
	b := r.bucket(d)
	b.finding.Flaky = !reproduced && !gone
	if !reproduced && d.Fault == fuzz.Crash {
		b.uncertain(messages)
	}
	return b
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
