package generate

import (
	"slices"
	"strings"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

// A breaker breaks one rule.
type breaker struct {
	rule string
	ways int      // in how many ways
	with []string // other rules that some ways cannot but break as well
	make func(b *bender) fuzz.Message
}

// breakers are of all rules, in the catalogue's order.
var breakers = slices.Concat(requestBreakers, responseBreakers, contentV1Breakers, contentV2Breakers)

// Rules returns the ids of the rules that a message can break, in the order of
// the catalogue: all format and sender rules that [spec.Dissect] reports. Two
// are left out, since no [fuzz.Message] shows them: PCHC-2.2.2.2-Interested is
// about an answer to a request that is known, and what does not keep
// PCCRC-2.4-bMajorVersion is taken for version 1.0.
func Rules() []string {
	ids := make([]string, len(breakers))
	for i := range breakers {
		ids[i] = breakers[i].rule
	}
	return ids
}

// Kinds returns the kinds of messages that can break one of [Rules]: Content
// Information 1.0 also stands in requests.
func Kinds(rule string) []spec.Kind {
	switch breakerOf(rule); {
	case strings.HasPrefix(rule, "PCHC-2.2.1"):
		return []spec.Kind{spec.Request}
	case strings.HasPrefix(rule, "PCHC"):
		return []spec.Kind{spec.Response}
	case strings.HasPrefix(rule, "PCCRC-2.3") && rule != "PCCRC-2.3.1.1-ullOffsetInContent": // which takes two segments
		return []spec.Kind{spec.Request, spec.Content}
	}
	return []spec.Kind{spec.Content}
}

// Companions returns the rules that a [Broken] message of the rule may break as
// well, because some values cannot be wrong alone: a cbSegment of 0, for
// instance, which no number of blocks fits. A format rule is the first that is
// broken all the same.
func Companions(rule string) []string {
	return slices.Clone(breakerOf(rule).with)
}

// Broken returns a message that breaks one of [Rules], at one place, and
// otherwise none but perhaps some of its [Companions]. Which place, in which
// way and in which message is a matter of choice: boundary values, off by one,
// in the other byte order, huge, in the first, middle or last element. It
// panics where rule is not one of Rules.
func Broken(c Choices, rule string) fuzz.Message {
	return breakerOf(rule).bend(c)
}

// BrokenAs is [Broken] for a message of one of [Kinds] of the rule. It panics
// where kind is not one of these.
func BrokenAs(c Choices, kind spec.Kind, rule string) fuzz.Message {
	kinds := Kinds(rule)
	if !slices.Contains(kinds, kind) {
		panic("generate: no message of that kind can break " + rule)
	}
	if len(kinds) > 1 {
		c = &placed{Choices: c, request: kind == spec.Request}
	}
	return Broken(c, rule)
}

// placed makes the second choice of bend one of those that are, or are not, in a
// SEGMENT_INFO_MESSAGE.
type placed struct {
	Choices
	request bool
	asked   int
}

func (p *placed) Uint64N(n uint64) uint64 {
	p.asked++
	v := p.Choices.Uint64N(n)
	switch {
	case p.asked != 2:
	case p.request:
		return inInfo
	case v == inInfo:
		return 0
	}
	return v
}

func breakerOf(rule string) *breaker {
	for i := range breakers {
		if breakers[i].rule == rule {
			return &breakers[i]
		}
	}
	panic("generate: no message can break " + rule)
}

// places are how many answers there are to where something is broken.
const places = 4

// inInfo is the place of Content Information 1.0 in a SEGMENT_INFO_MESSAGE.
const inInfo = 1

// bend breaks the rule. The first choice is the way, the second the place.
func (r *breaker) bend(c Choices) fuzz.Message {
	return r.make(&bender{maker{c: c}, int(c.Uint64N(uint64(r.ways))), int(c.Uint64N(places))})
}

// A bender makes structures that are not valid.
type bender struct {
	maker
	way   int // of so many as the breaker has
	place int // of places
}

// at returns the index of the one element of n to break: the first, the last,
// one in the middle, or any.
func (b *bender) at(n int) int {
	switch b.place {
	case 0:
		return 0
	case 1:
		return n - 1
	case 2:
		return n / 2
	}
	return int(b.c.Uint64N(uint64(n)))
}

// wrongWays are in how many ways a value can be wrong.
const wrongWays = 16

// wrong returns a value of so many bits that is none of the right ones, in one
// of wrongWays; those in also are tried as well.
func (b *bender) wrong(bits int, also []uint64, right ...uint64) uint64 {
	top := uint64(1) << (bits - 1)
	mask := top<<1 - 1
	r := right[b.way%len(right)]
	v := uint64(0)
	switch way := b.way; way {
	case 0:
		v = right[len(right)-1] + 1
	case 1:
		v = right[0] - 1
	case 2:
		v = swapped(r, bits)
	case 3:
		v = 0
	case 4:
		v = mask
	case 5:
		v = r | top
	case 6:
		v = top
	case 7:
		v = r << (bits / 2)
	case 8:
		v = r | 1<<(bits/2)
	case 9:
		v = within(b.c, 0, mask)
	default:
		if len(also) == 0 {
			v = within(b.c, 0, mask)
		} else {
			v = also[(way-10)%len(also)]
		}
	}
	for v &= mask; slices.Contains(right, v); v = (v + 1) & mask {
	}
	return v
}

// swapped returns v with the bytes of its bits in the other order.
func swapped(v uint64, bits int) uint64 {
	s := uint64(0)
	for ; bits > 0; bits -= 8 {
		s, v = s<<8|v&0xFF, v>>8
	}
	return s
}

// oneOf returns the number that belongs to the way, or one of low to high where
// it is the way behind all of them; never one of right.
func (b *bender) oneOf(numbers []int, low, high int, right ...int) int {
	n := 0
	if b.way < len(numbers) {
		n = numbers[b.way]
	} else {
		n = int(within(b.c, uint64(low), uint64(high)))
	}
	for slices.Contains(right, n) {
		n++
	}
	return n
}

// cut returns the first n bytes of m.
func cut(m fuzz.Message, n int) fuzz.Message {
	m.Bytes = m.Bytes[:n]
	return m
}

// set returns m with a byte changed.
func set(m fuzz.Message, at int, v uint64) fuzz.Message {
	m.Bytes[at] = byte(v)
	return m
}

func response(v Response) fuzz.Message {
	return fuzz.Message{Kind: spec.Response, Bytes: v.Append(nil)}
}

func request(b []byte) fuzz.Message { return fuzz.Message{Kind: spec.Request, Bytes: b} }
func content(b []byte) fuzz.Message { return fuzz.Message{Kind: spec.Content, Bytes: b} }

var responseBreakers = []breaker{
	{"PCHC-2.2.2.1-Truncated", 4, nil, func(b *bender) fuzz.Message {
		return cut(ValidMessage(b.c, responseMessage), b.way)
	}},
	{"PCHC-2.2.2.1-Size", wrongWays, []string{"PCHC-2.2.2.2-Trailing"}, func(b *bender) fuzz.Message {
		size := uint32(b.wrong(32, []uint64{2, 5, 0x10000, 4}, 1))
		body := []byte{byte(b.c.Uint64N(2))}
		switch b.place {
		case 1: // nothing follows
			body = nil
		case 2: // as much follows as it says, as far as that goes
			body = append(body, make([]byte, 60)...)[:min(size, 60)]
		}
		return response(Response{size, body})
	}},
	{"PCHC-2.2.2.2-Truncated", 1, nil, func(b *bender) fuzz.Message {
		return response(Response{Size: 1})
	}},
	{"PCHC-2.2.2.2-ResponseCode", wrongWays, nil, func(b *bender) fuzz.Message {
		return response(Response{1, []byte{byte(b.wrong(8, []uint64{3, 0x10, 0x81}, 0, 1))}})
	}},
	{"PCHC-2.2.2.2-Trailing", 10, nil, func(b *bender) fuzz.Message {
		n := b.oneOf([]int{1, 2, 3, 4, 5, 8, 16, 59, 251}, 1, 300)
		return response(Response{1, append([]byte{byte(b.c.Uint64N(2))}, b.bytes(n)...)})
	}},
}
