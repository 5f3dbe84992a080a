package coverage

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/hostedcache/pchc/spec"
)

// table holds all points.
type table struct {
	messages map[message]*field
	rules    []string       // ids
	index    map[string]int // of rules
	families [numFamilies]family
	owners   []*field // of each point; nil in pairs
}

// message identifies a layout: names alone do not.
type message struct{ name, section string }

// numFamilies is the number of families of rules, those of specifications that occur
// together: MS-PCHC with MS-PCCRC, MS-SMB2, MS-PCCRR, MS-PCCRD.
const numFamilies = 4

// family is the rules that one message may violate together.
type family struct {
	rules []int
	pairs Point // the first of len(rules)*len(rules)
}

// field is a node of the tree of fields that a message may have. The elements
// of a list share one.
type field struct {
	path   string // "BATCHED_OFFER_MESSAGE SegmentDescriptor[].BlockSize"
	name   string // last part of the path, without brackets
	form   spec.Form
	depth  int // lists around it, itself included
	size   int // bytes of an Integer
	xml    bool
	fields []*field
	item   *field // of a List of byte strings, its elements
	values []uint64
	sizes  []int

	first      Point // classes() of a leaf or list
	rest       Point // of a structure, or of a list of them
	rules      []int // that can be violated here
	violations Point // len(rules)*places()
}

var theTable = sync.OnceValue(func() *table {
	t := &table{messages: make(map[message]*field), index: make(map[string]int)}
	names := make(map[string]bool)
	for _, l := range spec.Layouts() {
		if !l.Message {
			continue
		}
		f := &field{path: l.Name, form: spec.Structure}
		if names[l.Name] {
			f.path += "(" + strings.TrimPrefix(l.Section, "MS-") + ")"
		}
		names[l.Name] = true
		t.messages[message{l.Name, l.Section}] = f
		t.structure(f, l, l.Name)
	}
	t.discovery()
	for i, id := range t.rules {
		f := &t.families[familyOf(id)]
		f.rules = append(f.rules, i)
	}
	for i := range t.families {
		f := &t.families[i]
		f.pairs = Point(len(t.owners))
		t.owners = append(t.owners, make([]*field, len(f.rules)*len(f.rules))...)
	}
	return t
})

// take gives f the next n points.
func (t *table) take(f *field, n int) Point {
	first := Point(len(t.owners))
	for range n {
		t.owners = append(t.owners, f)
	}
	return first
}

// structure makes the fields of f, which l lays out, in the message of that
// name.
func (t *table) structure(f *field, l *spec.Layout, message string) {
	f.rest = t.take(f, 1)
	for i := range l.Fields {
		lf := &l.Fields[i]
		c := &field{path: f.path + separator(f) + lf.Name, name: lf.Name, form: lf.Form, depth: f.depth}
		f.fields = append(f.fields, c)
		t.bind(c, message, lf.Constraints)
		t.bind(c, message, lf.Comparisons)
		t.bind(c, message, lf.Inside)
		t.bind(c, message, []spec.Constraint{l.Truncated, lf.Truncated})
		switch lf.Form {
		case spec.Structure:
			t.structure(c, lf.Of, message)
		case spec.List:
			c.path, c.depth = c.path+"[]", c.depth+1
			c.first = t.take(c, c.classes())
			if lf.Of != nil {
				t.bind(c, message, lf.Of.Each)
				t.structure(c, lf.Of, message)
			} else {
				c.rest = t.take(c, 1)
				c.item = &field{path: c.path, form: spec.Bytes, sizes: sizes(lf.Item)}
				c.item.first = t.take(c.item, c.item.classes())
			}
		case spec.Integer:
			c.size, c.values = lf.Extent.Bytes, values(l, lf)
			c.first = t.take(c, c.classes())
		default:
			c.sizes = sizes(lf.Extent)
			c.first = t.take(c, c.classes())
		}
		c.violations = t.take(c, len(c.rules)*c.places())
	}
}

func separator(f *field) string {
	if f.name == "" {
		return " "
	}
	return "."
}

// bind adds the rules that apply in the message.
func (t *table) bind(f *field, message string, constraints []spec.Constraint) {
	for _, c := range constraints {
		if c.Rule == "" || c.In != "" && c.In != message || c.NotIn == message || f.rule(t, c.Rule) >= 0 {
			continue
		}
		i, ok := t.index[c.Rule]
		if !ok {
			i = len(t.rules)
			t.index[c.Rule] = i
			t.rules = append(t.rules, c.Rule)
		}
		f.rules = append(f.rules, i)
	}
}

// familyOf returns the index of the family of a rule.
func familyOf(id string) int {
	switch {
	case strings.HasPrefix(id, "SMB2"):
		return 1
	case strings.HasPrefix(id, "PCCRR"):
		return 2
	case strings.HasPrefix(id, "PCCRD"):
		return 3
	}
	return 0
}

// pair returns the point of two rules that one message violates, ok if they are of one
// family.
func (t *table) pair(first, second int) (p Point, ok bool) {
	f := &t.families[familyOf(t.rules[first])]
	i, j := slices.Index(f.rules, first), slices.Index(f.rules, second)
	return f.pairs + Point(i*len(f.rules)+j), j >= 0
}

// rule returns which of the field's rules has that id, -1 for none.
func (f *field) rule(t *table, id string) int {
	for i, r := range f.rules {
		if t.rules[r] == id {
			return i
		}
	}
	return -1
}

// Places of an element in its list.
const (
	only = iota
	first
	last
	middle
	places // how many of these there are
)

var placeNames = [places]string{"only", "first", "last", "middle"}

// places returns the number of places of a violation: all combinations of the
// places in the lists around it.
func (f *field) places() int {
	n := 1
	for range f.depth {
		n *= places
	}
	return n
}

func place(i, n int) int {
	switch {
	case n <= 1:
		return only
	case i == 0:
		return first
	case i == n-1:
		return last
	}
	return middle
}

// find returns the field of that path below f, and its place in n, the node of f.
func (f *field) find(path string, n *spec.Node) (*field, int) {
	at, depth := 0, f.depth
	for path != "" {
		step, rest, _ := strings.Cut(path, ".")
		path = rest
		step, index, inList := strings.Cut(step, "[")
		c := f.child(step)
		if c == nil { // what the bytes of f say
			break
		}
		f, n = c, n.Child(step)
		if !inList {
			continue
		}
		i, length := 0, 0
		for _, digit := range []byte(index[:len(index)-1]) {
			i = 10*i + int(digit-'0')
		}
		if n != nil {
			length = len(n.Children)
		}
		at, depth = at*places+place(i, length), depth+1
		if i < length {
			n = &n.Children[i]
		} else {
			n = nil
		}
	}
	for ; depth < f.depth; depth++ { // the violation is at the list itself
		at *= places
	}
	return f, at
}

func (f *field) child(name string) *field {
	for _, c := range f.fields {
		if c.name == name {
			return c
		}
	}
	return nil
}

// name returns the name of a point.
func (t *table) name(p Point) string {
	if int(p) >= len(t.owners) {
		return "point " + strconv.Itoa(int(p))
	}
	f := t.owners[p]
	switch {
	case f == nil:
		return t.pairName(p)
	case p == f.rest && (f.form == spec.Structure || f.form == spec.List):
		return f.path + separator(f) + "Rest"
	case len(f.rules) > 0 && p >= f.violations:
		rule, place := t.violation(f, p)
		if place != "" {
			place = ", " + place
		}
		return f.path + " violates " + rule + place
	}
	return f.path + " " + f.className(int(p-f.first))
}

// pairName returns the name of a point of two violations.
func (t *table) pairName(p Point) string {
	last := numFamilies - 1
	for t.families[last].pairs > p {
		last--
	}
	f := &t.families[last]
	i := int(p - f.pairs)
	return "violates " + t.rules[f.rules[i/len(f.rules)]] + ", then " + t.rules[f.rules[i%len(f.rules)]]
}

// violation returns the rule and place of a point of violations of f.
func (t *table) violation(f *field, p Point) (rule, place string) {
	i := int(p - f.violations)
	rule = t.rules[f.rules[i/f.places()]]
	for i, n := i%f.places(), f.places()/places; n > 0; n /= places {
		if place != "" {
			place += ", "
		}
		place += placeNames[i/n%places]
	}
	return rule, place
}
