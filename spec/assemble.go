package spec

import (
	"math"
	"slices"
	"strconv"
)

// Fields are the fields of a message or structure by name: integers are
// uint64, byte strings []byte, those that are keys Secret, texts of MS-PCCRD string,
// structures Fields, and lists []any with an element each. [Dissection.Fields] makes them, [Assemble] takes them.
type Fields map[string]any

// Fields returns the fields of the message as far as its bytes go: truncated
// integers are left out, bytes of unknown structure are called "Rest". Byte
// strings are views of the dissected bytes.
func (d *Dissection) Fields() Fields { return d.Root.fields() }

func (n *Node) fields() Fields {
	fields := make(Fields, len(n.Children))
	for i := range n.Children {
		if c := &n.Children[i]; c.Form != Integer || !c.Truncated() {
			fields[c.Name] = c.value()
		}
	}
	return fields
}

func (n *Node) value() any {
	switch n.Form {
	case Structure:
		return n.fields()
	case List:
		list := make([]any, len(n.Children))
		for i := range n.Children {
			list[i] = n.Children[i].value()
		}
		return list
	case Integer:
		return n.Value
	}
	if n.Form == Text {
		return n.Meaning
	}
	if n.Secret {
		return NewSecret(string(n.Raw()))
	}
	return n.Raw()
}

// Assemble is the inverse of [Dissect]: it writes the message of that name
// ([Dissection].Message) from its fields, however wrong they are.
//
// Counts, sizes and the Padding of MS-PCHC may be left out: a count or size is
// then computed, padding is zeros. A given one is written as it is, even if it is
// wrong. If fields are missing at the end, or a byte string there is too short, the
// message is truncated; anywhere else that is an error. A hash may have any length.
// A message of MS-PCCRD has other bytes than before where white space, prefixes or the
// order of elements were others.
// "Rest" in a structure is bytes to be written after its fields, in place of
// missing ones.
//
// An error is an [*AssembleError].
func Assemble(message string, fields Fields) ([]byte, error) {
	if isDiscovery(message) {
		return assembleDiscovery(message, fields)
	}
	a, err := assemble(message, fields)
	if err == nil {
		err = a.finish()
	}
	if err != nil {
		return nil, err
	}
	return a.out, nil
}

// Missing returns an [*AssembleError] about the first field without which [Assemble]
// truncates the message, or nil. Fields that Assemble computes may be missing.
func Missing(message string, fields Fields) error {
	if isDiscovery(message) {
		_, err := assembleDiscovery(message, fields)
		return err
	}
	a, err := assemble(message, fields)
	if err != nil {
		return err
	}
	return a.gap
}

func assemble(message string, fields Fields) (*assembly, error) {
	var of *Layout // the one with these fields, where several have that name
	for _, l := range messages {
		if l.Name == message && (of == nil || of.unknown(fields) != "") {
			of = l
		}
	}
	if of != nil {
		a := &assembly{message: message}
		return a, a.structure(of, fields, "")
	}
	return nil, &AssembleError{Message: message, Reason: "unknown message " + strconv.Quote(message)}
}

// An AssembleError says why [Assemble] cannot write a message. It contains no byte
// string, and so no key.
type AssembleError struct {
	Message string // the name given
	Path    string // of the field at fault, "" for an unknown message
	Reason  string // one clause: "must be an integer"
}

// Error returns, for instance, "spec: RESPONSE_MESSAGE: ResponseCode must be an
// integer".
func (e *AssembleError) Error() string {
	if e.Path == "" {
		return "spec: " + e.Reason
	}
	return "spec: " + e.Message + ": " + sentence(e.Path, e.Reason)
}

// assembly is a message that is being written.
type assembly struct {
	message string
	out     []byte
	given   int    // length of out up to the last given field; the rest is computed
	gap     error  // what is wrong with the first incomplete field: an error once another is given
	total   []hole // the integers that count bytes to the end
}

func (a *assembly) fault(path, reason string) error {
	return &AssembleError{Message: a.message, Path: path, Reason: reason}
}

// A hole is an integer that was left out. It is filled in once what it counts is written.
type hole struct {
	field *LayoutField
	path  string
	at    int
	from  int // where what it counts begins, if that is to the end
}

// structure writes the fields of l. The path ends in a dot unless it is empty.
func (a *assembly) structure(l *Layout, fields Fields, path string) error {
	if unknown := l.unknown(fields); unknown != "" {
		return a.fault(path+unknown, "is not a field of "+l.Name)
	}
	rest, hasRest := fields[restName]
	inRest := "" // the first field that the rest stands for
	var holes []hole
	start := len(a.out)
	for i := range l.Fields {
		f := &l.Fields[i]
		value, given := fields[f.Name]
		switch at := len(a.out); {
		case given && inRest != "":
			return a.fault(path+inRest, "missing")
		case given:
			if err := a.field(f, value, path+f.Name); err != nil {
				return err
			}
			for _, h := range holes {
				if l.Counted(h.field.Name) != f {
					continue
				}
				count := len(a.out) - at
				if f.Extent.Measure == ElementsBy {
					count = len(value.([]any))
				}
				if err := a.fill(h, uint64(count)); err != nil {
					return err
				}
			}
		case f.Extent.Measure == PaddingBy: // what is before it and around it comes out at a multiple of 4
			a.out = append(a.out, make([]byte, -at&3)...)
		case f.Optional:
		case hasRest && inRest == "":
			inRest = f.Name
		case hasRest:
		case f.Form == Structure:
			if err := a.structure(f.Of, nil, path+f.Name+"."); err != nil {
				return err
			}
		case f.Filler:
			a.zeros(f)
		case f.Follows:
			a.total = append(a.total, hole{f, path + f.Name, at, at + f.Extent.Bytes})
			a.zeros(f)
		case f.Spans:
			a.total = append(a.total, hole{f, path + f.Name, at, start})
			a.zeros(f)
		case l.Counted(f.Name) != nil:
			holes = append(holes, hole{f, path + f.Name, at, 0})
			a.zeros(f)
		case a.gap == nil:
			a.gap = a.fault(path+f.Name, "missing")
		}
	}
	if hasRest {
		return a.field(&LayoutField{Form: Bytes}, rest, path+restName)
	}
	return nil
}

// unknown returns the first name in alphabetical order that is not a field of l,
// or "".
func (l *Layout) unknown(fields Fields) string {
	found := ""
	for name := range fields {
		known := name == restName || slices.ContainsFunc(l.Fields, func(f LayoutField) bool { return f.Name == name })
		if !known && (found == "" || name < found) {
			found = name
		}
	}
	return found
}

// field writes a field that was given.
func (a *assembly) field(f *LayoutField, value any, path string) error {
	switch f.Form {
	case Structure:
		fields, ok := value.(Fields)
		if !ok {
			return a.fault(path, "must be a structure")
		}
		return a.structure(f.Of, fields, path+".")
	case List:
		return a.list(f, value, path)
	case Integer:
		v, ok := value.(uint64)
		if !ok {
			return a.fault(path, "must be an integer")
		}
		at := len(a.out)
		a.zeros(f)
		if err := a.fill(hole{f, path, at, 0}, v); err != nil {
			return err
		}
		return a.accept(nil)
	default:
		return a.bytes(f.Extent, value, path)
	}
}

// list writes the elements of a list.
func (a *assembly) list(f *LayoutField, value any, path string) error {
	elements, ok := value.([]any)
	if !ok {
		return a.fault(path, "must be a list")
	}
	if err := a.accept(nil); err != nil {
		return err
	}
	for i, element := range elements {
		path := path + "[" + strconv.Itoa(i) + "]"
		if f.Of == nil {
			if err := a.bytes(f.Item, element, path); err != nil {
				return err
			}
			continue
		}
		fields, ok := element.(Fields)
		if !ok {
			return a.fault(path, "must be a structure")
		}
		if err := a.structure(f.Of, fields, path+"."); err != nil {
			return err
		}
	}
	return nil
}

// bytes writes a byte string.
func (a *assembly) bytes(e Extent, value any, path string) error {
	var raw []byte
	switch value := value.(type) {
	case []byte:
		raw = value
	case Secret:
		raw = []byte(value.Reveal())
	default:
		return a.fault(path, "must be a byte string")
	}
	var gap error
	if e.Measure == Exactly && len(raw) != e.Bytes {
		gap = a.fault(path, "has "+count(len(raw), "byte")+", must have "+strconv.Itoa(e.Bytes))
		if len(raw) > e.Bytes {
			return gap
		}
	}
	a.out = append(a.out, raw...)
	return a.accept(gap)
}

// accept records that a given field was written; gap says what it lacks, if anything.
func (a *assembly) accept(gap error) error {
	if a.gap != nil {
		return a.gap
	}
	a.gap, a.given = gap, len(a.out)
	return nil
}

// zeros writes a field of fixed size without a value.
func (a *assembly) zeros(f *LayoutField) { a.out = append(a.out, make([]byte, f.Extent.Bytes)...) }

// fill gives an integer its value.
func (a *assembly) fill(h hole, v uint64) error {
	size := h.field.Extent.Bytes
	if largest := uint64(math.MaxUint64) >> (64 - 8*size); v > largest {
		return a.fault(h.path, is(v)+", must be at most "+decimals(largest))
	}
	h.field.put(a.out[h.at:h.at+size], v)
	return nil
}

// finish drops a computed tail, and fills in what counts the rest.
func (a *assembly) finish() error {
	a.out = a.out[:a.given]
	for _, h := range a.total {
		if h.at+h.field.Extent.Bytes <= len(a.out) {
			if err := a.fill(h, uint64(len(a.out)-h.from)); err != nil {
				return err
			}
		}
	}
	return nil
}

// put writes an Integer's value over its bytes.
func (f *LayoutField) put(raw []byte, v uint64) {
	for i := range raw {
		at := i
		if !f.Little {
			at = len(raw) - 1 - i
		}
		raw[at] = byte(v >> (8 * i))
	}
}
