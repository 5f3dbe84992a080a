package rapidgen

import (
	"pgregory.net/rapid"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/mutate"
	"github.com/hostedcache/pchc/spec"
)

// Message draws a message that violates no rule, of a kind: [spec.Request],
// [spec.Response] or [spec.Content].
func Message(kind spec.Kind) *rapid.Generator[fuzz.Message] {
	return custom(func(c generate.Choices) fuzz.Message { return generate.Valid(c, kind) })
}

// Broken draws a message that breaks one of [generate.Rules], at one place, and
// no other, but for what [generate.ImpliedViolations] tells of.
func Broken(rule string) *rapid.Generator[fuzz.Message] {
	return custom(func(c generate.Choices) fuzz.Message { return generate.Broken(c, rule) })
}

// BrokenRule draws one of the rules that a message can break, to be given to
// [Broken].
func BrokenRule() *rapid.Generator[string] { return rapid.SampledFrom(generate.Rules()) }

// Mutated draws a message of a kind that was valid, or broke one rule, before
// something in it was changed.
func Mutated(kind spec.Kind) *rapid.Generator[fuzz.Message] {
	return custom(func(c generate.Choices) fuzz.Message {
		m, other := generate.Valid(c, kind), generate.Valid(c, kind)
		m.Bytes = mutate.Append(nil, c, m, other)
		return m
	})
}
