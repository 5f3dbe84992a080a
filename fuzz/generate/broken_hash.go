package generate

import (
	"encoding/binary"
	"slices"

	"github.com/hostedcache/pchc/fuzz"
)

// wrongRequest returns variants with a wrong integer in a request.
func wrongRequest(field func(r *ReadHashRequest) *uint32, wrong []value) []variant {
	return each(wrong, func(c *corruptor, wrong value) fuzz.Message {
		r := c.readHashRequest()
		*field(&r) = uint32(wrong(c.c))
		return r.message()
	})
}

// small returns a response with a HASH_HEADER, by place of one form or the other.
func (c *corruptor) small() ReadHashResponse {
	if c.place%2 == 1 {
		return c.smallV2()
	}
	return c.smallV1()
}

func (c *corruptor) smallV1() ReadHashResponse {
	v := c.planned(plan{segments: 1, last: near(c.c, 1, 4*blockSize, blockSize)})
	return c.hashBased(v.Append(nil))
}

func (c *corruptor) smallV2() ReadHashResponse {
	v := c.chunked([]int{1 + int(c.c.Uint64N(3))})
	return c.fileBased(v.Append(nil), true)
}

// wrongHeader returns variants with a wrong HASH_HEADER.
func wrongHeader[V any](wrong []V, corrupt func(c *corruptor, r *ReadHashResponse, wrong V)) []variant {
	return each(wrong, func(c *corruptor, wrong V) fuzz.Message {
		r := c.small()
		corrupt(c, &r, wrong)
		return r.message()
	})
}

// bufferLengths are wrong ones.
var bufferLengths = []func(n uint32) uint32{
	func(n uint32) uint32 { return n + 1 },
	func(n uint32) uint32 { return n - 1 },
	func(n uint32) uint32 { return n + 16 }, // with what precedes Buffer
	func(uint32) uint32 { return 0 },
	func(n uint32) uint32 { return n | 1<<31 },
	func(n uint32) uint32 { return uint32(swapped(uint64(n), 32)) },
	func(n uint32) uint32 { return n + 1<<16 },
	func(uint32) uint32 { return 1<<32 - 1 },
}

// wrongBuffer returns variants of a response with a wrong BufferLength.
func wrongBuffer(build func(c *corruptor) ReadHashResponse) []variant {
	return each(bufferLengths, func(c *corruptor, wrong func(n uint32) uint32) fuzz.Message {
		r := build(c)
		r.BufferLength = wrong(r.BufferLength)
		return r.message()
	})
}

// reserved returns variants of a response with a Reserved that is not 0.
func reserved(build func(c *corruptor) ReadHashResponse) []variant {
	return each(wrong(32, nil, 0), func(c *corruptor, wrong value) fuzz.Message {
		r := build(c)
		r.Reserved = uint32(wrong(c.c))
		return r.message()
	})
}

// hashCorruptions are of the buffers of FSCTL_SRV_READ_HASH, in the catalogue's order.
var hashCorruptions = slices.Concat(hashRequestCorruptions, hashHeaderCorruptions, []corruption{
	{"SMB2-2.2.32.4.2-Truncated", nil, each(upTo(16), func(c *corruptor, n int) fuzz.Message {
		r := c.smallV1()
		m := truncate(r.message(), n)
		if n >= 12 {
			binary.LittleEndian.PutUint32(m.Bytes[8:], 0)
		}
		return m
	})},
	{"SMB2-2.2.32.4.2-BufferLength", nil, wrongBuffer((*corruptor).smallV1)},
	{"SMB2-2.2.32.4.2-Reserved", nil, reserved((*corruptor).smallV1)},
	{"SMB2-2.2.32.4.3-BufferLength", nil, wrongBuffer((*corruptor).smallV2)},
	{"SMB2-2.2.32.4.3-Reserved", nil, reserved((*corruptor).smallV2)},
}, hashStateCorruptions)

var hashRequestCorruptions = []corruption{
	{"SMB2-2.2.31.2-Truncated", nil, each(upTo(24), func(c *corruptor, n int) fuzz.Message {
		r := c.readHashRequest()
		return truncate(r.message(), n)
	})},
	{"SMB2-2.2.31.2-HashType", nil, wrongRequest(func(r *ReadHashRequest) *uint32 { return &r.HashType }, wrong(32, nil, 1))},
	{"SMB2-2.2.31.2-HashVersion", nil, wrongRequest(func(r *ReadHashRequest) *uint32 { return &r.HashVersion }, wrong(32, []uint64{0x02000000}, 1, 2))},
	{"SMB2-2.2.31.2-HashRetrievalType", nil, wrongRequest(func(r *ReadHashRequest) *uint32 { return &r.HashRetrievalType }, wrong(32, []uint64{0x02000000}, 1, 2))},
	{"SMB2-2.2.31.2-Trailing", nil, each(values(1, 300, []uint64{1, 2, 3, 4, 8, 24}), func(c *corruptor, n value) fuzz.Message {
		r := c.readHashRequest()
		r.Trailing = c.bytes(int(n(c.c)))
		return r.message()
	})},
}

var hashHeaderCorruptions = []corruption{
	{"SMB2-2.2.32.4.1-Truncated", nil, each(upTo(hashHeaderLen), func(c *corruptor, n int) fuzz.Message {
		r := c.small()
		head := len(r.message().Bytes) - r.size()
		r.BufferLength = uint32(n)
		return truncate(r.message(), head+n)
	})},
	{"SMB2-2.2.32.4.1-HashType", nil, wrongHeader(wrong(32, []uint64{0x01000000}, 1), func(c *corruptor, r *ReadHashResponse, wrong value) {
		r.HashHeader.HashType = uint32(wrong(c.c))
	})},
	{"SMB2-2.2.32.4.1-HashVersion", nil, wrongHeader(wrong(32, []uint64{0x02000000}, 1, 2), func(c *corruptor, r *ReadHashResponse, wrong value) {
		r.HashHeader.HashVersion = uint32(wrong(c.c))
	})},
	{"SMB2-2.2.32.4.1-HashBlobLength", nil, append(
		each([]uint32{0}, func(c *corruptor, n uint32) fuzz.Message { // of version 1
			r := c.smallV1()
			r.HashHeader.HashBlobLength = n
			return r.message()
		}),
		each(aboves, func(c *corruptor, above func(*corruptor, uint64) uint32) fuzz.Message { // of a file based response
			r := c.smallV2()
			r.HashHeader.HashBlobLength = above(c, uint64(len(r.Content)))
			return r.message()
		})...)},
	{"SMB2-2.2.32.4.1-HashBlobOffset", []string{"PCCRC-2.3-Truncated", "PCCRC-2.4-Truncated"}, append(
		wrongHeader(aboves, func(c *corruptor, r *ReadHashResponse, above func(*corruptor, uint64) uint32) {
			r.HashHeader.HashBlobOffset = above(c, uint64(r.size()))
		}),
		wrongHeader([]uint32{0, 1, 35}, func(_ *corruptor, r *ReadHashResponse, n uint32) {
			r.HashHeader.HashBlobOffset, r.Gap = n, nil
			*r = fitted(*r)
		})...)},
	{"SMB2-2.2.32.4.1-Dirty", nil, wrongHeader(wrong(16, nil, 0), func(c *corruptor, r *ReadHashResponse, wrong value) {
		r.HashHeader.Dirty = uint16(wrong(c.c))
	})},
	{"SMB2-2.2.32.4.1-SourceFileNameLength", []string{"SMB2-2.2.32.4.1-Truncated"}, wrongHeader([]func(low uint64) uint16{
		func(low uint64) uint16 { return uint16(low + 1) },
		func(low uint64) uint16 { return uint16(low + 2) },
		func(uint64) uint16 { return 1<<16 - 1 },
		func(uint64) uint16 { return 1 << 15 },
	}, func(c *corruptor, r *ReadHashResponse, above func(low uint64) uint16) {
		r.HashHeader.SourceFileNameLength = above(uint64(r.size() - hashHeaderLen))
	})},
	{"SMB2-2.2.32.4.1-Trailing", []string{"SMB2-3.3.5.15.7-HashBlobLength"}, each(values(1, 100, []uint64{1, 2, 3, 4, 8, 16}), func(c *corruptor, n value) fuzz.Message {
		r := c.small()
		r.HashHeader.HashBlobLength = uint32(len(r.Content)) // of version 2, too: then it ends there
		r.Trailing = c.bytes(int(n(c.c)))
		r = fitted(r)
		return r.message()
	})},
}

var hashStateCorruptions = []corruption{
	{"SMB2-3.3.5.15.7-HashRetrievalType", nil, each([]uint32{2, 1}, func(c *corruptor, version uint32) fuzz.Message {
		r := c.readHashRequest()
		r.HashVersion, r.HashRetrievalType = version, 3-version
		return r.message()
	})},
	{"SMB2-3.3.5.15.7-HashVersion", nil, each([]bool{false, true}, func(c *corruptor, file bool) fuzz.Message {
		r := c.smallV1()
		if file { // a file based response of version 1
			r.FileBased, r.FileDataLength = true, number(c.c, ends64, 1<<64-1)
			return r.message()
		}
		v := c.chunked([]int{1 + int(c.c.Uint64N(3))})
		r = c.hashBased(v.Append(nil))
		r.HashHeader.HashVersion, r.HashHeader.HashBlobLength = 2, 0
		return r.message()
	})},
	{"SMB2-3.3.5.15.7-HashBlobLength", nil, []variant{func(c *corruptor) fuzz.Message {
		r := c.smallV2()
		r.HashHeader.HashBlobLength = uint32(len(r.Content))
		return r.message()
	}}},
}
