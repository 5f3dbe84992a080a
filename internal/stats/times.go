package stats

import (
	"encoding/json"
	"fmt"
	"math/bits"
	"time"
)

// Times counts times to answer. Count, Min, Max and Sum are exact; the rest is a
// histogram of fixed buckets, 16 to each power of two, so percentiles are right within
// 1/16, and those of two Times that were merged are those of all their times.
type Times struct {
	Count    int64
	Min, Max time.Duration
	Sum      time.Duration

	first  int // of the buckets
	counts []int64
}

// Buckets: of 1 µs each up to 16 µs, then 16 to a power of two, to about a day.
const (
	bucketBits = 4
	maxBucket  = 34 << bucketBits
)

// bucketOf returns the bucket of a time.
func bucketOf(d time.Duration) int {
	us := uint64(max(d, 0) / time.Microsecond)
	if us < 1<<bucketBits {
		return int(us)
	}
	shift := bits.Len64(us) - bucketBits - 1
	return min((shift+1)<<bucketBits+int(us>>shift)&(1<<bucketBits-1), maxBucket)
}

// bucketStart returns the smallest time in a bucket.
func bucketStart(bucket int) time.Duration {
	if bucket < 1<<bucketBits {
		return time.Duration(bucket) * time.Microsecond
	}
	shift := bucket>>bucketBits - 1
	return time.Duration((1<<bucketBits+uint64(bucket)&(1<<bucketBits-1))<<shift) * time.Microsecond
}

// Add counts a time. One below zero, of frames out of order, counts as zero.
func (t *Times) Add(d time.Duration) {
	d = max(d, 0)
	if t.Count == 0 || d < t.Min {
		t.Min = d
	}
	t.Max = max(t.Max, d)
	t.Count++
	t.Sum += d
	t.add(bucketOf(d), 1)
}

func (t *Times) add(bucket int, n int64) {
	switch {
	case len(t.counts) == 0:
		t.first, t.counts = bucket, []int64{0}
	case bucket < t.first:
		t.counts = append(make([]int64, t.first-bucket), t.counts...)
		t.first = bucket
	}
	if more := bucket - t.first - len(t.counts) + 1; more > 0 {
		t.counts = append(t.counts, make([]int64, more)...)
	}
	t.counts[bucket-t.first] += n
}

// Merge adds the times of o.
func (t *Times) Merge(o *Times) {
	if o.Count == 0 {
		return
	}
	if t.Count == 0 || o.Min < t.Min {
		t.Min = o.Min
	}
	t.Max = max(t.Max, o.Max)
	t.Count += o.Count
	t.Sum += o.Sum
	for i, n := range o.counts {
		if n > 0 {
			t.add(o.first+i, n)
		}
	}
}

// Quantile returns the time that the share q of all is not above: within 1/16, and never
// outside of Min and Max.
func (t *Times) Quantile(q float64) time.Duration {
	rank := int64(q * float64(t.Count))
	if float64(rank) < q*float64(t.Count) {
		rank++
	}
	if rank >= t.Count {
		return t.Max
	}
	rank = max(rank, 1)
	for i, n := range t.counts {
		if rank -= n; rank <= 0 {
			low, next := bucketStart(t.first+i), bucketStart(t.first+i+1)
			return min(max(low+(next-low)/2, t.Min), t.Max)
		}
	}
	return t.Max
}

// Chart returns how many of the times are in each of n equal parts of the logarithm of the
// time from Min to Max.
func (t *Times) Chart(n int) []int64 {
	chart := make([]int64, n)
	for i, c := range t.counts {
		at := i * n / len(t.counts)
		chart[at] += c
	}
	return chart
}

// timesJSON is the JSON form, in seconds; buckets are those that have times: number and
// count.
type timesJSON struct {
	Count   int64      `json:"count"`
	Min     float64    `json:"min"`
	Median  float64    `json:"median"`
	P90     float64    `json:"p90"`
	P99     float64    `json:"p99"`
	Max     float64    `json:"max"`
	Sum     float64    `json:"sum"`
	Buckets [][2]int64 `json:"buckets"`
}

// MarshalJSON returns the object that the documentation of the package describes.
func (t Times) MarshalJSON() ([]byte, error) {
	j := timesJSON{Count: t.Count, Min: t.Min.Seconds(), Max: t.Max.Seconds(), Sum: t.Sum.Seconds(), Buckets: [][2]int64{}}
	if t.Count > 0 {
		j.Median, j.P90, j.P99 = t.Quantile(.5).Seconds(), t.Quantile(.9).Seconds(), t.Quantile(.99).Seconds()
	}
	for i, n := range t.counts {
		if n > 0 {
			j.Buckets = append(j.Buckets, [2]int64{int64(t.first + i), n})
		}
	}
	return json.Marshal(j)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (t *Times) UnmarshalJSON(b []byte) error {
	var j timesJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	*t = Times{Count: j.Count, Min: duration(j.Min), Max: duration(j.Max), Sum: duration(j.Sum)}
	all := int64(0)
	for _, b := range j.Buckets {
		if b[0] < 0 || b[0] > maxBucket || b[1] < 0 {
			return fmt.Errorf("bucket %d with %d times", b[0], b[1])
		}
		t.add(int(b[0]), b[1])
		all += b[1]
	}
	if all != t.Count {
		return fmt.Errorf("the buckets have %d times, not %d", all, t.Count)
	}
	return nil
}

// span is a time that is in seconds in JSON.
type span time.Duration

// MarshalJSON returns seconds.
func (s span) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(s).Seconds()) }

// UnmarshalJSON reads seconds.
func (s *span) UnmarshalJSON(b []byte) error {
	var seconds float64
	err := json.Unmarshal(b, &seconds)
	*s = span(duration(seconds))
	return err
}

// duration is the inverse of Seconds.
func duration(s float64) time.Duration {
	if s < 0 {
		return time.Duration(s*1e9 - .5)
	}
	return time.Duration(s*1e9 + .5)
}
