package oracle

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// settled is what this project settled where the text leaves it open: the first
// violation of a format rule in both readings, "" for none, and that of a sender
// rule where there is none of a format rule.
var settled = []struct {
	name    string
	kind    spec.Kind
	request uint16
	message []byte
	format  string
	sender  string
	offset  int
}{
	{"no segments", spec.Content, 0, change(v1, 14, 4, 0), "PCCRC-2.3-cSegments", "", 14},
	{"no blocks", spec.Content, 0, change(v1, 98, 4, 0), "PCCRC-2.3.1.2-cBlocks", "", 98},
	{"a byte after the last block list", spec.Content, 0, append(slices.Clip(v1), 7), "", "PCCRC-2.3-Padding", 134},
	{"many bytes after the last block list", spec.Content, 0, append(slices.Clip(v1), make([]byte, 99)...), "", "PCCRC-2.3-Padding", 134},
	{"a byte after it, in a request", spec.Request, 0, append(slices.Clip(segmentInfo), 7), "", "PCCRC-2.3-Padding", 32 + 134},
	{"no segments, in a request", spec.Request, 0, change(segmentInfo, 32+14, 4, 0), "PCHC-2.2.1.4-cSegments", "", 32 + 14},
	{"no blocks, in a request", spec.Request, 0, change(segmentInfo, 32+98, 4, 0), "PCCRC-2.3.1.2-cBlocks", "", 32 + 98},
	{"no chunk", spec.Content, 0, v2[:31], "PCCRC-2.4-chunks", "", 31},
	{"bChunkType 1", spec.Content, 0, with(v2, 31, 1), "PCCRC-2.4.1.1-bChunkType", "", 31},
	{"an empty chunk", spec.Content, 0, with(v2, 35, 0)[:36], "PCCRC-2.4.1.1-dwChunkDataLength", "", 32},
	{"a chunk of 67 bytes", spec.Content, 0, with(v2, 35, 67)[:36+67], "PCCRC-2.4.1.1-dwChunkDataLength", "", 32},
	{"a chunk of 136 bytes of which 68 are there", spec.Content, 0, with(v2, 35, 136), "PCCRC-2.4.1.1-dwChunkDataLength", "", 32},
	{"a byte after the last chunk", spec.Content, 0, append(slices.Clip(v2), 0), "PCCRC-2.4.1.1-Truncated", "", 105},
	{"a byte after the last chunk that is no chunk", spec.Content, 0, append(slices.Clip(v2), 9), "PCCRC-2.4.1.1-bChunkType", "", 104},
	{"a byte after a response", spec.Response, 0, []byte{0, 0, 0, 1, 0, 0}, "PCHC-2.2.2.2-Trailing", "", 5},
	{"a response of Size 2 with two bytes", spec.Response, 0, []byte{0, 0, 0, 2, 0, 0}, "PCHC-2.2.2.1-Size", "", 0},
	{"a response of Size 0", spec.Response, 0, []byte{0, 0, 0, 0}, "PCHC-2.2.2.1-Size", "", 0},
	{"a response of Size 1 that ends", spec.Response, 0, []byte{0, 0, 0, 1}, "PCHC-2.2.2.2-Truncated", "", 4},
	{"INTERESTED to a batch", spec.Response, 3, []byte{0, 0, 0, 1, 1}, "PCHC-2.2.2.2-Interested", "", 4},
	{"INTERESTED to a SEGMENT_INFO_MESSAGE", spec.Response, 2, []byte{0, 0, 0, 1, 1}, "PCHC-2.2.2.2-Interested", "", 4},
	{"INTERESTED to an INITIAL_OFFER_MESSAGE", spec.Response, 1, []byte{0, 0, 0, 1, 1}, "", "", 0},
	{"BlockSize and SegmentSize 0", spec.Request, 0, sizes(0, 0), "", "PCHC-2.2.1.5-BlockSize", 16},
	{"BlockSize and SegmentSize as large as can be", spec.Request, 0, sizes(1<<32-1, 1<<32-1), "", "", 0},
	{"an empty batch", spec.Request, 0, batch1[:16], "PCHC-2.2.1.5-MinDescriptors", "", 16},
	{"129 descriptors", spec.Request, 0, append(slices.Clip(batch1), bytes.Repeat(batch1[16:], 128)...), "PCHC-2.2.1.5-MaxDescriptors", "", 16 + 128*59},
	{"a byte after 128 descriptors", spec.Request, 0, append(append(slices.Clip(batch1), bytes.Repeat(batch1[16:], 127)...), 0), "PCHC-2.2.1.5-MaxDescriptors", "", 16 + 128*59},
	{"a part of a descriptor", spec.Request, 0, batch1[:16+59-1], "PCHC-2.2.1.5-Truncated", "", 16 + 27},
	{"no Hash", spec.Request, 0, offer[:16], "PCHC-2.2.1.3-Hash", "", 16},
	{"a Hash of 33 bytes", spec.Request, 0, append(slices.Clip(offer), 0), "PCHC-2.2.1.3-Hash", "", 16},
	{"the first of two violations", spec.Request, 0, with(with(batch1, 16+26, 9), 16+9, 0), "PCHC-2.2.1.5-SizeOfContentTag", "", 24},
	{"a field cut short", spec.Content, 0, v1[:8], "PCCRC-2.3-Truncated", "", 6},
	{"blocks that the bytes cannot back", spec.Content, 0, change(v1, 98, 4, 2), "PCCRC-2.3.1.2-cBlocks", "", 98},
	{"segments that the bytes cannot back", spec.Content, 0, change(v1, 14, 4, 1<<31), "PCCRC-2.3-cSegments", "", 14},
	{"Padding of the header", spec.Request, 0, with(with(offer, 4, 0xFF), 15, 0xFF), "", "", 0},
	{"Port 0", spec.Request, 0, with(with(offer, 8, 0), 9, 0), "", "PCHC-2.2.1.2-Port", 8},
}

var (
	v1          = generate.Simplest("CONTENT_INFORMATION_V1").Bytes
	v2          = generate.Simplest("CONTENT_INFORMATION_V2").Bytes
	segmentInfo = generate.Simplest("SEGMENT_INFO_MESSAGE").Bytes
	batch1      = generate.Simplest("BATCHED_OFFER_MESSAGE").Bytes
	offer       = generate.Simplest("INITIAL_OFFER_MESSAGE").Bytes
)

func sizes(block, segment uint32) []byte {
	b := bytes.Clone(batch1)
	binary.BigEndian.PutUint32(b[16:], block)
	binary.BigEndian.PutUint32(b[20:], segment)
	return b
}

// TestSettled holds both readings against what was settled.
func TestSettled(t *testing.T) {
	for _, c := range settled {
		d := spec.Dissect(c.kind, c.message)
		if c.kind == spec.Response {
			d = spec.DissectResponse(c.message, c.request)
		}
		want := spec.Violation{Rule: c.format, Offset: c.offset}
		got, malformed := d.First()
		if c.format == "" && !malformed && len(d.Violations) > 0 {
			want.Rule, got = c.sender, d.Violations[0]
		}
		if malformed != (c.format != "") || got.Rule != want.Rule || want.Rule != "" && got.Offset != want.Offset {
			t.Errorf("%s: spec says %+v, want %+v", c.name, got, want)
		}
		rule, offset, sender := decoded(t, c.kind, c.request, c.message)
		if rule != c.format+c.sender || rule != "" && offset != c.offset || sender != (c.sender != "") {
			t.Errorf("%s: codec says %s at %d (sender %t), want %s%s at %d", c.name, rule, offset, sender, c.format, c.sender, c.offset)
		}
	}
}

// decoded returns the first violation that codec and pccrc report: of a format
// rule, or else of a sender rule. Where there is none of the former, it checks that
// the message is encoded again as it was.
func decoded(t *testing.T, kind spec.Kind, request uint16, b []byte) (rule string, offset int, sender bool) {
	t.Helper()
	var m interface {
		CheckSenderRules() error
		AppendLenient([]byte) ([]byte, error)
	}
	var err error
	switch kind {
	case spec.Response:
		_, err = codec.DecodeResponseMessage(b, codec.MessageType(request))
	case spec.Content:
		m, err = pccrc.Decode(b)
	default:
		var r codec.RequestMessage
		if r, err = codec.DecodeRequestMessage(b); err == nil {
			m, err = r.DecodeBody()
		}
	}
	if err == nil && m != nil {
		if again, err := m.AppendLenient(nil); err != nil || !bytes.Equal(again, b) {
			t.Errorf("%x is encoded as %x: %v", b, again, err)
		}
		err = m.CheckSenderRules()
	}
	if err == nil {
		return "", 0, false
	}
	var e *codec.Error
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	return string(e.Rule), e.Offset, e.Sender
}
