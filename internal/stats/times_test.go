package stats

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestTimes: percentiles are within 1/16 of those of the sorted times, and merging is exact.
func TestTimes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) time.Duration {
			return time.Duration(rapid.Int64Range(-10, 1<<rapid.IntRange(0, 45).Draw(t, "bits")).Draw(t, "ns"))
		}), 1, 50)
		a, b := draw.Draw(t, "a"), draw.Draw(t, "b")
		var one, two, all Times
		for _, d := range a {
			one.Add(d)
			all.Add(d)
		}
		for _, d := range b {
			two.Add(d)
			all.Add(d)
		}
		one.Merge(&two)
		if diff := cmp.Diff(all, one, cmp.AllowUnexported(Times{})); diff != "" {
			t.Fatalf("merged (-want +got):\n%s", diff)
		}
		text, err := json.Marshal(all)
		var again Times
		if err == nil {
			err = json.Unmarshal(text, &again)
		}
		if diff := cmp.Diff(all, again, cmp.AllowUnexported(Times{})); err != nil || diff != "" {
			t.Fatalf("%v from JSON (-want +got):\n%s", err, diff)
		}
		sorted := append(slices.Clone(a), b...)
		for i := range sorted {
			sorted[i] = max(sorted[i], 0)
		}
		slices.Sort(sorted)
		for _, q := range []float64{0, .5, .9, .99, 1} {
			rank := 0
			for float64(rank+1) < q*float64(len(sorted)) {
				rank++
			}
			got, want := all.Quantile(q), sorted[rank]
			if d := (got - want).Abs(); d > want/16+time.Microsecond && want < bucketStart(maxBucket) {
				t.Fatalf("%v of %v: %v, want %v", q, sorted, got, want)
			}
		}
	})
}

// TestBuckets: they touch, and each begins with what is in it.
func TestBuckets(t *testing.T) {
	for b := range maxBucket {
		start, next := bucketStart(b), bucketStart(b+1)
		if bucketOf(start) != b || bucketOf(next-1) != b || next <= start {
			t.Fatalf("bucket %d from %v to %v: %d, %d", b, start, next, bucketOf(start), bucketOf(next-1))
		}
	}
}

// TestWrongTimes: JSON that is not of Times is refused.
func TestWrongTimes(t *testing.T) {
	for _, s := range []string{`{"count":1}`, `{"count":1,"buckets":[[-1,1]]}`, `{"count":1,"buckets":[[9999999,1]]}`, `{"count":-1,"buckets":[[1,-1]]}`, `[]`} {
		if err := new(Times).UnmarshalJSON([]byte(s)); err == nil {
			t.Errorf("%s is accepted", s)
		}
	}
}
