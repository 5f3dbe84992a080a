package kaitai

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/hostedcache/pchc/spec"
)

// A Definition is a file for the Kaitai Struct compiler.
type Definition struct {
	Name string // "ms_pchc_request"; the file is Name + ".ksy"
	Text string
}

// Definitions returns all definitions. ms_pchc_request and
// ms_smb2_hash_based_response import ms_pccrc_v1, and ms_smb2_file_based_response
// imports both versions.
func Definitions() []Definition {
	var all []Definition
	for _, m := range modules {
		g := generator{module: m, layouts: m.layouts()}
		g.definition()
		all = append(all, Definition{m.name, g.b.String()})
	}
	return all
}

type module struct {
	kind                  spec.Kind
	name, title, doc, ref string
	section               string // that of its only message; "" for all messages of kind
}

// layouts returns the messages of the module and their parts, in the order of the
// tables.
func (m *module) layouts() []*spec.Layout {
	wanted := make(map[*spec.Layout]bool)
	var want func(l *spec.Layout)
	want = func(l *spec.Layout) {
		wanted[l] = true
		for _, f := range l.Fields {
			if f.Of != nil && !f.Of.Message {
				want(f.Of)
			}
		}
	}
	for _, l := range spec.Layouts() {
		if l.Message && l.Kind == m.kind && (m.section == "" || m.section == l.Section) {
			want(l)
		}
	}
	return slices.DeleteFunc(spec.Layouts(), func(l *spec.Layout) bool { return !wanted[l] })
}

var modules = []module{
	{spec.Request, "ms_pchc_request", "BranchCache hosted cache protocol, request",
		"Offer of a client to its hosted cache: the body of an HTTP POST.", "[MS-PCHC] 2.2.1", ""},
	{spec.Response, "ms_pchc_response", "BranchCache hosted cache protocol, response",
		"Reply of a hosted cache to an offer: the body of an HTTP response.", "[MS-PCHC] 2.2.2", ""},
	{spec.ContentV1, "ms_pccrc_v1", "BranchCache Content Information, version 1.0",
		"Hashes and keys of segments, and hashes of blocks.", "[MS-PCCRC] 2.3", ""},
	{spec.ContentV2, "ms_pccrc_v2", "BranchCache Content Information, version 2.0",
		"Hashes and keys of segments.", "[MS-PCCRC] 2.4", ""},
	{spec.RetrievalRequest, "ms_pccrr_request", "BranchCache retrieval protocol, request",
		"Request of a client to a peer or hosted cache: the body of an HTTP POST.", "[MS-PCCRR] 2.2.4", ""},
	{spec.RetrievalResponse, "ms_pccrr_response", "BranchCache retrieval protocol, response",
		"Response of a peer or hosted cache: the body of an HTTP response.", "[MS-PCCRR] 2.2.5", ""},
	{spec.HashRequest, "ms_smb2_read_hash_request", "BranchCache hashes over SMB2, request",
		"Input of FSCTL_SRV_READ_HASH.", "[MS-SMB2] 2.2.31.2", ""},
	{spec.HashResponse, "ms_smb2_hash_based_response", "BranchCache hashes over SMB2, hash based response",
		"Output of FSCTL_SRV_READ_HASH, if HashRetrievalType of the request is SRV_HASH_RETRIEVE_HASH_BASED.",
		"[MS-SMB2] 2.2.32.4.2", "MS-SMB2 2.2.32.4.2"},
	{spec.HashResponse, "ms_smb2_file_based_response", "BranchCache hashes over SMB2, file based response",
		"Output of FSCTL_SRV_READ_HASH, if HashRetrievalType of the request is SRV_HASH_RETRIEVE_FILE_BASED.",
		"[MS-SMB2] 2.2.32.4.3", "MS-SMB2 2.2.32.4.3"},
}

func moduleOf(kind spec.Kind) module {
	return modules[slices.IndexFunc(modules, func(m module) bool { return m.kind == kind })]
}

type generator struct {
	module  module
	layouts []*spec.Layout // of the module
	enums   []*spec.LayoutField
	b       strings.Builder
}

func (g *generator) line(indent int, format string, args ...any) {
	g.b.WriteString(strings.Repeat("  ", indent) + fmt.Sprintf(format, args...) + "\n")
}

func (g *generator) definition() {
	var messages []*spec.Layout
	for _, l := range g.layouts {
		if l.Message {
			messages = append(messages, l)
		}
	}
	g.line(0, "meta:")
	g.line(1, "id: %s", g.module.name)
	g.line(1, "title: %s", quote(g.module.title))
	g.line(1, "license: Apache-2.0")
	g.line(1, "ks-version: 0.11")
	if imports := g.imports(); len(imports) > 0 {
		g.line(1, "imports:")
		for _, name := range imports {
			g.line(2, "- %s", name)
		}
	}
	g.line(1, "endian: %s", g.endian())
	g.line(0, "doc: |")
	g.line(1, "%s", g.module.doc)
	g.line(0, "")
	g.line(1, "Generated from the tables of https://github.com/hostedcache/pchc: do not edit.")
	g.line(0, "doc-ref: %s", quote(g.module.ref))
	if len(messages) == 1 {
		g.seq(0, messages[0], messages[0].Fields)
		g.instances()
	} else {
		g.choice(messages)
	}
	g.types(messages)
	g.enumerations()
}

func (g *generator) imports() (names []string) {
	for _, l := range g.layouts {
		for _, f := range l.Fields {
			if f.Of == nil || !f.Of.Message {
				continue
			}
			if name := moduleOf(f.Of.Kind).name; !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// endian returns the byte order of all integers of the module.
func (g *generator) endian() string {
	for _, l := range g.layouts {
		for _, f := range l.Fields {
			if f.Little {
				return "le"
			}
		}
	}
	return "be"
}

// choice writes what all messages of the module begin with, and a body that
// depends on the field with their marks.
func (g *generator) choice(messages []*spec.Layout) {
	head := shared(messages)
	g.seq(0, messages[0], messages[0].Fields[:head])
	path, f := fieldAt(messages[0], messages[0].At)
	g.line(1, "- id: body")
	g.line(2, "type:")
	g.line(3, "switch-on: %s", path)
	g.line(3, "cases:")
	for _, m := range messages {
		value := "_"
		if m.Mark != "" {
			number := uint64(0)
			for _, c := range []byte(m.Mark) { // marks are big-endian
				number = number<<8 | uint64(c)
			}
			value = quote(symbol(f, number))
		}
		g.line(4, "%s: %s", value, snake(m.Name))
	}
}

// shared returns how many fields all messages begin with.
func shared(messages []*spec.Layout) int {
	n := 0
	for ; ; n++ {
		for _, m := range messages {
			if n >= len(m.Fields) || m.Fields[n].Name != messages[0].Fields[n].Name || m.Fields[n].Of != messages[0].Fields[n].Of {
				return n
			}
		}
	}
}

// fieldAt returns the field at an offset, with its path.
func fieldAt(l *spec.Layout, offset int) (string, *spec.LayoutField) {
	for i := range l.Fields {
		f := &l.Fields[i]
		if f.Of != nil {
			if size := fixedSize(f.Of); offset >= size {
				offset -= size
				continue
			}
			path, found := fieldAt(f.Of, offset)
			return snake(f.Name) + "." + path, found
		}
		if offset < f.Extent.Bytes {
			return snake(f.Name), f
		}
		offset -= f.Extent.Bytes
	}
	return "", nil
}

func fixedSize(l *spec.Layout) (n int) {
	for _, f := range l.Fields {
		n += f.Extent.Bytes
		if f.Of != nil {
			n += fixedSize(f.Of)
		}
	}
	return n
}

// isBody reports whether l is the body of a message, whose fields its type has.
func isBody(l *spec.Layout) bool { return l.Name == "MESSAGE_BODY" }

func (g *generator) types(messages []*spec.Layout) {
	if len(g.layouts) == 1 {
		return
	}
	g.line(0, "types:")
	head := 0
	if len(messages) > 1 {
		head = shared(messages)
	}
	for _, l := range g.layouts {
		if l.Message && len(messages) == 1 || isBody(l) {
			continue
		}
		g.line(1, "%s:", snake(l.Name))
		g.line(2, "-orig-id: %s", l.Name)
		g.line(2, "doc-ref: %s", ref(l.Section))
		fields := l.Fields
		if l.Message {
			fields = fields[head:]
		}
		g.seq(2, l, fields)
		if l.Name == "Buffer" && g.module.section == fileBased {
			g.line(2, "instances:")
			g.line(3, "begin:")
			g.line(4, "pos: 0")
			g.line(4, "type: u2be")
			g.line(4, "doc: The version, if Content Information 2.0 is all that there is.")
		}
	}
}

func (g *generator) seq(indent int, l *spec.Layout, fields []spec.LayoutField) {
	g.line(indent, "seq:")
	for i := range fields {
		f := &fields[i]
		if _, ok := g.part(l, f); !ok && isPart(l, f) {
			continue
		}
		if f.Of == nil || !isBody(f.Of) {
			g.field(indent+1, l, f)
			continue
		}
		for j := range f.Of.Fields {
			g.field(indent+1, f.Of, &f.Of.Fields[j])
		}
	}
}

func (g *generator) field(indent int, l *spec.Layout, f *spec.LayoutField) {
	g.line(indent, "- id: %s", snake(f.Name))
	indent++
	g.line(indent, "-orig-id: %s", f.Name)
	switch {
	case f.Form == spec.Integer:
		g.line(indent, "type: u%d", f.Extent.Bytes)
		if f.Enumerated() {
			g.line(indent, "enum: %s", snake(f.Name))
			g.enums = append(g.enums, f)
		}
	case f.Of != nil && f.Of.Message:
		g.line(indent, "type: %s", moduleOf(f.Of.Kind).name)
	case f.Of != nil:
		g.line(indent, "type: %s", snake(f.Of.Name))
		if f.Form == spec.Structure && f.Extent.Measure == spec.BytesBy {
			g.size(indent, f.Extent)
		}
	case f.Form == spec.List:
		g.size(indent, f.Item)
	case !isPart(l, f):
		g.size(indent, f.Extent)
	}
	if part, ok := g.part(l, f); ok {
		if part.size != "" {
			g.line(indent, "size: %s", quote(part.size))
		}
		g.line(indent, "if: %s", quote(part.present))
	}
	if f.Form == spec.List {
		g.repeat(indent, f)
	}
	if valid := g.valid(l, f); valid != "" {
		g.line(indent, "valid:")
		g.line(indent+1, "%s", valid)
	}
	g.line(indent, "doc: %s", quote(f.Text))
	last := ""
	for _, c := range slices.Concat(f.Constraints, f.Comparisons) {
		if c.Rule != last { // a rule may have a constraint for each message
			g.line(indent, "# %s", c.Rule)
		}
		last = c.Rule
	}
}

func (g *generator) size(indent int, e spec.Extent) {
	switch e.Measure {
	case spec.Exactly:
		g.line(indent, "size: %d", e.Bytes)
	case spec.BytesBy:
		g.line(indent, "size: %s", snake(e.By))
	case spec.HashLength:
		g.line(indent, "size: _root.%s", hashLength)
	case spec.PaddingBy:
		g.line(indent, "size: '(4 - %s %% 4) %% 4'", snake(e.By))
	default:
		g.line(indent, "size-eos: true")
	}
}

func (g *generator) repeat(indent int, f *spec.LayoutField) {
	count := snake(f.Extent.By)
	switch f.Extent.Measure {
	case spec.ToEnd:
		g.line(indent, "repeat: eos")
		return
	case spec.BytesBy:
		bytes, _, _ := f.ElementSize()
		count = fmt.Sprintf("%s / %d", count, bytes)
	}
	g.line(indent, "repeat: expr")
	g.line(indent, "repeat-expr: %s", count)
}

// valid returns the key and value for the format rules that depend on the field
// alone, or "".
func (g *generator) valid(l *spec.Layout, f *spec.LayoutField) string {
	var tests []string
	for _, c := range f.Constraints {
		r, _ := spec.RequirementByID(c.Rule)
		if r.Class == spec.Format && g.applies(l, &c) {
			if test := condition(l, f, &c); test != "" {
				tests = append(tests, test)
			}
		}
	}
	for _, c := range f.Comparisons {
		if r, _ := spec.RequirementByID(c.Rule); r.Class != spec.Format {
			continue
		}
		switch {
		case f.Follows:
			return "expr: '_ == _io.size - _io.pos'"
		case f.Spans:
			return fmt.Sprintf("expr: '_ == _io.size - _io.pos + %d'", endOf(l, f))
		}
	}
	for i, c := range f.Constraints { // the usual case is more readable this way
		if i == 0 && len(tests) == 1 && c.Check == spec.OneOf && c.In == "" {
			var values []string
			for _, v := range c.Values {
				values = append(values, symbol(f, v))
			}
			if len(values) == 1 {
				return "eq: " + values[0]
			}
			return "any-of: [" + strings.Join(values, ", ") + "]"
		}
	}
	if len(tests) > 1 {
		for i := range tests {
			tests[i] = "(" + tests[i] + ")"
		}
	}
	if len(tests) == 0 {
		return ""
	}
	return "expr: " + quote(strings.Join(tests, " and "))
}

// endOf returns the number of bytes from the start of l to the end of f.
func endOf(l *spec.Layout, f *spec.LayoutField) int {
	before := *l
	before.Fields = l.Fields[:1+slices.IndexFunc(l.Fields, func(other spec.LayoutField) bool { return other.Name == f.Name })]
	return fixedSize(&before)
}

// applies reports whether c applies in the module: not if it binds in messages of
// another module only.
func (g *generator) applies(l *spec.Layout, c *spec.Constraint) bool {
	return c.In == "" || slices.ContainsFunc(g.layouts, func(m *spec.Layout) bool { return m.Name == c.In })
}

// condition returns the expression for a constraint of the field, or "".
func condition(l *spec.Layout, f *spec.LayoutField, c *spec.Constraint) string {
	value, any := "_", []string(nil)
	switch c.Check {
	case spec.LengthIn, spec.Absent:
		value = "_.length"
	case spec.Backed:
		test := "_ > 0"
		if list := l.Counted(f.Name); list.Extent.Measure == spec.BytesBy {
			bytes, _, _ := list.ElementSize()
			test += fmt.Sprintf(" and _ %% %d == 0", bytes)
		}
		return test
	case spec.OneOf:
	default:
		return ""
	}
	for _, v := range c.Values {
		any = append(any, value+" == "+symbol(f, v))
	}
	if c.Check == spec.Absent {
		any = []string{value + " == 0"}
	}
	if c.When != "" {
		for i := range l.Fields {
			if when := &l.Fields[i]; when.Name == c.When {
				any = append([]string{snake(c.When) + " != " + symbol(when, c.Equals)}, any...)
			}
		}
	}
	return strings.Join(any, " or ")
}

// hashLength is the name of the instance that has the length of hashes.
const hashLength = "hash_length"

// instances writes the length of a hash, if a field selects the hash function.
func (g *generator) instances() {
	for _, l := range g.layouts {
		for _, f := range l.Fields {
			if f.Extent.Measure != spec.HashLength {
				continue
			}
			var by *spec.LayoutField
			for i := range g.layouts[0].Fields {
				if g.layouts[0].Fields[i].Name == f.Extent.By {
					by = &g.layouts[0].Fields[i]
				}
			}
			last := len(f.Extent.Functions) - 1
			length := fmt.Sprint(f.Extent.Functions[last].Length)
			for i := last - 1; i >= 0; i-- {
				s := f.Extent.Functions[i]
				if i < last-1 {
					length = "(" + length + ")"
				}
				length = fmt.Sprintf("%s == %s ? %d : %s", snake(by.Name), symbol(by, s.Value), s.Length, length)
			}
			g.line(0, "instances:")
			g.line(1, "%s:", hashLength)
			g.line(2, "value: %s", quote(length))
			g.line(2, "doc: Length of each hash in bytes.")
			return
		}
	}
}

func (g *generator) enumerations() {
	if len(g.enums) == 0 {
		return
	}
	g.line(0, "enums:")
	var done []string
	for _, f := range g.enums {
		if slices.Contains(done, f.Name) {
			continue
		}
		done = append(done, f.Name)
		g.line(1, "%s:", snake(f.Name))
		for _, s := range f.Symbols {
			g.line(2, "%s:", literal(f, s.Value))
			g.line(3, "id: %s", snake(s.Text))
			g.line(3, "-orig-id: %s", quote(s.Text))
		}
	}
}

// symbol writes a value of the field: a number, or one of its enumeration.
func symbol(f *spec.LayoutField, v uint64) string {
	if f.Enumerated() {
		for _, s := range f.Symbols {
			if s.Value == v {
				return snake(f.Name) + "::" + snake(s.Text)
			}
		}
	}
	return literal(f, v)
}

func literal(f *spec.LayoutField, v uint64) string {
	if f.Notation == spec.Hexadecimal {
		return fmt.Sprintf("0x%04x", v)
	}
	return fmt.Sprint(v)
}

// snake makes an identifier of a name: "ull_offset_in_content".
func snake(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, c := range runes {
		switch {
		case !unicode.IsLetter(c) && !unicode.IsDigit(c):
			c = '_'
		case i > 0 && unicode.IsUpper(c) && unicode.IsLower(runes[i-1]),
			i > 0 && i+1 < len(runes) && unicode.IsUpper(c) && unicode.IsUpper(runes[i-1]) && unicode.IsLower(runes[i+1]):
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

// ref writes a section as a reference: "[MS-PCHC] 2.2.1.5".
func ref(section string) string {
	document, number, _ := strings.Cut(section, " ")
	return quote("[" + document + "] " + number)
}

// quote writes a string in YAML.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
