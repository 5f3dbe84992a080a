package campaign

import (
	"context"
	"errors"
	"slices"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/target"
)

// varied reports whether a difference was seen while messages were sent in another way
// than one after the other, on which it depends: not on what they are.
func varied(d *fuzz.Difference) bool { return d.Connections > 0 || d.HTTP != "" }

// sameWay reports whether two differences were seen in the same way.
func sameWay(a, b *fuzz.Difference) bool {
	return a.HTTP == b.HTTP && (a.Connections > 0) == (b.Connections > 0)
}

// vary sends the cases of a round again, in other ways.
func (s *stream) vary(ctx context.Context, report func(int, *fuzz.Difference)) error {
	if v, ok := s.session.(target.Varied); ok && len(s.cases) > 0 && ctx.Err() == nil {
		return v.Vary(ctx, s.cases, report)
	}
	return nil
}

// reportVaried does the triage of such a difference, without trying the target if it is
// gone.
func (s *stream) reportVaried(ctx context.Context, w seen, gone bool) {
	c, d := s.cases[w.index], w.difference
	if s.target.explained(c, nil, d, 0) {
		return
	}
	var messages []fuzz.Message
	for i, c := range s.cases {
		if d.Connections > 0 && i != w.index && c.Expected.Valid() && len(messages) < mostConcurrent {
			messages = append(messages, c.Message)
		}
	}
	s.add(s.triage.studyVaried(ctx, append(messages, c.Message), d, gone), len(c.Bytes), w.at)
}

// mostConcurrent is the number of messages in a finding that were sent at the same
// time, but for one.
const mostConcurrent = 63

// studyVaried tries to reproduce a difference in the way in which it was seen: with the
// simplest message of its type, or as it was. It does not reduce messages that were sent
// at the same time.
func (t *triage) studyVaried(ctx context.Context, messages []fuzz.Message, d *fuzz.Difference, gone bool) *bucket {
	t.begin()
	last := messages[len(messages)-1]
	r := newReducer(t, last, d)
	b := r.bucket(d)
	b.cause = cause{}
	f := b.finding
	f.Difference, f.Cause, f.Messages = *d, "", cloned(messages)
	f.Flaky, f.Untried = !gone, gone
	if gone {
		return b
	}
	t.close()
	session, err := t.target.Open(ctx)
	if err != nil {
		f.Flaky, f.Untried = false, true
		return b
	}
	t.session = session
	copies := 1
	if d.Connections > 0 {
		copies = 2 * d.Connections
	}
	tries := [][]fuzz.Message{slices.Repeat([]fuzz.Message{generate.Simplest(hosts(&r.current)[0])}, copies), messages}
	for _, messages := range tries {
		found, err := sendVaried(ctx, session, messages, d, func() bool { return t.exhausted(ctx) })
		if i := slices.IndexFunc(found, func(f seen) bool { return group(f.difference.Fault) == group(d.Fault) }); i >= 0 {
			k := found[i].index // the one that failed comes last
			messages = append(slices.Delete(slices.Clone(messages), k, k+1), messages[k])
			f.Difference, f.Messages, f.Flaky = *found[i].difference, cloned(messages), false
			f.Rule = f.Requirement
		}
		if err != nil {
			t.close()
			f.Untried, f.Flaky = f.Flaky, false
		}
		if err != nil || !f.Flaky {
			break
		}
	}
	return b
}

// mostRounds is how often messages are sent in another way to see a difference again.
const mostRounds = 20

// sendVaried sends messages in the way of a difference, several times until one shows.
func sendVaried(ctx context.Context, session target.Session, messages []fuzz.Message, d *fuzz.Difference, exhausted func() bool) (found []seen, err error) {
	s, ok := session.(target.Varied)
	if !ok {
		return nil, errors.New("it takes one message at a time, and in one way")
	}
	cases := make([]target.Case, len(messages))
	for i, m := range messages {
		cases[i] = target.NewCase(m)
	}
	rounds := mostRounds
	if d.Connections == 0 {
		rounds = 3 // chance has less to do with it
	}
	for round := 0; round < rounds && len(found) == 0 && err == nil && !exhausted(); round++ {
		err = s.TryAs(ctx, cases, d.HTTP, d.Connections, func(i int, d *fuzz.Difference) {
			found = append(found, seen{index: i, difference: d})
		})
	}
	return found, err
}
