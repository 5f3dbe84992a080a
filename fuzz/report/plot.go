package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/internal/printable"
)

// plot is a quantity over time, with a line for each target.
type plot struct {
	ID, Title, Unit string
	Summary         string // of what the plot shows
	Note            string // what one must know to read it, "" for nothing
	XTitle          string
	X, Y            []tick
	Lines           []line
	Head            []string // of the table with the same numbers
	Rows            [][]string
	Legend          []string // of several lines, if they are no targets
}

type tick struct {
	At    float64 // in the drawing
	Label string
}

type line struct {
	Number int    // of the target, from 0
	Path   string // of SVG
}

// The drawing: its size, and where the axes are. It is small so that its
// letters can be read on a telephone, where it is as wide as the screen.
const (
	plotWidth  = 360.0
	plotHeight = 220.0
	plotLeft   = 52.0
	plotRight  = plotWidth - 12
	plotTop    = 10.0
	plotBottom = plotHeight - 38
	plotPoints = 90 // of a line of rates: more of them look like noise
	plotRows   = 10 // of a table
)

// uncounted says why there are times without messages in a campaign of single messages.
const uncounted = "Where the rate falls, even to 0, pchc sends messages that are not counted: " +
	"to minimise a finding, to send others again in other ways, or to measure memory and time."

// series are the values of one target.
type series struct {
	at     []time.Duration
	values []float64
	steps  bool // a value holds until the next one
}

// plots returns the plots of the samples.
func plots(r *Report) []plot {
	sampled := false
	for i := range r.Targets {
		sampled = sampled || len(r.Targets[i].Samples) > 0
	}
	if !sampled || r.Elapsed <= 0 {
		return nil
	}
	of := func(value func(*campaign.Sample) int, steps bool) []series {
		var all []series
		for i := range r.Targets {
			all = append(all, overTime(r.Targets[i].Samples, r.Elapsed, value, steps))
		}
		return all
	}
	var rates []series
	for i := range r.Targets {
		rates = append(rates, rateOverTime(r.Targets[i].Samples, r.Elapsed))
	}
	all := []plot{draw(r, "rate", "Rate", "messages a second", rates)}
	if slices.ContainsFunc(r.Targets, func(t campaign.TargetResult) bool { return !t.Client && t.Conversations == 0 }) {
		all[0].Note = uncounted
	}
	if covers(r) {
		all = append(all, draw(r, "coverage", "Coverage", "points of the specification", of(func(s *campaign.Sample) int { return s.Coverage }, false)))
	}
	var found []series
	for i := range r.Targets {
		found = append(found, foundOverTime(r, r.Targets[i].Name))
	}
	all = append(all, draw(r, "findings", "Findings", "findings, when first seen", found))
	for i := range r.Targets {
		if r.Targets[i].Resources.Most.Memory > 0 {
			var memory []series
			for i := range r.Targets {
				memory = append(memory, memoryOverTime(r.Targets[i].Samples))
			}
			return append(all, draw(r, "memory", "Memory", "MiB, resident, of all processes of a target", memory))
		}
	}
	return all
}

// foundOverTime returns the number of findings by when each was first seen: samples count
// one only when it has been minimised.
func foundOverTime(r *Report, target string) series {
	var at []time.Duration
	for i := range r.Findings {
		if r.Findings[i].Target == target {
			at = append(at, min(r.Findings[i].At, r.Elapsed))
		}
	}
	slices.Sort(at)
	s := series{at: []time.Duration{0}, values: []float64{0}, steps: true}
	for n, first := range at {
		s.at, s.values = append(s.at, first), append(s.values, float64(n+1))
	}
	s.at, s.values = append(s.at, r.Elapsed), append(s.values, float64(len(at)))
	return s
}

// memoryOverTime returns the memory from when it was first read.
func memoryOverTime(samples []campaign.Sample) (s series) {
	for i := range samples {
		if u := &samples[i].Usage; u.Processes > 0 {
			s.at, s.values = append(s.at, samples[i].At), append(s.values, float64(u.Memory>>20))
		}
	}
	return s
}

// covers reports whether coverage means anything: a client is not sent what would cover
// the specification.
func covers(r *Report) bool {
	return slices.ContainsFunc(r.Targets, func(t campaign.TargetResult) bool { return !t.Client })
}

func overTime(samples []campaign.Sample, end time.Duration, value func(*campaign.Sample) int, steps bool) series {
	s := series{at: []time.Duration{0}, values: []float64{0}, steps: steps}
	for i := range samples {
		s.at = append(s.at, min(samples[i].At, end))
		s.values = append(s.values, float64(value(&samples[i])))
	}
	s.at, s.values = append(s.at, end), append(s.values, s.values[len(s.values)-1])
	return s
}

// rateOverTime returns the rate around each of many times: the messages within a tenth of
// the campaign. Single samples would look like noise.
func rateOverTime(samples []campaign.Sample, end time.Duration) series {
	var s series
	if len(samples) == 0 {
		return s
	}
	last := min(samples[len(samples)-1].At, end)
	for n := range plotPoints + 1 {
		at := last * time.Duration(n) / plotPoints
		from, to := max(0, at-end/20), min(last, at+end/20)
		if to <= from {
			continue
		}
		s.at = append(s.at, at)
		s.values = append(s.values, max(0, executedAt(samples, to)-executedAt(samples, from))/(to-from).Seconds())
	}
	return s
}

// executedAt returns the number of messages until a time, between samples in proportion.
func executedAt(samples []campaign.Sample, at time.Duration) float64 {
	var before campaign.Sample
	for _, now := range samples {
		if now.At >= at {
			if now.At == before.At {
				return float64(now.Executions)
			}
			share := float64(at-before.At) / float64(now.At-before.At)
			return float64(before.Executions) + share*float64(now.Executions-before.Executions)
		}
		before = now
	}
	return float64(before.Executions)
}

func draw(r *Report, id, title, unit string, all []series) plot {
	p := plot{ID: id, Title: title, Unit: unit}
	var scale time.Duration
	p.XTitle, scale = timeScale(r.Elapsed)
	most, first := 0.0, ""
	for i, s := range all {
		for _, v := range s.values {
			if v > most || first == "" {
				most, first = v, printable.String(r.Targets[i].Name)
			}
		}
	}
	p.Summary = fmt.Sprintf("%s over %s (%s): at most %s (%s).", title, seconds(r.Elapsed), unit, rounded(most), first)
	if most == 0 {
		p.Summary = fmt.Sprintf("%s over %s: none.", title, seconds(r.Elapsed))
	}
	top := 0.0
	for _, v := range ticks(most, id != "rate") {
		top = v
		p.Y = append(p.Y, tick{Label: short(v)})
		p.Y[len(p.Y)-1].At = v
	}
	for i := range p.Y {
		p.Y[i].At = height(p.Y[i].At, top)
	}
	for _, v := range ticks(float64(r.Elapsed)/float64(scale), false) {
		if at := place(time.Duration(v*float64(scale)), r.Elapsed); at <= plotRight+0.5 {
			p.X = append(p.X, tick{at, strconv.FormatFloat(v, 'g', 4, 64)})
		}
	}
	p.Head = []string{"Time"}
	for i, s := range all {
		if len(s.values) > 0 {
			p.Lines = append(p.Lines, line{i, s.path(r.Elapsed, top)})
		}
		p.Head = append(p.Head, printable.String(r.Targets[i].Name))
	}
	for n := 1; n <= plotRows; n++ {
		at := r.Elapsed * time.Duration(n) / plotRows
		row := []string{seconds(at)}
		for _, s := range all {
			row = append(row, s.before(at))
		}
		p.Rows = append(p.Rows, row)
	}
	return p
}

// place and height turn a time and a value into coordinates.
func place(at, end time.Duration) float64 {
	return plotLeft + (plotRight-plotLeft)*float64(at)/float64(end)
}

func height(v, top float64) float64 { return plotBottom - (plotBottom-plotTop)*v/top }

func (s *series) path(end time.Duration, top float64) string {
	var b strings.Builder
	for i, v := range s.values {
		x, y := place(min(s.at[i], end), end), height(v, top)
		switch {
		case i == 0:
			fmt.Fprintf(&b, "M%.1f %.1f", x, y)
		case s.steps:
			fmt.Fprintf(&b, "H%.1fV%.1f", x, y)
		default:
			fmt.Fprintf(&b, "L%.1f %.1f", x, y)
		}
	}
	return b.String()
}

// before returns the last value until a time.
func (s *series) before(at time.Duration) string {
	value := "-"
	for i, v := range s.values {
		if s.at[i] <= at {
			value = rounded(v)
		}
	}
	return value
}

// timeScale returns the unit of the axis of time.
func timeScale(d time.Duration) (title string, unit time.Duration) {
	switch {
	case d <= 2*time.Minute:
		return "time in seconds", time.Second
	case d <= 2*time.Hour:
		return "time in minutes", time.Minute
	}
	return "time in hours", time.Hour
}

// ticks returns round numbers from 0 to the first that is not below most, at
// most six.
func ticks(most float64, whole bool) []float64 {
	if most <= 0 {
		most = 1
	}
	step := math.Pow(10, math.Floor(math.Log10(most))-1)
	for _, factor := range []float64{1, 2, 2.5, 2, 2, 2.5, 2} { // 1, 2, 5, 10, 20, 50, 100
		step *= factor
		if (!whole || step >= 1) && most/step <= 5 {
			break
		}
	}
	if whole {
		step = max(1, step)
	}
	all := []float64{0}
	for len(all) < 8 && all[len(all)-1] < most {
		all = append(all, float64(len(all))*step)
	}
	return all
}

// short writes a number for an axis: "2.5k", "40k", "1.5M".
func short(v float64) string {
	for _, u := range []struct {
		unit float64
		sign string
	}{{1e9, "G"}, {1e6, "M"}, {1e4, "k"}} {
		if v >= u.unit {
			if u.sign == "k" {
				u.unit = 1e3
			}
			return strconv.FormatFloat(v/u.unit, 'g', 4, 64) + u.sign
		}
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}
