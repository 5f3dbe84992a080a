package conversation

import (
	"math/rand/v2"
	"testing"

	"github.com/hostedcache/pchc/codec/pccrr"
)

// TestWithin compares with what asks for each block by itself.
func TestWithin(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	draw := func(most int) pccrr.Ranges {
		var all []pccrr.Range
		for range random.IntN(most) {
			all = append(all, pccrr.Range{Index: random.Uint32N(12), Count: random.Uint32N(4)})
		}
		return pccrr.NewRanges(all...)
	}
	in := 0
	for range 20_000 {
		ranges, asked := draw(3), draw(6)
		want := true
		for _, one := range ranges.All() {
			for i := one.Index; uint64(i) < one.End(); i++ {
				want = want && asked.Contains(i)
			}
		}
		if got := within(ranges, asked); got != want {
			t.Fatalf("%v in %v: %v, want %v", ranges, asked, got, want)
		}
		if want && ranges.Len() > 0 {
			in++
		}
	}
	if in < 1000 {
		t.Errorf("only %d are within", in)
	}
	all := make([]pccrr.Range, 40_000) // what a message holds takes no time
	for i := range all {
		all[i] = pccrr.Range{Index: uint32(2 * i), Count: 1<<32 - 1 - uint32(i)}
	}
	if many := pccrr.NewRanges(all...); !within(many, many) {
		t.Error("many ranges are not within themselves")
	}
}
