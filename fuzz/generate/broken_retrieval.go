package generate

import (
	"encoding/binary"
	"slices"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

// isResponse reports whether a response is to be corrupted.
func (c *corruptor) isResponse() bool { return c.kind == spec.RetrievalResponse }

// anyRetrieval returns a valid message of MS-PCCRR that is not long, which one depends
// on the place.
func (c *corruptor) anyRetrieval() fuzz.Message {
	names := messages[c.kind]
	switch name := names[c.place%len(names)]; name {
	case "MSG_BLK":
		v := c.smallBlk()
		return measured(&v)
	case "MSG_GETSEGLIST":
		v, _ := c.ids()
		return measured(&v)
	}
	return measured(c.retrievalMessage(names[c.place%len(names)]))
}

// headerAt returns the offset of MESSAGE_HEADER, and bodyAt that of MESSAGE_BODY.
func (c *corruptor) headerAt() int {
	if c.isResponse() {
		return 4
	}
	return 0
}
func (c *corruptor) bodyAt() int { return c.headerAt() + 16 }

// put writes an integer of 4 bytes.
func put(m fuzz.Message, at int, v uint32) fuzz.Message {
	binary.BigEndian.PutUint32(m.Bytes[at:], v)
	return m
}

// cut returns the first n bytes of a message, with its new length in it.
func cut(m fuzz.Message, n int) fuzz.Message { return measure(truncate(m, n)) }

// cutField returns variants in which the bytes end in an integer of 4 bytes, at that
// offset of MESSAGE_BODY.
func cutField(build func(c *corruptor) (m retrieval, at int)) []variant {
	return each(upTo(4), func(c *corruptor, n int) fuzz.Message {
		m, at := build(c)
		return cut(measured(m), c.bodyAt()+at+n)
	})
}

// end returns the offset behind s in a structure that begins with s.
func (s *Sized) end() int { return 4 + len(s.Bytes) + len(s.Padding) }

// falseSize returns variants in which an integer of 4 bytes counts more bytes than
// follow: claimed, or cut off.
func falseSize(build func(c *corruptor) (m retrieval, at int)) []variant {
	return append(
		each(aboves, func(c *corruptor, above func(*corruptor, uint64) uint32) fuzz.Message {
			r, at := build(c)
			m := measured(r)
			at += c.bodyAt()
			return put(m, at, above(c, uint64(len(m.Bytes)-at-4)))
		}),
		func(c *corruptor) fuzz.Message {
			r, at := build(c)
			m := measured(r)
			at += c.bodyAt()
			size := int(binary.BigEndian.Uint32(m.Bytes[at:]))
			return cut(m, at+4+int(c.c.Uint64N(uint64(size))))
		})
}

// falseCount returns variants in which an integer of 4 bytes counts more ranges than
// follow: claimed, so that the product with their size wraps, or cut off.
func falseCount(build func(c *corruptor) (m retrieval, at, n int)) []variant {
	wraps := func(_ *corruptor, low uint64) uint32 { return uint32(1<<29 + low) }
	return append(
		each(append([]func(*corruptor, uint64) uint32{wraps}, aboves...), func(c *corruptor, above func(*corruptor, uint64) uint32) fuzz.Message {
			r, at, _ := build(c)
			m := measured(r)
			at += c.bodyAt()
			return put(m, at, above(c, uint64(len(m.Bytes)-at-4)/8))
		}),
		func(c *corruptor) fuzz.Message {
			r, at, n := build(c)
			return cut(measured(r), c.bodyAt()+at+4+int(c.c.Uint64N(uint64(8*n))))
		})
}

// oddLengths are lengths of identifiers that no hash function has.
var oddLengths = values(0, 200, []uint64{33, 31, 0, 1, 2, 3, 4, 16, 20, 34, 35, 47, 49, 63, 65, 80, 128}, 32, 48, 64)

// oddID returns an identifier whose length, or that modulo 4, is not usual.
func (c *corruptor) oddID(n int) Sized { return padded(c.bytes(n)) }

// unaligned is how many bytes more than a multiple of 4 a byte string has, and how
// many there are of its padding.
type unaligned struct{ more, padding int }

// unalignments are all that lack some of the padding.
var unalignments = []unaligned{{3, 0}, {2, 0}, {2, 1}, {1, 0}, {1, 1}, {1, 2}}

// Messages with a byte string that has padding: a block, which may be of any length,
// or an identifier, where its length is a violation too. at is the offset in
// MESSAGE_BODY behind the byte string without padding.
func (c *corruptor) unpaddedBlock(n int) (m *MsgBlk, at int) {
	h := c.retrievalHeader(5)
	h.CryptoAlgoId = 0
	v := c.blkOf(h, n)
	return &v, v.SegmentId.end() + 12 + n
}

func (c *corruptor) unpaddedID(n int) (m retrieval, id *Sized, at int) {
	at = 4 + n
	switch {
	case c.isResponse() && c.place%2 == 0:
		v := c.blkList()
		v.SegmentId, id = c.oddID(n), &v.SegmentId
		return &v, id, at
	case c.isResponse():
		v := c.blkOf(c.retrievalHeader(5), 0)
		v.SegmentId, id = c.oddID(n), &v.SegmentId
		return &v, id, at
	case c.place == 0:
		v := c.getBlkList()
		v.SegmentID, id = c.oddID(n), &v.SegmentID
		return &v, id, at
	case c.place == 1:
		v := c.getBlks()
		v.SegmentID, id = c.oddID(n), &v.SegmentID
		return &v, id, at
	}
	v := c.getSegList(2)
	v.SegmentIDs[1], id = c.oddID(n), &v.SegmentIDs[1]
	return &v, id, v.idAt(1) + at
}

// notZero returns padding that is not zero.
func (c *corruptor) notZero(n int) []byte {
	b := make([]byte, n)
	b[c.element(n)] = byte(within(c.c, 1, 255))
	return b
}

// withBlockRange returns a message with that range.
func (c *corruptor) withBlockRange(wrong Range) fuzz.Message {
	if c.isResponse() {
		v := c.blkList()
		v.BlockRanges = c.blockRanges(1 + int(c.c.Uint64N(5)))
		v.BlockRanges.Ranges[c.element(len(v.BlockRanges.Ranges))] = wrong
		return measured(&v)
	}
	if c.place == 1 {
		v := c.getBlks()
		v.ReqBlockRanges.Ranges[0] = wrong
		return measured(&v)
	}
	v := c.getBlkList()
	v.NeededBlockRanges = c.blockRanges(1 + int(c.c.Uint64N(5)))
	v.NeededBlockRanges.Ranges[c.element(len(v.NeededBlockRanges.Ranges))] = wrong
	return measured(&v)
}

// idLengths are the rules about the length of an identifier, all of which a message
// with padding violates.
var idLengths = []string{
	"PCCRR-2.2.4.2-SegmentIDLength", "PCCRR-2.2.4.3-SegmentIDLength", "PCCRR-2.2.4.4-SegmentIDLength",
	"PCCRR-2.2.5.2-SegmentIdLength", "PCCRR-2.2.5.3-SegmentIdLength",
}

// typesOf are the message types of each kind.
var typesOf = map[spec.Kind][]uint64{spec.RetrievalRequest: {0, 2, 3, 6}, spec.RetrievalResponse: {1, 4, 5, 7}}

// retrievalCorruptions are of what all messages of MS-PCCRR have.
var retrievalCorruptions = []corruption{
	{"PCCRR-2.1.1-OneMessage", nil, each(values(1, 300, []uint64{1, 2, 3, 4, 8, 16, 20, 32}), func(c *corruptor, n value) fuzz.Message {
		m := c.anyRetrieval()
		m.Bytes = append(m.Bytes, c.bytes(int(n(c.c)))...)
		return measure(m)
	})},
	{"PCCRR-2.1.1-Direction", nil, each(upTo(4), func(c *corruptor, i int) fuzz.Message {
		m, other := c.anyRetrieval(), spec.RetrievalResponse
		if c.isResponse() {
			other = spec.RetrievalRequest
		}
		return put(m, c.headerAt()+4, uint32(typesOf[other][i]))
	})},
	{"PCCRR-2.2-Alignment", idLengths, append(
		each(unalignments, func(c *corruptor, u unaligned) fuzz.Message {
			if c.isResponse() {
				m, at := c.unpaddedBlock(4*int(c.c.Uint64N(9)) + u.more)
				return cut(measured(m), c.bodyAt()+at+u.padding)
			}
			m, _, at := c.unpaddedID(32 + u.more)
			return cut(measured(m), c.bodyAt()+at+u.padding)
		}),
		each(unalignments, func(c *corruptor, u unaligned) fuzz.Message {
			m, _, at := c.unpaddedID(4*int(c.c.Uint64N(20)) + u.more)
			return cut(measured(m), c.bodyAt()+at+u.padding)
		})...)},
	{"PCCRR-2.2-ZeroPad", idLengths, append(
		each([]int{3, 2, 1}, func(c *corruptor, n int) fuzz.Message {
			m, id, _ := c.unpaddedID(4*int(c.c.Uint64N(20)) + 4 - n)
			id.Padding = c.notZero(n)
			return measured(m)
		}),
		each([]int{3, 2, 1}, func(c *corruptor, n int) fuzz.Message {
			if !c.isResponse() {
				m, id, _ := c.unpaddedID(36 - n)
				id.Padding = c.notZero(n)
				return measured(m)
			}
			m, _ := c.unpaddedBlock(4*int(c.c.Uint64N(20)) + 4 - n)
			m.Block.Padding = c.notZero(n)
			return measured(m)
		})...)},
	{"PCCRR-2.2.1.1-Index", []string{"PCCRR-2.2.1.1-Count"}, each(values(maxBlocks, 1<<32-1, []uint64{512, 513, 1 << 31, 1<<32 - 1, 1 << 16, 1 << 24, 1<<32 - 511}), func(c *corruptor, wrong value) fuzz.Message {
		return c.withBlockRange(Range{uint32(wrong(c.c)), 1})
	})},
	{"PCCRR-2.2.1.1-Count", nil, append(
		each([]uint32{0, 1, 511}, func(c *corruptor, index uint32) fuzz.Message {
			return c.withBlockRange(Range{index, 0})
		}),
		each(append([]func(*corruptor, uint64) uint32{
			func(_ *corruptor, most uint64) uint32 { return uint32(1<<32 - (maxBlocks - most)) }, // the sum wraps
		}, aboves...), func(c *corruptor, above func(*corruptor, uint64) uint32) fuzz.Message {
			index := pick(c.c, []uint32{1, 0, 510, 511, 256})
			return c.withBlockRange(Range{index, max(above(c, uint64(maxBlocks-index)), maxBlocks-index+1)})
		})...)},
	{"PCCRR-2.2.1.2-Count", nil, each([]uint32{0, 1, 1<<32 - 1}, func(c *corruptor, index uint32) fuzz.Message {
		v := c.segList()
		if n := len(v.SegmentRanges.Ranges); n == 0 || n > 8 {
			v.SegmentRanges = counted([]Range{{0, 1}, {2, 3}, {9, 1}})
		}
		v.SegmentRanges.Ranges[c.element(len(v.SegmentRanges.Ranges))] = Range{index, 0}
		return measured(&v)
	})},
	{"PCCRR-2.2.2-Truncated", nil, each(upTo(4), func(c *corruptor, n int) fuzz.Message {
		return truncate(c.anyRetrieval(), n)
	})},
	{"PCCRR-2.2.2-Size", nil, slices.Concat(
		each([]func(n uint32) uint32{
			func(n uint32) uint32 { return n + 4 }, // it counts itself
			func(n uint32) uint32 { return n - 1 },
			func(n uint32) uint32 { return n + 1 },
			func(uint32) uint32 { return 0 },
			func(n uint32) uint32 { return n + 1<<16 },
			func(n uint32) uint32 { return n | 1<<31 },
			func(n uint32) uint32 { return uint32(swapped(uint64(n), 32)) },
			func(n uint32) uint32 { return n - 16 },
		}, func(c *corruptor, wrong func(n uint32) uint32) fuzz.Message {
			m := c.anyRetrieval()
			return put(m, 0, wrong(binary.BigEndian.Uint32(m.Bytes)))
		}),
		each([]int{1, 2, 4, 65536}, func(c *corruptor, more int) fuzz.Message { // above the limit
			h := c.retrievalHeader(5)
			h.CryptoAlgoId = 0
			v := c.blkOf(h, 0)
			n := maxRetrievalResponse - overhead + 32 - len(v.SegmentId.Bytes)
			v.Block, v.IVBlock = padded(c.bytes(n)), sized(c.bytes(more)) // the last is not padded
			return measured(&v)
		}))},
	{"PCCRR-2.2.3-Truncated", nil, each(upTo(16), func(c *corruptor, n int) fuzz.Message {
		return cut(c.anyRetrieval(), c.headerAt()+n)
	})},
	{"PCCRR-2.2.3-ProtVer", nil, slices.Concat(
		each(values(1, 1<<16-1, []uint64{1, 65535, 256, 0xFEFE}), func(c *corruptor, wrong value) fuzz.Message { // minor
			m := c.anyRetrieval()
			binary.BigEndian.PutUint16(m.Bytes[c.headerAt():], uint16(wrong(c.c)))
			return m
		}),
		each([]func(right uint64) uint64{
			func(right uint64) uint64 { return 3 - right }, // of the other messages
			func(uint64) uint64 { return 0 },
			func(uint64) uint64 { return 3 },
			func(right uint64) uint64 { return right << 8 },
			func(uint64) uint64 { return 0xFEFE },
		}, func(c *corruptor, wrong func(right uint64) uint64) fuzz.Message {
			m := c.anyRetrieval()
			major := m.Bytes[c.headerAt()+2:]
			binary.BigEndian.PutUint16(major, uint16(wrong(uint64(binary.BigEndian.Uint16(major)))))
			return m
		}))},
	{"PCCRR-2.2.3-MsgType", nil, each(wrong(32, []uint64{9, 0x0200, 0x02000000, 0x06000000, 1 << 16, 0xFEFEFEFE, 0x10002}, 0, 1, 2, 3, 4, 5, 6, 7), func(c *corruptor, wrong value) fuzz.Message {
		return put(c.anyRetrieval(), c.headerAt()+4, uint32(wrong(c.c)))
	})},
	{"PCCRR-2.2.3-MsgSize", nil, each([]func(n uint32) uint32{
		func(n uint32) uint32 { return n + 1 },
		func(n uint32) uint32 { return n + 4 }, // with TRANSPORT_RESPONSE_HEADER
		func(n uint32) uint32 { return n - 1 },
		func(n uint32) uint32 { return n - 16 }, // without MESSAGE_HEADER
		func(uint32) uint32 { return 16 },
		func(uint32) uint32 { return 0 },
		func(n uint32) uint32 { return n + 1<<16 },
		func(n uint32) uint32 { return n | 1<<31 },
		func(n uint32) uint32 { return uint32(swapped(uint64(n), 32)) },
	}, func(c *corruptor, wrong func(n uint32) uint32) fuzz.Message {
		m, at := c.anyRetrieval(), c.headerAt()+8
		return put(m, at, wrong(binary.BigEndian.Uint32(m.Bytes[at:])))
	})},
	{"PCCRR-2.2.3-MsgSizeLimit", nil, each([]int{1, 2, 3, 4, 1000}, func(c *corruptor, more int) fuzz.Message {
		v := c.getSegList(1)
		v.ExtensibleBlob = sized(c.agesOf(1, maxRetrievalRequest-16-20-4-8-v.SegmentIDs[0].end()+more))
		return measured(&v)
	})},
	{"PCCRR-2.2.3-CryptoAlgoId", []string{"PCCRR-2.2.5.3-Block", "PCCRR-2.2.5.3-IVBlock"}, each(wrong(32, []uint64{0x01000000, 0xFEFEFEFE, 128, 256}, 0, 1, 2, 3), func(c *corruptor, wrong value) fuzz.Message {
		return put(c.anyRetrieval(), c.headerAt()+12, uint32(wrong(c.c)))
	})},
}
