package oracle

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/spec"
)

// change writes a value over two or four bytes of b, little-endian.
func change(b []byte, at, size int, v uint32) []byte {
	var le [4]byte
	binary.LittleEndian.PutUint32(le[:], v)
	b = bytes.Clone(b)
	copy(b[at:], le[:size])
	return b
}

// tolerated are the faults of a SEGMENT_INFO_MESSAGE that Windows does not look
// for, with how much of the message must be there.
var tolerated = []struct {
	name  string
	fault func(b []byte) []byte
	needs func(length int) int
}{
	{"Version", func(b []byte) []byte { return change(b, 32, 2, 0xFEFE) }, whole},
	{"dwHashAlgo", func(b []byte) []byte { return change(b, 34, 4, 0xFEFE) }, whole},
	{"no segments", func(b []byte) []byte { return change(b, 46, 4, 0) }, func(int) int { return 50 }}, // the rest is padding
	{"two segments", func(b []byte) []byte { // the one twice
		segment := b[50 : 50+16+2*int(hashLength(b))]
		lists := b[50+len(segment):]
		return slices.Concat(change(b, 46, 4, 2)[:50], segment, segment, lists, lists)
	}, whole},
}

func whole(length int) int { return length }

func hashLength(b []byte) int {
	return map[byte]int{0x0C: 32, 0x0D: 48, 0x0E: 64}[b[34]]
}

// TestWindowsSegmentInfo: one of the four faults is tolerated, any other beside it
// is not, and neither are bytes that are missing.
func TestWindowsSegmentInfo(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 1))
	for range 40 {
		valid := generate.ValidMessage(r, "SEGMENT_INFO_MESSAGE").Bytes
		agreed(t, "valid", valid, false)
		if len(valid) > 2000 {
			continue
		}
		for i, fault := range tolerated {
			b := fault.fault(valid)
			agreed(t, fault.name, b, true)
			agreed(t, fault.name+" and padding", append(bytes.Clone(b), 1, 2, 3), true)
			for n := range b {
				agreed(t, fault.name+", cut", b[:n], n >= fault.needs(len(b)))
			}
			agreed(t, fault.name+", MinorVersion", with(b, 0, 1), false)
			agreed(t, fault.name+", MajorVersion", with(b, 1, 2), false)
			if i < 2 {
				lists := 50 + 16 + 2*hashLength(valid)
				agreed(t, fault.name+", two segments claimed", change(b, 46, 4, 2), false)
				agreed(t, fault.name+", no segments", change(b, 46, 4, 0), false)
				agreed(t, fault.name+", no blocks", change(b, lists, 4, 0), false)
				agreed(t, fault.name+", blocks claimed", change(b, lists, 4, 1<<31-1), false)
			}
		}
		agreed(t, "two faults", tolerated[0].fault(tolerated[1].fault(valid)), false)
		agreed(t, "three segments claimed", change(valid, 46, 4, 3), false)
	}
}

// TestWindowsBatch: one unknown HashAlgorithm is tolerated, nothing else.
func TestWindowsBatch(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 2))
	for range 200 {
		valid := generate.ValidMessage(r, "BATCHED_OFFER_MESSAGE").Bytes
		agreed(t, "valid", valid, false)
		n := (len(valid) - 16) / 59
		i := r.IntN(n)
		b := with(valid, 16+59*i+26, 0xFE)
		agreed(t, "HashAlgorithm", b, true)
		agreed(t, "HashAlgorithm, cut", b[:len(b)-1-r.IntN(58)], false)
		agreed(t, "HashAlgorithm, one byte more", append(bytes.Clone(b), 0), false)
		agreed(t, "HashAlgorithm and SizeOfContentTag", with(b, 16+59*r.IntN(n)+9, 0), false)
		agreed(t, "MinorVersion", with(b, 0, 0xFE), false)
		if n > 1 {
			agreed(t, "two of them", with(b, 16+59*((i+1)%n)+26, 2), false)
		}
		full := slices.Concat(b, bytes.Repeat(valid[16:75], 129-n))
		agreed(t, "129 descriptors", full, false)
	}
	agreed(t, "an empty batch", generate.Simplest("BATCHED_OFFER_MESSAGE").Bytes[:16], false)
}

// TestWindowsAgreement: both answer alike for whatever is broken.
func TestWindowsAgreement(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 3))
	for _, rule := range generate.Rules() {
		for range 30 {
			m := generate.Broken(r, rule)
			if m.Kind != spec.Request {
				continue
			}
			for range 5 {
				if d := windows(m.Bytes, spec.Dissect(spec.Request, m.Bytes)); d != nil {
					t.Fatalf("%s: %v: %x", rule, d, m.Bytes)
				}
				m.Bytes = with(m.Bytes, r.IntN(max(1, len(m.Bytes))), byte(r.Uint32()))
			}
		}
	}
}

// with returns b with one byte changed, and b itself where it has no such byte.
func with(b []byte, at int, v byte) []byte {
	b = bytes.Clone(b)
	if at < len(b) {
		b[at] = v
	}
	return b
}

func agreed(t *testing.T, name string, b []byte, want bool) {
	t.Helper()
	inSpec, inCodec := spec.Dissect(spec.Request, b).WindowsAnswersOK(), codec.WindowsAnswersOK(b)
	if inSpec != want || inCodec != want {
		t.Fatalf("%s: spec %t, codec %t, want %t: %d bytes, %x", name, inSpec, inCodec, want, len(b), b[:min(len(b), 300)])
	}
}
