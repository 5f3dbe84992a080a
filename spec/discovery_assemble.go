package spec

import (
	"slices"
	"strconv"
	"strings"
)

// discoveryWriter writes a message of MS-PCCRD from its fields, with the prefixes that
// iPXE knows and nothing between elements.
type discoveryWriter struct {
	message string
	out     strings.Builder
}

// assembleDiscovery is [Assemble] for a Probe or a ProbeMatches. Texts are strings, lists
// of words too; a number may be a string. Elements that are left out are not written.
func assembleDiscovery(message string, fields Fields) ([]byte, error) {
	w := discoveryWriter{message: message}
	w.out.WriteString(`<?xml version="1.0" encoding="utf-8"?>`)
	if err := w.element(&discoveryElements[0], fields, nil, ""); err != nil {
		return nil, err
	}
	return []byte(w.out.String()), nil
}

func (w *discoveryWriter) fault(path, reason string) error {
	return &AssembleError{Message: w.message, Path: path, Reason: reason}
}

// element writes an element with what value holds. Attributes of an element that has no
// others in it are among the fields around it.
func (w *discoveryWriter) element(row *DiscoveryElement, value any, around Fields, path string) error {
	name := row.Prefix + ":" + row.Name
	fields, isStructure := value.(Fields)
	if isStructure != (row.Form == Structure) {
		return w.fault(path, "must be "+map[Form]string{Structure: "a structure", List: "a list of strings", Text: "a string", Integer: "an integer"}[row.Form])
	}
	w.out.WriteString("<" + name)
	if row.In == "" {
		for _, prefix := range []struct{ name, uri string }{{"soap", namespaceSOAP}, {"wsa", namespaceAddressing}, {"wsd", namespaceDiscovery}, {"PeerDist", namespacePeerDist}} {
			w.out.WriteString(` xmlns:` + prefix.name + `="` + prefix.uri + `"`)
		}
	}
	if isStructure {
		around = fields
	}
	for i := range discoveryElements {
		a := &discoveryElements[i]
		given, there := around[a.Name]
		if a.Prefix != "" || a.In != row.Name || !there {
			continue
		}
		text, err := w.text(a, given, join(path, a.Name))
		if err != nil {
			return err
		}
		w.out.WriteString(" " + a.Name + `="` + text + `"`)
	}
	if row.isLeaf() && isStructure { // AppSequence
		w.out.WriteString("/>")
		return w.known(row, fields, path)
	}
	w.out.WriteString(">")
	if isStructure {
		if err := w.children(row, fields, path); err != nil {
			return err
		}
	} else {
		text, err := w.text(row, value, path)
		if err != nil {
			return err
		}
		w.out.WriteString(text)
	}
	w.out.WriteString("</" + name + ">")
	return nil
}

// children writes the elements in a structure, in the order of the table.
func (w *discoveryWriter) children(row *DiscoveryElement, fields Fields, path string) error {
	if err := w.known(row, fields, path); err != nil {
		return err
	}
	for i := range discoveryElements {
		c := &discoveryElements[i]
		value, there := fields[c.Name]
		if c.In != row.Name || c.Prefix == "" || !there {
			continue
		}
		if !c.Repeated {
			if err := w.element(c, value, fields, join(path, c.Name)); err != nil {
				return err
			}
			continue
		}
		list, ok := value.([]any)
		if !ok {
			return w.fault(join(path, c.Name), "must be a list")
		}
		for i, element := range list {
			if err := w.element(c, element, nil, join(path, c.Name)+"["+strconv.Itoa(i)+"]"); err != nil {
				return err
			}
		}
	}
	others, _ := fields["Other"].([]any)
	for i, other := range others { // as they stand
		text, ok := other.(string)
		if !ok {
			return w.fault(join(path, "Other")+"["+strconv.Itoa(i)+"]", "must be a string")
		}
		w.out.WriteString(text)
	}
	return nil
}

// known returns an error for a field that the structure does not have.
func (w *discoveryWriter) known(row *DiscoveryElement, fields Fields, path string) error {
	unknown := ""
	for name := range fields {
		known := name == "Other" || slices.ContainsFunc(discoveryElements, func(c DiscoveryElement) bool {
			in := discoveryElement(row.Name, namespaceDiscovery, c.In) // a leaf whose attribute it may be
			return c.Name == name && (c.In == row.Name || c.Prefix == "" && in != nil && in.Form != Structure)
		})
		if !known && (unknown == "" || name < unknown) {
			unknown = name
		}
	}
	if unknown != "" {
		return w.fault(join(path, unknown), "is not a field of "+row.Name)
	}
	return nil
}

// text returns a value as it stands in XML.
func (w *discoveryWriter) text(row *DiscoveryElement, value any, path string) (string, error) {
	switch v := value.(type) {
	case string:
		if row.Form != List {
			return escapeXML.Replace(v), nil
		}
	case uint64:
		if row.Form == Integer {
			return decimals(v), nil
		}
	case []any:
		var words []string
		for i, word := range v {
			text, ok := word.(string)
			if !ok || row.Form != List {
				return "", w.fault(path+"["+strconv.Itoa(i)+"]", "must be a string")
			}
			words = append(words, escapeXML.Replace(text))
		}
		if row.Form == List {
			return strings.Join(words, " "), nil
		}
	}
	return "", w.fault(path, "must be "+map[Form]string{List: "a list of strings", Text: "a string", Integer: "an integer"}[row.Form])
}

var escapeXML = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "\t", "&#x9;", "\n", "&#xA;", "\r", "&#xD;")

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
