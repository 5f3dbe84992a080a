package input

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// ahead is how much of an input decides whether it is read line by line.
const ahead = 256 << 10

// Scan reads the messages in r and hands them to show, more of them perhaps in
// later calls. An input with one message on each line, of any length, it reads in
// memory for one message; others as [Read] does. The error is one of Read, or
// show's, which ends the reading.
func Scan(r io.Reader, o Options, show func(messages []Message, more bool) error) error {
	in := bufio.NewReaderSize(r, ahead)
	if begin, err := in.Peek(ahead); err == nil {
		if read := lineReader(begin, o); read != nil {
			s := scanner{in: in, unwrapper: newUnwrapper(o), show: show}
			return s.lines(read)
		}
	}
	messages, err := Read(in, o)
	if err != nil {
		return err
	}
	return show(messages, false)
}

// readLines reads what a line holds.
type readLines func(line) ([]part, error)

// lineReader returns what reads each line of an input that begins as given, nil
// if it is not known that each is a message.
func lineReader(begin []byte, o Options) readLines {
	n := bytes.LastIndexByte(begin, '\n')
	if n < 0 || o.Format == Raw || o.Format == Dump || o.Lines == One {
		return nil
	}
	text, ok := asText(begin[:n])
	if !ok || begin[0] >= 0xfe || bytes.IndexByte(begin, 0) >= 0 { // UTF-16 has other line ends
		return nil
	}
	lines := splitLines(text)
	if len(lines) < 2 || o.Format == Auto && (isDump(lines) || toolOf(lines) != nil) {
		return nil
	}
	for _, read := range []struct {
		format Format
		lines  readLines
	}{{Hex, one(hexUnit, o)}, {Auto, jsonLine}, {Base64, one(base64Unit, o)}} {
		if (o.Format == Auto || o.Format == read.format) && all(lines, read.lines) {
			return read.lines
		}
	}
	if o.Format == Auto {
		if parts, err := parseText(text, o); err == nil && len(parts) > 1 && strings.HasSuffix(parts[0].form, amongText) {
			return wordLine
		}
	}
	return nil
}

// all reports whether lines can be read, and are not just comments.
func all(lines []line, read readLines) bool {
	n := 0
	for _, l := range lines {
		parts, err := read(l)
		if err != nil {
			return false
		}
		n += len(parts)
	}
	return n > 1
}

// one returns what reads lines of digits. Unless it is said that each is a
// message, it must begin like one.
func one(unitOf func(line) (unit, error), o Options) readLines {
	return func(l line) ([]part, error) {
		u, err := unitOf(l)
		if err == nil {
			err = u.err
		}
		switch {
		case err != nil:
			return nil, err
		case u.pieces == 0:
			return nil, nil
		case o.Lines != Each && !looks(u.alone):
			return nil, l.fault(0, "this line does not begin like a message, but others do").because(ErrAmbiguousLines)
		}
		return []part{{data: u.alone, line: l.no}}, nil
	}
}

// jsonLine reads a line that is a JSON value.
func jsonLine(l line) ([]part, error) {
	if !json.Valid([]byte(l.text)) || !strings.Contains(`{["`, strings.TrimSpace(l.text)[:1]) {
		return nil, errNotWhole
	}
	return jsonFrom(l)
}

// errNotWhole says that a JSON value goes on in the next line.
var errNotWhole = errors.New("not a JSON value")

// jsonFrom reads JSON that begins with the given line.
func jsonFrom(l line) ([]part, error) {
	parts, err := parseJSON(l.text)
	var fault *Error
	if errors.As(err, &fault) {
		fault.Line += l.no - 1
	}
	for i := range parts {
		parts[i].line += l.no - 1
	}
	return parts, err
}

// scanner reads an input line by line.
type scanner struct {
	in *bufio.Reader
	*unwrapper
	show  func([]Message, bool) error
	shown bool
}

func (s *scanner) lines(read readLines) error {
	for no := 1; ; no++ {
		b, err := s.line()
		if err == io.EOF && len(b) == 0 {
			return s.rest()
		}
		if err != nil && err != io.EOF {
			return err
		}
		text, ok := asText(b)
		l := line{no, strings.TrimRight(text, "\r\n")}
		if !ok {
			return &Error{Line: no, Column: 1, Reason: "this line is not text"}
		}
		if strings.TrimSpace(text) == "" {
			continue
		}
		parts, err := read(l)
		if err == errNotWhole { // pretty-printed from here on
			more, err := io.ReadAll(io.LimitReader(s.in, Limit+1))
			if err != nil {
				return err
			}
			if len(b)+len(more) > Limit {
				return ErrTooLong
			}
			l.text = string(append(b, more...))
			parts, err = jsonFrom(l)
			if err != nil {
				return err
			}
		} else if err != nil {
			return err
		}
		if err := s.add(parts); err != nil {
			return err
		}
	}
}

// line returns the next line with its end. It is valid until the next call.
func (s *scanner) line() ([]byte, error) {
	b, err := s.in.ReadSlice('\n')
	if err != bufio.ErrBufferFull {
		return b, err
	}
	long := bytes.Clone(b)
	for err == bufio.ErrBufferFull {
		b, err = s.in.ReadSlice('\n')
		if long = append(long, b...); len(long) > Limit {
			return nil, ErrTooLong
		}
	}
	return long, err
}

// add shows the messages of parts, unless there are packets or HTTP: what these
// hold may be known only in the end.
func (s *scanner) add(parts []part) error {
	s.unwrapper.add(parts)
	if len(s.unwrapper.lines) > 0 || len(s.messages) == 0 {
		return nil
	}
	s.shown = true
	err := s.show(s.messages, true)
	s.messages = s.messages[:0]
	return err
}

// rest shows what is known in the end.
func (s *scanner) rest() error {
	messages, err := s.finish()
	if s.shown && len(messages) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	return s.show(messages, s.shown)
}
