package input

import (
	"strconv"
	"strings"
)

// notation is how a dump writes bytes: as numbers of one or more bytes each.
type notation struct {
	name  string
	base  int
	width int // digits of a number; 0: any even number (hex), or any (decimal)
	size  int // bytes of a number; 0: half of its digits
}

// notations are tried in this order: the first in which the numbers of a row are as
// many bytes as the offsets say is the one.
var notations = []*notation{
	{name: "hex", base: 16},
	{name: "octal bytes", base: 8, width: 3, size: 1},  // od -b, hexdump -b
	{name: "octal words", base: 8, width: 6, size: 2},  // od, hexdump -o
	{name: "binary bytes", base: 2, width: 8, size: 1}, // xxd -b
	{name: "decimal bytes", base: 10, size: 1},         // od -tu1
	{name: "decimal words", base: 10, size: 2},         // od -d, hexdump -d
}

// run returns how many bytes of s a number takes, 0 if s does not begin with one.
func (n *notation) run(s string) int {
	i := 0
	for i < len(s) && n.isDigit(s[i]) {
		i++
	}
	switch {
	case n.width > 0 && i != n.width, n.base == 16 && i%2 != 0, n.base == 10 && i > 5:
		return 0
	case n.base == 10 && n.size == 1 && i > 1 && s[0] == '0':
		return 0
	case n.base != 16 && i > 0:
		if v, err := strconv.ParseUint(s[:i], n.base, 64); err != nil || v >= 1<<(8*n.size) {
			return 0
		}
	}
	return i
}

func (n *notation) isDigit(c byte) bool {
	if n.base == 16 {
		return isHexDigit(c)
	}
	return c >= '0' && c < '0'+byte(n.base)
}

// bytesOf returns how many bytes a number of that many digits is.
func (n *notation) bytesOf(digits int) int {
	if n.size > 0 {
		return n.size
	}
	return digits / 2
}

// append appends the bytes of a number, the most significant first.
func (n *notation) append(dst []byte, digits string) []byte {
	if n.base != 16 {
		v, _ := strconv.ParseUint(digits, n.base, 16)
		if n.size == 2 {
			dst = append(dst, byte(v>>8))
		}
		return append(dst, byte(v))
	}
	for i := 0; i < len(digits); i += 2 {
		v, _ := strconv.ParseUint(digits[i:i+2], 16, 8)
		dst = append(dst, byte(v))
	}
	return dst
}

// parseOffset returns the value of the offset by a base. Only od writes octal ones,
// and decimal ones only od -Ad and xxd -d.
func (r *row) parseOffset(radix int) (uint64, bool) {
	least := 7
	if r.marked {
		least = 8 // of xxd
	}
	long := len(r.digits) > least && r.digits[0] != '0' // the offset has more digits
	if radix == 8 && r.marked || radix != 16 && len(r.digits) != least && !long {
		return 0, false
	}
	v, err := strconv.ParseUint(strings.Replace(r.digits, "`", "", 1), radix, 64)
	return v, err == nil
}

// radixes are the bases of offsets.
var radixes = []int{16, 8, 10}
