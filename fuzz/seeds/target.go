package seeds

import (
	"fmt"
	"strings"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

// Target is a fuzz target and how it interprets its input.
type Target struct {
	Name string    // "FuzzDifferentialRequest"
	Kind spec.Kind // one of fuzz.Kinds
	// Answer: the first byte of an input, modulo 4, is the Type of the request,
	// and the rest the response to it, as for oracle.CheckAnswer.
	Answer bool
}

// Kinds returns a target for each of [fuzz.Kinds], with its name: "request",
// "response" (to an unknown request), "content", "hash-request", and so on.
func Kinds() (all []Target) {
	for _, kind := range fuzz.Kinds() {
		all = append(all, Target{kind.String(), kind, false})
	}
	return all
}

// Own returns the fuzz targets of package engine.
func Own() []Target {
	return []Target{
		{"FuzzDifferentialRequest", spec.Request, false},
		{"FuzzDifferentialResponse", spec.Response, true},
		{"FuzzDifferentialContentV1", spec.Content, false},
		{"FuzzDifferentialContentV2", spec.Content, false},
		{"FuzzDifferentialHashRequest", spec.HashRequest, false},
		{"FuzzDifferentialHashResponse", spec.HashResponse, false},
		{"FuzzDifferentialRetrievalRequest", spec.RetrievalRequest, false},
		{"FuzzDifferentialRetrievalResponse", spec.RetrievalResponse, false},
		{"FuzzDifferentialDiscovery", spec.Discovery, false},
	}
}

// ParseTarget parses "NAME", the name of one of [Own] or [Kinds], or "NAME:KIND",
// where KIND is the name of one of [Kinds], or answer (see [Target]).
func ParseTarget(s string) (Target, error) {
	name, kind, hasKind := strings.Cut(s, ":")
	if safe := safeName(name); name == "" || safe != name {
		return Target{}, fmt.Errorf("invalid target name %.50q", name)
	}
	t, known := targetNamed(name)
	switch {
	case !hasKind && known:
		return t, nil
	case !hasKind:
		return Target{}, fmt.Errorf("unknown target %s: append its kind, as in %[1]s:request (or %s)", name, strings.Join(kindNames()[1:], ", "))
	case kind == "answer":
		return Target{name, spec.Response, true}, nil
	}
	for _, t := range Kinds() {
		if t.Name == kind {
			return Target{name, t.Kind, false}, nil
		}
	}
	return Target{}, fmt.Errorf("unknown kind %.50q, must be one of %s", kind, strings.Join(kindNames(), ", "))
}

// kindNames returns what may stand for KIND.
func kindNames() (names []string) {
	for _, t := range Kinds() {
		names = append(names, t.Name)
	}
	return append(names, "answer")
}

func targetNamed(name string) (Target, bool) {
	for _, t := range append(Kinds(), Own()...) {
		if t.Name == name {
			return t, true
		}
	}
	return Target{}, false
}

// Input returns the target's input for a seed; ok is false if the seed is of
// another kind.
func (t Target) Input(s Seed) (input []byte, ok bool) {
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
