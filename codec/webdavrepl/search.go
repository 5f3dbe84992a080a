package webdavrepl

import (
	"slices"
	"strings"
)

// SearchRequest is the body of a SEARCH that asks a collection for its manifest: a
// searchrequest of DAV: with a repl.
type SearchRequest struct {
	Collblob     string   // opaque; empty in the first request
	ResourceTags []string // of what was fetched meanwhile, "rt:..."; nil if there is no resourcetaglist
	SQL          string   // as it was written, see NormalizeSQL
	HasSQL       bool
	Deviations   []Deviation // sorted; not encoded
}

// NormalizeSQL returns a query without the white space that does not matter.
func NormalizeSQL(sql string) string { return strings.Join(strings.Fields(sql), " ") }

// DecodeSearchRequest decodes b. The result has no bytes of b. The error, if any, is
// an *Error for the first format rule that b violates. Elements of other namespaces
// are skipped.
func DecodeSearchRequest(b []byte) (SearchRequest, error) {
	var q SearchRequest
	var r reader
	var repl, collblob bool
	deviations, err := r.document(b, "searchrequest", RuleNotSearchrequest, func() {
		at := r.xml.Offset
		switch {
		case r.repl() == "repl":
			r.once(&repl, RuleReplCount)
			if q.HasSQL {
				r.deviate(ReplNotFirst)
			}
			q.Collblob, q.ResourceTags, collblob = r.replElement(true)
			if !collblob {
				r.fail(RuleCollblobMissing, at, "", "has no collblob")
			}
		case r.is(NamespaceDAV, "sql"):
			r.once(&q.HasSQL, RuleSqlTwice)
			q.SQL = r.text()
		default:
			r.all()
		}
	})
	switch {
	case err != nil:
		return SearchRequest{}, err
	case !repl:
		return SearchRequest{}, newError(RuleReplCount, "searchrequest", r.xml.Offset, "", noRepl)
	case !q.HasSQL:
		r.deviate(NoSql)
		slices.Sort(r.deviations)
		deviations = r.deviations
	}
	q.Deviations = deviations
	return q, nil
}

// replElement reads a repl.
func (r *reader) replElement(request bool) (collblob string, tags []string, has bool) {
	var list bool
	r.children(func() {
		at := r.xml.Offset
		switch name := r.repl(); name {
		case "collblob", "CollBlob":
			if name != "collblob" {
				r.deviate(CollBlobSpelling)
			}
			r.once(&has, RuleCollblobTwice)
			collblob = r.text()
		case "resourcetaglist":
			r.once(&list, RuleResourcetaglistTwice)
			if !request {
				r.fail(RuleResourcetaglistInAnswer, at, "", "has a resourcetaglist, which belongs into requests")
			}
			r.children(func() {
				if r.repl() == "resourcetag" {
					tags = append(tags, r.tag("rt:", RuleBadResourcetag))
				} else {
					r.all()
				}
			})
			if len(tags) == 0 {
				r.fail(RuleEmptyResourcetaglist, at, "", "has a resourcetaglist without a resourcetag")
			}
		default:
			r.all()
		}
	})
	return collblob, tags, has
}

// AppendText appends the body to dst. The error, if any, is an *Error for a format rule
// that q violates, and dst is returned as it was.
func (q *SearchRequest) AppendText(dst []byte) ([]byte, error) {
	const structure = "searchrequest"
	if !isText(q.Collblob) || !isText(q.SQL) {
		return dst, newError(RuleXML, structure, 0, "", "has a character that XML has not")
	}
	if q.ResourceTags != nil && len(q.ResourceTags) == 0 {
		return dst, newError(RuleEmptyResourcetaglist, structure, 0, "", "has a resourcetaglist without a resourcetag")
	}
	for _, tag := range q.ResourceTags {
		if !isTag(tag, "rt:") || !isText(tag) {
			return dst, newError(RuleBadResourcetag, structure, 0, tag, "resourcetag must be rt: and a value, not ")
		}
	}
	dst = append(dst, `<?xml version="1.0"?><D:searchrequest xmlns:D="DAV:" xmlns:R="`+NamespaceRepl+`"><R:repl>`...)
	dst = appendElement(dst, "R:collblob", q.Collblob)
	if q.ResourceTags != nil {
		dst = append(dst, "<R:resourcetaglist>"...)
		for _, tag := range q.ResourceTags {
			dst = appendElement(dst, "R:resourcetag", tag)
		}
		dst = append(dst, "</R:resourcetaglist>"...)
	}
	dst = append(dst, "</R:repl>"...)
	if q.HasSQL {
		dst = appendElement(dst, "D:sql", q.SQL)
	}
	return append(dst, "</D:searchrequest>"...), nil
}

// noRepl is what the error says of a body without a repl, which may belong to another
// protocol.
const noRepl = "has no repl"
