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
	w.once = x.OncePerRule
	x.d = Dissection{Message: l.Name, Root: Node{Name: l.Name, Index: -1}}
	w.structure(l, &x.d.Root)
	x.d.Violations = w.violations
	slices.SortStableFunc(x.d.Violations, func(a, b Violation) int { return cmp.Compare(a.Offset, b.Offset) })
	x.d.hideKeys()
	return &x.d
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
