package exec

import (
	"bytes"
	"io"
)

// lines splits its input into lines.
type lines struct {
	from       io.Reader
	buf        []byte
	begin, end int // of the bytes read, but not yet returned
	looked     int // no line end is before this offset
}

const bufferSize = 64 << 10

// next returns the next complete line, without its line end.
func (l *lines) next() ([]byte, bool) {
	i := bytes.IndexByte(l.buf[l.looked:l.end], '\n')
	if i < 0 {
		l.looked = l.end
		return nil, false
	}
	line := l.buf[l.begin : l.looked+i]
	l.begin = l.looked + i + 1
	l.looked = l.begin
	return bytes.TrimSuffix(line, []byte{'\r'}), true
}

func (l *lines) pending() int { return l.end - l.begin }

// read reads more. It makes room first, which invalidates lines returned before.
func (l *lines) read() error {
	if l.begin == l.end && len(l.buf) != bufferSize {
		*l = lines{from: l.from, buf: make([]byte, bufferSize)} // after a long line
	}
	if pending := l.pending(); l.begin > 0 || pending == len(l.buf) {
		buf := l.buf
		if pending > len(buf)/2 {
			buf = make([]byte, 2*len(buf))
		}
		copy(buf, l.buf[l.begin:l.end])
		l.buf, l.begin, l.end, l.looked = buf, 0, pending, l.looked-l.begin
	}
	n, err := l.from.Read(l.buf[l.end:])
	l.end += n
	return err
}
