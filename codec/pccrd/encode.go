package pccrd

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/hostedcache/pchc/codec/internal/strictxml"
	"github.com/hostedcache/pchc/pccrc"
)

// EncodedLen returns the exact length in bytes of what AppendBinary appends.
func (p Probe) EncodedLen() int {
	w := writer{counting: true}
	p.write(&w)
	return w.n
}

// AppendBinary appends p to dst, growing it at most once. It rejects a value that
// violates a format or sender rule, with an *Error, and then returns dst
// unchanged. It writes the prefixes, and nothing between elements, that iPXE looks
// for.
func (p Probe) AppendBinary(dst []byte) ([]byte, error) { return p.append(dst, true) }

// AppendLenient is AppendBinary without the sender rules: it encodes whatever
// DecodeProbe accepts. White space and prefixes are those of AppendBinary.
func (p Probe) AppendLenient(dst []byte) ([]byte, error) { return p.append(dst, false) }

// MarshalBinary implements encoding.BinaryMarshaler by AppendBinary.
func (p Probe) MarshalBinary() ([]byte, error) { return p.AppendBinary(nil) }

func (p *Probe) append(dst []byte, strict bool) ([]byte, error) {
	j := judge{message: "Probe"}
	p.check(&j)
	n := p.EncodedLen()
	j.length(n)
	if strict {
		p.checkSender(&j)
	}
	if j.violated {
		return dst, failed(j.violation)
	}
	w := writer{b: slices.Grow(dst, n)}
	p.write(&w)
	return w.b, nil
}

// CheckSenderRules returns an *Error for the first sender rule that p violates,
// and nil if it violates none: To, Action, MessageID, MatchBy, the length of each
// HoHoDk.
func (p Probe) CheckSenderRules() error {
	j := judge{message: "Probe"}
	p.checkSender(&j)
	return j.err()
}

// EncodedLen returns the exact length in bytes of what AppendBinary appends.
func (m ProbeMatches) EncodedLen() int {
	w := writer{counting: true}
	m.write(&w)
	return w.n
}

// AppendBinary appends m to dst, growing it at most once. It rejects a value that
// violates a format or sender rule, with an *Error, and then returns dst
// unchanged. It writes the prefixes, and nothing between elements, that iPXE looks
// for.
func (m ProbeMatches) AppendBinary(dst []byte) ([]byte, error) { return m.append(dst, true) }

// AppendLenient is AppendBinary without the sender rules: it encodes whatever
// DecodeProbeMatches accepts. White space and prefixes are those of AppendBinary.
func (m ProbeMatches) AppendLenient(dst []byte) ([]byte, error) { return m.append(dst, false) }

// MarshalBinary implements encoding.BinaryMarshaler by AppendBinary.
func (m ProbeMatches) MarshalBinary() ([]byte, error) { return m.AppendBinary(nil) }

func (m *ProbeMatches) append(dst []byte, strict bool) ([]byte, error) {
	j := judge{message: "ProbeMatches"}
	m.check(&j)
	n := m.EncodedLen()
	j.length(n)
	if strict {
		m.checkSender(&j)
	}
	if j.violated {
		return dst, failed(j.violation)
	}
	w := writer{b: slices.Grow(dst, n)}
	m.write(&w)
	return w.b, nil
}

// CheckSenderRules returns an *Error for the first sender rule that m violates,
// and nil if it violates none: To, Action, MessageID, RelatesTo, AppSequence,
// Address, the length of each HoHoDk, availability that does not contradict
// itself, XAddrs, MetadataVersion.
func (m ProbeMatches) CheckSenderRules() error {
	j := judge{message: "ProbeMatches"}
	m.checkSender(&j)
	return j.err()
}

// judge holds the first violation in a value.
type judge struct {
	message   string
	violation Error
	violated  bool
}

func (j *judge) err() error {
	if j.violated {
		return failed(j.violation)
	}
	return nil
}

func (j *judge) fail(ok bool, rule Rule, sender bool, field string, value int, detail string) {
	if ok || j.violated {
		return
	}
	j.violated = true
	j.violation = pccrc.NewError(pccrc.ErrorFields{Rule: rule, Sender: sender, Message: j.message, Field: field, Value: uint64(value), Detail: detail})
}

func (j *judge) format(ok bool, rule Rule, field string, value int, detail string) {
	j.fail(ok, rule, false, field, value, detail)
}

func (j *judge) sender(ok bool, rule Rule, field string, value int, detail string) {
	j.fail(ok, rule, true, field, value, detail)
}

func (j *judge) length(n int) {
	j.format(n <= MaxLen, RuleXML, "XML", n, "has % bytes, a UDP datagram holds 65507")
}

// text checks what an element or attribute is to have: what comes back when it is
// decoded.
func (j *judge) text(field, text string) {
	for _, r := range text {
		j.format(strictxml.IsCharacter(r), RuleXML, field, int(r), "has a character that XML has not: #")
	}
	j.format(utf8.ValidString(text), RuleXML, field, 0, "is not UTF-8")
	j.format(text == trim([]byte(text)), RuleXML, field, 0, "begins or ends with white space")
}

func (j *judge) header(h *Header) {
	j.text("To", h.To)
	j.text("Action", h.Action)
	j.text("MessageID", h.MessageID)
	j.text("RelatesTo", h.RelatesTo)
}

func (j *judge) types(v Version) {
	j.format(v.typeName() != "", RuleTypes, "Types", int(v), "is that of version %, must be that of version 1 or 2")
}

// hexScopes checks HoHoDks of version 1.0.
func (j *judge) hexScopes(all []HoHoDk) {
	j.format(len(all) > 0, RuleScopes, "Scopes", 0, "is empty")
	for i, h := range all {
		j.format(len(h) > 0, RuleScopes, "Scopes", i, "has element % that is empty")
	}
}

func (p *Probe) check(j *judge) {
	j.header(&p.Header)
	j.types(p.Version)
	j.text("MatchBy", p.MatchBy)
	if p.Version == Version1 {
		j.hexScopes(p.HoHoDk)
		return
	}
	n := len(p.HoHoDk)
	j.format(n > 0 && n <= 255, RuleScopesV2, "Scopes", n, "has % HoHoDks, must have 1 to 255")
	for _, h := range p.HoHoDk {
		size := len(p.HoHoDk[0])
		j.format(len(h) == size && size > 0 && size <= 65535, RuleScopesV2, "Scopes", len(h), "has a HoHoDk of % bytes, must have 1 to 65535, and all the same")
	}
}

func (m *ProbeMatches) check(j *judge) {
	j.header(&m.Header)
	j.format(len(m.ProbeMatch) > 0, RuleEnvelope, "ProbeMatches", 0, "has no ProbeMatch")
	for i := range m.ProbeMatch {
		p := &m.ProbeMatch[i]
		j.text("Address", p.Address)
		j.types(p.Version)
		if p.Version == Version1 {
			j.hexScopes(p.HoHoDk)
			j.format(len(p.BlockCount) == len(p.HoHoDk), RuleBlockCount, "BlockCount", len(p.BlockCount), "has % numbers, must have one for each segment")
			j.format(len(p.Availability) == 0 && p.SegmentAges == nil, RuleScopes, "Scopes", 0, "has availability or ages, which version 1.0 has not")
		} else {
			n := len(p.Availability)
			j.format(n > 0 && n%4 == 0, RuleScopesV2, "Scopes", n, "has availability of % segments, must be a multiple of 4, the last ones none")
			for _, a := range p.Availability {
				j.format(a <= AvailableAll, RuleScopesV2, "Scopes", int(a), "has availability %, must be 0 to 3")
			}
			j.format(len(p.HoHoDk) == 0 && len(p.BlockCount) == 0, RuleScopesV2, "Scopes", 0, "has HoHoDks or block counts, which version 2.0 has not")
		}
		for _, a := range p.XAddrs {
			j.text("XAddrs", a)
			j.format(a != "" && !strings.ContainsAny(a, " \t\r\n"), RuleXML, "XAddrs", 0, "has an element that is empty, or white space in one")
		}
	}
}

func (j *judge) senderHeader(h *Header, to, action string) {
	j.sender(h.To == to, RuleTo, "To", 0, "is not that of WS-Discovery")
	j.sender(h.Action == action, RuleAction, "Action", 0, "is not that of the message")
	j.sender(h.MessageID != "", RuleMessageID, "MessageID", 0, "is missing")
}

func (j *judge) senderHoHoDk(all []HoHoDk) {
	for _, h := range all {
		n := len(h)
		j.sender(n == 32 || n == 48 || n == 64, RuleHoHoDkLength, "Scopes", n, "has a HoHoDk of % bytes, must have 32, 48 or 64")
	}
}

func (p *Probe) checkSender(j *judge) {
	j.senderHeader(&p.Header, ToProbe, ActionProbe)
	j.sender(p.MatchBy == p.Version.matchBy(), RuleMatchBy, "MatchBy", 0, "is not the matching rule of the version")
	j.senderHoHoDk(p.HoHoDk)
}

func (m *ProbeMatches) checkSender(j *judge) {
	j.senderHeader(&m.Header, ToProbeMatches, ActionProbeMatches)
	j.sender(m.RelatesTo != "", RuleRelatesTo, "RelatesTo", 0, "is missing")
	j.sender(m.AppSequence != nil, RuleAppSequence, "AppSequence", 0, "is missing, or has no numbers")
	for i := range m.ProbeMatch {
		p := &m.ProbeMatch[i]
		j.sender(strings.HasPrefix(p.Address, "urn:uuid:") || strings.HasPrefix(p.Address, "uuid:"), RuleAddress, "Address", 0, "is not a UUID as a URI")
		j.senderHoHoDk(p.HoHoDk)
		for k, a := range p.Availability {
			j.sender(a != 1, RuleAvailability, "Scopes", k, "has segment % with all blocks, but not there")
		}
		j.sender(len(p.XAddrs) > 0, RuleXAddrs, "XAddrs", 0, "is missing")
		for k, a := range p.XAddrs {
			j.sender(isHostPort(a), RuleXAddrs, "XAddrs", k, "has element % that is not host:port")
		}
		// Newer versions of Windows write 2 in both.
		v := p.MetadataVersion
		j.sender(v == 2 || v == 1 && p.Version == Version1, RuleMetadataVersion, "MetadataVersion", int(v), "is %, must be 1 in version 1.0, or 2")
	}
}

// isHostPort reports whether s is a host, IPv6 addresses in brackets, a colon and
// a port.
func isHostPort(s string) bool {
	i := strings.LastIndexByte(s, ':')
	if i <= 0 || strings.ContainsAny(s, "/?#@") {
		return false
	}
	port, err := strconv.ParseUint(s[i+1:], 10, 16)
	bracketed := s[0] == '[' && s[i-1] == ']'
	return err == nil && port > 0 && (bracketed || !strings.Contains(s[:i], ":"))
}

// writer appends to b, for which there is room, or only counts.
type writer struct {
	b        []byte
	n        int
	counting bool
}

func (w *writer) raw(s string) {
	if w.n += len(s); !w.counting {
		w.b = append(w.b, s...)
	}
}

// text writes s with references where they are needed.
func (w *writer) text(s string) {
	for {
		i := strings.IndexAny(s, "<>&\"\r\n\t")
		if i < 0 {
			w.raw(s)
			return
		}
		w.raw(s[:i])
		switch s[i] {
		case '<':
			w.raw("&lt;")
		case '>':
			w.raw("&gt;")
		case '&':
			w.raw("&amp;")
		case '"':
			w.raw("&quot;")
		case '\r':
			w.raw("&#xD;")
		case '\n':
			w.raw("&#xA;")
		case '\t':
			w.raw("&#x9;")
		}
		s = s[i+1:]
	}
}

// element writes an element, unless it is empty.
func (w *writer) element(name, text string) {
	if text == "" {
		return
	}
	w.raw("<" + name + ">")
	w.text(text)
	w.raw("</" + name + ">")
}

func (w *writer) hex(b []byte) {
	if w.n += 2 * len(b); !w.counting {
		at := len(w.b)
		w.b = hex.AppendEncode(w.b, b)
		for i, c := range w.b[at:] {
			if c >= 'a' { // iPXE compares upper case
				w.b[at+i] = c - 'a' + 'A'
			}
		}
	}
}

func (w *writer) base64(b []byte) {
	if w.n += base64.StdEncoding.EncodedLen(len(b)); !w.counting {
		w.b = base64.StdEncoding.AppendEncode(w.b, b)
	}
}

func (w *writer) number(n uint64) {
	var digits [20]byte
	w.raw(string(strconv.AppendUint(digits[:0], n, 10)))
}

func (w *writer) header(h *Header) {
	w.raw(`<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="` + NamespaceSOAP + `" xmlns:wsa="` + NamespaceAddressing +
		`" xmlns:wsd="` + NamespaceDiscovery + `" xmlns:PeerDist="` + NamespacePeerDist + `"><soap:Header>`)
	w.element("wsa:To", h.To)
	w.element("wsa:Action", h.Action)
	w.element("wsa:MessageID", h.MessageID)
	w.element("wsa:RelatesTo", h.RelatesTo)
	if s := h.AppSequence; s != nil {
		w.raw(`<wsd:AppSequence InstanceId="`)
		w.number(uint64(s.InstanceId))
		w.raw(`" MessageNumber="`)
		w.number(uint64(s.MessageNumber))
		w.raw(`"/>`)
	}
	w.raw("</soap:Header><soap:Body>")
}

const footer = "</soap:Body></soap:Envelope>"

func (w *writer) types(v Version) { w.element("wsd:Types", "PeerDist:"+v.typeName()) }

func (w *writer) hexScopes(all []HoHoDk) {
	for i, h := range all {
		if i > 0 {
			w.raw(" ")
		}
		w.hex(h)
	}
}

func (p *Probe) write(w *writer) {
	w.header(&p.Header)
	w.raw("<wsd:Probe>")
	w.types(p.Version)
	w.raw("<wsd:Scopes")
	if p.MatchBy != "" {
		w.raw(` MatchBy="`)
		w.text(p.MatchBy)
		w.raw(`"`)
	}
	w.raw(">")
	if p.Version == Version1 {
		w.hexScopes(p.HoHoDk)
	} else if len(p.HoHoDk) > 0 {
		b := append(binary.BigEndian.AppendUint16(nil, uint16(len(p.HoHoDk[0]))), byte(len(p.HoHoDk)))
		for _, h := range p.HoHoDk {
			b = append(b, h...)
		}
		w.base64(b)
	}
	w.raw("</wsd:Scopes></wsd:Probe>" + footer)
}

func (m *ProbeMatches) write(w *writer) {
	w.header(&m.Header)
	w.raw("<wsd:ProbeMatches>")
	for i := range m.ProbeMatch {
		m.ProbeMatch[i].write(w)
	}
	w.raw("</wsd:ProbeMatches>" + footer)
}

func (p *ProbeMatch) write(w *writer) {
	w.raw("<wsd:ProbeMatch>")
	if p.Address != "" {
		w.raw("<wsa:EndpointReference>")
		w.element("wsa:Address", p.Address)
		w.raw("</wsa:EndpointReference>")
	}
	w.types(p.Version)
	w.raw("<wsd:Scopes>")
	if p.Version == Version1 {
		w.hexScopes(p.HoHoDk)
	} else {
		b := make([]byte, 0, len(p.Availability)/4)
		for a := range slices.Chunk(p.Availability, 4) {
			four := byte(0)
			for k, one := range a {
				four |= byte(one) << (6 - 2*k)
			}
			b = append(b, four)
		}
		w.base64(b)
	}
	w.raw("</wsd:Scopes>")
	w.element("wsd:XAddrs", strings.Join(p.XAddrs, " "))
	if p.MetadataVersion != 0 {
		w.raw("<wsd:MetadataVersion>")
		w.number(uint64(p.MetadataVersion))
		w.raw("</wsd:MetadataVersion>")
	}
	if p.Version == Version1 {
		w.raw("<PeerDist:PeerDistData><PeerDist:BlockCount>")
		for _, n := range p.BlockCount {
			w.hex(binary.BigEndian.AppendUint32(nil, n))
		}
		w.raw("</PeerDist:BlockCount></PeerDist:PeerDistData>")
	} else if p.SegmentAges != nil {
		w.raw("<PeerDist:PeerDistData><PeerDist:SegmentAges>")
		w.base64(p.SegmentAges)
		w.raw("</PeerDist:SegmentAges></PeerDist:PeerDistData>")
	}
	w.raw("</wsd:ProbeMatch>")
}
