package rapidgen

import (
	"pgregory.net/rapid"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/mutate"
	"github.com/hostedcache/pchc/spec"
)

// Message draws a message of a kind that violates no rule: [spec.Request],
// [spec.Response] or [spec.Content].
func Message(kind spec.Kind) *rapid.Generator[fuzz.Message] {
	return custom(func(c generate.Choices) fuzz.Message { return generate.Valid(c, kind) })
}

// Broken draws a message that violates one of [generate.Rules], at one place, see
// [generate.Broken].
func Broken(rule string) *rapid.Generator[fuzz.Message] {
	return custom(func(c generate.Choices) fuzz.Message { return generate.Broken(c, rule) })
}

// Rule draws one of [generate.Rules], for [Broken].
func Rule() *rapid.Generator[string] { return rapid.SampledFrom(generate.Rules()) }

// Mutated draws a valid message of a kind to which package mutate made some
// changes.
func Mutated(kind spec.Kind) *rapid.Generator[fuzz.Message] {
	return custom(func(c generate.Choices) fuzz.Message {
		m, other := generate.Valid(c, kind), generate.Valid(c, kind)
		m.Bytes = mutate.Append(nil, c, m, other)
		return m
	})
}
