package engine

import (
	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/fuzz/oracle"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// Target is a fuzz target. Fuzz panics if the two readings of the specification
// disagree. It returns 1 if b is a valid message, to which go-fuzz gives priority,
// else 0.
type Target struct {
	Name string
	Fuzz func(b []byte) int
}

// Targets returns all targets. No name is a prefix of another.
func Targets() []Target {
	return []Target{
		{"FuzzDifferentialRequest", FuzzDifferentialRequest},
		{"FuzzDifferentialResponse", FuzzDifferentialResponse},
		{"FuzzDifferentialContentV1", FuzzDifferentialContentV1},
		{"FuzzDifferentialContentV2", FuzzDifferentialContentV2},
	}
}

// FuzzDifferentialRequest decodes b as a request.
func FuzzDifferentialRequest(b []byte) int {
	begin(spec.Request, 0)
	end(oracle.CheckRequest(b))
	_, err := codec.DecodeRequestMessage(b)
	return worth(err)
}

// FuzzDifferentialResponse takes the first byte of b modulo 4 as the Type of a
// request, and decodes the rest as the response to it.
func FuzzDifferentialResponse(b []byte) int {
	begin(spec.Response, 1)
	end(oracle.CheckAnswer(b))
	_, err := codec.DecodeResponseMessage(b[min(len(b), 1):], codec.TypeUnknown)
	return worth(err)
}

// FuzzDifferentialContentV1 decodes b as Content Information 1.0.
func FuzzDifferentialContentV1(b []byte) int {
	begin(spec.Content, 0)
	end(oracle.CheckContentV1(b))
	_, err := pccrc.DecodeV1(b)
	return worth(err)
}

// FuzzDifferentialContentV2 decodes b as Content Information 2.0.
func FuzzDifferentialContentV2(b []byte) int {
	begin(spec.Content, 0)
	end(oracle.CheckContentV2(b))
	_, err := pccrc.DecodeV2(b)
	return worth(err)
}

// running tells the mutator the kind of the inputs of the running target, and how
// many bytes precede the message.
var running struct {
	kind   spec.Kind
	prefix int
}

// begin sets running. An engine runs one target per process and one input at a
// time, the first before any mutation.
func begin(k spec.Kind, n int) { running.kind, running.prefix = k, n }

func end(difference error) {
	if difference != nil {
		panic(difference)
	}
}

func worth(err error) int {
	if err != nil {
		return 0
	}
	return 1
}
