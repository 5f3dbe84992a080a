package webdavrepl_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/codec/webdavrepl"
)

type trace struct {
	ID, Debatable string
	Context       struct {
		Collection   string
		Collblob     *string
		StoredTags   map[string]string `json:"stored_tags"`
		LocalChanges []string          `json:"local_changes"`
	}
	Events []struct {
		Req *struct {
			Method, Target string
			Collblob       *string
			SQL            string
		}
		Res struct {
			Status   int
			Collblob *string
			Items    []struct {
				Href, ResourceTag string
				ReplUID           string `json:"repl_uid"`
				ChangeType        webdavrepl.ChangeType
			}
			ResourceTag string
		}
		Decision struct {
			Href   string
			Action webdavrepl.Action
		}
	}
	Breaks *struct {
		Rule       webdavrepl.Rule
		Level      webdavrepl.Level
		At         int
		AcceptAlso []webdavrepl.Rule `json:"accept_also"`
		AtAlso     []int             `json:"at_also"`
	}
}

func TestTraces(t *testing.T) {
	for _, v := range lines[trace](t, "testdata/traces.jsonl") {
		c := webdavrepl.NewChecker(v.Context.Collection, v.Context.Collblob, v.Context.StoredTags, v.Context.LocalChanges)
		var first *webdavrepl.Finding
		at := 0
		for i, e := range v.Events {
			var found []webdavrepl.Finding
			if e.Req == nil {
				found = c.Decision(e.Decision.Href, e.Decision.Action)
			} else {
				x := webdavrepl.Exchange{Method: e.Req.Method, Target: e.Req.Target, Collblob: e.Req.Collblob, SQL: e.Req.SQL,
					Status: e.Res.Status, NewCollblob: e.Res.Collblob, ResourceTag: e.Res.ResourceTag}
				for _, i := range e.Res.Items {
					x.Items = append(x.Items, webdavrepl.Item{Href: i.Href, ResourceTag: i.ResourceTag, ReplUID: i.ReplUID, ChangeType: i.ChangeType})
				}
				found = c.Exchange(&x)
			}
			if len(found) > 0 && first == nil {
				first, at = &found[0], i
			}
		}
		b := v.Breaks
		switch {
		case v.Debatable != "":
			t.Logf("%s, debatable: %v", v.ID, first)
		case b == nil && first != nil:
			t.Errorf("%s: %v at %d", v.ID, first, at)
		case b == nil:
		case first == nil:
			t.Errorf("%s: nothing, want %s at %d", v.ID, b.Rule, b.At)
		case first.Rule != b.Rule && !slices.Contains(b.AcceptAlso, first.Rule) || at != b.At && !slices.Contains(b.AtAlso, at):
			t.Errorf("%s: %v at %d, want %s at %d", v.ID, first, at, b.Rule, b.At)
		case first.Rule == b.Rule && first.Level != b.Level:
			t.Errorf("%s: level %q, want %q", v.ID, first.Level, b.Level)
		}
	}
}

// session runs steps and lists what they violate: "SEARCH collblob query status
// collblob item...", with - for nothing and items "href=tag" or "-href" for a deletion;
// "GET path status tag", likewise PUT and DELETE; "href action" for a decision.
func session(t *testing.T, steps ...string) (list []string) {
	t.Helper()
	held := "c1"
	c := webdavrepl.NewChecker("/c/", &held, map[string]string{"/c/a": "rt:a", "http://s/c/b": "rt:b"}, []string{"/c/b"})
	text := func(s string) *string {
		switch s {
		case "-":
			return nil
		case "''":
			s = ""
		}
		return &s
	}
	for i, step := range steps {
		w := strings.Fields(step)
		var found []webdavrepl.Finding
		switch w[0] {
		case "SEARCH":
			x := webdavrepl.Exchange{Method: w[0], Target: "http://s/c", Collblob: text(w[1]), SQL: w[2], NewCollblob: text(w[4])}
			_, _ = fmt.Sscan(w[3], &x.Status)
			for _, item := range w[5:] {
				href, tag, _ := strings.Cut(item, "=")
				v := webdavrepl.Item{Href: href, ResourceTag: tag, ChangeType: webdavrepl.Changed}
				if strings.HasPrefix(href, "-") {
					v.Href, v.ChangeType, v.ReplUID = href[1:], webdavrepl.Deleted, "rid:1"
				}
				x.Items = append(x.Items, v)
			}
			found = c.Exchange(&x)
		case "GET", "PUT", "DELETE":
			x := webdavrepl.Exchange{Method: w[0], Target: w[1]}
			_, _ = fmt.Sscan(w[2], &x.Status)
			if w[3] != "-" {
				x.ResourceTag = w[3]
			}
			found = c.Exchange(&x)
		default:
			found = c.Decision(w[0], webdavrepl.Action(w[1]))
		}
		for _, f := range found {
			list = append(list, fmt.Sprint(i, " ", f.Rule.Name()))
		}
	}
	return list
}

func TestChecker(t *testing.T) {
	for name, c := range map[string]struct{ steps, want []string }{
		"equal":                    {[]string{"SEARCH c1 q 207 c2 /c/a=rt:a", "/c/a skip"}, nil},
		"equal in brackets":        {[]string{"SEARCH c1 q 207 c2 /c/a=<rt:a>", "http://s/c/a skip"}, nil},
		"equal and fetched":        {[]string{"SEARCH c1 q 207 c2 /c/a=rt:a", "/c/a fetch"}, []string{"1 EqualMeansSkip"}},
		"equal and downloaded":     {[]string{"SEARCH c1 q 207 c2 /c/a=rt:a", "/c/a skip", "GET /c/a 200 rt:a"}, []string{"2 AvoidDownload"}},
		"newer than the manifest":  {[]string{"SEARCH c1 q 207 c2 /c/a=rt:a", "/c/a skip", "GET /c/a 200 rt:a2"}, nil},
		"different and skipped":    {[]string{"SEARCH c1 q 207 c2 /c/a=rt:a2", "/c/a skip"}, []string{"1 CompareTags"}},
		"kept after GET":           {[]string{"SEARCH c1 q 207 c2 /c/a=rt:a2", "/c/a fetch", "GET /c/a 200 rt:a2", "SEARCH c2 q 207 c3 /c/a=rt:a2", "/c/a fetch"}, []string{"4 EqualMeansSkip"}},
		"failed GET":               {[]string{"GET /c/a 404 -", "SEARCH c1 q 207 c2 /c/a=rt:a", "/c/a skip"}, nil},
		"GET without tag":          {[]string{"GET /c/a 200 -"}, []string{"0 GetReturnsResourcetag"}},
		"both changed":             {[]string{"SEARCH c1 q 207 c2 /c/b=rt:b2", "/c/b fetch"}, []string{"1 ConflictWhenBothChanged"}},
		"both changed, a conflict": {[]string{"SEARCH c1 q 207 c2 /c/b=rt:b2", "/c/b conflict"}, nil},
		"changed here only":        {[]string{"SEARCH c1 q 207 c2 /c/b=rt:b", "/c/b skip"}, nil},
		"no conflict":              {[]string{"SEARCH c1 q 207 c2 /c/a=rt:a2", "/c/a conflict"}, []string{"1 ConflictWhenBothChanged"}},
		"changes sent":             {[]string{"PUT /c/b 201 rt:b2", "SEARCH c1 q 207 c2 /c/b=rt:b2", "/c/b skip", "SEARCH c2 q 207 c3 /c/b=rt:b3", "/c/b fetch"}, nil},
		"refused change":           {[]string{"PUT /c/b 412 rt:b2", "SEARCH c1 q 207 c2 /c/b=rt:b2", "/c/b conflict"}, nil},
		"deleted there":            {[]string{"SEARCH c1 q 207 c2 -/c/a", "/c/a delete", "SEARCH c2 q 207 c3 /c/a=rt:a", "/c/a fetch"}, nil},
		"deleted and fetched":      {[]string{"SEARCH c1 q 207 c2 -/c/a", "/c/a fetch"}, []string{"1 CompareTags"}},
		"deleted, changed here":    {[]string{"SEARCH c1 q 207 c2 -/c/b", "/c/b conflict"}, nil},
		"deleted here":             {[]string{"DELETE /c/a 204 -", "SEARCH c1 q 207 c2 /c/a=rt:a", "/c/a fetch"}, nil},
		"not deleted":              {[]string{"SEARCH c1 q 207 c2 /c/a=rt:a2", "/c/a delete"}, []string{"1 CompareTags"}},
		"unknown resource":         {[]string{"SEARCH c1 q 207 c2 /c/x=rt:x", "/c/x fetch", "/c/y fetch"}, nil},
		"old collblob":             {[]string{"SEARCH c1 q 207 c2", "SEARCH c1 q 207 c3"}, []string{"1 PreviousCollblob"}},
		"no collblob":              {[]string{"SEARCH - q 207 c2"}, []string{"0 PreviousCollblob"}},
		"begins without a reason":  {[]string{"SEARCH c1 q 207 c2", "SEARCH '' q 207 c3"}, []string{"1 PreviousCollblob"}},
		"begins with a new query":  {[]string{"SEARCH c1 q 207 c2", "SEARCH '' q2 207 c3", "SEARCH c3 q2 207 c4"}, nil},
		"another query":            {[]string{"SEARCH c1 q 207 c2", "SEARCH c2 q2 207 c3"}, []string{"1 SameQuery"}},
		"refused collblob":         {[]string{"SEARCH c1 q 475 -", "SEARCH '' q 207 c2", "SEARCH c2 q 207 c3"}, nil},
		"refused collblob again":   {[]string{"SEARCH c1 q 475 -", "SEARCH c1 q 207 c2"}, []string{"1 DropAfter475"}},
		"refused, no collblob":     {[]string{"SEARCH c1 q 475 -", "SEARCH - q 207 c2"}, []string{"1 RequestForm"}},
		"nothing changed":          {[]string{"SEARCH c1 q 207 -", "SEARCH c1 q 207 c2"}, nil},
		"nothing changed, dropped": {[]string{"SEARCH c1 q 207 -", "SEARCH '' q 207 c2"}, []string{"1 KeepOnNoChange"}},
		"failed search":            {[]string{"SEARCH c1 q 503 -", "SEARCH c1 q 207 c2"}, nil},
		"changes, no collblob":     {[]string{"SEARCH c1 q 207 - /c/a=rt:a"}, []string{"0 ManifestCarriesCollblob"}},
		"not a 207":                {[]string{"SEARCH c1 q 200 c2"}, []string{"0 ManifestCarriesCollblob"}},
		"item without href":        {[]string{"SEARCH c1 q 207 c2 =rt:a"}, []string{"0 ManifestListsChange"}},
	} {
		if diff := cmp.Diff(c.want, session(t, c.steps...)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
	// Another collection, and the first request.
	c := webdavrepl.NewChecker("/c", nil, nil, nil)
	empty, blob := "", "x"
	for _, x := range []webdavrepl.Exchange{
		{Method: "SEARCH", Target: "/d", Collblob: &blob, Status: 207},
		{Method: "search", Target: "/c/", Collblob: &empty, Status: 207, NewCollblob: &blob},
		{Method: "SEARCH", Target: "/c", Collblob: &blob, Status: 207},
	} {
		if found := c.Exchange(&x); found != nil {
			t.Error(x, found)
		}
	}
	c = webdavrepl.NewChecker("/c", nil, nil, nil)
	if found := c.Exchange(&webdavrepl.Exchange{Method: "SEARCH", Target: "/c", Collblob: &blob, Status: 207}); len(found) != 1 || found[0].Rule != webdavrepl.RulePreviousCollblob {
		t.Error(found)
	}
}

func TestStatements(t *testing.T) {
	seen := map[webdavrepl.Rule]bool{}
	page := 0
	for _, s := range webdavrepl.Statements() {
		if seen[s.ID] || s.Text == "" || s.Level == "" || !strings.HasPrefix(s.CheckedBy, "Checker") && !strings.HasPrefix(s.CheckedBy, "not checked: ") {
			t.Errorf("%+v", s)
		}
		seen[s.ID] = true
		if s.Level == webdavrepl.Stated {
			page++
		}
	}
	if page != 10 {
		t.Error(page)
	}
}
