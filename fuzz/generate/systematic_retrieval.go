package generate

import (
	"slices"

	"github.com/hostedcache/pchc/spec"
)

// Samples and sizes of MS-PCCRR and of the buffers of MS-SMB2.

// sampleIDs returns identifiers of those lengths.
func (m *maker) sampleIDs(lengths ...int) []Sized {
	ids := make([]Sized, len(lengths))
	for i, n := range lengths {
		ids[i] = padded(m.bytes(n))
	}
	return ids
}

func sampleNego(msgType uint32) retrieval {
	return &MsgNego{sampler().retrievalHeader(msgType), 0x01020001, 0x03040002}
}

func sampleGetBlkList(id int, ranges ...Range) retrieval {
	m := sampler()
	h := m.retrievalHeader(2)
	h.CryptoAlgoId = 1
	return &MsgGetBlkList{h, padded(m.bytes(id)), counted(ranges)}
}

func sampleGetBlks(id, vrf int, ranges ...Range) retrieval {
	m := sampler()
	h := m.retrievalHeader(3)
	h.CryptoAlgoId = 3
	return &MsgGetBlks{h, padded(m.bytes(id)), counted(ranges), sized(m.bytes(vrf))}
}

func sampleGetSegList(blob []byte, lengths ...int) retrieval {
	m := sampler()
	return &MsgGetSegList{m.retrievalHeader(6), m.bytes(16), uint32(len(lengths)), m.sampleIDs(lengths...), sized(blob)}
}

func sampleBlkList(id int, ranges ...Range) retrieval {
	m := sampler()
	h := m.retrievalHeader(4)
	h.CryptoAlgoId = 2
	return &MsgBlkList{h, padded(m.bytes(id)), counted(ranges), 0x01020304}
}

func sampleBlk(algorithm uint32, id, block, vrf, iv int) retrieval {
	m := sampler()
	h := m.retrievalHeader(5)
	h.CryptoAlgoId = algorithm
	return &MsgBlk{h, padded(m.bytes(id)), 0x010203, 0x01020304, padded(m.bytes(block)), padded(m.bytes(vrf)), sized(m.bytes(iv))}
}

func sampleSegList(blob []byte, ranges ...Range) retrieval {
	m := sampler()
	return &MsgSegList{m.retrievalHeader(7), m.bytes(16), counted(ranges), sized(blob)}
}

// sampleRanges returns n ranges that are all different, and fit in a segment.
func sampleRanges(n int) []Range {
	r := make([]Range, n)
	for i := range r {
		r[i] = Range{uint32(3*i) % 500, 1 + uint32(i)%10}
	}
	return r
}

// retrievalSamples returns the samples of a kind.
func retrievalSamples(kind spec.Kind) (all [][]byte) {
	ages := sampler().agesOf(2, 1)
	list := []retrieval{
		sampleNego(0), sampleGetBlkList(32, Range{1, 2}, Range{0x102, 0x30}, Range{511, 1}), sampleGetBlks(48, 0, Range{0x103, 1}),
		sampleGetSegList(ages, 32, 48, 64), sampleGetSegList(nil, 32), sampleGetBlkList(64, Range{0, 512}),
	}
	if kind == spec.RetrievalResponse {
		list = []retrieval{
			sampleNego(1), sampleBlkList(32, Range{1, 2}, Range{0x102, 0x30}), sampleBlk(1, 32, 2*aesBlock, 0, aesBlock), sampleBlk(0, 64, 7, 0, 0),
			sampleSegList(ages, Range{1, 2}, Range{0x01020304, 0x05060708}), sampleBlkList(48), sampleBlk(2, 32, 0, 0, 0), sampleSegList(nil),
		}
	}
	for _, m := range list {
		all = append(all, measured(m).Bytes)
	}
	return all
}

// retrievalCounts yields messages with every length of the byte strings that may be
// padded, with different numbers of elements, and around the limits.
func (s *sweep) retrievalCounts() {
	try := func(m retrieval) { s.try(measured(m).Bytes) }
	blob := func(n int) []byte { return append([]byte{0, 1, 3, byte(max(n-4, 0) / 4)}, make([]byte, n)...)[:n] }
	if s.kind == spec.RetrievalRequest {
		for n := range 131 {
			try(sampleGetBlkList(n, Range{1, 2}))
			try(sampleGetBlks(n, n%19, Range{7, 1}))
			try(sampleGetSegList(nil, n))
			try(sampleGetSegList(nil, 32, n, 32))
			try(sampleGetSegList(blob(n), 32))
		}
		for _, n := range around(0, 20, 513) {
			try(sampleGetBlkList(32, sampleRanges(n)...))
			try(sampleGetBlks(32, 0, sampleRanges(n)...))
		}
		for _, n := range append(around(2, 20, 300), 2728, 2729, 2730) { // the last is too long
			try(sampleGetSegList(nil, make32s(n)...))
		}
		for _, n := range []int{maxRetrievalRequest - 76 - 1, maxRetrievalRequest - 76, maxRetrievalRequest - 76 + 1} {
			try(sampleGetSegList(blob(n), 32))
			try(sampleGetBlks(32, n+4, Range{7, 1}))
		}
		for _, index := range []uint32{0, 1, 255, 256, 511} {
			try(sampleGetBlks(32, 0, Range{index, 1}))
			try(sampleGetBlkList(32, Range{index, maxBlocks - index}))
		}
		try(sampleGetSegList(blob(4+4*255), 32))
		return
	}
	for n := range 131 {
		try(sampleBlkList(n, Range{1, 2}))
		try(sampleBlk(0, n, n%5, 0, 0))
		try(sampleBlk(uint32(n%4), 32, n, 0, aesBlock))
		try(sampleBlk(uint32(n%4), 32, aesBlock, n%35, n))
		try(sampleBlk(0, 32, n%3, 0, n))
		try(sampleSegList(blob(n), Range{1, 2}))
	}
	try(sampleSegList(blob(4+4*255), Range{1, 2}))
	for _, n := range around(0, 20, 513) {
		try(sampleBlkList(32, sampleRanges(n)...))
		try(sampleSegList(nil, sampleRanges(n)...))
	}
	for more := range 5 { // bytes above the limit
		try(sampleBlk(0, 32, maxRetrievalResponse-overhead, 0, more))
	}
	for _, n := range []int{1 << 12, blockSize, maxSegmentSizeV2, maxRetrievalResponse - overhead} {
		for _, by := range []int{-aesBlock, -4, -3, -1, 0, 1, 4, aesBlock} {
			try(sampleBlk(0, 32, n+by, 0, 0))
			if n <= maxSegmentSizeV2 {
				try(sampleBlk(1, 32, n+by, 0, aesBlock))
			}
		}
	}
}

// make32s returns n times 32.
func make32s(n int) []int {
	lengths := make([]int, n)
	for i := range lengths {
		lengths[i] = 32
	}
	return lengths
}

// hashRequestSamples are of both versions.
func hashRequestSamples() (all [][]byte) {
	for version := range uint32(2) {
		r := ReadHashRequest{HashType: 1, HashVersion: 1 + version, HashRetrievalType: 1 + version, Length: 0x01020304, Offset: 0x0102030405060708}
		all = append(all, r.message().Bytes)
	}
	return all
}

// sampleResponse returns a response with everything that one can have, of the form of
// that version.
func sampleResponse(version uint32, name, gap int) ReadHashResponse {
	m := sampler()
	content := sampleV1(0, plan{segments: 1, last: blockSize + 17})
	if version == 2 {
		content = sampleV2(1)
	}
	r := ReadHashResponse{FileBased: version == 2, FileDataLength: 0x1112131415161718, Content: content, Gap: m.bytes(gap),
		HashHeader: &HashHeader{HashType: 1, HashVersion: version, SourceFileChangeTime: 0x2122232425262728, SourceFileSize: 0x3132333435363738,
			HashBlobOffset: uint32(hashHeaderLen + name + gap), SourceFileNameLength: uint16(name), SourceFileName: m.bytes(name)}}
	if version == 1 {
		r.FileDataLength, r.HashHeader.HashBlobLength = 0, uint32(len(content))
	}
	return fitted(r)
}

// hashResponseSamples are of all forms.
func hashResponseSamples() (all [][]byte) {
	begun := sampleResponse(1, 6, 0)
	begun.Content = begun.Content[:20]
	part := ReadHashResponse{Offset: 0x4142434445464748, Content: sampler().bytes(21)}
	later := sampleResponse(2, 0, 0)
	later.HashHeader, later.Offset = nil, 0x5152535455565758
	for _, r := range []ReadHashResponse{
		sampleResponse(1, 8, 0), sampleResponse(2, 8, 0), fitted(begun), fitted(part), fitted(later), sampleResponse(1, 0, 3), sampleResponse(2, 0, 3),
	} {
		all = append(all, r.message().Bytes)
	}
	return all
}

// hashCounts yields responses with every length of the parts of Buffer, and with each
// Content Information that violates a rule.
func (s *sweep) hashCounts() {
	for version := uint32(1); version <= 2; version++ {
		for n := range 41 {
			r := sampleResponse(version, n, n%5)
			s.try(r.message().Bytes)
			r = sampleResponse(version, n%3, n)
			r.Trailing = make([]byte, n%4)
			r = fitted(r)
			s.try(r.message().Bytes)
			r.HashHeader.HashBlobLength = uint32(len(r.Content)) + uint32(n) - 20
			s.try(r.message().Bytes)
		}
	}
	for i := range corruptions {
		r := &corruptions[i]
		if !slices.Contains(Kinds(r.rule), spec.Content) {
			continue
		}
		for variant := range r.variants {
			m := r.message(new(steered), spec.Content, variant, 0)
			if m.Kind != spec.Content || len(m.Bytes) > 1<<12 {
				continue
			}
			version := uint32(1)
			if len(m.Bytes) > 1 && m.Bytes[1] == 2 {
				version = 2
			}
			v := sampleResponse(version, 2, 0)
			if v.Content = m.Bytes; version == 1 {
				v.HashHeader.HashBlobLength = uint32(len(m.Bytes))
			}
			v = fitted(v)
			s.try(v.message().Bytes)
			v.HashHeader.HashBlobLength, v.Trailing = uint32(len(m.Bytes)), []byte{1}
			v = fitted(v)
			s.try(v.message().Bytes)
		}
	}
}
