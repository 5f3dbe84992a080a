package contentfile

import (
	"bufio"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/hostedcache/pchc/internal/message"
)

// hexLines is the [Form] of one Content Information in hex.
func hexLines(to io.Writer, text io.Reader) error {
	d := &digits{r: bufio.NewReader(text), what: "hex digit", group: 2, starts: []string{"0001", "0002"}, line: 1}
	for _, c := range "0123456789abcdefABCDEF" {
		d.is[c] = true
	}
	_, err := io.Copy(to, hex.NewDecoder(d))
	if err == io.ErrUnexpectedEOF {
		err = d.fault("the last byte has one hex digit")
	}
	return err
}

// base64Lines is the [Form] of one Content Information in base64.
func base64Lines(to io.Writer, text io.Reader) error {
	d := &digits{r: bufio.NewReader(text), what: "character of base64", group: 1, starts: []string{"AAE", "AAI"}, line: 1}
	for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=" {
		d.is[c] = true
	}
	_, err := io.Copy(to, base64.NewDecoder(base64.StdEncoding, d))
	if _, wrong := err.(base64.CorruptInputError); wrong || err == io.ErrUnexpectedEOF {
		err = d.fault("the base64 does not end with a group of 4 characters")
	}
	return err
}

// digits reads the digits in lines that are one message: all have equally many, but for
// the last one, and the second does not begin as a message does. Blanks do not matter.
// Errors are a [*message.Error].
type digits struct {
	r            *bufio.Reader
	is           [utf8.RuneSelf]bool
	what         string
	group        int      // digits that a line break does not divide
	starts       []string // of messages
	line, column int
	lines        int // with digits, before this one
	n, first     int // digits in this line and in the first one
	begin        []byte
	short        bool // a line was shorter than the first one
	padded       bool // "=" has ended the base64
}

func (d *digits) Read(b []byte) (n int, err error) {
	for n < len(b) {
		c, err := d.r.ReadByte()
		if err != nil {
			return n, err
		}
		d.column++
		switch {
		case c == '\n':
			if err := d.end(); err != nil {
				return n, err
			}
		case c == ' ', c == '\t', c == '\r':
		case c >= utf8.RuneSelf || !d.is[c]:
			return n, d.fault(fmt.Sprintf("%q is no %s", rune(c), d.what))
		default:
			if err := d.digit(c); err != nil {
				return n, err
			}
			b[n] = c
			n++
		}
		if d.r.Buffered() == 0 && n > 0 {
			return n, nil
		}
	}
	return n, nil
}

// digit counts a digit.
func (d *digits) digit(c byte) error {
	d.n++
	switch {
	case d.padded && c != '=':
		return d.fault("the base64 goes on behind its end")
	case d.short:
		return d.fault("the line before is shorter than the first one: it is not known whether this one goes on with it")
	case d.lines > 0 && d.n > d.first:
		return d.fault("this line is longer than the first one: it is not known whether it goes on with it")
	case d.lines == 1 && len(d.begin) < len(d.starts[0]):
		d.begin = append(d.begin, c)
		for _, s := range d.starts {
			if strings.HasPrefix(s, string(d.begin)) && len(d.begin) == len(s) {
				return d.fault("this line begins like Content Information, as the first one does: it is not known whether it goes on with it")
			}
		}
	}
	d.padded = d.padded || c == '='
	return nil
}

// end ends a line.
func (d *digits) end() error {
	if d.n%d.group != 0 {
		return d.fault("this line has an odd number of digits")
	}
	if d.n > 0 {
		if d.lines++; d.lines == 1 {
			d.first = d.n
		}
		d.short = d.n < d.first
	}
	d.line, d.column, d.n = d.line+1, 0, 0
	return nil
}

func (d *digits) fault(reason string) error {
	return &message.Error{Line: d.line, Column: max(d.column, 1), Reason: reason}
}
