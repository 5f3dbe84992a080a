package campaign

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

// variable is something of a message that can have another value while the rest stays.
type variable struct {
	path string // of a field or a list, without indices, see [bare]
	sort sort
	part int // of an octet: which byte
}

// sort is what of a field is a variable.
type sort uint8

const (
	number   sort = iota // the value of an integer
	octets               // a byte string
	octet                // one of its bytes
	length               // its length
	elements             // the number of elements of a list
	position             // the index of the element of the list in which a field is
	siblings             // the number of elements of that list
	whole                // the length of the message
)

func (v variable) String() string {
	switch v.sort {
	case octet:
		return fmt.Sprintf("byte %d of %s", v.part, v.path)
	case length:
		return "the length of " + v.path
	case elements, siblings:
		return "the number of elements in " + v.path
	case position:
		return "the index in " + v.path
	case whole:
		return "the length of the message"
	}
	return v.path
}

// value is that of a variable: a byte string, or a number up to most.
type value struct {
	n    uint64
	s    string
	most uint64
}

// instance is a variable of one message, with its place.
type instance struct {
	index []int // in the lists around it, outer ones first
	value value
	node  *spec.Node
}

// facts are the variables of a message.
type facts struct {
	message string
	all     map[variable][]instance
	around  map[variable][]string // the lists around each
}

// factsOf returns the variables of a message: all, or those with one of the paths.
func factsOf(d *spec.Dissection, paths ...string) *facts {
	f := &facts{message: d.Message, all: map[variable][]instance{}, around: map[variable][]string{}}
	f.all[variable{sort: whole}] = []instance{{value: value{n: uint64(len(d.Root.Raw())), most: mostLength}, node: &d.Root}}
	for i := range d.Root.Children {
		f.walk(&d.Root.Children[i], "", nil, nil, paths)
	}
	return f
}

func (f *facts) walk(n *spec.Node, path string, lists []string, index []int, only []string) {
	if n.Form != spec.List && n.Index < 0 || n.Form == spec.List {
		if path != "" {
			path += "."
		}
		path = bare(path + n.Name)
	}
	add := func(s sort, v value) {
		if len(only) == 0 || slices.Contains(only, path) {
			k := variable{path: path, sort: s}
			f.all[k] = append(f.all[k], instance{slices.Clone(index), v, n})
			f.around[k] = lists
		}
	}
	switch n.Form {
	case spec.Structure:
		for i := range n.Children {
			f.walk(&n.Children[i], path, lists, index, only)
		}
	case spec.List:
		add(elements, value{n: uint64(len(n.Children)), most: mostElementsTried})
		lists = append(slices.Clip(lists), path)
		for i := range n.Children {
			f.walk(&n.Children[i], path, lists, append(slices.Clip(index), i), only)
		}
	case spec.Integer:
		if !n.Truncated() {
			add(number, value{n: n.Value, most: 1<<(8*len(n.Raw())) - 1})
		}
	case spec.Bytes:
		add(octets, value{s: string(n.Raw())})
		add(length, value{n: uint64(len(n.Raw())), most: mostLength})
	}
}

// Limits of what is tried.
const (
	mostElementsTried = 1024
	mostLength        = 1 << 17
)

// variables returns all variables in the order of their fields, the length of the message
// last.
func (f *facts) variables() (all []variable) {
	for v := range f.all {
		all = append(all, v)
	}
	slices.SortFunc(all, func(a, b variable) int {
		if a.sort == whole || b.sort == whole {
			return cmp.Compare(a.sort, b.sort)
		}
		return cmp.Or(cmp.Compare(f.all[a][0].node.Offset, f.all[b][0].node.Offset), cmp.Compare(a.sort, b.sort))
	})
	return all
}

// instances returns those of a variable that belong to the field at an index, in the
// lists called around.
func (f *facts) instances(v variable, around []string, at []int) (all []instance) {
	switch v.sort {
	case octet:
		for _, i := range f.instances(variable{path: v.path, sort: octets}, around, at) {
			if v.part < len(i.value.s) {
				i.value = value{n: uint64(i.value.s[v.part]), most: 255}
				all = append(all, i)
			}
		}
		return all
	case position, siblings:
		depth := slices.Index(around, v.path)
		if depth < 0 || depth >= len(at) {
			return nil
		}
		i := instance{index: at, value: value{n: uint64(at[depth]), most: mostElementsTried}}
		if v.sort == siblings {
			for _, list := range f.all[variable{path: v.path, sort: elements}] {
				if slices.Equal(list.index, at[:depth]) {
					i.value.n = list.value.n
				}
			}
		}
		return []instance{i}
	}
	own := f.around[v]
	shared := 0
	for shared < min(len(own), len(around), len(at)) && sameList(own[shared], around[shared]) {
		shared++
	}
	for _, i := range f.all[v] {
		if slices.Equal(i.index[:min(shared, len(i.index))], at[:shared]) {
			all = append(all, i)
		}
	}
	return all
}

// sameList reports whether the elements of two lists belong together: the segments of
// Content Information 1.0 and their blocks.
func sameList(a, b string) bool {
	return a == b || a == "segments" && b == "blocks" || a == "blocks" && b == "segments"
}

// lists returns the lists around a variable.
func (f *facts) lists(v variable) []string {
	if v.sort == octet {
		v = variable{path: v.path, sort: octets}
	}
	return f.around[v]
}

// at returns the instance of a variable at an index.
func (f *facts) at(v variable, index []int) (instance, bool) {
	around := f.lists(v)
	all := f.instances(v, around, index)
	if i := slices.IndexFunc(all, func(i instance) bool { return slices.Equal(i.index, index) }); i >= 0 {
		return all[i], true
	}
	return instance{}, false
}

// set returns the message with another value of a variable, and what follows from it.
func set(m fuzz.Message, v variable, index []int, to value) (fuzz.Message, bool) {
	d := m.Dissect()
	return setIn(m, d, factsOf(d, v.path), v, index, to)
}

// setIn does that with what is known of the message.
func setIn(m fuzz.Message, d *spec.Dissection, f *facts, v variable, index []int, to value) (fuzz.Message, bool) {
	if v.sort == whole {
		n := int(to.n)
		b := append(slices.Clone(m.Bytes[:min(n, len(m.Bytes))]), make([]byte, max(0, n-len(m.Bytes)))...)
		m, _ = measured(fuzz.Message{Kind: m.Kind, Bytes: b})
		return m, true
	}
	i, ok := f.at(v, index)
	if !ok || i.node == nil {
		return m, false
	}
	raw := i.node.Raw()
	var by []byte
	switch v.sort {
	case number:
		if i.value.n == to.n || to.n > i.value.most {
			return m, false
		}
		by = integer(i.node, to.n)
		if reversed := slices.Clone(raw); len(raw) > 1 {
			slices.Reverse(reversed)
			if slices.Equal(raw, reversed) && !reads(m, i.node, by, to.n) { // its bytes do not show their order
				slices.Reverse(by)
			}
		}
	case octet:
		by = slices.Clone(raw)
		by[v.part] = byte(to.n)
	case octets:
		if len(to.s) != len(raw) {
			return m, false
		}
		by = []byte(to.s)
	default:
		return resized(m, d, i, v, index, int(to.n))
	}
	b := slices.Concat(m.Bytes[:i.node.Offset], by, m.Bytes[i.node.Offset+len(raw):])
	return fuzz.Message{Kind: m.Kind, Bytes: b}, true
}

// reads reports whether a field has a value after its bytes are replaced.
func reads(m fuzz.Message, n *spec.Node, by []byte, want uint64) bool {
	b := slices.Concat(m.Bytes[:n.Offset], by, m.Bytes[n.Offset+len(by):])
	for _, l := range (fuzz.Message{Kind: m.Kind, Bytes: b}).Dissect().Root.Leaves() {
		if l.Offset == n.Offset && l.Name == n.Name {
			return l.Value == want
		}
	}
	return true
}

// resized returns the message with another number of elements of a list, or another
// length of a byte string.
func resized(m fuzz.Message, d *spec.Dissection, at instance, v variable, index []int, n int) (fuzz.Message, bool) {
	fields := d.Fields()
	parent := parentOf(fields, v.path, index)
	name := v.path[strings.LastIndexByte(v.path, '.')+1:]
	old := parent[name]
	if _, secret := old.(spec.Secret); secret {
		old = at.node.Raw()
	}
	switch all := old.(type) {
	case []any:
		if n < 1 || len(all) == 0 || name == "blocks" || v.sort != elements {
			return m, false
		}
		for _, name := range []string{name, "blocks"} {
			old, ok := parent[name].([]any)
			if !ok || len(old) == 0 {
				continue
			}
			all := slices.Clone(old[:min(n, len(old))])
			for len(all) < n {
				all = append(all, cloneField(old[len(old)-1]))
			}
			parent[name] = all
			if name != "segments" {
				break
			}
		}
		delete(parent, counts[name])
	case []byte:
		if v.sort != length {
			return m, false
		}
		b := append(slices.Clone(all[:min(n, len(all))]), make([]byte, max(0, n-len(all)))...)
		if _, sized := parent["SizeOf"+name]; sized {
			(text{parent, name}).set(b)
		} else if at.node.Secret {
			parent[name] = spec.NewSecret(string(b))
		} else {
			parent[name] = b
		}
		if len(b) == 0 && name == "Padding" { // there is none
			delete(parent, name)
		}
	default:
		return m, false
	}
	without(fields, "MsgSize", "Size", "BufferLength") // which follow
	b, err := spec.Assemble(d.Message, fields)
	if err != nil || len(b) > 2*mostLength {
		return m, false
	}
	return fuzz.Message{Kind: m.Kind, Bytes: b}, true
}

func without(fields spec.Fields, names ...string) {
	for _, name := range names {
		delete(fields, name)
	}
	for _, v := range fields {
		if inner, ok := v.(spec.Fields); ok {
			without(inner, names...)
		}
	}
}

// parentOf returns the fields among which is the one at a path, nil if there are none.
func parentOf(fields spec.Fields, path string, index []int) spec.Fields {
	if inner, ok := fields["SegmentInformation"].(spec.Fields); ok {
		if first, _, _ := strings.Cut(path, "."); fields[first] == nil || first == "SegmentInformation" {
			fields = inner
		}
	}
	steps := strings.Split(path, ".")
	for _, step := range steps[:len(steps)-1] {
		switch v := fields[step].(type) {
		case spec.Fields:
			fields = v
		case []any:
			if len(index) == 0 || index[0] >= len(v) {
				return nil
			}
			inner, ok := v[index[0]].(spec.Fields)
			if !ok {
				return nil
			}
			fields, index = inner, index[1:]
		default:
			return nil
		}
	}
	return fields
}

func cloneField(v any) any {
	switch v := v.(type) {
	case spec.Fields:
		all := maps.Clone(v)
		for name, inner := range all {
			all[name] = cloneField(inner)
		}
		return all
	case []any:
		all := slices.Clone(v)
		for i := range all {
			all[i] = cloneField(all[i])
		}
		return all
	}
	return v
}
