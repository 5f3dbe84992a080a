package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
)

// mutant is one change to one place of a file.
type mutant struct {
	file     string // its path, relative to the module
	row, col int
	from, to int    // the bytes that the change replaces
	was      string // what they are
	now      string // by what it replaces them
	line     string // the whole line, without white space around it
}

// change is "a < b -> a <= b" for the change alone, on one line.
func (m *mutant) change() string {
	now := m.now
	if now == "" {
		now = "nothing"
	}
	return strings.Join(strings.Fields(m.was), " ") + " -> " + strings.Join(strings.Fields(now), " ")
}

// swaps are the operators and names that one mistakes for another.
var swaps = map[string]string{
	"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==",
	"&&": "||", "||": "&&",
	"+": "-", "-": "+", "*": "/", "/": "*", "%": "*",
	"<<": ">>", ">>": "<<", "&": "|", "|": "&", "^": "&", "&^": "&",
	"+=": "-=", "-=": "+=", "*=": "/=", "<<=": ">>=", ">>=": "<<=", "|=": "&=", "&=": "|=",
	"++": "--", "--": "++",
	"BigEndian": "LittleEndian", "LittleEndian": "BigEndian",
	"min": "max", "max": "min", "true": "false", "false": "true",
	"break": "continue", "continue": "break",
}

// nothing are zero values as they are written.
var nothing = []string{"nil", "0", "false", `""`}

// file is a file to change.
type file struct {
	name    string
	src     string
	files   *token.FileSet
	mutants []mutant
}

// mutantsOf are all the changes to a file that this program knows, in the order
// of its text.
func mutantsOf(name, src string) ([]mutant, error) {
	if l := languages[path.Ext(name)]; l != nil {
		return l.mutantsIn(name, src), nil
	}
	f := &file{name: name, src: src, files: token.NewFileSet()}
	tree, err := parser.ParseFile(f.files, name, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	ast.PreorderStack(tree, nil, f.node)
	slices.SortStableFunc(f.mutants, func(a, b mutant) int { return a.from - b.from })
	return f.mutants, nil
}

// node adds the changes to a node, which lies in those of the stack.
func (f *file) node(n ast.Node, stack []ast.Node) bool {
	switch n := n.(type) {
	case *ast.ImportSpec:
		return false
	case *ast.BinaryExpr:
		f.swap(n.OpPos, n.Op.String())
	case *ast.UnaryExpr:
		if n.Op == token.NOT {
			f.replace(n.OpPos, n.OpPos+1, "")
		}
	case *ast.BasicLit:
		f.integer(n)
	case *ast.Ident:
		f.swap(n.Pos(), n.Name)
	case *ast.IfStmt:
		f.negate(n.Cond)
	case *ast.BranchStmt:
		f.swap(n.Pos(), n.Tok.String())
		f.replace(n.Pos(), n.End(), "")
	case *ast.IncDecStmt:
		f.swap(n.TokPos, n.Tok.String())
		f.replace(n.Pos(), n.End(), "")
	case *ast.AssignStmt:
		f.swap(n.TokPos, n.Tok.String())
		if n.Tok != token.DEFINE {
			f.replace(n.Pos(), n.End(), "")
		}
	case *ast.ExprStmt:
		f.replace(n.Pos(), n.End(), "")
	case *ast.ReturnStmt:
		f.zero(n, stack)
	}
	return true
}

func (f *file) replace(from, to token.Pos, now string) {
	at, a, b := f.files.Position(from), f.files.Position(from).Offset, f.files.Position(to).Offset
	line, _, _ := strings.Cut(f.src[strings.LastIndexByte(f.src[:a], '\n')+1:], "\n")
	f.mutants = append(f.mutants, mutant{f.name, at.Line, at.Column, a, b, f.src[a:b], now, strings.TrimSpace(line)})
}

func (f *file) swap(at token.Pos, was string) {
	if now := swaps[was]; now != "" {
		f.replace(at, at+token.Pos(len(was)), now)
	}
}

// integer adds one and subtracts one.
func (f *file) integer(n *ast.BasicLit) {
	value, err := strconv.ParseUint(n.Value, 0, 64)
	if n.Kind != token.INT || err != nil {
		return
	}
	f.replace(n.Pos(), n.End(), strconv.FormatUint(value+1, 10))
	if value > 0 {
		f.replace(n.Pos(), n.End(), strconv.FormatUint(value-1, 10))
	}
}

// negate turns a condition over where no other change does the same.
func (f *file) negate(condition ast.Expr) {
	if b, ok := condition.(*ast.BinaryExpr); ok && (b.Op == token.EQL || b.Op == token.NEQ) {
		return
	}
	if _, ok := condition.(*ast.UnaryExpr); !ok {
		f.replace(condition.Pos(), condition.End(), "!("+f.text(condition)+")")
	}
}

// zero returns zero values from the innermost function of the stack.
func (f *file) zero(n *ast.ReturnStmt, stack []ast.Node) {
	if len(n.Results) == 0 {
		return
	}
	var results *ast.FieldList
	for _, outer := range stack {
		switch outer := outer.(type) {
		case *ast.FuncDecl:
			results = outer.Type.Results
		case *ast.FuncLit:
			results = outer.Type.Results
		}
	}
	if !slices.ContainsFunc(n.Results, func(r ast.Expr) bool { return !slices.Contains(nothing, f.text(r)) }) {
		return
	}
	var zeros []string
	for _, field := range results.List {
		for range max(len(field.Names), 1) {
			zeros = append(zeros, "*new("+f.text(field.Type)+")")
		}
	}
	f.replace(n.Results[0].Pos(), n.Results[len(n.Results)-1].End(), strings.Join(zeros, ", "))
}

func (f *file) text(n ast.Node) string {
	return f.src[f.files.Position(n.Pos()).Offset:f.files.Position(n.End()).Offset]
}
