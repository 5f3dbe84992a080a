package capturepage

import (
	"encoding/json"
	"net/netip"
	"strconv"
	"time"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/conformance"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/internal/neighbours"
	"github.com/hostedcache/pchc/spec"
)

// row is an exchange, a message, a problem or a note.
type row struct {
	protocol       capture.Protocol
	name, text     string
	verdict        message.Verdict
	file           int
	asked, frame   int64     // frames of the request, 0 if not known or none, and of the end
	began, at      time.Time // of the request and of the end
	took           time.Duration
	client, server netip.AddrPort
	stream         int
	path           string
	violations     []violation
	more           int    // violations that are not listed
	messages       string // see packer
	without        bool   // there is no room for messages
}

// violation is one in a message of a row.
type violation struct {
	part int
	*spec.Violation
}

// append appends the row as an object of JSON. What is 0 or not known is left out.
func (r *row) append(b []byte) []byte {
	b = strconv.AppendInt(append(b, `{"p":`...), int64(r.protocol), 10)
	b = appendMember(b, "n", r.name)
	b = appendMember(b, "x", r.text)
	b = appendNumber(b, "v", int64(r.verdict))
	b = appendNumber(b, "i", int64(r.file))
	b = appendNumber(b, "q", r.asked)
	b = appendNumber(b, "f", r.frame)
	b = appendNumber(b, "t", micros(r.at))
	b = appendNumber(b, "a", micros(r.began))
	if r.took >= 0 {
		b = strconv.AppendInt(append(b, `,"w":`...), r.took.Microseconds(), 10)
	}
	b = appendEnds(b, r.client, r.server, r.stream)
	b = appendMember(b, "h", r.path)
	if len(r.violations) > 0 {
		b = append(b, `,"V":[`...)
		for i, v := range r.violations {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendViolation(append(strconv.AppendInt(append(b, `{"m":`...), int64(v.part), 10), ','), v.Violation)
			b = append(b, '}')
		}
		b = append(b, ']')
		b = appendNumber(b, "M", int64(r.more))
	}
	b = appendMember(b, "b", r.messages)
	if r.without {
		b = append(b, `,"o":1`...)
	}
	return append(b, '}')
}

// appendFinding appends a finding, which the script gives to its row.
func appendFinding(b []byte, f *conformance.Finding, file int) []byte {
	b = appendViolation(append(b, '{'), &f.Violation)
	b = appendNumber(b, "i", int64(file))
	b = appendNumber(b, "f", f.Frame)
	b = appendNumber(b, "t", micros(f.Time))
	b = appendEnds(b, f.Src, f.Dst, f.Stream)
	b = appendMember(b, "D", f.Direction)
	return append(b, '}')
}

func appendViolation(b []byte, v *spec.Violation) []byte {
	b = appendString(append(b, `"r":`...), v.Rule)
	b = appendMember(b, "d", v.Detail)
	b = appendMember(b, "F", v.Field)
	return appendNumber(b, "o", int64(v.Offset))
}

func appendEnds(b []byte, client, server netip.AddrPort, stream int) []byte {
	if client.IsValid() {
		b = append(client.AppendTo(append(b, `,"c":"`...)), '"')
		b = append(server.AppendTo(append(b, `,"s":"`...)), '"')
	}
	if stream >= 0 {
		b = strconv.AppendInt(append(b, `,"m":`...), int64(stream), 10)
	}
	return b
}

// appendMember appends a member of an object, unless it is "".
func appendMember(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	return appendString(append(b, `,"`+name+`":`...), value)
}

// appendNumber appends a member of an object, unless it is 0.
func appendNumber(b []byte, name string, value int64) []byte {
	if value == 0 {
		return b
	}
	return strconv.AppendInt(append(b, `,"`+name+`":`...), value, 10)
}

// appendString appends s as a string of JSON that may stand in a script element: without
// "<", ">", "&", and the line ends U+2028 and U+2029.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, _ := json.Marshal(s) // escapes all that, and cannot fail
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// isUpdate reports whether an event is a message to or from an update service.
func isUpdate(e *capture.Event) bool {
	return (e.Protocol == capture.WUSP || e.Protocol == capture.WSUSSS) && (e.Kind == capture.Request || e.Kind == capture.Response)
}

// update adds a message of an update service.
func (p *Writer) update(e *capture.Event) error {
	read := neighbours.ReadRequest
	r := row{protocol: e.Protocol, frame: e.Frame, at: e.Time, took: -1, stream: e.Stream, client: e.Src, server: e.Dst, path: e.Path}
	if e.Kind == capture.Response {
		read = neighbours.ReadResponse
		r.client, r.server = e.Dst, e.Src
	}
	m := read(e.Protocol.String(), e.Body)
	n := &message.Neighbour{Name: m.Kind, Body: e.Body, Fields: m.Fields, Violations: m.Violations, Notes: m.Notes}
	return p.add(&r, n.Overview(), true, n)
}
