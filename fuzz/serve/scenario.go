package serve

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Step is what the server does with the next request of a type.
type Step struct {
	On Type
	*Behaviour
}

func (s Step) String() string { return string(s.On) + ":" + s.Name }

// Scenario is what the server does in one run of the client. A request for which no step
// is left is answered rightly.
type Scenario []Step

// String returns the scenario as [ParseScenario] reads it: "offer:right info:reset".
func (s Scenario) String() string {
	if len(s) == 0 {
		return "right"
	}
	var words []string
	for _, step := range s {
		words = append(words, step.String())
	}
	return strings.Join(words, " ")
}

// ParseScenario parses what String returns.
func ParseScenario(text string) (s Scenario, err error) {
	if text == "right" {
		return nil, nil
	}
	for word := range strings.FieldsSeq(text) {
		on, name, _ := strings.Cut(word, ":")
		b, ok := behaviourOf(name)
		if !ok || !b.suits(Type(on)) || !slices.ContainsFunc(types, func(t struct {
			Type
			message string
		}) bool {
			return t.Type == Type(on)
		}) {
			return nil, fmt.Errorf("%q is no step of a scenario, such as \"offer:reset\"", word)
		}
		s = append(s, Step{Type(on), b})
	}
	if len(s) == 0 {
		return nil, fmt.Errorf("a scenario has at least one step, such as \"offer:reset\"")
	}
	return s, nil
}

// describe says what the server did, in a clause.
func (s Scenario) describe() string {
	var parts []string
	total, so := map[Type]int{}, map[Type]int{}
	for _, step := range s {
		total[step.On]++
	}
	for _, step := range s {
		so[step.On]++
		on := step.On.message()
		if total[step.On] > 1 { // the right answers to those before count, too
			on += fmt.Sprintf(" no. %d", so[step.On])
		} else if step.Name == Behaviours[0].Name {
			continue
		}
		parts = append(parts, "on "+on+", the server "+step.What)
	}
	return strings.Join(parts, "; then, ")
}

// systematic returns each behaviour for a type, alone.
func systematic(t Type) (all []Scenario) {
	for i := range Behaviours[1:] {
		if b := &Behaviours[i+1]; b.suits(t) {
			all = append(all, Scenario{{t, b}})
		}
	}
	return all
}

// drawn returns a scenario of several behaviours for some of the types.
func drawn(rng *rand.Rand, seen []Type) (s Scenario) {
	for range 2 + rng.IntN(4) {
		t := seen[rng.IntN(len(seen))]
		b := &Behaviours[rng.IntN(len(Behaviours))]
		for !b.suits(t) || b.always || b.slow() {
			b = &Behaviours[rng.IntN(len(Behaviours))]
		}
		s = append(s, Step{t, b})
	}
	return s
}

// slow reports whether b takes as long as a request lives.
func (b *Behaviour) slow() bool {
	return b.when == late || b.when == never && b.end == keep || b.framing == lengthMore && b.end == keep || b.framing == endless || b.framing == endlessHead
}

// without returns the scenario without step i.
func (s Scenario) without(i int) Scenario { return slices.Delete(slices.Clone(s), i, i+1) }
