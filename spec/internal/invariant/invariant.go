// Package invariant says what holds for the dissection of any bytes at all, so
// that the property tests and the fuzz targets of spec ask the same. It is a
// package of its own, with the property tests beside it, because the library
// that they draw from would slow the fuzz targets of any package it is linked
// into.
package invariant

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/hostedcache/pchc/spec"
)

// Check dissects b and returns the first thing that is wrong with the result,
// nil where all is well. The request matters for
// [spec.Response] and [spec.HashResponse] only.
func Check(kind spec.Kind, request uint16, b []byte) error {
	before := bytes.Clone(b)
	var d *spec.Dissection
	switch kind {
	case spec.Response:
		d = spec.DissectResponse(b, request)
	case spec.HashResponse:
		d = spec.DissectHashResponse(b, request)
	default:
		d = spec.Dissect(kind, b)
	}
	if !bytes.Equal(b, before) {
		return fmt.Errorf("the input was changed")
	}
	if d.Root.Index != -1 || d.Root.Form != spec.Structure || d.Root.Name != d.Message {
		return fmt.Errorf("root %q of %q has index %d, form %d", d.Root.Name, d.Message, d.Root.Index, d.Root.Form)
	}
	if kind == spec.Discovery {
		if len(d.Root.Raw()) != len(b) {
			return fmt.Errorf("the tree has %d of %d bytes", len(d.Root.Raw()), len(b))
		}
		if err := nested(b, &d.Root); err != nil {
			return err
		}
		return violations(b, d)
	}
	end, err := tree(b, &d.Root, 0)
	if err != nil {
		return err
	}
	if end != len(b) {
		return fmt.Errorf("the tree ends at %d of %d bytes", end, len(b))
	}
	if err := violations(b, d); err != nil {
		return err
	}
	return inverse(b, d)
}

// tree checks a node that must begin at offset, and everything in it, and
// returns where it ends: nodes follow each other without gap or overlap.
func tree(b []byte, n *spec.Node, offset int) (end int, err error) {
	end = n.Offset + len(n.Raw())
	switch {
	case n.Name == "" || n.Section == "":
		err = fmt.Errorf("it lacks a name or section")
	case n.Offset != offset:
		err = fmt.Errorf("it should begin at %d", offset)
	case end > len(b) || !bytes.Equal(n.Raw(), b[offset:end]) || cap(n.Raw()) != len(n.Raw()):
		err = fmt.Errorf("its %d bytes are not a capped view of the input", len(n.Raw()))
	case n.Size < len(n.Raw()), n.Truncated() && end != len(b):
		err = fmt.Errorf("%d of %d bytes are there, before the end", len(n.Raw()), n.Size)
	case !n.Secret && (n.Name == "SegmentSecret" || n.Form == spec.Rest), n.Secret && (n.Form == spec.Structure || n.Form == spec.List):
		err = fmt.Errorf("it counts as secret: %t", n.Secret)
	case n.Form == spec.Integer && n.Truncated() && (n.Value != 0 || n.Meaning != ""):
		err = fmt.Errorf("it is cut short but has a value")
	case n.Form == spec.Integer && !n.Truncated() && n.Value != number(n.Raw(), false) && n.Value != number(n.Raw(), true):
		err = fmt.Errorf("its bytes %x do not make %d", n.Raw(), n.Value)
	case (n.Form == spec.Rest) != (n.Name == "Rest"), n.Form == spec.Rest && len(n.Raw()) == 0:
		err = fmt.Errorf("form %d", n.Form)
	}
	if err != nil {
		return end, fmt.Errorf("%s at %d: %w", n.Name, n.Offset, err)
	}
	if n.Form != spec.Structure && n.Form != spec.List {
		if n.Children != nil {
			return end, fmt.Errorf("%s at %d: a leaf has children", n.Name, n.Offset)
		}
		return end, nil
	}
	for i := range n.Children {
		c := &n.Children[i]
		if wanted := indexOf(n, i); c.Index != wanted {
			return end, fmt.Errorf("%s at %d: index %d, not %d", c.Name, c.Offset, c.Index, wanted)
		}
		if n.Form == spec.List && c.Name != n.Name {
			return end, fmt.Errorf("%s at %d: in a list of %s", c.Name, c.Offset, n.Name)
		}
		if offset, err = tree(b, c, offset); err != nil {
			return end, err
		}
	}
	if offset != end {
		return end, fmt.Errorf("%s at %d: ends at %d, its children at %d", n.Name, n.Offset, end, offset)
	}
	return end, nil
}

// nested checks a node of a message in XML, and everything in it. There a node is
// an element or attribute of the protocol, which others may come before, behind
// and between: it lies in what it is in, and no more than that is known.
func nested(b []byte, n *spec.Node) error {
	end := n.Offset + len(n.Raw())
	switch {
	case n.Name == "" || n.Section == "":
		return fmt.Errorf("%s at %d: it lacks a name or section", n.Name, n.Offset)
	case end > len(b) || !bytes.Equal(n.Raw(), b[n.Offset:end]) || cap(n.Raw()) != len(n.Raw()) || n.Truncated():
		return fmt.Errorf("%s at %d: its %d bytes are not a capped view of the input", n.Name, n.Offset, len(n.Raw()))
	case n.Form != spec.Structure && n.Form != spec.List && n.Children != nil:
		return fmt.Errorf("%s at %d: a leaf has children", n.Name, n.Offset)
	}
	for i := range n.Children {
		c := &n.Children[i]
		if wanted := indexOf(n, i); c.Index != wanted || n.Form == spec.List && c.Name != n.Name {
			return fmt.Errorf("%s at %d: index %d, not %d, in %s", c.Name, c.Offset, c.Index, wanted, n.Name)
		}
		if c.Offset < n.Offset || c.Offset+len(c.Raw()) > end {
			return fmt.Errorf("%s at %d: its %d bytes are not in %s, at %d to %d", c.Name, c.Offset, len(c.Raw()), n.Name, n.Offset, end)
		}
		if err := nested(b, c); err != nil {
			return err
		}
	}
	return nil
}

func indexOf(parent *spec.Node, i int) int {
	if parent.Form == spec.List {
		return i
	}
	return -1
}

func number(raw []byte, little bool) (v uint64) {
	for i := range raw {
		if little {
			i = len(raw) - 1 - i
		}
		v = v<<8 | uint64(raw[i])
	}
	return v
}

// violations checks the list of violations.
func violations(b []byte, d *spec.Dissection) error {
	at := 0
	var first *spec.Violation
	for i := range d.Violations {
		violation := &d.Violations[i]
		if violation.Offset < at || violation.Offset > len(b) {
			return fmt.Errorf("violation out of order or bounds: %+v", *violation)
		}
		at = violation.Offset
		req, ok := spec.RequirementByID(violation.Rule)
		if !ok || req.Class != violation.Class || req.Section != violation.Section || violation.Detail == "" {
			return fmt.Errorf("violation does not fit its requirement: %+v", *violation)
		}
		// Perhaps not dissected, since other bytes follow it; never dissected.
		within := strings.Contains(violation.Field, "CONTENT_INFORMATION_") || strings.Contains(violation.Field, ".ExtensibleBlob.")
		// A field of XML may be missing: then it is at what it should be in.
		within = within || d.Root.Section == "MS-PCCRD 2.2.1"
		if n := node(&d.Root, violation.Field); n == nil && at != len(b) && !within || n != nil && n.Offset != at {
			return fmt.Errorf("violation is not at its field: %+v", *violation)
		}
		if violation.Class == spec.Format && first == nil {
			first = violation
		}
	}
	got, found := d.First()
	if found != (first != nil) || found && got != *first || d.Valid() == found {
		return fmt.Errorf("the first violation is %+v, %t, valid %t", got, found, d.Valid())
	}
	return nil
}

// node returns the node with that path, nil where there is none.
func node(n *spec.Node, path string) *spec.Node {
	for step := range strings.SplitSeq(path, ".") {
		name, index, indexed := strings.Cut(strings.TrimSuffix(step, "]"), "[")
		if n = n.Child(name); n != nil && indexed {
			i := 0
			fmt.Sscan(index, &i)
			if i >= len(n.Children) {
				return nil
			}
			n = &n.Children[i]
		}
	}
	return n
}

// inverse checks that the fields make the message again. Only the bytes of an
// integer that is cut short are not among them.
func inverse(b []byte, d *spec.Dissection) error {
	got, err := spec.Assemble(d.Message, d.Fields())
	if err != nil {
		return fmt.Errorf("its fields make no message: %w", err)
	}
	if want := b[:len(b)-cutInteger(&d.Root)]; !bytes.Equal(got, want) {
		return fmt.Errorf("its fields make %x, not %x", got, want)
	}
	return nil
}

// cutInteger returns the bytes present of the integer that is truncated.
func cutInteger(root *spec.Node) (bytes int) {
	for _, n := range root.Leaves() {
		if n.Form == spec.Integer && n.Truncated() {
			bytes += len(n.Raw())
		}
	}
	return bytes
}
