package printable

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// String returns s with escapes, as in Go, for unprintable characters and line ends,
// and for bytes that are not UTF-8.
func String(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return r == utf8.RuneError || !strconv.IsPrint(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case strconv.IsPrint(r):
			b.WriteString(s[:n])
		default:
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		}
		s = s[n:]
	}
	return b.String()
}

// AppendJSON appends r as JSON escapes it in a string.
func AppendJSON(dst []byte, r rune) []byte {
	for _, unit := range utf16.Encode([]rune{r}) {
		dst = fmt.Appendf(dst, `\u%04x`, unit)
	}
	return dst
}

// JSON returns a writer of JSON text to w, which escapes unprintable characters.
func JSON(w io.Writer) io.Writer { return &writer{w: w, escape: AppendJSON} }

// XML returns a writer of an XML document to w, which escapes unprintable characters.
func XML(w io.Writer) io.Writer {
	return &writer{w: w, escape: func(dst []byte, r rune) []byte { return fmt.Appendf(dst, "&#x%x;", r) }}
}

type writer struct {
	w      io.Writer
	escape func(dst []byte, r rune) []byte
	cut    []byte // the beginning of a character
	out    []byte
}

// Write writes b, but for a character that it cuts, which the next call completes.
func (w *writer) Write(b []byte) (int, error) {
	w.cut = append(w.cut, b...)
	rest := w.cut
	w.out = w.out[:0]
	for len(rest) > 0 && utf8.FullRune(rest) {
		r, n := utf8.DecodeRune(rest)
		if r == '\n' || r == '\t' || strconv.IsPrint(r) {
			w.out = append(w.out, rest[:n]...)
		} else {
			w.out = w.escape(w.out, r)
		}
		rest = rest[n:]
	}
	w.cut = append(w.cut[:0], rest...)
	if _, err := w.w.Write(w.out); err != nil {
		return 0, err
	}
	return len(b), nil
}
