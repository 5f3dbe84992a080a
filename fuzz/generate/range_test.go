package generate_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/internal/testutil"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// Rules are the format and sender rules of the catalogue that a dissection
// reports, in its order, but for those that no message shows.
func TestRules(t *testing.T) {
	var want []string
	for _, r := range spec.Requirements() {
		unseen := []string{"PCHC-2.2.2.2-Interested", "PCCRC-2.4-bMajorVersion", "SMB2-2.2.32.4.3-Truncated"}
		if r.CheckedBy.Dissected() && !slices.Contains(unseen, r.ID) {
			want = append(want, r.ID)
		}
	}
	if got := generate.Rules(); !slices.Equal(got, want) {
		t.Errorf("rules are\n%q, want\n%q", got, want)
	}
	for _, rule := range want {
		for _, c := range generate.ImpliedViolations(rule) {
			if c == rule || !slices.Contains(want, c) {
				t.Errorf("%s implies %s", rule, c)
			}
		}
	}
}

// Whatever the choices, what has no name is refused.
func TestUnknownNames(t *testing.T) {
	for name, call := range map[string]func(){
		"message": func() { generate.Simplest("UNKNOWN") },
		"rule":    func() { generate.Broken(rand.New(rand.NewPCG(1, 1)), "PCHC-2.2.2.2-Interested") },
		"kind":    func() { generate.BrokenAs(rand.New(rand.NewPCG(1, 1)), spec.Response, "PCHC-2.2.1.2-Port") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("an unknown %s was taken", name)
				}
			}()
			call()
		}()
	}
	if generate.Messages(spec.ContentV1) != nil {
		t.Error("there are messages of a kind that no message has")
	}
}

// The simplest messages are as small as can be, and have nothing but zeros in
// what may be anything.
func TestSimplest(t *testing.T) {
	lengths := map[string]int{
		"INITIAL_OFFER_MESSAGE": 48, "BATCHED_OFFER_MESSAGE": 75, "SEGMENT_INFO_MESSAGE": 32 + 18 + 80 + 36,
		"RESPONSE_MESSAGE": 5, "CONTENT_INFORMATION_V1": 18 + 80 + 36, "CONTENT_INFORMATION_V2": 31 + 5 + 68,
		"MSG_NEGO_REQ": 24, "MSG_GETBLKLIST": 64, "MSG_GETBLKS": 68, "MSG_GETSEGLIST": 40 + 36,
		"MSG_NEGO_RESP": 28, "MSG_BLKLIST": 64, "MSG_BLK": 76, "MSG_SEGLIST": 44,
		"Probe": 814, "ProbeMatches": 1263,
		"SRV_READ_HASH_REQUEST": 24, "SRV_READ_HASH_RESPONSE": 16 + 36 + 18 + 80 + 36,
	}
	n := 0
	for _, kind := range kinds {
		for _, name := range generate.Messages(kind) {
			n++
			m := generate.Simplest(name)
			d := m.Dissect()
			if d.Message != name || m.Kind != kind || len(m.Bytes) != lengths[name] || len(d.Violations) != 0 {
				t.Errorf("%s: %d bytes, %v: %s", name, len(m.Bytes), d.Violations, text(m))
			}
			r := read(m)
			for _, f := range []string{"Padding", "Hash", "ContentTag", "SegmentHoHoDk", "SegmentHashOfData", "SegmentSecret", "BlockHashes",
				"SegmentID", "RequestID", "CryptoAlgoId", "Block", "SourceFileName"} {
				for _, n := range r.nodes(f) {
					if nonZero(n.Raw()) {
						t.Errorf("%s: %s is %x", name, f, n.Raw())
					}
				}
			}
			if kind == spec.Request && r.value("Port") != 80 {
				t.Errorf("%s: Port is %d", name, r.value("Port"))
			}
		}
	}
	if n != len(lengths) {
		t.Errorf("%d messages, want %d", n, len(lengths))
	}
}

// Valid messages reach the ends of all that is valid.
func TestValidRange(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3))
	seen := make(map[string]bool)
	length, n := 0, 0
	for range 8000 {
		for _, kind := range kinds {
			m := read(generate.Valid(r, kind))
			length += len(m.Bytes)
			n++
			note := func(format string, args ...any) { seen[m.Dissection.Message+" "+fmt.Sprintf(format, args...)] = true }
			note("descriptors: %d", (len(m.Bytes)-16)/59)
			note("hash: %d", len(m.Bytes)-16)
			note("algorithm: %x", m.values("dwHashAlgo"))
			for _, f := range []string{"Port", "HashAlgorithm", "BlockSize", "SegmentSize", "ResponseCode", "cSegments", "cBlocks", "cbSegment", "ullOffsetInContent", "ullStartInContent", "ullLengthOfRange"} {
				for _, v := range m.values(f) {
					note("%s: %d", f, v)
				}
			}
			for _, p := range m.nodes("Padding") {
				note("padding: %x", p.Raw())
			}
			for _, p := range m.nodes("ContentTag") {
				note("tag: %s", p.Meaning)
			}
			note("chunks: %d", len(m.nodes("chunks")))
			note("segments: %d", len(m.nodes("chunkData")))
			if m.is(v1) || m.is(info) {
				size, offset, read := m.values("cbSegment"), m.value("dwOffsetInFirstSegment"), m.value("dwReadBytesInLastSegment")
				last := size[len(size)-1]
				if all := (last + 65535) / 65536; m.is(info) && m.value("cBlocks") == all {
					note("listed: all")
				} else if m.is(info) {
					note("listed: part")
				}
				note("range: offset %t, read %t, all %t", offset != 0, read != 0, read == last)
			}
		}
	}
	for message, wants := range map[string][]string{
		batch: {
			"descriptors: 1", "descriptors: 2", "descriptors: 3", "descriptors: 4", "descriptors: 127", "descriptors: 128",
			"Port: 1", "Port: 80", "Port: 65535", "HashAlgorithm: 1", "HashAlgorithm: 4", "BlockSize: 1", "BlockSize: 4294967295",
			"SegmentSize: 2147483648", "padding: 00000000", "padding: ffffffff", "padding: 000000000000", "padding: ffffffffffff",
			"tag: WinINet", "tag: WebIO", "tag: BITS-4.0", "tag: SMB", "tag: Other",
		},
		offer:              {"hash: 32", "hash: 48", "hash: 64"},
		"RESPONSE_MESSAGE": {"ResponseCode: 0", "ResponseCode: 1"},
		info: {
			"algorithm: [800c]", "algorithm: [800d]", "algorithm: [800e]", "cBlocks: 1", "cBlocks: 2", "cBlocks: 512",
			"cbSegment: 1", "cbSegment: 65535", "cbSegment: 65536", "cbSegment: 65537", "cbSegment: 33554432",
			"range: offset true, read true, all true", "range: offset true, read false, all false",
			"range: offset false, read true, all true", "range: offset false, read false, all false",
			"listed: part", "listed: all",
		},
		v1: {
			"algorithm: [800c]", "algorithm: [800d]", "algorithm: [800e]", "cBlocks: 1", "cBlocks: 511", "cBlocks: 512",
			"cSegments: 1", "cSegments: 2", "cSegments: 3", "cSegments: 4", "ullOffsetInContent: 4294967296", "ullOffsetInContent: 9223372036854775808",
			"range: offset true, read true, all true", "range: offset true, read true, all false", "range: offset true, read false, all false",
		},
		v2: {
			"chunks: 1", "chunks: 2", "chunks: 3", "chunks: 20", "segments: 1", "segments: 2", "cbSegment: 1", "cbSegment: 131072",
			"ullStartInContent: 4294967296", "ullLengthOfRange: 0", "ullLengthOfRange: 18446744073709551615",
		},
	} {
		for _, want := range wants {
			if !seen[message+" "+want] {
				t.Errorf("%s: never %s", message, want)
			}
		}
	}
	if length/n > 1500 {
		t.Errorf("%d bytes on average", length/n)
	}
}

// One batch in some dozens is full.
func TestFullBatches(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 9))
	full, n := 0, 2000
	for range n {
		if len(generate.ValidMessage(r, batch).Bytes) == 16+128*59 {
			full++
		}
	}
	if full < n/80 || full > n/10 {
		t.Errorf("%d of %d batches are full", full, n)
	}
}

// Broken counts are such that products with sizes wrap, among others.
func TestBrokenCounts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 10))
	faults := slices.DeleteFunc(contentV1Faults(v1), func(f fault) bool { return !strings.Contains(f.name, "cBlocks times") })
	if len(faults) != 3 {
		t.Fatalf("%d faults", len(faults))
	}
	for range 2000 {
		m := read(generate.Broken(r, "PCCRC-2.3.1.2-cBlocks"))
		faults = slices.DeleteFunc(faults, func(f fault) bool { return f.shows(m) })
	}
	if len(faults) != 0 {
		t.Errorf("%d faults do not show", len(faults))
	}
}

// Some Content Information 1.0 has the keys that its block hashes make.
func TestKeys(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 4))
	real, n := 0, 1000
	for range n {
		v, err := pccrc.DecodeV1(generate.ValidMessage(r, v1).Bytes)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range v.All() {
			hod, err := v.DwHashAlgo().AppendHash(nil, s.Blocks.BlockHashes())
			if err != nil {
				t.Fatal(err)
			}
			if slices.Equal(hod, s.SegmentHashOfData()) {
				real++
			}
		}
	}
	if real < n/100 {
		t.Errorf("%d of %d have a right SegmentHashOfData", real, n)
	}
}

// The encoder writes what it is given, however wrong.
func TestLies(t *testing.T) {
	lie := generate.BatchedOffer{
		Envelope: generate.Envelope{MinorVersion: 9, MajorVersion: 8, Type: 3, Port: 0x0102},
		SegmentDescriptors: []generate.Descriptor{
			{SizeOfContentTag: 0xFFFF, ContentTag: []byte{7}, HashAlgorithm: 0xEE, SegmentHoHoDk: []byte{5, 6}},
		},
		Rest: []byte{1},
	}
	want := "\x09\x08\x00\x03\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x00\x00" +
		"\x00\x00\x00\x00\x00\x00\x00\x00\xFF\xFF\x07\xEE\x05\x06\x01"
	if got := lie.Append([]byte("x")); string(got) != "x"+want {
		t.Errorf("encoded %x", got)
	}
	chunk := generate.ContentV2{Chunks: []generate.Chunk{{BChunkType: 1, DwChunkDataLength: 0x01020304, Rest: []byte{9}}}}
	if got := chunk.Append(nil); string(got) != string(make([]byte, 31))+"\x01\x01\x02\x03\x04\x09" {
		t.Errorf("encoded %x", got)
	}
	list := generate.ContentV1{CSegments: 0x01020304, Blocks: []generate.BlocksV1{{CBlocks: 0x05060708}}, Padding: []byte{9}}
	if got := list.Append(nil); string(got) != string(make([]byte, 14))+"\x04\x03\x02\x01\x08\x07\x06\x05\x09" {
		t.Errorf("encoded %x", got)
	}
}

func TestAllocations(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 5))
	// The message itself, its elements, their byte strings.
	for _, name := range []string{offer, batch} {
		testutil.Allocs(t, 4, func() { generate.ValidMessage(r, name) })
	}
}

var sink fuzz.Message

func BenchmarkValid(b *testing.B) {
	for _, name := range []string{offer, batch, info, v1, v2} {
		b.Run(name, func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 6))
			bytes := 0
			for range 1000 {
				bytes += len(generate.ValidMessage(r, name).Bytes)
			}
			b.SetBytes(int64(bytes / 1000))
			b.ReportAllocs()
			for b.Loop() {
				sink = generate.ValidMessage(r, name)
			}
		})
	}
}

func BenchmarkBroken(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 7))
	rules := generate.Rules()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		sink = generate.Broken(r, rules[i%len(rules)])
		i++
	}
}
