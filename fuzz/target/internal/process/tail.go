package process

import (
	"regexp"
	"strings"
	"sync"

	"github.com/hostedcache/pchc/fuzz/target"
)

// tail keeps the end of what is written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

const mostTail = 16 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, b[max(0, len(b)-mostTail):]...)
	if len(t.buf) > 2*mostTail {
		t.buf = t.buf[:copy(t.buf, t.buf[len(t.buf)-mostTail:])]
	}
	return len(b), nil
}

// decisive finds the line that says what happened, among those that say where:
// of panics, sanitizers, exceptions and failed assertions.
var decisive = regexp.MustCompile(`(?i)error|panic|exception|fatal|assert|abort`)

// last returns the line that says what happened, or else the last few, cut short
// where they are long.
func (t *tail) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var few []string
	for line := range strings.Lines(string(t.buf)) {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
		case decisive.MatchString(line):
			return target.Excerpt(line)
		default:
			if few = append(few, line); len(few) > 3 {
				few = few[1:]
			}
		}
	}
	return target.Excerpt(strings.Join(few, " | "))
}
