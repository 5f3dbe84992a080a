package input

import (
	"regexp"
	"sync"
)

// patterns are all that [lazy] returned.
var patterns []func() *regexp.Regexp

// lazy returns a function that compiles a pattern when it is first called. There are a
// hundred of them, and to compile them all takes longer than to decode a message.
func lazy(expression string) func() *regexp.Regexp {
	p := sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
	patterns = append(patterns, p)
	return p
}
