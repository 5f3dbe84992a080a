package neighbours

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/hostedcache/pchc/codec/webdavrepl"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/spec"
)

var webdavProtocol = protocol{
	name: "WEBDAV-REPL",
	kinds: []Kind{
		{Name: "webdav:search_request", Text: true, Decode: func(b []byte) Result {
			q, err := webdavrepl.DecodeSearchRequest(b)
			return webdavResult(searchFields(&q), err)
		}},
		{Name: "webdav:manifest", Text: true, Decode: func(b []byte) Result {
			m, err := webdavrepl.DecodeManifest(b)
			return webdavResult(manifestFields(&m), err)
		}},
		{Name: "webdav:http_message", Text: true, Decode: httpMessage},
		{Name: "webdav:header_if", Text: true, Decode: func(b []byte) Result {
			lists, err := webdavrepl.DecodeIf(string(b))
			return webdavResult(ifFields(lists), err)
		}},
		{Name: "webdav:header_resourcetag", Text: true, Decode: func(b []byte) Result {
			tag, err := webdavrepl.DecodeResourceTag(string(b))
			return webdavResult(message.Fields{{Name: "resourcetag", Value: tag}}, err)
		}},
		{Name: "webdav:header_repl_uid", Text: true, Decode: func(b []byte) Result {
			uid, err := webdavrepl.DecodeReplUID(string(b))
			return webdavResult(message.Fields{{Name: "repl_uid", Value: uid}}, err)
		}},
		{Name: "webdav:tag_compare", Text: true, Decode: tagCompare},
	},
	machine: newWebdavMachine,
	requirements: func() (all []message.Entry) {
		for _, s := range webdavrepl.Statements() {
			all = append(all, statement(string(s.ID), s.ID.Section(), string(s.Level), s.Text, s.CheckedBy))
		}
		return all
	},
	page: "codec/webdavrepl/webdav-replication.md",
}

// statement returns a statement as an entry of the catalogue.
func statement(id, section, level, text, checkedBy string) message.Entry {
	e := message.Entry{ID: id, Section: section, Level: level, Class: spec.Behaviour.String(), Text: text}
	if reason, ok := strings.CutPrefix(checkedBy, "not checked: "); ok {
		e.NotObservable = reason
	} else {
		e.CheckedBy = CallTrace + strings.TrimPrefix(checkedBy, "Checker")
	}
	return e
}

func webdavResult(fields message.Fields, err error) Result {
	e := (*webdavrepl.Error)(nil)
	if !errors.As(err, &e) {
		return Result{Fields: fields}
	}
	detail := e.Detail
	if e.Value != "" {
		detail += strconv.Quote(e.Value)
	}
	return Result{Violations: []spec.Violation{{Rule: string(e.Rule), Class: spec.Format, Offset: e.Offset, Field: e.Structure, Detail: detail, Section: e.Rule.Section()}}}
}

// optional returns s, nil if there is none.
func optional(s string, has bool) any {
	if !has {
		return nil
	}
	return s
}

func searchFields(q *webdavrepl.SearchRequest) message.Fields {
	var tags any
	if q.ResourceTags != nil {
		tags = texts(q.ResourceTags)
	}
	return message.Fields{{Name: "collblob", Value: q.Collblob}, {Name: "resourcetags", Value: tags}, {Name: "sql", Value: optional(webdavrepl.NormalizeSQL(q.SQL), q.HasSQL)},
		{Name: "first_fetch", Value: q.Collblob == ""}, {Name: "deviations", Value: texts(q.Deviations)}}
}

func manifestFields(m *webdavrepl.Manifest) message.Fields {
	items := message.List(m.Items, func(i webdavrepl.Item) any {
		props := message.Fields{}
		for _, p := range i.Properties {
			k := slices.IndexFunc(props, func(m message.Member) bool { return m.Name == p.Name })
			if k >= 0 { // an object has a name once; the namespace tells the second
				p.Name = "{" + p.Namespace + "}" + p.Name
			}
			props = append(props, message.Member{Name: p.Name, Value: p.Value})
		}
		return message.Fields{{Name: "href", Value: optional(i.Href, i.Href != "")}, {Name: "changetype", Value: string(i.ChangeType)}, {Name: "changetype_stated", Value: i.ChangeTypeStated},
			{Name: "resourcetag", Value: optional(i.ResourceTag, i.ResourceTag != "")}, {Name: "repl_uid", Value: optional(i.ReplUID, i.ReplUID != "")},
			{Name: "props", Value: props}, {Name: "status", Value: message.List(i.Status, func(n int) any { return n })}}
	})
	return message.Fields{{Name: "collblob", Value: optional(m.Collblob, m.HasCollblob)}, {Name: "items", Value: items},
		{Name: "no_change", Value: m.NoChange()}, {Name: "deviations", Value: texts(m.Deviations)}}
}

func ifFields(lists []webdavrepl.List) message.Fields {
	tagged := false
	list := message.List(lists, func(l webdavrepl.List) any {
		tagged = tagged || l.Resource != ""
		return message.Fields{{Name: "resource", Value: optional(l.Resource, l.Resource != "")}, {Name: "conditions", Value: message.List(l.Conditions, func(c webdavrepl.Condition) any {
			name := "token"
			if c.Kind == webdavrepl.ConditionETag {
				name = "etag"
			}
			return message.Fields{{Name: "negated", Value: c.Negated}, {Name: name, Value: c.Value}, {Name: "kind", Value: string(c.Kind)}}
		})}}
	})
	return message.Fields{{Name: "lists", Value: list}, {Name: "tagged", Value: tagged}}
}

func httpMessage(b []byte) Result {
	m, err := webdavrepl.DecodeMessage(b)
	var f message.Fields
	add := func(name string, value any, has bool) {
		if has {
			f = append(f, message.Member{Name: name, Value: value})
		}
	}
	request := m.Method != ""
	add("method", m.Method, request)
	add("target", m.Target, request)
	add("status", m.Status, !request)
	add("reason", m.Reason, !request)
	add("headers", message.List(m.Headers, func(h webdavrepl.Header) any { return []any{h.Name, h.Value} }), true)
	add("body_length", len(m.Body), true)
	var matches any
	if m.ContentLength >= 0 {
		matches = m.ContentLength == int64(len(m.Body))
	}
	add("content_length_matches", matches, true)
	add("resourcetag", m.ResourceTag, m.ResourceTag != "")
	add("repl_uid", m.ReplUID, m.ReplUID != "")
	if m.If != nil {
		add("if", ifFields(m.If), true)
	}
	if m.Search != nil {
		add("search_request", searchFields(m.Search), true)
	}
	if m.Manifest != nil {
		add("manifest", manifestFields(m.Manifest), true)
	}
	return webdavResult(f, err)
}

// tagCompare compares the tags in an object of JSON.
func tagCompare(b []byte) Result {
	var tags struct {
		Manifest, Stored string // null: none
	}
	if err := strict(b, &tags); err != nil || len(b) == 0 {
		return Result{Violations: []spec.Violation{{Rule: string(webdavrepl.RuleCompareTags), Class: spec.Format, Field: "tags",
			Detail: `are not like {"manifest":"rt:...","stored":"rt:..."}`, Section: webdavrepl.RuleCompareTags.Section()}}}
	}
	decision := webdavrepl.Decide(&webdavrepl.Item{ResourceTag: tags.Manifest}, tags.Stored, false)
	return Result{Fields: message.Fields{{Name: "equal", Value: webdavrepl.EqualTags(tags.Manifest, tags.Stored)}, {Name: "decision", Value: string(decision)}}}
}

// webdavMachine is a Machine of webdavrepl.
type webdavMachine struct {
	checker *webdavrepl.Checker
	events  int
	broken  []Break
}

func newWebdavMachine(context json.RawMessage) (Machine, error) {
	var c struct {
		Collection   string
		Collblob     *string
		StoredTags   map[string]string `json:"stored_tags"`
		LocalChanges []string          `json:"local_changes"`
	}
	if err := strict(context, &c); err != nil {
		return nil, err
	}
	return &webdavMachine{checker: webdavrepl.NewChecker(c.Collection, c.Collblob, c.StoredTags, c.LocalChanges)}, nil
}

// webdavEvent is a request and its answer, or a decision.
type webdavEvent struct {
	N   int // as its index
	Req *struct {
		Method, Target string
		Collblob       *string
		SQL            string
		ResourceTags   []string
		If             string
	}
	Res struct {
		Status      int
		Collblob    *string
		ResourceTag string
		Items       []struct {
			Href, ResourceTag string
			ReplUID           string `json:"repl_uid"`
			ChangeType        webdavrepl.ChangeType
		}
	}
	Decision *struct {
		Href   string
		Action webdavrepl.Action
	}
}

func (m *webdavMachine) Event(event json.RawMessage) error {
	at := m.events
	m.events++
	var e webdavEvent
	err := strict(event, &e)
	if unknown := UnknownMember(""); err != nil && !errors.As(err, &unknown) {
		return err
	}
	var found []webdavrepl.Finding
	switch {
	case (e.Req == nil) == (e.Decision == nil):
		return errors.New("has no req, and no decision, or both")
	case e.Decision != nil:
		if !slices.Contains([]webdavrepl.Action{webdavrepl.Fetch, webdavrepl.Skip, webdavrepl.Delete, webdavrepl.Conflict}, e.Decision.Action) {
			return errors.New("action " + strconv.Quote(string(e.Decision.Action)) + " is not known")
		}
		found = m.checker.Decision(e.Decision.Href, e.Decision.Action)
	default:
		x := webdavrepl.Exchange{Method: e.Req.Method, Target: e.Req.Target, Collblob: e.Req.Collblob, SQL: e.Req.SQL,
			Status: e.Res.Status, NewCollblob: e.Res.Collblob, ResourceTag: e.Res.ResourceTag}
		for _, i := range e.Res.Items {
			change := cmp.Or(i.ChangeType, webdavrepl.Changed)
			if change != webdavrepl.Changed && change != webdavrepl.Deleted {
				return errors.New("changetype " + strconv.Quote(string(change)) + " is not known")
			}
			x.Items = append(x.Items, webdavrepl.Item{Href: i.Href, ResourceTag: i.ResourceTag, ReplUID: i.ReplUID, ChangeType: change})
		}
		found = m.checker.Exchange(&x)
	}
	for _, f := range found {
		m.broken = append(m.broken, Break{string(f.Rule), string(f.Level), at, f.Detail})
	}
	return err
}

func (m *webdavMachine) Breaks(bool) []Break { return m.broken }
