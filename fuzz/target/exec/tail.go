package exec

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

// telling finds the line that says what happened, among those that say where:
// of panics, sanitizers, exceptions and failed assertions.
var telling = regexp.MustCompile(`(?i)error|panic|exception|fatal|assert|abort`)

// words returns the line that tells most, or else the last few, bounded.
func (t *tail) words() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var last []string
	for line := range strings.Lines(string(t.buf)) {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
		case telling.MatchString(line):
			return target.Excerpt(line)
		default:
			if last = append(last, line); len(last) > 3 {
				last = last[1:]
			}
		}
	}
	return target.Excerpt(strings.Join(last, " | "))
}
