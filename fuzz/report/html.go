package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/internal/page"
	"github.com/hostedcache/pchc/internal/printable"
)

var (
	//go:embed page.html
	pageText string
	//go:embed page.css
	pageStyle string
)

// The template escapes all output of a target.
var pageTemplate = sync.OnceValue(func() *template.Template {
	return page.Parse(pageText, template.FuncMap{
		"colour":   func(i int) int { return i % 8 },
		"dash":     func(i int) int { return i % 4 },
		"signed":   func(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) },
		"sanitize": printable.String,
		"unbroken": func(s string) string { return thousands.ReplaceAllString(s, "$1\u00a0$2") },
		"frame": func() map[string]float64 {
			return map[string]float64{
				"Width": plotWidth, "Height": plotHeight, "Left": plotLeft, "Right": plotRight, "Top": plotTop, "Bottom": plotBottom,
				"Middle": (plotLeft + plotRight) / 2,
			}
		},
		"add": func(a, b float64) float64 { return a + b },
	})
})

// thousands matches the blanks in a number, where no line may break.
var thousands = regexp.MustCompile(`(\d) (\d{3})\b`)

type pageData struct {
	page.Head
	Verdict  string
	State    string // "found", "well" or "untried"
	Sentence string
	Version  string
	Date     string
	Facts    []fact
	Findings []pageFinding
	Plots    []plot
	Targets  []pageTarget
	Scope    []string
}

type fact struct{ Name, Value string }

type pageFinding struct {
	findingView
	Happened string   // what the target does, and with what
	NoRule   string   // why there is no rule, "" if there is one
	Lines    []string // the requirements
	Course   []string // what a client and the server did
	Beside   []pair
	Whole    string // the answer
	Plot     *plot  // of what was measured
	Checker  string // the report of a sanitizer
	Messages []excerpt

	Contrasted []pair   // with the nearest message that goes right, nil if there is none
	Nearest    *excerpt // that message
}

type pageTarget struct {
	Name, Messages, Rate, Coverage, Findings, Restarts, Requirements, Failure string
	Notes                                                                     []string
}

// HTML writes one self-contained page, without network access or script. It shows
// no keys.
func HTML(w io.Writer, r *Report) error {
	p := pageData{
		Version: r.Version, Date: r.Start.UTC().Format("2006-01-02 15:04 UTC"), Plots: plots(r), Scope: scope(r),
		Facts: []fact{
			{"Messages", grouped(executions(r.Result))},
			{"Time", seconds(r.Elapsed)},
			{"Rate", perSecond(executions(r.Result), r.Elapsed)},
			{"Targets", strconv.Itoa(len(r.Targets))},
			{"Findings", strconv.Itoa(len(r.Findings))},
		},
	}
	var well bool
	p.Verdict, well = verdict(r)
	switch {
	case well:
		p.State = "well"
		p.Sentence = "Every target handled every message as MS-PCHC and MS-PCCRC require, within the scope below."
		if len(r.Findings) > 0 {
			p.Sentence = "All findings are known: they are in the baseline."
		}
	case len(r.Findings) > 0:
		p.State = "found"
		p.Sentence = "Each finding is a deviation from MS-PCHC or MS-PCCRC, with a minimised reproducer."
	default:
		p.State = "untried"
		p.Sentence = "The result is incomplete; the reasons are below."
	}
	t := &message.Text{Width: 140, Style: message.Colours(), ASCII: true}
	for _, s := range describe(r) {
		f := pageFinding{findingView: s, NoRule: noRule(s.Finding), Messages: dump(s.Finding, t), Happened: happened(&s), Course: shortened(s.Exchange), Beside: beside(&s), Whole: printable.String(s.Answer),
			Plot: measuredPlot(s.Finding, s.Number), Checker: s.Report}
		for i := range s.Requirements {
			f.Lines = append(f.Lines, s.Requirements[i].String())
		}
		if s.Expects != "" {
			f.Lines = append(f.Lines, s.Expects)
		}
		f.Lines = append(f.Lines, s.Depends...)
		if s.Contrast != nil {
			e := nearest(s.Finding, t)
			f.Nearest, f.Contrasted = &e, contrasted(&s)
		}
		f.Lines = append(f.Lines, s.Roles...)
		p.Findings = append(p.Findings, f)
	}
	for i := range r.Targets {
		t := &r.Targets[i]
		p.Targets = append(p.Targets, pageTarget{
			printable.String(t.Name), grouped(t.Executions), perSecond(t.Executions, r.Elapsed), coverageOf(t),
			grouped(findings(r, t.Name)), grouped(int64(t.Restarts)), strconv.Itoa(len(r.Tested(t))) + " of " + strconv.Itoa(len(messageRequirements(t))), ended(t), t.Notes,
		})
	}
	title := p.Verdict
	if len(p.Findings) == 1 {
		title += ": " + p.Findings[0].Target + " " + p.Findings[0].Happened
	}
	p.Head = page.NewHead(printable.String(title)+" - pchc fuzz", pageStyle, "")
	return pageTemplate().Execute(w, &p)
}

// ended says how the test of a target ended, "" if nothing was left to do.
func ended(t *campaign.TargetResult) string {
	if failure(t) == "" {
		return ""
	}
	return capital(ending(t)) + ": " + failure(t)
}

// noRule says what is expected where no requirement is violated, "" where one is.
func noRule(f *campaign.Finding) string {
	switch {
	case f.Rule != "" || f.Requirement != "":
		return ""
	case f.Fault == fuzz.Rejected:
		if n := len(f.Messages); f.Sequence() {
			return fmt.Sprintf("Message %d violates no format rule: a decoder must accept it.", n)
		}
		return "The message violates no format rule: a decoder must accept it."
	case f.Fault == fuzz.Crash || f.Fault == fuzz.Hang || f.Fault == fuzz.Slow:
		return "No message, valid or not, may end or stop a program."
	}
	return "No single requirement is about this."
}

// happened says in a clause what a target does, and with what.
func happened(s *findingView) string {
	if s.Fault == "" {
		return s.Title
	}
	return s.Fault + ": " + strings.TrimPrefix(s.Title, s.Kind+": ")
}
