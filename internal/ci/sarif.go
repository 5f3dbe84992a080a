package ci

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hostedcache/pchc/internal/printable"
	"github.com/hostedcache/pchc/spec"
)

// Run is one run of pchc, the content of a SARIF report.
type Run struct {
	Version    string // of pchc
	ID         string // of the category: runs of one category replace each other, "" for none
	Rules      []Rule
	Files      []string // analysed, with or without a result
	Results    []Result
	Start, End time.Time // zero if unknown
	Errors     []string  // why the run is incomplete

	more map[string]*more // by rule: results beyond MaxResults
}

// MaxResults is how many results a SARIF file has at most; GitHub rejects one with
// more. Those beyond it are counted: the last result of each rule says how many.
const MaxResults = 25_000

// more are the results of a rule that are only counted.
type more struct {
	first Result
	count int
}

// Add adds a result. The Rules have to be known by then.
func (run *Run) Add(r Result) {
	if len(run.Results) < MaxResults-len(run.Rules) {
		run.Results = append(run.Results, r)
		return
	}
	if run.more == nil {
		run.more = map[string]*more{}
	}
	m := run.more[r.Rule]
	if m == nil {
		m = &more{first: r}
		run.more[r.Rule] = m
	}
	m.count++
}

// results returns all results.
func (run *Run) results() []Result {
	all := slices.Clone(run.Results)
	for _, rule := range run.Rules {
		if m := run.more[rule.ID]; m != nil {
			r := m.first
			if m.count > 1 {
				r.Text = fmt.Sprintf("%d more results of %s, the first: %s", m.count, r.Rule, r.Text)
			}
			all = append(all, r)
		}
	}
	return all
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
	Line        int    // in File, 0 for all of it
	Logical     string // place in the file or beside it, "" for none
	Fingerprint string // identifies the result across runs, "" for none
	Baseline    string // "new" or "unchanged", where there is a baseline
	Properties  map[string]any
}

// object is a JSON object.
type object = map[string]any

// WriteSARIF writes SARIF 2.1.0 with one run. It encodes the results one by one, as
// there may be many.
func WriteSARIF(w io.Writer, run *Run) error {
	index := map[string]int{}
	rules, artifacts := []object{}, []object{}
	for i, r := range run.Rules {
		index[r.ID] = i
		text := object{"text": r.Text} // GitHub demands all three
		rules = append(rules, with(object{"id": r.ID, "shortDescription": text, "fullDescription": text, "help": text}, r.Properties))
	}
	for _, file := range run.Files {
		artifacts = append(artifacts, object{"location": object{"uri": uri(file)}})
	}
	runObject := object{
		"tool":      object{"driver": object{"name": "pchc", "version": run.Version, "rules": rules}},
		"artifacts": artifacts,
	}
	if run.ID != "" {
		runObject["automationDetails"] = object{"id": run.ID}
	}
	if !run.Start.IsZero() || len(run.Errors) > 0 {
		runObject["invocations"] = []object{run.invocation()}
	}
	s := sarifWriter{w: printable.JSON(w)}
	s.text("{\n  \"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\",\n  \"version\": \"2.1.0\",\n  \"runs\": [\n    {\n      \"results\": [")
	separator := "\n        "
	for _, r := range run.results() {
		s.text(separator)
		s.value("        ", r.object(index[r.Rule]))
		separator = ",\n        "
	}
	s.text("\n      ]")
	for _, name := range slices.Sorted(maps.Keys(runObject)) {
		s.text(",\n      \"" + name + "\": ")
		s.value("      ", runObject[name])
	}
	s.text("\n    }\n  ]\n}\n")
	return s.err
}

// sarifWriter writes pieces of JSON until the first error.
type sarifWriter struct {
	w   io.Writer
	err error
}

func (s *sarifWriter) text(text string) {
	if s.err == nil {
		_, s.err = io.WriteString(s.w, text)
	}
}

// value writes a value, with its further lines indented.
func (s *sarifWriter) value(indent string, v any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent(indent, "  ")
	if err := e.Encode(v); err != nil && s.err == nil {
		s.err = err
	}
	s.text(strings.TrimSuffix(b.String(), "\n"))
}

// object returns a result as JSON.
func (r *Result) object(rule int) object {
	result := with(object{"ruleId": r.Rule, "ruleIndex": rule, "level": r.Level, "message": object{"text": r.Text}}, r.Properties)
	location := object{}
	if r.File != "" {
		location["physicalLocation"] = object{"artifactLocation": object{"uri": uri(r.File)}, "region": object{"startLine": max(r.Line, 1)}}
	}
	if r.Logical != "" {
		location["logicalLocations"] = []object{{"name": r.Logical}}
	}
	if len(location) > 0 {
		result["locations"] = []object{location}
	}
	if r.Fingerprint != "" {
		// The second is the only one that GitHub looks at.
		result["partialFingerprints"] = object{"pchc/v1": r.Fingerprint, "primaryLocationLineHash": r.Fingerprint + ":1"}
	}
	if r.Baseline != "" {
		result["baselineState"] = r.Baseline
	}
	return result
}

// with adds properties to an object, if there are any.
func with(o, properties object) object {
	if len(properties) > 0 {
		o["properties"] = properties
	}
	return o
}

func (run *Run) invocation() object {
	o := object{"executionSuccessful": len(run.Errors) == 0}
	if !run.Start.IsZero() {
		o["startTimeUtc"] = run.Start.UTC().Format(time.RFC3339Nano)
	}
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
