package invariant

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hostedcache/pchc/spec"
)

var kinds = []spec.Kind{spec.Request, spec.Response, spec.Content, spec.ContentV1, spec.ContentV2, spec.Discovery, 0, 9}

// A drawn is a well-formed message.
type drawn struct {
	kind    spec.Kind
	message string
	fields  spec.Fields
}

func hash(t *rapid.T, n int) []byte {
	return rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, "hash")
}

func number64(t *rapid.T, label string, low, high uint64) uint64 {
	return rapid.Uint64Range(low, high).Draw(t, label)
}

// requestFields draws what every request begins with.
func requestFields(t *rapid.T, major, typ uint64) spec.Fields {
	return spec.Fields{
		"MessageHeader": spec.Fields{"MinorVersion": uint64(0), "MajorVersion": major, "Type": typ,
			"Padding": hash(t, 4)},
		"ConnectionInformation": spec.Fields{"Port": number64(t, "Port", 1, 65535), "Padding": hash(t, 6)},
	}
}

func initialOffer(t *rapid.T) drawn {
	fields := requestFields(t, 1, 1)
	fields["Hash"] = hash(t, rapid.SampledFrom([]int{32, 48, 64}).Draw(t, "h"))
	return drawn{spec.Request, "INITIAL_OFFER_MESSAGE", fields}
}

func segmentInfo(t *rapid.T) drawn {
	fields := requestFields(t, 1, 2)
	fields["ContentTag"] = hash(t, 16)
	fields["SegmentInformation"] = contentV1Fields(t, 1, true)
	return drawn{spec.Request, "SEGMENT_INFO_MESSAGE", fields}
}

func batchedOffer(t *rapid.T) drawn {
	fields := requestFields(t, 2, 3)
	var descriptors []any
	for range rapid.OneOf(rapid.IntRange(1, 3), rapid.SampledFrom([]int{127, 128})).Draw(t, "descriptors") {
		size := number64(t, "SegmentSize", 1, 1<<32-1)
		descriptors = append(descriptors, spec.Fields{
			"BlockSize":        number64(t, "BlockSize", 1, size),
			"SegmentSize":      size,
			"SizeOfContentTag": uint64(16),
			"ContentTag":       hash(t, 16),
			"HashAlgorithm":    rapid.SampledFrom([]uint64{1, 4}).Draw(t, "HashAlgorithm"),
			"SegmentHoHoDk":    hash(t, 32),
		})
	}
	fields["SegmentDescriptor"] = descriptors
	return drawn{spec.Request, "BATCHED_OFFER_MESSAGE", fields}
}

func response(t *rapid.T) drawn {
	return drawn{spec.Response, "RESPONSE_MESSAGE", spec.Fields{
		"TransportHeader": spec.Fields{"Size": uint64(1)},
		"ResponseCode":    number64(t, "ResponseCode", 0, 1),
	}}
}

func contentV1(t *rapid.T) drawn {
	n := rapid.IntRange(1, 3).Draw(t, "segments")
	return drawn{spec.Content, "CONTENT_INFORMATION_V1", contentV1Fields(t, n, false)}
}

// contentV1Fields draws Content Information 1.0 of n segments that breaks no
// rule at all; copied: as a SEGMENT_INFO_MESSAGE has it. Where 512 blocks would be listed, their hashes are alike.
func contentV1Fields(t *rapid.T, n int, copied bool) spec.Fields {
	const block, full = 65536, 32 << 20
	algorithm := rapid.SampledFrom([]uint64{0x800C, 0x800D, 0x800E}).Draw(t, "dwHashAlgo")
	h := map[uint64]int{0x800C: 32, 0x800D: 48, 0x800E: 64}[algorithm]
	lastSize := rapid.OneOf(rapid.Uint64Range(1, 5*block), rapid.Just(uint64(full))).Draw(t, "cbSegment")
	sizeOf := func(i int) uint64 {
		if i == n-1 {
			return lastSize
		}
		return full
	}
	offset := number64(t, "dwOffsetInFirstSegment", 0, sizeOf(0)-1)
	read := uint64(0)
	if rapid.Bool().Draw(t, "reads a part") {
		read = lastSize
		if n == 1 && !copied {
			read -= offset
		}
		if !copied {
			read = number64(t, "dwReadBytesInLastSegment", 1, read)
		}
	}
	start := number64(t, "start", 0, 1<<40) * full
	var segments, blocks []any
	for i := range n {
		segments = append(segments, spec.Fields{
			"ullOffsetInContent": start, "cbSegment": sizeOf(i), "cbBlockSize": uint64(block),
			"SegmentHashOfData": hash(t, h), "SegmentSecret": spec.NewSecret(string(hash(t, h))),
		})
		start += sizeOf(i)

		from, to := uint64(0), sizeOf(i)
		if i == 0 {
			from = offset
		}
		if i == n-1 && read != 0 {
			to = min(from+read, to)
		}
		count := (to + block - 1) / block
		if rapid.Bool().Draw(t, "only the blocks of the range") {
			count -= from / block
		}
		if copied {
			count = number64(t, "cBlocks", 1, (sizeOf(i)+block-1)/block)
		}
		hashes := make([]any, count)
		one := hash(t, h)
		for j := range hashes {
			hashes[j] = one
		}
		blocks = append(blocks, spec.Fields{"cBlocks": count, "BlockHashes": hashes})
	}
	return spec.Fields{
		"Version": uint64(0x0100), "dwHashAlgo": algorithm,
		"dwOffsetInFirstSegment": offset, "dwReadBytesInLastSegment": read,
		"cSegments": uint64(n), "segments": segments, "blocks": blocks,
	}
}

func contentV2(t *rapid.T) drawn {
	var chunks []any
	smallest := uint64(131072)
	for range rapid.IntRange(1, 3).Draw(t, "chunks") {
		var segments []any
		for range rapid.IntRange(1, 4).Draw(t, "segments") {
			size := number64(t, "cbSegment", 1, 131072)
			smallest = min(smallest, size)
			segments = append(segments, spec.Fields{"cbSegment": size,
				"SegmentHashOfData": hash(t, 32), "SegmentSecret": spec.NewSecret(string(hash(t, 32)))})
		}
		chunks = append(chunks, spec.Fields{"bChunkType": uint64(0),
			"dwChunkDataLength": uint64(68 * len(segments)), "chunkData": segments})
	}
	return drawn{spec.Content, "CONTENT_INFORMATION_V2", spec.Fields{
		"bMinorVersion": uint64(0), "bMajorVersion": uint64(2), "bHashAlgo": uint64(4),
		"ullStartInContent":      rapid.Uint64().Draw(t, "ullStartInContent"),
		"ullIndexOfFirstSegment": rapid.Uint64().Draw(t, "ullIndexOfFirstSegment"),
		"dwOffsetInFirstSegment": number64(t, "dwOffsetInFirstSegment", 0, smallest-1),
		"ullLengthOfRange":       rapid.Uint64().Draw(t, "ullLengthOfRange"),
		"chunks":                 chunks,
	}}
}

func drawMessage(t *rapid.T) drawn {
	return rapid.SampledFrom([]func(*rapid.T) drawn{
		initialOffer, segmentInfo, batchedOffer, response, contentV1, contentV2,
	}).Draw(t, "message")(t)
}

func assemble(t *rapid.T, m drawn) []byte {
	b, err := spec.Assemble(m.message, m.fields)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// What is well-formed breaks no rule, and comes back from its bytes field by field.
func TestValid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMessage(t)
		b := assemble(t, m)
		d := spec.Dissect(m.kind, b)
		if d.Message != m.message || len(d.Violations) != 0 {
			t.Fatalf("%s, violations %+v", d.Message, d.Violations)
		}
		if diff := cmp.Diff(m.fields, d.Fields(), cmp.Comparer(func(a, b spec.Secret) bool { return a == b })); diff != "" {
			t.Fatal(diff)
		}
		if got := spec.Guess(b); got != m.kind {
			t.Fatalf("guessed kind %d", got)
		}
		if err := Check(m.kind, 0, b); err != nil {
			t.Fatal(err)
		}
	})
}

// Counts, sizes and zero padding may be left out.
func TestDerived(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMessage(t)
		for name, size := range map[string]int{"MessageHeader": 4, "ConnectionInformation": 6} {
			if s, ok := m.fields[name].(spec.Fields); ok {
				s["Padding"] = make([]byte, size)
			}
		}
		want := assemble(t, m)
		strip(m.fields)
		if got := assemble(t, m); !bytes.Equal(got, want) {
			t.Fatalf("%x, not %x", got, want)
		}
	})
}

func strip(fields spec.Fields) {
	for _, name := range []string{"Padding", "Size", "SizeOfContentTag", "cSegments", "cBlocks", "dwChunkDataLength"} {
		delete(fields, name)
	}
	for _, value := range fields {
		switch value := value.(type) {
		case spec.Fields:
			strip(value)
		case []any:
			for _, element := range value {
				if s, ok := element.(spec.Fields); ok {
					strip(s)
				}
			}
		}
	}
}

// Whatever the bytes are, the invariants hold.
func TestAnyBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "bytes")
		for _, kind := range kinds {
			if err := Check(kind, rapid.Uint16Range(0, 4).Draw(t, "request"), b); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// The same of what is nearly well-formed, which gets further.
func TestMutated(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMessage(t)
		b := assemble(t, m)
		for range rapid.IntRange(1, 4).Draw(t, "mutations") {
			b = mutate(t, b)
		}
		kind := rapid.SampledFrom(append(kinds, m.kind, m.kind, m.kind)).Draw(t, "kind")
		if err := Check(kind, rapid.Uint16Range(0, 4).Draw(t, "request"), b); err != nil {
			t.Fatalf("%v\n%x", err, b)
		}
	})
}

func mutate(t *rapid.T, b []byte) []byte {
	if len(b) == 0 {
		return b
	}
	// Most fields that steer are near the front.
	at := rapid.OneOf(rapid.IntRange(0, min(len(b)-1, 120)), rapid.IntRange(0, len(b)-1)).Draw(t, "at")
	end := rapid.IntRange(at, len(b)).Draw(t, "end")
	switch rapid.IntRange(0, 4).Draw(t, "mutation") {
	case 0:
		b[at] = rapid.OneOf(rapid.SampledFrom([]byte{0, 1, 2, 255}), rapid.Byte()).Draw(t, "byte")
		return b
	case 1:
		return b[:at]
	case 2:
		return append(b, rapid.SliceOfN(rapid.Byte(), 1, 100).Draw(t, "tail")...)
	case 3:
		return append(b[:at:at], b[end:]...)
	default:
		return append(b[:end:end], b[at:]...)
	}
}
