//go:build !gofuzz

package mutate

import (
	"io/fs"
	"strconv"
	"strings"
	"sync"

	"github.com/hostedcache/pchc/corpus"
)

// words returns the fuzzing dictionary of package corpus, whose tests check its
// syntax.
var words = sync.OnceValue(func() (words [][]byte) {
	text, err := fs.ReadFile(corpus.Files(), "pchc.dict")
	if err != nil {
		panic(err)
	}
	for line := range strings.Lines(string(text)) {
		_, quoted, _ := strings.Cut(strings.TrimSpace(line), "=")
		if word, err := strconv.Unquote(quoted); err == nil && line[0] != '#' {
			words = append(words, []byte(word))
		}
	}
	return words
})
