package http

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
)

// load keeps connections busy while a session of a campaign tries its messages one after
// the other on another one. It repeats valid ones of these. The holder of the turn uses it,
// but its connections do not stop when the turn ends: only while messages are tried alone.
type load struct {
	running bool
	stop    context.CancelFunc
	group   *group
	done    sync.WaitGroup

	mu    sync.Mutex // guards the following fields
	cases []target.Case
	index []int // of the cases in the call of Try
	ready int   // how many of the cases were tried alone
	next  int
	sent  int
	wrong *fuzz.Difference // the first one, nil: none
	at    int              // index of its case
}

// startLoad gives the load the cases of a call of Try, and starts it if it does not run.
func (s *session) startLoad(ctx context.Context, cases []target.Case) {
	t := s.t
	n := min(t.o.Concurrency, t.limit)
	if !t.busy || n < 2 {
		return
	}
	l := &t.load
	l.mu.Lock()
	l.cases, l.index, l.ready, l.next, l.wrong = nil, nil, 0, 0, nil
	for i := range cases {
		if cases[i].Kind == t.protocol.kind && t.expectation(&cases[i]) == mustAnswer {
			c := cases[i]
			c.Message = fuzz.Message{Kind: c.Kind, Bytes: slices.Clone(t.protocol.fresh(&c))}
			l.cases, l.index = append(l.cases, c), append(l.index, i)
		}
	}
	idle := len(l.cases) == 0
	l.mu.Unlock()
	if idle {
		t.pauseLoad()
	}
	if l.running || idle {
		return
	}
	for len(t.conns) > 1 { // the rest is for the load
		t.close(t.conns[0])
	}
	ctx, l.stop = context.WithCancel(context.WithoutCancel(ctx))
	l.group, l.running = s.newGroup(ctx, n-1), true
	for _, m := range l.group.conns {
		l.done.Go(func() {
			for ctx.Err() == nil {
				i, c := l.pick()
				a, ok := m.say(ctx, c.Bytes)
				if !ok || a.gaveUp {
					return
				}
				l.add(i, t.judgeConcurrent(&c, &a))
			}
		})
	}
}

// pick returns the next case to send.
func (l *load) pick() (int, target.Case) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := l.next % max(1, min(l.ready, len(l.cases)))
	l.next++
	return l.index[i], l.cases[i]
}

func (l *load) add(i int, d *fuzz.Difference) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sent++; d != nil && l.wrong == nil {
		l.wrong, l.at = d, i
	}
}

// passed tells the load that a case was tried alone.
func (l *load) passed(i int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ready < len(l.index) && l.index[l.ready] <= i {
		l.ready++
	}
}

// pauseLoad stops the load, and returns over how many connections messages were sent until
// then, 0 if it did not run.
func (t *endpoint) pauseLoad() (connections int) {
	l := &t.load
	if !l.running {
		return 0
	}
	l.stop()
	l.done.Wait()
	connections = len(l.group.conns) + 1
	l.group.close()
	l.running = false
	return connections
}

// loadWrong stops the load if it has seen a wrong answer, and reports that unless the
// message fails alone, too.
func (s *session) loadWrong(ctx context.Context, cases []target.Case, report func(int, *fuzz.Difference)) error {
	l := &s.t.load
	l.mu.Lock()
	d, i, sent := l.wrong, l.at, l.sent
	l.wrong, l.sent = nil, 0
	l.mu.Unlock()
	if sent > 0 {
		s.reasons[fmt.Sprintf("messages over the other connections, of %d", min(s.t.o.Concurrency, s.t.limit))] += sent
	}
	if d == nil {
		return nil
	}
	n := s.t.pauseLoad()
	ended, err := s.recover(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if d = s.together(ctx, &cases[i], s.harm(&cases[i], d, ended), max(n, 2), err); d != nil {
		report(i, d)
	}
	return err
}

// blame finds out whether the difference of a case is due to the other connections that
// were busy, and returns that of the case alone if not.
func (s *session) blame(ctx context.Context, c *target.Case, d *fuzz.Difference, connections int, err error) (*fuzz.Difference, error) {
	if err != nil {
		return s.together(ctx, c, d, connections, err), err
	}
	slow := d.Fault == fuzz.Slow
	alone := s.step(ctx, c, true)
	if alone == nil && slow {
		return nil, nil // it has more to do
	}
	if alone == nil {
		return s.together(ctx, c, d, connections, nil), nil
	}
	ended, err := s.recover(ctx)
	return s.harm(c, alone, ended), err
}

// together turns a difference that was seen while so many connections were busy into one
// that says so. It returns nil if the message fails alone, too. err says that it cannot be
// tried alone.
func (s *session) together(ctx context.Context, c *target.Case, d *fuzz.Difference, connections int, err error) *fuzz.Difference {
	alone := "; since then, messages over one connection are not answered either"
	if err == nil {
		if a := s.say(ctx, s.t.protocol.fresh(c), s.t.expectation(c), true); s.t.judge(c, &a) != nil || ctx.Err() != nil {
			return nil
		}
		alone = "; alone, it is answered rightly"
		if s.t.expectation(c) != mustAnswer {
			alone = "; alone, it is dropped"
		}
	}
	return crowdedBy(connections, d, alone)
}

// crowdedBy makes a difference one that depends on the number of connections.
func crowdedBy(connections int, d *fuzz.Difference, alone string) *fuzz.Difference {
	d.Rule, d.Field, d.Offset, d.Connections = "", "", 0, connections
	d.Detail += fmt.Sprintf(", with messages over %d connections at the same time", connections) + alone
	return d
}
