package model

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hostedcache/pchc/pccrc"
)

// everything is what a hosted cache can have.
var everything = Offered{V1: true, V2: true, Retrieval: true, Restart: true}

// Conversations are read as they are written, with what came of their steps and without;
// those of a seed are always the same; and they have only what the hosted cache has.
func TestConversationText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		o := Offered{V2: rapid.Bool().Draw(t, "v2"), Retrieval: rapid.Bool().Draw(t, "retrieval"), Restart: rapid.Bool().Draw(t, "restart")}
		o.V1 = !o.V2 || rapid.Bool().Draw(t, "v1")
		c := Draw(rand.New(rand.NewPCG(seed, 0)), o)
		if err := c.playable(o); err != nil {
			t.Fatal(err)
		}
		outcomes := make([]string, len(c.Steps))
		for i := range outcomes {
			outcomes[i] = rapid.SampledFrom([]string{"", "OK", "INTERESTED, A offers segment 1"}).Draw(t, "outcome")
		}
		for _, lines := range [][]string{c.Lines(), c.timeline(outcomes)} {
			again, err := Parse(lines)
			if err != nil {
				t.Fatalf("%v in\n%s", err, strings.Join(lines, "\n"))
			}
			if diff := cmp.Diff(c, again); diff != "" {
				t.Fatalf("(- drawn, + read)\n%s", diff)
			}
		}
		if diff := cmp.Diff(c, Draw(rand.New(rand.NewPCG(seed, 0)), o)); diff != "" {
			t.Fatalf("of the same seed\n%s", diff)
		}
	})
}

// Each step and each loss is drawn.
func TestDrawn(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var seen [ops]int
	var lost [losses]int
	algorithms := map[pccrc.HashAlgorithm]int{}
	for range 2000 {
		c := Draw(rng, everything)
		for _, s := range c.Steps {
			seen[s.Op]++
			lost[s.Loss]++
		}
		for _, s := range c.Segments {
			algorithms[s.Algorithm]++
		}
	}
	for op := Op(1); op < ops; op++ {
		if seen[op] < 100 {
			t.Errorf("%q is drawn %d times", (&Step{Op: op, Segments: []int{0}}).Text(), seen[op])
		}
	}
	if slices.Min(lost[:]) < 100 || len(algorithms) != 4 {
		t.Errorf("losses %v, algorithms %v", lost, algorithms)
	}
}

// What cannot be played is refused, with its line or step.
func TestConversationMistakes(t *testing.T) {
	const a, s1, s2 = "client A: own IP address\n", "segment 1: version 1.0, SHA-256, 100 bytes\n", "segment 1: version 2.0, 100 bytes\n"
	for text, want := range map[string]string{
		a:                                       "1 to 1000 steps",
		a + s1 + "A dances":                     "line 3 of the conversation: \"A dances\" is no step",
		a + s1 + "the cache dances":             "does not begin with a client",
		"client B: own IP address":              "not the next client",
		a + "segment 2: version 2.0, 100 bytes": "not the next segment",
		a + "segment 1: version 3.0, 100 bytes": "not the next segment",
		a + "segment 1: 100":                    "not the next segment",
		a + "segment 1: version 2.0, 131073 bytes\nA offers segment 1":  "segment 1 must have 1 to 131072 bytes",
		a + s1 + "B offers segment 1":                                   "step 1, B offers segment 1: there is no such client",
		a + s1 + "A offers segment 2":                                   "there is no such segment",
		a + s1 + "A offers segment x":                                   "\"x\" is not a number",
		a + s1 + "A offers segments 1 and 1":                            "it has not the number of segments",
		a + s2 + "A offers segment 1":                                   "not with a segment of version 2.0",
		a + s1 + "A retrieves segment 1, but the answer comes too late": "it sends no message that could be lost",
		a + s1 + "others offer 0 segments":                              "others can offer 1 to 4096 segments",
		a + s1 + "others offer many segments":                           "invalid syntax",
	} {
		if _, err := Parse(strings.Split(strings.TrimSpace(text), "\n")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, must have %q", text, err, want)
		}
	}
}

// Joined conversations have the clients of both, which begin anew.
func TestJoin(t *testing.T) {
	read := func(lines ...string) *Conversation {
		c, err := Parse(lines)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	first := read("client A: own IP address", "client B: own IP address", "segment 1: version 2.0, 7 bytes",
		"A offers segment 1 in a batch", "A stops serving blocks", "B serves its blocks on another port")
	second := read("client A: own IP address", "client B: IP address of A, other port", "segment 1: version 2.0, 8 bytes", "B offers segment 1 in a batch", "A retrieves segment 1")
	want := read("client A: own IP address", "client B: own IP address", "client C: IP address of A, other port",
		"segment 1: version 2.0, 7 bytes", "segment 2: version 2.0, 8 bytes",
		"A offers segment 1 in a batch", "A stops serving blocks", "B serves its blocks on another port",
		"A serves its blocks again", "B serves its blocks on another port", "C offers segment 2 in a batch", "A retrieves segment 2")
	if diff := cmp.Diff(want, join(first, second)); diff != "" {
		t.Errorf("(- wanted, + joined)\n%s", diff)
	}
	tidied := read("client A: own IP address", "segment 1: version 2.0, 8 bytes", "A offers segment 1 in a batch")
	second.Steps = second.Steps[:1]
	if diff := cmp.Diff(tidied, second.tidy()); diff != "" {
		t.Errorf("(- wanted, + tidied)\n%s", diff)
	}
}
