package spec

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Limits of a message in XML, far above what the protocol needs.
const (
	maxDatagram      = 65507 // bytes: what a UDP datagram holds
	maxXMLDepth      = 32    // elements within elements
	maxXMLAttributes = 32    // of an element, namespace declarations included
	maxXMLBindings   = 64    // namespace declarations in scope
)

// An xmlElement is an element of a document.
type xmlElement struct {
	parent     *xmlElement // nil for the root
	name       string      // as it is written, with its prefix
	uri, local string
	at, end    int // its bytes
	closing    int // where its end tag begins; its end if it has none
	attributes []xmlAttribute
	bindings   []xmlBinding
	children   []*xmlElement
	text       []byte // its characters, without those of its children
	from       []int  // where each byte of text is in the document
}

type xmlAttribute struct {
	prefix, local, value string
	at, end              int
}

// An xmlBinding is a namespace declaration. Its prefix is "" for the default namespace.
type xmlBinding struct{ prefix, uri string }

// An xmlFault is why bytes are not well-formed XML.
type xmlFault struct {
	at     int
	detail string
	limit  bool // of this project, not of the specification
}

// parseXML reads a document of XML 1.0 with namespaces in UTF-8, without a document
// type. Where it is not well formed, root has what was read before.
func parseXML(b []byte) (root *xmlElement, fault *xmlFault) {
	p := xmlParser{b: b}
	p.document()
	return p.root, p.fault
}

type xmlParser struct {
	b     []byte
	at    int
	root  *xmlElement
	open  *xmlElement // the innermost one
	depth int
	fault *xmlFault // the first one; nothing is read behind it
}

func (p *xmlParser) fail(at int, detail string) {
	if p.fault == nil {
		p.fault = &xmlFault{at, detail, false}
	}
}

// exceed is fail for a limit that is this project's.
func (p *xmlParser) exceed(at int, detail string) {
	if p.fault == nil {
		p.fault = &xmlFault{at, detail, true}
	}
}

func (p *xmlParser) sees(s string) bool { return bytes.HasPrefix(p.b[p.at:], []byte(s)) }

func (p *xmlParser) document() {
	if len(p.b) > maxDatagram {
		p.exceed(maxDatagram, "is longer than a UDP datagram")
		return
	}
	if p.sees("\uFEFF") { // byte order mark
		p.at = len("\uFEFF")
	}
	for i := p.at; i < len(p.b); {
		r, n := utf8.DecodeRune(p.b[i:])
		if r == utf8.RuneError && n == 1 || !isXMLCharacter(r) {
			p.fail(i, "has bytes that are not characters of XML in UTF-8")
			return
		}
		i += n
	}
	p.declaration()
	for p.fault == nil && p.at < len(p.b) {
		switch {
		case p.sees("</"):
			p.endTag()
		case p.sees("<!--"):
			p.comment()
		case p.sees("<![CDATA["):
			p.section()
		case p.sees("<!"):
			p.fail(p.at, "has a document type or another declaration")
		case p.sees("<?"):
			p.instruction()
		case p.sees("<"):
			p.startTag()
		default:
			p.characters()
		}
	}
	if p.open != nil || p.root == nil {
		p.fail(len(p.b), "ends before its root element does")
	}
	for e := p.open; e != nil; e = e.parent { // of a document that is cut
		e.closing, e.end = p.at, p.at
	}
}

// declaration reads the XML declaration, which need not be there.
func (p *xmlParser) declaration() {
	start := p.at
	if p.at += len("<?xml"); p.at >= len(p.b) || !bytes.HasPrefix(p.b[start:], []byte("<?xml")) || !isXMLSpace(p.b[p.at]) {
		p.at = start
		return
	}
	p.space()
	if !p.sees("version") {
		p.fail(start, "has an XML declaration without version")
		return
	}
	spaced := true
	for _, d := range []struct{ name, values, detail string }{
		{"version", "1.0", "has a version other than 1.0"},
		{"encoding", "utf-8", "has an encoding other than UTF-8"},
		{"standalone", "yes no", "has a standalone other than yes and no"},
	} {
		if !spaced || !p.sees(d.name) {
			continue
		}
		p.at += len(d.name)
		at := p.at
		value := p.value()
		if d.name == "encoding" {
			value = lower(value)
		}
		if known := strings.Fields(d.values); value != known[0] && value != known[len(known)-1] {
			p.fail(at, d.detail)
		}
		if p.fault != nil {
			return
		}
		spaced = p.space()
	}
	if !p.sees("?>") {
		p.fail(p.at, "has an XML declaration that does not end")
		return
	}
	p.at += len("?>")
}

// space skips white space, and reports whether there is some.
func (p *xmlParser) space() bool {
	start := p.at
	for p.at < len(p.b) && isXMLSpace(p.b[p.at]) {
		p.at++
	}
	return p.at > start
}

// part reads a name without a colon.
func (p *xmlParser) part() string {
	start := p.at
	for p.at < len(p.b) {
		r, n := utf8.DecodeRune(p.b[p.at:])
		if !isXMLName(r, p.at == start) {
			break
		}
		p.at += n
	}
	if p.at == start {
		p.fail(p.at, "has no name where there must be one")
	}
	return string(p.b[start:p.at])
}

// qualified reads a name, with a prefix or without.
func (p *xmlParser) qualified() (prefix, local string) {
	local = p.part()
	if p.fault == nil && p.sees(":") {
		p.at++
		prefix, local = local, p.part()
	}
	return prefix, local
}

func (p *xmlParser) startTag() {
	e := &xmlElement{parent: p.open, at: p.at}
	switch {
	case p.open == nil && p.root != nil:
		p.fail(p.at, "has a second root element")
		return
	case p.depth == maxXMLDepth:
		p.exceed(p.at, "has elements 33 levels deep, at most 32 are accepted")
		return
	}
	p.at++
	prefix, local := p.qualified()
	e.name, e.local = string(p.b[e.at+1:p.at]), local
	for p.fault == nil {
		spaced := p.space()
		if p.sees(">") || p.sees("/>") {
			break
		}
		if !spaced {
			p.fail(p.at, "has a tag that does not end, or attributes without white space between them")
			break
		}
		p.attribute(e)
	}
	if p.fault != nil {
		return
	}
	empty := p.sees("/>")
	p.at += len(">")
	if empty {
		p.at++
	}
	uri, ok := e.resolve(prefix)
	if !ok {
		p.fail(e.at, "has an element whose prefix is not declared")
	}
	e.uri = uri
	p.compareAttributes(e)
	if p.fault != nil {
		return
	}
	if e.parent != nil {
		e.parent.children = append(e.parent.children, e)
	} else {
		p.root = e
	}
	p.open, p.depth = e, p.depth+1
	if empty {
		p.leave(p.at)
	}
}

// leave ends the innermost element.
func (p *xmlParser) leave(closing int) {
	p.open.closing, p.open.end = closing, p.at
	p.open, p.depth = p.open.parent, p.depth-1
}

// attribute reads an attribute or a namespace declaration of e.
func (p *xmlParser) attribute(e *xmlElement) {
	a := xmlAttribute{at: p.at}
	a.prefix, a.local = p.qualified()
	a.value = p.value()
	a.end = p.at
	switch {
	case p.fault != nil:
	case len(e.attributes)+len(e.bindings) == maxXMLAttributes:
		p.exceed(a.at, "has more than 32 attributes in an element")
	case a.prefix == "xmlns":
		p.declare(e, a.at, xmlBinding{a.local, a.value})
	case a.prefix == "" && a.local == "xmlns":
		p.declare(e, a.at, xmlBinding{"", a.value})
	default:
		e.attributes = append(e.attributes, a)
	}
}

const (
	namespaceXML   = "http://www.w3.org/XML/1998/namespace"
	namespaceXMLNS = "http://www.w3.org/2000/xmlns/"
)

// declare adds a namespace declaration to e.
func (p *xmlParser) declare(e *xmlElement, at int, d xmlBinding) {
	inScope := 0
	for around := e; around != nil; around = around.parent {
		inScope += len(around.bindings)
	}
	switch {
	case d.prefix == "xmlns", d.uri == namespaceXMLNS, (d.prefix == "xml") != (d.uri == namespaceXML), d.prefix != "" && d.uri == "":
		p.fail(at, "has a namespace declaration that is not allowed")
	case e.bound(d.prefix) != nil:
		p.fail(at, "has an attribute twice")
	case inScope == maxXMLBindings:
		p.exceed(at, "has more than 64 namespace declarations in scope")
	}
	e.bindings = append(e.bindings, d)
}

// bound returns the declaration of a prefix that e itself has, or nil.
func (e *xmlElement) bound(prefix string) *xmlBinding {
	for i := range e.bindings {
		if e.bindings[i].prefix == prefix {
			return &e.bindings[i]
		}
	}
	return nil
}

// resolve returns the namespace of a prefix in e, and whether there is one; without
// a prefix there need not be one.
func (e *xmlElement) resolve(prefix string) (uri string, ok bool) {
	for ; e != nil; e = e.parent {
		if d := e.bound(prefix); d != nil {
			return d.uri, true
		}
	}
	if prefix == "xml" {
		return namespaceXML, true
	}
	return "", prefix == ""
}

// compareAttributes: prefixes are declared, and no attribute is there twice.
func (p *xmlParser) compareAttributes(e *xmlElement) {
	seen := map[string]bool{}
	for _, a := range e.attributes {
		uri, ok := e.resolve(a.prefix)
		if !ok {
			p.fail(e.at, "has an attribute whose prefix is not declared")
		}
		name := a.local
		if a.prefix != "" { // the default namespace is none of attributes
			name = uri + " " + a.local
		}
		if seen[name] {
			p.fail(e.at, "has an attribute twice")
		}
		seen[name] = true
	}
}

func (p *xmlParser) endTag() {
	start := p.at
	p.at += len("</")
	name := p.at
	p.qualified()
	if p.fault != nil {
		return
	}
	if p.open == nil || string(p.b[name:p.at]) != p.open.name {
		p.fail(start, "has an end tag that does not fit its start tag")
		return
	}
	p.space()
	if !p.sees(">") {
		p.fail(p.at, "has an end tag that does not end")
		return
	}
	p.at++
	p.leave(start)
}
