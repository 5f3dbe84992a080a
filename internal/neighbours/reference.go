package neighbours

import (
	"cmp"
	"strings"

	"github.com/hostedcache/pchc/codec/soapfault"
)

// Page is a reference page in Markdown, generated from the tables of a protocol.
type Page struct {
	Name string // path of its file in the module: "codec/wusp/ms-wusp.md"
	Text string
}

// Pages returns the reference pages of the protocols that have one here.
func Pages() (pages []Page) {
	for _, p := range protocols {
		if p.page == "" {
			continue
		}
		var b strings.Builder
		b.WriteString("# " + p.name + "\n\nGenerated from the tables of this package: `make generate`.\n\n## Requirements\n\n")
		table(&b, "id", "level", "requirement", "checked by")
		for _, e := range p.requirements() {
			row(&b, e.ID, e.Level, e.Text, cmp.Or(e.CheckedBy, "not observable: "+e.NotObservable))
		}
		if p.more != nil {
			p.more(&b)
		}
		pages = append(pages, Page{p.page, b.String()})
	}
	return pages
}

// table writes the head of a table.
func table(b *strings.Builder, columns ...string) {
	row(b, columns...)
	b.WriteString("|" + strings.Repeat("---|", len(columns)) + "\n")
}

func row(b *strings.Builder, cells ...string) {
	b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

var actions = [...]string{
	soapfault.Nothing: "nothing is stated",
	soapfault.Calls:   "",
	soapfault.Restart: "begin again with the first call",
	soapfault.Retry:   "make the same call again, later",
	soapfault.Reset:   "go on, the next calls without anchors",
	soapfault.Stop:    "stop",
}

// soapPage writes what SOAP protocols have beside requirements.
func soapPage(operations []soapfault.Operation, react func(string) (soapfault.Reaction, bool), codes []string) func(*strings.Builder) {
	return func(b *strings.Builder) {
		b.WriteString("\n## After a fault\n\n")
		table(b, "ErrorCode", "what the caller does", "level")
		for _, code := range append(codes, "") {
			r, ok := react(code)
			if !ok {
				continue
			}
			what, level := actions[r.Action], r.Level.String()
			if r.Action == soapfault.Nothing {
				level = ""
			}
			what += strings.Join(r.Calls, ", ")
			if r.OrStop {
				what += ", else it MUST stop"
			}
			if r.DropCookie {
				what = "drop the cookie; " + what
			}
			row(b, cmp.Or(code, "none"), what, level)
		}
		b.WriteString("\n## Operations\n\n")
		table(b, "operation", "namespace")
		for _, op := range operations {
			row(b, op.Name, op.Namespace)
		}
	}
}
