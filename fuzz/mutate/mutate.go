package mutate

import (
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
)

// MaxLen is the most bytes that a mutated message has.
const MaxLen = 64 << 10

// Append appends a mutated m to dst: m after one to a few changes, some of
// which take something from other.
func Append(dst []byte, c generate.Choices, m, other fuzz.Message) []byte {
	at := len(dst)
	dst = append(dst, m.Bytes[:min(len(m.Bytes), MaxLen)]...)
	for b := dst[at:]; len(b) > 0; {
		b[c.Uint64N(uint64(len(b)))] = byte(c.Uint64N(256))
		if c.Uint64N(2) == 0 {
			break
		}
	}
	return dst
}
