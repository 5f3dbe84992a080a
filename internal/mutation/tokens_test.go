package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/internal/testutil"
)

// TestTokens lists the changes to lines in Python and C.
func TestTokens(t *testing.T) {
	for _, test := range []struct {
		name, src string
		want      []string
	}{
		{"a.py", "def f(a):\n    if a < 0x10 and not b:  # 1 < 2\n        return f(a)\n", []string{"< -> <=", "0x10 -> 17", "0x10 -> 15", "and -> or", "not -> nothing", "return f(a) -> pass"}},
		{"a.py", "def f():\n    x = g(\"a < 2\", \"big\",\n          not_ == 1)\n", []string{`"big" -> "little"`, "== -> !=", "1 -> 2", "1 -> 0"}},
		{"a.py", "\"\"\"a < 1\n    x = 2\n\"\"\"\n", nil},
		{"a.py", "def f():\n    x = {\n        1: 2,\n    }\n", []string{"1 -> 2", "1 -> 0", "2 -> 3", "2 -> 1"}},
		{"a.c", "#include <a.h>\n/* a < 1 */\nint f(void)\n{\n    int a = 'b' + 2u;\n    if (!a || b->c)\n        return f(\"%d > 1\");\n}\n", []string{"+ -> -", "2 -> 3", "2 -> 1", "! -> nothing", "|| -> &&", `return f("%d > 1"); -> ;`}},
		{"a.c", "void f(void)\n{\n    while (g())\n        ;\n}\n", nil},
		{"a.c", "void f(void)\n{\n    g(a,\n      b);\n    pos += 4;\n}\n", []string{"pos += 4; -> ;", "+= -> -=", "4 -> 5", "4 -> 3"}},
	} {
		found, err := mutantsOf(test.name, test.src)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range found {
			got = append(got, m.change())
			if test.src[m.from:m.to] != m.was {
				t.Errorf("%+v", m)
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.src, diff)
		}
	}
}

// TestDecoders: a campaign finds a change to a decoder, and not one that does the same.
func TestDecoders(t *testing.T) {
	testutil.Tool(t, "python3")
	root := t.TempDir()
	src, err := os.ReadFile(filepath.Join("..", "..", "fuzz", "examples", "python", "decoder.py"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "decoder.py"), src, 0o600); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		`c["Padding"] = r.bytes("Padding", r.left())`: "-> pass: noticed by",
		"self.cut = None": "self.cut = None # the rule violated if the bytes end -> pass: SURVIVED",
	} {
		before, _, _ := strings.Cut(string(src), text)
		o := &options{root: root, paths: []string{"./decoder.py"}, at: fmt.Sprintf("decoder.py:%d", 1+strings.Count(before, "\n")), runs: 500, seed: 1}
		var got strings.Builder
		if _, err := o.run(&got); err != nil || !strings.Contains(got.String(), want) {
			t.Errorf("%v, no %q:\n%s", err, want, got.String())
		}
	}
}
