package report

import (
	"encoding/json"
	"io"
	"strconv"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/internal/printable"
)

type jsonFinding struct {
	Target      string         `json:"target"`
	Fault       fuzz.Fault     `json:"fault"`
	Rule        string         `json:"rule,omitempty"`
	Requirement string         `json:"requirement,omitempty"`
	Level       string         `json:"level,omitempty"`
	Section     string         `json:"section,omitempty"`
	Expected    string         `json:"expected,omitempty"`
	Derived     bool           `json:"derived,omitempty"` // the specification does not state what is expected
	Cause       string         `json:"cause,omitempty"`   // of a failure at a valid message
	Field       string         `json:"field,omitempty"`
	Offset      *int           `json:"offset,omitempty"` // with field only
	Detail      string         `json:"detail,omitempty"`
	Message     string         `json:"message"` // its name
	Length      int            `json:"length"`
	Messages    []fuzz.Message `json:"messages"`
	Original    int            `json:"original"`
	At          float64        `json:"at"` // seconds
	Count       int64          `json:"count"`
	Flaky       bool           `json:"flaky,omitempty"`
	Untried     bool           `json:"untried,omitempty"`
	After       int            `json:"after,omitempty"` // messages since a start, of a flaky one
	Repeat      int            `json:"repeat,omitempty"`
	Connections int            `json:"connections,omitempty"`
	File        string         `json:"file,omitempty"`
	Replay      string         `json:"replay,omitempty"`
}

type jsonSummary struct {
	Well        bool         `json:"well"`
	Seed        string       `json:"seed"` // not every program holds a number of 64 bits
	Start       string       `json:"start"`
	Elapsed     float64      `json:"elapsed"` // seconds
	Interrupted bool         `json:"interrupted"`
	Executions  int64        `json:"executions"`
	Findings    int          `json:"findings"`
	Targets     []jsonTarget `json:"targets"`
}

type jsonTarget struct {
	Name         string   `json:"name"`
	Executions   int64    `json:"executions"`
	Coverage     int      `json:"coverage"`
	Findings     int64    `json:"findings"`
	Restarts     int      `json:"restarts"`
	Requirements int      `json:"requirements"` // that were tested
	Error        string   `json:"error,omitempty"`
	Notes        []string `json:"notes,omitempty"`
}

// JSON writes an object a line: {"finding":{...}} for each finding, and
// {"summary":{...}} in the end.
func JSON(w io.Writer, r *Report) error {
	e := json.NewEncoder(printable.JSON(w))
	for _, s := range describe(r) {
		f := s.Finding
		o := jsonFinding{
			Target: f.Target, Fault: f.Fault, Rule: f.Rule, Requirement: f.Requirement, Cause: f.Cause, Field: f.Field, Detail: f.Detail,
			Message: f.Message().Dissect().Message, Length: len(f.Message().Bytes), Messages: f.Messages, Original: f.Original,
			At: f.At.Seconds(), Count: f.Count, Flaky: f.Flaky, Untried: f.Untried, After: f.After, Repeat: f.Repeat, Connections: f.Connections, File: f.File, Replay: s.Replay,
		}
		if f.Field != "" {
			o.Offset = &f.Offset
		}
		if len(s.Requirements) > 0 {
			q := &s.Requirements[0]
			o.Level, o.Section, o.Expected, o.Derived = q.Level.String(), q.Section, q.Text, q.Derived
		}
		if err := e.Encode(map[string]any{"finding": &o}); err != nil {
			return err
		}
	}
	_, well := verdict(r)
	sum := jsonSummary{
		Well: well, Seed: strconv.FormatUint(r.RNGSeed, 10), Start: r.Start.UTC().Format("2006-01-02T15:04:05.000Z07:00"), Elapsed: r.Elapsed.Seconds(),
		Interrupted: r.Interrupted, Executions: executions(r.Result), Findings: len(r.Findings), Targets: []jsonTarget{},
	}
	for i := range r.Targets {
		t := &r.Targets[i]
		sum.Targets = append(sum.Targets, jsonTarget{
			t.Name, t.Executions, t.Coverage, findings(r, t.Name), t.Restarts, len(r.tested(t)), t.Error, t.Notes,
		})
	}
	return e.Encode(map[string]any{"summary": &sum})
}
