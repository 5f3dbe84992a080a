package seeds

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

func shipped(t testing.TB) []Seed {
	t.Helper()
	seeds, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	if len(seeds) < 100 {
		t.Fatalf("%d seeds", len(seeds))
	}
	return seeds
}

func request(name string, b ...byte) Seed {
	return Seed{fuzz.Message{Kind: spec.Request, Bytes: b}, 0, name}
}

// unnamed returns the seeds as lines, in order, each once, without their names.
func unnamed(seeds []Seed) []string {
	all := make([]string, len(seeds))
	for i, s := range seeds {
		all[i] = fmt.Sprintf("%d to %d: %x", s.Kind, s.RequestType, s.Bytes)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func read1(t *testing.T, r *Reader, name string) []Seed {
	t.Helper()
	if err := r.Read(name); err != nil {
		t.Fatal(err)
	}
	return r.Seeds()
}

func write1(t *testing.T, dir string, f Format, targets []Target, seeds []Seed) []Written {
	t.Helper()
	w, err := Write(dir, f, targets, seeds)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func put(t *testing.T, b []byte, parts ...string) string {
	t.Helper()
	name := filepath.Join(parts...)
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, b, 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}
