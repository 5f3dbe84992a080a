package generate

import (
	"encoding/binary"
	"slices"

	"github.com/hostedcache/pchc/fuzz"
)

// idCorruptions are of the identifier of a segment with which a body begins.
func idCorruptions(section, name string, build func(c *corruptor, id Sized) retrieval) []corruption {
	return []corruption{
		{"PCCRR-" + section + "-SizeOf" + name, nil, falseSize(func(c *corruptor) (retrieval, int) {
			return build(c, c.segmentID()), 0
		})},
		{"PCCRR-" + section + "-" + name + "Length", nil, each(oddLengths, func(c *corruptor, n value) fuzz.Message {
			return measured(build(c, c.oddID(int(n(c.c)))))
		})},
	}
}

func (c *corruptor) getBlkListOf(id Sized) retrieval {
	v := c.getBlkList()
	v.SegmentID = id
	return &v
}

func (c *corruptor) getBlksOf(id Sized) retrieval {
	v := c.getBlks()
	v.SegmentID = id
	return &v
}

func (c *corruptor) blkListOf(id Sized) retrieval {
	v := c.blkList()
	v.SegmentId = id
	return &v
}

// smallBlk returns a MSG_BLK that is not long.
func (c *corruptor) smallBlk() MsgBlk {
	return c.blkOf(c.retrievalHeader(5), int(c.c.Uint64N(9))*aesBlock)
}

func (c *corruptor) smallBlkOf(id Sized) retrieval {
	v := c.smallBlk()
	v.SegmentId = id
	return &v
}

// encrypted returns a MSG_BLK of n bytes in an encryption.
func (c *corruptor) encrypted(n int) MsgBlk {
	h := c.retrievalHeader(5)
	h.CryptoAlgoId = pick(c.c, []uint32{1, 2, 3})
	return c.blkOf(h, n)
}

// upsideDown has a lowest version above the highest.
func upsideDown(msgType uint32) []variant {
	return each([][2]uint32{
		{0x00000002, 0x00000001}, // by the major number
		{0x00010001, 0x00000001}, // by the minor number
		{0x00000100, 0xFFFF0001}, // by the major number alone, and were they little-endian not
		{0xFFFFFFFF, 0xFFFFFFFE},
		{1, 0},
	}, func(c *corruptor, v [2]uint32) fuzz.Message {
		m := MsgNego{c.retrievalHeader(msgType), v[0], v[1]}
		return measured(&m)
	})
}

// cutNego ends in one of the two versions.
func cutNego(msgType uint32) []variant {
	return each(upTo(8), func(c *corruptor, n int) fuzz.Message {
		v := c.nego(msgType)
		return cut(measured(&v), c.bodyAt()+n)
	})
}

// cutID ends in the size of the identifier with which a body begins.
func cutID(build func(c *corruptor, id Sized) retrieval) []variant {
	return cutField(func(c *corruptor) (retrieval, int) { return build(c, c.segmentID()), 0 })
}

var retrievalRequestCorruptions = slices.Concat([]corruption{
	{"PCCRR-2.2.4.1-Truncated", nil, cutNego(0)},
	{"PCCRR-2.2.4.1-Range", nil, upsideDown(0)},
	{"PCCRR-2.2.4.2-Truncated", nil, append(cutID((*corruptor).getBlkListOf), cutField(func(c *corruptor) (retrieval, int) {
		v := c.getBlkList()
		return &v, v.SegmentID.end()
	})...)},
}, idCorruptions("2.2.4.2", "SegmentID", (*corruptor).getBlkListOf), []corruption{
	{"PCCRR-2.2.4.2-NeededBlocksRangeCount", nil, falseCount(func(c *corruptor) (retrieval, int, int) {
		v := c.getBlkList()
		return &v, v.SegmentID.end(), len(v.NeededBlockRanges.Ranges)
	})},
	{"PCCRR-2.2.4.2-RangeCount", nil, each(values(257, 600, []uint64{257, 0, 258, 300, 512, 513}), func(c *corruptor, n value) fuzz.Message {
		v := c.getBlkList()
		v.NeededBlockRanges = c.blockRanges(int(n(c.c)))
		return measured(&v)
	})},
	{"PCCRR-2.2.4.3-Truncated", nil, slices.Concat(cutID((*corruptor).getBlksOf),
		cutField(func(c *corruptor) (retrieval, int) {
			v := c.getBlks()
			return &v, v.SegmentID.end()
		}),
		cutField(func(c *corruptor) (retrieval, int) {
			v := c.getBlks()
			return &v, v.SegmentID.end() + 12
		}))},
}, idCorruptions("2.2.4.3", "SegmentID", (*corruptor).getBlksOf), []corruption{
	{"PCCRR-2.2.4.3-ReqBlockRangeCount", nil, falseCount(func(c *corruptor) (retrieval, int, int) {
		v := c.getBlks()
		return &v, v.SegmentID.end(), 1
	})},
	{"PCCRR-2.2.4.3-RangeCount", nil, each(values(257, 600, []uint64{257, 0, 258, 512}), func(c *corruptor, n value) fuzz.Message {
		return c.manyBlocks(int(n(c.c)))
	})},
	{"PCCRR-2.2.4.3-OneBlock", nil, append(
		each(values(2, 256, []uint64{2, 3, 255, 256}), func(c *corruptor, n value) fuzz.Message { // ranges
			return c.manyBlocks(int(n(c.c)))
		}),
		each(values(2, 512, []uint64{2, 3, 512, 256}), func(c *corruptor, n value) fuzz.Message { // blocks
			v := c.getBlks()
			count := uint32(n(c.c))
			v.ReqBlockRanges.Ranges[0] = Range{uint32(within(c.c, 0, uint64(maxBlocks-count))), count}
			return measured(&v)
		})...)},
	{"PCCRR-2.2.4.3-SizeOfDataForVrfBlock", []string{"PCCRR-2.2.4.3-Vrf"}, falseSize(func(c *corruptor) (retrieval, int) {
		v := c.getBlks()
		v.DataForVrfBlock = sized(c.bytes(int(pick(c.c, []uint64{1, 4, 3, 16, 8}))))
		return &v, v.SegmentID.end() + 12
	})},
	{"PCCRR-2.2.4.3-Vrf", nil, each(values(1, 300, []uint64{1, 2, 3, 4, 8, 16, 32}), func(c *corruptor, n value) fuzz.Message {
		v := c.getBlks()
		v.DataForVrfBlock = sized(c.bytes(int(n(c.c))))
		return measured(&v)
	})},
	{"PCCRR-2.2.4.4-Truncated", nil, slices.Concat(
		each(upTo(20), func(c *corruptor, n int) fuzz.Message { // in RequestID or CountOfSegmentIDs
			v := c.getSegList(1)
			return cut(measured(&v), 16+n)
		}),
		cutField(func(c *corruptor) (retrieval, int) { // in a SizeOfSegmentID: the other identifiers make up for it
			v := c.getSegList(2)
			return &v, v.idAt(1)
		}))},
	{"PCCRR-2.2.4.4-SizeOfSegmentID", nil, append(
		falseSize(func(c *corruptor) (retrieval, int) { // of the last
			v, _ := c.ids()
			return &v, v.idAt(len(v.SegmentIDs) - 1)
		}),
		each(aboves, func(c *corruptor, above func(*corruptor, uint64) uint32) fuzz.Message {
			v, i := c.ids()
			m, at := measured(&v), 16+v.idAt(i)
			return put(m, at, above(c, uint64(len(m.Bytes)-at-4)))
		})...)},
	{"PCCRR-2.2.4.4-SegmentIDLength", nil, each(oddLengths, func(c *corruptor, n value) fuzz.Message {
		v, i := c.ids()
		v.SegmentIDs[i] = c.oddID(int(n(c.c)))
		return measured(&v)
	})},
	{"PCCRR-2.2.4.4-CountOfSegmentIDs", []string{"PCCRR-2.2.4.4-SegmentIDLength", "PCCRR-2.2.4.4-Truncated"}, countOfSegmentIDs},
	{"PCCRR-2.2.4.4-Blob", blobRules, noBlob(func(c *corruptor) (retrieval, *Sized, int) {
		v, _ := c.ids()
		return &v, &v.ExtensibleBlob, v.idAt(len(v.SegmentIDs))
	})},
})

// manyBlocks returns a MSG_GETBLKS of n ranges of one block.
func (c *corruptor) manyBlocks(n int) fuzz.Message {
	v := c.getBlks()
	r := make([]Range, n)
	for i := range r {
		r[i] = Range{uint32(i) % maxBlocks, 1}
	}
	v.ReqBlockRanges = counted(r)
	return measured(&v)
}

// ids returns a MSG_GETSEGLIST of one to four identifiers, and the index of one.
func (c *corruptor) ids() (v MsgGetSegList, i int) {
	v = c.getSegList(1 + int(c.c.Uint64N(4)))
	if c.place >= 2 && len(v.SegmentIDs) == 1 {
		v = c.getSegList(3)
	}
	return v, c.element(len(v.SegmentIDs))
}

// idAt returns the offset of an identifier, or the end of all, in MESSAGE_BODY.
func (m *MsgGetSegList) idAt(i int) int {
	at := 20
	for _, id := range m.SegmentIDs[:i] {
		at += id.end()
	}
	return at
}

// countOfSegmentIDs is 0, or more than there are.
var countOfSegmentIDs = append(
	each(aboves, func(c *corruptor, above func(*corruptor, uint64) uint32) fuzz.Message {
		v, _ := c.ids()
		v.ExtensibleBlob = sized(nil) // its size is read as that of another identifier
		m := measured(&v)
		return put(m, 32, above(c, uint64(len(m.Bytes)-36)/4))
	}),
	func(c *corruptor) fuzz.Message {
		v, _ := c.ids()
		v.CountOfSegmentIDs, v.SegmentIDs = 0, nil
		return measured(&v)
	})

// noBlob has no SizeOfExtensibleBlob, or one that is cut off or counts too much.
func noBlob(build func(c *corruptor) (m retrieval, blob *Sized, at int)) []variant {
	return append(
		cutField(func(c *corruptor) (retrieval, int) {
			m, _, at := build(c)
			return m, at
		}),
		falseSize(func(c *corruptor) (retrieval, int) {
			m, blob, at := build(c)
			*blob = sized(c.agesOf(1, 0))
			return m, at
		})...)
}

// blobRules are the rules that an extensible blob which is cut off violates as well.
var blobRules = []string{"PCCRR-2.2.6-Truncated", "PCCRR-2.2.6.1-Truncated", "PCCRR-2.2.6.1-SegmentAgeCount"}

var retrievalResponseCorruptions = slices.Concat([]corruption{
	{"PCCRR-2.2.5.1-Truncated", nil, cutNego(1)},
	{"PCCRR-2.2.5.1-Range", nil, upsideDown(1)},
	{"PCCRR-2.2.5.2-Truncated", nil, append(cutID((*corruptor).blkListOf), cutField(func(c *corruptor) (retrieval, int) {
		v := c.blkList()
		return &v, v.SegmentId.end()
	})...)},
}, idCorruptions("2.2.5.2", "SegmentId", (*corruptor).blkListOf), []corruption{
	{"PCCRR-2.2.5.2-BlockRangeCount", []string{"PCCRR-2.2.1.1-Index"}, falseCount(func(c *corruptor) (retrieval, int, int) {
		v := c.blkList()
		v.BlockRanges = c.blockRanges(1 + int(c.c.Uint64N(4)))
		return &v, v.SegmentId.end(), len(v.BlockRanges.Ranges)
	})},
	{"PCCRR-2.2.5.2-NextBlockIndex", nil, cutField(func(c *corruptor) (retrieval, int) {
		v := c.blkList()
		return &v, v.SegmentId.end() + 4 + 8*len(v.BlockRanges.Ranges)
	})},
	{"PCCRR-2.2.5.3-Truncated", nil, slices.Concat(cutID((*corruptor).smallBlkOf),
		each(upTo(12), func(c *corruptor, n int) fuzz.Message { // in BlockIndex, NextBlockIndex or SizeOfBlock
			v := c.smallBlk()
			return cut(measured(&v), c.bodyAt()+v.SegmentId.end()+n)
		}),
		cutField(func(c *corruptor) (retrieval, int) { // in SizeOfVrfBlock
			v := c.smallBlk()
			return &v, v.SegmentId.end() + 8 + v.Block.end()
		}),
		cutField(func(c *corruptor) (retrieval, int) { // in SizeOfIVBlock
			v := c.smallBlk()
			return &v, v.SegmentId.end() + 8 + v.Block.end() + 4
		}))},
}, idCorruptions("2.2.5.3", "SegmentId", (*corruptor).smallBlkOf), []corruption{
	{"PCCRR-2.2.5.3-NextBlockIndex", nil, each([]func(c *corruptor, index uint32) uint32{
		func(_ *corruptor, index uint32) uint32 { return index },
		func(_ *corruptor, index uint32) uint32 { return index - 1 },
		func(*corruptor, uint32) uint32 { return 1 },
		func(c *corruptor, index uint32) uint32 { return uint32(within(c.c, 1, uint64(index))) },
	}, func(c *corruptor, next func(c *corruptor, index uint32) uint32) fuzz.Message {
		v := c.smallBlk()
		v.BlockIndex = uint32(max(2, number(c.c, ends32, 1<<32-1)))
		v.NextBlockIndex = next(c, v.BlockIndex)
		return measured(&v)
	})},
	{"PCCRR-2.2.5.3-SizeOfBlock", []string{"PCCRR-2.2.5.3-Block"}, falseSize(func(c *corruptor) (retrieval, int) {
		v := c.smallBlk()
		if v.Block.Size == 0 {
			v.Block = padded(c.bytes(aesBlock))
		}
		return &v, v.SegmentId.end() + 8
	})},
	{"PCCRR-2.2.5.3-Block", nil, each(values(1, 300, []uint64{17, 15, 1, 4, 8, 12, 20, 31, 33, 65535, 65537}), func(c *corruptor, n value) fuzz.Message {
		size := int(n(c.c))
		if size%aesBlock == 0 {
			size++
		}
		v := c.encrypted(aesBlock)
		v.Block = padded(c.bytes(size))
		return measured(&v)
	})},
	{"PCCRR-2.2.5.3-SizeOfVrfBlock", []string{"PCCRR-2.2.5.3-Vrf"}, falseSize(func(c *corruptor) (retrieval, int) {
		v := c.smallBlk()
		v.VrfBlock = padded(c.bytes(pick(c.c, []int{1, 4, 3, 16})))
		return &v, v.SegmentId.end() + 8 + v.Block.end()
	})},
	{"PCCRR-2.2.5.3-Vrf", nil, each(values(1, 300, []uint64{3, 1, 2, 4, 8, 16}), func(c *corruptor, n value) fuzz.Message {
		v := c.smallBlk()
		v.VrfBlock = padded(c.bytes(int(n(c.c))))
		return measured(&v)
	})},
	{"PCCRR-2.2.5.3-SizeOfIVBlock", []string{"PCCRR-2.2.5.3-IVBlock"}, falseSize(func(c *corruptor) (retrieval, int) {
		v := c.smallBlk()
		v.IVBlock = sized(c.bytes(aesBlock))
		return &v, v.SegmentId.end() + 8 + v.Block.end() + 4
	})},
	{"PCCRR-2.2.5.3-IVBlock", nil, each(values(0, 200, []uint64{12, 20, 0, 1, 15, 17, 24, 32}, 16), func(c *corruptor, n value) fuzz.Message {
		v := c.encrypted(aesBlock * (1 + int(c.c.Uint64N(5))))
		v.IVBlock = sized(c.bytes(int(n(c.c))))
		return measured(&v)
	})},
	{"PCCRR-2.2.5.4-Truncated", nil, each(upTo(20), func(c *corruptor, n int) fuzz.Message { // in RequestID or SegmentRangeCount
		v := c.segList()
		return cut(measured(&v), c.bodyAt()+n)
	})},
	{"PCCRR-2.2.5.4-SegmentRangeCount", nil, falseCount(func(c *corruptor) (retrieval, int, int) {
		v := c.segList()
		if len(v.SegmentRanges.Ranges) == 0 {
			v.SegmentRanges = counted([]Range{{0, 1}, {2, 3}})
		}
		v.ExtensibleBlob = sized(nil) // its size is read as the index of another range
		return &v, 16, len(v.SegmentRanges.Ranges)
	})},
	{"PCCRR-2.2.5.4-Blob", blobRules, noBlob(func(c *corruptor) (retrieval, *Sized, int) {
		v := c.segList()
		return &v, &v.ExtensibleBlob, 16 + 4 + 8*len(v.SegmentRanges.Ranges)
	})},
})

// withBlob returns a message with that extensible blob.
func (c *corruptor) withBlob(blob []byte) fuzz.Message {
	if c.isResponse() {
		v := c.segList()
		v.ExtensibleBlob = sized(blob)
		return measured(&v)
	}
	v, _ := c.ids()
	v.ExtensibleBlob = sized(blob)
	return measured(&v)
}

// blobCorruptions are of the extensible blob: a receiver discards it, not the message.
var blobCorruptions = []corruption{
	{"PCCRR-2.2.6-Truncated", nil, each([]byte{0, 1, 0xFF}, func(c *corruptor, v byte) fuzz.Message {
		return c.withBlob([]byte{v})
	})},
	{"PCCRR-2.2.6-Version", nil, each(wrong(16, []uint64{2, 0xFEFE}, 1), func(c *corruptor, wrong value) fuzz.Message {
		blob := c.agesOf(int(c.c.Uint64N(3)), 0)
		binary.BigEndian.PutUint16(blob, uint16(wrong(c.c)))
		return c.withBlob(blob)
	})},
	{"PCCRR-2.2.6.1-Truncated", nil, each([]int{2, 3}, func(c *corruptor, n int) fuzz.Message {
		return c.withBlob([]byte{0, 1, 3}[:n])
	})},
	{"PCCRR-2.2.6.1-SegmentAgeUnits", nil, each(wrong(8, []uint64{5, 6, 0xFE}, 1, 2, 3, 4), func(c *corruptor, wrong value) fuzz.Message {
		blob := c.agesOf(int(c.c.Uint64N(3)), 0)
		blob[2] = byte(wrong(c.c))
		return c.withBlob(blob)
	})},
	{"PCCRR-2.2.6.1-SegmentAgeCount", nil, each([]int{1, 2, 3, 255}, func(c *corruptor, count int) fuzz.Message {
		blob := c.agesOf(count, 0)
		blob = blob[:4+int(c.c.Uint64N(uint64(len(blob)-4)))]
		return c.withBlob(blob)
	})},
	{"PCCRR-2.2.6.1-Units", nil, each([]byte{1, 2, 4}, func(c *corruptor, units byte) fuzz.Message {
		blob := c.agesOf(int(c.c.Uint64N(4)), int(c.c.Uint64N(3)))
		blob[2] = units
		return c.withBlob(blob)
	})},
}
