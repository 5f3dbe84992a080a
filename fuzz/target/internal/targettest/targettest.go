package targettest

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/corpus"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// Vectors returns the messages of the corpus that are of MS-PCHC, and its Content
// Information.
func Vectors(t testing.TB) []target.Case {
	t.Helper()
	return VectorsOf(t, spec.Request, spec.Response, spec.Content)
}

// VectorsOf returns the messages of the corpus that are of these kinds.
func VectorsOf(t testing.TB, kinds ...spec.Kind) []target.Case {
	t.Helper()
	all, err := corpus.Vectors()
	if err != nil {
		t.Fatal(err)
	}
	var cases []target.Case
	for _, v := range all {
		if kind, _ := spec.ParseKind(string(v.Kind)); slices.Contains(kinds, kind) {
			cases = append(cases, target.NewCase(fuzz.Message{Kind: kind, Bytes: v.Bytes}))
		}
	}
	return cases
}

// Pchc builds the command pchc and returns its path.
func Pchc(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pchc.exe")
	if out, err := exec.Command("go", "build", "-o", path, "github.com/hostedcache/pchc/cmd/pchc").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

// Answer returns the correct answer of a decoder to a message.
func Answer(m fuzz.Message) string {
	d := m.Dissect()
	if !d.Valid() {
		return `{"valid":false}`
	}
	return `{"valid":true,"fields":` + fields(&d.Root) + "}"
}

func fields(n *spec.Node) string {
	var parts []string
	switch n.Form {
	case spec.Text:
		b, _ := json.Marshal(n.Meaning)
		return string(b)
	case spec.Integer:
		return strconv.FormatUint(n.Value, 10)
	case spec.Structure:
		for i := range n.Children {
			parts = append(parts, `"`+n.Children[i].Name+`":`+fields(&n.Children[i]))
		}
		return "{" + strings.Join(parts, ",") + "}"
	case spec.List:
		for i := range n.Children {
			parts = append(parts, fields(&n.Children[i]))
		}
		return "[" + strings.Join(parts, ",") + "]"
	}
	return fmt.Sprintf(`"%x"`, n.Raw())
}
