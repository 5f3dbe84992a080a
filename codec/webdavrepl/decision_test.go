package webdavrepl_test

import (
	"testing"

	"github.com/hostedcache/pchc/codec/webdavrepl"
)

func TestEqualTags(t *testing.T) {
	for _, c := range []struct {
		a, b  string
		equal bool
	}{
		{"rt:a", "rt:a", true}, {"<rt:a>", "rt:a", true}, {"rt:a", "<rt:a>", true},
		{"rt:a", "rt:A", false}, {"rt:a", "", false}, {"", "rt:a", false}, {"", "", false}, {"rt:a", "rt:a ", false}, {"rt:a", "<rt:a", false},
	} {
		if got := webdavrepl.EqualTags(c.a, c.b); got != c.equal {
			t.Errorf("%q and %q: %v", c.a, c.b, got)
		}
	}
}

func TestDecide(t *testing.T) {
	for _, c := range []struct {
		item    webdavrepl.Item
		kept    string
		changed bool
		want    webdavrepl.Action
	}{
		{webdavrepl.Item{ResourceTag: "rt:a"}, "rt:a", false, webdavrepl.Skip},
		{webdavrepl.Item{ResourceTag: "rt:a"}, "rt:a", true, webdavrepl.Skip},
		{webdavrepl.Item{ResourceTag: "rt:a"}, "rt:b", false, webdavrepl.Fetch},
		{webdavrepl.Item{ResourceTag: "rt:a"}, "rt:b", true, webdavrepl.Conflict},
		{webdavrepl.Item{ResourceTag: "rt:a"}, "", false, webdavrepl.Fetch},
		{webdavrepl.Item{}, "", false, webdavrepl.Fetch},
		{webdavrepl.Item{ResourceTag: "rt:a", ChangeType: webdavrepl.Deleted}, "rt:a", true, webdavrepl.Delete},
	} {
		if got := webdavrepl.Decide(&c.item, c.kept, c.changed); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

// A resource is written once for the lists that follow each other.
func TestAppendIf(t *testing.T) {
	one := []webdavrepl.Condition{{Kind: webdavrepl.ConditionResourceTag, Value: "rt:a"}}
	b, err := webdavrepl.AppendIf(nil, []webdavrepl.List{{"http://s/a", one}, {"http://s/a", one}, {"http://s/b", append(one, webdavrepl.Condition{Negated: true, Kind: "etag", Value: `"x"`})}})
	if want := `<http://s/a> (<rt:a>) (<rt:a>) <http://s/b> (<rt:a> Not ["x"])`; err != nil || string(b) != want {
		t.Errorf("%s %v, want %s", b, err, want)
	}
}
