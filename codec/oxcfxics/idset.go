package oxcfxics

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"iter"
	"slices"
)

// Form is a form of an IDSET. The bytes do not tell which one they have: whoever
// decodes them knows. The values of state properties have REPLGUIDs.
type Form uint8

// The forms of an IDSET.
const (
	REPLID   Form = iota // each GLOBSET follows a REPLID (MS-OXCFXICS 2.2.2.4.1)
	REPLGUID             // each GLOBSET follows a REPLGUID (MS-OXCFXICS 2.2.2.4.2)
)

// String returns "REPLID" or "REPLGUID".
func (f Form) String() string {
	if f == REPLGUID {
		return "REPLGUID"
	}
	return "REPLID"
}

func (f Form) replicaLen() int {
	if f == REPLGUID {
		return 16
	}
	return 2
}

// GUID is a GUID in its wire form, whose first three fields are little-endian.
type GUID [16]byte

// String returns the usual text form: "ae9a6453-1839-4a32-bb4e-183952f05cbd".
func (g GUID) String() string {
	w := [16]byte{g[3], g[2], g[1], g[0], g[5], g[4], g[7], g[6]}
	copy(w[8:], g[8:])
	b := make([]byte, 0, 36)
	for i, n := range [...]int{0, 4, 6, 8, 10} {
		if i > 0 {
			b = append(b, '-')
		}
		b = hex.AppendEncode(b, w[n:[...]int{4, 6, 8, 10, 16}[i]])
	}
	return string(b)
}

// Pair is a pair of an IDSET: a replica, and the values of it.
type Pair struct {
	REPLID   uint16 // in the form REPLID
	REPLGUID GUID   // in the form REPLGUID
	Globset  Globset
}

// IDSet is an IDSET in its serialized form (MS-OXCFXICS 2.2.2.4): a view of the bytes
// that were decoded. The zero value is the empty set in the form REPLID.
type IDSet struct {
	form Form
	b    []byte
}

// DecodeIDSet decodes b, an IDSET of that form, which the result aliases. No bytes are
// the empty set. The error, if any, is an *Error for the first format rule that b
// violates.
func DecodeIDSet(b []byte, form Form) (IDSet, error) {
	for at := 0; at < len(b); {
		n := form.replicaLen()
		if len(b)-at < n {
			return IDSet{}, failed(Error{RuleTruncatedReplica, "IDSET", at, uint64(len(b) - at), "ends after % bytes of a " + form.String()})
		}
		g, e := readGlobset(b[at+n:])
		if e.Rule != "" {
			return IDSet{}, failed(e.within("IDSET: GLOBSET", at+n))
		}
		at += n + len(g.b)
	}
	return IDSet{form, b}, nil
}

// Form returns the form.
func (s IDSet) Form() Form { return s.form }

// Bytes returns the serialized form, which s aliases.
func (s IDSet) Bytes() []byte { return s.b }

// Clone returns a copy that aliases nothing.
func (s IDSet) Clone() IDSet { return IDSet{s.form, slices.Clone(s.b)} }

// All iterates over the pairs in the order of the bytes.
func (s IDSet) All() iter.Seq[Pair] {
	return func(yield func(Pair) bool) {
		n := s.form.replicaLen()
		for b := s.b; len(b) > 0; {
			p := Pair{}
			if s.form == REPLGUID {
				p.REPLGUID = GUID(b)
			} else {
				p.REPLID = binary.LittleEndian.Uint16(b)
			}
			p.Globset, _ = readGlobset(b[n:])
			if !yield(p) {
				return
			}
			b = b[n+len(p.Globset.b):]
		}
	}
}

// Replica is a replica with values, from which an IDSET is made.
type Replica struct {
	REPLID   uint16 // in the form REPLID
	REPLGUID GUID   // in the form REPLGUID
	Ranges   []Range
}

// AppendIDSet appends the canonical form of an IDSET to dst: replicas must ascend,
// the values of each be as [Normalize] leaves them, and at least one. Otherwise the
// *Error names the rule, its Offset is the index of the replica, or of the range in
// it, and dst is returned as it was.
func AppendIDSet(dst []byte, form Form, replicas []Replica) ([]byte, error) {
	size := 0
	for i, r := range replicas {
		e := unarranged(r.Ranges)
		if i > 0 {
			switch order := replicas[i-1].compare(&r, form); {
			case order == 0:
				e = Error{RuleReplicaDuplicate, "IDSET", i, 0, "has a replica twice"}
			case order > 0:
				e = Error{RuleReplicasNotAscending, "IDSET", i, 0, "its replicas do not ascend"}
			}
		}
		if e.Rule != "" {
			return dst, failed(e)
		}
		size += form.replicaLen() + globsetLen(r.Ranges)
	}
	dst = slices.Grow(dst, size)
	for _, r := range replicas {
		if form == REPLID {
			dst = binary.LittleEndian.AppendUint16(dst, r.REPLID)
		} else {
			dst = append(dst, r.REPLGUID[:]...)
		}
		dst, _ = AppendGlobset(dst, r.Ranges)
	}
	return dst, nil
}

func (r *Replica) compare(other *Replica, form Form) int {
	if form == REPLID {
		return cmp.Compare(r.REPLID, other.REPLID)
	}
	return bytes.Compare(r.REPLGUID[:], other.REPLGUID[:])
}
