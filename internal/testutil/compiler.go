package testutil

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os/exec"
	"regexp"
	"testing"
)

// Compiled is what the compiler decides about the functions of a package. It
// names them (*SegmentDescriptor).BlockSize, SegmentDescriptors.At, NewV1.
type Compiled struct {
	Inlines map[string]bool     // functions that can be inlined
	Escapes map[string][]string // for each function what it puts on the heap
}

// The go command prints paths relative to the folder where it was built first;
// those of other packages, inlined here, are absolute.
var (
	inlines = regexp.MustCompile(`(?m): can inline (\S+)`)
	escapes = regexp.MustCompile(`(?m)^(?:[^/\\\s:][^\s:]*[/\\])?([^/\\\s:]+\.go):(\d+):\d+: (.* escapes to heap|moved to heap: .*)`)
)

// Compile asks the compiler about the package in the working folder.
func Compile(t testing.TB) Compiled {
	t.Helper()
	report, err := exec.Command(Tool(t, "go"), "build", "-gcflags=-m", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, report)
	}
	c := Compiled{Inlines: map[string]bool{}, Escapes: map[string][]string{}}
	for _, m := range inlines.FindAllSubmatch(report, -1) {
		c.Inlines[string(m[1])] = true
	}
	functions := map[string]string{} // the function at file:line
	for _, m := range escapes.FindAllSubmatch(report, -1) {
		file, place := string(m[1]), string(m[1])+":"+string(m[2])
		if _, parsed := functions[file]; !parsed {
			functions[file] = ""
			addFunctions(t, functions, file)
		}
		name := functions[place]
		c.Escapes[name] = append(c.Escapes[name], place+": "+string(m[3]))
	}
	return c
}

// addFunctions adds the function at each line of a file.
func addFunctions(t testing.TB, functions map[string]string, file string) {
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range tree.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		name := f.Name.Name
		if f.Recv != nil {
			receiver := types.ExprString(f.Recv.List[0].Type)
			if receiver[0] == '*' {
				receiver = "(" + receiver + ")"
			}
			name = receiver + "." + name
		}
		for line := set.Position(f.Pos()).Line; line <= set.Position(f.End()).Line; line++ {
			functions[fmt.Sprintf("%s:%d", file, line)] = name
		}
	}
}
