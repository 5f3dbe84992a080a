package matrix

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/internal/printable"
)

// words is a cell in a few words: "ok", "ok 5/7", "judged", "2 findings", "-".
func (c *Cell) words() string {
	tried := c.Requirements - c.Judged - len(c.Untried)
	switch {
	case !c.sent():
		return "-"
	case len(c.Findings) > 0:
		return message.Count(len(c.Findings), "finding")
	case len(c.Untried) > 0 && tried == 0:
		return "not tried"
	case len(c.Untried) > 0:
		return fmt.Sprintf("ok %d/%d", tried+c.Judged, c.Requirements)
	case tried == 0:
		return "judged"
	}
	return "ok"
}

// legend explains the words.
var legend = []string{
	"ok: messages violated every requirement that they can violate, without a finding. ok 5/7: 5 of the 7.",
	"judged: no finding in what the implementation sent or did; it may not have done all of it.",
	"-: the implementation gets no such messages.",
}

// Text writes the table for people. It parts a table that is wider than width columns;
// 0 is any width.
func Text(w io.Writer, t *Table, width int) error {
	b := bufio.NewWriter(w)
	groups, missing := t.groups()
	for _, g := range groups {
		g.text(b, t.Features, width)
	}
	for i := range t.Rows {
		t.Rows[i].text(b, t.Features)
	}
	for _, line := range legend {
		fmt.Fprintln(b, line)
	}
	for _, line := range t.untried() {
		fmt.Fprintln(b, line)
	}
	if len(missing) > 0 {
		fmt.Fprintf(b, "No implementation was tried with messages of %s.\n", strings.Join(missing, ", "))
	}
	return b.Flush()
}

// gap is the number of blanks between columns.
const gap = 2

// text writes the table of a document: as many columns side by side as there is room for.
func (g *group) text(b *bufio.Writer, features []Feature, width int) {
	columns := [][]string{{g.document}}
	for _, r := range g.rows {
		columns[0] = append(columns[0], printable.String(r.Name))
	}
	names := widest(columns[0])
	used := names
	for _, i := range g.columns {
		column := []string{features[i].Name}
		for _, r := range g.rows {
			column = append(column, r.Cells[i].words())
		}
		if wide := gap + widest(column); width > 0 && used+wide > width && len(columns) > 1 {
			writeColumns(b, columns)
			columns, used = [][]string{columns[0], column}, names+wide
		} else {
			columns, used = append(columns, column), used+wide
		}
	}
	writeColumns(b, columns)
}

func widest(column []string) (n int) {
	for _, s := range column {
		n = max(n, utf8.RuneCountInString(s))
	}
	return n
}

func writeColumns(b *bufio.Writer, columns [][]string) {
	for row := range columns[0] {
		line := ""
		for _, c := range columns {
			line += fmt.Sprintf("%-*s", widest(c)+gap, c[row])
		}
		fmt.Fprintln(b, strings.TrimRight(line, " "))
	}
	fmt.Fprintln(b)
}

// text writes what was found in an implementation, and why it was not tried.
func (r *Row) text(b *bufio.Writer, features []Feature) {
	if r.Error == "" && len(r.Findings) == 0 {
		return
	}
	name := printable.String(r.Name)
	if r.Error != "" {
		fmt.Fprintf(b, "%s: %s: %s\n", name, r.failure(), printable.String(r.Error))
	}
	if len(r.Findings) > 0 {
		fmt.Fprintf(b, "%s: %s\n", name, message.Count(len(r.Findings), "finding"))
	}
	for n := range r.Findings {
		f := &r.Findings[n]
		fmt.Fprintf(b, "  %d. %s: %s\n", n+1, f.about(features), f.Title)
		if file := r.Report.Findings[n].File; file != "" {
			fmt.Fprintf(b, "     %s\n", printable.String(file))
		}
	}
	fmt.Fprintln(b)
}

// failure says what an Error means.
func (r *Row) failure() string {
	if r.Report == nil {
		return "not tried"
	}
	return "not tried to the end"
}

// about names the features of a finding.
func (f *Finding) about(features []Feature) string {
	if len(f.Features) == 0 {
		return "no feature"
	}
	var names []string
	for _, i := range f.Features {
		names = append(names, features[i].Name)
	}
	return strings.Join(names, ", ")
}
