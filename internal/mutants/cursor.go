package main

// violation is a rule that is broken, and where.
type violation struct {
	rule   string
	offset int
}

// order is an order of bytes. MS-PCHC and Content Information 2.0 are
// big-endian, Content Information 1.0 is little-endian.
type order bool

const (
	big    order = false
	little order = true
)

// cursor reads fields one after the other. It remembers the first thing that
// goes wrong, and reads nothing more from then on: what it then returns is 0.
type cursor struct {
	b   []byte
	at  int
	bad violation
	// sizeAt is where the size of the last byte string of MS-PCCRR is.
	sizeAt int
	// cutAtEnd is a fault: what is truncated is reported where the bytes end, not
	// where the field begins.
	cutAtEnd bool
}

func (c *cursor) ok() bool { return c.bad.rule == "" }

func (c *cursor) left() int { return len(c.b) - c.at }

func (c *cursor) fail(rule string, offset int) {
	if c.ok() {
		c.bad = violation{rule, offset}
	}
}

func (c *cursor) must(holds bool, rule string, offset int) {
	if !holds {
		c.fail(rule, offset)
	}
}

// bytes returns the next n bytes; rule is broken where there are fewer. An n of
// 2^31 or more is negative where integers have 32 bits.
func (c *cursor) bytes(n int, rule string) []byte {
	if !c.ok() {
		return nil
	}
	if n < 0 || c.left() < n {
		if c.cutAtEnd {
			c.fail(rule, len(c.b))
		}
		c.fail(rule, c.at)
		return nil
	}
	c.at += n
	return c.b[c.at-n : c.at : c.at]
}

// integer returns the next n bytes as a number.
func (c *cursor) integer(n int, o order, rule string) (v uint64) {
	b := c.bytes(n, rule)
	for i := range b {
		if o == little {
			v = v<<8 | uint64(b[len(b)-1-i])
		} else {
			v = v<<8 | uint64(b[i])
		}
	}
	return v
}
