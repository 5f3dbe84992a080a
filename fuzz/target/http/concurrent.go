package http

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
)

// Every replayEvery-th call of Vary ends with a concurrent replay of at most
// mostReplayed messages over mostClients connections, if the user gives no other number.
const (
	replayEvery  = 8
	mostReplayed = 64
	mostClients  = 8
)

// patience is how much longer than usual an answer may take when others are asked for
// at the same time.
const patience = 3

// crowd is what came of messages that were sent at the same time.
type crowd struct {
	index []int // of the cases
	wrong []*fuzz.Difference
	conns int
}

// concurrentReplay sends valid messages again, over several connections at the same
// time. A difference counts if the message is answered rightly alone.
func (s *session) concurrentReplay(ctx context.Context, cases []target.Case, connections int, report func(int, *fuzz.Difference)) error {
	restarts := s.reasons[afterHang]
	all := s.crowded(ctx, cases, min(s.t.limit, connections))
	if all == nil {
		return ctx.Err()
	}
	k := all.worst()
	var d *fuzz.Difference
	if k >= 0 {
		d = all.wrong[k]
	}
	took := time.Since(s.began)
	ended, err := s.recover(ctx)
	if ended != "" {
		s.t.endsWithin(took)
	}
	k = max(k, 0)
	c := &cases[all.index[k]]
	if ctx.Err() != nil {
		if d != nil { // there is no time to find out more
			report(all.index[k], crowdedBy(all.conns, d, ""))
		}
		return ctx.Err()
	}
	dead := err
	switch {
	case ended != "":
		d = s.harm(c, nil, ended)
	case err != nil || s.reasons[afterHang] > restarts:
		if dead = errSilent; d == nil || d.Fault != fuzz.Hang {
			d = s.harm(c, nil, "")
		}
	case d == nil && s.t.learned.remembers != nil:
		if d = s.updatesLost(ctx, all.conns); d != nil && ctx.Err() == nil {
			report(all.index[k], d)
		}
		return ctx.Err()
	}
	if d != nil {
		d = s.together(ctx, c, d, all.conns, dead)
	}
	if d != nil && ctx.Err() == nil {
		report(all.index[k], d)
	}
	return err
}

var errSilent = errors.New("it no longer answers")

// worst returns the index of the difference to report: the first that is no answer at all,
// or else the first; -1 if there is none.
func (c *crowd) worst() int {
	found := -1
	for k, d := range c.wrong {
		switch {
		case d == nil:
		case d.Fault == fuzz.Hang:
			return k
		case found < 0:
			found = k
		}
	}
	return found
}

// crowded sends the valid ones of cases at the same time, over that many connections if
// the server accepts so many. It returns nil if there are too few of either.
func (s *session) crowded(ctx context.Context, cases []target.Case, clients int) *crowd {
	t := s.t
	all := &crowd{}
	var messages [][]byte
	for i := range cases {
		if len(messages) == max(mostReplayed, 4*clients) {
			break
		}
		if cases[i].Kind == t.protocol.kind && t.expectation(&cases[i]) == mustAnswer {
			messages, all.index = append(messages, t.protocol.fresh(&cases[i])), append(all.index, i)
		}
	}
	if clients < 2 || len(messages) < 2 {
		return nil
	}
	for n := len(messages); len(messages) < clients; { // each connection gets one
		messages, all.index = append(messages, messages[len(messages)%n]), append(all.index, all.index[len(messages)%n])
	}
	t.closeAll()
	group := s.newGroup(ctx, clients)
	defer group.close()
	if all.conns = len(group.conns); all.conns < 2 {
		return nil
	}
	all.wrong = make([]*fuzz.Difference, len(messages))
	group.each(func(m *member, n int) {
		for k := n; k < len(messages) && ctx.Err() == nil; k += all.conns {
			c := &cases[all.index[k]]
			a, ok := m.say(ctx, messages[k])
			if !ok || a.gaveUp {
				return
			}
			if all.wrong[k] = t.judgeConcurrent(c, &a); a.ending == silent {
				return
			}
		}
	})
	return all
}

// group is connections that are used at the same time. They do not count among those of
// the target.
type group struct {
	t     *endpoint
	late  *atomic.Int64 // of the session
	mu    sync.Mutex    // guards the connections against the end of the context
	conns []*member
	stop  func() bool
}

// member is a connection of a group.
type member struct {
	*group
	conn *connection // nil: closed
	new  bool        // nothing was sent on it
}

// newGroup opens that many connections, or as many as the server accepts.
func (s *session) newGroup(ctx context.Context, n int) *group {
	g := &group{t: s.t, late: &s.late}
	for range n {
		m := &member{group: g}
		if !m.dial(ctx) {
			break
		}
		g.conns = append(g.conns, m)
	}
	g.stop = context.AfterFunc(ctx, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		for _, m := range g.conns {
			if m.conn != nil {
				_ = m.conn.SetDeadline(past)
			}
		}
	})
	return g
}

// each calls f for each member at the same time.
func (g *group) each(f func(m *member, n int)) {
	var wg sync.WaitGroup
	for n, m := range g.conns {
		wg.Go(func() { f(m, n) })
	}
	wg.Wait()
}

func (g *group) close() {
	g.stop()
	for _, m := range g.conns {
		m.hangUp()
	}
}

func (m *member) hangUp() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.conn != nil {
		_ = m.conn.Close()
		m.conn = nil
	}
}

// say sends a message. If the server closes the connection first, which it may do to one
// that was used before, it goes over a new one. It returns false if there is no connection.
func (m *member) say(ctx context.Context, message []byte) (a answer, ok bool) {
	t := m.t
	timeout := patience * t.timeout(message)
	request := t.request(nil, message)
	for {
		if m.conn == nil && !m.dial(ctx) {
			return a, false
		}
		t.pace(ctx)
		fresh := m.new
		m.new = false
		a, reusable := m.conn.say(ctx, request, timeout, timeout)
		a.gaveUp = a.ending != answered && ctx.Err() != nil
		if a.late {
			m.late.Add(1)
		}
		if !reusable {
			m.hangUp()
		}
		if stale := a.ending == ended && !a.began || a.status == 408; !stale || fresh || a.gaveUp {
			return a, true
		}
	}
}

func (m *member) dial(ctx context.Context) bool {
	c, err := m.t.open(ctx)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.conn, m.new = c, true; err == nil && ctx.Err() != nil {
		_ = c.SetDeadline(past)
	}
	return err == nil
}

// judgeConcurrent judges an answer in a concurrent replay. A hosted cache need not serve so
// many clients, but then it says so, by an HTTP status.
func (t *endpoint) judgeConcurrent(c *target.Case, a *answer) *fuzz.Difference {
	a.took = 0 // it may be slow
	if a.ending == answered && a.status/100 != 2 || a.ending == unreachable {
		return nil
	}
	d := t.judgeAnswer(c, a)
	switch {
	case d == nil && t.protocol.judgeFresh != nil:
		return t.protocol.judgeFresh(c, a)
	case d != nil && a.ending == silent && !a.began:
		d.Detail = fmt.Sprintf("no answer within %v", patience*c.Limit(t.o.Timeout))
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

// A hosted cache may forget segments. That it forgets some only if their block hashes come
// at the same time must show so often.
const timesLost = 8

// updatesLost gives the hosted cache all block hashes of several segments at the same
// time, and returns a difference if it does not know all segments then, though it does if
// they come one after the other.
func (s *session) updatesLost(ctx context.Context, n int) *fuzz.Difference {
	lost := 0
	for range timesLost {
		together, ok := s.forgotten(ctx, n, true)
		if !ok || together == 0 {
			return nil
		}
		alone, ok := s.forgotten(ctx, n, false)
		if !ok || alone > 0 {
			return nil
		}
		lost += together
	}
	return &fuzz.Difference{Fault: fuzz.WrongCode, Requirement: "PCHC-3.1.5.1-OK", Connections: n,
		Detail: fmt.Sprintf("INITIAL_OFFER_MESSAGEs for %d of %d segments are answered INTERESTED, although the hosted cache got all their block hashes, over %d connections at the same time; "+
			"it knows all if they come one after the other", lost, timesLost*n, n)}
}

// forgotten sends SEGMENT_INFO_MESSAGEs for so many new segments, and returns how many of
// them the hosted cache does not know then.
func (s *session) forgotten(ctx context.Context, n int, together bool) (count int, ok bool) {
	infos, hoHoDks := make([]target.Case, n), make([][]byte, n)
	for i := range n {
		infos[i], hoHoDks[i] = s.t.learned.remembers.segment()
	}
	clients := 1
	if together {
		clients = n
	}
	s.t.closeAll()
	group := s.newGroup(ctx, clients)
	defer group.close()
	taken := make([]bool, n)
	group.each(func(m *member, number int) {
		for i := number; i < n; i += len(group.conns) {
			a, ok := m.say(ctx, infos[i].Bytes)
			taken[i] = ok && a.isOK()
		}
	})
	if len(group.conns) == 0 {
		return 0, false
	}
	for i, hoHoDk := range hoHoDks {
		a, ok := group.conns[0].say(ctx, initialOffer(hoHoDk).Bytes)
		if !ok || !taken[i] || a.ending != answered {
			return 0, false
		}
		if !a.isOK() {
			count++
		}
	}
	return count, true
}
