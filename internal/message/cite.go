package message

import (
	"slices"
	"strings"

	"github.com/hostedcache/pchc/spec"
)

// citations finds the section and the requirements of fields in the tables of package
// spec. XML has no tables: of its elements the section is all there is.
type citations struct {
	message string
	texts   map[*spec.LayoutField]string
}

// of prepares for a message. It returns its layout, nil if it has none.
func (c *citations) of(d *spec.Dissection) *spec.Layout {
	c.message, c.texts = d.Message, make(map[*spec.LayoutField]string)
	for _, l := range spec.Layouts() {
		if l.Message && l.Name == d.Message && l.Section == d.Root.Section {
			return l
		}
	}
	return nil
}

// field returns the citation of a field, and the layout of what is in it. around is the
// layout of the structure that it is in, nil if it has none.
func (c *citations) field(n *spec.Node, around *spec.Layout) (cite string, inside *spec.Layout) {
	if around == nil {
		return n.Section, nil
	}
	at := slices.IndexFunc(around.Fields, func(f spec.LayoutField) bool { return f.Name == n.Name })
	if at < 0 {
		return n.Section, nil
	}
	f := &around.Fields[at]
	if n.Index > 0 { // what the list must meet stands beside the first
		return c.rules(n.Section, each(f.Of)), f.Of
	}
	cite, ok := c.texts[f]
	if !ok {
		cite = c.rules(n.Section, f.Constraints, f.Comparisons, f.Inside, each(f.Of))
		c.texts[f] = cite
	}
	return cite, f.Of
}

// rules lists a section and the requirements of some constraints that bind in the message.
func (c *citations) rules(section string, constraints ...[]spec.Constraint) string {
	all := []string{section}
	for _, some := range constraints {
		for i := range some {
			if b := &some[i]; (b.In == "" || b.In == c.message) && b.NotIn != c.message && !slices.Contains(all, b.Rule) {
				all = append(all, b.Rule)
			}
		}
	}
	return strings.Join(all, ", ")
}

func each(l *spec.Layout) []spec.Constraint {
	if l == nil {
		return nil
	}
	return l.Each
}

// citeBeside is how wide the column of values is at most where citations stand beside it.
const citeBeside = 32

// cite appends the citation of a row: beside its value where there is room, else below.
func (t *Text) cite(dst []byte, r *Row, l layout) []byte {
	if r.cite == "" {
		return endLine(dst)
	}
	column := l.left() + l.name + len(gap)
	beside := column + l.value + len(gap)
	if len(r.Value) <= l.value && (t.Width == 0 || beside+len(r.cite) <= t.Width) {
		dst = blanks(dst, l.value-len(r.Value)+len(gap))
		return append(put(dst, t.Style.dim, r.cite), '\n')
	}
	dst = endLine(dst)
	indent := l.left() + 2*r.depth + len(gap)
	if t.Width > 0 {
		indent = min(indent, max(0, t.Width-len(r.cite)))
	}
	for _, line := range wrap(r.cite, t.Width-indent) {
		dst = append(put(blanks(dst, indent), t.Style.dim, line), '\n')
	}
	return dst
}
