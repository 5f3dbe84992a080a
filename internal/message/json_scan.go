package message

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"unicode/utf8"
)

// jsonScanner reads JSON in memory that depends neither on its length nor on that of its
// strings, which [json.Decoder] keeps as a whole.
type jsonScanner struct {
	r     io.Reader
	buf   []byte
	rest  []byte // of buf, not read yet
	read  int64  // bytes up to the end of rest
	line  int    // from 0
	begin int64  // where it begins
	mark  position
	path  []step // of the value at hand
}

// step is the name of a member, or the index of an element if the name is "".
type step struct {
	name  string
	index int
}

const (
	maxName   = 256 // bytes of a name or a number
	maxSkip   = 64  // nesting of values that do not matter
	hexPiece  = 16 << 10
	scanChunk = 32 << 10
)

// next returns the next byte without taking it.
func (s *jsonScanner) next() (byte, error) {
	if len(s.rest) > 0 {
		return s.rest[0], nil
	}
	if s.buf == nil {
		s.buf = make([]byte, scanChunk)
	}
	for range 100 {
		n, err := s.r.Read(s.buf)
		s.rest, s.read = s.buf[:n], s.read+int64(n)
		if n > 0 {
			return s.rest[0], nil
		}
		if err != nil {
			return 0, err
		}
	}
	return 0, io.ErrNoProgress
}

// must is next where the JSON cannot end.
func (s *jsonScanner) must() (byte, error) {
	c, err := s.next()
	if err == io.EOF {
		s.here()
		err = s.fault("unexpected end of JSON inside an object")
	}
	return c, err
}

func (s *jsonScanner) take() { s.rest = s.rest[1:] }

// here makes the next byte the place of faults.
func (s *jsonScanner) here() {
	s.mark = position{s.line + 1, int(s.read-int64(len(s.rest))-s.begin) + 1}
}

// blank skips white space, and returns the byte after it.
func (s *jsonScanner) blank() (byte, error) {
	for {
		c, err := s.next()
		if err != nil {
			return 0, err
		}
		switch c {
		case '\n':
			s.line++
			s.begin = s.read - int64(len(s.rest)) + 1
		case ' ', '\t', '\r':
		default:
			s.here()
			return c, nil
		}
		s.take()
	}
}

// token is blank where the JSON cannot end.
func (s *jsonScanner) token() (byte, error) {
	c, err := s.blank()
	if err == io.EOF {
		return s.must()
	}
	return c, err
}

// fault returns an error at the value at hand.
func (s *jsonScanner) fault(reason string) error {
	path := ""
	for _, p := range s.path {
		if p.name == "" {
			path += fmt.Sprintf("[%d]", p.index)
		} else {
			path = join(path, p.name)
		}
	}
	return &Error{Line: s.mark.line, Column: s.mark.column, Path: path, Reason: reason}
}

// invalid returns an error at a byte that does not belong where it is.
func (s *jsonScanner) invalid(c byte) error {
	s.here()
	b := s.rest[:min(len(s.rest), utf8.UTFMax)]
	if r, _ := utf8.DecodeRune(b); r != utf8.RuneError {
		return s.fault(fmt.Sprintf("invalid JSON at %q", r))
	}
	return s.fault(fmt.Sprintf("invalid JSON at byte %#02x", c))
}

// expect takes a byte, which must be c.
func (s *jsonScanner) expect(c byte) error {
	found, err := s.token()
	if err == nil && found != c {
		err = s.invalid(found)
	}
	if err == nil {
		s.take()
	}
	return err
}

// more takes what stands between two members or elements, or ends them.
func (s *jsonScanner) more(n int, end byte) (bool, error) {
	c, err := s.token()
	switch {
	case err != nil:
		return false, err
	case c == end:
		s.take()
		return false, nil
	case n == 0:
		return true, nil
	}
	return true, s.expect(',')
}

// object reads an object: for each member its name, then value reads the value.
func (s *jsonScanner) object(value func(name string) error) error {
	if err := s.opening('{', "an object"); err != nil {
		return err
	}
	for n := 0; ; n++ {
		if more, err := s.more(n, '}'); err != nil || !more {
			return err
		}
		name, err := s.text()
		if err != nil {
			return err
		}
		s.path = append(s.path, step{name: name})
		if name == "" {
			s.path[len(s.path)-1].name = `""`
		}
		at := s.mark
		if err = s.expect(':'); err == nil {
			s.mark = at
			err = value(name)
		}
		if err != nil {
			return err
		}
		s.path = s.path[:len(s.path)-1]
	}
}

// array reads an array, value each element, and returns how many there are.
func (s *jsonScanner) array(value func() error) (n int, err error) {
	if err := s.opening('[', "an array"); err != nil {
		return 0, err
	}
	for ; ; n++ {
		if more, err := s.more(n, ']'); err != nil || !more {
			return n, err
		}
		s.path = append(s.path, step{index: n})
		if err := value(); err != nil {
			return n, err
		}
		s.path = s.path[:len(s.path)-1]
	}
}

// opening takes the first byte of a value.
func (s *jsonScanner) opening(with byte, what string) error {
	c, err := s.token()
	if err == nil && c != with {
		err = s.fault("must be " + what)
	}
	if err == nil {
		s.take()
	}
	return err
}

// text reads a short string.
func (s *jsonScanner) text() (string, error) {
	if err := s.opening('"', "a string"); err != nil {
		return "", err
	}
	b, err := s.chars(nil, maxName)
	if err != nil || bytes.IndexByte(b, '\\') < 0 && utf8.Valid(b) {
		return string(b), err
	}
	var text string
	if err := json.Unmarshal(append(append([]byte{'"'}, b...), '"'), &text); err != nil {
		return "", s.fault("invalid JSON string: unknown escape or control character")
	}
	return text, nil
}

// chars takes the rest of a string with its last quote, and appends it as it is written.
func (s *jsonScanner) chars(dst []byte, most int) ([]byte, error) {
	for {
		c, err := s.must()
		switch {
		case err != nil:
			return dst, err
		case c == '"':
			s.take()
			return dst, nil
		case c < ' ':
			return dst, s.fault("invalid JSON string: unknown escape or control character")
		case len(dst) >= most:
			return dst, s.fault(fmt.Sprintf("must have at most %d bytes", most))
		}
		s.take()
		if dst = append(dst, c); c == '\\' {
			if c, err = s.must(); err != nil {
				return dst, err
			}
			dst = append(dst, c)
			s.take()
		}
	}
}

// hex appends at most a piece of the bytes of a string of hex, whose first quote was
// taken. done says that the string has ended.
func (s *jsonScanner) hex(dst []byte) (_ []byte, done bool, err error) {
	for range hexPiece {
		if len(s.rest) > 2 { // nearly always
			if high, low := nibbles[s.rest[0]], nibbles[s.rest[1]]; high|low < 16 {
				dst, s.rest = append(dst, high<<4|low), s.rest[2:]
				continue
			}
		}
		c, err := s.must()
		if err != nil {
			return dst, false, err
		}
		s.take()
		if c == '"' {
			return dst, true, nil
		}
		low, err := s.must()
		if err != nil {
			return dst, false, err
		}
		if nibbles[c]|nibbles[low] >= 16 {
			return dst, false, s.fault("must be a string of hex, two digits for each byte")
		}
		s.take()
		dst = append(dst, nibbles[c]<<4|nibbles[low])
	}
	return dst, false, nil
}

// nibbles are the values of hex digits, 255 of all other bytes.
var nibbles = func() (all [256]byte) {
	for i := range all {
		all[i] = 255
	}
	for i := range byte(16) {
		all["0123456789abcdef"[i]], all["0123456789ABCDEF"[i]] = i, i
	}
	return all
}()

// integer reads an integer that has a number of bytes.
func (s *jsonScanner) integer(size int) (v uint64, err error) {
	c, err := s.token()
	if err != nil {
		return 0, err
	}
	digits := 0
	for ; c >= '0' && c <= '9'; digits++ {
		d := uint64(c - '0')
		if digits > 0 && v == 0 || v > (math.MaxUint64-d)/10 {
			break
		}
		v = v*10 + d
		s.take()
		if c, err = s.must(); err != nil {
			return 0, err
		}
	}
	largest := uint64(math.MaxUint64) >> (64 - 8*size)
	if digits == 0 || v > largest || !bytes.ContainsRune([]byte(",]} \t\r\n"), rune(c)) {
		return 0, s.fault(fmt.Sprintf("must be an integer from 0 to %d", largest))
	}
	return v, nil
}

// skip reads a value that does not matter.
func (s *jsonScanner) skip() error {
	c, err := s.token()
	if err != nil {
		return err
	}
	if len(s.path) > maxSkip {
		return s.fault("is nested too deeply")
	}
	switch c {
	case '{':
		return s.object(func(string) error { return s.skip() })
	case '[':
		_, err := s.array(s.skip)
		return err
	case '"':
		return s.skipString()
	}
	var b []byte
	for len(b) < maxName && bytes.IndexByte([]byte(",]}: \t\r\n\""), c) < 0 {
		b = append(b, c)
		s.take()
		if c, err = s.must(); err != nil {
			return err
		}
	}
	if !json.Valid(b) {
		return s.fault("invalid JSON: neither a number nor true, false or null")
	}
	return nil
}

// skipString is skip for a string, of any length.
func (s *jsonScanner) skipString() error {
	s.take()
	for {
		c, err := s.must()
		if err != nil {
			return err
		}
		s.take()
		switch {
		case c == '"':
			return nil
		case c < ' ':
			return s.fault("invalid JSON string: unknown escape or control character")
		case c != '\\':
			continue
		}
		escape := []byte{'"', c}
		for n := 1; n > 0; n-- {
			if c, err = s.must(); err != nil {
				return err
			}
			s.take()
			if escape = append(escape, c); len(escape) == 3 && c == 'u' {
				n += 4
			}
		}
		if !json.Valid(append(escape, '"')) {
			return s.fault("invalid JSON string: unknown escape or control character")
		}
	}
}
