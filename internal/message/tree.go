package message

import (
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/hostedcache/pchc/internal/printable"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// Tree is a message as rows of text.
type Tree struct {
	Rows []Row

	text    *Text
	message *Message
	layout  layout
}

// Row is a field, a structure or an element of a list, or one of the computed
// values below them. Rows are in the order of the message.
type Row struct {
	Offset     int    // in the message, -1 for a computed value
	Raw        []byte // of a field: those of its bytes that are present
	Name       string // with the index of an element
	Value      string // meaning of the bytes, "" for none
	Violations []spec.Violation

	depth   int
	size    int    // bytes present, of a structure with all that is in it
	title   bool   // of a structure
	folded  bool   // for elements that are not shown
	number  bool   // Raw is an integer, not text or bytes
	secret  bool   // Raw is not to be shown
	missing int    // bytes that Raw lacks
	tint    int    // which of the colours of fields, from 1; 0 for none
	cite    string // section and requirements
}

// Tree returns the rows of a message.
func (t *Text) Tree(m *Message) *Tree { return t.tree(m, nil) }

// tree makes rows, in the memory of others.
func (t *Text) tree(m *Message, rows []Row) *Tree {
	tree := &Tree{text: t, message: m}
	c := &collector{text: t, rows: rows[:0]}
	c.collect(m)
	tree.Rows = c.rows
	tree.layout = t.layout(tree.Rows, len(m.Body))
	return tree
}

// Heading returns the line above the rows.
func (t *Tree) Heading() []byte {
	return t.text.heading(nil, t.message.Dissection, len(t.message.Body))
}

// AppendRow appends the lines of a row, without its violations: more than one
// where its bytes do not fit on a line.
func (t *Tree) AppendRow(dst []byte, row int) []byte {
	return t.text.row(dst, &t.Rows[row], t.layout)
}

// AppendViolation appends a violation of a row, with marks below the bytes.
func (t *Tree) AppendViolation(dst []byte, row, violation int) []byte {
	r := &t.Rows[row]
	return t.text.violation(dst, r, &r.Violations[violation], t.layout)
}

// longTree is the number of rows from which on the heading is likely to have
// scrolled out of sight.
const longTree = 30

// Summary returns the lines that repeat all violations below a long tree.
func (t *Tree) Summary() []byte {
	if len(t.message.Dissection.Violations) == 0 || len(t.Rows) <= longTree {
		return nil
	}
	return t.text.summary(nil, t.message.Dissection)
}

// collector makes rows of a tree.
type collector struct {
	text       *Text
	violations map[string][]spec.Violation // of fields without a row so far
	faulty     map[string]bool             // paths with violations, there or below
	rows       []Row
	take       func(*Row) // takes each row instead of rows
	path       []byte
	fields     int // leaves so far
	cites      citations
}

// add adds a row.
func (c *collector) add(r Row) {
	if c.take != nil {
		c.take(&r)
		return
	}
	c.rows = append(c.rows, r)
}

func (c *collector) collect(m *Message) {
	all := m.Dissection.Violations
	if len(all) > 0 {
		c.violations = map[string][]spec.Violation{}
		c.faulty = faultyPaths(all)
	}
	layout := c.layout(m.Dissection)
	for _, v := range all {
		if strings.HasPrefix(v.Field, inHTTP) {
			continue // above the tree
		}
		c.violations[v.Field] = append(c.violations[v.Field], v)
	}
	for i := range m.Dissection.Root.Children {
		c.node(&m.Dissection.Root.Children[i], layout, 0)
	}
	for _, v := range all {
		if c.violations[v.Field] != nil {
			c.absent(v, v.Offset >= len(m.Body)-m.Dissection.Unread && m.Dissection.Unread > 0)
		}
	}
	if d := m.Derived; d != nil {
		c.derived(d.Range, len(d.Segments), slices.All(d.Segments))
	}
	if m.Discovery != nil {
		c.discovery(m.Discovery)
	}
}

// layout returns the layout of a message, nil where it is of no interest.
func (c *collector) layout(d *spec.Dissection) *spec.Layout {
	if !c.text.Cite {
		return nil
	}
	return c.cites.of(d)
}

// absent inserts a row for a field that the message lacks, or that is not shown.
func (c *collector) absent(v spec.Violation, unread bool) {
	at := slices.IndexFunc(c.rows, func(r Row) bool { return r.Offset > v.Offset })
	if at < 0 {
		at = len(c.rows)
	}
	r := Row{Offset: v.Offset, Name: v.Field[strings.LastIndexByte(v.Field, '.')+1:], Violations: []spec.Violation{v}, depth: strings.Count(v.Field, ".")}
	if !unread {
		r.missing = 1
	}
	c.rows = slices.Insert(c.rows, at, r)
}

// enter appends a node to the path and returns the length of the path before. An
// element adds its index to the path of its list.
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

// node makes rows of n and its children. around is the layout of the structure that n is
// in, nil if it is unknown or of no interest.
func (c *collector) node(n *spec.Node, around *spec.Layout, depth int) {
	if c.violations != nil {
		length := c.enter(n)
		defer func() { c.path = c.path[:length] }()
	}
	inside := c.row(n, around, depth)
	switch n.Form {
	case spec.List:
		for i := 0; i < len(n.Children); i++ { // the name of an element is that of its list
			if end := c.foldable(n.Children, i); end > i {
				c.hidden(&n.Children[i-1], n.Children[i:end], depth)
				i = end
			}
			c.node(&n.Children[i], around, depth)
		}
	case spec.Structure:
		for i := range n.Children {
			c.node(&n.Children[i], inside, depth+1)
		}
	}
}

// row makes the row of n itself, if it has one. It returns the layout of what is in it.
func (c *collector) row(n *spec.Node, around *spec.Layout, depth int) (inside *spec.Layout) {
	r := Row{Offset: n.Offset, size: len(n.Raw()), depth: depth, Name: n.Name}
	if c.text.Cite {
		r.cite, inside = c.cites.field(n, around)
	}
	if c.violations != nil {
		r.Violations = c.violations[string(c.path)]
		delete(c.violations, string(c.path))
	}
	if n.Index >= 0 {
		r.Name += "[" + strconv.Itoa(n.Index) + "]"
	}
	switch n.Form {
	case spec.List:
		if len(n.Children) == 0 || r.Violations != nil {
			r.Value = Count(len(n.Children), "element")
			c.add(r)
		}
		return inside
	case spec.Text:
		r.Value = printable.String(strconv.Quote(n.Meaning))
		c.add(r)
		return inside
	case spec.Structure:
		r.title = true
		c.add(r)
		return inside
	}
	c.fields++
	r.tint, r.number = c.fields, n.Form == spec.Integer
	if r.Value = c.value(n); !isText(n) {
		r.Raw = n.Raw()
	}
	r.secret = n.Secret && !c.text.ShowSecrets
	r.missing = n.Size - len(n.Raw())
	c.add(r)
	return inside
}

// value returns the meaning of a field.
func (c *collector) value(n *spec.Node) string {
	switch {
	case n.Truncated():
		return "truncated"
	case n.Form != spec.Integer && len(n.Raw()) == 0:
		return "empty"
	case n.Secret && n.Name != "SegmentSecret" && !c.text.ShowSecrets:
		return Count(len(n.Raw()), "byte") + ", possibly of a key"
	case n.Form == spec.Rest:
		return "bytes outside of any field"
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

// derived makes rows of the computed values.
func (c *collector) derived(r pccrc.Range, n int, segments iter.Seq2[int, pccrc.Segment]) {
	c.computed(0, "derived", "computed (not on the wire)", nil)
	c.computed(1, "range", span(r.Start, r.Length), nil)
	end := n - lastElements
	for i, s := range segments {
		if c.text.Fold && i >= firstElements && i < end && end-firstElements >= leastHidden {
			if i == firstElements {
				c.add(Row{Offset: -1, depth: 1, Name: "segments" + rangeOf(i, end-1), Value: Count(end-i, "segment") + " not shown", folded: true})
			}
			continue
		}
		c.computed(1, "segments["+strconv.Itoa(i)+"]", span(s.Start, uint64(s.Length)), nil)
		c.computed(2, "HoHoDk", "", s.AppendHoHoDk(nil))
	}
}

func (c *collector) computed(depth int, name, value string, raw []byte) {
	c.add(Row{Offset: -1, depth: depth, Name: name, title: depth == 0, Value: value, Raw: raw})
}

func span(start, length uint64) string {
	s := Size(length) + " from " + strconv.FormatUint(start, 10)
	if length >= 1<<10 {
		s = strconv.FormatUint(length, 10) + " bytes (" + Size(length) + ") from " + strconv.FormatUint(start, 10)
	}
	return s
}
