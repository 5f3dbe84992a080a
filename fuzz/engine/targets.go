package engine

import (
	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/fuzz/oracle"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// The targets panic where the two readings disagree. They return 1 for bytes
// that are a message, which are worth more to go-fuzz than others, else 0.

// Target is one of them.
type Target struct {
	Name string
	Fuzz func(b []byte) int
}

// Targets returns all of them. No name begins with another one.
func Targets() []Target {
	return []Target{
		{"FuzzDifferentialRequest", FuzzDifferentialRequest},
		{"FuzzDifferentialResponse", FuzzDifferentialResponse},
		{"FuzzDifferentialContentV1", FuzzDifferentialContentV1},
		{"FuzzDifferentialContentV2", FuzzDifferentialContentV2},
	}
}

// FuzzDifferentialRequest takes b for a request.
func FuzzDifferentialRequest(b []byte) int {
	begin(spec.Request, 0)
	end(oracle.CheckRequest(b))
	_, err := codec.DecodeRequestMessage(b)
	return worth(err)
}

// FuzzDifferentialResponse takes the first byte of b for the Type of a request,
// modulo 4, and the rest for the answer to it.
func FuzzDifferentialResponse(b []byte) int {
	begin(spec.Response, 1)
	end(oracle.CheckAnswer(b))
	_, err := codec.DecodeResponseMessage(b[min(len(b), 1):], codec.TypeUnknown)
	return worth(err)
}

// FuzzDifferentialContentV1 takes b for Content Information 1.0.
func FuzzDifferentialContentV1(b []byte) int {
	begin(spec.Content, 0)
	end(oracle.CheckContentV1(b))
	_, err := pccrc.DecodeV1(b)
	return worth(err)
}

// FuzzDifferentialContentV2 takes b for Content Information 2.0.
func FuzzDifferentialContentV2(b []byte) int {
	begin(spec.Content, 0)
	end(oracle.CheckContentV2(b))
	_, err := pccrc.DecodeV2(b)
	return worth(err)
}

// running tells the mutator of the inputs of the target that is running: what
// they are, behind how many bytes that say something else.
var running struct {
	kind   spec.Kind
	prefix int
}

// begin notes what the inputs are. An engine runs one target in a process, and
// one input at a time, the first before any mutation.
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
