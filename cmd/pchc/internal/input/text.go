package input

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/hostedcache/pchc/internal/textenc"
)

// line is a line of text without its end.
type line struct {
	no   int // from 1
	text string

	// Of a line that is read in pieces:
	column int  // characters before this one
	goesOn bool // this one is not the last
}

// fault returns an error at byte i of the line.
func (l line) fault(i int, reason string) *Error {
	return &Error{Line: l.no, Column: l.column + utf8.RuneCountInString(l.text[:i]) + 1, Reason: reason}
}

// because adds the cause.
func (e *Error) because(cause error) *Error {
	e.Cause = cause
	return e
}

// escapeSequence is what terminals show as colour (ECMA-48), or as a title or link.
var escapeSequence = lazy("\x1b(?:\\[[0-?]*[ -/]*[@-~]|\\][^\x07\x1b]*(?:\x07|\x1b\\\\)|[()][0-9A-Za-z]|[=>])")

// decode returns text as UTF-8, without escape sequences.
func decode(b []byte) []byte {
	b = textenc.Decode(b)
	if bytes.IndexByte(b, 0x1b) < 0 {
		return b
	}
	rest, plain := b, make([]byte, 0, len(b))
	for at := escapeSequence().FindIndex(rest); at != nil; at = escapeSequence().FindIndex(rest) {
		plain, rest = append(plain, rest[:at[0]]...), rest[at[1]:]
	}
	return append(plain, rest...)
}

// asText returns b as text, or false if it holds bytes that text does not. Signs
// that stand for ASCII become it.
func asText(b []byte) (string, bool) {
	b = decode(b)
	if !utf8.Valid(b) {
		return "", false
	}
	ascii := true
	for _, c := range b {
		ascii = ascii && c < 0x80
		if c < ' ' && (c < '\t' || c > '\r') || c == 0x7f {
			return "", false
		}
	}
	if ascii {
		return string(b), true
	}
	return plainSigns.Replace(string(b)), true
}

// plainSigns are ASCII for signs that stand for it where text was made to look well.
var plainSigns = func() *strings.Replacer {
	pairs := []string{"\u00a0", " ", "\u202f", " ", "\u200b", "", "“", `"`, "”", `"`, "„", `"`, "‘", "'", "’", "'", "…", "..."}
	for c := '\u2500'; c < '\u2580'; c++ { // box drawings
		switch {
		case strings.ContainsRune("─━┄┅┈┉╌╍═", c):
			pairs = append(pairs, string(c), "-")
		case strings.ContainsRune("│┃┆┇┊┋╎╏║", c):
			pairs = append(pairs, string(c), "|")
		default:
			pairs = append(pairs, string(c), "+")
		}
	}
	return strings.NewReplacer(pairs...)
}()

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
			lines = append(lines, line{no: no, text: s})
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
