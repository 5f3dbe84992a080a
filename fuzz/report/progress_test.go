package report

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/fuzz/campaign"
)

// at is a campaign after a time, at 1000 messages a second.
func at(d time.Duration, findings int) *campaign.Result {
	return &campaign.Result{
		Elapsed: d, Findings: make([]campaign.Finding, findings),
		Targets: []campaign.TargetResult{{Executions: d.Milliseconds() / 2, Coverage: 10}, {Executions: d.Milliseconds() / 2, Coverage: 5}},
	}
}

// TestPlain checks that a log gets a line each 10 seconds, however often and
// irregularly it is updated, and nothing that is not text.
func TestPlain(t *testing.T) {
	for _, c := range []struct {
		budget Budget
		want   string
	}{
		{Budget{}, "pchc: 10 s: 0 findings, 10 000 messages, 1 000/s, coverage 15\npchc: 20 s: 1 finding, 20 000 messages, 1 000/s, coverage 15\n" +
			"pchc: 47 s: 2 findings, 47 000 messages, 1 000/s, coverage 15\npchc: 50 s: 2 findings, 50 000 messages, 1 000/s, coverage 15\n"},
		{Budget{Time: time.Minute, Executions: 60_000}, "pchc: 10 s of 1 min: 0 findings, 10 000 of 60 000 messages, 1 000/s, coverage 15\n" +
			"pchc: 20 s of 1 min: 1 finding, 20 000 of 60 000 messages, 1 000/s, coverage 15\n" +
			"pchc: 47 s of 1 min: 2 findings, 47 000 of 60 000 messages, 1 000/s, coverage 15\n" +
			"pchc: 50 s of 1 min: 2 findings, 50 000 of 60 000 messages, 1 000/s, coverage 15\n"},
	} {
		var b bytes.Buffer
		p := NewProgress(&b, 0, c.budget)
		for d := time.Duration(0); d <= 25*time.Second; d += 100 * time.Millisecond {
			p.Update(at(d, int(d/(15*time.Second))))
		}
		for _, d := range []time.Duration{47, 48, 50, 51} { // the target hung for a while
			p.Update(at(d*time.Second, 2))
		}
		p.Close()
		if diff := cmp.Diff(c.want, b.String()); diff != "" {
			t.Error(diff)
		}
	}
}

// TestRate checks that the rate is that of late: of the last 10 seconds in a log,
// of the last one on a terminal.
func TestRate(t *testing.T) {
	for width, want := range map[int]string{0: "200/s", 80: "1 100/s"} {
		var log bytes.Buffer
		p := NewProgress(&log, width, Budget{})
		executions := int64(0)
		for n := range 21 {
			p.Update(&campaign.Result{Elapsed: time.Duration(n) * time.Second, Targets: []campaign.TargetResult{{Executions: executions}}})
			executions += 100
			if n == 19 {
				executions += 1000
			}
		}
		if lines := strings.FieldsFunc(log.String(), func(r rune) bool { return r == '\r' || r == '\n' }); !strings.Contains(lines[len(lines)-1], want) {
			t.Errorf("%q, want %s", lines[len(lines)-1], want)
		}
	}
}

// TestShrink checks that a line is written over the whole of a longer one.
func TestShrink(t *testing.T) {
	var log bytes.Buffer
	p := NewProgress(&log, 100, Budget{})
	p.Update(at(1000*time.Hour, 10_000))
	long := log.Len()
	p.Update(at(2*time.Second, 0))
	drawn := strings.Split(log.String(), "\r")
	if last := drawn[len(drawn)-1]; !strings.Contains(last, " 0 findings") || len(last) < len(strings.TrimRight(log.String()[strings.LastIndexByte(log.String()[:long], '\r')+1:long], " ")) {
		t.Errorf("%q does not cover %q", last, log.String()[:long])
	}
}

// TestBar checks what stands on a terminal's line after each update, and that
// nothing stands there in the end.
func TestBar(t *testing.T) {
	for _, c := range []struct {
		width  int
		budget Budget
		want   [3]string // after 0, 2 and 90 seconds
	}{
		{100, Budget{Time: 20 * time.Second}, [3]string{
			"0 findings, 0 messages, 0/s, coverage 15, 0 s", "1 finding, 2 000 messages, 1 000/s, coverage 15, 2 s", "2 findings, 90 000 messages, 1 000/s, coverage 15, 1 min 30 s",
		}},
		{100, Budget{Executions: 100_000}, [3]string{
			"0 findings, 0 of 100 000 messages, 0/s, coverage 15, 0 s", "1 finding, 2 000 of 100 000 messages, 1 000/s, coverage 15, 2 s",
			"2 findings, 90 000 of 100 000 messages, 1 000/s, coverage 15, 1 min 30 s",
		}},
		{100, Budget{}, [3]string{
			"0 findings, 0 messages, 0/s, coverage 15, 0 s", "1 finding, 2 000 messages, 1 000/s, coverage 15, 2 s", "2 findings, 90 000 messages, 1 000/s, coverage 15, 1 min 30 s",
		}},
		{40, Budget{Time: 20 * time.Second}, [3]string{"0 findings, 0 messa", "1 finding, 2 000 me", "2 findings, 90 000"}},
	} {
		var screen terminal
		p := NewProgress(&screen, c.width, c.budget)
		p.Close() // of what was never drawn
		if screen.written != 0 {
			t.Error("something was written before there was anything to tell")
		}
		for i, d := range []time.Duration{0, 2 * time.Second, 90 * time.Second} {
			p.Update(at(d, i))
			if line := screen.line(); !strings.Contains(line, c.want[i]) || screen.widest >= c.width {
				t.Errorf("%v on %d columns (%d used): %q, want %q", d, c.width, screen.widest, line, c.want[i])
			}
		}
		bars := map[Budget]string{{Time: 20 * time.Second}: "99% [", {Executions: 100_000}: "90% ["}
		if line := screen.line(); !strings.Contains(line, bars[c.budget]) {
			t.Errorf("%q is not at %q", line, bars[c.budget])
		}
		p.Close()
		p.Close()
		if line := screen.line(); line != "" || screen.at != 0 {
			t.Errorf("%q stays", line)
		}
		if screen.escapes {
			t.Error("there are escapes")
		}
	}
}

// terminal is a line of a terminal.
type terminal struct {
	cells           []rune
	at, widest      int
	written         int
	escapes, broken bool
}

func (s *terminal) Write(b []byte) (int, error) {
	if s.broken {
		return 0, errors.New("broken")
	}
	s.written += len(b)
	for _, c := range string(b) {
		switch {
		case c == '\r':
			s.at = 0
		case c < ' ':
			s.escapes = true
		default:
			for len(s.cells) <= s.at {
				s.cells = append(s.cells, ' ')
			}
			s.cells[s.at] = c
			s.at++
			s.widest = max(s.widest, s.at)
		}
	}
	return len(b), nil
}

func (s *terminal) line() string { return strings.TrimRight(string(s.cells), " ") }

// TestTooNarrow checks that a bar that does not fit is not drawn.
func TestTooNarrow(t *testing.T) {
	var b bytes.Buffer
	p := NewProgress(&b, 39, Budget{})
	p.Update(at(10*time.Second, 0))
	p.Close()
	if strings.ContainsRune(b.String(), '\r') || strings.Count(b.String(), "\n") != 1 {
		t.Errorf("%q", &b)
	}
}

// TestBarBroken checks that a terminal that went away stops nothing.
func TestBarBroken(t *testing.T) {
	p := NewProgress(&terminal{broken: true}, 80, Budget{})
	p.Update(at(time.Second, 0))
	p.Close()
}
