package campaign

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
)

// roundSize is the number of messages that a job tries before it changes the target.
// It must not depend on time, since campaigns are repeatable and findings influence
// later rounds.
const roundSize = 256

// stream is one job's work on one target.
type stream struct {
	target *targetState
	source *source
	rng    *rand.Rand

	session target.Session
	triage  *triage
	spent   time.Duration
	left    int64 // remaining executions of its quota
	limited bool
	done    bool

	after  int // messages since a start of the target, before the cases
	cases  []target.Case
	before []target.Case // of the previous round
	past   history       // before the cases, in the same process: it may keep state
	watch  watch

	rounds  int
	studied int // differences over several connections
}

func newStream(t *targetState, job int) *stream {
	config := &t.campaign.config
	job += config.Shard * config.Jobs // of the jobs of all shards
	rng := rand.New(rand.NewPCG(config.RNGSeed, uint64(t.number)<<32|uint64(job)))
	seeds := config.Seeds
	if s, ok := t.target.(target.Seeder); ok {
		seeds = append(s.Seeds(), seeds...)
	}
	return &stream{
		target:  t,
		rng:     rng,
		source:  newSource(t.target.Kinds(), rng, seeds, job, config.Shards*config.Jobs),
		triage:  &triage{target: t.target, most: config.TriageTime},
		left:    t.quota,
		limited: t.quota > 0,
	}
}

func (s *stream) close() {
	s.source.close()
	s.triage.close()
	if s.session != nil {
		s.finish()
		_ = s.session.Close()
	}
}

// finish reports what the last messages did to the target after their round.
func (s *stream) finish() {
	if s.target.failure() != nil {
		return
	}
	s.cases, s.before = nil, s.cases
	ctx := context.Background() // that of the campaign may be done
	_, wrong, _ := s.try(ctx)
	s.report(ctx, wrong, true)
}

// fail ends the stream.
func (s *stream) fail(err error) {
	s.done = true
	s.target.fail(err)
}

// open opens the session.
func (s *stream) open(ctx context.Context) {
	if s.target.failure() != nil {
		s.done = true
		return
	}
	session, err := s.target.target.Open(ctx)
	if err == nil {
		s.session = session
		return
	}
	s.done = true
	if ctx.Err() != nil {
		return
	}
	s.fail(err)
	var first *target.FirstFailure
	if errors.As(err, &first) {
		s.target.executions.Add(1)
		s.cases = []target.Case{first.Case}
		s.report(ctx, []seen{{difference: first.Difference, at: time.Since(s.target.campaign.start)}}, true)
	}
}

// round makes some messages, tries them, and triages the differences.
func (s *stream) round(ctx context.Context) {
	s.target.resources.alone.RLock()
	s.someMessages(ctx)
	s.target.resources.alone.RUnlock()
	if !s.done && ctx.Err() == nil {
		s.watchRound(ctx)
	}
}

func (s *stream) someMessages(ctx context.Context) {
	n := roundSize
	if s.limited && s.left < roundSize {
		n = int(s.left)
	}
	s.cases, s.before = s.before[:0], s.cases
	for len(s.cases) < n {
		c := s.source.next()
		if s.target.avoid(c.Expected, s.rng) {
			continue
		}
		s.cases = append(s.cases, c)
	}
	if grown := s.source.grown(); len(grown) > 0 {
		s.target.grow(s.source.coverage, grown)
	}
	restarts := s.session.Restarts()
	tried, wrong, err := s.try(ctx)
	gone := err != nil && ctx.Err() == nil
	if gone && errors.Is(err, errStalled) { // nothing else can be tried
		wrong = wrong[:len(wrong)-mostHangs+1]
	}
	s.report(ctx, wrong, gone)
	if gone {
		s.fail(err)
		return
	}
	s.cases = s.cases[:min(tried+1, len(s.cases))] // the target got no more if interrupted
	if s.session.Restarts() != restarts {
		s.past.clear()
	}
	s.past.add(s.cases)
	if ctx.Err() == nil {
		s.tryRoutes(ctx)
	}
	if s.left -= int64(n); s.limited && s.left <= 0 {
		s.done = true
	}
}

// seen is a difference, with the index of its case, and when it was seen.
type seen struct {
	index      int
	difference *fuzz.Difference
	at         time.Duration
	number     int // of the message, in a replay
}

var errStalled = errors.New("it has stalled")

// mostHangs is the number of messages in a row without an answer after which a target
// counts as stalled: each takes the time limit of an answer.
const mostHangs = 16

// try tries the cases. It stops if the target has stalled.
func (s *stream) try(ctx context.Context) (tried int, wrong []seen, err error) {
	restarts, notes := s.session.Restarts(), s.notes()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	hangs, last := 0, -1
	report := func(i int, d *fuzz.Difference) {
		wrong = append(wrong, seen{index: i, difference: d, at: time.Since(s.target.campaign.start)})
		switch {
		case d.Fault != fuzz.Hang:
			hangs = 0
		case i == last+1:
			hangs++
		default:
			hangs = 1
		}
		if last = i; hangs >= mostHangs {
			stop(fmt.Errorf("%w: no answer to %d messages in a row", errStalled, hangs))
		}
	}
	if tried, err = s.session.Try(ctx, s.cases, report); err == nil {
		err = s.vary(ctx, report)
	}
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	s.target.executions.Add(int64(tried))
	s.target.restarts.Add(int64(s.session.Restarts() - restarts))
	s.target.note(s.notes(), notes)
	return tried, wrong, err
}

// notes returns the notes of the session so far.
func (s *stream) notes() map[string]int {
	if n, ok := s.session.(target.Noter); ok {
		return n.Notes()
	}
	return nil
}

// report does the triage of differences.
func (s *stream) report(ctx context.Context, wrong []seen, gone bool) {
	healthy := 0 // the first case since the target last ended
	for _, w := range wrong {
		if varied(w.difference) {
			s.reportVaried(ctx, w, gone)
			continue
		}
		messages := s.history(w.index)
		if len(messages) == 0 {
			continue // nothing was sent before it ended
		}
		if s.reportEnd(ctx, messages, w) {
			continue
		}
		c := target.NewCase(messages[len(messages)-1])
		suspects := []target.Case{c}
		if w.index < 0 {
			suspects = s.before
		}
		number := s.after + w.index + 1 - healthy
		if d := w.difference.Fault; (d == fuzz.Crash || d == fuzz.Hang || d == fuzz.Limit) && w.index >= healthy {
			if d == fuzz.Crash {
				suspects = s.cases[healthy : w.index+1]
			}
			s.after, healthy = 0, w.index+1
		}
		number = cmp.Or(w.difference.Number, number)
		if !s.target.explained(c, suspects, w.difference, number) {
			s.add(s.study(ctx, messages, w, gone, number), len(c.Bytes), w.at)
		}
	}
	s.after += len(s.cases) - healthy
}

// add adds the result of a triage.
func (s *stream) add(b *bucket, length int, at time.Duration) {
	if s.target.again(b) {
		return
	}
	b.finding.Target, b.finding.Original, b.finding.At = s.target.target.Name(), length, at
	b.finding.executions = &s.target.executions
	s.target.add(b)
}

// study triages a difference, without trying the target if it is gone. after is the
// number of messages since a start of the target.
func (s *stream) study(ctx context.Context, messages []fuzz.Message, w seen, gone bool, after int) *bucket {
	d := w.difference
	if !gone {
		known, familiar := s.target.stateful(d.Fault)
		return s.triage.study(ctx, &sighting{difference: d, messages: messages, number: after, known: known, familiar: familiar})
	}
	r := newReducer(nil, messages[len(messages)-1], d)
	if w.index < 0 { // of any message
		b := r.bucket(d)
		b.flaky(messages, d, after)
		return b
	}
	r.cause = r.guess()
	b := r.bucket(d)
	b.untried(messages, d, after)
	return b
}

// history returns the messages sent up to case i, oldest first, as far as they are kept.
func (s *stream) history(i int) []fuzz.Message {
	h := slices.Clone(s.past.messages)
	for _, c := range s.cases[:i+1] {
		h = append(h, c.Message)
	}
	return h
}
