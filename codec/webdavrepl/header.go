package webdavrepl

import (
	"slices"
	"strings"
)

// DecodeResourceTag decodes the value of a ResourceTag header, "<rt:...>", and returns
// it without the angle brackets. The error, if any, is an *Error.
func DecodeResourceTag(value string) (string, error) {
	return header(value, "ResourceTag", "rt:", RuleBadResourceTagHeader)
}

// DecodeReplUID decodes the value of a Repl-UID header, "<rid:...>", and returns it
// without the angle brackets. The error, if any, is an *Error.
func DecodeReplUID(value string) (string, error) {
	return header(value, "Repl-UID", "rid:", RuleBadReplUidHeader)
}

func header(value, name, prefix string, rule Rule) (string, error) {
	if tag := unbracket(value); len(tag) < len(value) && isTag(tag, prefix) {
		return tag, nil
	}
	return "", newError(rule, name, 0, value, "must be <"+prefix+"...>, not ")
}

// unbracket returns a tag without the angle brackets of its header form.
func unbracket(tag string) string {
	if len(tag) >= 2 && tag[0] == '<' && tag[len(tag)-1] == '>' {
		return tag[1 : len(tag)-1]
	}
	return tag
}

// ConditionKind says what a condition of an If header is about.
type ConditionKind string

// The kinds of conditions.
const (
	ConditionResourceTag ConditionKind = "resourcetag" // <rt:...>
	ConditionReplUID     ConditionKind = "repl-uid"    // <rid:...>
	ConditionToken       ConditionKind = "other"       // another state token, such as that of a lock
	ConditionETag        ConditionKind = "etag"        // ["..."]
)

// Condition is a condition of an If header.
type Condition struct {
	Negated bool // after Not
	Kind    ConditionKind
	Value   string // without the brackets: "rt:...", `W/"..."`
}

// List is a list of an If header. All its conditions must be true for it to be true, and
// one list must be for the header to be true.
type List struct {
	Resource   string // URI of the resource that it is about; "" if it is the requested one
	Conditions []Condition
}

// DecodeIf decodes the value of an If header (RFC 2518 9.4). The error, if any, is an
// *Error for the first format rule that it violates.
func DecodeIf(value string) ([]List, error) {
	p := ifParser{s: value}
	lists := p.lists()
	if p.err != nil {
		return nil, p.err
	}
	return lists, nil
}

type ifParser struct {
	s   string
	at  int
	err *Error
}

func (p *ifParser) fail(rule Rule, at int, detail string) {
	if p.err == nil {
		p.err = newError(rule, "If", at, p.s[at:], detail)
	}
}

// peek skips white space and returns the next character, 0 at the end.
func (p *ifParser) peek() byte {
	for p.at < len(p.s) && (p.s[p.at] == ' ' || p.s[p.at] == '\t') {
		p.at++
	}
	if p.at == len(p.s) {
		return 0
	}
	return p.s[p.at]
}

func (p *ifParser) lists() (lists []List) {
	resource, at := "", 0
	for p.err == nil {
		switch p.peek() {
		case '<':
			if len(lists) > 0 && resource == "" {
				p.fail(RuleMixedLists, p.at, "has a resource behind lists without one: ")
				return
			}
			at = p.at
			if resource = p.bracketed(); !isURI(resource) {
				p.fail(RuleBadResource, at, "must be an absolute URI: ")
			}
			if p.peek() != '(' {
				p.fail(RuleNoList, at, "has a resource without a list: ")
			}
		case '(':
			lists = append(lists, List{resource, p.list()})
		case 0:
			if len(lists) == 0 {
				p.fail(RuleNoList, p.at, "has no list")
			}
			return lists
		default:
			p.fail(RuleNoList, p.at, "has something that is neither list nor resource: ")
		}
	}
	return nil
}

// bracketed reads something in angle brackets.
func (p *ifParser) bracketed() string {
	n := strings.IndexByte(p.s[p.at:], '>')
	if n < 0 {
		return ""
	}
	s := p.s[p.at+1 : p.at+n]
	p.at += n + 1
	return s
}

// isURI reports whether s is a scheme, a colon and more.
func isURI(s string) bool {
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok || rest == "" || !isOpaque(s) || scheme == "" {
		return false
	}
	for i, c := range []byte(scheme) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || (c < '0' || c > '9') && c != '+' && c != '-' && c != '.') {
			return false
		}
	}
	return true
}

func (p *ifParser) list() (conditions []Condition) {
	start := p.at
	p.at++
	for p.err == nil {
		c := p.peek()
		switch {
		case c == 0:
			p.fail(RuleOpenList, start, "has a list that does not end: ")
		case c == ')' && len(conditions) == 0:
			p.fail(RuleEmptyList, start, "has a list without a condition: ")
		case c == ')':
			p.at++
			return conditions
		default:
			conditions = append(conditions, p.condition())
		}
	}
	return nil
}

func (p *ifParser) condition() (c Condition) {
	start := p.at
	if len(p.s)-p.at >= 3 && strings.EqualFold(p.s[p.at:p.at+3], "Not") {
		c.Negated = true
		p.at += 3
	}
	switch p.peek() {
	case '<':
		if c.Value = p.bracketed(); !isURI(c.Value) {
			p.fail(RuleBadCondition, start, "has a condition that is not an absolute URI: ")
		}
		switch {
		case isTag(c.Value, "rt:"):
			c.Kind = ConditionResourceTag
		case isTag(c.Value, "rid:"):
			c.Kind = ConditionReplUID
		default:
			c.Kind = ConditionToken
		}
	case '[':
		c.Kind, c.Value = ConditionETag, p.etag()
	default:
		p.fail(RuleBadCondition, start, "has a condition without < or [: ")
	}
	return c
}

// etag reads an entity tag in square brackets.
func (p *ifParser) etag() string {
	start := p.at
	p.at++
	p.peek()
	from := p.at
	if strings.HasPrefix(p.s[p.at:], "W/") {
		p.at += 2
	}
	quoted := p.at < len(p.s) && p.s[p.at] == '"'
	for p.at++; quoted && p.at < len(p.s) && p.s[p.at] != '"'; p.at++ {
		if p.s[p.at] == '\\' {
			p.at++
		}
	}
	to := p.at + 1
	if p.at = to; !quoted || p.at > len(p.s) {
		p.at = start
		p.fail(RuleBadEntityTag, start, "has an entity tag without its two quotes: ")
		return ""
	}
	if p.peek() != ']' {
		p.at = start
		p.fail(RuleBadEntityTag, start, "has an entity tag that does not end: ")
		return ""
	}
	p.at++
	return p.s[from:to]
}

// AppendIf appends the value of an If header to dst. The error, if any, is an *Error for
// a format rule that lists violate, and dst is returned as it was.
func AppendIf(dst []byte, lists []List) ([]byte, error) {
	out := dst[:len(dst):len(dst)]
	for i, l := range lists {
		if i > 0 {
			out = append(out, ' ')
		}
		if l.Resource != "" && (i == 0 || l.Resource != lists[i-1].Resource) {
			out = append(append(append(out, '<'), l.Resource...), "> "...)
		}
		out = append(out, '(')
		for k, c := range l.Conditions {
			if k > 0 {
				out = append(out, ' ')
			}
			if c.Negated {
				out = append(out, "Not "...)
			}
			brackets := "<>"
			if c.Kind == ConditionETag {
				brackets = "[]"
			}
			out = append(append(append(out, brackets[0]), c.Value...), brackets[1])
		}
		out = append(out, ')')
	}
	// What is read back must be what was to be written.
	back, err := DecodeIf(string(out[len(dst):]))
	if err != nil {
		return dst, err
	}
	if !equalLists(back, lists) {
		return dst, newError(RuleBadCondition, "If", 0, "", "has a condition of another kind than its value")
	}
	return append(dst, out[len(dst):]...), nil
}

func equalLists(a, b []List) bool {
	return slices.EqualFunc(a, b, func(a, b List) bool {
		return a.Resource == b.Resource && slices.Equal(a.Conditions, b.Conditions)
	})
}
