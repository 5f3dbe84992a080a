package capturepage

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"sort"
	"sync"
	"time"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/conformance"
	"github.com/hostedcache/pchc/internal/conversation"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/internal/page"
	"github.com/hostedcache/pchc/internal/printable"
	"github.com/hostedcache/pchc/spec"
)

var (
	//go:embed page.html
	pageText string
	//go:embed page.css
	pageStyle string
	//go:embed page.js
	rowsScript string
	//go:embed timeline.js
	timeScript string
	//go:embed detail.js
	detailScript string

	pageScript   = rowsScript + timeScript + detailScript
	pageTemplate = sync.OnceValue(func() *template.Template { return page.Parse(pageText, nil) })
)

// Bounds of a page, see the package comment.
const (
	MostBytes    = 64 << 10
	MostOfField  = 1 << 10
	MostFields   = 4000
	MostMessages = 32 << 20
	MostPage     = 64 << 20
)

// Options of a page.
type Options struct {
	By          string // who writes it: "pchc pcap"
	Version     string
	ShowSecrets bool
	Findings    bool // violations come from Finding, not from the messages

	// Show is a command line that shows all of an exchange, in which FRAME and FILE
	// stand for the number of its frame and for its capture.
	Show string
}

// Writer writes a page.
type Writer struct {
	options Options
	most    struct{ messages, page int64 }
	w       io.Writer
	err     error // of w
	printer message.Printer
	packer  packer
	buf     []byte

	written  int64 // bytes of rows
	captures []captured
	open     bool // a capture has begun and not ended
	rows     int
	left     struct{ rows, messages int } // out
	counts   [message.CaptureNote + 1]int
	rules    map[string]*rule
	types    map[string]int
}

// captured is a capture on the page.
type captured struct {
	Label   string `json:"label"`
	File    string `json:"file"` // as a word of a command line
	Summary string `json:"-"`
	Failed  bool   `json:"-"`
}

// rule is a requirement that is violated.
type rule struct {
	ID      string `json:"-"`
	Class   string `json:"class"`
	Section string `json:"section"`
	Text    string `json:"text"`
	Count   int    `json:"-"`
}

// New returns a Writer of a page to w.
func New(w io.Writer, o Options) *Writer {
	p := &Writer{options: o, w: w, rules: map[string]*rule{}, types: map[string]int{}}
	p.most.messages, p.most.page = MostMessages, MostPage
	p.printer.ShowSecrets, p.printer.Wide = o.ShowSecrets, true
	return p
}

// Begin begins a capture: what the page calls it, and its name as a word of a command
// line.
func (p *Writer) Begin(label, file string) error {
	if len(p.captures) == 0 {
		p.begin(printable.String(label))
	}
	p.captures = append(p.captures, captured{Label: printable.String(label), File: printable.String(file)})
	p.open = true
	return p.err
}

func (p *Writer) begin(label string) {
	title := label + " - " + p.options.By
	p.err = pageTemplate().ExecuteTemplate(p.w, "begin", page.NewHead(title, pageStyle, pageScript))
	p.put([]byte("<script type=\"application/json\" class=\"rows\">[0"))
}

// End ends the capture with a line about it. failed says that it could not be read.
func (p *Writer) End(summary string, failed bool) {
	c := &p.captures[len(p.captures)-1]
	c.Summary, c.Failed = printable.String(summary), failed
	p.open = false
}

// Missed takes note of a capture that could not be read, whether it has begun or not.
func (p *Writer) Missed(label, file string, err error) error {
	if !p.open {
		p.Begin(label, file)
	}
	p.End(err.Error(), true)
	return p.err
}

// put writes b, unless an earlier write has failed.
func (p *Writer) put(b []byte) {
	if p.err == nil {
		_, p.err = p.w.Write(b)
	}
}

// Item adds an item, if it is done. Problems and notes are left to Finding where that
// is called.
func (p *Writer) Item(it *conversation.Item) error {
	x, e := it.Exchange, it.Event
	switch {
	case isUpdate(e):
		return p.update(e)
	case x == nil && (p.options.Findings || e.Kind != capture.Problem && e.Kind != capture.Note):
		return p.err
	case x != nil && !x.Done:
		return p.err
	}
	r := row{frame: e.Frame, at: e.Time, took: -1, stream: e.Stream, client: e.Src, server: e.Dst, path: e.Path}
	if x != nil {
		r.protocol, r.client, r.server = x.Protocol, x.Client, x.Server
		if x.Asked.Frame > 0 {
			r.asked, r.began = x.Asked.Frame, x.Asked.Time
		}
		if d, ok := x.Took(); ok {
			r.took = d
		}
	}
	return p.add(&r, p.printer.Overview(it, p.written > p.most.messages), x != nil && e.Kind != capture.Plain, nil)
}

// add writes a row. whole says that it has messages, unless there is no room for them.
func (p *Writer) add(r *row, o *message.Overview, whole bool, neighbour *message.Neighbour) error {
	r.name, r.text, r.verdict = o.Name, o.Text, o.Verdict
	r.violations, r.more = p.violations(o, neighbour)
	if p.options.Findings { // decide what is wrong
		r.verdict, r.violations, r.more = message.Valid, nil, 0
	}
	p.counts[r.verdict]++
	p.types[r.name]++
	p.rows++
	if p.written > p.most.page {
		p.left.rows++
		return p.err
	}
	switch {
	case whole && p.written > p.most.messages:
		p.left.messages++
		r.without = true
	case len(o.Parts) > 0 || neighbour != nil:
		r.messages = p.packer.pack(&p.printer.Text, o, neighbour)
	}
	r.file = len(p.captures) - 1
	p.buf = r.append(append(p.buf[:0], ",\n"...))
	p.written += int64(len(p.buf))
	p.put(p.buf)
	return p.err
}

// mostListed is how many violations of a message a row has.
const mostListed = 100

// violations counts the violations of an exchange, and returns those to list.
func (p *Writer) violations(o *message.Overview, n *message.Neighbour) (all []violation, more int) {
	take := func(part int, found []spec.Violation) {
		for i := range found {
			v := &found[i]
			if !p.options.Findings {
				p.count(v, "")
			}
			if i >= mostListed {
				more++
				continue
			}
			all = append(all, violation{part, v})
		}
	}
	for i, part := range o.Parts {
		take(i, part.Dissection.Violations)
	}
	if n != nil {
		take(0, n.Violations)
	}
	return all, more
}

// count counts a violation of a rule.
func (p *Writer) count(v *spec.Violation, text string) {
	r := p.rules[v.Rule]
	if r == nil {
		r = &rule{ID: v.Rule, Class: v.Class.String(), Section: v.Section, Text: text}
		if q, ok := spec.RequirementByID(v.Rule); ok {
			r.Text, r.Section = q.Text, q.Section
			if q.Derived {
				r.Section += " (derived)"
			}
		}
		p.rules[v.Rule] = r
	}
	r.Count++
}

// Finding adds a finding about what Item has added, or will.
func (p *Writer) Finding(f *conformance.Finding) error {
	switch f.Rule {
	case conformance.CaptureProblem:
		p.counts[message.CaptureProblem]++
	case conformance.CaptureNote:
		p.counts[message.CaptureNote]++
	default:
		p.count(&f.Violation, f.Expected)
	}
	if p.written > p.most.page {
		p.left.rows++
		return p.err
	}
	p.buf = appendFinding(append(p.buf[:0], ",\n"...), f, len(p.captures)-1)
	p.written += int64(len(p.buf))
	p.put(p.buf)
	return p.err
}

// total is what the page says above the rows.
type total struct {
	page.Head
	By, Version, Headline, Show string
	State                       string // "found", "well" or "untried"
	Captures                    []captured
	Rules                       []*rule
	Types                       []typeCount
	Left                        []string
	RulesJSON, CapturesJSON     any
	Findings                    bool
}

type typeCount struct {
	Name  string
	Count int
}

// Close writes the rest of the page.
func (p *Writer) Close() error {
	if len(p.captures) == 0 {
		p.begin("nothing")
	}
	p.put([]byte("\n]</script>\n"))
	if p.err != nil {
		return p.err
	}
	t := total{Head: page.NewHead("", pageStyle, pageScript), By: p.options.By, Version: p.options.Version, Show: p.options.Show,
		Captures: p.captures, RulesJSON: p.rules, CapturesJSON: p.captures, Findings: p.options.Findings}
	violations := 0
	for _, r := range p.rules {
		t.Rules = append(t.Rules, r)
		violations += r.Count
	}
	sort.Slice(t.Rules, func(i, j int) bool {
		a, b := t.Rules[i], t.Rules[j]
		return a.Count > b.Count || a.Count == b.Count && a.ID < b.ID
	})
	for name, n := range p.types {
		t.Types = append(t.Types, typeCount{name, n})
	}
	sort.Slice(t.Types, func(i, j int) bool { return t.Types[i].Name < t.Types[j].Name })
	t.State, t.Headline = p.headline(violations)
	if n := p.left.rows; n > 0 {
		t.Left = append(t.Left, fmt.Sprintf("%s of this run are not on the page, which has %s of rows: select fewer.", message.Count(n, "more row"), message.Size(uint64(p.most.page))))
	}
	if n := p.left.messages; n > 0 {
		t.Left = append(t.Left, fmt.Sprintf("The bytes and fields of %s are not on the page, which has %s of them; where they are missing, it says how to see them.", message.Count(n, "exchange"), message.Size(uint64(p.most.messages))))
	}
	return pageTemplate().Execute(p.w, &t)
}

// headline says what came of it.
func (p *Writer) headline(violations int) (state, line string) {
	exchanges, failed := p.rows, 0
	if !p.options.Findings {
		exchanges -= p.counts[message.CaptureNote] + p.counts[message.CaptureProblem]
	}
	for _, c := range p.captures {
		if c.Failed {
			failed++
		}
	}
	state, line = "well", message.Count(exchanges, "exchange")
	for _, c := range []struct {
		n                 int
		state, noun, more string
	}{
		{failed, "untried", "capture", " not read to the end"},
		{p.counts[message.CaptureProblem], "untried", "capture problem", ""},
		{p.counts[message.Unfit], "found", "exchange", " with a block or response that does not fit"},
		{violations, "found", "violation", ""},
	} {
		if c.n > 0 {
			state, line = c.state, line+", "+message.Count(c.n, c.noun)+c.more
		}
	}
	if state == "well" {
		line += ", no violations"
	}
	return state, line
}

// micros is a time in microseconds, 0 for none.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}
