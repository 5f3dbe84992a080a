// Package textenc reads text as programs write it: UTF-8, with a byte order mark
// or without, and UTF-16, which Windows PowerShell and .NET write.
package textenc

import (
	"bytes"
	"encoding/binary"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

var mark = []byte("\xef\xbb\xbf")

// Decode returns text as UTF-8. It removes byte order marks, at the beginning and
// where one file was appended to another, at the beginning of a line. UTF-16
// without a mark is recognised if its first characters are ASCII. Anything else,
// such as a message in binary, it returns as it is.
func Decode(b []byte) []byte {
	order, skip := detect(b)
	if order != nil {
		b = fromUTF16(b[skip:], order)
	} else {
		b = b[skip:]
	}
	if !bytes.Contains(b, mark) {
		return b
	}
	return bytes.ReplaceAll(bytes.TrimPrefix(b, mark), append([]byte{'\n'}, mark...), []byte{'\n'})
}

// sample is how many characters must be ASCII in UTF-16 without a mark.
const sample = 4

// detect returns the byte order of UTF-16, nil for anything else, and the length of
// a byte order mark.
func detect(b []byte) (order binary.ByteOrder, skip int) {
	switch {
	case bytes.HasPrefix(b, mark):
		return nil, len(mark)
	case bytes.HasPrefix(b, []byte{0xff, 0xfe}):
		return binary.LittleEndian, 2
	case bytes.HasPrefix(b, []byte{0xfe, 0xff}):
		return binary.BigEndian, 2
	}
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		n := 0
		for n < sample && 2*n+1 < len(b) && isASCII(order.Uint16(b[2*n:])) {
			n++
		}
		if n == sample || n > 1 && 2*n == len(b) {
			return order, 0
		}
	}
	return nil, 0
}

func isASCII(c uint16) bool { return c >= ' ' && c < 0x7f || c >= '\t' && c <= '\r' }

// fromUTF16 has U+FFFD for what is no UTF-16, half a character at the end, too.
func fromUTF16(b []byte, order binary.ByteOrder) []byte {
	units := make([]uint16, 0, len(b)/2+1)
	for ; len(b) >= 2; b = b[2:] {
		units = append(units, order.Uint16(b))
	}
	if len(b) > 0 {
		units = append(units, utf8.RuneError)
	}
	return []byte(string(utf16.Decode(units)))
}

// NewReader returns a reader that does what [Decode] does, for text that is still
// being written: it never waits for more than half a character.
func NewReader(r io.Reader) io.Reader { return &reader{from: r} }

type reader struct {
	from    io.Reader
	begun   bool
	order   binary.ByteOrder // of UTF-16, otherwise nil
	inLine  bool             // the next byte does not begin a line
	pending []byte           // read, but not yet decoded
	ready   []byte           // decoded, but not yet returned
	buf     []byte
	err     error
}

func (r *reader) Read(p []byte) (int, error) {
	for len(r.ready) == 0 && len(p) > 0 {
		if r.err != nil {
			return 0, r.err
		}
		if r.buf == nil {
			r.buf = make([]byte, 32<<10)
		}
		kept := copy(r.buf, r.pending)
		n, err := r.from.Read(r.buf[kept:])
		r.err = err
		r.pending = r.buf[:kept+n]
		r.decode()
	}
	n := copy(p, r.ready)
	r.ready = r.ready[n:]
	return n, nil
}

// decode makes pending ready, but for what may be half of something.
func (r *reader) decode() {
	b := r.pending
	if !r.begun {
		if r.err == nil && undecided(b) {
			return
		}
		var skip int
		r.order, skip = detect(b)
		r.begun = true
		b = b[skip:]
	}
	end := len(b)
	if r.err == nil {
		end -= r.half(b)
	}
	r.ready, r.pending = b[:end], b[end:]
	if r.order != nil {
		r.ready = fromUTF16(r.ready, r.order)
	}
	r.ready = r.withoutMarks(r.ready)
}

// undecided reports whether the encoding of text that begins with b depends on more.
func undecided(b []byte) bool {
	if len(b) < 2 {
		return len(b) == 0 || b[0] == 0 || b[0] >= 0xef || isASCII(uint16(b[0]))
	}
	if len(b) < 3 && bytes.HasPrefix(mark, b) {
		return true
	}
	zero := b[0] == 0 && isASCII(uint16(b[1])) || b[1] == 0 && isASCII(uint16(b[0]))
	return zero && len(b) < 2*sample
}

// half returns how many bytes at the end of b are half a character, or perhaps the
// beginning of a byte order mark.
func (r *reader) half(b []byte) int {
	if r.order == nil {
		for n := 2; n > 0; n-- {
			if bytes.HasSuffix(b, mark[:n]) && (len(b) == n && !r.inLine || len(b) > n && b[len(b)-n-1] == '\n') {
				return n
			}
		}
		return 0
	}
	n := len(b) % 2
	if whole := len(b) - n; whole >= 2 && r.order.Uint16(b[whole-2:])&0xfc00 == 0xd800 { // the first of a surrogate pair
		n += 2
	}
	return n
}

// withoutMarks removes byte order marks at the beginning of lines.
func (r *reader) withoutMarks(b []byte) []byte {
	if len(b) == 0 {
		return b
	}
	begins := !r.inLine
	r.inLine = b[len(b)-1] != '\n'
	if !bytes.Contains(b, mark) {
		return b
	}
	if begins {
		b = bytes.TrimPrefix(b, mark)
	}
	return bytes.ReplaceAll(b, append([]byte{'\n'}, mark...), []byte{'\n'})
}
