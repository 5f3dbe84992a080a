package seeds

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/testutil"
)

// tool runs a program in dir, and returns what it says.
func tool(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v: %s", name, args, err, out)
	}
	return string(out)
}

func needs(t *testing.T, program string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds a program")
	}
	return testutil.Tool(t, program)
}

// responses are the seeds of a target of its own, and how many there are.
func responses(t *testing.T) ([]Target, []Seed, int) {
	target, all := Target{"FuzzReply", Kinds()[1].Kind, true}, shipped(t)
	return []Target{target}, all, len(inputs(target, all, true))
}

// TestGoTestReads has go test run our seeds, and us read those that it writes.
func TestGoTestReads(t *testing.T) {
	goCommand := needs(t, "go")
	targets, all, want := responses(t)
	dir := t.TempDir()
	write1(t, dir, GoTest, targets, all)
	put(t, []byte("module example.com/reply\n\ngo 1.26\n"), dir, "go.mod")
	put(t, []byte(`package reply

import (
	"bytes"
	"testing"
)

func FuzzReply(f *testing.F) {
	f.Fuzz(func(t *testing.T, b []byte) {
		t.Logf("input %q", b)
		if bytes.HasPrefix(b, []byte("fail")) {
			t.Fail()
		}
	})
}
`), dir, "reply_test.go")
	out := tool(t, dir, goCommand, "test", "-v", "-count=1", ".")
	got := make(map[string]bool)
	for _, m := range regexp.MustCompile(`(?m)input (".*")$`).FindAllStringSubmatch(out, -1) {
		s, err := strconv.Unquote(m[1])
		if err != nil {
			t.Fatal(err)
		}
		got[s] = true
	}
	for _, in := range inputs(targets[0], all, true) {
		if !got[string(in.bytes)] {
			t.Errorf("go test did not see %x", in.bytes)
		}
	}
	if len(got) != want {
		t.Errorf("go test saw %d inputs, want %d", len(got), want)
	}

	// A seed that fails, told by go test itself.
	put(t, AppendGoTest(nil, []byte("fail\xff\x00\"\n")), dir, "testdata", "fuzz", "FuzzReply", "fail")
	cmd := exec.Command(goCommand, "test", "-count=1", "-run=FuzzReply/fail", ".")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), `input "fail\xff\x00\"\n"`) {
		t.Errorf("go test: %v: %s", err, out)
	}
}

// TestLibFuzzerReads has libFuzzer run our seeds and dictionary, and us read what
// it writes.
func TestLibFuzzerReads(t *testing.T) {
	clang := needs(t, "clang")
	targets, all, want := responses(t)
	dir := t.TempDir()
	write1(t, dir, LibFuzzer, targets, all)
	put(t, []byte(`#include <stddef.h>
#include <stdint.h>
int LLVMFuzzerTestOneInput(const uint8_t *b, size_t n) { return n > 1000 && b[0] == 77; }
`), dir, "reply.c")
	program := filepath.Join(dir, "reply")
	if out, err := exec.Command(clang, "-fsanitize=fuzzer", "-o", program, filepath.Join(dir, "reply.c")).CombinedOutput(); err != nil {
		t.Skipf("clang has no libFuzzer: %v: %s", err, out)
	}
	out := tool(t, dir, program, "-runs=0", "-dict=pchc.dict", "FuzzReply")
	if !strings.Contains(out, fmt.Sprintf("%d files found in FuzzReply", want)) && !strings.Contains(out, fmt.Sprintf("files: %d ", want)) {
		t.Errorf("libFuzzer did not see %d inputs: %s", want, out)
	}
	if m := regexp.MustCompile(`Dictionary: (\d+) entries`).FindStringSubmatch(out); m == nil || m[1] == "0" {
		t.Errorf("libFuzzer took no dictionary: %s", out)
	}
	if err := os.Mkdir(filepath.Join(dir, "merged"), 0o777); err != nil {
		t.Fatal(err)
	}
	tool(t, dir, program, "-merge=1", "merged", "FuzzReply")
	r := Reader{Target: &targets[0]}
	got := read1(t, &r, filepath.Join(dir, "merged"))
	known := make(map[string]bool)
	for _, line := range unnamed(all) {
		known[line] = true
	}
	if len(got) == 0 {
		t.Error("libFuzzer merged nothing")
	}
	for _, line := range unnamed(got) {
		if !known[line] {
			t.Errorf("this was no seed: %s", line)
		}
	}
}
