package webdavrepl

import (
	"bytes"
	"strconv"
	"strings"
)

// Header is a header of a Message, as it was written but for white space around its
// value.
type Header struct {
	Name, Value string
}

// Message is an HTTP request or response with what this protocol has in it.
type Message struct {
	Method, Target string // of a request
	Status         int    // of a response, otherwise 0
	Reason         string // of a response
	Headers        []Header
	Body           []byte // aliases what was decoded

	// ContentLength is the value of that header, -1 if there is none. It may differ from
	// the length of Body, as on the page of the scenario.
	ContentLength int64

	ResourceTag string // header, without angle brackets
	ReplUID     string // header, without angle brackets
	If          []List

	Search   *SearchRequest // the body of a SEARCH with a repl
	Manifest *Manifest      // the body of a 207 with a repl
}

// Header returns the value of the first header of that name, in any case.
func (m *Message) Header(name string) (value string, ok bool) {
	for _, h := range m.Headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value, true
		}
	}
	return "", false
}

// DecodeMessage decodes b: a start line, headers, an empty line and the body, which is
// all that follows; the lines before the body end with CR LF. The error, if any, is an
// *Error for the first format rule that b violates. A body is looked at if it answers or asks for a
// manifest; other bodies are opaque.
func DecodeMessage(b []byte) (Message, error) {
	m := Message{ContentLength: -1}
	at := 0
	line := func(rule Rule) (string, *Error) {
		rest := b[at:min(len(b), at+MaxLine)]
		n := bytes.IndexByte(rest, '\n')
		if n < 1 || rest[n-1] != '\r' {
			return "", newError(rule, "HTTP", at, string(rest[:min(len(rest), 64)]), "line does not end with CR LF: ")
		}
		at += n + 1
		return string(rest[:n-1]), nil
	}
	s, e := line(RuleBadStartLine)
	if e != nil {
		return Message{}, e
	}
	if !m.startLine(s) {
		return Message{}, newError(RuleBadStartLine, "HTTP", 0, s, "has no start line of HTTP/1.1: ")
	}
	for {
		start := at
		s, e := line(RuleBadHeader)
		if e != nil {
			return Message{}, e
		}
		if s == "" {
			break
		}
		name, value, ok := strings.Cut(s, ":")
		if !ok || !isToken(name) || !isFieldValue(value) {
			return Message{}, newError(RuleBadHeader, "HTTP", start, s, "has no header: ")
		}
		h := Header{name, strings.Trim(value, " \t")}
		m.Headers = append(m.Headers, h)
		if e := m.header(h); e != nil {
			e.Offset += start + len(name) + 1 + strings.Index(value, h.Value)
			return Message{}, e
		}
	}
	m.Body = b[at:]
	return m.body(at)
}

// MaxLine is the length in bytes of the longest line that DecodeMessage reads.
const MaxLine = 64 << 10

func (m *Message) startLine(s string) bool {
	if strings.HasPrefix(s, "HTTP/") {
		var ok bool
		m.Status, m.Reason, ok = statusLine(s)
		return ok
	}
	var version string
	m.Method, s, _ = strings.Cut(s, " ")
	m.Target, version, _ = strings.Cut(s, " ")
	return isToken(m.Method) && m.Target != "" && isVersion(version)
}

// header reads a header that means something here. Offsets are in its value.
func (m *Message) header(h Header) *Error {
	var err error
	switch strings.ToLower(h.Name) {
	case "resourcetag":
		m.ResourceTag, err = DecodeResourceTag(h.Value)
	case "repl-uid":
		m.ReplUID, err = DecodeReplUID(h.Value)
	case "if":
		m.If, err = DecodeIf(h.Value)
	case "content-length":
		n, bad := strconv.ParseUint(h.Value, 10, 63)
		if bad != nil || m.ContentLength >= 0 && m.ContentLength != int64(n) {
			return newError(RuleBadContentLength, "HTTP", 0, h.Value, "Content-Length must be one number, not ")
		}
		m.ContentLength = int64(n)
	}
	e, _ := err.(*Error)
	return e
}

// body reads the body, at from the start of the message, if it belongs to this protocol.
func (m Message) body(at int) (Message, error) {
	var err error
	switch {
	case m.Method == "SEARCH" && len(m.Body) > 0:
		var q SearchRequest
		if q, err = DecodeSearchRequest(m.Body); err == nil {
			m.Search = &q
		}
	case m.Status == 207:
		var manifest Manifest
		if manifest, err = DecodeManifest(m.Body); err == nil {
			m.Manifest = &manifest
		}
	}
	if e, _ := err.(*Error); e != nil {
		if e.Rule == RuleReplCount && e.Detail == noRepl {
			return m, nil // it searches, or answers, something else
		}
		e.Offset += at
		return Message{}, e
	}
	return m, nil
}

func isToken(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7F || strings.IndexByte(`()<>@,;:\"/[]?={}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

func isFieldValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7F {
			return false
		}
	}
	return true
}
