package report

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/internal/printable"
)

// Baseline is a list of known findings. It is the same for all targets.
type Baseline struct {
	names []string
	flaky []string // those that do not show each time
}

// flakyMark begins the line of a finding that does not show each time.
const flakyMark = "flaky "

// ParseBaseline reads a baseline as [WriteBaseline] writes it: the name of a finding
// a line. Empty lines, and lines that begin with #, are comments.
func ParseBaseline(text []byte) (*Baseline, error) {
	b := new(Baseline)
	n := 0
	for line := range bytes.Lines(text) {
		n++
		name := strings.TrimSpace(string(line))
		if name == "" || strings.HasPrefix(name, "#") {
			continue
		}
		name, flaky := strings.CutPrefix(name, flakyMark)
		words := strings.Fields(name)
		if len(words) < 2 || faults[fuzz.Fault(words[1])] == "" {
			return nil, fmt.Errorf("line %d is no finding of a baseline, such as \"PCHC-2.2.1.2-Port rejected\": %q", n, printable.String(name))
		}
		if flaky {
			b.flaky = append(b.flaky, name)
		} else {
			b.names = append(b.names, name)
		}
	}
	return b, nil
}

// WriteBaseline writes the findings of a report as a baseline.
func WriteBaseline(w io.Writer, r *Report) error {
	var names []string
	for i := range r.Findings {
		name := Name(&r.Findings[i])
		if r.Findings[i].Flaky || r.Findings[i].Untried {
			name = flakyMark + name
		}
		names = append(names, name)
	}
	slices.Sort(names)
	b := bufio.NewWriter(w)
	fmt.Fprintln(b, "# Known findings of pchc fuzz, one a line. A flaky one need not show.")
	for _, name := range slices.Compact(names) {
		fmt.Fprintln(b, name)
	}
	return b.Flush()
}

// Has reports whether a finding is known.
func (b *Baseline) Has(f *campaign.Finding) bool {
	return b != nil && (slices.Contains(b.names, Name(f)) || slices.Contains(b.flaky, Name(f)))
}

// indexes are stripped from the name of a finding, so that it does not depend on which
// element of a list was hit.
var indexes = regexp.MustCompile(`\[\d+\]`)

// Name returns the name that a finding has in a baseline, which is the same in another
// campaign: its rule or, without one, its fault, what the target did, and the field.
func Name(f *campaign.Finding) string {
	if f.Stateful() {
		return stateName(f)
	}
	name := ruleID(f) + " " + string(f.Fault)
	if depends := cmp.Or(f.Field, f.Cause, resourceOf(f)); depends != "" {
		name += " " + indexes.ReplaceAllString(depends, "[]")
	}
	return printable.String(name)
}

// New returns the number of findings that are not known.
func (r *Report) New() (n int) {
	for i := range r.Findings {
		if !r.Baseline.Has(&r.Findings[i]) {
			n++
		}
	}
	return n
}

// Missing returns the names of known findings that did not show, unless the campaign
// was ended before all its messages were sent. Flaky ones are not expected to.
func (r *Report) Missing() (missing []string) {
	if r.Baseline == nil || !r.complete() {
		return nil
	}
	for _, name := range r.Baseline.names {
		if !slices.ContainsFunc(r.Findings, func(f campaign.Finding) bool { return Name(&f) == name }) {
			missing = append(missing, name)
		}
	}
	return missing
}

// complete reports whether all that was to be tried was.
func (r *Report) complete() bool {
	return !r.Interrupted && !r.Stopped && !slices.ContainsFunc(r.Targets, func(t campaign.TargetResult) bool { return failure(&t) != "" })
}

// compared says how the findings compare with the baseline.
func compared(r *Report) (lines []string) {
	if r.Baseline == nil {
		return nil
	}
	lines = append(lines, fmt.Sprintf("Baseline: %s, %d found again, %d new.",
		count(int64(len(r.Baseline.names)+len(r.Baseline.flaky)), "known finding"), len(r.Findings)-r.New(), r.New()))
	if !r.complete() {
		lines = append(lines, "Baseline: the campaign did not run to its end, so known findings that are missing were not looked for.")
	}
	for _, name := range r.Missing() {
		lines = append(lines, "Baseline: no longer found: "+name+". If it is fixed, remove it from the baseline.")
	}
	return lines
}
