package http

import (
	"bytes"
	"crypto/rand"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// A hosted cache also gets messages that no campaign made, to see whether
// it is well. Their hashes are new each time, so that it cannot know them.

// somePort is the client's port in them.
const somePort = 51234

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

// requestCase makes a case of a valid request.
func requestCase(b []byte, err error) target.Case {
	if err != nil {
		panic(err) // it was put together wrongly, right here
	}
	return target.NewCase(fuzz.Message{Kind: spec.Request, Bytes: b})
}

// initialOffer offers the segment with that HoHoDk.
func initialOffer(hoHoDk []byte) target.Case {
	m := codec.NewInitialOfferMessage(somePort, hoHoDk)
	return requestCase(m.AppendBinary(nil))
}

// batchedOffer offers a segment that nobody has.
func batchedOffer() target.Case {
	m := codec.NewBatchedOfferMessage(somePort)
	if err := m.Append(codec.SegmentDescriptorFields{
		BlockSize: 65536, SegmentSize: 65536, HashAlgorithm: codec.HashTruncatedSHA512,
		ContentTag: codec.TagBITS, SegmentHoHoDk: [32]byte(random(32)),
	}); err != nil {
		panic(err) // it is as above
	}
	return requestCase(m.AppendBinary(nil))
}

// shape is a sort of segment.
type shape struct {
	algorithm pccrc.HashAlgorithm
	blocks    int
}

// shapes are those with which a hosted cache can show that it remembers
// segments: if it does so with one, it should with all.
var shapes = []shape{{pccrc.SHA256, 1}, {pccrc.SHA256, 3}, {pccrc.SHA512, 2}}

// segment makes a SEGMENT_INFO_MESSAGE with all block hashes of a segment of
// that shape, and returns the segment's HoHoDk.
func (s shape) segment() (c target.Case, hoHoDk []byte) {
	h := s.algorithm.Size()
	v := pccrc.NewV1(s.algorithm)
	segment := pccrc.SegmentFieldsV1{
		CbSegment: uint32(s.blocks * pccrc.BlockSizeV1), CbBlockSize: pccrc.BlockSizeV1,
		SegmentSecret: pccrc.NewSecret(random(h)), BlockHashes: random(h * s.blocks),
	}
	// The hash of the block hashes, as it is in truth: a cache may look.
	segment.SegmentHashOfData, _ = s.algorithm.AppendHash(nil, segment.BlockHashes)
	if err := v.Append(segment); err != nil {
		panic(err) // it is as above
	}
	m := codec.NewSegmentInfoMessage(somePort, codec.TagBITS, v)
	return requestCase(m.AppendBinary(nil)), v.AppendHoHoDk(nil, 0)
}

// given returns the HoHoDk of the segment in a SEGMENT_INFO_MESSAGE that breaks
// no rule and lists all block hashes, so that a hosted cache then has them.
func given(c *target.Case) (hoHoDk []byte, complete bool) {
	if len(c.Expected.Violations) > 0 {
		return nil, false
	}
	m, err := codec.DecodeSegmentInfoMessage(c.Bytes)
	if err != nil {
		return nil, false
	}
	hoHoDk = m.SegmentInformation.AppendHoHoDk(nil, 0)
	var cache spec.Server
	cache.Receive(spec.Post{URL: 1}, c.Bytes)
	segment, _ := cache.Segment(string(hoHoDk))
	return hoHoDk, segment.Complete
}

// hashOffset is where the Hash of an INITIAL_OFFER_MESSAGE begins.
const hashOffset = 16

// unlike returns INITIAL_OFFER_MESSAGEs for segments whose HoHoDks look like
// that of the one given, but that no cache can know unless it knows all.
func unlike(offer []byte) [][]byte {
	var all [][]byte
	for _, i := range []int{hashOffset, len(offer) - 1} {
		b := bytes.Clone(offer)
		b[i] ^= 0x55
		all = append(all, b)
	}
	return append(all, append(bytes.Clone(offer[:hashOffset]), random(len(offer)-hashOffset)...))
}
