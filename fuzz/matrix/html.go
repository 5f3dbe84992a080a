package matrix

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"sync"

	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/internal/page"
	"github.com/hostedcache/pchc/internal/printable"
)

var (
	//go:embed page.html
	pageText string
	//go:embed page.css
	pageStyle string
)

var pageTemplate = sync.OnceValue(func() *template.Template { return page.Parse(pageText, nil) })

type pageData struct {
	page.Head
	Version  string
	Sentence string
	Groups   []pageGroup
	Rows     []pageRow
	Legend   []string
	Untried  []string
	Missing  string
}

type pageGroup struct {
	Document string
	Features []Feature
	Rows     []pageRow
}

type pageRow struct {
	ID, Name, Failure, Error, Messages string
	Cells                              []pageCell
	Findings                           []pageFinding
}

type pageCell struct {
	Words string
	Class string // "good", "bad", "warn" or "none"
	Link  string // to the first of its findings, "" for none
	Title string // what was tried
}

type pageFinding struct{ ID, About, Title, File string }

// HTML writes one self-contained page, without network access or script.
func HTML(w io.Writer, t *Table) error {
	groups, missing := t.groups()
	p := pageData{
		Head:    page.NewHead("Interoperability matrix - pchc fuzz matrix", pageStyle, ""),
		Version: t.Version, Legend: legend, Untried: t.untried(), Missing: strings.Join(missing, ", "),
	}
	total, failed := 0, 0
	ids := map[*Row]string{}
	for i := range t.Rows {
		r := &t.Rows[i]
		ids[r] = fmt.Sprintf("implementation-%d", i+1)
		one := pageRow{ID: ids[r], Name: printable.String(r.Name), Failure: r.failure(), Error: printable.String(r.Error), Messages: message.Count(int(r.executions()), "message")}
		for n := range r.Findings {
			f := &r.Findings[n]
			one.Findings = append(one.Findings, pageFinding{
				fmt.Sprintf("%s-%d", one.ID, n+1), f.about(t.Features), f.Title, printable.String(r.Report.Findings[n].File),
			})
		}
		total += len(r.Findings)
		if len(r.Findings) > 0 {
			failed++
		}
		p.Rows = append(p.Rows, one)
	}
	p.Sentence = fmt.Sprintf("%s, no findings.", message.Count(len(t.Rows), "implementation"))
	if total > 0 {
		p.Sentence = fmt.Sprintf("%s, %s in %d of them.", message.Count(len(t.Rows), "implementation"), message.Count(total, "finding"), failed)
	}
	for _, g := range groups {
		one := pageGroup{Document: g.document}
		for _, i := range g.columns {
			one.Features = append(one.Features, t.Features[i])
		}
		for _, r := range g.rows {
			row := pageRow{ID: ids[r], Name: printable.String(r.Name)}
			for _, i := range g.columns {
				row.Cells = append(row.Cells, cell(&r.Cells[i], ids[r]))
			}
			one.Rows = append(one.Rows, row)
		}
		p.Groups = append(p.Groups, one)
	}
	return pageTemplate().Execute(w, &p)
}

func cell(c *Cell, row string) pageCell {
	p := pageCell{Words: c.words(), Class: "good"}
	switch {
	case !c.sent():
		p.Class = "none"
	case len(c.Findings) > 0:
		p.Class, p.Link = "bad", fmt.Sprintf("#%s-%d", row, c.Findings[0]+1)
	case len(c.Untried) > 0:
		p.Class = "warn"
	}
	switch {
	case len(c.Untried) > 0:
		p.Title = "not tried: " + strings.Join(c.Untried, ", ")
	case c.Requirements > 0:
		p.Title = message.Count(c.Requirements, "requirement")
	}
	return p
}
