package generate_test

import (
	"math/bits"
	"slices"
	"strings"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

// A reading is a message with what there is to know of it.
type reading struct {
	fuzz.Message
	*spec.Dissection
	first spec.Violation // the first format violation; its Rule is "" in a valid message
}

func read(m fuzz.Message) *reading {
	r := &reading{Message: m, Dissection: m.Dissect()}
	r.first, _ = r.First()
	return r
}

// nodes returns the fields of a name, in order.
func (r *reading) nodes(name string) (found []*spec.Node) {
	var walk func(n *spec.Node)
	walk = func(n *spec.Node) {
		if n.Name == name && n.Form != spec.List {
			found = append(found, n)
		}
		for i := range n.Children {
			walk(&n.Children[i])
		}
	}
	walk(&r.Root)
	return found
}

// values returns the integers of a name, in order.
func (r *reading) values(name string) (values []uint64) {
	for _, n := range r.nodes(name) {
		if n.Form == spec.Integer && !n.Truncated() {
			values = append(values, n.Value)
		}
	}
	return values
}

// value returns the first integer of a name, 0 if there is none.
func (r *reading) value(name string) uint64 {
	if v := r.values(name); len(v) > 0 {
		return v[0]
	}
	return 0
}

// is reports whether r is a valid message of a name.
func (r *reading) is(message string) bool {
	return r.first.Rule == "" && r.Dissection.Message == message
}

// hashLen returns the length of the hashes of a Content Information 1.0.
func (r *reading) hashLen() int {
	return map[uint64]int{0x800C: 32, 0x800D: 48, 0x800E: 64}[r.value("dwHashAlgo")]
}

// alone reports whether r breaks just one rule.
func (r *reading) alone(rule string) bool {
	return len(r.Violations) == 1 && r.Violations[0].Rule == rule
}

// found returns the value of the field that breaks a format rule first, ok if
// it is that rule.
func (r *reading) found(rule string) (v uint64, ok bool) {
	if r.first.Rule != rule {
		return 0, false
	}
	name := r.first.Field[strings.LastIndexByte(r.first.Field, '.')+1:]
	for _, n := range r.nodes(name) {
		if n.Offset == r.first.Offset {
			return n.Value, true
		}
	}
	return 0, false
}

// left returns how many bytes there are behind the four-byte count that breaks
// the first rule.
func (r *reading) left() uint64 { return uint64(len(r.Bytes) - r.first.Offset - 4) }

// distinct reports whether there are at least two fields of a name, all with
// other bytes.
func distinct(nodes []*spec.Node) bool {
	seen := make(map[string]bool)
	for _, n := range nodes {
		seen[string(n.Raw())] = true
	}
	return len(nodes) > 1 && len(seen) == len(nodes)
}

func nonZero(b []byte) bool { return len(b) > 0 && slices.Max(b) != 0 }

// turned reports whether an integer of so many bytes is another one in the
// other byte order.
func turned(v uint64, size int) bool { return bits.ReverseBytes64(v)>>(64-8*size) != v }

const (
	offer = "INITIAL_OFFER_MESSAGE"
	info  = "SEGMENT_INFO_MESSAGE"
	batch = "BATCHED_OFFER_MESSAGE"
	v1    = "CONTENT_INFORMATION_V1"
	v2    = "CONTENT_INFORMATION_V2"

	getBlkList = "MSG_GETBLKLIST"
	getBlks    = "MSG_GETBLKS"
	getSegList = "MSG_GETSEGLIST"
	blkList    = "MSG_BLKLIST"
	blk        = "MSG_BLK"
	segList    = "MSG_SEGLIST"
	readHash   = "SRV_READ_HASH_REQUEST"
	hashFile   = "SRV_READ_HASH_RESPONSE"

	probe   = "Probe"
	matches = "ProbeMatches"
)
