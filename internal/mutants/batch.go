package main

const (
	maxDescriptors = 128
	descriptorSize = 59
)

// batchedOffer reads the body of a BATCHED_OFFER_MESSAGE, MS-PCHC 2.2.1.5.
func (d *decoder) batchedOffer(c *cursor) {
	if !c.ok() {
		return
	}
	whole := c.left() / descriptorSize
	switch {
	case d.has("descriptor-count-byte") && whole > 255:
		// The count is kept in a byte, and the last ones are read.
		c.at += whole / 256 * 256 * descriptorSize
	case d.has("descriptor-count-signed-byte"):
		c.must(int8(whole) > 0 || whole == 0, "PCHC-2.2.1.5-MinDescriptors", 16)
	case d.has("descriptor-bytes-short"):
		c.must(c.left() < 0x1000, unnamed, 16)
	case d.has("crash-129") && c.left() > maxDescriptors*descriptorSize:
		panic("index out of range [128] with length 128")
	case d.has("one-descriptor"):
		c.must(whole <= 1, unnamed, 16)
	}
	c.must(c.left() > 0 || d.has("batch-empty"), "PCHC-2.2.1.5-MinDescriptors", 16)
	limit := maxDescriptors
	switch {
	case d.has("batch-129"):
		limit++
	case d.has("batch-127"):
		limit--
	case d.has("batch-unlimited"):
		limit = 1 << 30
	}
	for n := 0; c.ok() && c.left() > 0; n++ {
		if n == limit {
			if d.has("batch-rest-ignored") {
				return
			}
			c.fail("PCHC-2.2.1.5-MaxDescriptors", c.at)
			return
		}
		if d.has("descriptor-partial-ignored") && n > 0 && c.left() < descriptorSize {
			return
		}
		s := d.descriptor(c)
		d.descriptors = append(d.descriptors, s)
		if d.has("first-descriptor-repeated") {
			d.descriptors[n] = d.descriptors[0]
		}
	}
}

// descriptor reads a SegmentDescriptor.
func (d *decoder) descriptor(c *cursor) (s descriptor) {
	const cut = "PCHC-2.2.1.5-Truncated"
	sizes := 4
	if d.has("draft-layout") {
		sizes = 2
	}
	s.blockSize = c.integer(sizes, d.order(big, "block-size-little-endian"), cut)
	s.segmentSize = c.integer(sizes, d.order(big, "segment-size-little-endian"), cut)
	switch {
	case d.has("sizes-swapped"):
		s.blockSize, s.segmentSize = s.segmentSize, s.blockSize
	case d.has("segment-size-signed"):
		c.must(s.segmentSize < 1<<31, unnamed, c.at-4)
	case d.has("block-over-segment-refused"):
		c.must(s.blockSize <= s.segmentSize, unnamed, c.at-8)
	case d.has("block-size-0-refused"):
		c.must(s.blockSize != 0, unnamed, c.at-8)
	case d.has("segment-size-0-refused"):
		c.must(s.segmentSize != 0, unnamed, c.at-4)
	case d.has("segment-size-24-bits"):
		s.segmentSize &= 0xFFFFFF
	}
	at := c.at
	s.tagSize = c.integer(2, d.order(big, "tag-size-little-endian"), cut)
	c.must(d.tagSizeIsRight(s.tagSize), "PCHC-2.2.1.5-SizeOfContentTag", at)
	tag := 16
	if d.has("tag-size-trusted") {
		tag = int(s.tagSize)
	}
	s.contentTag = c.bytes(tag, cut)
	if d.has("tag-unknown-refused") && c.ok() {
		c.must(knownTag(s.contentTag), unnamed, at+2)
	}
	at = c.at
	s.hashAlgorithm = c.integer(1, big, cut)
	c.must(d.hashAlgorithmIsRight(s.hashAlgorithm), "PCHC-2.2.1.5-HashAlgorithm", at)
	if d.has("hohodk-cut-taken") && c.ok() && c.left() < 32 {
		s.hoHoDk = c.bytes(c.left(), cut)
		return s
	}
	s.hoHoDk = c.bytes(32, cut)
	return s
}

func knownTag(b []byte) bool {
	return b[0] == 'W' || b[0] == 'B' || b[0] == 0x35
}

func (d *decoder) tagSizeIsRight(n uint64) bool {
	switch {
	case d.has("tag-size-trusted"), d.has("tag-size-ignored"):
		return true
	case d.has("tag-size-low-byte"):
		return n&0xFF == 16
	case d.has("tag-size-at-most"):
		return n <= 16
	case d.has("tag-size-at-least"):
		return n >= 16
	case d.has("tag-size-0"):
		return n == 0 || n == 16
	default:
		return n == 16
	}
}

func (d *decoder) hashAlgorithmIsRight(v uint64) bool {
	switch {
	case d.has("hash-algorithm-unchecked"):
		return true
	case d.has("hash-algorithm-4-refused"):
		return v == 1
	case d.has("hash-algorithm-1-refused"):
		return v == 4
	case d.has("hash-algorithm-range"):
		return v >= 1 && v <= 4
	case d.has("hash-algorithm-bits"):
		return v&5 != 0
	case d.has("hash-algorithm-0"):
		return v == 0 || v == 1 || v == 4
	default:
		return v == 1 || v == 4
	}
}

func (d *decoder) batchFields(w *writer) {
	w.begin("SegmentDescriptor", '[')
	for i := range d.descriptors {
		s := &d.descriptors[i]
		w.begin("", '{')
		w.integer("BlockSize", s.blockSize)
		w.integer("SegmentSize", s.segmentSize)
		w.integer("SizeOfContentTag", s.tagSize)
		w.bytes("ContentTag", d.cString(s.contentTag, "content-tag-c-string"))
		if d.has("tag-text-unescaped") {
			w.text("ContentTagText", string(s.contentTag))
		}
		w.integer("HashAlgorithm", s.hashAlgorithm)
		w.bytes("SegmentHoHoDk", d.cString(s.hoHoDk, "hohodk-c-string"))
		w.end('}')
	}
	w.end(']')
}
