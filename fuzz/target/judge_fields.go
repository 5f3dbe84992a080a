package target

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

// judgeFields judges the fields of a valid message of so many bytes.
func judgeFields(d *spec.Dissection, length int, text json.RawMessage) *fuzz.Difference {
	var fields any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber() // a float64 would not hold all of 64 bits
	if len(text) > 0 {
		if err := decoder.Decode(&fields); err != nil {
			return garbage(text, err)
		}
	}
	if fields == nil {
		fields = map[string]any{}
	}
	return judgeStructure(&d.Root, fields, length)
}

// judgeStructure judges the fields of n, in order. The path of what is wrong
// begins below n.
func judgeStructure(n *spec.Node, given any, length int) *fuzz.Difference {
	object, ok := given.(map[string]any)
	if !ok {
		return wrongField(n, "is no object")
	}
	for i := range n.Children {
		c := &n.Children[i]
		var d *fuzz.Difference
		if value, ok := object[c.Name]; ok {
			d = judgeNode(c, value, length)
		} else {
			d = wrongField(c, "is missing")
		}
		if d != nil {
			d.Field = below(c.Name, d.Field)
			return d
		}
	}
	// Only Content Information 1.0 has a field that may be absent.
	if list := child(n, "blocks"); list != nil && child(n, "Padding") == nil {
		if padding, _ := object["Padding"].(string); padding != "" {
			d := wrongField(&spec.Node{Name: "Padding", Section: n.Section, Offset: length}, "there is none")
			d.Field = "Padding"
			return d
		}
	}
	return nil
}

// below puts the name of a field, or [3], in front of a path inside it.
func below(name, path string) string {
	if path == "" || path[0] == '[' {
		return name + path
	}
	return name + "." + path
}

func wrongField(n *spec.Node, detail string) *fuzz.Difference {
	return &fuzz.Difference{Fault: fuzz.WrongField, Rule: fuzz.RuleOf(n), Offset: n.Offset, Detail: detail}
}

// judgeNode judges the value of one field. The path of what is wrong begins
// below n, and is empty if it is n.
func judgeNode(n *spec.Node, given any, length int) *fuzz.Difference {
	switch n.Form {
	case spec.Structure:
		return judgeStructure(n, given, length)
	case spec.List:
		return judgeList(n, given, length)
	case spec.Integer:
		number, ok := given.(json.Number)
		if !ok {
			return wrongField(n, "is no number")
		}
		if v, err := strconv.ParseUint(string(number), 10, 64); err != nil || v != n.Value {
			return wrongField(n, fmt.Sprintf("is %d, it reads %s", n.Value, clip(string(number))))
		}
		return nil
	}
	text, ok := given.(string)
	if !ok {
		return wrongField(n, "is no string of hex digits")
	}
	if n.Secret && text == "redacted" || sameHex(n.Raw, text) {
		return nil
	}
	return wrongField(n, wrongHex(n, text))
}

func judgeList(n *spec.Node, given any, length int) *fuzz.Difference {
	elements, ok := given.([]any)
	if !ok {
		return wrongField(n, "is no array")
	}
	for i := range n.Children {
		c := &n.Children[i]
		var d *fuzz.Difference
		if i < len(elements) {
			d = judgeNode(c, elements[i], length)
		} else {
			d = wrongField(c, fmt.Sprintf("is missing, it reads %d of %d", len(elements), len(n.Children)))
		}
		if d != nil {
			d.Field = below("["+strconv.Itoa(i)+"]", d.Field)
			return d
		}
	}
	if len(elements) > len(n.Children) {
		d := wrongField(n, fmt.Sprintf("has %d elements, it reads %d", len(n.Children), len(elements)))
		d.Offset += len(n.Raw)
		d.Field = "[" + strconv.Itoa(len(n.Children)) + "]"
		return d
	}
	return nil
}

// sameHex reports whether text is raw in hex digits of any case.
func sameHex(raw []byte, text string) bool {
	if len(text) != 2*len(raw) {
		return false
	}
	for i, b := range raw {
		if unhex[text[2*i]]<<4|unhex[text[2*i+1]] != int(b) {
			return false
		}
	}
	return true
}

// unhex has the values of hex digits; that of anything else is not one of a
// byte's half.
var unhex = func() (values [256]int) {
	for i := range values {
		values[i] = 1 << 8
	}
	for v, c := range []byte("0123456789abcdef") {
		values[c] = v
	}
	for v, c := range []byte("ABCDEF") {
		values[c] = 10 + v
	}
	return values
}()

// wrongHex says what is wrong with the digits of a byte string, and shows none
// of a key.
func wrongHex(n *spec.Node, text string) string {
	given, err := hex.DecodeString(text)
	switch {
	case err != nil:
		return "is not in hex digits"
	case len(given) != len(n.Raw):
		return fmt.Sprintf("has %d bytes, it reads %d", len(n.Raw), len(given))
	case n.Secret:
		return "is another one"
	}
	at := 0
	for given[at] == n.Raw[at] {
		at++
	}
	return fmt.Sprintf("has %#02x as byte %d, it reads %#02x", n.Raw[at], at, given[at])
}
