package spec

import (
	"math/bits"
	"strconv"
)

// The predicates of the rules. Those that are types say all in their values;
// the functions at the end compare several fields.

// oneOf: an Integer has one of these values.
type oneOf []uint64

func (t oneOf) fault(_ *walk, f *field, n *Node) string {
	for _, v := range t {
		if n.Value == v {
			return ""
		}
	}
	words := f.appendNumber(append(make([]byte, 0, 64), "is "...), n.Value)
	words = append(words, ", must be "...)
	for i, v := range t {
		words = f.appendNumber(appendOr(words, i, len(t)), v)
	}
	return string(words)
}

// between: an Integer is within these bounds.
type between struct{ low, high uint64 }

func (t between) fault(_ *walk, f *field, n *Node) string {
	if t.low <= n.Value && n.Value <= t.high {
		return ""
	}
	words := f.appendNumber(append(make([]byte, 0, 64), "is "...), n.Value)
	words = f.appendNumber(append(words, ", must be "...), t.low)
	return string(f.appendNumber(append(words, " to "...), t.high))
}

// lengthOf: Bytes have one of these lengths.
type lengthOf []int

func (t lengthOf) fault(_ *walk, _ *field, n *Node) string {
	for _, l := range t {
		if len(n.Raw()) == l {
			return ""
		}
	}
	words := append(append(make([]byte, 0, 64), "has "...), count(len(n.Raw()), "byte")...)
	words = append(words, ", must have "...)
	for i, length := range t {
		words = strconv.AppendInt(appendOr(words, i, len(t)), int64(length), 10)
	}
	return string(words)
}

// absent: an optional field is not there.
type absent struct{}

func (absent) fault(w *walk, _ *field, n *Node) string {
	fields := w.top().layout.fields // f is the last
	before := fields[len(fields)-2].name
	return count(len(n.Raw()), "unexpected byte") + " after " + before
}

// notEmpty: a List has elements.
type notEmpty struct{}

func (notEmpty) fault(_ *walk, _ *field, n *Node) string {
	if len(n.Children) != 0 {
		return ""
	}
	return "is empty, must have at least 1 element"
}

// atMost: an element is not the first one too many.
type atMost struct {
	n    int
	what string // an element
}

func (t atMost) fault(_ *walk, _ *field, n *Node) string {
	if n.Index != t.n {
		return ""
	}
	return strconv.Itoa(t.n+1) + "th " + t.what + ", at most " + strconv.Itoa(t.n) + " allowed"
}

// onlyTo: a response has this code only in reply to this type of request.
type onlyTo struct{ code, request uint64 }

func (t onlyTo) fault(w *walk, f *field, n *Node) string {
	if n.Value != t.code || w.request == 0 || uint64(w.request) == t.request {
		return ""
	}
	offer, _ := named(messageTypes, t.request)
	return "is " + f.nameAndNumber(n.Value) + ", allowed only in reply to " + offer.text
}

// backed: a count or length is not 0, comes out in whole elements, and the
// bytes that it claims are there, as far as the size of an element is known.
type backed struct{}

func (backed) fault(w *walk, f *field, n *Node) string {
	list := w.top().layout.governed(f.name)
	item, left := w.itemSize(list), uint64(w.end-w.pos)
	switch {
	case list.extent.kind == counted && (n.Value == 0 || n.Value%item != 0):
		return is(n.Value) + ", must be a positive multiple of " + decimals(item)
	case n.Value == 0:
		return "is 0, must be at least 1"
	case list.extent.kind == counted:
		item = 1
	}
	if over, claimed := bits.Mul64(n.Value, item); over == 0 && claimed <= left {
		return ""
	}
	return is(n.Value) + ", more than the remaining bytes hold"
}

// spanning: the field agrees with others.
type spanning func(w *walk, n *Node) string

func (t spanning) fault(w *walk, _ *field, n *Node) string { return t(w, n) }

// segmentAdjacent: a segment begins where the one before it ends.
func segmentAdjacent(w *walk, n *Node) string {
	i := w.top().node.Index
	if i == 0 {
		return ""
	}
	before := w.parent().find("segments").element(i - 1)
	end, carry := bits.Add64(before.find("ullOffsetInContent").Value, before.find("cbSegment").Value, 0)
	if carry == 0 && n.Value == end {
		return ""
	}
	return is(n.Value) + ", must be the end of the previous segment"
}

// segmentSize: 32 MiB, but the last segment may be shorter.
func segmentSize(w *walk, n *Node) string {
	last := uint64(w.top().node.Index)+1 == w.lookup("cSegments")
	switch {
	case last && (n.Value == 0 || n.Value > segmentSizeV1):
		return is(n.Value) + ", must be 1 to " + decimals(segmentSizeV1)
	case !last && n.Value != segmentSizeV1:
		return is(n.Value) + ", must be " + decimals(segmentSizeV1) + " in every segment but the last"
	}
	return ""
}

// offsetInFirstSegment: the content range of version 1.0 begins inside the first segment.
func offsetInFirstSegment(w *walk, n *Node) string {
	return offsetInside(n, w.top().node.find("segments").element(0).find("cbSegment"))
}

// offsetInFirstChunk: the content range of version 2.0 begins inside the first segment.
func offsetInFirstChunk(w *walk, n *Node) string {
	var chunks []Node
	if list := w.top().node.find("chunks"); list != nil {
		chunks = list.Children
	}
	for i := range chunks {
		if first := chunks[i].find("chunkData").element(0); first != nil {
			return offsetInside(n, first.find("cbSegment"))
		}
	}
	return ""
}

func offsetInside(n, size *Node) string {
	if size == nil || n.Value < size.Value {
		return ""
	}
	return is(n.Value) + ", must be less than the first segment's cbSegment"
}

// readBytesInLastSegment: the content range ends inside the last segment.
func readBytesInLastSegment(w *walk, n *Node) string {
	size := lastSegmentSize(w)
	if size == nil || n.Value <= size.Value {
		return ""
	}
	return is(n.Value) + ", must be at most the last segment's cbSegment"
}

// readBytesInOnlySegment: in a SEGMENT_INFO_MESSAGE the field is 0, the size of
// the segment, or something that does not run past it from where the range begins.
func readBytesInOnlySegment(w *walk, n *Node) string {
	size, offset := lastSegmentSize(w), w.lookup("dwOffsetInFirstSegment")
	if size == nil || w.lookup("cSegments") != 1 || offset >= size.Value {
		return ""
	}
	if n.Value <= size.Value-offset || n.Value >= size.Value {
		return ""
	}
	return is(n.Value) + ", must be cbSegment, or at most cbSegment - dwOffsetInFirstSegment"
}

// lastSegmentSize returns the cbSegment of the last of cSegments, nil where it is not there.
func lastSegmentSize(w *walk) *Node {
	segments := w.top().node.find("segments")
	if segments == nil || uint64(len(segments.Children)) != w.lookup("cSegments") {
		return nil
	}
	return segments.element(len(segments.Children) - 1).find("cbSegment")
}

// blockCount: a list has the blocks from its segment's start to the end of the
// content range, or only those that the range meets: the text says the latter,
// its examples show the former.
func blockCount(w *walk, n *Node) string {
	i := w.top().node.Index
	last := uint64(i)+1 == w.lookup("cSegments")
	size := w.parent().find("segments").element(i).find("cbSegment").Value
	start, end := uint64(0), size
	if i == 0 {
		start = min(w.lookup("dwOffsetInFirstSegment"), size)
	}
	if read := w.lookup("dwReadBytesInLastSegment"); last && read != 0 {
		end = min(start+read, size)
	}
	all := (end + blockSizeV1 - 1) / blockSizeV1
	met := all - start/blockSizeV1
	if n.Value == 0 || n.Value == all || n.Value == met {
		return ""
	}
	return is(n.Value) + ", must be the number of blocks in the content range"
}

func is(v uint64) string       { return "is " + decimals(v) }
func decimals(v uint64) string { return strconv.FormatUint(v, 10) }

// count writes "1 byte" or "2 bytes".
func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.Itoa(n) + " " + what
}

// appendOr appends what stands before the i-th of n alternatives: "1, 4 or 7".
func appendOr(words []byte, i, n int) []byte {
	switch {
	case i == 0:
		return words
	case i == n-1:
		return append(words, " or "...)
	}
	return append(words, ", "...)
}
