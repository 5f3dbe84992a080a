package main

// response reads a RESPONSE_MESSAGE, MS-PCHC 2.2.2. Which request it answers is
// not known, so either code is right.
func (d *decoder) response(c *cursor) {
	d.name = "RESPONSE_MESSAGE"
	d.size = c.integer(4, d.order(big, "response-size-little-endian"), "PCHC-2.2.2.1-Truncated")
	want := uint64(1)
	switch {
	case d.has("response-size-5"):
		want = 5
	case d.has("response-size-ignored"), d.has("response-size-least") && d.size > 1:
		want = d.size
	case d.has("response-size-trusted"):
		want = max(1, uint64(max(0, c.left())))
	}
	c.must(d.size == want, "PCHC-2.2.2.1-Size", 0)
	if d.has("response-code-absent") && c.left() == 0 {
		return
	}
	d.code = c.integer(1, big, "PCHC-2.2.2.2-Truncated")
	switch {
	case d.has("response-code-2"):
		c.must(d.code <= 2, "PCHC-2.2.2.2-ResponseCode", 4)
	case d.has("response-code-truth"):
		d.code = min(d.code, 1)
	case d.has("response-interested-refused"):
		c.must(d.code == 0, unnamed, 4)
	case d.has("response-code-bit"):
		d.code &= 1
	default:
		c.must(d.code <= 1, "PCHC-2.2.2.2-ResponseCode", 4)
	}
	trailing := d.has("response-trailing-ignored") || d.has("response-size-trusted")
	c.must(c.left() == 0 || trailing, "PCHC-2.2.2.2-Trailing", 5)
}

func (d *decoder) responseFields(w *writer) {
	w.begin("TransportHeader", '{')
	w.integer("Size", d.size)
	w.end('}')
	w.integer("ResponseCode", d.code)
}
