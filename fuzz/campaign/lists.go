package campaign

import (
	"bytes"
	"encoding/binary"
	"maps"
	"slices"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

// counts are the fields that count the elements of a list.
var counts = map[string]string{"segments": "cSegments", "blocks": "cSegments", "BlockHashes": "cBlocks", "chunkData": "dwChunkDataLength",
	"NeededBlockRanges": "NeededBlocksRangeCount", "ReqBlockRanges": "ReqBlockRangeCount", "SegmentIDs": "CountOfSegmentIDs",
	"BlockRanges": "BlockRangeCount", "SegmentRanges": "SegmentRangeCount"}

// headers are where MESSAGE_HEADER of MS-PCCRR begins, by kind.
var headers = map[spec.Kind]int{spec.RetrievalRequest: 0, spec.RetrievalResponse: 4}

// measured returns a message of MS-PCCRR with the MsgSize, and in a response the Size,
// that its length has: a copy, if these are others. What is removed from a message makes
// them wrong, so that it would never count as simpler.
func measured(m fuzz.Message) (right fuzz.Message, changed bool) {
	at, has := headers[m.Kind]
	if !has || len(m.Bytes) < at+12 {
		return m, false
	}
	right = m.Clone()
	size := uint32(len(m.Bytes) - at)
	binary.BigEndian.PutUint32(right.Bytes[at+8:], size)
	if at > 0 {
		binary.BigEndian.PutUint32(right.Bytes, size)
	}
	return right, !bytes.Equal(right.Bytes, m.Bytes)
}

// A text is a byte string with its size before it, and perhaps padding behind it, among
// the fields of a message.
type text struct {
	parent spec.Fields
	name   string
}

// textsOf returns those of MS-PCCRR in fields, outer before inner ones.
func textsOf(fields spec.Fields) (all []text) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		switch v := fields[name].(type) {
		case spec.Fields:
			all = append(all, textsOf(v)...)
		case []any:
			for _, element := range v {
				if f, ok := element.(spec.Fields); ok {
					all = append(all, textsOf(f)...)
				}
			}
		case []byte:
			if _, sized := fields["SizeOf"+name]; sized {
				all = append(all, text{fields, name})
			}
		}
	}
	return all
}

// drop deletes the bytes from begin to end. The size and the padding are then those of the
// rest.
func (t text) drop(begin, end int) {
	b := t.parent[t.name].([]byte)
	t.set(slices.Delete(slices.Clone(b), min(begin, len(b)), min(end, len(b))))
}

// set replaces the bytes likewise.
func (t text) set(b []byte) {
	t.parent[t.name] = b
	delete(t.parent, "SizeOf"+t.name)
	for _, padding := range []string{"ZeroPad", "ZeroPad_2", "ZeroPad_3"} {
		delete(t.parent, padding)
	}
}

// list is a list among the fields of a message.
type list struct {
	parent spec.Fields
	name   string
}

// listsOf returns the lists in fields, outer before inner ones. The two lists
// of Content Information 1.0 belong together, so it has only the first.
func listsOf(fields spec.Fields) []list {
	var all []list
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		switch v := fields[name].(type) {
		case spec.Fields:
			all = append(all, listsOf(v)...)
		case []any:
			if name != "blocks" {
				all = append(all, list{fields, name})
			}
			for _, element := range v {
				if f, ok := element.(spec.Fields); ok {
					all = append(all, listsOf(f)...)
				}
			}
		}
	}
	return all
}

func (l list) elements() []any { return l.parent[l.name].([]any) }

// drop deletes the elements from begin to end.
func (l list) drop(begin, end int, counted bool) {
	names := []string{l.name}
	if l.name == "segments" {
		names = append(names, "blocks")
	}
	for _, name := range names {
		if elements, ok := l.parent[name].([]any); ok && begin < len(elements) {
			l.parent[name] = slices.Delete(slices.Clone(elements), begin, min(end, len(elements)))
		}
	}
	if counted {
		delete(l.parent, counts[l.name])
	}
}
