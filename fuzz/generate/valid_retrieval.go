package generate

// The names of the messages of MS-PCCRR, the simplest first.
var (
	retrievalRequests  = []string{"MSG_NEGO_REQ", "MSG_GETBLKLIST", "MSG_GETBLKS", "MSG_GETSEGLIST"}
	retrievalResponses = []string{"MSG_NEGO_RESP", "MSG_BLKLIST", "MSG_BLK", "MSG_SEGLIST"}
)

// Limits of MS-PCCRR.
const (
	maxRetrievalRequest  = 96 << 10  // bytes of MsgSize, section 2.2.3
	maxRetrievalResponse = 384 << 10 // likewise
	maxBlocks            = 512       // of a segment, section 2.2.1.1
	maxBlockRanges       = 256       // of a request, section 2.2.4.2
	aesBlock             = 16        // bytes

	// overhead is the number of bytes of a MSG_BLK that MsgSize counts, with an id
	// of 32 bytes, beside Block and IVBlock.
	overhead = 72
)

// retrievalMessage returns one of those messages that violates no rule, nil for
// another name.
func (m *maker) retrievalMessage(name string) retrieval {
	switch name {
	case "MSG_NEGO_REQ":
		v := m.nego(0)
		return &v
	case "MSG_NEGO_RESP":
		v := m.nego(1)
		return &v
	case "MSG_GETBLKLIST":
		v := m.getBlkList()
		return &v
	case "MSG_GETBLKS":
		v := m.getBlks()
		return &v
	case "MSG_GETSEGLIST":
		v := m.getSegList(m.idCount())
		return &v
	case "MSG_BLKLIST":
		v := m.blkList()
		return &v
	case "MSG_BLK":
		v := m.blk()
		return &v
	case "MSG_SEGLIST":
		v := m.segList()
		return &v
	}
	return nil
}

// retrievalHeader returns the header of a message of a type, in its version.
func (m *maker) retrievalHeader(msgType uint32) RetrievalHeader {
	h := RetrievalHeader{MajorVersion: 1, MsgType: msgType, CryptoAlgoId: uint32(m.c.Uint64N(4))}
	switch msgType {
	case 1, 4, 5, 7:
		h.Response = true
	}
	if msgType >= 6 {
		h.MajorVersion = 2
	}
	return h
}

// segmentID returns an identifier of a usual length.
func (m *maker) segmentID() Sized { return padded(m.bytes(pick(m.c, hashLens))) }

// nego returns a MSG_NEGO_REQ or a MSG_NEGO_RESP.
func (m *maker) nego(msgType uint32) MsgNego {
	v := MsgNego{m.retrievalHeader(msgType), pickVersion(m.c), pickVersion(m.c)}
	if lowestFirst(v.MinSupportedProtocolVersion) > lowestFirst(v.MaxSupportedProtocolVersion) {
		v.MinSupportedProtocolVersion, v.MaxSupportedProtocolVersion = v.MaxSupportedProtocolVersion, v.MinSupportedProtocolVersion
	}
	return v
}

// pickVersion returns a version of which the upper half is the minor number.
func pickVersion(c Choices) uint32 {
	if oneIn(c, 4) {
		return uint32(number(c, ends32, 1<<32-1))
	}
	return pick(c, []uint32{1, 2, 0xFFFF0001, 0xFFFF0002, 0x00010001, 0, 0xFFFFFFFF})
}

// lowestFirst orders versions: by major number, then by minor number.
func lowestFirst(version uint32) uint32 { return version<<16 | version>>16 }

// blockRanges returns n ranges inside of a segment.
func (m *maker) blockRanges(n int) Ranges {
	r := make([]Range, n)
	for i := range r {
		if i == individual {
			defer m.useStream()()
		}
		r[i].Index = uint32(near(m.c, 0, maxBlocks-1, 16))
		r[i].Count = uint32(near(m.c, 1, uint64(maxBlocks-r[i].Index), 16))
	}
	return counted(r)
}

// few returns a number from low to high, mostly a small one, sometimes high.
func (m *maker) few(low, high uint64) int {
	switch n := m.c.Uint64N(16); n {
	case 15:
		return int(within(m.c, low, high))
	case 14:
		return int(high - m.c.Uint64N(2))
	default:
		return int(min(low+n%4, high))
	}
}

func (m *maker) getBlkList() MsgGetBlkList {
	return MsgGetBlkList{m.retrievalHeader(2), m.segmentID(), m.blockRanges(m.few(1, maxBlockRanges))}
}

func (m *maker) getBlks() MsgGetBlks {
	return MsgGetBlks{m.retrievalHeader(3), m.segmentID(), counted([]Range{{uint32(near(m.c, 0, maxBlocks-1, 16)), 1}}), sized(nil)}
}

// idCount returns how many identifiers a request has: mostly few, seldom as many as
// fit.
func (m *maker) idCount() int {
	switch n := m.c.Uint64N(512); n {
	case 511:
		return (maxRetrievalRequest - 2000) / (4 + 64)
	default:
		return 1 + int(n%6)
	}
}

// getSegList returns a MSG_GETSEGLIST of n identifiers, whose lengths may differ.
func (m *maker) getSegList(n int) MsgGetSegList {
	v := MsgGetSegList{RetrievalHeader: m.retrievalHeader(6), RequestID: m.bytes(16), CountOfSegmentIDs: uint32(n),
		SegmentIDs: make([]Sized, n), ExtensibleBlob: sized(m.blob())}
	for i := range v.SegmentIDs {
		if i == individual {
			defer m.useStream()()
		}
		v.SegmentIDs[i] = m.segmentID()
	}
	return v
}

// blob returns an extensible blob of version 1, or none. It may be longer than its
// ages are.
func (m *maker) blob() []byte {
	if m.c.Uint64N(3) == 0 {
		return nil
	}
	n := int(m.c.Uint64N(4))
	if oneIn(m.c, 16) {
		n = 255
	}
	return m.agesOf(n, int(m.c.Uint64N(8))&5)
}

// agesOf returns an extensible blob of n ages in hundredths of seconds, with more
// bytes behind them.
func (m *maker) agesOf(n, more int) []byte {
	return append([]byte{0, 1, 3, byte(n)}, m.bytes(4*n+more)...)
}

func (m *maker) blkList() MsgBlkList {
	return MsgBlkList{m.retrievalHeader(4), m.segmentID(), m.blockRanges(m.few(0, maxBlockRanges)), uint32(number(m.c, sizes, 1<<32-1))}
}

// blk returns a MSG_BLK of any length that may be.
func (m *maker) blk() MsgBlk {
	v := m.blkOf(m.retrievalHeader(5), m.blockLength())
	if v.IVBlock.Size == 0 && oneIn(m.c, 2) {
		v.IVBlock = sized(m.bytes(pick(m.c, []int{16, 1, 15, 32, 5})))
	}
	return v
}

// blkOf returns a MSG_BLK of a block of about that many bytes: of a multiple of 16
// if it is encrypted.
func (m *maker) blkOf(h RetrievalHeader, length int) MsgBlk {
	v := MsgBlk{RetrievalHeader: h, SegmentId: m.segmentID(), BlockIndex: uint32(number(m.c, ends32, 1<<32-1))}
	if v.BlockIndex != 1<<32-1 && oneIn(m.c, 2) {
		v.NextBlockIndex = v.BlockIndex + 1
		if oneIn(m.c, 2) {
			v.NextBlockIndex = uint32(within(m.c, uint64(v.BlockIndex)+1, 1<<32-1))
		}
	}
	if h.CryptoAlgoId != 0 {
		length = length / aesBlock * aesBlock
	}
	v.Block, v.VrfBlock, v.IVBlock = padded(m.bytes(length)), sized(nil), sized(nil)
	if h.CryptoAlgoId != 0 && length > 0 {
		v.IVBlock = sized(m.bytes(aesBlock))
	}
	return v
}

// blockLength returns the length of a block: mostly a short one around multiples of 4
// and 16, seldom a whole one or the longest.
func (m *maker) blockLength() int {
	switch n := m.c.Uint64N(512); {
	case n == 511:
		return maxRetrievalResponse - overhead - 32 - 32 - int(m.c.Uint64N(5))
	case n >= 507:
		return pick(m.c, []int{blockSize, blockSize + aesBlock, maxSegmentSizeV2, maxSegmentSizeV2 + aesBlock}) - int(m.c.Uint64N(3))
	case n%4 == 0:
		return int(m.c.Uint64N(20))
	default:
		return int(m.c.Uint64N(17))*aesBlock + int(m.c.Uint64N(9))
	}
}

func (m *maker) segList() MsgSegList {
	r := make([]Range, m.few(0, 300))
	blob := m.blob()
	for i := range r {
		if i == individual {
			defer m.useStream()()
		}
		r[i] = Range{uint32(number(m.c, ends32, 1<<32-1)), uint32(max(1, number(m.c, ends32, 1<<32-1)))}
	}
	v := MsgSegList{m.retrievalHeader(7), m.bytes(16), counted(r), sized(blob)}
	return v
}
