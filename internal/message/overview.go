package message

import (
	"strconv"
	"strings"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/conversation"
	"github.com/hostedcache/pchc/internal/printable"
	"github.com/hostedcache/pchc/spec"
)

// Overview is an exchange, a problem or a note for a caller that draws it itself.
type Overview struct {
	Name    string // of the message that it is about
	Text    string // what there is to say about it, without what it violates and the time it took
	Verdict Verdict
	Parts   []Part
}

// Part is one message of an exchange.
type Part struct {
	Note     string // "request", "response" or "message"
	HTTP     []string
	*Message // nil for one of a neighbouring protocol
}

// Overview returns an item that is done, or that is no exchange. Its messages alias
// those of the item. Those that violate no rule are left out if only faulty ones are asked
// for, which is faster.
func (p *Printer) Overview(it *conversation.Item, faulty bool) *Overview {
	x, e := it.Exchange, it.Event
	switch {
	case x == nil && e.Kind == capture.Problem:
		return &Overview{Name: "CAPTURE_PROBLEM", Text: printable.String(e.Detail), Verdict: CaptureProblem}
	case x == nil:
		return &Overview{Name: "CAPTURE_NOTE", Text: printable.String(e.Detail), Verdict: CaptureNote}
	}
	all := p.parts(it)
	name, text := p.tellResult(it, all)
	o := &Overview{Name: name, Text: strings.TrimRight(string(text), ":, "), Verdict: verdictOf(x)}
	for i := range all {
		one := &all[i]
		if faulty && isSound(x, one) {
			continue
		}
		m := one.dissect(new(spec.Dissector))
		o.Verdict = worse(o.Verdict, m.verdict())
		part := Part{Note: one.Note, Message: m}
		request, response := one.headers()
		for _, f := range request {
			part.HTTP = append(part.HTTP, "request, "+f.name+": "+printable.String(f.value))
		}
		for _, f := range response {
			part.HTTP = append(part.HTTP, "response, "+f.name+": "+printable.String(f.value))
		}
		o.Parts = append(o.Parts, part)
	}
	return o
}

// Overview returns the message as a row; its bytes are in Body.
func (n *Neighbour) Overview() *Overview {
	d := &spec.Dissection{Message: n.Name, Violations: n.Violations}
	return &Overview{Name: n.Name, Text: string(n.Fields.line(nil)), Verdict: (&Message{Dissection: d}).verdict()}
}

// Field is a row of a tree for a caller that draws it itself.
type Field struct {
	Offset      int // in the message, -1 for a computed value
	Length      int // bytes present, of a structure with all that is in it
	Depth       int
	Name, Value string
	Structure   bool
	Secret      bool   // its bytes are not to be shown
	Computed    []byte // of a computed value
}

// Fields calls take for each row of a tree, in the order of [Text.Tree], without the
// rows of absent fields. It makes no rows in memory.
func (t *Text) Fields(m *Message, take func(*Field)) {
	(&collector{text: t, take: func(r *Row) {
		f := Field{Offset: r.Offset, Length: r.size, Depth: r.depth, Name: r.Name, Value: r.Value, Structure: r.title, Secret: r.secret}
		if r.Offset < 0 {
			f.Computed = r.Raw
		}
		take(&f)
	}}).collect(m)
}

// EachField calls take for each field; none has an offset.
func (n *Neighbour) EachField(take func(*Field)) { n.Fields.each(0, take) }

func (f Fields) each(depth int, take func(*Field)) {
	for _, m := range f {
		eachMember(printable.String(m.Name), m.Value, depth, take)
	}
}

func eachMember(name string, value any, depth int, take func(*Field)) {
	switch v := value.(type) {
	case Fields:
		take(&Field{Offset: -1, Depth: depth, Name: name, Structure: true})
		v.each(depth+1, take)
	case []any:
		take(&Field{Offset: -1, Depth: depth, Name: name, Value: Count(len(v), "element"), Structure: true})
		for i, one := range v {
			eachMember("["+strconv.Itoa(i)+"]", one, depth+1, take)
		}
	default:
		take(&Field{Offset: -1, Depth: depth, Name: name, Value: scalar(value)})
	}
}
