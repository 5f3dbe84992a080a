package wireshark

import (
	"embed"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/hostedcache/pchc/spec"
)

// The parts of the dissector that are no tables, in their order around them.
//
//go:embed head.lua
var head string

//go:embed rules.lua parts.lua crypto.lua blocks.lua walk.lua http.lua xml.lua discovery_rules.lua discovery.lua
var code embed.FS

// Dissector returns the Lua source of the dissector.
func Dissector() string {
	var g generator
	g.contentTags()
	g.hashLengths()
	g.line("local layouts = {}\n")
	for _, l := range Layouts() {
		g.layout(l)
	}
	g.messages()
	g.requirements()
	g.line("local paths = {")
	for _, path := range []string{spec.PathV1, spec.PathV2} {
		g.line("  [%s] = \"pchc\",", quote(strings.ToLower(path)))
	}
	g.line("}")
	g.line("local retrieval_path = %s\n", quote(strings.ToLower(spec.PathRetrieval)+"/"))
	g.discovery()
	parts := []string{head, g.b.String()}
	for _, name := range []string{"rules", "parts", "crypto", "blocks", "walk", "http", "xml", "discovery_rules", "discovery"} {
		part, err := code.ReadFile(name + ".lua")
		if err != nil {
			panic(err) // it is embedded
		}
		parts = append(parts, string(part))
	}
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i]) + "\n"
	}
	return strings.Replace(strings.Join(parts, "\n"), "--@CONSTANTS@", constants(), 1)
}

// Abbreviation returns the name of a layout in display filters:
// "mspchc.messageheader".
func Abbreviation(l *spec.Layout) string {
	name := strings.ToLower(strings.ReplaceAll(l.Name, "_", ""))
	switch {
	case l == requestedSegment():
		name += "s" // a structure; the field in it has its name
	case l.Message && single(l):
		return prefixes[l.Kind] // needs no name
	}
	return prefixes[l.Kind] + "." + name
}

// single reports whether the fields of a message are named without it: it is the only
// message of its kind, or all have the same ones, as those of MS-PCCRR.
func single(l *spec.Layout) bool {
	if shares[l.Kind] {
		return l.Name != "UNKNOWN"
	}
	return !slices.ContainsFunc(Layouts(), func(other *spec.Layout) bool {
		return other.Message && other.Kind == l.Kind && other.Name != l.Name
	})
}

// FieldAbbreviation returns the name of a field of l in display filters:
// "mspchc.messageheader.type". The fields of the bodies of MS-PCCRR have the same name
// in all messages: "mspccrr.segmentid".
func FieldAbbreviation(l *spec.Layout, f *spec.LayoutField) string {
	around := Abbreviation(l)
	if shares[l.Kind] && (l.Name == "MESSAGE_BODY" || l == requestedSegment()) {
		around = prefixes[l.Kind]
	}
	return around + "." + strings.ToLower(f.Name)
}

// shares has the kinds whose messages have fields in common.
var shares = map[spec.Kind]bool{spec.RetrievalRequest: true, spec.RetrievalResponse: true}

// requestedSegment returns the element of a list of segments, which is called like the
// field in it.
var requestedSegment = sync.OnceValue(func() *spec.Layout {
	all := spec.Layouts()
	return all[slices.IndexFunc(all, func(l *spec.Layout) bool { return shares[l.Kind] && l.Name == "SegmentID" })]
})

var prefixes = map[spec.Kind]string{
	spec.Request:           "mspchc",
	spec.Response:          "mspchc",
	spec.ContentV1:         "mspccrc.v1",
	spec.ContentV2:         "mspccrc.v2",
	spec.HashRequest:       "mssmb2hash",
	spec.HashResponse:      "mssmb2hash",
	spec.RetrievalRequest:  "mspccrr",
	spec.RetrievalResponse: "mspccrr",
}

// Layouts returns the tables of what the dissector reads.
func Layouts() []*spec.Layout {
	return slices.DeleteFunc(spec.Layouts(), func(l *spec.Layout) bool { return prefixes[l.Kind] == "" })
}

// Compares reports whether the dissector checks a rule that compares fields with each
// other.
func Compares(rule string) bool {
	document, _, _ := strings.Cut(rule, "-")
	return document == "PCCRR" || document == "SMB2"
}

// kinds are what the walker calls the kinds of messages.
var kinds = []struct {
	kind spec.Kind
	name string
}{
	{spec.Request, "request"},
	{spec.Response, "response"},
	{spec.ContentV1, "content_v1"},
	{spec.ContentV2, "content_v2"},
	{spec.HashRequest, "hash_request"},
	{spec.HashResponse, "hash_response"},
	{spec.RetrievalRequest, "retrieval_request"},
	{spec.RetrievalResponse, "retrieval_response"},
}

var checks = map[spec.Check]string{
	spec.OneOf:      "one_of",
	spec.Between:    "between",
	spec.LengthIn:   "length_in",
	spec.Absent:     "absent",
	spec.NotEmpty:   "not_empty",
	spec.AtMost:     "at_most",
	spec.AnswerOnly: "answer_only",
	spec.Backed:     "backed",
	spec.Held:       "held",
	spec.Zeros:      "zeros",
	spec.Agreement:  "agreement",
}

type generator struct {
	b     strings.Builder
	rules []string // ids of all rules met so far

	namespace string // of the elements of MS-PCCRD
}

func (g *generator) line(format string, args ...any) {
	fmt.Fprintf(&g.b, format+"\n", args...)
}

func (g *generator) contentTags() {
	g.line("local content_tags = {")
	for _, t := range spec.ContentTags() {
		g.line("  [%s] = %s,", quote(t.Tag), quote(t.Text))
	}
	g.line("}\n")
}

// hashLengths writes, by field that selects a hash function, the lengths of hashes.
func (g *generator) hashLengths() {
	functions := make(map[string][]spec.Symbol)
	for _, l := range Layouts() {
		for _, f := range l.Fields {
			if f.Extent.Measure == spec.HashLength {
				functions[f.Extent.By] = f.Extent.Functions
			}
		}
	}
	g.line("local hash_lengths = {")
	for _, by := range slices.Sorted(maps.Keys(functions)) {
		var lengths []string
		for _, s := range functions[by] {
			lengths = append(lengths, fmt.Sprintf("[0x%x] = %d", s.Value, s.Length))
		}
		g.line("  %s = { %s },", by, strings.Join(lengths, ", "))
	}
	g.line("}\n")
}

func (g *generator) layout(l *spec.Layout) {
	proto, _, _ := strings.Cut(prefixes[l.Kind], ".")
	g.line("layouts[%s] = {", quote(key(l)))
	g.line("  name = %s, section = %s, proto = %s,", quote(l.Name), quote(l.Section), proto)
	if l.Whole {
		g.line("  whole = true,")
	}
	if what := reads[key(l)]; what != "" {
		g.line("  read = %s,", quote(what))
	}
	if !l.Message {
		g.line("  item = ProtoField.none(%s, %s, base.NONE, %s),", quote(Abbreviation(l)), quote(l.Name), quote(l.Section))
	}
	if l.Truncated.Rule != "" {
		g.line("  truncated = %s,", g.rule(l, nil, &l.Truncated))
	}
	g.constraints("  each", l, nil, l.Each)
	g.line("  fields = {")
	for i := range l.Fields {
		g.field(l, &l.Fields[i])
	}
	g.line("  },\n}\n")
}

// key returns a name that no other layout has.
func key(l *spec.Layout) string { return l.Section + " " + l.Name }

// reads has what is done with structures once they have been read.
var reads = map[string]string{
	"MS-PCCRC 2.3 CONTENT_INFORMATION_V1": "content_v1",
	"MS-PCCRC 2.4 CONTENT_INFORMATION_V2": "content_v2",
	"MS-PCCRR 2.2.5.3 MESSAGE_BODY":       "block",
}

func (g *generator) field(l *spec.Layout, f *spec.LayoutField) {
	parts := []string{"name = " + quote(f.Name)}
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	switch f.Form {
	case spec.Structure:
		add(`form = "structure", of = %s`, quote(key(f.Of)))
	case spec.List:
		add(`form = "list"`)
		if f.Of != nil {
			add("of = %s", quote(key(f.Of)))
		} else {
			add("element = { %s }", measure(f, f.Item))
		}
	case spec.Integer:
		add(`form = "integer"`)
	case spec.Bytes:
		add(`form = "bytes"`)
	}
	if f.Form != spec.Structure {
		add("extent = { %s }", measure(f, f.Extent))
	}
	if f.Little {
		add("little = true")
	}
	if f.Optional {
		add("optional = true")
	}
	if f.Secret {
		add("secret = true")
	}
	if f.Notation == spec.Tag {
		add("tag = true")
	}
	if l.Name == "Buffer" && f.Optional && f.Name != "Trailing" {
		add("part = %s", quote(f.Name))
	}
	if f.Name == "ExtensibleBlob" {
		add("inside = %s", quote(f.Name))
	}
	if held(l, f) {
		add("held = true")
	}
	if f.Truncated.Rule != "" {
		add("truncated = %s", g.rule(l, f, &f.Truncated))
	}
	g.line("    { %s,", strings.Join(parts, ", "))
	if f.Of == nil {
		g.line("      item = %s,", protoField(l, f))
	}
	if len(f.Symbols) > 0 && !f.Enumerated() {
		g.line("      meanings = %s,", valueString(f.Symbols))
	}
	g.constraints("      rules", l, f, f.Constraints)
	g.constraints("      comparisons", l, f, slices.DeleteFunc(slices.Clone(f.Comparisons),
		func(c spec.Constraint) bool { return !Compares(c.Rule) }))
	g.line("    },")
}

// held reports whether a rule demands that the bytes of f are there.
func held(l *spec.Layout, f *spec.LayoutField) bool {
	if f.Extent.Measure != spec.BytesBy {
		return false
	}
	return slices.ContainsFunc(l.Fields, func(by spec.LayoutField) bool {
		return by.Name == f.Extent.By && slices.ContainsFunc(by.Constraints, func(c spec.Constraint) bool { return c.Check == spec.Held })
	})
}

func measure(f *spec.LayoutField, e spec.Extent) string {
	switch e.Measure {
	case spec.Exactly:
		return fmt.Sprintf("bytes = %d", e.Bytes)
	case spec.BytesBy:
		if bytes, _, ok := f.ElementSize(); ok && f.Form == spec.List {
			return fmt.Sprintf("bytes_by = %s, element = %d", quote(e.By), bytes)
		}
		return fmt.Sprintf("bytes_by = %s", quote(e.By))
	case spec.HashLength:
		return fmt.Sprintf("hash_by = %s", quote(e.By))
	case spec.ElementsBy:
		return fmt.Sprintf("elements_by = %s", quote(e.By))
	case spec.PaddingBy:
		return fmt.Sprintf("padding_by = %s", quote(e.By))
	}
	return "to_end = true"
}

func protoField(l *spec.Layout, f *spec.LayoutField) string {
	names := quote(FieldAbbreviation(l, f)) + ", " + quote(f.Name)
	if f.Form != spec.Integer {
		return fmt.Sprintf("ProtoField.bytes(%s, base.NONE, %s)", names, quote(f.Text))
	}
	base, values := "base.DEC", "nil"
	switch f.Notation {
	case spec.Hexadecimal:
		base = "base.HEX"
	case spec.Octets:
		base, values = "base.UNIT_STRING", `{ " byte", " bytes" }`
	}
	if f.Enumerated() {
		values = valueString(f.Symbols)
	}
	return fmt.Sprintf("ProtoField.uint%d(%s, %s,\n        %s, nil, %s)", 8*f.Extent.Bytes, names, base, values, quote(f.Text))
}

func valueString(symbols []spec.Symbol) string {
	var values []string
	for _, s := range symbols {
		values = append(values, fmt.Sprintf("[%d] = %s", s.Value, quote(s.Text)))
	}
	return "{ " + strings.Join(values, ", ") + " }"
}

func (g *generator) constraints(name string, l *spec.Layout, f *spec.LayoutField, all []spec.Constraint) {
	var rules []string
	for i := range all {
		rules = append(rules, g.rule(l, f, &all[i]))
	}
	if len(rules) > 0 {
		indent := strings.Repeat(" ", len(name)-len(strings.TrimSpace(name)))
		g.line("%s = {\n%s  %s,\n%[2]s},", name, indent, strings.Join(rules, ",\n"+indent+"  "))
	}
}

func (g *generator) rule(l *spec.Layout, f *spec.LayoutField, c *spec.Constraint) string {
	if !slices.Contains(g.rules, c.Rule) {
		g.rules = append(g.rules, c.Rule)
	}
	parts := []string{"id = " + quote(c.Rule)}
	if c.In != "" {
		parts = append(parts, "message = "+quote(c.In))
	}
	if c.NotIn != "" {
		parts = append(parts, "not_in = "+quote(c.NotIn))
	}
	if c.When != "" {
		parts = append(parts, "when = "+quote(c.When), fmt.Sprintf("equals = %d", c.Equals))
	}
	if c.Check != 0 {
		parts = append(parts, "check = "+quote(checks[c.Check]))
	}
	for _, v := range c.Values {
		parts = append(parts, strconv.FormatUint(v, 10))
	}
	if c.Check == spec.Backed || c.Check == spec.Held {
		list := l.Counted(f.Name)
		bytes, hashes, ok := list.ElementSize()
		switch {
		case list.Form != spec.List:
			bytes = 1
		case !ok:
			bytes, hashes = 4, 0 // a size of its own at least
		}
		parts = append(parts, fmt.Sprintf("bytes = %d, hashes = %d", bytes, hashes))
		if hashes > 0 {
			parts = append(parts, "by = "+quote(hashSelector(list)))
		}
		if list.Extent.Measure == spec.BytesBy {
			parts = append(parts, "counts_bytes = true")
		}
	}
	return "{ " + strings.Join(parts, ", ") + " }"
}

// hashSelector returns the field that selects the hash function of a list.
func hashSelector(list *spec.LayoutField) string {
	if list.Of == nil {
		return list.Item.By
	}
	for _, f := range list.Of.Fields {
		if f.Extent.Measure == spec.HashLength {
			return f.Extent.By
		}
	}
	return ""
}

func (g *generator) messages() {
	g.line("-- The messages of each kind, in the order in which their marks are looked for.")
	g.line("local messages = {")
	for _, k := range kinds {
		g.line("  %s = {", k.name)
		for _, l := range Layouts() {
			if l.Message && l.Kind == k.kind {
				form := ""
				if l.Section == "MS-SMB2 2.2.32.4.3" {
					form = ", file_based = true"
				}
				g.line("    { layout = %s, at = %d, mark = %s%s },", quote(key(l)), l.At, quote(l.Mark), form)
			}
		}
		g.line("  },")
	}
	g.line("}\n")
}

func (g *generator) requirements() {
	g.line("local rules = {")
	for _, r := range spec.Requirements() { // no field of a table has those of the extensible blob and of discovery
		if strings.HasPrefix(r.ID, "PCCRR-2.2.6") || r.CheckedBy == spec.DiscoveryBytes {
			g.rules = append(g.rules, r.ID)
		}
	}
	for _, id := range g.rules {
		r, _ := spec.RequirementByID(id)
		g.line("  [%s] = { class = %s,\n    text = %s },", quote(id), quote(r.Class.String()), quote(r.Text))
	}
	g.line("}\n")
}

// quote writes a string in Lua.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, "\\%03d", c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
