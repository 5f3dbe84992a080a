package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// TestMeter shows a bar with rate and time left on a terminal, which it wipes off, and
// a plain line elsewhere.
func TestMeter(t *testing.T) {
	const gib = 1 << 30
	for _, c := range []struct {
		width        int
		from, to, at uint64
		want         string
	}{
		{80, 0, 4 * gib, gib, "1.0 GiB of 4.0 GiB, 512.0 MiB/s, 6s left  25% [=====               ]"},
		{80, gib, 2 * gib, gib, "0 bytes of 1.0 GiB, 0 bytes/s   0% [                    ]"},
		{80, 0, gib, 2 * gib, "1.0 GiB of 1.0 GiB, 1.0 GiB/s, 0s left 100% [====================]"},
		{0, 0, 4 * gib, gib, "1.0 GiB of 4.0 GiB, 512.0 MiB/s, 6s left"},
		{0, 0, 0, gib, "1.0 GiB, 512.0 MiB/s"},
	} {
		m := &meter{width: c.width, from: c.from, to: c.to}
		if got := m.line(c.at, 2*time.Second); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
	var out bytes.Buffer
	m := &meter{w: &out, width: 40, to: gib, begun: time.Now()}
	m.update(gib / 2)
	if m.update(gib); out.Len() > 40 || !strings.HasPrefix(out.String(), "\r512.0 MiB of 1.0 GiB") { // the second is not due
		t.Errorf("%q", &out)
	}
	m.close()
	m.close()
	if got := out.String(); strings.Count(got, "\r") != 3 || !strings.HasSuffix(got, "\r"+strings.Repeat(" ", 39)+"\r") {
		t.Errorf("%q", got)
	}
	out.Reset()
	plain := &meter{w: &out, to: gib, begun: time.Now()}
	plain.update(gib)
	plain.close()
	if got := out.String(); !strings.HasPrefix(got, "pchc: 1.0 GiB of 1.0 GiB, ") || strings.Count(got, "\n") != 1 {
		t.Errorf("%q", got)
	}
}
