package main

import (
	"bytes"
	"fmt"
	"math"
)

// contentV1 is Content Information 1.0, MS-PCCRC 2.3.
type contentV1 struct {
	version, algorithm, offset, read, count uint64
	hashSize                                int
	segments                                []segmentV1
	blocks                                  []blocksV1
	padding                                 []byte
}

type segmentV1 struct {
	offset, size, blockSize uint64
	hashOfData, secret      []byte
}

type blocksV1 struct {
	count  uint64
	hashes []byte
}

func (d *decoder) content(c *cursor) {
	second := len(c.b) > 1 && c.b[1] == 2
	switch {
	case d.has("content-version-by-first-byte"):
		second = len(c.b) > 1 && c.b[0] == 2
	case d.has("limit-64k") && len(c.b) > math.MaxUint16:
		c.fail(unnamed, 0)
	}
	if second {
		d.name = "CONTENT_INFORMATION_V2"
		d.contentV2(c)
		return
	}
	d.name = "CONTENT_INFORMATION_V1"
	d.contentV1(c)
}

// contentV1 reads Content Information 1.0, alone or in a SEGMENT_INFO_MESSAGE.
func (d *decoder) contentV1(c *cursor) {
	const cut = "PCCRC-2.3-Truncated"
	v, o := &d.v1, d.order(little, "v1-big-endian")
	embedded := d.name == "SEGMENT_INFO_MESSAGE"
	at := c.at
	v.version = c.integer(2, d.order(o, "v1-version-big-endian"), cut)
	c.must(v.version == 0x0100 || d.has("v1-version-unchecked") || d.has("v1-version-major-only") && v.version>>8 == 1, "PCCRC-2.3-Version", at)
	at = c.at
	v.algorithm = c.integer(4, o, cut)
	v.hashSize = d.hashSize(v.algorithm)
	c.must(v.hashSize != 0, "PCCRC-2.3-dwHashAlgo", at)
	v.offset = c.integer(4, o, cut)
	v.read = c.integer(4, d.order(o, "v1-read-big-endian"), cut)
	if d.has("v1-range-swapped") {
		v.offset, v.read = v.read, v.offset
	}
	at = c.at
	v.count = c.integer(4, o, cut)
	if embedded {
		c.must(v.count == 1 || d.has("segment-info-segments-unchecked"), "PCHC-2.2.1.4-cSegments", at)
	}
	c.must(v.count != 0 || d.has("v1-segments-0"), "PCCRC-2.3-cSegments", at)
	n := d.segmentsV1(c, at)
	for i := uint64(0); c.ok() && i < n; i++ {
		o := d.order(o, "v1-segments-big-endian")
		var s segmentV1
		s.offset = c.integer(8, o, cut)
		s.size = c.integer(4, o, cut)
		s.blockSize = c.integer(4, o, cut)
		s.hashOfData = c.bytes(v.hashSize, cut)
		s.secret = c.bytes(v.hashSize, cut)
		if d.has("v1-hashes-swapped") {
			s.hashOfData, s.secret = s.secret, s.hashOfData
		}
		if d.has("v1-offset-32-bits") {
			s.offset &= math.MaxUint32
		}
		d.senderV1(c, &s)
		v.segments = append(v.segments, s)
	}
	for range v.segments {
		if d.has("v1-first-blocks-only") && len(v.blocks) == 1 {
			break
		}
		d.blocksV1(c, o)
	}
	if d.has("v1-padding-refused") {
		c.must(c.left() == 0, unnamed, c.at)
	}
	if d.has("v1-padding-4") {
		c.must(c.left() < 4, unnamed, c.at)
	}
	if c.ok() && c.left() > 0 && !d.has("v1-padding-lost") {
		v.padding = c.bytes(c.left(), cut)
	}
}

// hashSize returns the bytes of a hash, 0 for an unknown algorithm.
func (d *decoder) hashSize(algorithm uint64) int {
	switch {
	case d.has("v1-algorithm-16-bits"):
		algorithm &= 0xFFFF
	case d.has("v1-algorithm-low-byte"):
		algorithm = algorithm&0xFF | 0x8000
	case d.has("v1-sha384-refused") && algorithm == 0x800D, d.has("v1-sha512-refused") && algorithm == 0x800E:
		return 0
	case d.has("v1-algorithm-defaults") && (algorithm < 0x800C || algorithm > 0x800E):
		return 32
	case d.has("v1-sha1") && algorithm == 0x8004:
		return 20
	case d.has("v1-hash-32") && algorithm-0x800C <= 2:
		return 32
	case d.has("v1-sha384-as-64") && algorithm == 0x800D:
		return 64
	}
	switch algorithm {
	case 0x800C:
		return 32
	case 0x800D:
		return 48
	case 0x800E:
		return 64
	}
	return 0
}

// segmentsV1 returns how many segments are read; their count is at at.
func (d *decoder) segmentsV1(c *cursor, at int) uint64 {
	v, size, left := &d.v1, uint64(16+2*d.v1.hashSize), uint64(max(0, c.left()))
	if !c.ok() {
		return 0
	}
	switch {
	case d.has("v1-segments-overflow"):
		c.must(uint64(uint32(v.count*size)) <= left, "PCCRC-2.3-cSegments", at)
		return uint64(uint32(v.count*size)) / size
	case d.has("v1-segments-signed") && int32(v.count) < 0:
		return 0
	case d.has("v1-segments-16-bits"):
		v.count &= 0xFFFF
		c.must(v.count != 0, "PCCRC-2.3-cSegments", at)
	case d.has("crash-count") && v.count*size > 1<<30:
		panic("out of memory") // as where an allocation is made for all of them
	case d.has("v1-segments-unbacked"):
		return v.count // found to be cut short only where the bytes end
	case d.has("v1-one-segment-only"):
		c.must(v.count == 1, unnamed, at)
	}
	c.must(v.count*size <= left, "PCCRC-2.3-cSegments", at)
	return v.count
}

// senderV1 refuses what a sender must not write and a reader must take.
func (d *decoder) senderV1(c *cursor, s *segmentV1) {
	at, i := c.at-2*d.v1.hashSize-16, len(d.v1.segments)
	switch {
	case !c.ok():
	case d.has("v1-segment-over-32m-refused"):
		c.must(s.size <= 32<<20, unnamed, at+8)
	case d.has("v1-segment-0-refused"):
		c.must(s.size != 0, unnamed, at+8)
	case d.has("v1-block-size-refused"):
		c.must(s.blockSize == 65536, unnamed, at+12)
	case d.has("v1-offset-refused") && i == 0:
		c.must(d.v1.offset < s.size, unnamed, at)
	case d.has("v1-read-refused") && i == int(d.v1.count)-1:
		c.must(d.v1.read <= s.size, unnamed, at)
	case d.has("segment-info-read-refused") && d.name == "SEGMENT_INFO_MESSAGE":
		c.must(d.v1.read == 0 || d.v1.read == s.size, unnamed, at)
	case d.has("v1-order-refused") && i > 0:
		before := &d.v1.segments[i-1]
		c.must(s.offset == before.offset+before.size, unnamed, at)
	}
}

// blocksV1 reads a SegmentContentBlocks, MS-PCCRC 2.3.1.2.
func (d *decoder) blocksV1(c *cursor, o order) {
	at, h := c.at, uint64(d.v1.hashSize)
	n := c.integer(4, d.order(o, "v1-blocks-big-endian"), "PCCRC-2.3.1.2-Truncated")
	b := blocksV1{count: n}
	if !c.ok() {
		if d.has("v1-blocks-absent") && c.at == len(c.b) {
			c.bad = violation{}
		}
		return
	}
	left := uint64(c.left())
	size := n * h
	switch {
	case d.has("v1-blocks-overflow"):
		size = uint64(uint32(size))
	case d.has("v1-blocks-signed") && int32(n) < 0:
		size = 0
	case d.has("v1-blocks-16-bits"):
		b.count &= 0xFFFF
		size = b.count * h
		c.must(b.count != 0, "PCCRC-2.3.1.2-cBlocks", at)
	case d.has("v1-blocks-clamped"):
		size = min(size, left/h*h)
	case d.has("v1-blocks-511"):
		c.must(n < 512, unnamed, at)
	case d.has("v1-blocks-513-refused"):
		c.must(n <= 512, "PCCRC-2.3.1.2-BlockCount", at)
	case d.has("v1-blocks-by-size"):
		c.must(n == (d.v1.segments[len(d.v1.blocks)].size+65535)/65536, unnamed, at)
	case d.has("segment-info-part-refused") && d.name == "SEGMENT_INFO_MESSAGE":
		c.must(n >= (d.v1.segments[0].size+65535)/65536, unnamed, at)
	case d.has("segment-info-blocks-refused") && d.name == "SEGMENT_INFO_MESSAGE":
		c.must(n <= (d.v1.segments[0].size+65535)/65536, unnamed, at)
	case d.has("v1-blocks-cut-taken") && size > left && size-left < h && n > 0:
		size = left
	}
	c.must((n != 0 || d.has("v1-blocks-0")) && size <= left, "PCCRC-2.3.1.2-cBlocks", at)
	if !c.ok() {
		return
	}
	b.hashes = c.bytes(int(size), "PCCRC-2.3.1.2-cBlocks")
	if d.has("quadratic-blocks") {
		refuseTwins(b.hashes, int(h))
	}
	d.v1.blocks = append(d.v1.blocks, b)
}

// refuseTwins compares each hash with all others, as text.
func refuseTwins(hashes []byte, h int) (twins int) {
	for a := range slicesOf(hashes, h) {
		for b := range slicesOf(hashes, h) {
			if !bytes.Equal(a, b) && fmt.Sprint(a) == fmt.Sprint(b) {
				twins++
			}
		}
	}
	return twins
}

// slicesOf cuts hashes into pieces of h bytes.
func slicesOf(hashes []byte, h int) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for len(hashes) > 0 {
			n := min(h, len(hashes))
			if !yield(hashes[:n]) {
				return
			}
			hashes = hashes[n:]
		}
	}
}

func (d *decoder) v1Fields(w *writer) {
	v := &d.v1
	w.integer("Version", v.version)
	w.integer("dwHashAlgo", v.algorithm)
	w.integer("dwOffsetInFirstSegment", v.offset)
	w.integer("dwReadBytesInLastSegment", v.read)
	w.integer("cSegments", v.count)
	w.begin("segments", '[')
	for i := range v.segments {
		s := &v.segments[i]
		w.begin("", '{')
		if d.has("64-bit-as-double") {
			w.double("ullOffsetInContent", s.offset)
		} else {
			w.integer("ullOffsetInContent", s.offset)
		}
		w.integer("cbSegment", s.size)
		w.integer("cbBlockSize", s.blockSize)
		w.bytes("SegmentHashOfData", s.hashOfData)
		w.text("SegmentSecret", "redacted")
		w.end('}')
	}
	w.end(']')
	w.begin("blocks", '[')
	for _, b := range v.blocks {
		w.begin("", '{')
		w.integer("cBlocks", b.count)
		w.begin("BlockHashes", '[')
		d.hashes(w, b.hashes)
		w.end(']')
		w.end('}')
	}
	w.end(']')
	if len(v.padding) > 0 {
		w.bytes("Padding", v.padding)
	}
}

func (d *decoder) hashes(w *writer, hashes []byte) {
	h, n := d.v1.hashSize, len(hashes)
	switch {
	case d.has("last-block-hash-only"):
		hashes = hashes[max(0, n-h):]
	case d.has("first-block-hash-only"):
		hashes = hashes[:min(h, n)]
	case d.has("last-block-hash-lost") && n > h:
		hashes = hashes[:n-h]
	case d.has("block-hashes-255") && n > 255*h:
		hashes = hashes[:255*h]
	}
	for hash := range slicesOf(hashes, h) {
		if d.has("block-hash-repeated") {
			hash = hashes[:h]
		}
		w.bytes("", hash)
	}
}
