package spec

// This file says what the tables are made of. The tables themselves are in
// layout_message.go (MS-PCHC) and layout_content.go (MS-PCCRC), the predicates
// of their rules in rules.go, and the two programs that walk them in
// dissect.go and assemble.go. Everything that a generator of other readers
// (for Wireshark, Kaitai Struct, people) has to know stands in the tables.

// A layout is a structure of the wire format: its fields, in order, without gaps.
type layout struct {
	name    string
	section string
	cut     rule    // broken where the bytes end in a field; it has no test, and no id where a count claims the bytes
	rules   []rule  // looked at where an element of this layout begins
	fields  []field // in wire order
}

// A field is one row of a layout.
type field struct {
	name     string
	form     Form
	extent   extent
	order    byteOrder // Integer only
	of       *layout   // Structure: what it is; List: what its elements are
	item     extent    // List without of: its elements are byte strings of this extent
	names    []symbol  // what its values are called
	shown    notation
	optional bool   // absent where no bytes are left
	filler   bool   // holds nothing: ignored by who reads, zero from who writes
	follows  bool   // its value is the number of bytes that follow it, to the end of the message
	secret   bool   // key material
	rules    []rule // looked at where the field ends
	late     []rule // looked at where its structure ends, since they need what comes after
	text     string // what it holds, for people
}

// A byteOrder is the order of an Integer's bytes.
type byteOrder uint8

const (
	big byteOrder = iota + 1
	little
)

// A notation is how people write a field's values.
type notation uint8

const (
	decimal notation = iota
	hexadecimal
	octets     // decimal, a number of bytes
	contentTag // bytes, one of contentTags
)

// A symbol is a value that has a name. Where the value selects a hash
// function, size is the length of its hashes.
type symbol struct {
	value uint64
	text  string
	size  int
}

// An extent says how many bytes or elements a field has.
type extent struct {
	kind  extentKind
	n     int      // exact: that many bytes
	by    string   // the others: the earlier field that tells
	names []symbol // hashed: the hash functions that it selects from
}

type extentKind uint8

const (
	toEnd   extentKind = iota // whatever is left
	exact                     // n bytes
	counted                   // as many bytes as the field by says
	hashed                    // the length of the hash function that the field by selects
	times                     // as many elements as the field by says
)

func fixed(n int) extent       { return extent{kind: exact, n: n} }
func bytesIn(by string) extent { return extent{kind: counted, by: by} }
func hashOf(by string, functions []symbol) extent {
	return extent{kind: hashed, by: by, names: functions}
}
func elementsIn(by string) extent { return extent{kind: times, by: by} }

// A rule is what a field (or structure) must be. Of several in one list the
// first that is broken is reported.
type rule struct {
	id   string // of its Requirement
	in   string // binds in this message only; "": in all
	when where  // binds only then
	must test
}

// where is a condition: an earlier field has a value.
type where struct {
	field string // "": always
	value uint64
}

// A test is the predicate of a rule. It returns "" where n passes, else what
// is wrong in one clause: "is 0, must be 16". The walk stands behind n.
type test interface {
	fault(w *walk, f *field, n *Node) string
}

// governed returns the first field of l whose extent the field called name tells.
func (l *layout) governed(name string) *field {
	for i := range l.fields {
		if l.fields[i].extent.by == name && l.fields[i].extent.kind != hashed {
			return &l.fields[i]
		}
	}
	return nil
}

// meaning returns what the value of a condition is called.
func (l *layout) meaning(when where) string {
	for i := range l.fields {
		if f := &l.fields[i]; f.name == when.field {
			s, _ := named(f.names, when.value)
			return s.text
		}
	}
	return ""
}

// named returns the symbol for a value.
func named(names []symbol, value uint64) (symbol, bool) {
	for _, s := range names {
		if s.value == value {
			return s, true
		}
	}
	return symbol{}, false
}
