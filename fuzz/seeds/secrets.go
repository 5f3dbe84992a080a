package seeds

import (
	"bytes"
	"crypto/sha256"
	"math/rand/v2"

	"github.com/hostedcache/pchc/spec"
)

// shortest is the length in bytes of the shortest string that may hold a good part
// of a key.
const shortest = 8

// WithoutSecrets returns a copy of the seed without keys: each SegmentSecret is
// replaced by pseudo-random bytes. A message that violates any rule may have keys
// in other fields, so there every byte string of 8 or more bytes is replaced.
// Strings of all zeros or all ones stay. Messages of MS-PCCRR and MS-PCCRD have no keys, and
// stay as they are.
//
// The new bytes depend on the rest of the message, not on the keys, so equal
// messages stay equal.
func (s Seed) WithoutSecrets() Seed {
	s.Message = s.Clone()
	if s.Kind == spec.RetrievalRequest || s.Kind == spec.RetrievalResponse || s.Kind == spec.Discovery {
		return s
	}
	d := s.Dissect()
	malformed := len(d.Violations) > 0
	var places [][]byte
	for _, n := range d.Root.Leaves() {
		mayBeKey := n.Form != spec.Integer && (n.Secret || malformed && len(n.Raw()) >= shortest) ||
			n.Secret && s.Kind == spec.HashResponse // all of it, see package spec
		if mayBeKey && !uniform(n.Raw()) {
			place := s.Bytes[n.Offset : n.Offset+len(n.Raw())]
			clear(place)
			places = append(places, place)
		}
	}
	random := rand.NewChaCha8(sha256.Sum256(s.Bytes))
	for _, place := range places {
		_, _ = random.Read(place) // never fails
	}
	return s
}

// uniform reports whether b is all zeros or all ones, and so not a real key.
func uniform(b []byte) bool {
	for _, fill := range []byte{0, 0xFF} {
		if len(bytes.Trim(b, string([]byte{fill}))) == 0 {
			return true
		}
	}
	return false
}
