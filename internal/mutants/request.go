package main

// descriptor is a SegmentDescriptor.
type descriptor struct {
	blockSize, segmentSize, tagSize uint64
	contentTag                      []byte
	hashAlgorithm                   uint64
	hoHoDk                          []byte
}

var requestNames = [...]string{1: "INITIAL_OFFER_MESSAGE", 2: "SEGMENT_INFO_MESSAGE", 3: "BATCHED_OFFER_MESSAGE"}

// request reads the body of an HTTP POST, MS-PCHC 2.2.1.
func (d *decoder) request(c *cursor) {
	d.name = "UNKNOWN"
	if len(c.b) >= 4 && c.b[2] == 0 && c.b[3] > 0 && int(c.b[3]) < len(requestNames) {
		d.name = requestNames[c.b[3]]
	}
	switch {
	case d.has("crash-empty") && c.b[0] != 0:
		c.fail("PCHC-2.2.1.1-MinorVersion", 0)
	case d.has("limit-8k") && len(c.b) > 8192:
		c.fail(unnamed, 0)
	case d.has("limit-2k") && len(c.b) > 2048:
		c.fail(unnamed, 0)
	}
	d.header(c)
	if d.has("connection-unneeded") && len(c.b) == 8 {
		return
	}
	d.connection(c)
	switch d.typ {
	case 1:
		d.initialOffer(c)
	case 2:
		d.segmentInfo(c)
	case 3:
		d.batchedOffer(c)
	}
}

// header reads a MESSAGE_HEADER, MS-PCHC 2.2.1.1.
func (d *decoder) header(c *cursor) {
	const cut = "PCHC-2.2.1.1-Truncated"
	d.minorVersion = c.integer(1, big, cut)
	if d.has("versions-swapped") {
		d.majorVersion = d.minorVersion
		c.must(d.majorVersion == 1 || d.majorVersion == 2, "PCHC-2.2.1.1-MajorVersion", 0)
		d.minorVersion = c.integer(1, big, cut)
		c.must(d.minorVersion == 0, "PCHC-2.2.1.1-MinorVersion", 1)
	} else {
		c.must(d.minorVersion == 0 || d.has("version-unchecked") || d.has("minor-version-unchecked"), "PCHC-2.2.1.1-MinorVersion", 0)
		d.majorVersion = c.integer(1, big, cut)
		c.must(d.majorIsRight(), "PCHC-2.2.1.1-MajorVersion", 1)
	}
	d.typ = c.integer(2, d.order(big, "type-little-endian"), cut)
	if d.has("type-low-byte") {
		d.typ &= 0xFF
	}
	c.must(d.typ >= 1 && d.typ <= 3 || d.has("type-unchecked") || d.has("type-0") && d.typ == 0, "PCHC-2.2.1.1-Type", 2)
	d.versionOfType(c)
	d.headerPadding = c.bytes(4, cut)
	c.must(!d.has("header-padding-refused") || isZero(d.headerPadding), "PCHC-2.2.1.1-Padding", 4)
}

func (d *decoder) majorIsRight() bool {
	switch v := d.majorVersion; {
	case d.has("version-unchecked"), d.has("major-version-unchecked"):
		return true
	case d.has("major-version-newer"):
		return v >= 1
	case d.has("major-version-older"):
		return v <= 2
	case d.has("major-version-2-only"):
		return v == 2
	default:
		return v == 1 || v == 2
	}
}

// versionOfType checks that a message of this Type exists in this version.
func (d *decoder) versionOfType(c *cursor) {
	v1 := d.majorVersion == 1
	switch d.typ {
	case 1:
		c.must(v1 || d.has("initial-offer-in-2.0") || d.has("version-unchecked"), "PCHC-2.2.1.3-Version", 2)
	case 2:
		c.must(v1 || d.has("segment-info-in-2.0") || d.has("version-unchecked"), "PCHC-2.2.1.4-Version", 2)
	case 3:
		c.must(!v1 || d.has("batched-offer-in-1.0") || d.has("version-unchecked"), "PCHC-2.2.1.5-Version", 2)
	}
}

// connection reads a CONNECTION_INFORMATION, MS-PCHC 2.2.1.2.
func (d *decoder) connection(c *cursor) {
	const cut = "PCHC-2.2.1.2-Truncated"
	d.port = c.integer(2, d.order(big, "port-little-endian"), cut)
	switch {
	case d.has("port-sign-extended"):
		d.port = uint64(int64(int16(d.port))) & 0xFFFFFFFF
	case d.has("port-signed"):
		d.port &= 0x7FFF
	case d.has("port-0-refused"):
		c.must(d.port != 0, "PCHC-2.2.1.2-Port", 8)
	case d.has("port-high-refused"):
		c.must(d.port < 0x8000, unnamed, 8)
	case d.has("port-privileged-refused"):
		c.must(d.port >= 1024, unnamed, 8)
	}
	d.connectionPadding = c.bytes(6, cut)
	c.must(!d.has("connection-padding-refused") || isZero(d.connectionPadding), unnamed, 10)
	if d.has("connection-padding-lost") && c.ok() {
		d.connectionPadding = make([]byte, 6)
	}
}

func isZero(b []byte) bool {
	for _, v := range b {
		if v != 0 {
			return false
		}
	}
	return true
}

// initialOffer reads the body of an INITIAL_OFFER_MESSAGE, MS-PCHC 2.2.1.3.
func (d *decoder) initialOffer(c *cursor) {
	right := false
	switch n := c.left(); {
	case d.has("hash-any-length"):
		right = true
	case d.has("hash-32-only"):
		right = n == 32
	case d.has("hash-48-refused"):
		right = n == 32 || n == 64
	case d.has("hash-32-to-64"):
		right = n >= 32 && n <= 64
	case d.has("hash-multiple-of-16"):
		right = n >= 16 && n <= 64 && n%16 == 0
	case d.has("hash-absent"):
		right = n == 0 || n == 32 || n == 48 || n == 64
	case d.has("hash-trailing-ignored"):
		right = n >= 32
	case d.has("hash-20"):
		right = n == 20 || n == 32 || n == 48 || n == 64
	default:
		right = n == 32 || n == 48 || n == 64
	}
	c.must(right, "PCHC-2.2.1.3-Hash", 16)
	d.hash = c.bytes(c.left(), "PCHC-2.2.1.3-Hash")
	if (d.has("hash-cut-to-32") || d.has("hash-trailing-ignored")) && len(d.hash) > 32 {
		d.hash = d.hash[:32]
	}
}

// segmentInfo reads the body of a SEGMENT_INFO_MESSAGE, MS-PCHC 2.2.1.4.
func (d *decoder) segmentInfo(c *cursor) {
	if d.has("crash-short-tag") && c.ok() {
		d.contentTag = c.b[16:32:32]
		c.at = 32
	} else {
		d.contentTag = c.bytes(16, "PCHC-2.2.1.4-Truncated")
	}
	if d.has("offset-of-embedded") && c.ok() {
		inner := cursor{b: c.b[c.at:]}
		d.contentV1(&inner)
		c.at, c.bad = len(c.b), inner.bad
		return
	}
	d.contentV1(c)
}

func (d *decoder) requestFields(w *writer) {
	w.begin("MessageHeader", '{')
	w.integer("MinorVersion", d.minorVersion)
	w.integer("MajorVersion", d.majorVersion)
	w.integer("Type", d.typ)
	w.bytes("Padding", d.headerPadding)
	w.end('}')
	w.begin("ConnectionInformation", '{')
	if d.has("port-signed-printed") {
		w.signed("Port", int64(int16(d.port)))
	} else {
		w.integer("Port", d.port)
	}
	w.bytes("Padding", d.connectionPadding)
	w.end('}')
	switch d.name {
	case "INITIAL_OFFER_MESSAGE":
		w.bytes("Hash", d.cString(d.hash, "hash-c-string"))
	case "SEGMENT_INFO_MESSAGE":
		w.bytes("ContentTag", d.cString(d.contentTag, "content-tag-c-string"))
		w.begin("SegmentInformation", '{')
		d.v1Fields(w)
		w.end('}')
	case "BATCHED_OFFER_MESSAGE":
		d.batchFields(w)
	}
}

// cString is b, or with this fault what C takes for a string: all before the
// first zero byte.
func (d *decoder) cString(b []byte, fault string) []byte {
	if d.has(fault) {
		for i := range b {
			if b[i] == 0 {
				return b[:i]
			}
		}
	}
	return b
}
