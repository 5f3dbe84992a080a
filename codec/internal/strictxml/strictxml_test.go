package strictxml_test

import (
	"encoding/xml"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/codec/internal/strictxml"
	"github.com/hostedcache/pchc/internal/testutil"
)

var limits = strictxml.Limits{Length: 1 << 16, Depth: 4, Attributes: 3, Bindings: 5}

func TestImports(t *testing.T) { testutil.Imports(t) }

// tokens lists the tokens of text, one a line, and what is wrong with it.
func tokens(text string, l strictxml.Limits) (list []string, failure strictxml.Failure, failed bool) {
	var r strictxml.Reader
	r.Reset([]byte(text), l)
	for {
		switch r.Next() {
		case strictxml.End:
			failure, failed = r.Failure()
			return list, failure, failed
		case strictxml.Start:
			s := fmt.Sprintf("%d: %d <{%s}%s", r.Depth(), r.Offset, r.URI, r.Local)
			for _, a := range r.Attributes() {
				s += fmt.Sprintf(" {%s}%s=%q", a.URI, a.Local, a.Value)
			}
			list = append(list, s+">")
		case strictxml.Close:
			list = append(list, fmt.Sprintf("%d: %d </{%s}%s>", r.Depth(), r.Offset, r.URI, r.Local))
		case strictxml.Text:
			list = append(list, fmt.Sprintf("%d: %d %q", r.Depth(), r.Offset, r.Text))
		}
	}
}

func TestTokens(t *testing.T) {
	got, failure, failed := tokens("\xEF\xBB\xBF<?xml version='1.0' encoding='UTF-8'?> <!-- x -->\n"+
		"<a xmlns='u' b='1&amp;\t2' xmlns:p='v'><p:b p:c=\"'\" xml:d=''/>x &lt; y\r\nz<!-- --><![CDATA[<&\r]]><c xmlns=''>\u00e9</c></a> ", limits)
	want := []string{
		`1: 53 <{u}a {}b="1& 2">`,
		`2: 91 <{v}b {v}c="'" {http://www.w3.org/XML/1998/namespace}d="">`,
		`1: 114 </{v}b>`,
		"1: 114 \"x < y\\nz\"",
		"1: 133 \"<&\\n\"",
		`2: 148 <{}c>`,
		`2: 160 "é"`,
		`1: 162 </{}c>`,
		`0: 166 </{u}a>`,
	}
	if failed {
		t.Error(failure)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Each text fails where | is.
func TestFailures(t *testing.T) {
	for text, detail := range map[string]string{
		"|":                              "ends before its root element does",
		" <!---->|":                      "ends before its root element does",
		"<a>|":                           "ends before its root element does",
		"<a/>|<b/>":                      "has a second root element",
		"<a/>|x":                         "has text outside of its root element",
		"|x<a/>":                         "has text outside of its root element",
		"<a/>|&#32;":                     "has text outside of its root element",
		"|<![CDATA[]]><a/>":              "has a CDATA section that does not end, or outside of its root element",
		"|<!DOCTYPE a><a/>":              "has a document type or another declaration",
		"|<?x y?><a/>":                   "has a processing instruction",
		"<a/>|<?x?>":                     "has a processing instruction",
		"<a>|<?xml version='1.0'?></a>":  "has an XML declaration that is not at its beginning",
		" |<?xml version='1.0'?><a/>":    "has an XML declaration that is not at its beginning",
		"<a>|</b>":                       "has an end tag that does not fit its start tag",
		"<a xmlns:p='u'><p:b>|</b></a>":  "has an end tag that does not fit its start tag",
		"<a xmlns:p='u'>|<q:b/></a>":     "has an element whose prefix is not declared",
		"<a><b xmlns:p='u'/>|<p:b/></a>": "has an element whose prefix is not declared",
		"|<xmlns:a/>":                    "has an element whose prefix is not declared",
		"|<a x='' x=''/>":                "has an attribute twice",
		"<a>|&nbsp;</a>":                 "has & without a reference that exists",
		"<a>|\x00</a>":                   "has bytes that are not characters of XML in UTF-8",
		"<a>|\xC0\x80</a>":               "has bytes that are not characters of XML in UTF-8",
		"|\xFF\xFE<\x00a\x00/\x00>\x00":  "has bytes that are not characters of XML in UTF-8",
		"<a><a><a><a>|<a>":               "has elements more than 4 levels deep",
		"<a b='' c='' xmlns='u' |d=''/>": "has more than 3 attributes in an element",
		"<?xml version='1.0' encoding|='latin1'?><a/>":                                         "has an encoding other than UTF-8",
		"<a xmlns:a='u' xmlns:b='u' xmlns:c='u'><b xmlns:d='u' xmlns:e='u' |xmlns:f='u'/></a>": "has more than 5 namespace declarations in scope",
	} {
		at := strings.IndexByte(text, '|')
		_, f, failed := tokens(strings.Replace(text, "|", "", 1), limits)
		got := f.String()
		if !failed || f.Offset != at || got != detail {
			t.Errorf("%q: %s at %d (%v), want %s at %d", text, got, f.Offset, failed, detail, at)
		}
	}
	l := limits
	l.Length = 5
	if _, f, failed := tokens("<a/>  ", l); !failed || f.Offset != 5 || f.Value != 5 {
		t.Error(f)
	}
	l.Instructions = true
	if _, f, failed := tokens("<a/> ", l); failed {
		t.Error(f)
	}
}

// A Reader that is used again keeps nothing of what it read, and allocates nothing.
func TestReset(t *testing.T) {
	var r strictxml.Reader
	in := []byte("<a xmlns:p='u&amp;' b='&lt;'><p:b>&gt;</p:b></a>")
	read := func(b []byte) {
		r.Reset(b, limits)
		for r.Next() != strictxml.End {
		}
	}
	read([]byte("<a xmlns:p='u'><p:b c='"))
	if _, failed := r.Failure(); !failed {
		t.Error("no failure")
	}
	read(in)
	if f, failed := r.Failure(); failed {
		t.Error(f)
	}
	testutil.Allocs(t, 0, func() { read(in) })
}

// What is accepted is accepted by encoding/xml, with the same names and texts, and
// no prefix of it is.
func FuzzReader(f *testing.F) {
	for _, s := range []string{"<a/>", "<?xml version='1.0'?><p:a xmlns:p='u' p:b='c'>x&amp;<![CDATA[y]]><!-- --></p:a>", "<a xmlns='u'><b xmlns='' xml:lang='x'/></a>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, failure, failed := tokens(s, limits)
		if failed {
			if failure.Offset < 0 || failure.Offset > len(s) || failure.Detail == "" {
				t.Errorf("%q: %+v", s, failure)
			}
			return
		}
		if len(got) < 2 || strings.Count(strings.Join(got, "\n"), "</{") == 0 {
			t.Errorf("%q: %q", s, got)
		}
		d := xml.NewDecoder(strings.NewReader(strings.TrimPrefix(s, "\uFEFF")))
		n := 0
		for {
			token, err := d.Token()
			if token == nil {
				if err.Error() != "EOF" {
					t.Errorf("%q: %v", s, err)
				}
				break
			}
			switch x := token.(type) {
			case xml.StartElement:
				for !strings.Contains(got[n], " <{") {
					n++
				}
				if !strings.Contains(got[n], " <{"+x.Name.Space+"}"+x.Name.Local) {
					t.Errorf("%q: %s is not %v", s, got[n], x.Name)
				}
				n++
			}
		}
	})
}

func BenchmarkReader(b *testing.B) {
	in := []byte(`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>` +
		strings.Repeat(`<Update xmlns="http://www.microsoft.com/" Id="17">text of the update</Update>`, 50) + `</s:Body></s:Envelope>`)
	var r strictxml.Reader
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		r.Reset(in, limits)
		for r.Next() != strictxml.End {
		}
		if f, failed := r.Failure(); failed {
			b.Fatal(f)
		}
	}
}
