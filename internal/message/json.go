package message

import (
	"encoding/hex"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/spec"
)

// JSON writes messages as JSON objects, one a line.
type JSON struct {
	ShowSecrets bool
	Raw         bool // add the whole message in hex, keys and all
}

// Append appends m and a line end to dst.
func (j *JSON) Append(dst []byte, m *Message) []byte {
	d := m.Dissection
	dst = append(dst, `{"message":"`...)
	dst = append(dst, d.Message...)
	dst = append(dst, `","length":`...)
	dst = strconv.AppendInt(dst, int64(len(m.Body)), 10)
	dst = append(dst, `,"valid":`...)
	dst = strconv.AppendBool(dst, d.Valid())
	dst = append(dst, `,"fields":`...)
	dst = j.structure(dst, &d.Root)
	if m.Derived != nil {
		dst = append(dst, `,"derived":`...)
		dst = m.Derived.appendJSON(dst)
	}
	dst = append(dst, `,"violations":[`...)
	for i := range d.Violations {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendViolation(dst, &d.Violations[i])
	}
	dst = append(dst, ']')
	if m.Capture != nil {
		dst = append(dst, ',')
		dst = appendCapture(dst, m.Capture)
	}
	if j.Raw {
		dst = append(dst, `,"raw":`...)
		dst = appendHex(dst, m.Body)
	}
	return append(dst, '}', '\n')
}

// AppendProblem appends what a capture lost or hid, and a line end.
func (j *JSON) AppendProblem(dst []byte, detail string, c *capture.Place) []byte {
	dst = append(dst, `{"message":"CAPTURE_PROBLEM","valid":false,"detail":`...)
	dst = appendString(dst, detail)
	dst = append(dst, ',')
	dst = appendCapture(dst, c)
	return append(dst, '}', '\n')
}

// structure appends the fields of n as an object. An integer that is cut short
// has no value, so it is left out.
func (j *JSON) structure(dst []byte, n *spec.Node) []byte {
	dst = append(dst, '{')
	first := true
	for i := range n.Children {
		c := &n.Children[i]
		if c.Form == spec.Integer && len(c.Raw) < c.Size {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(dst, '"')
		dst = append(dst, c.Name...)
		dst = append(dst, '"', ':')
		dst = j.value(dst, c)
	}
	return append(dst, '}')
}

func (j *JSON) value(dst []byte, n *spec.Node) []byte {
	switch n.Form {
	case spec.Structure:
		return j.structure(dst, n)
	case spec.List:
		dst = append(dst, '[')
		for i := range n.Children {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = j.value(dst, &n.Children[i])
		}
		return append(dst, ']')
	case spec.Integer:
		return strconv.AppendUint(dst, n.Value, 10)
	}
	if secret(n) && !j.ShowSecrets {
		return append(dst, `"`+redacted+`"`...)
	}
	return appendHex(dst, n.Raw)
}

func appendViolation(dst []byte, b *spec.Violation) []byte {
	dst = append(dst, `{"rule":`...)
	dst = appendString(dst, b.Rule)
	dst = append(dst, `,"class":`...)
	dst = appendString(dst, b.Class.String())
	dst = append(dst, `,"offset":`...)
	dst = strconv.AppendInt(dst, int64(b.Offset), 10)
	dst = append(dst, `,"field":`...)
	dst = appendString(dst, b.Field)
	dst = append(dst, `,"detail":`...)
	dst = appendString(dst, b.Detail)
	return append(dst, '}')
}

func (d *Derived) appendJSON(dst []byte) []byte {
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
		dst = strconv.AppendUint(dst, s.Length, 10)
		dst = append(dst, `,"blockSize":`...)
		dst = strconv.AppendUint(dst, uint64(s.BlockSize), 10)
		dst = append(dst, `,"HoHoDk":`...)
		dst = appendHex(dst, s.HoHoDk)
		dst = append(dst, '}')
	}
	return append(dst, "]}"...)
}

// nanoseconds is RFC 3339 with all nine digits, so that times sort as text.
const nanoseconds = "2006-01-02T15:04:05.000000000Z07:00"

// appendCapture appends the member "capture". What is not known is left out.
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
	dst = hex.AppendEncode(dst, b)
	return append(dst, '"')
}

// appendString appends s as a JSON string. What is not UTF-8 becomes U+FFFD.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r < ' ':
			dst = append(dst, `\u00`...)
			dst = append(dst, "0123456789abcdef"[r>>4], "0123456789abcdef"[r&15])
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}
