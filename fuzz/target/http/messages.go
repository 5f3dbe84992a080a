package http

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// The target also sends messages of its own, to check the health of the hosted
// cache. Their hashes are new each time, so that it cannot know them.

// somePort is the client's port in these messages, otherPort that in the few that must
// differ.
const (
	somePort  = 51234
	otherPort = 80
)

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

// requestCase makes a case of a valid request.
func requestCase(b []byte, err error) target.Case {
	if err != nil {
		panic(err) // a bug in this package
	}
	return target.NewCase(fuzz.Message{Kind: spec.Request, Bytes: b})
}

// offerProbes are messages to a hosted cache of the versions that its URL serves.
func offerProbes(t *endpoint) (probes []target.Case, others int) {
	if t.serves(2) {
		probes = append(probes, batchedOffer())
	}
	if t.serves(1) {
		// Last, since the answer to an offer depends on earlier messages.
		info, _ := shapes[0].segment()
		probes = append(probes, info, initialOffer(random(32)))
	}
	if t.serves(2) {
		probes, others = append(probes, unlikeBatch()), others+1
	}
	if t.serves(1) {
		info, _ := shapes[2].segment()
		b := bytes.Clone(info.Bytes)
		binary.LittleEndian.PutUint16(b[8:], otherPort)
		probes, others = append(probes, requestCase(b, nil)), others+1
	}
	return probes, others
}

// initialOffer offers the segment with that HoHoDk.
func initialOffer(hoHoDk []byte) target.Case {
	m := codec.NewInitialOfferMessage(somePort, hoHoDk)
	return requestCase(m.AppendBinary(nil))
}

// batchedOffer offers a segment that nobody has.
func batchedOffer() target.Case {
	return batchOf(somePort, codec.HashTruncatedSHA512, codec.TagBITS)
}

// unlikeBatch is one that differs from batchedOffer in what a faulty hosted cache may
// refuse.
func unlikeBatch() target.Case { return batchOf(otherPort, codec.HashSHA256, codec.TagWebIO) }

func batchOf(port uint16, algorithm codec.HashAlgorithm, tag codec.ContentTag) target.Case {
	m := codec.NewBatchedOfferMessage(port)
	if err := m.Append(codec.SegmentDescriptorFields{
		BlockSize: 65536, SegmentSize: 65536, HashAlgorithm: algorithm,
		ContentTag: tag, SegmentHoHoDk: [32]byte(random(32)),
	}); err != nil {
		panic(err) // a bug in this package
	}
	return requestCase(m.AppendBinary(nil))
}

// shape is a kind of segment.
type shape struct {
	algorithm pccrc.HashAlgorithm
	blocks    int
}

// shapes are the segments used to find out whether a hosted cache remembers
// segments: if it remembers one, it should remember all.
var shapes = []shape{{pccrc.SHA256, 1}, {pccrc.SHA256, 3}, {pccrc.SHA512, 2}}

// segment makes a SEGMENT_INFO_MESSAGE with all block hashes of a segment of
// that shape, and returns the segment's HoHoDk.
func (s shape) segment() (c target.Case, hoHoDk []byte) { return s.segmentOf(0) }

// segmentOf is segment, but the segment has more blocks, which the message conceals
// with a smaller cbSegment: only the HoD shows it.
func (s shape) segmentOf(more int) (c target.Case, hoHoDk []byte) {
	h := s.algorithm.Size()
	v := pccrc.NewV1(s.algorithm)
	segment := pccrc.SegmentFieldsV1{
		CbSegment: uint32(s.blocks * pccrc.BlockSizeV1), CbBlockSize: pccrc.BlockSizeV1,
		SegmentSecret: pccrc.NewSecret(random(h)), BlockHashes: random(h * s.blocks),
	}
	// The correct hash of the block hashes, since a cache may check it.
	segment.SegmentHashOfData, _ = s.algorithm.AppendHash(nil, append(segment.BlockHashes, random(h*more)...))
	if err := v.Append(segment); err != nil {
		panic(err) // a bug in this package
	}
	m := codec.NewSegmentInfoMessage(somePort, codec.TagBITS, v)
	return requestCase(m.AppendBinary(nil)), v.AppendHoHoDk(nil, 0)
}

// given returns the HoHoDk of the segment in a SEGMENT_INFO_MESSAGE. complete
// reports whether the message violates no rule and lists all block hashes.
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

// unlike returns INITIAL_OFFER_MESSAGEs for segments with similar HoHoDks that no
// cache can know.
func unlike(offer []byte) [][]byte {
	var all [][]byte
	for _, i := range []int{hashOffset, len(offer) - 1} {
		b := bytes.Clone(offer)
		b[i] ^= 0x55
		all = append(all, b)
	}
	return append(all, append(bytes.Clone(offer[:hashOffset]), random(len(offer)-hashOffset)...))
}

// freshOffer returns an offer of a segment that nobody has instead of another one.
func freshOffer(c *target.Case) []byte {
	if c.Expected.Message == "INITIAL_OFFER_MESSAGE" {
		return unlike(c.Bytes)[2]
	}
	return c.Bytes
}
