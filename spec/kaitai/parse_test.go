package kaitai

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/corpus"
	"github.com/hostedcache/pchc/internal/testutil"
	"github.com/hostedcache/pchc/spec"
)

// leaf is an integer or byte string.
type leaf struct {
	Offset int    `json:"offset"`
	Length int    `json:"length"`
	Value  string `json:"value"`
}

// parsed is what a parser made of a message.
type parsed struct {
	Error  string
	Fields map[string]leaf // by path
}

// message is what a parser reads.
type message struct {
	Definition string `json:"definition"`
	Hex        string `json:"hex"`
}

// parse compiles the definitions and parses messages with the result.
func parse(t *testing.T, messages []message) []parsed {
	t.Helper()
	node := testutil.Tool(t, "node")
	if _, err := os.Stat("testdata/node_modules"); err != nil {
		testutil.Missing(t, "the Kaitai Struct compiler is not installed: npm ci --prefix spec/kaitai/testdata")
	}
	var input struct {
		Definitions map[string]string `json:"definitions"`
		Messages    []message         `json:"messages"`
	}
	input.Definitions, input.Messages = make(map[string]string), messages
	for _, d := range Definitions() {
		input.Definitions[d.Name] = d.Text
	}
	in, err := json.Marshal(input)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(node, "testdata/parse.js")
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, &stderr)
	}
	var all []parsed
	if err := json.Unmarshal(out, &all); err != nil || len(all) != len(messages) {
		t.Fatalf("%d results, want %d: %v", len(all), len(messages), err)
	}
	for _, got := range all {
		for path, l := range got.Fields {
			if l.Length == 0 { // an optional field that is not there
				delete(got.Fields, path)
			}
		}
	}
	return all
}

func definitionFor(v *corpus.Vector) string {
	switch v.Kind {
	case corpus.Request:
		return "ms_pchc_request"
	case corpus.Response:
		return "ms_pchc_response"
	}
	if len(v.Bytes) > 1 && v.Bytes[1] == 2 {
		return "ms_pccrc_v2"
	}
	return "ms_pccrc_v1"
}

// expected returns what a parser must read of a valid message.
func expected(v *corpus.Vector) map[string]leaf {
	kinds := map[corpus.Kind]spec.Kind{corpus.Request: spec.Request, corpus.Response: spec.Response, corpus.Content: spec.Content}
	fields := make(map[string]leaf)
	root := spec.Dissect(kinds[v.Kind], v.Bytes).Root
	for i := range root.Children {
		path := ""
		if v.Kind == corpus.Request && i >= 2 { // behind what all requests have
			path = "body."
		}
		leaves(fields, path, &root.Children[i])
	}
	return fields
}

func leaves(fields map[string]leaf, path string, n *spec.Node) {
	path += camel(n.Name)
	if n.Index >= 0 {
		path += fmt.Sprintf("[%d]", n.Index)
	}
	switch n.Form {
	case spec.List:
		for i := range n.Children {
			leaves(fields, strings.TrimSuffix(path, camel(n.Name)), &n.Children[i])
		}
	case spec.Structure:
		for i := range n.Children {
			leaves(fields, path+".", &n.Children[i])
		}
	case spec.Integer: // a JavaScript number
		fields[path] = leaf{n.Offset, len(n.Raw()), strconv.FormatFloat(float64(n.Value), 'f', 0, 64)}
	default:
		fields[path] = leaf{n.Offset, len(n.Raw()), hex.EncodeToString(n.Raw())}
	}
}

// camel makes the name of a property of the name of a field.
func camel(name string) string {
	words := strings.Split(snake(name), "_")
	for i := 1; i < len(words); i++ {
		words[i] = strings.ToUpper(words[i][:1]) + words[i][1:]
	}
	return strings.Join(words, "")
}

// TestKaitai compares the parse of every vector with what spec says.
func TestKaitai(t *testing.T) {
	vectors, err := corpus.Vectors()
	if err != nil {
		t.Fatal(err)
	}
	vectors = slices.DeleteFunc(vectors, func(v corpus.Vector) bool { // there are no definitions for other kinds
		return v.Kind != corpus.Request && v.Kind != corpus.Response && v.Kind != corpus.Content
	})
	// Rules that a parser cannot know, or that no key of the language says.
	untold := []string{
		"PCHC-2.2.1.5-MinDescriptors", "PCHC-2.2.1.5-MaxDescriptors", "PCCRC-2.4-chunks", // numbers of elements
		"PCHC-2.2.1.4-cSegments",  // of a part that may stand elsewhere
		"PCHC-2.2.2.2-Interested", // depends on the request
	}
	valid, refused := 0, 0
	var messages []message
	for _, v := range vectors {
		messages = append(messages, message{definitionFor(&v), hex.EncodeToString(v.Bytes)})
	}
	for i, got := range parse(t, messages) {
		v := &vectors[i]
		switch {
		case v.Valid && got.Error != "":
			t.Errorf("%s: %s", v.ID, got.Error)
		case v.Valid:
			valid++
			if diff := gocmp.Diff(expected(v), got.Fields); diff != "" {
				t.Errorf("%s: %s", v.ID, diff)
			}
		case got.Error != "":
			refused++
		case !slices.Contains(untold, v.Rule):
			t.Errorf("%s: parsed, though it breaks %s", v.ID, v.Rule)
		}
	}
	if valid < 100 || refused < 100 {
		t.Errorf("%d valid vectors and %d refused ones", valid, refused)
	}
	t.Logf("%d valid vectors read, %d of %d others refused", valid, refused, len(vectors)-valid)
}
