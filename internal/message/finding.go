package message

import (
	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/spec"
)

// AppendFinding appends a line for a violation found in a capture, or for a problem
// of the capture, which has no class. what is the detail with its field.
func (l *List) AppendFinding(dst []byte, b *spec.Violation, what string, c *capture.Place) []byte {
	if b.Class == 0 {
		return l.AppendProblem(dst, b.Detail, c)
	}
	dst = l.place(dst, c)
	dst = append(dst, pad(b.Class.String(), len("behaviour"))+gap...)
	dst = put(dst, l.paint(b.Class), b.Rule)
	dst = append(dst, gap...)
	dst = append(dst, what...)
	return append(dst, '\n')
}

// AppendRequirement appends a line with a requirement below a finding.
func (t *Text) AppendRequirement(dst []byte, level spec.Level, section, text string) []byte {
	dst = put(dst, t.Style.dim, pad("", 6)+gap+level.String()+", "+section+": "+text)
	return append(dst, '\n')
}

// AppendCatalogue appends a requirement as an entry of a list: its id with what
// is known of it, the sentence, and what checks it or why nothing does.
func (t *Text) AppendCatalogue(dst []byte, r *spec.Requirement) []byte {
	dst = put(dst, t.Style.title, r.ID)
	dst = put(dst, t.Style.dim, "  "+r.Section+", "+r.Level.String()+", "+r.Class.String())
	dst = append(dst, "\n  "+r.Text+"\n"...)
	if r.Check != "" {
		return put(dst, t.Style.dim, "  check: "+r.Check+"\n")
	}
	return put(dst, t.Style.dim, "  not shown: "+r.Unobservable+"\n")
}
