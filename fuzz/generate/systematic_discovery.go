package generate

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/hostedcache/pchc/fuzz/internal/markup"
	"github.com/hostedcache/pchc/spec"
)

// discoverySamples are messages of both versions, and one with both.
func discoverySamples() (all [][]byte) {
	for _, d := range discoveryDocuments() {
		all = append(all, d.Append(nil))
	}
	return all
}

func discoveryDocuments() (all []*Discovery) {
	for _, version := range []int{1, 2} {
		m := sampler()
		x := discoverer{maker: m, plain: true, prefixes: map[string]string{}}
		d := x.message("Probe", version)
		scopes := d.Root.find("Body.Probe.Scopes")
		if version == 1 {
			scopes.Text += " " + strings.ToUpper(hex.EncodeToString(m.bytes(48)))
		} else {
			scopes.Text = x.base64(x.scopesV2(32, 3))
		}
		all = append(all, d)
	}
	for _, versions := range [][]int{{1}, {2}, {2, 1}} {
		x := discoverer{maker: sampler(), plain: true, prefixes: map[string]string{}}
		d := x.message("ProbeMatches", 1)
		matches := d.Root.find("Body.ProbeMatches")
		matches.Children = nil
		for i, version := range versions {
			matches.Children = append(matches.Children, x.sampleMatch(version, i))
		}
		sequence := d.Root.find("Header.AppSequence")
		sequence.attribute("InstanceId").Value, sequence.attribute("MessageNumber").Value = "4294967295", "17"
		all = append(all, d)
	}
	return all
}

// sampleMatch returns a ProbeMatch with several segments and addresses.
func (x *discoverer) sampleMatch(version, i int) *Element {
	m := x.probeMatch(version)
	m.set("XAddrs", peers[i]+" "+peers[i+1])
	data := m.find("PeerDistData")
	if version == 1 {
		scopes, n := x.scopes(3)
		m.set("Scopes", scopes)
		data.Children[0].Text = "800000FE" + "00000001" + "FFFFFFFF"[:8*(n-2)]
		return m
	}
	if data == nil {
		data = x.element("PeerDist", "PeerDistData", "")
		m.Children = append(m.Children, data)
	}
	m.set("Scopes", base64.StdEncoding.EncodeToString([]byte{0b11_10_00_11, 0b10_00_00_00}))
	data.Children = []*Element{x.element("PeerDist", "SegmentAges", base64.StdEncoding.EncodeToString(x.agesOf(2, 0)))}
	return m
}

// discovery is the part of the sweep that knows XML.
func (s *sweep) discovery(samples [][]byte) {
	for _, b := range samples {
		s.texts(b)
	}
	for _, b := range samples {
		s.spellings(string(b))
	}
	s.discoverySizes()
	plain := string(samples[0])
	s.characters(plain)
	s.declarations(plain)
	s.unfinished(plain)
	s.reserved(plain)
	s.sequences(plain)
	s.scopesOfPrefixes(plain)
	for _, d := range discoveryDocuments() {
		s.twoFaults(d.Append(nil))
		d.Root.reverse()
		s.twoFaults(d.Append(nil))
	}
	s.letters(samples[0])
	s.rules(places)
	for i, b := range samples {
		s.markup(b)
		if i%2 == 0 { // the others have no other elements
			s.ends(b)
		}
	}
}

// texts changes the text of every element and attribute.
func (s *sweep) texts(b []byte) {
	for _, n := range spec.Dissect(s.kind, b).Root.Leaves() {
		from, to := n.Offset, n.Offset+len(n.Raw())
		text := func() []byte { return b[from:to] }
		if open := bytes.IndexByte(text(), '>'); open >= 0 {
			from, to = from+open+1, from+bytes.LastIndex(text(), []byte("</"))
		} else if open := bytes.IndexByte(text(), '"'); open >= 0 {
			from, to = from+open+1, to-1
		}
		own := string(text())
		if len(own) == 0 {
			continue
		}
		for _, by := range []string{
			"", " ", own[1:], own[:len(own)-1], own + own, own + " " + own, strings.ToUpper(own), strings.ToLower(own), own + "x", "x" + own, own + ",", " \t\r\n" + own + " ",
			"&#" + strconv.Itoa(int(own[0])) + ";" + own[1:], "&#x0" + strconv.FormatInt(int64(own[0]), 16) + ";" + own[1:], own[:1] + "<!-- -->" + own[1:], "<![CDATA[" + own + "]]>", own[:1] + "<![CDATA[" + own[1:] + "]]>",
			own + "&amp;", own + "\u00A0", own + "\u0085", own + "&#x85;", own[:1] + "\n" + own[1:], own[:1] + "&#9;" + own[1:], own[:1] + "<?a?>" + own[1:], own + "é", own + "😀",
			"0", "1", "2", "9", "00000002", "-1", "+2", "2.0", "4294967295", "4294967296", "18446744073709551618", "AA==", "QA==", "AB", "urn:uuid:", "a:1", "PeerDist:PeerDistDataV2",
		} {
			s.try(slices.Concat(b[:from], []byte(by), b[to:]))
		}
	}
}

// spellings writes the same message in other ways: with other prefixes and other
// declarations.
func (s *sweep) spellings(b string) {
	replaced := func(pairs ...string) { s.try([]byte(strings.NewReplacer(pairs...).Replace(b))) }
	replaced("Types>PeerDist:", "Types xmlns='"+namespaces[3].uri+"'>:")
	for i, n := range namespaces {
		replaced(n.prefix+":", "a"+strconv.Itoa(i)+":", ":"+n.prefix+"=", ":a"+strconv.Itoa(i)+"=")
		replaced("<"+n.prefix+":", "<", "</"+n.prefix+":", "</", "xmlns:"+n.prefix+"=", "xmlns=", ">PeerDist:", map[bool]string{false: ">PeerDist:", true: ">"}[n.prefix == "PeerDist"])
		replaced("<"+n.prefix+":", "<", "</"+n.prefix+":", "</") // of no namespace
		replaced(n.uri, strings.ToUpper(n.uri))
		replaced(n.uri, n.uri+"/")
		replaced(n.uri, n.uri[:len(n.uri)-1])
		replaced("xmlns:"+n.prefix+"=", "xmlns:other=")
	}
	replaced(header, "<x xmlns='u'><Types></Types><Body><Probe/></Body></x>"+header)
	replaced("><", ">\r\n\t<")
	replaced(`"`, "'")
	for _, before := range []string{"", "\uFEFF", "\uFEFF" + xmlDeclaration, "\n", "\uFEFF\n", "<?xml version='1.0'?>", "<?xml version = '1.0' encoding = 'UTF-8' standalone='yes' ?>", "<!-- --><?x?>"} {
		replaced(xmlDeclaration, before)
	}
}

// inserted are put between the parts of a message.
var inserted = []string{"<!-- x -->", "<?x?>", "<![CDATA[]]>", "<![CDATA[x]]>", " ", "x", "<x xmlns='u'>t</x>", "<x/>", "&amp;", "&#x41;", "\x00", "\xFF", "</x>", "<x", "<", ">", "&"}

// markup changes elements and what is between them.
func (s *sweep) markup(b []byte) {
	splice := func(from, to int, by ...[]byte) { s.try(slices.Concat(b[:from], slices.Concat(by...), b[to:])) }
	before := 0 // where the name of the last start tag ends
	for at := 0; at < len(b); {
		p := markup.Next(b, at)
		for _, text := range inserted {
			splice(at, at, []byte(text))
		}
		at = p.To
		if p.Kind != markup.Start && p.Kind != markup.Empty {
			continue
		}
		end := markup.Element(b, p)
		whole, name, nameEnd := b[p.From:end], 0, 0
		splice(p.From, end)
		splice(end, end, whole)
		name, nameEnd = markup.Name(b, p)
		splice(p.From, end, []byte("<"), b[name:nameEnd], []byte("/>"))
		splice(nameEnd, nameEnd, []byte("x"))
		splice(nameEnd, nameEnd, []byte(" a='1'"))
		splice(nameEnd, nameEnd, []byte(" xmlns='u'"))
		splice(nameEnd, nameEnd, []byte(" xmlns:a='u' a:MatchBy='1'"))
		splice(nameEnd, nameEnd, []byte(" xmlns:PeerDist='u'"))
		if end < len(b) { // the next element before this one
			if next := markup.Next(b, end); next.Kind == markup.Start {
				to := markup.Element(b, next)
				splice(p.From, to, b[end:to], whole)
			}
		}
		if last := bytes.LastIndex(whole, []byte("</")); last >= 0 && p.Kind == markup.Start { // what is in it alone
			splice(p.From, end, b[p.To:p.From+last])
			other := bytes.ReplaceAll(whole, b[name:nameEnd], []byte("x:x"))
			splice(p.From, end, other)
			splice(p.From, end, []byte("<x:x xmlns:x='u'>"), whole, []byte("</x:x>"))
		}
		for from := 0; ; {
			a, ok := markup.Attribute(b, p, from)
			if !ok {
				break
			}
			splice(a.From, a.To)
			splice(a.To, a.To, b[a.From:a.To])
			splice(a.From, a.To, bytes.ReplaceAll(b[a.From:a.To], []byte(`"`), []byte("'")))
			splice(a.From, a.To, bytes.Replace(b[a.From:a.To], []byte("="), []byte(" \n= "), 1))
			splice(a.From, a.To, bytes.ReplaceAll(b[a.From:a.To], []byte(`"`), nil))
			splice(before, a.To, b[a.From:a.To], b[before:a.From]) // to the tag before
			from = a.To
		}
		before = nameEnd
	}
}

// discoverySizes yields deep, wide and long messages, at this project's limits and far
// beyond, and all numbers of segments that a Probe may have.
func (s *sweep) discoverySizes() {
	plain := sampler().discoveryOf("Probe", 1, true).Append(nil)
	inHeader := func(text string) { s.try(bytes.Replace(plain, []byte(header), []byte(header+text), 1)) }
	for _, n := range []int{1, 29, 30, 31, 32, 33, 100, 1000, 8000} {
		inHeader(strings.Repeat("<x>", n) + strings.Repeat("</x>", n))
		inHeader(strings.Repeat("<x>", n))
	}
	for _, n := range []int{1, 31, 32, 33, 60, 61, 64, 65, 100, 1000, 3000} {
		attributes, bindings := "", ""
		for i := range n {
			attributes += " a" + strconv.Itoa(i) + "=''"
			bindings += " xmlns:b" + strconv.Itoa(i) + "='u'"
		}
		inHeader("<x" + attributes + "/>")
		inHeader("<x" + bindings + "/>")
		inHeader(strings.Repeat("<x/>", n))
	}
	for n := 27; n <= 31; n++ { // with those of the root next to 64 in scope
		bindings := ""
		for i := range n {
			bindings += " xmlns:b" + strconv.Itoa(i) + "='u'"
		}
		inHeader("<x" + bindings + "><x" + bindings + "/><x" + bindings + "/></x>")
		inHeader("<x" + bindings + "><x" + bindings + " xmlns:c='u'/></x>")
	}
	for _, n := range []int{1000, 65507 - 1 - len(plain), 65507 - len(plain), 65507 + 1 - len(plain)} {
		inHeader("<!--" + strings.Repeat("x", n-len("<!---->")) + "-->")
		inHeader(strings.Repeat(" ", n))
	}
	x := discoverer{maker: sampler(), plain: true, prefixes: map[string]string{}}
	d := x.message("Probe", 2)
	scopes := d.Root.find("Body.Probe.Scopes")
	for _, n := range around(1, 20, 255) {
		for _, size := range hashLens {
			scopes.Text = x.base64(x.scopesV2(size, n))
			s.try(d.Append(nil))
		}
	}
	d = x.message("Probe", 1)
	for _, n := range around(1, 20, 400) {
		d.Root.find("Body.Probe.Scopes").Text, _ = x.scopes(n)
		s.try(d.Append(nil))
	}
	for _, n := range around(1, 20, 255) {
		m := x.message("ProbeMatches", 2)
		m.Root.find("Body.ProbeMatches.ProbeMatch.Scopes").Text = x.base64(bytes.Repeat([]byte{0b11_10_00_10}, n))
		s.try(m.Append(nil))
		matches := x.message("ProbeMatches", 1).Root.find("Body.ProbeMatches.ProbeMatch")
		text, _ := x.scopes(n)
		matches.set("Scopes", text)
		matches.set("PeerDistData.BlockCount", x.blockCount(n))
		m.Root.find("Body.ProbeMatches").Children = []*Element{matches}
		s.try(m.Append(nil))
	}
}

// letters replaces bytes that XML has a meaning for, each the first time it stands between such neighbours.
func (s *sweep) letters(b []byte) {
	for at, c := range b {
		if !bytes.ContainsRune([]byte("<>/=\"' :"), rune(c)) || at > 0 && !s.first("letter "+kindOf(b[at-1])+string(rune(c))+kindOf(b[min(at+1, len(b)-1)])) {
			continue
		}
		for _, by := range []byte("<>/=\"' :!?-x\x00") {
			if by != c {
				s.tryWith(b, at, []byte{by})
			}
		}
		s.try(slices.Delete(slices.Clone(b), at, at+1))
	}
}

// kindOf returns a byte of XML, or one letter for all letters and digits.
func kindOf(c byte) string {
	if c > '?' || c >= '0' && c <= '9' {
		return "a"
	}
	return string(rune(c))
}
