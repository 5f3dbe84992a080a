package pccrc_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/corpus"
	"github.com/hostedcache/pchc/internal/testutil"
	"github.com/hostedcache/pchc/pccrc"
)

func TestImports(t *testing.T) { testutil.Imports(t) }

// segments makes a Content Information 1.0 with SHA-256 of segments of the
// given lengths from offset, each with all its block hashes.
func segments(t *testing.T, offset uint64, sizes ...uint32) pccrc.ContentInformationV1 {
	t.Helper()
	v := pccrc.NewV1(pccrc.SHA256)
	for _, size := range sizes {
		err := v.Append(pccrc.SegmentFieldsV1{
			UllOffsetInContent: offset, CbSegment: size, CbBlockSize: pccrc.BlockSizeV1,
			SegmentHashOfData: make([]byte, 32), SegmentSecret: secret(0x5E, 32),
			BlockHashes: make([]byte, 32*((size+pccrc.BlockSizeV1-1)/pccrc.BlockSizeV1)),
		})
		if err != nil {
			t.Fatal(err)
		}
		offset += uint64(size)
	}
	return v
}

func secret(b byte, n int) pccrc.Secret { return pccrc.NewSecret(bytes.Repeat([]byte{b}, n)) }

func segmentV2(size uint32) pccrc.SegmentFieldsV2 {
	return pccrc.SegmentFieldsV2{CbSegment: size, SegmentHashOfData: make([]byte, 32), SegmentSecret: secret(0, 32)}
}

// v2 makes a Content Information 2.0 of one chunk of segments of the given
// lengths.
func v2(t *testing.T, sizes ...uint32) pccrc.ContentInformationV2 {
	t.Helper()
	var v pccrc.ContentInformationV2
	var all []pccrc.SegmentFieldsV2
	for _, size := range sizes {
		all = append(all, segmentV2(size))
	}
	if err := v.AppendChunk(all...); err != nil {
		t.Fatal(err)
	}
	return v
}

func twoSegments(t *testing.T) pccrc.ContentInformationV2 { return v2(t, 1, 2) }

// Cut at every length, valid Content Information is refused at the first field
// that is not wholly there, or at the count that the bytes do not back.
func TestTruncated(t *testing.T) {
	v1 := segments(t, 0, pccrc.MaxSegmentSizeV1, 65537)
	long, err := v1.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	second := v2(t, 1, 2)
	if err := second.AppendChunk(segmentV2(3)); err != nil {
		t.Fatal(err)
	}
	short, err := second.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	type field struct {
		offset int // of the field, and of the violation where the cut is before end
		end    int
		rule   pccrc.Rule
	}
	blocks := 18 + 2*80
	fields1 := []field{
		{0, 2, pccrc.RuleV1Truncated}, {2, 6, pccrc.RuleV1Truncated}, {6, 10, pccrc.RuleV1Truncated},
		{10, 14, pccrc.RuleV1Truncated}, {14, 18, pccrc.RuleV1Truncated}, {14, blocks, pccrc.RuleCSegments},
		{blocks, blocks + 4, pccrc.RuleBlocksTruncated}, {blocks, blocks + 4 + 512*32, pccrc.RuleCBlocks},
		{blocks + 4 + 512*32, blocks + 8 + 512*32, pccrc.RuleBlocksTruncated},
		{blocks + 4 + 512*32, blocks + 8 + 514*32, pccrc.RuleCBlocks},
	}
	chunk := 31 + 5 + 2*68
	fields2 := []field{
		{0, 1, pccrc.RuleV2Truncated}, {1, 2, pccrc.RuleV2Truncated}, {2, 3, pccrc.RuleV2Truncated}, {3, 11, pccrc.RuleV2Truncated},
		{11, 19, pccrc.RuleV2Truncated}, {19, 23, pccrc.RuleV2Truncated}, {23, 31, pccrc.RuleV2Truncated},
		{31, 32, pccrc.RuleChunks}, {32, 36, pccrc.RuleChunkTruncated}, {32, chunk, pccrc.RuleChunkDataLength},
		{0, chunk + 1, ""}, // cut between two chunks it is whole
		{chunk + 1, chunk + 5, pccrc.RuleChunkTruncated}, {chunk + 1, chunk + 5 + 68, pccrc.RuleChunkDataLength},
	}
	for name, c := range map[string]struct {
		b      []byte
		fields []field
	}{"version 1.0": {long, fields1}, "version 2.0": {short, fields2}} {
		t.Run(name, func(t *testing.T) {
			i := 0
			for n := range c.b {
				for n >= c.fields[i].end {
					i++
				}
				f := c.fields[i]
				_, err := decodeAs(name, c.b[:n])
				if f.rule == "" {
					if err != nil {
						t.Errorf("%d bytes: %v", n, err)
					}
					continue
				}
				checkError(t, err, string(f.rule), f.offset, false)
				if e := err.(*pccrc.Error); strings.HasSuffix(string(f.rule), "Truncated") && e.Value != uint64(n-f.offset) {
					t.Errorf("%d bytes: %v", n, err)
				}
			}
			if _, err := decodeAs(name, c.b); err != nil {
				t.Error(err)
			}
		})
	}
}

func decodeAs(name string, b []byte) (pccrc.ContentInformation, error) {
	if name == "version 2.0" {
		return pccrc.DecodeV2(b)
	}
	return pccrc.DecodeV1(b)
}

// A count in twenty bytes must cost nothing: no memory for what is not there,
// and no overflow on any machine.
func TestHostileCounts(t *testing.T) {
	for _, n := range []uint32{1, 1 << 20, math.MaxUint32, 0x80000000, math.MaxUint32/80 + 1, 1<<32/80 + 1} {
		b := make([]byte, 20)
		binary.LittleEndian.PutUint16(b, 0x0100)
		binary.LittleEndian.PutUint32(b[2:], uint32(pccrc.SHA256))
		binary.LittleEndian.PutUint32(b[14:], n)
		_, err := pccrc.DecodeV1(b)
		checkError(t, err, string(pccrc.RuleCSegments), 14, false)
		testutil.Allocs(t, 1, func() { _, _ = pccrc.DecodeV1(b) })
	}
	v := segments(t, 0, 1)
	b, err := v.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []uint32{0, 2, 1 << 27, 1<<27 + 1, 1 << 31, math.MaxUint32} {
		binary.LittleEndian.PutUint32(b[98:], n)
		_, err := pccrc.DecodeV1(b)
		checkError(t, err, string(pccrc.RuleCBlocks), 98, false)
	}
	w := v2(t, 1)
	b, err = w.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []uint32{0, 1, 67, 69, 136, 1 << 31, math.MaxUint32, math.MaxUint32 - math.MaxUint32%68} {
		binary.BigEndian.PutUint32(b[32:], n)
		_, err := pccrc.DecodeV2(b)
		checkError(t, err, string(pccrc.RuleChunkDataLength), 32, false)
	}
}

// The sender rules, each at its bounds.
func TestCheckSender(t *testing.T) {
	set := func(v pccrc.ContentInformationV1, offset, read uint32) pccrc.ContentInformationV1 {
		v.DwOffsetInFirstSegment, v.DwReadBytesInLastSegment = offset, read
		return v
	}
	patch := func(v pccrc.ContentInformationV1, at int, value uint32) pccrc.ContentInformationV1 {
		b, err := v.AppendLenient(nil)
		if err != nil {
			t.Fatal(err)
		}
		binary.LittleEndian.PutUint32(b[at:], value)
		v, err = pccrc.DecodeV1(b)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	// blocks gives the only segment of v other block hashes.
	blocks := func(v pccrc.ContentInformationV1, n int) pccrc.ContentInformationV1 {
		s, w := v.At(0), pccrc.NewV1(v.DwHashAlgo())
		w.DwOffsetInFirstSegment, w.DwReadBytesInLastSegment = v.DwOffsetInFirstSegment, v.DwReadBytesInLastSegment
		err := w.Append(pccrc.SegmentFieldsV1{UllOffsetInContent: s.UllOffsetInContent(), CbSegment: s.CbSegment(), CbBlockSize: s.CbBlockSize(),
			SegmentHashOfData: s.SegmentHashOfData(), SegmentSecret: s.SegmentSecret(), BlockHashes: make([]byte, 32*n)})
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	const full = pccrc.MaxSegmentSizeV1
	one := segments(t, 5*full, 200000) // 4 blocks
	three := segments(t, full, full, full, 70000)
	padded := one
	padded.Padding = []byte{0}
	edge := segments(t, math.MaxUint64-full, full, 1)
	for _, c := range []struct {
		name   string
		v      pccrc.ContentInformationV1
		rule   pccrc.Rule // "" for none
		offset int
	}{
		{"one segment", one, "", 0},
		{"three segments", three, "", 0},
		{"up to the end of 64 bits", segments(t, math.MaxUint64-full-1, full, 1), "", 0},
		{"beyond 64 bits", edge, "", 0},
		{"64 bits wrap", segments(t, math.MaxUint64-full+1, full, 1), pccrc.RuleUllOffsetInContent, 98},
		{"offset at the last byte", set(one, 199999, 0), "", 0},
		{"offset at the end", set(one, 200000, 0), pccrc.RuleV1Offset, 6},
		{"read to the last byte", set(one, 0, 199999), "", 0},
		{"read the whole", set(one, 0, 200000), "", 0},
		{"read more", set(one, 0, 200001), pccrc.RuleReadBytes, 10},
		{"read more of the last", set(three, 0, 70001), pccrc.RuleReadBytes, 10},
		{"read less than the last's blocks", set(three, 0, 65536), pccrc.RuleBlockCount, 18 + 3*80 + 2*(4+512*32)},
		{"read one of them more", set(three, 0, 65537), "", 0},
		{"not adjacent, before", patch(three, 98, 2*full-1), pccrc.RuleUllOffsetInContent, 98},
		{"not adjacent, after", patch(three, 178, 3*full+1), pccrc.RuleUllOffsetInContent, 178},
		{"first too short", segments(t, 0, full-65536, 1), pccrc.RuleV1CbSegment, 26},
		{"last too long", patch(one, 26, full+1), pccrc.RuleV1CbSegment, 26},
		{"last as long as may be", segments(t, 0, full), "", 0},
		{"empty last", patch(three, 186, 0), pccrc.RuleV1CbSegment, 186},
		{"block size", patch(one, 30, 65535), pccrc.RuleCbBlockSize, 30},
		{"block size of the second", patch(three, 110, 32768), pccrc.RuleCbBlockSize, 110},
		{"all blocks although the range begins later", set(one, 131072, 0), "", 0},
		{"only the blocks that intersect", blocks(set(one, 131072, 0), 2), "", 0},
		{"one fewer", blocks(set(one, 131072, 0), 1), pccrc.RuleBlockCount, 98},
		{"one between", blocks(set(one, 131072, 0), 3), pccrc.RuleBlockCount, 98},
		{"one more", blocks(one, 5), pccrc.RuleBlockCount, 98},
		{"begins in the block before", blocks(set(one, 131071, 0), 3), "", 0},
		{"begins in the block before, one fewer", blocks(set(one, 131071, 0), 2), pccrc.RuleBlockCount, 98},
		{"range ends at a block's end", blocks(set(one, 1, 65535), 1), "", 0},
		{"range ends behind a block's end", blocks(set(one, 1, 65536), 2), "", 0},
		{"range runs past the segment", set(one, 199999, 200000), "", 0},
		{"padding", padded, pccrc.RulePadding, 18 + 80 + 4 + 4*32},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.v.CheckSenderRules()
			if c.rule == "" {
				if err != nil {
					t.Error(err)
				}
				if _, err := c.v.AppendBinary(nil); err != nil {
					t.Error(err)
				}
				return
			}
			checkError(t, err, string(c.rule), c.offset, true)
			checkError(t, testutil.AppendFails(t, c.v.AppendBinary), string(c.rule), c.offset, true)
		})
	}

	for _, c := range []struct {
		name      string
		inSegment uint32
		sizes     []uint32
		rule      pccrc.Rule
		offset    int
	}{
		{"one byte", 0, []uint32{1}, "", 0},
		{"the longest", 131071, []uint32{131072, 131072}, "", 0},
		{"empty", 0, []uint32{1, 0}, pccrc.RuleV2CbSegment, 31 + 5 + 68},
		{"too long", 0, []uint32{131073}, pccrc.RuleV2CbSegment, 36},
		{"offset at the end", 5, []uint32{5, 9}, pccrc.RuleV2Offset, 19},
		{"offset at the last byte", 4, []uint32{5, 9}, "", 0},
	} {
		t.Run("version 2.0 "+c.name, func(t *testing.T) {
			v := v2(t, c.sizes...)
			v.DwOffsetInFirstSegment = c.inSegment
			err := v.CheckSenderRules()
			if c.rule == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			checkError(t, err, string(c.rule), c.offset, true)
			checkError(t, testutil.AppendFails(t, v.AppendBinary), string(c.rule), c.offset, true)
		})
	}
	second := v2(t, 1)
	if err := second.AppendChunk(segmentV2(0)); err != nil {
		t.Fatal(err)
	}
	err := second.CheckSenderRules()
	checkError(t, err, string(pccrc.RuleV2CbSegment), 31+5+68+5, true)
	if want := "pchc: CONTENT_INFORMATION_V2: chunks[1].chunkData[0].cbSegment is 0, must be 1 to 131072 (offset 109, MS-PCCRC 2.4.1.2)"; err.Error() != want {
		t.Errorf("message is\n%s, want\n%s", err, want)
	}
}

// The examples of MS-PCCRC 3.1 to 3.5, and ranges that the text does not allow.
func TestRange(t *testing.T) {
	const kb, mb, full = 1 << 10, 1 << 20, pccrc.MaxSegmentSizeV1
	small := []uint32{125 * kb}
	large := []uint32{full, full, full, 29 * mb}
	for _, c := range []struct {
		name         string
		start        uint64
		sizes        []uint32
		offset, read uint32
		want         pccrc.Range
	}{
		{"3.1", 0, small, 0, 128000, pccrc.Range{Start: 0, Length: 128000}},
		{"3.2", 0, small, 0, 0, pccrc.Range{Start: 0, Length: 128000}},
		{"3.3", 0, small, 100 * kb, 0, pccrc.Range{Start: 100 * kb, Length: 25 * kb}},
		{"3.4", 0, large, 0, 29 * mb, pccrc.Range{Start: 0, Length: 125 * mb}},
		{"3.5", 0, large, 100 * kb, 28 * mb, pccrc.Range{Start: 100 * kb, Length: 126876 * kb}},
		{"within one segment", full, small, 10, 20, pccrc.Range{Start: full + 10, Length: 20}},
		{"longer than the segment", 0, small, 10, 128000, pccrc.Range{Start: 10, Length: 127990}},
		{"far longer", 0, small, 10, math.MaxUint32, pccrc.Range{Start: 10, Length: 127990}},
		{"last longer than the segment", 0, large, 0, math.MaxUint32, pccrc.Range{Start: 0, Length: 125 * mb}},
		{"begins behind the segment", 0, small, 128001, 5, pccrc.Range{Start: 128001, Length: 0}},
		{"start beyond 64 bits", math.MaxUint64, small, 1, 0, pccrc.Range{Start: math.MaxUint64, Length: 127999}},
		{"start at the end of 64 bits", math.MaxUint64 - 1, small, 1, 0, pccrc.Range{Start: math.MaxUint64, Length: 127999}},
	} {
		v := segments(t, c.start, c.sizes...)
		v.DwOffsetInFirstSegment, v.DwReadBytesInLastSegment = c.offset, c.read
		if got := v.Range(); got != c.want {
			t.Errorf("%s: range is %+v, want %+v", c.name, got, c.want)
		}
	}
	w := v2(t, 100, 50)
	w.UllStartInContent, w.DwOffsetInFirstSegment = 1000, 30
	if got, want := w.Range(), (pccrc.Range{Start: 1030, Length: 120}); got != want {
		t.Errorf("range to the end is %+v, want %+v", got, want)
	}
	w.UllLengthOfRange = 7
	if got, want := w.Range(), (pccrc.Range{Start: 1030, Length: 7}); got != want {
		t.Errorf("range is %+v, want %+v", got, want)
	}
	w.UllLengthOfRange, w.DwOffsetInFirstSegment = 0, 151
	if got, want := w.Range(), (pccrc.Range{Start: 1151, Length: 0}); got != want {
		t.Errorf("range behind the end is %+v, want %+v", got, want)
	}
}

// Encoders and builders refuse what could not be decoded again.
func TestEncodeRefuses(t *testing.T) {
	empty := pccrc.NewV1(pccrc.SHA256)
	checkError(t, testutil.AppendFails(t, empty.AppendBinary), string(pccrc.RuleCSegments), 14, false)
	checkError(t, testutil.AppendFails(t, empty.AppendLenient), string(pccrc.RuleCSegments), 14, false)
	for _, a := range []pccrc.HashAlgorithm{0, pccrc.TruncatedSHA512, 0x800B, 0x800F} {
		v := pccrc.NewV1(a)
		checkError(t, testutil.AppendFails(t, v.AppendBinary), string(pccrc.RuleDwHashAlgo), 2, false)
		checkError(t, v.Append(pccrc.SegmentFieldsV1{}), string(pccrc.RuleDwHashAlgo), 2, false)
		if v.Len() != 0 || v.CheckSenderRules() != nil || v.Range() != (pccrc.Range{}) {
			t.Errorf("a value with algorithm %#x holds something", uint32(a))
		}
	}
	h, kp := make([]byte, 32), secret(0, 32)
	for name, s := range map[string]pccrc.SegmentFieldsV1{
		"short HoD":         {SegmentHashOfData: h[1:], SegmentSecret: kp, BlockHashes: h},
		"long Kp":           {SegmentHashOfData: h, SegmentSecret: secret(0, 33), BlockHashes: h},
		"part of a hash":    {SegmentHashOfData: h, SegmentSecret: kp, BlockHashes: h[:31]},
		"no block":          {SegmentHashOfData: h, SegmentSecret: kp},
		"blocks of no hash": {SegmentHashOfData: h, SegmentSecret: kp, BlockHashes: make([]byte, 65)},
	} {
		v := pccrc.NewV1(pccrc.SHA256)
		if err := v.Append(s); err == nil || v.Len() != 0 || v.EncodedLen() != 18 {
			t.Errorf("%s: Append gave %v and left %d segments", name, err, v.Len())
		}
	}
	two := segments(t, 0, 1)
	err := two.Append(pccrc.SegmentFieldsV1{SegmentHashOfData: h, SegmentSecret: kp})
	checkError(t, err, string(pccrc.RuleCBlocks), 18+2*80+36, false)
	if e := err.(*pccrc.Error); e.Path() != "blocks[1].cBlocks" {
		t.Errorf("the field is %s", e.Path())
	}
	var v2 pccrc.ContentInformationV2
	checkError(t, testutil.AppendFails(t, v2.AppendBinary), string(pccrc.RuleChunks), 31, false)
	checkError(t, testutil.AppendFails(t, v2.AppendLenient), string(pccrc.RuleChunks), 31, false)
	checkError(t, v2.AppendChunk(), string(pccrc.RuleChunkDataLength), 32, false)
	second := twoSegments(t) // v2 is the value above
	err = second.AppendChunk()
	checkError(t, err, string(pccrc.RuleChunkDataLength), 31+5+2*68+1, false)
	if e := err.(*pccrc.Error); e.Path() != "chunks[1].dwChunkDataLength" {
		t.Errorf("the field is %s", e.Path())
	}
	for name, s := range map[string]pccrc.SegmentFieldsV2{
		"short HoD": {SegmentHashOfData: h[1:], SegmentSecret: kp}, "long Kp": {SegmentHashOfData: h, SegmentSecret: secret(0, 33)},
	} {
		if err := v2.AppendChunk(segmentV2(1), s); err == nil || v2.Len() != 0 {
			t.Errorf("%s: AppendChunk gave %v and left %d segments", name, err, v2.Len())
		}
	}

	// The decoded bytes may change under a value: no count is trusted twice.
	v := segments(t, 0, 65537)
	b, err := v.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	wantLeft := "pchc: CONTENT_INFORMATION_V1: blocks: 32 unexpected bytes after the last list (offset 134, MS-PCCRC 2.3.1.2)"
	if d, err := pccrc.DecodeV1(b); err != nil {
		t.Error(err)
	} else {
		b[98] = 1
		if _, err := d.AppendLenient(nil); err == nil || err.Error() != wantLeft {
			t.Errorf("message is\n%v, want\n%s", err, wantLeft)
		}
		b[98] = 2
	}
	for n, offset := range map[uint32]int{0: 98, 1: 134, 3: 98, math.MaxUint32: 98} {
		d, err := pccrc.DecodeV1(b)
		if err != nil {
			t.Fatal(err)
		}
		binary.LittleEndian.PutUint32(b[98:], n)
		checkError(t, testutil.AppendFails(t, d.AppendLenient), string(pccrc.RuleCBlocks), offset, false)
		binary.LittleEndian.PutUint32(b[98:], 2)
	}
}

func TestIterators(t *testing.T) {
	v := segments(t, 0, pccrc.MaxSegmentSizeV1, pccrc.MaxSegmentSizeV1, 65537)
	n := 0
	for i, s := range v.All() {
		blocks, want := s.Blocks, []int{512, 512, 2}[n]
		if blocks.Len() != want || len(blocks.BlockHashes()) != want*32 || len(blocks.At(want-1)) != 32 {
			t.Errorf("segment %d has %d blocks in %d bytes, want %d", n, blocks.Len(), len(blocks.BlockHashes()), want)
		}
		if i != n || !bytes.Equal(s.Bytes(), v.At(n).Bytes()) {
			t.Errorf("segment %d differs", n)
		}
		// A caller that appends to a view must not write to its neighbour.
		for _, view := range [][]byte{s.Bytes(), s.SegmentHashOfData(), s.SegmentSecret().Bytes(), blocks.BlockHashes(), blocks.At(0)} {
			if cap(view) != len(view) {
				t.Errorf("a view of %d bytes has room for %d", len(view), cap(view))
			}
		}
		n++
		if n == 2 {
			break
		}
	}
	if n != 2 {
		t.Errorf("the loop ran %d times", n)
	}
	if (pccrc.SegmentContentBlocks{}).Len() != 0 {
		t.Error("the zero SegmentContentBlocks is not empty")
	}
	w := v2(t, 1, 2, 3)
	if err := w.AppendChunk(segmentV2(4)); err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]func(){
		"At behind the last chunk": func() { w.At(4) }, "At far behind": func() { w.At(5) }, "At -1": func() { w.At(-1) },
		"AppendHoHoDk": func() { w.AppendHoHoDk(nil, 4) }, "At of version 1.0": func() { v.At(3) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s does not panic", name)
				}
			}()
			f()
		}()
	}
	var sizes []uint32
	for i, s := range w.All() {
		if s != w.At(i) || i != len(sizes) {
			t.Errorf("segment %d is not where At has it", i)
		}
		sizes = append(sizes, s.CbSegment())
	}
	if w.Len() != len(sizes) {
		t.Errorf("Len is %d, All has %d", w.Len(), len(sizes))
	}
	if len(sizes) != 4 || sizes[0] != 1 || sizes[2] != 3 || sizes[3] != 4 {
		t.Errorf("sizes are %d", sizes)
	}
	for _, s := range w.All() {
		if s.CbSegment() != 1 {
			t.Errorf("loop went on to %d", s.CbSegment())
		}
		break
	}
	for _, c := range w.Chunks() {
		if c.Len() != 3 {
			t.Errorf("loop went on to a chunk of %d", c.Len())
		}
		break
	}
}

func TestHashAlgorithm(t *testing.T) {
	for a, want := range map[pccrc.HashAlgorithm]struct {
		size int
		name string
	}{
		pccrc.SHA256: {32, "SHA-256"}, pccrc.SHA384: {48, "SHA-384"}, pccrc.SHA512: {64, "SHA-512"},
		pccrc.TruncatedSHA512: {32, "Truncated SHA-512"}, 0: {0, "unknown"}, 0x8004: {0, "unknown"},
	} {
		if a.Size() != want.size || a.String() != want.name {
			t.Errorf("%#x is %s of %d bytes, want %s of %d", uint32(a), a, a.Size(), want.name, want.size)
		}
		h, k := make([]byte, want.size), make([]byte, want.size+1)
		dst, key := []byte("dst"), pccrc.NewSecret
		for name, f := range map[string]func() ([]byte, error){
			"AppendHash":             func() ([]byte, error) { return a.AppendHash(dst, nil) },
			"ServerSecret":           func() ([]byte, error) { s, err := a.ServerSecret(k); return append(dst, s.Bytes()...), err },
			"SegmentSecret":          func() ([]byte, error) { s, err := a.SegmentSecret(key(h), h); return append(dst, s.Bytes()...), err },
			"SegmentSecret, any key": func() ([]byte, error) { s, err := a.SegmentSecret(key(k), h); return append(dst, s.Bytes()...), err },
			"AppendHoHoDk":           func() ([]byte, error) { return a.AppendHoHoDk(dst, key(h), h) },
		} {
			got, err := f()
			if string(got[:3]) != "dst" || len(got) != 3+want.size || (err == nil) != (want.size != 0) {
				t.Errorf("%s of %s gave %d bytes, %v", name, a, len(got), err)
			}
		}
		if _, err := a.SegmentSecret(key(h), k); err == nil {
			t.Errorf("%s: SegmentSecret took a long HoD", a)
		}
		if _, err := a.AppendHoHoDk(dst, key(h), k); err == nil {
			t.Errorf("%s: AppendHoHoDk took a long HoD", a)
		}
		if _, err := a.AppendHoHoDk(dst, key(k), h); err == nil {
			t.Errorf("%s: AppendHoHoDk took a long Kp", a)
		}
	}
}

func TestErrorText(t *testing.T) {
	two := v2(t, 1)
	if err := two.AppendChunk(segmentV2(1)); err != nil {
		t.Fatal(err)
	}
	chunks, err := two.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	chunks[31+5+68] = 7
	for _, c := range []struct {
		b    []byte
		want string
	}{
		{nil, "pchc: CONTENT_INFORMATION_V1: Version missing (offset 0, MS-PCCRC 2.3)"},
		{[]byte{0, 3}, "pchc: CONTENT_INFORMATION_V1: Version is 0x300, must be 0x100 (offset 0, MS-PCCRC 2.3)"},
		{[]byte{0, 1, 4, 0x80, 0, 0}, "pchc: CONTENT_INFORMATION_V1: dwHashAlgo is 0x8004, must be 0x800C, 0x800D or 0x800E (offset 2, MS-PCCRC 2.3)"},
		{[]byte{0, 1, 4, 0x80, 0}, "pchc: CONTENT_INFORMATION_V1: dwHashAlgo truncated: 3 of 4 bytes present (offset 2, MS-PCCRC 2.3)"},
		{[]byte{1, 2}, "pchc: CONTENT_INFORMATION_V2: bMinorVersion is 1, must be 0 (offset 0, MS-PCCRC 2.4)"},
		{chunks, "pchc: CONTENT_INFORMATION_V2: chunks[1].bChunkType is 7, must be 0 (offset 104, MS-PCCRC 2.4.1.1)"},
		{[]byte{0, 2, 1}, "pchc: CONTENT_INFORMATION_V2: bHashAlgo is 1, must be 4 (offset 2, MS-PCCRC 2.4)"},
	} {
		if _, err := decode(c.b); err == nil || err.Error() != c.want {
			t.Errorf("% x gives\n%v, want\n%s", c.b, err, c.want)
		}
	}
	e := pccrc.NewError(pccrc.ErrorFields{Rule: pccrc.RuleCBlocks, Field: "blocks[].cBlocks", Index: [2]int{12}, Value: 7, Detail: "is %, not #"})
	if e.Detail() != "is 7, not 0x7" || string(e.AppendPath([]byte("x"))) != "xblocks[12].cBlocks" || !errors.Is(&e, pccrc.RuleCBlocks) || errors.Is(&e, pccrc.RuleCSegments) || e.Path() != "blocks[12].cBlocks" {
		t.Errorf("%s is not what it is", e.Path())
	}
	if got := pccrc.Rule("odd").Section(); got != "" {
		t.Errorf("section of an odd rule is %q", got)
	}
	if got := (pccrc.Error{}).Error(); got != "pchc: no violation" {
		t.Errorf("the zero value is %q", got)
	}
	// Both the pointer and the value are found.
	_, err = pccrc.DecodeV1(nil)
	var pointer *pccrc.Error
	var value pccrc.Error
	if !errors.As(err, &pointer) || !errors.As(err, &value) || *pointer != value || value.Rule != pccrc.RuleV1Truncated {
		t.Errorf("errors.As finds %v and %v", pointer, value)
	}
}

// Accepting allocates nothing and rejecting once, whatever the vector.
func TestAllocs(t *testing.T) {
	forEach(t, func(t *testing.T, v corpus.Vector) {
		want := 1
		if v.Valid {
			want = 0
		}
		testutil.Allocs(t, want, func() { consume(v.Bytes, nil) })
	})
}

func TestSniff(t *testing.T) {
	for b, want := range map[string]int{"": 0, "\x00": 0, "\x00\x01": 1, "\x00\x02x": 2, "\x01\x02": 0, "\x00\x03": 0} {
		if got := pccrc.Sniff([]byte(b)); got != want {
			t.Errorf("% x is %d, want %d", b, got, want)
		}
	}
}

// SegmentInformations takes Content Information apart, segment by segment.
func TestSegmentInformations(t *testing.T) {
	v := segments(t, 5*pccrc.MaxSegmentSizeV1, pccrc.MaxSegmentSizeV1, pccrc.MaxSegmentSizeV1, 70000)
	v.DwOffsetInFirstSegment, v.DwReadBytesInLastSegment = 7, 9
	n := 0
	for i, one := range v.SegmentInformations() {
		var blocks []byte
		for j, s := range v.All() {
			if j == i {
				blocks = s.Blocks.BlockHashes()
			}
		}
		for _, s := range one.All() {
			if !bytes.Equal(s.Bytes(), v.At(i).Bytes()) || !bytes.Equal(s.Blocks.BlockHashes(), blocks) {
				t.Errorf("segment %d is %v", i, s)
			}
		}
		offset := []uint32{7, 0, 0}[i]
		if one.Len() != 1 || one.DwOffsetInFirstSegment != offset || one.DwReadBytesInLastSegment != v.At(i).CbSegment() {
			t.Errorf("segment %d: %v", i, one)
		}
		n++
	}
	for i := range v.SegmentInformations() {
		if n += 10; i != 0 {
			t.Error("loop went on")
		}
		break
	}
	if n != 13 {
		t.Errorf("%d segments", n)
	}
}
