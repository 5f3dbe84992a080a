package report

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/internal/ci"
	"github.com/hostedcache/pchc/internal/printable"
)

// Replays are the results of replaying saved findings.
type Replays struct {
	Version    string // of the program
	Start, End time.Time
	Results    []Replay
}

// Replay is what a target did with the messages of one saved finding.
type Replay struct {
	File, Target string
	Findings     []campaign.Finding // what was reproduced
	Confirmed    bool               // it is certain whether the target fails
	Absent       string             // what it means that there are no Findings
}

// ReplayJUnit writes JUnit XML: a test suite for each target, with a case for each file,
// which failed if the finding was reproduced, and is an error if that is uncertain.
func ReplayJUnit(w io.Writer, r *Replays) error {
	var suites []ci.Suite
	for i := range r.Results {
		result := &r.Results[i]
		name := printable.String(result.Target)
		n := slices.IndexFunc(suites, func(s ci.Suite) bool { return s.Name == name })
		if n < 0 {
			n = len(suites)
			suites = append(suites, ci.Suite{Name: name, Start: r.Start, Time: r.End.Sub(r.Start)})
		}
		c := ci.Case{Name: printable.String(result.File), Class: "pchc.fuzz.replay"}
		switch {
		case len(result.Findings) > 0:
			var all []string
			for i := range result.Findings {
				all = append(all, printable.String(result.Findings[i].Error()))
			}
			c.Failure = &ci.Problem{Type: "reproduced", Message: all[0], Text: strings.Join(all, "\n")}
		case !result.Confirmed:
			c.Error = &ci.Problem{Type: "not confirmed", Message: result.Absent, Text: result.Absent}
		default:
			c.Out = result.Absent
		}
		suites[n].Cases = append(suites[n].Cases, c)
	}
	return ci.WriteJUnit(w, "pchc fuzz replay", suites)
}

// ReplaySARIF writes SARIF 2.1.0: a result for each finding that was reproduced.
func ReplaySARIF(w io.Writer, r *Replays) error {
	run := ci.Run{Version: r.Version, ID: "pchc fuzz replay/", Start: r.Start, End: r.End}
	known := map[string]bool{}
	for i := range r.Results {
		for j := range r.Results[i].Findings {
			f := &r.Results[i].Findings[j]
			id := ruleID(f)
			if known[id] {
				continue
			}
			known[id] = true
			if all := requirements(f); len(all) > 0 {
				run.Rules = append(run.Rules, ci.RequirementRule(&all[0].Requirement))
			} else {
				run.Rules = append(run.Rules, ci.Rule{ID: id, Text: "The target " + does(f) + ".", Properties: map[string]any{"class": "fault"}})
			}
		}
	}
	for i := range r.Results {
		result := &r.Results[i]
		run.Files = append(run.Files, result.File)
		target := printable.String(result.Target)
		if len(result.Findings) == 0 && !result.Confirmed {
			run.Errors = append(run.Errors, printable.String(result.File)+": "+target+": "+result.Absent)
		}
		for j := range result.Findings {
			f := &result.Findings[j]
			sum := sha256.Sum256([]byte(result.Target + "\n" + Name(f)))
			run.Add(ci.Result{
				Rule: ruleID(f), Level: "error", Text: target + ": " + printable.String(f.Error()), File: result.File, Line: 1,
				Logical: target, Fingerprint: hex.EncodeToString(sum[:16]), Properties: map[string]any{"fault": string(f.Fault)},
			})
		}
	}
	return ci.WriteSARIF(w, &run)
}
