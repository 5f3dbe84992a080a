package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/internal/ci"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/spec"
)

// JUnit writes JUnit XML: a test suite for each target, in it a case that fails
// for each finding, a case that passes for each other requirement that it was
// held against, and one that says whether it could be tried.
func JUnit(w io.Writer, r *campaign.Result) error {
	stories := tell(r)
	var suites []ci.Suite
	for i := range r.Targets {
		t := &r.Targets[i]
		suite := ci.Suite{Name: Clean(t.Name), Start: r.Start, Time: r.Elapsed}
		tried := ci.Case{Name: "can be tried", Class: "pchc.fuzz.target"}
		tried.Out = fmt.Sprintf("%s, %s, coverage %d, seed %d", count(t.Executions, "message"), perSecond(t.Executions, r.Elapsed), t.Coverage, r.Seed)
		if reason := failure(t); reason != "" {
			tried.Error = &ci.Problem{Type: "target", Message: reason, Text: reason}
		}
		suite.Cases = append(suite.Cases, tried)
		broken := map[string]bool{}
		for j := range stories {
			s := &stories[j]
			if s.Target != t.Name {
				continue
			}
			broken[s.Rule], broken[s.Requirement] = true, true
			suite.Cases = append(suite.Cases, ci.Case{
				Name: s.Name, Class: "pchc.fuzz." + s.Kind,
				Failure: &ci.Problem{Type: s.Kind, Message: s.What, Text: s.plain()},
			})
		}
		for _, q := range tested(t) {
			if !broken[q.ID] {
				suite.Cases = append(suite.Cases, ci.Case{Name: q.ID, Class: "pchc.fuzz." + q.Class.String()})
			}
		}
		suites = append(suites, suite)
	}
	return ci.WriteJUnit(w, "pchc fuzz", suites)
}

// plain is the story as text without colour.
func (s *story) plain() string {
	var b strings.Builder
	s.text(&b, &message.Text{Width: 100})
	return b.String()
}

// digits are what differs between places that are alike: the number of an
// element.
var digits = regexp.MustCompile(`\[\d+\]`)

// SARIF writes SARIF 2.1.0: one run, with a result for each finding, which is
// located in the file that was saved of it.
func SARIF(w io.Writer, version string, r *campaign.Result) error {
	run := ci.Run{Version: version, Start: r.Start, End: r.Start.Add(r.Elapsed)}
	known := map[string]bool{}
	add := func(q *spec.Requirement) {
		if !known[q.ID] {
			known[q.ID] = true
			run.Rules = append(run.Rules, ci.RequirementRule(q))
		}
	}
	for i := range r.Targets {
		t := &r.Targets[i]
		for _, q := range tested(t) {
			add(&q)
		}
		if reason := failure(t); reason != "" {
			run.Errors = append(run.Errors, Clean(t.Name)+": "+reason)
		}
	}
	for _, s := range tell(r) {
		for i := range s.Requirements {
			add(&s.Requirements[i])
		}
		if !known[s.ID] { // a fault without a rule
			known[s.ID] = true
			run.Rules = append(run.Rules, ci.Rule{ID: s.ID, Text: "The target works with any message: none of this sort of fault.", Properties: map[string]any{"class": "fault"}})
		}
		sum := sha256.Sum256([]byte(s.Target + "\n" + digits.ReplaceAllString(s.Name, "[]")))
		level := "error"
		if s.Flaky || len(s.Requirements) > 0 && s.Requirements[0].Level != spec.Must {
			level = "warning"
		}
		properties := map[string]any{"target": Clean(s.Target), "fault": s.Kind, "length": len(s.Message().Bytes), "count": s.Count, "flaky": s.Flaky}
		if s.Field != "" {
			properties["field"], properties["offset"] = Clean(s.Field), s.Offset
		}
		if s.Requirement != "" {
			properties["requirement"] = Clean(s.Requirement)
		}
		result := ci.Result{
			Rule: s.ID, Level: level, Text: fmt.Sprintf("%s %s: %s", Clean(s.Target), s.Fault, s.What), File: s.File,
			Logical: Clean(s.Target), Fingerprint: hex.EncodeToString(sum[:16]), Properties: properties,
		}
		if s.Replay != "" {
			result.Line = 1
			result.Text += ". To try it again: " + s.Replay
			run.Files = append(run.Files, s.File)
		}
		run.Results = append(run.Results, result)
	}
	return ci.WriteSARIF(w, &run)
}
