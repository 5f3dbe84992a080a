package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/hostedcache/pchc/codec"
)

// TestDefaultsInText: the values that the READMEs give for flags of fuzz are their
// defaults.
func TestDefaultsInText(t *testing.T) {
	flags := (&app{}).fuzzCommand().Flags()
	value := regexp.MustCompile("([0-9][0-9a-z]*) \\(`--([a-z-]+)`\\)")
	found := map[string]bool{}
	for _, name := range []string{"README.md", "fuzz/README.md", "fuzz/examples/README.md", "cmd/pchc/tutorial.md"} {
		text, err := os.ReadFile(filepath.Join("../..", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range value.FindAllSubmatch(text, -1) {
			flag := flags.Lookup(string(m[2]))
			if flag == nil {
				t.Errorf("%s: fuzz has no --%s", name, m[2])
				continue
			}
			if found[flag.Name] = true; flag.DefValue != string(m[1]) {
				t.Errorf("%s: --%s is %s, not %s", name, flag.Name, flag.DefValue, m[1])
			}
		}
	}
	if !found["timeout"] || !found["slow"] {
		t.Errorf("found %v", found)
	}
}

// TestLimitInText: the README of the example has the length that its cache reads.
func TestLimitInText(t *testing.T) {
	text, err := os.ReadFile("../../fuzz/examples/hostedcache/README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`longer than ` + strconv.Itoa(codec.MaxRequestLen) + ` bytes`).Match(text) {
		t.Errorf("it does not say %d bytes", codec.MaxRequestLen)
	}
}
