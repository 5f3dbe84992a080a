package generate

import (
	"slices"

	"github.com/hostedcache/pchc/fuzz"
)

// v2 returns a valid Content Information 2.0, and the indexes of a chunk and of
// a segment in it.
func (c *corruptor) v2() (v ContentV2, chunk, segment int) {
	counts := c.chunkCounts()
	if c.place >= 2 && len(counts) == 1 {
		counts = append(counts, 2, 1)
	}
	v = c.chunked(counts)
	chunk = c.element(len(counts))
	return v, chunk, c.element(counts[chunk])
}

func (v *ContentV2) message() fuzz.Message { return content(v.Append(nil)) }

var contentV2Corruptions = []corruption{
	{"PCCRC-2.4-Truncated", nil, each(upTo(29), func(c *corruptor, n int) fuzz.Message {
		v, _, _ := c.v2()
		return truncate(v.message(), 2+n)
	})},
	{"PCCRC-2.4-bMinorVersion", nil, each(wrong(8, []uint64{2}, 0), func(c *corruptor, wrong value) fuzz.Message {
		v, _, _ := c.v2()
		v.BMinorVersion = uint8(wrong(c.c))
		return v.message()
	})},
	{"PCCRC-2.4-bHashAlgo", nil, each(wrong(8, []uint64{1, 2, 0x0C, 0x0D, 0x0E}, 4), func(c *corruptor, wrong value) fuzz.Message {
		v, _, _ := c.v2()
		v.BHashAlgo = uint8(wrong(c.c))
		return v.message()
	})},
	{"PCCRC-2.4-dwOffsetInFirstSegment", nil, each(aboves, func(c *corruptor, above func(*corruptor, uint64) uint32) fuzz.Message {
		v, _, _ := c.v2()
		v.DwOffsetInFirstSegment = above(c, uint64(v.Chunks[0].ChunkData[0].CbSegment)-1)
		return v.message()
	})},
	{"PCCRC-2.4-chunks", nil, []variant{func(c *corruptor) fuzz.Message {
		v, _, _ := c.v2()
		return truncate(v.message(), 31)
	}}},
	{"PCCRC-2.4.1.1-Truncated", nil, each(upTo(4), func(c *corruptor, n int) fuzz.Message {
		v, i, _ := c.v2()
		v.Chunks = v.Chunks[:i]
		m := v.message()
		last := Chunk{DwChunkDataLength: 68}
		m.Bytes = append(m.Bytes, last.Append(nil)[:1+n]...)
		return m
	})},
	{"PCCRC-2.4.1.1-bChunkType", nil, each(wrong(8, []uint64{2, 4, 68}, 0), func(c *corruptor, wrong value) fuzz.Message {
		v, i, _ := c.v2()
		v.Chunks[i].BChunkType = uint8(wrong(c.c))
		return v.message()
	})},
	{"PCCRC-2.4.1.1-dwChunkDataLength", nil, dwChunkDataLength},
	{"PCCRC-2.4.1.2-cbSegment", []string{"PCCRC-2.4-dwOffsetInFirstSegment"}, append(
		each(aboves, func(c *corruptor, above func(*corruptor, uint64) uint32) fuzz.Message {
			v, i, j := c.v2()
			v.Chunks[i].ChunkData[j].CbSegment = above(c, maxSegmentSizeV2)
			return v.message()
		}),
		func(c *corruptor) fuzz.Message {
			v, i, j := c.v2()
			v.Chunks[i].ChunkData[j].CbSegment = 0
			return v.message()
		})},
}

// dwChunkDataLength is no number of whole segments, 0, or more than there are.
var dwChunkDataLength = slices.Concat(
	each([]int{0, 1, 67, 69, 135, 137, 64, 32, 204 - 4}, func(c *corruptor, n int) fuzz.Message {
		v, i := c.chunks()
		chunk := Chunk{DwChunkDataLength: uint32(n)}
		for ; n >= 68; n -= 68 {
			chunk.ChunkData = append(chunk.ChunkData, v.Chunks[i].ChunkData[0])
		}
		chunk.Rest = c.bytes(n)
		v.Chunks[i] = chunk
		return v.message()
	}),
	each([]func(n uint32) uint32{
		func(n uint32) uint32 { return n + 68 },
		func(uint32) uint32 { return 1<<32 - 52 }, // as a signed number it leads back
		func(uint32) uint32 { return 1<<32 - 5 },
		func(n uint32) uint32 { return uint32(swapped(uint64(n), 32)) },
		func(n uint32) uint32 { return n | 1<<31 },
	}, func(c *corruptor, claim func(n uint32) uint32) fuzz.Message {
		v, _ := c.chunks()
		last := &v.Chunks[len(v.Chunks)-1]
		last.DwChunkDataLength = claim(last.DwChunkDataLength)
		return v.message()
	}),
	[]variant{func(c *corruptor) fuzz.Message { // the last segment is truncated
		v, _ := c.chunks()
		m := v.message()
		return truncate(m, len(m.Bytes)-1-int(c.c.Uint64N(68)))
	}})

// chunks returns a valid Content Information 2.0 whose segments may have any
// length, and the index of a chunk in it.
func (c *corruptor) chunks() (v ContentV2, chunk int) {
	v, chunk, _ = c.v2()
	v.DwOffsetInFirstSegment = 0
	return v, chunk
}
