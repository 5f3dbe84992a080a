package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/hostedcache/pchc/internal/message"
)

// A meter shows how far a content is read: on a terminal in one line with a bar,
// elsewhere in a line every ten seconds.
type meter struct {
	w     io.Writer
	width int    // of the terminal, 0 for none
	from  uint64 // where reading begins
	to    uint64 // where it ends, 0 where that is not known
	begun time.Time
	next  time.Time // when something is due
	drawn int       // columns on the terminal
}

func (a *app) meter(from, to uint64) *meter {
	m := &meter{w: a.stderr, width: terminalWidth(a.stderr), from: from, to: to, begun: time.Now()}
	m.next = m.begun.Add(m.every())
	return m
}

func (m *meter) every() time.Duration {
	if m.width == 0 {
		return 10 * time.Second
	}
	return 100 * time.Millisecond
}

// update shows that the content is read up to an offset. It may be called at any rate.
func (m *meter) update(at uint64) {
	now := time.Now()
	if now.Before(m.next) {
		return
	}
	m.next = now.Add(m.every())
	line := m.line(at, now.Sub(m.begun))
	if m.width == 0 {
		fmt.Fprintf(m.w, "pchc: %s\n", line)
		return
	}
	line = line[:min(len(line), m.width-1)]
	fmt.Fprintf(m.w, "\r%-*s", m.drawn, line)
	m.drawn = max(m.drawn, len(line))
}

// line returns what is shown after some time.
func (m *meter) line(at uint64, passed time.Duration) string {
	done := at - min(m.from, at)
	rate := float64(done) / passed.Seconds()
	if m.to <= m.from {
		return fmt.Sprintf("%s, %s/s", message.Size(done), message.Size(uint64(rate)))
	}
	all := m.to - m.from
	done = min(done, all)
	line := fmt.Sprintf("%s of %s, %s/s", message.Size(done), message.Size(all), message.Size(uint64(rate)))
	if rate > 0 {
		left := time.Duration(float64(all-done) / rate * float64(time.Second))
		line += fmt.Sprintf(", %v left", left.Round(time.Second))
	}
	const bar = 20
	share := float64(done) / float64(all)
	if m.width == 0 {
		return line
	}
	return line + fmt.Sprintf(" %3d%% [%-*s]", int(100*share), bar, strings.Repeat("=", int(bar*share)))
}

// close wipes the line off the terminal.
func (m *meter) close() {
	if m.drawn > 0 {
		fmt.Fprintf(m.w, "\r%*s\r", m.drawn, "")
		m.drawn = 0
	}
}
