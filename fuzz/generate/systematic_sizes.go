package generate

import "github.com/hostedcache/pchc/spec"

// counts yields messages with different numbers of elements.
func (s *sweep) counts() {
	switch s.kind {
	case spec.Request:
		for n := 1; n <= 130; n++ {
			s.try(sampleBatch(n))
		}
		for _, n := range []int{255, 256, 257, 512, 1000} {
			s.try(sampleBatch(n))
		}
		for n := range 131 { // of bytes in Hash
			m := sampler()
			v := InitialOffer{m.sampleEnvelope(1), m.bytes(n)}
			s.try(v.Append(nil))
		}
		for _, n := range around(1, 20, 512) {
			s.try(sampleSegmentInfo(uint64(n%3), plan{segments: 1, last: uint64(n) * blockSize}))
		}
	case spec.Content:
		for _, n := range around(1, 20, 512) {
			s.try(sampleV1(uint64(n%3), plan{segments: 1, last: uint64(n) * blockSize}))
		}
		for n := 1; n <= 4; n++ {
			p := plan{segments: n, last: blockSize + 17, rangeOnly: true}
			p.offset = p.size(0) - 1
			s.try(sampleV1(0, p))
			p.read = 1
			s.try(sampleV1(0, p))
		}
		for _, n := range around(5, 9, 257) {
			s.try(sampleSegments(n))
		}
		for _, n := range around(1, 20, 260) {
			s.try(sampleV2(n))
			chunks := make([]int, n)
			for i := range chunks {
				chunks[i] = 1
			}
			s.try(sampleV2(chunks...))
			s.try(sampleV2(1, n, 2))
		}
	case spec.RetrievalRequest, spec.RetrievalResponse:
		s.retrievalCounts()
	case spec.HashResponse:
		s.hashCounts()
	}
}

// ranges yields content ranges that begin and end at borders, or next to them.
func (s *sweep) ranges() {
	if s.kind != spec.Request && s.kind != spec.Content {
		return
	}
	for _, last := range []uint64{1, blockSize - 1, blockSize, blockSize + 1, 2 * blockSize, 3*blockSize + 5} {
		for _, offset := range []uint64{0, 1, blockSize - 1, blockSize, blockSize + 1, last - 1} {
			for _, read := range []uint64{0, 1, 2, blockSize, last - min(last, offset) - 1, last - min(last, offset), last - 1, last} {
				for _, rangeOnly := range []bool{false, true} {
					p := plan{segments: 1, last: last, offset: offset, read: read, rangeOnly: rangeOnly}
					if offset >= last || read > last || rangeOnly && offset < blockSize {
						continue
					}
					if s.kind == spec.Request {
						s.try(sampleSegmentInfo(last%3, p))
						continue
					}
					s.try(sampleV1(last%3, p))
					if offset < 2*blockSize {
						p.segments, p.offset, p.rangeOnly = 2, segmentSize-1-offset, true
						s.try(sampleV1(last%3, p))
					}
				}
			}
		}
	}
	if s.kind == spec.Content {
		s.rangesV2()
	}
}

func (s *sweep) rangesV2() {
	for _, counts := range [][]int{{1}, {2}, {1, 1}, {3, 2}} {
		for _, size := range []uint32{1, 2, 0xFFFF, 0x10000, maxSegmentSizeV2} {
			for _, offset := range []uint32{0, 1, size - 1} {
				for _, length := range []uint64{0, 1, uint64(size), uint64(size) + 1, 1 << 32} {
					v := sampler().chunked(counts)
					for i := range v.Chunks {
						for j := range v.Chunks[i].ChunkData {
							v.Chunks[i].ChunkData[j].CbSegment = size
						}
					}
					if v.DwOffsetInFirstSegment = offset; offset >= size {
						continue
					}
					v.UllStartInContent, v.UllLengthOfRange = 1<<40, length
					s.try(v.Append(nil))
				}
			}
		}
	}
}
