package message

import (
	"github.com/fatih/color"

	"github.com/hostedcache/pchc/spec"
)

// Text is the format of messages for people.
type Text struct {
	Style       Style
	Width       int // columns to stay within where possible, 0 for no limit
	ShowSecrets bool
	Fold        bool // hide the middle of long lists and of long bytes, but nothing that violates a rule
	ASCII       bool // a column with the characters of bytes, where the width has room for it
	Cite        bool // beside each field its section and the requirements that it must meet

	// Spill, if not nil, takes what is appended of a long message, so that it need not be
	// in memory as a whole. What Append and the methods of a Printer return comes after it.
	Spill func([]byte)

	rows []Row // used again
}

// spill gives dst away if it is long. It returns what to append to.
func (t *Text) spill(dst []byte) []byte {
	if t.Spill == nil || len(dst) < 64<<10 {
		return dst
	}
	t.Spill(dst)
	return dst[:0]
}

// Append appends a message as a tree: a heading, and for each field its offset,
// bytes, name and meaning, with its violations below.
func (t *Text) Append(dst []byte, m *Message) []byte {
	tree := t.tree(m, t.rows)
	t.rows = tree.Rows
	dst = append(dst, tree.Heading()...)
	for i := range tree.Rows {
		dst = t.spill(tree.AppendRow(dst, i))
		for j := range tree.Rows[i].Violations {
			dst = tree.AppendViolation(dst, i, j)
		}
	}
	if m.Dissection.Unread > 0 {
		dst = t.AppendNote(dst, m.unread())
	}
	return append(dst, tree.Summary()...)
}

// AppendNote appends a line about the message that follows.
func (t *Text) AppendNote(dst []byte, note string) []byte {
	dst = put(dst, t.Style.dim, note)
	return append(dst, '\n')
}

// heading appends the first line: name, length and verdict.
func (t *Text) heading(dst []byte, d *spec.Dissection, length int) []byte {
	dst = put(dst, t.Style.title, d.Message)
	dst = append(dst, ", "...)
	dst = append(dst, Count(length, "byte")...)
	dst = append(dst, ", "...)
	dst = t.verdict(dst, d)
	if d.Root.Section != "" {
		dst = put(dst, t.Style.dim, " ("+d.Root.Section+")")
	}
	return append(dst, '\n')
}

// verdict appends "valid" or "INVALID", and the number of violations of each
// class.
func (t *Text) verdict(dst []byte, d *spec.Dissection) []byte {
	if d.Valid() {
		dst = put(dst, t.Style.good, "valid")
	} else {
		dst = put(dst, t.Style.bad, "INVALID")
	}
	for _, class := range []spec.Class{spec.Format, spec.Sender, spec.Behaviour} {
		n := 0
		for i := range d.Violations {
			if d.Violations[i].Class == class {
				n++
			}
		}
		if n > 0 {
			dst = append(dst, ", "...)
			dst = put(dst, t.paint(class), Count(n, class.String()+" violation"))
		}
	}
	return dst
}

// summary appends all violations, one a line.
func (t *Text) summary(dst []byte, d *spec.Dissection) []byte {
	dst = put(dst, t.Style.title, "Violations:")
	dst = append(dst, '\n')
	for i := range d.Violations {
		b := &d.Violations[i]
		dst = append(dst, "  "...)
		dst = t.offset(dst, b.Offset, 4)
		dst = append(dst, "  "...)
		dst = put(dst, t.paint(b.Class), b.String())
		dst = put(dst, t.Style.dim, "  "+b.Rule)
		dst = append(dst, '\n')
	}
	return dst
}

func (t *Text) paint(c spec.Class) *color.Color {
	if c == spec.Format {
		return t.Style.bad
	}
	return t.Style.warn
}
