package spec

import (
	"bytes"
	"runtime"
	"slices"
	"testing"
)

// allocated returns the bytes that f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// What a count claims costs nothing, and what is there a fixed amount a byte:
// at worst a tree of four nodes for five bytes, and a violation.
func TestMemory(t *testing.T) {
	const perByte, fixed = 600, 16 << 10
	header2 := v2of()
	cases := []struct {
		name string
		kind Kind
		b    []byte
	}{
		{"nothing", Request, nil},
		{"a million segments", Content, with32(v1of(1), 14, 1_000_000)[:20]},
		{"four thousand million segments", Content, with32(v1of(1), 14, 1<<32-1)[:20]},
		{"segments of no known size", Content, with32(with(v1of(1), 2, 0), 14, 1<<32-1)[:20]},
		{"four thousand million blocks", Content, with32(v1of(1), 98, 1<<32-1)},
		{"blocks in a message", Request, with32(segmentInfo100k(), 130, 1<<32-1)},
		{"a chunk of 4 GiB", Content, append(slices.Clone(header2), 0, 255, 255, 255, 255)},
		{"empty chunks", Content, append(slices.Clone(header2), make([]byte, 200_000)...)},
		{"wrong empty chunks", Content, append(slices.Clone(header2), bytes.Repeat([]byte{1, 0, 0, 0, 0}, 40_000)...)},
		{"an empty chunk, then a big one", Content, slices.Concat(header2, []byte{0, 0, 0, 0, 0}, v2of(make([]uint32, 3000))[31:])},
		{"descriptors without tags", Request, append(request(2, 3), make([]byte, 200_000)...)},
		{"block lists of nothing", Content, append(with32(v1of(1), 14, 2000)[:18], make([]byte, 2000*84)...)},
		{"initial offer", Request, append(initialOffer32(), make([]byte, 200_000)...)},
	}
	for _, c := range cases {
		got := allocated(func() { Dissect(c.kind, c.b) })
		if limit := uint64(fixed + perByte*len(c.b)); got > limit {
			t.Errorf("%s: %d bytes allocated for %d, limit %d", c.name, got, len(c.b), limit)
		}
	}
}

// The nodes of a list are allocated together.
func TestAllocations(t *testing.T) {
	full := batchOf(128)
	if got := testing.AllocsPerRun(10, func() { Dissect(Request, full) }); got > 16 {
		t.Errorf("%v allocations for 128 descriptors", got)
	}
}

func BenchmarkDissect(b *testing.B) {
	full := make([]uint32, 64)
	for i := range full {
		full[i] = mebi32
	}
	for _, c := range []struct {
		name string
		kind Kind
		b    []byte
	}{
		{"InitialOffer", Request, initialOffer32()},
		{"SegmentInfo", Request, segmentInfo100k()},
		{"Batch1", Request, batchOf(1)},
		{"Batch128", Request, batchOf(128)},
		{"Batch128AllWrong", Request, bytes.ReplaceAll(batchOf(128), []byte("\x00\x10BITS-4.0\x00\x00\x00\x00\x00\x00\x00\x00"), []byte("\x00\x00"))},
		{"Response", Response, responseOf(0)},
		{"ContentV1of64x512", Content, v1of(full...)},
		{"ContentV2of1000", Content, v2of(full, make([]uint32, 936))},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.b)))
			b.ReportAllocs()
			for b.Loop() {
				Dissect(c.kind, c.b)
			}
		})
	}
}
