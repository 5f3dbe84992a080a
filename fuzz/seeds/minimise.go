package seeds

import (
	"cmp"
	"slices"

	"github.com/hostedcache/pchc/fuzz/coverage"
)

// Minimise returns a subset of seeds that covers the same points (see package
// coverage), smallest first. It prefers small seeds, and none of the result can be
// left out.
func Minimise(seeds []Seed) []Seed {
	var seen coverage.Map
	var kept []Seed
	for _, s := range smallestFirst(seeds) {
		if seen.Add(s.Dissect()) > 0 {
			kept = append(kept, s)
		}
	}
	covers := make([][]coverage.Point, len(kept))
	times := make(map[coverage.Point]int)
	for i, s := range kept {
		var one coverage.Map
		one.Add(s.Dissect())
		covers[i] = slices.Collect(one.All())
		for _, p := range covers[i] {
			times[p]++
		}
	}
	needed := make([]Seed, 0, len(kept))
	for i, s := range slices.Backward(kept) { // the largest first
		if slices.ContainsFunc(covers[i], func(p coverage.Point) bool { return times[p] == 1 }) {
			needed = append(needed, s)
			continue
		}
		for _, p := range covers[i] {
			times[p]--
		}
	}
	slices.Reverse(needed)
	return needed
}

// smallestFirst returns seeds sorted by size.
func smallestFirst(seeds []Seed) []Seed {
	sorted := slices.Clone(seeds)
	slices.SortStableFunc(sorted, func(a, b Seed) int {
		return cmp.Or(cmp.Compare(len(a.Bytes), len(b.Bytes)), cmp.Compare(a.Name, b.Name))
	})
	return sorted
}
