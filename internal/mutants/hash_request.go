package main

// readHash is the name of a request of FSCTL_SRV_READ_HASH (MS-SMB2 2.2.31.2).
const readHash = "SRV_READ_HASH_REQUEST"

// hashRequest reads the input buffer of FSCTL_SRV_READ_HASH: five integers, all of them
// little-endian, of which any value can be read.
func (d *decoder) hashRequest(c *cursor) {
	d.name = readHash
	w, o := &d.written, d.order(little, "read-hash-big-endian")
	*w = (*w)[:0]
	number := func(name string, n int) uint64 {
		v := c.integer(n, o, "SMB2-2.2.31.2-Truncated")
		w.integer(name, v)
		return v
	}
	number("HashType", 4)
	version, at := number("HashVersion", 4), c.at
	c.must(version != 2 || !d.has("read-hash-version-2-refused"), unnamed, at-4)
	form := number("HashRetrievalType", 4)
	c.must(form == version || !d.has("read-hash-form-checked"), "SMB2-3.3.5.15.7-HashRetrievalType", at)
	if d.has("read-hash-offset-first") {
		number("Offset", 8)
		number("Length", 4)
		return
	}
	number("Length", 4)
	switch {
	case d.has("read-hash-offset-absent") && c.left() == 0:
		w.integer("Offset", 0)
	case d.has("read-hash-offset-32-bits"):
		w.integer("Offset", c.integer(8, o, "SMB2-2.2.31.2-Truncated")&(1<<32-1))
	default:
		number("Offset", 8)
	}
	if c.ok() && c.left() > 0 {
		c.must(!d.has("read-hash-trailing-refused"), "SMB2-2.2.31.2-Trailing", c.at)
		w.bytes("Trailing", c.b[c.at:])
	}
}
