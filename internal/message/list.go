package message

import (
	"strconv"
	"strings"
	"time"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/spec"
)

// Item is a message to be listed on one line.
type Item struct {
	Kind    spec.Kind // 0: told by the bytes
	Body    []byte
	Request uint16 // Type of the request that a response answers, 0 unknown
	Capture *capture.Place
	Number  int // of a message that is not from a capture
}

// List writes a line a message. Its columns grow with what they have to hold.
type List struct {
	*Text
	address int    // width of addresses
	gist    []byte // used again
}

// nameWidth holds the name of every message.
const nameWidth = len("CONTENT_INFORMATION_V1")

// Append appends a line for a message. It returns the explained message if that
// breaks a rule, else nil: explaining one that does not is left out for speed.
func (l *List) Append(dst []byte, it *Item) ([]byte, *Message) {
	if it.Capture != nil {
		dst = l.place(dst, it.Capture)
	} else {
		dst = put(dst, l.Style.dim, pad(strconv.Itoa(it.Number), -5))
		dst = put(dst, l.Style.dim, pad(strconv.Itoa(len(it.Body)), -7)+gap)
	}
	gist, name, ok := Gist(l.gist[:0], it.Kind, it.Body, it.Request)
	l.gist = gist
	if ok {
		dst = append(dst, pad(name, nameWidth)+gap...)
		dst = append(dst, gist...)
		return append(dst, '\n'), nil
	}
	m := New(it.Kind, it.Body, it.Request)
	dst = append(dst, pad(m.Dissection.Message, nameWidth)+gap...)
	dst = l.faults(dst, m.Dissection)
	return append(dst, '\n'), m
}

// AppendProblem appends a line for what a capture lost or hid.
func (l *List) AppendProblem(dst []byte, detail string, c *capture.Place) []byte {
	dst = l.place(dst, c)
	dst = put(dst, l.Style.bad, pad("CAPTURE_PROBLEM", nameWidth)+gap+detail)
	return append(dst, '\n')
}

// AppendHeading appends the line above the messages of a file's day.
func (l *List) AppendHeading(dst []byte, file string, day time.Time) []byte {
	dst = put(dst, l.Style.title, file)
	if !day.IsZero() {
		dst = append(dst, ", "...)
		dst = day.UTC().AppendFormat(dst, time.DateOnly)
		dst = append(dst, " (UTC)"...)
	}
	return append(dst, '\n')
}

// place appends the columns that say where in a capture something is.
func (l *List) place(dst []byte, c *capture.Place) []byte {
	frame, clock, source, destination := "-", "-", "-", "-"
	if c.Frame > 0 {
		frame = strconv.FormatInt(c.Frame, 10)
	}
	if !c.Time.IsZero() {
		clock = c.Time.UTC().Format("15:04:05.000000")
	}
	if c.Src.IsValid() {
		source, destination = c.Src.String(), c.Dst.String()
	}
	l.address = max(l.address, len(source), len(destination))
	dst = put(dst, l.Style.dim, pad(frame, -6)+gap+pad(clock, len("15:04:05.000000"))+gap)
	dst = append(dst, pad(source, l.address)...)
	dst = put(dst, l.Style.dim, " > ")
	dst = append(dst, pad(destination, l.address)...)
	return append(dst, gap...)
}

// faults appends what is wrong with a message.
func (l *List) faults(dst []byte, d *spec.Dissection) []byte {
	b, invalid := d.First()
	label := "INVALID: "
	if !invalid {
		b = d.Violations[0]
		label = "valid, but "
	}
	dst = put(dst, l.paint(b.Class), label+b.String())
	rule := " (" + b.Rule
	if more := len(d.Violations) - 1; more > 0 {
		rule += ", " + strconv.Itoa(more) + " more"
	}
	return put(dst, l.Style.dim, rule+")")
}

// pad fills s up with blanks to a width, on the left where it is negative.
func pad(s string, width int) string {
	if width < 0 {
		return strings.Repeat(" ", max(0, -width-len(s))) + s
	}
	return s + strings.Repeat(" ", max(0, width-len(s)))
}
