package spec

import (
	"math"
	"slices"
	"strconv"
)

// Dissect dissects b as a message of the given kind; an undefined kind counts as
// [Request]. It never fails: the tree extends as far as the bytes do, and every
// violation of a rule is listed. Time and memory are linear in len(b), whatever
// the counts in b claim.
//
// [Node.Raw] returns views of b, which are valid until b changes.
func Dissect(kind Kind, b []byte) *Dissection { return new(Dissector).Dissect(kind, b) }

// DissectResponse is Dissect([Response], b) for the response to a request of the
// given Type, which decides whether INTERESTED is allowed. 0 means that the
// request is unknown.
func DissectResponse(b []byte, request uint16) *Dissection {
	return new(Dissector).DissectResponse(b, request)
}

// DissectHashResponse is Dissect([HashResponse], b) for the response to a request
// of the given HashRetrievalType, which says which form it has. 0 means that the
// request is unknown: then the form is guessed.
func DissectHashResponse(b []byte, hashRetrievalType uint16) *Dissection {
	return new(Dissector).DissectHashResponse(b, hashRetrievalType)
}

// layoutOf returns the layout of the kind whose mark b bears.
func layoutOf(kind Kind, b []byte, request uint16) *Layout {
	if kind == Content {
		kind = ContentV1
		if len(b) > 1 && b[1] == 2 {
			kind = ContentV2
		}
	}
	for _, l := range messages {
		if end := l.At + len(l.Mark); l.Kind == kind && end <= len(b) && string(b[l.At:end]) == l.Mark && (l.is == nil || l.is(b, request)) {
			return l
		}
	}
	return &unknownRequest
}

// walk is the state of a dissection: where it stands, and what it found.
type walk struct {
	input      **[]byte // what is dissected, see input
	pos, end   int      // the next byte, and where the bytes end: of the message or of a chunk's data
	message    string
	request    uint16  // see DissectResponse and DissectHashResponse
	stack      []frame // the structures around pos, the message first
	violations []Violation
	reported   []*Constraint // of the violations
	once       bool          // each rule is to be reported once
	nodes      []Node        // memory for the tree, empty from used on
	used       int
	wanted     int // of it in all

	most, count int                      // nodes: see Dissector.MaxNodes
	unread      int                      // see Dissection.Unread
	show        func(n *Node, depth int) // see Dissector.Stream; nil: nodes are kept

	done bool // the rest cannot be read: the bytes ended, or their structure is unknown
	cut  int  // where the truncated field would end; 0: none is
}

// A frame is a structure that is being read.
type frame struct {
	layout *Layout
	node   *Node
}

func (w *walk) top() frame    { return w.stack[len(w.stack)-1] }
func (w *walk) parent() *Node { return w.stack[len(w.stack)-2].node }

// structure reads the fields of l into n.
func (w *walk) structure(l *Layout, n *Node) {
	n.Form, n.Offset, n.Section = Structure, w.pos, l.Section
	if w.show != nil && len(w.stack) > 0 {
		w.show(n, len(w.stack)-1)
	}
	n.Children = w.room(len(l.Fields))
	w.stack = append(w.stack, frame{l, n})
	w.judge(l.Each, nil, n)
	for i := range l.Fields {
		if !w.done {
			w.field(&l.Fields[i], n)
		}
	}
	for i := range l.Fields {
		if f := &l.Fields[i]; f.Comparisons != nil {
			if late := n.find(f.Name); late != nil {
				w.judge(f.Comparisons, f, late)
			}
		}
	}
	w.stack = w.stack[:len(w.stack)-1]
	w.close(n)
}

// field reads one field of the structure parent, which is on top.
func (w *walk) field(f *LayoutField, parent *Node) {
	if f.present != nil && !f.present(w) || f.present == nil && f.Optional && w.pos == w.end {
		return
	}
	outer := w.end
	if f.length != nil {
		w.end = min(w.end, w.pos+f.length(w))
	}
	n := w.add(parent, f.Name, -1)
	switch f.Form {
	case Structure:
		w.structure(f.Of, n)
	case List:
		w.list(f, n)
	default:
		size, known := w.size(f.Extent)
		w.leaf(f, size, known, n)
	}
	if w.done {
		dropAbsent(parent)
		return
	}
	w.judge(f.Constraints, f, n)
	if f.inside != nil {
		f.inside(w, n)
	}
	if f.Form == List && f.Extent.Measure == BytesBy && w.pos < w.end { // whole elements do not fill its length
		rest := w.add(parent, restName, -1)
		rest.Form, rest.Offset, rest.Section = Rest, w.pos, w.top().layout.Section
		w.pos = w.end
		w.close(rest)
	}
	w.end = outer
}

// list reads the elements of f into n. Where f has a length in bytes that is
// backed, the list narrows w.end to it and reads the whole elements.
func (w *walk) list(f *LayoutField, n *Node) {
	n.Form, n.Offset, n.Section = List, w.pos, w.top().layout.Section
	size, known := 0, true // of elements without fields
	if f.Of != nil {
		w.reserve(1 + len(f.Of.Fields))
	} else {
		size, known = w.size(f.Item)
	}
	count := uint64(math.MaxUint64) // to the end of the bytes, or until one is truncated
	switch f.Extent.Measure {
	case ElementsBy:
		count = w.lookup(f.Extent.By)
	case BytesBy:
		if length := w.lookup(f.Extent.By); length <= uint64(w.end-w.pos) {
			w.end, count = w.pos+int(length), 0
			if length > 0 {
				count = length / w.itemSize(f)
			}
		}
	}
	for i := 0; !w.done && uint64(i) < count; i++ {
		if f.Extent.Measure == ToEnd && w.pos == w.end {
			break
		}
		if w.most > 0 && w.count >= w.most {
			w.done, w.unread = true, len(**w.input)-w.pos
			break
		}
		if i == 0 {
			n.Children = w.room(1)
		}
		nodes, used := w.nodes, w.used
		e := w.add(n, f.Name, i)
		if w.show != nil && i == 0 {
			w.show(n, len(w.stack)-1)
		}
		if f.Of != nil {
			w.structure(f.Of, e)
		} else {
			w.leaf(f, size, known, e)
		}
		if w.show != nil {
			w.forget(n, nodes, used)
		} else if i == 0 && !w.done { // the others are likely to be alike
			w.expect(f, n, int(min(count-1, uint64((w.end-w.pos)/(w.pos-n.Offset)))))
		}
	}
	if w.done {
		dropAbsent(n)
	}
	w.close(n)
	if w.show != nil && n.length == 0 {
		w.show(n, len(w.stack)-1)
	}
}

// forget removes the elements of a list, and the nodes that were made since so many were
// used.
func (w *walk) forget(n *Node, nodes []Node, used int) {
	clear(n.Children)
	n.Children = n.Children[:0]
	if len(nodes) > 0 && &nodes[0] == &w.nodes[0] {
		clear(w.nodes[used:w.used])
		w.used = used
	}
}

// expect makes room for more elements of a list. That many are backed by the
// bytes that are left, so it is a matter of speed alone whether they come.
func (w *walk) expect(f *LayoutField, n *Node, more int) {
	if w.most > 0 {
		more = min(more, w.most)
	}
	if more == 0 {
		return
	}
	n.Children = append(w.room(1+more), n.Children...)
	if f.Of != nil {
		w.reserve(more * len(f.Of.Fields))
	}
}

// leaf reads a byte string or an integer into n. If its size is unknown it takes
// all bytes that are left.
func (w *walk) leaf(f *LayoutField, size int, known bool, n *Node) {
	n.Form, n.Offset, n.Section, n.Secret = f.Form, w.pos, w.top().layout.Section, f.Secret
	if f.Form == List {
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
		n.Value = f.integer(n.Raw())
	}
	n.Meaning = f.meaning(n)
	if w.show != nil {
		w.show(n, len(w.stack)-1)
	}
}

// cutShort reports that n, which begins here, has only left of its size bytes.
func (w *walk) cutShort(f *LayoutField, n *Node, left, size int) {
	w.done, w.cut = true, w.pos+size
	rule := w.truncated(f)
	if w.top().layout.Whole {
		n = w.top().node
		left, size = w.end-n.Offset, w.pos+size-n.Offset
	}
	switch {
	case f.Form == List || rule.Rule == "" || !w.binds(rule) || w.isHeld(f): // the violation is at the count
	case left == 0:
		w.report(rule, n, 0, "missing")
	default:
		w.report(rule, n, uint64(left), "truncated: "+strconv.Itoa(left)+" of "+strconv.Itoa(size)+" bytes present")
	}
}

// truncated returns the rule that is violated where f, a field of the structure on
// top, is cut short.
func (w *walk) truncated(f *LayoutField) *Constraint {
	switch l := w.top().layout; {
	case f.Truncated.Rule != "":
		return &f.Truncated
	case l.Whole:
		return &w.stack[len(w.stack)-2].layout.Truncated
	default:
		return &l.Truncated
	}
}

// isHeld reports whether a rule binds the size of f to the bytes that are there.
func (w *walk) isHeld(f *LayoutField) bool {
	if f.Extent.Measure != BytesBy {
		return false
	}
	by := w.top().layout.field(f.Extent.By)
	return by != nil && slices.ContainsFunc(by.Constraints, func(c Constraint) bool { return c.Check == Held })
}

// close gives n the bytes from its offset to here.
func (w *walk) close(n *Node) {
	n.input, n.length = w.input, w.pos-n.Offset
	n.Size = n.length
	if w.cut != 0 {
		n.Size = w.cut - n.Offset
	}
}

// restName is the name of bytes of unknown structure; the specification has none.
const restName = "Rest"

// add appends a child to a node. It may move its siblings.
func (w *walk) add(n *Node, name string, index int) *Node {
	w.count++
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

// size returns the number of bytes of a leaf. It is unknown if it depends on an
// unknown hash function.
func (w *walk) size(e Extent) (size int, known bool) {
	switch e.Measure {
	case Exactly:
		return e.Bytes, true
	case BytesBy:
		return int(min(w.lookup(e.By), math.MaxInt/2)), true
	case PaddingBy:
		return w.padding(e.By), true
	case HashLength:
		function, ok := named(e.Functions, w.lookup(e.By))
		return function.Length, ok
	}
	return w.end - w.pos, true
}

// itemSize returns the number of bytes of each element of a list, 0 where they
// may differ or are unknown.
func (w *walk) itemSize(f *LayoutField) uint64 {
	if f.Of == nil {
		size, _ := w.size(f.Item)
		return uint64(size)
	}
	sum := 0
	for i := range f.Of.Fields {
		e := f.Of.Fields[i].Extent
		size, known := w.size(e)
		if !known || e.Measure != Exactly && e.Measure != HashLength {
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
func (f *LayoutField) integer(raw []byte) uint64 {
	var v uint64
	for i := range raw {
		if f.Little {
			i = len(raw) - 1 - i
		}
		v = v<<8 | uint64(raw[i])
	}
	return v
}

// judge reports the first of the rules that n violates.
func (w *walk) judge(rules []Constraint, f *LayoutField, n *Node) {
	if w.show != nil {
		return
	}
	for i := range rules {
		rule := &rules[i]
		if !w.binds(rule) || w.once && w.told(rule) {
			continue
		}
		if fault := rule.fault(w, f, n); fault != "" {
			w.report(rule, n, n.found(), fault)
			return
		}
	}
}

// binds reports whether a rule applies here.
func (w *walk) binds(r *Constraint) bool {
	return (r.In == "" || r.In == w.message) && (r.NotIn == "" || r.NotIn != w.message) && (r.When == "" || w.lookup(r.When) == r.Equals)
}

// told reports whether a violation of the rule is listed, at whatever field.
func (w *walk) told(r *Constraint) bool {
	return slices.ContainsFunc(w.reported, func(told *Constraint) bool { return told == r || told.Rule == r.Rule })
}

// report lists a violation at n, which is the structure on top or a child of it.
// value is the number found.
func (w *walk) report(r *Constraint, n *Node, value uint64, detail string) {
	if w.once && w.told(r) {
		return
	}
	w.reported = append(w.reported, r)
	req, _ := RequirementByID(r.Rule)
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
