package strictxml

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

const (
	xmlNamespace   = "http://www.w3.org/XML/1998/namespace"
	xmlnsNamespace = "http://www.w3.org/2000/xmlns/"
)

// space skips white space and reports whether there was some.
func (r *Reader) space() bool {
	start := r.at
	for r.at < len(r.b) && IsSpace(r.b[r.at]) {
		r.at++
	}
	return r.at > start
}

// name reads a name without a colon.
func (r *Reader) name() []byte {
	start := r.at
	for r.at < len(r.b) {
		c, n := rune(r.b[r.at]), 1
		if c >= utf8.RuneSelf {
			c, n = utf8.DecodeRune(r.b[r.at:])
		}
		if !isNameStart(c) && (r.at == start || !isNamePart(c)) {
			break
		}
		r.at += n
	}
	if r.at == start {
		r.fail(r.at, "has no name where there must be one")
	}
	return r.b[start:r.at:r.at]
}

// qualifiedName reads a name with a prefix, or without.
func (r *Reader) qualifiedName() (prefix, local []byte) {
	local = r.name()
	if !r.failed && r.at < len(r.b) && r.b[r.at] == ':' {
		r.at++
		prefix, local = local, r.name()
	}
	return prefix, local
}

func (r *Reader) startTag() Kind {
	start := r.at
	if len(r.open) == 0 && r.rooted {
		return r.fail(start, "has a second root element")
	}
	if len(r.open) == r.limits.Depth {
		return r.exceeded(start, r.limits.Depth, "has elements more than % levels deep")
	}
	r.at++
	prefix, local := r.qualifiedName()
	r.rooted = true
	r.open = append(r.open, element{name: r.b[start+1 : r.at], local: local, bindings: len(r.bindings)})
	r.attributes = r.attributes[:0]
	declarations := 0
	for !r.failed {
		spaced := r.space()
		rest := r.b[r.at:]
		if bytes.HasPrefix(rest, []byte(">")) || bytes.HasPrefix(rest, []byte("/>")) {
			if r.empty = rest[0] == '/'; r.empty {
				r.at++
			}
			r.at++
			break
		}
		at := r.at
		if !spaced {
			return r.fail(at, "has a tag that does not end, or attributes without white space between them")
		}
		var a Attribute
		a.prefix, a.Local = r.qualifiedName()
		a.Value = r.attributeValue()
		if r.failed {
			return End
		}
		if len(r.attributes)+declarations == r.limits.Attributes {
			return r.exceeded(at, r.limits.Attributes, "has more than % attributes in an element")
		}
		if string(a.prefix) == "xmlns" || len(a.prefix) == 0 && string(a.Local) == "xmlns" {
			declarations++
			r.declare(a, at)
			continue
		}
		r.attributes = append(r.attributes, a)
	}
	if r.failed {
		return End
	}
	uri, ok := r.Resolve(prefix)
	if !ok {
		return r.fail(start, "has an element whose prefix is not declared")
	}
	r.uniqueAttributes(start)
	if r.failed {
		return End
	}
	r.open[len(r.open)-1].uri = uri
	r.URI, r.Local = uri, local
	return Start
}

// attributeValue reads an equals sign and a value in quotes, with white space
// around the sign.
func (r *Reader) attributeValue() []byte {
	r.space()
	if r.failed || r.at == len(r.b) || r.b[r.at] != '=' {
		r.fail(r.at, "has an attribute without a value")
		return nil
	}
	r.at++
	r.space()
	if r.at == len(r.b) || r.b[r.at] != '"' && r.b[r.at] != '\'' {
		r.fail(r.at, "has an attribute value without quotes")
		return nil
	}
	quote := r.b[r.at]
	r.at++
	n := bytes.IndexByte(r.b[r.at:], quote)
	if n < 0 {
		r.fail(r.at-1, "has an attribute value that does not end")
		return nil
	}
	raw := r.b[r.at : r.at+n : r.at+n]
	if i := bytes.IndexByte(raw, '<'); i >= 0 {
		r.fail(r.at+i, "has < in an attribute value")
		return nil
	}
	if bytes.ContainsAny(raw, "&\t\r\n") {
		from := len(r.values)
		r.values = r.unescape(r.values, raw, true)
		raw = r.values[from:len(r.values):len(r.values)]
	}
	r.at += n + 1
	return raw
}

// declare puts a namespace declaration in scope.
func (r *Reader) declare(a Attribute, at int) {
	d := binding{uri: a.Value}
	if len(a.prefix) > 0 {
		d.prefix = a.Local
	}
	if string(d.prefix) == "xmlns" || (string(d.prefix) == "xml") != (string(d.uri) == xmlNamespace) ||
		string(d.uri) == xmlnsNamespace || len(d.prefix) > 0 && len(d.uri) == 0 {
		r.fail(at, "has a namespace declaration that is not allowed")
		return
	}
	for _, other := range r.bindings[r.open[len(r.open)-1].bindings:] {
		if bytes.Equal(other.prefix, d.prefix) {
			r.fail(at, "has an attribute twice")
			return
		}
	}
	if len(r.bindings) == r.limits.Bindings {
		r.exceeded(at, r.limits.Bindings, "has more than % namespace declarations in scope")
		return
	}
	r.bindings = append(r.bindings, d)
}

// Resolve returns the namespace that a prefix has where the last token is, and
// whether it is declared there. An empty prefix is that of the default namespace.
func (r *Reader) Resolve(prefix []byte) (uri []byte, ok bool) {
	for _, d := range slices.Backward(r.bindings) {
		if bytes.Equal(d.prefix, prefix) {
			return d.uri, true
		}
	}
	if string(prefix) == "xml" {
		return []byte(xmlNamespace), true
	}
	return nil, len(prefix) == 0
}

// uniqueAttributes resolves and checks the names of the attributes of a start tag.
func (r *Reader) uniqueAttributes(at int) {
	for i := range r.attributes {
		a := &r.attributes[i]
		if len(a.prefix) > 0 {
			var ok bool
			if a.URI, ok = r.Resolve(a.prefix); !ok {
				r.fail(at, "has an attribute whose prefix is not declared")
			}
		}
		for _, other := range r.attributes[:i] {
			if bytes.Equal(a.Local, other.Local) && bytes.Equal(a.URI, other.URI) {
				r.fail(at, "has an attribute twice")
			}
		}
	}
}

func (r *Reader) endTag() Kind {
	start := r.at
	r.at += 2
	name := r.at
	r.qualifiedName()
	if r.failed {
		return End
	}
	if n := len(r.open); n == 0 || !bytes.Equal(r.b[name:r.at], r.open[n-1].name) {
		return r.fail(start, "has an end tag that does not fit its start tag")
	}
	r.space()
	if r.at == len(r.b) || r.b[r.at] != '>' {
		return r.fail(r.at, "has an end tag that does not end")
	}
	r.at++
	return r.close()
}

// close returns the end of the innermost element, which stays in scope until the
// next token.
func (r *Reader) close() Kind {
	r.closed = true
	e := &r.open[len(r.open)-1]
	r.URI, r.Local = e.uri, e.local
	return Close
}

// pop takes the innermost element and its declarations out of scope.
func (r *Reader) pop() {
	r.closed = false
	n := len(r.open) - 1
	r.bindings = r.bindings[:r.open[n].bindings]
	r.open = r.open[:n]
}
