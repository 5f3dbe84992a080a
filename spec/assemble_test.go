package spec

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// header and connection are what the requests of messages_test.go begin with.
func header(major, typ uint64) Fields {
	return Fields{"MinorVersion": uint64(0), "MajorVersion": major, "Type": typ, "Padding": []byte{0xA0, 0xA1, 0xA2, 0xA3}}
}

func connection() Fields {
	return Fields{"Port": uint64(8080), "Padding": run(0xB0, 6)}
}

func descriptor(size, tag int) Fields {
	return Fields{"BlockSize": uint64(65536), "SegmentSize": uint64(98304), "SizeOfContentTag": uint64(size),
		"ContentTag": run(0, tag), "HashAlgorithm": uint64(4), "SegmentHoHoDk": run(0, 32)}
}

func segment() Fields {
	return Fields{"ullOffsetInContent": uint64(0), "cbSegment": uint64(65537), "cbBlockSize": uint64(65536),
		"SegmentHashOfData": run(0x20, 32), "SegmentSecret": run(0x40, 32)}
}

func without(f Fields, names ...string) Fields {
	for _, name := range names {
		delete(f, name)
	}
	return f
}

func TestAssemble(t *testing.T) {
	hash := run(0x60, 32)
	zeroPadding := slices.Concat([]byte{0, 1, 0, 1, 0, 0, 0, 0, 0x1F, 0x90, 0, 0, 0, 0, 0, 0}, run(0x10, 32))
	cases := []struct {
		name    string
		message string
		fields  Fields
		want    []byte
	}{
		{"initial offer", "INITIAL_OFFER_MESSAGE", Fields{"MessageHeader": header(1, 1), "ConnectionInformation": connection(),
			"Hash": run(0x10, 32)}, initialOffer32()},
		{"paddings left out", "INITIAL_OFFER_MESSAGE", Fields{
			"MessageHeader":         without(header(1, 1), "Padding"),
			"ConnectionInformation": Fields{"Port": uint64(8080)},
			"Hash":                  run(0x10, 32)}, zeroPadding},
		{"empty hash, padding left out", "INITIAL_OFFER_MESSAGE", Fields{
			"MessageHeader":         without(header(1, 1), "Padding"),
			"ConnectionInformation": Fields{"Port": uint64(8080)},
			"Hash":                  []byte{}}, zeroPadding[:16]},
		{"hash left out", "INITIAL_OFFER_MESSAGE", Fields{
			"MessageHeader": without(header(1, 1), "Padding"), "ConnectionInformation": Fields{"Port": uint64(8080)}},
			zeroPadding[:10]},
		{"header only", "BATCHED_OFFER_MESSAGE", Fields{"MessageHeader": header(2, 3)}, request(2, 3)[:8]},
		{"cut padding", "UNKNOWN", Fields{"MessageHeader": header(2, 3), "ConnectionInformation": Fields{
			"Port": uint64(8080), "Padding": run(0xB0, 3)}}, request(2, 3)[:13]},
		{"nothing", "UNKNOWN", nil, nil},
		{"empty batch", "BATCHED_OFFER_MESSAGE", Fields{"MessageHeader": header(2, 3), "ConnectionInformation": connection(),
			"SegmentDescriptor": []any{}}, request(2, 3)},
		{"size of tag left out", "BATCHED_OFFER_MESSAGE", Fields{"MessageHeader": header(2, 3), "ConnectionInformation": connection(),
			"SegmentDescriptor": []any{without(descriptor(0, 258), "SizeOfContentTag")}},
			slices.Concat(request(2, 3), []byte{0, 1, 0, 0, 0, 1, 0x80, 0, 1, 2}, run(0, 258), []byte{4}, run(0, 32))},
		{"size of tag that lies", "BATCHED_OFFER_MESSAGE", Fields{"MessageHeader": header(2, 3), "ConnectionInformation": connection(),
			"SegmentDescriptor": []any{descriptor(3, 16)}},
			slices.Concat(request(2, 3), []byte{0, 1, 0, 0, 0, 1, 0x80, 0, 0, 3}, run(0, 16), []byte{4}, run(0, 32))},
		{"unknown type", "UNKNOWN", Fields{"MessageHeader": header(2, 9), "ConnectionInformation": connection(),
			"MessageBody": []byte{1, 2}}, append(request(2, 9), 1, 2)},
		{"response", "RESPONSE_MESSAGE", Fields{"TransportHeader": Fields{"Size": uint64(1)}, "ResponseCode": uint64(1)}, responseOf(1)},
		{"size left out", "RESPONSE_MESSAGE", Fields{"TransportHeader": Fields{}, "ResponseCode": uint64(0)}, responseOf(0)},
		{"transport header left out", "RESPONSE_MESSAGE", Fields{"ResponseCode": uint64(0), "Trailing": []byte{7, 8}},
			[]byte{0, 0, 0, 3, 0, 7, 8}},
		{"size that lies", "RESPONSE_MESSAGE", Fields{"TransportHeader": Fields{"Size": uint64(1<<32 - 1)}, "ResponseCode": uint64(0)},
			[]byte{255, 255, 255, 255, 0}},
		{"response code left out", "RESPONSE_MESSAGE", Fields{"TransportHeader": Fields{"Size": uint64(1)}}, responseOf(0)[:4]},
		{"empty response", "RESPONSE_MESSAGE", Fields{"TransportHeader": Fields{}}, nil},
		{"content", "CONTENT_INFORMATION_V1", Fields{"Version": uint64(0x0100), "dwHashAlgo": uint64(0x800C),
			"dwOffsetInFirstSegment": uint64(0), "dwReadBytesInLastSegment": uint64(0), "cSegments": uint64(1),
			"segments": []any{segment()},
			"blocks":   []any{Fields{"cBlocks": uint64(2), "BlockHashes": []any{hash, hash}}}}, v1of(65537)},
		{"counts left out, padding", "CONTENT_INFORMATION_V1", Fields{"Version": uint64(0x0100), "dwHashAlgo": uint64(0x800C),
			"dwOffsetInFirstSegment": uint64(0), "dwReadBytesInLastSegment": uint64(0),
			"segments": []any{segment()}, "blocks": []any{Fields{"BlockHashes": []any{hash, hash}}}, "Padding": []byte{5}},
			append(v1of(65537), 5)},
		{"counts that lie", "CONTENT_INFORMATION_V1", Fields{"Version": uint64(0x0100), "dwHashAlgo": uint64(0x800C),
			"dwOffsetInFirstSegment": uint64(0), "dwReadBytesInLastSegment": uint64(0), "cSegments": uint64(9),
			"segments": []any{segment()},
			"blocks":   []any{Fields{"cBlocks": uint64(258), "BlockHashes": []any{hash, hash}}}},
			with32(with32(v1of(65537), 14, 9), 98, 258)},
		{"count left out at the end", "CONTENT_INFORMATION_V1", Fields{"Version": uint64(0x0100), "dwHashAlgo": uint64(0x800C),
			"dwOffsetInFirstSegment": uint64(0), "dwReadBytesInLastSegment": uint64(0)}, v1of(1)[:14]},
		{"rest in place of fields", "CONTENT_INFORMATION_V1", Fields{"Version": uint64(0x0100), "dwHashAlgo": uint64(7),
			"dwOffsetInFirstSegment": uint64(0), "dwReadBytesInLastSegment": uint64(0), "cSegments": uint64(1),
			"segments": []any{Fields{"ullOffsetInContent": uint64(0), "Rest": []byte{1, 2, 3}}}},
			slices.Concat(with32(v1of(1), 2, 7)[:26], []byte{1, 2, 3})},
		{"rest in place of all", "RESPONSE_MESSAGE", Fields{"Rest": []byte{1, 2, 3, 4, 5, 6}}, []byte{1, 2, 3, 4, 5, 6}},
		{"hashes of any length", "CONTENT_INFORMATION_V1", Fields{"Version": uint64(0x0100), "dwHashAlgo": uint64(0x800D),
			"dwOffsetInFirstSegment": uint64(0), "dwReadBytesInLastSegment": uint64(0), "cSegments": uint64(1),
			"segments": []any{segment()}, "blocks": []any{Fields{"BlockHashes": []any{hash, hash}}}},
			with(v1of(65537), 2, 0x0D)},
		{"content of version 2", "CONTENT_INFORMATION_V2", Fields{"bMinorVersion": uint64(0), "bMajorVersion": uint64(2),
			"bHashAlgo": uint64(4), "ullStartInContent": uint64(4096), "ullIndexOfFirstSegment": uint64(7),
			"dwOffsetInFirstSegment": uint64(9), "ullLengthOfRange": uint64(1024), "chunks": []any{
				Fields{"bChunkType": uint64(0), "chunkData": []any{
					Fields{"cbSegment": uint64(10), "SegmentHashOfData": run(0x20, 32), "SegmentSecret": run(0x40, 32)},
					Fields{"cbSegment": uint64(11), "SegmentHashOfData": run(0x20, 32), "SegmentSecret": run(0x40, 32)}}},
				Fields{"bChunkType": uint64(0), "chunkData": []any{}},
				Fields{"bChunkType": uint64(0), "dwChunkDataLength": uint64(2), "chunkData": []any{}, "Rest": []byte{1, 2}},
			}},
			append(v2of([]uint32{10, 11}, nil), 0, 0, 0, 0, 2, 1, 2)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := Assemble(c.message, c.fields)
			if err != nil || !bytes.Equal(got, c.want) {
				t.Errorf("%x, %v\nwant %x", got, err, c.want)
			}
		})
	}
}

func TestAssembleErrors(t *testing.T) {
	secret := run(0x40, 33)
	cases := []struct {
		message string
		fields  Fields
		want    string
	}{
		{"OFFER", nil, `spec: unknown message "OFFER"`},
		{"", nil, `spec: unknown message ""`},
		{"RESPONSE_MESSAGE", Fields{"Zzz": uint64(1), "Code": uint64(1), "ResponseCode": uint64(0)},
			"spec: RESPONSE_MESSAGE: Code is not a field of RESPONSE_MESSAGE"},
		{"RESPONSE_MESSAGE", Fields{"TransportHeader": Fields{"size": uint64(1)}},
			"spec: RESPONSE_MESSAGE: TransportHeader.size is not a field of TRANSPORT_HEADER"},
		{"RESPONSE_MESSAGE", Fields{"ResponseCode": "OK"}, "spec: RESPONSE_MESSAGE: ResponseCode must be an integer"},
		{"RESPONSE_MESSAGE", Fields{"ResponseCode": 0}, "spec: RESPONSE_MESSAGE: ResponseCode must be an integer"},
		{"RESPONSE_MESSAGE", Fields{"ResponseCode": uint64(256)}, "spec: RESPONSE_MESSAGE: ResponseCode is 256, must be at most 255"},
		{"RESPONSE_MESSAGE", Fields{"TransportHeader": Fields{"Size": uint64(1 << 32)}},
			"spec: RESPONSE_MESSAGE: TransportHeader.Size is 4294967296, must be at most 4294967295"},
		{"RESPONSE_MESSAGE", Fields{"TransportHeader": uint64(1)}, "spec: RESPONSE_MESSAGE: TransportHeader must be a structure"},
		{"RESPONSE_MESSAGE", Fields{"TransportHeader": Fields{}, "Trailing": []byte{1}},
			"spec: RESPONSE_MESSAGE: ResponseCode missing"},
		{"INITIAL_OFFER_MESSAGE", Fields{"Hash": []byte{}},
			"spec: INITIAL_OFFER_MESSAGE: MessageHeader.MinorVersion missing"},
		{"INITIAL_OFFER_MESSAGE", Fields{"MessageHeader": header(1, 1), "Hash": []byte{}},
			"spec: INITIAL_OFFER_MESSAGE: ConnectionInformation.Port missing"},
		{"INITIAL_OFFER_MESSAGE", Fields{"MessageHeader": Fields{"MinorVersion": uint64(0), "Type": uint64(1)}},
			"spec: INITIAL_OFFER_MESSAGE: MessageHeader.MajorVersion missing"},
		{"INITIAL_OFFER_MESSAGE", Fields{"MessageHeader": header(1, 1), "ConnectionInformation": connection(), "Hash": "00"},
			"spec: INITIAL_OFFER_MESSAGE: Hash must be a byte string"},
		{"INITIAL_OFFER_MESSAGE", Fields{"MessageHeader": header(1, 1), "ConnectionInformation": Fields{
			"Port": uint64(1), "Padding": run(0, 5)}, "Hash": []byte{}},
			"spec: INITIAL_OFFER_MESSAGE: ConnectionInformation.Padding has 5 bytes, must have 6"},
		{"INITIAL_OFFER_MESSAGE", Fields{"MessageHeader": header(1, 1), "ConnectionInformation": Fields{
			"Port": uint64(1), "Padding": run(0, 7)}},
			"spec: INITIAL_OFFER_MESSAGE: ConnectionInformation.Padding has 7 bytes, must have 6"},
		{"BATCHED_OFFER_MESSAGE", Fields{"MessageHeader": header(2, 3), "ConnectionInformation": connection(),
			"SegmentDescriptor": Fields{}}, "spec: BATCHED_OFFER_MESSAGE: SegmentDescriptor must be a list"},
		{"BATCHED_OFFER_MESSAGE", Fields{"MessageHeader": header(2, 3), "ConnectionInformation": connection(),
			"SegmentDescriptor": []any{descriptor(16, 16), []byte{}}},
			"spec: BATCHED_OFFER_MESSAGE: SegmentDescriptor[1] must be a structure"},
		{"BATCHED_OFFER_MESSAGE", Fields{"MessageHeader": header(2, 3), "ConnectionInformation": connection(),
			"SegmentDescriptor": []any{without(descriptor(16, 16), "HashAlgorithm", "SegmentHoHoDk"), descriptor(16, 16)}},
			"spec: BATCHED_OFFER_MESSAGE: SegmentDescriptor[0].HashAlgorithm missing"},
		{"BATCHED_OFFER_MESSAGE", Fields{"MessageHeader": header(2, 3), "SegmentDescriptor": []any{}},
			"spec: BATCHED_OFFER_MESSAGE: ConnectionInformation.Port missing"},
		{"BATCHED_OFFER_MESSAGE", Fields{"MessageHeader": header(2, 3), "ConnectionInformation": connection(),
			"SegmentDescriptor": []any{without(descriptor(0, 65536), "SizeOfContentTag")}},
			"spec: BATCHED_OFFER_MESSAGE: SegmentDescriptor[0].SizeOfContentTag is 65536, must be at most 65535"},
		{"CONTENT_INFORMATION_V1", Fields{"Version": uint64(0x10000)},
			"spec: CONTENT_INFORMATION_V1: Version is 65536, must be at most 65535"},
		{"CONTENT_INFORMATION_V1", Fields{"blocks": []any{}},
			"spec: CONTENT_INFORMATION_V1: Version missing"},
		{"CONTENT_INFORMATION_V1", Fields{"Version": uint64(0x0100), "dwHashAlgo": uint64(0x800C),
			"dwOffsetInFirstSegment": uint64(0), "dwReadBytesInLastSegment": uint64(0),
			"segments": []any{segment()}, "blocks": []any{Fields{"BlockHashes": []any{uint64(7)}}}},
			"spec: CONTENT_INFORMATION_V1: blocks[0].BlockHashes[0] must be a byte string"},
		{"CONTENT_INFORMATION_V2", Fields{"bMinorVersion": uint64(0), "bMajorVersion": uint64(2), "bHashAlgo": uint64(4),
			"ullStartInContent": uint64(0), "ullIndexOfFirstSegment": uint64(0), "dwOffsetInFirstSegment": uint64(0),
			"ullLengthOfRange": uint64(0), "chunks": []any{Fields{"bChunkType": uint64(0), "chunkData": []any{
				Fields{"cbSegment": uint64(10), "SegmentHashOfData": run(0x20, 32), "SegmentSecret": secret}}}}},
			"spec: CONTENT_INFORMATION_V2: chunks[0].chunkData[0].SegmentSecret has 33 bytes, must have 32"},
		{"CONTENT_INFORMATION_V1", Fields{"Version": uint64(0x0100), "cSegments": uint64(0), "Rest": []byte{1}},
			"spec: CONTENT_INFORMATION_V1: dwHashAlgo missing"},
		{"CONTENT_INFORMATION_V2", Fields{"chunks": []any{}, "Rest": []byte{1}},
			"spec: CONTENT_INFORMATION_V2: bMinorVersion missing"},
		{"RESPONSE_MESSAGE", Fields{"Rest": uint64(1)}, "spec: RESPONSE_MESSAGE: Rest must be a byte string"},
	}
	for _, c := range cases {
		got, err := Assemble(c.message, c.fields)
		if err == nil || err.Error() != c.want || got != nil {
			t.Errorf("%s: %x, %v\nwant %s", c.message, got, err, c.want)
		}
		var e *AssembleError
		if !errors.As(err, &e) || e.Message != c.message || (e.Path == "") != strings.HasPrefix(c.want, "spec: unknown message") ||
			!strings.Contains(c.want, e.Path) || !strings.HasSuffix(c.want, e.Reason) {
			t.Errorf("%s: %+v", c.message, e)
		}
		if err != nil && strings.Contains(err.Error(), string(secret)) {
			t.Errorf("%s: the error tells the secret", c.message)
		}
	}
}

// Fields hold what the tree does, except integers that are cut short.
func TestFields(t *testing.T) {
	got := Dissect(Content, with32(v1of(7), 14, 3)[:18+80+9]).Fields()
	want := Fields{"Version": uint64(0x0100), "dwHashAlgo": uint64(0x800C),
		"dwOffsetInFirstSegment": uint64(0), "dwReadBytesInLastSegment": uint64(0), "cSegments": uint64(3),
		"segments": []any{
			Fields{"ullOffsetInContent": uint64(0), "cbSegment": uint64(7), "cbBlockSize": uint64(65536),
				"SegmentHashOfData": NewSecret(string(run(0x20, 32))), "SegmentSecret": NewSecret(string(run(0x40, 32)))},
			Fields{"ullOffsetInContent": uint64(0x6362616000000001)},
		}}
	if diff := cmp.Diff(want, got, sameSecret); diff != "" {
		t.Error(diff)
	}
	got = Dissect(Content, with(v1of(1), 2, 9)[:35]).Fields()["segments"].([]any)[0].(Fields)
	if rest, _ := got["Rest"].(Secret); rest.Reveal() != "\x20" {
		t.Errorf("Rest is %x of %v", rest, got)
	}
}

// Assemble gives back the bytes of every message that the other tests have.
func TestAssembleInverse(t *testing.T) {
	check := func(name string, kind Kind, b []byte) {
		t.Helper()
		d := Dissect(kind, b)
		got, err := Assemble(d.Message, d.Fields())
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if len(got) > len(b) || !bytes.Equal(got, b[:len(got)]) || len(b)-len(got) > 7 {
			t.Errorf("%s: %x, want %x", name, got, b)
		}
		if len(got) < len(b) && !d.Root.Truncated() {
			t.Errorf("%s: %d bytes lost", name, len(b)-len(got))
		}
	}
	for _, c := range ruleCases {
		check(c.name, c.kind, c.b)
	}
	for _, c := range treeCases {
		check(c.name, c.kind, c.b)
	}
}
