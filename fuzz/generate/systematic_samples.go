package generate

import "github.com/hostedcache/pchc/spec"

// Samples are what the sweep starts from: valid messages made without choices, in
// which no two byte strings are alike, so that a decoder cannot mix them up
// unnoticed.

// sampler returns a maker of samples.
func sampler() *maker { return &maker{c: newStream(0), serial: 1} }

// samples returns the samples of a kind.
func samples(kind spec.Kind) (all [][]byte) {
	switch kind {
	case spec.Request:
		for _, n := range hashLens {
			m := sampler()
			v := InitialOffer{m.sampleEnvelope(1), m.bytes(n)}
			all = append(all, v.Append(nil))
		}
		all = append(all, sampleBatch(3), sampleBatch(1))
		for algorithm := range uint64(len(hashLens)) {
			all = append(all, sampleSegmentInfo(algorithm, plan{segments: 1, last: 2*blockSize + 17, offset: 0x123, read: 2*blockSize + 17, listed: 2}))
		}
	case spec.HashRequest:
		return hashRequestSamples()
	case spec.HashResponse:
		return hashResponseSamples()
	case spec.RetrievalRequest, spec.RetrievalResponse:
		return retrievalSamples(kind)
	case spec.Discovery:
		return discoverySamples()
	case spec.Response:
		all = [][]byte{{0, 0, 0, 1, 0}, {0, 0, 0, 1, 1}}
	case spec.Content:
		all = append(all, sampleV2(2, 1, 1))
		for algorithm := range uint64(len(hashLens)) {
			p := plan{segments: 2, last: blockSize + 17, offset: segmentSize - 0x123, read: 0x321, rangeOnly: true}
			if algorithm == 0 {
				p.read += blockSize
			}
			all = append(all, sampleV1(algorithm, p))
		}
		all = append(all, sampleV1(0, plan{segments: 1, last: 3*blockSize - 1, offset: blockSize + 0x123}), sampleV2(1))
	}
	return all
}

func (m *maker) sampleEnvelope(t uint16) Envelope {
	e := m.envelope(t)
	e.Port = 0x1F91
	return e
}

// sampleBatch returns a batch of n descriptors.
func sampleBatch(n int) []byte {
	m := sampler()
	v := BatchedOffer{Envelope: m.sampleEnvelope(3)}
	for i := range uint32(n) {
		v.SegmentDescriptors = append(v.SegmentDescriptors, Descriptor{
			BlockSize: 0x00010203 + i, SegmentSize: 0x84050607 + i<<8,
			SizeOfContentTag: 16, ContentTag: m.bytes(16),
			HashAlgorithm: uint8(1 + 3*(i%2)), SegmentHoHoDk: m.bytes(32),
		})
	}
	return v.Append(nil)
}

func sampleSegmentInfo(algorithm uint64, p plan) []byte {
	m := sampler()
	v := SegmentInfo{m.sampleEnvelope(2), m.bytes(16), m.sampleContentV1(algorithm, p)}
	return v.Append(nil)
}

func sampleV1(algorithm uint64, p plan) []byte {
	v := sampler().sampleContentV1(algorithm, p)
	return v.Append(nil)
}

func (m *maker) sampleContentV1(algorithm uint64, p plan) ContentV1 {
	m.c = &steered{answers: []uint64{algorithm}}
	v := m.planned(p)
	for i := range v.Segments {
		v.Segments[i].UllOffsetInContent += 0x0102030400000000
	}
	return v
}

// sampleSegments returns a Content Information 1.0 of n adjacent segments of one
// block each, shorter than a sender must make them.
func sampleSegments(n int) []byte {
	m := sampler()
	v := m.sampleContentV1(0, plan{segments: 1, last: blockSize})
	at := v.Segments[0].UllOffsetInContent
	for range n - 1 {
		at += blockSize
		v.Segments = append(v.Segments, SegmentV1{at, blockSize, blockSize, m.bytes(32), m.bytes(32)})
		v.Blocks = append(v.Blocks, BlocksV1{1, m.bytes(32)})
	}
	v.CSegments = uint32(n)
	return v.Append(nil)
}

// sampleV2 returns a Content Information 2.0; counts are the segments of each
// chunk.
func sampleV2(counts ...int) []byte {
	m := sampler()
	v := m.chunked(counts)
	v.UllStartInContent, v.UllIndexOfFirstSegment = 0x0102030405060708, 0x1112131415161718
	v.DwOffsetInFirstSegment, v.UllLengthOfRange = 0x123, 0x2122232425262728
	size := uint32(0x10203)
	for i := range v.Chunks {
		for j := range v.Chunks[i].ChunkData {
			v.Chunks[i].ChunkData[j].CbSegment = size
			size = (size + 0x101) % maxSegmentSizeV2
		}
	}
	return v.Append(nil)
}
