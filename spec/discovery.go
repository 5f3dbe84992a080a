package spec

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// dissectDiscovery dissects a message of MS-PCCRD. The tree has the elements and
// attributes by their names, in their order; elements that are none of the protocol's
// are in a list called Other at the end of what they are in.
func dissectDiscovery(b []byte, once bool) *Dissection {
	r := discoveryReader{input: newInput(), message: "UNKNOWN", once: once}
	**r.input = b
	root, fault := parseXML(b)
	if fault != nil {
		r.report("PCCRD-2.1-XML", "XML", fault.at, uint64(fault.at), fault.detail)
	}
	d := &Dissection{Root: Node{Index: -1, Form: Structure, Section: "MS-PCCRD 2.2.1", Size: len(b), input: r.input, length: len(b)}}
	r.structure(root, &d.Root)
	if fault == nil {
		r.judge(root)
	}
	d.beyond = fault != nil && fault.limit
	d.Message, d.Root.Name, d.Violations = r.message, r.message, r.violations
	slices.SortStableFunc(d.Violations, func(a, b Violation) int { return cmp.Compare(a.Offset, b.Offset) })
	return d
}

type discoveryReader struct {
	input      **[]byte
	message    string // "Probe" or "ProbeMatches" once one is there
	once       bool   // each rule is to be reported once
	violations []Violation
}

func (r *discoveryReader) report(rule, field string, offset int, value uint64, detail string) {
	q, _ := RequirementByID(rule)
	if r.once && slices.ContainsFunc(r.violations, func(v Violation) bool { return v.Rule == rule && v.Offset <= offset }) {
		return
	}
	r.violations = append(r.violations, Violation{Rule: q.ID, Class: q.Class, Offset: offset, Field: field, Detail: detail, Section: q.Section, Value: value})
}

// node returns a node for bytes of the message.
func (r *discoveryReader) node(name, section string, form Form, at, end int) Node {
	return Node{Name: name, Index: -1, Form: form, Offset: at, Size: end - at, Section: section, input: r.input, length: end - at}
}

// structure makes nodes of what is in e, for n; e is the root where n is the message.
func (r *discoveryReader) structure(e *xmlElement, n *Node) {
	if e == nil {
		return
	}
	in := e.local
	if e.parent == nil && (e.uri != namespaceSOAP || e.local != "Envelope") {
		return
	}
	for _, a := range e.attributes {
		r.attribute(in, a, n)
	}
	var others []Node
	for _, c := range e.children {
		row := discoveryElement(in, c.uri, c.local)
		if row == nil {
			other := r.node("Other", n.Section, Text, c.at, c.end)
			other.Meaning = string(other.Raw())
			other.Index = len(others)
			others = append(others, other)
			continue
		}
		if in == "Body" && r.message == "UNKNOWN" {
			r.message = row.Name
		}
		if row.Repeated {
			r.repeated(row, c, n)
			continue
		}
		for _, a := range c.attributes {
			if row.Form != Structure {
				r.attribute(c.local, a, n)
			}
		}
		n.Children = append(n.Children, r.node(row.Name, row.Section, row.Form, c.at, c.end))
		r.fill(c, &n.Children[len(n.Children)-1])
	}
	if len(others) > 0 {
		list := r.node("Other", n.Section, List, others[0].Offset, others[len(others)-1].Offset+others[len(others)-1].length)
		list.Children = others
		n.Children = append(n.Children, list)
	}
}

// repeated adds an element to the list of its name.
func (r *discoveryReader) repeated(row *DiscoveryElement, c *xmlElement, n *Node) {
	list := n.Child(row.Name)
	if list == nil {
		n.Children = append(n.Children, r.node(row.Name, row.Section, List, c.at, c.end))
		list = &n.Children[len(n.Children)-1]
	}
	list.length = c.end - list.Offset
	list.Size = list.length
	element := r.node(row.Name, row.Section, row.Form, c.at, c.end)
	element.Index = len(list.Children)
	list.Children = append(list.Children, element)
	r.fill(c, &list.Children[element.Index])
}

// fill gives the node of an element its value.
func (r *discoveryReader) fill(e *xmlElement, n *Node) {
	switch n.Form {
	case Structure:
		r.structure(e, n)
	case List:
		for i, w := range words(e) {
			word := r.node(n.Name, n.Section, Text, w.from, w.to)
			word.Index, word.Meaning = i, w.text
			n.Children = append(n.Children, word)
		}
	default:
		n.setText(e.value())
	}
}

// attribute makes a node of an attribute of the protocol.
func (r *discoveryReader) attribute(in string, a xmlAttribute, n *Node) {
	for i := range discoveryElements {
		row := &discoveryElements[i]
		if row.Prefix == "" && a.prefix == "" && row.In == in && row.Name == a.local && n.Child(row.Name) == nil {
			c := r.node(row.Name, row.Section, row.Form, a.at, a.end)
			c.setText(strings.Trim(a.value, xmlSpace))
			n.Children = append(n.Children, c)
		}
	}
}

// setText gives n a value: a number if it is to be one and is.
func (n *Node) setText(text string) {
	if v, err := strconv.ParseUint(text, 10, 32); n.Form == Integer && err == nil {
		n.Value = v
		return
	}
	n.Form, n.Meaning = Text, text
}

// value returns the text of an element without white space at its ends.
func (e *xmlElement) value() string { return strings.Trim(string(e.text), xmlSpace) }

// A word is a part of a text, and where it is in the message.
type word struct {
	text     string
	from, to int
}

// words returns the words of an element.
func words(e *xmlElement) (all []word) {
	for i := 0; i < len(e.text); {
		if isXMLSpace(e.text[i]) {
			i++
			continue
		}
		start := i
		for i < len(e.text) && !isXMLSpace(e.text[i]) {
			i++
		}
		to := e.closing
		if i < len(e.from) {
			to = e.from[i]
		}
		all = append(all, word{string(e.text[start:i]), e.from[start], to})
	}
	return all
}

// find returns the first child of a name that the protocol has in e, nil if there is
// none.
func (e *xmlElement) find(name string) *xmlElement {
	if e == nil {
		return nil
	}
	for _, c := range e.children {
		if c.local == name && discoveryElement(e.local, c.uri, name) != nil {
			return c
		}
	}
	return nil
}

// attributeValue returns the value of an attribute.
func (e *xmlElement) attributeValue(name string) string {
	if e != nil {
		for _, a := range e.attributes {
			if a.prefix == "" && a.local == name {
				return strings.Trim(a.value, xmlSpace)
			}
		}
	}
	return ""
}

// isDiscovery reports whether that is the name of a message of MS-PCCRD.
func isDiscovery(message string) bool { return message == "Probe" || message == "ProbeMatches" }
