package model

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	httptarget "github.com/hostedcache/pchc/fuzz/target/http"
	"github.com/hostedcache/pchc/spec"
)

// player plays one conversation.
type player struct {
	t        *tester
	c        *Conversation
	patience time.Duration
	watcher  *watcher
	read     int    // how many of its events were looked at
	before   int    // how many of them there were before this step
	rules    string // the beginning of the requirements that ask for what is retrieved

	speakers []*speaker
	beliefs  []*belief
	recent   []string // HoHoDks of segments that the hosted cache was told of, the last one last
	messages []fuzz.Message
	outcome  []string // of the current step
	outcomes []string
}

// failure is a deviation of the hosted cache in a conversation.
type failure struct {
	fuzz.Difference
	step     int
	messages []fuzz.Message // all that were sent
	outcomes []string       // of the steps
}

// play plays a conversation and returns the first deviation, or nil. The error is why it
// could not be played.
func (t *tester) play(ctx context.Context, c *Conversation, patience time.Duration) (*failure, error) {
	p := &player{t: t, c: c, patience: patience, watcher: newWatcher()}
	defer t.idle()
	for i, client := range c.Clients {
		s, err := t.speaker(i, client.Shared)
		if err != nil {
			return nil, err
		}
		s.servers.begin(p.watcher, i)
		s.begin(i)
		p.speakers = append(p.speakers, s)
	}
	for _, s := range c.Segments {
		made, err := newContent(s)
		if err != nil {
			return nil, err
		}
		p.beliefs = append(p.beliefs, newBelief(made))
	}
	for i := range c.Steps {
		p.outcome, p.before = nil, len(p.watcher.since(0))
		d, err := p.step(ctx, &c.Steps[i])
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err == nil && d == nil {
			d = p.overheard()
		}
		if d != nil {
			p.outcome = append(p.outcome, "WRONG: "+d.Detail)
		}
		p.outcomes = append(p.outcomes, strings.Join(p.outcome, ", "))
		if d != nil {
			d.Detail = c.Steps[i].Text() + ": " + d.Detail
			return &failure{*d, i, p.messages, p.outcomes}, nil
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// step plays a step.
func (p *player) step(ctx context.Context, s *Step) (*fuzz.Difference, error) {
	var who *speaker
	if s.Op.ofClient() {
		who = p.speakers[s.Client]
	}
	switch s.Op {
	case Offer:
		return p.offer(ctx, who, s)
	case Describe, Begin, Finish:
		return p.describe(ctx, who, s)
	case Batch:
		return p.batch(ctx, who, s)
	case Leave:
		return nil, who.servers.become(gone, who.port)
	case Spoil:
		for _, b := range p.beliefs { // it may still be fetched from, and believed
			b.doubted = b.doubted || b.batched[who.index]
		}
		return nil, who.servers.become(spoiled, who.port)
	case Return:
		return nil, who.servers.become(serving, who.port)
	case Move:
		who.listenOn(1 - who.port)
		return nil, who.servers.become(serving, who.port)
	case Retrieve:
		for _, i := range s.Segments {
			if d, err := p.retrieve(ctx, who, i); d != nil || err != nil {
				return d, err
			}
		}
		return nil, nil
	case List:
		return p.list(ctx, who)
	case Restart:
		return nil, p.restart(ctx)
	}
	return p.others(ctx, s.Count)
}

// note adds to what came of the step.
func (p *player) note(format string, a ...any) {
	p.outcome = append(p.outcome, fmt.Sprintf(format, a...))
}

// say posts a message. An answer that is none is a difference.
func (p *player) say(ctx context.Context, who *speaker, url int, message string, loss Loss) (reply, *fuzz.Difference, error) {
	kind, respond := spec.Request, map[int]string{v1: "PCHC-3.1.5.1-Respond", v2: "PCHC-3.1.5.3-Respond", retrieval: "PCCRR-3.2.5-Answer"}[url]
	switch {
	case url == retrieval:
		kind = spec.RetrievalRequest
	case url == v1 && message[3] == byte(spec.TypeSegmentInfo):
		respond = "PCHC-3.1.5.2-Respond"
	}
	p.t.add(fuzz.Message{Kind: kind, Bytes: []byte(message)}, p)
	r := who.post(ctx, p.t.cache.urls[url], message, loss)
	d := &fuzz.Difference{Requirement: respond}
	switch {
	case ctx.Err() != nil:
		return r, nil, ctx.Err()
	case r.lost:
		return r, nil, nil
	case r.err != nil && isTimeout(r.err):
		d.Fault, d.Detail = fuzz.Hang, "no answer within "+inSeconds(p.t.config.Timeout)
	case r.err != nil:
		d.Fault, d.Detail = fuzz.Unanswered, "the connection closes without an answer"
		if exit := p.t.cache.exit(); exit != "" {
			d.Fault, d.Detail = fuzz.Crash, exit
		} else if p.t.cache.listens(ctx, exitWait) != nil {
			d.Fault, d.Detail = fuzz.Crash, "connection refused"
		}
	case r.status == http.StatusUnauthorized, r.status == http.StatusForbidden:
		return r, nil, fmt.Errorf("HTTP status %d: %w", r.status, httptarget.ErrUnauthorized)
	case r.status != http.StatusOK:
		d.Fault, d.Detail = fuzz.Unanswered, fmt.Sprintf("is answered with HTTP status %d", r.status)
	default:
		return r, nil, nil
	}
	return r, d, nil
}

// from returns what the model knows of the request of a client.
func from(who *speaker, version uint8) spec.Post {
	return spec.Post{From: who.address, URL: version}
}

// machine is the client's machine of a version.
func (s *speaker) machine(version uint8) *spec.Client {
	if version == 1 {
		return &s.v1
	}
	return &s.v2
}

// deliver hands an answer to the client's machine, and returns what the client then does:
// a malformed answer is a difference, also one that is too late for the client. rules is
// the beginning of the requirements about the message.
func (p *player) deliver(who *speaker, typ uint16, id spec.RequestID, r reply, loss Loss, rules string) (next *spec.Send, d *fuzz.Difference) {
	if violation, malformed := spec.DissectResponse(r.body, typ).First(); malformed {
		d := &fuzz.Difference{Fault: fuzz.Malformed, Rule: violation.Rule, Requirement: rules + "Respond", Detail: "in the answer: " + violation.String()}
		if violation.Rule == "PCHC-2.2.2.2-Interested" {
			d.Fault, d.Requirement, d.Detail = fuzz.WrongCode, rules+"OK", "is answered INTERESTED, must be OK"
		}
		return nil, d
	}
	if loss == Late {
		who.clock += tooLate
	}
	version := uint8(1)
	if typ == spec.TypeBatchedOffer {
		version = 2
	}
	for _, a := range who.machine(version).Receive(who.now(), id, r.body) {
		if send, ok := a.(spec.Send); ok {
			next = &send
		}
	}
	return next, nil
}

// tooLate is when every request has expired (MS-PCHC 3.2.2).
const tooLate = (spec.TicksToLive + 1) * spec.TickPeriod

// offer is a step of version 1.0 that begins with an INITIAL_OFFER_MESSAGE.
func (p *player) offer(ctx context.Context, who *speaker, s *Step) (*fuzz.Difference, error) {
	b := p.beliefs[s.Segments[0]]
	if err := p.gives(who, s.Segments[0], s.Loss); err != nil {
		return nil, err
	}
	send := sending(who.v1.Offer(who.now(), b.content.offer()))
	r, d, err := p.say(ctx, who, v1, send.Message.Reveal(), s.Loss)
	if d != nil || err != nil || s.Loss == Cut || s.Loss == Hurry {
		p.lost(s.Loss)
		return d, err
	}
	p.touch(b)
	if s.Loss == Unread {
		// Whatever the answer was: if it must know the hashes, it retrieves.
		p.lost(s.Loss)
		return p.settle(ctx, who, []wanted{p.offered(who, b, send)})
	}
	info, d := p.deliver(who, spec.TypeInitialOffer, send.Request, r, s.Loss, "PCHC-3.1.5.1-")
	if d != nil {
		return d, nil
	}
	isOK := r.body[4] == spec.CodeOK
	p.note("%s", codeName(isOK))
	if d := b.answered(isOK); d != nil {
		return d, nil
	}
	if isOK {
		return p.settle(ctx, who, []wanted{p.offered(who, b, send)})
	}
	if info == nil {
		p.lost(s.Loss)
		return nil, nil
	}
	p.note("then sends the block hashes")
	return p.info(ctx, who, b, *info, None)
}

// answered judges the answer to an INITIAL_OFFER_MESSAGE, and learns from it.
func (b *belief) answered(isOK bool) *fuzz.Difference {
	interested, ok := b.codes()
	switch {
	case isOK && !ok:
		return &fuzz.Difference{Fault: fuzz.WrongCode, Requirement: "PCHC-3.1.5.1-Interested",
			Detail: "is answered OK, must be INTERESTED: no client has sent all block hashes of the segment"}
	case !isOK && !interested:
		return &fuzz.Difference{Fault: fuzz.WrongCode, Requirement: "PCHC-3.1.5.1-OK",
			Detail: "is answered INTERESTED, must be OK: the hosted cache was sent all block hashes of the segment"}
	case isOK && interested:
		b.knows()
	case !isOK && ok:
		b.forgot()
	}
	return nil
}

func codeName(isOK bool) string {
	if isOK {
		return "OK"
	}
	return "INTERESTED"
}

// lost notes what happened to the message, if it is not in the text of the step.
func (p *player) lost(l Loss) {
	switch l {
	case Hurry:
		p.note("it may have arrived")
	case Cut:
		p.note("nothing has arrived")
	}
}

// offered is what the hosted cache must retrieve because of an INITIAL_OFFER_MESSAGE.
func (p *player) offered(who *speaker, b *belief, send spec.Send) wanted {
	required := b.receives(from(who, 1), []byte(send.Message.Reveal()), false, true)
	return wanted{b, b.wants(required, false), "PCHC-3.1.5.1-"}
}

// describe is a step that is a SEGMENT_INFO_MESSAGE without an offer.
func (p *player) describe(ctx context.Context, who *speaker, s *Step) (*fuzz.Difference, error) {
	b := p.beliefs[s.Segments[0]]
	if err := p.gives(who, s.Segments[0], s.Loss); err != nil {
		return nil, err
	}
	n := b.content.blocks()
	part := b.content.offer()
	switch {
	case s.Op == Begin && n > 1:
		part = b.content.part(0, n-1)
	case s.Op == Finish && n > 1:
		part = b.content.part(n-1, 1)
	}
	// The machine sends a SEGMENT_INFO_MESSAGE after INTERESTED only. A client may be one
	// that has forgotten, or that believes an answer that never came.
	offer := sending(who.v1.Offer(who.now(), part))
	info, _ := p.deliver(who, spec.TypeInitialOffer, offer.Request, reply{body: spec.Respond{Code: spec.CodeInterested}.Message()}, None, "")
	return p.info(ctx, who, b, *info, s.Loss)
}

// info sends a SEGMENT_INFO_MESSAGE.
func (p *player) info(ctx context.Context, who *speaker, b *belief, send spec.Send, loss Loss) (*fuzz.Difference, error) {
	message := send.Message.Reveal()
	if loss == Hurry {
		b.receives(from(who, 1), []byte(message), true, false)
	}
	r, d, err := p.say(ctx, who, v1, message, loss)
	if d != nil || err != nil || loss == Cut || loss == Hurry {
		p.lost(loss)
		return d, err
	}
	if loss != Unread {
		if _, d := p.deliver(who, spec.TypeSegmentInfo, send.Request, r, loss, "PCHC-3.1.5.2-"); d != nil {
			return d, nil
		}
		p.note("OK")
	}
	p.touch(b)
	required := b.receives(from(who, 1), []byte(message), true, true)
	return p.settle(ctx, who, []wanted{{b, b.wants(required, false), "PCHC-3.1.5.2-"}})
}

// batch is a step of version 2.0.
func (p *player) batch(ctx context.Context, who *speaker, s *Step) (*fuzz.Difference, error) {
	var offers []spec.Offer
	for _, i := range s.Segments {
		if err := p.gives(who, i, s.Loss); err != nil {
			return nil, err
		}
		b := p.beliefs[i]
		if s.Loss != Cut {
			b.batched[who.index] = true
			b.doubted = b.doubted || who.servers.now() == spoiled
		}
		offers = append(offers, b.content.offer())
	}
	send := sending(who.v2.Offer(who.now(), offers...))
	message := send.Message.Reveal()
	r, d, err := p.say(ctx, who, v2, message, s.Loss)
	if d != nil || err != nil || s.Loss == Cut || s.Loss == Hurry {
		p.lost(s.Loss)
		return d, err
	}
	if s.Loss != Unread {
		if _, d := p.deliver(who, spec.TypeBatchedOffer, send.Request, r, s.Loss, "PCHC-3.1.5.3-"); d != nil {
			return d, nil
		}
		p.note("OK")
	}
	var all []wanted
	for _, i := range s.Segments {
		b := p.beliefs[i]
		p.touch(b)
		required := b.receives(from(who, 2), []byte(message), false, true)
		all = append(all, wanted{b, b.wants(required, true), "PCHC-3.1.5.3-"})
	}
	return p.settle(ctx, who, all)
}

// gives lets a client serve a segment that it offers.
func (p *player) gives(who *speaker, segment int, loss Loss) error {
	b := p.beliefs[segment]
	if loss != Cut {
		b.offered[who.index] = true
	}
	return who.servers.has(b.content)
}

// touch notes that the hosted cache was told of a segment, and with it which of the others
// it may forget: it keeps the last ones only.
func (p *player) touch(b *belief) {
	p.recent = append(slices.DeleteFunc(p.recent, func(id string) bool { return id == b.content.id }), b.content.id)
	p.room()
}

func (p *player) room() {
	if n := len(p.recent) - p.t.config.Keeps; n > 0 {
		for _, b := range p.beliefs {
			if slices.Contains(p.recent[:n], b.content.id) {
				b.forget()
			}
		}
		p.recent = p.recent[n:]
	}
}

// others is a step in which clients that are not part of the conversation offer segments.
func (p *player) others(ctx context.Context, n int) (*fuzz.Difference, error) {
	who, err := p.t.speaker(otherClient, false)
	if err != nil {
		return nil, err
	}
	who.servers.begin(p.watcher, otherClient)
	who.begin(otherClient)
	who.name = "another client"
	kind := []Segment{{Algorithm: named["version 1.0, SHA-256"], Length: 100}, {Algorithm: named["version 2.0"], Length: 100}}
	for range n {
		s := kind[v1]
		if p.t.cache.urls[v1] == "" {
			s = kind[v2]
		}
		c, err := newContent(s)
		if err != nil {
			return nil, err
		}
		if err := who.servers.has(c); err != nil {
			return nil, err
		}
		b := newBelief(c)
		step := &Step{Op: Describe, Segments: []int{len(p.beliefs)}}
		if s == kind[v2] {
			step.Op = Batch
		}
		p.beliefs = append(p.beliefs, b)
		var d *fuzz.Difference
		if step.Op == Batch {
			d, err = p.batch(ctx, who, step)
		} else {
			d, err = p.describe(ctx, who, step)
		}
		p.beliefs = p.beliefs[:len(p.beliefs)-1]
		if d != nil || err != nil {
			return d, err
		}
	}
	p.outcome = nil // that of each
	return nil, nil
}

// restart restarts the hosted cache, which may then have forgotten all, or nothing.
func (p *player) restart(ctx context.Context) error {
	p.recent = nil
	for _, b := range p.beliefs {
		b.forget()
	}
	p.t.idle()
	if err := p.t.cache.restart(ctx); err != nil {
		return fmt.Errorf("the hosted cache does not restart: %w", err)
	}
	return nil
}
