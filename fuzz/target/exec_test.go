package target_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/hostedcache/pchc/corpus"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

var kinds = map[corpus.Kind]spec.Kind{corpus.Request: spec.Request, corpus.Response: spec.Response, corpus.Content: spec.Content}

// vectors are the messages of the corpus.
func vectors(t testing.TB) []target.Case {
	t.Helper()
	all, err := corpus.Vectors()
	if err != nil {
		t.Fatal(err)
	}
	var cases []target.Case
	for _, v := range all {
		cases = append(cases, target.NewCase(fuzz.Message{Kind: kinds[v.Kind], Bytes: v.Bytes}))
	}
	return cases
}

// build builds a program of this module once, and returns the command that runs it.
var build = func() func(t testing.TB, pkg string) string {
	var mu sync.Mutex
	built := map[string]string{}
	return func(t testing.TB, pkg string) string {
		t.Helper()
		mu.Lock()
		defer mu.Unlock()
		if built[pkg] == "" {
			name := filepath.Join(buildDir, filepath.Base(pkg)+".exe")
			if out, err := exec.Command("go", "build", "-o", name, pkg).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			built[pkg] = name
		}
		return built[pkg]
	}
}()

var buildDir string

func TestMain(m *testing.M) {
	if mode := os.Getenv(childMode); mode != "" {
		misbehave(mode)
		return
	}
	dir, err := os.MkdirTemp("", "target")
	if err != nil {
		panic(err)
	}
	buildDir = dir
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// try tries cases and returns what was found wrong, by index.
func try(t testing.TB, s target.Session, cases []target.Case) map[int]*fuzz.Difference {
	t.Helper()
	found := map[int]*fuzz.Difference{}
	tried, err := s.Try(t.Context(), cases, func(i int, d *fuzz.Difference) {
		if found[i] != nil {
			t.Errorf("case %d is reported twice: %v, %v", i, found[i], d)
		}
		found[i] = d
	})
	if err != nil || tried != len(cases) {
		t.Fatalf("tried %d of %d: %v", tried, len(cases), err)
	}
	return found
}

func open(t testing.TB, command string, o target.ExecOptions) target.Session {
	t.Helper()
	s, err := target.Exec(command, o).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// pchc itself is without fault.
func TestExecPchc(t *testing.T) {
	s := open(t, build(t, "github.com/hostedcache/pchc/cmd/pchc")+" decode --json", target.ExecOptions{})
	cases := vectors(t)
	for i, d := range try(t, s, cases) {
		t.Errorf("%s: %v", cases[i].GoString(), d)
	}
	if s.Restarts() != 0 {
		t.Errorf("%d restarts", s.Restarts())
	}
}
