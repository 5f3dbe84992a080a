package mutate

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/spec"
)

// on returns a mutation of m that has not begun.
func on(seed uint64, m, other fuzz.Message) *mutation {
	return &mutation{c: rand.New(rand.NewPCG(4, seed)), m: m, other: other, buf: bytes.Clone(m.Bytes)}
}

// Every kind of step is chosen from, and changes what it can change.
func TestSteps(t *testing.T) {
	batch := generate.BatchedOffer{Envelope: generate.Envelope{MajorVersion: 2, Type: 3, Port: 80}}
	for i := range byte(3) {
		batch.SegmentDescriptors = append(batch.SegmentDescriptors, generate.Descriptor{
			BlockSize: 1, SegmentSize: 2, SizeOfContentTag: 16, ContentTag: bytes.Repeat([]byte{i}, 16),
			HashAlgorithm: 1, SegmentHoHoDk: bytes.Repeat([]byte{i}, 32),
		})
	}
	list := func(n int, v byte) generate.BlocksV1 {
		return generate.BlocksV1{CBlocks: uint32(n), BlockHashes: bytes.Repeat([]byte{v}, 32*n)}
	}
	segment := generate.SegmentV1{CbSegment: 1, SegmentHashOfData: make([]byte, 32), SegmentSecret: make([]byte, 32)}
	v1 := generate.ContentV1{
		Version: 0x0100, DwHashAlgo: 0x800C, CSegments: 2,
		Segments: []generate.SegmentV1{segment, segment}, Blocks: []generate.BlocksV1{list(2, 1), list(3, 2)},
	}
	structured := []fuzz.Message{
		{Kind: spec.Request, Bytes: batch.Append(nil)},
		{Kind: spec.Content, Bytes: v1.Append(nil)},
		generate.Simplest("CONTENT_INFORMATION_V2"),
	}
	for s := range numSteps {
		if !slices.Contains(steps[:], s) {
			t.Errorf("step %d is never chosen", s)
		}
		changed := 0
		for seed := range uint64(300) {
			m := structured[seed%3]
			mut := on(seed, m, structured[seed/3%3])
			if mut.take(s) && !bytes.Equal(mut.bytes(), m.Bytes) {
				changed++
			}
		}
		if changed < 20 {
			t.Errorf("step %d changed %d of 300 messages", s, changed)
		}
	}
}

// after takes a step with many seeds, and reports whether one of the results
// is as wanted.
func after(s step, m, other fuzz.Message, want func(b []byte) bool) bool {
	for seed := range uint64(3000) {
		if mut := on(seed, m, other); mut.take(s) && want(mut.bytes()) {
			return true
		}
	}
	return false
}

// What the steps are for comes out of them.
func TestWhatStepsDo(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 1))
	one := generate.Simplest("BATCHED_OFFER_MESSAGE")
	three := generate.BatchedOffer{Envelope: generate.Envelope{MajorVersion: 2, Type: 3, Port: 80}}
	for range 3 {
		three.SegmentDescriptors = append(three.SegmentDescriptors, generate.ValidDescriptor(r))
	}
	batch := fuzz.Message{Kind: spec.Request, Bytes: three.Append(nil)}
	content := generate.Simplest("CONTENT_INFORMATION_V1")
	chunks := generate.Simplest("CONTENT_INFORMATION_V2")
	chunks.Bytes = append(chunks.Bytes, chunks.Bytes[31:]...)
	chunks.Bytes[31+5+3] ^= 1 // the two differ
	chunks3 := fuzz.Message{Kind: spec.Content, Bytes: append(bytes.Clone(chunks.Bytes), chunks.Bytes[31:31+73]...)}
	chunks3.Bytes[31+2*73+5+3] ^= 2
	length := func(n int) func([]byte) bool { return func(b []byte) bool { return len(b) == n } }
	equals := func(want []byte) func([]byte) bool { return func(b []byte) bool { return bytes.Equal(b, want) } }
	broken := func(kind spec.Kind, rule string) func([]byte) bool {
		return func(b []byte) bool {
			d := spec.Dissect(kind, b)
			return len(d.Violations) == 1 && d.Violations[0].Rule == rule
		}
	}
	nego, get, list, blk := generate.Simplest("MSG_NEGO_REQ"), generate.Simplest("MSG_GETBLKS"), generate.Simplest("MSG_GETSEGLIST"), generate.Simplest("MSG_BLK")
	ask, answer := generate.Simplest("SRV_READ_HASH_REQUEST"), generate.Simplest("SRV_READ_HASH_RESPONSE")
	file := generate.ReadHashResponse{HashHeader: &generate.HashHeader{HashType: 1, HashVersion: 1, SourceFileNameLength: 2, SourceFileName: []byte("ab"),
		HashBlobOffset: 38, HashBlobLength: uint32(len(content.Bytes))}, Content: content.Bytes, BufferLength: uint32(38 + len(content.Bytes))}
	named := fuzz.Message{Kind: spec.HashResponse, Bytes: file.Append(nil)}
	aged := fuzz.Message{Kind: list.Kind, Bytes: append(bytes.Clone(list.Bytes[:len(list.Bytes)-4]), 0, 0, 0, 4, 0, 1, 3, 0)}
	swapped := bytes.Clone(batch.Bytes)
	copy(swapped[16:], batch.Bytes[16+59:16+118])
	copy(swapped[16+59:], batch.Bytes[16:16+59])
	for _, test := range []struct {
		name     string
		step     step
		m, other fuzz.Message
		want     func(b []byte) bool
	}{
		{"the most descriptors", repeat, one, one, length(16 + 128*59)},
		{"a descriptor too many", repeat, one, one, broken(spec.Request, "PCHC-2.2.1.5-MaxDescriptors")},
		{"512 block hashes and their count", repeat, content, content, func(b []byte) bool {
			return len(b) == 18+80+4+512*32 && b[99] == 2 && b[98] == 0
		}},
		{"no descriptors", drop, one, one, broken(spec.Request, "PCHC-2.2.1.5-MinDescriptors")},
		{"the first descriptor gone", drop, batch, one, equals(append(bytes.Clone(batch.Bytes[:16]), batch.Bytes[16+59:]...))},
		{"descriptors exchanged", exchange, batch, one, equals(swapped)},
		{"a descriptor of another batch", splice, one, batch, func(b []byte) bool {
			return len(b) == 16+2*59 && bytes.Contains(b, batch.Bytes[16:16+59])
		}},
		{"another SizeOfContentTag, and as many bytes", resize, one, one, broken(spec.Request, "PCHC-2.2.1.5-SizeOfContentTag")},
		{"a count that wraps", count, content, one, func(b []byte) bool { return b[98] == 1 && b[101] == 8 }},
		{"a chunk gone", dropList, chunks, one, length(len(chunks.Bytes) - 73)},
		{"a chunk twice", repeatList, chunks, one, length(len(chunks.Bytes) + 73)},
		{"chunks exchanged", exchangeLists, chunks, one, func(b []byte) bool {
			return bytes.Equal(b[31:31+73], chunks.Bytes[31+73:]) && bytes.Equal(b[31+73:], chunks.Bytes[31:31+73])
		}},
		{"the last descriptor before the first too", repeat, batch, one,
			equals(slices.Concat(batch.Bytes[:16], batch.Bytes[16+2*59:], batch.Bytes[16:]))},
		{"the outer ones of three chunks exchanged", exchangeLists, chunks3, one,
			equals(slices.Concat(chunks3.Bytes[:31], chunks3.Bytes[31+2*73:], chunks3.Bytes[31+73:31+2*73], chunks3.Bytes[31:31+73]))},
		{"half a descriptor", truncate, one, one, broken(spec.Request, "PCHC-2.2.1.5-Truncated")},
		{"padding", extend, content, one, broken(spec.Content, "PCCRC-2.3-Padding")},
		{"another message's descriptors", crossOver, one, batch, equals(append(bytes.Clone(one.Bytes[:16]), batch.Bytes[16:]...))},
		{"another type", retype, one, one, func(b []byte) bool { return string(b[:4]) == "\x00\x01\x00\x01" }},
		{"another algorithm", retype, content, one, func(b []byte) bool { return b[2] == 0x0E }},
		{"Port turned around", byteOrder, one, one, func(b []byte) bool { return b[8] == 80 && b[9] == 0 }},
		{"another HashAlgorithm", value, one, one, broken(spec.Request, "PCHC-2.2.1.5-HashAlgorithm")},
		{"a bit", havoc, one, one, func(b []byte) bool {
			n := 0
			for i := range min(len(b), len(one.Bytes)) {
				if b[i] != one.Bytes[i] {
					n++
				}
			}
			return n == 1
		}},
		{"a word written over others", dictionary, one, one, func(b []byte) bool {
			return bytes.Contains(b, []byte("WinINet")) && len(b) == len(one.Bytes)
		}},
		{"another type of retrieval request", retype, nego, one, func(b []byte) bool { return bytes.Equal(b[:8], []byte{0, 0, 0, 2, 0, 0, 0, 6}) }},
		{"another type of retrieval response", retype, blk, one, func(b []byte) bool { return bytes.Equal(b[4:12], []byte{0, 0, 0, 1, 0, 0, 0, 4}) }},
		{"a shorter segment, and its size", drop, get, one, func(b []byte) bool { return len(b) == len(get.Bytes)-4 && b[19] == 28 }},
		{"a second range, and its count", repeat, get, one, func(b []byte) bool {
			return len(b) == len(get.Bytes)+8 && b[16+36+3] == 2
		}},
		{"another number of segments", value, list, one, func(b []byte) bool { return b[35] == 2 && len(b) == len(list.Bytes) }},
		{"a blob of another version", value, aged, one, func(b []byte) bool { return len(b) == len(aged.Bytes) }},
		{"another kind of hash", value, ask, one, broken(spec.HashRequest, "SMB2-2.2.31.2-HashType")},
		{"an older version in the other form", value, answer, one, func(b []byte) bool { return len(b) == len(answer.Bytes) && b[16+4] == 2 }},
		{"a longer file name, and its size", repeat, named, one, func(b []byte) bool {
			return len(b) == len(named.Bytes)+1 && b[16+34] == 3
		}},
		{"a word inserted", dictionary, one, one, func(b []byte) bool {
			return bytes.Contains(b, []byte("WinINet")) && len(b) == len(one.Bytes)+16
		}},
	} {
		if !after(test.step, test.m, test.other, test.want) {
			t.Errorf("%s: never", test.name)
		}
	}
}

// The length that a message has in itself is right most of the time after a mutation
// that changes it, and otherwise wrong.
func TestSettle(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 2))
	hash := generate.ReadHashResponse{FileBased: true, BufferLength: 2, Content: []byte{0, 2}}
	for name, test := range map[string]struct {
		m     fuzz.Message
		right func(b []byte) bool
	}{
		"MSG_GETBLKS": {generate.Simplest("MSG_GETBLKS"), func(b []byte) bool {
			return len(b) >= 12 && int(binary.BigEndian.Uint32(b[8:])) == len(b)
		}},
		"MSG_BLK": {generate.Simplest("MSG_BLK"), func(b []byte) bool {
			return len(b) >= 16 && int(binary.BigEndian.Uint32(b)) == len(b)-4 && int(binary.BigEndian.Uint32(b[12:])) == len(b)-4
		}},
		"hash based": {generate.Simplest("SRV_READ_HASH_RESPONSE"), func(b []byte) bool {
			return len(b) >= 16 && int(binary.LittleEndian.Uint32(b[8:])) == len(b)-16
		}},
		"file based": {fuzz.Message{Kind: spec.HashResponse, Bytes: hash.Append(nil)}, func(b []byte) bool {
			return len(b) >= 24 && int(binary.LittleEndian.Uint32(b[16:])) == len(b)-24
		}},
	} {
		right, n := 0, 4000
		for range n {
			if test.right(Append(nil, r, test.m, test.m)) {
				right++
			}
		}
		if right < n/2 || right > n*19/20 {
			t.Errorf("%s: right in %d of %d mutations", name, right, n)
		}
	}
}

// The shape of a message trusts no count.
func TestShape(t *testing.T) {
	m := generate.Simplest("CONTENT_INFORMATION_V1")
	for _, n := range []byte{0, 1, 2, 0xFF} {
		copy(m.Bytes[14:], []byte{n, 0, 0, n})
		var s shape
		s.scan(m.Kind, m.Bytes)
		for i := range s.n {
			if l := s.lists[i]; l.end() > len(m.Bytes) {
				t.Errorf("%d segments: a list ends at %d of %d bytes", n, l.end(), len(m.Bytes))
			}
		}
	}
	for name, want := range map[string]int{
		"INITIAL_OFFER_MESSAGE": 0, "BATCHED_OFFER_MESSAGE": 1, "SEGMENT_INFO_MESSAGE": 2, "RESPONSE_MESSAGE": 0,
		"CONTENT_INFORMATION_V1": 2, "CONTENT_INFORMATION_V2": 1,
		"MSG_NEGO_REQ": 0, "MSG_GETBLKLIST": 2, "MSG_GETBLKS": 3, "MSG_GETSEGLIST": 2,
		"MSG_NEGO_RESP": 0, "MSG_BLKLIST": 2, "MSG_BLK": 4, "MSG_SEGLIST": 2,
		"SRV_READ_HASH_REQUEST": 0, "SRV_READ_HASH_RESPONSE": 3,
	} {
		var s shape
		if s.of(generate.Simplest(name)); s.n != want {
			t.Errorf("%s has %d lists, want %d", name, s.n, want)
		}
	}
}

// What is behind the last block list is no list.
func TestShapePadding(t *testing.T) {
	m := generate.Simplest("CONTENT_INFORMATION_V1")
	m.Bytes = append(m.Bytes, m.Bytes[18+80:]...)
	var s shape
	if s.of(m); s.n != 2 {
		t.Errorf("%d lists, want 2", s.n)
	}
}

func TestWords(t *testing.T) {
	if n := len(words()); n < 50 {
		t.Errorf("the dictionary has %d words", n)
	}
}
