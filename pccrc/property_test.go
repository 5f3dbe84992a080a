package pccrc_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hostedcache/pchc/fuzz/generate/rapidgen"
	"github.com/hostedcache/pchc/pccrc"
)

var compare = cmp.Options{
	cmp.AllowUnexported(pccrc.ContentInformationV1{}, pccrc.ContentInformationV2{}),
	cmp.Comparer(bytes.Equal), // element by element takes long
}

// Value to bytes to value, and bytes to value to bytes.
func TestRoundTripV1(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		v := rapidgen.ContentInformationV1().Draw(r, "v")
		b, err := v.AppendBinary(nil)
		if err != nil {
			r.Fatal(err)
		}
		v.Padding = rapid.SliceOfN(rapid.Byte(), 1, 9).Draw(r, "Padding")
		if rapid.Bool().Draw(r, "no Padding") {
			v.Padding = nil
		} else {
			b = append(b, v.Padding...)
		}
		got, err := pccrc.DecodeV1(b)
		if err != nil {
			r.Fatal(err)
		}
		if d := cmp.Diff(v, got, compare); d != "" {
			r.Fatalf("decoded value differs (-want +got):\n%s", d)
		}
		again, err := got.AppendLenient(nil)
		if err != nil || !bytes.Equal(again, b) {
			r.Fatalf("encoded %x (%v), want %x", again, err, b)
		}
	})
}

func TestRoundTripV2(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		v := rapidgen.ContentInformationV2().Draw(r, "v")
		b, err := v.MarshalBinary()
		if err != nil {
			r.Fatal(err)
		}
		got, err := pccrc.DecodeV2(b)
		if err != nil {
			r.Fatal(err)
		}
		if d := cmp.Diff(v, got, compare); d != "" {
			r.Fatalf("decoded value differs (-want +got):\n%s", d)
		}
		again, err := got.AppendLenient(nil)
		if err != nil || !bytes.Equal(again, b) {
			r.Fatalf("encoded %x (%v), want %x", again, err, b)
		}
	})
}

// A decoded value can be appended to: that copies, and leaves the decoded bytes
// and what lies behind them alone.
func TestAppendToDecoded(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		one, two := rapidgen.ContentInformationV2().Draw(r, "one"), rapidgen.ContentInformationV2().Draw(r, "two")
		b, err := one.MarshalBinary()
		if err != nil {
			r.Fatal(err)
		}
		room := append(bytes.Clone(b), bytes.Repeat([]byte{0xEE}, 4096)...)
		v, err := pccrc.DecodeV2(room[:len(b)])
		if err != nil {
			r.Fatal(err)
		}
		for _, chunk := range two.Chunks() {
			var all []pccrc.SegmentFieldsV2
			for _, s := range chunk.All() {
				all = append(all, pccrc.SegmentFieldsV2{CbSegment: s.CbSegment(), SegmentHashOfData: s.SegmentHashOfData(), SegmentSecret: s.SegmentSecret()})
			}
			if err := v.AppendChunk(all...); err != nil {
				r.Fatal(err)
			}
		}
		if !bytes.Equal(room[:len(b)], b) || bytes.Count(room[len(b):], []byte{0xEE}) != 4096 {
			r.Fatal("AppendChunk wrote to the decoded bytes or behind them")
		}
		b2, err := two.MarshalBinary()
		if err != nil {
			r.Fatal(err)
		}
		got, err := v.MarshalBinary()
		if err != nil || !bytes.Equal(got, append(b, b2[31:]...)) {
			r.Fatalf("encoded %x (%v)", got, err)
		}

		v1 := rapidgen.ContentInformationV1().Draw(r, "v1")
		b, err = v1.MarshalBinary()
		if err != nil {
			r.Fatal(err)
		}
		room = append(bytes.Clone(b), bytes.Repeat([]byte{0xEE}, 4096)...)
		v1, err = pccrc.DecodeV1(room[:len(b)])
		if err != nil {
			r.Fatal(err)
		}
		n := v1.Len()
		last := v1.At(n - 1)
		err = v1.Append(pccrc.SegmentFieldsV1{
			UllOffsetInContent: 7, CbSegment: 8, CbBlockSize: 9,
			SegmentHashOfData: last.SegmentHashOfData(), SegmentSecret: last.SegmentSecret(), BlockHashes: last.SegmentHashOfData(),
		})
		if err != nil {
			r.Fatal(err)
		}
		if !bytes.Equal(room[:len(b)], b) || bytes.Count(room[len(b):], []byte{0xEE}) != 4096 {
			r.Fatal("Append wrote to the decoded bytes or behind them")
		}
		if s := v1.At(n); v1.Len() != n+1 || s.UllOffsetInContent() != 7 || s.CbSegment() != 8 || s.CbBlockSize() != 9 {
			r.Fatalf("the segment that was appended is %x", s.Bytes())
		}
	})
}

// Arbitrary bytes, and arbitrary changes of good ones: no panic, and what is
// accepted encodes to the same bytes.
func TestArbitraryBytes(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		b := rapid.SliceOf(rapid.Byte()).Draw(r, "b")
		if rapid.Bool().Draw(r, "from a good one") {
			v1, v2 := rapidgen.ContentInformationV1().Draw(r, "v1"), rapidgen.ContentInformationV2().Draw(r, "v2")
			b, _ = v1.AppendLenient(nil)
			if rapid.Bool().Draw(r, "version 2.0") {
				b, _ = v2.AppendLenient(nil)
			}
			for range rapid.IntRange(0, 3).Draw(r, "changes") {
				b[rapid.IntRange(0, len(b)-1).Draw(r, "at")] = rapid.Byte().Draw(r, "byte")
			}
			b = b[:rapid.IntRange(0, len(b)).Draw(r, "length")]
		}
		if v, err := pccrc.DecodeV1(b); err == nil {
			if got, err := v.AppendLenient(nil); err != nil || !bytes.Equal(got, b) {
				r.Fatalf("encoded %x (%v)", got, err)
			}
			_ = v.Range()
			_ = v.CheckSenderRules()
		} else if e := err.(*pccrc.Error); e.Offset > len(b) {
			r.Fatalf("violation at %d of %d bytes", e.Offset, len(b))
		}
		if v, err := pccrc.DecodeV2(b); err == nil {
			if got, err := v.AppendLenient(nil); err != nil || !bytes.Equal(got, b) {
				r.Fatalf("encoded %x (%v)", got, err)
			}
			_ = v.Range()
			_ = v.CheckSenderRules()
		} else if e := err.(*pccrc.Error); e.Offset > len(b) {
			r.Fatalf("violation at %d of %d bytes", e.Offset, len(b))
		}
	})
}
