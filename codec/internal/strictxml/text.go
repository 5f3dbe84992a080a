package strictxml

import (
	"bytes"
	"unicode/utf8"
)

// characters reads text up to the next markup.
func (r *Reader) characters() Kind {
	start := r.at
	raw := r.b[start:]
	if n := bytes.IndexByte(raw, '<'); n >= 0 {
		raw = raw[:n:n]
	}
	if len(r.open) == 0 {
		for i, c := range raw {
			if !IsSpace(c) {
				return r.fail(start+i, "has text outside of its root element")
			}
		}
		r.at += len(raw)
		return End
	}
	if i := bytes.Index(raw, []byte("]]>")); i >= 0 {
		return r.fail(start+i, "has ]]> in text")
	}
	if r.Text = raw; bytes.ContainsAny(raw, "&\r") {
		r.text = r.unescape(r.text[:0], raw, false)
		r.Text = r.text
	}
	r.at = start + len(raw)
	if r.failed {
		return End
	}
	return Text
}

func (r *Reader) cdata() Kind {
	start := r.at
	r.at += len("<![CDATA[")
	n := bytes.Index(r.b[r.at:], []byte("]]>"))
	if n < 0 || len(r.open) == 0 {
		return r.fail(start, "has a CDATA section that does not end, or outside of its root element")
	}
	if r.Text = r.b[r.at : r.at+n : r.at+n]; bytes.IndexByte(r.Text, '\r') >= 0 {
		r.text = newlines(r.text[:0], r.Text)
		r.Text = r.text
	}
	r.at += n + len("]]>")
	return Text
}

// unescape appends raw, which begins at r.at, to dst, with references resolved
// and line ends normalised; in an attribute white space becomes blanks.
func (r *Reader) unescape(dst, raw []byte, attribute bool) []byte {
	base := r.at
	for i := 0; i < len(raw); {
		n := bytes.IndexByte(raw[i:], '&')
		if n < 0 {
			n = len(raw) - i
		}
		from := len(dst)
		dst = newlines(dst, raw[i:i+n])
		if attribute {
			for j, c := range dst[from:] {
				if IsSpace(c) {
					dst[from+j] = ' '
				}
			}
		}
		if i += n; i == len(raw) {
			break
		}
		end := bytes.IndexByte(raw[i:], ';')
		c := rune(-1)
		if end > 0 {
			c = reference(raw[i+1 : i+end])
		}
		if c < 0 {
			r.fail(base+i, "has & without a reference that exists")
			return dst
		}
		dst = utf8.AppendRune(dst, c)
		i += end + 1
	}
	return dst
}

// reference returns the character of a reference, -1 if there is none.
func reference(name []byte) rune {
	switch string(name) {
	case "lt":
		return '<'
	case "gt":
		return '>'
	case "amp":
		return '&'
	case "quot":
		return '"'
	case "apos":
		return '\''
	}
	digits, base := name, 10
	if len(digits) > 0 && digits[0] == '#' {
		digits = digits[1:]
		if len(digits) > 0 && digits[0] == 'x' {
			digits, base = digits[1:], 16
		}
	} else {
		return -1
	}
	n := 0
	for _, c := range digits {
		d := hexDigit(c)
		if d < 0 || d >= base {
			return -1
		}
		if n = n*base + d; n > utf8.MaxRune {
			return -1
		}
	}
	if len(digits) == 0 || !IsCharacter(rune(n)) {
		return -1
	}
	return rune(n)
}

// newlines appends raw to dst with a line feed for each line end.
func newlines(dst, raw []byte) []byte {
	for i, c := range raw {
		switch {
		case c != '\r':
			dst = append(dst, c)
		case i+1 == len(raw) || raw[i+1] != '\n':
			dst = append(dst, '\n')
		}
	}
	return dst
}
