// Package gen generates values of every structure of MS-PCHC and MS-PCCRC for
// property tests with [rapid]. What it draws is valid by construction: it
// breaches no format rule, and no sender rule either where a doc comment says
// so. Boundary values are drawn more often than others.
//
// It is a package of its own so that only those who import it depend on rapid.
//
// [rapid]: https://pkg.go.dev/pgregory.net/rapid
package gen

import (
	"pgregory.net/rapid"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/pccrc"
)

// Bytes draws a byte string of n bytes.
func Bytes(n int) *rapid.Generator[[]byte] { return rapid.SliceOfN(rapid.Byte(), n, n) }

// Uint16, Uint32 and Uint64 draw integers, the ends of their range and of their
// bytes often: a mistake in byte order or sign shows there.
func Uint16() *rapid.Generator[uint16] {
	return rapid.OneOf(rapid.SampledFrom([]uint16{0, 1, 0x00FF, 0x0100, 0x7FFF, 0x8000, 0xFFFF}), rapid.Uint16())
}

func Uint32() *rapid.Generator[uint32] {
	return rapid.OneOf(rapid.SampledFrom([]uint32{0, 1, 0xFF, 0x100, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF}), rapid.Uint32())
}

func Uint64() *rapid.Generator[uint64] {
	return rapid.OneOf(rapid.SampledFrom([]uint64{0, 1, 0xFFFFFFFF, 0x100000000, 1<<53 + 1, 1<<63 - 1, 1 << 63, 1<<64 - 1}), rapid.Uint64())
}

func header(t codec.MessageType) *rapid.Generator[codec.MessageHeader] {
	return rapid.Custom(func(r *rapid.T) codec.MessageHeader {
		h := codec.NewMessageHeader(t)
		h.Padding = [4]byte(Bytes(4).Draw(r, "MessageHeader.Padding"))
		return h
	})
}

func connection() *rapid.Generator[codec.ConnectionInformation] {
	return rapid.Custom(func(r *rapid.T) codec.ConnectionInformation {
		return codec.ConnectionInformation{
			Port:    max(1, Uint16().Draw(r, "Port")),
			Padding: [6]byte(Bytes(6).Draw(r, "ConnectionInformation.Padding")),
		}
	})
}

// ContentTag draws a tag, a known one often.
func ContentTag() *rapid.Generator[codec.ContentTag] {
	known := rapid.SampledFrom([]codec.ContentTag{
		codec.ContentTag([]byte(codec.ContentTagWinINet)), codec.ContentTag([]byte(codec.ContentTagWebIO)),
		codec.ContentTag([]byte(codec.ContentTagBITS)), codec.ContentTag([]byte(codec.ContentTagSMB)), {},
	})
	other := rapid.Map(Bytes(codec.ContentTagLen), func(b []byte) codec.ContentTag { return codec.ContentTag(b) })
	return rapid.OneOf(known, other)
}

// InitialOfferMessage draws a message that breaches no rule.
func InitialOfferMessage() *rapid.Generator[codec.InitialOfferMessage] {
	return rapid.Custom(func(r *rapid.T) codec.InitialOfferMessage {
		return codec.InitialOfferMessage{
			MessageHeader:         header(codec.InitialOffer).Draw(r, "MessageHeader"),
			ConnectionInformation: connection().Draw(r, "ConnectionInformation"),
			Hash:                  Bytes(rapid.SampledFrom([]int{32, 48, 64}).Draw(r, "length of Hash")).Draw(r, "Hash"),
		}
	})
}

// SegmentDescriptor draws a descriptor that breaches no rule.
func SegmentDescriptor() *rapid.Generator[codec.SegmentDescriptor] {
	return rapid.Custom(func(r *rapid.T) codec.SegmentDescriptor {
		f := codec.SegmentDescriptorFields{
			BlockSize:     Uint32().Draw(r, "BlockSize"),
			SegmentSize:   Uint32().Draw(r, "SegmentSize"),
			ContentTag:    ContentTag().Draw(r, "ContentTag"),
			HashAlgorithm: rapid.SampledFrom([]codec.HashAlgorithm{codec.SHA256, codec.TruncatedSHA512}).Draw(r, "HashAlgorithm"),
			SegmentHoHoDk: [32]byte(Bytes(32).Draw(r, "SegmentHoHoDk")),
		}
		return f.SegmentDescriptor()
	})
}

// BatchedOfferMessage draws a message of 1 to 128 descriptors that breaches no
// rule.
func BatchedOfferMessage() *rapid.Generator[codec.BatchedOfferMessage] {
	return rapid.Custom(func(r *rapid.T) codec.BatchedOfferMessage {
		m := codec.BatchedOfferMessage{
			MessageHeader:         header(codec.BatchedOffer).Draw(r, "MessageHeader"),
			ConnectionInformation: connection().Draw(r, "ConnectionInformation"),
		}
		n := rapid.OneOf(rapid.SampledFrom([]int{1, 2, codec.MaxDescriptors - 1, codec.MaxDescriptors}), rapid.IntRange(1, 8)).Draw(r, "descriptors")
		// Drawing all 128 would be most of the test's time: the rest repeats.
		few := rapid.SliceOfN(SegmentDescriptor(), 1, 4).Draw(r, "SegmentDescriptor")
		for i := range n {
			if err := m.Add(&few[i%len(few)]); err != nil {
				r.Fatalf("descriptor %d: %v", i, err)
			}
		}
		return m
	})
}

// SegmentInfoMessage draws a message that breaches no rule.
func SegmentInfoMessage() *rapid.Generator[codec.SegmentInfoMessage] {
	return rapid.Custom(func(r *rapid.T) codec.SegmentInfoMessage {
		return codec.SegmentInfoMessage{
			MessageHeader:         header(codec.SegmentInfo).Draw(r, "MessageHeader"),
			ConnectionInformation: connection().Draw(r, "ConnectionInformation"),
			ContentTag:            ContentTag().Draw(r, "ContentTag"),
			SegmentInformation:    contentInformationV1(1).Draw(r, "SegmentInformation"),
		}
	})
}

// ContentInformationV1 draws a Content Information 1.0 of up to 4 segments that
// breaches no rule.
func ContentInformationV1() *rapid.Generator[pccrc.ContentInformationV1] {
	return rapid.Custom(func(r *rapid.T) pccrc.ContentInformationV1 {
		return contentInformationV1(rapid.IntRange(1, 4).Draw(r, "cSegments")).Draw(r, "ContentInformationV1")
	})
}

func contentInformationV1(n int) *rapid.Generator[pccrc.ContentInformationV1] {
	return rapid.Custom(func(r *rapid.T) pccrc.ContentInformationV1 {
		algorithm := rapid.SampledFrom([]pccrc.HashAlgorithm{pccrc.SHA256, pccrc.SHA384, pccrc.SHA512}).Draw(r, "dwHashAlgo")
		h := algorithm.Size()
		v := pccrc.NewV1(algorithm)
		// The last segment may be shorter than 32 MiB, the others not.
		last := rapid.OneOf(rapid.SampledFrom([]uint32{1, 2, 65535, 65536, 65537, pccrc.MaxSegmentSize - 1, pccrc.MaxSegmentSize}),
			rapid.Uint32Range(1, pccrc.MaxSegmentSize)).Draw(r, "cbSegment")
		first := uint32(pccrc.MaxSegmentSize)
		if n == 1 {
			first = last
		}
		v.DwOffsetInFirstSegment = rapid.OneOf(rapid.Just(uint32(0)), rapid.Uint32Range(0, first-1)).Draw(r, "dwOffsetInFirstSegment")
		most := last
		if n == 1 {
			most -= v.DwOffsetInFirstSegment
		}
		v.DwReadBytesInLastSegment = rapid.OneOf(rapid.SampledFrom([]uint32{0, most}), rapid.Uint32Range(0, most)).Draw(r, "dwReadBytesInLastSegment")
		at := Uint64().Draw(r, "ullOffsetInContent") >> 1 // leaves room for the segments
		for i := range n {
			size, end := uint32(pccrc.MaxSegmentSize), uint32(pccrc.MaxSegmentSize)
			if i == n-1 {
				size, end = last, last
				if v.DwReadBytesInLastSegment != 0 {
					end = v.DwReadBytesInLastSegment
					if n == 1 {
						end += v.DwOffsetInFirstSegment
					}
				}
			}
			start := uint32(0)
			if i == 0 {
				start = v.DwOffsetInFirstSegment
			}
			blocks := int(end+pccrc.BlockSize-1) / pccrc.BlockSize
			if rapid.Bool().Draw(r, "only the blocks that intersect") {
				blocks -= int(start / pccrc.BlockSize)
			}
			hash := Bytes(h).Draw(r, "block hash")
			var hashes []byte
			for range blocks {
				hashes = append(hashes, hash...)
			}
			err := v.AppendSegment(pccrc.SegmentV1{
				UllOffsetInContent: at, CbSegment: size, CbBlockSize: pccrc.BlockSize,
				SegmentHashOfData: Bytes(h).Draw(r, "SegmentHashOfData"), SegmentSecret: Bytes(h).Draw(r, "SegmentSecret"),
				BlockHashes: hashes,
			})
			if err != nil {
				r.Fatalf("segment %d: %v", i, err)
			}
			at += uint64(size)
		}
		return v
	})
}

// ContentInformationV2 draws a Content Information 2.0 of up to 3 chunks of up
// to 4 segments that breaches no rule.
func ContentInformationV2() *rapid.Generator[pccrc.ContentInformationV2] {
	return rapid.Custom(func(r *rapid.T) pccrc.ContentInformationV2 {
		v := pccrc.ContentInformationV2{
			UllStartInContent:      Uint64().Draw(r, "ullStartInContent"),
			UllIndexOfFirstSegment: Uint64().Draw(r, "ullIndexOfFirstSegment"),
			UllLengthOfRange:       Uint64().Draw(r, "ullLengthOfRange"),
		}
		size := rapid.OneOf(rapid.SampledFrom([]uint32{1, pccrc.MaxSegmentSizeV2}), rapid.Uint32Range(1, pccrc.MaxSegmentSizeV2))
		segment := rapid.Custom(func(r *rapid.T) pccrc.SegmentDescriptionV2 {
			hod, kp := [32]byte(Bytes(32).Draw(r, "SegmentHashOfData")), [32]byte(Bytes(32).Draw(r, "SegmentSecret"))
			return pccrc.NewSegmentDescriptionV2(size.Draw(r, "cbSegment"), &hod, &kp)
		})
		for i, n := range rapid.SliceOfN(rapid.IntRange(1, 4), 1, 3).Draw(r, "chunks") {
			chunk := rapid.SliceOfN(segment, n, n).Draw(r, "chunkData")
			if i == 0 {
				v.DwOffsetInFirstSegment = rapid.Uint32Range(0, chunk[0].CbSegment()-1).Draw(r, "dwOffsetInFirstSegment")
			}
			if err := v.AppendChunk(chunk...); err != nil {
				r.Fatalf("chunk %d: %v", i, err)
			}
		}
		return v
	})
}
