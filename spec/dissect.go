package spec

import (
	"math"
	"slices"
	"strconv"
)

// Guess tells the kind of a message from its first bytes. It is never sure:
// versions and types that no message has are taken for whatever is nearest.
func Guess(b []byte) Kind {
	at := func(i int) int {
		if i < len(b) {
			return int(b[i])
		}
		return -1
	}
	switch {
	case at(0) == 0 && at(1) == 0:
		return Response
	case (at(1) == 1 || at(1) == 2) && at(2) == 0:
		return Request
	case at(1) == 1 && 0x0C <= at(2) && at(2) <= 0x0E, at(1) == 2 && at(2) == 4:
		return Content
	case at(2) == 0 && 1 <= at(3) && at(3) <= 3:
		return Request
	case len(b) < 8:
		return Response
	}
	return Request
}

// Dissect explains b, taken for a message of the given kind (one that there is
// not counts as [Request]). It never fails: the tree goes as far as the bytes
// do, and every violation of a rule is listed. Time and memory are linear in
// len(b), whatever the counts in it claim.
//
// The Raw of every [Node] is a view of b: it is valid until b changes.
func Dissect(kind Kind, b []byte) *Dissection { return new(Dissector).Dissect(kind, b) }

// DissectResponse is Dissect([Response], b) for the answer to a request of the
// given Type, which tells whether INTERESTED is allowed. 0 means that the
// request is not known.
func DissectResponse(b []byte, request uint16) *Dissection {
	return new(Dissector).DissectResponse(b, request)
}

// layoutOf returns the layout of the kind whose mark b bears.
func layoutOf(kind Kind, b []byte) *layout {
	for i := range messages {
		m := &messages[i]
		if end := m.at + len(m.mark); m.kind == kind && end <= len(b) && string(b[m.at:end]) == m.mark {
			return m.layout
		}
	}
	return &unknownRequest
}

// walk is the state of a dissection: where it stands, and what it found.
type walk struct {
	input      **[]byte // what is dissected, see input
	pos, end   int      // the next byte, and where the bytes end: of the message or of a chunk's data
	message    string
	request    uint16
	stack      []frame // the structures around pos, the message first
	violations []Violation
	reported   []*rule // of the violations
	once       bool    // each rule is to be reported once
	nodes      []Node  // memory for the tree, empty from used on
	used       int
	wanted     int // of it in all

	done bool // nothing can be told any more: the bytes ended, or no field explains them
	cut  int  // where the field would end that is cut short; 0: none is
}

// A frame is a structure that is being read.
type frame struct {
	layout *layout
	node   *Node
}

func (w *walk) top() frame    { return w.stack[len(w.stack)-1] }
func (w *walk) parent() *Node { return w.stack[len(w.stack)-2].node }

// structure reads the fields of l into n.
func (w *walk) structure(l *layout, n *Node) {
	n.Form, n.Offset, n.Section = Structure, w.pos, l.section
	n.Children = w.room(len(l.fields))
	w.stack = append(w.stack, frame{l, n})
	w.judge(l.rules, nil, n)
	for i := range l.fields {
		if !w.done {
			w.field(&l.fields[i], n)
		}
	}
	for i := range l.fields {
		if f := &l.fields[i]; f.late != nil {
			if late := n.find(f.name); late != nil {
				w.judge(f.late, f, late)
			}
		}
	}
	w.stack = w.stack[:len(w.stack)-1]
	w.close(n)
}

// field reads one field of the structure parent, which is on top.
func (w *walk) field(f *field, parent *Node) {
	if f.optional && w.pos == w.end {
		return
	}
	outer := w.end
	n := w.add(parent, f.name, -1)
	switch f.form {
	case Structure:
		w.structure(f.of, n)
	case List:
		w.list(f, n)
	default:
		size, known := w.size(f.extent)
		w.leaf(f, size, known, n)
	}
	if w.done {
		dropAbsent(parent)
		return
	}
	w.judge(f.rules, f, n)
	if f.form == List && f.extent.kind == counted && w.pos < w.end { // whole elements do not fill its length
		rest := w.add(parent, restName, -1)
		rest.Form, rest.Offset, rest.Section = Rest, w.pos, w.top().layout.section
		w.pos = w.end
		w.close(rest)
	}
	w.end = outer
}

// list reads the elements of f into n. Where f has a length in bytes that is
// backed, the list narrows w.end to it and reads the whole elements.
func (w *walk) list(f *field, n *Node) {
	n.Form, n.Offset, n.Section = List, w.pos, w.top().layout.section
	size, known := 0, true // of elements without fields
	if f.of != nil {
		w.reserve(1 + len(f.of.fields))
	} else {
		size, known = w.size(f.item)
	}
	count := uint64(math.MaxUint64) // to the end of the bytes, or until one is cut short
	switch f.extent.kind {
	case times:
		count = w.lookup(f.extent.by)
	case counted:
		if length := w.lookup(f.extent.by); length <= uint64(w.end-w.pos) {
			w.end, count = w.pos+int(length), 0
			if length > 0 {
				count = length / w.itemSize(f)
			}
		}
	}
	for i := 0; !w.done && uint64(i) < count; i++ {
		if f.extent.kind == toEnd && w.pos == w.end {
			break
		}
		if i == 0 {
			n.Children = w.room(1)
		}
		if e := w.add(n, f.name, i); f.of != nil {
			w.structure(f.of, e)
		} else {
			w.leaf(f, size, known, e)
		}
		if i == 0 && !w.done { // the others are likely to be alike
			w.expect(f, n, int(min(count-1, uint64((w.end-w.pos)/(w.pos-n.Offset)))))
		}
	}
	if w.done {
		dropAbsent(n)
	}
	w.close(n)
}

// expect makes room for more elements of a list. That many are backed by the
// bytes that are left, so it is a matter of speed alone whether they come.
func (w *walk) expect(f *field, n *Node, more int) {
	if more == 0 {
		return
	}
	n.Children = append(w.room(1+more), n.Children...)
	if f.of != nil {
		w.reserve(more * len(f.of.fields))
	}
}

// leaf reads a byte string or an integer into n. If its size is not known it is
// all that is left.
func (w *walk) leaf(f *field, size int, known bool, n *Node) {
	n.Form, n.Offset, n.Section, n.Secret = f.form, w.pos, w.top().layout.section, f.secret
	if f.form == List {
		n.Form = Bytes
	}
	left := w.end - w.pos
	switch {
	case !known:
		n.Name, n.Index, n.Form, n.Secret = restName, -1, Rest, false
		size, w.done = left, true
	case size > left:
		w.cutShort(f, n, left, size)
		size = left
	}
	w.pos += size
	w.close(n)
	if w.done {
		return
	}
	if n.Form == Integer {
		n.Value = f.order.integer(n.Raw())
	}
	n.Meaning = f.meaning(n)
}

// cutShort notes that n, which begins here, has only left of its size bytes.
func (w *walk) cutShort(f *field, n *Node, left, size int) {
	w.done, w.cut = true, w.pos+size
	rule := &w.top().layout.cut
	switch {
	case f.form == List || rule.id == "" || !w.binds(rule): // the violation is at the count
	case left == 0:
		w.report(rule, n, 0, "missing")
	default:
		w.report(rule, n, uint64(left), "truncated: "+strconv.Itoa(left)+" of "+strconv.Itoa(size)+" bytes present")
	}
}

// close gives n the bytes from its offset to here.
func (w *walk) close(n *Node) {
	n.input, n.length = w.input, w.pos-n.Offset
	n.Size = n.length
	if w.cut != 0 {
		n.Size = w.cut - n.Offset
	}
}

// restName is the name of bytes that no field explains; the specification has none.
const restName = "Rest"

// add appends a child to a node. It may move its siblings.
func (w *walk) add(n *Node, name string, index int) *Node {
	last := len(n.Children)
	if last == cap(n.Children) {
		n.Children = append(w.room(2*last+1), n.Children...)
	}
	n.Children = n.Children[:last+1] // its nodes are still empty
	child := &n.Children[last]
	child.Name, child.Index = name, index
	return child
}

// dropAbsent removes the last child of a node if none of its bytes are there.
func dropAbsent(n *Node) {
	if last := len(n.Children) - 1; last >= 0 && n.Children[last].length == 0 {
		n.Children = n.Children[:last]
	}
}

// size returns the number of bytes of a leaf; it is not known where an unknown
// hash function decides.
func (w *walk) size(e extent) (size int, known bool) {
	switch e.kind {
	case exact:
		return e.n, true
	case counted:
		return int(w.lookup(e.by)), true // two bytes, so it fits
	case hashed:
		function, ok := named(e.names, w.lookup(e.by))
		return function.size, ok
	}
	return w.end - w.pos, true
}

// itemSize returns the number of bytes of each element of a list, 0 where they
// may differ or are not known.
func (w *walk) itemSize(f *field) uint64 {
	if f.of == nil {
		size, _ := w.size(f.item)
		return uint64(size)
	}
	sum := 0
	for i := range f.of.fields {
		e := f.of.fields[i].extent
		size, known := w.size(e)
		if !known || e.kind != exact && e.kind != hashed {
			return 0
		}
		sum += size
	}
	return uint64(sum)
}

// lookup returns the value of the nearest integer of that name: a field of a
// structure around this place, or of a structure that is a field of one.
func (w *walk) lookup(name string) uint64 {
	for i := len(w.stack) - 1; i >= 0; i-- {
		n := w.stack[i].node
		if found := n.find(name); found != nil {
			return found.Value
		}
		for j := range n.Children {
			if c := &n.Children[j]; c.Form == Structure {
				if found := c.find(name); found != nil {
					return found.Value
				}
			}
		}
	}
	return 0
}

// integer returns the value of an Integer's bytes.
func (o byteOrder) integer(raw []byte) uint64 {
	var v uint64
	for i := range raw {
		if o == little {
			i = len(raw) - 1 - i
		}
		v = v<<8 | uint64(raw[i])
	}
	return v
}

// judge reports the first of the rules that n breaks.
func (w *walk) judge(rules []rule, f *field, n *Node) {
	for i := range rules {
		rule := &rules[i]
		if !w.binds(rule) || w.once && slices.Contains(w.reported, rule) {
			continue
		}
		if fault := rule.must.fault(w, f, n); fault != "" {
			if rule.when.field != "" {
				fault = "is " + f.nameAndNumber(n.Value) + ", not allowed in " + w.top().layout.meaning(rule.when)
			}
			w.report(rule, n, n.found(), fault)
			return
		}
	}
}

// binds reports whether a rule applies here.
func (w *walk) binds(r *rule) bool {
	return (r.in == "" || r.in == w.message) && (r.when.field == "" || w.lookup(r.when.field) == r.when.value)
}

// report lists a violation at n, which is the structure on top or a child of it.
// value is the number found.
func (w *walk) report(r *rule, n *Node, value uint64, detail string) {
	if w.once && slices.Contains(w.reported, r) {
		return
	}
	w.reported = append(w.reported, r)
	req, _ := RequirementByID(r.id)
	w.violations = append(w.violations, Violation{
		Rule: req.ID, Class: req.Class, Offset: n.Offset, Field: w.path(n), Detail: detail, Section: req.Section, Value: value,
	})
}

// path names a node: "SegmentDescriptor[3].SizeOfContentTag".
func (w *walk) path(n *Node) string {
	p := make([]byte, 0, 64)
	for _, around := range w.stack[1:] {
		p = append(around.node.appendName(p), '.')
	}
	if n != w.top().node {
		return string(n.appendName(p))
	}
	return string(p[:max(len(p)-1, 0)])
}
