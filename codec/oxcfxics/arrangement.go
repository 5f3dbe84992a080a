package oxcfxics

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
)

// Arrangement returns how g departs from what its sender had to prepare: for each
// rule on that its first violation, in the order of the bytes. A receiver may accept
// g nevertheless. Offsets are those of GLOBSET commands, from the first byte of g.
func (g Globset) Arrangement() []Error {
	c := arrangementCheck{structure: "GLOBSET"}
	c.globset(g, 0)
	return c.found
}

// Arrangement returns how s departs from what its sender had to prepare, see
// [Globset.Arrangement]. Offsets are from the first byte of s.
func (s IDSet) Arrangement() []Error {
	c := arrangementCheck{structure: "IDSET"}
	n := s.form.replicaLen()
	at := 0
	var before []byte
	ascend := true
	var replicas [][]byte
	for p := range s.All() {
		replica := s.b[at : at+n]
		if at > 0 {
			switch order := compareReplicas(before, replica, s.form); {
			case order == 0:
				c.add(RuleReplicaDuplicate, at, "has a replica twice")
			case order > 0:
				c.add(RuleReplicasNotAscending, at, "its replicas do not ascend")
				ascend = false
			}
		}
		before = replica
		replicas = append(replicas, replica)
		c.globset(p.Globset, at+n)
		at += n + len(p.Globset.b)
	}
	if !ascend {
		c.replicaTwice(replicas, s.form)
	}
	slices.SortStableFunc(c.found, func(a, b Error) int { return cmp.Compare(a.Offset, b.Offset) })
	return c.found
}

func compareReplicas(a, b []byte, form Form) int {
	if form == REPLGUID {
		return bytes.Compare(a, b)
	}
	return cmp.Compare(binary.LittleEndian.Uint16(a), binary.LittleEndian.Uint16(b))
}

type arrangementCheck struct {
	structure string
	found     []Error
}

// add adds the violation of a rule, unless there was one.
func (c *arrangementCheck) add(rule Rule, at int, detail string) {
	if !slices.ContainsFunc(c.found, func(e Error) bool { return e.Rule == rule }) {
		c.found = append(c.found, Error{Rule: rule, Structure: c.structure, Offset: at, detail: detail})
	}
}

// arrangement returns the rule that b violates by following a, if any.
func arrangement(a, b Range) (Rule, string) {
	switch {
	case b.Low > a.High+1:
		return "", ""
	case b.Low == a.High+1:
		return RuleAdjacentRangesNotMerged, "has ranges that should be one"
	case b.Low < a.Low:
		return RuleRangesNotAscending, "its ranges do not ascend"
	}
	return RuleDuplicateValues, "has values twice"
}

// globset checks g, which is at from the first byte of the whole.
func (c *arrangementCheck) globset(g Globset, at int) {
	r := globsetReader{b: g.b}
	var before Range
	some, ascend := false, true
	for r.next() {
		if some {
			rule, detail := arrangement(before, r.found)
			if rule != "" {
				c.add(rule, at+r.in, detail)
			}
			ascend = ascend && rule != RuleRangesNotAscending
		}
		before, some = r.found, true
	}
	switch {
	case !some:
		c.add(RuleGlobsetEmpty, at, "has a GLOBSET without a range")
	case !ascend:
		c.valueTwice(g, at)
	}
}

// valueTwice looks for values that come twice in ranges that do not ascend, of which
// each had to be compared with all.
func (c *arrangementCheck) valueTwice(g Globset, at int) {
	ranges := g.AppendRanges(nil)
	slices.SortFunc(ranges, func(a, b Range) int { return cmp.Compare(a.Low, b.Low) })
	high := ranges[0].High
	for _, r := range ranges[1:] {
		if r.Low <= high {
			c.add(RuleDuplicateValues, at, "has values twice")
			return
		}
		high = max(high, r.High)
	}
}

// replicaTwice does the same with replicas.
func (c *arrangementCheck) replicaTwice(replicas [][]byte, form Form) {
	slices.SortFunc(replicas, func(a, b []byte) int { return compareReplicas(a, b, form) })
	for i := range replicas[1:] {
		if bytes.Equal(replicas[i], replicas[i+1]) {
			c.add(RuleReplicaDuplicate, 0, "has a replica twice")
			return
		}
	}
}
