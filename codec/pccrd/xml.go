package pccrd

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// Limits of what a message may hold, far above what the protocol needs.
const (
	// MaxLen is the length in bytes of the longest message: what a UDP datagram holds.
	MaxLen = 65507

	maxDepth      = 32 // elements within elements
	maxAttributes = 32 // of an element, namespace declarations included
	maxBindings   = 64 // namespace declarations in scope
)

// scanner reads XML 1.0 with namespaces, token by token, and rejects everything
// that is not well formed. encoding/xml accepts several roots, text around them,
// document types, and prefixes that nobody declared. Entities are the five
// predefined ones, since there is no document type.
type scanner struct {
	b  []byte
	at int

	open       []element
	bindings   []binding
	attributes []attribute // of the last start tag
	text       []byte      // of the last text
	rooted     bool        // there was a root element
	empty      bool        // the last start tag was an empty element, whose end comes next
	closed     bool        // the last token was an end; the element is still in scope

	violation Error
	violated  bool
}

type element struct {
	name     []byte // with its prefix
	bindings int    // how many there were before it
}

// A binding is a prefix in scope, "" for the default namespace.
type binding struct {
	prefix, uri []byte
}

type attribute struct {
	prefix, local, value []byte
}

// token is a kind of token.
type token uint8

const (
	tokenEnd   token = iota // the end, or a violation
	tokenStart              // a start tag; that of an empty element is followed by a tokenClose
	tokenClose              // an end tag
	tokenText               // text in an element: scanner.text
)

func (s *scanner) fail(at int, detail string) token {
	if !s.violated {
		s.violation, s.violated = newError(RuleXML, "XML", at, uint64(at), detail), true
	}
	return tokenEnd
}

// next returns the next token. For a start tag local and uri are its name, and at
// where it begins.
func (s *scanner) next() (t token, local, uri []byte, at int) {
	if s.at == 0 {
		s.prolog()
	}
	if s.closed {
		s.pop()
	}
	for !s.violated {
		at = s.at
		if s.empty {
			s.empty, s.closed = false, true
			return tokenClose, nil, nil, at
		}
		rest := s.b[at:]
		switch {
		case len(rest) == 0:
			if len(s.open) > 0 || !s.rooted {
				s.fail(at, "ends before its root element does")
			}
			return tokenEnd, nil, nil, at
		case rest[0] != '<':
			if t := s.characters(); t != tokenEnd {
				return t, nil, nil, at
			}
		case bytes.HasPrefix(rest, []byte("</")):
			return s.endTag(), nil, nil, at
		case bytes.HasPrefix(rest, []byte("<!--")):
			s.comment()
		case bytes.HasPrefix(rest, []byte("<![CDATA[")):
			if t := s.cdata(); t != tokenEnd {
				return t, nil, nil, at
			}
		case bytes.HasPrefix(rest, []byte("<!")):
			s.fail(at, "has a document type or another declaration")
		case bytes.HasPrefix(rest, []byte("<?")):
			s.instruction()
		default:
			local, uri = s.startTag()
			if s.violated {
				return tokenEnd, nil, nil, at
			}
			return tokenStart, local, uri, at
		}
	}
	return tokenEnd, nil, nil, s.at
}

// prolog skips a byte order mark and the XML declaration, after a look at all
// bytes: they must be UTF-8, and characters of XML.
func (s *scanner) prolog() {
	if len(s.b) > MaxLen {
		s.fail(MaxLen, "is longer than a UDP datagram")
		return
	}
	start := 0
	if bytes.HasPrefix(s.b, []byte("\xEF\xBB\xBF")) {
		start = 3
	}
	for i := start; i < len(s.b); {
		r, n := utf8.DecodeRune(s.b[i:])
		if r == utf8.RuneError && n == 1 || !isCharacter(r) {
			s.fail(i, "has bytes that are not characters of XML in UTF-8")
			return
		}
		i += n
	}
	s.at = start
	if !bytes.HasPrefix(s.b[start:], []byte("<?xml")) || len(s.b) < start+6 || !isSpace(s.b[start+5]) {
		return
	}
	s.at += len("<?xml")
	for i, name := range []string{"version", "encoding", "standalone"} {
		mark := s.at
		if !s.space() {
			break
		}
		if !bytes.HasPrefix(s.b[s.at:], []byte(name)) {
			if i == 0 {
				s.fail(start, "has an XML declaration without version")
				return
			}
			s.at = mark
			continue
		}
		s.at += len(name)
		at := s.at
		value := s.attributeValue()
		switch {
		case s.violated:
			return
		case i == 0 && !bytes.Equal(value, []byte("1.0")):
			s.fail(at, "has a version other than 1.0")
		case i == 1 && !bytes.EqualFold(value, []byte("utf-8")):
			s.fail(at, "has an encoding other than UTF-8")
		case i == 2 && !bytes.Equal(value, []byte("yes")) && !bytes.Equal(value, []byte("no")):
			s.fail(at, "has a standalone other than yes and no")
		}
	}
	s.space()
	if !bytes.HasPrefix(s.b[s.at:], []byte("?>")) {
		s.fail(s.at, "has an XML declaration that does not end")
		return
	}
	s.at += 2
}

// space skips white space and reports whether there was some.
func (s *scanner) space() bool {
	start := s.at
	for s.at < len(s.b) && isSpace(s.b[s.at]) {
		s.at++
	}
	return s.at > start
}

// name reads a name without a colon.
func (s *scanner) name() []byte {
	start := s.at
	for s.at < len(s.b) {
		r, n := utf8.DecodeRune(s.b[s.at:])
		if !isNameStart(r) && (s.at == start || !isNamePart(r)) {
			break
		}
		s.at += n
	}
	if s.at == start {
		s.fail(s.at, "has no name where there must be one")
	}
	return s.b[start:s.at]
}

// qualifiedName reads a name with a prefix, or without.
func (s *scanner) qualifiedName() (prefix, local []byte) {
	local = s.name()
	if !s.violated && s.at < len(s.b) && s.b[s.at] == ':' {
		s.at++
		prefix, local = local, s.name()
	}
	return prefix, local
}

func (s *scanner) startTag() (local, uri []byte) {
	start := s.at
	if len(s.open) == 0 && s.rooted {
		s.fail(start, "has a second root element")
		return nil, nil
	}
	if len(s.open) == maxDepth {
		s.fail(start, "has elements 33 levels deep, at most 32 are accepted")
		return nil, nil
	}
	s.at++
	prefix, local := s.qualifiedName()
	s.rooted = true
	s.open = append(s.open, element{s.b[start+1 : s.at], len(s.bindings)})
	s.attributes = s.attributes[:0]
	declarations := 0
	for !s.violated {
		spaced := s.space()
		rest := s.b[s.at:]
		if bytes.HasPrefix(rest, []byte(">")) || bytes.HasPrefix(rest, []byte("/>")) {
			if s.empty = rest[0] == '/'; s.empty {
				s.at++
			}
			s.at++
			break
		}
		at := s.at
		if !spaced {
			s.fail(at, "has a tag that does not end, or attributes without white space between them")
			return nil, nil
		}
		var a attribute
		a.prefix, a.local = s.qualifiedName()
		a.value = s.attributeValue()
		if s.violated {
			return nil, nil
		}
		if len(s.attributes)+declarations == maxAttributes {
			s.fail(at, "has more than 32 attributes in an element")
			return nil, nil
		}
		if string(a.prefix) == "xmlns" || len(a.prefix) == 0 && string(a.local) == "xmlns" {
			declarations++
			s.declare(a, at)
			continue
		}
		s.attributes = append(s.attributes, a)
	}
	if s.violated {
		return nil, nil
	}
	uri, ok := s.resolve(prefix)
	if !ok {
		s.fail(start, "has an element whose prefix is not declared")
	}
	s.uniqueAttributes(start)
	return local, uri
}

// attributeValue reads an equals sign and a value in quotes, with white space
// around the sign.
func (s *scanner) attributeValue() []byte {
	s.space()
	if s.violated || s.at == len(s.b) || s.b[s.at] != '=' {
		s.fail(s.at, "has an attribute without a value")
		return nil
	}
	s.at++
	s.space()
	if s.at == len(s.b) || s.b[s.at] != '"' && s.b[s.at] != '\'' {
		s.fail(s.at, "has an attribute value without quotes")
		return nil
	}
	quote := s.b[s.at]
	s.at++
	n := bytes.IndexByte(s.b[s.at:], quote)
	if n < 0 {
		s.fail(s.at-1, "has an attribute value that does not end")
		return nil
	}
	raw := s.b[s.at : s.at+n]
	if i := bytes.IndexByte(raw, '<'); i >= 0 {
		s.fail(s.at+i, "has < in an attribute value")
		return nil
	}
	value := s.unescape(nil, raw, true)
	s.at += n + 1
	return value
}

const (
	xmlNamespace   = "http://www.w3.org/XML/1998/namespace"
	xmlnsNamespace = "http://www.w3.org/2000/xmlns/"
)

// declare puts a namespace declaration in scope.
func (s *scanner) declare(a attribute, at int) {
	d := binding{uri: a.value}
	if len(a.prefix) > 0 {
		d.prefix = a.local
	}
	uri := string(d.uri)
	if string(d.prefix) == "xmlns" || (string(d.prefix) == "xml") != (uri == xmlNamespace) || uri == xmlnsNamespace || len(d.prefix) > 0 && uri == "" {
		s.fail(at, "has a namespace declaration that is not allowed")
		return
	}
	for _, other := range s.bindings[s.open[len(s.open)-1].bindings:] {
		if bytes.Equal(other.prefix, d.prefix) {
			s.fail(at, "has an attribute twice")
			return
		}
	}
	if len(s.bindings) == maxBindings {
		s.fail(at, "has more than 64 namespace declarations in scope")
		return
	}
	s.bindings = append(s.bindings, d)
}

// resolve returns the namespace of a prefix, "" for the default one.
func (s *scanner) resolve(prefix []byte) (uri []byte, ok bool) {
	for _, d := range slices.Backward(s.bindings) {
		if bytes.Equal(d.prefix, prefix) {
			return d.uri, true
		}
	}
	if string(prefix) == "xml" {
		return []byte(xmlNamespace), true
	}
	return nil, len(prefix) == 0
}

// uniqueAttributes checks the names of the attributes of a start tag.
func (s *scanner) uniqueAttributes(at int) {
	for i, a := range s.attributes {
		uri, ok := s.resolve(a.prefix)
		if !ok {
			s.fail(at, "has an attribute whose prefix is not declared")
		}
		for _, other := range s.attributes[:i] {
			if !bytes.Equal(a.local, other.local) || (len(a.prefix) == 0) != (len(other.prefix) == 0) {
				continue
			}
			if otherURI, _ := s.resolve(other.prefix); len(a.prefix) == 0 || bytes.Equal(uri, otherURI) {
				s.fail(at, "has an attribute twice")
			}
		}
	}
}

func (s *scanner) endTag() token {
	start := s.at
	s.at += 2
	name := s.at
	s.qualifiedName()
	if s.violated {
		return tokenEnd
	}
	if n := len(s.open); n == 0 || !bytes.Equal(s.b[name:s.at], s.open[n-1].name) {
		return s.fail(start, "has an end tag that does not fit its start tag")
	}
	s.space()
	if s.at == len(s.b) || s.b[s.at] != '>' {
		return s.fail(s.at, "has an end tag that does not end")
	}
	s.at++
	s.closed = true
	return tokenClose
}

// pop takes the innermost element and its declarations out of scope.
func (s *scanner) pop() {
	s.closed = false
	n := len(s.open) - 1
	s.bindings = s.bindings[:s.open[n].bindings]
	s.open = s.open[:n]
}

// characters reads text up to the next markup.
func (s *scanner) characters() token {
	start := s.at
	raw := s.b[start:]
	if n := bytes.IndexByte(raw, '<'); n >= 0 {
		raw = raw[:n]
	}
	s.at += len(raw)
	if len(s.open) == 0 {
		for i, c := range raw {
			if !isSpace(c) {
				return s.fail(start+i, "has text outside of its root element")
			}
		}
		return tokenEnd
	}
	if i := bytes.Index(raw, []byte("]]>")); i >= 0 {
		return s.fail(start+i, "has ]]> in text")
	}
	s.at = start
	s.text = s.unescape(s.text[:0], raw, false)
	s.at = start + len(raw)
	if s.violated {
		return tokenEnd
	}
	return tokenText
}

// comment skips a comment.
func (s *scanner) comment() {
	start := s.at
	s.at += len("<!--")
	n := bytes.Index(s.b[s.at:], []byte("--"))
	if n < 0 || !bytes.HasPrefix(s.b[s.at+n:], []byte("-->")) {
		s.fail(start, "has a comment that does not end, or with -- in it")
		return
	}
	s.at += n + len("-->")
}

func (s *scanner) cdata() token {
	start := s.at
	s.at += len("<![CDATA[")
	n := bytes.Index(s.b[s.at:], []byte("]]>"))
	if n < 0 || len(s.open) == 0 {
		return s.fail(start, "has a CDATA section that does not end, or outside of its root element")
	}
	s.text = newlines(s.text[:0], s.b[s.at:s.at+n])
	s.at += n + len("]]>")
	return tokenText
}

// instruction skips a processing instruction.
func (s *scanner) instruction() {
	start := s.at
	s.at += 2
	target := s.name()
	n := bytes.Index(s.b[s.at:], []byte("?>"))
	switch {
	case s.violated:
	case bytes.EqualFold(target, []byte("xml")):
		s.fail(start, "has an XML declaration that is not at its beginning")
	case n < 0 || n > 0 && !isSpace(s.b[s.at]):
		s.fail(start, "has a processing instruction that does not end")
	default:
		s.at += n + 2
	}
}

// unescape appends raw, which begins at s.at, to dst, with references resolved
// and line ends normalised.
func (s *scanner) unescape(dst, raw []byte, attribute bool) []byte {
	base := s.at
	for i := 0; i < len(raw); {
		n := bytes.IndexByte(raw[i:], '&')
		if n < 0 {
			n = len(raw) - i
		}
		from := len(dst)
		dst = newlines(dst, raw[i:i+n])
		if attribute {
			for j, c := range dst[from:] {
				if isSpace(c) {
					dst[from+j] = ' '
				}
			}
		}
		if i += n; i == len(raw) {
			break
		}
		end := bytes.IndexByte(raw[i:], ';')
		r := rune(-1)
		if end > 0 {
			r = reference(raw[i+1 : i+end])
		}
		if r < 0 {
			s.fail(base+i, "has & without a reference that exists")
			return nil
		}
		dst = utf8.AppendRune(dst, r)
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
	if len(digits) == 0 || !isCharacter(rune(n)) {
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

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// isCharacter reports whether r is a Char of XML 1.0.
func isCharacter(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= utf8.MaxRune
}

// nameStarts are the ranges of NameStartChar in XML 1.0 without the colon.
var nameStarts = [...][2]rune{
	{'A', 'Z'}, {'_', '_'}, {'a', 'z'}, {0xC0, 0xD6}, {0xD8, 0xF6}, {0xF8, 0x2FF}, {0x370, 0x37D}, {0x37F, 0x1FFF}, {0x200C, 0x200D},
	{0x2070, 0x218F}, {0x2C00, 0x2FEF}, {0x3001, 0xD7FF}, {0xF900, 0xFDCF}, {0xFDF0, 0xFFFD}, {0x10000, 0xEFFFF},
}

func isNameStart(r rune) bool {
	for _, in := range nameStarts {
		if r >= in[0] && r <= in[1] {
			return true
		}
	}
	return false
}

// isNamePart reports whether r may stand in a name, not at its beginning.
func isNamePart(r rune) bool {
	return r == '-' || r == '.' || r >= '0' && r <= '9' || r == 0xB7 || r >= 0x300 && r <= 0x36F || r == 0x203F || r == 0x2040
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
