package kaitai

import "github.com/hostedcache/pchc/spec"

// What is in the Buffer of a SRV_READ_HASH_RESPONSE depends on the form of the response,
// on HASH_HEADER and on the number of bytes: conditions that the tables of spec do not
// have as data.

const (
	hashBased = "MS-SMB2 2.2.32.4.2"
	fileBased = "MS-SMB2 2.2.32.4.3"
)

// part says when a field of Buffer is present, and its size, both in Kaitai's language.
type part struct{ present, size string }

const (
	inHashBased = "_root.offset == 0"
	inFileBased = "_root.file_data_offset == 0 and (_io.size < 2 or begin != 2)"
	isWhole     = "hash_header.hash_blob_length <= _io.size - hash_header.hash_blob_offset"
	version1    = "hash_header.hash_version == hash_version::srv_hash_ver_1"
	version2    = "hash_header.hash_version == hash_version::srv_hash_ver_2"
	left        = "_io.size - _io.pos"
	blobSize    = "hash_header.hash_blob_length == 0 ? " + left + " : hash_header.hash_blob_length"
	gapSize     = "hash_header.hash_blob_offset - _io.pos"
)

// parts has the fields of Buffer by section of the response and name.
var parts = map[string]part{
	hashBased + " HASH_HEADER":            {inHashBased, ""},
	hashBased + " Gap":                    {inHashBased + " and hash_header.hash_blob_offset > _io.pos", gapSize},
	hashBased + " CONTENT_INFORMATION_V1": {inHashBased + " and " + version1 + " and " + isWhole, blobSize},
	hashBased + " CONTENT_INFORMATION_V2": {inHashBased + " and " + version2 + " and " + isWhole, blobSize},
	hashBased + " ContentInformationPart": {"not (" + inHashBased + ") or not (" + isWhole + ")", left},
	fileBased + " HASH_HEADER":            {inFileBased, ""},
	fileBased + " Gap":                    {inFileBased + " and hash_header.hash_blob_offset > _io.pos", gapSize},
	fileBased + " CONTENT_INFORMATION_V1": {inFileBased + " and " + version1, blobSize},
	fileBased + " CONTENT_INFORMATION_V2": {"not (" + inFileBased + ") or " + version2,
		"(" + inFileBased + ") and hash_header.hash_blob_length != 0 ? hash_header.hash_blob_length : " + left},
}

// isPart reports whether it depends on conditions whether f, a field of l, is present.
func isPart(l *spec.Layout, f *spec.LayoutField) bool {
	return l.Name == "Buffer" && f.Name != "Trailing"
}

// part returns the conditions of f, false where it has none or is never present.
func (g *generator) part(l *spec.Layout, f *spec.LayoutField) (part, bool) {
	if !isPart(l, f) {
		return part{}, false
	}
	p, ok := parts[g.module.section+" "+f.Name]
	return p, ok
}
