package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/hostedcache/pchc/fuzz/campaign"
)

// Budget is what ends a campaign: a time, a number of messages, or neither (0).
type Budget struct {
	Time       time.Duration
	Executions int64
}

// Progress tells how far a campaign is. On a terminal that is one line, which is
// drawn again and again; elsewhere, as in a log, a line from time to time.
type Progress struct {
	w      io.Writer
	width  int
	budget Budget
	bar    *progressbar.ProgressBar // nil unless on a terminal
	widest int                      // columns of the text beside the bar so far

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
	steps      = 1000 // of a bar
)

// NewProgress returns a Progress that writes to w, usually standard error. width
// is that of the terminal, 0 where w is none; a very narrow one is taken for none.
func NewProgress(w io.Writer, width int, budget Budget) *Progress {
	p := &Progress{w: w, width: width, budget: budget, next: plainEvery, rate: "0/s"}
	if width >= narrowest {
		total := int64(steps)
		if budget == (Budget{}) {
			total = -1
		}
		p.bar = progressbar.NewOptions64(total,
			progressbar.OptionSetWriter(w),
			progressbar.OptionSetTheme(progressbar.ThemeASCII),
			progressbar.OptionSetWidth(barWidth),
			progressbar.OptionSetPredictTime(false),
			progressbar.OptionSetElapsedTime(false),
			progressbar.OptionSetSpinnerChangeInterval(0), // it is drawn by Update only
			progressbar.OptionSpinnerType(asciiSpinner),
		)
	}
	return p
}

const (
	barWidth     = 10
	besideBar    = barWidth + len("  99% []   ") // beside the description, and the last column
	narrowest    = 40
	asciiSpinner = 9
)

// Update tells how far the campaign is. It may be called at any rate; what is
// not due is not written.
func (p *Progress) Update(r *campaign.Result) {
	p.count(r)
	if p.bar == nil {
		if r.Elapsed >= p.next {
			fmt.Fprintf(p.w, "pchc: %s: %s\n", p.far(r), p.line(r))
			p.next = (r.Elapsed/plainEvery + 1) * plainEvery
		}
		return
	}
	line := p.line(r) + ", " + seconds(r.Elapsed.Truncate(time.Second))
	if room := p.width - besideBar; len(line) > room {
		line = line[:room]
	}
	p.widest = max(p.widest, len(line))
	line += strings.Repeat(" ", p.widest-len(line)) // over what was there
	if p.budget != (Budget{}) {
		// One step is left, for a full bar would end its line.
		_ = p.bar.Set64(min(int64(p.share(r)*steps), steps-1))
	} else {
		_ = p.bar.Add(1)
	}
	p.bar.Describe(line)
}

// Close ends the telling: what is on the terminal is wiped out.
func (p *Progress) Close() {
	if p.widest > 0 {
		fmt.Fprintf(p.w, "\r%*s\r", p.width-1, "")
		p.widest = 0
	}
}

// share returns how much of the budget is used up, 0 to 1.
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

// count counts the rate since a while ago.
func (p *Progress) count(r *campaign.Result) {
	now := mark{r.Elapsed, executions(r)}
	every := rateEvery
	if p.bar == nil {
		every = plainEvery
	}
	if now.at-p.last.at >= every || p.last == (mark{}) {
		p.rate = perSecond(now.executions-p.last.executions, now.at-p.last.at)
	}
	if now.at-p.last.at >= every {
		p.last = now
	}
}

// far says how much of the budget is used up.
func (p *Progress) far(r *campaign.Result) string {
	s := seconds(r.Elapsed.Truncate(time.Second))
	if p.budget.Time > 0 {
		s += " of " + seconds(p.budget.Time)
	}
	return s
}

// line says what was done.
func (p *Progress) line(r *campaign.Result) string {
	coverage := 0
	for i := range r.Targets {
		coverage += r.Targets[i].Coverage
	}
	s := count(executions(r), "message")
	if p.budget.Executions > 0 {
		s = grouped(executions(r)) + " of " + count(p.budget.Executions, "message")
	}
	return fmt.Sprintf("%s, %s, %s, coverage %s", count(int64(len(r.Findings)), "finding"), s, p.rate, grouped(int64(coverage)))
}
