package target

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

// violation is a violation as a decoder reports it.
type violation struct {
	Rule   string
	Class  *string
	Offset *int64
	Field  *string
}

// Judge returns what is wrong with a decoder's answer to a message, nil if that
// is nothing. The answer is one JSON object, as pchc decode --json prints it.
// Much of it may be missing:
//
//   - valid must be there. Members that are not known are not looked at.
//   - Of a valid message fields must hold all that there is. SegmentSecret may
//     be "redacted". Hex digits may be of either case.
//   - Of a malformed message fields is not looked at.
//   - message, violations and derived are judged where they are given, and of
//     the violations those only whose rule is one of [spec.Requirements].
func Judge(c Case, answer []byte) *fuzz.Difference {
	answer = bytes.TrimSpace(answer)
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
		return badReply(&c, "the reply has no member valid that is true or false")
	}
	first, violated := c.Expected.First()
	if violated && valid {
		return atViolation(fuzz.Accepted, &first, first.Detail)
	}
	violations, err := violationsOf(given.violations)
	if err != nil {
		return badReply(&c, "cannot parse violations of the reply: "+inJSON(err))
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

// verdict is what a decoder says of a message, in JSON; nil where it says
// nothing.
type verdict struct{ valid, message, fields, derived, violations []byte }

// member returns where the member of that name is kept, nil if nowhere.
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

// noObject returns what is wrong with an answer that is no JSON object.
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

// inJSON says what is wrong with JSON without words of Go.
func inJSON(err error) string {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fmt.Sprintf("%s is a %s", wrong.Field, wrong.Value)
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

// digits are hex digits that may be those of a key, more than a number has.
var digits = regexp.MustCompile(`[0-9A-Fa-f]{21,}`)

// Excerpt returns so much of what a program wrote as may stand in a detail: the
// end is cut off, and so is what may be a key.
func Excerpt(s string) string {
	const most = 200
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(digits.ReplaceAllString(s, "..."), "?"))
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}

// judgeName judges what a valid message is taken for.
func judgeName(c *Case, value []byte) *fuzz.Difference {
	if value == nil {
		return nil
	}
	name, ok := stringOf(value)
	if !ok {
		return badReply(c, "message of the reply is not a string")
	}
	d := c.Expected
	if string(name) == d.Message {
		return nil
	}
	// The field that says what the message is.
	n, path := &d.Root.Children[0], ""
	if n.Name == "MessageHeader" {
		path = n.Name + "."
		n = child(n, "Type")
	} else if version := child(&d.Root, "bMajorVersion"); version != nil {
		n = version
	}
	return &fuzz.Difference{
		Fault: fuzz.WrongName, Rule: fuzz.FieldID(n), Offset: n.Offset, Field: path + n.Name,
		Detail: "is decoded as " + Excerpt(string(name)) + ", must be " + d.Message,
	}
}

func child(n *spec.Node, name string) *spec.Node {
	for i := range n.Children {
		if n.Children[i].Name == name {
			return &n.Children[i]
		}
	}
	return nil
}

func violationsOf(value []byte) ([]violation, error) {
	if value == nil || string(value) == "[]" {
		return nil, nil
	}
	var all []violation
	err := json.Unmarshal(value, &all)
	return all, err
}

// known returns the class of a violation, 0 if its rule is not in the
// catalogue. The class is what it says, or else that of the rule.
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

// is reports whether a violation is that violate, as far as it has details.
func (v *violation) is(b *spec.Violation) bool {
	return v.Rule == b.Rule && (v.Offset == nil || *v.Offset == int64(b.Offset)) && (v.Field == nil || *v.Field == b.Field)
}

// String returns the violation without what the decoder says of the value.
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

// judgeFirst judges why a malformed message is rejected.
func judgeFirst(all []violation, expected *spec.Dissection) *fuzz.Difference {
	first, _ := expected.First()
	given := of(spec.Format, all)
	if len(given) == 0 || given[0].is(&first) {
		return nil
	}
	d := atViolation(fuzz.WrongRule, &first, "is violated first, reported is "+given[0].String())
	if !slices.ContainsFunc(expected.Violations, func(b spec.Violation) bool { return b.Class == spec.Format && given[0].is(&b) }) {
		d.ReportedRule = given[0].Rule
	}
	return d
}

// rejected returns what is wrong with not accepting a valid message.
func rejected(all []violation) *fuzz.Difference {
	d := &fuzz.Difference{Fault: fuzz.Rejected, Detail: "is valid"}
	if given := of(spec.Format, all); len(given) > 0 {
		v := &given[0]
		d.Rule, d.ReportedRule = v.Rule, v.Rule
		d.Detail += ", reported is " + v.String()
		if v.Offset != nil && v.Field != nil {
			d.Offset, d.Field = int(*v.Offset), *v.Field
		}
	}
	return d
}

// judgeSender judges the rules that a valid message is said to break.
func judgeSender(all []violation, d *spec.Dissection) *fuzz.Difference {
	if len(all) == 0 {
		return nil
	}
	if format := of(spec.Format, all); len(format) > 0 {
		return &fuzz.Difference{Fault: fuzz.BadReply, Rule: format[0].Rule,
			Detail: "valid is true, but a format violation is reported: " + format[0].String()}
	}
	for i, v := range of(spec.Sender, all) {
		at := slices.IndexFunc(d.Violations, func(b spec.Violation) bool { return v.is(&b) })
		switch {
		case at < 0:
			difference := &fuzz.Difference{Fault: fuzz.Sender, Rule: v.Rule, Detail: "reported is " + v.String() + ", which is not violated"}
			if same := slices.IndexFunc(d.Violations, func(b spec.Violation) bool { return v.Rule == b.Rule }); same >= 0 {
				b := &d.Violations[same]
				difference = atViolation(fuzz.Sender, b, "reported is "+v.String())
			}
			return difference
		case i == 0 && at > 0:
			return atViolation(fuzz.Sender, &d.Violations[0], "is violated first, reported is "+v.String())
		}
	}
	return nil
}
