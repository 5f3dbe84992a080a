package pccrc_test

import (
	"testing"

	"github.com/hostedcache/pchc/internal/testutil"
	"github.com/hostedcache/pchc/pccrc"
)

var sink uint64

// consume decodes b, reads every segment, checks the sender rules and encodes
// to dst. It is the body of the benchmarks and of the allocation gate.
func consume(b, dst []byte) {
	if len(b) > 1 && b[1] == 2 {
		v, err := pccrc.DecodeV2(b)
		if err != nil {
			return
		}
		for _, s := range v.All() {
			sink += uint64(s.CbSegment()) + uint64(s.SegmentHashOfData()[0])
		}
		sink += v.Range().Length
		if dst != nil && v.CheckSenderRules() == nil {
			dst, _ = v.AppendLenient(dst)
			sink += uint64(len(dst))
		}
		return
	}
	v, err := pccrc.DecodeV1(b)
	if err != nil {
		return
	}
	for _, s := range v.All() {
		sink += s.UllOffsetInContent() + uint64(s.CbSegment()) + uint64(s.Blocks.Len()) + uint64(s.SegmentSecret().Bytes()[0])
	}
	sink += v.Range().Length
	if dst != nil && v.CheckSenderRules() == nil {
		dst, _ = v.AppendLenient(dst)
		sink += uint64(len(dst))
	}
}

func large(t testing.TB) []byte {
	v := pccrc.NewV1(pccrc.SHA256)
	for i := range 64 {
		err := v.Append(pccrc.SegmentFieldsV1{
			UllOffsetInContent: uint64(i) * pccrc.MaxSegmentSizeV1, CbSegment: pccrc.MaxSegmentSizeV1, CbBlockSize: pccrc.BlockSizeV1,
			SegmentHashOfData: make([]byte, 32), SegmentSecret: secret(0, 32), BlockHashes: make([]byte, 512*32),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	b, err := v.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAllocsLarge(t *testing.T) {
	b := large(t)
	dst := make([]byte, 0, len(b))
	testutil.Allocs(t, 0, func() { consume(b, dst) })
	w := v2(t, 1, 2, 3)
	c, err := w.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	testutil.Allocs(t, 0, func() { consume(c, dst) })
}

// BenchmarkDecodeV1 reads the header, all segments and all counts of a Content
// Information of 64 segments of 512 blocks: 1 MiB, of which the block hashes
// are not touched. Compare with BenchmarkCopy of the same bytes.
func BenchmarkDecodeV1(b *testing.B) {
	in := large(b)
	b.ReportAllocs()
	for b.Loop() {
		consume(in, nil)
	}
}

func BenchmarkEncodeV1(b *testing.B) {
	in := large(b)
	v, err := pccrc.DecodeV1(in)
	if err != nil {
		b.Fatal(err)
	}
	dst := make([]byte, 0, len(in))
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		dst, err = v.AppendBinary(dst[:0])
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCopy(b *testing.B) {
	in := large(b)
	dst := make([]byte, len(in))
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		copy(dst, in)
	}
}

// BenchmarkHoHoDk derives the identifier of one segment.
func BenchmarkHoHoDk(b *testing.B) {
	kp, hod, dst := secret(0, 32), make([]byte, 32), make([]byte, 0, pccrc.MaxHashLen)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := pccrc.SHA256.AppendHoHoDk(dst, kp, hod); err != nil {
			b.Fatal(err)
		}
	}
}
