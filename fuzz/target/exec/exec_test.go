package exec_test

import (
	"os"
	"testing"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/fuzz/target/exec"
	"github.com/hostedcache/pchc/fuzz/target/internal/targettest"
)

func TestMain(m *testing.M) {
	if mode := os.Getenv(childMode); mode != "" {
		misbehave(mode)
		return
	}
	os.Exit(m.Run())
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

func open(t testing.TB, command string, o exec.Options) target.Session {
	t.Helper()
	s, err := exec.New(command, o).Open(t.Context())
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
	s := open(t, targettest.Pchc(t)+" decode --json", exec.Options{})
	cases := targettest.Vectors(t)
	for i, d := range try(t, s, cases) {
		t.Errorf("%s: %v", cases[i].GoString(), d)
	}
	if s.Restarts() != 0 {
		t.Errorf("%d restarts", s.Restarts())
	}
}
