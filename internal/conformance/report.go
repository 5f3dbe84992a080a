package conformance

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hostedcache/pchc/internal/ci"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/spec"
)

// maxLines is how many findings of a rule JUnit XML lists for a capture.
const maxLines = 100

// Report collects the findings of several captures for JUnit XML and SARIF. It
// keeps a limited number of each rule, and counts the rest.
type Report struct {
	fails  func(*Finding) bool
	run    ci.Run
	suites []ci.Suite
	file   string
	rules  map[string]*tally
}

// tally is what was found of a rule in a capture.
type tally struct {
	count int
	fails bool
	lines []string
}

// NewReport returns a report of that version of pchc. fails says which findings are
// failures; it has to be the same for all findings of a rule.
func NewReport(version string, fails func(*Finding) bool) *Report {
	r := &Report{fails: fails, run: ci.Run{Version: version, ID: "pchc check/", Rules: []ci.Rule{
		{ID: CaptureProblem, Text: "The capture is complete and readable.", Properties: map[string]any{"class": "capture"}},
		{ID: CaptureNote, Text: "A note about the capture, which is not a problem.", Properties: map[string]any{"class": "note"}},
	}}}
	for _, q := range slices.Concat(Checked(), updateRequirements()) {
		r.run.Rules = append(r.run.Rules, ci.RequirementRule(&q))
	}
	return r
}

// Begin begins a capture.
func (r *Report) Begin(file string) {
	r.file, r.rules = file, map[string]*tally{}
	r.run.Files = append(r.run.Files, file)
}

// Add adds a finding in the capture.
func (r *Report) Add(f *Finding) {
	t := r.rules[f.Rule]
	if t == nil {
		t = &tally{fails: r.fails(f)}
		r.rules[f.Rule] = t
	}
	if t.count++; len(t.lines) < maxLines {
		t.lines = append(t.lines, f.Place.String()+": "+f.Violation.String())
	}
	r.run.Add(f.sarif(r.file))
}

// End ends the capture. failure is why it could not be read, nil if it could.
func (r *Report) End(failure error) {
	suite := ci.Suite{Name: r.file}
	problems := ci.Case{Name: CaptureProblem, Class: "pchc.check.capture"}
	if failure != nil {
		r.run.Errors = append(r.run.Errors, failure.Error())
		problems.Error = &ci.Problem{Type: "capture", Message: failure.Error(), Text: failure.Error()}
	}
	if t := r.rules[CaptureProblem]; t != nil {
		text := t.text("")
		if failure != nil {
			text = failure.Error() + "\n" + text
		}
		problems.Error = &ci.Problem{Type: "capture", Message: t.lines[0], Text: text}
	}
	if t := r.rules[CaptureNote]; t != nil {
		problems.Out = t.text("")
	}
	suite.Cases = append(suite.Cases, problems)
	for _, q := range slices.Concat(Checked(), r.brokenUpdates()) {
		c := ci.Case{Name: q.ID, Class: "pchc.check." + q.Class.String()}
		if t := r.rules[q.ID]; t != nil {
			expected := "expected: " + q.Text
			if q.Derived {
				expected = "expected (derived): " + q.Text
			}
			if text := t.text(expected); t.fails {
				c.Failure = &ci.Problem{Type: q.Class.String(), Message: t.lines[0], Text: text}
			} else {
				c.Out = text
			}
		}
		suite.Cases = append(suite.Cases, c)
	}
	r.suites = append(r.suites, suite)
}

// brokenUpdates returns the requirements of update services that the capture breaks:
// most captures have none of their calls, and would only seem to be checked.
func (r *Report) brokenUpdates() []spec.Requirement {
	return slices.DeleteFunc(updateRequirements(), func(q spec.Requirement) bool { return r.rules[q.ID] == nil })
}

func (t *tally) text(expected string) string {
	lines := t.lines
	if more := t.count - len(t.lines); more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	if expected != "" {
		lines = append(lines, expected)
	}
	return strings.Join(lines, "\n")
}

// WriteJUnit writes JUnit XML: a test suite for each capture, with a test case for
// each checked requirement, and one that is an error if the capture has problems.
func (r *Report) WriteJUnit(w io.Writer) error { return ci.WriteJUnit(w, "pchc check", r.suites) }

// WriteSARIF writes SARIF 2.1.0: one run, with a result for each finding, up to the
// limit of package ci. A capture is a binary file without lines, so the line is the
// number of the frame.
func (r *Report) WriteSARIF(w io.Writer) error { return ci.WriteSARIF(w, &r.run) }

// sarif returns a finding as a result.
func (f *Finding) sarif(file string) ci.Result {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %d %v %q %d %q", filepath.Base(file), f.Rule, f.Frame, f.Src, f.Field, f.Offset, f.Detail))
	result := ci.Result{
		Rule: f.Rule, Level: "error", Text: f.Place.String() + ": " + f.Violation.String(), File: file, Line: int(f.Frame),
		Fingerprint: hex.EncodeToString(sum[:16]), Properties: map[string]any{"class": f.ClassName()},
	}
	switch {
	case f.Rule == CaptureNote:
		result.Level = "note"
	case f.Level != spec.Must:
		result.Level = "warning"
	}
	if f.Derived {
		result.Properties["derived"] = true
	}
	if !f.Time.IsZero() {
		result.Properties["time"] = f.Time.UTC().Format(time.RFC3339Nano)
	}
	if f.Src.IsValid() {
		result.Properties["src"], result.Properties["dst"] = f.Src.String(), f.Dst.String()
	}
	if f.Stream >= 0 {
		result.Properties["stream"] = f.Stream
	}
	if f.Class == spec.Format || f.Class == spec.Sender {
		result.Properties["field"], result.Properties["offset"] = f.Field, f.Offset
	}
	if f.Frame > 0 {
		result.Properties["frame"] = f.Frame
		result.Logical = fmt.Sprintf("frame %d", f.Frame)
	}
	return result
}

// A Count is how many findings of each class there are.
type Count map[string]int

// Add counts a finding.
func (n Count) Add(f *Finding) { n[f.ClassName()]++ }

// String names the classes with their numbers.
func (n Count) String() string {
	var found []string
	for _, class := range []string{spec.Format.String(), spec.Sender.String(), spec.Behaviour.String()} {
		if n[class] > 0 {
			found = append(found, message.Count(n[class], class+" violation"))
		}
	}
	if n["capture"] > 0 {
		found = append(found, message.Count(n["capture"], "capture problem"))
	}
	if len(found) == 0 {
		return "no violations"
	}
	return strings.Join(found, ", ")
}
