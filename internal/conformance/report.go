package conformance

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/hostedcache/pchc/internal/ci"
	"github.com/hostedcache/pchc/spec"
)

// Checked returns the requirements whose violations this package finds. It cannot
// know whether a hosted cache is to require authentication.
func Checked() []spec.Requirement {
	return slices.DeleteFunc(spec.Requirements(), func(r spec.Requirement) bool {
		return r.ID == "PCHC-2.1-Challenge" || r.CheckedBy != spec.MessageBytes && r.CheckedBy != spec.CapturedExchange
	})
}

// ClassName is the class of a finding: "format", "sender", "behaviour", or
// "capture" for a problem of the capture.
func (f *Finding) ClassName() string {
	if f.Rule == CaptureProblem {
		return "capture"
	}
	return f.Class.String()
}

// MarshalJSON returns one object, without unknown members.
func (f *Finding) MarshalJSON() ([]byte, error) {
	var o struct {
		Rule     string `json:"rule"`
		Class    string `json:"class"`
		Level    string `json:"level,omitempty"`
		Section  string `json:"section,omitempty"`
		File     string `json:"file"`
		Frame    int64  `json:"frame,omitempty"`
		Time     string `json:"time,omitempty"`
		Src      string `json:"src,omitempty"`
		Dst      string `json:"dst,omitempty"`
		Stream   *int   `json:"stream,omitempty"`
		Field    string `json:"field,omitempty"`
		Offset   *int   `json:"offset,omitempty"`
		Detail   string `json:"detail"`
		Expected string `json:"expected,omitempty"`
		Derived  bool   `json:"derived,omitempty"`
	}
	o.Rule, o.Class, o.Section, o.Field = f.Rule, f.ClassName(), f.Section, f.Field
	o.File, o.Frame, o.Detail, o.Expected, o.Derived = f.File, f.Frame, f.Detail, f.Expected, f.Derived
	if f.Level != 0 {
		o.Level = f.Level.String()
	}
	if !f.Time.IsZero() {
		o.Time = f.Time.UTC().Format("2006-01-02T15:04:05.000000000Z07:00") // as package message writes it
	}
	if f.Src.IsValid() {
		o.Src, o.Dst = f.Src.String(), f.Dst.String()
	}
	if f.Stream >= 0 {
		o.Stream = &f.Stream
	}
	if f.Class == spec.Format || f.Class == spec.Sender {
		o.Offset = &f.Offset
	}
	return json.Marshal(&o)
}

// A Capture is a checked file.
type Capture struct {
	File     string
	Findings []Finding
}

// WriteJUnit writes JUnit XML: a test suite for each capture, with a test case for
// each checked requirement and one for problems of the capture. fails says which
// findings are failures.
func WriteJUnit(w io.Writer, captures []Capture, fails func(*Finding) bool) error {
	var suites []ci.Suite
	for _, capture := range captures {
		suite := ci.Suite{Name: capture.File}
		byRule := map[string][]*Finding{}
		for i := range capture.Findings {
			f := &capture.Findings[i]
			byRule[f.Rule] = append(byRule[f.Rule], f)
		}
		add := func(rule, class, expected string) {
			c := ci.Case{Name: rule, Class: "pchc.check." + class}
			if found := byRule[rule]; len(found) > 0 {
				lines := make([]string, 0, len(found)+1)
				for _, f := range found {
					lines = append(lines, f.Place.String()+": "+f.Violation.String())
				}
				if expected != "" {
					lines = append(lines, "expected: "+expected)
				}
				text := strings.Join(lines, "\n")
				if fails(found[0]) {
					c.Failure = &ci.Problem{Type: class, Message: lines[0], Text: text}
				} else {
					c.Out = text
				}
			}
			suite.Cases = append(suite.Cases, c)
		}
		add(CaptureProblem, "capture", "")
		for _, r := range Checked() {
			expected := r.Text
			if r.Derived {
				expected += " (derived)"
			}
			add(r.ID, r.Class.String(), expected)
		}
		suites = append(suites, suite)
	}
	return ci.WriteJUnit(w, "pchc check", suites)
}

// WriteSARIF writes SARIF 2.1.0: one run, with a result for each finding. A capture
// is a binary file without lines, so the location is the file, and the frame the
// logical location.
func WriteSARIF(w io.Writer, version string, captures []Capture) error {
	run := ci.Run{Version: version, Rules: []ci.Rule{
		{ID: CaptureProblem, Text: "The capture is complete and readable.", Properties: map[string]any{"class": "capture"}},
	}}
	for _, r := range Checked() {
		run.Rules = append(run.Rules, ci.RequirementRule(&r))
	}
	for _, capture := range captures {
		run.Files = append(run.Files, capture.File)
		for i := range capture.Findings {
			f := &capture.Findings[i]
			result := ci.Result{
				Rule: f.Rule, Level: "error", Text: f.Place.String() + ": " + f.Violation.String(), File: capture.File,
				Properties: map[string]any{"class": f.ClassName()},
			}
			if f.Level != spec.Must {
				result.Level = "warning"
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
			run.Results = append(run.Results, result)
		}
	}
	return ci.WriteSARIF(w, &run)
}
