package generate

import (
	"slices"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

// The names of the messages, the simplest first.
var (
	requests = []string{"INITIAL_OFFER_MESSAGE", "BATCHED_OFFER_MESSAGE", "SEGMENT_INFO_MESSAGE"}
	contents = []string{"CONTENT_INFORMATION_V1", "CONTENT_INFORMATION_V2"}
)

const responseMessage = "RESPONSE_MESSAGE"

// messages are the names of each kind.
var messages = map[spec.Kind][]string{
	spec.Request:           requests,
	spec.Response:          {responseMessage},
	spec.Content:           contents,
	spec.HashRequest:       {hashRequest},
	spec.HashResponse:      {hashResponse},
	spec.RetrievalRequest:  retrievalRequests,
	spec.RetrievalResponse: retrievalResponses,
	spec.Discovery:         discoveryMessages,
}

// Messages returns the names of all messages of a kind, none for
// [spec.ContentV1], [spec.ContentV2] and undefined kinds.
func Messages(kind spec.Kind) []string { return slices.Clone(messages[kind]) }

// Valid returns a message of a kind that violates no format or sender rule. The
// messages cover everything that the specification allows, the ends of each range
// above all; most are small. It panics if there are no [Messages] of that kind.
func Valid(c Choices, kind spec.Kind) fuzz.Message {
	names := messages[kind]
	if len(names) == 1 {
		return ValidMessage(c, names[0])
	}
	return ValidMessage(c, pick(c, names))
}

// ValidMessage is [Valid] for one of [Messages], and panics for other names.
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
	case hashRequest:
		v := m.readHashRequest()
		return v.message()
	case hashResponse:
		v := m.readHashResponse()
		return v.message()
	case "Probe", "ProbeMatches":
		return m.discovery(message).message()
	}
	if v := m.retrievalMessage(message); v != nil {
		return measured(v)
	}
	panic("generate: unknown message " + message)
}

// Simplest returns the smallest of one of [Messages] that violates no rule: Port
// 80, one descriptor, one segment of one byte, no blocks, and zeros. It panics for
// other names.
func Simplest(message string) fuzz.Message {
	return ValidMessage(newStream(0), message)
}

// ValidDescriptor returns a SegmentDescriptor that violates no rule.
func ValidDescriptor(c Choices) Descriptor {
	m := maker{c: c}
	return m.descriptor()
}

// Number returns an integer of 16, 32 or 64 bits, often a boundary value of its
// range, its bytes or its sign.
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
	pool   []byte // memory for the byte strings
	serial uint64 // not 0: byte strings are all different, and take no choice
}

// bytes returns n arbitrary bytes.
func (m *maker) bytes(n int) []byte {
	b := m.room(n)
	m.fill(b)
	return b
}

// fill fills b with arbitrary bytes.
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

// padding fills b, which receivers ignore: with zeros half the time.
func (m *maker) padding(b []byte) {
	if m.serial != 0 || oneIn(m.c, 2) {
		m.fill(b)
	}
}

var ports = []uint64{80, 443, 8080, 1, 0xFF, 0x100, 0x5000, 0x7FFF, 0x8000, 0xFFFF}

// envelope returns an Envelope of a type, in its version.
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

// maxDescriptors is the maximum of a batch (MS-PCHC 2.2.1.5).
const maxDescriptors = 128

// descriptorCount returns 1 to 128: mostly few, often the maximum.
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

// individual is how many elements of a list take choices one by one.
const individual = 4

func (m *maker) batchedOffer(n int) BatchedOffer {
	v := BatchedOffer{Envelope: m.envelope(3), SegmentDescriptors: make([]Descriptor, n)}
	m.pool = make([]byte, 0, 48*n)
	for i := range v.SegmentDescriptors {
		if i == individual {
			defer m.useStream()()
		}
		v.SegmentDescriptors[i] = m.descriptor()
	}
	return v
}

// useStream makes all further choices from one, until the function that it
// returns is called.
func (m *maker) useStream() (until func()) {
	c := m.c
	m.c = newStream(c.Uint64N(1 << 32))
	return func() { m.c = c }
}

// sizes are usual and unusual lengths of blocks and segments.
var sizes = append([]uint64{65536, 131072, 33554432, 4096}, ends32...)

func (m *maker) descriptor() Descriptor {
	d := Descriptor{
		BlockSize:        uint32(max(1, number(m.c, sizes, 1<<32-1))),
		SegmentSize:      uint32(max(1, number(m.c, sizes, 1<<32-1))),
		SizeOfContentTag: 16,
		ContentTag:       m.contentTag(),
		HashAlgorithm:    uint8(1 + 3*m.c.Uint64N(2)),
		SegmentHoHoDk:    m.bytes(32),
	}
	// The one block of a short segment of version 1.0 is called as long as any.
	if d.BlockSize > d.SegmentSize && !(d.BlockSize == blockSize && d.HashAlgorithm == 1) {
		d.BlockSize, d.SegmentSize = d.SegmentSize, d.BlockSize
	}
	return d
}
