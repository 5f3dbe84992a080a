//go:build !purego

package cbc

import (
	"crypto/fips140"
	"encoding/binary"
	"math/bits"
)

// fast says that the processor has the instructions, and that only they may be used.
var fast = hasAES() && !fips140.Enabled()

// maxRounds is that of a key of 32 bytes.
const maxRounds = 14

// schedule has the round keys, in the order in which decryption uses them (FIPS 197, 5.3.5).
type schedule [maxRounds + 1][4]uint32

// expand sets s to the round keys of key (FIPS 197, 5.2). It returns how many rounds
// there are, one less than keys.
func (s *schedule) expand(key []byte) (rounds int) {
	n := len(key) / 4
	rounds = n + 6
	var w [4 * (maxRounds + 1)]uint32
	for i := range n {
		w[i] = binary.LittleEndian.Uint32(key[4*i:])
	}
	constant := uint32(1)
	for i := n; i < 4*(rounds+1); i++ {
		t := w[i-1]
		switch {
		case i%n == 0:
			t = bits.RotateLeft32(substitute(t), -8) ^ constant
			constant = constant<<1 ^ constant>>7*0x11b // times x
		case n > 6 && i%n == 4:
			t = substitute(t)
		}
		w[i] = w[i-n] ^ t
	}
	for r := range rounds + 1 {
		k := &s[rounds-r]
		*k = [4]uint32(w[4*r:])
		if r != 0 && r != rounds {
			invert(k)
		}
	}
	return rounds
}

func decryptFast(dst, src, key, iv []byte) bool {
	if n := len(key); !fast || n != 16 && n != 24 && n != 32 {
		return false
	}
	var s schedule
	rounds := s.expand(key)
	decryptBlocks(&s[0], rounds, &iv[0], &dst[0], &src[0], len(src)/BlockLen)
	return true
}

// hasAES reports whether the processor has the AES instructions.
func hasAES() bool

// substitute is SubWord (FIPS 197, 5.2).
func substitute(word uint32) uint32

// invert is InvMixColumns of a round key (FIPS 197, 5.3.5).
//
//go:noescape
func invert(key *[4]uint32)

// decryptBlocks decrypts blocks of 16 bytes, at least one.
//
//go:noescape
func decryptBlocks(keys *[4]uint32, rounds int, iv, dst, src *byte, blocks int)
