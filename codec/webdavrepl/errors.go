package webdavrepl

import (
	"strconv"
	"strings"
)

// Rule names one rule, such as "WDREPL-CollblobTwice". Rules are comparable constants
// and errors, so errors.Is(err, RuleCollblobTwice) tells whether err reports that
// rule.
type Rule string

// Error returns the rule's name.
func (r Rule) Error() string { return string(r) }

// Name returns what the rule is about, such as "CollblobTwice".
func (r Rule) Name() string { return string(r[len("WDREPL-"):]) }

// Section returns where the rule stands, such as "RFC 2518 9.4".
func (r Rule) Section() string {
	if s := sections[r]; s != "" {
		return s
	}
	return "WebDAV replication"
}

// The format rules. What violates one of them is refused, and encoders never write it.
const (
	RuleXML                     Rule = "WDREPL-XmlNotWellFormed" // XML 1.0 with namespaces in UTF-8, without a document type, bounded
	RuleContent                 Rule = "WDREPL-BadContent"       // no text where elements belong, no elements where text does
	RuleNotSearchrequest        Rule = "WDREPL-NotSearchrequest"
	RuleNotMultistatus          Rule = "WDREPL-NotMultistatus"
	RuleReplCount               Rule = "WDREPL-ReplCount"       // exactly one repl
	RuleCollblobTwice           Rule = "WDREPL-CollblobTwice"   // one collblob at most
	RuleCollblobMissing         Rule = "WDREPL-CollblobMissing" // a request has one, perhaps an empty one
	RuleSqlTwice                Rule = "WDREPL-SqlTwice"
	RuleResourcetaglistTwice    Rule = "WDREPL-ResourcetaglistTwice"
	RuleResourcetaglistInAnswer Rule = "WDREPL-ResourcetaglistInAnswer"
	RuleEmptyResourcetaglist    Rule = "WDREPL-EmptyResourcetaglist" // at least one resourcetag
	RuleBadResourcetag          Rule = "WDREPL-BadResourcetag"       // rt: and more, without angle brackets
	RuleBadReplUid              Rule = "WDREPL-BadReplUid"           // rid: and more, without angle brackets
	RuleResourcetagTwice        Rule = "WDREPL-ResourcetagTwice"
	RuleReplUidTwice            Rule = "WDREPL-ReplUidTwice"
	RuleNoHref                  Rule = "WDREPL-NoHref" // a response has an href, but perhaps one of what was deleted
	RuleHrefTwice               Rule = "WDREPL-HrefTwice"
	RuleNoPropstat              Rule = "WDREPL-NoPropstat"    // at least one propstat
	RuleBadPropstat             Rule = "WDREPL-BadPropstat"   // one prop and one status
	RuleBadStatus               Rule = "WDREPL-BadStatus"     // HTTP/1.1 200 OK
	RuleBadChangetype           Rule = "WDREPL-BadChangetype" // change or delete
	RuleChangetypeTwice         Rule = "WDREPL-ChangetypeTwice"
	RuleDeleteWithoutReplUid    Rule = "WDREPL-DeleteWithoutReplUid"

	RuleBadResourceTagHeader Rule = "WDREPL-BadResourceTagHeader" // <rt:...>
	RuleBadReplUidHeader     Rule = "WDREPL-BadReplUidHeader"     // <rid:...>

	RuleNoList       Rule = "WDREPL-NoList"       // If has a list, and each resource in it
	RuleBadResource  Rule = "WDREPL-BadResource"  // an absolute URI in angle brackets
	RuleMixedLists   Rule = "WDREPL-MixedLists"   // all lists have a resource, or none
	RuleEmptyList    Rule = "WDREPL-EmptyList"    // at least one condition
	RuleBadCondition Rule = "WDREPL-BadCondition" // a state token in angle brackets or an entity tag in square ones, perhaps after Not
	RuleBadEntityTag Rule = "WDREPL-BadEntityTag" // a quoted string, perhaps after W/
	RuleOpenList     Rule = "WDREPL-OpenList"     // a list ends with a parenthesis

	RuleBadStartLine     Rule = "WDREPL-BadStartLine"
	RuleBadHeader        Rule = "WDREPL-BadHeader" // name, colon and value; lines end with CR LF
	RuleBadContentLength Rule = "WDREPL-BadContentLength"
)

var sections = map[Rule]string{
	RuleXML:            "XML 1.0",
	RuleNotMultistatus: "RFC 2518 12.9", RuleNoHref: "RFC 2518 12.9.1", RuleHrefTwice: "RFC 2518 12.9.1", RuleNoPropstat: "RFC 2518 12.9.1",
	RuleBadPropstat: "RFC 2518 12.9.1.1", RuleBadStatus: "RFC 2518 12.5",
	RuleBadResourcetag: "MS-XWDREPL 2.2.2.6",
	RuleNoList:         "RFC 2518 9.4", RuleBadResource: "RFC 2518 9.4", RuleMixedLists: "RFC 2518 9.4", RuleEmptyList: "RFC 2518 9.4",
	RuleBadCondition: "RFC 2518 9.4", RuleBadEntityTag: "RFC 2518 9.4", RuleOpenList: "RFC 2518 9.4",
	RuleBadStartLine: "RFC 2616 4.1", RuleBadHeader: "RFC 2616 4.2", RuleBadContentLength: "RFC 2616 14.13",
}

// Error is the first violation of a rule in a text, or in a value to be encoded.
type Error struct {
	Rule      Rule
	Structure string // "searchrequest", "multistatus", "If", ...
	Offset    int    // in bytes: of the element, condition or line at fault
	Value     string // what was found, 64 bytes of it at most
	Detail    string // one clause, such as "has a second collblob"
}

// Error returns one line such as
//
//	webdavrepl: multistatus: resourcetag must be rt: and a value, not "<rt:a>" (offset 310, MS-XWDREPL 2.2.2.6)
func (e *Error) Error() string {
	s := "webdavrepl: " + e.Structure + ": " + e.Detail
	if e.Value != "" {
		s += strconv.Quote(e.Value)
	}
	return s + " (offset " + strconv.Itoa(e.Offset) + ", " + e.Rule.Section() + ")"
}

// Unwrap returns the rule, so that errors.Is finds it.
func (e *Error) Unwrap() error { return e.Rule }

// newError returns an error. A detail that ends with a blank is followed by value,
// unless that is empty.
func newError(rule Rule, structure string, offset int, value, detail string) *Error {
	if value == "" {
		detail = strings.TrimRight(detail, ": ")
	}
	return &Error{rule, structure, offset, value[:min(len(value), 64)], detail}
}
