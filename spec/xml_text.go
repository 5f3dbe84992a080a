package spec

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// value reads the equals sign and the quoted value of an attribute.
func (p *xmlParser) value() string {
	if p.fault != nil {
		return ""
	}
	p.space()
	if !p.sees("=") {
		p.fail(p.at, "has an attribute without a value")
		return ""
	}
	p.at++
	p.space()
	if !p.sees(`"`) && !p.sees("'") {
		p.fail(p.at, "has an attribute value without quotes")
		return ""
	}
	quote := p.at
	p.at++
	n := bytes.IndexByte(p.b[p.at:], p.b[quote])
	if n < 0 {
		p.fail(quote, "has an attribute value that does not end")
		return ""
	}
	end := p.at + n
	if i := bytes.IndexByte(p.b[p.at:end], '<'); i >= 0 {
		p.fail(p.at+i, "has < in an attribute value")
		return ""
	}
	var text []byte
	p.each(end, func(s string, _ int, reference bool) {
		if !reference && isXMLSpace(s[0]) {
			s = " "
		}
		text = append(text, s...)
	})
	p.at = end + 1
	return string(text)
}

// characters reads text up to the next markup.
func (p *xmlParser) characters() {
	end := len(p.b)
	if n := bytes.IndexByte(p.b[p.at:], '<'); n >= 0 {
		end = p.at + n
	}
	if p.open == nil {
		if p.space(); p.at < end {
			p.fail(p.at, "has text outside of its root element")
		}
		return
	}
	if i := bytes.Index(p.b[p.at:end], []byte("]]>")); i >= 0 {
		p.fail(p.at+i, "has ]]> in text")
		return
	}
	p.each(end, func(s string, at int, _ bool) { p.open.add(s, at) })
}

// section reads a CDATA section.
func (p *xmlParser) section() {
	start := p.at
	p.at += len("<![CDATA[")
	n := bytes.Index(p.b[p.at:], []byte("]]>"))
	if n < 0 || p.open == nil {
		p.fail(start, "has a CDATA section that does not end, or outside of its root element")
		return
	}
	for end := p.at + n; p.at < end; {
		p.open.add(p.character())
	}
	p.at += len("]]>")
}

// add adds characters, which are there in the document, to the text of e.
func (e *xmlElement) add(s string, at int) {
	for i := range len(s) {
		e.text, e.from = append(e.text, s[i]), append(e.from, at)
	}
}

// character reads a character, of which there is one. A line may end in CR LF or CR.
func (p *xmlParser) character() (s string, at int) {
	at = p.at
	if p.b[at] != '\r' {
		_, n := utf8.DecodeRune(p.b[at:])
		p.at += n
		return string(p.b[at:p.at]), at
	}
	p.at++
	if p.sees("\n") {
		p.at++
	}
	return "\n", at
}

// each reads characters and references up to end.
func (p *xmlParser) each(end int, do func(s string, at int, reference bool)) {
	for p.at < end && p.fault == nil {
		at := p.at
		if p.b[at] != '&' {
			s, _ := p.character()
			do(s, at, false)
			continue
		}
		r, ok := rune(0), false
		n := bytes.IndexByte(p.b[at:end], ';')
		if n > 0 {
			r, ok = xmlReference(string(p.b[at+1 : at+n]))
		}
		if !ok {
			p.fail(at, "has & without a reference that exists")
			return
		}
		p.at += n + 1
		do(string(r), at, true)
	}
}

// xmlReference returns what a reference stands for. Without a document type there
// are five entities.
func xmlReference(name string) (r rune, ok bool) {
	if r, ok := map[string]rune{"lt": '<', "gt": '>', "amp": '&', "quot": '"', "apos": '\''}[name]; ok {
		return r, true
	}
	digits, ok := strings.CutPrefix(name, "#")
	if !ok {
		return 0, false
	}
	base := 10
	if hex, is := strings.CutPrefix(digits, "x"); is {
		digits, base = hex, 16
	}
	if strings.Trim(digits, "0123456789abcdefABCDEF") != "" { // ParseUint takes signs, too
		return 0, false
	}
	digits = strings.TrimLeft(digits[:max(len(digits)-1, 0)], "0") + digits[max(len(digits)-1, 0):]
	n, err := strconv.ParseUint(digits, base, 32)
	return rune(n), err == nil && n <= utf8.MaxRune && isXMLCharacter(rune(n))
}

// comment skips a comment.
func (p *xmlParser) comment() {
	start := p.at
	p.at += len("<!--")
	n := bytes.Index(p.b[p.at:], []byte("--"))
	if p.at += max(n, 0); n < 0 || !p.sees("-->") {
		p.fail(start, "has a comment that does not end, or with -- in it")
		return
	}
	p.at += len("-->")
}

// instruction skips a processing instruction.
func (p *xmlParser) instruction() {
	start := p.at
	p.at += len("<?")
	target := p.part()
	if p.fault != nil {
		return
	}
	n := bytes.Index(p.b[p.at:], []byte("?>"))
	switch {
	case lower(target) == "xml":
		p.fail(start, "has an XML declaration that is not at its beginning")
	case n < 0 || n > 0 && !isXMLSpace(p.b[p.at]):
		p.fail(start, "has a processing instruction that does not end")
	default:
		p.at += n + len("?>")
	}
}

func isXMLSpace(c byte) bool { return strings.IndexByte(xmlSpace, c) >= 0 }

const xmlSpace = " \t\r\n"

// isXMLCharacter reports whether r is a Char of XML 1.0.
func isXMLCharacter(r rune) bool {
	switch {
	case r < ' ':
		return r == '\t' || r == '\n' || r == '\r'
	case 0xD800 <= r && r <= 0xDFFF, r == 0xFFFE, r == 0xFFFF:
		return false
	}
	return r <= utf8.MaxRune
}

// isXMLName reports whether r may stand in a name, or at its beginning. A colon may
// not.
func isXMLName(r rune, first bool) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', r == '_':
		return true
	case '0' <= r && r <= '9', r == '-', r == '.', r == 0xB7, 0x300 <= r && r <= 0x36F, r == 0x203F, r == 0x2040:
		return !first
	case r == 0xD7, r == 0xF7, r == 0x37E, r == 0x3000:
		return false
	}
	for _, within := range [][2]rune{{0xC0, 0x1FFF}, {0x200C, 0x200D}, {0x2070, 0x218F}, {0x2C00, 0x2FEF}, {0x3001, 0xD7FF},
		{0xF900, 0xFDCF}, {0xFDF0, 0xFFFD}, {0x10000, 0xEFFFF}} {
		if within[0] <= r && r <= within[1] {
			return true
		}
	}
	return false
}
