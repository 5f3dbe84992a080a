package ci

import (
	"encoding/json"
	"io"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/hostedcache/pchc/spec"
)

// Run is what a SARIF report tells: a run of pchc.
type Run struct {
	Version    string // of pchc
	Rules      []Rule
	Files      []string // that were looked at, whether or not they have a result
	Results    []Result
	Start, End time.Time // zero if they are not known
	Errors     []string  // why it did not do all that it should
}

// Rule is what a result may be about.
type Rule struct {
	ID         string
	Text       string // a sentence
	Properties map[string]any
}

// RequirementRule makes a rule of a requirement.
func RequirementRule(r *spec.Requirement) Rule {
	return Rule{r.ID, r.Text, map[string]any{"class": r.Class.String(), "level": r.Level.String(), "section": r.Section}}
}

// Result is something that is wrong.
type Result struct {
	Rule        string // the ID of one of the rules
	Level       string // "error" or "warning"
	Text        string
	File        string // "" for none
	Line        int    // in File, 0 if it has no lines
	Logical     string // where it is beside the file, "" if there is no more to say
	Fingerprint string // tells it from other results, and is the same in another run; "" for none
	Properties  map[string]any
}

// object is a JSON object of which only this file knows the members.
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
	tell := object{
		"tool":      object{"driver": object{"name": "pchc", "version": run.Version, "rules": rules}},
		"artifacts": artifacts,
		"results":   results,
	}
	if !run.Start.IsZero() {
		tell["invocations"] = []object{run.invocation()}
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(object{
		"$schema": "https://json.schemastore.org/sarif-2.1.0.json",
		"version": "2.1.0",
		"runs":    []object{tell},
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
	var told []object
	for _, text := range run.Errors {
		told = append(told, object{"level": "error", "message": object{"text": text}})
	}
	if told != nil {
		o["toolExecutionNotifications"] = told
	}
	return o
}

// uri returns the reference to a file: relative as its path is, so that it holds
// in another folder, or absolute.
func uri(file string) string {
	path := filepath.ToSlash(file)
	if filepath.IsAbs(file) {
		return (&url.URL{Scheme: "file", Path: "/" + strings.TrimPrefix(path, "/")}).String()
	}
	return (&url.URL{Path: path}).String()
}
