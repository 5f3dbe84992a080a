package pccrr

import "encoding/binary"

// cursor reads the fields of a message one after the other. After the first
// violation it reads zeros and nothing.
type cursor struct {
	judge
	b []byte // what has not been read
}

// bodyCursor returns a cursor on the MESSAGE_BODY b of a message of type t.
func bodyCursor(t MsgType, b []byte) cursor {
	return cursor{judge: judge{typ: t, at: t.bodyOffset()}, b: b[:len(b):len(b)]}
}

// bodyOffset returns where in the HTTP body MESSAGE_BODY begins.
func (t MsgType) bodyOffset() int {
	if t.IsResponse() {
		return transportLen + headerLen
	}
	return headerLen
}

// take returns the next n bytes, which are there.
func (c *cursor) take(n int) []byte {
	b := c.b[:n:n]
	c.b = c.b[n:]
	c.at += n
	return b
}

// uint32 reads an integer. rule is violated if it is not complete.
func (c *cursor) uint32(rule Rule, field string) uint32 {
	if c.violated || !c.has(rule, field, 0, 4) {
		return 0
	}
	return binary.BigEndian.Uint32(c.take(4))
}

// has reports whether the next n bytes are there, which are those of field.
func (c *cursor) has(rule Rule, field string, index, n int) bool {
	if len(c.b) >= n {
		return true
	}
	c.fail(rule, field, index, c.at, uint64(len(c.b)), truncated(len(c.b), n))
	return false
}

// tooMany is the detail of a size or count that the bytes do not back.
const tooMany = "is %, more than the remaining bytes hold"

// count reads the number of the elements that follow, of size bytes each at
// least. rule is violated if the bytes do not hold them.
func (c *cursor) count(missing, rule Rule, field string, size uint64) int {
	at := c.at
	n := c.uint32(missing, field)
	if uint64(n)*size > uint64(len(c.b)) {
		c.fail(rule, field, 0, at, uint64(n), tooMany)
	}
	if c.violated {
		return 0
	}
	return int(n)
}

// sized reads a size and the bytes that it counts.
func (c *cursor) sized(missing, rule Rule, field string) []byte {
	n := c.count(missing, rule, field, 1)
	if c.violated {
		return nil
	}
	return c.take(n)
}

// pad reads the padding after a field of n bytes.
func (c *cursor) pad(field string, n int) (pad [3]byte) {
	if size := padding(n); !c.violated && c.has(RuleAlignment, field, 0, size) {
		copy(pad[:], c.take(size))
	}
	return pad
}

// padding returns the number of bytes of padding after a field of n bytes
// (MS-PCCRR 2.2).
func padding(n int) int { return -n & 3 }

// ranges reads a count and as many ranges.
func (c *cursor) ranges(missing, rule Rule, field string) Ranges {
	n := c.count(missing, rule, field, rangeLen)
	if c.violated {
		return Ranges{}
	}
	return Ranges{c.take(n * rangeLen)}
}

// requestID reads a RequestID.
func (c *cursor) requestID(missing Rule) (id [16]byte) {
	if c.has(missing, "MESSAGE_BODY.RequestID", 0, len(id)) {
		copy(id[:], c.take(len(id)))
	}
	return id
}

// end checks that nothing is left.
func (c *cursor) end() {
	switch n := len(c.b); n {
	case 0:
	case 1:
		c.fail(RuleOneMessage, "Trailing", 0, c.at, 1, "% unexpected byte after the message")
	default:
		c.fail(RuleOneMessage, "Trailing", 0, c.at, uint64(n), "% unexpected bytes after the message")
	}
}

// writer appends the fields of a message, for which there is room.
type writer []byte

func (w *writer) uint32(n uint32) { *w = binary.BigEndian.AppendUint32(*w, n) }

func (w *writer) sized(b []byte) {
	w.uint32(uint32(len(b)))
	*w = append(*w, b...)
}

// pad appends the padding after a field of n bytes.
func (w *writer) pad(pad *[3]byte, n int) { *w = append(*w, pad[:padding(n)]...) }

func (w *writer) ranges(r Ranges) {
	w.uint32(uint32(r.Len()))
	*w = append(*w, r.b...)
}

// paddedLen returns the length of a size, of as many bytes and of their
// padding.
func paddedLen(n int) int { return 4 + n + padding(n) }
