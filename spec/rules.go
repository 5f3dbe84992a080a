package spec

import (
	"math/bits"
	"slices"
	"strconv"
)

// fault returns what is wrong with n, the field f of the structure on top, or an
// element if f is nil, in one clause: "is 0, must be 16". It returns "" if n keeps
// the rule.
func (c *Constraint) fault(w *walk, f *LayoutField, n *Node) string {
	switch c.Check {
	case OneOf:
		if slices.Contains(c.Values, n.Value) {
			return ""
		}
		if c.When != "" {
			when, _ := named(w.top().layout.field(c.When).Symbols, c.Equals)
			return "is " + f.nameAndNumber(n.Value) + ", not allowed in " + when.Text
		}
		return f.mustBe(n.Value, c.Values, appendOr)
	case Between:
		if c.Values[0] <= n.Value && n.Value <= c.Values[1] {
			return ""
		}
		return f.mustBe(n.Value, c.Values, appendTo)
	case LengthIn:
		if slices.Contains(c.Values, uint64(n.length)) {
			return ""
		}
		return wrongLength(n.length, c.Values)
	case Absent:
		before := w.top().node.Children // n is the last
		return count(n.length, "unexpected byte") + " after " + before[len(before)-2].Name
	case NotEmpty:
		if len(n.Children) == 0 {
			return "is empty, must have at least 1 element"
		}
	case AtMost:
		if most := int(c.Values[0]); n.Index == most {
			return strconv.Itoa(most+1) + "th descriptor, at most " + strconv.Itoa(most) + " allowed"
		}
	case AnswerOnly:
		if n.Value == c.Values[0] && w.request != 0 && uint64(w.request) != c.Values[1] {
			request, _ := named(messageTypes, c.Values[1])
			return "is " + f.nameAndNumber(n.Value) + ", allowed only in reply to " + request.Text
		}
	case Held:
		return w.held(f, n)
	case Zeros:
		for _, c := range n.Raw() {
			if c != 0 {
				return "is not zero"
			}
		}
	case Backed:
		return w.backed(f, n)
	case Agreement:
		return c.compare(w, n)
	}
	return ""
}

// mustBe writes "is 0, must be 1 or 2", the values separated by separate.
func (f *LayoutField) mustBe(v uint64, values []uint64, separate func(words []byte, i, n int) []byte) string {
	words := f.appendNumber(append(make([]byte, 0, 64), "is "...), v)
	words = append(words, ", must be "...)
	for i, v := range values {
		words = f.appendNumber(separate(words, i, len(values)), v)
	}
	return string(words)
}

func wrongLength(length int, lengths []uint64) string {
	words := append(append(make([]byte, 0, 64), "has "...), count(length, "byte")...)
	words = append(words, ", must have "...)
	for i, l := range lengths {
		words = strconv.AppendUint(appendOr(words, i, len(lengths)), l, 10)
	}
	return string(words)
}

// backed: a count or length is not 0, comes out in whole elements, and the
// bytes that it claims are there, as far as the size of an element is known.
func (w *walk) backed(f *LayoutField, n *Node) string {
	list := w.top().layout.Counted(f.Name)
	item, left := w.itemSize(list), uint64(w.end-w.pos)
	switch {
	case list.Extent.Measure == BytesBy && (n.Value == 0 || n.Value%item != 0):
		return is(n.Value) + ", must be a positive multiple of " + decimals(item)
	case n.Value == 0:
		return "is 0, must be at least 1"
	case list.Extent.Measure == BytesBy:
		item = 1
	}
	if over, claimed := bits.Mul64(n.Value, item); over == 0 && claimed <= left {
		return ""
	}
	return is(n.Value) + ", more than the remaining bytes hold"
}

// held: the bytes that a count or length claims are there. An element of unknown
// size has 4 at least, a size of its own.
func (w *walk) held(f *LayoutField, n *Node) string {
	counted := w.top().layout.Counted(f.Name)
	item := uint64(1)
	if counted.Form == List {
		if item = w.itemSize(counted); item == 0 {
			item = 4
		}
	}
	if over, claimed := bits.Mul64(n.Value, item); over == 0 && claimed <= uint64(w.end-w.pos) {
		return ""
	}
	return is(n.Value) + ", more than the remaining bytes hold"
}

// The functions of the tables that compare several fields.

// blockSize: a block has bytes, and no more than its segment, but that the only
// block of a segment of Content Information 1.0 is called 65536 however short it is.
func blockSize(w *walk, n *Node) string {
	if n.Value == 0 {
		return "is 0, must be 1 to 4294967295"
	}
	size, hash := w.top().node.find("SegmentSize"), w.top().node.find("HashAlgorithm")
	if size == nil || hash == nil || size.Value == 0 || n.Value <= size.Value || n.Value == blockSizeV1 && hash.Value != 0x04 {
		return ""
	}
	return is(n.Value) + ", must be at most SegmentSize"
}

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

// readBytesOfCopy: a SEGMENT_INFO_MESSAGE has the size of its segment here, or 0,
// whatever part of the segment its block list covers.
func readBytesOfCopy(w *walk, n *Node) string {
	size := lastSegmentSize(w)
	if size == nil || w.lookup("cSegments") != 1 || n.Value == 0 || n.Value == size.Value {
		return ""
	}
	return is(n.Value) + ", must be 0 or cbSegment"
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
	size := listedSegmentSize(w)
	start, end := uint64(0), size
	if i == 0 {
		start = min(w.lookup("dwOffsetInFirstSegment"), size)
	}
	if read := w.lookup("dwReadBytesInLastSegment"); last && read != 0 {
		end = min(start+read, size)
	}
	all := blocksOf(end)
	met := all - start/blockSizeV1
	if n.Value == 0 || n.Value == all || n.Value == met {
		return ""
	}
	return is(n.Value) + ", must be the number of blocks in the content range"
}

// blockCountOfCopy: the block list of a SEGMENT_INFO_MESSAGE is a copy of one that
// may cover any part of the segment, so it has no more blocks than the segment.
func blockCountOfCopy(w *walk, n *Node) string {
	if w.lookup("cSegments") != 1 || n.Value <= blocksOf(listedSegmentSize(w)) {
		return ""
	}
	return is(n.Value) + ", must be at most the number of blocks in cbSegment"
}

// listedSegmentSize returns the cbSegment of the segment whose block list is on top.
func listedSegmentSize(w *walk) uint64 {
	return w.parent().find("segments").element(w.top().node.Index).find("cbSegment").Value
}

// blocksOf returns the number of blocks in the first so many bytes of a segment.
func blocksOf(bytes uint64) uint64 { return (bytes + blockSizeV1 - 1) / blockSizeV1 }

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

// appendTo appends what stands between the bounds of a range: "1 to 65535".
func appendTo(words []byte, i, _ int) []byte {
	if i == 0 {
		return words
	}
	return append(words, " to "...)
}
