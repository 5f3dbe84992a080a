package model

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/pccrc"
)

// Limits for reducing one conversation: leastTime for a try that makes it simpler, after
// the start and after each other, and mostTime for all of them, of a run that is limited by
// time at most half of that, and no more than what is left.
const (
	leastTime = 8 * time.Second
	mostTime  = 30 * time.Second
	mostTries = 600
)

// shrinker reduces a conversation while the hosted cache still fails in the same way.
type shrinker struct {
	tester   *tester
	best     *Conversation
	failure  *failure
	deadline time.Time
	end      time.Time // which no deadline exceeds
	tries    int
	flaky    bool // it fails sometimes
	done     bool // nothing more can be left out
	variants []campaign.Variant
	tried    map[string]*failure // conversations, as text, and how they fail
	most     time.Duration       // for all tries
	err      error
}

// begin starts the time.
func (s *shrinker) begin() {
	s.end = time.Now().Add(s.most)
	s.extend()
}

func (s *shrinker) extend() {
	if s.deadline = time.Now().Add(leastTime); s.deadline.After(s.end) {
		s.deadline = s.end
	}
}

// shrink reduces the conversation, and reports whether its failure shows again. The error
// is why the hosted cache cannot be tried any more. before are the conversations before
// it since a start of the hosted cache.
func (s *shrinker) shrink(ctx context.Context, before []*Conversation) (confirmed bool, err error) {
	if !s.reproduce(ctx, before) {
		return false, s.err
	}
	for again := true; again && !s.exhausted(ctx); {
		again = false
		for _, pass := range []func(context.Context) bool{s.dropAlike, s.dropSteps, s.mergeClients, s.mergeSegments, s.simplify} {
			again = pass(ctx) || again
		}
		s.done = !again && !s.exhausted(ctx)
	}
	// At last with all the time that the hosted cache may take.
	s.best = s.best.tidy()
	defer func(found []campaign.Variant) { s.variants = found }(s.variants) // of the same conversation
	shown := 0
	var patient *failure
	for n, patience := 0, s.tester.patience(); n < mostConfirms && s.err == nil && ctx.Err() == nil; n++ {
		if s.keep(ctx, s.best, patience) {
			shown++
			if patient == nil {
				patient = s.failure
			}
			patience = s.tester.quick()
		}
		if n == shown-1 && shown == 2 {
			if patient.step == s.failure.step { // a reader is to see that it had all that time
				s.failure = patient
			}
			return true, s.err // each time
		}
	}
	s.flaky = true
	return shown > 0, s.err
}

// mostConfirms is how often a conversation is played at last, if it does not fail each time.
const mostConfirms = 4

// reproduce plays the conversation again: if possible after a restart, and if that does not
// fail, after those before it.
func (s *shrinker) reproduce(ctx context.Context, before []*Conversation) bool {
	patience := s.tester.quick()
	for range mostAgain {
		if s.keep(ctx, s.best, patience) || s.keep(ctx, s.best.calm(), patience) {
			return true
		}
	}
	if !s.tester.cache.restarts() {
		return false
	}
	for n := 1; len(before) > 0 && s.err == nil && ctx.Err() == nil; n *= 2 {
		n = min(n, len(before))
		c := join(append(slices.Clone(before[len(before)-n:]), s.best)...)
		if c.check() == nil && s.keepAny(ctx, c, patience) {
			s.begin() // for reducing what was hard to reproduce
			return true
		}
		if n == len(before) {
			break
		}
	}
	return false
}

// mostAgain is how often a conversation is played again that fails by chance.
const mostAgain = 2

// calm returns the conversation with certain messages in the place of those of which nobody
// knows whether they arrive.
func (c *Conversation) calm() *Conversation {
	c = c.clone()
	for i := range c.Steps {
		if c.Steps[i].Loss == Hurry {
			c.Steps[i].Loss = Unread
		}
	}
	return c
}

// keep makes a conversation the current one if the hosted cache fails in the same way.
func (s *shrinker) keep(ctx context.Context, c *Conversation, patience time.Duration) bool {
	f := s.fails(ctx, c, patience)
	return f != nil && like(&f.Difference, &s.failure.Difference) && s.take(c, f)
}

// keepAny makes a conversation the current one if the hosted cache fails, in whatever way.
func (s *shrinker) keepAny(ctx context.Context, c *Conversation, patience time.Duration) bool {
	f := s.fails(ctx, c, patience)
	return f != nil && s.take(c, f)
}

func (s *shrinker) take(c *Conversation, f *failure) bool {
	c = c.clone()
	c.Steps = c.Steps[:f.step+1]
	s.best, s.failure, s.variants = c, f, nil
	return true
}

func (s *shrinker) exhausted(ctx context.Context) bool {
	return s.err != nil || s.tries >= mostTries || time.Now().After(s.deadline) || ctx.Err() != nil
}

// fails plays a conversation and returns how the hosted cache fails, nil if it does not.
func (s *shrinker) fails(ctx context.Context, c *Conversation, patience time.Duration) *failure {
	s.tries++
	err := s.tester.fresh(ctx)
	var f *failure
	if err == nil {
		f, err = s.tester.play(ctx, c, patience)
	}
	if err != nil {
		s.err = err
	}
	if f != nil {
		if err := s.tester.healthy(ctx, f); err != nil {
			s.err = err
		}
	}
	return f
}

// try keeps a conversation with which the hosted cache fails in the same way.
func (s *shrinker) try(ctx context.Context, c *Conversation) bool {
	if s.exhausted(ctx) || len(c.Steps) == 0 || c.check() != nil {
		return false
	}
	key := c.key()
	if _, known := s.tried[key]; known {
		return false
	}
	f := s.fails(ctx, c, s.tester.quick())
	if s.tried == nil {
		s.tried = map[string]*failure{}
	}
	s.tried[key] = f
	if f == nil || !like(&f.Difference, &s.failure.Difference) {
		return false
	}
	s.extend()
	return s.take(c, f)
}

// key is the same for conversations that are the same when they are played.
func (c *Conversation) key() string { return strings.Join(c.tidy().Lines(), "\n") }

// without tries the conversation without one step, and notes another failure that it then
// shows.
func (s *shrinker) without(ctx context.Context, step int) bool {
	c := s.best.clone()
	c.Steps = slices.Delete(c.Steps, step, step+1)
	if s.try(ctx, c) {
		return true
	}
	f := s.tried[c.key()]
	if f == nil || like(&f.Difference, &s.failure.Difference) {
		return false
	}
	v := campaign.Variant{Step: step + 1, Fault: f.Fault, Requirement: f.Requirement, Rule: f.Rule}
	if !slices.Contains(s.variants, v) {
		s.variants = append(s.variants, v)
	}
	return false
}

// dropAlike drops all steps of a client, of a segment, or of a kind, but for the last step:
// those of a kind may undo each other, so that none can be left out alone.
func (s *shrinker) dropAlike(ctx context.Context) (some bool) {
	drop := func(alike func(*Step) bool) {
		c := s.best.clone()
		last := c.Steps[len(c.Steps)-1]
		c.Steps = append(slices.DeleteFunc(c.Steps[:len(c.Steps)-1], func(step Step) bool { return alike(&step) }), last)
		some = len(c.Steps) < len(s.best.Steps) && s.try(ctx, c) || some
	}
	for op := ops - 1; op > 0; op-- {
		drop(func(step *Step) bool { return step.Op == op })
	}
	drop(func(step *Step) bool { return step.Loss != None })
	for i := range s.best.Clients {
		drop(func(step *Step) bool { return step.Op.ofClient() && step.Client == i })
	}
	for i := range s.best.Segments {
		drop(func(step *Step) bool { return len(step.Segments) == 1 && step.Segments[0] == i })
	}
	return some
}

// dropSteps drops steps: many at a time, then one by one, from the end.
func (s *shrinker) dropSteps(ctx context.Context) (some bool) {
	for n := (len(s.best.Steps) + 1) / 2; n > 0; n /= 2 {
		for end := len(s.best.Steps); end > 0 && !s.exhausted(ctx); {
			begin := max(0, end-n)
			if n == 1 {
				some = s.without(ctx, begin) || some
				end = min(begin, len(s.best.Steps))
				continue
			}
			c := s.best.clone()
			c.Steps = slices.Delete(c.Steps, begin, end)
			if s.try(ctx, c) {
				some = true
			}
			end = min(begin, len(s.best.Steps))
		}
	}
	return some
}

// mergeClients lets one client do what two do.
func (s *shrinker) mergeClients(ctx context.Context) (some bool) {
	used := s.best.usedClients()
	for i := len(used) - 1; i > 0; i-- {
		for _, other := range used[:i] {
			c := s.best.clone()
			for j := range c.Steps {
				if c.Steps[j].Client == used[i] {
					c.Steps[j].Client = other
				}
			}
			if s.try(ctx, c) {
				some = true
				break
			}
		}
	}
	return some
}

// mergeSegments leaves segments out of steps that have several, and replaces them by
// others.
func (s *shrinker) mergeSegments(ctx context.Context) (some bool) {
	for i := range s.best.Steps {
		for j := 0; i < len(s.best.Steps) && j < len(s.best.Steps[i].Segments); {
			c := s.best.clone()
			c.Steps[i].Segments = slices.Delete(c.Steps[i].Segments, j, j+1)
			if s.try(ctx, c) {
				some = true
			} else {
				j++
			}
		}
	}
	used := s.best.usedSegments()
	for i := len(used) - 1; i > 0; i-- {
		for _, other := range used[:i] {
			c := s.best.clone()
			for j := range c.Steps {
				if at := slices.Index(c.Steps[j].Segments, used[i]); at >= 0 {
					c.Steps[j].Segments[at] = other
					if slices.Index(c.Steps[j].Segments, other) != at || slices.Contains(c.Steps[j].Segments[at+1:], other) {
						c.Steps[j].Segments = slices.Delete(c.Steps[j].Segments, at, at+1)
					}
				}
			}
			if s.try(ctx, c) {
				some = true
				break
			}
		}
	}
	return some
}

// simplify makes single things simpler.
func (s *shrinker) simplify(ctx context.Context) (some bool) {
	change := func(f func(c *Conversation) bool) {
		c := s.best.clone()
		if f(c) && s.try(ctx, c) {
			some = true
		}
	}
	for i := range s.best.Clients {
		change(func(c *Conversation) bool {
			was := c.Clients[i].Shared
			c.Clients[i].Shared = false
			return was
		})
	}
	for i := range s.best.Segments {
		for _, simple := range []Segment{{pccrc.SHA256, simpleLength}, {s.best.Segments[i].Algorithm, simpleLength}, {s.best.Segments[i].Algorithm, pccrc.BlockSizeV1 + simpleLength}} {
			change(func(c *Conversation) bool {
				was := c.Segments[i]
				c.Segments[i] = simple
				return slices.Contains(c.usedSegments(), i) && (was.Length > simple.Length || was.Length == simple.Length && was.Algorithm != simple.Algorithm && was.Algorithm != pccrc.TruncatedSHA512)
			})
		}
	}
	for i := range s.best.Steps {
		for _, loss := range []Loss{None, Late, Unread} {
			change(func(c *Conversation) bool {
				if i >= len(c.Steps) || simpler[c.Steps[i].Loss] <= simpler[loss] {
					return false
				}
				c.Steps[i].Loss = loss
				return true
			})
		}
		change(func(c *Conversation) bool {
			if i >= len(c.Steps) || c.Steps[i].Op != Begin && c.Steps[i].Op != Finish {
				return false
			}
			c.Steps[i].Op = Describe
			return true
		})
		for n := 1; i < len(s.best.Steps) && n < s.best.Steps[i].Count; n *= 2 {
			change(func(c *Conversation) bool {
				c.Steps[i].Count = n
				return true
			})
		}
	}
	return some
}

// simpler orders what goes wrong.
var simpler = [losses]int{None: 0, Late: 1, Unread: 2, Cut: 3, Hurry: 4}

// simpleLength is that of a segment that needs no certain length.
const simpleLength = 100

// join returns a conversation of several, one after the other, of the same clients.
func join(all ...*Conversation) *Conversation {
	c := new(Conversation)
	for _, next := range all {
		var clients []int
		for i, client := range next.Clients { // the same place is the same client
			if i < len(c.Clients) && c.Clients[i] == client {
				clients = append(clients, i)
				continue
			}
			clients = append(clients, len(c.Clients))
			c.Clients = append(c.Clients, client)
		}
		for _, s := range next.clone().Steps {
			if s.Op.ofClient() {
				s.Client = clients[s.Client]
			}
			for i := range s.Segments {
				s.Segments[i] += len(c.Segments)
			}
			c.Steps = append(c.Steps, s)
		}
		c.Segments = append(c.Segments, next.Segments...)
		for i, at := range clients { // each begins with a server on its first port
			moved, serves := next.ends(i)
			if moved {
				c.Steps = append(c.Steps, Step{Op: Move, Client: at})
			} else if !serves {
				c.Steps = append(c.Steps, Step{Op: Return, Client: at})
			}
		}
	}
	return c
}

// ends reports whether a client is on its other port at the end, and serves right blocks.
func (c *Conversation) ends(client int) (moved, serves bool) {
	serves = true
	for _, s := range c.Steps {
		if s.Client == client && s.Op.ofClient() {
			moved = moved != (s.Op == Move)
			serves = serves && s.Op != Leave && s.Op != Spoil || s.Op == Return || s.Op == Move
		}
	}
	return moved, serves
}

// usedClients returns the clients that do something, in order.
func (c *Conversation) usedClients() (used []int) {
	for i := range c.Clients {
		if slices.ContainsFunc(c.Steps, func(s Step) bool { return s.Op.ofClient() && s.Client == i }) {
			used = append(used, i)
		}
	}
	return used
}

// usedSegments returns the segments of steps, in order.
func (c *Conversation) usedSegments() (used []int) {
	for i := range c.Segments {
		if slices.ContainsFunc(c.Steps, func(s Step) bool { return slices.Contains(s.Segments, i) }) {
			used = append(used, i)
		}
	}
	return used
}

// tidy returns the conversation without clients and segments that are not used.
func (c *Conversation) tidy() *Conversation {
	t := &Conversation{}
	d := c.clone()
	clients := c.usedClients()
	shared := slices.DeleteFunc(slices.Clone(clients), func(i int) bool { return i > 0 && !c.Clients[i].Shared })
	if len(shared) > 1 && shared[0] != 0 { // the address of A stays that of several
		clients = append(shared, slices.DeleteFunc(clients, func(i int) bool { return slices.Contains(shared, i) })...)
	}
	for i, used := range clients {
		t.Clients = append(t.Clients, Client{Shared: i > 0 && len(shared) > 1 && c.Clients[used].Shared})
	}
	segments := c.usedSegments()
	for _, used := range segments {
		t.Segments = append(t.Segments, c.Segments[used])
	}
	for _, s := range d.Steps {
		s.Client = max(0, slices.Index(clients, s.Client))
		for i := range s.Segments {
			s.Segments[i] = slices.Index(segments, s.Segments[i])
		}
		t.Steps = append(t.Steps, s)
	}
	return t
}
