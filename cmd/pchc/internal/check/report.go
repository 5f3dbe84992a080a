package check

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hostedcache/pchc/spec"
)

// Checked returns the requirements that this package can find broken. Whether a
// hosted cache should demand authentication it cannot know.
func Checked() []spec.Requirement {
	return slices.DeleteFunc(spec.Requirements(), func(r spec.Requirement) bool {
		return r.ID == "PCHC-2.1-Challenge" || r.Check != "Dissect" && r.Check != "Follower" && r.Check != "pchc check"
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

// What is wrong, in a sentence without its end: with the field, if there is one.
func (f *Finding) What() string {
	if f.Field == "" {
		return f.Detail
	}
	return f.Field + " " + f.Detail
}

// MarshalJSON makes one object. What is not known is left out.
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
	}
	o.Rule, o.Class, o.Section, o.Field = f.Rule, f.ClassName(), f.Section, f.Field
	o.File, o.Frame, o.Detail, o.Expected = f.File, f.Frame, f.Detail, f.Expected
	if f.Level != 0 {
		o.Level = f.Level.String()
	}
	if !f.Time.IsZero() {
		o.Time = f.Time.UTC().Format("2006-01-02T15:04:05.000000000Z07:00") // like the messages of pchc pcap
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

// A Capture is a file that was checked.
type Capture struct {
	File     string
	Findings []Finding
}

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Failure *junitFailure `xml:"failure"`
	Out     string        `xml:"system-out,omitempty"`
}

type junitFailure struct {
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// WriteJUnit writes JUnit XML: a test suite for each capture, in it a test case
// for each requirement that is checked, and one for problems of the capture.
// Findings for which fails is false do not make a case fail.
func WriteJUnit(w io.Writer, captures []Capture, fails func(*Finding) bool) error {
	all := junitSuites{Name: "pchc check"}
	for _, capture := range captures {
		suite := junitSuite{Name: capture.File}
		byRule := map[string][]*Finding{}
		for i := range capture.Findings {
			f := &capture.Findings[i]
			byRule[f.Rule] = append(byRule[f.Rule], f)
		}
		add := func(rule, class, expected string) {
			c := junitCase{Name: rule, Class: "pchc.check." + class}
			if found := byRule[rule]; len(found) > 0 {
				lines := make([]string, 0, len(found)+1)
				for _, f := range found {
					lines = append(lines, f.Place.String()+": "+f.What())
				}
				if expected != "" {
					lines = append(lines, "expected: "+expected)
				}
				text := strings.Join(lines, "\n")
				if fails(found[0]) {
					c.Failure = &junitFailure{Type: class, Message: lines[0], Text: text}
					suite.Failures++
				} else {
					c.Out = text
				}
			}
			suite.Cases = append(suite.Cases, c)
		}
		add(CaptureProblem, "capture", "")
		for _, r := range Checked() {
			add(r.ID, r.Class.String(), r.Text)
		}
		suite.Tests = len(suite.Cases)
		all.Tests += suite.Tests
		all.Failures += suite.Failures
		all.Suites = append(all.Suites, suite)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(&all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// object is a JSON object of which only this file knows the members.
type object map[string]any

// WriteSARIF writes SARIF 2.1.0: one run, with a result for each finding. A
// capture is a binary file, so a result is located in it as a whole; the frame
// is the logical location.
func WriteSARIF(w io.Writer, version string, captures []Capture) error {
	index := map[string]int{}
	var rules []object
	add := func(id, text string, properties object) {
		index[id] = len(rules)
		rules = append(rules, object{"id": id, "shortDescription": object{"text": text}, "properties": properties})
	}
	add(CaptureProblem, "The capture is whole and can be read.", object{"class": "capture"})
	for _, r := range Checked() {
		add(r.ID, r.Text, object{"class": r.Class.String(), "level": r.Level.String(), "section": r.Section})
	}
	results, artifacts := []object{}, []object{}
	for _, capture := range captures {
		uri := (&url.URL{Path: filepath.ToSlash(capture.File)}).String()
		artifacts = append(artifacts, object{"location": object{"uri": uri}})
		for i := range capture.Findings {
			f := &capture.Findings[i]
			level := "error"
			if f.Level != spec.Must {
				level = "warning"
			}
			properties := object{"class": f.ClassName()}
			if !f.Time.IsZero() {
				properties["time"] = f.Time.UTC().Format(time.RFC3339Nano)
			}
			if f.Src.IsValid() {
				properties["src"], properties["dst"] = f.Src.String(), f.Dst.String()
			}
			if f.Stream >= 0 {
				properties["stream"] = f.Stream
			}
			if f.Class == spec.Format || f.Class == spec.Sender {
				properties["field"], properties["offset"] = f.Field, f.Offset
			}
			location := object{"physicalLocation": object{"artifactLocation": object{"uri": uri}}}
			if f.Frame > 0 {
				properties["frame"] = f.Frame
				location["logicalLocations"] = []object{{"name": fmt.Sprintf("frame %d", f.Frame)}}
			}
			results = append(results, object{
				"ruleId": f.Rule, "ruleIndex": index[f.Rule], "level": level,
				"message":    object{"text": f.Place.String() + ": " + f.What()},
				"locations":  []object{location},
				"properties": properties,
			})
		}
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(object{
		"$schema": "https://json.schemastore.org/sarif-2.1.0.json",
		"version": "2.1.0",
		"runs": []object{{
			"tool":      object{"driver": object{"name": "pchc", "version": version, "rules": rules}},
			"artifacts": artifacts,
			"results":   results,
		}},
	})
}
