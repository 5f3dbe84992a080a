package corpus

import (
	"bytes"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// maxToken is the longest token that libFuzzer takes.
const maxToken = 64

// TestDictionary: each token is well-formed, named once, and occurs in a
// vector, so that none is a slip of the pen.
func TestDictionary(t *testing.T) {
	text, err := fs.ReadFile(Files(), "pchc.dict")
	if err != nil {
		t.Fatal(err)
	}
	vectors := slices.Collect(maps.Values(loadVectors(t)))
	line := regexp.MustCompile(`^([a-z0-9_]+)=("(?:[ !#-\[\]-~]|\\x[0-9a-f]{2})+")$`)
	names := make(map[string]bool)
	for s := range strings.Lines(string(text)) {
		s = strings.TrimSuffix(s, "\n")
		if s == "" || s[0] == '#' {
			continue
		}
		m := line.FindStringSubmatch(s)
		if m == nil {
			t.Errorf("not a token: %s", s)
			continue
		}
		if names[m[1]] {
			t.Errorf("%s: there is another token of this name", m[1])
		}
		names[m[1]] = true
		token, err := strconv.Unquote(m[2])
		switch {
		case err != nil:
			t.Errorf("%s: %v", m[1], err)
		case len(token) > maxToken:
			t.Errorf("%s: %d bytes, libFuzzer takes up to %d", m[1], len(token), maxToken)
		case !slices.ContainsFunc(vectors, func(v Vector) bool { return bytes.Contains(v.Bytes, []byte(token)) }):
			t.Errorf("%s: in no vector", m[1])
		}
	}
	if len(names) == 0 {
		t.Error("no tokens")
	}
}
