package generate

// The names of the buffers of FSCTL_SRV_READ_HASH (MS-SMB2 2.2.31.2, 2.2.32.4).
const (
	hashRequest  = "SRV_READ_HASH_REQUEST"
	hashResponse = "SRV_READ_HASH_RESPONSE"
)

// hashHeaderLen is the length of a HASH_HEADER without SourceFileName, in bytes.
const hashHeaderLen = 36

func (m *maker) readHashRequest() ReadHashRequest {
	version := 1 + uint32(m.c.Uint64N(2)) // hash based requests are of version 1, file based ones of version 2
	return ReadHashRequest{HashType: 1, HashVersion: version, HashRetrievalType: version,
		Length: uint32(number(m.c, sizes, 1<<32-1)), Offset: number(m.c, ends64, 1<<64-1)}
}

// readHashResponse returns a response of any form: with a HASH_HEADER and all of the
// Content Information, with the beginning of it, or with a part behind.
func (m *maker) readHashResponse() ReadHashResponse {
	switch m.c.Uint64N(8) {
	case 0, 1:
		return m.hashBased(m.wholeV1())
	case 2: // more follows in other responses
		content := m.wholeV1()
		r := m.hashBased(content[:m.c.Uint64N(uint64(len(content)))])
		r.HashHeader.HashBlobLength = uint32(len(content))
		return r
	case 3: // as in the one before
		return m.part()
	case 4, 5:
		return m.fileBased(m.wholeV2(), true)
	default:
		return m.fileBased(m.wholeV2(), false)
	}
}

func (m *maker) wholeV1() []byte {
	v := m.contentV1(false)
	return v.Append(nil)
}

func (m *maker) wholeV2() []byte {
	v := m.contentV2()
	return v.Append(nil)
}

// hashHeader returns a HASH_HEADER of a version.
func (m *maker) hashHeader(version uint32) *HashHeader {
	name := m.bytes(2 * int(m.c.Uint64N(20)))
	return &HashHeader{HashType: 1, HashVersion: version, SourceFileChangeTime: number(m.c, ends64, 1<<64-1), SourceFileSize: number(m.c, ends64, 1<<64-1),
		HashBlobOffset: uint32(hashHeaderLen + len(name)), SourceFileNameLength: uint16(len(name)), SourceFileName: name}
}

// fitted returns r with the right BufferLength.
func fitted(r ReadHashResponse) ReadHashResponse {
	r.BufferLength = uint32(r.size())
	return r
}

// hashBased returns a response with that Content Information 1.0.
func (m *maker) hashBased(content []byte) ReadHashResponse {
	h := m.hashHeader(1)
	h.HashBlobLength = uint32(len(content))
	return fitted(ReadHashResponse{HashHeader: h, Gap: m.gap(h), Content: content})
}

// part returns a hash based response that is not the first.
func (m *maker) part() ReadHashResponse {
	return fitted(ReadHashResponse{Offset: max(1, number(m.c, ends64, 1<<64-1)), Content: m.bytes(int(m.c.Uint64N(100)))})
}

// gap returns some bytes to stand before the Content Information, mostly none.
func (m *maker) gap(h *HashHeader) []byte {
	if !oneIn(m.c, 8) {
		return nil
	}
	n := 1 + int(m.c.Uint64N(8))
	h.HashBlobOffset += uint32(n)
	return m.bytes(n)
}

// fileBased returns a response with that Content Information 2.0.
func (m *maker) fileBased(content []byte, first bool) ReadHashResponse {
	r := ReadHashResponse{FileBased: true, FileDataLength: number(m.c, ends64, 1<<64-1), Content: content}
	if first {
		r.HashHeader = m.hashHeader(2)
		r.Gap = m.gap(r.HashHeader)
	} else {
		r.Offset = number(m.c, ends64, 1<<64-1)
	}
	return fitted(r)
}
