package spec

import (
	"cmp"
	"slices"
)

// A Dissector dissects many messages, one after the other, in the same memory, and
// so is faster than [Dissect]. Its zero value is ready to use. What it returns is
// valid until its next call.
type Dissector struct {
	// OncePerRule reports only the first violation of each rule. A hostile message
	// can have thousands, which take longer to describe than to find.
	// [Dissection.First] is the same.
	OncePerRule bool

	// MaxNodes is how many nodes a tree has at about the most, 0 for no limit. A tree takes
	// many times the memory of its message. What stands behind so many elements of lists is
	// neither read nor judged, see [Dissection.Unread].
	MaxNodes int

	d Dissection
	w walk
}

// Dissect is [Dissect]; the result is valid until the next call.
func (x *Dissector) Dissect(kind Kind, b []byte) *Dissection { return x.dissect(kind, b, 0) }

// DissectResponse is [DissectResponse]; the result is valid until the next call.
func (x *Dissector) DissectResponse(b []byte, request uint16) *Dissection {
	return x.dissect(Response, b, request)
}

// DissectHashResponse is [DissectHashResponse]; the result is valid until the next
// call.
func (x *Dissector) DissectHashResponse(b []byte, hashRetrievalType uint16) *Dissection {
	return x.dissect(HashResponse, b, hashRetrievalType)
}

func (x *Dissector) dissect(kind Kind, b []byte, request uint16) *Dissection {
	if kind == Discovery {
		return dissectDiscovery(b, x.OncePerRule)
	}
	return x.dissectAs(layoutOf(kind, b, request), b, request)
}

func (x *Dissector) dissectAs(l *Layout, b []byte, request uint16) *Dissection {
	w := &x.w
	w.begin(l, b, request)
	w.once, w.most = x.OncePerRule, x.MaxNodes
	x.d = Dissection{Message: l.Name, Root: Node{Name: l.Name, Index: -1}}
	w.structure(l, &x.d.Root)
	x.d.Unread = w.unread
	x.d.Violations = w.violations
	slices.SortStableFunc(x.d.Violations, func(a, b Violation) int { return cmp.Compare(a.Offset, b.Offset) })
	x.d.hideKeys()
	return &x.d
}

// Stream hands over the nodes of a message that violates no rule, in the order of their
// bytes, a structure or a list before what is in it. depth is the number of structures around
// it, without the message. Nothing is judged, and the elements of a list are in memory one at a
// time: a structure has no Children yet, and a list that is not empty one, which is not yet
// read. A node is valid until show returns.
func (x *Dissector) Stream(kind Kind, b []byte, show func(n *Node, depth int)) {
	w := &x.w
	l := layoutOf(kind, b, 0)
	w.begin(l, b, 0)
	w.show = show
	w.reserve(1 << 10) // which are used again and again
	w.structure(l, &Node{Name: l.Name, Index: -1})
}

// begin prepares for a message, in the memory of the previous one.
func (w *walk) begin(l *Layout, b []byte, request uint16) {
	const most = 1 << 14 // nodes that are kept
	if w.wanted > len(w.nodes) && w.wanted <= most {
		w.nodes = make([]Node, min(2*w.wanted, most))
	} else {
		clear(w.nodes[:w.used])
	}
	if w.input == nil {
		w.input = newInput()
	}
	**w.input = b
	*w = walk{input: w.input, end: len(b), message: l.Name, request: request,
		nodes: w.nodes, stack: w.stack[:0], violations: w.violations[:0], reported: w.reported[:0]}
}

// room returns an empty slice with room for n nodes.
func (w *walk) room(n int) []Node {
	w.reserve(n)
	w.used, w.wanted = w.used+n, w.wanted+n
	return w.nodes[w.used-n : w.used-n : w.used]
}

// reserve allocates memory for n nodes, unless it has some.
func (w *walk) reserve(n int) {
	if len(w.nodes)-w.used < n {
		w.nodes, w.used = make([]Node, n), 0
	}
}
