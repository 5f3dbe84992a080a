package spec

import (
	"iter"
	"strconv"
)

// Form is the form of a [Node].
type Form uint8

const (
	Structure Form = iota + 1 // has Children, the fields
	List                      // has Children, the elements
	Integer                   // has a Value, unless it is truncated
	Bytes                     // has Raw bytes only
	Rest                      // bytes of unknown structure
	Text                      // characters in XML, which Meaning has without references and white space around them
)

// Node is a field of a message, with everything in it. Printing a Node shows no
// bytes of the message, and so no key.
type Node struct {
	Name     string // the specification's name of the field
	Index    int    // position in its list, -1 outside lists; an element carries its list's name
	Form     Form
	Secret   bool   // key material, or what may be some in a malformed message: do not show its bytes or Value unasked
	Offset   int    // from the first byte of the message
	Size     int    // size of the field in bytes, more than len(Raw()) only if it is truncated
	Value    uint64 // Integer only
	Meaning  string // "SHA-256", "64 KiB", ...; "" for none; of a Text the text
	Section  string // "MS-PCHC 2.2.1.5"
	Children []Node

	input  **[]byte // see input
	length int      // bytes present
}

// An input is the bytes of a message. Nodes point to view: package fmt follows
// one pointer when it complains about a verb, but never two.
type input struct {
	bytes []byte
	view  *[]byte
}

func newInput() **[]byte {
	in := new(input)
	in.view = &in.bytes
	return &in.view
}

// Raw returns the bytes present, a view of the message with no spare capacity. Do
// not show those of a Secret node, or of a node around it, unasked.
func (n *Node) Raw() []byte {
	if n.input == nil {
		return nil
	}
	end := n.Offset + n.length
	return (**n.input)[n.Offset:end:end]
}

// Truncated reports whether bytes of the node are missing. A truncated Integer has
// no Value.
func (n *Node) Truncated() bool { return n.Size > n.length }

// Child returns the child of that name, or nil if there is none or n is nil. The
// elements of a list have the name of the list: index its Children instead.
func (n *Node) Child(name string) *Node {
	if n == nil {
		return nil
	}
	for i := range n.Children {
		if c := &n.Children[i]; c.Name == name {
			return c
		}
	}
	return nil
}

// Leaves iterates over the nodes in n without parts, neither a [Structure] nor a
// [List], in the order of their bytes, each with its path from n. If n is such a
// node, it yields n itself.
func (n *Node) Leaves() iter.Seq2[Path, *Node] {
	return func(yield func(Path, *Node) bool) {
		n.leaves(make([]*Node, 0, 8), yield)
	}
}

func (n *Node) leaves(around []*Node, yield func(Path, *Node) bool) bool {
	if n.Form != Structure && n.Form != List {
		return yield(Path{around}, n)
	}
	for i := range n.Children {
		c := &n.Children[i]
		if !c.leaves(append(around, c), yield) {
			return false
		}
	}
	return true
}

// A Path leads to a node that [Node.Leaves] yields. It is valid until the next one.
type Path struct{ nodes []*Node }

// String returns the path in the form of [Violation.Field]:
// "SegmentDescriptor[3].SizeOfContentTag".
func (p Path) String() string {
	path := make([]byte, 0, 64)
	for _, n := range p.nodes {
		if n.Form == List { // its elements bear its name
			continue
		}
		if len(path) > 0 {
			path = append(path, '.')
		}
		path = n.appendName(path)
	}
	return string(path)
}

// appendName appends the node's name, with its index in a list.
func (n *Node) appendName(p []byte) []byte {
	p = append(p, n.Name...)
	if n.Index >= 0 {
		p = append(strconv.AppendInt(append(p, '['), int64(n.Index), 10), ']')
	}
	return p
}

// find returns the child with that name, or nil if there is none or it is a
// truncated integer, which has no value.
func (n *Node) find(name string) *Node {
	if n == nil {
		return nil
	}
	for i := range n.Children {
		if c := &n.Children[i]; c.Name == name && !(c.Form == Integer && c.Truncated()) {
			return c
		}
	}
	return nil
}

// element returns the child at that index, or nil if there is none.
func (n *Node) element(i int) *Node {
	if n == nil || i < 0 || i >= len(n.Children) {
		return nil
	}
	return &n.Children[i]
}

// found returns the number in a node that a rule is about.
func (n *Node) found() uint64 {
	switch n.Form {
	case Integer:
		return n.Value
	case List:
		return uint64(len(n.Children))
	case Structure:
		return uint64(n.Index) + 1
	}
	return uint64(n.length)
}
