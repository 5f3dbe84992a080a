package main

import (
	"strings"
	"unicode/utf8"
)

// An element is one of a message in XML.
type element struct {
	name, space, local string // name as it is written
	at, end, closing   int    // where it begins and ends, and where its end tag begins
	attributes         []attribute
	declared           []attribute // namespaces: their prefixes and names
	children           []*element
	parent             *element
	letters            []letter // its text, without that of its children
}

type attribute struct{ prefix, local, value string }

// A letter is a byte of a text, and where it stands.
type letter struct {
	b  byte
	at int
}

// text returns the text of an element without white space around it.
func (d *decoder) text(e *element) string {
	if e == nil {
		return ""
	}
	var s strings.Builder
	for _, l := range e.letters {
		s.WriteByte(l.b)
	}
	if d.has("discovery-space-kept") {
		return s.String()
	}
	return strings.Trim(s.String(), blanks)
}

const blanks = " \t\r\n"

// namespace returns the name of the namespace of a prefix in e.
func (e *element) namespace(prefix string) (name string, ok bool) {
	for ; e != nil; e = e.parent {
		for _, n := range e.declared {
			if n.local == prefix {
				return n.value, true
			}
		}
	}
	if prefix == "xml" {
		return xmlNamespace, true
	}
	return "", prefix == ""
}

const (
	xmlNamespace   = "http://www.w3.org/XML/1998/namespace"
	xmlnsNamespace = "http://www.w3.org/2000/xmlns/"
)

// notXML ends the reading of a text that is none of XML.
type notXML struct{}

// xmlReader reads a text in XML by the recommendations XML 1.0 and Namespaces in XML.
type xmlReader struct {
	*decoder
	s    string
	at   int
	root *element
	open *element
}

// readXML returns the root of a text, nil if that is no XML.
func (d *decoder) readXML(b []byte) (root *element) {
	x := &xmlReader{decoder: d, s: string(b)}
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(notXML); !ok {
				panic(r)
			}
			root = nil
		}
	}()
	x.document()
	return x.root
}

func (x *xmlReader) must(holds bool) {
	if !holds {
		panic(notXML{})
	}
}

// take reads a text if it is next.
func (x *xmlReader) take(s string) bool {
	if strings.HasPrefix(x.s[x.at:], s) {
		x.at += len(s)
		return true
	}
	return false
}

// until reads up to a text, and that.
func (x *xmlReader) until(s string) (before string) {
	n := strings.Index(x.s[x.at:], s)
	x.must(n >= 0)
	before = x.s[x.at : x.at+n]
	x.at += n + len(s)
	return before
}

func (x *xmlReader) blank() (some bool) {
	for x.at < len(x.s) && strings.IndexByte(blanks, x.s[x.at]) >= 0 {
		x.at, some = x.at+1, true
	}
	return some
}

func isCharacter(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r < 0xD800 || r > 0xDFFF && r < 0xFFFE || r > 0xFFFF && r <= 0x10FFFF
}

func (x *xmlReader) document() {
	x.must(utf8.ValidString(x.s))
	if x.take("\uFEFF") {
		x.must(!x.has("discovery-mark-refused"))
	}
	for _, r := range x.s[x.at:] {
		x.must(isCharacter(r))
	}
	x.declaration()
	for x.at < len(x.s) {
		if x.root != nil && x.open == nil && x.has("discovery-trailing-ignored") {
			return
		}
		x.next()
	}
	x.must(x.root != nil && x.open == nil)
}

func (x *xmlReader) declaration() {
	if len(x.s) < x.at+6 || !strings.HasPrefix(x.s[x.at:], "<?xml") || strings.IndexByte(blanks, x.s[x.at+5]) < 0 {
		return
	}
	x.at += 5
	text := x.until("?>")
	inner := &xmlReader{decoder: x.decoder, s: text}
	pseudo := func(name string, must bool, ok func(v string) bool) {
		at := inner.at
		if !inner.blank() || !inner.take(name) {
			inner.at = at
			x.must(!must)
			return
		}
		inner.must(ok(inner.quoted()))
	}
	pseudo("version", true, func(v string) bool { return v == "1.0" })
	pseudo("encoding", false, func(v string) bool { return strings.EqualFold(v, "utf-8") })
	pseudo("standalone", false, func(v string) bool { return v == "yes" || v == "no" })
	inner.blank()
	x.must(inner.at == len(text))
}

// quoted reads an equals sign and what stands in quotes behind it.
func (x *xmlReader) quoted() string {
	x.blank()
	x.must(x.take("="))
	x.blank()
	x.must(x.at < len(x.s) && (x.s[x.at] == '"' || x.s[x.at] == '\''))
	quote := x.s[x.at : x.at+1]
	x.at++
	return x.until(quote)
}

// next reads what is next in the document.
func (x *xmlReader) next() {
	start := x.at
	switch {
	case x.take("<!--"):
		x.must(!strings.Contains(x.until("--"), "--") && x.take(">"))
		if x.open != nil && x.has("discovery-comment-ends-text") {
			x.open.letters = nil
		}
	case x.take("<![CDATA["):
		x.must(x.open != nil)
		text := x.until("]]>")
		if !x.has("discovery-cdata-ignored") {
			x.add(start+len("<![CDATA["), text)
		}
	case x.take("<!"):
		x.must(x.has("discovery-doctype-accepted") && x.take("DOCTYPE") && x.root == nil)
		x.until(">")
		if x.blank(); x.take("]>") {
			return
		}
	case x.take("<?"):
		name := x.name()
		x.must(!strings.EqualFold(name, "xml") && !strings.Contains(name, ":"))
		if !x.take("?>") {
			x.must(x.blank())
			x.until("?>")
		}
	case x.take("</"):
		name := x.qualified()
		x.must(x.open != nil && x.open.name == name)
		x.blank()
		x.must(x.take(">"))
		x.open.closing, x.open.end = start, x.at
		x.open = x.open.parent
	case x.take("<"):
		x.start(start)
	default:
		x.characters()
	}
}

// add adds a text to the open element: ends of lines are one letter.
func (x *xmlReader) add(at int, s string) {
	for i := range len(s) {
		c := s[i]
		if c == '\r' {
			if i+1 < len(s) && s[i+1] == '\n' {
				continue
			}
			c = '\n'
		}
		x.open.letters = append(x.open.letters, letter{c, at + i})
	}
}

func (x *xmlReader) characters() {
	if x.s[x.at] == '&' {
		at := x.at
		x.at++
		text := x.until(";")
		x.must(x.open != nil)
		resolved := x.entity(text)
		for i := range len(resolved) {
			x.open.letters = append(x.open.letters, letter{resolved[i], at})
		}
		return
	}
	n := strings.IndexAny(x.s[x.at:], "<&")
	if n < 0 {
		n = len(x.s) - x.at
	}
	text := x.s[x.at : x.at+n]
	x.must(!strings.Contains(text, "]]>") && (x.open != nil || strings.Trim(text, blanks) == ""))
	if x.open != nil {
		x.add(x.at, text)
	}
	x.at += n
}

// entity returns the character of a reference, without & and semicolon.
func (x *xmlReader) entity(name string) string {
	if x.has("discovery-references-kept") && x.open != nil {
		return "&" + name + ";"
	}
	for i, known := range []string{"lt", "gt", "amp", "apos", "quot"} {
		if name == known {
			return "<>&'\""[i : i+1]
		}
	}
	base, digits := rune(10), strings.TrimPrefix(name, "#")
	x.must(digits != name && digits != "")
	if digits[0] == 'x' {
		base, digits = 16, digits[1:]
	}
	x.must(digits != "")
	v := rune(0)
	for _, c := range digits {
		digit := strings.IndexRune("0123456789abcdef", c|0x20)
		if c < 'A' {
			digit = strings.IndexRune("0123456789", c)
		}
		x.must(digit >= 0 && rune(digit) < base && c < 'g')
		v = v*base + rune(digit)
		x.must(v <= 0x10FFFF)
	}
	x.must(isCharacter(v))
	return string(v)
}

// nameRanges are of letters that begin names, beside those of ASCII.
var nameRanges = [...][2]rune{{0xC0, 0xD6}, {0xD8, 0xF6}, {0xF8, 0x2FF}, {0x370, 0x37D}, {0x37F, 0x1FFF}, {0x200C, 0x200D}, {0x2070, 0x218F}, {0x2C00, 0x2FEF}, {0x3001, 0xD7FF},
	{0xF900, 0xFDCF}, {0xFDF0, 0xFFFD}, {0x10000, 0xEFFFF}}

func beginsName(r rune) bool {
	if r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
		return true
	}
	for _, n := range nameRanges {
		if r >= n[0] && r <= n[1] {
			return true
		}
	}
	return false
}

// name reads a name without a colon.
func (x *xmlReader) name() string {
	start := x.at
	for i, r := range x.s[start:] {
		within := r == '-' || r == '.' || r >= '0' && r <= '9' || r == 0xB7 || r >= 0x300 && r <= 0x36F || r == 0x203F || r == 0x2040
		if !beginsName(r) && !(i > 0 && within) {
			break
		}
		x.at += utf8.RuneLen(r)
	}
	x.must(x.at > start)
	return x.s[start:x.at]
}

// qualified reads a name that may have a prefix.
func (x *xmlReader) qualified() string {
	name := x.name()
	if x.take(":") {
		name += ":" + x.name()
	}
	return name
}

func split(name string) (prefix, local string) {
	if prefix, local, ok := strings.Cut(name, ":"); ok {
		return prefix, local
	}
	return "", name
}

// start reads the rest of a start tag.
func (x *xmlReader) start(at int) {
	x.must(x.open != nil || x.root == nil)
	e := &element{at: at, parent: x.open, name: x.qualified()}
	for {
		spaced := x.blank()
		if x.take(">") {
			break
		}
		if x.take("/>") {
			e.end, e.closing = x.at, x.at
			break
		}
		x.must(spaced)
		x.attribute(e)
	}
	var prefix string
	var ok bool
	prefix, e.local = split(e.name)
	e.space, ok = e.namespace(prefix)
	x.must(ok || x.has("discovery-prefix-undeclared"))
	seen := map[string]bool{}
	for _, a := range e.attributes {
		space, ok := e.namespace(a.prefix)
		x.must(ok)
		if a.prefix == "" {
			space = ""
		}
		x.must(!seen[space+" "+a.local] || x.has("discovery-attribute-twice"))
		seen[space+" "+a.local] = true
	}
	if e.parent != nil {
		e.parent.children = append(e.parent.children, e)
	} else {
		x.root = e
	}
	if e.end == 0 {
		x.open = e
		x.deep(e)
	}
}

// deep is what a recursive decoder does with a message that is too deep for it.
func (x *xmlReader) deep(e *element) {
	depth := 0
	for ; e != nil; e = e.parent {
		depth++
	}
	if depth > 500 && x.has("discovery-deep-crash") {
		panic("too deep")
	}
}

func (x *xmlReader) attribute(e *element) {
	name := x.qualified()
	raw := x.quoted()
	x.must(!strings.Contains(raw, "<"))
	var value strings.Builder
	for raw != "" {
		before, after, found := strings.Cut(raw, "&")
		value.WriteString(strings.NewReplacer("\r\n", " ", "\r", " ", "\n", " ", "\t", " ").Replace(before))
		if raw = after; found {
			text, after, ok := strings.Cut(raw, ";")
			x.must(ok)
			value.WriteString(x.entity(text))
			raw = after
		}
	}
	a := attribute{value: value.String()}
	a.prefix, a.local = split(name)
	declares := a.prefix == "xmlns" || name == "xmlns"
	if !declares {
		e.attributes = append(e.attributes, a)
		return
	}
	if name == "xmlns" {
		a.local = ""
	}
	x.must(a.local != "xmlns" && a.value != xmlnsNamespace && (a.local == "xml") == (a.value == xmlNamespace) && (a.local == "" || a.value != ""))
	for _, n := range e.declared {
		x.must(n.local != a.local)
	}
	e.declared = append(e.declared, a)
}
