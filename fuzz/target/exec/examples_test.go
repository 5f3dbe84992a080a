package exec_test

import (
	"math/rand/v2"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/mutate"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/fuzz/target/exec"
	"github.com/hostedcache/pchc/fuzz/target/internal/targettest"
	"github.com/hostedcache/pchc/internal/testutil"
	"github.com/hostedcache/pchc/spec"
)

// The examples are without fault.
func TestExamples(t *testing.T) {
	cases := append(targettest.VectorsOf(t, kinds...), generated()...)
	for name, command := range map[string]func(testing.TB) string{
		"c":      exampleC,
		"c asan": exampleSanitized,
		"python": examplePython,
	} {
		t.Run(name, func(t *testing.T) {
			command := command(t)
			s := open(t, command, exec.Options{Kinds: kinds})
			for i, d := range try(t, s, cases) {
				t.Errorf("%s: %v", cases[i].GoString(), d)
			}
		})
	}
}

// kinds are those that the examples know.
var kinds = []spec.Kind{spec.Request, spec.Response, spec.Content, spec.RetrievalRequest, spec.RetrievalResponse, spec.Discovery}

// generated are all messages of the sweep, and some valid and mutated ones.
func generated() []target.Case {
	var cases []target.Case
	r := rand.New(rand.NewPCG(1, 2))
	for _, kind := range kinds {
		var some []fuzz.Message
		for m := range generate.Systematic(kind) {
			some = append(some, m)
		}
		for range 200 {
			some = append(some, generate.Valid(r, kind))
		}
		for i, m := range some {
			if kind == spec.Discovery && i%8 > 0 {
				continue // they take as long as all others: campaigns try more
			}
			other := some[r.IntN(len(some))]
			mutated := fuzz.Message{Kind: kind, Bytes: mutate.Append(nil, r, m, other)}
			cases = append(cases, target.NewCase(m), target.NewCase(mutated))
		}
	}
	return cases
}

const exampleSource = "../../examples/c/main.c"

var strict = []string{"-std=c11", "-m64", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wvla", "-Werror"}

// compile compiles the example in C.
func compile(t testing.TB, flags ...string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "decoder")
	cc := testutil.Tool(t, "cc")
	out, err := osexec.Command(cc, append(append(flags, strict...), "-o", program, exampleSource)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

func exampleC(t testing.TB) string { return compile(t, "-O2") }

// exampleSanitized is a build that ends where the decoder reads what is not
// there, or does what C does not define.
func exampleSanitized(t testing.TB) string {
	t.Helper()
	flags := []string{"-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"}
	source := filepath.Join(t.TempDir(), "empty.c")
	if err := os.WriteFile(source, []byte("int main(void) { return 0; }\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "empty")
	err := osexec.Command(testutil.Tool(t, "cc"), append(flags, "-o", program, source)...).Run()
	if err == nil {
		err = osexec.Command(program).Run()
	}
	if err != nil {
		testutil.Missing(t, "cc has no address sanitizer: "+err.Error())
	}
	return compile(t, flags...)
}

func examplePython(t testing.TB) string {
	return strconv.Quote(testutil.Tool(t, "python3")) + " ../../examples/python/decoder.py"
}
