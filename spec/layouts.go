package spec

import "slices"

// This file shows the tables to who generates something from them: readers in
// other languages, pages for people. Everything returned is a copy.

// Layout is a structure of the wire format: its fields, in order, without gaps.
type Layout struct {
	Name    string // "SegmentDescriptor"; either version of Content Information has a SegmentDescription
	Section string // "MS-PCHC 2.2.1.5"
	Kind    Kind   // Request, Response, ContentV1 or ContentV2: what it is, or else is part of
	Message bool   // it stands alone; what is part of two kinds always does
	At      int    // of a Message: where Mark stands
	Mark    string // of a Message: bytes that no other of its kind has there; "": it is whatever is left
	Fields  []LayoutField
	Each    []Constraint // on every element, where it is the structure of a list
	Cut     Constraint   // broken where the bytes end inside; without Rule where the count that claims them is at fault
}

// LayoutField is a row of a [Layout].
type LayoutField struct {
	Name     string
	Text     string // what it holds, one sentence
	Form     Form   // Structure, List, Integer or Bytes
	Extent   Extent // bytes of a leaf, elements of a list
	Little   bool   // an Integer's first byte is the least significant one
	Of       *Layout
	Item     Extent   // of a List without Of: the extent of its byte strings
	Symbols  []Symbol // what values are called
	Notation Notation
	Optional bool // absent where no bytes are left
	Secret   bool // key material

	Constraints []Constraint // of those that bind, the first that is broken is what counts
}

// Symbol is a value that has a name.
type Symbol struct {
	Value  uint64
	Text   string
	Length int // bytes of a hash, where the value selects a hash function
}

// Extent says how many bytes or elements there are.
type Extent struct {
	Measure   Measure
	Bytes     int      // Exactly: that many bytes
	By        string   // the others: the earlier field that tells, here or in a structure around
	Functions []Symbol // HashLength: what By selects from
}

// Measure is how an [Extent] is told.
type Measure uint8

const (
	ToEnd      Measure = iota // whatever is left
	Exactly                   // a number of bytes
	BytesBy                   // as many bytes as a field says, also of a List
	HashLength                // the bytes of the hash function that a field selects
	ElementsBy                // as many elements as a field says
)

// Notation is how people write values.
type Notation uint8

const (
	Decimal Notation = iota
	Hexadecimal
	Octets // decimal, a number of bytes
	Tag    // bytes, perhaps one of [ContentTags]
)

// Constraint is a rule that a field or element must keep.
type Constraint struct {
	Rule   string // id of its [Requirement]
	In     string // binds in this message only; "": in all
	When   string // binds only where this earlier field is Equals; "": always
	Equals uint64
	Check  Check
	Values []uint64
}

// Check is what a [Constraint] demands.
type Check uint8

const (
	OneOf      Check = iota + 1 // the value is one of Values
	Between                     // the value is Values[0] to Values[1]
	LengthIn                    // the number of bytes is one of Values
	Absent                      // it is not there
	NotEmpty                    // it has elements
	AtMost                      // there are at most Values[0] elements; broken by the first one above
	AnswerOnly                  // the value is Values[0] only in answer to a request of type Values[1]
	Backed                      // the value is not 0, counts whole elements, and the bytes of all of them are there
	Agreement                   // it agrees with other fields; only Dissect can tell
)

// Layouts returns the tables: of every kind the messages, in the order in which
// their marks are looked for, each before its parts.
func Layouts() []*Layout {
	v := view{made: make(map[*layout]*Layout)}
	for i := range messages { // first, so that no message is taken for a part
		if m := &messages[i]; m.kind != Content { // which is ContentV1 or ContentV2
			v.made[m.layout] = &Layout{Kind: m.kind, Message: true, At: m.at, Mark: m.mark}
		}
	}
	for i := range messages {
		if l := messages[i].layout; v.made[l].Name == "" {
			v.fill(l)
		}
	}
	return v.all
}

// ContentTags returns the well-known values of ContentTag, 16 bytes each, with
// their names as Text.
func ContentTags() (tags []struct{ Tag, Text string }) {
	for _, t := range contentTags {
		tags = append(tags, struct{ Tag, Text string }{t.tag, t.text})
	}
	return tags
}

// A view is a copy of the tables in the making.
type view struct {
	made map[*layout]*Layout
	all  []*Layout
}

// fill makes the copy of l, and of its parts.
func (v *view) fill(l *layout) {
	c := v.made[l]
	v.all = append(v.all, c)
	c.Name, c.Section = l.name, l.section
	c.Each, c.Cut = constraints(l.rules), l.cut.constraint()
	for i := range l.fields {
		f := &l.fields[i]
		if f.of != nil && v.made[f.of] == nil {
			v.made[f.of] = &Layout{Kind: c.Kind}
			v.fill(f.of)
		}
		c.Fields = append(c.Fields, LayoutField{
			Name: f.name, Text: f.text, Form: f.form,
			Extent: f.extent.view(), Little: f.order == little,
			Of: v.made[f.of], Item: f.item.view(),
			Symbols: symbols(f.names), Notation: Notation(f.shown),
			Optional: f.optional, Secret: f.secret,
			Constraints: append(constraints(f.rules), constraints(f.late)...),
		})
	}
}

func (e *extent) view() Extent {
	return Extent{Measure: Measure(e.kind), Bytes: e.n, By: e.by, Functions: symbols(e.names)}
}

func symbols(names []symbol) (s []Symbol) {
	for _, n := range names {
		s = append(s, Symbol{Value: n.value, Text: n.text, Length: n.size})
	}
	return s
}

func constraints(rules []rule) (c []Constraint) {
	for i := range rules {
		c = append(c, rules[i].constraint())
	}
	return c
}

func (r *rule) constraint() Constraint {
	c := Constraint{Rule: r.id, In: r.in, When: r.when.field, Equals: r.when.value}
	switch must := r.must.(type) {
	case oneOf:
		c.Check, c.Values = OneOf, slices.Clone(must)
	case between:
		c.Check, c.Values = Between, []uint64{must.low, must.high}
	case lengthOf:
		c.Check = LengthIn
		for _, n := range must {
			c.Values = append(c.Values, uint64(n))
		}
	case absent:
		c.Check = Absent
	case notEmpty:
		c.Check = NotEmpty
	case atMost:
		c.Check, c.Values = AtMost, []uint64{uint64(must.n)}
	case onlyTo:
		c.Check, c.Values = AnswerOnly, []uint64{must.code, must.request}
	case backed:
		c.Check = Backed
	case spanning:
		c.Check = Agreement
	}
	return c
}

// Counted returns the field of l whose elements or bytes the field called name
// counts, nil if there is none.
func (l *Layout) Counted(name string) *LayoutField {
	for i := range l.Fields {
		if e := &l.Fields[i].Extent; e.By == name && e.Measure != HashLength {
			return &l.Fields[i]
		}
	}
	return nil
}

// ElementSize returns what each element of a List takes: a number of bytes, and
// of hashes. ok is false if they differ.
func (f *LayoutField) ElementSize() (bytes, hashes int, ok bool) {
	extents := []Extent{f.Item}
	if f.Of != nil {
		extents = nil
		for i := range f.Of.Fields {
			extents = append(extents, f.Of.Fields[i].Extent)
		}
	}
	for _, e := range extents {
		switch e.Measure {
		case Exactly:
			bytes += e.Bytes
		case HashLength:
			hashes++
		default:
			return 0, 0, false
		}
	}
	return bytes, hashes, true
}

// Enumerated reports whether the field may have no other values than those of
// its Symbols.
func (f *LayoutField) Enumerated() bool {
	for _, c := range f.Constraints {
		if c.Check == OneOf && c.In == "" && c.When == "" && len(c.Values) == len(f.Symbols) {
			return !slices.ContainsFunc(f.Symbols, func(s Symbol) bool { return !slices.Contains(c.Values, s.Value) })
		}
	}
	return false
}
