package generate

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"github.com/hostedcache/pchc/fuzz"
)

// changed returns a variant for each of values: a message that a change made wrong.
func changed[V any](build func(c *corruptor) *Discovery, change func(c *corruptor, d *Discovery, v V), values ...V) []variant {
	return each(values, func(c *corruptor, v V) fuzz.Message {
		d := build(c)
		change(c, d, v)
		return d.message()
	})
}

// isPlain reports whether the XML is to be plain: at two places of four.
func (c *corruptor) isPlain() bool { return c.plain || c.place%2 == 0 }

func aProbe(c *corruptor) *Discovery {
	return c.discoveryOf("Probe", 1+c.place/2%2, c.isPlain())
}

func aProbeV1(c *corruptor) *Discovery { return c.discoveryOf("Probe", 1, c.isPlain()) }
func aProbeV2(c *corruptor) *Discovery { return c.discoveryOf("Probe", 2, c.isPlain()) }

// matches returns a ProbeMatches of which each ProbeMatch has that version.
func (c *corruptor) matches(version int) *Discovery {
	x := discoverer{maker: &c.maker, plain: c.isPlain(), prefixes: map[string]string{}}
	d := x.message("ProbeMatches", version)
	list := d.Root.find("Body.ProbeMatches")
	for i, e := range list.Children {
		if e.local() == "ProbeMatch" {
			list.Children[i] = x.probeMatch(version)
		}
	}
	return d
}

func matchesV1(c *corruptor) *Discovery  { return c.matches(1) }
func matchesV2(c *corruptor) *Discovery  { return c.matches(2) }
func anyMatches(c *corruptor) *Discovery { return c.matches(1 + c.place/2%2) }

// anyDiscovery returns a message of either name.
func anyDiscovery(c *corruptor) *Discovery {
	if oneIn(c.c, 2) {
		return anyMatches(c)
	}
	return aProbe(c)
}

// match returns the ProbeMatch to corrupt.
func (c *corruptor) match(d *Discovery) *Element {
	all := slices.DeleteFunc(slices.Clone(d.Root.find("Body.ProbeMatches").Children), func(e *Element) bool { return e.local() != "ProbeMatch" })
	return all[c.element(len(all))]
}

// asked returns the Probe or the ProbeMatch to corrupt.
func (c *corruptor) asked(d *Discovery) *Element {
	if p := d.Root.find("Body.Probe"); p != nil {
		return p
	}
	return c.match(d)
}

// gone is a text that stands for an element that is missing.
const gone = "\x00"

// setOrDrop sets the text of an element, or removes it.
func setOrDrop(e *Element, path, text string) {
	if text == gone {
		e.drop(path)
		return
	}
	e.set(path, text)
}

// inHeader returns variants with those texts in an element of the header.
func inHeader(build func(c *corruptor) *Discovery, name string, texts ...string) []variant {
	return append(changed(build, func(_ *corruptor, d *Discovery, text string) { setOrDrop(d.Root.find("Header"), name, text) }, texts...),
		changed(build, func(_ *corruptor, d *Discovery, text string) { setOrDrop(d.Root.find("Header"), name, text) }, gone)...)
}

// inPart returns variants with those texts in an element of a Probe or a ProbeMatch.
func inPart(build func(c *corruptor) *Discovery, path string, texts ...string) []variant {
	return changed(build, func(c *corruptor, d *Discovery, text string) { setOrDrop(c.asked(d), path, text) }, texts...)
}

// word replaces one of the words in an element.
func (c *corruptor) word(e *Element, path string, change func(word string) string) {
	scopes := e.find(path)
	words := strings.Fields(strings.ReplaceAll(scopes.Text, "&#x20;", " "))
	i := c.element(len(words))
	words[i] = change(words[i])
	scopes.Text = strings.Join(words, " ")
}

// inWord returns variants in which one word of an element is changed so.
func inWord(build func(c *corruptor) *Discovery, path string, changes ...func(word string) string) []variant {
	return changed(build, func(c *corruptor, d *Discovery, change func(word string) string) { c.word(c.asked(d), path, change) }, changes...)
}

// Wrong values of texts.
var (
	wrongTypes = []string{"", gone, "PeerDistData", "PeerDist:PeerDistDataV3", "PeerDist:peerdistdata", "PeerDist:PeerDistDataV2 x", "PeerDist:PeerDistData PeerDist:PeerDistDataV2",
		"x:PeerDistData", "wsd:PeerDistData", "PeerDist:", ":PeerDistData", "PeerDist:PeerDistData:x", "PeerDist:PeerDistDataV", "wsdp:Device"}
	wrongHex = []func(word string) string{
		func(w string) string { return w[1:] },
		func(w string) string { return w[:len(w)-1] + "g" },
		func(w string) string { return w[:len(w)-1] + "G" },
		func(w string) string { return w[:len(w)-1] + "@" }, // next to A, a, 0 and 9
		func(w string) string { return w[:len(w)-1] + "`" },
		func(w string) string { return w[:len(w)-1] + "/" },
		func(w string) string { return w[:len(w)-1] + ":" },
		func(w string) string { return "0x" + w },
		func(w string) string { return w + "," },
		func(w string) string { return w[:2] + ":" + w[2:] },
		func(w string) string { return "{" + w + "}" },
		func(w string) string { return w + "\u00A0" },
		func(w string) string { return w[:2] + "-" + w[2:] },
		func(w string) string { return "urn:" + w },
		func(w string) string { return w + "0" },
	}
	wrongBase64 = []string{"A", "AA", "AAA", "AA=", "AAA==", "AB==", "AC==", "AE==", "AI==", "AAB=", "AAC=", "A===", "====", "AAAA=", "AA==AA==", "AAA-", "AAA_", "AAA.", "AA,A", "0x0203", "AAAA\u00A0"}
	wrongPeers  = []string{"192.0.2.1", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:80/", "http://192.0.2.1:80", ":80", "2001:db8::1:80", "[2001:db8::1]", "[2001:db8::1:80",
		"192.0.2.1:-1", "192.0.2.1:+80", "192.0.2.1:0x50", "192.0.2.1:80?", "user@192.0.2.1:80", "192.0.2.1:80#x", "192.0.2.1;80", "192.0.2.1:4294967376"}
	wrongLengths  = []int{1, 16, 20, 28, 31, 33, 47, 49, 63, 65, 128}
	wrongNumbers  = []string{"", "x", "-1", "4294967296", "1.0", "0x1", "+1", "1 2", "99999999999999999999"}
	wrongVersions = []string{"", gone, "0", "3", "-1", "two", "2.0", "+2", "4294967298", "18446744073709551618", "1 2", "0x2"}
)

// discoveryCorruptions are of the messages of MS-PCCRD, in the catalogue's order.
var discoveryCorruptions = []corruption{
	{"PCCRD-2.1-XML", nil, slices.Concat(xmlVariants, cutVariants)},
	{"PCCRD-2.2.1-Envelope", nil, envelopeVariants},
	{"PCCRD-2.2.1-To", nil, slices.Concat(inHeader(anyDiscovery, "To", "", "urn:x", discovery, "urn:schemas-xmlsoap-org:ws:2005:04:Discovery"),
		inHeader(aProbe, "To", addressing+"/role/anonymous", "urn:docs-oasis-open-org:ws-dd:ns:discovery:2009:01"),
		inHeader(anyMatches, "To", "urn:schemas-xmlsoap-org:ws:2005:04:discovery", "http://www.w3.org/2005/08/addressing/anonymous"))},
	{"PCCRD-2.2.1-Action", nil, slices.Concat(inHeader(anyDiscovery, "Action", "", discovery, discovery+"/Hello", discovery+"/Probe/", "Probe"),
		inHeader(aProbe, "Action", discovery+"/ProbeMatches"), inHeader(anyMatches, "Action", discovery+"/Probe", discovery+"/ProbeMatch"))},
	{"PCCRD-2.2.1-MessageID", nil, inHeader(anyDiscovery, "MessageID", "", " \n", "<!-- urn:uuid:1 -->", "&#x20;")},
	{"PCCRD-2.2.1-RelatesTo", nil, inHeader(anyMatches, "RelatesTo", "", "\t", "<![CDATA[]]>")},
	{"PCCRD-2.2.2.1-MatchBy", nil, slices.Concat(
		changed(aProbe, func(_ *corruptor, d *Discovery, v string) {
			d.Root.find("Body.Probe.Scopes").attribute("MatchBy").Value = v
		}, "", "strcmp0", discovery, discovery+"/rfc2396", discovery+"/strcmp0/", strings.ToUpper(matchV2)),
		changed(aProbeV1, func(_ *corruptor, d *Discovery, v string) {
			d.Root.find("Body.Probe.Scopes").attribute("MatchBy").Value = v
		}, matchV2),
		changed(aProbeV2, func(_ *corruptor, d *Discovery, v string) {
			d.Root.find("Body.Probe.Scopes").attribute("MatchBy").Value = v
		}, discovery+"/strcmp0"),
		changed(aProbe, func(_ *corruptor, d *Discovery, name string) {
			d.Root.find("Body.Probe.Scopes").attribute("MatchBy").Name = name
		}, "matchby", "Match", "xml:MatchBy"))},
	{"PCCRD-2.2.3.1-Types", nil, slices.Concat(inTypes(aProbe), inTypes(anyMatches))},
	{"PCCRD-2.2.3.3-Scopes", []string{"PCCRD-2.2.2.1-MatchBy"}, slices.Concat(inWord(aProbeV1, "Scopes", wrongHex...), inWord(matchesV1, "Scopes", wrongHex...),
		inPart(aProbeV1, "Scopes", "", " \n\t", gone), inPart(matchesV1, "Scopes", "", "<!-- AB -->", gone))},
	{"PCCRD-2.2.3.3-ScopesV2", []string{"PCCRD-2.2.2.1-MatchBy"}, slices.Concat(inPart(aProbeV2, "Scopes", wrongBase64...), inPart(matchesV2, "Scopes", wrongBase64...),
		inPart(aProbeV2, "Scopes", "", gone, "AAAA", "ACAA", "AAAB", "AA==", "AAE=", "ACAB"), inPart(matchesV2, "Scopes", "", " ", gone), wrongSizes)},
	{"PCCRD-2.2.3.3-HoHoDkLength", nil, slices.Concat(
		changed(aProbeV1, (*corruptor).wrongLength, wrongLengths...), changed(matchesV1, (*corruptor).wrongLength, wrongLengths...),
		changed(aProbeV2, func(c *corruptor, d *Discovery, size int) {
			x := discoverer{maker: &c.maker, plain: c.isPlain()}
			d.Root.find("Body.Probe.Scopes").Text = x.base64(x.scopesV2(size, 1+int(c.c.Uint64N(3))))
		}, append(wrongLengths, 256, 300)...))},
	{"PCCRD-2.2.3.3-Availability", nil, changed(matchesV2, func(c *corruptor, d *Discovery, n int) {
		x := discoverer{maker: &c.maker, plain: c.isPlain()}
		b := x.availability(n)
		at := c.element(n)
		shift := 6 - 2*(at%4)
		b[at/4] = b[at/4]&^(3<<shift) | 1<<shift
		c.match(d).find("Scopes").Text = x.base64(b)
	}, 1, 2, 3, 4, 5, 8, 40)},
	{"PCCRD-2.2.3.4-Address", nil, slices.Concat(inPart(anyMatches, "EndpointReference.Address", "", gone, "http://192.0.2.1", "urn:UUID:87a89944-0230-43a5-ac4e-fab1386c8e2c",
		"87a89944-0230-43a5-ac4e-fab1386c8e2c", "urn:", "uuid", "{87a89944-0230-43a5-ac4e-fab1386c8e2c}"), inPart(anyMatches, "EndpointReference", gone))},
	{"PCCRD-2.2.3.5-MetadataVersion", nil, slices.Concat(inPart(anyMatches, "MetadataVersion", wrongVersions...), inPart(matchesV2, "MetadataVersion", "1", "01"))},
	{"PCCRD-2.2.3.6-AppSequence", nil, slices.Concat(inSequence("InstanceId"), inSequence("MessageNumber"),
		changed(anyMatches, func(_ *corruptor, d *Discovery, _ int) { d.Root.find("Header").drop("AppSequence") }, 0))},
	{"PCCRD-2.2.3.8-XAddrs", nil, slices.Concat(inPart(anyMatches, "XAddrs", "", " ", gone, "192.0.2.1:80,192.0.2.2:80"), changed(anyMatches, func(c *corruptor, d *Discovery, wrong string) {
		m := c.match(d)
		m.set("XAddrs", strings.Join(peers[:1+c.c.Uint64N(4)], " "))
		c.word(m, "XAddrs", func(string) string { return wrong })
	}, wrongPeers...))},
	{"PCCRD-2.2.3.9-BlockCount", nil, slices.Concat(
		changed(matchesV1, func(c *corruptor, d *Discovery, change func(word string) string) {
			m := c.match(d)
			x := discoverer{maker: &c.maker}
			n := len(strings.Fields(strings.ReplaceAll(m.find("Scopes").Text, "&#x20;", " ")))
			m.set("PeerDistData.BlockCount", change(x.blockCount(n)))
		}, append(wrongHex, func(w string) string { return w + "00000001" }, func(w string) string { return w[8:] }, func(w string) string { return w[:len(w)-2] },
			func(w string) string { return w[:4] + " " + w[4:] }, func(w string) string { return strings.Repeat("1", len(w)/8) })...),
		inPart(matchesV1, "PeerDistData.BlockCount", "", gone), inPart(matchesV1, "PeerDistData", gone))},
	{"PCCRD-2.2.3.9-SegmentAges", nil, changed(matchesV2, func(c *corruptor, d *Discovery, text string) {
		x := discoverer{maker: &c.maker, prefixes: map[string]string{"PeerDist": "p"}, plain: true}
		m := c.match(d)
		if m.find("PeerDistData") != nil {
			m.drop("PeerDistData")
		}
		data := x.element("PeerDist", "PeerDistData", "")
		data.Attributes = []Attribute{{"xmlns:p", namespaces[3].uri}}
		data.Children = []*Element{x.element("PeerDist", "SegmentAges", text)}
		m.Children = append(m.Children, data)
	}, append(wrongBase64, "AAEDAQAAAA", "AAEDAQAAAA=", "AAEDAQ AAAA===")...)},
}

// inTypes returns variants with wrong Types, all of whose prefixes are declared but those
// that must not be.
func inTypes(build func(c *corruptor) *Discovery) []variant {
	plain := func(c *corruptor) *Discovery {
		c.plain = true
		return build(c)
	}
	return append(inPart(plain, "Types", wrongTypes...), changed(plain, func(c *corruptor, d *Discovery, text string) {
		types := c.asked(d).find("Types")
		types.Text = text
		types.Attributes = append(types.Attributes, Attribute{"xmlns", namespaces[3].uri}) // that of names without a prefix: an empty one is none
	}, ":PeerDistData", ":PeerDistDataV2")...)
}

// inSequence returns variants with a wrong number in AppSequence.
func inSequence(name string) []variant {
	return append(changed(anyMatches, func(_ *corruptor, d *Discovery, text string) {
		d.Root.find("Header.AppSequence").attribute(name).Value = text
	}, wrongNumbers...), changed(anyMatches, func(_ *corruptor, d *Discovery, other string) {
		d.Root.find("Header.AppSequence").attribute(name).Name = other
	}, strings.ToLower(name), "xml:"+name)...)
}

// wrongLength puts a HoHoDk of a wrong length in Scopes of version 1.0.
func (c *corruptor) wrongLength(d *Discovery, size int) {
	c.word(c.asked(d), "Scopes", func(string) string { return strings.Repeat(strconv.Itoa(int(c.c.Uint64N(10))), 2*size) })
}

// wrongSizes are Scopes of a Probe of version 2.0 with a wrong size or count.
var wrongSizes = changed(aProbeV2, func(c *corruptor, d *Discovery, change func(b []byte) []byte) {
	x := discoverer{maker: &c.maker, plain: c.isPlain()}
	d.Root.find("Body.Probe.Scopes").Text = base64.StdEncoding.EncodeToString(change(x.scopesV2(pick(c.c, hashLens), 1+int(c.c.Uint64N(4)))))
},
	func(b []byte) []byte { return b[:len(b)-1] },
	func(b []byte) []byte { return append(b, 0) },
	func(b []byte) []byte { b[0], b[1] = b[1], b[0]; return b }, // little-endian
	func(b []byte) []byte { b[2]++; return b },
	func(b []byte) []byte { b[2]--; return b },
	func(b []byte) []byte { b[2] = 0; return b },
	func(b []byte) []byte { b[2] = 255; return b },
	func(b []byte) []byte { b[1]++; return b },
	func(b []byte) []byte { b[0], b[1] = 0, 0; return b },
	func(b []byte) []byte { return b[3:] }, // no header
	func(b []byte) []byte { return append(slices.Clone(b[:3]), b[1:]...) },
)
