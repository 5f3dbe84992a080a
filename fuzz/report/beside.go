package report

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/hostedcache/pchc/internal/printable"
	"github.com/hostedcache/pchc/spec"
)

// pair is one thing that was expected of a target, and what it did. Its strings are
// safe to print.
type pair struct {
	Name, Expected, Actual string
	Differs                bool
}

// beside returns what was expected of a target beside what it did: of a decoder the
// members of its answer, as far as they matter, of a server the reaction.
func beside(s *findingView) []pair {
	var given map[string]any
	d := json.NewDecoder(strings.NewReader(s.Answer))
	d.UseNumber()
	if d.Decode(&given) != nil {
		return []pair{{"reaction", expected(s), did(s), true}}
	}
	want := s.Finding.Message().Dissect()
	all := []pair{
		{Name: "message", Expected: want.Message, Actual: plain(given["message"])},
		{Name: "valid", Expected: strconv.FormatBool(want.Valid()), Actual: plain(given["valid"])},
	}
	if p := (pair{Name: "first violation", Expected: firstOf(want), Actual: firstIn(given["violations"])}); p.Expected != "none" || p.Actual != "none" && p.Actual != "-" {
		all = append(all, p)
	}
	if n := nodeAt(&want.Root, s.Field); n != nil && want.Valid() {
		all = append(all, pair{Name: "fields." + printable.String(s.Field), Expected: valueOf(n), Actual: plain(valueAt(given["fields"], s.Field))})
	}
	differs := false
	for i := range all {
		p := &all[i]
		p.Differs = p.Actual != p.Expected && p.Actual != "-"
		differs = differs || p.Differs
	}
	if !differs { // in what these members do not show
		all = append(all, pair{"reaction", expected(s), did(s), true})
	}
	return all
}

// did says what a target did.
func did(s *findingView) string {
	if s.Detail == "" {
		return does(s.Finding)
	}
	return printable.String(s.Detail)
}

// expected is what the requirement of a server, or else of the message, asks for.
func expected(s *findingView) string {
	if s.Expects != "" {
		return s.Expects
	}
	if use := expectedUse(s.Finding); use != "" {
		return use
	}
	for i := len(s.Requirements) - 1; i >= 0; i-- {
		if q := &s.Requirements[i]; q.Text != "" && (q.Class == spec.Behaviour || i == 0) {
			return q.Text
		}
	}
	d := s.Finding.Message().Dissect()
	if d.Valid() {
		return "an answer to a valid " + d.Message
	}
	return "a " + d.Message + " that is rejected: " + firstOf(d)
}

// firstOf names the first violation of a message.
func firstOf(d *spec.Dissection) string {
	v, ok := d.First()
	if !ok && len(d.Violations) > 0 {
		v, ok = d.Violations[0], true
	}
	if !ok {
		return "none"
	}
	return printable.String(fmt.Sprintf("%s, %s at %#x", v.Rule, v.Field, v.Offset))
}

// firstIn names the first of the violations in an answer, "-" where it has no list.
func firstIn(value any) string {
	list, ok := value.([]any)
	if !ok {
		return "-"
	}
	if len(list) == 0 {
		return "none"
	}
	v, _ := list[0].(map[string]any)
	s := plain(v["rule"])
	if v["field"] != nil {
		s += ", " + plain(v["field"])
	}
	if v["offset"] != nil {
		s += " at " + hexadecimal(v["offset"])
	}
	return s
}

// hexadecimal writes an offset as a dump of bytes has it.
func hexadecimal(value any) string {
	if n, err := strconv.ParseUint(plain(value), 10, 64); err == nil {
		return fmt.Sprintf("%#x", n)
	}
	return plain(value)
}

// plain writes a value of JSON, "-" where there is none.
func plain(value any) string {
	switch v := value.(type) {
	case nil:
		return "-"
	case string:
		return printable.String(v)
	case json.Number:
		return printable.String(v.String())
	}
	b, _ := json.Marshal(value) // comes from JSON
	return printable.String(string(b))
}

// steps splits a path such as "SegmentDescriptor[3].BlockSize" into names and indices.
func steps(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
}

// valueAt returns what is at a path in a value of JSON, nil if there is nothing.
func valueAt(value any, path string) any {
	for _, step := range steps(path) {
		switch v := value.(type) {
		case map[string]any:
			value = v[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

// nodeAt returns the field at a path, nil if there is none.
func nodeAt(n *spec.Node, path string) *spec.Node {
	if path == "" {
		return nil
	}
	for _, step := range steps(path) {
		if n == nil {
			return nil
		}
		if i, err := strconv.Atoi(step); err == nil {
			if i < 0 || i >= len(n.Children) {
				return nil
			}
			n = &n.Children[i]
			continue
		}
		n = n.Child(step)
	}
	return n
}

// valueOf writes a field as JSON has it.
func valueOf(n *spec.Node) string {
	switch {
	case n.Secret:
		return "redacted"
	case n.Form == spec.Integer:
		return strconv.FormatUint(n.Value, 10)
	case n.Form == spec.List:
		return strconv.Itoa(len(n.Children)) + " elements"
	case n.Form == spec.Structure:
		return "a structure"
	}
	return fmt.Sprintf("%x", n.Raw())
}
