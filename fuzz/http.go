package fuzz

import (
	"slices"
	"strings"

	"github.com/hostedcache/pchc/spec"
)

// httpRequirements are what RFC 9110 and RFC 9112 require of a server, as far as targets
// are checked against it.
var httpRequirements = []struct{ id, text string }{
	{"RFC9110-5.1-Names", "Field names MUST be compared without regard to case."},
	{"RFC9110-5.4-Limit", "A server that gets larger fields than it wishes to process MUST answer with a 4xx status."},
	{"RFC9110-10.1.1-Continue", "A server that gets Expect: 100-continue MUST at once send 100 (Continue) or a final status."},
	{"RFC9112-2.2-Octets", "A message MUST be parsed as a sequence of octets, in whatever segments they come."},
	{"RFC9112-3.2-Host", "A server MUST answer 400 (Bad Request) to a request of HTTP/1.1 without Host."},
	{"RFC9112-3.2.2-AbsoluteForm", "A server MUST accept a request whose target is an absolute URI."},
	{"RFC9112-5.1-Whitespace", "Whitespace before and after the value of a field MUST NOT count as part of it, and is optional."},
	{"RFC9112-5.2-Folding", "A server MUST reject a folded field, or replace the line folding by spaces."},
	{"RFC9112-6.1-HTTP10", "A server MUST NOT send Transfer-Encoding in the answer to a request of HTTP/1.0."},
	{"RFC9112-6.3-Override", "If a request has both Transfer-Encoding and Content-Length, the former overrides the latter."},
	{"RFC9112-6.3-Invalid", "A server MUST answer 400 (Bad Request) to a request with several Content-Lengths that differ."},
	{"RFC9112-6.3-Repeated", "A server that gets the same Content-Length twice MUST reject the request, or take the value."},
	{"RFC9112-6.3-Length", "Content-Length is the length of the body: a server reads that many octets, in whatever segments and however long after the header they come."},
	{"RFC9112-6.3-Incomplete", "A server MUST consider a request incomplete if the connection ends before Content-Length octets came."},
	{"RFC9112-7.1-Chunked", "A server of HTTP/1.1 MUST be able to decode the chunked transfer coding."},
	{"RFC9112-7.1-Size", "A server MUST NOT take a chunk size for another number than it is."},
	{"RFC9112-7.1.1-Extensions", "A server MUST ignore chunk extensions that it does not know."},
	{"RFC9112-7.1.2-Trailers", "Trailer fields belong to the request before them: a server MUST read them, and may discard them."},
	{"RFC9112-8-Incomplete", "A chunked body without its last chunk is incomplete."},
	{"RFC9112-9.3-HTTP10", "Without keep-alive, the connection of a request of HTTP/1.0 closes after the answer."},
	{"RFC9112-9.3.2-Order", "A server MUST answer pipelined requests in their order, or close the connection."},
	{"RFC9112-9.6-Close", "A server MUST close the connection after the answer to a request with Connection: close."},
}

// RequirementByID is [spec.RequirementByID], but it knows also what RFC 9110 and RFC 9112
// require of a server: RFC9112-7.1-Chunked.
func RequirementByID(id string) (spec.Requirement, bool) {
	i := slices.IndexFunc(httpRequirements, func(r struct{ id, text string }) bool { return r.id == id })
	if i < 0 {
		return spec.RequirementByID(id)
	}
	r := httpRequirements[i]
	document, rest, _ := strings.Cut(strings.TrimPrefix(id, "RFC"), "-")
	section, _, _ := strings.Cut(rest, "-")
	return spec.Requirement{ID: id, Section: "RFC " + document + " " + section, Level: spec.Must, Class: spec.Behaviour, Text: r.text}, true
}
