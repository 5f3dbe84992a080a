package webdavrepl

import (
	"slices"
	"strings"
)

// ChangeType says what happened to a resource.
type ChangeType string

// The types of change.
const (
	Changed ChangeType = "change" // also if there is no changetype
	Deleted ChangeType = "delete"
)

// Manifest is the body of a 207 that answers a SEARCH with a repl: a multistatus of
// DAV: with a repl, and a response for each resource that changed.
type Manifest struct {
	Collblob    string // to send next time
	HasCollblob bool   // false: the client keeps the one that it has
	Items       []Item
	Deviations  []Deviation // sorted; not encoded
}

// NoChange reports whether m says that nothing changed.
func (m *Manifest) NoChange() bool { return !m.HasCollblob && len(m.Items) == 0 }

// Item is a response in a Manifest.
type Item struct {
	Href             string
	ChangeType       ChangeType
	ChangeTypeStated bool
	ResourceTag      string     // "rt:..."; "" if there is none
	ReplUID          string     // "rid:..."; "" if there is none
	Properties       []Property // the other ones
	Status           []int      // of each propstat
}

// Property is a property of a resource. Value is the text in it.
type Property struct {
	Namespace, Name, Value string
	Status                 int // of its propstat
}

// DecodeManifest decodes b. The result has no bytes of b. The error, if any, is an
// *Error for the first format rule that b violates. Elements of other namespaces are
// skipped, but for properties.
func DecodeManifest(b []byte) (Manifest, error) {
	var m Manifest
	var r reader
	var repl bool
	deviations, err := r.document(b, "multistatus", RuleNotMultistatus, func() {
		switch {
		case r.repl() == "repl":
			r.once(&repl, RuleReplCount)
			if len(m.Items) > 0 {
				r.deviate(ReplNotFirst)
			}
			m.Collblob, _, m.HasCollblob = r.replElement(false)
		case r.is(NamespaceDAV, "response"):
			m.Items = append(m.Items, r.response())
		default:
			r.all()
		}
	})
	if err == nil && !repl {
		err = newError(RuleReplCount, "multistatus", r.xml.Offset, "", noRepl)
	}
	if err != nil {
		return Manifest{}, err
	}
	m.Deviations = deviations
	return m, nil
}

// response reads a response.
func (r *reader) response() Item {
	item := Item{ChangeType: Changed}
	start := r.xml.Offset
	var href bool
	r.children(func() {
		at := r.xml.Offset
		name := r.repl()
		switch {
		case name == "changetype" || name == "ChangeType":
			if name != "changetype" {
				r.deviate(ChangeTypeSpelling)
			}
			r.once(&item.ChangeTypeStated, RuleChangetypeTwice)
			item.ChangeType = ChangeType(strings.Trim(r.text(), " \t\r\n"))
			if item.ChangeType != Changed && item.ChangeType != Deleted {
				r.fail(RuleBadChangetype, at, string(item.ChangeType), "changetype must be change or delete, not ")
			}
		case r.is(NamespaceDAV, "href"):
			r.once(&href, RuleHrefTwice)
			if item.Href = strings.Trim(r.text(), " \t\r\n"); item.Href == "" {
				r.fail(RuleNoHref, at, "", "has an empty href")
			}
		case r.is(NamespaceDAV, "propstat"):
			r.propstat(&item)
		default:
			r.all()
		}
	})
	switch {
	case !href && item.ChangeType != Deleted:
		r.fail(RuleNoHref, start, "", "has a response without href")
	case len(item.Status) == 0:
		r.fail(RuleNoPropstat, start, "", "has a response without propstat")
	case item.ChangeType == Deleted && item.ReplUID == "":
		r.fail(RuleDeleteWithoutReplUid, start, "", "has a deletion without repl-uid")
	}
	return item
}

// found is a property that was read before its status.
type found struct {
	namespace, name, value string
	at                     int
}

// propstat reads a propstat and adds its properties to item.
func (r *reader) propstat(item *Item) {
	start := r.xml.Offset
	var props []found
	var prop, stated bool
	status := 0
	r.children(func() {
		switch {
		case r.is(NamespaceDAV, "prop"):
			r.once(&prop, RuleBadPropstat)
			if stated {
				r.deviate(StatusBeforeProp)
			}
			r.children(func() {
				p := found{string(r.xml.URI), string(r.xml.Local), "", r.xml.Offset}
				if name := r.repl(); name != "" {
					p.namespace, p.name = NamespaceRepl, name
				}
				if p.namespace == NamespaceRepl && (p.name == "changetype" || p.name == "ChangeType") {
					r.fail(RuleBadChangetype, p.at, "", "has a changetype among the properties")
				}
				p.value = r.all()
				props = append(props, p)
			})
		case r.is(NamespaceDAV, "status"):
			at := r.xml.Offset
			r.once(&stated, RuleBadPropstat)
			text := strings.Trim(r.text(), " \t\r\n")
			var ok bool
			if status, _, ok = statusLine(text); !ok {
				r.fail(RuleBadStatus, at, text, "status must be like HTTP/1.1 200 OK, not ")
			}
		default:
			r.all()
		}
	})
	if !prop || !stated {
		r.fail(RuleBadPropstat, start, "", "has a propstat without prop or status")
	}
	item.Status = append(item.Status, status)
	for _, p := range props {
		ours := p.namespace == NamespaceRepl && (p.name == "resourcetag" || p.name == "repl-uid")
		switch {
		case !ours:
			item.Properties = append(item.Properties, Property{p.namespace, p.name, p.value, status})
		case status/100 != 2: // the resource has none
		case p.name == "resourcetag":
			r.property(&item.ResourceTag, &p, "rt:", RuleBadResourcetag, RuleResourcetagTwice)
		default:
			r.property(&item.ReplUID, &p, "rid:", RuleBadReplUid, RuleReplUidTwice)
		}
	}
}

// property sets a tag to the value of a property.
func (r *reader) property(to *string, p *found, prefix string, bad, twice Rule) {
	if !isTag(p.value, prefix) {
		r.fail(bad, p.at, p.value, p.name+" must be "+prefix+" and a value, not ")
	}
	if *to != "" {
		r.fail(twice, p.at, p.value, "has a second "+p.name+" ")
	}
	*to = p.value
}

// statusLine reads "HTTP/1.1 200 OK".
func statusLine(s string) (code int, reason string, ok bool) {
	version, rest, _ := strings.Cut(s, " ")
	digits, reason, _ := strings.Cut(rest, " ")
	if !isVersion(version) || len(digits) != 3 || digits[0] < '1' || digits[0] > '5' {
		return 0, "", false
	}
	for _, c := range []byte(digits) {
		if c < '0' || c > '9' {
			return 0, "", false
		}
		code = 10*code + int(c-'0')
	}
	return code, reason, true
}

func isVersion(s string) bool { return s == "HTTP/1.1" || s == "HTTP/1.0" }

// AppendText appends the body to dst: of each item one propstat with status 200 and its
// tags, without its Properties. The error, if any, is an *Error for a format rule that m
// violates, and dst is returned as it was.
func (m *Manifest) AppendText(dst []byte) ([]byte, error) {
	if err := m.violation(); err != nil {
		return dst, err
	}
	dst = append(dst, `<?xml version="1.0"?><D:multistatus xmlns:D="DAV:" xmlns:R="`+NamespaceRepl+`"><R:repl>`...)
	if m.HasCollblob {
		dst = appendElement(dst, "R:collblob", m.Collblob)
	}
	dst = append(dst, "</R:repl>"...)
	for i := range m.Items {
		item := &m.Items[i]
		dst = append(dst, "<D:response>"...)
		if item.Href != "" {
			dst = appendElement(dst, "D:href", item.Href)
		}
		dst = append(dst, "<D:propstat><D:prop>"...)
		if item.ResourceTag != "" {
			dst = appendElement(dst, "R:resourcetag", item.ResourceTag)
		}
		if item.ReplUID != "" {
			dst = appendElement(dst, "R:repl-uid", item.ReplUID)
		}
		dst = append(dst, "</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>"...)
		dst = append(appendElement(dst, "R:changetype", string(item.ChangeType)), "</D:response>"...)
	}
	return append(dst, "</D:multistatus>"...), nil
}

func (m *Manifest) violation() error {
	fail := func(rule Rule, i int, value, detail string) error {
		return newError(rule, "multistatus", i, value, detail)
	}
	if !isText(m.Collblob) {
		return fail(RuleXML, 0, "", "has a character that XML has not")
	}
	for i, item := range m.Items {
		switch {
		case !isText(item.Href) || item.Href != strings.Trim(item.Href, " \t\r\n"):
			return fail(RuleXML, i, item.Href, "href cannot be ")
		case item.ResourceTag != "" && !(isTag(item.ResourceTag, "rt:") && isText(item.ResourceTag)):
			return fail(RuleBadResourcetag, i, item.ResourceTag, "resourcetag must be rt: and a value, not ")
		case item.ReplUID != "" && !(isTag(item.ReplUID, "rid:") && isText(item.ReplUID)):
			return fail(RuleBadReplUid, i, item.ReplUID, "repl-uid must be rid: and a value, not ")
		case !slices.Contains([]ChangeType{Changed, Deleted}, item.ChangeType):
			return fail(RuleBadChangetype, i, string(item.ChangeType), "changetype must be change or delete, not ")
		case item.Href == "" && item.ChangeType == Changed:
			return fail(RuleNoHref, i, "", "has a response without href")
		case item.ReplUID == "" && item.ChangeType == Deleted:
			return fail(RuleDeleteWithoutReplUid, i, "", "has a deletion without repl-uid")
		}
	}
	return nil
}
