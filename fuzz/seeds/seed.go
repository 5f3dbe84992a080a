package seeds

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"

	"github.com/hostedcache/pchc/corpus"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

// Seed is a message to begin with.
type Seed struct {
	fuzz.Message
	RequestType uint16 // of a Response: Type of the request that it answers, 0 where it is not known
	Name        string // "" where it has none
}

// Dissect is [spec.Dissect], or [spec.DissectResponse] where it is known what
// is answered.
func (s Seed) Dissect() *spec.Dissection {
	if s.Kind == spec.Response {
		return spec.DissectResponse(s.Bytes, s.RequestType)
	}
	return s.Message.Dissect()
}

// FromVectors returns vectors as seeds; they share their bytes. A vector of an
// unknown kind is an error.
func FromVectors(vectors []corpus.Vector) ([]Seed, error) {
	seeds := make([]Seed, len(vectors))
	for i, v := range vectors {
		kind, ok := spec.ParseKind(string(v.Kind))
		if !ok {
			return nil, fmt.Errorf("vector %.50q: no message is of kind %.20q", v.ID, v.Kind)
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

// Hash returns the name that go-fuzz and libFuzzer give to an input.
func Hash(input []byte) string {
	sum := sha1.Sum(input)
	return hex.EncodeToString(sum[:])
}
