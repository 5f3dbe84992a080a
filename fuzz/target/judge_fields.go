package target

import (
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

// judgeStructure judges the fields of n, in order, in a message of so many
// bytes. The path of what is wrong begins below n.
func judgeStructure(n *spec.Node, given []byte, length int) *fuzz.Difference {
	object, ok := objectOf(given)
	if !ok {
		return wrongField(n, "is not an object")
	}
	for i := range n.Children {
		c := &n.Children[i]
		var d *fuzz.Difference
		if value, ok := object.get(c.Name); ok {
			d = judgeNode(c, value, length)
		} else {
			d = wrongField(c, "missing")
		}
		if d != nil {
			d.Field = below(c.Name, d.Field)
			return d
		}
	}
	// The one field that may be absent is that of Content Information 1.0.
	if child(n, "blocks") != nil && child(n, "Padding") == nil {
		value, _ := object.get("Padding")
		if padding, _ := stringOf(value); len(padding) > 0 {
			d := wrongField(&spec.Node{Name: "Padding", Section: n.Section, Offset: length}, "is given, but the message has none")
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
	return &fuzz.Difference{Fault: fuzz.WrongField, Rule: fuzz.FieldID(n), Offset: n.Offset, Detail: detail}
}

// judgeNode judges the value of one field. The path of what is wrong begins
// below n, and is empty if it is n.
func judgeNode(n *spec.Node, given []byte, length int) *fuzz.Difference {
	switch n.Form {
	case spec.Structure:
		return judgeStructure(n, given, length)
	case spec.List:
		return judgeList(n, given, length)
	case spec.Integer:
		// All digits count, which a floating-point number would not hold.
		if v, err := strconv.ParseUint(string(given), 10, 64); err != nil || v != n.Value {
			return wrongField(n, fmt.Sprintf("is %d, decoded as %s", n.Value, Excerpt(string(given))))
		}
		return nil
	}
	text, ok := stringOf(given)
	if !ok {
		return wrongField(n, "is not a string of hex digits")
	}
	if n.Secret && string(text) == "redacted" || sameHex(n.Raw(), text) {
		return nil
	}
	return wrongField(n, wrongHex(n, text))
}

func judgeList(n *spec.Node, given []byte, length int) *fuzz.Difference {
	array, ok := arrayOf(given)
	if !ok {
		return wrongField(n, "is not an array")
	}
	for i := range n.Children {
		c := &n.Children[i]
		var d *fuzz.Difference
		if value, ok := array.next(); ok {
			d = judgeNode(c, value, length)
		} else {
			d = wrongField(c, fmt.Sprintf("missing: %d of %d decoded", i, len(n.Children)))
		}
		if d != nil {
			d.Field = below("["+strconv.Itoa(i)+"]", d.Field)
			return d
		}
	}
	if _, more := array.next(); more {
		d := wrongField(n, fmt.Sprintf("has %d elements, more are decoded", len(n.Children)))
		d.Offset += len(n.Raw())
		d.Field = "[" + strconv.Itoa(len(n.Children)) + "]"
		return d
	}
	return nil
}

// sameHex reports whether text is raw in hex digits of any case.
func sameHex(raw, text []byte) bool {
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
func wrongHex(n *spec.Node, text []byte) string {
	given, err := hex.DecodeString(string(text))
	switch {
	case err != nil:
		return "is not in hex digits"
	case len(given) != len(n.Raw()):
		return fmt.Sprintf("has %d bytes, %d are decoded", len(n.Raw()), len(given))
	case n.Secret:
		return "is wrong"
	}
	at := 0
	for given[at] == n.Raw()[at] {
		at++
	}
	return fmt.Sprintf("byte %[2]d is %#02[1]x, decoded as %#02[3]x", n.Raw()[at], at, given[at])
}
