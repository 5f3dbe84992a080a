package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hostedcache/pchc/internal/ci"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/internal/printable"
	"github.com/hostedcache/pchc/spec"
)

// JUnit writes JUnit XML: a test suite for each target, with a failed case for
// each finding, a passed case for each other requirement that was tested, and one
// case that is an error if the test was aborted.
func JUnit(w io.Writer, r *Report) error {
	views := describe(r)
	var suites []ci.Suite
	for i := range r.Targets {
		t := &r.Targets[i]
		suite := ci.Suite{Name: printable.String(t.Name), Start: r.Start, Time: r.Elapsed}
		ran := ci.Case{Name: "runs to the end", Class: "pchc.fuzz.target"}
		ran.Out = fmt.Sprintf("%s, %s, coverage %d, seed %d", count(t.Executions, "message"), perSecond(t.Executions, r.Elapsed), t.Coverage, r.RNGSeed)
		for _, note := range t.Notes {
			ran.Out += "\nnote: " + printable.String(note)
		}
		if reason := failure(t); reason != "" {
			ran.Error = &ci.Problem{Type: "target", Message: reason, Text: reason}
		}
		suite.Cases = append(suite.Cases, ran)
		broken := map[string]bool{}
		for j := range views {
			s := &views[j]
			if s.Target != t.Name {
				continue
			}
			broken[s.Rule], broken[s.Requirement] = true, true
			if s.Known {
				suite.Cases = append(suite.Cases, ci.Case{Name: s.Name, Class: "pchc.fuzz." + s.Kind, Out: s.plain()})
				continue
			}
			suite.Cases = append(suite.Cases, ci.Case{
				Name: s.Name, Class: "pchc.fuzz." + s.Kind,
				Failure: &ci.Problem{Type: s.Kind, Message: s.Title, Text: s.plain()},
			})
		}
		for _, q := range r.Tested(t) {
			if !broken[q.ID] {
				suite.Cases = append(suite.Cases, ci.Case{Name: q.ID, Class: "pchc.fuzz." + q.Class.String()})
			}
		}
		suites = append(suites, suite)
	}
	if missing := r.Missing(); r.Baseline != nil {
		suite := ci.Suite{Name: "baseline", Start: r.Start}
		for _, name := range r.Baseline.names {
			c := ci.Case{Name: name, Class: "pchc.fuzz.baseline"}
			if slices.Contains(missing, name) {
				const gone = "it is in the baseline, but is no longer found"
				c.Failure = &ci.Problem{Type: "missing", Message: gone, Text: name + ": " + gone}
			}
			suite.Cases = append(suite.Cases, c)
		}
		suites = append(suites, suite)
	}
	return ci.WriteJUnit(w, "pchc fuzz", suites)
}

// plain returns the finding as text without colour.
func (s *findingView) plain() string {
	var b strings.Builder
	s.text(&b, &message.Text{Width: 100})
	return b.String()
}

// SARIF writes SARIF 2.1.0: one run, with a result for each finding, located in
// the saved file.
func SARIF(w io.Writer, r *Report) error {
	run := ci.Run{Version: r.Version, ID: "pchc fuzz/", Start: r.Start, End: r.Start.Add(r.Elapsed)}
	known := map[string]bool{}
	add := func(q *spec.Requirement) {
		if !known[q.ID] {
			known[q.ID] = true
			run.Rules = append(run.Rules, ci.RequirementRule(q))
		}
	}
	for i := range r.Targets {
		t := &r.Targets[i]
		for _, q := range r.Tested(t) {
			add(&q)
		}
		if reason := failure(t); reason != "" {
			run.Errors = append(run.Errors, printable.String(t.Name)+": "+reason)
		}
	}
	for _, s := range describe(r) {
		for i := range s.Requirements {
			add(&s.Requirements[i].Requirement)
		}
		if !known[s.ID] { // without a rule
			known[s.ID] = true
			run.Rules = append(run.Rules, ci.Rule{ID: s.ID, Text: "The target " + does(s.Finding) + ".", Properties: map[string]any{"class": "fault"}})
		}
		sum := sha256.Sum256([]byte(s.Target + "\n" + indexes.ReplaceAllString(s.Name, "[]")))
		level := "error"
		if s.Flaky || len(s.Requirements) > 0 && s.Requirements[0].Level != spec.Must {
			level = "warning"
		}
		properties := map[string]any{"target": printable.String(s.Target), "fault": s.Kind, "length": len(s.Message().Bytes), "count": s.Count, "flaky": s.Flaky}
		if s.Field != "" {
			properties["field"], properties["offset"] = printable.String(s.Field), s.Offset
		}
		if s.Requirement != "" {
			properties["requirement"] = printable.String(s.Requirement)
		}
		result := ci.Result{
			Rule: s.ID, Level: level, Text: printable.String(s.Target) + ": " + s.Title, File: s.File,
			Logical: printable.String(s.Target), Fingerprint: hex.EncodeToString(sum[:16]), Properties: properties,
		}
		if r.Baseline != nil {
			result.Baseline = "new"
		}
		if s.Known {
			result.Baseline = "unchanged"
		}
		if s.Fault != "" {
			result.Text += " (" + s.Fault + ")"
		}
		if s.Replay != "" {
			result.Line = 1
			result.Text += ". Reproduce: " + s.Replay
			run.Files = append(run.Files, s.File)
		}
		run.Add(result)
	}
	for _, name := range r.Missing() {
		run.Errors = append(run.Errors, name+": it is in the baseline, but is no longer found")
	}
	return ci.WriteSARIF(w, &run)
}
