package matrix

import (
	"encoding/json"
	"io"

	"github.com/hostedcache/pchc/internal/printable"
)

type jsonRow struct {
	Implementation string        `json:"implementation"`
	Error          string        `json:"error,omitempty"`   // why it was not tried to the end
	Untried        string        `json:"untried,omitempty"` // behaviours that a client did not meet
	Executions     int64         `json:"executions"`
	Features       []jsonCell    `json:"features"` // those of which it gets messages
	Findings       []jsonFinding `json:"findings"`
}

type jsonCell struct {
	Document     string   `json:"document"`
	Section      string   `json:"section"`
	Name         string   `json:"name"`
	Requirements int      `json:"requirements"` // that messages show
	Judged       int      `json:"judged"`       // of them, in what the implementation sends or does
	Untried      []string `json:"untried"`
	Findings     int      `json:"findings"`
}

type jsonFinding struct {
	Title    string   `json:"title"`
	Features []string `json:"features"` // "MS-PCHC 2.2.1.5"
	File     string   `json:"file,omitempty"`
}

// JSON writes an object a line, for each implementation.
func JSON(w io.Writer, t *Table) error {
	e := json.NewEncoder(printable.JSON(w))
	for i := range t.Rows {
		r := &t.Rows[i]
		o := jsonRow{Implementation: r.Name, Error: r.Error, Untried: r.Untried, Executions: r.executions(), Features: []jsonCell{}, Findings: []jsonFinding{}}
		for j, c := range r.Cells {
			if f := &t.Features[j]; c.sent() {
				o.Features = append(o.Features, jsonCell{f.Document, f.Section, f.Name, c.Requirements, c.Judged, append([]string{}, c.Untried...), len(c.Findings)})
			}
		}
		for n := range r.Findings {
			f := jsonFinding{Title: r.Findings[n].Title, Features: []string{}, File: r.Report.Findings[n].File}
			for _, i := range r.Findings[n].Features {
				f.Features = append(f.Features, t.Features[i].Document+" "+t.Features[i].Section)
			}
			o.Findings = append(o.Findings, f)
		}
		if err := e.Encode(&o); err != nil {
			return err
		}
	}
	return nil
}

// executions is the number of messages sent to the implementation.
func (r *Row) executions() (n int64) {
	if r.Report != nil {
		for i := range r.Report.Targets {
			n += r.Report.Targets[i].Executions
		}
	}
	return n
}
