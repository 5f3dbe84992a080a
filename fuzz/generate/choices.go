package generate

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
)

// Choices is a source of decisions, such as a *rand.Rand of math/rand/v2. The same
// answers make the same message.
//
// 0 is always the simplest answer, so a source that tends to 0 makes simple
// messages.
type Choices interface {
	// Uint64N returns a number of 0 to n-1. n is not 0.
	Uint64N(n uint64) uint64
}

// oneIn is true in one of n cases, the last.
func oneIn(c Choices, n uint64) bool { return c.Uint64N(n) == n-1 }

// pick returns one of from, the first of which is the simplest.
func pick[T any](c Choices, from []T) T { return from[c.Uint64N(uint64(len(from)))] }

// within returns a number of low to high, both included.
func within(c Choices, low, high uint64) uint64 {
	if low == 0 && high == math.MaxUint64 {
		return c.Uint64N(1<<32)<<32 | c.Uint64N(1<<32)
	}
	return low + c.Uint64N(high-low+1)
}

// Boundary values of integers, of their bytes and of their signs: they reveal
// mistakes in byte order, size or sign. The simplest are first.
var (
	ends16 = []uint64{0, 1, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF, 0x1234}
	ends32 = []uint64{0, 1, 0x10000, 0xFF, 0x100, 0xFFFF, 0x10001, 0x1FFFF, 0x20000, 0x2000000, 0x1000000,
		0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFFFFFE, 0xFFFFFFFF, 0x12345678}
	ends64 = []uint64{0, 1, 0xFFFF, 0x10000, 0x2000000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 32, 1<<32 + 1,
		1<<53 - 1, 1<<53 + 1, 1<<63 - 1, 1 << 63, 1<<64 - 2, 1<<64 - 1, 0x0123456789ABCDEF}
)

// number returns a number up to high, often one of ends.
func number(c Choices, ends []uint64, high uint64) uint64 {
	if oneIn(c, 3) {
		return within(c, 0, high)
	}
	return min(pick(c, ends), high)
}

// near returns a number from low to high, often close to one of them or to a
// multiple of unit.
func near(c Choices, low, high, unit uint64) uint64 {
	switch c.Uint64N(8) {
	case 0, 1:
		return low + min(c.Uint64N(3), high-low)
	case 2:
		return high - min(c.Uint64N(3), high-low)
	case 3, 4, 5: // at most four units, and one more or less
		n := (1+c.Uint64N(4))*unit + 1 - c.Uint64N(3)
		return min(max(n, low), high)
	case 6:
		n := within(c, low, high) / unit * unit
		return min(max(n, low), high)
	}
	return within(c, low, high)
}

// A stream makes many choices from one number: that is fast, and leaves a source
// that shrinks its choices little to try. From 0 all answers are 0.
type stream struct {
	bits rand.PCG
	zero bool
}

func newStream(rngSeed uint64) *stream {
	return &stream{*rand.NewPCG(rngSeed, 0), rngSeed == 0}
}

func (s *stream) Uint64N(n uint64) uint64 {
	if s.zero {
		return 0
	}
	return s.bits.Uint64() % n
}

// fill fills b with zeros, ones, or bytes that do not repeat.
func fill(c Choices, b []byte) {
	switch c.Uint64N(8) {
	case 0:
		clear(b)
	case 1:
		for i := range b {
			b[i] = 0xFF
		}
	default:
		scatter(c.Uint64N(1<<32), b)
	}
}

// scatter fills b with bytes that depend on rngSeed and do not repeat.
func scatter(rngSeed uint64, b []byte) {
	var bits rand.PCG
	bits.Seed(rngSeed, 1)
	for len(b) >= 8 {
		binary.LittleEndian.PutUint64(b, bits.Uint64())
		b = b[8:]
	}
	if len(b) > 0 {
		var last [8]byte
		binary.LittleEndian.PutUint64(last[:], bits.Uint64())
		copy(b, last[:])
	}
}
