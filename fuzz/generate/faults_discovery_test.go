package generate_test

import (
	"bytes"
	"slices"
	"strings"

	"github.com/hostedcache/pchc/spec"
)

// written is a fault with valid messages of MS-PCCRD in which that stands.
func written(texts ...string) func(r *reading) bool {
	return func(r *reading) bool {
		return r.Kind == spec.Discovery && r.Valid() && slices.ContainsFunc(texts, func(s string) bool { return bytes.Contains(r.Bytes, []byte(s)) })
	}
}

// malformed is a fault with messages that violate a rule just so.
func malformed(rule string, texts ...string) func(r *reading) bool {
	return func(r *reading) bool {
		return r.alone(rule) && slices.ContainsFunc(texts, func(s string) bool { return bytes.Contains(r.Bytes, []byte(s)) })
	}
}

// part returns what a valid message of that version says, nil for others.
func part(r *reading, message string, version uint8) *spec.DiscoveryPart {
	m, ok := r.Discovery()
	switch {
	case !ok || r.Dissection.Message != message:
		return nil
	case m.Probe != nil && m.Probe.Version == version:
		return m.Probe
	case m.Probe == nil && m.Matches[0].Version == version:
		return &m.Matches[0]
	}
	return nil
}

var discoveryFaults = []fault{
	{"a byte order mark refused", func(r *reading) bool { return r.is(probe) && bytes.HasPrefix(r.Bytes, []byte("\uFEFF")) }},
	{"no XML declaration refused", func(r *reading) bool { return r.is(probe) && !bytes.Contains(r.Bytes, []byte("<?xml")) }},
	{"comments refused", written("<!--")},
	{"CDATA sections refused", written("<![CDATA[")},
	{"instructions refused", written("<?a")},
	{"character references not resolved", written("&#")},
	{"entities not resolved", written("&amp;")},
	{"single quotes refused", written("='")},
	{"other prefixes refused", written("<a0:", "<s0:")},
	{"the default namespace ignored", written(`xmlns="http`, `xmlns='http`)},
	{"elements without content refused", written("/>")},
	{"white space around values kept", written("> \n")},
	{"names compared without their namespace", func(r *reading) bool { return r.is(probe) && bytes.Contains(r.Bytes, []byte("<Types></Types>")) }},
	{"a document type accepted", malformed("PCCRD-2.1-XML", "<!DOCTYPE")},
	{"two attributes of a name accepted", malformed("PCCRD-2.1-XML", "a='1' a='2'")},
	{"a prefix that is not declared accepted", malformed("PCCRD-2.1-XML", "<x:Body>")},
	{"bytes behind the message ignored", malformed("PCCRD-2.1-XML", "</soap:Envelope>x", "</soap:Envelope><a/>")},
	{"overlong UTF-8 accepted", malformed("PCCRD-2.1-XML", "\xC0\x80")},
	{"a deep message", func(r *reading) bool { return r.Kind == spec.Discovery && bytes.Count(r.Bytes, []byte("<x>")) > 5000 }},
	{"the limit of a datagram", func(r *reading) bool { return r.is(probe) && len(r.Bytes) == 65507 }},
	{"the first of two Types", malformed("PCCRD-2.2.1-Envelope", "</wsd:Types><wsd:Types/>")},
	{"the prefix of Types not resolved", malformed("PCCRD-2.2.3.1-Types", "x:PeerDistData")},
	{"an empty prefix of Types accepted", malformed("PCCRD-2.2.3.1-Types", `PeerDistributionDiscovery">:PeerDistData`)},
	{"the prefix PeerDist of Types required", func(r *reading) bool {
		return r.is(probe) && len(r.nodes("Types")) > 0 && !strings.HasPrefix(r.nodes("Types")[0].Meaning, "PeerDist:")
	}},
	{"digits of lower case refused", func(r *reading) bool {
		return part(r, probe, 1) != nil && strings.ContainsAny(r.nodes("Scopes")[0].Meaning, "abcdef")
	}},
	{"one identifier only", func(r *reading) bool { p := part(r, probe, 1); return p != nil && len(p.HoHoDks) > 1 }},
	{"identifiers of one length only", func(r *reading) bool {
		p := part(r, probe, 1)
		return p != nil && len(p.HoHoDks) > 1 && len(p.HoHoDks[0]) != len(p.HoHoDks[1])
	}},
	{"SegmentHashSize little-endian", malformed("PCCRD-2.2.3.3-ScopesV2", "IAAB", "MAAB", "QAAB")},
	{"255 identifiers", func(r *reading) bool { p := part(r, probe, 2); return p != nil && len(p.HoHoDks) == 255 }},
	{"base64 without padding accepted", malformed("PCCRD-2.2.3.3-ScopesV2", ">AA<")},
	{"base64 of URLs accepted", malformed("PCCRD-2.2.3.3-ScopesV2", "AAA_")},
	{"base64 with bits behind accepted", malformed("PCCRD-2.2.3.3-ScopesV2", "AB==")},
	{"availability from the low bits", func(r *reading) bool {
		p := part(r, matches, 2)
		return p != nil && p.Availability[0] != p.Availability[3]
	}},
	{"bytes of availability beyond the first", func(r *reading) bool { p := part(r, matches, 2); return p != nil && len(p.Availability) > 4 }},
	{"versions mixed in a message", func(r *reading) bool {
		m, ok := r.Discovery()
		return ok && len(m.Matches) > 1 && m.Matches[0].Version != m.Matches[1].Version
	}},
	{"BlockCount signed", func(r *reading) bool { p := part(r, matches, 1); return p != nil && p.BlockCounts[0] >= 1<<31 }},
	{"BlockCount little-endian", func(r *reading) bool {
		p := part(r, matches, 1)
		return p != nil && p.BlockCounts[0]&0xFF != p.BlockCounts[0]>>24
	}},
	{"BlockCount of the first segment only", func(r *reading) bool { p := part(r, matches, 1); return p != nil && len(p.BlockCounts) > 1 }},
	{"ages of segments refused", func(r *reading) bool { p := part(r, matches, 2); return p != nil && len(p.Ages) > 0 }},
	{"IPv6 addresses refused", func(r *reading) bool { return r.is(matches) && bytes.Contains(r.Bytes, []byte("[2001:db8::1]")) }},
	{"MetadataVersion 2 in version 1.0 refused", func(r *reading) bool { return part(r, matches, 1) != nil && r.value("MetadataVersion") == 2 }},
}
