package generate

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"
)

// The namespaces of MS-PCCRD 2.2.1, with their customary prefixes.
var namespaces = [...]struct{ prefix, uri string }{
	{"soap", "http://www.w3.org/2003/05/soap-envelope"},
	{"wsa", "http://schemas.xmlsoap.org/ws/2004/08/addressing"},
	{"wsd", "http://schemas.xmlsoap.org/ws/2005/04/discovery"},
	{"PeerDist", "http://schemas.microsoft.com/p2p/2007/09/PeerDistributionDiscovery"},
}

const (
	addressing = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
	discovery  = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
	matchV2    = "http://schemas.microsoft.com/p2p/2010/05/PeerDistV2MatchingRule"

	xmlDeclaration = `<?xml version="1.0" encoding="utf-8"?>`
)

// discoveryMessages are the names of the messages of MS-PCCRD, the simplest first.
var discoveryMessages = []string{"Probe", "ProbeMatches"}

// A discoverer makes a message of MS-PCCRD.
type discoverer struct {
	*maker
	plain    bool // without what any message of XML may have
	prefixes map[string]string
}

// discovery returns a message of that name that violates no rule, in many of the ways in
// which XML can say the same.
func (m *maker) discovery(message string) *Discovery {
	return m.discoveryOf(message, 1+int(m.c.Uint64N(2)), !oneIn(m.c, 2))
}

// discoveryOf is discovery for a version, 1 or 2; without variety in the XML if it is to be
// plain.
func (m *maker) discoveryOf(message string, version int, plain bool) *Discovery {
	x := discoverer{maker: m, plain: plain, prefixes: map[string]string{}}
	return x.message(message, version)
}

func (x *discoverer) message(message string, version int) *Discovery {
	d := &Discovery{Before: xmlDeclaration, Quote: `"`}
	x.choosePrefixes()
	d.Root = x.element("soap", "Envelope", "")
	for _, n := range namespaces {
		name := "xmlns"
		if x.prefixes[n.prefix] != "" {
			name += ":" + x.prefixes[n.prefix]
		}
		d.Root.Attributes = append(d.Root.Attributes, Attribute{name, n.uri})
	}
	if !x.plain {
		d.Before = pick(x.c, []string{"", xmlDeclaration, "\uFEFF" + xmlDeclaration, "<?xml version='1.0'?>\n", `<?xml version="1.0" encoding='UTF-8' standalone="no" ?>`, "\r\n<!-- < & -->", "<?a <b>?>\n"})
		d.After = pick(x.c, []string{"", "\n", "<!-- end -->", "<?a?> "})
		d.Space = pick(x.c, []string{"", "\r\n\t", " ", "<!-- - -->"})
		d.Quote = pick(x.c, []string{`"`, "'"})
		d.Empty = oneIn(x.c, 2)
	}
	header, body := x.header(message), x.element("soap", "Body", "")
	if message == "Probe" {
		body.Children = []*Element{x.probe(version)}
	} else {
		matches := x.element("wsd", "ProbeMatches", "")
		for range 1 + x.c.Uint64N(3) {
			matches.Children = append(matches.Children, x.probeMatch(version))
			version = 1 + int(x.c.Uint64N(2))
		}
		x.mix(matches)
		body.Children = []*Element{matches}
	}
	d.Root.Children = []*Element{header, body}
	x.mix(d.Root)
	return d
}

// choosePrefixes chooses those of the namespaces. One may be the default.
func (x *discoverer) choosePrefixes() {
	for i, n := range namespaces {
		x.prefixes[n.prefix] = n.prefix
		if !x.plain && oneIn(x.c, 4) {
			x.prefixes[n.prefix] = pick(x.c, []string{"a", "s", "_-.", "É"}) + strconv.Itoa(i)
		}
	}
	if !x.plain && oneIn(x.c, 3) {
		x.prefixes[pick(x.c, []string{"soap", "wsa", "wsd", "PeerDist"})] = ""
	}
}

// name returns a name with the prefix of that namespace.
func (x *discoverer) name(prefix, local string) string {
	if prefix = x.prefixes[prefix]; prefix != "" {
		local = prefix + ":" + local
	}
	return local
}

// element returns an element with a text, which is escaped.
func (x *discoverer) element(prefix, local, text string) *Element {
	e := &Element{Name: x.name(prefix, local), Text: x.written(text)}
	if !x.plain && oneIn(x.c, 8) {
		e.Attributes = append(e.Attributes, pick(x.c, []Attribute{{"a", "1"}, {"xml:lang", "en"}, {"a", "&lt;&#x3E;>"}, {"xmlns:unused", "u"}}))
	}
	return e
}

// written returns a text as it may be written in XML.
func (x *discoverer) written(text string) string {
	escaped := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
	if x.plain || text == "" || text[0] >= 0x80 {
		return escaped
	}
	n := 1 + int(x.c.Uint64N(uint64(len(text))))
	simple := escaped == text
	switch x.c.Uint64N(12) {
	case 7:
		return " \n" + escaped + "\t"
	case 8:
		return "<![CDATA[" + text + "]]>"
	case 9:
		if simple { // a part of a word
			return text[:n] + "<![CDATA[" + text[n:] + "]]>"
		}
	case 10:
		return "&#" + strconv.Itoa(int(text[0])) + ";" + strings.TrimPrefix(escaped, text[:1])
	case 11:
		if simple {
			return text[:n] + pick(x.c, []string{"<!-- - -->", "<?a?>"}) + text[n:]
		}
	}
	return escaped
}

// mix puts an element of another namespace in e, or makes its children change places.
func (x *discoverer) mix(e *Element) {
	if x.plain {
		return
	}
	n := len(e.Children)
	if n > 1 && oneIn(x.c, 4) && e.local() != "Envelope" {
		i, j := x.c.Uint64N(uint64(n)), x.c.Uint64N(uint64(n))
		e.Children[i], e.Children[j] = e.Children[j], e.Children[i]
	}
	if oneIn(x.c, 4) {
		other := pick(x.c, []*Element{
			{Name: "x:x", Attributes: []Attribute{{"xmlns:x", "u"}}},
			{Name: "x", Attributes: []Attribute{{"xmlns", "u"}}, Text: "1", Children: []*Element{{Name: "Types"}}},
			{Name: "x", Attributes: []Attribute{{"xmlns", ""}}},
			{Name: x.name("wsd", "Hello"), Children: []*Element{{Name: x.name("wsd", "Types"), Text: "x"}, {Name: x.name("wsd", "Types")}}},
		})
		at := int(x.c.Uint64N(uint64(n + 1)))
		e.Children = append(e.Children[:at:at], append([]*Element{other}, e.Children[at:]...)...)
	}
}

// uuid returns a UUID as a URI.
func (x *discoverer) uuid() string {
	digits := hex.EncodeToString(x.bytes(16))
	return "urn:uuid:" + digits[:8] + "-" + digits[8:12] + "-" + digits[12:16] + "-" + digits[16:20] + "-" + digits[20:]
}

func (x *discoverer) header(message string) *Element {
	h := x.element("soap", "Header", "")
	to := "urn:schemas-xmlsoap-org:ws:2005:04:discovery"
	if message == "ProbeMatches" {
		to = addressing + "/role/anonymous"
	}
	id := x.uuid()
	if !x.plain && oneIn(x.c, 8) {
		id = pick(x.c, []string{"uuid:1", "<&>", "é", "0"})
	}
	h.Children = []*Element{x.element("wsa", "To", to), x.element("wsa", "Action", discovery+"/"+message), x.element("wsa", "MessageID", id)}
	if message == "ProbeMatches" || !x.plain && oneIn(x.c, 8) {
		h.Children = append(h.Children, x.element("wsa", "RelatesTo", x.uuid()))
	}
	if message == "ProbeMatches" || !x.plain && oneIn(x.c, 8) {
		sequence := &Element{Name: x.name("wsd", "AppSequence"), Attributes: []Attribute{
			{"InstanceId", strconv.FormatUint(number(x.c, ends32, 1<<32-1), 10)}, {"MessageNumber", strconv.FormatUint(number(x.c, ends32, 1<<32-1), 10)},
		}}
		if !x.plain && oneIn(x.c, 2) {
			sequence.Attributes = append([]Attribute{{"SequenceId", x.uuid()}}, sequence.Attributes...)
		}
		h.Children = append(h.Children, sequence)
	}
	x.mix(h)
	return h
}

// types returns the Types of a version.
func (x *discoverer) types(version int) *Element {
	local := "PeerDistData"
	if version == 2 {
		local += "V2"
	}
	return x.element("wsd", "Types", x.name("PeerDist", local))
}

func (x *discoverer) probe(version int) *Element {
	p := x.element("wsd", "Probe", "")
	scopes := x.element("wsd", "Scopes", "")
	if n := x.ids(255); version == 1 {
		scopes.Text, _ = x.scopes(n)
		scopes.Attributes = []Attribute{{"MatchBy", discovery + "/strcmp0"}}
	} else {
		scopes.Text = x.base64(x.scopesV2(pick(x.c, hashLens), n))
		scopes.Attributes = []Attribute{{"MatchBy", matchV2}}
	}
	p.Children = []*Element{x.types(version), scopes}
	x.mix(p)
	return p
}

// ids returns how many segments a message is about: mostly few.
func (x *discoverer) ids(high uint64) int {
	switch n := x.c.Uint64N(64); n {
	case 63:
		return int(high)
	case 62:
		return int(within(x.c, 1, high))
	default:
		return 1 + int(n%4)
	}
}

// scopes returns some HoHoDks in hexadecimal, and how many there are.
func (x *discoverer) scopes(n int) (text string, count int) {
	words := make([]string, n)
	for i := range words {
		words[i] = strings.ToUpper(hex.EncodeToString(x.bytes(pick(x.c, hashLens))))
		if !x.plain && oneIn(x.c, 4) {
			words[i] = strings.ToLower(words[i])
		}
	}
	space := " "
	if !x.plain {
		space = pick(x.c, []string{" ", "\r\n\t", "  ", "&#x20;"})
	}
	return strings.Join(words, space), n
}

// scopesV2 returns the Scopes of a Probe of version 2.0: n HoHoDks of size bytes.
func (x *discoverer) scopesV2(size, n int) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(size))
	return append(append(b, byte(n)), x.bytes(size*n)...)
}

// base64 returns bytes in base64, perhaps with white space.
func (x *discoverer) base64(b []byte) string {
	text := base64.StdEncoding.EncodeToString(b)
	if n := len(text); n > 0 && !x.plain && oneIn(x.c, 4) {
		at := 1 + int(x.c.Uint64N(uint64(n)))
		text = text[:at] + pick(x.c, []string{"\n", "\r\n    ", " "}) + text[at:]
	}
	return text
}

// peers are addresses of peers, the simplest first.
var peers = []string{"192.0.2.1:80", "[2001:db8::1]:80", "host:65535", "peer.example.com:2869", "a:1", "192.0.2.255:8081", "[::1]:60000", "h_-.:443"}

func (x *discoverer) probeMatch(version int) *Element {
	m := x.element("wsd", "ProbeMatch", "")
	reference := x.element("wsa", "EndpointReference", "")
	address := x.uuid()
	if !x.plain && oneIn(x.c, 2) {
		address = strings.TrimPrefix(address, "urn:")
	}
	reference.Children = []*Element{x.element("wsa", "Address", address)}
	x.mix(reference)
	xaddrs := make([]string, 1+x.c.Uint64N(3))
	for i := range xaddrs {
		xaddrs[i] = pick(x.c, peers)
	}
	metadata := "2"
	if version == 1 && !oneIn(x.c, 2) {
		metadata = "1"
	}
	if !x.plain && oneIn(x.c, 8) {
		metadata = "000" + metadata
	}
	m.Children = []*Element{reference, x.types(version), x.element("wsd", "Scopes", ""), x.element("wsd", "XAddrs", strings.Join(xaddrs, " ")), x.element("wsd", "MetadataVersion", metadata)}
	scopes, data := m.Children[2], x.element("PeerDist", "PeerDistData", "")
	if version == 1 {
		var n int
		scopes.Text, n = x.scopes(x.ids(40))
		data.Children = []*Element{x.element("PeerDist", "BlockCount", x.blockCount(n))}
	} else {
		scopes.Text = x.base64(x.availability(1 + int(x.c.Uint64N(9))))
		if blob := x.blob(); len(blob) > 0 {
			data.Children = []*Element{x.element("PeerDist", "SegmentAges", "")}
			data.Children[0].Text = x.base64(blob)
		}
	}
	x.mix(data)
	if version == 1 || len(data.Children) > 0 || oneIn(x.c, 2) {
		m.Children = append(m.Children, data)
	}
	x.mix(m)
	return m
}

// blockCount returns the numbers of blocks of n segments.
func (x *discoverer) blockCount(n int) string {
	b := make([]byte, 0, 4*n)
	for range n {
		b = binary.BigEndian.AppendUint32(b, uint32(number(x.c, ends32, 1<<32-1)))
	}
	digits := hex.EncodeToString(b)
	if oneIn(x.c, 4) {
		return digits
	}
	return strings.ToUpper(digits)
}

// availability returns two bits for each of n segments, which are not 01.
func (x *discoverer) availability(n int) []byte {
	b := make([]byte, (n+3)/4)
	for i := range n {
		b[i/4] |= pick(x.c, []byte{0, 2, 3}) << (6 - 2*(i%4))
	}
	return b
}
