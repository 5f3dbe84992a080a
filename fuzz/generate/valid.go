package generate

import (
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

// The names of the messages, in the order in which they are tried.
var (
	requests = []string{"INITIAL_OFFER_MESSAGE", "BATCHED_OFFER_MESSAGE", "SEGMENT_INFO_MESSAGE"}
	contents = []string{"CONTENT_INFORMATION_V1", "CONTENT_INFORMATION_V2"}
)

const responseMessage = "RESPONSE_MESSAGE"

// Messages returns the names of all messages of a kind: [spec.Request],
// [spec.Response] or [spec.Content]. There are none of any other.
func Messages(kind spec.Kind) []string {
	switch kind {
	case spec.Request:
		return append([]string(nil), requests...)
	case spec.Response:
		return []string{responseMessage}
	case spec.Content:
		return append([]string(nil), contents...)
	}
	return nil
}

// Valid returns a message of a kind that breaks no rule, neither of format nor
// of the sender. Together they cover all that the specification allows, the
// ends of each range above all; most are small. It panics where there are no
// [Messages] of that kind.
func Valid(c Choices, kind spec.Kind) fuzz.Message {
	switch kind {
	case spec.Request:
		return ValidMessage(c, pick(c, requests))
	case spec.Content:
		return ValidMessage(c, pick(c, contents))
	}
	return ValidMessage(c, responseMessage)
}

// ValidMessage is [Valid] for a message by its name. It panics where that is
// not one of [Messages].
func ValidMessage(c Choices, message string) fuzz.Message {
	m := maker{c: c}
	switch message {
	case "INITIAL_OFFER_MESSAGE":
		v := m.initialOffer()
		return fuzz.Message{Kind: spec.Request, Bytes: v.Append(make([]byte, 0, 16+len(v.Hash)))}
	case "BATCHED_OFFER_MESSAGE":
		v := m.batchedOffer(m.descriptorCount())
		return fuzz.Message{Kind: spec.Request, Bytes: v.Append(make([]byte, 0, 16+59*len(v.SegmentDescriptors)))}
	case "SEGMENT_INFO_MESSAGE":
		v := m.segmentInfo()
		return fuzz.Message{Kind: spec.Request, Bytes: v.Append(make([]byte, 0, 32+v.SegmentInformation.size()))}
	case responseMessage:
		return fuzz.Message{Kind: spec.Response, Bytes: []byte{0, 0, 0, 1, byte(c.Uint64N(2))}}
	case "CONTENT_INFORMATION_V1":
		v := m.contentV1(false)
		return fuzz.Message{Kind: spec.Content, Bytes: v.Append(make([]byte, 0, v.size()))}
	case "CONTENT_INFORMATION_V2":
		v := m.contentV2()
		return fuzz.Message{Kind: spec.Content, Bytes: v.Append(make([]byte, 0, v.size()))}
	}
	panic("generate: there is no " + message)
}

// Simplest returns the smallest message of a name that breaks no rule: Port 80,
// one descriptor, one segment of one byte, and zeros. It panics where the name
// is not one of [Messages].
func Simplest(message string) fuzz.Message {
	return ValidMessage(newStream(0), message)
}

// ValidDescriptor returns a SegmentDescriptor that breaks no rule.
func ValidDescriptor(c Choices) Descriptor {
	m := maker{c: c}
	return m.descriptor()
}

// Number returns an integer of 16, 32 or 64 bits: often an end of its range, of
// that of its bytes, or of its sign.
func Number(c Choices, bits int) uint64 {
	switch bits {
	case 16:
		return number(c, ends16, 1<<16-1)
	case 32:
		return number(c, ends32, 1<<32-1)
	}
	return number(c, ends64, 1<<64-1)
}

// A maker makes valid structures.
type maker struct {
	c      Choices
	pool   []byte // what the byte strings are views of
	serial uint64 // not 0: each byte string is unlike all others, without a choice
}

// bytes returns n bytes of any value.
func (m *maker) bytes(n int) []byte {
	b := m.room(n)
	m.fill(b)
	return b
}

// fill writes any bytes to b.
func (m *maker) fill(b []byte) {
	if m.serial != 0 {
		scatter(m.serial, b)
		m.serial++
		return
	}
	fill(m.c, b)
}

// room returns n bytes of the pool.
func (m *maker) room(n int) []byte {
	if cap(m.pool)-len(m.pool) < n {
		m.pool = make([]byte, 0, max(n, 256))
	}
	at := len(m.pool)
	m.pool = m.pool[:at+n]
	return m.pool[at : at+n : at+n]
}

// padding fills b, of which the receiver ignores all, with zeros half the time.
func (m *maker) padding(b []byte) {
	if m.serial != 0 || oneIn(m.c, 2) {
		m.fill(b)
	}
}

var ports = []uint64{80, 443, 8080, 1, 0xFF, 0x100, 0x5000, 0x7FFF, 0x8000, 0xFFFF}

// envelope returns an Envelope of a type, in the type's own version.
func (m *maker) envelope(t uint16) Envelope {
	e := Envelope{MajorVersion: 1, Type: t, Port: uint16(pick(m.c, ports))}
	if t == 3 {
		e.MajorVersion = 2
	}
	if oneIn(m.c, 4) {
		e.Port = uint16(within(m.c, 1, 0xFFFF))
	}
	m.padding(e.HeaderPadding[:])
	m.padding(e.ConnectionPadding[:])
	return e
}

// Lengths of hashes in bytes, and the dwHashAlgo of each.
var (
	hashLens   = []int{32, 48, 64}
	hashValues = []uint32{0x800C, 0x800D, 0x800E}
)

func (m *maker) initialOffer() InitialOffer {
	return InitialOffer{m.envelope(1), m.bytes(pick(m.c, hashLens))}
}

func (m *maker) segmentInfo() SegmentInfo {
	return SegmentInfo{m.envelope(2), m.contentTag(), m.contentV1(true)}
}

// knownTags are the well-known content tags (MS-PCHC appendix A <9>).
var knownTags = spec.ContentTags()

// contentTag returns 16 bytes, often a known tag.
func (m *maker) contentTag() []byte {
	tag := m.room(16)
	if n := m.c.Uint64N(uint64(len(knownTags)) + 4); n >= 4 {
		copy(tag, knownTags[n-4].Tag)
	} else {
		m.fill(tag)
	}
	return tag
}

// maxDescriptors is the most that a batch may have (MS-PCHC 2.2.1.5).
const maxDescriptors = 128

// descriptorCount returns 1 to 128: mostly few, often just as many as there may be.
func (m *maker) descriptorCount() int {
	switch n := m.c.Uint64N(16); n {
	case 15:
		return int(within(m.c, 1, maxDescriptors))
	case 14:
		return maxDescriptors - int(m.c.Uint64N(2))
	case 13, 12:
		return int(within(m.c, 1, 16))
	default:
		return 1 + int(n%4)
	}
}

// apart is how many elements of a list are decided on one by one.
const apart = 4

func (m *maker) batchedOffer(n int) BatchedOffer {
	v := BatchedOffer{Envelope: m.envelope(3), SegmentDescriptors: make([]Descriptor, n)}
	m.pool = make([]byte, 0, 48*n)
	for i := range v.SegmentDescriptors {
		if i == apart {
			defer m.alone()()
		}
		v.SegmentDescriptors[i] = m.descriptor()
	}
	return v
}

// alone makes m decide by a stream of its own, until the function that it
// returns is called.
func (m *maker) alone() (until func()) {
	c := m.c
	m.c = newStream(c.Uint64N(1 << 32))
	return func() { m.c = c }
}

// sizes are usual and unusual lengths of blocks and segments.
var sizes = append([]uint64{65536, 131072, 33554432, 4096}, ends32...)

func (m *maker) descriptor() Descriptor {
	return Descriptor{
		BlockSize:        uint32(number(m.c, sizes, 1<<32-1)),
		SegmentSize:      uint32(number(m.c, sizes, 1<<32-1)),
		SizeOfContentTag: 16,
		ContentTag:       m.contentTag(),
		HashAlgorithm:    uint8(1 + 3*m.c.Uint64N(2)),
		SegmentHoHoDk:    m.bytes(32),
	}
}
