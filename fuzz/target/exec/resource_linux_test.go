package exec_test

import (
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/resource"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/fuzz/target/exec"
	"github.com/hostedcache/pchc/internal/testutil"
)

// A program that exceeds a limit is ended, and that is what it is reported for.
func TestLimit(t *testing.T) {
	s := openChild(t, child(t, "answers at once", exec.Options{Limits: resource.Limits{Files: 1}}))
	c := target.NewCase(generate.Simplest("RESPONSE_MESSAGE"))
	var found *fuzz.Difference
	for found == nil {
		if _, err := s.Try(t.Context(), []target.Case{c}, func(_ int, d *fuzz.Difference) { found = d }); err != nil {
			t.Fatal(err)
		}
	}
	if found.Fault != fuzz.Limit || !strings.Contains(found.Detail, "open files, more than 1") {
		t.Error(found)
	}
}

// What the process of a session uses is read, and another one begins from nothing.
func TestMeasured(t *testing.T) {
	s := openChild(t, child(t, "answers at once", exec.Options{}))
	m := s.(target.Measured)
	c := []target.Case{target.NewCase(generate.Simplest("RESPONSE_MESSAGE"))}
	use := func() resource.Usage {
		t.Helper()
		if _, err := s.Try(t.Context(), c, func(_ int, d *fuzz.Difference) { t.Error(d) }); err != nil {
			t.Fatal(err)
		}
		u, err := m.Usage()
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	before := use()
	again := use()
	if before.Process != again.Process || before.Memory < 1<<20 || again.CPU < before.CPU || before.Files < 3 {
		t.Errorf("%+v, then %+v", before, again)
	}
	if err := m.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Usage(); err != resource.ErrEnded {
		t.Errorf("without a process: %v", err)
	}
	if after := use(); after.Process == before.Process {
		t.Errorf("the same process: %+v", after)
	}
}

// The report of a sanitizer at the end of the input is kept, with its frames.
func TestLeakReport(t *testing.T) {
	const leaking = "#include <stdlib.h>\nvoid *kept;\n__attribute__((constructor)) static void start(void) { kept = malloc(77); kept = 0; }\n"
	source := filepath.Join(t.TempDir(), "leaking.c")
	if err := os.WriteFile(source, []byte(leaking+"int main(void) { return 0; }\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	flags := []string{"-g", "-O0", "-fsanitize=address"}
	program := filepath.Join(t.TempDir(), "leaking")
	out, err := osexec.Command(testutil.Tool(t, "cc"), append(flags, "-o", program, source)...).CombinedOutput()
	if err != nil {
		testutil.Missing(t, "cc has no address sanitizer: "+string(out))
	}
	if out, _ := osexec.Command(program).CombinedOutput(); !strings.Contains(string(out), "LeakSanitizer: detected") {
		t.Skipf("the leak sanitizer does not work here: %s", out)
	}
	if err := os.WriteFile(source, []byte(leaking), 0o666); err != nil {
		t.Fatal(err)
	}
	s := openChild(t, exec.New(compile(t, append(flags, source)...), exec.Options{}))
	c := []target.Case{target.NewCase(generate.Simplest("RESPONSE_MESSAGE"))}
	if _, err := s.Try(t.Context(), c, func(_ int, d *fuzz.Difference) { t.Error(d) }); err != nil {
		t.Fatal(err)
	}
	var found *fuzz.Difference
	if _, err := s.Try(t.Context(), nil, func(_ int, d *fuzz.Difference) { found = d }); err != nil {
		t.Fatal(err)
	}
	if found == nil || found.Fault != fuzz.Crash || !strings.Contains(found.Report, "LeakSanitizer") || !strings.Contains(found.Report, "leaking.c:3") {
		t.Errorf("%+v", found)
	}
}
