package webdavrepl

import "strings"

// Finding is a rule that a session violates.
type Finding struct {
	Rule   Rule
	Level  Level
	Detail string
}

// Exchange is a request and its answer.
type Exchange struct {
	Method, Target string

	// Of a SEARCH: its collblob, nil without one, and its query, which may be any name
	// that tells it from others, "" if it is not known.
	Collblob *string
	SQL      string

	Status int
	// Of the answer to a SEARCH: its collblob, nil without one, and its items.
	NewCollblob *string
	Items       []Item
	// Of the answers to GET and to what changes a resource: its tag, "" without one.
	ResourceTag string
}

// Checker follows the session of a client with one collection: what it asks, what it
// is answered, and what it decides about each item.
type Checker struct {
	collection string
	held       *string // collblob; nil: none yet, or refused
	query      string  // that held belongs to
	refused    bool    // the last answer was a 475
	unchanged  bool    // the last answer had no collblob
	tags       map[string]string
	changed    map[string]bool
	items      map[string]*Item // of the manifests, by path, unless fetched since
}

// NewChecker returns a Checker for a client that has a collblob of collection, nil if it
// has none, the tags of its local copies by their path, and local changes to some.
func NewChecker(collection string, held *string, tags map[string]string, changed []string) *Checker {
	c := &Checker{collection: path(collection), held: held, tags: map[string]string{}, changed: map[string]bool{}, items: map[string]*Item{}}
	for href, tag := range tags {
		c.tags[path(href)] = tag
	}
	for _, href := range changed {
		c.changed[path(href)] = true
	}
	return c
}

// path returns an href without scheme and authority, and without a slash at its end.
func path(href string) string {
	if _, rest, ok := strings.Cut(href, "://"); ok {
		n := strings.IndexByte(rest, '/')
		if n < 0 {
			return ""
		}
		href = rest[n:]
	}
	return strings.TrimSuffix(href, "/")
}

func finding(r Rule, detail string) Finding { return Finding{r, levelOf(r), detail} }

// Exchange takes the next exchange and returns what it violates.
func (c *Checker) Exchange(x *Exchange) (found []Finding) {
	target := path(x.Target)
	ok := x.Status/100 == 2
	switch strings.ToUpper(x.Method) {
	case "SEARCH":
		if target == c.collection {
			found = append(c.search(x), c.answer(x)...)
		}
	case "GET":
		kept := c.tags[target]
		if item := c.items[target]; item != nil && EqualTags(item.ResourceTag, kept) && (x.ResourceTag == "" || EqualTags(x.ResourceTag, kept)) {
			found = append(found, finding(RuleAvoidDownload, "gets a resource whose tag in the manifest is the one that it has"))
		}
		if x.Status == 200 && x.ResourceTag == "" {
			found = append(found, finding(RuleGetReturnsResourcetag, "the answer to GET has no Resourcetag"))
		}
		if ok {
			c.keep(target, x.ResourceTag)
		}
	case "PUT", "POST", "MKCOL", "PROPPATCH":
		if ok {
			c.keep(target, x.ResourceTag)
			delete(c.changed, target)
		}
	case "DELETE":
		if ok {
			delete(c.tags, target)
			delete(c.changed, target)
		}
	}
	return found
}

// keep keeps the tag that came with a resource.
func (c *Checker) keep(target, tag string) {
	delete(c.items, target)
	if tag != "" {
		c.tags[target] = tag
	}
}

// search judges the collblob and the query of a SEARCH.
func (c *Checker) search(x *Exchange) (found []Finding) {
	sent := ""
	if x.Collblob != nil {
		sent = *x.Collblob
	}
	other := c.query != "" && x.SQL != "" && x.SQL != c.query
	switch {
	case c.refused && sent != "":
		found = append(found, finding(RuleDropAfter475, "sends a collblob after one was refused"))
	case c.refused || c.held == nil && sent == "" || c.held != nil && sent == "" && other:
		// begins
	case c.held == nil:
		found = append(found, finding(RulePreviousCollblob, "sends a collblob that no answer had"))
	case sent != *c.held && c.unchanged:
		found = append(found, finding(RuleKeepOnNoChange, "does not send the collblob that it had when nothing changed"))
	case sent != *c.held:
		found = append(found, finding(RulePreviousCollblob, "does not send the collblob of the last answer"))
	}
	if x.Collblob == nil && len(found) == 0 {
		found = append(found, finding(RuleRequestForm, "has no collblob"))
	}
	if other && sent != "" {
		found = append(found, finding(RuleSameQuery, "sends a collblob with another query than it came from"))
	}
	return found
}

// answer takes the answer to a SEARCH.
func (c *Checker) answer(x *Exchange) (found []Finding) {
	switch {
	case x.Status == 475:
		c.held, c.query, c.refused, c.unchanged = nil, "", true, false
		return nil
	case x.Status/100 != 2:
		return nil
	case x.Status != 207:
		found = append(found, finding(RuleManifestCarriesCollblob, "the answer to SEARCH is not a 207"))
	case x.NewCollblob == nil && len(x.Items) > 0:
		found = append(found, finding(RuleManifestCarriesCollblob, "the manifest has changes and no collblob"))
	}
	c.refused = false
	c.unchanged = x.NewCollblob == nil
	if x.NewCollblob != nil {
		c.held = x.NewCollblob
	}
	if x.SQL != "" {
		c.query = x.SQL
	}
	for i := range x.Items {
		item := &x.Items[i]
		if item.Href == "" && item.ChangeType != Deleted || item.ReplUID == "" && item.ChangeType == Deleted {
			found = append(found, finding(RuleManifestListsChange, "an item has no href, or a deletion no repl-uid"))
		}
		c.items[path(item.Href)] = item
	}
	return found
}

// Decision takes what the client does about an item of the last manifest, and returns
// what that violates.
func (c *Checker) Decision(href string, action Action) (found []Finding) {
	href = path(href)
	item, kept := c.items[href], c.tags[href]
	if item == nil {
		return nil // from elsewhere
	}
	want := Decide(item, kept, c.changed[href])
	switch {
	case action == want, want == Delete && action == Conflict && c.changed[href]:
	case want == Conflict || action == Conflict:
		found = append(found, finding(RuleConflictWhenBothChanged, "should be "+string(want)+", is "+string(action)))
	case want == Skip:
		found = append(found, finding(RuleEqualMeansSkip, "the tags are equal: should be skip, is "+string(action)))
	case want == Delete:
		found = append(found, finding(RuleCompareTags, "was deleted: should be delete, is "+string(action)))
	default:
		found = append(found, finding(RuleCompareTags, "the tags differ: should be "+string(want)+", is "+string(action)))
	}
	if action == Delete {
		delete(c.items, href)
		delete(c.tags, href)
		delete(c.changed, href)
	}
	return found
}
