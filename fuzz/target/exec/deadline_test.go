package exec_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/fuzz/target/exec"
)

// countdown is a context whose deadline passes when it has been asked that often.
type countdown struct {
	context.Context
	mu   sync.Mutex
	left int
	done chan struct{}
}

func (c *countdown) Done() <-chan struct{} { return c.done }

func (c *countdown) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left--; c.left == -1 {
		close(c.done)
	}
	if c.left < 0 {
		return context.DeadlineExceeded
	}
	return nil
}

// At a deadline, what the program does with the messages that it has counts, and so does
// how it ends at the end of its input. It gets no more.
func TestExecDeadline(t *testing.T) {
	for mode, want := range map[string]string{
		"behaves":    "",
		"crashes":    "process exited with status 3",
		"hangs once": "no reply within 1.5s",
		"leaks":      "at the end of its input: process exited with status 23",
	} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			timeout := 5 * time.Second
			if mode == "hangs once" {
				timeout = 500 * time.Millisecond // the time does pass
			}
			s := openChild(t, child(t, mode, exec.Options{Timeout: timeout}))
			cases := slices.Insert(harmless(600), 230, target.NewCase(trigger))
			var found []string
			report := func(_ int, d *fuzz.Difference) { found = append(found, d.Detail) }
			// It passes when the program has the fourth of the chunks.
			ctx := &countdown{Context: t.Context(), left: 5, done: make(chan struct{})}
			if tried, err := s.Try(ctx, cases, report); err == nil || tried == 0 || tried > 300 {
				t.Errorf("%d tried, %v", tried, err)
			}
			if _, err := s.Try(t.Context(), nil, report); err != nil {
				t.Error(err)
			}
			if got := strings.Join(found, "; "); !strings.HasPrefix(got, want) || (got == "") != (want == "") {
				t.Errorf("found %q, want %q", got, want)
			}
		})
	}
}
