package pccrr

import (
	"iter"
	"slices"
	"time"

	"github.com/hostedcache/pchc/pccrc"
)

// Offsets in an extensible blob of version 1 (MS-PCCRR 2.2.6, 2.2.6.1).
//
//	0                       2                 3                 4
//	| ExtensibleBlobVersion | SegmentAgeUnits | SegmentAgeCount | SegmentAges, 4 bytes each | any bytes
const (
	offSegmentAgeUnits = 2
	offSegmentAgeCount = 3
	offSegmentAges     = 4

	segmentAgeLen = 4
)

// SegmentAgeUnits is the unit of the ages in an extensible blob.
type SegmentAgeUnits uint8

// The units. Senders use hundredths of a second.
const (
	Seconds      SegmentAgeUnits = 1
	Tenths       SegmentAgeUnits = 2 // of a second
	Hundredths   SegmentAgeUnits = 3 // of a second
	Milliseconds SegmentAgeUnits = 4
)

// Duration returns the length of one unit, 0 for an unknown one.
func (u SegmentAgeUnits) Duration() time.Duration {
	switch u {
	case Seconds:
		return time.Second
	case Tenths:
		return time.Second / 10
	case Hundredths:
		return time.Second / 100
	case Milliseconds:
		return time.Millisecond
	}
	return 0
}

// MaxAge is the largest age in an ENCODED_SEGMENT_AGE, in units.
const MaxAge = 1<<24 - 1

// SegmentAge is an ENCODED_SEGMENT_AGE (MS-PCCRR 2.2.1.5): how long a segment
// has been in the sender's cache.
type SegmentAge struct {
	SegmentIndex uint8  // counted from the first segment that the message is about
	Age          uint32 // in the blob's units, at most MaxAge
}

// ExtensibleBlob is a decoded extensible blob of version 1 (MS-PCCRR 2.2.6),
// the ages of segments. It aliases the decoded bytes. The zero value is none.
type ExtensibleBlob struct{ b []byte }

// DecodeExtensibleBlob decodes the ExtensibleBlob of a MSG_GETSEGLIST or a
// MSG_SEGLIST, or the SegmentAges of MS-PCCRD once its base64 is undone. The
// result aliases b. An error, an *Error, means that b has to be ignored, and
// not the message that it is in.
func DecodeExtensibleBlob(b []byte) (ExtensibleBlob, error) {
	if e, ok := checkExtensibleBlob(b); !ok {
		return ExtensibleBlob{}, failed(e)
	}
	return ExtensibleBlob{b[:len(b):len(b)]}, nil
}

// checkExtensibleBlob returns the first reason to discard b, if there is one.
func checkExtensibleBlob(b []byte) (e Error, ok bool) {
	f := pccrc.ErrorFields{Message: "ExtensibleBlob"}
	switch {
	case len(b) < offSegmentAgeUnits:
		f.Rule, f.Field, f.Value, f.Detail = RuleBlobTruncated, "ExtensibleBlobVersion", uint64(len(b)), truncated(len(b), 2)
	case b[0] != 0 || b[1] != 1:
		f.Rule, f.Field, f.Value, f.Detail = RuleBlobVersion, "ExtensibleBlobVersion", uint64(b[0])<<8|uint64(b[1]), "is %, must be 1"
	case len(b) == offSegmentAgeUnits:
		f.Rule, f.Field, f.Offset, f.Detail = RuleBlobV1Truncated, "SegmentAgeUnits", offSegmentAgeUnits, "missing"
	case len(b) == offSegmentAgeCount:
		f.Rule, f.Field, f.Offset, f.Detail = RuleBlobV1Truncated, "SegmentAgeCount", offSegmentAgeCount, "missing"
	case SegmentAgeUnits(b[offSegmentAgeUnits]).Duration() == 0:
		f.Rule, f.Field, f.Offset, f.Value, f.Detail = RuleSegmentAgeUnits, "SegmentAgeUnits", offSegmentAgeUnits, uint64(b[offSegmentAgeUnits]), "is %, must be 1 to 4"
	case len(b) < segmentAgeLen*(1+int(b[offSegmentAgeCount])):
		f.Rule, f.Field, f.Offset, f.Value, f.Detail = RuleSegmentAgeCount, "SegmentAgeCount", offSegmentAgeCount, uint64(b[offSegmentAgeCount]), tooMany
	default:
		return Error{}, true
	}
	return pccrc.NewError(f), false
}

// Bytes returns the wire form. It aliases e.
func (e ExtensibleBlob) Bytes() []byte { return e.b }

// Clone returns a copy of e that shares no bytes with it.
func (e ExtensibleBlob) Clone() ExtensibleBlob { return ExtensibleBlob{slices.Clone(e.b)} }

// SegmentAgeUnits returns the unit of the ages, 0 for the zero value.
func (e ExtensibleBlob) SegmentAgeUnits() SegmentAgeUnits {
	if len(e.b) == 0 {
		return 0
	}
	return SegmentAgeUnits(e.b[offSegmentAgeUnits])
}

// Len returns the number of ages.
func (e ExtensibleBlob) Len() int {
	if len(e.b) == 0 {
		return 0
	}
	return int(e.b[offSegmentAgeCount])
}

// At returns the age with index i, counted from 0. It panics where i is not
// below Len.
func (e ExtensibleBlob) At(i int) SegmentAge {
	all := e.b[offSegmentAges : offSegmentAges+e.Len()*segmentAgeLen]
	a := all[i*segmentAgeLen : (i+1)*segmentAgeLen]
	// The one integer of the protocol whose first byte is the lowest.
	return SegmentAge{a[0], uint32(a[1]) | uint32(a[2])<<8 | uint32(a[3])<<16}
}

// All returns an iterator over the ages and their indexes, in order.
func (e ExtensibleBlob) All() iter.Seq2[int, SegmentAge] {
	return func(yield func(int, SegmentAge) bool) {
		for i := range e.Len() {
			if !yield(i, e.At(i)) {
				return
			}
		}
	}
}

// Trailing returns what follows the ages, which receivers ignore. It aliases e.
func (e ExtensibleBlob) Trailing() []byte {
	if len(e.b) == 0 {
		return nil
	}
	return e.b[offSegmentAges+e.Len()*segmentAgeLen:]
}

// MaxSegmentAges is how many ages an extensible blob has room for.
const MaxSegmentAges = 255

// AppendExtensibleBlob appends an extensible blob with the given ages to dst,
// in hundredths of a second as senders write them. Ages above MaxAge become
// MaxAge. It rejects more than MaxSegmentAges, with an *Error, and then returns
// dst unchanged.
func AppendExtensibleBlob(dst []byte, ages ...SegmentAge) ([]byte, error) {
	if len(ages) > MaxSegmentAges {
		return dst, failed(pccrc.NewError(pccrc.ErrorFields{Rule: RuleSegmentAgeCount, Message: "ExtensibleBlob", Field: "SegmentAgeCount",
			Offset: offSegmentAgeCount, Value: uint64(len(ages)), Detail: "is %, must be at most 255"}))
	}
	dst = append(slices.Grow(dst, offSegmentAges+len(ages)*segmentAgeLen), 0, 1, byte(Hundredths), byte(len(ages)))
	for _, a := range ages {
		age := min(a.Age, MaxAge)
		dst = append(dst, a.SegmentIndex, byte(age), byte(age>>8), byte(age>>16))
	}
	return dst, nil
}
