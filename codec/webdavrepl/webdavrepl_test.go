package webdavrepl_test

import (
	"bufio"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/hostedcache/pchc/codec/webdavrepl"
	"github.com/hostedcache/pchc/internal/testutil"
)

func TestImports(t *testing.T) {
	testutil.Imports(t, "github.com/hostedcache/pchc/codec/internal/strictxml")
}

type vector struct {
	ID, Kind, Text, Debatable string
	WellFormed                bool `json:"well_formed"`
	Expected                  struct {
		Error string
		Equal bool
	}
}

func lines[T any](t testing.TB, name string) (list []T) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var v T
		if err := json.Unmarshal(s.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		list = append(list, v)
	}
	if len(list) == 0 || s.Err() != nil {
		t.Fatal(name, s.Err())
	}
	return list
}

func vectors(t testing.TB) []vector { return lines[vector](t, "testdata/vectors.jsonl") }

// decode decodes text as kind; what it returns has no other text than that.
func decode(kind, text string) (any, error) {
	switch kind {
	case "search_request":
		return webdavrepl.DecodeSearchRequest([]byte(text))
	case "manifest":
		return webdavrepl.DecodeManifest([]byte(text))
	case "header_if":
		return webdavrepl.DecodeIf(text)
	case "header_resourcetag":
		return webdavrepl.DecodeResourceTag(text)
	case "header_repl_uid":
		return webdavrepl.DecodeReplUID(text)
	case "http_message":
		return webdavrepl.DecodeMessage([]byte(text))
	}
	return nil, errors.New("unknown kind")
}

// The verdicts and the classes of errors; what is read is compared with the vectors
// where it is printed.
func TestVectors(t *testing.T) {
	for _, v := range vectors(t) {
		if v.Kind == "tag_compare" {
			var tags struct{ Manifest, Stored string }
			if err := json.Unmarshal([]byte(v.Text), &tags); err != nil {
				t.Fatal(err)
			}
			if got := webdavrepl.EqualTags(tags.Manifest, tags.Stored); got != v.Expected.Equal {
				t.Errorf("%s: %v", v.ID, got)
			}
			continue
		}
		_, err := decode(v.Kind, v.Text)
		e := (*webdavrepl.Error)(nil)
		switch {
		case v.Debatable != "":
			t.Logf("%s, debatable: %v", v.ID, err)
		case (err == nil) != v.WellFormed:
			t.Errorf("%s: %v", v.ID, err)
		case err != nil && (!errors.As(err, &e) || e.Rule.Name() != v.Expected.Error || e.Rule.Section() == ""):
			t.Errorf("%s: %v, want %s", v.ID, err, v.Expected.Error)
		}
	}
}

// Cut anywhere, a body is none, and a header value is none or another.
func TestTruncated(t *testing.T) {
	for _, v := range vectors(t) {
		if !v.WellFormed || v.Kind == "tag_compare" || v.Kind == "http_message" {
			continue
		}
		whole, _ := decode(v.Kind, v.Text)
		text := strings.TrimRight(v.Text, " \r\n")
		for n := range text {
			got, err := decode(v.Kind, text[:n])
			if err == nil && (!strings.HasPrefix(v.Kind, "header_if") || cmp.Equal(got, whole)) {
				t.Errorf("%s: %d bytes are accepted", v.ID, n)
			}
		}
	}
}

const (
	searchStart = `<searchrequest xmlns="DAV:" xmlns:r="http://schemas.microsoft.com/repl/">`
	statusStart = `<multistatus xmlns="DAV:" xmlns:r="http://schemas.microsoft.com/repl/">`
	repl        = `<r:repl><r:collblob>c</r:collblob></r:repl>`
	ok          = `<status>HTTP/1.1 200 OK</status>`
	tag         = `<r:resourcetag>rt:a</r:resourcetag>`
)

func item(inside string) string {
	return statusStart + repl + "<response>" + inside + "</response></multistatus>"
}

// testdata/errors.txt has what the error of each says.
func TestBroken(t *testing.T) {
	var said []string
	propstat := "<propstat><prop>" + tag + "</prop>" + ok + "</propstat>"
	for _, c := range []struct {
		kind, text string
		rule       webdavrepl.Rule
	}{
		{"search_request", "", webdavrepl.RuleXML},
		{"search_request", `<!DOCTYPE x><searchrequest xmlns="DAV:"/>`, webdavrepl.RuleXML},
		{"search_request", `<?x?>` + searchStart + repl + `</searchrequest>`, webdavrepl.RuleXML},
		{"search_request", searchStart + repl + `</searchrequest><x/>`, webdavrepl.RuleXML},
		{"search_request", searchStart + repl + `</searchrequest>x`, webdavrepl.RuleXML},
		{"search_request", searchStart + `x` + repl + `</searchrequest>`, webdavrepl.RuleContent},
		{"search_request", searchStart + `</searchrequest>`, webdavrepl.RuleReplCount},
		{"search_request", searchStart + `<r:repl/></searchrequest>`, webdavrepl.RuleCollblobMissing},
		{"search_request", searchStart + `<r:repl><r:collblob><b/></r:collblob></r:repl></searchrequest>`, webdavrepl.RuleContent},
		{"search_request", searchStart + `<r:repl><r:collblob/><r:CollBlob/></r:repl></searchrequest>`, webdavrepl.RuleCollblobTwice},
		{"search_request", searchStart + `<r:repl><r:collblob/><r:resourcetaglist><r:resourcetag>a</r:resourcetag></r:resourcetaglist></r:repl></searchrequest>`, webdavrepl.RuleBadResourcetag},
		{"search_request", searchStart + `<r:repl><r:collblob/><r:resourcetaglist>` + tag + `</r:resourcetaglist><r:resourcetaglist>` + tag + `</r:resourcetaglist></r:repl></searchrequest>`, webdavrepl.RuleResourcetaglistTwice},
		{"search_request", strings.Replace(searchStart, "DAV:", "DAV: ", 1) + repl + `</searchrequest>`, webdavrepl.RuleNotSearchrequest},
		{"manifest", strings.Replace(statusStart, "DAV:", "DAV: ", 1) + repl + `</multistatus>`, webdavrepl.RuleNotMultistatus},
		{"manifest", statusStart + repl + repl + `</multistatus>`, webdavrepl.RuleReplCount},
		{"manifest", statusStart + `<r:repl><r:resourcetaglist>` + tag + `</r:resourcetaglist></r:repl></multistatus>`, webdavrepl.RuleResourcetaglistInAnswer},
		{"manifest", item(`<href>a</href>`), webdavrepl.RuleNoPropstat},
		{"manifest", item(`<href> </href>` + propstat), webdavrepl.RuleNoHref},
		{"manifest", item(`<href>a</href><href>a</href>` + propstat), webdavrepl.RuleHrefTwice},
		{"manifest", item(`<href>a</href><propstat><prop/></propstat>`), webdavrepl.RuleBadPropstat},
		{"manifest", item(`<href>a</href><propstat>` + ok + `</propstat>`), webdavrepl.RuleBadPropstat},
		{"manifest", item(`<href>a</href><propstat><prop/>` + ok + ok + `</propstat>`), webdavrepl.RuleBadPropstat},
		{"manifest", item(`<href>a</href><propstat><prop/><status>200 OK</status></propstat>`), webdavrepl.RuleBadStatus},
		{"manifest", item(`<href>a</href><propstat><prop/><status>HTTP/1.1 2000 OK</status></propstat>`), webdavrepl.RuleBadStatus},
		{"manifest", item(`<href>a</href><propstat><prop/><status>HTTP/1.1 2x0 OK</status></propstat>`), webdavrepl.RuleBadStatus},
		{"manifest", item(`<href>a</href>` + propstat + propstat), webdavrepl.RuleResourcetagTwice},
		{"manifest", item(`<href>a</href>` + propstat + `<r:changetype>delete</r:changetype>`), webdavrepl.RuleDeleteWithoutReplUid},
		{"manifest", item(`<href>a</href>` + propstat + `<r:changetype>CHANGE</r:changetype>`), webdavrepl.RuleBadChangetype},
		{"manifest", item(`<href>a</href>` + propstat + `<r:changetype>change</r:changetype><r:ChangeType>change</r:ChangeType>`), webdavrepl.RuleChangetypeTwice},
		{"manifest", item(`<href>a</href><propstat><prop><r:changetype>delete</r:changetype></prop>` + ok + `</propstat>`), webdavrepl.RuleBadChangetype},
		{"manifest", item(`<href>a</href><propstat><prop><r:repl-uid>rt:a</r:repl-uid></prop>` + ok + `</propstat>`), webdavrepl.RuleBadReplUid},
		{"manifest", item(`<href>a</href><propstat><prop><r:repl-uid>rid:a</r:repl-uid><r:repl-uid>rid:a</r:repl-uid></prop>` + ok + `</propstat>`), webdavrepl.RuleReplUidTwice},
		{"header_if", "", webdavrepl.RuleNoList},
		{"header_if", "<http://a/b>", webdavrepl.RuleNoList},
		{"header_if", "(<rt:a>) x", webdavrepl.RuleNoList},
		{"header_if", "</c/a> (<rt:a>)", webdavrepl.RuleBadResource},
		{"header_if", "<> (<rt:a>)", webdavrepl.RuleBadResource},
		{"header_if", "<http://a (<rt:a)", webdavrepl.RuleBadResource},
		{"header_if", "(<rt:a>", webdavrepl.RuleOpenList},
		{"header_if", "(rt:a)", webdavrepl.RuleBadCondition},
		{"header_if", "(<>)", webdavrepl.RuleBadCondition},
		{"header_if", "(<rt:>)", webdavrepl.RuleBadCondition},
		{"header_if", "(<1:a>)", webdavrepl.RuleBadCondition},
		{"header_if", "(<rt:a)", webdavrepl.RuleBadCondition},
		{"header_if", "(<rt:a b>)", webdavrepl.RuleBadCondition},
		{"header_if", "(Not Not <rt:a>)", webdavrepl.RuleBadCondition},
		{"header_if", `(["a)`, webdavrepl.RuleBadEntityTag},
		{"header_if", `(["a\"])`, webdavrepl.RuleBadEntityTag},
		{"header_if", `(["a"x])`, webdavrepl.RuleBadEntityTag},
		{"header_if", `([`, webdavrepl.RuleBadEntityTag},
		{"http_message", "GET / HTTP/1.1\r\n", webdavrepl.RuleBadHeader},
		{"http_message", "GET / HTTP/1.1\n\n", webdavrepl.RuleBadStartLine},
		{"http_message", "GET  / HTTP/1.1\r\n\r\n", webdavrepl.RuleBadStartLine},
		{"http_message", "GET / HTTP/2\r\n\r\n", webdavrepl.RuleBadStartLine},
		{"http_message", "HTTP/1.1 099 x\r\n\r\n", webdavrepl.RuleBadStartLine},
		{"http_message", "GET / HTTP/1.1\r\nHost\r\n\r\n", webdavrepl.RuleBadHeader},
		{"http_message", "GET / HTTP/1.1\r\nHost : x\r\n\r\n", webdavrepl.RuleBadHeader},
		{"http_message", "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", webdavrepl.RuleBadHeader},
		{"http_message", "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", webdavrepl.RuleBadContentLength},
		{"http_message", "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", webdavrepl.RuleBadContentLength},
		{"http_message", "HTTP/1.1 200 OK\r\nResourceTag: rt:a\r\n\r\n", webdavrepl.RuleBadResourceTagHeader},
		{"http_message", "HTTP/1.1 200 OK\r\nRepl-UID: <rt:a>\r\n\r\n", webdavrepl.RuleBadReplUidHeader},
		{"http_message", "PUT /a HTTP/1.1\r\nIf: ()\r\n\r\n", webdavrepl.RuleEmptyList},
		{"http_message", "HTTP/1.1 207 x\r\n\r\n" + item(""), webdavrepl.RuleNoHref},
	} {
		_, err := decode(c.kind, c.text)
		e := (*webdavrepl.Error)(nil)
		said = append(said, fmt.Sprint(err))
		if !errors.Is(err, c.rule) || !errors.As(err, &e) || e.Offset > len(c.text) || !strings.HasPrefix(err.Error(), "webdavrepl: ") {
			t.Errorf("%s %q: %v, want %s", c.kind, c.text, err, c.rule)
		}
	}
	file, err := os.ReadFile("testdata/errors.txt")
	if diff := cmp.Diff(strings.TrimSpace(string(file)), strings.Join(said, "\n")); err != nil || diff != "" {
		t.Error(err, diff)
	}
	// Offsets are those in the whole message.
	for text, at := range map[string]int{
		"HTTP/1.1 200 OK\r\nResourceTag:  rt:a\r\n\r\n":                       31,
		"PUT /a HTTP/1.1\r\nIf: (<rt:a> Not)\r\n\r\n":                         29,
		"HTTP/1.1 207 x\r\n\r\n" + item(""):                                   18 + strings.Index(item(""), "<response>"),
		"HTTP/1.1 200 OK\r\nX: y\r\n: z\r\n\r\n":                              23,
		"SEARCH / HTTP/1.1\r\n\r\n" + searchStart + repl + "</searchrequest ": 21 + len(searchStart+repl+"</searchrequest "),
	} {
		_, err := webdavrepl.DecodeMessage([]byte(text))
		if e := (*webdavrepl.Error)(nil); !errors.As(err, &e) || e.Offset != at {
			t.Errorf("%q: %v, want %d", text, err, at)
		}
	}
}

func TestUnderstood(t *testing.T) {
	m, err := webdavrepl.DecodeManifest([]byte(strings.ReplaceAll(statusStart, "http:", "https:") +
		`<response><propstat>` + ok + `<prop><r:repl-uid>rid:1</r:repl-uid><x><y>a</y>b</x></prop></propstat><propstat><prop><r:resourcetag/></prop><status>HTTP/1.1 404 Not Found</status></propstat><r:ChangeType> delete </r:ChangeType><z/></response>` +
		`<r:repl><r:CollBlob>b</r:CollBlob></r:repl><z>text</z></multistatus>`))
	want := webdavrepl.Manifest{Collblob: "b", HasCollblob: true, Items: []webdavrepl.Item{{ChangeType: webdavrepl.Deleted, ChangeTypeStated: true, ReplUID: "rid:1",
		Properties: []webdavrepl.Property{{Namespace: "DAV:", Name: "x", Value: "ab", Status: 200}}, Status: []int{200, 404}}},
		Deviations: []webdavrepl.Deviation{"ChangeTypeSpelling", "CollBlobSpelling", "NamespaceHttps", "ReplNotFirst", "StatusBeforeProp"}}
	if diff := cmp.Diff(want, m); diff != "" || err != nil {
		t.Error(err, diff)
	}
	q, err := webdavrepl.DecodeSearchRequest([]byte(searchStart + `<sql>a  b</sql>` + repl + `</searchrequest>`))
	if err != nil || !slices.Equal(q.Deviations, []webdavrepl.Deviation{"ReplNotFirst"}) || webdavrepl.NormalizeSQL(q.SQL) != "a b" {
		t.Error(q, err)
	}
	q, err = webdavrepl.DecodeSearchRequest([]byte(searchStart + repl + `</searchrequest>`))
	if err != nil || !slices.Equal(q.Deviations, []webdavrepl.Deviation{"NoSql"}) {
		t.Error(q, err)
	}
	lists, err := webdavrepl.DecodeIf("<http://a/b>(nOT<rt:a>[W/\"x\\\"]\"])  (<opaquelocktoken:1>)\t<http://a/c> ( [ \"\" ] )")
	wantLists := []webdavrepl.List{
		{Resource: "http://a/b", Conditions: []webdavrepl.Condition{{Negated: true, Kind: "resourcetag", Value: "rt:a"}, {Kind: "etag", Value: `W/"x\"]"`}}},
		{Resource: "http://a/b", Conditions: []webdavrepl.Condition{{Kind: "other", Value: "opaquelocktoken:1"}}},
		{Resource: "http://a/c", Conditions: []webdavrepl.Condition{{Kind: "etag", Value: `""`}}},
	}
	if diff := cmp.Diff(wantLists, lists); diff != "" || err != nil {
		t.Error(err, diff)
	}
	for _, text := range []string{"SEARCH / HTTP/1.1\r\n\r\n" + searchStart + "</searchrequest>", "HTTP/1.1 207 x\r\n\r\n" + statusStart + "</multistatus>", "SEARCH / HTTP/1.1\r\n\r\n"} {
		if m, err := webdavrepl.DecodeMessage([]byte(text)); err != nil || m.Search != nil || m.Manifest != nil {
			t.Error(m, err)
		}
	}
	text := "PUT /a HTTP/1.0\r\nIF: (<rt:a>)\r\nrepl-uid: <rid:b>\r\n\r\nbody"
	msg, err := webdavrepl.DecodeMessage([]byte(text))
	if v, ok := msg.Header("if"); err != nil || !ok || v != "(<rt:a>)" || len(msg.If) != 1 || msg.ReplUID != "rid:b" || string(msg.Body) != "body" || msg.ContentLength != -1 {
		t.Error(msg, err)
	}
	if _, ok := msg.Header("host"); ok {
		t.Error("has no host")
	}
}

var opaque = rapid.StringMatching(`[!-;=?-~]{1,12}`)

// What is encoded decodes to the same, and encoding/xml reads it, too.
func TestSearchRequestProperty(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		q := webdavrepl.SearchRequest{Collblob: rapid.StringMatching(`[ -~\r\n\té]{0,20}`).Draw(r, "collblob"), HasSQL: rapid.Bool().Draw(r, "has")}
		for range rapid.IntRange(0, 3).Draw(r, "tags") {
			q.ResourceTags = append(q.ResourceTags, "rt:"+opaque.Draw(r, "tag"))
		}
		if q.HasSQL {
			q.SQL = rapid.StringMatching(`[ -~\n]{0,20}`).Draw(r, "sql")
		}
		b, err := q.AppendText([]byte("x"))
		if err != nil || b[0] != 'x' {
			r.Fatal(err)
		}
		got, err := webdavrepl.DecodeSearchRequest(b[1:])
		if diff := cmp.Diff(q, got, cmpopts.IgnoreFields(q, "Deviations"), cmpopts.EquateEmpty()); err != nil || diff != "" {
			r.Fatalf("%s: %v %s", b, err, diff)
		}
		var other struct {
			Collblob string `xml:"http://schemas.microsoft.com/repl/ repl>collblob"`
		}
		if err := xml.Unmarshal(b[1:], &other); err != nil || other.Collblob != q.Collblob {
			r.Fatalf("%s: %v %q", b, err, other.Collblob)
		}
	})
}

func TestManifestProperty(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		m := webdavrepl.Manifest{HasCollblob: rapid.Bool().Draw(r, "has")}
		if m.HasCollblob {
			m.Collblob = rapid.StringMatching(`[ -~]{0,20}`).Draw(r, "collblob")
		}
		for range rapid.IntRange(0, 3).Draw(r, "items") {
			i := webdavrepl.Item{Href: "/" + opaque.Draw(r, "href"), ChangeType: "change", ChangeTypeStated: true, Status: []int{200}}
			if rapid.Bool().Draw(r, "tagged") {
				i.ResourceTag = "rt:" + opaque.Draw(r, "tag")
			}
			if rapid.Bool().Draw(r, "deleted") {
				i.ChangeType, i.ReplUID = "delete", "rid:"+opaque.Draw(r, "uid")
			}
			m.Items = append(m.Items, i)
		}
		b, err := m.AppendText(nil)
		if err != nil {
			r.Fatal(err)
		}
		got, err := webdavrepl.DecodeManifest(b)
		if diff := cmp.Diff(m, got); err != nil || diff != "" {
			r.Fatalf("%s: %v %s", b, err, diff)
		}
	})
}

func TestIfProperty(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var lists []webdavrepl.List
		tagged := rapid.Bool().Draw(r, "tagged")
		for range rapid.IntRange(1, 3).Draw(r, "lists") {
			var l webdavrepl.List
			if tagged {
				l.Resource = "http://h/" + opaque.Draw(r, "resource")
			}
			for range rapid.IntRange(1, 3).Draw(r, "conditions") {
				c := webdavrepl.Condition{Negated: rapid.Bool().Draw(r, "not")}
				c.Kind = rapid.SampledFrom([]webdavrepl.ConditionKind{"resourcetag", "repl-uid", "etag"}).Draw(r, "kind")
				c.Value = map[webdavrepl.ConditionKind]string{"resourcetag": "rt:" + opaque.Draw(r, "v"), "repl-uid": "rid:" + opaque.Draw(r, "v"), "etag": `W/"x]"`}[c.Kind]
				l.Conditions = append(l.Conditions, c)
			}
			lists = append(lists, l)
		}
		b, err := webdavrepl.AppendIf([]byte("x"), lists)
		if err != nil || b[0] != 'x' {
			r.Fatal(err)
		}
		got, err := webdavrepl.DecodeIf(string(b[1:]))
		if diff := cmp.Diff(lists, got); err != nil || diff != "" {
			r.Fatalf("%s: %v %s", b, err, diff)
		}
	})
}

// Nothing is written that is not read back.
func TestEncodeFails(t *testing.T) {
	type appender interface {
		AppendText(dst []byte) ([]byte, error)
	}
	one := func(i webdavrepl.Item) *webdavrepl.Manifest { return &webdavrepl.Manifest{Items: []webdavrepl.Item{i}} }
	for _, c := range []struct {
		value appender
		rule  webdavrepl.Rule
	}{
		{&webdavrepl.SearchRequest{Collblob: "\x00"}, webdavrepl.RuleXML},
		{&webdavrepl.SearchRequest{SQL: "\xFF"}, webdavrepl.RuleXML},
		{&webdavrepl.SearchRequest{ResourceTags: []string{}}, webdavrepl.RuleEmptyResourcetaglist},
		{&webdavrepl.SearchRequest{ResourceTags: []string{"<rt:a>"}}, webdavrepl.RuleBadResourcetag},
		{&webdavrepl.Manifest{Collblob: "\x00"}, webdavrepl.RuleXML},
		{one(webdavrepl.Item{Href: " a", ChangeType: "change"}), webdavrepl.RuleXML},
		{one(webdavrepl.Item{Href: "a", ChangeType: "change", ResourceTag: "a"}), webdavrepl.RuleBadResourcetag},
		{one(webdavrepl.Item{Href: "a", ChangeType: "change", ReplUID: "rt:a"}), webdavrepl.RuleBadReplUid},
		{one(webdavrepl.Item{Href: "a"}), webdavrepl.RuleBadChangetype},
		{one(webdavrepl.Item{ChangeType: "change"}), webdavrepl.RuleNoHref},
		{one(webdavrepl.Item{ChangeType: "delete"}), webdavrepl.RuleDeleteWithoutReplUid},
	} {
		if err := testutil.AppendFails(t, c.value.AppendText); !errors.Is(err, c.rule) {
			t.Errorf("%+v: %v, want %s", c.value, err, c.rule)
		}
	}
	for _, lists := range [][]webdavrepl.List{nil, {{}}, {{Conditions: []webdavrepl.Condition{{Kind: "repl-uid", Value: "rt:a"}}}},
		{{Conditions: []webdavrepl.Condition{{Kind: "resourcetag", Value: "rt:a>) (<rt:b"}}}}} {
		if err := testutil.AppendFails(t, func(dst []byte) ([]byte, error) { return webdavrepl.AppendIf(dst, lists) }); err == nil {
			t.Errorf("%+v is encoded", lists)
		}
	}
}

// No text makes a decoder panic or read what is not there.
func FuzzDecode(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(v.Text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, kind := range []string{"search_request", "manifest", "header_if", "header_resourcetag", "header_repl_uid", "http_message"} {
			got, err := decode(kind, text)
			if e := (*webdavrepl.Error)(nil); err != nil {
				if !errors.As(err, &e) || e.Offset < 0 || e.Offset > len(text) || len(e.Value) > 64 {
					t.Errorf("%s: %v", kind, err)
				}
				continue
			}
			switch v := got.(type) {
			case webdavrepl.SearchRequest:
				again(t, &v, webdavrepl.DecodeSearchRequest, v.AppendText)
			case []webdavrepl.List:
				b, err := webdavrepl.AppendIf(nil, v)
				if back, _ := webdavrepl.DecodeIf(string(b)); err != nil || !cmp.Equal(v, back) {
					t.Errorf("%q, again %q: %v", text, b, err)
				}
			}
		}
	})
}

func again(t *testing.T, v *webdavrepl.SearchRequest, decode func([]byte) (webdavrepl.SearchRequest, error), encode func([]byte) ([]byte, error)) {
	b, err := encode(nil)
	if err != nil {
		t.Fatal(err)
	}
	back, err := decode(b)
	if diff := cmp.Diff(*v, back, cmpopts.IgnoreFields(*v, "Deviations")); err != nil || diff != "" {
		t.Errorf("%s: %v %s", b, err, diff)
	}
}

func BenchmarkDecodeManifest(b *testing.B) {
	in := []byte(statusStart + repl + strings.Repeat(`<response><href>http://s/c/a</href><propstat><prop>`+tag+`</prop>`+ok+`</propstat><r:changetype>change</r:changetype></response>`, 100) + `</multistatus>`)
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := webdavrepl.DecodeManifest(in); err != nil {
			b.Fatal(err)
		}
	}
}
