package soapfault

import (
	"strconv"
	"strings"

	"github.com/hostedcache/pchc/codec/internal/strictxml"
)

// The namespaces of envelopes.
const (
	Namespace11 = "http://schemas.xmlsoap.org/soap/envelope/"
	Namespace12 = "http://www.w3.org/2003/05/soap-envelope"

	namespaceInstance = "http://www.w3.org/2001/XMLSchema-instance"
)

// The lengths in bytes of the longest messages that are decoded.
const (
	MaxFaultLen = 1 << 20
	MaxLen      = 16 << 20 // of a request or response
)

// limits returns what is accepted of XML, far above what the protocols need.
func limits(length int) strictxml.Limits {
	return strictxml.Limits{Length: length, Depth: 32, Attributes: 32, Bindings: 64}
}

// SOAP is a version of SOAP.
type SOAP uint8

// The versions.
const (
	SOAP11 SOAP = 1 + iota
	SOAP12
)

// String returns "1.1" or "1.2".
func (s SOAP) String() string {
	switch s {
	case SOAP11:
		return "1.1"
	case SOAP12:
		return "1.2"
	}
	return "unknown"
}

// MarshalText returns String.
func (s SOAP) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// reader reads one message. After an error it reads only Ends.
type reader struct {
	xml      strictxml.Reader
	profile  *Profile
	soap     SOAP
	envelope string // the namespace of the envelope
	text     []byte // of the open elements
	beside   bool   // the element whose children are read has text, too
	notes    []Note
	err      *Error
}

// fail keeps the first error.
func (r *reader) fail(rule Rule, field string, offset int, value, detail string) {
	if r.err == nil {
		r.err = newError(rule, field, offset, value, detail)
	}
}

func (r *reader) note(field string, offset int, detail string) {
	r.notes = append(r.notes, Note{field, offset, detail})
}

// next returns the next token.
func (r *reader) next() strictxml.Kind {
	if r.err != nil {
		return strictxml.End
	}
	k := r.xml.Next()
	if k == strictxml.End {
		if f, failed := r.xml.Failure(); failed {
			r.fail(RuleXML, "XML", f.Offset, "", strings.ReplaceAll(f.Detail, "%", strconv.FormatUint(f.Value, 10)))
		}
	}
	return k
}

// child goes to the next child of the open element, false at the end of that. Text
// between children is a violation of rule, or of none if that is "".
func (r *reader) child(rule Rule, field string) bool {
	for {
		switch r.next() {
		case strictxml.Start:
			return true
		case strictxml.Close, strictxml.End:
			return false
		case strictxml.Text:
			if isBlank(r.xml.Text) {
				continue
			}
			if r.beside = true; rule != "" {
				r.fail(rule, field, r.xml.Offset, string(r.xml.Text[:min(len(r.xml.Text), 2*maxValue)]), "has the text % where only elements may be")
			}
		}
	}
}

// leaf returns the text of the element that was just opened, and goes to its end.
func (r *reader) leaf(rule Rule, field string) string {
	r.text = r.text[:0]
	for {
		switch r.next() {
		case strictxml.Text:
			r.text = append(r.text, r.xml.Text...)
		case strictxml.Start:
			r.fail(rule, field, r.xml.Offset, string(r.xml.Local[:min(len(r.xml.Local), 2*maxValue)]), "has the element % where only text may be")
		case strictxml.Close:
			return string(r.text)
		case strictxml.End:
			return ""
		}
	}
}

// skip goes to the end of the element that was just opened.
func (r *reader) skip() {
	for depth := 1; depth > 0; {
		switch r.next() {
		case strictxml.Start:
			depth++
		case strictxml.Close:
			depth--
		case strictxml.End:
			return
		}
	}
}

// named reports whether the element that was just opened has that name.
func (r *reader) named(namespace, local string) bool {
	return string(r.xml.Local) == local && string(r.xml.URI) == namespace
}

// message reads a whole message. entry reads the element in its Body.
func (r *reader) message(p *Profile, b []byte, maxLen int, entry func()) {
	r.profile = p
	r.xml.Reset(b, limits(maxLen))
	if r.next() != strictxml.Start {
		return
	}
	switch string(r.xml.URI) {
	case Namespace11:
		r.soap, r.envelope = SOAP11, Namespace11
	case Namespace12:
		r.soap, r.envelope = SOAP12, Namespace12
	}
	if r.soap == 0 || string(r.xml.Local) != "Envelope" {
		r.fail(RuleEnvelope, "Envelope", r.xml.Offset, string(r.xml.URI)+" "+string(r.xml.Local), "is %, not an Envelope of SOAP 1.1 or 1.2")
		return
	}
	at := r.xml.Offset
	header, body := false, false
	for r.child(RuleEnvelope, "Envelope") {
		switch {
		case r.named(r.envelope, "Header") && !header && !body:
			header = true
			r.skip()
		case r.named(r.envelope, "Body") && !body:
			body = true
			r.body(entry)
		case r.soap == SOAP11 && body && len(r.xml.URI) > 0 && string(r.xml.URI) != r.envelope: // SOAP 1.1 4.1.1 allows it
			r.note("Envelope", r.xml.Offset, "has another element after its Body")
			r.skip()
		default:
			r.fail(RuleEnvelope, "Envelope", r.xml.Offset, string(r.xml.Local), "has the element %, where a Header may be, and then one Body")
		}
	}
	if !body {
		r.fail(RuleEnvelope, "Envelope", at, "", "has no Body")
	}
	r.next() // what comes after the root element
}

func (r *reader) body(entry func()) {
	at, n := r.xml.Offset, 0
	for r.child(RuleBody, "Body") {
		if n++; n > 1 {
			r.fail(RuleBody, "Body", r.xml.Offset, string(r.xml.Local), "has a second element, %")
			return
		}
		entry()
	}
	if n == 0 {
		r.fail(RuleBody, "Body", at, "", "has no element in it")
	}
}

func isBlank(b []byte) bool {
	for _, c := range b {
		if !strictxml.IsSpace(c) {
			return false
		}
	}
	return true
}
