package reference

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/spec"
)

// TestPages compares the pages with what the tables give.
func TestPages(t *testing.T) {
	for _, p := range Pages() {
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(p.Name, []byte(p.Text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		kept, err := os.ReadFile(p.Name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(kept), p.Text); diff != "" {
			t.Errorf("%s is not what the tables give (UPDATE=1 go test writes it anew):\n%s", p.Name, diff)
		}
	}
}

// TestAllRequirements: every requirement is on a page, with what the text does
// not state marked.
func TestAllRequirements(t *testing.T) {
	text := ""
	for _, p := range Pages() {
		text += p.Text
	}
	for _, r := range spec.Requirements() {
		want := "- `" + r.ID + "` (" + r.Level.String() + ", " + r.Class.String()
		if r.Derived {
			want += ", derived"
		}
		if !strings.Contains(text, want+"): "+r.Text+"\n") {
			t.Errorf("%s is on no page", r.ID)
		}
	}
}

// What is not aligned to rows, what has many of them, and what has no end.
func TestDiagram(t *testing.T) {
	for name, want := range map[string]string{
		"CONNECTION_INFORMATION": `
 0                   1                   2                   3
 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|             Port              |                               |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+                               +
|                       Padding (6 bytes)                       |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
`,
		"ChunkDescription": `
 0                   1                   2                   3
 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|  bChunkType   |               dwChunkDataLength               |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|      ...      |                                               |
+-+-+-+-+-+-+-+-+                                               +
|              chunkData (dwChunkDataLength bytes)              |
+                                                               +
|                              ...                              |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
`,
		"RESPONSE_MESSAGE": `
 0                   1                   2                   3
 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|                   TransportHeader (4 bytes)                   |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
| ResponseCode  |                                               |
+-+-+-+-+-+-+-+-+                                               +
|                     Trailing (to the end)                     |
+                                                               +
|                              ...                              |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
`,
	} {
		for _, l := range spec.Layouts() {
			if l.Name != name {
				continue
			}
			if diff := cmp.Diff(want, "\n"+Diagram(l)); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	}
}

// Every name fits.
func TestDiagramNames(t *testing.T) {
	for _, l := range spec.Layouts() {
		diagram := Diagram(l)
		for _, f := range l.Fields {
			if !strings.Contains(diagram, f.Name) {
				t.Errorf("%s: no %s in\n%s", l.Name, f.Name, diagram)
			}
		}
		for line := range strings.Lines(diagram) {
			if len(line) > 66 {
				t.Errorf("%s: %q is too long", l.Name, line)
			}
		}
	}
}
