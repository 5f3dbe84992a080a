package campaign

import (
	"slices"

	"github.com/hostedcache/pchc/spec"
)

// counts are the fields that count the elements of a list.
var counts = map[string]string{"segments": "cSegments", "blocks": "cSegments", "BlockHashes": "cBlocks", "chunkData": "dwChunkDataLength",
	"NeededBlockRanges": "NeededBlocksRangeCount", "ReqBlockRanges": "ReqBlockRangeCount", "SegmentIDs": "CountOfSegmentIDs",
	"BlockRanges": "BlockRangeCount", "SegmentRanges": "SegmentRangeCount"}

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
