package report

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/hostedcache/pchc/fuzz/campaign"
)

// Budget limits a campaign: by time, by messages, or not at all (0).
type Budget struct {
	Time       time.Duration
	Executions int64
}

// Progress shows how far a campaign is: on a terminal in one line with a bar,
// elsewhere, as in a log, in a line every ten seconds.
type Progress struct {
	w      io.Writer
	width  int // of the terminal, 0 for none
	budget Budget
	drawn  int // updates of the bar
	widest int // columns of the text beside the bar so far

	next time.Duration // when a plain line is due
	last mark          // what the rate is counted from
	rate string
}

// mark is how far a campaign was at some time.
type mark struct {
	at         time.Duration
	executions int64
}

const (
	plainEvery = 10 * time.Second
	rateEvery  = time.Second

	barWidth  = 10
	besideBar = barWidth + len(" 99% []") + 1 // on a line, with the last column, which stays free
	minWidth  = 40
)

// NewProgress returns a Progress that writes to w, usually standard error. width
// is that of the terminal, 0 if w is none. There is no bar on a very narrow one.
func NewProgress(w io.Writer, width int, budget Budget) *Progress {
	if width < minWidth {
		width = 0
	}
	return &Progress{w: w, width: width, budget: budget, next: plainEvery, rate: "0/s"}
}

// Update shows how far the campaign is. It may be called at any rate; plain lines
// are written only when due.
func (p *Progress) Update(r *campaign.Result) {
	p.count(r)
	if p.width == 0 {
		if r.Elapsed >= p.next {
			fmt.Fprintf(p.w, "pchc: %s: %s\n", p.elapsed(r), p.line(r))
			p.next = (r.Elapsed/plainEvery + 1) * plainEvery
		}
		return
	}
	line := p.line(r) + ", " + seconds(r.Elapsed.Truncate(time.Second))
	line = line[:min(len(line), p.width-besideBar)]
	p.widest = max(p.widest, len(line)) // so that a line covers the one before
	if p.budget == (Budget{}) {
		fmt.Fprintf(p.w, "\r%c %-*s", `|/-\`[p.drawn%4], p.widest, line)
	} else {
		share := min(p.share(r), 0.99)
		fmt.Fprintf(p.w, "\r%-*s %2.0f%% [%-*s]", p.widest, line, math.Floor(100*share), barWidth, strings.Repeat("=", int(barWidth*share))+">")
	}
	p.drawn++
}

// Close wipes the bar off the terminal.
func (p *Progress) Close() {
	if p.widest > 0 {
		fmt.Fprintf(p.w, "\r%*s\r", p.width-1, "")
		p.widest = 0
	}
}

// share returns the used share of the budget, 0 to 1.
func (p *Progress) share(r *campaign.Result) float64 {
	share := 0.0
	if p.budget.Time > 0 {
		share = float64(r.Elapsed) / float64(p.budget.Time)
	}
	if p.budget.Executions > 0 {
		share = max(share, float64(executions(r))/float64(p.budget.Executions))
	}
	return min(share, 1)
}

// count updates the rate, which is that of the last second or seconds.
func (p *Progress) count(r *campaign.Result) {
	now := mark{r.Elapsed, executions(r)}
	every := rateEvery
	if p.width == 0 {
		every = plainEvery
	}
	if now.at-p.last.at >= every || p.last == (mark{}) {
		p.rate = perSecond(now.executions-p.last.executions, now.at-p.last.at)
	}
	if now.at-p.last.at >= every {
		p.last = now
	}
}

// elapsed returns the time passed, and the limit.
func (p *Progress) elapsed(r *campaign.Result) string {
	s := seconds(r.Elapsed.Truncate(time.Second))
	if p.budget.Time > 0 {
		s += " of " + seconds(p.budget.Time)
	}
	return s
}

// line returns the current figures.
func (p *Progress) line(r *campaign.Result) string {
	coverage, clients := 0, len(r.Targets) > 0
	for i := range r.Targets {
		coverage += r.Targets[i].Coverage
		clients = clients && r.Targets[i].Client
	}
	s := count(executions(r), "message")
	if p.budget.Executions > 0 {
		s = grouped(executions(r)) + " of " + count(p.budget.Executions, "message")
	}
	line := fmt.Sprintf("%s, %s, %s", count(int64(len(r.Findings)), "finding"), s, p.rate)
	if clients { // they are not sent what would cover anything
		return line
	}
	return line + ", coverage " + grouped(int64(coverage))
}
