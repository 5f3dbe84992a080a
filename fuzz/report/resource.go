package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/resource"
	"github.com/hostedcache/pchc/internal/printable"
)

// resourceOf returns the resource that a finding is about, "" for most.
func resourceOf(f *campaign.Finding) string {
	if f.Measured == nil {
		return ""
	}
	return string(f.Measured.Resource)
}

// expectedUse says what is expected of a target that uses too much; "" for other faults.
func expectedUse(f *campaign.Finding) string {
	switch f.Fault {
	case fuzz.Leak:
		return "after some messages nothing grows any more, however many follow"
	case fuzz.Complexity:
		return "a message of twice the size takes about twice the time"
	case fuzz.Aging:
		return "the same message takes the same time, however many came before"
	case fuzz.Idle:
		return "no processor time while there is no message"
	case fuzz.Limit:
		return "no more than the limit that was set"
	}
	return ""
}

// sparkSteps is the width of a curve in text.
const sparkSteps = 40

// measuredLines describes what was measured, in text.
func measuredLines(f *campaign.Finding) (lines []string) {
	m := f.Measured
	if m == nil {
		return nil
	}
	add := func(name string, points []resource.Point) {
		if n := len(points); n > 1 {
			first, last := points[0], points[n-1]
			lines = append(lines, fmt.Sprintf("%s  %s, from %s at %s to %s at %s %s", resource.Sparkline(points, sparkSteps), name,
				m.Resource.Amount(first.Y), amount(first.X), m.Resource.Amount(last.Y), amount(last.X), printable.String(m.X)))
		}
	}
	add(measuredName(f), m.Points)
	add("with "+printable.String(m.Other), m.Beside)
	return lines
}

// measuredName names the curve of a finding.
func measuredName(f *campaign.Finding) string {
	switch f.Fault {
	case fuzz.Leak:
		if len(f.Messages) > 1 {
			return "with these messages"
		}
		return "with this message"
	case fuzz.Idle:
		return "processor time"
	}
	return "time for a message"
}

// amount writes a number of messages, or of what they have, or of seconds.
func amount(v float64) string {
	if v == math.Trunc(v) {
		return grouped(int64(v))
	}
	return strconv.FormatFloat(v, 'f', 1, 64)
}

// measuredPlot is the plot of a finding, nil if nothing was measured.
func measuredPlot(f *campaign.Finding, number int) *plot {
	m := f.Measured
	if m == nil || len(m.Points) < 2 {
		return nil
	}
	p := &plot{ID: fmt.Sprintf("finding-%d", number), Title: measuredTitle(m.Resource), Unit: measuredUnit(m.Resource), XTitle: printable.String(m.X)}
	p.Summary = strings.Join(append([]string{p.Title + " by " + p.XTitle + ":"}, measuredSummary(f)...), " ")
	curves := [][]resource.Point{m.Points}
	p.Head = []string{p.XTitle, measuredName(f)}
	if len(m.Beside) > 1 {
		curves = append(curves, m.Beside)
		p.Head = append(p.Head, "with "+printable.String(m.Other))
		p.Legend = p.Head[1:]
	}
	mostX, mostY := 0.0, 0.0
	for _, points := range curves {
		for _, q := range points {
			mostX, mostY = max(mostX, q.X), max(mostY, q.Y)
		}
	}
	unit, labels := scaleOf(m.Resource, mostY)
	top := 0.0
	all := ticks(mostY/unit, false)
	top = all[len(all)-1]
	for _, v := range all {
		p.Y = append(p.Y, tick{height(v, top), short(v) + labels})
	}
	across := func(x float64) float64 { return plotLeft + (plotRight-plotLeft)*x/max(mostX, 1e-9) }
	for _, v := range ticks(mostX, false) {
		if at := across(v); at <= plotRight+0.5 {
			p.X = append(p.X, tick{at, short(v)})
		}
	}
	for i, points := range curves {
		var b strings.Builder
		for j, q := range points {
			command := 'L'
			if j == 0 {
				command = 'M'
			}
			fmt.Fprintf(&b, "%c%.1f %.1f", command, across(q.X), height(q.Y/unit, top))
		}
		p.Lines = append(p.Lines, line{i, b.String()})
	}
	for _, q := range resource.Thin(m.Points, plotRows) {
		row := []string{amount(q.X), m.Resource.Amount(q.Y)}
		if len(curves) > 1 {
			row = append(row, near(m.Beside, q.X, m.Resource))
		}
		p.Rows = append(p.Rows, row)
	}
	return p
}

// measuredSummary describes the curves in words.
func measuredSummary(f *campaign.Finding) (all []string) {
	for _, line := range measuredLines(f) {
		_, words, _ := strings.Cut(line, "  ")
		all = append(all, words+".")
	}
	return all
}

// near is the last value up to x, "-" if there is none.
func near(points []resource.Point, x float64, kind resource.Kind) string {
	value := "-"
	for _, p := range points {
		if p.X <= x {
			value = kind.Amount(p.Y)
		}
	}
	return value
}

func measuredTitle(kind resource.Kind) string {
	switch kind {
	case resource.Memory:
		return "Resident memory"
	case resource.Files:
		return "Open files"
	case resource.Threads:
		return "Threads"
	}
	return "Processor time"
}

func measuredUnit(kind resource.Kind) string {
	switch kind {
	case resource.Memory:
		return "bytes"
	case resource.Time:
		return "of all threads"
	}
	return "number"
}

// scaleOf returns the unit of an axis whose highest value is most, and its sign.
func scaleOf(kind resource.Kind, most float64) (unit float64, sign string) {
	units := []struct {
		unit float64
		sign string
	}{{1, ""}}
	switch kind {
	case resource.Memory:
		units = append(units, []struct {
			unit float64
			sign string
		}{{1 << 10, "K"}, {1 << 20, "M"}, {1 << 30, "G"}}...)
	case resource.Time:
		units = []struct {
			unit float64
			sign string
		}{{1, "ns"}, {1e3, "µs"}, {1e6, "ms"}, {1e9, "s"}}
	}
	unit, sign = units[0].unit, units[0].sign
	for _, u := range units {
		if most >= 2*u.unit {
			unit, sign = u.unit, u.sign
		}
	}
	return unit, sign
}

// used sums up what the processes of a target used, and says what was not watched; "" if
// nothing is known.
func used(t *campaign.TargetResult) string {
	r := &t.Resources
	if r.Unwatched != "" {
		return "memory, open files, threads and processor time were not watched: " + printable.String(r.Unwatched)
	}
	if r.Most.Processes == 0 {
		return "" // nothing was sent
	}
	s := fmt.Sprintf("at most %s of memory, %s and %s%s; %s of processor time for a message",
		resource.Bytes(float64(r.Most.Memory)), count(int64(r.Most.Files), "open file"), count(int64(r.Most.Threads), "thread"), ofEach(t),
		resource.Time.Amount(float64(r.Most.CPU)/float64(max(1, t.Executions))))
	untried, open := "; not tried: ", ""
	for _, what := range r.Untried {
		if strings.HasPrefix(what, campaign.NotKnown) {
			open += "; " + what
		} else {
			s += untried + what
			untried = "; "
		}
	}
	s = printable.String(s + open)
	return s
}

// ofEach says of how many processes at a time the highest values are those of one, with
// its children; "" if it was one.
func ofEach(t *campaign.TargetResult) string {
	all := 0
	for i := range t.Samples {
		all = max(all, t.Samples[i].Usage.Processes)
	}
	if n := all / t.Resources.Most.Processes; n > 1 {
		return fmt.Sprintf(" in each of %d processes", n)
	}
	return ""
}

// jsonMeasured is what was measured of a finding about resources.
type jsonMeasured struct {
	Resource resource.Kind    `json:"resource"`
	X        string           `json:"x"` // units
	Y        string           `json:"y"`
	Points   []resource.Point `json:"points"`
	Other    string           `json:"other,omitempty"`
	Beside   []resource.Point `json:"beside,omitempty"`
	Each     float64          `json:"each,omitempty"`
	Exponent float64          `json:"exponent,omitempty"`
	Drawn    bool             `json:"drawn,omitempty"`
}

// jsonResources is what the processes of a target used.
type jsonResources struct {
	Unwatched string       `json:"unwatched,omitempty"` // why, if they were not watched
	Memory    int64        `json:"memory"`              // at most, of one process and its children
	Files     int          `json:"files"`
	Threads   int          `json:"threads"`
	Processor float64      `json:"processor"` // seconds, of all
	Untried   []string     `json:"untried,omitempty"`
	Samples   [][5]float64 `json:"samples,omitempty"` // seconds, memory, files, threads, seconds of the processor
}

// mostUsed limits the samples of a target.
const mostUsed = 64

func resourcesOf(t *campaign.TargetResult) *jsonResources {
	r := &t.Resources
	if r.Unwatched == "" && r.Most.Processes == 0 {
		return nil
	}
	o := &jsonResources{Unwatched: r.Unwatched, Memory: r.Most.Memory, Files: r.Most.Files, Threads: r.Most.Threads, Processor: r.Most.CPU.Seconds(), Untried: r.Untried}
	step := max(1, (len(t.Samples)+mostUsed-1)/mostUsed)
	for i := 0; i < len(t.Samples); i += step {
		if u := &t.Samples[i].Usage; u.Processes > 0 {
			o.Samples = append(o.Samples, [5]float64{t.Samples[i].At.Seconds(), float64(u.Memory), float64(u.Files), float64(u.Threads), u.CPU.Seconds()})
		}
	}
	return o
}
