package http

import (
	"context"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
)

// mostRoutes is over how many connections cases with routes go, at most.
const mostRoutes = 3

// Routes implements [target.Routed].
func (s *session) Routes(ctx context.Context) (connections, own, other int) {
	t := s.t
	if t.take(ctx) != nil {
		return 0, 0, 0
	}
	defer t.pass()
	defer s.watch(ctx)()
	s.learnOther(ctx)
	own = int(t.version)
	if t.learned.other {
		other = 3 - own
	}
	return min(mostRoutes, t.limit), own, other
}

// routed reports whether one of the cases has a route.
func routed(cases []target.Case) bool {
	for i := range cases {
		if cases[i].Route != (target.Route{}) {
			return true
		}
	}
	return false
}

// tryRouted sends cases as their routes say, over new connections, and nothing else. Whether
// an answer is slow does not matter.
func (s *session) tryRouted(ctx context.Context, cases []target.Case, report func(int, *fuzz.Difference)) (int, error) {
	t := s.t
	s.learnOther(ctx)
	s.hangUp()
	t.pauseLoad()
	t.closeAll()
	conns := map[int]*connection{}
	defer t.closeAll()
	for i := range cases {
		c := &cases[i]
		if c.Kind != t.protocol.kind {
			continue
		}
		a := s.sayOver(ctx, conns, c)
		if ctx.Err() != nil {
			return i, ctx.Err()
		}
		a.took = 0
		d := t.judge(c, &a)
		if d == nil {
			continue
		}
		if a.ending != answered {
			ended, err := s.recover(ctx)
			if ctx.Err() != nil {
				return i, ctx.Err()
			}
			report(i, s.harm(c, d, ended))
			return i + 1, err
		}
		report(i, d)
	}
	s.healthCheck(ctx) // whatever the last case leaves is no matter of the next one
	return len(cases), ctx.Err()
}

// sayOver sends a message over the connection of its route, and waits for the reaction. A
// connection that was used before may have been closed meanwhile: then a new one takes its
// place.
func (s *session) sayOver(ctx context.Context, conns map[int]*connection, c *target.Case) answer {
	t := s.t
	timeout := t.timeout(c.Bytes)
	wait := timeout
	if must := t.expectation(c); must != mustAnswer {
		wait = min(t.learned.dropWait(), timeout)
		if t.learned.silences >= mostSilences {
			wait = min(t.learned.totalWait(), timeout)
		}
	}
	request := t.request(nil, c.Bytes)
	if v := c.Route.Version; v != 0 && v != int(t.version) {
		request = joined(t.toOther(c.Bytes).whole())
	}
	for {
		t.pace(ctx)
		conn := conns[c.Route.Connection]
		reused := conn != nil && !conn.closed
		if !reused {
			var err error
			if conn, err = t.dial(ctx); err != nil {
				a := answer{ending: unreachable, err: err, unsent: true, gaveUp: ctx.Err() != nil}
				if isTimeout(err) {
					a.ending = silent
				}
				return a
			}
			conns[c.Route.Connection] = conn
			s.current.Store(conn)
		}
		t.last = s
		a, reusable := conn.say(ctx, request, timeout, wait)
		a.gaveUp = a.ending != answered && ctx.Err() != nil
		if a.late {
			s.late.Add(1)
		}
		if conn.used = time.Now(); !reusable || a.more {
			t.close(conn)
		}
		if reused && (a.ending == ended && !a.began || a.status == 408) && ctx.Err() == nil {
			continue
		}
		return a
	}
}
