// Package testutil holds checks that the tests of several packages share.
package testutil

import (
	"bytes"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Allocs fails the test unless one call of f allocates at most want times.
// Under the race detector it only calls f.
func Allocs(t *testing.T, want int, f func()) {
	t.Helper()
	if Race {
		f()
		return
	}
	if got := int(testing.AllocsPerRun(200, f)); got > want {
		t.Errorf("%d allocations, want at most %d", got, want)
	}
}

// Append checks that an append-style encoder writes want behind what dst holds,
// whatever its spare capacity held before, grows dst at most once, and touches
// nothing else.
func Append(t *testing.T, want []byte, encode func(dst []byte) ([]byte, error)) {
	t.Helper()
	const before, after = "before", 8
	dirty := bytes.Repeat([]byte{0xFF}, len(before)+len(want)+after)
	copy(dirty, before)
	got, err := encode(dirty[:len(before)])
	if err != nil {
		t.Fatalf("encode: %v", err)
	}
	if string(got[:len(before)]) != before || !bytes.Equal(got[len(before):], want) {
		t.Errorf("encoded\n%x behind %q, want\n%x", got[len(before):], got[:len(before)], want)
	}
	if &got[0] != &dirty[0] {
		t.Error("encode moved a slice that had room")
	}
	if !bytes.Equal(dirty[len(before)+len(want):], bytes.Repeat([]byte{0xFF}, after)) {
		t.Error("encode wrote behind the message")
	}
	// Without room it allocates once, for all of it.
	Allocs(t, 1, func() {
		if _, err := encode(nil); err != nil {
			t.Error(err)
		}
	})
}

// AppendFails checks that an append-style encoder returns an error, gives dst
// back as it was, and writes to none of it.
func AppendFails(t *testing.T, encode func(dst []byte) ([]byte, error)) error {
	t.Helper()
	dst := bytes.Repeat([]byte{0xFF}, 1<<16)
	got, err := encode(dst[:3])
	if err == nil {
		t.Fatal("encode accepted a value that violates a rule")
	}
	if len(got) != 3 || &got[0] != &dst[0] || bytes.Count(dst, []byte{0xFF}) != len(dst) {
		t.Error("a failed encode changed dst")
	}
	return err
}

// Imports fails the test if a file of the package in the current folder, tests
// apart, imports anything but the standard library and the named packages, or
// one of fmt, reflect and unsafe: they have no place on a hot path. format.go
// may import fmt, for the interface by which values that hold a key print.
func Imports(t *testing.T, allowed ...string) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		n++
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			path, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(path, "/")
			foreign := strings.Contains(first, ".") && !slices.Contains(allowed, path)
			slow := slices.Contains([]string{"fmt", "reflect", "unsafe"}, path) && (file != "format.go" || path != "fmt")
			if foreign || slow {
				t.Errorf("%s imports %s", file, path)
			}
		}
	}
	if n == 0 {
		t.Error("no Go file in this folder")
	}
}
