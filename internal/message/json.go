package message

import (
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/printable"
	"github.com/hostedcache/pchc/spec"
)

// object appends m, found at a place in a capture or nil, and a line end.
func (p *Printer) object(dst []byte, m *Message, it *Item, at *capture.Place) []byte {
	d := m.Dissection
	dst = append(dst, `{"message":"`...)
	dst = append(dst, d.Message...)
	dst = append(dst, `","length":`...)
	dst = strconv.AppendInt(dst, int64(len(m.Body)), 10)
	dst = append(dst, `,"valid":`...)
	dst = strconv.AppendBool(dst, d.Valid())
	dst = append(dst, `,"fields":`...)
	dst = p.structure(dst, &d.Root)
	switch {
	case m.Derived != nil:
		dst = append(dst, `,"derived":`...)
		dst = p.derived(dst, m.Derived)
	case m.Discovery != nil:
		dst = append(dst, `,"derived":`...)
		dst = appendDiscovery(dst, m.Discovery)
	case it.block != nil:
		dst = append(dst, `,"derived":`...)
		dst = appendBlockJSON(dst, it.block)
	}
	dst = append(dst, `,"violations":[`...)
	for i := range d.Violations {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = p.spill(appendViolation(dst, &d.Violations[i]))
	}
	dst = append(dst, ']')
	if d.Unread > 0 {
		dst = append(dst, `,"notShown":`...)
		dst = appendString(dst, m.unread())
	}
	return p.objectEnd(dst, it, m.verdict(), at)
}

// objectEnd appends what follows the violations.
func (p *Printer) objectEnd(dst []byte, it *Item, verdict Verdict, at *capture.Place) []byte {
	if at != nil {
		dst = append(dst, ',')
		dst = appendCapture(dst, at)
		dst = it.appendHTTPObject(dst)
	}
	if it.wonder(verdict) {
		dst = append(dst, `,"input":`...)
		dst = appendString(dst, it.Input)
	}
	if p.Raw {
		dst = append(dst, `,"raw":`...)
		dst = p.hex(dst, it.Body)
	}
	return append(dst, '}', '\n')
}

// appendRemark appends a problem of a capture, or a note, and a line end.
func appendRemark(dst []byte, name string, valid bool, detail string, at *capture.Place) []byte {
	dst = append(dst, `{"message":"`+name+`","valid":`...)
	dst = strconv.AppendBool(dst, valid)
	dst = append(dst, `,"detail":`...)
	dst = appendString(dst, detail)
	if at != nil {
		dst = append(dst, ',')
		dst = appendCapture(dst, at)
	}
	return append(dst, '}', '\n')
}

// structure appends the fields of n as an object, without truncated integers: they
// have no value.
func (p *Printer) structure(dst []byte, n *spec.Node) []byte {
	dst = append(dst, '{')
	first := true
	for i := range n.Children {
		c := &n.Children[i]
		if c.Form == spec.Integer && c.Truncated() {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(dst, '"')
		dst = append(dst, c.Name...)
		dst = append(dst, '"', ':')
		dst = p.value(dst, c)
	}
	return append(dst, '}')
}

func (p *Printer) value(dst []byte, n *spec.Node) []byte {
	switch n.Form {
	case spec.Structure:
		return p.structure(dst, n)
	case spec.List:
		dst = append(dst, '[')
		for i := range n.Children {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = p.spill(p.value(dst, &n.Children[i]))
		}
		return append(dst, ']')
	}
	switch {
	case n.Form == spec.Text:
		return appendString(dst, n.Meaning)
	case n.Secret && !p.ShowSecrets:
		return append(dst, `"`+redacted+`"`...)
	case n.Form == spec.Integer:
		return strconv.AppendUint(dst, n.Value, 10)
	}
	return p.hex(dst, n.Raw())
}

// hex appends bytes that may be many.
func (p *Printer) hex(dst, b []byte) []byte {
	dst = append(dst, '"')
	for len(b) > 0 {
		n := min(len(b), 16<<10)
		dst, b = p.spill(appendDigits(dst, b[:n])), b[n:]
	}
	return append(dst, '"')
}

func appendViolation(dst []byte, v *spec.Violation) []byte {
	dst = append(dst, `{"rule":`...)
	dst = appendString(dst, v.Rule)
	dst = append(dst, `,"class":`...)
	dst = appendString(dst, v.Class.String())
	dst = append(dst, `,"offset":`...)
	dst = strconv.AppendInt(dst, int64(v.Offset), 10)
	dst = append(dst, `,"field":`...)
	dst = appendString(dst, v.Field)
	dst = append(dst, `,"detail":`...)
	dst = appendString(dst, v.Detail)
	return append(dst, '}')
}

func (p *Printer) derived(dst []byte, d *Derived) []byte {
	dst = append(dst, `{"range":{"start":`...)
	dst = strconv.AppendUint(dst, d.Range.Start, 10)
	dst = append(dst, `,"length":`...)
	dst = strconv.AppendUint(dst, d.Range.Length, 10)
	dst = append(dst, `},"segments":[`...)
	for i := range d.Segments {
		s := &d.Segments[i]
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"index":`...)
		dst = strconv.AppendInt(dst, int64(i), 10)
		dst = append(dst, `,"start":`...)
		dst = strconv.AppendUint(dst, s.Start, 10)
		dst = append(dst, `,"length":`...)
		dst = strconv.AppendUint(dst, uint64(s.Length), 10)
		dst = append(dst, `,"blockSize":`...)
		dst = strconv.AppendUint(dst, uint64(s.BlockSize), 10)
		dst = append(dst, `,"HoHoDk":`...)
		dst = appendHex(dst, s.AppendHoHoDk(nil))
		dst = p.spill(append(dst, '}'))
	}
	return append(dst, "]}"...)
}

// nanoseconds is RFC 3339 with all nine digits, so that times sort as text.
const nanoseconds = "2006-01-02T15:04:05.000000000Z07:00"

// appendCapture appends the member "capture". It leaves out what is not
// known.
func appendCapture(dst []byte, c *capture.Place) []byte {
	dst = append(dst, `"capture":{"file":`...)
	dst = appendString(dst, c.File)
	if c.Frame > 0 {
		dst = append(dst, `,"frame":`...)
		dst = strconv.AppendInt(dst, c.Frame, 10)
	}
	if !c.Time.IsZero() {
		dst = append(dst, `,"time":"`...)
		dst = c.Time.In(time.UTC).AppendFormat(dst, nanoseconds)
		dst = append(dst, '"')
	}
	if c.Src.IsValid() {
		dst = append(dst, `,"src":"`...)
		dst = c.Src.AppendTo(dst)
		dst = append(dst, `","dst":"`...)
		dst = c.Dst.AppendTo(dst)
		dst = append(dst, '"')
	}
	if c.Stream >= 0 {
		dst = append(dst, `,"stream":`...)
		dst = strconv.AppendInt(dst, int64(c.Stream), 10)
	}
	if c.TLS {
		dst = append(dst, `,"tls":true`...)
	}
	for _, s := range [...]struct{ name, value string }{
		{"direction", c.Direction}, {"method", c.Method}, {"path", c.Path},
	} {
		if s.value != "" {
			dst = append(dst, `,"`+s.name+`":`...)
			dst = appendString(dst, s.value)
		}
	}
	if c.Status != 0 {
		dst = append(dst, `,"status":`...)
		dst = strconv.AppendInt(dst, int64(c.Status), 10)
	}
	return append(dst, '}')
}

func appendHex(dst, b []byte) []byte {
	dst = append(dst, '"')
	dst = appendDigits(dst, b)
	return append(dst, '"')
}

// appendString appends s as a JSON string, with U+FFFD for each byte that is not
// UTF-8, and escapes for what a terminal might act upon.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	if isPlain(s) {
		dst = append(dst, s...)
		return append(dst, '"')
	}
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == utf8.RuneError || strconv.IsPrint(r):
			dst = utf8.AppendRune(dst, r)
		default:
			dst = printable.AppendJSON(dst, r)
		}
	}
	return append(dst, '"')
}

// isPlain reports whether a JSON string needs no escapes, as is nearly always so.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
