package model

import (
	"context"
	crand "crypto/rand"
	"strings"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

// retrieve asks for all blocks of a segment: what the hosted cache must have has to be
// there, what it lists it has to send, and nothing that no client has sent to it.
func (p *player) retrieve(ctx context.Context, who *speaker, segment int) (*fuzz.Difference, error) {
	b := p.beliefs[segment]
	has, d, err := p.blockList(ctx, who, b)
	if d != nil || err != nil || has == nil {
		return d, err
	}
	for i, held := range b.held {
		if held && !has[i] {
			return &fuzz.Difference{Fault: fuzz.Unserved, Requirement: "PCHC-3.1.1-BlockCache",
				Detail: numbered("block", []int{i}) + " of " + segmentList([]int{segment}) + " is not listed any more, although the hosted cache had it"}, nil
		}
	}
	got := []int{}
	for i := range has {
		taken, d, err := p.getBlock(ctx, who, b, i)
		switch {
		case d != nil || err != nil:
			return d, err
		case taken == nil && has[i] && !b.doubted: // otherwise it may just have been found to be damaged
			return &fuzz.Difference{Fault: fuzz.Unserved, Requirement: "PCCRR-3.2.5.3-Block",
				Detail: numbered("block", []int{i}) + " of " + segmentList([]int{segment}) + " is listed, but not sent"}, nil
		case taken == nil || b.doubted:
			continue
		case !b.sent[i] && !b.damaged[i]:
			return mismatch("PCCRR-3.2.5.3-Block", "%s of %s is sent, which no client has sent to the hosted cache", numbered("block", []int{i}), segmentList([]int{segment})), nil
		}
		if err := b.content.verify(taken); err != nil {
			return p.wrongBlock(segment, taken, err), nil
		}
		got = append(got, i)
	}
	switch {
	case b.doubted:
		p.note("%s may be damaged", segmentList([]int{segment}))
	case len(got) == 0:
		p.note("nothing of %s", segmentList([]int{segment}))
	default:
		p.note("%s of %s", numbered("block", got), segmentList([]int{segment}))
	}
	return nil, nil
}

// getBlock asks for a block, which is nil if the hosted cache does not have it.
func (p *player) getBlock(ctx context.Context, who *speaker, b *belief, i int) (*spec.TakeBlock, *fuzz.Difference, error) {
	send := sending(who.retrieval.GetBlock(who.now(), b.content.id, uint32(i)))
	actions, d, err := p.ask(ctx, who, send)
	if d != nil || err != nil {
		return nil, d, err
	}
	if d := p.overheard(); d != nil {
		return nil, d, nil
	}
	for _, a := range actions {
		switch a := a.(type) {
		case spec.TakeBlock:
			return &a, nil, nil
		case spec.Drop:
			return nil, &fuzz.Difference{Fault: fuzz.Malformed, Rule: a.Rule, Requirement: "PCCRR-3.2.5-Answer", Detail: "a client drops the answer to MSG_GETBLKS"}, nil
		}
	}
	return nil, nil, nil
}

// wrongBlock says what is sent instead of a block.
func (p *player) wrongBlock(segment int, taken *spec.TakeBlock, why error) *fuzz.Difference {
	which := numbered("block", []int{int(taken.Index)}) + " of " + segmentList([]int{segment})
	for j, other := range p.beliefs {
		for i := range other.content.blocks() {
			block := *taken
			block.Index = uint32(i)
			if other.content.verify(&block) == nil {
				return mismatch("PCCRR-2.2.5.3-BlockHash", "%s of %s is sent as %s", numbered("block", []int{i}), segmentList([]int{j}), which)
			}
		}
	}
	if p.beliefs[segment].damaged[taken.Index] {
		return mismatch("PCCRC-2.2-VerifyBlocks", "%s is sent as a client damaged it: it has not its hash", which)
	}
	return mismatch("PCCRR-2.2.5.3-BlockHash", "%s is sent, but is not that of the content: %s", which, strings.TrimPrefix(why.Error(), "pchc: "))
}

// list asks which segments there are: those of which the hosted cache must have a block,
// and none of which nobody has sent one. One that nobody has offered is among them.
func (p *player) list(ctx context.Context, who *speaker) (*fuzz.Difference, error) {
	unknown, err := newContent(Segment{Algorithm: named["version 2.0"], Length: 1})
	if err != nil {
		return nil, err
	}
	all, ids := []*belief{newBelief(unknown)}, []string{unknown.id}
	numbers := []int{-1}
	for i, b := range p.beliefs {
		if p.servesIt(b) {
			all, ids, numbers = append(all, b), append(ids, b.content.id), append(numbers, i)
		}
	}
	id := make([]byte, 16)
	_, _ = crand.Read(id) // never fails
	send := sending(who.retrieval.GetSegments(who.now(), string(id), ids...))
	actions, d, err := p.ask(ctx, who, send)
	if d != nil || err != nil {
		return d, err
	}
	if d := p.overheard(); d != nil {
		return d, nil
	}
	has := make([]bool, len(all))
	for _, a := range actions {
		switch a := a.(type) {
		case spec.GiveUp:
			return nil, nil
		case spec.HasSegments:
			for i := a.First; i <= a.Last; i++ {
				has[i] = true
			}
		}
	}
	var found []int
	for i, b := range all {
		const answer = "in the answer to MSG_GETSEGLIST: "
		name := "a segment that nobody has offered"
		if numbers[i] >= 0 {
			name = segmentList([]int{numbers[i]})
		}
		switch {
		case has[i] && !contains(b.sent) && !contains(b.damaged):
			return mismatch("PCCRR-3.2.5.4-Segments", answer+"%s is listed, but no client has sent a block of it", name), nil
		case !has[i] && contains(b.held):
			return mismatch("PCCRR-3.2.5.4-Segments", answer+"%s is not listed, although the hosted cache had blocks of it", name), nil
		}
		if has[i] && numbers[i] >= 0 {
			found = append(found, numbers[i])
		}
	}
	asked := "one that nobody has offered"
	if len(numbers) > 1 {
		asked = segmentList(numbers[1:]) + " and " + asked
	}
	if len(found) == 0 {
		p.note("none of %s", asked)
	} else {
		p.note("%s, of %s", segmentList(found), asked)
	}
	return nil, nil
}

func contains(all []bool) bool {
	for _, v := range all {
		if v {
			return true
		}
	}
	return false
}
