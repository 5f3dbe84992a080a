package codec_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/fuzz/generate/rapidgen"
	"github.com/hostedcache/pchc/pccrc"
)

var compare = cmp.Options{
	cmp.AllowUnexported(pccrc.ContentInformationV1{}, codec.SegmentDescriptors{}),
	cmp.Comparer(bytes.Equal), // element by element takes long
}

// Value to bytes to value, and bytes to value to bytes, for each message.
func TestRoundTrip(t *testing.T) {
	for _, typ := range types {
		t.Run(typ.String(), func(t *testing.T) {
			rapid.Check(t, func(r *rapid.T) {
				want := draw(r, typ)
				b, err := want.MarshalBinary()
				if err != nil {
					r.Fatal(err)
				}
				if len(b) != want.EncodedLen() {
					r.Fatalf("%d bytes, want %d", len(b), want.EncodedLen())
				}
				got, err := decode(b)
				if err != nil {
					r.Fatal(err)
				}
				if d := cmp.Diff(want, got, compare); d != "" {
					r.Fatalf("decoded value differs (-want +got):\n%s", d)
				}
				again, err := got.AppendBinary(nil)
				if err != nil || !bytes.Equal(again, b) {
					r.Fatalf("encoded %x (%v), want %x", again, err, b)
				}
			})
		})
	}
}

func draw(r *rapid.T, t codec.MessageType) message {
	switch t {
	case codec.TypeInitialOffer:
		m := rapidgen.InitialOfferMessage().Draw(r, "m")
		return &m
	case codec.TypeSegmentInfo:
		m := rapidgen.SegmentInfoMessage().Draw(r, "m")
		return &m
	default:
		m := rapidgen.BatchedOfferMessage().Draw(r, "m")
		return &m
	}
}

// Changed, cut and arbitrary bytes: no panic, an offset within the message, and
// what is accepted encodes to the same bytes.
func TestArbitraryBytes(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		b := rapid.SliceOf(rapid.Byte()).Draw(r, "b")
		if rapid.Bool().Draw(r, "from a good one") {
			var err error
			if b, err = draw(r, rapid.SampledFrom(types).Draw(r, "type")).AppendBinary(nil); err != nil {
				r.Fatal(err)
			}
			for range rapid.IntRange(0, 3).Draw(r, "changes") {
				b[rapid.IntRange(0, min(len(b)-1, 120)).Draw(r, "at")] = rapid.Byte().Draw(r, "byte")
			}
			b = b[:rapid.IntRange(0, len(b)).Draw(r, "length")]
		}
		if m, err := decode(b); err == nil {
			if got, err := m.AppendLenient(nil); err != nil || !bytes.Equal(got, b) {
				r.Fatalf("encoded %x (%v)", got, err)
			}
			_ = m.CheckSenderRules()
		} else if e := err.(*codec.Error); e.Offset > len(b) || e.Sender {
			r.Fatalf("violation at %d of %d bytes, sender %t", e.Offset, len(b), e.Sender)
		}
		if code, err := codec.DecodeResponseMessage(b, codec.TypeUnknown); err == nil && !bytes.Equal(b, []byte{0, 0, 0, 1, byte(code)}) {
			r.Fatalf("% x was accepted as a response", b)
		}
	})
}

// Any number of descriptors splits into the fewest messages, in order, and they
// come together again.
func TestSplitDescriptors(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		few := rapid.SliceOfN(rapidgen.SegmentDescriptor(), 1, 5).Draw(r, "few")
		n := rapid.OneOf(rapid.SampledFrom([]int{0, 1, 127, 128, 129, 256, 257}), rapid.IntRange(0, 600)).Draw(r, "n")
		var all, got codec.SegmentDescriptors
		for i := range n {
			var err error
			if all, err = all.Append(few[i%len(few)].Fields()); err != nil {
				r.Fatal(err)
			}
		}
		messages := 0
		for m := range codec.SplitDescriptors(80, all) {
			b, err := m.AppendBinary(nil)
			if err != nil {
				r.Fatal(err)
			}
			if _, err := codec.DecodeBatchedOfferMessage(b); err != nil {
				r.Fatal(err)
			}
			room, err := m.SegmentDescriptors.Append(few[0].Fields())
			if err != nil || room.At(0) == m.SegmentDescriptors.At(0) {
				r.Fatal("a message has room that belongs to the next", err)
			}
			for _, d := range m.SegmentDescriptors.All() {
				if got, err = got.Append(d.Fields()); err != nil {
					r.Fatal(err)
				}
			}
			messages++
		}
		if !bytes.Equal(got.Bytes(), all.Bytes()) || messages != (n+127)/128 {
			r.Fatalf("%d descriptors in %d messages came back as %d", n, messages, got.Len())
		}
		for m := range codec.SplitDescriptors(80, all) {
			if m.SegmentDescriptors.Len() != min(n, codec.MaxDescriptors) {
				r.Fatalf("the first message has %d descriptors", m.SegmentDescriptors.Len())
			}
			break
		}
	})
}

// What MS-PCHC 2.2.1.4 asks for is what the strict encoder takes: a copy of each
// segment of Content Information, whatever part of it the content range covers.
func TestCopies(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		v := rapidgen.ContentInformationV1().Draw(r, "v")
		for i, one := range v.SegmentInformations() {
			m := codec.NewSegmentInfoMessage(80, codec.TagBITS, one)
			b, err := m.AppendBinary(nil)
			if err != nil {
				r.Fatalf("segment %d: %v", i, err)
			}
			got, err := codec.DecodeSegmentInfoMessage(b)
			if err != nil {
				r.Fatalf("segment %d: %v", i, err)
			}
			size, covered := uint64(v.At(i).CbSegment()), got.SegmentInformation.Range()
			if covered.Length == 0 || covered.Length > size || covered.Start < v.At(i).UllOffsetInContent() {
				r.Fatalf("segment %d of %d bytes: the range is %+v", i, size, covered)
			}
		}
	})
}
