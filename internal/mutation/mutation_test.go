package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestMutants lists the changes to each construct.
func TestMutants(t *testing.T) {
	for src, want := range map[string][]string{
		"if a < 2 { f() }":      {"a < 2 -> !(a < 2)", "< -> <=", "2 -> 3", "2 -> 1", "f() -> nothing"},
		"if a == b || !ok { }":  {"a == b || !ok -> !(a == b || !ok)", "== -> !=", "|| -> &&", "! -> nothing"},
		"if a != 0 { }":         {"!= -> ==", "0 -> 1"},
		"if !ok { }":            {"! -> nothing"},
		"x := 0x10 &^ y":        {"16 -> 17", "16 -> 15", "&^ -> &"},
		"x += min(y, 'a')":      {"x += min(y, 'a') -> nothing", "+= -> -=", "min -> max"},
		"x++":                   {"x++ -> nothing", "++ -> --"},
		"for { break }":         {"break -> continue", "break -> nothing"},
		"for { continue }":      {"continue -> break", "continue -> nothing"},
		"binary.BigEndian.F(b)": {"binary.BigEndian.F(b) -> nothing", "BigEndian -> LittleEndian"},
		"return nil, nil":       nil,
		"return f, nil":         {"f, nil -> *new([]byte), *new(error)"},
		"g(func() (a, b int) { return c, d })": {
			"g(func() (a, b int) { return c, d }) -> nothing", "c, d -> *new(int), *new(int)"},
	} {
		found, err := mutantsOf("x.go", "package p\nimport \"a+b\"\nfunc F() ([]byte, error) {\n"+src+"\n}\n")
		if err != nil {
			t.Errorf("%s: %v", src, err)
		}
		var got []string
		for _, m := range found {
			got = append(got, strings.Replace(m.change(), "0x10", "16", 1))
			if m.line != src || m.row != 4 || m.col != m.from-len("package p\nimport \"a+b\"\nfunc F() ([]byte, error) {\n")+1 {
				t.Errorf("%s: %+v", src, m)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", src, diff)
		}
	}
}

// TestRun tries the changes to a small module: one that its tests notice, one
// that only those of another package do, one that hangs, one that nothing
// notices, one that does not compile and one that changes nothing.
func TestRun(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":         "module example.org/m\n\ngo 1.25\n",
		"p/p.go":         "package p\n\nfunc Less(a, b int) bool {\n\treturn a < b\n}\n\nfunc Edge(a int) bool {\n\treturn a <= 7\n}\n",
		"p/p_test.go":    "package p\n\nimport \"testing\"\n\nfunc TestLess(t *testing.T) {\n\tif Less(1, 1) || !Less(1, 2) {\n\t\tt.Error()\n\t}\n}\n",
		"q/q.go":         "package q\n",
		"q/q_test.go":    "package q\n\nimport (\n\t\"testing\"\n\n\t\"example.org/m/p\"\n)\n\nfunc TestEdge(t *testing.T) {\n\tif !p.Edge(7) {\n\t\tt.Error()\n\t}\n}\n",
		"r/r.go":         "package r\n\nfunc Down(n int64) {\n\tvar unused int\n\tunused = 1\n\t_ = unused\n\tfor n != 0 {\n\t\tn--\n\t}\n}\n",
		"r/r_test.go":    "package r\n\nimport \"testing\"\n\nfunc TestDown(t *testing.T) { Down(3) }\n",
		"equivalent.tsv": "# file\tline\tchange\treason\nr/r.go\tunused = 1\t1 -> 0\tnobody reads it\nr/r.go\tunused = 1\t1 -> 2\tnobody reads it\nr/r.go\tx = 1\t1 -> 2\tgone\n",
	} {
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	equivalent, err := readEquivalent(filepath.Join(root, "equivalent.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		o    options
		want string
	}{
		{options{paths: []string{"./p"}, tests: []string{"./q"}, at: "p.go", slack: time.Minute, least: 85}, `
p/p.go:4:9: a < b -> *new(bool): noticed by ./p (TestLess)
p/p.go:4:11: < -> <=: noticed by ./p (TestLess)
p/p.go:8:9: a <= 7 -> *new(bool): noticed by ./q (TestEdge)
p/p.go:8:11: <= -> <: noticed by ./q (TestEdge)
p/p.go:8:14: 7 -> 8: SURVIVED
p/p.go:8:14: 7 -> 6: noticed by ./q (TestEdge)
6 changes tried, 5 noticed (83.3 %); 0 more change nothing; seed 0
`},
		{options{paths: []string{"./r/r.go"}, at: "r.go", slack: time.Second, equivalent: equivalent, least: 40}, `
r/r.go has no line "x = 1" with the change 1 -> 2: remove it from the list of those that change nothing
r/r.go:5:2: unused = 1 -> nothing: SURVIVED
r/r.go:7:8: != -> ==: SURVIVED
r/r.go:7:11: 0 -> 1: SURVIVED
r/r.go:8:3: n-- -> nothing: noticed by ./r (timeout)
r/r.go:8:4: -- -> ++: noticed by ./r (timeout)
5 changes tried, 2 noticed (40.0 %); 2 more change nothing; seed 0
`},
	} {
		test.o.root = root
		var got strings.Builder
		enough, err := test.o.run(&got)
		if err != nil || "\n"+got.String() != test.want || enough != strings.Contains(test.want, "40.0 %") {
			t.Errorf("%v, %v:\n%s", enough, err, cmp.Diff(test.want, "\n"+got.String()))
		}
	}
}

// TestDraw: the same seed draws the same changes, another one others.
func TestDraw(t *testing.T) {
	drawn := func(seed uint64) []mutant {
		o := options{root: "../..", paths: []string{"./internal/mutation"}, seed: seed}
		all, err := o.changes()
		if err != nil {
			t.Fatal(err)
		}
		return o.draw(all)
	}
	same := cmp.AllowUnexported(mutant{})
	if first := drawn(1); !cmp.Equal(first, drawn(1), same) || cmp.Equal(first, drawn(2), same) {
		t.Errorf("%d changes: the order does not depend on the seed, or not on it alone", len(first))
	}
}
