package generate

import (
	"encoding/binary"
	"iter"
	"math/bits"
	"slices"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

// Systematic is a sweep through the messages of a kind: some thousands, each with
// one feature that the others lack. It is the same each time, has no duplicates,
// and the most revealing messages come first:
//
//   - the simplest messages, and samples in which no two byte strings are alike;
//   - violations of each of [Rules], in every variant;
//   - every field with the boundary values of its size, in both byte orders,
//     including counts and lengths whose product with a size overflows;
//   - content ranges that begin and end at borders of blocks and segments;
//   - every number of descriptors from 1 to 130, and many numbers of segments,
//     blocks and chunks;
//   - elements dropped, repeated and exchanged; messages truncated at every byte,
//     and with trailing bytes;
//   - violations of each rule in the first, the middle and the last element;
//   - every value of the bytes of versions, types and algorithms;
//   - of messages in XML, elements, attributes and texts dropped, repeated, exchanged and
//     written in other ways, and deep, wide and long ones; the characters next to the ends
//     of each range that XML has, and messages that end within a reference or a tag;
//   - two violations at a time: the first counts.
//
// Most are small, but not all: 512 blocks take 32 KiB.
func Systematic(kind spec.Kind) iter.Seq[fuzz.Message] {
	return func(yield func(fuzz.Message) bool) {
		if len(Messages(kind)) == 0 {
			return
		}
		s := sweep{kind: kind, yield: yield, seen: make(map[string]bool), done: make(map[string]bool)}
		samples := samples(kind)
		for _, name := range Messages(kind) {
			s.try(Simplest(name).Bytes)
		}
		for _, b := range samples {
			s.try(b)
		}
		s.rules(1)
		if kind == spec.Discovery {
			s.discovery(samples)
			return
		}
		for _, b := range samples {
			s.fields(b)
		}
		for _, b := range samples {
			s.wrongAndCut(b)
		}
		s.ranges()
		s.counts()
		for _, b := range samples {
			s.elements(b)
			s.ends(b)
		}
		s.rules(places)
		for _, b := range samples {
			s.bytes(b)
		}
	}
}

// A sweep yields messages until the loop over them ends.
type sweep struct {
	kind    spec.Kind
	yield   func(fuzz.Message) bool
	seen    map[string]bool // messages so far
	done    map[string]bool // see first
	stopped bool
}

// try yields b, unless it was yielded before. b is not changed afterwards.
func (s *sweep) try(b []byte) {
	if s.stopped || s.seen[string(b)] {
		return
	}
	s.seen[string(b)] = true
	s.stopped = !s.yield(fuzz.Message{Kind: s.kind, Bytes: b})
}

// tryWith yields a copy of b with v at an offset.
func (s *sweep) tryWith(b []byte, at int, v []byte) {
	b = slices.Clone(b)
	copy(b[at:], v)
	s.try(b)
}

// first reports whether it is called with that for the first time.
func (s *sweep) first(what string) bool {
	if s.done[what] {
		return false
	}
	s.done[what] = true
	return true
}

// steered returns the answers in turn, then 0.
type steered struct{ answers []uint64 }

func (s *steered) Uint64N(n uint64) uint64 {
	if len(s.answers) == 0 {
		return 0
	}
	a := s.answers[0]
	s.answers = s.answers[1:]
	return min(a, n-1)
}

// rules yields every variant of every corruption, at so many places.
func (s *sweep) rules(places int) {
	for i := range corruptions {
		r := &corruptions[i]
		if !slices.Contains(Kinds(r.rule), s.kind) {
			continue
		}
		for variant := range r.variants {
			for place := range places {
				if s.stopped {
					return
				}
				if m := r.message(new(steered), s.kind, variant, place); m.Kind == s.kind {
					s.try(m.Bytes)
				}
			}
		}
	}
}

// lists calls f with every list in n.
func lists(n *spec.Node, f func(n *spec.Node)) {
	if n.Form == spec.List {
		f(n)
	}
	for i := range n.Children {
		lists(&n.Children[i], f)
	}
}

// wraps are counts whose product with the size of an element, a hash of 32, 48 or
// 64 bytes or a segment description, is small or negative in 32 bits, and lengths
// that are negative as signed numbers.
var wraps = []uint64{
	1 << 27, 1<<27 + 1, 1<<28 + 1, 1 << 26, 1<<26 + 1, 1 << 25, 1 << 24, // by 32, 48 and 80, 64
	0x33333334, 0x0AAAAAAB, 0x05555556, 0x03C3C3C4, 0x01C71C72, 0x02492493, // the first products above 32 bits
	0x0199999A, 0x01E1E1E2, 0x02AAAAAB, // and above 31
	1<<32 - 52, 1<<32 - 68, 1<<32 - 5, 1<<32 - 4, 1<<32 - 36, 68, 136, 204, 512, 513, 65535,
}

// fields changes every field of b, one at a time.
func (s *sweep) fields(b []byte) {
	d := spec.Dissect(s.kind, b)
	again := !s.first(d.Message)
	for _, n := range d.Root.Leaves() {
		if again && s.kind == spec.Request && n.Offset < 16 {
			continue // the envelope was done with the first sample
		}
		size := len(n.Raw())
		if n.Form != spec.Integer {
			for _, v := range []byte{0, 0xFF, 0x80} {
				s.tryWith(b, n.Offset, slices.Repeat([]byte{v}, size))
			}
			if size == 16 {
				for _, t := range knownTags {
					s.tryWith(b, n.Offset, []byte(t.Tag))
				}
			}
			continue
		}
		v := n.Value
		values := []uint64{v + 1, v - 1, swapped(v, 8*size), v << 1, v >> 1, v << 8, v | 1<<(8*size-1)}
		switch size {
		case 1, 2:
			values = append(values, ends16...)
		case 4:
			values = append(append(values, ends32...), wraps...)
		default:
			values = append(values, ends64...)
		}
		for _, v := range values {
			var raw [8]byte
			for i := range size {
				raw[i] = byte(v >> (8 * i))
			}
			s.tryWith(b, n.Offset, raw[:size])
			slices.Reverse(raw[:size])
			s.tryWith(b, n.Offset, raw[:size])
		}
	}
	// All integers in the other byte order.
	other := slices.Clone(b)
	for _, n := range d.Root.Leaves() {
		if n.Form == spec.Integer {
			slices.Reverse(other[n.Offset : n.Offset+len(n.Raw())])
		}
	}
	s.try(other)
}

// resized yields b, whose length was changed, as it is; and with its new length in it,
// if messages of the kind have that: otherwise decoders read no further. sample is
// what it was.
func (s *sweep) resized(b, sample []byte) {
	s.try(b)
	switch s.kind {
	case spec.RetrievalRequest, spec.RetrievalResponse:
		s.try(measure(fuzz.Message{Kind: s.kind, Bytes: slices.Clone(b)}).Bytes)
	case spec.HashResponse:
		head := 16
		if spec.Dissect(s.kind, sample).Root.Section == "MS-SMB2 2.2.32.4.3" {
			head = 24
		}
		if len(b) >= head {
			b = slices.Clone(b)
			binary.LittleEndian.PutUint32(b[head-8:], uint32(len(b)-head))
			s.try(b)
		}
	}
}

// wrongAndCut makes an integer wrong, and ends b behind it, or one byte before the end
// of the next field.
func (s *sweep) wrongAndCut(b []byte) {
	d := spec.Dissect(s.kind, b)
	wrong := 0 // the integer before is at this offset
	size := 0
	for _, n := range d.Root.Leaves() {
		if end := n.Offset + len(n.Raw()); size > 0 && len(n.Raw()) > 0 {
			cut := slices.Clone(b)
			for i := range size {
				cut[wrong+i] = 0xFF
			}
			s.resized(cut[:n.Offset:n.Offset], b)
			s.resized(cut[:end-1:end-1], b)
		}
		if wrong, size = n.Offset, len(n.Raw()); n.Form != spec.Integer || !s.first("cut "+d.Message+n.Name) {
			size = 0
		}
	}
}

// elements drops, repeats and exchanges elements of b without adjusting counts.
func (s *sweep) elements(b []byte) {
	lists(&spec.Dissect(s.kind, b).Root, func(list *spec.Node) {
		for i := range list.Children {
			e := &list.Children[i]
			end := e.Offset + len(e.Raw())
			s.resized(slices.Delete(slices.Clone(b), e.Offset, end), b)
			s.resized(slices.Insert(slices.Clone(b), end, e.Raw()...), b)
			if i > 0 && len(list.Children[i-1].Raw()) == len(e.Raw()) {
				exchanged := slices.Clone(b)
				copy(exchanged[e.Offset:], list.Children[i-1].Raw())
				copy(exchanged[list.Children[i-1].Offset:], e.Raw())
				s.try(exchanged)
			}
		}
	})
}

// ends truncates b at every byte, and appends bytes.
func (s *sweep) ends(b []byte) {
	for n := len(b) - 1; n >= 0; n-- {
		s.resized(b[:n:n], b)
	}
	for _, v := range []byte{0, 1, 0xFF} {
		for _, n := range []int{1, 2, 4, 16, 32, 59, 68, 80} {
			s.resized(append(slices.Clone(b), slices.Repeat([]byte{v}, n)...), b)
		}
	}
	s.resized(slices.Concat(b, b), b)
}

// bytes tries all values of each byte of the integers that have few valid values.
func (s *sweep) bytes(b []byte) {
	d := spec.Dissect(s.kind, b)
	for _, n := range d.Root.Leaves() {
		switch n.Name {
		case "MinorVersion", "MajorVersion", "Type", "SizeOfContentTag", "HashAlgorithm", "Size", "ResponseCode",
			"Version", "dwHashAlgo", "bMinorVersion", "bMajorVersion", "bHashAlgo", "bChunkType",
			"MsgType", "CryptoAlgoId", "HashType", "HashVersion", "HashRetrievalType", "Dirty":
		default:
			continue
		}
		where := d.Message
		if s.kind == spec.RetrievalRequest || s.kind == spec.RetrievalResponse {
			where = "" // they are in the header of each message
		}
		if !s.first(where + n.Name) { // the first element will do
			continue
		}
		for i := range n.Raw() {
			for v := range 256 {
				s.tryWith(b, n.Offset+i, []byte{byte(v)})
			}
		}
	}
}

// around returns numbers from low to high: all up to few, then those next to powers
// of two and to high.
func around(low, few, high int) (numbers []int) {
	for n := low; n <= high; n++ {
		if n <= few || n >= high-2 || bits.OnesCount(uint(n-1)) == 1 || bits.OnesCount(uint(n)) == 1 || bits.OnesCount(uint(n+1)) == 1 {
			numbers = append(numbers, n)
		}
	}
	return numbers
}
