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
