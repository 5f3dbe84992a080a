// Mutation changes one token of a package at a time and runs tests: a change that
// no test notices shows what the tests do not look at.
//
//	go run ./internal/mutation -seed 1 -count 60 ./internal/capture
//	go run ./internal/mutation -tests ./spec,./internal/conformance ./spec/follow.go
//	go run ./internal/mutation -at tcp.go:57 ./internal/capture
//
// Arguments are folders or files of this module. Of all changes to them COUNT are
// drawn; the same seed draws the same ones from the same text. Changes are:
// comparisons at their edge and turned over, && for ||, + for - and the like, an
// integer one higher and one lower, a condition negated, a statement dropped, the
// other byte order, min for max, zero values returned. One that does not compile is
// drawn again.
//
// No file of the module is written: the compiler reads the changed file in the
// place of the other (go build -overlay). The test binary is built once for each
// change and runs with -short and -failfast, first that of the package, then
// those of -tests. A test that fails, or takes many times as long as without the
// change, notices it.
//
// A file in C or Python is one of a decoder: a campaign of -runs messages, and not a test,
// has to find the change. Those are deleted statements, and the changes of tokens above.
//
//	go run ./internal/mutation -count 0 ./fuzz/examples/python/decoder.py
//
// The file equivalent.tsv next to this one lists changes after which the program
// does the same, with the reason. They are not counted.
//
// The exit status is 1 if less than -least percent were noticed.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

func main() {
	o := options{root: "."}
	flag.Uint64Var(&o.seed, "seed", 1, "draws the changes")
	flag.IntVar(&o.count, "count", 60, "how many changes to try; 0 tries all")
	flag.StringVar(&o.at, "at", "", "try all changes in this `FILE[:LINE]`, instead of COUNT of all")
	flag.Float64Var(&o.least, "least", 0, "the percentage to be noticed for exit status 0")
	flag.DurationVar(&o.slack, "slack", 20*time.Second, "how much longer than 4 times the time without a change a test may take")
	flag.Int64Var(&o.runs, "runs", 60000, "the messages of a campaign against a changed decoder")
	tests := flag.String("tests", "", "other packages whose tests run, separated by commas")
	equivalent := flag.String("equivalent", "internal/mutation/equivalent.tsv", "the file of changes that change nothing")
	flag.Parse()
	o.paths = flag.Args()
	if *tests != "" {
		o.tests = strings.Split(*tests, ",")
	}
	if len(o.paths) == 0 {
		fmt.Fprintln(os.Stderr, "name a folder or file, such as ./internal/capture")
		os.Exit(2)
	}
	var err error
	if o.equivalent, err = readEquivalent(*equivalent); err == nil {
		var enough bool
		if enough, err = o.run(os.Stdout); err == nil && !enough {
			os.Exit(1)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
}

// known is a line of equivalent.tsv without its reason.
type known struct{ file, line, change string }

func (m *mutant) known() known { return known{m.file, m.line, m.change()} }

// readEquivalent reads the lines FILE, LINE OF TEXT, CHANGE and REASON, separated
// by tabs.
func readEquivalent(name string) (map[known]bool, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	all := make(map[known]bool)
	for i, line := range strings.Split(strings.TrimSuffix(string(b), "\n"), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 4 || slices.Contains(f, "") {
			return nil, fmt.Errorf("%s:%d: %d fields, want file, line, change and reason, separated by tabs", name, i+1, len(f))
		}
		all[known{f[0], f[1], f[2]}] = true
	}
	return all, nil
}

// sources are the Go files of the paths, tests apart, and files that are named.
func sources(root string, paths []string) (files []string, err error) {
	for _, path := range paths {
		found := []string{filepath.Join(root, path)}
		if filepath.Ext(filepath.Base(path)) == "" {
			if found, err = filepath.Glob(filepath.Join(root, path, "*.go")); err != nil {
				return nil, err
			}
		}
		for _, name := range found {
			if !strings.HasSuffix(name, "_test.go") {
				files = append(files, name)
			}
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no file in %s", strings.Join(paths, ", "))
	}
	return files, nil
}
