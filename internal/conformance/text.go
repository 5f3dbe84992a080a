package conformance

import (
	"fmt"

	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/spec"
)

// Text writes the findings of a capture, one on a line; findings of one rule in one
// message share a line. Below the first of each rule is the requirement.
type Text struct {
	Printer *message.Printer

	explained map[string]bool
	held      *Finding // the latest
	more      int      // findings that share its line
}

// Append appends a finding, or holds it back until the next one.
func (t *Text) Append(dst []byte, f *Finding) []byte {
	if h := t.held; h != nil && h.Rule == f.Rule && h.Frame == f.Frame && h.Src == f.Src && h.Class != 0 {
		t.more++
		return dst
	}
	dst = t.Flush(dst)
	held := *f
	t.held = &held
	return dst
}

// Flush appends what was held back.
func (t *Text) Flush(dst []byte) []byte {
	f := t.held
	if f == nil {
		return dst
	}
	more := t.more
	t.held, t.more = nil, 0
	switch f.Rule {
	case CaptureProblem:
		return t.Printer.Problem(dst, f.Detail, &f.Place)
	case CaptureNote:
		return t.Printer.Note(dst, f.Detail, &f.Place)
	}
	dst = t.Printer.Violation(dst, &f.Violation, more, &f.Place)
	if !t.explained[f.Rule] {
		if t.explained == nil {
			t.explained = map[string]bool{}
		}
		t.explained[f.Rule] = true
		dst = t.Printer.AppendExpected(dst, &spec.Requirement{Section: f.Section, Text: f.Expected, Derived: f.Derived})
	}
	return dst
}

// Summarize returns a line about a checked capture.
func Summarize(sum Summary, found Count) string {
	s := fmt.Sprintf("%s in %s, %s", found, message.Count(sum.Requests, "request"), message.Count(sum.Responses, "response"))
	if sum.RetrievalRequests+sum.RetrievalResponses > 0 {
		s += fmt.Sprintf(", %s and %s of retrieval", message.Count(sum.RetrievalRequests, "request"), message.Count(sum.RetrievalResponses, "response"))
	}
	if sum.Discoveries > 0 {
		s += fmt.Sprintf(", %s of discovery", message.Count(sum.Discoveries, "message"))
	}
	if sum.Transfers > 0 {
		s += fmt.Sprintf(", %s with PeerDist fields", message.Count(sum.Transfers, "HTTP exchange"))
	}
	if sum.FileRequests > 0 {
		s += fmt.Sprintf(", %s to file servers", message.Count(sum.FileRequests, "request"))
	}
	s += updateCount(sum.UpdateCalls)
	if n := sum.Encrypted - sum.Decrypted; n > 0 {
		s += ", " + message.Count(n, "connection") + " with TLS not looked into"
	}
	return s
}
