package message

import (
	"strconv"
	"strings"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/spec"
)

// nameWidth holds the name of every message.
const nameWidth = len("CONTENT_INFORMATION_V1")

// line appends the name of a message and what matters in it, or what is wrong
// with it. m is nil where nothing is wrong.
func (p *Printer) line(dst []byte, it *Item) (out []byte, m *Message) {
	summary, name, ok := p.Summary(p.scratch[:0], it.Kind, it.Body, it.Request)
	p.scratch = summary
	if ok && it.answered != nil { // the header may be wrong
		m = p.dissect(it)
		ok = len(m.Dissection.Violations) == 0
	}
	if ok {
		dst = blanks(put(dst, p.Style.name, name), nameWidth-len(name)+len(gap))
		dst = append(dst, summary...)
		if it.block != nil {
			dst = p.appendVerdict(append(dst, ", "...), it.block)
		}
		return append(dst, '\n'), nil
	}
	m = p.dissect(it)
	dst = put(dst, p.Style.name, m.Dissection.Message)
	dst = blanks(dst, nameWidth-len(m.Dissection.Message)+len(gap))
	dst = p.violations(dst, m.Dissection)
	if it.wonder(m.verdict()) {
		dst = append(dst, "; read as "+it.Input...)
	}
	return append(dst, '\n'), m
}

// Violation appends a line for a violation that was found in a capture. more is
// the number of further ones of the same rule in the same message.
func (p *Printer) Violation(dst []byte, v *spec.Violation, more int, at *capture.Place) []byte {
	dst, from := p.place(dst, at, 0)
	dst = append(dst, pad(v.Class.String(), len("behaviour"))+gap...)
	dst = put(dst, p.paint(v.Class), v.Rule)
	text := v.String()
	if more > 0 {
		text += ", and " + strconv.Itoa(more) + " more in this message"
	}
	if p.narrow() {
		return p.below(append(dst, '\n'), nil, text)
	}
	dst = append(dst, gap+text...)
	return p.fold(append(dst, '\n'), from)
}

// number appends the columns in front of a message that is from no capture.
func (p *Printer) number(dst []byte, it *Item) []byte {
	return put(dst, p.Style.dim, pad(strconv.Itoa(it.Number), -5)+pad(strconv.Itoa(len(it.Body)), -7)+gap)
}

// violations appends the violations of a message.
func (p *Printer) violations(dst []byte, d *spec.Dissection) []byte {
	if len(d.Violations) == 0 {
		return put(dst, p.Style.bad, "not read whole")
	}
	b, invalid := d.First()
	label := "INVALID: "
	if !invalid {
		b = d.Violations[0]
		label = "valid, but "
	}
	dst = put(dst, p.paint(b.Class), label+b.String())
	rule := " (" + b.Rule
	if more := len(d.Violations) - 1; more > 0 {
		rule += ", " + strconv.Itoa(more) + " more"
	}
	return put(dst, p.Style.dim, rule+")")
}

// pad fills s up with blanks to a width, on the left where it is negative.
func pad(s string, width int) string {
	if width < 0 {
		return strings.Repeat(" ", max(0, -width-len(s))) + s
	}
	return s + strings.Repeat(" ", max(0, width-len(s)))
}
