package reference

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hostedcache/pchc/spec"
)

// A Page is a file of Markdown.
type Page struct {
	Name string // "ms-pchc.md"
	Text string
}

// Pages returns a page for each of the specifications.
func Pages() []Page {
	var pages []Page
	for _, p := range []struct{ name, document, title, where string }{
		{"ms-pchc.md", "MS-PCHC", "MS-PCHC: messages of the BranchCache hosted cache protocol",
			"A client POSTs a request to `" + spec.PathV1 + "` (version 1.0, HTTPS) or `" + spec.PathV2 + "` (version 2.0, HTTP); the response message is the body of the HTTP response."},
		{"ms-pccrc.md", "MS-PCCRC", "MS-PCCRC: BranchCache Content Information",
			"Content Information comes over HTTP (MS-PCCRTP), over SMB2 (MS-SMB2), and in a SEGMENT_INFO_MESSAGE (MS-PCHC)."},
		{"ms-pccrtp.md", "MS-PCCRTP", "MS-PCCRTP: Content Information over HTTP",
			"The body of a response with Content-Encoding peerdist is Content Information (MS-PCCRC)."},
		{"ms-pccrr.md", "MS-PCCRR", "MS-PCCRR: messages of the BranchCache retrieval protocol",
			"A client POSTs a request to `" + spec.PathRetrieval + "/` over HTTP, on port 80 or the one in an offer or XAddrs; the response message is the body of the HTTP response. Paths are compared without regard to case."},
		{"ms-pccrd.md", "MS-PCCRD", "MS-PCCRD: messages of the BranchCache discovery protocol",
			"A client sends a Probe to UDP port 3702 of 239.255.255.250 or FF02::C; peers answer it with ProbeMatches."},
		{"ms-smb2.md", "MS-SMB2", "MS-SMB2: Content Information over SMB2",
			"The buffers of an IOCTL with FSCTL_SRV_READ_HASH (0x001441BB); the headers around them are not here."},
	} {
		var b strings.Builder
		fmt.Fprintf(&b, "# %s\n\n", p.title)
		fmt.Fprintf(&b, "%s\n\nGenerated from the tables of package spec: do not edit.\n", p.where)
		all := spec.Layouts()
		slices.SortStableFunc(all, func(a, b *spec.Layout) int { return strings.Compare(a.Section, b.Section) })
		for _, l := range all {
			if document(l.Section) == p.document {
				b.WriteString("\n" + Structure(l))
			}
		}
		if p.document == "MS-PCCRD" {
			b.WriteString("\n" + discovery())
		}
		b.WriteString("\n" + others(p.document))
		pages = append(pages, Page{p.name, b.String()})
	}
	return pages
}

// document returns "MS-PCHC" for "MS-PCHC 2.2.1.5".
func document(section string) string {
	name, _, _ := strings.Cut(section, " ")
	return name
}

// others lists the requirements of a document that are not about the fields of
// a structure, by section, with what checks them.
func others(name string) string {
	var shown []string
	for _, l := range spec.Layouts() {
		shown = append(shown, ruleIDs(l)...)
	}
	for _, e := range spec.DiscoveryElements() {
		shown = append(shown, e.Rules...)
	}
	var b strings.Builder
	b.WriteString("## Other requirements\n")
	section := ""
	for _, r := range spec.Requirements() {
		if document(r.Section) != name || slices.Contains(shown, r.ID) {
			continue
		}
		if r.Section != section {
			section = r.Section
			fmt.Fprintf(&b, "\n%s:\n\n", section)
		}
		b.WriteString(item(&r))
		switch r.CheckedBy {
		case spec.NotObservable:
			fmt.Fprintf(&b, "  Not observable: %s.\n", r.Unobservable)
		case spec.OtherRequirement:
			fmt.Fprintf(&b, "  Checked by: `%s`.\n", r.Other)
		default:
			fmt.Fprintf(&b, "  Checked by: %s.\n", r.CheckedBy)
		}
	}
	return b.String()
}

// Structure returns the section of a page that describes a structure.
func Structure(l *spec.Layout) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n", heading(l))
	about := []string{l.Section}
	if n, fixed := structureSize(l); fixed {
		about = append(about, plural(n, "byte"))
	}
	if order := byteOrder(l); order != "" {
		about = append(about, order)
	}
	fmt.Fprintf(&b, "%s.%s\n\n", strings.Join(about, ", "), within(l))
	fmt.Fprintf(&b, "```text\n%s```\n\n", Diagram(l))
	b.WriteString("| offset | size | field | values | meaning |\n|---|---|---|---|---|\n")
	offset, known := 0, true
	for i := range l.Fields {
		f := &l.Fields[i]
		at := ""
		if known {
			at = fmt.Sprint(offset)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", at, size(f), f.Name, values(f), f.Text)
		n, fixed := fixedSize(f)
		offset, known = offset+n, known && fixed
	}
	b.WriteString("\n" + rules(l))
	return b.String()
}

// heading returns the name of a structure, with the version, form, message or kind if
// two have that name.
func heading(l *spec.Layout) string {
	if document(l.Section) == "MS-PCCRR" {
		switch l.Name {
		case "MESSAGE_BODY":
			return l.Name + " of" + strings.TrimSuffix(strings.TrimPrefix(within(l), " Used as"), ".MESSAGE_BODY.")
		case "UNKNOWN":
			return l.Name + " (" + l.Kind.String() + ")"
		}
		return l.Name
	}
	for _, other := range spec.Layouts() {
		if other.Name == l.Name && other.Section != l.Section {
			return l.Name + map[string]string{"MS-PCCRC 2.3.1.1": " (version 1.0)", "MS-PCCRC 2.4.1.2": " (version 2.0)",
				"MS-SMB2 2.2.32.4.2": " (hash based)", "MS-SMB2 2.2.32.4.3": " (file based)"}[l.Section]
		}
	}
	return l.Name
}

// byteOrder returns the byte order of the integers of a structure.
func byteOrder(l *spec.Layout) string {
	for _, f := range l.Fields {
		if f.Form == spec.Integer && f.Extent.Bytes > 1 {
			if f.Little {
				return "little-endian"
			}
			return "big-endian"
		}
	}
	return ""
}

// within lists the fields that have a structure.
func within(l *spec.Layout) string {
	var outer []string
	for _, o := range spec.Layouts() {
		for _, f := range o.Fields {
			if f.Of != nil && f.Of.Name == l.Name && f.Of.Section == l.Section {
				name := o.Name
				if name == "MESSAGE_BODY" { // each message has one
					_, name, _ = strings.Cut(heading(o), " of ")
				}
				if name += "." + f.Name; !slices.Contains(outer, name) {
					outer = append(outer, name)
				}
			}
		}
	}
	if len(outer) == 0 {
		return ""
	}
	return " Used as " + strings.Join(outer, ", ") + "."
}

func values(f *spec.LayoutField) string {
	var all []string
	for _, s := range f.Symbols {
		value := fmt.Sprint(s.Value)
		if f.Notation == spec.Hexadecimal {
			value = fmt.Sprintf("0x%04X", s.Value)
		}
		all = append(all, value+" "+s.Text)
	}
	switch {
	case f.Notation == spec.Tag:
		for _, t := range spec.ContentTags() {
			all = append(all, t.Text)
		}
	case f.Of != nil:
		all = append(all, f.Of.Name)
	case f.Item.Measure == spec.HashLength:
		all = append(all, "hashes")
	}
	return strings.Join(all, "<br>")
}

// rules lists the requirements of a structure and its fields.
func rules(l *spec.Layout) string {
	var b strings.Builder
	for _, id := range ruleIDs(l) {
		r, _ := spec.RequirementByID(id)
		b.WriteString(item(&r))
	}
	return b.String()
}

// item returns a requirement as an item of a list.
func item(r *spec.Requirement) string {
	return fmt.Sprintf("- `%s` (%s, %s%s): %s\n", r.ID, r.Level, r.Class, derived(r), r.Text)
}

func ruleIDs(l *spec.Layout) (ids []string) {
	add := func(all ...spec.Constraint) {
		for _, c := range all {
			if c.Rule != "" && !slices.Contains(ids, c.Rule) {
				ids = append(ids, c.Rule)
			}
		}
	}
	add(l.Truncated)
	add(l.Each...)
	for _, f := range l.Fields {
		add(f.Truncated)
		add(f.Constraints...)
		add(f.Comparisons...)
	}
	return ids
}

// derived returns ", derived" if the text does not state the requirement.
func derived(r *spec.Requirement) string {
	if r.Derived {
		return ", derived"
	}
	return ""
}
