package message

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/spec"
)

// keyed is a message with known keys.
type keyed struct {
	name string
	kind spec.Kind
	body []byte
	keys [][]byte
}

// withKeys returns well-formed messages of every kind that holds keys: with each
// hash function, one segment and three.
func withKeys(t *testing.T) (all []keyed) {
	random := func(seed, n int) []byte { // in no two of them four bytes are the same
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(0x80 | (37*i+11*seed+i*i/3)&0x7F)
		}
		return b
	}
	add := func(name string, kind spec.Kind, message string, fields spec.Fields, keys [][]byte) {
		b, err := spec.Assemble(message, fields)
		if err != nil {
			t.Fatal(err)
		}
		if d := spec.Dissect(kind, b); d.Message != message || !d.Valid() {
			t.Fatalf("%s: %s, %v", name, d.Message, d.Violations)
		}
		all = append(all, keyed{name, kind, b, keys})
	}
	for algorithm, size := range map[uint64]int{0x800C: 32, 0x800D: 48, 0x800E: 64} {
		for _, n := range []int{1, 3} {
			var segments, blocks []any
			var keys [][]byte
			for i := range n {
				hashes := []any{bytes.Repeat([]byte{0x11}, size), bytes.Repeat([]byte{0x11}, size)}
				keys = append(keys, random(i, size))
				segments = append(segments, spec.Fields{"ullOffsetInContent": uint64(i) * 65537, "cbSegment": uint64(65537), "cbBlockSize": uint64(65536),
					"SegmentHashOfData": bytes.Repeat([]byte{0x22}, size), "SegmentSecret": spec.NewSecret(string(keys[i]))})
				blocks = append(blocks, spec.Fields{"BlockHashes": hashes})
			}
			content := spec.Fields{"Version": uint64(0x0100), "dwHashAlgo": algorithm, "dwOffsetInFirstSegment": uint64(0),
				"dwReadBytesInLastSegment": uint64(0), "segments": segments, "blocks": blocks}
			name := fmt.Sprintf("%d of %d bytes", n, size)
			add("version 1.0, "+name, spec.Content, "CONTENT_INFORMATION_V1", content, keys)
			if n == 1 {
				add("segment info, "+name, spec.Request, "SEGMENT_INFO_MESSAGE", spec.Fields{
					"MessageHeader":         spec.Fields{"MinorVersion": uint64(0), "MajorVersion": uint64(1), "Type": uint64(2)},
					"ConnectionInformation": spec.Fields{"Port": uint64(80)},
					"ContentTag":            make([]byte, 16), "SegmentInformation": content}, keys)
			}
		}
	}
	var data []any
	var keys [][]byte
	for i := range 3 {
		keys = append(keys, random(i, 32))
		data = append(data, spec.Fields{"cbSegment": uint64(4096), "SegmentHashOfData": bytes.Repeat([]byte{0x22}, 32), "SegmentSecret": spec.NewSecret(string(keys[i]))})
	}
	add("version 2.0", spec.Content, "CONTENT_INFORMATION_V2", spec.Fields{"bMinorVersion": uint64(0), "bMajorVersion": uint64(2), "bHashAlgo": uint64(4),
		"ullStartInContent": uint64(0), "ullIndexOfFirstSegment": uint64(0), "dwOffsetInFirstSegment": uint64(0), "ullLengthOfRange": uint64(0),
		"chunks": []any{spec.Fields{"bChunkType": uint64(0), "chunkData": data[:1]}, spec.Fields{"bChunkType": uint64(0), "chunkData": data[1:]}}}, keys)
	return all
}

// part is the number of bytes of a key that must not be shown in a row.
const part = 4

// TestKeysOfDamagedMessages looks for parts of keys in the text and the JSON of a
// message of which any one byte is changed, lost or there twice, or the end is
// missing.
func TestKeysOfDamagedMessages(t *testing.T) {
	for _, c := range withKeys(t) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			look := func(how string, at int, b []byte) {
				for _, kind := range []spec.Kind{0, c.kind} {
					shown, text := show(kind, b)
					for i, key := range c.keys {
						for j := 0; j+part <= len(key); j++ {
							if strings.Contains(shown, hex.EncodeToString(key[j:j+part])) {
								t.Fatalf("byte %d %s, kind %d: bytes %d to %d of key %d are shown:\n%s", at, how, kind, j, j+part, i, text)
							}
						}
					}
				}
			}
			step := 1
			if testing.Short() {
				step = 7
			}
			for at := 0; at < len(c.body); at += step {
				for _, flip := range []byte{0x01, 0x02, 0x03, 0x80, 0xFF} {
					b := bytes.Clone(c.body)
					b[at] ^= flip
					look(fmt.Sprintf("^ %#x", flip), at, b)
				}
				look("lost", at, append(bytes.Clone(c.body[:at]), c.body[at+1:]...))
				look("twice", at, append(bytes.Clone(c.body[:at+1]), c.body[at:]...))
				look("missing", at, c.body[:at])
			}
			if shown, _ := show(c.kind, c.body); strings.Contains(shown, "2222") == strings.Contains(shown, "8080") {
				t.Error("the right message: hashes are not shown, or keys are")
			}
		})
	}
}

// show returns a message in text and JSON, without blanks, and the text.
func show(kind spec.Kind, b []byte) (shown, text string) {
	text = string((&Text{}).Append(nil, New(kind, b, 0)))
	object, _ := (&Printer{Form: FormJSON}).Message(nil, &Item{Kind: kind, Body: b})
	return strings.NewReplacer(" ", "", "\n", "").Replace(text) + string(object), text
}
