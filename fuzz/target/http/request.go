package http

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// request is an HTTP request with a message, before it is written.
type request struct {
	method, target, version string
	fields                  []field
	message                 []byte
}

// field is a field of a header. What the user gave may be a password: it is not shown.
type field struct {
	name, value string
	private     bool
}

// piece is a part of what is written: text of HTTP, or bytes of the message.
type piece struct {
	text, shown string // shown: in reports, instead of text; "": text
	body        []byte
	at          int // of body in the message
}

// newRequest returns the usual request.
func (t *endpoint) newRequest(message []byte) *request {
	extra := t.o.Header.Clone()
	if extra == nil {
		extra = http.Header{}
	}
	host := field{"Host", t.url.Host, false}
	if given := extra.Get("Host"); given != "" {
		host.value, host.private = given, true
	}
	r := &request{method: http.MethodPost, target: t.url.RequestURI(), version: "HTTP/1.1", message: message}
	r.fields = append(r.fields, host) // first, where servers expect it
	extra.Del("Host")
	extra.Del("Content-Length")
	if extra.Get("Content-Type") == "" {
		r.fields = append(r.fields, field{"Content-Type", "application/octet-stream", false})
	}
	for _, name := range slices.Sorted(maps.Keys(extra)) {
		for _, value := range extra[name] {
			r.fields = append(r.fields, field{name, strings.NewReplacer("\r", " ", "\n", " ").Replace(value), true})
		}
	}
	r.fields = append(r.fields, field{"Content-Length", strconv.Itoa(len(message)), false})
	return r
}

// without drops the fields with a name.
func (r *request) without(name string) *request {
	r.fields = slices.DeleteFunc(r.fields, func(f field) bool { return strings.EqualFold(f.name, name) })
	return r
}

// with adds a field.
func (r *request) with(name, value string) *request {
	r.fields = append(r.fields, field{name, value, false})
	return r
}

// chunked says that the message comes in chunks.
func (r *request) chunked() *request {
	return r.without("Content-Length").with("Transfer-Encoding", "chunked")
}

// head returns the header, as one piece for each line.
func (r *request) head() []piece {
	all := []piece{text(r.method + " " + r.target + " " + r.version + "\r\n")}
	for _, f := range r.fields {
		p := text(f.name + ": " + f.value + "\r\n")
		if f.private {
			p.shown = f.name + ": ...\r\n"
		}
		all = append(all, p)
	}
	return append(all, text("\r\n"))
}

// body returns a part of the message.
func (r *request) body(from, to int) piece { return piece{body: r.message[from:to], at: from} }

// whole returns the header and the whole message.
func (r *request) whole() []piece { return append(r.head(), r.body(0, len(r.message))) }

// chunk returns a part of the message as a chunk, with what follows its size.
func (r *request) chunk(from, to int, after string) []piece {
	return []piece{text(fmt.Sprintf("%x%s\r\n", to-from, after)), r.body(from, to), text("\r\n")}
}

func text(s string) piece { return piece{text: s} }

// bytes returns what is written.
func (p *piece) bytes() []byte {
	if p.text != "" {
		return []byte(p.text)
	}
	return p.body
}

func joined(pieces []piece) (b []byte) {
	for i := range pieces {
		b = append(b, pieces[i].bytes()...)
	}
	return b
}

// cut parts pieces at offsets.
func cut(pieces []piece, offsets ...int) (parts [][]piece) {
	slices.Sort(offsets)
	offsets = slices.Compact(offsets)
	var part []piece
	at := 0
	for _, p := range pieces {
		for len(offsets) > 0 && offsets[0] < at+p.len() {
			if n := offsets[0] - at; n > 0 {
				var first piece
				first, p = p.split(n)
				part = append(part, first)
				at += n
			}
			if len(part) > 0 {
				parts, part = append(parts, part), nil
			}
			offsets = offsets[1:]
		}
		part, at = append(part, p), at+p.len()
	}
	return append(parts, part)
}

func (p *piece) len() int { return len(p.text) + len(p.body) }

// split parts a piece after n bytes. A part of what is private is shown as nothing.
func (p *piece) split(n int) (first, rest piece) {
	if p.text == "" {
		return piece{body: p.body[:n], at: p.at}, piece{body: p.body[n:], at: p.at + n}
	}
	first, rest = text(p.text[:n]), text(p.text[n:])
	if p.shown != "" {
		first.shown, rest.shown = p.shown, "..."
	}
	return first, rest
}

// mostShown is how many bytes at the start of a message are shown: no key is there.
const mostShown = 32

// lines returns pieces as a report shows them.
func lines(pieces []piece) (all []string) {
	for i := range pieces {
		p := &pieces[i]
		switch {
		case p.shown != "":
			all = append(all, quoted(p.shown)...)
		case p.text != "":
			all = append(all, quoted(p.text)...)
		case len(p.body) > 0:
			n := min(len(p.body), max(0, mostShown-p.at))
			s := fmt.Sprintf("[bytes %d to %d of the message", p.at, p.at+len(p.body)-1)
			if n > 0 {
				s += fmt.Sprintf(": % x", p.body[:n])
				if n < len(p.body) {
					s += " ..."
				}
			}
			all = append(all, s+"]")
		}
	}
	return all
}

// quoted returns the lines of a text with escape sequences, without most of a long one.
func quoted(s string) (all []string) {
	const most = 96
	for line := range strings.Lines(s) {
		q := strconv.QuoteToASCII(line)
		q = strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`)
		if len(q) > most {
			q = fmt.Sprintf("%s... (%d bytes)", q[:most], len(line))
		}
		all = append(all, q)
	}
	return all
}
