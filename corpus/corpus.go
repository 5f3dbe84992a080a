package corpus

import (
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
)

//go:embed vectors/*.json schema/*.json pchc.dict
var files embed.FS

// Files returns everything that the package embeds: the vector files
// "vectors/*.json", their JSON Schema "schema/vectors.schema.json" and the
// fuzzing dictionary "pchc.dict", in the syntax of AFL and libFuzzer. They are
// the files of the repository, byte for byte.
func Files() fs.FS { return files }

// File is one file of vectors.
type File struct {
	Name          string          `json:"-"` // path within Files
	Schema        string          `json:"schema"`
	Description   string          `json:"description"`
	NumberOfTests int             `json:"numberOfTests"` // in all groups together
	Notes         map[string]Note `json:"notes"`         // by flag
	Groups        []Group         `json:"groups"`
}

// Note explains a flag: the kind of bug that vectors with it reveal.
type Note struct {
	BugType     string `json:"bugType"`
	Description string `json:"description"`
}

// Group is the vectors of one source.
type Group struct {
	Source Source   `json:"source"`
	Tests  []Vector `json:"tests"`
}

// Source says who made a group's bytes, and on what terms they are used.
type Source struct {
	Name       string `json:"name"`
	Version    string `json:"version"`
	Licence    string `json:"licence"`
	Provenance string `json:"provenance"`
}

// Kind is what the bytes of a vector are. spec.ParseKind knows these names.
type Kind string

const (
	Request  Kind = "request"  // body of an HTTP POST, MS-PCHC 2.2.1
	Response Kind = "response" // body of the HTTP response, MS-PCHC 2.2.2
	Content  Kind = "content"  // Content Information, MS-PCCRC 2.3 and 2.4

	HashRequest       Kind = "hash-request"       // input of FSCTL_SRV_READ_HASH, MS-SMB2 2.2.31.2
	HashResponse      Kind = "hash-response"      // its output, MS-SMB2 2.2.32.4
	RetrievalRequest  Kind = "retrieval-request"  // body of an HTTP POST, MS-PCCRR 2.2.1
	RetrievalResponse Kind = "retrieval-response" // body of the HTTP response, MS-PCCRR 2.2.2
	Discovery         Kind = "discovery"          // UDP datagram with XML, MS-PCCRD 2.2.2
)

// Vector is one message and what a reader must make of it.
type Vector struct {
	ID      string   `json:"id"`      // unique in the corpus
	Comment string   `json:"comment"` // what is special about it
	Flags   []string `json:"flags"`   // keys of the file's Notes
	Section string   `json:"section"` // "MS-PCHC 2.2.1.5"

	Kind Kind `json:"kind"`
	// RequestType is, for a response, the Type of its request, 0 if unknown.
	RequestType uint16 `json:"requestType,omitempty"`
	Message     string `json:"message"` // "BATCHED_OFFER_MESSAGE", ..., "UNKNOWN"
	Bytes       Hex    `json:"hex"`

	// Valid says that the message violates no format rule. Otherwise Rule and
	// Offset are those of the violation with the lowest offset, in bytes from
	// the start of the message.
	Valid  bool   `json:"valid"`
	Rule   string `json:"rule,omitempty"`
	Offset int    `json:"offset,omitempty"`
	// SenderViolations are all violations of sender rules in a valid message, in
	// order of offset; nil for an invalid message.
	SenderViolations []Violation `json:"senderViolations,omitempty"`
	// Neighbour is the id of the most similar vector without the fault.
	Neighbour string `json:"neighbour,omitempty"`

	// Fields and Derived are the JSON objects of the same names that a
	// decoder prints, including secrets; nil if nothing is expected.
	Fields  json.RawMessage `json:"fields,omitempty"`
	Derived json.RawMessage `json:"derived,omitempty"`
	// Recipe says how to reproduce the Content Information; nil if it does not
	// describe real content.
	Recipe *Recipe `json:"recipe,omitempty"`
}

// Violation is a violated rule, and the offset of the field that violates it.
type Violation struct {
	Rule   string `json:"rule"`
	Offset int    `json:"offset"`
}

// Recipe is what Content Information was made from.
type Recipe struct {
	// Content names the formula of the content's bytes, see README.md: "ramp"
	// or "lcg". It is empty if the content is not public; then only the keys
	// can be checked.
	Content       string `json:"content,omitempty"`
	ContentLength int64  `json:"contentLength,omitempty"` // bytes
	ContentSHA256 Hex    `json:"contentSHA256,omitempty"`
	// SegmentLengths are the lengths of all segments of the content: version
	// 2.0 only, where they are the sender's choice.
	SegmentLengths []int64 `json:"segmentLengths,omitempty"`

	Secret      Hex    `json:"secret"` // the server secret key
	Ks          Hex    `json:"Ks"`     // its hash
	KsAlgorithm string `json:"ksAlgorithm"`
}

// Hex is a byte string, written in JSON as lower-case hexadecimal digits.
type Hex []byte

// MarshalText implements [encoding.TextMarshaler].
func (h Hex) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (h *Hex) UnmarshalText(text []byte) error {
	b, err := hex.AppendDecode(nil, text)
	if err != nil {
		return err
	}
	*h = b
	return nil
}

// Load parses all vector files, in the order of their names. The caller owns the
// result, and may change it.
//
// An error means that the package was built from modified files: its tests check
// those that it embeds.
func Load() ([]File, error) {
	names, err := fs.Glob(files, "vectors/*.json")
	if err != nil {
		return nil, err
	}
	all := make([]File, len(names))
	for i, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(text, &all[i]); err != nil {
			return nil, fmt.Errorf("corpus: %s: %w", name, err)
		}
		all[i].Name = name
	}
	return all, nil
}

// Vectors returns the vectors of all files, in the order of [Load], without file
// and source.
func Vectors() ([]Vector, error) {
	all, err := Load()
	if err != nil {
		return nil, err
	}
	var vectors []Vector
	for _, f := range all {
		for _, g := range f.Groups {
			vectors = append(vectors, g.Tests...)
		}
	}
	return vectors, nil
}
