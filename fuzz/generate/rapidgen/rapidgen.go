package rapidgen

import (
	"pgregory.net/rapid"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/pccrc"
)

// Choices returns a source of choices that draws from t. With it a property test
// can call packages generate and mutate directly.
func Choices(t *rapid.T) generate.Choices { return choices{t} }

type choices struct{ t *rapid.T }

func (c choices) Uint64N(n uint64) uint64 {
	return rapid.Uint64Range(0, n-1).Draw(c.t, "choice")
}

// custom returns a generator from a function that makes choices.
func custom[V any](draw func(c generate.Choices) V) *rapid.Generator[V] {
	return rapid.Custom(func(t *rapid.T) V { return draw(choices{t}) })
}

// Bytes draws a byte string of n bytes.
func Bytes(n int) *rapid.Generator[[]byte] { return rapid.SliceOfN(rapid.Byte(), n, n) }

// Uint16 draws an integer, often a boundary value, see [generate.Number].
func Uint16() *rapid.Generator[uint16] {
	return custom(func(c generate.Choices) uint16 { return uint16(generate.Number(c, 16)) })
}

// Uint32 draws an integer, often a boundary value, see [generate.Number].
func Uint32() *rapid.Generator[uint32] {
	return custom(func(c generate.Choices) uint32 { return uint32(generate.Number(c, 32)) })
}

// Uint64 draws an integer, often a boundary value, see [generate.Number].
func Uint64() *rapid.Generator[uint64] {
	return custom(func(c generate.Choices) uint64 { return generate.Number(c, 64) })
}

// ContentTag draws a tag, often a well-known one.
func ContentTag() *rapid.Generator[codec.ContentTag] {
	return custom(func(c generate.Choices) codec.ContentTag {
		return codec.ContentTag(generate.ValidDescriptor(c).ContentTag)
	})
}

// SegmentDescriptor draws a descriptor that violates no rule.
func SegmentDescriptor() *rapid.Generator[codec.SegmentDescriptor] {
	return custom(func(c generate.Choices) codec.SegmentDescriptor {
		d := generate.ValidDescriptor(c)
		return codec.SegmentDescriptor(d.Append(nil))
	})
}

// decoded returns a generator of decoded valid messages.
func decoded[V any](message string, decode func([]byte) (V, error)) *rapid.Generator[V] {
	return rapid.Custom(func(t *rapid.T) V {
		v, err := decode(generate.ValidMessage(choices{t}, message).Bytes)
		if err != nil {
			t.Fatalf("a valid %s was not decoded: %v", message, err)
		}
		return v
	})
}

// InitialOfferMessage draws a message that violates no rule.
func InitialOfferMessage() *rapid.Generator[codec.InitialOfferMessage] {
	return decoded("INITIAL_OFFER_MESSAGE", codec.DecodeInitialOfferMessage)
}

// BatchedOfferMessage draws a message of 1 to 128 descriptors that violates no
// rule.
func BatchedOfferMessage() *rapid.Generator[codec.BatchedOfferMessage] {
	return decoded("BATCHED_OFFER_MESSAGE", codec.DecodeBatchedOfferMessage)
}

// SegmentInfoMessage draws a message that violates no rule.
func SegmentInfoMessage() *rapid.Generator[codec.SegmentInfoMessage] {
	return decoded("SEGMENT_INFO_MESSAGE", codec.DecodeSegmentInfoMessage)
}

// ContentInformationV1 draws a Content Information 1.0 of a few segments that
// violates no rule.
func ContentInformationV1() *rapid.Generator[pccrc.ContentInformationV1] {
	return decoded("CONTENT_INFORMATION_V1", pccrc.DecodeV1)
}

// ContentInformationV2 draws a Content Information 2.0 of a few chunks that
// violates no rule.
func ContentInformationV2() *rapid.Generator[pccrc.ContentInformationV2] {
	return decoded("CONTENT_INFORMATION_V2", pccrc.DecodeV2)
}
