package message

import (
	"strings"

	"github.com/fatih/color"

	"github.com/hostedcache/pchc/spec"
)

// AppendExpected appends a line with the text of a requirement, to go below a
// violation of it.
func (t *Text) AppendExpected(dst []byte, r *spec.Requirement) []byte {
	return t.below(dst, t.Style.dim, where(r)+": "+r.Text)
}

// where returns the section of a requirement, and whether it is derived from it.
func where(r *spec.Requirement) string {
	if r.Derived {
		return r.Section + " (derived)"
	}
	return r.Section
}

// below appends indented lines.
func (t *Text) below(dst []byte, style *color.Color, text string) []byte {
	for _, line := range wrap(text, t.Width-len(belowPlace)) {
		dst = put(dst, style, belowPlace+line)
		dst = append(dst, '\n')
	}
	return dst
}

// wrap breaks text at blanks into lines of at most width columns, where width is
// positive.
func wrap(text string, width int) (lines []string) {
	for 0 < width && width < len(text) {
		at := strings.LastIndexByte(text[:width+1], ' ')
		if at <= 0 {
			break
		}
		lines, text = append(lines, text[:at]), text[at+1:]
	}
	return append(lines, text)
}

// Entry is a requirement of the catalogue, in words.
type Entry struct {
	ID, Section, Level, Class, Text string
	Derived                         bool
	CheckedBy                       string // what shows a violation, "" if nothing can
	NotObservable                   string // why nothing can, in a clause
}

// Requirement appends an entry of the catalogue: the requirement, and what checks
// it or why nothing can.
func (p *Printer) Requirement(dst []byte, r *spec.Requirement) []byte {
	return p.Entry(dst, &Entry{r.ID, r.Section, r.Level.String(), r.Class.String(), r.Text, r.Derived, checkedBy(r), r.Unobservable})
}

// Entry is Requirement for one of a protocol that package spec does not know.
func (p *Printer) Entry(dst []byte, e *Entry) []byte {
	if p.Form == FormJSON {
		return appendEntry(dst, e)
	}
	dst = put(dst, p.Style.title, e.ID)
	dst = put(dst, p.Style.dim, gap+where(&spec.Requirement{Section: e.Section, Derived: e.Derived})+", "+e.Level+", "+e.Class)
	dst = append(dst, "\n  "+e.Text+"\n"...)
	if e.CheckedBy == "" {
		return put(dst, p.Style.dim, "  not observable: "+e.NotObservable+"\n")
	}
	return put(dst, p.Style.dim, "  checked by: "+e.CheckedBy+"\n")
}

func appendEntry(dst []byte, e *Entry) []byte {
	name := `{"`
	for _, member := range [...]struct{ name, value string }{
		{"id", e.ID}, {"section", e.Section}, {"level", e.Level}, {"class", e.Class}, {"text", e.Text},
		{"checkedBy", e.CheckedBy}, {"notObservable", e.NotObservable},
	} {
		if member.value != "" {
			dst = append(dst, name+member.name+`":`...)
			dst = appendString(dst, member.value)
			name = `,"`
		}
	}
	if e.Derived {
		dst = append(dst, `,"derived":true`...)
	}
	return append(dst, '}', '\n')
}

// checkedBy describes what shows a violation of a requirement, "" if nothing can.
func checkedBy(r *spec.Requirement) string {
	switch r.CheckedBy {
	case spec.NotObservable:
		return ""
	case spec.OtherRequirement:
		return r.Other
	}
	return r.CheckedBy.String()
}
