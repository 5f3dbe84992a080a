package campaign

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
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
func (t *triage) study(ctx context.Context, messages []fuzz.Message, d *fuzz.Difference, after int) *bucket {
	t.begin()
	t.fresh = true
	r := newReducer(t, messages[len(messages)-1], d)
	reproduced, gone := r.reproduce(ctx, messages[:len(messages)-1])
	if reproduced {
		r.reduce(ctx)
		r.reducePrefix(ctx)
		r.attribute(ctx)
		reproduced, gone = r.confirm(ctx)
	} else if gone {
		r.cause = r.guess()
	}
	b := r.bucket(d)
	switch {
	case reproduced:
		b.finding.Untried = gone // not often enough
	case gone:
		b.untried(messages, d, after)
	default:
		if after >= enduring {
			// Twice, since it may be chance.
			if n := r.endure(ctx, after); n > 0 {
				if again := r.endure(ctx, n); max(n, again)-min(n, again) <= n/8 {
					return r.repeated(d, n)
				}
			}
		}
		b.flaky(messages, d, after)
		if d.Fault == fuzz.Unanswered {
			if n := r.rate(ctx); n > 0 {
				b.finding.Detail += fmt.Sprintf(": about once in %d messages, also the simplest valid one", n)
			}
		}
	}
	return b
}

// enduring is the number of messages since a start of the target after which a failure
// that does not show again may be due to their number alone, such as that of a leak.
const enduring = 2 * roundSize

// endure sends the current message to a new session until the target fails, and
// returns how often that was, 0 if it does not fail.
func (r *reducer) endure(ctx context.Context, after int) int {
	t := r.triage
	t.begin()
	chunk := slices.Repeat([]target.Case{r.current}, roundSize)
	most := 2*after + 2*roundSize
	ctx, done := t.bounded(ctx)
	defer done()
	t.close()
	t.fresh = false
	defer func() { t.fresh = true }()
	for sent := 0; sent < most && !t.exhausted(ctx); sent += len(chunk) {
		n := 0
		if !t.try(ctx, chunk, func(i int, found *fuzz.Difference) bool {
			if group(found.Fault) == group(r.raw.Fault) {
				n = sent + i + 1
			}
			return n == 0
		}) && n == 0 {
			return 0
		}
		if n > 0 {
			return n
		}
	}
	return 0
}

// rate sends a valid message many times, and returns how many of them there are for one
// that the target drops, 0 if it is not some of them.
func (r *reducer) rate(ctx context.Context) int {
	const enough, most = 4, 16 * roundSize
	t := r.triage
	t.begin()
	chunk := slices.Repeat([]target.Case{target.NewCase(generate.Simplest(hosts(&r.current)[0]))}, roundSize)
	ctx, done := t.bounded(ctx)
	defer done()
	t.close()
	t.fresh = false
	defer func() { t.fresh = true }()
	sent, dropped := 0, 0
	for sent < most && dropped < enough && !t.exhausted(ctx) {
		if !t.try(ctx, chunk, func(_ int, d *fuzz.Difference) bool {
			if d.Fault == fuzz.Unanswered {
				dropped++
			}
			return true
		}) {
			return 0
		}
		sent += len(chunk)
	}
	if dropped < 2 || 2*dropped > sent {
		return 0
	}
	return sent / dropped
}

// repeated returns the bucket of a difference that shows after n messages, whatever
// they are.
func (r *reducer) repeated(d *fuzz.Difference, n int) *bucket {
	b := r.bucket(d)
	f := b.finding
	f.Difference = fuzz.Difference{Fault: d.Fault, Requirement: d.Requirement, Detail: fmt.Sprintf("%s, after %d messages to one process", d.Detail, n)}
	f.Cause, f.Messages, f.Repeat = "", []fuzz.Message{r.current.Clone()}, 2*n
	return b
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
