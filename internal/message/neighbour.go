package message

import (
	"strconv"
	"strings"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/printable"
	"github.com/hostedcache/pchc/spec"
)

// Neighbour is a message of a neighbouring protocol, which package spec does not
// know, as its own package has read it.
type Neighbour struct {
	Name   string // "wusp:fault"
	Body   []byte
	Number int    // at the beginning of a line
	Head   string // above a tree; "" for none

	Fields     Fields // as far as they could be read
	Violations []spec.Violation
	Notes      []Remark
}

// Fields are the fields of a structure in their order.
type Fields []Member

// Member is a field. Its Value is a string, an int, an int64, a uint64, a bool, nil,
// Fields, or a []any of these.
type Member struct {
	Name  string
	Value any
}

// Remark is something about a message that is no violation.
type Remark struct {
	Field  string
	Offset int
	Detail string // a clause
}

// Neighbour appends a message of a neighbouring protocol, found at a place in a
// capture, nil for one from elsewhere.
func (p *Printer) Neighbour(dst []byte, n *Neighbour, at *capture.Place) ([]byte, Verdict) {
	d := &spec.Dissection{Message: n.Name, Violations: n.Violations}
	verdict := (&Message{Dissection: d}).verdict()
	switch p.Form {
	case FormJSON:
		return p.neighbourObject(dst, n, d, at), verdict
	case FormCSV:
		o := n.Overview()
		o.Parts = []Part{{Message: &Message{Dissection: d}}}
		protocol, _, _ := strings.Cut(n.Name, ":")
		return appendCSV(dst, o, at, 0, "MS-"+strings.ToUpper(protocol), "", ""), verdict
	case FormLine:
		from := len(dst)
		if at != nil {
			dst, from = p.place(dst, at, 0)
		} else {
			dst = p.number(dst, &Item{Number: n.Number, Body: n.Body})
		}
		dst = append(dst, pad(n.Name, nameWidth)+gap...)
		if len(n.Violations) > 0 {
			dst = p.violations(dst, d)
		} else {
			dst = n.Fields.line(dst)
		}
		return p.fold(append(dst, '\n'), from), verdict
	}
	if p.messages > 0 {
		dst = append(dst, '\n')
	}
	p.messages++
	if at != nil {
		dst, _ = p.place(dst, at, 0)
		dst = append(dst, '\n')
	} else if n.Head != "" {
		dst = p.AppendNote(dst, n.Head)
	}
	dst = p.Text.heading(dst, d, len(n.Body))
	dst = p.fields(dst, n.Fields, 1)
	for _, r := range n.Notes {
		dst = put(dst, p.Style.dim, "  note: "+printable.String(r.Field+" "+r.Detail)+" (offset "+strconv.Itoa(r.Offset)+")")
		dst = append(dst, '\n')
	}
	if len(n.Violations) > 0 {
		dst = p.summary(dst, d)
	}
	return dst, verdict
}

// fields appends fields as lines of a tree.
func (p *Printer) fields(dst []byte, f Fields, depth int) []byte {
	width := 0
	for _, m := range f {
		width = max(width, min(len(m.Name), 32))
	}
	for _, m := range f {
		dst = blanks(dst, 2*depth)
		dst = put(dst, p.Style.name, printable.String(m.Name))
		dst = p.member(dst, m.Value, width-len(m.Name), depth)
	}
	return dst
}

func (p *Printer) member(dst []byte, value any, room, depth int) []byte {
	switch v := value.(type) {
	case Fields:
		return p.fields(append(dst, '\n'), v, depth+1)
	case []any:
		dst = append(dst, '\n')
		for i, one := range v {
			dst = blanks(dst, 2*depth+2)
			dst = put(dst, p.Style.dim, "["+strconv.Itoa(i)+"]")
			dst = p.member(dst, one, 0, depth+1)
		}
		return dst
	}
	dst = blanks(dst, max(room, 0)+len(gap))
	dst = put(dst, p.Style.value, scalar(value))
	return append(dst, '\n')
}

// scalar returns a value as text.
func scalar(value any) string {
	switch v := value.(type) {
	case string:
		if s := printable.String(v); s == v && s != "" {
			return s
		}
		return strconv.Quote(v)
	case nil:
		return "-"
	}
	return string(appendScalar(nil, value))
}

// line appends the scalars in fields, those that there is room for.
func (f Fields) line(dst []byte) []byte { return f.scalars(dst, len(dst)) }

// scalars is line for a part of a line that begins at begin.
func (f Fields) scalars(dst []byte, begin int) []byte {
	const most = 120
	for _, m := range f {
		switch v := m.Value.(type) {
		case Fields:
			dst = v.scalars(dst, begin)
			continue
		case []any, nil:
			continue
		}
		if s := m.Name + " " + scalar(m.Value); len(dst)-begin+len(s) < most {
			if len(dst) > begin {
				dst = append(dst, ", "...)
			}
			dst = append(dst, s...)
		}
	}
	return dst
}

func (p *Printer) neighbourObject(dst []byte, n *Neighbour, d *spec.Dissection, at *capture.Place) []byte {
	dst = appendString(append(dst, `{"message":`...), n.Name)
	dst = strconv.AppendInt(append(dst, `,"length":`...), int64(len(n.Body)), 10)
	dst = strconv.AppendBool(append(dst, `,"valid":`...), d.Valid())
	dst = p.jsonValue(append(dst, `,"fields":`...), n.Fields)
	dst = append(dst, `,"violations":[`...)
	for i := range n.Violations {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendViolation(dst, &n.Violations[i])
	}
	dst = append(dst, ']')
	if len(n.Notes) > 0 {
		list := make([]any, len(n.Notes))
		for i, r := range n.Notes {
			list[i] = Fields{{"offset", r.Offset}, {"field", r.Field}, {"detail", r.Detail}}
		}
		dst = p.jsonValue(append(dst, `,"notes":`...), list)
	}
	if at != nil {
		dst = appendCapture(append(dst, ','), at)
	}
	if p.Raw {
		dst = appendHex(append(dst, `,"raw":`...), n.Body)
	}
	return append(dst, '}', '\n')
}

// jsonValue appends a value of a Member.
func (p *Printer) jsonValue(dst []byte, value any) []byte {
	switch v := value.(type) {
	case Fields:
		dst = append(dst, '{')
		for i, m := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendString(dst, m.Name), ':')
			dst = p.spill(p.jsonValue(dst, m.Value))
		}
		return append(dst, '}')
	case []any:
		dst = append(dst, '[')
		for i, one := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = p.spill(p.jsonValue(dst, one))
		}
		return append(dst, ']')
	}
	return appendScalar(dst, value)
}

// appendScalar appends a value without parts as JSON.
func appendScalar(dst []byte, value any) []byte {
	switch v := value.(type) {
	case string:
		return appendString(dst, v)
	case int:
		return strconv.AppendInt(dst, int64(v), 10)
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case uint64:
		return strconv.AppendUint(dst, v, 10)
	case bool:
		return strconv.AppendBool(dst, v)
	}
	return append(dst, "null"...)
}

// List returns values as a Value.
func List[T any](all []T, value func(T) any) []any {
	list := make([]any, 0, len(all))
	for _, one := range all {
		list = append(list, value(one))
	}
	return list
}
