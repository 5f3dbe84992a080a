package generate

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/hostedcache/pchc/fuzz"
)

// replacement is a change of a message of plain XML: what old is replaced by new, once.
type replacement struct{ old, new string }

// xmlVariants are messages that are no XML 1.0 with namespaces in UTF-8, or have a document
// type.
var xmlVariants = each(slices.Concat(xmlTags, xmlTexts, xmlProlog, xmlEpilog), func(c *corruptor, r replacement) fuzz.Message {
	c.plain = true
	m := anyDiscovery(c).message()
	m.Bytes = bytes.Replace(m.Bytes, []byte(r.old), []byte(r.new), 1)
	return m
})

const (
	body    = "<soap:Body>"
	endBody = "</soap:Body>"
	header  = "<soap:Header>"
	end     = "</soap:Envelope>"
)

var xmlTags = []replacement{
	{body, "<soap:Body"}, {body, "< soap:Body>"}, {body, "<soap:Body a=1>"}, {body, "<soap:Body a>"}, {body, "<soap:Body a=>"}, {body, "<soap:Body a='1>"},
	{body, "<soap:Body a='1' a='2'>"}, {body, "<soap:Body a='1'b='2'>"}, {body, "<soap:Body a='<'>"}, {body, "<soap:Body a='&'>"}, {body, "<soap:Body a='&x;'>"},
	{body, "<soap:Body x:a='1'>"}, {body, "<x:Body>"}, {body, "<soap:Body xmlns:x=''>"}, {body, "<soap:Body xmlns:xmlns='u'>"}, {body, "<soap:Body xmlns:xml='u'>"},
	{body, "<soap:Body xmlns:x='http://www.w3.org/2000/xmlns/'>"}, {body, "<soap:Body xmlns:x='http://www.w3.org/XML/1998/namespace'>"},
	{body, "<soap:Body xmlns:a='u' xmlns:b='u' a:x='1' b:x='1'>"}, {body, "<soap:Body xmlns:a='u' xmlns:a='v'>"}, {body, "<soap:Body:x>"}, {body, "<soap:>"}, {body, "<:Body>"}, {body, "<soap:1>"}, {body, "<1/>" + body},
	{body, "<soap:Body / >"}, {body, "<soap:Body a = '1' = '2'>"}, {body, "<>" + body}, {body, body + "<"},
	{endBody, ""}, {endBody, "</soap:body>"}, {endBody, "</soap:Body"}, {endBody, "</Body>"}, {endBody, endBody + endBody}, {endBody, "</soap:Body a='1'>"}, {endBody, "</ soap:Body>"}, {endBody, "</>"},
	{endBody, "</soap:Body/>"}, {endBody + end, end + endBody},
}

// xmlTexts are texts that must not be.
var xmlTexts = func() (all []replacement) {
	for _, text := range []string{
		"&", "&x;", "&amp", "&AMP;", "&nbsp;", "&#0;", "&#xD800;", "&#x110000;", "&#;", "&#x;", "&#XA;", "&#-1;", "&#6a5;", "&#x4g1;", "&#6-5;", "&#x6-5;", "&#x4`1;", "&#x4@1;", "&#x4/1;", "&#x4:1;", "&#65", "&#4294967361;", "&#x100000041;", "&#18446744073709551681;", "&lt", "& amp;", "]]>",
		"<!-- -- -->", "<!-->", "<!-- x", "<!--->", "<![CDATA[", "<![cdata[x]]>", "<![CDATA x]]>", `<?xml version="1.0"?>`, "<?x", "<? x?>", "<?>", "<!x>", "<!ENTITY a 'b'>",
		"\x00", "\x01", "\x0B", "\x7F\xFF", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\uFFFE", "\uFFFF", "\xC3", "\xF0\x9F\x92",
	} {
		all = append(all, replacement{header, header + text})
	}
	return all
}()

var xmlProlog = []replacement{
	{"?>", "?><!DOCTYPE soap:Envelope>"}, {"?>", `?><!DOCTYPE soap:Envelope [<!ENTITY a "b">]>`}, {"?>", `?><!DOCTYPE soap:Envelope SYSTEM "http://192.0.2.1/x.dtd">`},
	{"?>", `?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>`},
	{"<?xml", " <?xml"}, {"<?xml", "\n<?xml"}, {"<?xml", "x<?xml"}, {"<?xml", "\uFEFF\uFEFF<?xml"}, {"<?xml", "<!-- --><?xml"}, {"<?xml", "<?XML"},
	{`version="1.0"`, `version="1.1"`}, {`version="1.0"`, `version="2.0"`}, {`version="1.0"`, ""}, {`version="1.0"`, `version=1.0`}, {`version="1.0"`, `Version="1.0"`},
	{`version="1.0" encoding="utf-8"`, `encoding="utf-8" version="1.0"`}, {`"utf-8"`, `"utf-16"`}, {`"utf-8"`, `"iso-8859-1"`}, {`"utf-8"`, `"utf-8`}, {`"utf-8"`, `""`},
	{`"utf-8"?>`, `"utf-8" standalone="maybe"?>`}, {`"utf-8"?>`, `"utf-8"standalone="yes"?>`}, {`"utf-8"?>`, `"utf-8" x="yes"?>`}, {`"utf-8"?>`, `"utf-8">`}, {`"utf-8"?>`, `"utf-8" ?`},
	{"?>", "?>x"}, {"?>", "?>&lt;"}, {"?>", "?><![CDATA[ ]]>"}, {"?>", "?></soap:Envelope>"},
}

var xmlEpilog = []replacement{
	{end, end + "<a/>"}, {end, end + "x"}, {end, end + end}, {end, end + "\x00"}, {end, end + "&#x20;"}, {end, end + "<![CDATA[]]>"}, {end, end + "<!DOCTYPE a>"}, {end, end + "<"}, {end, end + "<!--"},
	{end, end + `<?xml version="1.0"?>`}, {end, "</soap:Envelop>"}, {end, ""},
}

// cutVariants are messages that are cut, and one that is not in UTF-8.
var cutVariants = append(each([]func(n uint64, c *corruptor) uint64{
	func(n uint64, _ *corruptor) uint64 { return n - 1 },
	func(n uint64, _ *corruptor) uint64 { return n / 2 },
	func(uint64, *corruptor) uint64 { return 0 },
	func(uint64, *corruptor) uint64 { return 1 },
	func(uint64, *corruptor) uint64 { return 5 },
	func(n uint64, c *corruptor) uint64 { return c.c.Uint64N(n) },
}, func(c *corruptor, length func(n uint64, c *corruptor) uint64) fuzz.Message {
	m := anyDiscovery(c).message()
	closed := strings.LastIndex(string(m.Bytes), "Envelope") + len("Envelope") // without what may be behind the root
	return truncate(m, int(length(uint64(closed), c)))
}), func(c *corruptor) fuzz.Message {
	c.plain = true
	m := anyDiscovery(c).message()
	wide := []byte{0xFF, 0xFE}
	for _, unit := range utf16.Encode([]rune(string(m.Bytes))) {
		wide = append(wide, byte(unit), byte(unit>>8))
	}
	m.Bytes = wide
	return m
})

// envelopeVariants are well-formed XML, but no envelope of one Probe or ProbeMatches.
var envelopeVariants = slices.Concat(
	plainly(anyDiscovery, replacement{namespaces[0].uri, "http://schemas.xmlsoap.org/soap/envelope/"}, replacement{namespaces[0].uri, "u"},
		replacement{body, "<soap:Body><x xmlns='u'/>"}, replacement{body, "<soap:Body><wsd:Hello/>"}, replacement{endBody, "<wsd:Probe/></soap:Body>"}, replacement{endBody, "<wsd:ProbeMatches/></soap:Body>"},
		replacement{body, "<soap:Body/>" + body}, replacement{endBody, endBody + "<soap:Body/>"}, replacement{"</soap:Header>", "</soap:Header><soap:Header/>"}, replacement{end, "<soap:Header/>" + end},
		replacement{"</wsa:To>", "<x/></wsa:To>"}, replacement{"</wsa:MessageID>", "<wsa:MessageID/></wsa:MessageID>"}, replacement{"</wsa:MessageID>", "</wsa:MessageID><wsa:MessageID>urn:uuid:2</wsa:MessageID>"},
		replacement{"</wsa:To>", "</wsa:To><wsa:To/>"}, replacement{"</wsa:Action>", "</wsa:Action><wsa:Action/>"},
		replacement{"</wsd:Types>", "<wsd:Types/></wsd:Types>"}, replacement{"</wsd:Types>", "</wsd:Types><wsd:Types/>"}, replacement{"</wsd:Scopes>", "</wsd:Scopes><wsd:Scopes/>"},
		replacement{"</wsd:Scopes>", "<x/></wsd:Scopes>"}, replacement{namespaces[2].uri + `"`, "http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01" + `"`}),
	plainly(aProbe, replacement{"</wsd:Probe>", "</wsd:Probe><wsd:Probe/>"}, replacement{"</wsd:Probe>", "</wsd:Probe><wsd:ProbeMatches><wsd:ProbeMatch/></wsd:ProbeMatches>"}),
	plainly(anyMatches, replacement{"<wsd:ProbeMatches>", "<wsd:ProbeMatches/><wsd:ProbeMatches>"}, replacement{"</wsd:XAddrs>", "</wsd:XAddrs><wsd:XAddrs/>"}, replacement{"</wsd:XAddrs>", "<x/></wsd:XAddrs>"},
		replacement{"</wsa:Address>", "</wsa:Address><wsa:Address/>"}, replacement{"</wsa:EndpointReference>", "</wsa:EndpointReference><wsa:EndpointReference/>"},
		replacement{"</wsa:RelatesTo>", "</wsa:RelatesTo><wsa:RelatesTo/>"}, replacement{"</wsd:AppSequence>", "</wsd:AppSequence><wsd:AppSequence/>"}, replacement{"</wsd:AppSequence>", "<x/></wsd:AppSequence>"},
		replacement{"</wsd:MetadataVersion>", "</wsd:MetadataVersion><wsd:MetadataVersion/>"}),
	plainly(matchesV1, replacement{"</PeerDist:PeerDistData>", "</PeerDist:PeerDistData><PeerDist:PeerDistData/>"}, replacement{"</PeerDist:BlockCount>", "</PeerDist:BlockCount><PeerDist:BlockCount/>"},
		replacement{"</PeerDist:BlockCount>", "<x/></PeerDist:BlockCount>"}),
	changed(aProbe, (*corruptor).without, "Body", "Body.Probe"), changed(anyMatches, (*corruptor).without, "Body.ProbeMatches", "Body.ProbeMatches.ProbeMatch"),
	changed(anyDiscovery, func(_ *corruptor, d *Discovery, name string) {
		d.Root.Name = strings.Replace(d.Root.Name, "Envelope", name, 1)
	}, "envelope", "Envelop", "Body"),
)

// plainly returns variants with those changes of plain XML.
func plainly(build func(c *corruptor) *Discovery, all ...replacement) []variant {
	return each(all, func(c *corruptor, r replacement) fuzz.Message {
		c.plain = true
		m := build(c).message()
		m.Bytes = bytes.Replace(m.Bytes, []byte(r.old), []byte(r.new), 1)
		return m
	})
}

// without removes an element.
func (*corruptor) without(d *Discovery, path string) { d.Root.drop(path) }
