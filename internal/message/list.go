package message

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/printable"
	"github.com/hostedcache/pchc/spec"
)

// nameWidth holds the name of every message.
const nameWidth = len("CONTENT_INFORMATION_V1")

// line appends the name of a message and what matters in it, or what is wrong
// with it. m is nil where nothing is wrong.
func (p *Printer) line(dst []byte, it *Item) (out []byte, m *Message) {
	summary, name, ok := Summary(p.scratch[:0], it.Kind, it.Body, it.Request)
	p.scratch = summary
	if ok && it.answered != nil { // the header may be wrong
		m = it.dissect()
		ok = len(m.Dissection.Violations) == 0
	}
	if ok {
		dst = blanks(append(dst, name...), nameWidth-len(name)+len(gap))
		dst = append(dst, summary...)
		return append(dst, '\n'), nil
	}
	m = it.dissect()
	dst = append(dst, pad(m.Dissection.Message, nameWidth)+gap...)
	dst = p.violations(dst, m.Dissection)
	if it.wonder(m.verdict()) {
		dst = append(dst, "; read as "+it.Input...)
	}
	return append(dst, '\n'), m
}

// Violation appends a line for a violation that was found in a capture. more is
// the number of further ones of the same rule in the same message.
func (p *Printer) Violation(dst []byte, v *spec.Violation, more int, at *capture.Place) []byte {
	dst = p.place(dst, at)
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
	return append(dst, '\n')
}

// number appends the columns in front of a message that is from no capture.
func (p *Printer) number(dst []byte, it *Item) []byte {
	return put(dst, p.Style.dim, pad(strconv.Itoa(it.Number), -5)+pad(strconv.Itoa(len(it.Body)), -7)+gap)
}

// heading appends the file and the day where they are not those of the line
// before.
func (p *Printer) heading(dst []byte, at *capture.Place) []byte {
	day := at.Time.UTC().Truncate(24 * time.Hour)
	if at.Time.IsZero() {
		day = time.Time{}
	}
	if p.file == at.File && (day.IsZero() || day.Equal(p.day)) {
		return dst
	}
	p.file, p.day = at.File, day
	file := at.File
	if file == "-" {
		file = "standard input"
	}
	dst = put(dst, p.Style.title, printable.String(file))
	if !day.IsZero() {
		dst = append(dst, ", "...)
		dst = day.AppendFormat(dst, time.DateOnly)
		dst = append(dst, " (UTC)"...)
	}
	return append(dst, '\n')
}

// place appends the columns that say where in a capture something is, below a
// heading where one is due.
func (p *Printer) place(dst []byte, at *capture.Place) []byte {
	const clock = "15:04:05.000000"
	var room, digits [64]byte
	dst = p.heading(dst, at)
	frame := append(digits[:0], '-')
	if at.Frame > 0 {
		frame = strconv.AppendInt(digits[:0], at.Frame, 10)
	}
	when := append(append(blanks(room[:0], 6-len(frame)), frame...), gap...)
	n := len(when)
	if at.Time.IsZero() {
		when = append(when, '-')
	} else {
		when = at.Time.UTC().AppendFormat(when, clock)
	}
	when = blanks(when, n+len(clock)+len(gap)-len(when))
	var ends [2][]byte
	for i, end := range [...]netip.AddrPort{at.Src, at.Dst} {
		ends[i] = append(p.ends[i][:0], '-')
		if at.Src.IsValid() {
			ends[i] = end.AppendTo(p.ends[i][:0])
		}
		p.address = max(p.address, len(ends[i]))
	}
	p.ends = ends
	dst = putBytes(dst, p.Style.dim, when)
	dst = blanks(append(dst, ends[0]...), p.address-len(ends[0]))
	dst = put(dst, p.Style.dim, " > ")
	dst = blanks(append(dst, ends[1]...), p.address-len(ends[1]))
	if p.narrow() {
		dst = append(bytes.TrimRight(dst, " "), '\n')
		return append(dst, belowPlace...)
	}
	return append(dst, gap...)
}

// narrow reports whether text goes below the place, not beside it.
func (p *Printer) narrow() bool {
	columns := 28 + 2*p.address
	return p.Width > 0 && p.Width-columns < minText
}

const (
	minText    = 50         // columns beside the place; with less, the text goes below
	belowPlace = "        " // indents that
)

// violations appends the violations of a message.
func (p *Printer) violations(dst []byte, d *spec.Dissection) []byte {
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
