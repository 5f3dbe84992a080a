package main

import "math"

// contentV2 is Content Information 2.0, MS-PCCRC 2.4.
type contentV2 struct {
	minor, major, algorithm, start, index, offset, length uint64
	chunks                                                []chunkV2
}

type chunkV2 struct {
	kind, length uint64
	segments     []segmentV2
}

type segmentV2 struct {
	size               uint64
	hashOfData, secret []byte
}

const segmentV2Size = 68

func (d *decoder) contentV2(c *cursor) {
	const cut = "PCCRC-2.4-Truncated"
	v, o, start := &d.v2, d.order(big, "v2-little-endian"), c.at
	v.minor = c.integer(1, o, cut)
	c.must(v.minor == 0 || d.has("v2-minor-unchecked"), "PCCRC-2.4-bMinorVersion", start)
	v.major = c.integer(1, o, cut)
	c.must(v.major == 2 || start == 0, "PCCRC-2.4-bMajorVersion", start+1) // alone, it is what makes it version 2.0
	v.algorithm = c.integer(1, o, cut)
	c.must(v.algorithm == 4 || d.has("v2-algorithm-unchecked") || d.has("v2-algorithm-1") && v.algorithm == 1, "PCCRC-2.4-bHashAlgo", start+2)
	v.start = c.integer(8, o, cut)
	v.index = c.integer(8, o, cut)
	v.offset = c.integer(4, o, cut)
	v.length = c.integer(8, o, cut)
	switch {
	case d.has("v2-start-index-swapped"):
		v.start, v.index = v.index, v.start
	case d.has("v2-start-32-bits"):
		v.start &= math.MaxUint32
	case d.has("v2-index-32-bits"):
		v.index &= math.MaxUint32
	case d.has("v2-length-32-bits"):
		v.length &= math.MaxUint32
	case d.has("v2-start-signed"):
		c.must(v.start <= math.MaxInt64, unnamed, start+3)
	}
	c.must(c.left() > 0 || d.has("v2-no-chunk"), "PCCRC-2.4-chunks", c.at)
	for c.ok() && c.left() > 0 {
		if len(v.chunks) > 0 && (d.has("v2-first-chunk-only") || d.has("v2-trailing-ignored") && c.left() < 5) {
			return
		}
		d.chunkV2(c, o)
	}
}

func (d *decoder) chunkV2(c *cursor, o order) {
	const cut = "PCCRC-2.4.1.1-Truncated"
	at := c.at
	k := chunkV2{kind: c.integer(1, o, cut)}
	c.must(k.kind == 0 || d.has("v2-chunk-type-unchecked") || d.has("v2-chunk-type-bits") && k.kind&0x0F == 0, "PCCRC-2.4.1.1-bChunkType", at)
	k.length = c.integer(4, o, cut)
	if !c.ok() {
		return
	}
	size, left := k.length, uint64(c.left())
	backed := size <= left
	multiple := size%segmentV2Size == 0
	switch {
	case d.has("hang-chunk-0") && size == 0:
		d.hang()
	case d.has("v2-chunk-overflow") && uint64(c.at)+size > math.MaxUint32:
		// The end is before the beginning, so there is nothing to read.
		size, backed = 0, true
	case d.has("v2-chunk-signed") && int32(size) < 0:
		size, backed, multiple = 0, true, true
	case d.has("v2-chunk-length-ignored"):
		size, backed, multiple = left, true, left%segmentV2Size == 0
	case d.has("v2-chunk-clamped") && !backed:
		size, backed = left, true
	case d.has("v2-chunk-multiple-unchecked"):
		multiple = true
	case d.has("v2-chunk-16-bits"):
		size &= math.MaxUint16
		backed, multiple = size <= left, size%segmentV2Size == 0
	}
	positive := k.length != 0 || d.has("v2-chunk-0")
	c.must(positive && multiple && backed, "PCCRC-2.4.1.1-dwChunkDataLength", at+1)
	data := cursor{b: c.bytes(int(size), cut)}
	for c.ok() && data.left() >= segmentV2Size {
		s := segmentV2{data.integer(4, o, cut), data.bytes(32, cut), data.bytes(32, cut)}
		if d.has("v2-segment-over-128k-refused") {
			c.must(s.size <= 131072, unnamed, at+5+data.at-segmentV2Size)
		}
		if d.has("v2-segment-0-refused") {
			c.must(s.size > 0, unnamed, at+5+data.at-segmentV2Size)
		}
		k.segments = append(k.segments, s)
		if d.has("v2-first-segment-only") {
			break
		}
	}
	d.v2.chunks = append(d.v2.chunks, k)
}

func (d *decoder) v2Fields(w *writer) {
	v := &d.v2
	w.integer("bMinorVersion", v.minor)
	w.integer("bMajorVersion", v.major)
	w.integer("bHashAlgo", v.algorithm)
	if d.has("64-bit-as-double") {
		w.double("ullStartInContent", v.start)
		w.double("ullIndexOfFirstSegment", v.index)
	} else {
		w.integer("ullStartInContent", v.start)
		w.integer("ullIndexOfFirstSegment", v.index)
	}
	w.integer("dwOffsetInFirstSegment", v.offset)
	w.integer("ullLengthOfRange", v.length)
	w.begin("chunks", '[')
	for i := range v.chunks {
		k := &v.chunks[i]
		w.begin("", '{')
		w.integer("bChunkType", k.kind)
		w.integer("dwChunkDataLength", k.length)
		w.begin("chunkData", '[')
		for j := range k.segments {
			s := &k.segments[j]
			w.begin("", '{')
			w.integer("cbSegment", s.size)
			if d.has("v2-hash-of-first-segment") {
				s = &k.segments[0]
			}
			w.bytes("SegmentHashOfData", s.hashOfData)
			w.text("SegmentSecret", "redacted")
			w.end('}')
		}
		w.end(']')
		w.end('}')
	}
	w.end(']')
}
