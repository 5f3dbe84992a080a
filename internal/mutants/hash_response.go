package main

// readHashResponse is the name of a response of FSCTL_SRV_READ_HASH (MS-SMB2 2.2.32.4).
const readHashResponse = "SRV_READ_HASH_RESPONSE"

// isFileBased reports which form a response has whose request is unknown: the one whose
// BufferLength fits, and if that does not tell, the one whose Buffer begins rightly.
func (d *decoder) isFileBased(b []byte) bool {
	number := func(at int) uint64 { return (&cursor{b: b, at: at}).integer(4, little, unnamed) }
	hash := len(b) >= 16 && number(8) == uint64(len(b)-16)
	file := len(b) >= 24 && number(16) == uint64(len(b)-24)
	if d.has("hash-file-first") {
		hash = hash && !file
	}
	if hash != file || len(b) < 24 {
		return file && !hash
	}
	return len(b) >= 26 && b[24] == 0 && b[25] == 2 || len(b) >= 32 && string(b[24:32]) == "\x01\x00\x00\x00\x02\x00\x00\x00"
}

// hashHeader is what decides about the rest of a response.
type hashHeader struct {
	there                    bool
	version, length, skipped uint64
}

// hashResponse reads the output buffer of FSCTL_SRV_READ_HASH.
func (d *decoder) hashResponse(c *cursor) {
	d.name = readHashResponse
	w := &d.written
	*w = (*w)[:0]
	file := d.isFileBased(c.b)
	first, section := "Offset", "SMB2-2.2.32.4.2"
	if file {
		first, section = "FileDataOffset", "SMB2-2.2.32.4.3"
	}
	number := func(name string, n int) uint64 {
		v := c.integer(n, little, section+"-Truncated")
		w.integer(name, v)
		return v
	}
	offset := number(first, 8)
	if file {
		number("FileDataLength", 8)
	}
	length, at := number("BufferLength", 4), c.at-4
	number("Reserved", 4)
	c.must(length == uint64(c.left()) || d.has("hash-buffer-length-ignored"), section+"-BufferLength", at)
	if !c.ok() {
		return
	}
	w.begin("Buffer", '{')
	d.hashBuffer(c, file, offset)
	w.end('}')
}

// hashBuffer reads the Content Information File, or a part of it.
func (d *decoder) hashBuffer(c *cursor, file bool, offset uint64) {
	w := &d.written
	var h hashHeader
	beginsWithContent := file && c.left() >= 2 && c.b[c.at] == 0 && c.b[c.at+1] == 2
	if offset == 0 && !beginsWithContent || d.has("hash-header-always") {
		h = d.hashHeader(c, file)
	}
	if !c.ok() {
		return
	}
	if h.skipped > 0 && !d.has("hash-blob-offset-ignored") {
		w.bytes("Gap", c.bytes(int(h.skipped), unnamed))
	}
	size := c.left()
	if h.length > 0 && h.length < uint64(size) {
		size = int(h.length)
	}
	version := h.version
	switch {
	case !h.there && file:
		version = 2
	case h.length > uint64(c.left()) && !file: // more follows in other responses
		version = 0
		if d.has("hash-part-refused") {
			c.fail(unnamed, c.at)
		}
	}
	inside := &cursor{b: c.b[:c.at+size], at: c.at, cutAtEnd: c.cutAtEnd}
	switch version {
	case 1:
		d.contentV1(inside)
	case 2:
		d.contentV2(inside)
	default:
		if size > 0 {
			w.bytes("ContentInformationPart", c.bytes(size, unnamed))
		}
	}
	if !inside.ok() {
		c.fail(inside.bad.rule, inside.bad.offset)
	}
	if !c.ok() {
		return
	}
	switch version {
	case 1:
		w.begin("CONTENT_INFORMATION_V1", '{')
		d.v1Fields(w)
		w.end('}')
	case 2:
		w.begin("CONTENT_INFORMATION_V2", '{')
		d.v2Fields(w)
		w.end('}')
	}
	if version != 0 {
		c.at += size
	}
	if c.left() > 0 {
		w.bytes("Trailing", c.bytes(c.left(), unnamed))
	}
}

// hashHeader reads a HASH_HEADER (MS-SMB2 2.2.32.4.1) at the beginning of Buffer.
func (d *decoder) hashHeader(c *cursor, file bool) (h hashHeader) {
	const rule, head = "SMB2-2.2.32.4.1-", 36
	w := &d.written
	w.begin("HASH_HEADER", '{')
	defer w.end('}')
	start, size := c.at, uint64(c.left())
	number := func(name string, n int) uint64 {
		v := c.integer(n, little, rule+"Truncated")
		w.integer(name, v)
		return v
	}
	typ := number("HashType", 4)
	c.must(typ == 1 || d.has("hash-type-unchecked"), rule+"HashType", start)
	h.there, h.version = true, number("HashVersion", 4)
	c.must(h.version == 1 || h.version == 2, rule+"HashVersion", start+4)
	number("SourceFileChangeTime", 8)
	number("SourceFileSize", 8)
	h.length = number("HashBlobLength", 4)
	c.must(h.version != 1 || h.length > 0 || d.has("hash-blob-length-0"), rule+"HashBlobLength", start+24)
	at := number("HashBlobOffset", 4)
	number("Dirty", 2)
	name := number("SourceFileNameLength", 2)
	end := head + name
	if c.ok() {
		c.must(!file || at > size || h.length <= size-at, rule+"HashBlobLength", start+24)
		c.must((at <= size && (end > size || at >= end)) || d.has("hash-blob-offset-ignored"), rule+"HashBlobOffset", start+28)
		c.must(end <= size, rule+"SourceFileNameLength", start+34)
	}
	if !c.ok() {
		return h
	}
	w.bytes("SourceFileName", c.bytes(int(name), unnamed))
	h.skipped = at - end
	return h
}
