package markup_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/fuzz/internal/markup"
	"github.com/hostedcache/pchc/internal/testutil"
)

const text = `<?xml version="1.0"?><!DOCTYPE a><a x="1>" y = '2'><!-- <b> -->t<b/><![CDATA[</a>]]><c></c></a>`

// Each part of a text follows the one before.
func TestNext(t *testing.T) {
	var got []string
	for at := 0; at < len(text); {
		p := markup.Next([]byte(text), at)
		got = append(got, fmt.Sprintf("%d %s", p.Kind, text[p.From:p.To]))
		at = p.To
	}
	want := []string{`6 <?xml version="1.0"?>`, `7 <!DOCTYPE a>`, `1 <a x="1>" y = '2'>`, `4 <!-- <b> -->`, `0 t`, `3 <b/>`, `5 <![CDATA[</a>]]>`, `1 <c>`, `2 </c>`, `2 </a>`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestElement(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{text[len(`<?xml version="1.0"?><!DOCTYPE a>`):] + "x", text[len(`<?xml version="1.0"?><!DOCTYPE a>`):]},
		{"<a/>b", "<a/>"}, {"<a><b>", "<a><b>"}, {"<a", "<a"}, {"<a></b>c", "<a></b>"},
	} {
		b := []byte(c.text)
		if got := c.text[:markup.Element(b, markup.Next(b, 0))]; got != c.want {
			t.Errorf("%s: %s", c.text, got)
		}
	}
}

func TestAttributes(t *testing.T) {
	b := []byte(`<a x="1>" y = '2' z w="`)
	tag := markup.Next(b, 0)
	var got []string
	for at := 0; ; {
		p, ok := markup.Attribute(b, tag, at)
		if !ok {
			break
		}
		got = append(got, string(b[p.From:p.To]))
		at = p.To
	}
	if diff := cmp.Diff([]string{` x="1>"`, ` y = '2'`}, got); diff != "" {
		t.Error(diff)
	}
	for _, c := range []struct{ tag, want string }{{"<a:b c>", "a:b"}, {"</a >", "a"}, {"<a/>", "a"}, {"<", ""}} {
		if from, to := markup.Name([]byte(c.tag), markup.Next([]byte(c.tag), 0)); c.tag[from:to] != c.want {
			t.Errorf("%s: %s", c.tag, c.tag[from:to])
		}
	}
}

// Any bytes have parts: none is empty, and nothing is allocated.
func TestAnything(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	b := make([]byte, 0, 100)
	for range 20_000 {
		b = b[:r.IntN(60)]
		for i := range b {
			b[i] = "<>/!-[]?='\" a"[r.IntN(13)]
		}
		for at := 0; at < len(b); {
			p := markup.Next(b, at)
			if p.From != at || p.To <= at || p.To > len(b) {
				t.Fatalf("%q at %d: %+v", b, at, p)
			}
			if end := markup.Element(b, p); end < p.To || end > len(b) {
				t.Fatalf("%q: element at %d ends at %d", b, at, end)
			}
			for from := 0; ; {
				a, ok := markup.Attribute(b, p, from)
				if !ok {
					break
				}
				if a.To <= from || a.To > p.To {
					t.Fatalf("%q: %+v behind %d", b, a, from)
				}
				from = a.To
			}
			if from, to := markup.Name(b, p); from > to || to > max(from, p.To) {
				t.Fatalf("%q: name %d:%d of %+v", b, from, to, p)
			}
			at = p.To
		}
	}
	all := []byte(text)
	testutil.Allocs(t, 0, func() {
		for at := 0; at < len(all); {
			p := markup.Next(all, at)
			markup.Element(all, p)
			markup.Attribute(all, p, 0)
			at = p.To
		}
	})
}
