package seeds

import (
	"bytes"
	"crypto/sha256"
	"math/rand/v2"

	"github.com/hostedcache/pchc/spec"
)

// shortest is the length from which on a byte string may hold a good part of a
// key. Paddings and tags of half that length are left alone.
const shortest = 8

// WithoutSecrets returns a copy of the seed that holds no key, but is otherwise
// alike: each SegmentSecret is replaced by pseudo-random bytes. Where anything is
// wrong with the message, keys may stand in other places than theirs, so then
// that happens to every byte string of 8 or more bytes. Those that are all zeros
// or all ones stay.
//
// The new bytes depend on the rest of the message, and not on the keys: the same
// message becomes the same again.
func (s Seed) WithoutSecrets() Seed {
	d := s.Dissect()
	s.Message = s.Clone()
	malformed := len(d.Violations) > 0
	var places [][]byte
	for _, n := range d.Root.Leaves() {
		mayBeKey := n.Form != spec.Integer && (n.Secret || malformed && len(n.Raw()) >= shortest)
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

// uniform reports whether b is all zeros or all ones, as a key is only where it
// was made up.
func uniform(b []byte) bool {
	for _, fill := range []byte{0, 0xFF} {
		if len(bytes.Trim(b, string([]byte{fill}))) == 0 {
			return true
		}
	}
	return false
}
