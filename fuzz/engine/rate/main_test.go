package main

import (
	"testing"
	"time"
)

func TestPercent(t *testing.T) {
	empty := []cost{{wall: 9 * time.Second}, {wall: time.Second}, {wall: 2 * time.Second}}
	own := []cost{{wall: 4 * time.Second}, {wall: 2 * time.Second}}
	if got := percent(empty, own, wall); got < 66.6 || got > 66.7 { // medians 2 and 3
		t.Errorf("%v %%", got)
	}
}

func TestExecutions(t *testing.T) {
	const output = "fuzz: elapsed: 3s, execs: 108072 (36019/sec), new interesting: 0 (total: 137)\nfuzz: elapsed: 4s, execs: 120001 (0/sec)\nPASS\n"
	if n, err := executions(output); n != 120001 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	for _, bad := range []string{"PASS\n", "execs: 0 (0/sec)"} {
		if _, err := executions(bad); err == nil {
			t.Errorf("no error from %q", bad)
		}
	}
}
