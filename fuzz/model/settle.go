package model

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

// wanted are blocks that the hosted cache must retrieve because of a message.
type wanted struct {
	belief *belief
	blocks []int
	rules  string // the beginning of the requirements about it, such as "PCHC-3.1.5.1-"
}

// settle waits until the hosted cache has retrieved what it must retrieve from a client.
// If the client does not send it, it waits a little for the attempt, so that what follows
// comes after it.
func (p *player) settle(ctx context.Context, who *speaker, all []wanted) (*fuzz.Difference, error) {
	for i := range all {
		w := &all[i]
		if len(w.blocks) == 0 {
			if !slices.Contains(w.belief.held, false) {
				p.note("nothing to retrieve")
			}
			continue
		}
		p.rules = w.rules
		if who.servers.now() != serving { // one attempt may be enough to give the others up
			return p.attempt(ctx, who, w)
		}
		if d, err := p.await(ctx, who, w); d != nil || err != nil {
			return d, err
		}
	}
	return nil, nil
}

// attempt waits for any request to a client that does not send right blocks.
func (p *player) attempt(ctx context.Context, who *speaker, w *wanted) (*fuzz.Difference, error) {
	limit := p.t.limit(who, p.t.attempt())
	defer limit.Stop()
	for !limit.Expired() {
		if d := p.overheard(); d != nil {
			return d, nil
		}
		if slices.ContainsFunc(p.watcher.since(p.before), func(e event) bool { return e.id == w.belief.content.id && e.client == who.index }) {
			p.note("the hosted cache retrieves nothing from %s", who.name)
			return nil, pause(ctx, givesUp) // nothing shows when it has given up
		}
		if err := p.wait(ctx, mostPause); err != nil {
			return nil, err
		}
	}
	p.note("the hosted cache does not ask %s for blocks", who.name)
	return nil, nil
}

// givesUp is how long it may take to give up after that.
const givesUp = 5 * time.Millisecond

// mostPause is how often is looked at least whether the hosted cache has done something.
const mostPause = 50 * time.Millisecond

// await waits until the hosted cache has the blocks.
func (p *player) await(ctx context.Context, who *speaker, w *wanted) (*fuzz.Difference, error) {
	begin := time.Now()
	limit := p.t.limit(who, p.patience)
	defer limit.Stop()
	for pause := time.Millisecond; ; pause = min(2*pause, mostPause) {
		expired := limit.Expired()
		d, there, err := p.there(ctx, who, w)
		switch {
		case d != nil || err != nil:
			return d, err
		case there:
			p.t.took(time.Since(begin))
			for _, i := range w.blocks {
				w.belief.has(i)
			}
			p.note("%s retrieved from %s", numbered("block", w.blocks), who.name)
			return nil, nil
		case expired:
			return p.missing(who, w), nil
		}
		if err := p.wait(ctx, pause); err != nil {
			return nil, err
		}
	}
}

// there reports whether the hosted cache has the blocks.
func (p *player) there(ctx context.Context, who *speaker, w *wanted) (d *fuzz.Difference, there bool, err error) {
	if d := p.overheard(); d != nil {
		return d, false, nil
	}
	has := w.belief.sent
	if p.servesIt(w.belief) {
		n := len(p.messages)
		if has, d, err = p.blockList(ctx, who, w.belief); d != nil || err != nil {
			return d, false, err
		}
		p.messages = p.messages[:n] // how often it was asked depends on time
	}
	for _, i := range w.blocks {
		there = has == nil || has[i]
		if !there {
			break
		}
	}
	return nil, there, nil
}

// servesIt reports whether the hosted cache can be asked for a segment: identifiers of 48
// and 64 bytes it need not know (MS-PCCRR 2.2.4).
func (p *player) servesIt(b *belief) bool {
	return p.t.cache.urls[retrieval] != "" && b.content.takes(Retrieve)
}

// wait waits for a request of the hosted cache, but not longer than that.
func (p *player) wait(ctx context.Context, most time.Duration) error {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-p.watcher.news:
	case <-timer.C:
	case <-ctx.Done():
	}
	return ctx.Err()
}

// missing says why blocks are missing that should be there, and which requirement that
// violates: they were asked for at the wrong place, not at all, or were not kept.
func (p *player) missing(who *speaker, w *wanted) *fuzz.Difference {
	b := w.belief
	sent, elsewhere, asked := 0, false, false
	for _, e := range p.watcher.since(p.before) {
		if e.id != b.content.id {
			continue
		}
		asked = true
		elsewhere = elsewhere || e.stale && e.client == who.index
		if e.block >= 0 && !e.damaged && slices.Contains(w.blocks, e.block) {
			sent++
		}
	}
	what := numbered("block", w.blocks)
	d := &fuzz.Difference{Fault: fuzz.Unfetched}
	switch {
	case sent >= len(w.blocks):
		d.Fault, d.Requirement = fuzz.Unserved, w.rules+"Add"
		d.Detail = fmt.Sprintf("%s sends %s, but %s later the hosted cache does not have them all", who.name, what, inSeconds(p.patience))
	case elsewhere:
		d.Requirement = w.rules + "Connect"
		d.Detail = fmt.Sprintf("the hosted cache asks for %s on a port that %s named before, not on that of this message", what, who.name)
	case asked:
		d.Requirement = w.rules + "Retrieve"
		d.Detail = fmt.Sprintf("the hosted cache does not ask %s for all of %s within %s", who.name, what, inSeconds(p.patience))
	default:
		d.Requirement = w.rules + "Retrieve"
		d.Detail = fmt.Sprintf("the hosted cache does not ask %s for %s within %s, and does not have %s", who.name, what, inSeconds(p.patience), pronoun(w.blocks))
	}
	return d
}

// inSeconds writes a time with two digits that matter: "3 s", "0.15 s".
func inSeconds(d time.Duration) string {
	v, err := strconv.ParseFloat(strconv.FormatFloat(d.Seconds(), 'g', 2, 64), 64)
	if err != nil || d >= 100*time.Second {
		v = math.Round(d.Seconds())
	}
	return strconv.FormatFloat(v, 'f', -1, 64) + " s"
}

func pronoun(blocks []int) string {
	if len(blocks) == 1 {
		return "it"
	}
	return "them"
}

// numbered names blocks: "block 0", "blocks 0 and 2".
func numbered(noun string, all []int) string {
	text := noun
	if len(all) > 1 {
		text += "s"
	}
	for i, n := range all {
		switch {
		case i > 0 && i == len(all)-1:
			text += " and"
		case i > 0:
			text += ","
		}
		text += fmt.Sprintf(" %d", n)
	}
	return text
}

// overheard looks at what the hosted cache has asked the clients for since the last time:
// it must ask those that have offered a segment, and in well-formed messages.
func (p *player) overheard() *fuzz.Difference {
	for _, e := range p.watcher.since(p.read) {
		p.read++
		if e.malformed != "" {
			return &fuzz.Difference{Fault: fuzz.Malformed, Rule: e.malformed, Requirement: "PCCRR-2.1.1-Method",
				Detail: fmt.Sprintf("the hosted cache sends %s a request for blocks that is malformed", clientName(e.client))}
		}
		i := slices.IndexFunc(p.beliefs, func(b *belief) bool { return b.content.id == e.id })
		if i < 0 { // it is not part of this conversation
			continue
		}
		b := p.beliefs[i]
		if !b.offered[e.client] {
			return &fuzz.Difference{Fault: fuzz.Unfetched, Requirement: p.rules + "Connect",
				Detail: fmt.Sprintf("the hosted cache asks %s for segment %d, which %s has not offered", p.named(e.client), i+1, p.named(e.client))}
		}
		if e.block >= 0 && e.block < len(b.sent) {
			b.sent[e.block] = b.sent[e.block] || !e.damaged
			b.damaged[e.block] = b.damaged[e.block] || e.damaged
		}
	}
	return nil
}

// named names a client.
func (p *player) named(client int) string {
	if client >= len(p.speakers) {
		return "another client"
	}
	return clientName(client)
}

// blockList asks which blocks of a segment the hosted cache has. It is nil if it does not
// speak a version of MS-PCCRR that has such a message.
func (p *player) blockList(ctx context.Context, who *speaker, b *belief) (has []bool, d *fuzz.Difference, err error) {
	n := b.content.blocks()
	// One more than there are, which it cannot have.
	send := sending(who.retrieval.GetBlockList(who.now(), b.content.id, spec.BlockRange{Last: uint32(n)}))
	actions, d, err := p.ask(ctx, who, send)
	if d != nil || err != nil {
		return nil, d, err
	}
	if d = p.overheard(); d != nil {
		return nil, d, nil
	}
	has = make([]bool, n)
	for _, a := range actions {
		switch a := a.(type) {
		case spec.GiveUp:
			return nil, nil, nil
		case spec.HasBlocks:
			for i := a.Blocks.First; i <= a.Blocks.Last; i++ {
				if int(i) >= n {
					return nil, mismatch("PCCRR-3.2.5.2-List", "in the answer to MSG_GETBLKLIST: block %d is listed, but the segment has %d", i, n), nil
				}
				if !b.sent[i] && !b.damaged[i] {
					return nil, mismatch("PCCRR-3.2.5.2-List", "in the answer to MSG_GETBLKLIST: block %d is listed, which no client has sent to the hosted cache", i), nil
				}
				has[i] = true
			}
		}
	}
	return has, nil, nil
}

func mismatch(requirement, format string, a ...any) *fuzz.Difference {
	return &fuzz.Difference{Fault: fuzz.Mismatch, Requirement: requirement, Detail: fmt.Sprintf(format, a...)}
}

// ask posts a request of MS-PCCRR, and returns what it means to the client. What is wrong
// with the answer by itself, or by the request, is a difference.
func (p *player) ask(ctx context.Context, who *speaker, send spec.Send) ([]spec.Action, *fuzz.Difference, error) {
	message := send.Message.Reveal()
	r, d, err := p.say(ctx, who, retrieval, message, None)
	if d != nil || err != nil {
		return nil, d, err
	}
	response := spec.Dissect(spec.RetrievalResponse, r.body)
	if v, malformed := response.First(); malformed {
		return nil, &fuzz.Difference{Fault: fuzz.Malformed, Rule: v.Rule, Requirement: "PCCRR-3.2.5-Answer", Detail: "in the answer: " + v.String()}, nil
	}
	if found := spec.CompareRetrieval(spec.Dissect(spec.RetrievalRequest, []byte(message)), response); len(found) > 0 {
		return nil, mismatch(found[0].Rule, "in the answer: %s", found[0].String()), nil
	}
	return who.retrieval.Receive(who.now(), send.Request, r.body), nil, nil
}
