package message

import (
	"strings"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/printable"
	"github.com/hostedcache/pchc/spec"
)

// inHTTP is what the paths of header fields begin with.
const inHTTP = "http."

// dissect dissects the message of an item. The header fields of HTTP that came with
// it are checked, too: their violations come after those of the bytes, with the
// offset in the value of the field. The result is valid until the next call with x.
func (it *Item) dissect(x *spec.Dissector) *Message {
	m := newMessage(x, it.Kind, it.Body, it.Request)
	if it.answered == nil {
		return m
	}
	add := func(where string, violations []spec.Violation) {
		for _, v := range violations {
			v.Field = inHTTP + where + v.Field
			m.Dissection.Violations = append(m.Dissection.Violations, v)
		}
	}
	response := spec.DissectPeerDistResponse(fieldsOf(it.answered))
	var request *spec.PeerDist
	if it.asked != nil {
		request = spec.DissectPeerDistRequest(fieldsOf(it.asked))
		add("request.", request.Violations)
	}
	add("response.", response.Violations)
	if m.Derived != nil {
		version := 1
		if m.Dissection.Message == "CONTENT_INFORMATION_V2" {
			version = 2
		}
		add("response.", spec.ComparePeerDist(request, response, version, m.Derived.Range.Length))
	}
	return m
}

func fieldsOf(p *capture.PeerDist) spec.HTTPFields {
	return spec.HTTPFields{Coding: p.Coding, PeerDist: p.XP2PPeerDist, PeerDistEx: p.XP2PEx, Validator: p.Validator}
}

// A httpField is the name and value of a header field.
type httpField struct{ name, value string }

// headers are the fields of PeerDist encoding in both messages, those that are there.
func (it *Item) headers() (request, response []httpField) {
	list := func(coding string, p *capture.PeerDist) (all []httpField) {
		if p == nil {
			return nil
		}
		for _, f := range []httpField{{coding, p.Coding}, {"X-P2P-PeerDist", p.XP2PPeerDist}, {"X-P2P-PeerDistEx", p.XP2PEx}} {
			if f.value != "" {
				all = append(all, f)
			}
		}
		return all
	}
	return list("Accept-Encoding", it.asked), list("Content-Encoding", it.answered)
}

// appendHTTP appends a line for the header fields of each message.
func (p *Printer) appendHTTP(dst []byte, it *Item) []byte {
	request, response := it.headers()
	for _, side := range []struct {
		name   string
		fields []httpField
	}{{"request", request}, {"response", response}} {
		var text []string
		for _, f := range side.fields {
			text = append(text, f.name+": "+printable.String(f.value))
		}
		if text != nil {
			dst = p.AppendNote(dst, "HTTP "+side.name+": "+strings.Join(text, "; "))
		}
	}
	return dst
}

// appendViolationsOfHTTP appends a line for each of their violations.
func (p *Printer) appendViolationsOfHTTP(dst []byte, m *Message) []byte {
	for i := range m.Dissection.Violations {
		if v := &m.Dissection.Violations[i]; strings.HasPrefix(v.Field, inHTTP) {
			dst = put(dst, p.paint(v.Class), printable.String(v.String()))
			dst = put(dst, p.Style.dim, "  "+v.Rule)
			dst = append(dst, '\n')
		}
	}
	return dst
}

// appendHTTPObject adds the member "http" to the object "capture" that dst ends with.
func (it *Item) appendHTTPObject(dst []byte) []byte {
	if it.answered == nil {
		return dst
	}
	dst = append(dst[:len(dst)-1], `,"http":{`...)
	request, response := it.headers()
	if request != nil {
		dst = append(appendHeader(append(dst, `"request":`...), request), ',')
	}
	return append(appendHeader(append(dst, `"response":`...), response), "}}"...)
}

func appendHeader(dst []byte, fields []httpField) []byte {
	dst = append(dst, '{')
	for i, f := range fields {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(append(dst, '"'), f.name...), `":`...)
		dst = appendString(dst, f.value)
	}
	return append(dst, '}')
}
