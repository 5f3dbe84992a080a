package generate

import "github.com/hostedcache/pchc/spec"

// What the sweep starts from: messages made without choices, in which no two
// byte strings are alike, so that none can be taken for another unseen.

// teller returns a maker whose choices are the simplest, but for byte strings.
func teller() *maker { return &maker{c: newStream(0), serial: 1} }

// tellingMessages returns valid messages of a kind.
func tellingMessages(kind spec.Kind) (all [][]byte) {
	switch kind {
	case spec.Request:
		for _, n := range hashLens {
			m := teller()
			v := InitialOffer{m.tellingEnvelope(1), m.bytes(n)}
			all = append(all, v.Append(nil))
		}
		all = append(all, tellingBatch(3), tellingBatch(1))
		for algorithm := range uint64(len(hashLens)) {
			all = append(all, tellingInfo(algorithm, plan{segments: 1, last: 2*blockSize + 17, offset: 0x123, read: blockSize + 0x321}))
		}
	case spec.Response:
		all = [][]byte{{0, 0, 0, 1, 0}, {0, 0, 0, 1, 1}}
	case spec.Content:
		all = append(all, tellingV2(2, 1, 1))
		for algorithm := range uint64(len(hashLens)) {
			p := plan{segments: 2, last: blockSize + 17, offset: segmentSize - 0x123, read: 0x321, met: true}
			if algorithm == 0 {
				p.read += blockSize
			}
			all = append(all, tellingV1(algorithm, p))
		}
		all = append(all, tellingV1(0, plan{segments: 1, last: 3*blockSize - 1, offset: blockSize + 0x123}), tellingV2(1))
	}
	return all
}

func (m *maker) tellingEnvelope(t uint16) Envelope {
	e := m.envelope(t)
	e.Port = 0x1F91
	return e
}

// tellingBatch returns a batch of n descriptors.
func tellingBatch(n int) []byte {
	m := teller()
	v := BatchedOffer{Envelope: m.tellingEnvelope(3)}
	for i := range uint32(n) {
		v.SegmentDescriptors = append(v.SegmentDescriptors, Descriptor{
			BlockSize: 0x00010203 + i, SegmentSize: 0x84050607 + i<<8,
			SizeOfContentTag: 16, ContentTag: m.bytes(16),
			HashAlgorithm: uint8(1 + 3*(i%2)), SegmentHoHoDk: m.bytes(32),
		})
	}
	return v.Append(nil)
}

func tellingInfo(algorithm uint64, p plan) []byte {
	m := teller()
	v := SegmentInfo{m.tellingEnvelope(2), m.bytes(16), m.tellingContent(algorithm, p)}
	return v.Append(nil)
}

func tellingV1(algorithm uint64, p plan) []byte {
	v := teller().tellingContent(algorithm, p)
	return v.Append(nil)
}

func (m *maker) tellingContent(algorithm uint64, p plan) ContentV1 {
	m.c = &steered{answers: []uint64{algorithm}}
	v := m.planned(p)
	for i := range v.Segments {
		v.Segments[i].UllOffsetInContent += 0x0102030400000000
	}
	return v
}

// tellingSegments returns a Content Information 1.0 of n adjacent segments, each
// of one block, which is short of what a sender must write.
func tellingSegments(n int) []byte {
	m := teller()
	v := m.tellingContent(0, plan{segments: 1, last: blockSize})
	at := v.Segments[0].UllOffsetInContent
	for range n - 1 {
		at += blockSize
		v.Segments = append(v.Segments, SegmentV1{at, blockSize, blockSize, m.bytes(32), m.bytes(32)})
		v.Blocks = append(v.Blocks, BlocksV1{1, m.bytes(32)})
	}
	v.CSegments = uint32(n)
	return v.Append(nil)
}

// tellingV2 returns a Content Information 2.0 of chunks of so many segments.
func tellingV2(counts ...int) []byte {
	m := teller()
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

// counts tries numbers of elements.
func (s *sweep) counts() {
	switch s.kind {
	case spec.Request:
		for n := 1; n <= 130; n++ {
			s.try(tellingBatch(n))
		}
		for _, n := range []int{255, 256, 257, 512, 1000} {
			s.try(tellingBatch(n))
		}
		for n := range 131 { // of bytes in Hash
			m := teller()
			v := InitialOffer{m.tellingEnvelope(1), m.bytes(n)}
			s.try(v.Append(nil))
		}
		for _, n := range around(1, 20, 512) {
			s.try(tellingInfo(uint64(n%3), plan{segments: 1, last: uint64(n) * blockSize}))
		}
	case spec.Content:
		for _, n := range around(1, 20, 512) {
			s.try(tellingV1(uint64(n%3), plan{segments: 1, last: uint64(n) * blockSize}))
		}
		for n := 1; n <= 4; n++ {
			p := plan{segments: n, last: blockSize + 17, met: true}
			p.offset = p.size(0) - 1
			s.try(tellingV1(0, p))
			p.read = 1
			s.try(tellingV1(0, p))
		}
		for _, n := range around(5, 9, 257) {
			s.try(tellingSegments(n))
		}
		for _, n := range around(1, 20, 260) {
			s.try(tellingV2(n))
			chunks := make([]int, n)
			for i := range chunks {
				chunks[i] = 1
			}
			s.try(tellingV2(chunks...))
			s.try(tellingV2(1, n, 2))
		}
	}
}

// ranges tries content ranges that begin and end at borders, or next to them.
func (s *sweep) ranges() {
	if s.kind == spec.Response {
		return
	}
	for _, last := range []uint64{1, blockSize - 1, blockSize, blockSize + 1, 2 * blockSize, 3*blockSize + 5} {
		for _, offset := range []uint64{0, 1, blockSize - 1, blockSize, blockSize + 1, last - 1} {
			for _, read := range []uint64{0, 1, 2, blockSize, last - min(last, offset) - 1, last - min(last, offset), last - 1, last} {
				for _, met := range []bool{false, true} {
					p := plan{segments: 1, last: last, offset: offset, read: read, met: met}
					if offset >= last || read > last || met && offset < blockSize {
						continue
					}
					if s.kind == spec.Request {
						s.try(tellingInfo(last%3, p))
						continue
					}
					s.try(tellingV1(last%3, p))
					if offset < 2*blockSize {
						p.segments, p.offset, p.met = 2, segmentSize-1-offset, true
						s.try(tellingV1(last%3, p))
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
					v := teller().chunked(counts)
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
