package http

import (
	"context"
	"sync"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
)

// Every replayEvery-th call of Vary ends with a concurrent replay of at most
// mostReplayed messages over at most mostClients connections.
const (
	replayEvery  = 8
	mostReplayed = 64
	mostClients  = 8
)

// patience is how much longer than usual an answer may take when others are asked for
// at the same time.
const patience = 5

// concurrentReplay sends valid messages again, over several connections at the same
// time. Only a wrong answer counts, and one that never comes: a hosted cache need not
// serve so many clients.
func (s *session) concurrentReplay(ctx context.Context, cases []target.Case, connections int, report func(int, *fuzz.Difference)) error {
	t := s.t
	clients := min(t.limit, connections)
	messages := make([][]byte, 0, mostReplayed)
	index := make([]int, 0, mostReplayed)
	for i := range cases {
		if len(messages) == mostReplayed {
			break
		}
		if cases[i].Kind != t.protocol.kind || t.expectation(&cases[i]) != mustAnswer {
			continue
		}
		messages, index = append(messages, t.protocol.fresh(&cases[i])), append(index, i)
	}
	if clients < 2 || len(messages) < 2 {
		return nil
	}
	t.closeAll()
	var conns []*connection
	for range clients {
		c, err := t.dial(ctx)
		if err != nil {
			break
		}
		conns = append(conns, c)
	}
	stop := context.AfterFunc(ctx, func() {
		for _, c := range conns {
			_ = c.SetDeadline(past)
		}
	})
	defer stop()
	wrong := make([]*fuzz.Difference, len(messages))
	var wg sync.WaitGroup
	for n, c := range conns {
		wg.Go(func() {
			for k := n; k < len(messages) && ctx.Err() == nil; k += len(conns) {
				t.pace(ctx)
				request := t.request(nil, messages[k])
				timeout := patience * t.timeout(messages[k])
				a, reusable := c.say(ctx, request, timeout, timeout)
				if a.ending == answered || a.ending == silent && ctx.Err() == nil {
					wrong[k] = t.judgeConcurrent(&cases[index[k]], &a)
				}
				if !reusable {
					return
				}
			}
		})
	}
	wg.Wait()
	for k, d := range wrong {
		if d != nil {
			d.Detail += ", with other messages at the same time"
			d.Connections = len(conns)
			report(index[k], d)
		}
	}
	took := time.Since(s.began)
	ended, err := s.recover(ctx)
	if ended != "" {
		s.t.endsWithin(took)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if i := len(cases) - 1; ended != "" || err != nil {
		report(i, s.harm(&cases[i], nil, ended))
	}
	return err
}

// judgeConcurrent judges an answer in a concurrent replay.
func (t *endpoint) judgeConcurrent(c *target.Case, a *answer) *fuzz.Difference {
	a.took = 0 // it may be slow
	d := t.judgeAnswer(c, a)
	if d == nil && t.protocol.judgeFresh != nil {
		return t.protocol.judgeFresh(c, a)
	}
	if d == nil || d.Fault == fuzz.Unanswered {
		return nil
	}
	return d
}

// judgeFreshOffer judges the answer to the offer of a segment that nobody has.
func judgeFreshOffer(c *target.Case, a *answer) *fuzz.Difference {
	if !a.isOK() || c.Expected.Message != "INITIAL_OFFER_MESSAGE" {
		return nil
	}
	return &fuzz.Difference{Fault: fuzz.WrongCode, Requirement: requirement(c, "Interested"), Detail: "is answered OK, must be INTERESTED"}
}
