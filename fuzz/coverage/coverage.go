package coverage

import (
	"iter"
	"math/bits"
	"slices"

	"github.com/hostedcache/pchc/spec"
)

// Point is one feature that a message can have. Points are numbered from 0 in the
// order of spec's tables, so numbers differ between versions of this module: store
// names, not numbers.
type Point uint16

// Count is the number of all points. No message has all of them, and some cannot
// be covered at all.
func Count() int { return len(theTable().owners) }

// String returns the name of the point, such as
//
//	SEGMENT_INFO_MESSAGE SegmentInformation.blocks[].cBlocks is 512
//	BATCHED_OFFER_MESSAGE SegmentDescriptor[] violates PCHC-2.2.1.5-MaxDescriptors, last
func (p Point) String() string { return theTable().name(p) }

// Violation returns the rule of a point that is a violation, the field, such as
// "BATCHED_OFFER_MESSAGE SegmentDescriptor[].HashAlgorithm", and the place of the
// element in each list around it: "only", "first", "last" or "middle". ok is false
// for other points.
func (p Point) Violation() (rule, field, place string, ok bool) {
	t := theTable()
	if int(p) >= len(t.owners) {
		return "", "", "", false
	}
	f := t.owners[p]
	if f == nil || len(f.rules) == 0 || p < f.violations {
		return "", "", "", false
	}
	rule, place = t.violation(f, p)
	return rule, f.path, place, true
}

// Map is a set of points. The zero value is empty. It must not be used by several
// goroutines at the same time.
type Map struct {
	words []uint64 // a bit for each point; nil or of full length
	n     int
}

// Len returns the number of points in the set.
func (m *Map) Len() int { return m.n }

// Has reports whether p is in the set.
func (m *Map) Has(p Point) bool {
	return int(p)/64 < len(m.words) && m.words[p/64]>>(p%64)&1 != 0
}

// Add adds the points that a dissected message covers, and returns how many of
// them are new. Only the first call allocates.
func (m *Map) Add(d *spec.Dissection) int {
	t := theTable()
	m.room(t)
	before := m.n
	root := t.messages[message{d.Message, d.Root.Section}]
	if root == nil {
		return 0 // not made by package spec
	}
	m.structure(root, &d.Root)
	m.violations(t, root, d)
	return m.n - before
}

// Merge adds the points of another set, and returns how many of them are new.
func (m *Map) Merge(other *Map) int {
	if other.n == 0 {
		return 0
	}
	m.room(theTable())
	before := m.n
	m.n = 0
	for i := range m.words {
		m.words[i] |= other.words[i]
		m.n += bits.OnesCount64(m.words[i])
	}
	return m.n - before
}

// Clear removes all points.
func (m *Map) Clear() {
	clear(m.words)
	m.n = 0
}

// Clone returns a copy of the set.
func (m *Map) Clone() Map { return Map{slices.Clone(m.words), m.n} }

// All returns the points of the set in ascending order.
func (m *Map) All() iter.Seq[Point] {
	return func(yield func(Point) bool) {
		for i, w := range m.words {
			for ; w != 0; w &= w - 1 {
				if !yield(Point(i*64 + bits.TrailingZeros64(w))) {
					return
				}
			}
		}
	}
}

func (m *Map) room(t *table) {
	if m.words == nil {
		m.words = make([]uint64, (len(t.owners)+63)/64)
	}
}

func (m *Map) set(p Point) {
	if w, bit := &m.words[p/64], uint64(1)<<(p%64); *w&bit == 0 {
		*w |= bit
		m.n++
	}
}

// structure covers the fields of n, which f lays out.
func (m *Map) structure(f *field, n *spec.Node) {
	next := 0
	for i := range n.Children {
		c := &n.Children[i]
		for next < len(f.fields) && f.fields[next].name != c.Name { // some are optional
			next++
		}
		if f.xml { // in any order
			next = slices.IndexFunc(f.fields, func(f *field) bool { return f.name == c.Name })
			if next < 0 {
				next = len(f.fields)
			}
		}
		if next == len(f.fields) || c.Form == spec.Rest { // only the last can be
			m.set(f.rest)
			continue
		}
		m.field(f.fields[next], c)
		next++
	}
}

func (m *Map) field(f *field, n *spec.Node) {
	switch f.form {
	case spec.Structure:
		m.structure(f, n)
	case spec.List:
		m.set(f.first + Point(listClass(len(n.Children))))
		for i := range n.Children {
			e := &n.Children[i]
			switch {
			case e.Form == spec.Rest:
				m.set(f.rest)
			case e.Form == spec.Structure:
				m.structure(f, e)
			default:
				m.set(f.item.first + Point(f.item.class(e)))
			}
		}
	default:
		m.set(f.first + Point(f.class(n)))
	}
}

// violations covers the violations of a message, and the first two together.
func (m *Map) violations(t *table, root *field, d *spec.Dissection) {
	first := -1
	paired := false
	for i := range d.Violations {
		b := &d.Violations[i]
		f, place := root.find(b.Field, &d.Root)
		at := f.rule(t, b.Rule)
		if at < 0 {
			continue // not made by package spec
		}
		m.set(f.violations + Point(at*f.places()+place))
		switch rule := f.rules[at]; {
		case first < 0:
			first = rule
		case !paired && rule != first:
			paired = true
			if p, ok := t.pair(first, rule); ok {
				m.set(p)
			}
		}
	}
}
