package stats

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
)

// Ranges is a set of bytes: ranges in order that do not touch, start and end of each.
type Ranges [][2]uint64

// add adds the bytes from start to end, and returns how many of them are new.
func (r *Ranges) add(start, end uint64) uint64 {
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

// union adds all of o.
func (r *Ranges) union(o Ranges) {
	for _, one := range o {
		r.add(one[0], one[1])
	}
}

// Holes returns what of the first length bytes is not in the set.
func (r Ranges) Holes(length uint64) (holes Ranges) {
	at := uint64(0)
	for _, one := range r {
		if one[0] >= length {
			break
		}
		if one[0] > at {
			holes = append(holes, [2]uint64{at, one[0]})
		}
		at = one[1]
	}
	if at < length {
		holes = append(holes, [2]uint64{at, length})
	}
	return holes
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
		r.add(one[0], one[1])
	}
	return nil
}
