package byterange

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func ExampleRanges() {
	var r Ranges
	r.Add(10, 20)
	r.Add(20, 30)
	fmt.Println(r, r.Bytes(), r.Holes(40))
	// Output: [[10 30]] 20 [[0 10] [30 40]]
}

// TestRanges compares with a set of single bytes.
func TestRanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const n = 40
		var want [n]bool
		var got Ranges
		for range rapid.IntRange(0, 20).Draw(t, "adds") {
			start := rapid.IntRange(0, n).Draw(t, "start")
			end := rapid.IntRange(0, n).Draw(t, "end")
			fresh := uint64(0)
			for i := start; i < end; i++ {
				if !want[i] {
					fresh++
				}
				want[i] = true
			}
			if f := got.Add(uint64(start), uint64(end)); f != fresh {
				t.Fatalf("%d new bytes, want %d", f, fresh)
			}
		}
		var in, holes Ranges
		for i := range want {
			if want[i] {
				in.Add(uint64(i), uint64(i+1))
			} else {
				holes.Add(uint64(i), uint64(i+1))
			}
		}
		other := Ranges{}
		for i := range rapid.IntRange(0, 5).Draw(t, "others") {
			start := rapid.IntRange(0, n).Draw(t, "other start")
			other.Add(uint64(start), uint64(start+i))
		}
		left := got.Without(other)
		for i := range want {
			at := uint64(i)
			if got.Overlaps(at, at+1) != want[i] || left.Overlaps(at, at+1) != (want[i] && !other.Overlaps(at, at+1)) {
				t.Fatalf("byte %d of %v without %v: %v", i, got, other, left)
			}
		}
		b, err := json.Marshal(got)
		var again Ranges
		if err == nil {
			err = json.Unmarshal(b, &again)
		}
		if err != nil || !slices.Equal(in, got) || !slices.Equal(got, again) || !slices.Equal(holes, got.Holes(n)) || got.Bytes()+holes.Bytes() != n {
			t.Fatalf("%v, %v, %v, want %v", got, again, err, in)
		}
	})
}
