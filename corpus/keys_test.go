package corpus

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/json"
	"fmt"
	"hash"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// algorithm is a hash function, cut to size bytes where a value is stored.
type algorithm struct {
	new  func() hash.Hash
	size int
}

var (
	hashV1 = map[uint32]algorithm{
		0x800C: {sha256.New, 32},
		0x800D: {sha512.New384, 48},
		0x800E: {sha512.New, 64},
	}
	hashV2 = algorithm{sha512.New, 32}
	hashKs = map[string]algorithm{
		"SHA-256":                       hashV1[0x800C],
		"SHA-384":                       hashV1[0x800D],
		"SHA-512":                       hashV1[0x800E],
		"SHA-512 truncated to 32 bytes": hashV2,
	}
)

func (a algorithm) hash(data []byte) Hex {
	h := a.new()
	h.Write(data)
	return h.Sum(nil)[:a.size]
}

func (a algorithm) hmac(key, data []byte) Hex {
	h := hmac.New(a.new, key)
	h.Write(data)
	return h.Sum(nil)[:a.size]
}

// blockSize is that of all blocks of version 1.0.
const blockSize = 65536

// c2 is MS_P2P_CACHING in UTF-16LE, with its terminator.
var c2 = []byte("M\x00S\x00_\x00P\x002\x00P\x00_\x00C\x00A\x00C\x00H\x00I\x00N\x00G\x00\x00\x00")

// segment is what both versions of Content Information tell of one.
type segment struct {
	UllOffsetInContent, CbSegment, CbBlockSize uint64
	SegmentHashOfData, SegmentSecret           Hex
}

// contentFields are the fields of either version.
type contentFields struct {
	DwHashAlgo                                       uint32
	DwOffsetInFirstSegment, DwReadBytesInLastSegment uint64
	Segments                                         []segment
	Blocks                                           []struct{ BlockHashes []Hex }

	UllStartInContent, UllIndexOfFirstSegment, UllLengthOfRange uint64
	Chunks                                                      []struct{ ChunkData []segment }
}

type derivedSegment struct {
	Index, Start, Length, BlockSize uint64
	HoHoDk                          Hex
}

type derived struct {
	Range    struct{ Start, Length uint64 }
	Segments []derivedSegment
}

// contentOf returns the Content Information in a valid vector, if there is
// any, with the hash function that it uses. Segments of version 2.0 are given
// as those of version 1.0 are.
func contentOf(t *testing.T, v Vector) (c contentFields, a algorithm, ok bool) {
	t.Helper()
	fields := v.Fields
	switch {
	case !v.Valid:
		return c, a, false
	case v.Message == "SEGMENT_INFO_MESSAGE":
		var f struct{ SegmentInformation json.RawMessage }
		if err := json.Unmarshal(fields, &f); err != nil {
			t.Fatalf("%s: %v", v.ID, err)
		}
		fields = f.SegmentInformation
	case v.Kind != Content:
		return c, a, false
	}
	if err := json.Unmarshal(fields, &c); err != nil {
		t.Fatalf("%s: %v", v.ID, err)
	}
	a = hashV1[c.DwHashAlgo]
	if v.Message == "CONTENT_INFORMATION_V2" {
		a = hashV2
		start := c.UllStartInContent
		for _, chunk := range c.Chunks {
			for _, s := range chunk.ChunkData {
				s.UllOffsetInContent, s.CbBlockSize = start, s.CbSegment
				start += s.CbSegment
				c.Segments = append(c.Segments, s)
			}
		}
	}
	return c, a, true
}

func TestDerived(t *testing.T) {
	for id, v := range loadVectors(t) {
		if v.Derived == nil {
			continue
		}
		var got, want derived
		if err := json.Unmarshal(v.Derived, &got); err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		c, a, ok := contentOf(t, v)
		if !ok {
			t.Errorf("%s: there is nothing to derive from", id)
			continue
		}
		for i, s := range c.Segments {
			want.Segments = append(want.Segments, derivedSegment{
				Index:     uint64(i),
				Start:     s.UllOffsetInContent,
				Length:    s.CbSegment,
				BlockSize: s.CbBlockSize,
				HoHoDk:    a.hmac(s.SegmentSecret, slices.Concat(s.SegmentHashOfData, c2)),
			})
			want.Range.Length += s.CbSegment
		}
		want.Range.Start = c.Segments[0].UllOffsetInContent + c.DwOffsetInFirstSegment
		want.Range.Length -= c.DwOffsetInFirstSegment
		last := c.Segments[len(c.Segments)-1].CbSegment
		switch read := c.DwReadBytesInLastSegment; {
		case c.UllLengthOfRange != 0:
			want.Range.Length = c.UllLengthOfRange
		case read == 0:
		case len(c.Segments) == 1:
			want.Range.Length = min(read, want.Range.Length)
		default:
			want.Range.Length -= last - min(read, last)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: derived (-want +got):\n%s", id, diff)
		}
	}
}

// contents makes the content of recipes, and keeps the longest of each kind.
type contents map[string][]byte

func (c contents) make(name string, length int64) ([]byte, error) {
	next := map[string]func(x uint32) (byte, uint32){
		"ramp": func(i uint32) (byte, uint32) { return byte(7*i + 3), i + 1 },
		"lcg": func(x uint32) (byte, uint32) {
			x = 1664525*x + 1013904223
			return byte(x >> 24), x
		},
	}[name]
	if next == nil {
		return nil, fmt.Errorf("no recipe %q", name)
	}
	if int64(len(c[name])) < length {
		b := make([]byte, length)
		x := map[string]uint32{"lcg": 1}[name]
		for i := range b {
			b[i], x = next(x)
		}
		c[name] = b
	}
	return c[name][:length], nil
}

// sum returns the SHA-256 of content, computed once for each recipe.
func (c contents) sum(r *Recipe, content []byte) Hex {
	key := fmt.Sprint("SHA-256 of ", r.Content, r.ContentLength)
	if c[key] == nil {
		c[key] = hashKs["SHA-256"].hash(content)
	}
	return c[key]
}

// TestRecipes makes everything again that a recipe tells how to make.
func TestRecipes(t *testing.T) {
	made := make(contents)
	for id, v := range loadVectors(t) {
		r := v.Recipe
		if r == nil {
			continue
		}
		if ks := hashKs[r.KsAlgorithm].hash(r.Secret); !bytes.Equal(ks, r.Ks) {
			t.Errorf("%s: Ks is %x, want %x", id, r.Ks, ks)
		}
		c, a, ok := contentOf(t, v)
		for i, s := range c.Segments {
			if kp := a.hmac(r.Ks, s.SegmentHashOfData); !bytes.Equal(kp, s.SegmentSecret) {
				t.Errorf("%s: SegmentSecret %d is %x, want %x", id, i, s.SegmentSecret, kp)
			}
		}
		if r.Content == "" {
			continue
		}
		content, err := made.make(r.Content, r.ContentLength)
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		if sum := made.sum(r, content); !bytes.Equal(r.ContentSHA256, sum) {
			t.Errorf("%s: contentSHA256 is %x, want %x", id, r.ContentSHA256, sum)
		}
		switch {
		case !ok:
		case v.Message == "CONTENT_INFORMATION_V2":
			checkSegmentLengths(t, v, c)
			checkHashesV2(t, v, c, content)
		default:
			checkHashesV1(t, v, c, a, content)
		}
	}
}

// checkHashesV1 compares the block hashes and the HoD of each segment with
// those of the content.
func checkHashesV1(t *testing.T, v Vector, c contentFields, a algorithm, content []byte) {
	t.Helper()
	for i, s := range c.Segments {
		var blocks []Hex
		for block := range slices.Chunk(content[s.UllOffsetInContent:][:s.CbSegment], blockSize) {
			blocks = append(blocks, a.hash(block))
		}
		if hod := a.hash(slices.Concat(blocks...)); !bytes.Equal(hod, s.SegmentHashOfData) {
			t.Errorf("%s: SegmentHashOfData %d is %x, want %x", v.ID, i, s.SegmentHashOfData, hod)
		}
		first := uint64(0) // block of the range
		if i == 0 {
			first = c.DwOffsetInFirstSegment / blockSize
		}
		list := c.Blocks[i].BlockHashes
		fromStart := isPrefix(list, blocks)
		fromRange := first < uint64(len(blocks)) && isPrefix(list, blocks[first:])
		if !fromStart && !fromRange {
			t.Errorf("%s: block list %d is not of this content", v.ID, i)
		}
	}
}

func isPrefix(list, all []Hex) bool {
	return len(list) <= len(all) && slices.EqualFunc(all[:len(list)], list, func(a, b Hex) bool { return bytes.Equal(a, b) })
}

// checkHashesV2 compares the HoD of each segment with that of the content.
func checkHashesV2(t *testing.T, v Vector, c contentFields, content []byte) {
	t.Helper()
	for i, s := range c.Segments {
		if hod := hashV2.hash(content[s.UllOffsetInContent:][:s.CbSegment]); !bytes.Equal(hod, s.SegmentHashOfData) {
			t.Errorf("%s: SegmentHashOfData %d is %x, want %x", v.ID, i, s.SegmentHashOfData, hod)
		}
	}
}

// checkSegmentLengths holds the segments of version 2.0 against the recipe,
// which says where the whole content is cut.
func checkSegmentLengths(t *testing.T, v Vector, c contentFields) {
	t.Helper()
	start, i := uint64(0), 0
	for k, length := range v.Recipe.SegmentLengths {
		if at := k - int(c.UllIndexOfFirstSegment); at >= 0 && at < len(c.Segments) {
			if s := c.Segments[at]; s.UllOffsetInContent != start || s.CbSegment != uint64(length) {
				t.Errorf("%s: segment %d is %d bytes from %d, want %d from %d", v.ID, k, s.CbSegment, s.UllOffsetInContent, length, start)
			}
			i++
		}
		start += uint64(length)
	}
	if i != len(c.Segments) || start != uint64(v.Recipe.ContentLength) {
		t.Errorf("%s: segmentLengths do not cover the content", v.ID)
	}
}
