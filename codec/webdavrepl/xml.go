package webdavrepl

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"github.com/hostedcache/pchc/codec/internal/strictxml"
)

// Namespaces. The pages of the documentation have https, since all their links were
// rewritten; both are read, NamespaceRepl is written.
const (
	NamespaceDAV       = "DAV:"
	NamespaceRepl      = "http://schemas.microsoft.com/repl/"
	NamespaceReplHTTPS = "https://schemas.microsoft.com/repl/"
)

// MaxLen is the length in bytes of the longest body that is read.
const MaxLen = 16 << 20

var limits = strictxml.Limits{Length: MaxLen, Depth: 32, Attributes: 32, Bindings: 64}

// Deviation is a departure from the documented form that is understood nevertheless.
type Deviation string

// The deviations.
const (
	NamespaceHttps     Deviation = "NamespaceHttps"     // the namespace of repl with https
	NoSql              Deviation = "NoSql"              // a request without sql, as on the page of the scenario
	ChangeTypeSpelling Deviation = "ChangeTypeSpelling" // ChangeType, not changetype
	CollBlobSpelling   Deviation = "CollBlobSpelling"   // CollBlob, not collblob
	StatusBeforeProp   Deviation = "StatusBeforeProp"   // in a propstat
	ReplNotFirst       Deviation = "ReplNotFirst"       // behind sql, or behind a response
)

// reader reads the elements of a body. Each method that takes an element is called
// behind its start tag, and reads to its end tag.
type reader struct {
	xml        strictxml.Reader
	structure  string
	err        *Error
	deviations []Deviation
}

func (r *reader) fail(rule Rule, at int, value, detail string) {
	if r.err == nil {
		r.err = newError(rule, r.structure, at, value, detail)
	}
}

func (r *reader) deviate(d Deviation) {
	if !slices.Contains(r.deviations, d) {
		r.deviations = append(r.deviations, d)
	}
}

// next returns the next token, End after a violation.
func (r *reader) next() strictxml.Kind {
	if r.err != nil {
		return strictxml.End
	}
	k := r.xml.Next()
	if f, failed := r.xml.Failure(); failed {
		r.fail(RuleXML, f.Offset, "", f.String())
	}
	return k
}

// document reads b: a root element with that name in DAV:, whose children child takes.
func (r *reader) document(b []byte, root string, rule Rule, child func()) ([]Deviation, error) {
	r.structure = root
	r.xml.Reset(b, limits)
	if r.next() == strictxml.Start {
		if !r.is(NamespaceDAV, root) {
			r.fail(rule, r.xml.Offset, "{"+string(r.xml.URI)+"}"+string(r.xml.Local), "must be {DAV:}"+root+", not ")
		}
		r.children(child)
	}
	for r.next() != strictxml.End {
	}
	if r.err != nil {
		return nil, r.err
	}
	slices.Sort(r.deviations)
	return r.deviations, nil
}

// is reports whether the last start tag has that name.
func (r *reader) is(namespace, local string) bool {
	return string(r.xml.Local) == local && string(r.xml.URI) == namespace
}

// repl returns the local name of the last start tag if it is in the namespace of
// repl, otherwise "".
func (r *reader) repl() string {
	switch string(r.xml.URI) {
	case NamespaceReplHTTPS:
		r.deviate(NamespaceHttps)
	case NamespaceRepl:
	default:
		return ""
	}
	return string(r.xml.Local)
}

// children calls child behind the start tag of each child.
func (r *reader) children(child func()) {
	for {
		switch r.next() {
		case strictxml.Start:
			child()
		case strictxml.Text:
			if text := bytes.Trim(r.xml.Text, " \t\r\n"); len(text) > 0 {
				r.fail(RuleContent, r.xml.Offset, string(text), "has text where elements belong: ")
			}
		default:
			return
		}
	}
}

// text returns the text of an element.
func (r *reader) text() string {
	var text []byte
	for {
		switch r.next() {
		case strictxml.Text:
			text = append(text, r.xml.Text...)
		case strictxml.Start:
			r.fail(RuleContent, r.xml.Offset, string(r.xml.Local), "has an element where text belongs: ")
		default:
			return string(text)
		}
	}
}

// all returns the text of an element and of the elements in it.
func (r *reader) all() string {
	var text []byte
	for depth := r.xml.Depth(); ; {
		switch r.next() {
		case strictxml.Text:
			text = append(text, r.xml.Text...)
		case strictxml.Close:
			if r.xml.Depth() < depth {
				return string(text)
			}
		case strictxml.End:
			return ""
		}
	}
}

// once reports what comes for the second time.
func (r *reader) once(seen *bool, rule Rule) {
	if *seen {
		r.fail(rule, r.xml.Offset, string(r.xml.Local), "has a second ")
	}
	*seen = true
}

// tag returns the text of an element, which must be a tag with that prefix.
func (r *reader) tag(prefix string, rule Rule) string {
	at, name := r.xml.Offset, string(r.xml.Local)
	text := r.text()
	if !isTag(text, prefix) {
		r.fail(rule, at, text, name+" must be "+prefix+" and a value, not ")
	}
	return text
}

// isTag reports whether s is prefix and an opaque value: something that may stand in
// angle brackets.
func isTag(s, prefix string) bool {
	return len(s) > len(prefix) && s[:len(prefix)] == prefix && isOpaque(s)
}

// isOpaque reports whether s has only characters that may stand in angle brackets.
func isOpaque(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c == '<' || c == '>' || c == 0x7F {
			return false
		}
	}
	return true
}

// appendText appends s as text of an element.
func appendText(dst []byte, s string) []byte {
	for i := range len(s) {
		switch c := s[i]; c {
		case '&':
			dst = append(dst, "&amp;"...)
		case '<':
			dst = append(dst, "&lt;"...)
		case '>':
			dst = append(dst, "&gt;"...)
		case '\r':
			dst = append(dst, "&#13;"...)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// appendElement appends an element with text.
func appendElement(dst []byte, name, text string) []byte {
	dst = append(append(append(dst, '<'), name...), '>')
	dst = appendText(dst, text)
	return append(append(append(dst, "</"...), name...), '>')
}

// isText reports whether XML can have s.
func isText(s string) bool {
	for _, c := range s {
		if !strictxml.IsCharacter(c) {
			return false
		}
	}
	return utf8.ValidString(s)
}
