package spec

import "slices"

// This file says what the tables are made of. The tables themselves are in
// layout_message.go (MS-PCHC), layout_content.go (MS-PCCRC), layout_hash.go (MS-SMB2)
// and layout_retrieval.go (MS-PCCRR), what their rules demand in rules.go, and the two
// programs that walk them in dissect.go and assemble.go. Everything that a generator of other readers (for Wireshark,
// Kaitai Struct, people) needs is in the tables.

// Layout is a structure of the wire format: its fields, in order, without gaps.
type Layout struct {
	Name      string // "SegmentDescriptor"; both versions of Content Information have a SegmentDescription
	Section   string // "MS-PCHC 2.2.1.5"
	Kind      Kind   // never Content: what it is, or is a part of
	Message   bool   // it stands alone; what is part of two kinds always does
	At        int    // of a Message: the offset of Mark
	Mark      string // of a Message: bytes that no other of its kind has there; "": it is the last of its kind
	Fields    []LayoutField
	Each      []Constraint // on every element, where it is the structure of a list
	Truncated Constraint   // violated where the bytes end inside; without Rule where the count that claims them is at fault
	Whole     bool         // it is one field to the specification: where the bytes end inside, it is at fault, by the rule of what is around

	is func(b []byte, request uint16) bool // of a Message without Mark: whether b is one; nil: it is
}

// LayoutField is a row of a [Layout].
type LayoutField struct {
	Name     string
	Text     string // what it holds, one sentence
	Form     Form   // Structure, List, Integer or Bytes
	Extent   Extent // bytes of a leaf, elements of a list
	Little   bool   // an Integer is little-endian
	Of       *Layout
	Item     Extent   // of a List without Of: the extent of its byte strings
	Symbols  []Symbol // names of values
	Notation Notation
	Optional bool // absent where no bytes are left
	Filler   bool // padding: ignored by receivers, zeros from senders
	Follows  bool // its value is the number of bytes that follow it, to the end of the message
	Spans    bool // its value is the number of bytes from the start of its structure to the end of the message
	Secret   bool // key material

	Truncated   Constraint   // violated where the bytes end inside; without Rule it is that of the layout
	Constraints []Constraint // of those that bind, the first that is violated is reported
	Comparisons []Constraint // likewise, with Check Agreement: looked at where the structure ends
	Inside      []Constraint // likewise, of what its bytes say, which are no field; the violation is below its path

	present func(w *walk) bool     // whether it is there; nil: it is
	length  func(w *walk) int      // of it, where it ends before the structure around it; nil: it does not
	inside  func(w *walk, n *Node) // reports the violations in bytes that are not dissected
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
	By        string   // the others: the earlier field that says, here or in a structure around
	Functions []Symbol // HashLength: what By selects from
}

// Measure says what an [Extent] depends on.
type Measure uint8

const (
	ToEnd      Measure = iota // all bytes that are left
	Exactly                   // a number of bytes
	BytesBy                   // as many bytes as a field says, also of a List
	HashLength                // the bytes of the hash function that a field selects
	ElementsBy                // as many elements as a field says
	PaddingBy                 // as many bytes as fill up to a multiple of 4 what a field counts
)

func fixed(n int) Extent          { return Extent{Measure: Exactly, Bytes: n} }
func bytesIn(by string) Extent    { return Extent{Measure: BytesBy, By: by} }
func elementsIn(by string) Extent { return Extent{Measure: ElementsBy, By: by} }
func hashOf(by string, functions []Symbol) Extent {
	return Extent{Measure: HashLength, By: by, Functions: functions}
}

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
	Rule   string // ID of its [Requirement]
	In     string // binds in this message only; "": in all
	NotIn  string // binds in all messages but this
	When   string // binds only where this earlier field is Equals; "": always
	Equals uint64
	Check  Check
	Values []uint64

	compare func(w *walk, n *Node) string // Agreement: what is wrong, "" where nothing is
}

// Check is the condition of a [Constraint].
type Check uint8

const (
	OneOf      Check = iota + 1 // the value is one of Values
	Between                     // the value is Values[0] to Values[1]
	LengthIn                    // the number of bytes is one of Values
	Absent                      // it is not there
	NotEmpty                    // it has elements
	AtMost                      // there are at most Values[0] elements; violated by the first one above
	AnswerOnly                  // the value is Values[0] only in reply to a request of type Values[1]
	Held                        // the bytes of all that it counts are there; it may be 0
	Zeros                       // all its bytes are 0
	Backed                      // the value is not 0, counts whole elements, and the bytes of all of them are there
	Agreement                   // it agrees with other fields; only Dissect can say
)

// Layouts returns the tables: of every kind the messages, in the order in which
// their marks are looked for, each before its parts. They are those that Dissect
// and Assemble use: do not change them.
func Layouts() []*Layout { return slices.Clone(layouts) }

var layouts = func() (all []*Layout) {
	var collect func(l *Layout)
	collect = func(l *Layout) {
		all = append(all, l)
		for i := range l.Fields {
			if part := l.Fields[i].Of; part != nil && !part.Message && !slices.Contains(all, part) {
				collect(part)
			}
		}
	}
	for _, m := range messages {
		collect(m)
	}
	return all
}()

// KnownTag is a well-known value of ContentTag, 16 bytes, with its name.
type KnownTag struct{ Tag, Text string }

// ContentTags returns the well-known values of ContentTag.
func ContentTags() []KnownTag { return slices.Clone(contentTags) }

// Counted returns the field of l whose elements or bytes the field called name
// counts, nil if there is none.
func (l *Layout) Counted(name string) *LayoutField {
	for i := range l.Fields {
		if e := &l.Fields[i].Extent; e.By == name && e.Measure != HashLength && e.Measure != PaddingBy {
			return &l.Fields[i]
		}
	}
	return nil
}

// field returns the field of that name, nil if there is none.
func (l *Layout) field(name string) *LayoutField {
	for i := range l.Fields {
		if l.Fields[i].Name == name {
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

// named returns the symbol for a value.
func named(symbols []Symbol, value uint64) (Symbol, bool) {
	for _, s := range symbols {
		if s.Value == value {
			return s, true
		}
	}
	return Symbol{}, false
}
