package target

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

// violation is a violation as a decoder reports it.
type violation struct {
	Rule   string
	Class  *string
	Offset *number
	Field  *string
}

// Judge returns the first difference between a decoder's answer to a message and
// the specification, or nil. The answer is one JSON object, as pchc decode --json
// prints it, with these members:
//
//   - valid is required. Unknown members are ignored.
//   - fields is required for a valid message, and must be complete. SegmentSecret
//     may be "redacted". Hex digits may be upper or lower case.
//   - fields of a malformed message is ignored.
//   - the fields of a message of MS-PCCRD are texts as its elements have them, without
//     white space around them, lists of words, and numbers. Elements that are none of the
//     protocol's may be missing.
//   - message, violations and derived are optional. Violations of rules that are
//     not among [spec.Requirements] are ignored.
func Judge(c Case, answer []byte) *fuzz.Difference {
	answer = bytes.TrimSpace(answer)
	d := judge(c, answer)
	if d != nil {
		d.Answer = Answer(answer)
	}
	return d
}

// Answer returns an answer for [fuzz.Difference.Answer].
func Answer(answer []byte) string {
	const most = 4000
	return excerpt(string(answer), most)
}

func judge(c Case, answer []byte) *fuzz.Difference {
	all, ok := objectOf(answer)
	if !ok || !json.Valid(answer) {
		return noObject(&c, answer)
	}
	var given verdict
	for name, value, ok := all.next(); ok; name, value, ok = all.next() {
		if member := given.member(name); member != nil && string(value) != "null" {
			*member = value
		}
	}
	valid := string(given.valid) == "true"
	if !valid && string(given.valid) != "false" {
		return badReply(&c, "the reply has no \"valid\" that is true or false")
	}
	first, violated := c.Expected.First()
	if violated && c.Expected.BeyondLimits() {
		return nil // another decoder may have other limits
	}
	if violated && valid {
		return atViolation(fuzz.Accepted, &first, first.Detail)
	}
	violations, err := violationsOf(given.violations)
	if err != nil {
		return badReply(&c, "cannot parse \"violations\" in the reply: "+inJSON(err))
	}
	switch {
	case violated:
		return judgeFirst(violations, c.Expected)
	case !valid:
		return rejected(violations)
	}
	if d := judgeName(&c, given.message); d != nil {
		return d
	}
	if given.fields == nil {
		given.fields = []byte("{}")
	}
	if d := judgeStructure(&c.Expected.Root, given.fields, len(c.Bytes)); d != nil {
		return d
	}
	if d := judgeSender(violations, c.Expected); d != nil {
		return d
	}
	return judgeDerived(c, given.derived)
}

// verdict is a decoder's answer: the JSON of each member, nil if it is missing.
type verdict struct{ valid, message, fields, derived, violations []byte }

// member returns the field for the member with that name, nil if there is none.
func (v *verdict) member(name []byte) *[]byte {
	s, _ := stringOf(name)
	switch string(s) {
	case "valid":
		return &v.valid
	case "message":
		return &v.message
	case "fields":
		return &v.fields
	case "derived":
		return &v.derived
	case "violations":
		return &v.violations
	}
	return nil
}

func atViolation(fault fuzz.Fault, b *spec.Violation, detail string) *fuzz.Difference {
	return &fuzz.Difference{Fault: fault, Rule: b.Rule, Offset: b.Offset, Field: b.Field, Detail: detail}
}

func badReply(c *Case, detail string) *fuzz.Difference { return c.Difference(fuzz.BadReply, detail) }

// noObject returns the difference for an answer that is not a JSON object.
func noObject(c *Case, answer []byte) *fuzz.Difference {
	if len(answer) == 0 {
		return badReply(c, "the reply is an empty line")
	}
	detail := Excerpt(string(answer))
	if answer[0] == '{' {
		var any json.RawMessage
		detail = inJSON(json.Unmarshal(answer, &any))
	}
	return badReply(c, "the reply is not a JSON object: "+detail)
}

// inJSON describes a JSON error without Go terms.
func inJSON(err error) string {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fmt.Sprintf("%s is a %s", wrong.Field, wrong.Value)
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

// digits are hex digits that may belong to a key: more than a number has.
var digits = regexp.MustCompile(`[0-9A-Fa-f]{21,}`)

// Excerpt shortens a program's output for a detail, and removes possible keys.
func Excerpt(s string) string { return excerpt(s, 200) }

// Lines joins lines of a program's output to one text, each as Excerpt makes it.
func Lines(lines []string) string {
	var b strings.Builder
	for _, line := range lines {
		b.WriteString(Excerpt(line) + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func excerpt(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(digits.ReplaceAllString(s, "..."), "?"))
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}

// judgeName judges the name given to a valid message.
func judgeName(c *Case, value []byte) *fuzz.Difference {
	if value == nil {
		return nil
	}
	name, ok := stringOf(value)
	if !ok {
		return badReply(c, "\"message\" in the reply is not a string")
	}
	d := c.Expected
	if string(name) == d.Message {
		return nil
	}
	// The field that identifies the message.
	n, path := &d.Root.Children[0], ""
	if n.Name == "MessageHeader" {
		path = n.Name + "."
		n = n.Child("Type")
	} else if header := d.Root.Child("MESSAGE_HEADER"); header != nil {
		path = header.Name + "."
		n = header.Child("MsgType")
	} else if version := d.Root.Child("bMajorVersion"); version != nil {
		n = version
	} else if body := d.Root.Child("Body"); body != nil {
		path = body.Name + "."
		n = &body.Children[0]
	}
	return &fuzz.Difference{
		Fault: fuzz.WrongName, Rule: fuzz.FieldID(n), Offset: n.Offset, Field: path + n.Name,
		Detail: "is decoded as " + Excerpt(string(name)) + ", must be " + d.Message,
	}
}

func violationsOf(value []byte) ([]violation, error) {
	if value == nil || string(value) == "[]" {
		return nil, nil
	}
	var all []violation
	err := json.Unmarshal(value, &all)
	if err == nil && slices.ContainsFunc(all, func(v violation) bool { return v.Rule == "" }) {
		err = errors.New("a violation has no rule")
	}
	return all, err
}

// known returns the class of a violation: its own if it has one, otherwise that of
// its rule; 0 if the rule is not in the catalogue.
func (v *violation) known() spec.Class {
	r, ok := spec.RequirementByID(v.Rule)
	if !ok || v.Class == nil {
		return r.Class
	}
	for _, c := range []spec.Class{spec.Format, spec.Sender, spec.Behaviour} {
		if *v.Class == c.String() {
			return c
		}
	}
	return 0
}

// of returns the violations of a class.
func of(class spec.Class, all []violation) []violation {
	return slices.DeleteFunc(slices.Clone(all), func(v violation) bool { return v.known() != class })
}

// anywhere is the rule whose violations may be reported at any place: parsers of XML
// differ in where they notice that a text is not well formed.
const anywhere = "PCCRD-2.1-XML"

// is reports whether v matches b in all details that v has.
func (v *violation) is(b *spec.Violation) bool {
	return v.Rule == b.Rule && v.Rule == anywhere || v.Rule == b.Rule && (v.Offset == nil || uint64(*v.Offset) == uint64(b.Offset)) && (v.Field == nil || *v.Field == b.Field)
}

// String returns the violation without the decoder's detail.
func (v *violation) String() string {
	s := v.Rule
	if v.Field != nil {
		s += " of " + Excerpt(*v.Field)
	}
	if v.Offset != nil {
		s += fmt.Sprintf(" at %d", *v.Offset)
	}
	return s
}

// judgeFirst judges the reason for rejecting a malformed message.
func judgeFirst(all []violation, expected *spec.Dissection) *fuzz.Difference {
	first, _ := expected.First()
	given := of(spec.Format, all)
	if len(given) == 0 || given[0].is(&first) {
		return nil
	}
	d := atViolation(fuzz.WrongRule, &first, "is the first violation, but the decoder reports "+given[0].String())
	if !slices.ContainsFunc(expected.Violations, func(b spec.Violation) bool { return b.Class == spec.Format && given[0].is(&b) }) {
		d.ReportedRule = given[0].Rule
	}
	return d
}

// rejected returns the difference for a rejected valid message.
func rejected(all []violation) *fuzz.Difference {
	d := &fuzz.Difference{Fault: fuzz.Rejected, Detail: "the message is valid"}
	if given := of(spec.Format, all); len(given) > 0 {
		v := &given[0]
		d.Rule, d.ReportedRule = v.Rule, v.Rule
		d.Detail = "the decoder reports " + v.String() + ", but the message is valid"
		if v.Offset != nil && v.Field != nil {
			d.Offset, d.Field = int(*v.Offset), *v.Field
		}
	}
	return d
}

// judgeSender judges the violations reported for a valid message.
func judgeSender(all []violation, d *spec.Dissection) *fuzz.Difference {
	if len(all) == 0 {
		return nil
	}
	if format := of(spec.Format, all); len(format) > 0 {
		return &fuzz.Difference{Fault: fuzz.BadReply, Rule: format[0].Rule,
			Detail: "valid is true, but the decoder reports a format violation: " + format[0].String()}
	}
	for i, v := range of(spec.Sender, all) {
		at := slices.IndexFunc(d.Violations, func(b spec.Violation) bool { return v.is(&b) })
		switch {
		case at < 0:
			difference := &fuzz.Difference{Fault: fuzz.Sender, Rule: v.Rule, Detail: "the decoder reports " + v.String() + ", which is not violated"}
			if same := slices.IndexFunc(d.Violations, func(b spec.Violation) bool { return v.Rule == b.Rule }); same >= 0 {
				b := &d.Violations[same]
				difference = atViolation(fuzz.Sender, b, "the decoder reports "+v.String())
			}
			return difference
		case i == 0 && at > 0:
			return atViolation(fuzz.Sender, &d.Violations[0], "is the first violation, but the decoder reports "+v.String())
		}
	}
	return nil
}
