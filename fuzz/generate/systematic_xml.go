package generate

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hostedcache/pchc/fuzz/internal/markup"
	"github.com/hostedcache/pchc/spec"
)

// The ranges of XML 1.0: of characters, of those at the beginning of names, and of others
// in them.
var (
	characterRanges = [][2]rune{{'\t', '\n'}, {'\r', '\r'}, {' ', 0xD7FF}, {0xE000, 0xFFFD}, {0x10000, utf8.MaxRune}}
	nameRanges      = [][2]rune{
		{'A', 'Z'}, {'_', '_'}, {'a', 'z'}, {0xC0, 0xD6}, {0xD8, 0xF6}, {0xF8, 0x2FF}, {0x370, 0x37D}, {0x37F, 0x1FFF}, {0x200C, 0x200D},
		{0x2070, 0x218F}, {0x2C00, 0x2FEF}, {0x3001, 0xD7FF}, {0xF900, 0xFDCF}, {0xFDF0, 0xFFFD}, {0x10000, 0xEFFFF},
	}
	moreRanges = [][2]rune{{'-', '.'}, {'0', '9'}, {0xB7, 0xB7}, {0x300, 0x36F}, {0x203F, 0x2040}}
)

// isDisputed reports whether r, at an end of ranges, is in them since the fifth edition of
// XML 1.0 only: decoders may know one before that.
func isDisputed(r rune, ranges [][2]rune) bool {
	return r > 0xF8 && r != 0x300 && slices.ContainsFunc(ranges, func(within [2]rune) bool { return within[0] <= r && r <= within[1] })
}

// endID ends a text in which a message may say anything.
const endID = "</wsa:MessageID>"

// characters yields the characters at the ends of ranges, and next to them, in a text, as
// references and in names; and those whose length in UTF-8 changes.
func (s *sweep) characters(b string) {
	replaced := func(old, now string) { s.try([]byte(strings.Replace(b, old, now, 1))) }
	names := slices.Concat(nameRanges, moreRanges)
	all := []rune{0, 0x7F, 0x80, 0x7FF, 0x800}
	for _, within := range slices.Concat(characterRanges, names) {
		all = append(all, within[0]-1, within[0], within[1], within[1]+1)
	}
	slices.Sort(all)
	for _, r := range slices.Compact(all) {
		replaced(endID, fmt.Sprintf("&#%d;", r)+endID)
		replaced(endID, fmt.Sprintf("&#x%x;", r)+endID)
		if utf8.ValidRune(r) {
			replaced(endID, string(r)+endID)
		}
		if utf8.ValidRune(r) && !isDisputed(r, nameRanges) {
			replaced(header, header+"<"+string(r)+"/>")
		}
		if utf8.ValidRune(r) && !isDisputed(r, names) {
			replaced(header, header+"<a"+string(r)+"/>")
		}
	}
	for _, first := range []byte{0x7F, 0x80, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xED, 0xEF, 0xF0, 0xF4, 0xF5, 0xF7, 0xF8, 0xFF} {
		replaced(endID, string([]byte{first})+endID)
		for n := range 3 {
			for _, second := range []byte{0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0} {
				for _, last := range []string{"\x80", "\xBF"} {
					replaced(endID, string([]byte{first, second})+strings.Repeat(last, n)+endID)
				}
			}
		}
	}
}

// declarations changes each byte of the XML declaration.
func (s *sweep) declarations(b string) {
	rest := strings.TrimPrefix(b, xmlDeclaration)
	for _, d := range []string{`<?xml version="1.0" encoding="utf-8" standalone="yes"?>`, `<?xml version='1.0' standalone='no'?>`} {
		for at := range d {
			s.try([]byte(d[:at] + rest))
			s.try([]byte(d[:at] + " " + rest))
			s.try([]byte(d[:at] + d[at+1:] + rest))
			s.try([]byte(d[:at+1] + d[at:] + rest))
			for _, by := range []byte{'x', d[at] - 1, d[at] + 1, d[at] ^ 0x20} {
				s.try([]byte(d[:at] + string(rune(by)) + d[at+1:] + rest))
			}
		}
	}
}

// unfinished yields messages that end within each thing that stands in XML, and
// references of the five entities.
func (s *sweep) unfinished(b string) {
	before, _, _ := strings.Cut(b, endID)
	for _, whole := range []string{
		"&#65;", "&#x41;", "&lt;", "&gt;", "&amp;", "&quot;", "&apos;", "<!-- x -->", "<![CDATA[x]]>", "<?x y?>", "<x a = '1' />", `<x xmlns:a="u"></x >`, "é", "€", "😀", "]]>",
		"<!---->x", "<![CDATA[&lt;<!-- x -->]]>", "x\ry", "x\r\ny", "x\n\ry",
	} {
		s.try([]byte(strings.Replace(b, endID, whole+endID, 1)))
		for n := 1; n <= len(whole); n++ {
			s.try([]byte(before + whole[:n]))
		}
	}
}

// reserved yields the words that XML reserves, and those next to them, as prefixes, names
// and targets; and attributes that are the same, or not.
func (s *sweep) reserved(b string) {
	inHeader := func(text string) { s.try([]byte(strings.Replace(b, header, header+text, 1))) }
	for _, word := range []string{"xml", "xmlns"} {
		words := []string{word, strings.ToUpper(word), word[:len(word)-1], word + "x", "x" + word}
		for i := range word {
			for _, by := range []byte{word[i] - 1, word[i] + 1} {
				words = append(words, word[:i]+string(rune(by))+word[i+1:])
			}
		}
		for _, w := range words {
			inHeader("<x " + w + ":a='1'/>")
			inHeader("<" + w + ":x/>")
			inHeader("<?" + w + " x?>")
			inHeader("<x " + w + ":q='u'><q:x/></x>")
			for _, uri := range []string{"", "u", "http://www.w3.org/XML/1998/namespace", "http://www.w3.org/2000/xmlns/"} {
				inHeader("<x " + w + "='" + uri + "'/>")
				inHeader("<x xmlns:" + w + "='" + uri + "'/>")
			}
		}
	}
	names := []string{"a", "p:a", "q:a", "r:a", "s:a", "p:b"}
	for _, first := range names {
		for _, second := range names {
			inHeader("<x xmlns:p='u' xmlns:q='u' xmlns:r='v' xmlns:s='&#117;' " + first + "='' " + second + "=''/>")
		}
	}
}

// writings are ways to write a text in XML.
func writings(text string) []string {
	return []string{text, fmt.Sprintf("&#%d;", text[0]) + text[1:], "<![CDATA[" + text + "]]>", "<!-- x -->" + text, "<?x?>" + text}
}

// sequences writes the first character of a text in one way, and what follows in another.
func (s *sweep) sequences(b string) {
	for _, open := range []string{"<wsd:Types>", "<wsa:Action>"} {
		before, text, _ := strings.Cut(b, open)
		own, after, _ := strings.Cut(text, "</")
		for _, first := range writings(own[:1]) {
			for _, next := range writings(own[1:2]) {
				for _, rest := range writings(own[2:]) {
					s.try([]byte(before + open + first + next + rest + "</" + after))
				}
			}
		}
	}
}

// scopesOfPrefixes declares the prefix of Types at each element around it, there with the
// namespace of MS-PCCRD or with another, and where it is no longer in scope.
func (s *sweep) scopesOfPrefixes(b string) {
	ours := " xmlns:q='" + namespaces[3].uri + "'"
	q := strings.Replace(b, ">PeerDist:", ">q:", 1)
	chain := []string{"<soap:Envelope", "<soap:Body", "<wsd:Probe", "<wsd:Types"}
	at := func(b, tag, declaration string) string { return strings.Replace(b, tag, tag+declaration, 1) }
	for i, tag := range chain {
		s.try([]byte(at(q, tag, ours)))
		for k, other := range chain {
			if k != i {
				s.try([]byte(at(at(q, tag, ours), other, " xmlns:q='u'")))
			}
		}
	}
	for _, tag := range chain[1:] {
		s.try([]byte(strings.Replace(q, tag, "<x"+ours+"/>"+tag, 1)))
		s.try([]byte(strings.Replace(q, tag, "<x"+ours+"><x/></x>"+tag, 1)))
	}
	none := strings.Replace(b, ">PeerDist:", ">", 1)
	for _, tag := range chain[2:] {
		s.try([]byte(at(none, tag, " xmlns='"+namespaces[3].uri+"'")))
	}
}

// An edit is a part of a message, and what to put in its place.
type edit struct {
	from, to int
	by       string
}

func edited(b []byte, edits ...edit) []byte {
	for _, e := range slices.Backward(edits) {
		b = slices.Concat(b[:e.from], []byte(e.by), b[e.to:])
	}
	return b
}

// twoFaults yields messages in which two values are wrong, or missing: the first counts.
func (s *sweep) twoFaults(b []byte) {
	var wrong []edit
	for at := 0; at < len(b); {
		p := markup.Next(b, at)
		if at = p.To; p.Kind != markup.Start {
			continue
		}
		end := markup.Element(b, p)
		closing := bytes.LastIndex(b[:end], []byte("</"))
		for _, e := range []edit{{p.From, end, ""}, {p.To, closing, "-"}} {
			if d := spec.Dissect(s.kind, edited(b, e)); bytes.IndexByte(b[p.To:closing], '<') < 0 && !d.Valid() {
				wrong = append(wrong, e)
			}
		}
	}
	for i, e := range wrong {
		s.try(edited(b, e))
		for _, f := range wrong[i+1:] {
			if e.to <= f.from {
				s.try(edited(b, e, f))
			}
		}
	}
}

// reverse reverses the order of the elements in each element.
func (e *Element) reverse() {
	slices.Reverse(e.Children)
	for _, c := range e.Children {
		c.reverse()
	}
}
