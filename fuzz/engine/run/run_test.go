package main

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hostedcache/pchc/fuzz/engine"
	"github.com/hostedcache/pchc/fuzz/seeds"
)

func TestArguments(t *testing.T) {
	for _, args := range []string{
		"", "-execs 1 -time 1s", "-execs 1 more", "-execs 1 -engine other", "-execs 1 -target (", "-execs many", "-time -1s",
	} {
		work := t.TempDir()
		err := run(t.Context(), append([]string{"-work", work}, strings.Fields(args)...))
		if err == nil || errors.Is(err, errFound) {
			t.Errorf("%q: %v", args, err)
		}
	}
	if err := run(t.Context(), []string{"-h"}); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("-h: %v", err)
	}
}

func TestNativeTargets(t *testing.T) {
	list := "?   \tm/none\t[no test files]\nFuzzA\nFuzzB\nok  \tm/one\t0.1s\nok  \tm/two\t0.1s\nFuzzC\nok  \tm/three\t(cached)\n"
	want := []nativeTarget{{"m/one", "FuzzA"}, {"m/one", "FuzzB"}, {"m/three", "FuzzC"}}
	if got := nativeTargets(list); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// go-fuzz has no budget of its own: what it prints is all there is.
func TestWatch(t *testing.T) {
	printed := "2026/11/22 05:17:05 workers: 2, corpus: 268 (1s ago), crashers: 0, restarts: 1/7897, execs: 31591 (5249/sec), cover: 850, uptime: 6s\n" +
		strings.Repeat("x", 100_000) + "\n" +
		"not this: crashers: 7\n"
	var got [][2]int64
	watch(strings.NewReader(printed), func(execs, crashers int64) { got = append(got, [2]int64{execs, crashers}) })
	if want := [][2]int64{{31591, 0}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	got = nil
	watch(strings.NewReader("crashers: 2, restarts: 1/118, execs: 25933 (2874/sec)"), func(execs, crashers int64) { got = append(got, [2]int64{execs, crashers}) })
	if want := [][2]int64{{25933, 2}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestInputAdded(t *testing.T) {
	for line, want := range map[string]bool{
		"#30\tNEW    ft: 1876 corp: 2/5b":     true,
		"#31\tREDUCE ft: 1876 corp: 2/5b":     true,
		"#32\tpulse  ft: 1876 corp: 2/5b":     false,
		"#30000\tDONE   ft: 1876 corp: 2/5b":  false,
		"SUMMARY: libFuzzer: deadly signal #": false,
	} {
		if inputAdded.MatchString(line) != want {
			t.Errorf("%q", line)
		}
	}
}

func TestLibFuzzerArgs(t *testing.T) {
	args := libFuzzerArgs("FuzzX", budget{execs: 7}, "w", "c")
	if !slices.Contains(args, "-runs=7") || args[len(args)-1] != filepath.Join("w", "FuzzX") {
		t.Errorf("%q", args)
	}
	if args := libFuzzerArgs("FuzzX", budget{time: time.Millisecond}, "w", "c"); !slices.Contains(args, "-max_total_time=1") {
		t.Errorf("%q: 0 would be for ever", args)
	}
}

// Every target of every engine has seeds, and the engines know the same ones.
func TestTargets(t *testing.T) {
	var names, known []string
	for _, target := range engine.Targets() {
		names = append(names, target.Name)
	}
	for _, target := range seeds.Own() {
		known = append(known, target.Name)
	}
	if !slices.Equal(names, known) {
		t.Errorf("package seeds knows %v, package engine %v", known, names)
	}
	source, err := os.ReadFile(filepath.Join("..", "native_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var native []string
	for _, m := range regexp.MustCompile(`(?m)^func (Fuzz\w+)\(f \*testing\.F\)`).FindAllSubmatch(source, -1) {
		native = append(native, string(m[1]))
	}
	if !slices.Equal(names, native) {
		t.Errorf("go test has %v, package engine %v", native, names)
	}
	work := t.TempDir()
	if err := writeSeeds(work, seeds.LibFuzzer); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if n := len(files(filepath.Join(work, name))); n < 10 {
			t.Errorf("%s begins with %d seeds", name, n)
		}
	}
	if !files(work)["pchc.dict"] {
		t.Error("there is no dictionary")
	}
}

func TestKeep(t *testing.T) {
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "a", "b")
	if err := os.WriteFile(filepath.Join(from, "x"), []byte("bytes"), 0o666); err != nil {
		t.Fatal(err)
	}
	kept, err := keep(filepath.Join(from, "x"), to)
	if b, _ := os.ReadFile(kept); err != nil || string(b) != "bytes" || !files(to)["x"] {
		t.Errorf("%s: %q, %v", kept, b, err)
	}
	if _, err := keep(filepath.Join(from, "y"), to); err == nil {
		t.Error("what is not there was kept")
	}
}

// A run that is interrupted ends with an error, and starts nothing more.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := run(ctx, []string{"-execs", "1", "-work", t.TempDir()}); err == nil {
		t.Error("it ended well")
	}
}
