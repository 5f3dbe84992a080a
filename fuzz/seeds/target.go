package seeds

import (
	"fmt"
	"strings"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

// Target says what the input of a fuzz target is.
type Target struct {
	Name string    // "FuzzDifferentialRequest"
	Kind spec.Kind // Request, Response or Content
	// Answer says that the first byte of an input, modulo 4, is the Type of
	// the request, and the rest the answer to it. See [oracle.CheckAnswer].
	Answer bool
}

// Kinds are targets named by what they take: "request", "response", "content".
// A response is then one to a request that is not known.
func Kinds() []Target {
	return []Target{{"request", spec.Request, false}, {"response", spec.Response, false}, {"content", spec.Content, false}}
}

// Own are the fuzz targets of package engine.
func Own() []Target {
	return []Target{
		{"FuzzDifferentialRequest", spec.Request, false},
		{"FuzzDifferentialResponse", spec.Response, true},
		{"FuzzDifferentialContentV1", spec.Content, false},
		{"FuzzDifferentialContentV2", spec.Content, false},
	}
}

// ParseTarget parses "NAME", one of [Own] or [Kinds], or "NAME:KIND", where KIND
// is request, response, content, or answer for a response with a byte in front.
func ParseTarget(s string) (Target, error) {
	name, kind, told := strings.Cut(s, ":")
	if safe := safeName(name); name == "" || safe != name {
		return Target{}, fmt.Errorf("%.50q cannot be the name of a target", name)
	}
	t, known := targetNamed(name)
	switch {
	case !told && known:
		return t, nil
	case !told:
		return Target{}, fmt.Errorf("what target %s takes is not known: say %[1]s:request, %[1]s:response, %[1]s:answer or %[1]s:content", name)
	case kind == "answer":
		return Target{name, spec.Response, true}, nil
	}
	for _, t := range Kinds() {
		if t.Name == kind {
			return Target{name, t.Kind, false}, nil
		}
	}
	return Target{}, fmt.Errorf("a target takes request, response, answer or content, not %.50q", kind)
}

func targetNamed(name string) (Target, bool) {
	for _, t := range append(Kinds(), Own()...) {
		if t.Name == name {
			return t, true
		}
	}
	return Target{}, false
}

// Input returns the target's input for a seed, and whether it takes such.
func (t Target) Input(s Seed) ([]byte, bool) {
	switch {
	case s.Kind != t.Kind:
		return nil, false
	case t.Answer:
		return append([]byte{byte(s.RequestType % 4)}, s.Bytes...), true
	}
	return s.Bytes, true
}

// Seed is the inverse of Input. The seed shares the input's bytes.
func (t Target) Seed(name string, input []byte) Seed {
	s := Seed{Message: fuzz.Message{Kind: t.Kind, Bytes: input}, Name: name}
	if t.Answer && len(input) > 0 {
		s.RequestType, s.Bytes = uint16(input[0]%4), input[1:]
	}
	return s
}
