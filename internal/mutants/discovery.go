package main

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
)

// Namespaces of the messages of MS-PCCRD.
const (
	soapNamespace     = "http://www.w3.org/2003/05/soap-envelope"
	addressNamespace  = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
	discoverNamespace = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
	peerDistNamespace = "http://schemas.microsoft.com/p2p/2007/09/PeerDistributionDiscovery"
)

// customary are the prefixes by which some decoders tell the namespaces.
var customary = map[string]string{soapNamespace: "soap:", addressNamespace: "wsa:", discoverNamespace: "wsd:", peerDistNamespace: "PeerDist:"}

// inside are the elements that may be in another one, with their namespaces.
var inside = map[string]map[string]string{
	"Envelope":          {"Header": soapNamespace, "Body": soapNamespace},
	"Header":            {"To": addressNamespace, "Action": addressNamespace, "MessageID": addressNamespace, "RelatesTo": addressNamespace, "AppSequence": discoverNamespace},
	"Body":              {"Probe": discoverNamespace, "ProbeMatches": discoverNamespace},
	"Probe":             {"Types": discoverNamespace, "Scopes": discoverNamespace},
	"ProbeMatches":      {"ProbeMatch": discoverNamespace},
	"ProbeMatch":        {"EndpointReference": addressNamespace, "Types": discoverNamespace, "Scopes": discoverNamespace, "XAddrs": discoverNamespace, "MetadataVersion": discoverNamespace, "PeerDistData": peerDistNamespace},
	"EndpointReference": {"Address": addressNamespace},
	"PeerDistData":      {"BlockCount": peerDistNamespace, "SegmentAges": peerDistNamespace},
}

// discoverer reads a message of MS-PCCRD. Of several violations the first in the message
// counts.
type discoverer struct {
	*decoder
	bad violation
}

func (r *discoverer) fail(rule string, at int) {
	if r.bad.rule == "" || at < r.bad.offset {
		r.bad = violation{rule, at}
	}
}

// known reports whether e is one of the protocol's in an element of that name.
func (r *discoverer) known(in string, e *element) bool {
	space, ok := inside[in][e.local]
	switch {
	case !ok:
		return false
	case r.has("discovery-namespace-ignored"):
		return true
	case r.has("discovery-prefix-customary") && e.name != customary[space]+e.local:
		return false
	}
	return e.space == space
}

// child returns the first element of the protocol with that name in e.
func (r *discoverer) child(e *element, name string) *element {
	if e != nil {
		for _, c := range e.children {
			if c.local == name && r.known(e.local, c) {
				return c
			}
		}
	}
	return nil
}

// discovery reads a message of MS-PCCRD.
func (d *decoder) discovery(b []byte) violation {
	d.name = "UNKNOWN"
	d.written = d.written[:0]
	root := d.readXML(b)
	if root == nil {
		return violation{"PCCRD-2.1-XML", 0}
	}
	r := &discoverer{decoder: d}
	r.envelope(root, len(b))
	if r.bad.rule != "" {
		return r.bad
	}
	r.header(r.child(root, "Header"))
	body := r.child(root, "Body")
	w := &d.written
	w.begin("Body", '{')
	if probe := r.child(body, "Probe"); probe != nil {
		w.begin("Probe", '{')
		r.probe(probe)
	} else {
		matches := r.child(body, "ProbeMatches")
		w.begin("ProbeMatches", '{')
		w.begin("ProbeMatch", '[')
		n := 0
		for _, c := range matches.children {
			if r.known("ProbeMatches", c) && (n == 0 || !r.has("discovery-first-match")) {
				r.probeMatch(c)
				n++
			}
		}
		w.end(']')
	}
	w.end('}')
	w.end('}')
	return r.bad
}

// envelope looks at which elements there are.
func (r *discoverer) envelope(root *element, length int) {
	const rule = "PCCRD-2.2.1-Envelope"
	messages := 0
	var look func(e *element)
	look = func(e *element) {
		may, structure := inside[e.local]
		seen := map[string]bool{}
		for _, c := range e.children {
			if !structure {
				r.fail(rule, c.at)
				continue
			}
			if !r.known(e.local, c) {
				if e.local == "Body" {
					r.fail(rule, c.at)
				}
				continue
			}
			twice := seen[c.local] && c.local != "ProbeMatch"
			seen[c.local] = true
			if e.local == "Body" {
				if messages++; messages == 1 {
					r.name = c.local
				}
				twice = messages > 1
			}
			if twice && !r.has("discovery-twice-accepted") {
				r.fail(rule, c.at)
			}
			look(c)
		}
		if e.local == "ProbeMatches" && may != nil && !seen["ProbeMatch"] {
			r.fail(rule, e.closing)
		}
	}
	if root.local == "Envelope" && (root.space == soapNamespace || r.has("discovery-namespace-ignored")) && (!r.has("discovery-prefix-customary") || root.name == "soap:Envelope") {
		look(root)
	} else {
		r.fail(rule, root.at)
	}
	if messages == 0 {
		r.fail(rule, length)
	}
}

// value writes the text of an element, if it is there.
func (r *discoverer) value(in *element, name string) {
	if e := r.child(in, name); e != nil {
		r.string(name, r.text(e))
	}
}

// string writes a string of any characters.
func (r *discoverer) string(name, s string) {
	b, _ := json.Marshal(s)
	r.written.name(name)
	r.written = append(r.written, b...)
}

func (r *discoverer) header(h *element) {
	if h == nil {
		return
	}
	r.written.begin("Header", '{')
	for _, name := range []string{"To", "Action", "MessageID", "RelatesTo"} {
		r.value(h, name)
	}
	if s := r.child(h, "AppSequence"); s != nil {
		r.written.begin("AppSequence", '{')
		for _, a := range s.attributes {
			if a.prefix == "" && (a.local == "InstanceId" || a.local == "MessageNumber") {
				r.number(a.local, strings.Trim(a.value, blanks))
			}
		}
		r.written.end('}')
	}
	r.written.end('}')
}

// number writes a number, or null for what is none.
func (r *discoverer) number(name, s string) {
	bits := 32
	if r.has("discovery-number-16-bits") {
		bits = 16
	}
	v, err := strconv.ParseUint(s, 10, bits)
	if err != nil {
		r.written.name(name)
		r.written = append(r.written, "null"...)
		return
	}
	r.written.integer(name, v)
}

// words returns the words of an element.
func (r *discoverer) words(e *element) []string {
	var s strings.Builder
	for _, l := range e.letters {
		s.WriteByte(l.b)
	}
	return strings.FieldsFunc(s.String(), func(c rune) bool { return strings.ContainsRune(blanks, c) })
}

// list writes the words of an element, if it is there.
func (r *discoverer) list(in *element, name string) {
	e := r.child(in, name)
	if e == nil {
		return
	}
	r.written.begin(name, '[')
	for i, w := range r.words(e) {
		if i == 0 || !r.has("discovery-first-word") {
			r.string("", w)
		}
	}
	r.written.end(']')
}

// version reads Types: 1 or 2, 0 where it is wrong.
func (r *discoverer) version(e *element) int {
	types := r.child(e, "Types")
	if types == nil {
		r.fail("PCCRD-2.2.3.1-Types", e.closing)
		return 0
	}
	text := strings.Trim(r.text(types), blanks)
	prefix, local := split(text)
	space, _ := types.namespace(prefix)
	ours := space == peerDistNamespace
	if r.has("discovery-types-prefix-ignored") {
		ours = true
	}
	if strings.HasPrefix(text, ":") && !r.has("discovery-types-empty-prefix") {
		ours = false
	}
	switch {
	case ours && local == "PeerDistData":
		return 1
	case ours && local == "PeerDistDataV2":
		return 2
	}
	r.fail("PCCRD-2.2.3.1-Types", types.at)
	return 0
}

// at returns where a child is, or would be.
func at(child, in *element) int {
	if child != nil {
		return child.at
	}
	return in.closing
}

// hexadecimal reads HoHoDks of version 1.0, and returns how many there are.
func (r *discoverer) hexadecimal(e *element) int {
	scopes := r.child(e, "Scopes")
	n := 0
	if scopes != nil {
		for _, w := range r.words(scopes) {
			if r.has("discovery-odd-digits") && len(w)%2 == 1 {
				w += "0"
			}
			_, err := hex.DecodeString(w)
			if err != nil || r.has("discovery-lower-case-refused") && strings.ToUpper(w) != w {
				r.fail("PCCRD-2.2.3.3-Scopes", scopes.at)
				return 0
			}
			n++
		}
	}
	if n == 0 {
		r.fail("PCCRD-2.2.3.3-Scopes", at(scopes, e))
	}
	return n
}

// base64 reads an element in base64.
func (r *discoverer) base64(e *element) (b []byte, ok bool) {
	if e == nil {
		return nil, false
	}
	text := strings.Join(r.words(e), "")
	if r.has("discovery-base64-lenient") {
		b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
		return b, err == nil
	}
	b, err := base64.StdEncoding.Strict().DecodeString(text)
	return b, err == nil
}

func (r *discoverer) probe(e *element) {
	version := r.version(e)
	scopes := r.child(e, "Scopes")
	switch version {
	case 1:
		r.hexadecimal(e)
	case 2:
		b, ok := r.base64(scopes)
		if ok && len(b) >= 3 {
			size := int(b[0])<<8 | int(b[1])
			if r.has("discovery-size-little-endian") {
				size = int(b[1])<<8 | int(b[0])
			}
			n := int(b[2])
			ok = size*n > 0 && (len(b) == 3+size*n || r.has("discovery-count-unchecked"))
		} else {
			ok = false
		}
		if !ok {
			r.fail("PCCRD-2.2.3.3-ScopesV2", at(scopes, e))
		}
	}
	r.value(e, "Types")
	r.matchBy(scopes)
	r.list(e, "Scopes")
}

// matchBy writes the attribute of Scopes, which only a Probe must have.
func (r *discoverer) matchBy(scopes *element) {
	if scopes == nil {
		return
	}
	for _, a := range scopes.attributes {
		if a.prefix == "" && a.local == "MatchBy" {
			r.string("MatchBy", strings.Trim(a.value, blanks))
		}
	}
}

func (r *discoverer) probeMatch(e *element) {
	w := &r.written
	data := r.child(e, "PeerDistData")
	switch r.version(e) {
	case 1:
		n := r.hexadecimal(e)
		count := r.child(data, "BlockCount")
		digits := strings.Trim(r.text(count), blanks)
		b, err := hex.DecodeString(digits)
		fits := len(b) == 4*n || n == 0 && len(b)%4 == 0
		if r.has("discovery-block-count-any") {
			fits = len(b)%4 == 0
		}
		if count == nil || err != nil || !fits {
			place := e.closing
			if count != nil {
				place = count.at
			}
			r.fail("PCCRD-2.2.3.9-BlockCount", place)
		}
	case 2:
		scopes := r.child(e, "Scopes")
		if b, ok := r.base64(scopes); !ok || len(b) == 0 {
			r.fail("PCCRD-2.2.3.3-ScopesV2", at(scopes, e))
		}
		if ages := r.child(data, "SegmentAges"); ages != nil {
			if _, ok := r.base64(ages); !ok {
				r.fail("PCCRD-2.2.3.9-SegmentAges", ages.at)
			}
		}
	}
	w.begin("", '{')
	if reference := r.child(e, "EndpointReference"); reference != nil {
		w.begin("EndpointReference", '{')
		r.value(reference, "Address")
		w.end('}')
	}
	r.value(e, "Types")
	r.matchBy(r.child(e, "Scopes"))
	r.list(e, "Scopes")
	r.list(e, "XAddrs")
	if m := r.child(e, "MetadataVersion"); m != nil {
		r.number("MetadataVersion", strings.Trim(r.text(m), blanks))
	}
	if data != nil {
		w.begin("PeerDistData", '{')
		r.value(data, "BlockCount")
		r.value(data, "SegmentAges")
		w.end('}')
	}
	w.end('}')
}
