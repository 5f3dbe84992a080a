package main

// A decoder of the messages of MS-PCCRR writes their fields while it reads them: most
// are sizes, which decide what follows.

// retrieval is what a decoder of MS-PCCRR has of a message.
type retrieval struct{ crypto uint64 }

// retrievalMessages are the names of the messages by MsgType, and which are responses.
var retrievalMessages = []struct {
	name     string
	response bool
}{
	{"MSG_NEGO_REQ", false}, {"MSG_NEGO_RESP", true}, {"MSG_GETBLKLIST", false}, {"MSG_GETBLKS", false},
	{"MSG_BLKLIST", true}, {"MSG_BLK", true}, {"MSG_GETSEGLIST", false}, {"MSG_SEGLIST", true},
}

// retrievalName returns the name of a message, whatever else is wrong with it.
func retrievalName(b []byte, response bool) string {
	at := 4
	if response {
		at = 8
	}
	if len(b) < at+4 || b[at] != 0 || b[at+1] != 0 || b[at+2] != 0 || int(b[at+3]) >= len(retrievalMessages) {
		return "UNKNOWN"
	}
	if m := retrievalMessages[b[at+3]]; m.response == response {
		return m.name
	}
	return "UNKNOWN"
}

// number reads an integer of 4 bytes and writes it.
func (d *decoder) number(c *cursor, name, rule string) uint64 {
	v := c.integer(4, big, rule)
	d.written.integer(name, v)
	return v
}

// retrievalMessage reads a message of MS-PCCRR, as a request or a response.
func (d *decoder) retrievalMessage(c *cursor, response bool) {
	d.name = retrievalName(c.b, response)
	w := &d.written
	*w = (*w)[:0]
	if response {
		w.begin("TRANSPORT_RESPONSE_HEADER", '{')
		size := d.number(c, "Size", "PCCRR-2.2.2-Truncated")
		w.end('}')
		left := uint64(c.left())
		wrong := size != left || size > 393216
		switch {
		case d.has("retrieval-size-ignored"):
			wrong = false
		case d.has("retrieval-limit-of-requests"):
			wrong = wrong || size > 98304
		}
		c.must(!wrong, "PCCRR-2.2.2-Size", 0)
	}
	start := c.at
	w.begin("MESSAGE_HEADER", '{')
	w.begin("ProtVer", '{')
	at := c.at
	cut := c.ok() && c.left() < 4
	c.must(!cut, "PCCRR-2.2.3-Truncated", at)
	first, second := c.integer(2, big, "PCCRR-2.2.3-Truncated"), c.integer(2, big, "PCCRR-2.2.3-Truncated")
	if d.has("retrieval-major-first") {
		first, second = second, first
	}
	w.integer("MinorVersion", first)
	w.integer("MajorVersion", second)
	w.end('}')
	at = c.at
	typ := d.number(c, "MsgType", "PCCRR-2.2.3-Truncated")
	c.must(typ < 8, "PCCRR-2.2.3-MsgType", at)
	if c.ok() {
		c.must(retrievalMessages[typ].response == response || d.has("retrieval-direction-ignored"), "PCCRR-2.1.1-Direction", at)
	}
	at = c.at
	size := d.number(c, "MsgSize", "PCCRR-2.2.3-Truncated")
	c.must(size == uint64(len(c.b)-start) || d.has("retrieval-msgsize-ignored"), "PCCRR-2.2.3-MsgSize", at)
	c.must(response || size <= 98304, "PCCRR-2.2.3-MsgSizeLimit", at)
	at = c.at
	d.retrieval.crypto = d.number(c, "CryptoAlgoId", "PCCRR-2.2.3-Truncated")
	c.must(d.retrieval.crypto < 4 || d.has("retrieval-crypto-unchecked"), "PCCRR-2.2.3-CryptoAlgoId", at)
	w.end('}')
	if !c.ok() {
		return
	}
	w.begin("MESSAGE_BODY", '{')
	d.retrievalBody(c, typ)
	w.end('}')
	if c.left() > 0 {
		c.must(d.has("retrieval-trailing-ignored"), "PCCRR-2.1.1-OneMessage", c.at)
	}
}

func (d *decoder) retrievalBody(c *cursor, typ uint64) {
	w := &d.written
	switch typ {
	case 0, 1:
		for _, name := range []string{"MinSupportedProtocolVersion", "MaxSupportedProtocolVersion"} {
			rule := []string{"PCCRR-2.2.4.1-Truncated", "PCCRR-2.2.5.1-Truncated"}[typ]
			c.must(c.left() >= 4, rule, c.at)
			w.begin(name, '{')
			w.integer("MinorVersion", c.integer(2, big, rule))
			w.integer("MajorVersion", c.integer(2, big, rule))
			w.end('}')
		}
	case 2:
		d.sized(c, "SegmentID", "2.2.4.2", "ZeroPad")
		d.ranges(c, "NeededBlocksRangeCount", "NeededBlockRanges", "2.2.4.2")
	case 3:
		d.sized(c, "SegmentID", "2.2.4.3", "ZeroPad")
		d.ranges(c, "ReqBlockRangeCount", "ReqBlockRanges", "2.2.4.3")
		d.sized(c, "DataForVrfBlock", "2.2.4.3", "")
	case 4:
		d.sized(c, "SegmentId", "2.2.5.2", "ZeroPad")
		d.ranges(c, "BlockRangeCount", "BlockRanges", "2.2.5.2")
		if d.has("retrieval-no-next-index") && c.left() == 0 {
			w.integer("NextBlockIndex", 0)
			return
		}
		d.number(c, "NextBlockIndex", "PCCRR-2.2.5.2-NextBlockIndex")
	case 5:
		d.blk(c)
	case 6:
		w.bytes("RequestID", c.bytes(16, "PCCRR-2.2.4.4-Truncated"))
		at := c.at
		n := d.number(c, "CountOfSegmentIDs", "PCCRR-2.2.4.4-Truncated")
		c.must(n <= uint64(c.left())/4 && (n > 0 || d.has("retrieval-no-ids")), "PCCRR-2.2.4.4-CountOfSegmentIDs", at)
		w.begin("SegmentIDs", '[')
		for i := uint64(0); i < n && c.ok(); i++ {
			w.begin("", '{')
			d.sized(c, "SegmentID", "2.2.4.4", "ZeroPad")
			w.end('}')
		}
		w.end(']')
		d.blob(c, "2.2.4.4")
	case 7:
		w.bytes("RequestID", c.bytes(16, "PCCRR-2.2.5.4-Truncated"))
		d.ranges(c, "SegmentRangeCount", "SegmentRanges", "2.2.5.4")
		d.blob(c, "2.2.5.4")
	}
}

func (d *decoder) blk(c *cursor) {
	const section = "2.2.5.3"
	d.sized(c, "SegmentId", section, "ZeroPad")
	d.number(c, "BlockIndex", "PCCRR-2.2.5.3-Truncated")
	d.number(c, "NextBlockIndex", "PCCRR-2.2.5.3-Truncated")
	encrypted := d.retrieval.crypto != 0
	size, at := d.sized(c, "Block", section, "ZeroPad_2"), c.sizeAt
	if c.ok() || c.bad.offset > at { // reported at the size
		if encrypted && size%16 != 0 && !d.has("retrieval-block-any-length") {
			c.bad = violation{"PCCRR-2.2.5.3-Block", at}
		}
	}
	d.sized(c, "VrfBlock", section, "ZeroPad_3")
	iv := d.sized(c, "IVBlock", section, "")
	vector := encrypted && size > 0
	if d.has("retrieval-vector-always") {
		vector = encrypted
	}
	c.must(!vector || iv == 16 || d.has("retrieval-vector-any-length"), "PCCRR-2.2.5.3-IVBlock", c.sizeAt)
}

// sized reads a byte string that begins with its size, and its padding if that has a
// name, and returns its length.
func (d *decoder) sized(c *cursor, name, section, padding string) uint64 {
	w := &d.written
	c.sizeAt = c.at
	n := d.number(c, "SizeOf"+name, "PCCRR-"+section+"-Truncated")
	held := n <= uint64(max(c.left(), 0))
	if d.has("retrieval-size-signed") && n >= 1<<31 {
		n, held = 0, true
	}
	c.must(held, "PCCRR-"+section+"-SizeOf"+name, c.sizeAt)
	if !c.ok() {
		return n
	}
	w.bytes(name, c.bytes(int(n), ""))
	pad := int(-n & 3)
	if d.has("retrieval-padding-mod-4") {
		pad = int(n & 3)
	}
	if padding != "" && pad > 0 {
		w.bytes(padding, c.bytes(pad, "PCCRR-2.2-Alignment"))
	}
	return n
}

// ranges reads a list of ranges that begins with its count.
func (d *decoder) ranges(c *cursor, count, name, section string) {
	w := &d.written
	at := c.at
	n := d.number(c, count, "PCCRR-"+section+"-Truncated")
	held := n <= uint64(max(c.left(), 0))/8
	if d.has("retrieval-count-wraps") {
		n &= 1<<29 - 1
		held = n <= uint64(max(c.left(), 0))/8
	}
	if d.has("retrieval-no-ranges-refused") && section == "2.2.5.2" {
		held = held && n > 0
	}
	c.must(held, "PCCRR-"+section+"-"+count, at)
	w.begin(name, '[')
	for i := uint64(0); i < n && c.ok(); i++ {
		w.begin("", '{')
		index, blocks := c.integer(4, big, ""), c.integer(4, big, "")
		if d.has("retrieval-ranges-swapped") {
			index, blocks = blocks, index
		}
		w.integer("Index", index)
		w.integer("Count", blocks)
		w.end('}')
	}
	w.end(']')
}

// blob reads an extensible blob, which may be wrong inside.
func (d *decoder) blob(c *cursor, section string) {
	rule := "PCCRR-" + section + "-Blob"
	if d.has("retrieval-blob-optional") && c.left() == 0 {
		d.written.integer("SizeOfExtensibleBlob", 0)
		d.written.bytes("ExtensibleBlob", nil)
		return
	}
	at := c.at
	n := d.number(c, "SizeOfExtensibleBlob", rule)
	c.must(n <= uint64(max(c.left(), 0)), rule, at)
	if !c.ok() {
		return
	}
	b := c.bytes(int(n), "")
	if d.has("retrieval-blob-refused") && len(b) > 1 {
		c.must(b[0] == 0 && b[1] == 1, unnamed, at)
	}
	d.written.bytes("ExtensibleBlob", b)
}
