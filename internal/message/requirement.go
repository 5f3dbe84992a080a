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

// Requirement appends an entry of the catalogue: the requirement, and what checks
// it or why nothing can.
func (p *Printer) Requirement(dst []byte, r *spec.Requirement) []byte {
	if p.Form == FormJSON {
		return appendRequirement(dst, r)
	}
	dst = put(dst, p.Style.title, r.ID)
	dst = put(dst, p.Style.dim, gap+where(r)+", "+r.Level.String()+", "+r.Class.String())
	dst = append(dst, "\n  "+r.Text+"\n"...)
	if r.CheckedBy == spec.NotObservable {
		return put(dst, p.Style.dim, "  not observable: "+r.Unobservable+"\n")
	}
	return put(dst, p.Style.dim, "  checked by: "+checkedBy(r)+"\n")
}

func appendRequirement(dst []byte, r *spec.Requirement) []byte {
	name := `{"`
	for _, member := range [...]struct{ name, value string }{
		{"id", r.ID}, {"section", r.Section}, {"level", r.Level.String()}, {"class", r.Class.String()}, {"text", r.Text},
		{"checkedBy", checkedBy(r)}, {"notObservable", r.Unobservable},
	} {
		if member.value != "" {
			dst = append(dst, name+member.name+`":`...)
			dst = appendString(dst, member.value)
			name = `,"`
		}
	}
	if r.Derived {
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
