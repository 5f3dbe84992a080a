package spec

// What the values of MS-SMB2's fields are called.
var (
	hashTypes    = []Symbol{{Value: 1, Text: "SRV_HASH_TYPE_PEER_DIST"}}
	hashVersions = []Symbol{
		{Value: 1, Text: "SRV_HASH_VER_1"},
		{Value: 2, Text: "SRV_HASH_VER_2"},
	}
	hashRetrievalTypes = []Symbol{
		{Value: hashBased, Text: "SRV_HASH_RETRIEVE_HASH_BASED"},
		{Value: fileBased, Text: "SRV_HASH_RETRIEVE_FILE_BASED"},
	}
)

const (
	hashBased = 1
	fileBased = 2
)

var readHashRequest = Layout{
	Name:    "SRV_READ_HASH_REQUEST",
	Section: "MS-SMB2 2.2.31.2",
	Kind:    HashRequest, Message: true,
	Truncated: Constraint{Rule: "SMB2-2.2.31.2-Truncated"},
	Fields: []LayoutField{
		{Name: "HashType", Form: Integer, Extent: fixed(4), Little: true, Symbols: hashTypes,
			Text:        "What the hashes are for.",
			Constraints: []Constraint{{Rule: "SMB2-2.2.31.2-HashType", Check: OneOf, Values: []uint64{1}}}},
		{Name: "HashVersion", Form: Integer, Extent: fixed(4), Little: true, Symbols: hashVersions,
			Text:        "Version of the Content Information.",
			Constraints: []Constraint{{Rule: "SMB2-2.2.31.2-HashVersion", Check: OneOf, Values: []uint64{1, 2}}}},
		{Name: "HashRetrievalType", Form: Integer, Extent: fixed(4), Little: true, Symbols: hashRetrievalTypes,
			Text: "What Length and Offset count: bytes of the Content Information File, or of the content.",
			Constraints: []Constraint{
				{Rule: "SMB2-2.2.31.2-HashRetrievalType", Check: OneOf, Values: []uint64{hashBased, fileBased}},
				{Rule: "SMB2-3.3.5.15.7-HashRetrievalType", When: "HashVersion", Equals: 1, Check: OneOf, Values: []uint64{hashBased}},
				{Rule: "SMB2-3.3.5.15.7-HashRetrievalType", When: "HashVersion", Equals: 2, Check: OneOf, Values: []uint64{fileBased}},
			}},
		{Name: "Length", Form: Integer, Extent: fixed(4), Little: true, Notation: Octets,
			Text: "Number of bytes asked for."},
		{Name: "Offset", Form: Integer, Extent: fixed(8), Little: true, Notation: Octets,
			Text: "Where they begin."},
		{Name: "Trailing", Form: Bytes, Optional: true,
			Text:        "Bytes after the end of the request.",
			Constraints: []Constraint{{Rule: "SMB2-2.2.31.2-Trailing", Check: Absent}}},
	},
}

var hashBasedResponse = Layout{
	Name:    "SRV_READ_HASH_RESPONSE",
	Section: "MS-SMB2 2.2.32.4.2",
	Kind:    HashResponse, Message: true,
	Truncated: Constraint{Rule: "SMB2-2.2.32.4.2-Truncated"},
	Fields: []LayoutField{
		{Name: "Offset", Form: Integer, Extent: fixed(8), Little: true, Notation: Octets,
			Text: "Where Buffer begins in the Content Information File."},
		{Name: "BufferLength", Form: Integer, Extent: fixed(4), Little: true, Notation: Octets,
			Text:        "Size of Buffer in bytes.",
			Comparisons: []Constraint{{Rule: "SMB2-2.2.32.4.2-BufferLength", Check: Agreement, compare: bufferLength}}},
		{Name: "Reserved", Form: Integer, Extent: fixed(4), Little: true, Filler: true,
			Text:        "Ignored by the receiver.",
			Constraints: []Constraint{{Rule: "SMB2-2.2.32.4.2-Reserved", Check: OneOf, Values: []uint64{0}}}},
		{Name: "Buffer", Form: Structure, Extent: bytesIn("BufferLength"), Of: &hashBuffer,
			Text: "The Content Information File, or a part of it."},
	},
}

var fileBasedResponse = Layout{
	Name:    "SRV_READ_HASH_RESPONSE",
	Section: "MS-SMB2 2.2.32.4.3",
	Kind:    HashResponse, Message: true,
	is:        isFileBased,
	Truncated: Constraint{Rule: "SMB2-2.2.32.4.3-Truncated"},
	Fields: []LayoutField{
		{Name: "FileDataOffset", Form: Integer, Extent: fixed(8), Little: true, Notation: Octets,
			Text: "Where the part of the content begins that Buffer describes."},
		{Name: "FileDataLength", Form: Integer, Extent: fixed(8), Little: true, Notation: Octets,
			Text: "Size of that part in bytes."},
		{Name: "BufferLength", Form: Integer, Extent: fixed(4), Little: true, Notation: Octets,
			Text:        "Size of Buffer in bytes.",
			Comparisons: []Constraint{{Rule: "SMB2-2.2.32.4.3-BufferLength", Check: Agreement, compare: bufferLength}}},
		{Name: "Reserved", Form: Integer, Extent: fixed(4), Little: true, Filler: true,
			Text:        "Ignored by the receiver.",
			Constraints: []Constraint{{Rule: "SMB2-2.2.32.4.3-Reserved", Check: OneOf, Values: []uint64{0}}}},
		{Name: "Buffer", Form: Structure, Extent: bytesIn("BufferLength"), Of: &hashBuffer,
			Text: "Content Information for it."},
	},
}

var hashBuffer = Layout{
	Name:    "Buffer",
	Section: "MS-SMB2 2.2.32.4",
	Kind:    HashResponse,
	Fields: []LayoutField{
		{Name: "HASH_HEADER", Form: Structure, Of: &hashHeader, Optional: true, present: headerPresent,
			Text: "Present if Buffer is the beginning of the Content Information File: Offset is 0, or FileDataOffset is 0 and Buffer does not begin like Content Information 2.0."},
		{Name: "Gap", Form: Bytes, Optional: true, present: func(w *walk) bool { return gap(w) > 0 }, length: gap,
			Text: "Bytes before HashBlobOffset, mostly none."},
		{Name: "CONTENT_INFORMATION_V1", Form: Structure, Of: &contentV1, Optional: true,
			present: func(w *walk) bool { return contentField(w) == "CONTENT_INFORMATION_V1" }, length: blob,
			Text: "HashBlobLength bytes of Content Information, if HashVersion is 1 and all of it is there."},
		{Name: "CONTENT_INFORMATION_V2", Form: Structure, Of: &contentV2, Optional: true,
			present: func(w *walk) bool { return contentField(w) == "CONTENT_INFORMATION_V2" }, length: blob,
			Text: "HashBlobLength bytes of Content Information, or all if that is 0, if HashVersion is 2 or there is no HASH_HEADER in a file based response."},
		{Name: "ContentInformationPart", Form: Bytes, Optional: true, Secret: true,
			present: func(w *walk) bool { return contentField(w) == "ContentInformationPart" }, length: blob, inside: cutContent,
			Text: "A part of Content Information, to be joined with those of other responses."},
		{Name: "Trailing", Form: Bytes, Optional: true,
			Text:        "Bytes after the Content Information.",
			Constraints: []Constraint{{Rule: "SMB2-2.2.32.4.1-Trailing", Check: Absent}}},
	},
}

var hashHeader = Layout{
	Name:      "HASH_HEADER",
	Section:   "MS-SMB2 2.2.32.4.1",
	Kind:      HashResponse,
	Truncated: Constraint{Rule: "SMB2-2.2.32.4.1-Truncated"},
	Fields: []LayoutField{
		{Name: "HashType", Form: Integer, Extent: fixed(4), Little: true, Symbols: hashTypes,
			Text:        "What the hashes are for.",
			Constraints: []Constraint{{Rule: "SMB2-2.2.32.4.1-HashType", Check: OneOf, Values: []uint64{1}}}},
		{Name: "HashVersion", Form: Integer, Extent: fixed(4), Little: true, Symbols: hashVersions,
			Text:        "Version of the Content Information.",
			Constraints: []Constraint{{Rule: "SMB2-2.2.32.4.1-HashVersion", Check: OneOf, Values: []uint64{1, 2}}},
			Comparisons: []Constraint{{Rule: "SMB2-3.3.5.15.7-HashVersion", Check: Agreement, compare: versionOfForm}}},
		{Name: "SourceFileChangeTime", Form: Integer, Extent: fixed(8), Little: true,
			Text: "When the file changed last, in units of 100 ns since 1601 (FILETIME)."},
		{Name: "SourceFileSize", Form: Integer, Extent: fixed(8), Little: true, Notation: Octets,
			Text: "Size of the file in bytes."},
		{Name: "HashBlobLength", Form: Integer, Extent: fixed(4), Little: true, Notation: Octets,
			Text: "Size of the Content Information in bytes; 0 in version 2, where it extends to the end of Buffer.",
			Comparisons: []Constraint{
				{Rule: "SMB2-2.2.32.4.1-HashBlobLength", Check: Agreement, compare: blobLength},
				{Rule: "SMB2-3.3.5.15.7-HashBlobLength", Check: Agreement, compare: blobLengthV2},
			}},
		{Name: "HashBlobOffset", Form: Integer, Extent: fixed(4), Little: true, Notation: Octets,
			Text:        "Where the Content Information begins in the Content Information File.",
			Comparisons: []Constraint{{Rule: "SMB2-2.2.32.4.1-HashBlobOffset", Check: Agreement, compare: blobOffset}}},
		{Name: "Dirty", Form: Integer, Extent: fixed(2), Little: true,
			Text:        "Whether the file has changed since: then it is not sent.",
			Constraints: []Constraint{{Rule: "SMB2-2.2.32.4.1-Dirty", Check: OneOf, Values: []uint64{0}}}},
		{Name: "SourceFileNameLength", Form: Integer, Extent: fixed(2), Little: true, Notation: Octets,
			Text:        "Size of SourceFileName in bytes.",
			Comparisons: []Constraint{{Rule: "SMB2-2.2.32.4.1-SourceFileNameLength", Check: Agreement, compare: nameLength}}},
		{Name: "SourceFileName", Form: Bytes, Extent: bytesIn("SourceFileNameLength"),
			Text: "Name of the file in UTF-16LE, without terminator; Windows ignores it."},
	},
}

// isFileBased reports which form a response has: that of the request, or the one
// whose BufferLength fits. Where that does not tell, what Buffer would begin with does.
func isFileBased(b []byte, hashRetrievalType uint16) bool {
	if hashRetrievalType != 0 {
		return hashRetrievalType == fileBased
	}
	fitsHash := len(b) >= 16 && little(b[8:12]) == uint64(len(b)-16)
	fitsFile := len(b) >= 24 && little(b[16:20]) == uint64(len(b)-24)
	if fitsHash != fitsFile {
		return fitsFile
	}
	if len(b) < 24 {
		return false
	}
	buffer := string(b[24:])
	return hasPrefix(buffer, "\x00\x02") || hasPrefix(buffer, "\x01\x00\x00\x00\x02\x00\x00\x00")
}

// looksLikeHashRequest reports whether b is 24 bytes that begin like a
// SRV_READ_HASH_REQUEST with values that exist.
func looksLikeHashRequest(b []byte) bool {
	return len(b) == 24 && little(b[0:4]) == 1 && little(b[4:8])-1 < 2 && little(b[8:12])-1 < 2
}

// looksLikeHashResponse reports whether b has the length that its BufferLength says,
// and Buffer begins like a HASH_HEADER, or Content Information 2.0 if file based.
func looksLikeHashResponse(b []byte) bool {
	header := func(buffer []byte) bool {
		return len(buffer) >= 8 && little(buffer[0:4]) == 1 && little(buffer[4:8])-1 < 2
	}
	switch {
	case len(b) >= 16 && little(b[8:12]) == uint64(len(b)-16) && little(b[0:8]) == 0 && header(b[16:]):
		return true
	case len(b) >= 24 && little(b[16:20]) == uint64(len(b)-24):
		return header(b[24:]) || hasPrefix(string(b[24:]), "\x00\x02\x04")
	}
	return false
}

func hasPrefix(s, prefix string) bool { return len(s) >= len(prefix) && s[:len(prefix)] == prefix }

// little returns a little-endian number.
func little(b []byte) uint64 { return (&LayoutField{Little: true}).integer(b) }

// The functions of the tables.

// isFile reports whether the response is file based.
func (w *walk) isFile() bool { return w.stack[0].layout.Section == "MS-SMB2 2.2.32.4.3" }

// bufferLength: Buffer extends to the end.
func bufferLength(w *walk, n *Node) string {
	if w.top().node.find("Reserved") == nil {
		return ""
	}
	if there := uint64(w.end - n.Offset - 8); n.Value != there {
		return is(n.Value) + ", but Buffer has " + count(int(there), "byte")
	}
	return ""
}

// headerPresent reports whether the Buffer on top begins with a HASH_HEADER.
func headerPresent(w *walk) bool {
	if w.isFile() {
		return w.lookup("FileDataOffset") == 0 && !hasPrefix(string((**w.input)[w.pos:w.end]), "\x00\x02")
	}
	return w.lookup("Offset") == 0
}

// header returns the HASH_HEADER of the Buffer on top, nil if it has none.
func (w *walk) header() *Node { return w.top().node.Child("HASH_HEADER") }

// gap returns the number of bytes between HASH_HEADER and Content Information.
func gap(w *walk) int {
	offset := w.header().find("HashBlobOffset")
	if offset == nil {
		return 0
	}
	before := w.pos - w.top().node.Offset
	return int(min(max(offset.Value, uint64(before)), uint64(w.end-w.top().node.Offset))) - before
}

// blob returns the number of bytes from here to the end of the Content Information,
// as far as they are there.
func blob(w *walk) int {
	left := w.end - w.pos
	if length := w.header().find("HashBlobLength"); length != nil && length.Value > 0 && length.Value < uint64(left) {
		return int(length.Value)
	}
	return left
}

// contentField returns the name of the field in which the Content Information here
// is, "" where there is none or it has been read. Where other bytes follow, Content
// Information must end where HashBlobLength says: otherwise it cannot be dissected in
// its place, see cutContent.
func contentField(w *walk) string {
	for _, name := range []string{"CONTENT_INFORMATION_V1", "CONTENT_INFORMATION_V2", "ContentInformationPart"} {
		if w.top().node.Child(name) != nil {
			return ""
		}
	}
	size := blob(w)
	l := contentLayout(w, w.end-w.pos)
	switch {
	case l != nil && (size == w.end-w.pos || new(Dissector).dissectAs(l, (**w.input)[w.pos:w.pos+size], 0).Valid()):
		return l.Name
	case size > 0:
		return "ContentInformationPart"
	}
	return ""
}

// contentLayout returns the layout of the Content Information of the Buffer on top,
// nil where its version is unknown or so many bytes are not all of it.
func contentLayout(w *walk, there int) *Layout {
	h := w.header()
	switch {
	case h == nil && w.isFile():
		return &contentV2
	case h == nil:
		return nil
	}
	version, length := h.find("HashVersion"), h.find("HashBlobLength")
	if version == nil || length == nil || length.Value > uint64(there) && !w.isFile() {
		return nil
	}
	return map[uint64]*Layout{1: &contentV1, 2: &contentV2}[version.Value]
}

// cutContent reports the violations of Content Information that other bytes follow.
func cutContent(w *walk, n *Node) {
	l := contentLayout(w, n.length)
	if l == nil {
		return
	}
	around := w.path(n)
	around = around[:len(around)-len(n.Name)] + l.Name + "."
	d := &Dissector{OncePerRule: w.once}
	for _, v := range d.dissectAs(l, n.Raw(), 0).Violations {
		v.Offset += n.Offset
		v.Field = around + v.Field
		w.violations = append(w.violations, v)
	}
}

// versionOfForm: version 1 is hash based, version 2 file based.
func versionOfForm(w *walk, n *Node) string {
	if want := uint64(hashBased); n.Value == 1 && w.isFile() || n.Value == 2 && !w.isFile() {
		if w.isFile() {
			want = fileBased
		}
		return is(n.Value) + ", must be " + decimals(want) + " in this form of response"
	}
	return ""
}

// blobLength: version 1 has a length, and a file based response is not one of
// several that make the whole.
func blobLength(w *walk, n *Node) string {
	h := w.top().node
	if n.Value == 0 && h.find("HashVersion").Value == 1 {
		return "is 0, must be at least 1 in SRV_HASH_VER_1"
	}
	size := uint64(w.end - h.Offset)
	offset := h.find("HashBlobOffset")
	if !w.isFile() || h.find("SourceFileNameLength") == nil || offset.Value > size || n.Value <= size-offset.Value {
		return ""
	}
	return is(n.Value) + ", more than the remaining bytes hold"
}

// blobLengthV2: version 2 has none.
func blobLengthV2(w *walk, n *Node) string {
	if n.Value == 0 || w.top().node.find("HashVersion").Value != 2 {
		return ""
	}
	return is(n.Value) + ", must be 0 in SRV_HASH_VER_2"
}

// headerSize is the size in bytes of a HASH_HEADER without its name.
const headerSize = 36

// blobOffset: the Content Information begins behind the name, and in Buffer.
func blobOffset(w *walk, n *Node) string {
	h := w.top().node
	name, size := h.find("SourceFileNameLength"), uint64(w.end-h.Offset)
	switch {
	case name == nil:
	case n.Value > size:
		return is(n.Value) + ", but Buffer has " + count(int(size), "byte")
	case headerSize+name.Value <= size && n.Value < headerSize+name.Value:
		return is(n.Value) + ", must be at least " + decimals(headerSize+name.Value) + ", the end of HASH_HEADER"
	}
	return ""
}

// nameLength: the name ends in Buffer.
func nameLength(w *walk, n *Node) string {
	if headerSize+n.Value <= uint64(w.end-w.top().node.Offset) {
		return ""
	}
	return is(n.Value) + ", more than the remaining bytes hold"
}
