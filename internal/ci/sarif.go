package ci

import (
	"encoding/json"
	"io"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/hostedcache/pchc/internal/printable"
	"github.com/hostedcache/pchc/spec"
)

// Run is one run of pchc, the content of a SARIF report.
type Run struct {
	Version    string // of pchc
	Rules      []Rule
	Files      []string // analysed, with or without a result
	Results    []Result
	Start, End time.Time // zero if unknown
	Errors     []string  // why the run is incomplete
}

// Rule is a rule that a result may violate.
type Rule struct {
	ID         string
	Text       string // a sentence
	Properties map[string]any
}

// RequirementRule returns the rule for a requirement.
func RequirementRule(r *spec.Requirement) Rule {
	properties := map[string]any{"class": r.Class.String(), "level": r.Level.String(), "section": r.Section}
	if r.Derived {
		properties["derived"] = true
	}
	return Rule{r.ID, r.Text, properties}
}

// Result is a finding.
type Result struct {
	Rule        string // the ID of one of the rules
	Level       string // "error" or "warning"
	Text        string
	File        string // "" for none
	Line        int    // in File, 0 for none
	Logical     string // place in the file or beside it, "" for none
	Fingerprint string // identifies the result across runs, "" for none
	Properties  map[string]any
}

// object is a JSON object.
type object = map[string]any

// WriteSARIF writes SARIF 2.1.0 with one run.
func WriteSARIF(w io.Writer, run *Run) error {
	index := map[string]int{}
	rules, artifacts, results := []object{}, []object{}, []object{}
	for i, r := range run.Rules {
		index[r.ID] = i
		rules = append(rules, with(object{"id": r.ID, "shortDescription": object{"text": r.Text}}, r.Properties))
	}
	for _, file := range run.Files {
		artifacts = append(artifacts, object{"location": object{"uri": uri(file)}})
	}
	for i := range run.Results {
		r := &run.Results[i]
		result := with(object{"ruleId": r.Rule, "ruleIndex": index[r.Rule], "level": r.Level, "message": object{"text": r.Text}}, r.Properties)
		location := object{}
		if r.File != "" {
			physical := object{"artifactLocation": object{"uri": uri(r.File)}}
			if r.Line > 0 {
				physical["region"] = object{"startLine": r.Line}
			}
			location["physicalLocation"] = physical
		}
		if r.Logical != "" {
			location["logicalLocations"] = []object{{"name": r.Logical}}
		}
		if len(location) > 0 {
			result["locations"] = []object{location}
		}
		if r.Fingerprint != "" {
			result["partialFingerprints"] = object{"pchc/v1": r.Fingerprint}
		}
		results = append(results, result)
	}
	runObject := object{
		"tool":      object{"driver": object{"name": "pchc", "version": run.Version, "rules": rules}},
		"artifacts": artifacts,
		"results":   results,
	}
	if !run.Start.IsZero() {
		runObject["invocations"] = []object{run.invocation()}
	}
	e := json.NewEncoder(printable.JSON(w))
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(object{
		"$schema": "https://json.schemastore.org/sarif-2.1.0.json",
		"version": "2.1.0",
		"runs":    []object{runObject},
	})
}

// with adds properties to an object, if there are any.
func with(o, properties object) object {
	if len(properties) > 0 {
		o["properties"] = properties
	}
	return o
}

func (run *Run) invocation() object {
	o := object{"executionSuccessful": len(run.Errors) == 0, "startTimeUtc": run.Start.UTC().Format(time.RFC3339Nano)}
	if !run.End.IsZero() {
		o["endTimeUtc"] = run.End.UTC().Format(time.RFC3339Nano)
	}
	var notes []object
	for _, text := range run.Errors {
		notes = append(notes, object{"level": "error", "message": object{"text": text}})
	}
	if notes != nil {
		o["toolExecutionNotifications"] = notes
	}
	return o
}

// uri returns the reference to a file. A relative path stays relative, so that the
// report can move with the files.
func uri(file string) string {
	path := filepath.ToSlash(file)
	if filepath.IsAbs(file) {
		return (&url.URL{Scheme: "file", Path: "/" + strings.TrimPrefix(path, "/")}).String()
	}
	return (&url.URL{Path: path}).String()
}
