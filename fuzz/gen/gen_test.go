package gen_test

import (
	"encoding/binary"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/gen"
)

// wire is a message with its oracle.
type wire struct {
	b     []byte
	check func([]byte) error
}

// draw draws a message that breaches no rule.
func draw(r *rapid.T) wire {
	type encoder interface{ MarshalBinary() ([]byte, error) }
	var m encoder
	check := fuzz.CheckRequest
	switch rapid.IntRange(0, 4).Draw(r, "kind") {
	case 0:
		v := gen.InitialOfferMessage().Draw(r, "m")
		m = &v
	case 1:
		v := gen.SegmentInfoMessage().Draw(r, "m")
		m = &v
	case 2:
		v := gen.BatchedOfferMessage().Draw(r, "m")
		m = &v
	case 3:
		v := gen.ContentInformationV1().Draw(r, "m")
		m, check = &v, fuzz.CheckContentV1
	default:
		v := gen.ContentInformationV2().Draw(r, "m")
		m, check = &v, fuzz.CheckContentV2
	}
	b, err := m.MarshalBinary()
	if err != nil {
		r.Fatal(err)
	}
	return wire{b, check}
}

// What is generated is valid, and both readings agree on all of it.
func TestValid(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := draw(r)
		if err := w.check(w.b); err != nil {
			r.Fatal(err)
		}
	})
}

// Both readings agree on messages that are cut anywhere.
func TestCut(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := draw(r)
		// Every length near the start, where all kinds of field are, then some.
		for n := 0; n < len(w.b); n += 1 + n/300*7 {
			if err := w.check(w.b[:n]); err != nil {
				r.Fatalf("%d bytes: %v", n, err)
			}
		}
	})
}

// Both readings agree on messages with bytes changed, dropped, added and moved.
func TestMutated(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := draw(r)
		for i := range rapid.IntRange(1, 4).Draw(r, "changes") {
			label := fmt.Sprint("change ", i)
			at := rapid.OneOf(rapid.IntRange(0, min(len(w.b), 200)), rapid.IntRange(0, len(w.b))).Draw(r, label+" at")
			n := rapid.OneOf(rapid.IntRange(0, 4), rapid.SampledFrom([]int{16, 32, 59, 68, 80})).Draw(r, label+" length")
			end := min(at+n, len(w.b))
			switch rapid.IntRange(0, 4).Draw(r, label) {
			case 0: // overwrite, with the ends of the range often
				for j := at; j < end; j++ {
					w.b[j] = rapid.OneOf(rapid.SampledFrom([]byte{0, 1, 2, 4, 16, 0x7F, 0x80, 0xFF}), rapid.Byte()).Draw(r, "byte")
				}
			case 1: // drop
				w.b = append(w.b[:at:at], w.b[end:]...)
			case 2: // repeat
				w.b = append(w.b[:end:end], w.b[at:]...)
			case 4: // make one integer nearly another, whatever their byte orders
				if len(w.b) < 24 {
					break
				}
				integer := rapid.IntRange(0, min(len(w.b)-4, 90))
				orders := rapid.SampledFrom([]binary.ByteOrder{binary.LittleEndian, binary.BigEndian})
				v := orders.Draw(r, "order").Uint32(w.b[integer.Draw(r, "from"):]) + uint32(rapid.IntRange(-1, 1).Draw(r, "by"))
				orders.Draw(r, "order").PutUint32(w.b[integer.Draw(r, "to"):], v)
			case 3: // append
				w.b = append(w.b, gen.Bytes(n).Draw(r, "bytes")...)
			}
			if err := w.check(w.b); err != nil {
				r.Fatal(err)
			}
		}
	})
}

func TestResponses(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		b := []byte{0, 0, 0, 1, 0}
		for range rapid.IntRange(0, 2).Draw(r, "changes") {
			b[rapid.IntRange(0, 4).Draw(r, "at")] = rapid.SampledFrom([]byte{0, 1, 2, 5, 0xFF}).Draw(r, "byte")
		}
		b = append(b, gen.Bytes(rapid.IntRange(0, 2).Draw(r, "more")).Draw(r, "bytes")...)
		b = b[:rapid.IntRange(0, len(b)).Draw(r, "length")]
		if err := fuzz.CheckResponse(b, uint16(rapid.IntRange(0, 3).Draw(r, "request"))); err != nil {
			r.Fatal(err)
		}
	})
}
