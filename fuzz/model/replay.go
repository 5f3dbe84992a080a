package model

import (
	"context"
	"fmt"

	"github.com/hostedcache/pchc/fuzz/campaign"
)

// mostReplays is how often a conversation is played until it fails, mostSure if it failed
// each time.
const (
	mostReplays = 10
	mostSure    = 3
)

// Replay plays the conversation of a saved finding, with new contents. It returns a
// finding if the hosted cache fails, in whatever way, and none if it does not: then the
// finding is not confirmed if it is Flaky.
func Replay(ctx context.Context, config Config, f *campaign.Finding) ([]campaign.Finding, error) {
	c, err := Parse(f.Conversation)
	if err != nil {
		return nil, err
	}
	t, err := newTester(&config)
	if err != nil {
		return nil, err
	}
	defer t.close()
	if err := t.open(ctx); err != nil {
		return nil, err
	}
	if err := c.playable(t.cache.offered()); err != nil {
		return nil, err
	}
	for n := 1; ; n++ {
		if n > 1 {
			if err := t.fresh(ctx); err != nil {
				return nil, err
			}
		}
		failed, err := t.play(ctx, c, t.patience())
		switch {
		case err != nil:
			return nil, err
		case failed != nil:
			c.Steps = c.Steps[:failed.step+1]
			return []campaign.Finding{{Target: t.cache.name, Difference: failed.Difference, Messages: failed.messages,
				Conversation: c.timeline(failed.outcomes), Steps: len(c.Steps), Count: 1}}, nil
		case n == mostReplays || n == mostSure && !f.Flaky:
			return nil, nil
		}
	}
}

// playable reports what a hosted cache lacks for a conversation.
func (c *Conversation) playable(o Offered) error {
	for i := range c.Steps {
		s := &c.Steps[i]
		lacks := ""
		switch {
		case s.Op <= Finish && !o.V1:
			lacks = pathNames[v1]
		case s.Op == Batch && !o.V2:
			lacks = pathNames[v2]
		case (s.Op == Retrieve || s.Op == List) && !o.Retrieval:
			lacks = pathNames[retrieval]
		case s.Op == Restart && !o.Restart:
			lacks = "a command that restarts it"
		default:
			continue
		}
		return fmt.Errorf("step %d, %s: the hosted cache lacks %s", i+1, s.Text(), lacks)
	}
	return nil
}
