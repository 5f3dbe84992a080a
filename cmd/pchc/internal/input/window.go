package input

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"unicode/utf8"
)

// window is a place in a text: its lines that are not blank from there on, of which
// only those that somebody asked for are in memory. Those before it are forgotten.
type window struct {
	lines []line // from the place on
	index int    // of the first of them in the text
	last  line   // the line before them
	size  int    // bytes that next has returned
	next  func() (line, error)
	err   error // of next, which is not called again

	store []line // in which lines grow
}

// windowOf returns the lines of a text that is in memory.
func windowOf(lines []line) *window { return &window{lines: lines, err: io.EOF} }

// ahead returns n lines from the place on, less at the end of the text. They are valid
// until the next call.
func (w *window) ahead(n int) []line {
	for len(w.lines) < n && w.err == nil {
		var l line
		if l, w.err = w.next(); w.err != nil {
			break
		}
		w.size += len(l.text)
		if len(w.lines) == cap(w.lines) && cap(w.lines) < cap(w.store) {
			w.lines = w.store[:copy(w.store[:cap(w.store)], w.lines)]
		}
		if w.lines = append(w.lines, l); cap(w.lines) > cap(w.store) {
			w.store = w.lines
		}
	}
	return w.lines[:min(n, len(w.lines))]
}

// at moves on to the line with the given index in the text, and returns it, or false at
// the end of the text.
func (w *window) at(index int) (line, bool) {
	for w.index < index && len(w.ahead(1)) > 0 {
		w.last, w.lines = w.lines[0], w.lines[1:]
		w.index++
	}
	if len(w.ahead(1)) == 0 {
		return line{}, false
	}
	return w.lines[0], true
}

// after returns the line behind the place, or false at the end of the text.
func (w *window) after() (line, bool) {
	if two := w.ahead(2); len(two) == 2 {
		return two[1], true
	}
	return line{}, false
}

// failed returns the error that ended the text, if it was not its end.
func (w *window) failed() error {
	if w.err == io.EOF {
		return nil
	}
	return w.err
}

// windowReader is a window as a reader of text. It knows the lines of what was read.
type windowReader struct {
	w     *window
	rest  string // of the last line that was taken
	taken []struct {
		line
		end int64 // offset in the text
	}
	end int64
}

// Read returns io.EOF at the end of the window, also where that failed.
func (r *windowReader) Read(p []byte) (int, error) {
	if r.rest == "" {
		l, ok := r.w.at(r.w.index)
		if !ok {
			return 0, io.EOF
		}
		r.w.at(r.w.index + 1)
		r.rest = l.text + "\n"
		r.end += int64(len(r.rest))
		r.taken = append(r.taken, struct {
			line
			end int64
		}{l, r.end})
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// line returns the line with the byte before an offset in the text. Offsets must not
// decrease.
func (r *windowReader) line(offset int64) line {
	for len(r.taken) > 1 && r.taken[0].end <= offset {
		r.taken = r.taken[1:]
	}
	if len(r.taken) == 0 {
		return line{}
	}
	return r.taken[0].line
}

// lineReader reads the lines of a text that are not blank.
type lineReader struct {
	in    *bufio.Reader
	most  int    // bytes of a line
	split bool   // a long line comes in pieces instead, some perhaps blank
	text  string // what is left of one that carriage returns divide
	more  bool   // there is something left, perhaps an empty line
	no    int    // of the last line

	goesOn bool   // text is not all of its line
	within bool   // it is not the first piece
	column int    // characters before it
	tail   []byte // of the piece before, to be read with the next
}

// next returns the next line. Its errors are those of reading, [ErrTooLong], or an
// [*Error] for one that is no text.
func (r *lineReader) next() (line, error) {
	for {
		for r.more {
			var s string
			s, r.text, r.more = strings.Cut(r.text, "\r")
			if !r.within {
				r.no++
				r.column = 0
			}
			l := line{no: r.no, text: s, column: r.column, goesOn: r.goesOn && !r.more}
			piece := r.within || l.goesOn
			r.within = l.goesOn
			r.column += utf8.RuneCountInString(s)
			if piece || strings.TrimSpace(s) != "" {
				return l, nil
			}
		}
		b, err := r.bytes()
		if err != nil && (err != io.EOF || len(b) == 0) {
			return line{}, err
		}
		text, ok := asText(b)
		if !ok {
			return line{}, &Error{Line: r.no + 1, Column: 1, Reason: "this line is not text"}
		}
		text, _ = strings.CutSuffix(text, "\n")
		text, _ = strings.CutSuffix(text, "\r")
		r.text, r.more = text, true
	}
}

// bytes returns what a line feed ends, with it, or a piece of that. It is valid until the
// next call.
func (r *lineReader) bytes() ([]byte, error) {
	if r.split {
		return r.piece()
	}
	b, err := r.in.ReadSlice('\n')
	if err != bufio.ErrBufferFull {
		return b, err
	}
	long := bytes.Clone(b)
	for err == bufio.ErrBufferFull {
		b, err = r.in.ReadSlice('\n')
		if long = append(long, b...); len(long) > r.most {
			return nil, ErrTooLong
		}
	}
	return long, err
}

// piece returns what a line feed ends, with it, or a piece of that. All pieces end before
// their last character, so that none is divided, nor what ends the line, and the last
// piece of a line is not empty.
func (r *lineReader) piece() ([]byte, error) {
	const most = 64 << 10
	_, err := r.in.Peek(1)
	b, _ := r.in.Peek(min(r.in.Buffered(), most))
	end := bytes.IndexByte(b, '\n') + 1
	if r.goesOn = end == 0 && err == nil; r.goesOn {
		end = len(b)
	}
	all := append(r.tail, b[:end]...)
	_, _ = r.in.Discard(end)
	r.tail = nil
	if r.goesOn {
		n := len(all) - 1
		for n > 0 && (all[n] == '\r' || !utf8.RuneStart(all[n])) {
			n--
		}
		all, r.tail = all[:n], bytes.Clone(all[n:])
	}
	return all, err
}
