package capture

import (
	"bytes"
	"encoding/binary"
)

// preface is the length of the PROXY protocol's header that b begins with, which a
// load balancer puts before the first request of a connection; 0 if there is none.
// more reports that b ends within one, as far as one can know.
//
// Version 1 is a line. Version 2: signature 12, version and command 1, family 1,
// length of the rest 2, addresses and further values.
func preface(b []byte) (n int, more bool) {
	const (
		line      = "PROXY "
		longest   = 107 // of such a line
		signature = "\r\n\r\n\x00\r\nQUIT\n"
		header    = 16
	)
	switch {
	case startsWith(b, line):
		n = bytes.IndexByte(b, '\n') + 1
		known := len(b) < len(line)+3 || bytes.HasPrefix(b[len(line):], []byte("TCP")) || bytes.HasPrefix(b[len(line):], []byte("UNK"))
		return n, n == 0 && known && len(b) < longest
	case startsWith(b, signature):
		if len(b) < header {
			return 0, true
		}
		n = header + int(binary.BigEndian.Uint16(b[14:]))
		if n > len(b) {
			return 0, b[12]>>4 == 2
		}
		return n, false
	}
	return 0, false
}

// startsWith reports whether one of b and s begins with the other.
func startsWith(b []byte, s string) bool {
	n := min(len(b), len(s))
	return string(b[:n]) == s[:n]
}

// skipPreface passes over a header of the PROXY protocol, of which f.head may have
// the beginning; b is all of it there is. It returns what follows it, and whether
// that is all to do with b.
func (c *conn) skipPreface(i int, b []byte, at *stamp) (rest []byte, done bool) {
	f := &c.halves[i].http
	n, more := preface(b)
	switch {
	case more:
		if len(f.head) == 0 {
			c.keep(&f.head, b)
		}
		return nil, true
	case n == 0 && len(f.head) > 0 && (b[0] == '\r' || b[0] == '\n'): // empty lines that were none
		n = len(b) - len(bytes.TrimLeft(b, "\r\n"))
	case n == 0:
		return nil, false
	}
	own := c.detach(&f.head)
	if own == nil {
		return b[n:], true
	}
	c.bytes(i, b[n:], at)
	c.r.pool.free(own)
	return nil, true
}
