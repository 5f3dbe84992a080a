package seeds

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"

	"github.com/hostedcache/pchc/corpus"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

// Seed is an input of a fuzzer: a message with a name.
type Seed struct {
	fuzz.Message
	RequestType uint16 // of a response: the Type of its request, 0 if unknown
	Name        string // may be ""
}

// Dissect is [spec.Dissect], or [spec.DissectResponse] for a response.
func (s Seed) Dissect() *spec.Dissection {
	if s.Kind == spec.Response {
		return spec.DissectResponse(s.Bytes, s.RequestType)
	}
	return s.Message.Dissect()
}

// FromVectors returns vectors as seeds, which share their bytes. It fails for a
// vector of an unknown kind.
func FromVectors(vectors []corpus.Vector) ([]Seed, error) {
	seeds := make([]Seed, len(vectors))
	for i, v := range vectors {
		kind, ok := spec.ParseKind(string(v.Kind))
		if !ok {
			return nil, fmt.Errorf("vector %.50q: unknown kind %.20q", v.ID, v.Kind)
		}
		seeds[i] = Seed{fuzz.Message{Kind: kind, Bytes: v.Bytes}, v.RequestType, v.ID}
	}
	return seeds, nil
}

// Shipped returns the vectors of package corpus.
func Shipped() ([]Seed, error) {
	vectors, err := corpus.Vectors()
	if err != nil {
		return nil, err
	}
	return FromVectors(vectors)
}

// Hash returns the name that go-fuzz and libFuzzer give to an input: its SHA-1.
func Hash(input []byte) string {
	sum := sha1.Sum(input)
	return hex.EncodeToString(sum[:])
}
