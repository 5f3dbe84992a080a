package message

import (
	"strconv"
	"strings"

	"github.com/fatih/color"

	"github.com/hostedcache/pchc/spec"
)

// Text writes messages for people.
type Text struct {
	Style       Style
	Width       int // columns to stay within if that is possible, 0 for any number
	ShowSecrets bool

	rows []row // used again
}

// row is a line of the tree, or several where its bytes do not fit on one.
type row struct {
	offset     int // -1: of nothing in the message
	raw        []byte
	secret     bool
	depth      int
	name       string
	title      bool // the name is that of a structure
	value      string
	missing    int // bytes that it should have beside raw
	violations []spec.Violation
}

// Append appends m as a heading and a tree: offset, bytes, name and meaning of
// every field, with every violation below the field that has it.
func (t *Text) Append(dst []byte, m *Message) []byte {
	d := m.Dissection
	dst = t.heading(dst, m)
	rows := (&collector{text: t, violations: d.Violations, rows: t.rows[:0]}).collect(m)
	t.rows = rows
	l := t.layout(rows, len(m.Body))
	for i := range rows {
		dst = t.row(dst, &rows[i], l)
	}
	if len(d.Violations) > 0 && len(rows) > longTree {
		dst = t.summary(dst, d)
	}
	return dst
}

// AppendNote appends a line about the message that follows.
func (t *Text) AppendNote(dst []byte, note string) []byte {
	dst = put(dst, t.Style.dim, note)
	return append(dst, '\n')
}

// longTree is the number of rows from which on the heading is likely to be out
// of sight at the tree's end.
const longTree = 30

// heading appends the line that sums the message up.
func (t *Text) heading(dst []byte, m *Message) []byte {
	d := m.Dissection
	dst = put(dst, t.Style.title, d.Message)
	dst = append(dst, ", "...)
	dst = append(dst, count(len(m.Body), "byte")...)
	dst = append(dst, ", "...)
	dst = t.verdict(dst, d)
	if d.Root.Section != "" {
		dst = put(dst, t.Style.dim, " ("+d.Root.Section+")")
	}
	return append(dst, '\n')
}

// verdict appends "valid" or "INVALID", and how many rules of which class a
// message breaks.
func (t *Text) verdict(dst []byte, d *spec.Dissection) []byte {
	if d.Valid() {
		dst = put(dst, t.Style.good, "valid")
	} else {
		dst = put(dst, t.Style.bad, "INVALID")
	}
	for _, class := range []spec.Class{spec.Format, spec.Sender} {
		n := 0
		for i := range d.Violations {
			if d.Violations[i].Class == class {
				n++
			}
		}
		if n > 0 {
			dst = append(dst, ", "...)
			dst = put(dst, t.paint(class), count(n, class.String()+" violation"))
		}
	}
	return dst
}

// summary appends all violations, a line each.
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

// collector makes rows of a tree.
type collector struct {
	text       *Text
	violations []spec.Violation            // without those of fields that are not there
	at         map[string][]spec.Violation // by field
	absent     []spec.Violation            // of fields that are not there
	rows       []row
	path       []byte
}

func (c *collector) collect(m *Message) []row {
	c.sortViolations(&m.Dissection.Root)
	for i := range m.Dissection.Root.Children {
		c.node(&m.Dissection.Root.Children[i], 0)
	}
	c.missing(-1)
	if m.Derived != nil {
		c.derived(m.Derived)
	}
	return c.rows
}

// sortViolations tells violations of fields that the tree has from others.
func (c *collector) sortViolations(root *spec.Node) {
	if len(c.violations) == 0 {
		return
	}
	c.at = map[string][]spec.Violation{}
	for _, b := range c.violations {
		c.at[b.Field] = append(c.at[b.Field], b)
	}
	present := map[string]bool{}
	var visit func(n *spec.Node)
	visit = func(n *spec.Node) {
		for i := range n.Children {
			child := &n.Children[i]
			length := c.enter(child)
			if c.at[string(c.path)] != nil {
				present[string(c.path)] = true
			}
			visit(child)
			c.path = c.path[:length]
		}
	}
	visit(root)
	for _, b := range c.violations {
		if !present[b.Field] {
			c.absent = append(c.absent, b)
		}
	}
}

// enter appends a node to the path and returns the path's length before. The
// elements of a list are named in place of the list.
func (c *collector) enter(n *spec.Node) int {
	length := len(c.path)
	if n.Index >= 0 {
		c.path = append(c.path, '[')
		c.path = strconv.AppendInt(c.path, int64(n.Index), 10)
		c.path = append(c.path, ']')
		return length
	}
	if length > 0 {
		c.path = append(c.path, '.')
	}
	c.path = append(c.path, n.Name...)
	return length
}

// node makes rows of n and what is in it.
func (c *collector) node(n *spec.Node, depth int) {
	r := row{offset: n.Offset, depth: depth, name: n.Name}
	if c.at != nil {
		c.missing(n.Offset)
		length := c.enter(n)
		defer func() { c.path = c.path[:length] }()
		r.violations = c.at[string(c.path)]
	}
	if n.Index >= 0 {
		r.name += "[" + strconv.Itoa(n.Index) + "]"
	}
	switch n.Form {
	case spec.List:
		if len(n.Children) == 0 || r.violations != nil {
			r.value = count(len(n.Children), "element")
			c.rows = append(c.rows, r)
		}
		for i := range n.Children { // an element's name says which list it is in
			c.node(&n.Children[i], depth)
		}
		return
	case spec.Structure:
		r.title = true
		c.rows = append(c.rows, r)
		for i := range n.Children {
			c.node(&n.Children[i], depth+1)
		}
		return
	}
	r.raw = n.Raw
	r.value = c.value(n)
	r.secret = secret(n) && !c.text.ShowSecrets
	r.missing = n.Size - len(n.Raw)
	c.rows = append(c.rows, r)
}

// value returns what is to be said of a field beside its bytes.
func (c *collector) value(n *spec.Node) string {
	switch {
	case len(n.Raw) < n.Size:
		return "cut short: " + strconv.Itoa(len(n.Raw)) + " of " + count(n.Size, "byte")
	case n.Form != spec.Integer && len(n.Raw) == 0:
		return "empty"
	case n.Form == spec.Rest && !c.text.ShowSecrets:
		return redacted + ": " + count(len(n.Raw), "byte") + " that no field explains, perhaps with a key"
	case n.Form == spec.Rest:
		return "bytes that no field explains"
	case n.Secret && !c.text.ShowSecrets:
		return redacted
	case n.Form != spec.Integer:
		return n.Meaning
	case n.Meaning == "":
		return strconv.FormatUint(n.Value, 10)
	case n.Meaning[0] >= '0' && n.Meaning[0] <= '9':
		return strconv.FormatUint(n.Value, 10) + " (" + n.Meaning + ")"
	case n.Value > 255:
		return n.Meaning + " (0x" + strconv.FormatUint(n.Value, 16) + ")"
	}
	return n.Meaning + " (" + strconv.FormatUint(n.Value, 10) + ")"
}

// missing makes rows of the violations of absent fields that belong before the
// given offset, or of all that are left where that is -1.
func (c *collector) missing(before int) {
	for len(c.absent) > 0 && (before < 0 || c.absent[0].Offset < before) {
		b := c.absent[0]
		c.absent = c.absent[1:]
		name := b.Field[strings.LastIndexByte(b.Field, '.')+1:]
		c.rows = append(c.rows, row{offset: b.Offset, depth: strings.Count(b.Field, "."), name: name, value: "not there", missing: 1,
			violations: []spec.Violation{b}})
	}
}

// derived makes rows of what is not in the message.
func (c *collector) derived(d *Derived) {
	add := func(depth int, name, value string, raw []byte) {
		c.rows = append(c.rows, row{offset: -1, depth: depth, name: name, title: depth == 0, value: value, raw: raw})
	}
	add(0, "derived", "not in the message", nil)
	add(1, "range", span(d.Range.Start, d.Range.Length), nil)
	for i, s := range d.Segments {
		add(1, "segments["+strconv.Itoa(i)+"]", span(s.Start, s.Length), nil)
		add(2, "HoHoDk", "", s.HoHoDk)
	}
}

func span(start, length uint64) string {
	s := Size(length) + " from " + strconv.FormatUint(start, 10)
	if length >= 1<<10 {
		s = strconv.FormatUint(length, 10) + " bytes (" + Size(length) + ") from " + strconv.FormatUint(start, 10)
	}
	return s
}
