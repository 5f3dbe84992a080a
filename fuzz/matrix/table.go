package matrix

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/coverage"
	"github.com/hostedcache/pchc/fuzz/report"
	"github.com/hostedcache/pchc/internal/printable"
	"github.com/hostedcache/pchc/spec"
)

// Result is what became of one implementation.
type Result struct {
	Name   string
	Report *report.Report // of its campaign, nil if it could not be tried
	Error  string         // why it could not be tried, or not to the end; "" if it was
	// Untried says which behaviours a client did not meet: "2 of 9 behaviours were not
	// tried: a, b"; "" for none.
	Untried string
}

// Table is the matrix.
type Table struct {
	Version  string // of the program
	Features []Feature
	Rows     []Row
}

// Row is an implementation.
type Row struct {
	Result
	Cells    []Cell // one for each feature
	Findings []Finding
}

// Finding is one of an implementation, with the features that it is about; none if the
// finding does not say.
type Finding struct {
	Title    string // safe to print
	Features []int
}

// Cell is what became of one feature of one implementation.
type Cell struct {
	// Requirements is the number of those that messages show to this kind of
	// implementation; 0 if it gets no messages of the feature.
	Requirements int
	Untried      []string // those that no message violated
	// Judged of the requirements are about what the implementation sends or does. They
	// are judged whenever it does, and it may never have done so.
	Judged   int
	Findings []int // indexes of the findings of the row
}

// sent reports whether the implementation has the feature.
func (c *Cell) sent() bool { return c.Requirements > 0 || len(c.Findings) > 0 }

// New returns the table of the results, in their order.
func New(version string, results []Result) *Table {
	t := &Table{Version: version, Features: Features()}
	for _, r := range results {
		row := Row{Result: r, Cells: make([]Cell, len(t.Features))}
		if r.Report != nil {
			row.count(t.Features)
			row.find(t.Features)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// count counts the requirements, over all targets of the implementation.
func (r *Row) count(features []Feature) {
	type state struct{ violated, sendable bool }
	states := map[string]state{}
	var ids []string
	for i := range r.Report.Targets {
		target := &r.Report.Targets[i]
		violated := violated(target)
		decoder := !target.Client && !slices.Contains(r.Report.Caches, target.Name)
		for _, q := range r.Report.Tested(target) {
			if decoder && !sendable(target, &q) {
				continue
			}
			s, seen := states[q.ID]
			if !seen {
				ids = append(ids, q.ID)
			}
			states[q.ID] = state{s.violated || violated[q.ID], s.sendable || sendable(target, &q)}
		}
	}
	for _, id := range ids {
		i := belongs(features, id)
		if i < 0 {
			continue
		}
		c := &r.Cells[i]
		c.Requirements++
		switch s := states[id]; {
		case !s.sendable:
			c.Judged++
		case !s.violated:
			c.Untried = append(c.Untried, id)
		}
	}
}

// sendable reports whether a message that the target gets can violate a rule. Others
// are of its answers, or of what it sends and does: all of a client's.
func sendable(t *campaign.TargetResult, q *spec.Requirement) bool {
	if t.Client {
		return false
	}
	kinds := violators()[q.ID]
	return len(t.Kinds) == 0 || slices.ContainsFunc(t.Kinds, func(k spec.Kind) bool { return slices.Contains(kinds, k) })
}

// violators returns the kinds of messages that can violate each rule.
var violators = sync.OnceValue(func() map[string][]spec.Kind {
	kinds := map[string]spec.Kind{"Probe": spec.Discovery, "ProbeMatches": spec.Discovery}
	for _, l := range spec.Layouts() {
		if l.Message {
			kinds[l.Name] = l.Kind
		}
	}
	all := map[string][]spec.Kind{}
	for p := range coverage.Count() {
		if rule, field, _, ok := coverage.Point(p).Violation(); ok {
			name, _, _ := strings.Cut(field, " ")
			kind := kinds[name]
			if kind == spec.ContentV1 || kind == spec.ContentV2 {
				kind = spec.Content
			}
			if !slices.Contains(all[rule], kind) {
				all[rule] = append(all[rule], kind)
			}
		}
	}
	return all
})

// violated returns the rules that the messages to a target violated.
func violated(t *campaign.TargetResult) map[string]bool {
	ids := map[string]bool{}
	for _, p := range t.Points {
		if rule, _, _, ok := p.Violation(); ok {
			ids[rule] = true
		}
	}
	return ids
}

// find adds the findings to the cells of their features.
func (r *Row) find(features []Feature) {
	titles := r.Report.Titles()
	for n := range r.Report.Findings {
		f := &r.Report.Findings[n]
		one := Finding{Title: titles[n]}
		for _, id := range []string{f.Rule, f.Requirement} {
			if i := belongs(features, id); i >= 0 && !slices.Contains(one.Features, i) {
				one.Features = append(one.Features, i)
			}
		}
		if i := belongs(features, messageSections()[f.Message().Dissect().Message]); len(one.Features) == 0 && !f.Flaky && i >= 0 {
			one.Features = []int{i}
		}
		for _, i := range one.Features {
			r.Cells[i].Findings = append(r.Cells[i].Findings, n)
		}
		r.Findings = append(r.Findings, one)
	}
}

// group is the part of a table for the features of one document.
type group struct {
	document string
	columns  []int  // features that an implementation has
	rows     []*Row // that have one of them
}

// groups returns the parts in which an implementation has something, without the columns
// that nobody has, and the documents of which nobody has anything.
func (t *Table) groups() (groups []group, missing []string) {
	for first := 0; first < len(t.Features); {
		g := group{document: t.Features[first].Document}
		last := first
		for ; last < len(t.Features) && t.Features[last].Document == g.document; last++ {
			if slices.ContainsFunc(t.Rows, func(r Row) bool { return r.Cells[last].sent() }) {
				g.columns = append(g.columns, last)
			}
		}
		for i := range t.Rows {
			if slices.ContainsFunc(g.columns, func(column int) bool { return t.Rows[i].Cells[column].sent() }) {
				g.rows = append(g.rows, &t.Rows[i])
			}
		}
		if g.rows == nil {
			missing = append(missing, g.document)
		} else {
			groups = append(groups, g)
		}
		first = last
	}
	return groups, missing
}

// untried says which requirements were not tried, and with which implementations.
func (t *Table) untried() (lines []string) {
	const most = 8
	briefly := func(all []string) string {
		if n := len(all) - most; n > 0 {
			return fmt.Sprintf("%s and %d more", strings.Join(all[:most], ", "), n)
		}
		return strings.Join(all, ", ")
	}
	for i := range t.Rows {
		if what, names, ok := strings.Cut(t.Rows[i].Result.Untried, ": "); ok {
			lines = append(lines, printable.String(t.Rows[i].Name+": "+what+": "+briefly(strings.Split(names, ", "))+"."))
		}
	}
	var order []string
	ids := map[string][]string{} // by names
	for i := range t.Features {
		names := map[string][]string{} // by id
		for j := range t.Rows {
			for _, id := range t.Rows[j].Cells[i].Untried {
				names[id] = append(names[id], printable.String(t.Rows[j].Name))
			}
		}
		for _, id := range slices.Sorted(maps.Keys(names)) {
			with := strings.Join(names[id], ", ")
			if ids[with] == nil {
				order = append(order, with)
			}
			ids[with] = append(ids[with], id)
		}
	}
	for _, with := range order {
		lines = append(lines, "Not tried with "+with+": "+briefly(ids[with])+".")
	}
	return lines
}
