package message

import (
	"bytes"
	"net/netip"
	"strconv"
	"time"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/printable"
)

// Clock is how a [Printer] writes the times of lines. In JSON they are UTC.
type Clock uint8

// The clocks.
const (
	UTC      Clock = iota
	Local          // in the time zone of this machine
	Relative       // seconds since [Printer.Start]
	Delta          // seconds since the line before
)

const clockWidth = len("15:04:05.000000")

// heading appends the file and the day where they are not those of the line
// before.
func (p *Printer) heading(dst []byte, at *capture.Place) []byte {
	var day time.Time
	if !at.Time.IsZero() && p.Clock <= Local {
		y, m, d := p.zoned(at.Time).Date()
		day = time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	if p.file == at.File && (day.IsZero() || day.Equal(p.day)) {
		return dst
	}
	if p.file != at.File {
		p.latest = time.Time{}
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
		zone := "UTC"
		if p.Clock == Local {
			zone = p.zoned(at.Time).Format("MST")
		}
		dst = append(dst, " ("+zone+")"...)
	}
	return append(dst, '\n')
}

// zoned returns a time in the zone of the clock.
func (p *Printer) zoned(t time.Time) time.Time {
	if p.Clock == Local {
		return t.Local()
	}
	return t.UTC()
}

// place appends the columns that say where in a capture something is, below a
// heading where one is due. first is the frame of the request of an exchange, 0 where
// there is no other frame than that of the place. It also returns where the line begins
// in dst.
func (p *Printer) place(dst []byte, at *capture.Place, first int64) ([]byte, int) {
	var room, digits [80]byte
	dst = p.heading(dst, at)
	from := len(dst)
	frame := append(digits[:0], '-')
	if at.Frame > 0 {
		frame = digits[:0]
		if first > 0 && first != at.Frame {
			frame = append(strconv.AppendInt(frame, first, 10), '-')
		}
		frame = strconv.AppendInt(frame, at.Frame, 10)
	}
	p.frames = max(p.frames, len(frame), 6)
	when := append(append(blanks(room[:0], p.frames-len(frame)), frame...), gap...)
	n := len(when)
	when = p.clock(when, at.Time)
	when = blanks(when, n+clockWidth+len(gap)-len(when))
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
		from = len(dst)
		return append(dst, belowPlace...), from
	}
	return append(dst, gap...), from
}

// clock appends the time of a line.
func (p *Printer) clock(dst []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(dst, '-')
	}
	since := p.Start
	switch p.Clock {
	case Relative:
	case Delta:
		if since = p.latest; since.IsZero() {
			since = t
		}
		p.latest = t
	default:
		return p.zoned(t).AppendFormat(dst, "15:04:05.000000")
	}
	var room [32]byte
	digits := strconv.AppendFloat(room[:0], t.Sub(since).Seconds(), 'f', 6, 64)
	return append(blanks(dst, clockWidth-len(digits)), digits...)
}

// narrow reports whether text goes below the place, not beside it.
func (p *Printer) narrow() bool { return p.Width > 0 && p.Width-p.columns() < minText }

// columns is the width of the place.
func (p *Printer) columns() int {
	return max(p.frames, 6) + len(gap) + clockWidth + len(gap) + 2*p.address + len(" > ")
}

const (
	minText    = 50         // columns beside the place; with less, the text goes below
	belowPlace = "        " // indents that
)

// fold breaks the line that begins at from, and ends dst, at blanks, so that it stays
// within the width. What does not fit stands below, indented as the text of the line.
func (p *Printer) fold(dst []byte, from int) []byte {
	if p.Width <= 0 || len(dst)-from <= p.Width {
		return dst
	}
	indent := p.columns() + len(gap)
	if p.narrow() {
		indent = len(belowPlace)
	}
	indent += len(gap)
	if indent+len(belowPlace) > p.Width {
		return dst
	}
	line := bytes.Clone(dst[from : len(dst)-1])
	dst = dst[:from]
	column, blank := 0, -1 // blank is where dst can be broken
	for len(line) > 0 {
		if n := escape(line); n > 0 {
			dst, line = append(dst, line[:n]...), line[n:]
			continue
		}
		if line[0] == ' ' && column > indent && dst[len(dst)-1] != ' ' && !bytes.HasPrefix(line, []byte(" ms")) {
			blank = len(dst)
		}
		column += width(line[0])
		dst, line = append(dst, line[0]), line[1:]
		if column > p.Width && blank > 0 {
			rest := bytes.TrimLeft(bytes.Clone(dst[blank:]), " ")
			dst = append(blanks(append(dst[:blank], '\n'), indent), rest...)
			column, blank = indent+visible(rest), -1
		}
	}
	return append(dst, '\n')
}

// escape returns the length of the escape sequence of a colour that b begins with.
func escape(b []byte) int {
	if b[0] != 0x1b {
		return 0
	}
	return bytes.IndexByte(b, 'm') + 1
}

// width is that of a byte of UTF-8: 0 within a character.
func width(c byte) int {
	if c&0xC0 == 0x80 {
		return 0
	}
	return 1
}

// visible is the width of a text.
func visible(b []byte) (n int) {
	for len(b) > 0 {
		if e := escape(b); e > 0 {
			b = b[e:]
			continue
		}
		n += width(b[0])
		b = b[1:]
	}
	return n
}
