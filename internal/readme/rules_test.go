package readme

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/spec"
)

// TestRules: a rule that code names is one of the catalogue. Reports of campaigns also name
// fields in the form of rules; those that the faulty decoders have are not looked at.
func TestRules(t *testing.T) {
	known := map[string]bool{
		"PCCRC-2.2-HoHoDk": true, "PCHC-2.2.1.5-SegmentDescriptor": true, "PCCRD-2.2.2.2-ProbeMatch": true,
	}
	for _, q := range spec.Requirements() {
		known[q.ID] = true
	}
	rule := regexp.MustCompile(`\b(PCHC|PCCRC|PCCRR|PCCRD|PCCRTP|SMB2)-[A-Z0-9]+[0-9.<>A-Za-z]*-[A-Z][A-Za-z0-9-]*[A-Za-z0-9]\b`)
	unknown := map[string][]string{}
	err := walk(func(name string, _ fs.FileInfo) error {
		if path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") || path.Dir(name) == "internal/mutants" {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, name), nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			text, _ := strconv.Unquote(lit.Value)
			for _, id := range rule.FindAllString(text, -1) {
				if !known[id] && !slices.Contains(unknown[id], name) {
					unknown[id] = append(unknown[id], name)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for id, files := range unknown {
		t.Errorf("%s is not in the catalogue: %s", id, strings.Join(files, ", "))
	}
}
