//go:build !windows

package process_test

import (
	"testing"

	"github.com/hostedcache/pchc/internal/process"
)

// How a program ends is ordinary unless it crashes or a sanitizer reports something.
func TestEndedOrdinarily(t *testing.T) {
	for command, want := range map[string]bool{
		"exit 0": true, "exit 1": true, "exit 2": false, "exit 23": false, "kill -SEGV $$": false,
		"echo 'Traceback (most recent call last):' >&2; exit 1":                     false,
		"echo 'Traceback (most recent call last):' >&2; exit 0":                     true, // of an exception that it handled
		"echo 'ERROR: LeakSanitizer: detected memory leaks' >&2; exit 0":            false,
		"echo 'a.c:3:4: runtime error: signed integer overflow' >&2; exit 0":        false,
		"echo 'no panic: all is well' >&2; exit 1":                                  true,
		"printf 'a line\\npanic: runtime error: index out of range\\n' >&2; exit 1": false,
	} {
		p, err := process.Start(command, process.Options{})
		if err != nil {
			t.Fatal(err)
		}
		<-p.Done()
		if p.EndedOrdinarily() != want {
			t.Errorf("%s: %v", command, !want)
		}
	}
}
