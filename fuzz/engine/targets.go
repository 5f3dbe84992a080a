package engine

import (
	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/codec/pccrd"
	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/codec/smb2hash"
	"github.com/hostedcache/pchc/fuzz/oracle"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// Target is a fuzz target. Check is its oracle. Fuzz panics if the two readings of the
// specification disagree. It returns 1 if b is a valid message, to which go-fuzz gives
// priority, else 0.
type Target struct {
	Name  string
	Check func(b []byte) error
	Fuzz  func(b []byte) int
}

// Targets returns all targets. No name is a prefix of another.
func Targets() []Target {
	return []Target{
		{"FuzzDifferentialRequest", oracle.CheckRequest, FuzzDifferentialRequest},
		{"FuzzDifferentialResponse", oracle.CheckAnswer, FuzzDifferentialResponse},
		{"FuzzDifferentialContentV1", oracle.CheckContentV1, FuzzDifferentialContentV1},
		{"FuzzDifferentialContentV2", oracle.CheckContentV2, FuzzDifferentialContentV2},
		{"FuzzDifferentialHashRequest", oracle.CheckHashRequest, FuzzDifferentialHashRequest},
		{"FuzzDifferentialHashResponse", oracle.CheckHashResponses, FuzzDifferentialHashResponse},
		{"FuzzDifferentialRetrievalRequest", oracle.CheckRetrievalRequest, FuzzDifferentialRetrievalRequest},
		{"FuzzDifferentialRetrievalResponse", oracle.CheckRetrievalResponse, FuzzDifferentialRetrievalResponse},
		{"FuzzDifferentialDiscovery", oracle.CheckDiscovery, FuzzDifferentialDiscovery},
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

// FuzzDifferentialHashRequest decodes b as a SRV_READ_HASH request.
func FuzzDifferentialHashRequest(b []byte) int {
	begin(spec.HashRequest, 0)
	end(oracle.CheckHashRequest(b))
	_, err := smb2hash.DecodeReadHashRequest(b)
	return worth(err)
}

// FuzzDifferentialHashResponse decodes b as a SRV_READ_HASH response of each form.
func FuzzDifferentialHashResponse(b []byte) int {
	begin(spec.HashResponse, 0)
	end(oracle.CheckHashResponses(b))
	_, err := smb2hash.DecodeReadHashResponse(b, 0)
	return worth(err)
}

// FuzzDifferentialRetrievalRequest decodes b as a request of MS-PCCRR.
func FuzzDifferentialRetrievalRequest(b []byte) int {
	begin(spec.RetrievalRequest, 0)
	end(oracle.CheckRetrievalRequest(b))
	_, err := pccrr.DecodeRequestMessage(b)
	return worth(err)
}

// FuzzDifferentialRetrievalResponse decodes b as a response of MS-PCCRR.
func FuzzDifferentialRetrievalResponse(b []byte) int {
	begin(spec.RetrievalResponse, 0)
	end(oracle.CheckRetrievalResponse(b))
	_, err := pccrr.DecodeResponseMessage(b)
	return worth(err)
}

// FuzzDifferentialDiscovery decodes b as a message of MS-PCCRD.
func FuzzDifferentialDiscovery(b []byte) int {
	begin(spec.Discovery, 0)
	end(oracle.CheckDiscovery(b))
	_, err := pccrd.Decode(b)
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
