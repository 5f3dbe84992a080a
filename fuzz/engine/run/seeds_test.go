package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/hostedcache/pchc/fuzz/seeds"
	"github.com/hostedcache/pchc/spec"
)

// The native targets start from a minimised set of the small vectors of package
// corpus: the engine copies and minimises each, and mutates large ones no better.
// UPDATE=1 writes the set anew.
func TestSeeds(t *testing.T) {
	largest := func(kind spec.Kind) int {
		if kind == spec.Discovery { // in XML namespaces alone take half of that
			return 1024
		}
		return 512
	}
	shipped, err := seeds.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	var small []seeds.Seed
	for _, s := range shipped {
		if len(s.Bytes) <= largest(s.Kind) {
			small = append(small, s)
		}
	}
	dir := t.TempDir()
	if _, err := seeds.Write(dir, seeds.Lines, seeds.Kinds(), seeds.Minimise(small)); err != nil {
		t.Fatal(err)
	}
	for _, target := range seeds.Kinds() {
		want, err := os.ReadFile(filepath.Join(dir, target.Name+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join("..", "testdata", "seeds", target.Name+".txt")
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(name, want, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(bytes.ReplaceAll(got, []byte("\r\n"), []byte("\n")), want) {
			t.Errorf("%s is not what the corpus says: run make generate", name)
		}
	}
}
