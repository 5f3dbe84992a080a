package stats

import (
	_ "embed"
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

	pageTemplate = sync.OnceValue(func() *template.Template { return page.Parse(pageText, nil) })
)

type pageData struct {
	page.Head
	Headline, Files, Version, More string
	Legend                         []bar
	Contents                       []pageContent
	Tables                         []pageTable
	Unseen                         []string
}

type pageContent struct {
	Title, Words string
	Bars         []bar
	Lines        []string
}

// bar is a part of a bar, in thousandths.
type bar struct {
	Class, Text string
	X, Width    float64
}

type pageTable struct {
	Title, Note string
	Head        []pageCell
	Rows        [][]pageCell
}

type pageCell struct {
	Text string
	Left bool
}

// mostOnPage is how many contents the page has.
const mostOnPage = 200

// WriteHTML writes one self-contained page, without network access or script.
func (r *Report) WriteHTML(w io.Writer, version string) error {
	t := &Text{Blocks: true}
	var names []string
	for _, c := range r.Captures {
		names = append(names, printable.String(c.File))
	}
	p := pageData{Head: page.NewHead(r.headline()+" - pchc stats", pageStyle, ""), Headline: r.headline(), Files: strings.Join(names, ", "), Version: version, Unseen: r.unseen(),
		Legend: []bar{{Class: "cache", Text: "hosted caches"}, {Class: "peer", Text: "peers"}, {Class: "server", Text: "content servers"}, {Class: "nobody", Text: "nobody"}}}
	if gaps := r.gaps(); gaps != "" {
		p.Headline += ". " + gaps
	}
	for i, c := range r.byImportance() {
		if i == mostOnPage {
			p.More = "and " + message.Count(len(r.Contents)-i, "more content")
			break
		}
		title, words, lines := c.describe(len(c.Why))
		one := pageContent{Title: title, Words: words, Lines: lines}
		x := 0.
		for _, part := range []struct {
			class string
			bytes uint64
		}{{"cache", c.From.HostedCache}, {"peer", c.From.Peers}, {"server", c.From.ContentServer}, {"nobody", c.From.Nobody}} {
			if part.bytes > 0 {
				width := 1000 * float64(part.bytes) / float64(c.From.sum())
				one.Bars = append(one.Bars, bar{Class: part.class, X: x, Width: width})
				x += width
			}
		}
		p.Contents = append(p.Contents, one)
	}
	for _, table := range t.tables(r) {
		if len(table.rows) == 0 {
			continue
		}
		one := pageTable{Title: table.title, Note: table.note}
		for _, c := range table.columns {
			one.Head = append(one.Head, pageCell{c.head, c.left})
		}
		for _, row := range table.rows {
			var cells []pageCell
			for i, text := range row {
				cells = append(cells, pageCell{text, table.columns[i].left})
			}
			one.Rows = append(one.Rows, cells)
		}
		p.Tables = append(p.Tables, one)
	}
	return pageTemplate().Execute(w, &p)
}
