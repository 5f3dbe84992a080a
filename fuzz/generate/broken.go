package generate

import (
	"math"
	"slices"
	"strings"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

// A corruption violates one rule, in one or more variants.
type corruption struct {
	rule     string
	implied  []string // other rules that some variants cannot but violate as well
	variants []variant
}

// A variant makes a message that violates the rule in one way.
type variant func(c *corruptor) fuzz.Message

// corruptions are of all rules, in the catalogue's order.
var corruptions = slices.Concat(requestCorruptions, responseCorruptions, contentV1Corruptions, contentV2Corruptions,
	hashCorruptions, retrievalCorruptions, retrievalRequestCorruptions, retrievalResponseCorruptions, blobCorruptions, discoveryCorruptions)

// Rules returns the ids of the rules that a message can violate, in the order of
// the catalogue: all format and sender rules that [spec.Dissect] reports. Three
// are left out, since no [fuzz.Message] shows them: PCHC-2.2.2.2-Interested is
// about the answer to a known request, Content Information that violates
// PCCRC-2.4-bMajorVersion is read as version 1.0, and a SRV_READ_HASH response too
// short for SMB2-2.2.32.4.3-Truncated reads as a hash based one.
func Rules() []string {
	ids := make([]string, len(corruptions))
	for i := range corruptions {
		ids[i] = corruptions[i].rule
	}
	return ids
}

// Kinds returns the kinds of messages that can violate one of [Rules]. Content
// Information 1.0 is also part of requests.
func Kinds(rule string) []spec.Kind {
	corruptionOf(rule)
	for _, k := range kindsOf {
		if strings.HasPrefix(rule, k.prefix) {
			return slices.Clone(k.kinds)
		}
	}
	return []spec.Kind{spec.Content}
}

// kindsOf are the kinds of messages that can violate the rules of which the id begins
// so; the first line that fits is right.
var kindsOf = []struct {
	prefix string
	kinds  []spec.Kind
}{
	{"PCHC-2.2.1", []spec.Kind{spec.Request}},
	{"PCHC", []spec.Kind{spec.Response}},
	// No SEGMENT_INFO_MESSAGE violates these: it has one segment, and rules of its own
	// on two fields.
	{"PCCRC-2.3.1.1-ullOffsetInContent", []spec.Kind{spec.Content}},
	{"PCCRC-2.3-dwReadBytesInLastSegment", []spec.Kind{spec.Content}},
	{"PCCRC-2.3.1.2-BlockCount", []spec.Kind{spec.Content}},
	{"PCCRC-2.3", []spec.Kind{spec.Request, spec.Content}},
	{"PCCRC", []spec.Kind{spec.Content}},
	{"SMB2-2.2.31", []spec.Kind{spec.HashRequest}},
	{"SMB2-3.3.5.15.7-HashRetrievalType", []spec.Kind{spec.HashRequest}},
	{"SMB2", []spec.Kind{spec.HashResponse}},
	{"PCCRR-2.2.1.2", []spec.Kind{spec.RetrievalResponse}},
	{"PCCRR-2.2.2", []spec.Kind{spec.RetrievalResponse}},
	{"PCCRR-2.2.3-MsgSizeLimit", []spec.Kind{spec.RetrievalRequest}},
	{"PCCRR-2.2.4", []spec.Kind{spec.RetrievalRequest}},
	{"PCCRR-2.2.5", []spec.Kind{spec.RetrievalResponse}},
	{"PCCRR", []spec.Kind{spec.RetrievalRequest, spec.RetrievalResponse}},
	{"PCCRD", []spec.Kind{spec.Discovery}},
}

// ImpliedViolations returns the rules that a [Broken] message of the rule may
// violate as well, because some values cannot be wrong alone: no number of
// blocks fits a cbSegment of 0, for instance. If rule is a format rule, it is
// still the first format rule violated.
func ImpliedViolations(rule string) []string {
	return slices.Clone(corruptionOf(rule).implied)
}

// Broken returns a message that violates one of [Rules], at one place, and
// otherwise none except some of its [ImpliedViolations]. The choices select the
// message, the place (first, middle or last element) and the variant: boundary
// values, off by one, wrong byte order, huge. It panics if rule is not one of
// Rules.
func Broken(c Choices, rule string) fuzz.Message {
	r := corruptionOf(rule)
	kinds := Kinds(rule)
	kind := kinds[0]
	if len(kinds) > 1 && kind == spec.RetrievalRequest { // of the others the place selects it
		kind = pick(c, kinds)
	}
	variant, place := r.choose(c)
	return r.message(c, kind, variant, place)
}

// BrokenAs is [Broken] for a message of one of [Kinds] of the rule. It panics
// if kind is not one of these.
func BrokenAs(c Choices, kind spec.Kind, rule string) fuzz.Message {
	r, kinds := corruptionOf(rule), Kinds(rule)
	if !slices.Contains(kinds, kind) {
		panic("generate: no message of that kind can violate " + rule)
	}
	variant, place := r.choose(c)
	switch {
	case len(kinds) == 1 || kind == spec.RetrievalRequest || kind == spec.RetrievalResponse:
	case kind == spec.Request:
		place = inSegmentInfo
	case place == inSegmentInfo:
		place = 0
	}
	return r.message(c, kind, variant, place)
}

func corruptionOf(rule string) *corruption {
	for i := range corruptions {
		if corruptions[i].rule == rule {
			return &corruptions[i]
		}
	}
	panic("generate: no message can violate " + rule)
}

// places is the number of places to choose from, see [corruptor.element].
const places = 4

// inSegmentInfo is the place of Content Information 1.0 in a
// SEGMENT_INFO_MESSAGE.
const inSegmentInfo = 1

// choose chooses a variant and a place.
func (r *corruption) choose(c Choices) (variant, place int) {
	return int(c.Uint64N(uint64(len(r.variants)))), int(c.Uint64N(places))
}

// message returns a message that violates the rule. kind is one of its [Kinds].
func (r *corruption) message(c Choices, kind spec.Kind, variant, place int) fuzz.Message {
	return r.variants[variant](&corruptor{maker: maker{c: c}, kind: kind, place: place})
}

// A corruptor makes structures that are not valid.
type corruptor struct {
	maker
	kind  spec.Kind // of MS-PCCRR: which kind of message
	place int
	plain bool // of MS-PCCRD: without variety in the XML
}

// element returns the index of the one element of n to corrupt: by place the
// first, the last, one in the middle, or any.
func (c *corruptor) element(n int) int {
	switch c.place {
	case 0:
		return 0
	case 1:
		return n - 1
	case 2:
		return n / 2
	}
	return int(c.c.Uint64N(uint64(n)))
}

// each returns a variant for each of values.
func each[V any](values []V, corrupt func(c *corruptor, v V) fuzz.Message) []variant {
	variants := make([]variant, len(values))
	for i, v := range values {
		variants[i] = func(c *corruptor) fuzz.Message { return corrupt(c, v) }
	}
	return variants
}

// upTo returns the numbers below n: the lengths of truncated structures.
func upTo(n int) []int {
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = i
	}
	return numbers
}

// A value is fixed, or chosen when it is needed.
type value func(c Choices) uint64

// values returns those in fixed, and one that is chosen from low to high. A value
// that is right is replaced by the next one that is not.
func values(low, high uint64, fixed []uint64, right ...uint64) []value {
	avoid := func(v uint64) uint64 {
		for slices.Contains(right, v) {
			if v++; v > high {
				v = low
			}
		}
		return v
	}
	var all []value
	var seen []uint64
	for _, v := range fixed {
		if v = avoid(v); !slices.Contains(seen, v) {
			seen = append(seen, v)
			all = append(all, func(Choices) uint64 { return v })
		}
	}
	return append(all, func(c Choices) uint64 { return avoid(within(c, low, high)) })
}

// wrong returns values of a field of so many bits that are none of the right
// ones: neighbours, other byte orders and signs, the ends of the range, those
// in also, and any.
func wrong(bits int, also []uint64, right ...uint64) []value {
	top := uint64(1) << (bits - 1)
	mask := top<<1 - 1
	first, last := right[0], right[len(right)-1]
	fixed := []uint64{
		last + 1, first - 1, swapped(last, bits), 0, mask, last | top, top, first << (bits / 2), last | 1<<(bits/2),
	}
	fixed = append(fixed, also...)
	for i := range fixed {
		fixed[i] &= mask
	}
	return values(0, mask, fixed, right...)
}

// swapped returns v with the bytes of its bits in the other order.
func swapped(v uint64, bits int) uint64 {
	s := uint64(0)
	for ; bits > 0; bits -= 8 {
		s, v = s<<8|v&0xFF, v>>8
	}
	return s
}

// aboves return 32-bit numbers above low.
var aboves = []func(c *corruptor, low uint64) uint32{
	func(_ *corruptor, low uint64) uint32 { return uint32(low + 1) },
	func(*corruptor, uint64) uint32 { return math.MaxUint32 },
	func(_ *corruptor, low uint64) uint32 { return uint32(max(low+1, 1<<31)) },
	func(_ *corruptor, low uint64) uint32 { return uint32(min(max(low+1, low<<8), math.MaxUint32)) },
	func(c *corruptor, low uint64) uint32 { return uint32(within(c.c, low+1, math.MaxUint32)) },
}

// truncate returns the first n bytes of m.
func truncate(m fuzz.Message, n int) fuzz.Message {
	m.Bytes = m.Bytes[:n]
	return m
}

// set returns m with a byte changed.
func set(m fuzz.Message, at int, v uint64) fuzz.Message {
	m.Bytes[at] = byte(v)
	return m
}

func request(b []byte) fuzz.Message { return fuzz.Message{Kind: spec.Request, Bytes: b} }
func content(b []byte) fuzz.Message { return fuzz.Message{Kind: spec.Content, Bytes: b} }
