// Package byterange has sets of bytes of a content, as ranges.
package byterange

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
)

// Ranges is a set of bytes: ranges in order that do not touch, start and end of each.
type Ranges [][2]uint64

// Add adds the bytes from start to end, and returns how many of them are new.
func (r *Ranges) Add(start, end uint64) uint64 {
	if start >= end {
		return 0
	}
	s := *r
	from := sort.Search(len(s), func(i int) bool { return s[i][1] >= start })
	to := from
	fresh, low, high := end-start, start, end
	for ; to < len(s) && s[to][0] <= end; to++ {
		if a, b := max(s[to][0], start), min(s[to][1], end); a < b {
			fresh -= b - a
		}
		low, high = min(low, s[to][0]), max(high, s[to][1])
	}
	*r = slices.Replace(s, from, to, [2]uint64{low, high})
	return fresh
}

// Bytes returns how many bytes are in the set.
func (r Ranges) Bytes() (n uint64) {
	for _, one := range r {
		n += one[1] - one[0]
	}
	return n
}

// Union adds all of o.
func (r *Ranges) Union(o Ranges) {
	for _, one := range o {
		r.Add(one[0], one[1])
	}
}

// Overlaps reports whether some of the bytes from start to end are in the set.
func (r Ranges) Overlaps(start, end uint64) bool {
	i := sort.Search(len(r), func(i int) bool { return r[i][1] > start })
	return i < len(r) && r[i][0] < end && start < end
}

// Without returns what of the set is not in o.
func (r Ranges) Without(o Ranges) (rest Ranges) {
	for _, one := range r {
		at := one[0]
		for i := sort.Search(len(o), func(i int) bool { return o[i][1] > at }); i < len(o) && o[i][0] < one[1]; i++ {
			if o[i][0] > at {
				rest = append(rest, [2]uint64{at, o[i][0]})
			}
			at = o[i][1]
		}
		if at < one[1] {
			rest = append(rest, [2]uint64{at, one[1]})
		}
	}
	return rest
}

// Holes returns what of the first length bytes is not in the set.
func (r Ranges) Holes(length uint64) Ranges {
	if length == 0 {
		return nil
	}
	return Ranges{{0, length}}.Without(r)
}

// MarshalJSON returns an array of [start, end], [] for none.
func (r Ranges) MarshalJSON() ([]byte, error) {
	if r == nil {
		return []byte("[]"), nil
	}
	return json.Marshal([][2]uint64(r))
}

// UnmarshalJSON reads what MarshalJSON writes, and in any order.
func (r *Ranges) UnmarshalJSON(b []byte) error {
	var all [][2]uint64
	if err := json.Unmarshal(b, &all); err != nil {
		return err
	}
	*r = nil
	for _, one := range all {
		if one[0] >= one[1] {
			return fmt.Errorf("a range from %d to %d", one[0], one[1])
		}
		r.Add(one[0], one[1])
	}
	return nil
}
