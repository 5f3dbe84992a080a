package spec

import (
	"slices"
	"time"
)

// ages returns the fields of an extensible blob. It is no structure of the message:
// a receiver ignores one that is wrong.
func ages(rule string) []LayoutField {
	fields := byteString("ExtensibleBlob", "Ages of segments in the cache (MS-PCCRR 2.2.6), perhaps none.", rule)
	fields[0].Truncated = Constraint{Rule: rule}
	fields[1].inside, fields[1].Inside = blobInside, blobRules
	return fields
}

// The reasons to discard an extensible blob, in the order in which they are looked
// for, and what senders write (MS-PCCRR 2.2.6, 2.2.6.1). They are sender rules: no
// receiver rejects the message.
var blobRules = []Constraint{
	{Rule: "PCCRR-2.2.6-Truncated"}, {Rule: "PCCRR-2.2.6-Version"}, {Rule: "PCCRR-2.2.6.1-Truncated"},
	{Rule: "PCCRR-2.2.6.1-SegmentAgeUnits"}, {Rule: "PCCRR-2.2.6.1-SegmentAgeCount"}, {Rule: "PCCRR-2.2.6.1-Units"},
}

// blobInside reports why a receiver would discard the blob n.
func blobInside(w *walk, n *Node) {
	rule, field, at, value, detail := blobFault(n.Raw())
	if detail == "" {
		return
	}
	w.stack = append(w.stack, frame{w.top().layout, n})
	w.report(&blobRules[rule], &Node{Name: field, Index: -1, Offset: n.Offset + at}, value, detail)
	w.stack = w.stack[:len(w.stack)-1]
}

// blobFault returns which of blobRules a blob violates, where in it, and how; detail is
// "" if it violates none. No blob is none that is wrong.
func blobFault(b []byte) (rule int, field string, at int, value uint64, detail string) {
	switch {
	case len(b) == 0:
		return 0, "", 0, 0, ""
	case len(b) == 1:
		return 0, "ExtensibleBlobVersion", 0, 1, "truncated: 1 of 2 bytes present"
	case big(b[:2]) != 1:
		return 1, "ExtensibleBlobVersion", 0, big(b[:2]), is(big(b[:2])) + ", must be 1"
	case len(b) == 2:
		return 2, "SegmentAgeUnits", 2, 0, "missing"
	case len(b) == 3:
		return 2, "SegmentAgeCount", 3, 0, "missing"
	case b[2] == 0 || b[2] > 4:
		return 3, "SegmentAgeUnits", 2, uint64(b[2]), is(uint64(b[2])) + ", must be 1 to 4"
	case len(b) < 4+4*int(b[3]):
		return 4, "SegmentAgeCount", 3, uint64(b[3]), is(uint64(b[3])) + ", more than the remaining bytes hold"
	case b[2] != 3:
		return 5, "SegmentAgeUnits", 2, uint64(b[2]), is(uint64(b[2])) + ", must be 3"
	}
	return 0, "", 0, 0, ""
}

// SegmentAge is an ENCODED_SEGMENT_AGE (MS-PCCRR 2.2.1.5): how long a segment has been
// in the cache.
type SegmentAge struct {
	SegmentIndex uint8
	Age          time.Duration
}

// SegmentAges returns the ages in an extensible blob (MS-PCCRR 2.2.6), and false if a
// receiver must ignore it.
func SegmentAges(blob []byte) ([]SegmentAge, bool) {
	rule, _, _, _, detail := blobFault(blob)
	if len(blob) == 0 || detail != "" && blobRules[rule].Rule != "PCCRR-2.2.6.1-Units" {
		return nil, false
	}
	unit := [...]time.Duration{1: time.Second, 2: time.Second / 10, 3: time.Second / 100, 4: time.Millisecond}[blob[2]]
	var ages []SegmentAge
	for age := range slices.Chunk(blob[4:4+4*int(blob[3])], 4) { // the least significant byte comes first
		ages = append(ages, SegmentAge{age[0], unit * (time.Duration(age[1]) | time.Duration(age[2])<<8 | time.Duration(age[3])<<16)})
	}
	return ages, true
}
