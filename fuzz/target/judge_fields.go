package target

import (
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

// judgeStructure judges the fields of n, in order, in a message of length bytes.
// The path of a difference is relative to n.
func judgeStructure(n *spec.Node, given []byte, length int) *fuzz.Difference {
	object, ok := objectOf(given)
	if !ok {
		return wrongField(n, "is not an object")
	}
	for i := range n.Children {
		c := &n.Children[i]
		if isFree(c) {
			continue
		}
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
	// Only Padding of Content Information 1.0 may be absent.
	if n.Child("blocks") != nil && n.Child("Padding") == nil {
		value, _ := object.get("Padding")
		if padding, _ := stringOf(value); len(padding) > 0 {
			d := wrongField(&spec.Node{Name: "Padding", Section: n.Section, Offset: length}, "decoded, but not in the message")
			d.Field = "Padding"
			return d
		}
	}
	return nil
}

// below prefixes the path of a part with the name of its field, or with [3].
func below(name, path string) string {
	if path == "" || path[0] == '[' {
		return name + path
	}
	return name + "." + path
}

func wrongField(n *spec.Node, detail string) *fuzz.Difference {
	return &fuzz.Difference{Fault: fuzz.WrongField, Rule: fuzz.FieldID(n), Offset: n.Offset, Detail: detail}
}

// judgeNode judges the value of one field. The path of a difference is relative to
// n, and empty for n itself.
func judgeNode(n *spec.Node, given []byte, length int) *fuzz.Difference {
	switch n.Form {
	case spec.Structure:
		return judgeStructure(n, given, length)
	case spec.List:
		return judgeList(n, given, length)
	case spec.Integer:
		if n.Secret && string(given) == `"redacted"` {
			return nil
		}
		if v, ok := numberOf(given); !ok || v != n.Value {
			return wrongField(n, fmt.Sprintf("is %d, decoded as %s", n.Value, Excerpt(string(given))))
		}
		return nil
	}
	text, ok := stringOf(given)
	if n.Form == spec.Text {
		if !ok || string(text) != n.Meaning {
			return wrongField(n, "is "+Excerpt(strconv.Quote(n.Meaning))+", decoded as "+Excerpt(string(given)))
		}
		return nil
	}
	if !ok {
		return wrongField(n, "is not a hex string")
	}
	if n.Secret && string(text) == "redacted" || sameHex(n.Raw(), text) {
		return nil
	}
	return wrongField(n, wrongHex(n, text))
}

// isFree reports whether decoders of XML may say anything of a field: of the elements that
// are none of MS-PCCRD's, and of numbers that are none.
func isFree(n *spec.Node) bool {
	switch n.Name {
	case "Other":
		return n.Form == spec.List
	case "MetadataVersion", "InstanceId", "MessageNumber":
		return n.Form == spec.Text
	}
	return false
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
		d := wrongField(n, fmt.Sprintf("has %d elements, more decoded", len(n.Children)))
		d.Offset += len(n.Raw())
		d.Field = "[" + strconv.Itoa(len(n.Children)) + "]"
		return d
	}
	return nil
}

// sameHex reports whether text is raw in hex, in upper or lower case.
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

// unhex has the values of hex digits, and a number above 255 for other bytes.
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

// wrongHex describes what is wrong with a byte string in hex, without showing a
// key.
func wrongHex(n *spec.Node, text []byte) string {
	given, err := hex.DecodeString(string(text))
	switch {
	case err != nil:
		return "is not hex"
	case len(given) != len(n.Raw()):
		return fmt.Sprintf("has %d bytes, %d decoded", len(n.Raw()), len(given))
	case n.Secret:
		return "is wrong"
	}
	at := 0
	for given[at] == n.Raw()[at] {
		at++
	}
	return fmt.Sprintf("byte %[2]d is %#02[1]x, decoded as %#02[3]x", n.Raw()[at], at, given[at])
}
