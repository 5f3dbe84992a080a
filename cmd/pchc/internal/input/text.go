package input

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// line is a line of text without its end.
type line struct {
	no   int // from 1
	text string
}

// fault returns an error at byte i of the line.
func (l line) fault(i int, reason string) *Error {
	return &Error{Line: l.no, Column: utf8.RuneCountInString(l.text[:i]) + 1, Reason: reason}
}

// because adds the cause.
func (e *Error) because(cause error) *Error {
	e.Cause = cause
	return e
}

// asText returns b as text, or false if it holds bytes that text does not. Byte
// order marks go, UTF-16 (as PowerShell writes it) becomes UTF-8, and a
// no-break space, which web pages are full of, becomes a space.
func asText(b []byte) (string, bool) {
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		b = b[3:]
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
		b = fromUTF16(b[2:], binary.LittleEndian)
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		b = fromUTF16(b[2:], binary.BigEndian)
	}
	if !utf8.Valid(b) {
		return "", false
	}
	for _, c := range b {
		if c < ' ' && (c < '\t' || c > '\r') || c == 0x7f {
			return "", false
		}
	}
	return strings.ReplaceAll(string(b), "\u00a0", " "), true
}

func fromUTF16(b []byte, order binary.ByteOrder) []byte {
	if len(b)%2 != 0 {
		return []byte{0} // no text: the caller will see
	}
	u := make([]uint16, len(b)/2)
	for i := range u {
		u[i] = order.Uint16(b[2*i:])
	}
	return []byte(string(utf16.Decode(u)))
}

// splitLines returns the lines of text that are not blank. Any of LF, CR LF and
// CR ends a line.
func splitLines(text string) []line {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.ReplaceAll(text, "\r", "\n")
	var lines []line
	no := 0
	for s := range strings.SplitSeq(text, "\n") {
		no++
		if strings.TrimSpace(s) != "" {
			lines = append(lines, line{no, s})
		}
	}
	return lines
}

func isHexDigit(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func isBlank(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// hexLen returns how many bytes at the start of s are hex digits.
func hexLen(s string) int {
	n := 0
	for n < len(s) && isHexDigit(s[n]) {
		n++
	}
	return n
}
